//! The whole device, without input or output.
//!
//! It is fed bytes, the button and the time, and asked what to send, to show and to do. Whoever
//! feeds it ([`crate::shell`] on a board) needs no other part of this crate.
//!
//! # What becomes of a code
//!
//! 1. A setup code is obeyed and never kept.
//! 2. A repeat within the window for the same code is the same scan.
//! 3. A code is judged; what holds nothing of use is left out if the settings say so.
//! 4. It goes into the journal. If that takes it, it is *accepted*: durable, whatever happens.
//!    If not, it is refused and counted.
//! 5. The person hears which. Never before.
//! 6. It goes to the station, and stays in the journal until the station has it on disk.

mod device;
mod source;

use core::ops::Range;

use embedded_storage::nor_flash::NorFlash;
use tekser_wire::message::Restart;
use tekser_wire::scanner::ScannerEnd;

use crate::clock::{Instant, earliest};
use crate::engine::{AnyEngine, Engine};
use crate::identity::Identity;
use crate::indicator::Indication;
use crate::setup_code::Watcher;

use self::device::Device;

/// Something that only the board can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BoardRequest {
    /// Run the engine's line at this speed, in baud.
    Baud(u32),
    /// A station has recorded the crash of the last run: what kept it may forget it.
    ForgetCrash,
    /// Begin anew.
    Restart(Restart),
    /// Panic on purpose: a station wants to see that it is reported.
    Panic,
}

/// A scanner.
pub struct Scanner<F: NorFlash> {
    engine: AnyEngine,
    watcher: Watcher,
    end: ScannerEnd,
    device: Device<F>,
}

impl<F: NorFlash> Scanner<F> {
    /// Begins to run: reads what the whole sectors of `area` hold (formats them if they hold
    /// nothing of ours) and sets the engine up.
    ///
    /// The first [`BoardRequest`] is the speed of the engine's line.
    pub fn new(flash: F, area: Range<u32>, identity: Identity, now: Instant) -> Self {
        let device = Device::new(flash, area, identity, now);
        let mut engine = AnyEngine::new(device.settings().engine);
        engine.set_up(device.settings().trigger, now);
        let mut scanner =
            Self { engine, watcher: Watcher::default(), end: ScannerEnd::new(), device };
        scanner.go_on(now);
        scanner
    }

    /// A byte of the engine; `None` for one that the UART reported as broken.
    pub fn engine_byte(&mut self, byte: Option<u8>, now: Instant) {
        self.device.line_is_busy(now);
        // A broken byte is none that a setup code has.
        if let Some(code) = self.watcher.push(byte.unwrap_or_default()) {
            self.device.setup(code, now);
        }
        let is_heard = self.end.is_heard(now.as_millis());
        if let Some(event) = self.engine.receive(byte, now) {
            self.device.take(event, is_heard, now);
        }
        self.go_on(now);
    }

    /// A byte of the station.
    pub fn host_byte(&mut self, byte: u8, now: Instant) {
        let store = self.device.store();
        if let Some(request) = self.end.receive(byte, now.as_millis(), store)
            && let Some(answer) = self.device.obey(request, now)
        {
            self.end.settings_answer(answer);
        }
        self.go_on(now);
    }

    /// The way to the station came up or went down.
    pub fn host_link(&mut self, up: bool, _: Instant) {
        if !up {
            self.end.link_down();
        }
    }

    /// Whether the button is down, as the pin says; to be told every 10 ms or on every change.
    pub fn button(&mut self, pressed: bool, now: Instant) {
        self.device.button(pressed, now);
    }

    /// To be called at [`Scanner::wake_at`] and whenever it is convenient.
    pub fn tick(&mut self, now: Instant) {
        let is_heard = self.end.is_heard(now.as_millis());
        if let Some(event) = self.engine.tick(now) {
            self.device.take(event, is_heard, now);
        }
        self.device.tick(now);
        self.go_on(now);
    }

    /// When [`Scanner::tick`] must be called at the latest; `None` if there is nothing to wait
    /// for. May lie in the past while a frame waits to be sent.
    pub fn wake_at(&self) -> Option<Instant> {
        let end = self.end.wake_at().map(Instant::from_millis);
        earliest(&[self.engine.wake_at(), end, self.device.wake_at()])
    }

    /// Puts the next bytes for the engine into `out` (32 bytes at least) and says how many; 0 if
    /// there are none now. To be asked after every other call.
    pub fn engine_out(&mut self, now: Instant, out: &mut [u8]) -> usize {
        self.engine.transmit(now, out)
    }

    /// Puts the next frame for the station into `out` ([`tekser_wire::frame::FRAME_MAX`] bytes)
    /// and says how long it is; 0 if there is none now. To be asked after every other call.
    pub fn host_out(&mut self, now: Instant, out: &mut [u8]) -> usize {
        self.end.transmit(now.as_millis(), &mut self.device, out)
    }

    /// What lamps and beeper do now.
    pub fn indication(&self, _: Instant) -> Indication {
        self.device.indication()
    }

    /// The next thing that the board has to do. To be asked after every other call.
    pub fn take_request(&mut self) -> Option<BoardRequest> {
        self.device.take_request()
    }

    /// Does what the last call made necessary elsewhere.
    fn go_on(&mut self, now: Instant) {
        let settings = *self.device.settings();
        if self.device.take_set_up() {
            self.engine = AnyEngine::new(settings.engine);
            self.engine.set_up(settings.trigger, now);
        }
        if let Some(on) = self.device.take_look(now) {
            self.engine.trigger(on, now);
        }
        if self.device.take_changed(self.engine.state()) {
            self.end.state_changed();
        }
    }
}
