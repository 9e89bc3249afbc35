//! The Tekser scanner on a Raspberry Pi Pico: the shipped image.
//!
//! | room | job |
//! |---|---|
//! | [`layout`] | who has which part of the flash chip |
//! | [`pins`] | button, lamps, beeper, watchdog, restart |
//! | [`engine`] | the UART that the scan engine hangs on |
//! | [`station`] | the USB |
//! | [`start`] | why this run began |
//!
//! What a scanner does is in `tekser-scanner`; nothing here decides anything.

#![no_std]
#![no_main]

mod engine;
mod layout;
mod pins;
mod start;
mod station;

use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_rp::Peripherals;
use embassy_rp::clocks::RoscRng;
use embassy_rp::flash::{Blocking, Flash};
use embassy_rp::peripherals::FLASH;
use embassy_rp::watchdog::Watchdog;
use tekser_scanner::{Identity, Scanner, shell};
use tekser_wire::image::{self, Record};
use tekser_wire::message::{Board, Capabilities, FirmwareVersion, SerialNumber};

use crate::pins::{PicoBoard, Time};

/// The flash chip.
type Chip = Flash<'static, FLASH, Blocking, { layout::FLASH as usize }>;

/// As Cargo.toml says.
const FIRMWARE: FirmwareVersion = tekser_last_words::version(env!("CARGO_PKG_VERSION"));

/// What tools read out of an image before they send it.
#[used]
#[allow(unsafe_code)]
// SAFETY: the section holds nothing else, and any place in flash is right for bytes.
#[unsafe(link_section = ".tekser_image")]
static RECORD: [u8; image::SIZE] = Record::new(
    Board::PICO,
    FIRMWARE,
    layout::BASE + layout::JOURNAL.start..layout::BASE + layout::JOURNAL.end,
)
.to_bytes();

/// Clocks and pins. Set-up has frames of its own: in the main task's they would stay for ever.
#[inline(never)]
fn init() -> Peripherals {
    embassy_rp::init(embassy_rp::config::Config::default())
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let chip = init();
    let mut watchdog = Watchdog::new(chip.WATCHDOG);
    let last = tekser_last_words::find();
    let start = start::reason(&mut watchdog, last.as_ref());
    // From here on whatever hangs is started again.
    watchdog.start(pins::PATIENCE);

    let mut flash = Chip::new_blocking(chip.FLASH);
    let mut serial = [0; 8];
    // Of two scanners without a number only one would be served at a time: better than none.
    let _ = flash.blocking_unique_id(&mut serial);
    let serial = SerialNumber(serial);
    let FirmwareVersion([major, minor, patch]) = FIRMWARE;
    let number = u64::from_be_bytes(serial.0);
    defmt::info!(
        "Tekser scanner {}.{}.{}, number {=u64:016X}, started by {}",
        major,
        minor,
        patch,
        number,
        start
    );

    let host = station::attach(spawner, chip.USB, serial);
    let engine = engine::open(engine::Parts {
        uart: chip.UART0,
        tx: chip.PIN_0,
        rx: chip.PIN_1,
        tx_dma: chip.DMA_CH0,
        rx_dma: chip.DMA_CH1,
    });
    let board = PicoBoard::new(
        watchdog,
        pins::Pins {
            button: chip.PIN_2,
            green: chip.PIN_3,
            red: chip.PIN_4,
            beeper: chip.PIN_5,
            beeper_slice: chip.PWM_SLICE2,
        },
    );
    let identity = Identity {
        board: Board::PICO,
        firmware: FIRMWARE,
        capabilities: Capabilities(
            Capabilities::BEEPER | Capabilities::BUTTON | Capabilities::BOOT_LOADER,
        ),
        serial,
        start,
        crash: last.map(|found| found.crash),
        seed: RoscRng.next_u32(),
    };
    let scanner = Scanner::new(flash, layout::JOURNAL, identity, pins::now());
    match shell::run(scanner, Time, board, engine, host).await {}
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    tekser_last_words::say(info, FIRMWARE);
    pins::reset()
}
