//! What is in the case: the scanner's own logic in a thread of its own, as on its own processor.

use std::any::Any;
use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use tekser_scanner::shell::{self, Board, Clock};
use tekser_scanner::{CrashRecord, Identity, Indication, Instant as Tick, Scanner};
use tekser_wire::message::{Board as Kind, Capabilities, Crash, FirmwareVersion, Restart, Start};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio::sync::Notify;

use super::flash::PowerCut;
use super::{Case, Shown};
use crate::drive;

/// Bytes that fit between engine and scanner, as in a UART's buffer.
const UART: usize = 256;

/// Why the logic stopped.
enum End {
    /// The power went.
    Off,
    Restart(Restart),
    Panic(Box<CrashRecord>),
}

/// Runs until the power goes.
pub(super) fn run(case: &Arc<Case>, off: &Notify) {
    let (mut start, mut crash) = (Start::Power, None);
    loop {
        match once(case, off, start, crash.take()) {
            End::Off => break,
            End::Restart(Restart::Firmware) => start = Start::Asked,
            End::Restart(Restart::BootLoader) => {
                case.panel.lock().in_boot_loader = true;
                case.port.unplug();
                break;
            }
            End::Panic(record) => (start, crash) = (Start::Panic, Some(*record)),
        }
    }
    case.powered.store(false, Ordering::SeqCst);
}

fn once(case: &Arc<Case>, off: &Notify, start: Start, crash: Option<CrashRecord>) -> End {
    let began = Instant::now();
    let done = catch_unwind(AssertUnwindSafe(|| play(case, off, start, crash)));
    case.port.forget();
    done.unwrap_or_else(|why| match why.is::<PowerCut>() {
        true => End::Off,
        false => End::Panic(record(&message(why.as_ref()), began.elapsed())),
    })
}

fn message(why: &(dyn Any + Send)) -> String {
    let text = why.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| why.downcast_ref::<String>().cloned()).unwrap_or_default()
}

fn record(message: &str, uptime: Duration) -> Box<CrashRecord> {
    Box::new(CrashRecord::new(&Crash {
        firmware: firmware(),
        file: file!(),
        line: line!(),
        message,
        uptime_ms: millis(uptime),
    }))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn play(case: &Arc<Case>, off: &Notify, start: Start, crash: Option<CrashRecord>) -> End {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let Ok(runtime) = runtime else { return End::Off };
    runtime.block_on(async {
        let (near, far) = tokio::io::duplex(UART);
        let (engine_in, engine_out) = tokio::io::split(near);
        let end = Rc::new(Ended::default());
        let front = Front { case: Arc::clone(case), end: Rc::clone(&end), began: Instant::now() };
        let clock = WallClock(front.began);
        let area = 0..case.flash.size();
        let identity = identity(case, start, crash);
        let scanner = Scanner::new(case.flash.clone(), area, identity, clock.now());
        let engine = (FromEngine(engine_in), ToEngine(engine_out));
        let host = (case.port.clone(), case.port.clone());
        tokio::select! {
            biased;
            () = off.notified() => End::Off,
            () = end.news.notified() => end.why.take().unwrap_or(End::Off),
            never = shell::run(scanner, clock, front, engine, host) => match never {},
            // An engine whose plug is pulled leaves the line open.
            () = async { drive::run(far, case.engine.clone()).await; std::future::pending().await } => End::Off,
        }
    })
}

fn identity(case: &Case, start: Start, crash: Option<CrashRecord>) -> Identity {
    let bits = Capabilities::BEEPER | Capabilities::BUTTON | Capabilities::BOOT_LOADER;
    Identity {
        board: Kind::VIRTUAL,
        firmware: firmware(),
        capabilities: Capabilities(bits),
        serial: case.serial,
        start,
        crash,
        seed: RandomState::new().hash_one(0) as u32,
    }
}

/// The version of this crate.
fn firmware() -> FirmwareVersion {
    let mut parts = env!("CARGO_PKG_VERSION").split('.').map(|part| part.parse().unwrap_or(0));
    FirmwareVersion(std::array::from_fn(|_| parts.next().unwrap_or(0)))
}

#[derive(Default)]
struct Ended {
    why: RefCell<Option<End>>,
    news: Notify,
}

/// Button, lamps and beeper.
struct Front {
    case: Arc<Case>,
    end: Rc<Ended>,
    began: Instant,
}

impl Front {
    fn end(&self, why: End) {
        self.end.why.replace(Some(why));
        self.end.news.notify_one();
    }
}

impl Board for Front {
    fn pressed(&mut self) -> bool {
        self.case.pressed.load(Ordering::SeqCst)
    }

    fn show(&mut self, indication: Indication) {
        self.case.panel.lock().show(Shown { at: Instant::now(), indication });
        self.case.news.notify_waiters();
    }

    fn set_baud(&mut self, baud: u32) {
        self.case.panel.lock().baud = Some(baud);
    }

    fn restart(&mut self, restart: Restart) {
        self.end(End::Restart(restart));
    }

    fn panic(&mut self) {
        self.end(End::Panic(record("asked for by the station", self.began.elapsed())));
    }

    fn forget_crash(&mut self) {}

    fn alive(&mut self) {}
}

struct WallClock(Instant);

impl Clock for WallClock {
    fn now(&self) -> Tick {
        Tick::from_micros(u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    async fn wait_until(&self, at: Tick) {
        tokio::time::sleep_until((self.0 + Duration::from_micros(at.as_micros())).into()).await;
    }
}

struct FromEngine(ReadHalf<DuplexStream>);

impl ErrorType for FromEngine {
    type Error = ErrorKind;
}

impl Read for FromEngine {
    async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, ErrorKind> {
        match self.0.read(bytes).await {
            // A wire that nobody drives is quiet.
            Ok(0) | Err(_) => std::future::pending().await,
            Ok(count) => Ok(count),
        }
    }
}

struct ToEngine(WriteHalf<DuplexStream>);

impl ErrorType for ToEngine {
    type Error = ErrorKind;
}

impl Write for ToEngine {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        // Nor does it notice that nobody hears it.
        Ok(self.0.write(bytes).await.unwrap_or(bytes.len()))
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}
