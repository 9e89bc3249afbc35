//! Looking for one code, on request.
//!
//! An engine stops by itself when it saw a code, and after some seconds. Who asked wants one code,
//! however long that takes: so it is asked again until there is one, or nobody wants it any more.

use crate::clock::Instant;

/// Less than any engine looks by itself, in milliseconds.
const AGAIN_MS: u64 = 2_500;

/// What is wanted, what was said, and what the engine knows.
#[derive(Debug)]
pub(super) struct Look {
    /// To be said.
    wanted: Option<bool>,
    /// Said, and not answered.
    said: Option<bool>,
    /// A code is wanted, and this is when to say so again.
    again_at: Option<Instant>,
}

impl Look {
    pub(super) const fn new() -> Self {
        Self { wanted: None, said: None, again_at: None }
    }

    /// A code is wanted, or none any more.
    pub(super) fn want(&mut self, on: bool, now: Instant) {
        self.wanted = Some(on);
        self.again_at = on.then(|| now.plus_millis(AGAIN_MS));
    }

    /// A code came. If "look" is on its way just then, the engine will look once more, and has to
    /// be stopped.
    pub(super) fn found(&mut self) {
        self.again_at = None;
        self.wanted = match self.said {
            Some(true) => Some(false),
            _ => self.wanted.filter(|wanted| !wanted),
        };
    }

    /// Whether it is time to say it again.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.again_at.is_some_and(|at| at <= now);
        if is_due {
            self.want(true, now);
        }
        is_due
    }

    /// What is to be said now.
    pub(super) const fn wanted(&self) -> Option<bool> {
        self.wanted
    }

    /// It is said.
    pub(super) fn say(&mut self, on: bool) {
        self.said = Some(on);
    }

    /// An answer came. Says whether it was to this.
    pub(super) fn answered(&mut self) -> bool {
        let Some(said) = self.said.take() else {
            return false;
        };
        // A person may have changed their mind meanwhile.
        self.wanted = self.wanted.filter(|wanted| *wanted != said);
        true
    }

    /// Nobody answers. Says whether it was this that was said.
    pub(super) fn give_up(&mut self) -> bool {
        self.wanted = None;
        self.said.take().is_some()
    }

    /// Whether there is something to say.
    pub(super) const fn is_wanted(&self) -> bool {
        self.wanted.is_some()
    }

    /// When there is something to say again.
    pub(super) const fn wake_at(&self) -> Option<Instant> {
        self.again_at
    }
}
