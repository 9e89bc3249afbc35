//! Button, lamps, beeper, watchdog, time.
//!
//! Wiring: `hardware/boards/pico`. The button connects GP2 to ground.

use embassy_rp::Peri;
use embassy_rp::gpio::{Input, Level, Output, Pull};
use embassy_rp::peripherals::{PIN_2, PIN_3, PIN_4, PIN_5, PWM_SLICE2};
use embassy_rp::pwm::{self, Pwm};
use embassy_rp::watchdog::Watchdog;
use embassy_rp::{pac, rom_data};
use embassy_time::{Duration, Timer};
use tekser_scanner::shell::{Board, Clock};
use tekser_scanner::{Indication, Instant, Tone};
use tekser_wire::message::Restart;

use crate::start;

/// How long the logic may be silent before the watchdog starts it again.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// The beeper's counter goes at this speed, in Hertz: 125 MHz by 125.
const BEEPER_CLOCK: u32 = 1_000_000;

/// What this module drives.
pub struct Pins {
    pub button: Peri<'static, PIN_2>,
    pub green: Peri<'static, PIN_3>,
    pub red: Peri<'static, PIN_4>,
    pub beeper: Peri<'static, PIN_5>,
    pub beeper_slice: Peri<'static, PWM_SLICE2>,
}

/// The board as the logic knows it.
pub struct PicoBoard {
    watchdog: Watchdog,
    button: Input<'static>,
    green: Output<'static>,
    red: Output<'static>,
    beeper: Pwm<'static>,
}

impl PicoBoard {
    #[inline(never)]
    pub fn new(watchdog: Watchdog, pins: Pins) -> Self {
        Self {
            watchdog,
            button: Input::new(pins.button, Pull::Up),
            green: Output::new(pins.green, Level::Low),
            red: Output::new(pins.red, Level::Low),
            beeper: Pwm::new_output_b(pins.beeper_slice, pins.beeper, sound(None)),
        }
    }
}

impl Board for PicoBoard {
    fn pressed(&mut self) -> bool {
        self.button.is_low()
    }

    fn show(&mut self, indication: Indication) {
        self.green.set_level(indication.green.into());
        self.red.set_level(indication.red.into());
        self.beeper.set_config(&sound(indication.tone));
    }

    fn set_baud(&mut self, baud: u32) {
        crate::engine::set_baud(baud);
    }

    fn restart(&mut self, restart: Restart) {
        match restart {
            Restart::Firmware => {
                start::note_asked(&mut self.watchdog);
                reset()
            }
            Restart::BootLoader => rom_data::reset_to_usb_boot(0, 0),
        }
    }

    fn forget_crash(&mut self) {
        tekser_last_words::forget();
    }

    fn alive(&mut self) {
        self.watchdog.feed(PATIENCE);
    }
}

/// What the PWM does for a tone: a piezo is loudest when it is driven half the time.
fn sound(tone: Option<Tone>) -> pwm::Config {
    let mut config = pwm::Config::default();
    config.divider = 125_u8.into();
    config.enable = tone.is_some();
    if let Some(tone) = tone {
        let period = BEEPER_CLOCK / u32::from(tone.hertz.max(20));
        let on = period * u32::from(tone.loudness.min(10)) / 20;
        // 20 Hz and more: 50,000 at most.
        config.top = (period - 1) as u16;
        config.compare_b = on as u16;
    }
    config
}

/// Starts everything again but what RAM and scratch registers hold.
pub fn reset() -> ! {
    // By register, because the panic handler has no driver.
    pac::PSM.wdsel().write(|select| {
        select.0 = 0x1_FFFF;
        select.set_rosc(false);
        select.set_xosc(false);
    });
    pac::WATCHDOG.ctrl().write(|control| control.set_trigger(true));
    loop {
        cortex_m::asm::nop();
    }
}

/// The time since the chip began to run.
pub struct Time;

pub fn now() -> Instant {
    Instant::from_micros(embassy_time::Instant::now().as_micros())
}

impl Clock for Time {
    fn now(&self) -> Instant {
        now()
    }

    async fn wait_until(&self, at: Instant) {
        Timer::at(embassy_time::Instant::from_micros(at.as_micros())).await;
    }
}
