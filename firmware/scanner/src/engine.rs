//! Scan engines: the modules that look at codes and send what they see over a UART.
//!
//! A driver is sans-IO: it is fed the engine's bytes and the time, and asked what to send.
//! Whatever the engine says, a driver holds at most [`TEXT_MAX`](tekser_wire::message::TEXT_MAX)
//! bytes of text and panics on nothing.

pub mod aim;
#[cfg(test)]
mod bed;
pub mod de2120;
pub mod gm65;
pub mod line;
mod lines;
mod look;
mod pace;
pub mod ssi;

use tekser_wire::message::{Aim, EngineKind, EngineState, TriggerMode};

pub use self::de2120::De2120;
pub use self::gm65::Gm65;
pub use self::line::Line;
pub use self::ssi::Ssi;
use crate::clock::Instant;

/// What came off an engine.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A code, whole.
    Code {
        /// What kind of code, if the engine was told to say and did.
        aim: Option<Aim>,
        /// What it says, without symbology identifier and terminator; never empty.
        text: &'a [u8],
    },
    /// Something that began like a code and was none, or could not be taken whole.
    Broken(Broken),
}

/// Why a code could not be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Broken {
    /// Longer than a scanner takes.
    TooLong,
    /// A frame whose checksum or form is wrong, or a UART error within it.
    Noise,
}

/// A driver for one kind of engine.
pub trait Engine {
    /// Takes one byte. `None` for a byte that the UART reported as broken (framing, overrun).
    fn receive(&mut self, byte: Option<u8>, now: Instant) -> Option<Event<'_>>;

    /// To be called at [`Engine::wake_at`] and whenever it is convenient: an idle line may end a
    /// code, an answer may be overdue.
    fn tick(&mut self, now: Instant) -> Option<Event<'_>>;

    /// When [`Engine::tick`] and [`Engine::transmit`] must be called at the latest; `None` if there
    /// is nothing to wait for. It may be a time that is past.
    fn wake_at(&self) -> Option<Instant>;

    /// Puts the next bytes for the engine into `out` and says how many; 0 if there are none now.
    /// `out` holds 32 bytes at least. To be called until it says 0 after every byte and tick: some
    /// engines want an answer at once.
    fn transmit(&mut self, now: Instant, out: &mut [u8]) -> usize;

    /// Looks until there is a code, or stops looking. Without meaning in [`TriggerMode::Always`].
    fn trigger(&mut self, on: bool, now: Instant);

    /// Sets the engine up from the start: when it got power, and when settings changed.
    fn set_up(&mut self, trigger: TriggerMode, now: Instant);

    /// How the engine is.
    fn state(&self) -> EngineState;
}

/// A driver that is chosen while the scanner runs.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is no heap, and one of them in the whole scanner"
)]
pub enum AnyEngine {
    /// DE2120.
    De2120(De2120),
    /// GM65 and its family.
    Gm65(Gm65),
    /// Lines of text.
    Line(Line),
    /// GM67, GM72 and others with the Simple Serial Interface.
    Ssi(Ssi),
}

impl AnyEngine {
    /// The driver for a kind of engine; call [`Engine::set_up`] when the engine has power.
    pub const fn new(kind: EngineKind) -> Self {
        match kind {
            EngineKind::Gm65 => Self::Gm65(Gm65::new()),
            EngineKind::De2120 => Self::De2120(De2120::new()),
            EngineKind::Ssi => Self::Ssi(Ssi::new()),
            EngineKind::Line => Self::Line(Line::new()),
        }
    }
}

/// Calls the same method of whichever driver it is.
macro_rules! dispatch {
    ($any:expr, $driver:ident => $call:expr) => {
        match $any {
            AnyEngine::De2120($driver) => $call,
            AnyEngine::Gm65($driver) => $call,
            AnyEngine::Line($driver) => $call,
            AnyEngine::Ssi($driver) => $call,
        }
    };
}

impl Engine for AnyEngine {
    fn receive(&mut self, byte: Option<u8>, now: Instant) -> Option<Event<'_>> {
        dispatch!(self, driver => driver.receive(byte, now))
    }

    fn tick(&mut self, now: Instant) -> Option<Event<'_>> {
        dispatch!(self, driver => driver.tick(now))
    }

    fn wake_at(&self) -> Option<Instant> {
        dispatch!(self, driver => driver.wake_at())
    }

    fn transmit(&mut self, now: Instant, out: &mut [u8]) -> usize {
        dispatch!(self, driver => driver.transmit(now, out))
    }

    fn trigger(&mut self, on: bool, now: Instant) {
        dispatch!(self, driver => driver.trigger(on, now));
    }

    fn set_up(&mut self, trigger: TriggerMode, now: Instant) {
        dispatch!(self, driver => driver.set_up(trigger, now));
    }

    fn state(&self) -> EngineState {
        dispatch!(self, driver => driver.state())
    }
}
