//! Everything of a scanner but its engine and its end of the conversation.

use core::ops::Range;

use embedded_storage::nor_flash::NorFlash;
use tekser_wire::message::{
    Aim, EngineState, Moment, Notice, Restart, Settings, SettingsError, StoreId, Verdict,
};
use tekser_wire::scanner::Request;

use super::BoardRequest;
use crate::boxes::Boxes;
use crate::clock::{Instant, earliest};
use crate::duplicates::{Duplicates, Repeat};
use crate::engine::{Broken, Event};
use crate::identity::Identity;
use crate::indicator::{Indication, Indicator, Signal};
use crate::journal::{Journal, NewScan};
use crate::label;
use crate::settings;
use crate::setup_code::{SetupCode, SetupError, is_meant};
use crate::trigger::{Ask, Trigger};

/// How long the engine's line is silent before the journal may hold everything up to erase a
/// sector, in milliseconds. Longer than the pauses within a code.
const QUIET_MS: u64 = 100;

/// Time for everything else between two such things, in milliseconds.
const TIDY_REST_MS: u64 = 10;

/// The same when the flash does not work, in milliseconds.
const TIDY_RETRY_MS: u64 = 5_000;

/// A setup code that comes again before this never left the view, in milliseconds.
const SETUP_IN_VIEW_MS: u64 = 600;

/// For how long a setup code that is none counts as the same, in milliseconds.
const BROKEN_SETUP_MS: u16 = 2_000;

/// Times that a station may tell: the years 2020 to 2199.
const UNIX_MS: Range<u64> = 1_577_836_800_000..7_258_118_400_000;

pub(super) struct Device<F: NorFlash> {
    pub(super) identity: Identity,
    pub(super) journal: Journal<F>,
    pub(super) settings: Settings,
    indicator: Indicator,
    trigger: Trigger,
    boxes: Boxes,
    accepted: Duplicates,
    refused: Duplicates,
    broken_setups: Duplicates,
    last_setup: Option<(Result<SetupCode, SetupError>, Instant)>,
    /// Unix time at the start, in milliseconds.
    began_at: Option<u64>,
    pub(super) broken: u32,
    pub(super) engine: EngineState,
    line_busy_at: Instant,
    tidy_at: Instant,
    requests: Requests,
    must_set_up: bool,
    look: Option<bool>,
    has_changed: bool,
}

/// What the board has to do, one of each kind at most.
#[derive(Default)]
struct Requests {
    baud: Option<u32>,
    forget_crash: bool,
    restart: Option<Restart>,
    panic: bool,
}

impl<F: NorFlash> Device<F> {
    pub fn new(flash: F, area: Range<u32>, identity: Identity, now: Instant) -> Self {
        let journal = Journal::open(flash, area, identity.seed);
        let settings = settings::from_bytes(journal.settings());
        #[cfg(feature = "defmt")]
        defmt::info!(
            "{} scans wait in {}, sound: {}",
            journal.waiting(),
            journal.store(),
            journal.is_sound()
        );
        Self {
            identity,
            settings,
            indicator: Indicator::new(settings.loudness),
            trigger: Trigger::default(),
            boxes: Boxes::behind(journal.last_box()),
            accepted: Duplicates::default(),
            refused: Duplicates::default(),
            broken_setups: Duplicates::default(),
            last_setup: None,
            began_at: None,
            broken: 0,
            engine: EngineState::Starting,
            line_busy_at: now,
            tidy_at: now,
            requests: Requests { baud: Some(settings.baud), ..Requests::default() },
            must_set_up: false,
            look: None,
            has_changed: false,
            journal,
        }
    }

    pub fn store(&self) -> StoreId {
        self.journal.store()
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub fn indication(&self) -> Indication {
        self.indicator.indication()
    }

    pub fn line_is_busy(&mut self, now: Instant) {
        self.line_busy_at = now;
    }

    pub fn button(&mut self, pressed: bool, now: Instant) {
        self.trigger.button(pressed, now);
    }

    /// Something came off the engine.
    pub fn take(&mut self, event: Event<'_>, is_heard: bool, now: Instant) {
        match event {
            Event::Code { aim, text } => self.code(aim, text, is_heard, now),
            Event::Broken(why) => {
                self.broken = self.broken.saturating_add(1);
                self.has_changed = true;
                let signal = match why {
                    Broken::TooLong => Signal::TooLong,
                    Broken::Noise => Signal::Broken,
                };
                self.indicator.play(signal, now);
            }
        }
    }

    fn code(&mut self, aim: Option<Aim>, text: &[u8], is_heard: bool, now: Instant) {
        self.trigger.code();
        if is_meant(text) {
            return self.setup_text(text, now);
        }
        let window = self.settings.same_code_ms;
        match self.accepted.judge(text, window, now) {
            Repeat::New => {}
            Repeat::InView => return,
            Repeat::Again => return self.indicator.play(Signal::Duplicate, now),
        }
        if self.refused.judge(text, window, now) == Repeat::InView {
            return;
        }
        let verdict = label::verdict(aim, text);
        if verdict == Verdict::Nothing && !self.settings.keep_nothing {
            self.accepted.accepted(text, now);
            return self.indicator.play(Signal::Nothing, now);
        }
        self.accept(aim, text, verdict, is_heard, now);
    }

    fn accept(
        &mut self,
        aim: Option<Aim>,
        text: &[u8],
        verdict: Verdict,
        is_heard: bool,
        now: Instant,
    ) {
        let box_number = self.boxes.of(aim, text, self.settings.box_pause_ms, now);
        let scan = NewScan { box_number, at: self.moment(now), aim, verdict, text };
        self.has_changed = true;
        let appended = self.journal.append(&scan);
        #[cfg(feature = "defmt")]
        defmt::info!("code of {} bytes, {}: {}", text.len(), verdict, appended);
        if appended.is_err() {
            self.journal.refuse();
            self.refused.accepted(text, now);
            return self.indicator.play(Signal::Refused, now);
        }
        self.accepted.accepted(text, now);
        self.boxes.accepted(box_number, aim, text, now);
        self.indicator.play(signal(verdict), now);
        if !is_heard {
            self.indicator.follow(Signal::Kept, now);
        }
        if self.journal.usage().is_nearly_full() {
            self.indicator.follow(Signal::NearlyFull, now);
        }
    }

    fn moment(&self, now: Instant) -> Moment {
        let ms = now.as_millis();
        match self.began_at {
            Some(began_at) => Moment::Unix { ms: began_at.saturating_add(ms) },
            None => Moment::Uptime { boot: self.journal.boots(), ms },
        }
    }

    /// The text of a setup code, off the driver. A good one was already seen in the bare bytes.
    fn setup_text(&mut self, text: &[u8], now: Instant) {
        if let Err(error) = SetupCode::parse(text)
            && self.broken_setups.judge(text, BROKEN_SETUP_MS, now) == Repeat::New
        {
            self.broken_setups.accepted(text, now);
            if error == SetupError::Check {
                self.indicator.play(Signal::SetupRefused, now);
            }
        }
    }

    /// A setup code, off the bare bytes.
    pub fn setup(&mut self, code: Result<SetupCode, SetupError>, now: Instant) {
        let last = self.last_setup.replace((code, now));
        if last.is_some_and(|(last, at)| last == code && now.millis_since(at) < SETUP_IN_VIEW_MS) {
            return;
        }
        let taken = match code {
            Ok(code) => {
                if code.next_box {
                    self.boxes.next();
                }
                self.configure(code.apply(&self.settings)).is_ok()
            }
            Err(_) => false,
        };
        self.indicator.play(if taken { Signal::SetupTaken } else { Signal::SetupRefused }, now);
    }

    fn configure(&mut self, new: Settings) -> Result<(), SettingsError> {
        settings::check(&new)?;
        if new == self.settings {
            return Ok(());
        }
        let kept = self.journal.keep_settings(&settings::to_bytes(&new));
        kept.map_err(|_| SettingsError::Flash)?;
        if new.baud != self.settings.baud {
            self.requests.baud = Some(new.baud);
        }
        self.must_set_up |= settings::concerns_engine(&self.settings, &new);
        self.indicator.set_loudness(new.loudness);
        #[cfg(feature = "defmt")]
        defmt::info!("{}", new);
        self.settings = new;
        Ok(())
    }

    /// What the station asks for; what came of it if that was settings.
    pub fn obey(&mut self, request: Request, now: Instant) -> Option<Result<(), SettingsError>> {
        match request {
            Request::Configure(settings) => return Some(self.configure(settings)),
            Request::Durable { through } => {
                self.journal.release(through);
                self.has_changed = true;
            }
            Request::Time { unix_ms } if UNIX_MS.contains(&unix_ms) => {
                self.began_at = unix_ms.checked_sub(now.as_millis());
            }
            Request::Time { .. } => {}
            Request::Trigger { on } => self.trigger.asked(on, now),
            Request::NextBox => self.boxes.next(),
            Request::Notice(notice) => self.indicator.play(notice_signal(notice), now),
            Request::Restart(restart) => {
                if self.journal.wants_tidy() {
                    // What was released need not be sent again.
                    self.journal.tidy();
                }
                self.requests.restart = Some(restart);
            }
            Request::CrashSeen => {
                self.requests.forget_crash |= self.identity.crash.take().is_some();
            }
            Request::Panic => self.requests.panic = true,
        }
        None
    }

    pub fn tick(&mut self, now: Instant) {
        self.indicator.tick(now);
        if self.quiet_at().is_some_and(|at| at <= now) {
            self.journal.tidy();
            let rest = if self.journal.is_sound() { TIDY_REST_MS } else { TIDY_RETRY_MS };
            self.tidy_at = now.plus_millis(rest);
            self.has_changed = true;
        }
    }

    /// When the journal may be tidied, if it wants that.
    fn quiet_at(&self) -> Option<Instant> {
        let at = self.line_busy_at.plus_millis(QUIET_MS).max(self.tidy_at);
        self.journal.wants_tidy().then_some(at)
    }

    pub fn wake_at(&self) -> Option<Instant> {
        earliest(&[self.indicator.wake_at(), self.trigger.wake_at(), self.quiet_at()])
    }

    pub fn take_set_up(&mut self) -> bool {
        core::mem::take(&mut self.must_set_up)
    }

    /// Whether the engine must begin or stop looking.
    pub fn take_look(&mut self, now: Instant) -> Option<bool> {
        while let Some(ask) = self.trigger.tick(now) {
            match ask {
                Ask::Look(on) => self.look = Some(on),
                Ask::Held => {
                    let is_done = self.configure(Settings::DEFAULT).is_ok();
                    let signal = if is_done { Signal::SetupTaken } else { Signal::SetupRefused };
                    self.indicator.play(signal, now);
                }
            }
        }
        self.look.take()
    }

    /// Whether the station should know the state.
    pub fn take_changed(&mut self, engine: EngineState) -> bool {
        self.has_changed |= engine != self.engine;
        self.engine = engine;
        core::mem::take(&mut self.has_changed)
    }

    pub fn take_request(&mut self) -> Option<BoardRequest> {
        let Requests { baud, forget_crash, restart, panic } = &mut self.requests;
        if let Some(baud) = baud.take() {
            return Some(BoardRequest::Baud(baud));
        }
        if core::mem::take(forget_crash) {
            return Some(BoardRequest::ForgetCrash);
        }
        if let Some(restart) = restart.take() {
            return Some(BoardRequest::Restart(restart));
        }
        core::mem::take(panic).then_some(BoardRequest::Panic)
    }
}

fn signal(verdict: Verdict) -> Signal {
    match verdict {
        Verdict::Valid => Signal::Valid,
        Verdict::Wrong => Signal::Wrong,
        Verdict::Suspicious => Signal::Suspicious,
        Verdict::Other => Signal::Other,
        Verdict::Nothing => Signal::Nothing,
        Verdict::TooLong => Signal::TooLong,
    }
}

fn notice_signal(notice: Notice) -> Signal {
    match notice {
        Notice::Clear => Signal::Clear,
        Notice::Stop => Signal::Stop,
        Notice::Identify => Signal::Identify,
    }
}
