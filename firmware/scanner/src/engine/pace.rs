//! When to ask an engine, how long to wait for the answer, and when to give up.
//!
//! Answers carry no number, so a late one could be taken for the answer to the next question.
//! After anything out of the ordinary the next question therefore waits until the line is quiet.

use crate::clock::Instant;

/// How long the line must be quiet after a surprise, in milliseconds.
const QUIET_MS: u64 = 250;

/// Codes may come before the answer; each byte gives it this much longer, in milliseconds.
const BEHIND_A_CODE_MS: u64 = 200;

/// But not longer than this many times what it would have had.
const AT_MOST: u64 = 6;

/// How many times longer than as a rule an answer may take once one was late.
const SLOWEST: u64 = 4;

/// How often a question is put.
const TRIES: u8 = 3;

/// What became of a question that was not answered in its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
    /// It may be put again.
    Again,
    /// Nobody answers.
    GivenUp,
}

/// One question at a time.
#[derive(Debug)]
pub(super) struct Pace {
    /// How long an answer may take as a rule, in milliseconds.
    rule_ms: u64,
    /// The same of this engine, which may be slow.
    patience_ms: u64,
    asked: Option<Asked>,
    tries: u8,
    /// Answers that may still come to a question that is answered.
    owed: u8,
    not_before: Instant,
    /// After a surprise: when the line will have been quiet, and when that no longer matters.
    quiet: Instant,
    quiet_latest: Instant,
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    deadline: Instant,
    latest: Instant,
}

impl Pace {
    /// An answer may take so many milliseconds.
    pub(super) const fn new(patience_ms: u64) -> Self {
        Self {
            rule_ms: patience_ms,
            patience_ms,
            asked: None,
            tries: 0,
            owed: 0,
            not_before: Instant::START,
            quiet: Instant::START,
            quiet_latest: Instant::START,
        }
    }

    /// Forgets what was asked; the next question may be put after this time.
    pub(super) fn restart(&mut self, not_before: Instant) {
        *self = Self { not_before, ..Self::new(self.rule_ms) };
    }

    pub(super) const fn is_waiting(&self) -> bool {
        self.asked.is_some()
    }

    /// Whether the question was put before.
    pub(super) const fn is_repeated(&self) -> bool {
        self.tries > 0
    }

    pub(super) fn may_ask(&self, now: Instant) -> bool {
        self.asked.is_none() && now >= self.not_before.max(self.quiet)
    }

    pub(super) fn asked(&mut self, now: Instant) {
        self.owed = 0;
        self.asked = Some(Asked {
            deadline: now.plus_millis(self.patience_ms),
            latest: now.plus_millis(self.patience_ms * AT_MOST),
        });
    }

    /// The next question has time until then.
    pub(super) fn rest_until(&mut self, at: Instant) {
        self.not_before = self.not_before.max(at);
    }

    /// The next question is wanted earlier than that.
    pub(super) fn hurry(&mut self, at: Instant) {
        self.not_before = self.not_before.min(at);
    }

    /// A byte came, whatever it was.
    pub(super) fn heard(&mut self, now: Instant) {
        if let Some(asked) = &mut self.asked {
            let later = now.plus_millis(BEHIND_A_CODE_MS).min(asked.latest);
            asked.deadline = asked.deadline.max(later);
        } else if now < self.quiet {
            self.quiet = self.quiet.max(now.plus_millis(QUIET_MS)).min(self.quiet_latest);
        }
    }

    /// The answer came.
    pub(super) fn answered(&mut self, now: Instant) {
        self.asked = None;
        self.owed = core::mem::take(&mut self.tries);
        self.not_before = now;
        if self.owed > 0 {
            self.wait_for_quiet(now, self.patience_ms);
        }
    }

    /// An answer came, and no question is open. Says whether that makes sense: a question that
    /// was put more than once may be answered more than once.
    pub(super) fn stray(&mut self, now: Instant) -> bool {
        self.surprised(now);
        let owed = self.owed > 0;
        self.owed = self.owed.saturating_sub(1);
        owed
    }

    /// The next question waits this long, and longer if something comes.
    pub(super) fn settle(&mut self, now: Instant, ms: u64) {
        self.wait_for_quiet(now, ms);
    }

    /// Something came that makes no sense.
    pub(super) fn surprised(&mut self, now: Instant) {
        self.wait_for_quiet(now, QUIET_MS);
    }

    fn wait_for_quiet(&mut self, now: Instant, ms: u64) {
        self.quiet = self.quiet.max(now.plus_millis(ms));
        self.quiet_latest = self.quiet.plus_millis(self.patience_ms * AT_MOST);
    }

    /// Whether an answer is overdue.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<Overdue> {
        self.asked.filter(|asked| now >= asked.deadline)?;
        Some(self.again(now))
    }

    /// The question was not understood, or nobody answered it.
    pub(super) fn again(&mut self, now: Instant) -> Overdue {
        self.asked = None;
        self.tries += 1;
        self.surprised(now);
        if self.tries < TRIES {
            self.patience_ms = (self.patience_ms * 2).min(self.rule_ms * SLOWEST);
            return Overdue::Again;
        }
        self.tries = 0;
        self.patience_ms = self.rule_ms;
        Overdue::GivenUp
    }

    /// When [`Pace::overdue`] or [`Pace::may_ask`] changes.
    pub(super) fn wake_at(&self) -> Instant {
        self.asked.map_or(self.not_before.max(self.quiet), |asked| asked.deadline)
    }
}
