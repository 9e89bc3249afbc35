//! The scan engine's line: UART 0, GP0 to the engine's RX, GP1 from its TX.
//!
//! The UART has 32 bytes of its own, and tells of bytes when a few have gathered or when the line
//! fell silent for 32 bit times: 3.3 ms at 9600 baud, which would be the largest part of what a
//! scan takes. So while bytes are coming in it is looked at every [`LOOK_EVERY`].

use embassy_futures::select::{Either, select};
use embassy_rp::interrupt::{self, InterruptExt};
use embassy_rp::peripherals::{PIN_0, PIN_1, UART0};
use embassy_rp::uart::{
    BufferedInterruptHandler, BufferedUart, BufferedUartRx, BufferedUartTx, Config, Error,
};
use embassy_rp::{Peri, bind_interrupts, clocks, pac};
use embassy_time::{Duration, Instant, Timer};
use embedded_io_async::{ErrorType, Read};
use static_cell::StaticCell;
use tekser_wire::message::Settings;

bind_interrupts!(struct Irqs {
    UART0_IRQ => BufferedInterruptHandler<UART0>;
});

/// Bytes between the interrupt and the logic: two of the longest codes.
const FROM_ENGINE: usize = 1024;
const TO_ENGINE: usize = 64;

/// How often the line is looked at while bytes are coming in.
const LOOK_EVERY: Duration = Duration::from_micros(100);

/// How long after the last byte it is looked at: longer than a byte takes at 1200 baud.
const LOOK_FOR: Duration = Duration::from_millis(10);

/// The reading side.
pub struct FromEngine {
    uart: BufferedUartRx,
    look_until: Instant,
}

#[inline(never)]
pub fn open(
    uart: Peri<'static, UART0>,
    tx: Peri<'static, PIN_0>,
    rx: Peri<'static, PIN_1>,
) -> (FromEngine, BufferedUartTx) {
    static RX: StaticCell<[u8; FROM_ENGINE]> = StaticCell::new();
    static TX: StaticCell<[u8; TO_ENGINE]> = StaticCell::new();
    let mut config = Config::default();
    config.baudrate = Settings::DEFAULT.baud;
    let uart = BufferedUart::new(
        uart,
        tx,
        rx,
        Irqs,
        TX.init([0; TO_ENGINE]),
        RX.init([0; FROM_ENGINE]),
        config,
    );
    // Tell of 4 bytes, not of 28 as the driver has it: what is in the UART the logic does not
    // know of, and would choose just then to erase a sector.
    pac::UART0.uartifls().modify(|levels| levels.set_rxiflsel(0));
    let (tx, rx) = uart.split();
    (FromEngine { uart: rx, look_until: Instant::MIN }, tx)
}

impl ErrorType for FromEngine {
    type Error = Error;
}

impl Read for FromEngine {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        loop {
            let got = if Instant::now() < self.look_until {
                match select(self.uart.read(buffer), Timer::after(LOOK_EVERY)).await {
                    Either::First(got) => got,
                    Either::Second(()) => {
                        look();
                        continue;
                    }
                }
            } else {
                self.uart.read(buffer).await
            };
            self.look_until = Instant::now() + LOOK_FOR;
            return got;
        }
    }
}

/// Has the driver empty the UART now.
fn look() {
    if !pac::UART0.uartfr().read().rxfe() {
        interrupt::UART0_IRQ.pend();
    }
}

/// Runs the line at this speed; what is under way just then is lost. Like the driver's own
/// function, which needs both halves of it in one hand.
pub fn set_baud(baud: u32) {
    // In 64ths, rounded; at least 1, at most 16 bits of whole parts.
    let divisor = (8 * clocks::clk_peri_freq() / baud.max(300)).div_ceil(2).clamp(64, 0x3F_FFFF);
    let uart = pac::UART0;
    let control = uart.uartcr().read();
    uart.uartcr().modify(|control| control.set_uarten(false));
    uart.uartibrd().write(|whole| whole.set_baud_divint((divisor / 64) as u16));
    uart.uartfbrd().write(|part| part.set_baud_divfrac((divisor % 64) as u8));
    // The UART takes both over when this register is written.
    uart.uartlcr_h().modify(|_| {});
    uart.uartcr().write_value(control);
}
