//! The whole device, without input or output.
//!
//! It is fed bytes, the button and the time, and asked what to send, to show and to do. Whoever
//! feeds it ([`crate::shell`] on a board) needs no other part of this crate.

use core::ops::Range;

use embedded_storage::nor_flash::NorFlash;
use tekser_wire::message::Restart;

use crate::clock::Instant;
use crate::identity::Identity;
use crate::indicator::Indication;

/// Something that only the board can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BoardRequest {
    /// Begin anew.
    Restart(Restart),
    /// Panic on purpose: a station wants to see that it is reported.
    Panic,
    /// Run the engine's line at this speed, in baud.
    Baud(u32),
    /// A station has recorded the crash of the last run: what kept it may forget it.
    ForgetCrash,
}

/// A scanner.
pub struct Scanner<F: NorFlash> {
    #[allow(dead_code)]
    flash: F,
    #[allow(dead_code)]
    area: Range<u32>,
    #[allow(dead_code)]
    identity: Identity,
}

impl<F: NorFlash> Scanner<F> {
    /// Begins to run: reads what `area` of the flash holds (formats it if it holds nothing of
    /// ours) and sets the engine up. `area` is in whole sectors; its first byte is `area.start`.
    ///
    /// The first [`BoardRequest`] is the speed of the engine's line.
    pub fn new(flash: F, area: Range<u32>, identity: Identity, _now: Instant) -> Self {
        Self { flash, area, identity }
    }

    /// A byte of the engine; `None` for one that the UART reported as broken.
    pub fn engine_byte(&mut self, _byte: Option<u8>, _now: Instant) {}

    /// A byte of the station.
    pub fn host_byte(&mut self, _byte: u8, _now: Instant) {}

    /// The way to the station came up or went down.
    pub fn host_link(&mut self, _up: bool, _now: Instant) {}

    /// Whether the button is down, as the pin says; to be told every 10 ms or on every change.
    pub fn button(&mut self, _pressed: bool, _now: Instant) {}

    /// To be called at [`Scanner::wake_at`] and whenever it is convenient.
    pub fn tick(&mut self, _now: Instant) {}

    /// When [`Scanner::tick`] must be called at the latest; `None` if there is nothing to wait
    /// for.
    pub fn wake_at(&self) -> Option<Instant> {
        None
    }

    /// Puts the next bytes for the engine into `out` (32 bytes at least) and says how many; 0 if
    /// there are none now. To be asked after every other call.
    pub fn engine_out(&mut self, _now: Instant, _out: &mut [u8]) -> usize {
        0
    }

    /// Puts the next frame for the station into `out` (`tekser_wire::frame::FRAME_MAX` bytes) and
    /// says how long it is; 0 if there is none now. To be asked after every other call.
    pub fn host_out(&mut self, _now: Instant, _out: &mut [u8]) -> usize {
        0
    }

    /// What lamps and beeper do now.
    pub fn indication(&self, _now: Instant) -> Indication {
        Indication::default()
    }

    /// The next thing that the board has to do. To be asked after every other call.
    pub fn take_request(&mut self) -> Option<BoardRequest> {
        None
    }
}
