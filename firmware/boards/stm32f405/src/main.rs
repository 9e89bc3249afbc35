//! The Tekser scanner on an STM32F405 (Adafruit Feather and its like, 12 MHz crystal).
//!
//! Compiled by CI as proof that the logic is bound to no chip; it has never run on a board and
//! never in an emulator. What is shipped is `tekser-pico`.
//!
//! Pins: engine on PB10 (to its RX) and PB11 (from its TX); button PC5 to ground; green PC1, red
//! PC2; beeper PC7. The processor stands still for up to two seconds while a sector of 128 KiB is
//! erased: a scanner for use would keep its scans in a chip of their own.

#![no_std]
#![no_main]

mod layout;

use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_stm32::flash::{Blocking, Flash};
use embassy_stm32::gpio::{Input, Level, Output, OutputType, Pull, Speed};
use embassy_stm32::peripherals::{IWDG, TIM3, USART3, USB_OTG_FS};
use embassy_stm32::time::Hertz;
use embassy_stm32::timer::low_level::CountingMode;
use embassy_stm32::timer::simple_pwm::{PwmPin, SimplePwm};
use embassy_stm32::usart::{self, BufferedUart};
use embassy_stm32::usb::{self, Driver};
use embassy_stm32::wdg::IndependentWatchdog;
use embassy_stm32::{Config, bind_interrupts, pac, rcc, uid};
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
    USART3 => usart::BufferedInterruptHandler<USART3>;
    OTG_FS => usb::InterruptHandler<USB_OTG_FS>;
});

type Bus = Driver<'static, USB_OTG_FS>;

/// As Cargo.toml says.
const FIRMWARE: FirmwareVersion = tekser_last_words::version(env!("CARGO_PKG_VERSION"));

/// What tools read out of an image before they send it.
#[used]
#[allow(unsafe_code)]
// SAFETY: the section holds nothing else, and any place in flash is right for bytes.
#[unsafe(link_section = ".tekser_image")]
static RECORD: [u8; image::SIZE] = Record::new(
    BoardNumber::STM32F405,
    FIRMWARE,
    layout::BASE + layout::JOURNAL.start..layout::BASE + layout::JOURNAL.end,
)
.to_bytes();

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let chip = embassy_stm32::init(clocks());
    let last = tekser_last_words::find();
    let start = start(last.as_ref());
    let serial = serial();

    static FROM_ENGINE: StaticCell<[u8; 1024]> = StaticCell::new();
    static TO_ENGINE: StaticCell<[u8; 64]> = StaticCell::new();
    let mut line = usart::Config::default();
    line.baudrate = Settings::DEFAULT.baud;
    let Ok(engine) = BufferedUart::new(
        chip.USART3,
        chip.PB11,
        chip.PB10,
        TO_ENGINE.init([0; 64]),
        FROM_ENGINE.init([0; 1024]),
        Irqs,
        line,
    ) else {
        defmt::panic!("the engine's line cannot be set up");
    };
    let (to_engine, from_engine) = engine.split();

    static PACKETS: StaticCell<[u8; 256]> = StaticCell::new();
    static MEMORY: StaticCell<Memory> = StaticCell::new();
    let packets = PACKETS.init([0; 256]);
    let mut config = usb::Config::default();
    config.vbus_detection = false; // the board lives on it
    let bus = Driver::new_fs(chip.USB_OTG_FS, Irqs, chip.PA12, chip.PA11, packets, config);
    let memory = MEMORY.init_with(Memory::new);
    let port = tekser_usb_port::open(bus, memory, "STM32F405", serial, 300);
    if let Ok(task) = serve(port.device) {
        spawner.spawn(task);
    }

    let mut watchdog = IndependentWatchdog::new(chip.IWDG, 8_000_000);
    watchdog.unleash();
    let beeper = PwmPin::new(chip.PC7, OutputType::PushPull);
    let board = Feather {
        watchdog,
        button: Input::new(chip.PC5, Pull::Up),
        green: Output::new(chip.PC1, Level::Low, Speed::Low),
        red: Output::new(chip.PC2, Level::Low, Speed::Low),
        beeper: SimplePwm::new(
            chip.TIM3,
            None,
            Some(beeper),
            None,
            None,
            Hertz(2_700),
            CountingMode::EdgeAlignedUp,
        ),
    };
    let identity = Identity {
        board: BoardNumber::STM32F405,
        firmware: FIRMWARE,
        capabilities: Capabilities(Capabilities::BEEPER | Capabilities::BUTTON),
        serial,
        start,
        crash: last.map(|found| found.crash),
        seed: seed(),
    };
    let flash: Flash<'static, Blocking> = Flash::new_blocking(chip.FLASH);
    let scanner = Scanner::new(flash, layout::JOURNAL, identity, Time.now());
    let host = (port.from_station, port.to_station);
    match shell::run(scanner, Time, board, (from_engine, to_engine), host).await {}
}

#[embassy_executor::task]
async fn serve(mut device: UsbDevice<'static, Bus>) -> ! {
    device.run().await
}

/// 168 MHz for the processor, 48 MHz for the USB, from a crystal of 12 MHz.
fn clocks() -> Config {
    let mut config = Config::default();
    config.rcc.hse = Some(rcc::Hse { freq: Hertz(12_000_000), mode: rcc::HseMode::Oscillator });
    config.rcc.pll_src = rcc::PllSource::HSE;
    config.rcc.pll = Some(rcc::Pll {
        prediv: rcc::PllPreDiv::DIV6,
        mul: rcc::PllMul::MUL168,
        divp: Some(rcc::PllPDiv::DIV2),
        divq: Some(rcc::PllQDiv::DIV7),
        divr: None,
    });
    config.rcc.sys = rcc::Sysclk::PLL1_P;
    config.rcc.ahb_pre = rcc::AHBPrescaler::DIV1;
    config.rcc.apb1_pre = rcc::APBPrescaler::DIV4;
    config.rcc.apb2_pre = rcc::APBPrescaler::DIV2;
    config.rcc.mux.clk48sel = rcc::mux::Clk48sel::PLL1_Q;
    config
}

/// Clock of USART 3 under [`clocks`], in Hertz.
const LINE_CLOCK: u32 = 42_000_000;

fn start(last: Option<&Found>) -> Start {
    let causes = pac::RCC.csr().read();
    pac::RCC.csr().modify(|causes| causes.set_rmvf(true));
    if last.is_some_and(|found| found.is_fresh) {
        Start::Panic
    } else if causes.wdgrstf() {
        Start::Watchdog
    } else if causes.sftrstf() {
        Start::Asked
    } else if causes.porrstf() {
        Start::Power
    } else {
        Start::Other
    }
}

/// The chip is born with 12 bytes: wafer and place on it in the first 4, the lot in the others.
fn serial() -> SerialNumber {
    let [a, b, c, d, lot @ ..] = uid::uid();
    let [e, f, g, h, i, j, k, l] = lot;
    SerialNumber([a ^ i, b ^ j, c ^ k, d ^ l, e, f, g, h])
}

/// Noise of the chip's own generator of it.
fn seed() -> u32 {
    pac::RCC.ahb2enr().modify(|clocks| clocks.set_rngen(true));
    pac::RNG.cr().modify(|noise| noise.set_rngen(true));
    while !pac::RNG.sr().read().drdy() {}
    pac::RNG.dr().read()
}

struct Feather {
    watchdog: IndependentWatchdog<'static, IWDG>,
    button: Input<'static>,
    green: Output<'static>,
    red: Output<'static>,
    beeper: SimplePwm<'static, TIM3>,
}

impl Board for Feather {
    fn pressed(&mut self) -> bool {
        self.button.is_low()
    }

    fn show(&mut self, indication: Indication) {
        self.green.set_level(indication.green.into());
        self.red.set_level(indication.red.into());
        let Some(tone) = indication.tone else {
            self.beeper.ch2().disable();
            return;
        };
        self.beeper.set_frequency(Hertz(u32::from(tone.hertz.max(20))));
        let mut channel = self.beeper.ch2();
        channel.set_duty_cycle_fraction(u32::from(tone.loudness.min(10)), 20);
        channel.enable();
    }

    fn set_baud(&mut self, baud: u32) {
        // With 16 samples a bit the register holds clock by baud as it is.
        let divider = (LINE_CLOCK + baud / 2) / baud.max(1_200);
        pac::USART3.brr().write(|line| line.set_brr(divider as u16));
    }

    fn restart(&mut self, _: Restart) {
        cortex_m::peripheral::SCB::sys_reset()
    }

    fn forget_crash(&mut self) {
        tekser_last_words::forget();
    }

    fn alive(&mut self) {
        self.watchdog.pet();
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
