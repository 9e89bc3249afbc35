//! What waits to be asked of the scanner.

use super::ASKS_MAX;
use crate::message::FromStation;

/// A queue of a fixed length.
#[derive(Debug)]
pub(super) struct Asks {
    waiting: [Option<FromStation>; ASKS_MAX],
}

impl Asks {
    pub(super) const fn new() -> Self {
        Self { waiting: [const { None }; ASKS_MAX] }
    }

    pub(super) const fn is_empty(&self) -> bool {
        matches!(self.waiting, [None, ..])
    }

    /// `None` if it is full.
    pub(super) fn push(&mut self, message: FromStation) -> Option<()> {
        *self.waiting.iter_mut().find(|place| place.is_none())? = Some(message);
        Some(())
    }

    pub(super) fn pop(&mut self) -> Option<FromStation> {
        let first = self.waiting.first_mut()?.take();
        self.waiting.rotate_left(1);
        first
    }
}
