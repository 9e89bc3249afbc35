//! A station's session with a scanner that is the real end of the wire, over links of every kind.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tekser_hardware::Link;
use tekser_hardware::scanner::wire::frame::FRAME_MAX;
use tekser_hardware::scanner::wire::message::*;
use tekser_hardware::scanner::wire::scanner::{Request, ScannerEnd, Source};
use tekser_hardware::scanner::wire::version::Versions;
use tekser_hardware::scanner::{Event, Line, LineScanner, Session, SessionError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep, timeout};

const STORE: StoreId = StoreId(0xfeed_beef);

/// What the scanner has, and what was asked of it.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<Contents>>);

#[derive(Default)]
struct Contents {
    oldest: u32,
    next: u32,
    requests: Vec<(Instant, Request)>,
    /// Requests for settings that it does not answer.
    deaf_to: u32,
}

impl Shelf {
    fn with(scans: u32) -> Self {
        let shelf = Self::default();
        (shelf.lock().oldest, shelf.lock().next) = (1, scans + 1);
        shelf
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn take(&self, request: Request, end: &mut ScannerEnd) {
        let mut contents = self.lock();
        contents.requests.push((Instant::now(), request));
        match request {
            Request::Durable { through } => {
                contents.oldest = contents.oldest.max(through.0 + 1);
                contents.next = contents.next.max(through.0 + 1);
            }
            Request::Configure(_) if contents.deaf_to > 0 => contents.deaf_to -= 1,
            Request::Configure(settings) if settings.loudness > 10 => {
                end.settings_answer(Err(SettingsError::Loudness));
            }
            Request::Configure(_) => end.settings_answer(Ok(())),
            _ => {}
        }
    }

    fn asked(&self) -> Vec<Request> {
        self.lock().requests.iter().map(|(_, request)| *request).collect()
    }
}

impl Source for Shelf {
    fn hello(&self) -> ScannerHello {
        let contents = self.lock();
        ScannerHello {
            versions: Versions::OURS,
            nonce: 0,
            board: Board::VIRTUAL,
            firmware: FirmwareVersion([1, 2, 3]),
            capabilities: Capabilities(Capabilities::DURABLE),
            serial: SerialNumber([1, 2, 3, 4, 5, 6, 7, 8]),
            store: STORE,
            oldest: Sequence(contents.oldest),
            next: Sequence(contents.next),
            boots: 1,
            start: Start::Power,
        }
    }

    fn state(&self) -> State {
        let contents = self.lock();
        let waiting = contents.next - contents.oldest;
        let engine = EngineState::Ready;
        State { waiting, used: 0, capacity: 0, refused: 0, broken: 0, bad_frames: 0, engine }
    }

    fn settings(&self) -> Settings {
        Settings::DEFAULT
    }

    fn crash(&self) -> Option<Crash<'_>> {
        None
    }

    fn scan_after<'b>(
        &mut self,
        after: Sequence,
        buffer: &'b mut [u8; TEXT_MAX],
    ) -> Option<Scan<'b>> {
        let contents = self.lock();
        let number = (after.0 + 1).max(contents.oldest);
        if number >= contents.next {
            return None;
        }
        let text = format!("scan {number}");
        buffer[..text.len()].copy_from_slice(text.as_bytes());
        Some(Scan {
            sequence: Sequence(number),
            box_number: BoxNumber(1),
            at: Moment::Uptime { boot: 1, ms: 1 },
            aim: None,
            verdict: Verdict::Other,
            text: &buffer[..text.len()],
        })
    }
}

/// Runs the scanner until its line ends.
async fn run(mut io: impl AsyncRead + AsyncWrite + Unpin, mut shelf: Shelf) {
    let began = Instant::now();
    let mut end = ScannerEnd::new();
    let (mut frame, mut buffer) = ([0; FRAME_MAX], [0; 64]);
    loop {
        let now = || began.elapsed().as_millis() as u64;
        loop {
            let length = end.transmit(now(), &mut shelf, &mut frame);
            if length == 0 {
                break;
            }
            if io.write_all(&frame[..length]).await.is_err() {
                return;
            }
        }
        // Scans are accepted meanwhile, so it looks now and then.
        let soon = Duration::from_millis(5);
        match timeout(soon, io.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => return,
            Ok(Ok(count)) => {
                for byte in &buffer[..count] {
                    if let Some(request) = end.receive(*byte, now(), STORE) {
                        shelf.take(request, &mut end);
                    }
                }
            }
            Err(_) => {}
        }
    }
}

fn session(shelf: &Shelf) -> Session {
    let (near, far) = duplex(256);
    tokio::spawn(run(far, shelf.clone()));
    Session::new(Link::from_io(near))
}

async fn next(session: &mut Session) -> Event {
    let soon = Duration::from_secs(60);
    timeout(soon, session.next()).await.expect("an event in time").expect("a session")
}

/// Passes by what is not looked for.
async fn next_that<T>(session: &mut Session, wanted: impl Fn(&Event) -> Option<T>) -> T {
    loop {
        if let Some(found) = wanted(&next(session).await) {
            return found;
        }
    }
}

fn scan(event: &Event) -> Option<u32> {
    match event {
        Event::Scan(scan) => Some(scan.sequence.0),
        _ => None,
    }
}

fn hello(event: &Event) -> Option<()> {
    matches!(event, Event::Hello(_)).then_some(())
}

async fn resumed(shelf: &Shelf) -> Session {
    let mut session = session(shelf);
    next_that(&mut session, hello).await;
    session.resume(STORE, Sequence::NONE);
    session
}

/// Waits for what the far side does by itself.
async fn until(session: &mut Session, mut is_done: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(60);
    while !is_done() {
        assert!(Instant::now() < limit, "in time");
        let _ = timeout(Duration::from_millis(5), session.next()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn scans_arrive_and_may_go_once_they_are_acknowledged() {
    let shelf = Shelf::with(30);
    let mut session = session(&shelf);
    let Event::Hello(hello) = next(&mut session).await else { panic!("no hello") };
    assert_eq!((hello.store, hello.next), (STORE, Sequence(31)));
    session.resume(hello.store, Sequence::NONE);
    for number in 1..=30 {
        assert_eq!(next_that(&mut session, scan).await, number);
        session.ack(Sequence(number));
    }
    until(&mut session, || shelf.lock().oldest == 31).await;
    assert_eq!(session.faults(), Default::default());
}

#[tokio::test(start_paused = true)]
async fn a_future_that_is_dropped_loses_nothing() {
    let shelf = Shelf::with(40);
    let mut session = session(&shelf);
    let mut heard = Vec::new();
    let mut pause = 0;
    let limit = Instant::now() + Duration::from_secs(600);
    while heard.len() < 40 {
        assert!(Instant::now() < limit, "in time");
        pause = (pause + 1) % 4;
        match timeout(Duration::from_millis(pause), session.next()).await {
            Ok(Ok(Event::Hello(hello))) => session.resume(hello.store, Sequence::NONE),
            Ok(Ok(Event::Scan(scan))) => {
                heard.push(scan.sequence.0);
                session.ack(scan.sequence);
            }
            Ok(other) => drop(other.unwrap()),
            Err(_) => {}
        }
    }
    assert_eq!(heard, (1..=40).collect::<Vec<_>>());
    assert_eq!(session.faults().broken, 0);
}

#[tokio::test(start_paused = true)]
async fn the_time_is_told_at_once_soon_again_and_then_seldom() {
    let shelf = Shelf::with(0);
    let mut session = resumed(&shelf).await;
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(1_500) {
        next(&mut session).await;
    }
    let contents = shelf.lock();
    let times = contents.requests.iter().filter_map(|(at, request)| match request {
        Request::Time { unix_ms } => Some((at.duration_since(begin).as_secs(), *unix_ms)),
        _ => None,
    });
    let times: Vec<_> = times.collect();
    assert!(matches!(times[..], [(0, _), (5, _), (605, _), (1205, _)]), "{times:?}");
    // 2024-01-01: the machine's own clock.
    assert!(times.iter().all(|(_, unix_ms)| *unix_ms > 1_704_067_200_000));
}

#[tokio::test(start_paused = true)]
async fn settings_are_asked_again_until_they_are_answered() {
    let shelf = Shelf::with(0);
    shelf.lock().deaf_to = 2;
    let mut session = resumed(&shelf).await;
    session.ask(FromStation::Configure(Settings::DEFAULT)).unwrap();
    let settings = |event: &Event| matches!(event, Event::Settings(_)).then_some(());
    next_that(&mut session, settings).await;
    let asked = shelf.asked();
    let configured = asked.iter().filter(|asked| matches!(asked, Request::Configure(_)));
    assert_eq!(configured.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn settings_that_nobody_answers_are_told_as_unanswered() {
    let shelf = Shelf::with(0);
    shelf.lock().deaf_to = 99;
    let mut session = resumed(&shelf).await;
    let wanted = FromStation::Configure(Settings::DEFAULT);
    session.ask(wanted.clone()).unwrap();
    let unanswered = |event: &Event| match event {
        Event::Unanswered(message) => Some(message.clone()),
        Event::Settings(_) => panic!("nobody answered"),
        _ => None,
    };
    assert_eq!(next_that(&mut session, unanswered).await, wanted);
    assert_eq!(shelf.lock().deaf_to, 96);
}

#[tokio::test(start_paused = true)]
async fn settings_that_are_refused_are_not_asked_again() {
    let shelf = Shelf::with(0);
    let mut session = resumed(&shelf).await;
    let loud = Settings { loudness: 11, ..Settings::DEFAULT };
    session.ask(FromStation::Configure(loud)).unwrap();
    let refused = |event: &Event| match event {
        Event::SettingsRefused(error) => Some(*error),
        _ => None,
    };
    assert_eq!(next_that(&mut session, refused).await, SettingsError::Loudness);
    let unanswered = |event: &Event| matches!(event, Event::Unanswered(_)).then_some(());
    let later = timeout(Duration::from_secs(20), next_that(&mut session, unanswered)).await;
    assert!(later.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_forgot_is_told() {
    let shelf = Shelf::with(3);
    let mut session = session(&shelf);
    next_that(&mut session, hello).await;
    session.resume(STORE, Sequence(9));
    let rewound = |event: &Event| match event {
        Event::Rewound { store, next, durable } => Some((*store, *next, *durable)),
        _ => None,
    };
    let expected = (STORE, Sequence(4), Sequence(9));
    assert_eq!(next_that(&mut session, rewound).await, expected);
    until(&mut session, || shelf.lock().next == 10).await;
}

#[tokio::test(start_paused = true)]
async fn silence_is_told_once_and_a_scanner_that_comes_late_is_met() {
    let (near, far) = duplex(4_096);
    let mut session = Session::new(Link::from_io(near));
    let begin = Instant::now();
    assert_eq!(next(&mut session).await, Event::Silent);
    assert_eq!(begin.elapsed(), Duration::from_millis(u64::from(SILENT_AFTER_MS)));
    let again = timeout(Duration::from_secs(30), session.next()).await;
    assert!(again.is_err(), "{again:?}");
    tokio::spawn(run(far, Shelf::with(0)));
    assert!(matches!(next(&mut session).await, Event::Hello(_)));
}

#[tokio::test(start_paused = true)]
async fn a_scanner_that_is_pulled_out_is_gone() {
    let (near, far) = duplex(256);
    let mut session = Session::new(Link::from_io(near));
    drop(far);
    let error = session.next().await.unwrap_err();
    assert!(matches!(error, SessionError::Gone), "{error:?}");
    assert!(error.is_retryable() && error.cure().contains("Plug"));
}

#[tokio::test(start_paused = true)]
async fn a_port_that_takes_nothing_is_stuck_in_time() {
    let (near, _far) = duplex(4);
    let mut session = Session::new(Link::from_io(near));
    let begin = Instant::now();
    let error = session.next().await.unwrap_err();
    assert!(matches!(error, SessionError::Stuck), "{error:?}");
    assert_eq!(begin.elapsed(), Duration::from_secs(2));
}

/// Runs the scanner on the far end of a terminal until that is closed.
#[cfg(unix)]
fn run_on_terminal(mut port: serialport::TTYPort, mut shelf: Shelf) {
    use std::io::{ErrorKind, Read, Write};

    let began = std::time::Instant::now();
    let mut end = ScannerEnd::new();
    let (mut frame, mut buffer) = ([0; FRAME_MAX], [0; 64]);
    loop {
        let now = began.elapsed().as_millis() as u64;
        match end.transmit(now, &mut shelf, &mut frame) {
            0 => {}
            length => {
                port.write_all(&frame[..length]).expect("the terminal takes it");
                continue;
            }
        }
        match port.read(&mut buffer) {
            Ok(count @ 1..) => buffer[..count].iter().for_each(|byte| {
                if let Some(request) = end.receive(*byte, now, STORE) {
                    shelf.take(request, &mut end);
                }
            }),
            Err(error) if error.kind() == ErrorKind::TimedOut => {}
            _ => return,
        }
    }
}

/// A terminal has no DTR to raise; that must be no obstacle.
#[cfg(unix)]
#[tokio::test]
async fn a_session_runs_over_a_pseudo_terminal() {
    use serialport::SerialPort;
    use tekser_hardware::{PortName, serial};

    let (mut far, near) = serialport::TTYPort::pair().unwrap();
    far.set_timeout(Duration::from_millis(5)).unwrap();
    let link = serial::open(&PortName::new(near.name().unwrap())).await.unwrap();
    drop(near);
    let shelf = Shelf::with(20);
    let scanner = shelf.clone();
    let far = tokio::task::spawn_blocking(move || run_on_terminal(far, scanner));
    let mut session = Session::new(link);
    next_that(&mut session, hello).await;
    session.resume(STORE, Sequence::NONE);
    for number in 1..=20 {
        assert_eq!(next_that(&mut session, scan).await, number);
        session.ack(Sequence(number));
    }
    until(&mut session, || shelf.lock().oldest == 21).await;
    drop(session);
    far.await.unwrap();
}

fn lines() -> (LineScanner, DuplexStream) {
    let (near, far) = duplex(4_096);
    (LineScanner::new(Link::from_io(near)), far)
}

async fn codes(scanner: &mut LineScanner, count: usize) -> Vec<Line> {
    let mut codes = Vec::new();
    for _ in 0..count {
        let next = timeout(Duration::from_secs(60), scanner.next()).await;
        codes.push(next.expect("a code in time").expect("a scanner"));
    }
    codes
}

fn code(text: &[u8]) -> Line {
    Line::Code { aim: None, text: text.to_vec() }
}

#[tokio::test(start_paused = true)]
async fn codes_end_with_a_line_end_or_a_pause() {
    let (mut scanner, mut far) = lines();
    far.write_all(b"one\rtwo\nthree\r\n\r\nfo").await.unwrap();
    sleep(Duration::from_millis(50)).await;
    far.write_all(b"ur").await.unwrap();
    let expected = [code(b"one"), code(b"two"), code(b"three"), code(b"four")];
    assert_eq!(codes(&mut scanner, 4).await, expected);
    far.write_all(b"five").await.unwrap();
    assert_eq!(codes(&mut scanner, 1).await, [code(b"five")]);
}

#[tokio::test(start_paused = true)]
async fn an_aim_identifier_and_what_stands_around_a_code_are_kept_apart() {
    let (mut scanner, mut far) = lines();
    far.write_all(b"]C0490154203237518\r\x02\t]d2[)>\x1e06\x1dS1\x1e\x04\t\x03\r]\r]-1x\r")
        .await
        .unwrap();
    let aim = |aim: &[u8; 2], text: &[u8]| Line::Code { aim: Some(Aim(*aim)), text: text.to_vec() };
    let expected = [
        aim(b"C0", b"490154203237518"),
        aim(b"d2", b"[)>\x1e06\x1dS1\x1e\x04"),
        code(b"]"),
        code(b"]-1x"),
    ];
    assert_eq!(codes(&mut scanner, 4).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_too_long_is_told_and_the_next_one_is_taken() {
    let (mut scanner, mut far) = lines();
    let feed = tokio::spawn(async move {
        far.write_all(&[b'1'; TEXT_MAX]).await.unwrap();
        far.write_all(b"\r").await.unwrap();
        far.write_all(&[b'1'; TEXT_MAX + 1]).await.unwrap();
        far.write_all(b"\r").await.unwrap();
        far.write_all(&[b'1'; 100_000]).await.unwrap();
        far.write_all(b"\rnext\r").await.unwrap();
        far
    });
    let expected = [code(&[b'1'; TEXT_MAX]), Line::TooLong, Line::TooLong, code(b"next")];
    assert_eq!(codes(&mut scanner, 4).await, expected);
    drop(feed.await.unwrap());
    assert!(matches!(scanner.next().await, Err(SessionError::Gone)));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_ever_written_to_a_scanner_of_another_make() {
    let (mut scanner, mut far) = lines();
    let idle = timeout(Duration::from_secs(120), scanner.next()).await;
    assert!(idle.is_err(), "{idle:?}");
    far.write_all(b"code\r").await.unwrap();
    assert_eq!(codes(&mut scanner, 1).await, [code(b"code")]);
    drop(scanner);
    let mut written = Vec::new();
    far.read_to_end(&mut written).await.unwrap();
    assert_eq!(written, b"");
}

#[test]
fn the_text_of_a_label_never_stands_in_debug() {
    let line = Line::Code { aim: None, text: b"490154203237518".to_vec() };
    assert_eq!(format!("{line:?}"), "Code(None, 15 bytes)");
}
