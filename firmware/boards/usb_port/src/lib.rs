//! The way from a board to its station: a serial port (CDC-ACM) on the USB, under the numbers and
//! names by which stations know a scanner.

#![no_std]
#![deny(missing_docs)]

use core::fmt::Write as _;

use embassy_usb::class::cdc_acm::{BufferedReceiver, CdcAcmClass, CdcAcmError, Sender, State};
use embassy_usb::driver::Driver;
use embassy_usb::{Builder, Config, UsbDevice};
use embedded_io_async::{ErrorType, Read, Write};
use tekser_wire::message::SerialNumber;
use tekser_wire::usb;

/// Bytes of a packet, the most that full speed has.
const PACKET: usize = 64;

/// What the USB stack keeps for ever.
pub struct Memory {
    configuration: [u8; 128],
    objects: [u8; 16],
    control: [u8; 64],
    packet: [u8; PACKET],
    name: heapless::String<48>,
    serial: heapless::String<16>,
    class: State<'static>,
}

impl Memory {
    /// Nothing in it yet.
    pub const fn new() -> Self {
        Self {
            configuration: [0; 128],
            objects: [0; 16],
            control: [0; 64],
            packet: [0; PACKET],
            name: heapless::String::new(),
            serial: heapless::String::new(),
            class: State::new(),
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

/// The port: the device to run, and both sides of its stream.
pub struct Port<D: Driver<'static>> {
    /// Does nothing until [`UsbDevice::run`] is polled.
    pub device: UsbDevice<'static, D>,
    /// The reading side.
    pub from_station: FromStation<D>,
    /// The writing side.
    pub to_station: ToStation<D>,
}

/// Makes the port. `board` is its name for people; `milliamperes` is what the whole scanner draws,
/// at most 500.
#[inline(never)]
pub fn open<D: Driver<'static>>(
    driver: D,
    memory: &'static mut Memory,
    board: &str,
    serial: SerialNumber,
    milliamperes: u16,
) -> Port<D> {
    // A board's name that does not fit is cut; a serial number is 16 letters.
    let _ = write!(memory.name, "{} {board}", usb::NAME);
    let _ = write!(memory.serial, "{serial}");
    let mut config = Config::new(usb::VENDOR, usb::PRODUCT);
    config.manufacturer = Some(usb::MAKER);
    config.product = Some(&memory.name);
    config.serial_number = Some(&memory.serial);
    config.max_power = milliamperes;
    let mut builder = Builder::new(
        driver,
        config,
        &mut memory.configuration,
        &mut memory.objects,
        &mut [],
        &mut memory.control,
    );
    let class = CdcAcmClass::new(&mut builder, &mut memory.class, PACKET as u16);
    let device = builder.build();
    let (sender, receiver) = class.split();
    Port {
        device,
        from_station: FromStation(receiver.into_buffered(&mut memory.packet)),
        to_station: ToStation(sender),
    }
}

/// The reading side. It fails once when the way to the station is gone, then waits until it is
/// back.
pub struct FromStation<D: Driver<'static>>(BufferedReceiver<'static, D>);

impl<D: Driver<'static>> ErrorType for FromStation<D> {
    type Error = CdcAcmError;
}

impl<D: Driver<'static>> Read for FromStation<D> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, CdcAcmError> {
        self.0.wait_connection().await;
        self.0.read(buffer).await
    }
}

/// The writing side; while there is no way to the station it waits.
pub struct ToStation<D: Driver<'static>>(Sender<'static, D>);

impl<D: Driver<'static>> ErrorType for ToStation<D> {
    type Error = CdcAcmError;
}

impl<D: Driver<'static>> Write for ToStation<D> {
    /// Hosts give a program what came when a packet is not full. So where the last packet would
    /// be, a byte of it is kept back for one more.
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, CdcAcmError> {
        self.0.wait_connection().await;
        let most = if bytes.len() == PACKET { PACKET - 1 } else { PACKET };
        self.0.write(bytes.get(..most).unwrap_or(bytes)).await
    }

    async fn flush(&mut self) -> Result<(), CdcAcmError> {
        Ok(())
    }
}
