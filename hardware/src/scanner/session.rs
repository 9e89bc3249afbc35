//! A conversation with a Tekser scanner: a thin shell around [`StationEnd`].

use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tekser_wire::frame::FRAME_MAX;
use tekser_wire::message::{FromStation, ScannerHello, Sequence, StoreId};
use tekser_wire::station::{AskError, Faults, StationEnd};
use tokio::time::Instant;

use super::error::SessionError;
use super::event::Event;
use crate::link::{Link, LinkError};

/// Longest wait for the port to take a frame.
const SEND_LIMIT: Duration = Duration::from_secs(2);

/// How long an answer is waited for before it is asked again.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);

/// How often something is asked that has an answer.
const TRIES: u32 = 3;

/// The scanner is told the time when a conversation begins, soon again in case that was lost, and
/// then seldom: its clock drifts by a second a day.
const TIME_SOON: Duration = Duration::from_secs(5);
const TIME_SELDOM: Duration = Duration::from_mins(10);

/// A conversation with a Tekser scanner.
///
/// ```no_run
/// # use tekser_hardware::{Link, scanner::{Event, Session, SessionError}};
/// # use tekser_hardware::scanner::wire::message::{ScannerHello, Sequence};
/// # async fn newest_durable(_: &ScannerHello) -> Sequence { Sequence::NONE }
/// # async fn make_durable<T>(_: &T) {}
/// # async fn listen(link: Link) -> Result<(), SessionError> {
/// let mut session = Session::new(link);
/// loop {
///     match session.next().await? {
///         Event::Hello(hello) => session.resume(hello.store, newest_durable(&hello).await),
///         Event::Scan(scan) => {
///             make_durable(&scan).await;
///             session.ack(scan.sequence);
///         }
///         Event::Gap { last, .. } => {
///             make_durable(&last).await;
///             session.ack(last);
///         }
///         _ => {}
///     }
/// }
/// # }
/// ```
///
/// Only [`Session::next`] sends and receives: it must be called again and again, and what is
/// asked goes out when it is.
#[derive(Debug)]
pub struct Session {
    link: Link,
    end: StationEnd,
    began: Instant,
    inbox: Inbox,
    outbox: Outbox,
    /// What happened on this side.
    told: VecDeque<Event>,
    asked: Option<Asked>,
    time_at: Option<Instant>,
    time_was_told: bool,
}

#[derive(Debug)]
struct Inbox {
    bytes: Box<[u8]>,
    from: usize,
    to: usize,
}

/// A frame on its way, so that a future that is dropped leaves no half of one.
#[derive(Debug)]
struct Outbox {
    frame: [u8; FRAME_MAX],
    from: usize,
    to: usize,
    deadline: Instant,
}

/// Something that has an answer.
#[derive(Debug)]
struct Asked {
    message: FromStation,
    again_at: Instant,
    tries: u32,
}

impl Session {
    /// Begins a conversation over an open link. Nothing is sent before [`Session::next`].
    pub fn new(link: Link) -> Self {
        let now = Instant::now();
        Self {
            link,
            // Without chance in the system the time is as good: an answer to an earlier session
            // must not be taken for one to this.
            end: StationEnd::new(getrandom::u32().unwrap_or_else(|_| unix_ms() as u32)),
            began: now,
            inbox: Inbox { bytes: vec![0; Link::CHUNK].into_boxed_slice(), from: 0, to: 0 },
            outbox: Outbox { frame: [0; FRAME_MAX], from: 0, to: 0, deadline: now },
            told: VecDeque::new(),
            asked: None,
            time_at: None,
            time_was_told: false,
        }
    }

    /// Waits for what comes next. Nothing is lost when the future is dropped. With a scanner
    /// there it returns every few seconds, without one [`Event::Silent`] comes once.
    ///
    /// # Errors
    ///
    /// [`SessionError`]: the session is over.
    pub async fn next(&mut self) -> Result<Event, SessionError> {
        loop {
            if let Some(event) = self.event() {
                self.note(&event);
                return Ok(event);
            }
            self.send().await?;
            let wake_at = self.wake_at();
            match self.link.receive(&mut self.inbox.bytes, wake_at).await {
                Ok(count) => (self.inbox.from, self.inbox.to) = (0, count),
                Err(LinkError::Timeout) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Has the scans come that lie behind `after`, the newest of `store` that is durable here:
    /// the answer to [`Event::Hello`]. [`Sequence::NONE`] if the store is a new one.
    ///
    /// What was handed out before and is not durable by now is handed out again. If the scanner's
    /// store forgot scans, [`Event::Rewound`] follows.
    pub fn resume(&mut self, store: StoreId, after: Sequence) {
        if self.end.resume(store, after)
            && let Some(hello) = self.end.hello()
        {
            let (store, next) = (hello.store, hello.next);
            self.told.push_back(Event::Rewound { store, next, durable: after });
        }
        self.time_at = Some(Instant::now());
        self.time_was_told = false;
    }

    /// Scans up to `through` are durable here.
    pub fn ack(&mut self, through: Sequence) {
        self.end.ack(through);
    }

    /// Asks something of the scanner. `Configure` and `ReadSettings` have an answer
    /// ([`Event::Settings`], [`Event::SettingsRefused`]) and are asked again until it comes;
    /// after some seconds [`Event::Unanswered`] comes instead. Only the last of them is waited
    /// for. Everything else is said once.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn ask(&mut self, message: FromStation) -> Result<(), AskError> {
        if matches!(message, FromStation::Configure(_) | FromStation::ReadSettings) {
            self.end.ask(message.clone())?;
            let again_at = Instant::now() + ANSWER_LIMIT;
            self.asked = Some(Asked { message, again_at, tries: 1 });
            return Ok(());
        }
        self.end.ask(message)
    }

    /// Who answered; `None` while there is no conversation.
    pub const fn hello(&self) -> Option<&ScannerHello> {
        self.end.hello()
    }

    /// What came and was of no use.
    pub const fn faults(&self) -> Faults {
        self.end.faults()
    }

    fn now_ms(&self) -> u64 {
        // 584 million years of milliseconds.
        self.began.elapsed().as_millis() as u64
    }

    fn event(&mut self) -> Option<Event> {
        if let Some(event) = self.told.pop_front() {
            return Some(event);
        }
        let now_ms = self.now_ms();
        while let Some(byte) = self.inbox.pop() {
            if let Some(event) = self.end.receive(byte, now_ms) {
                return Some(event.into());
            }
        }
        self.tell_time();
        self.ask_again().or_else(|| self.end.tick(now_ms).map(Event::from))
    }

    /// An answer is there.
    fn note(&mut self, event: &Event) {
        let is_answer = match (event, self.asked.as_ref().map(|asked| &asked.message)) {
            (Event::Settings(is), Some(FromStation::Configure(wanted))) => is == wanted,
            (Event::Settings(_), Some(FromStation::ReadSettings)) => true,
            (Event::SettingsRefused(_), Some(FromStation::Configure(_))) => true,
            _ => false,
        };
        if is_answer {
            self.asked = None;
        }
    }

    fn ask_again(&mut self) -> Option<Event> {
        let now = Instant::now();
        let asked = self.asked.as_mut().filter(|asked| asked.again_at <= now)?;
        if asked.tries == TRIES {
            return self.asked.take().map(|asked| Event::Unanswered(asked.message));
        }
        asked.tries += 1;
        asked.again_at = now + ANSWER_LIMIT;
        // While there is no conversation it counts as unanswered.
        let _ = self.end.ask(asked.message.clone());
        None
    }

    fn tell_time(&mut self) {
        let now = Instant::now();
        if self.time_at.is_none_or(|at| now < at) {
            return;
        }
        let told = self.end.ask(FromStation::Time { unix_ms: unix_ms() }).is_ok();
        let is_first = told && !core::mem::replace(&mut self.time_was_told, true);
        self.time_at = Some(now + if is_first || !told { TIME_SOON } else { TIME_SELDOM });
    }

    /// Sends all that there is to say.
    async fn send(&mut self) -> Result<(), SessionError> {
        loop {
            if self.outbox.is_empty() {
                let now_ms = self.now_ms();
                let length = self.end.transmit(now_ms, &mut self.outbox.frame);
                if length == 0 {
                    return Ok(());
                }
                (self.outbox.from, self.outbox.to) = (0, length);
                self.outbox.deadline = Instant::now() + SEND_LIMIT;
            }
            let deadline = self.outbox.deadline;
            let sent = self.link.send_some(self.outbox.rest(), deadline).await?;
            self.outbox.from += sent;
        }
    }

    fn wake_at(&self) -> Instant {
        let end = self.began + Duration::from_millis(self.end.wake_at());
        let asked = self.asked.as_ref().map(|asked| asked.again_at);
        [Some(end), asked, self.time_at].into_iter().flatten().min().unwrap_or(end)
    }
}

impl Inbox {
    fn pop(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.from..self.to)?.first().copied()?;
        self.from += 1;
        Some(byte)
    }
}

impl Outbox {
    const fn is_empty(&self) -> bool {
        self.from == self.to
    }

    fn rest(&self) -> &[u8] {
        self.frame.get(self.from..self.to).unwrap_or_default()
    }
}

/// Milliseconds since 1970; 0 on a machine that believes to be earlier.
fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
