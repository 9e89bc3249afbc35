//! A conversation with a Tekser scanner: what comes is made durable, what is ordered is asked.

use futures_util::FutureExt as _;
use tekser_hardware::scanner::wire::FromStation;
use tekser_hardware::scanner::wire::message::{ScannerHello, Settings, SettingsError, State};
use tekser_hardware::scanner::wire::version::Mismatch;
use tekser_hardware::scanner::{Crash, Event, Scan, Session};
use tokio::sync::{mpsc, oneshot};
use tracing::{info, warn};

use super::attend::Ended;
use super::known::version;
use super::order::{ORDERS_MAX, Order};
use super::{Code, Counter, CrashReport, Origin};
use crate::bench::{DeviceState, FailureCode, Plugged};

/// Most scans that become durable in one change: what is there is taken together, and one that
/// comes alone waits for no other.
const TOGETHER: usize = 64;

/// Whoever waits for settings.
type Waiting = oneshot::Sender<Result<Settings, SettingsError>>;

/// A conversation. See the [module](self).
pub(super) struct Talk<'a> {
    counter: &'a Counter,
    plugged: &'a Plugged,
    session: Session,
    /// Where its scans come from, once it is known who it is.
    origin: Option<Origin>,
    /// What came behind scans that are taken together.
    next: Option<Event>,
    orders: mpsc::Sender<Order>,
    ordered: mpsc::Receiver<Order>,
    waiting: Option<Waiting>,
}

impl<'a> Talk<'a> {
    pub(super) fn new(counter: &'a Counter, plugged: &'a Plugged, session: Session) -> Self {
        let (orders, ordered) = mpsc::channel(ORDERS_MAX);
        let (origin, next, waiting) = (None, None, None);
        Self { counter, plugged, session, origin, next, orders, ordered, waiting }
    }

    pub(super) async fn go_on(mut self) -> Result<core::convert::Infallible, Ended> {
        loop {
            if let Some(event) = self.next.take() {
                self.heard(event).await?;
                continue;
            }
            tokio::select! {
                event = self.session.next() => self.heard(event?).await?,
                Some(order) = self.ordered.recv() => self.order(order),
            }
        }
    }

    async fn heard(&mut self, event: Event) -> Result<(), Ended> {
        match event {
            Event::Hello(hello) => self.met(&hello).await?,
            Event::Scan(scan) => self.scans(scan).await?,
            Event::Gap { last, .. } => {
                if let Some(origin) = &self.origin {
                    let through = self.counter.skip(origin, last).await?;
                    self.session.ack(through);
                }
            }
            Event::State(state) => self.state(state).await?,
            Event::Settings(settings) => self.answer(Ok(settings)),
            Event::SettingsRefused(error) => self.answer(Err(error)),
            // Whoever waits is told that nobody answered.
            Event::Unanswered(_) => self.waiting = None,
            Event::Crash(crash) => self.crashed(crash).await?,
            Event::Mismatch(mismatch, hello) => self.mismatched(mismatch, &hello).await,
            Event::Silent => self.silent().await,
            // Its scans are taken as those of another epoch, see `Counter::meet`.
            Event::Rewound { .. } => {}
        }
        Ok(())
    }

    async fn met(&mut self, hello: &ScannerHello) -> Result<(), Ended> {
        let origin = self.counter.meet(hello).await?;
        info!(scanner = %origin.key.scanner, device = %self.plugged.id, "a scanner is heard");
        self.counter.arrived(self.plugged, &origin.key.scanner, self.orders.clone()).await?;
        self.session.resume(origin.key.store, origin.after);
        self.origin = Some(origin);
        Ok(())
    }

    /// Takes a scan, and what is there behind it already.
    async fn scans(&mut self, first: Scan) -> Result<(), Ended> {
        let Some(origin) = &self.origin else { return Ok(()) };
        let mut codes = vec![code(first)];
        let mut broken = None;
        while codes.len() < TOGETHER {
            match self.session.next().now_or_never() {
                Some(Ok(Event::Scan(scan))) => codes.push(code(scan)),
                Some(Ok(other)) => {
                    self.next = Some(other);
                    break;
                }
                Some(Err(error)) => {
                    broken = Some(error);
                    break;
                }
                None => break,
            }
        }
        let taken = self.counter.take(origin, &codes).await?;
        self.session.ack(taken.through);
        broken.map_or(Ok(()), |error| Err(error.into()))
    }

    async fn state(&mut self, state: State) -> Result<(), Ended> {
        let Some(origin) = &self.origin else { return Ok(()) };
        let name = &origin.key.scanner;
        let mut refused = state.refused;
        self.counter.show(name, |live| {
            refused = live.known.refused;
            live.is_silent = false;
            live.report = Some(state.into());
        });
        if refused != state.refused {
            self.counter.amend(name, |known| known.has_refused(state.refused)).await?;
        }
        Ok(())
    }

    async fn crashed(&mut self, crash: Crash) -> Result<(), Ended> {
        let Some(origin) = &self.origin else { return Ok(()) };
        let Crash { firmware, file, line, message, uptime_ms } = crash;
        let (firmware, told_at) = (version(firmware), self.counter.clock.now());
        warn!(scanner = %origin.key.scanner, file, line, message, "its firmware panicked");
        let report = CrashReport { firmware, file, line, message, uptime_ms, told_at };
        self.counter.amend(&origin.key.scanner, |known| known.unnoted.crash = Some(report)).await?;
        // It tells again what it does not hear to be seen.
        let _ = self.session.ask(FromStation::CrashSeen);
        Ok(())
    }

    async fn mismatched(&mut self, mismatch: Mismatch, hello: &ScannerHello) {
        let firmware = version(hello.firmware);
        let (code, message, cure) = match mismatch {
            Mismatch::PeerTooOld => (
                FailureCode::ScannerTooOld,
                format!("its firmware {firmware} is older than this station understands"),
                "update the scanner's firmware: `tekser scanner update`; it keeps its scans",
            ),
            Mismatch::PeerTooNew => (
                FailureCode::ScannerTooNew,
                format!("its firmware {firmware} is newer than this station understands"),
                "update this station; the scanner keeps its scans",
            ),
        };
        let cure = cure.to_owned();
        self.counter.show_device(self.plugged, DeviceState::Failed { code, message, cure }).await;
    }

    async fn silent(&mut self) {
        if let Some(origin) = &self.origin {
            self.counter.show(&origin.key.scanner, |live| live.is_silent = true);
            return;
        }
        let state = DeviceState::Failed {
            code: FailureCode::ScannerSilent,
            message: "it does not answer as a Tekser scanner does".to_owned(),
            cure: "plug it in again; if another program or device is on this port, name another \
                   port"
                .to_owned(),
        };
        self.counter.show_device(self.plugged, state).await;
    }

    fn answer(&mut self, answer: Result<Settings, SettingsError>) {
        if let Some(waiting) = self.waiting.take() {
            // Nobody waiting any more is no loss: the scanner has done it.
            let _ = waiting.send(answer);
        }
    }

    fn order(&mut self, order: Order) {
        let asked = match order {
            Order::Say(message) => self.session.ask(message),
            Order::Settings(wanted, waiting) => {
                self.waiting = Some(waiting);
                let message = wanted.map_or(FromStation::ReadSettings, FromStation::Configure);
                self.session.ask(message).inspect_err(|_| self.waiting = None)
            }
        };
        if let Err(error) = asked {
            warn!(%error, device = %self.plugged.id, "not asked");
        }
    }
}

fn code(scan: Scan) -> Code {
    Code {
        sequence: Some(scan.sequence),
        box_number: Some(scan.box_number),
        at: Some(scan.at),
        aim: scan.aim,
        verdict: Some(scan.verdict),
        text: scan.text,
    }
}
