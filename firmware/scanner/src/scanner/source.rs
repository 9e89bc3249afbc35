//! What a scanner tells its station.

use embedded_storage::nor_flash::NorFlash;
use tekser_wire::message::{
    Capabilities, Crash, Scan, ScannerHello, Sequence, Settings, State, TEXT_MAX,
};
use tekser_wire::scanner::Source;
use tekser_wire::version::Versions;

use super::device::Device;

impl<F: NorFlash> Source for Device<F> {
    fn hello(&self) -> ScannerHello {
        let Capabilities(bits) = self.identity.capabilities;
        let durable = if self.journal.is_sound() { Capabilities::DURABLE } else { 0 };
        ScannerHello {
            versions: Versions::OURS,
            nonce: 0,
            board: self.identity.board,
            firmware: self.identity.firmware,
            capabilities: Capabilities(bits | durable),
            serial: self.identity.serial,
            store: self.journal.store(),
            oldest: self.journal.oldest(),
            next: self.journal.next(),
            boots: self.journal.boots(),
            start: self.identity.start,
        }
    }

    fn state(&self) -> State {
        let usage = self.journal.usage();
        State {
            waiting: self.journal.waiting(),
            used: usage.used,
            // A flash that does not work takes nothing more.
            capacity: if self.journal.is_sound() { usage.capacity } else { 0 },
            refused: self.journal.refused(),
            broken: self.broken,
            bad_frames: 0,
            engine: self.engine,
        }
    }

    fn settings(&self) -> Settings {
        self.settings
    }

    fn crash(&self) -> Option<Crash<'_>> {
        self.identity.crash.as_ref().map(|crash| crash.as_crash())
    }

    fn scan_after<'b>(
        &mut self,
        after: Sequence,
        buffer: &'b mut [u8; TEXT_MAX],
    ) -> Option<Scan<'b>> {
        self.journal.scan_after(after, buffer)
    }
}
