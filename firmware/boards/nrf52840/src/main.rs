//! The Tekser scanner on an nRF52840 development kit.
//!
//! Compiled by CI as proof that the logic is bound to no chip; it has never run on a board and
//! never in an emulator. What is shipped is `tekser-pico`.
//!
//! Pins: engine on P1.02 (to its RX) and P1.01 (from its TX); button 1, LED 1 (green), LED 2 (red)
//! of the kit; beeper on P1.03.

#![no_std]
#![no_main]

mod layout;

use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_nrf::buffered_uarte::{self, BufferedUarte};
use embassy_nrf::config::{Config, HfclkSource};
use embassy_nrf::gpio::{Input, Level, Output, OutputDrive, Pull};
use embassy_nrf::nvmc::Nvmc;
use embassy_nrf::pac::power::regs::Resetreas;
use embassy_nrf::pwm::{DutyCycle, SimpleConfig, SimplePwm};
use embassy_nrf::usb::Driver;
use embassy_nrf::usb::vbus_detect::HardwareVbusDetect;
use embassy_nrf::wdt::{self, Watchdog, WatchdogHandle};
use embassy_nrf::{bind_interrupts, pac, peripherals, uarte, usb};
use embassy_time::Timer;
use embassy_usb::UsbDevice;
use static_cell::StaticCell;
use tekser_last_words::Found;
use tekser_scanner::shell::{self, Board, Clock};
use tekser_scanner::{Identity, Indication, Instant, Scanner};
use tekser_usb_port::Memory;
use tekser_wire::image::{self, Record};
use tekser_wire::message::{
    Board as BoardNumber, Capabilities, FirmwareVersion, Restart, SerialNumber, Settings, Start,
};

bind_interrupts!(struct Irqs {
    UARTE0 => buffered_uarte::InterruptHandler<peripherals::UARTE0>;
    USBD => usb::InterruptHandler<peripherals::USBD>;
    CLOCK_POWER => usb::vbus_detect::InterruptHandler;
});

type Bus = Driver<'static, HardwareVbusDetect>;

/// As Cargo.toml says.
const FIRMWARE: FirmwareVersion = tekser_last_words::version(env!("CARGO_PKG_VERSION"));

/// What tools read out of an image before they send it.
#[used]
#[allow(unsafe_code)]
// SAFETY: the section holds nothing else, and any place in flash is right for bytes.
#[unsafe(link_section = ".tekser_image")]
static RECORD: [u8; image::SIZE] =
    Record::new(BoardNumber::NRF52840, FIRMWARE, layout::JOURNAL).to_bytes();

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let mut config = Config::default();
    config.hfclk_source = HfclkSource::ExternalXtal; // which the USB needs
    let chip = embassy_nrf::init(config);
    let last = tekser_last_words::find();
    let start = start(last.as_ref());
    let serial = serial();

    static FROM_ENGINE: StaticCell<[u8; 1024]> = StaticCell::new();
    static TO_ENGINE: StaticCell<[u8; 64]> = StaticCell::new();
    let mut line = uarte::Config::default();
    line.baudrate = baudrate(Settings::DEFAULT.baud);
    let (from_engine, to_engine) = BufferedUarte::new(
        chip.UARTE0,
        chip.TIMER0,
        chip.PPI_CH0,
        chip.PPI_CH1,
        chip.PPI_GROUP0,
        chip.P1_01,
        chip.P1_02,
        Irqs,
        line,
        FROM_ENGINE.init([0; 1024]),
        TO_ENGINE.init([0; 64]),
    )
    .split();

    static MEMORY: StaticCell<Memory> = StaticCell::new();
    let bus = Driver::new(chip.USBD, Irqs, HardwareVbusDetect::new(Irqs));
    let memory = MEMORY.init_with(Memory::new);
    let port = tekser_usb_port::open(bus, memory, "nRF52840", serial, 300);
    if let Ok(task) = serve(port.device) {
        spawner.spawn(task);
    }

    let mut patience = wdt::Config::default();
    patience.timeout_ticks = 2 * 32_768;
    let board = Kit {
        watchdog: Watchdog::try_new(chip.WDT, patience).ok().map(|(_, [handle])| handle),
        button: Input::new(chip.P0_11, Pull::Up),
        green: Output::new(chip.P0_13, Level::High, OutputDrive::Standard),
        red: Output::new(chip.P0_14, Level::High, OutputDrive::Standard),
        beeper: SimplePwm::new_1ch(chip.PWM0, chip.P1_03, &SimpleConfig::default()),
    };
    let identity = Identity {
        board: BoardNumber::NRF52840,
        firmware: FIRMWARE,
        capabilities: Capabilities(Capabilities::BEEPER | Capabilities::BUTTON),
        serial,
        start,
        crash: last.map(|found| found.crash),
        seed: seed(),
    };
    let scanner = Scanner::new(Nvmc::new(chip.NVMC), layout::JOURNAL, identity, Time.now());
    let host = (port.from_station, port.to_station);
    match shell::run(scanner, Time, board, (from_engine, to_engine), host).await {}
}

#[embassy_executor::task]
async fn serve(mut device: UsbDevice<'static, Bus>) -> ! {
    device.run().await
}

fn start(last: Option<&Found>) -> Start {
    let causes = pac::POWER.resetreas().read();
    // What is written as 1 is cleared.
    pac::POWER.resetreas().write_value(causes);
    if last.is_some_and(|found| found.is_fresh) {
        Start::Panic
    } else if causes.dog() {
        Start::Watchdog
    } else if causes.sreq() {
        Start::Asked
    } else if causes == Resetreas(0) {
        Start::Power
    } else {
        Start::Other
    }
}

/// The number that the chip is born with.
fn serial() -> SerialNumber {
    let [high, low] = [1, 0].map(|word| pac::FICR.deviceid(word).read());
    SerialNumber(((u64::from(high) << 32) | u64::from(low)).to_be_bytes())
}

/// Noise of the chip's own generator of it.
fn seed() -> u32 {
    pac::RNG.tasks_start().write_value(1);
    let mut seed = 0;
    for _ in 0..4 {
        pac::RNG.events_valrdy().write_value(0);
        while pac::RNG.events_valrdy().read() == 0 {}
        seed = seed << 8 | u32::from(pac::RNG.value().read().value());
    }
    pac::RNG.tasks_stop().write_value(1);
    seed
}

/// The nearest speed that the chip has.
fn baudrate(baud: u32) -> uarte::Baudrate {
    match baud {
        0..=1_800 => uarte::Baudrate::Baud1200,
        1_801..=3_600 => uarte::Baudrate::Baud2400,
        3_601..=7_200 => uarte::Baudrate::Baud4800,
        7_201..=14_400 => uarte::Baudrate::Baud9600,
        14_401..=28_800 => uarte::Baudrate::Baud19200,
        28_801..=48_000 => uarte::Baudrate::Baud38400,
        48_001..=86_400 => uarte::Baudrate::Baud57600,
        _ => uarte::Baudrate::Baud115200,
    }
}

struct Kit {
    watchdog: Option<WatchdogHandle>,
    button: Input<'static>,
    green: Output<'static>,
    red: Output<'static>,
    beeper: SimplePwm<'static>,
}

/// The kit's lamps shine when their pin is low.
impl Board for Kit {
    fn pressed(&mut self) -> bool {
        self.button.is_low()
    }

    fn show(&mut self, indication: Indication) {
        self.green.set_level((!indication.green).into());
        self.red.set_level((!indication.red).into());
        let Some(tone) = indication.tone else {
            self.beeper.disable();
            return;
        };
        self.beeper.enable();
        self.beeper.set_period(u32::from(tone.hertz));
        let most = u32::from(self.beeper.max_duty());
        let on = most * u32::from(tone.loudness.min(10)) / 20;
        self.beeper.set_duty(0, DutyCycle::normal(on as u16));
    }

    fn set_baud(&mut self, baud: u32) {
        pac::UARTE0.baudrate().write(|line| line.set_baudrate(baudrate(baud)));
    }

    fn restart(&mut self, _: Restart) {
        cortex_m::peripheral::SCB::sys_reset()
    }

    fn forget_crash(&mut self) {
        tekser_last_words::forget();
    }

    fn alive(&mut self) {
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.pet();
        }
    }
}

struct Time;

impl Clock for Time {
    fn now(&self) -> Instant {
        Instant::from_micros(embassy_time::Instant::now().as_micros())
    }

    async fn wait_until(&self, at: Instant) {
        Timer::at(embassy_time::Instant::from_micros(at.as_micros())).await;
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    tekser_last_words::say(info, FIRMWARE);
    cortex_m::peripheral::SCB::sys_reset()
}
