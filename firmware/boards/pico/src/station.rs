//! The USB.

use embassy_executor::Spawner;
use embassy_rp::peripherals::USB;
use embassy_rp::usb::{Driver, InterruptHandler};
use embassy_rp::{Peri, bind_interrupts};
use embassy_usb::UsbDevice;
use static_cell::StaticCell;
use tekser_usb_port::{FromStation, Memory, ToStation};
use tekser_wire::message::SerialNumber;

bind_interrupts!(struct Irqs {
    USBCTRL_IRQ => InterruptHandler<USB>;
});

type Bus = Driver<'static, USB>;

/// Board, lamps, beeper, and an engine that lights up what it looks at.
const MILLIAMPERES: u16 = 300;

#[inline(never)]
pub fn attach(
    spawner: Spawner,
    port: Peri<'static, USB>,
    serial: SerialNumber,
) -> (FromStation<Bus>, ToStation<Bus>) {
    static MEMORY: StaticCell<Memory> = StaticCell::new();
    let memory = MEMORY.init_with(Memory::new);
    let port = tekser_usb_port::open(Bus::new(port, Irqs), memory, "Pico", serial, MILLIAMPERES);
    // There is room for it: it is the only task of its kind.
    if let Ok(task) = serve(port.device) {
        spawner.spawn(task);
    }
    (port.from_station, port.to_station)
}

#[embassy_executor::task]
async fn serve(mut device: UsbDevice<'static, Bus>) -> ! {
    device.run().await
}
