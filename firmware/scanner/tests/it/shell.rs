//! The loops around a scanner, on an executor that is not a microcontroller's.

use std::cell::{Cell, RefCell};
use std::io;
use std::time::Duration;

use embedded_io_async::{ErrorType, Read, Write};
use tekser_scanner::shell::{self, Board, Clock};
use tekser_scanner::{Indication, Instant, Scanner};
use tekser_wire::frame::FRAME_MAX;
use tekser_wire::message::{FromStation, Restart};
use tekser_wire::station::{Event, StationEnd};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::time::timeout;

use crate::rig::{Chip, identity, imei, is_good};

const DEADLINE: Duration = Duration::from_secs(20);

/// One end of a pipe, as a board's stream.
struct Stream<T>(T);

impl<T> ErrorType for Stream<T> {
    type Error = io::Error;
}

impl Read for Stream<ReadHalf<DuplexStream>> {
    async fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes).await
    }
}

impl Write for Stream<WriteHalf<DuplexStream>> {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.0.flush().await
    }
}

/// A UART that reports errors where the text has a `!`.
struct Noisy(Stream<ReadHalf<DuplexStream>>);

impl ErrorType for Noisy {
    type Error = io::Error;
}

impl Read for Noisy {
    async fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(&mut bytes[..1]).await?;
        if bytes[0] == b'!' { Err(io::ErrorKind::InvalidData.into()) } else { Ok(count) }
    }
}

struct WallClock(std::time::Instant);

impl Clock for WallClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.elapsed().as_micros() as u64)
    }

    async fn wait_until(&self, at: Instant) {
        let at = self.0 + Duration::from_micros(at.as_micros());
        tokio::time::sleep_until(at.into()).await;
    }
}

/// No timer ever fires.
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Instant {
        Instant::START
    }

    async fn wait_until(&self, _: Instant) {
        std::future::pending().await
    }
}

#[derive(Default)]
struct Panel {
    shown: RefCell<Vec<Indication>>,
    bauds: RefCell<Vec<u32>>,
    restarts: RefCell<Vec<Restart>>,
    panics: Cell<u32>,
    pressed: Cell<bool>,
    alive: Cell<u32>,
}

impl Board for &Panel {
    fn pressed(&mut self) -> bool {
        self.pressed.get()
    }

    fn show(&mut self, indication: Indication) {
        self.shown.borrow_mut().push(indication);
    }

    fn set_baud(&mut self, baud: u32) {
        self.bauds.borrow_mut().push(baud);
    }

    fn restart(&mut self, restart: Restart) {
        self.restarts.borrow_mut().push(restart);
    }

    fn panic(&mut self) {
        self.panics.set(self.panics.get() + 1);
    }

    fn forget_crash(&mut self) {}

    fn alive(&mut self) {
        self.alive.set(self.alive.get() + 1);
    }
}

/// A station at the far end of a pipe.
struct Station {
    pipe: DuplexStream,
    end: StationEnd,
    texts: Vec<String>,
    broken: u32,
    began: std::time::Instant,
}

impl Station {
    fn new(pipe: DuplexStream) -> Self {
        let began = std::time::Instant::now();
        Self { pipe, end: StationEnd::new(7), texts: Vec::new(), broken: 0, began }
    }

    async fn say(&mut self) {
        let now_ms = self.began.elapsed().as_millis() as u64;
        let mut frame = [0; FRAME_MAX];
        loop {
            let len = self.end.transmit(now_ms, &mut frame);
            if len == 0 {
                return;
            }
            self.pipe.write_all(&frame[..len]).await.unwrap();
        }
    }

    /// Talks until it is as wanted, or panics after a while.
    async fn talk_until(&mut self, is_done: impl Fn(&Self) -> bool) {
        let talk = async {
            while !is_done(self) {
                self.say().await;
                let mut bytes = [0; 256];
                let read = timeout(Duration::from_millis(100), self.pipe.read(&mut bytes));
                let count = read.await.map_or(0, Result::unwrap);
                for byte in &bytes[..count] {
                    self.take(*byte);
                }
            }
        };
        timeout(DEADLINE, talk).await.expect("it comes to pass in time");
    }

    fn take(&mut self, byte: u8) {
        let now_ms = self.began.elapsed().as_millis() as u64;
        let mut resume = None;
        let mut ack = None;
        match self.end.receive(byte, now_ms) {
            Some(Event::Hello(hello)) => resume = Some((hello.store, hello.oldest.previous())),
            Some(Event::Scan { scan, .. }) => {
                self.texts.push(String::from_utf8_lossy(scan.text).into_owned());
                ack = Some(scan.sequence);
            }
            Some(Event::State(state)) => self.broken = state.broken,
            _ => {}
        }
        if let Some((store, after)) = resume {
            self.end.resume(store, after);
        }
        if let Some(through) = ack {
            self.end.ack(through);
        }
    }

    async fn ask(&mut self, message: FromStation) {
        self.end.ask(message).unwrap();
        self.say().await;
    }
}

fn scanner() -> Scanner<Chip> {
    let chip = Chip::new(64, 1);
    Scanner::new(chip.clone(), 0..chip.capacity(), identity(None), Instant::START)
}

/// Runs the shell beside `play`, which is given the far ends of engine and host.
async fn run<F: Future>(
    clock: impl Clock,
    panel: &Panel,
    play: impl FnOnce(DuplexStream, DuplexStream) -> F,
) -> F::Output {
    let (engine, far_engine) = duplex(64);
    let (host, far_host) = duplex(64);
    let (engine_in, engine_out) = split(engine);
    let (host_in, host_out) = split(host);
    let engine = (Noisy(Stream(engine_in)), Stream(engine_out));
    let host = (Stream(host_in), Stream(host_out));
    let shell = shell::run(scanner(), clock, panel, engine, host);
    tokio::select! {
        never = shell => match never {},
        result = timeout(2 * DEADLINE, play(far_engine, far_host)) => result.expect("in time"),
    }
}

async fn scan(engine: &mut WriteHalf<DuplexStream>, number: u64) {
    engine.write_all(format!("]C0{}\r", imei(number)).as_bytes()).await.unwrap();
}

/// What the scanner says to its engine goes nowhere.
async fn ignore(mut engine: ReadHalf<DuplexStream>) {
    let mut bytes = [0; 64];
    while engine.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
    std::future::pending().await
}

#[tokio::test(flavor = "current_thread")]
async fn a_code_goes_from_engine_to_station_without_a_timer() {
    let panel = Panel::default();
    run(Stopped, &panel, |engine, host| async {
        let (_engine_out, mut engine) = split(engine);
        let mut station = Station::new(host);
        station.talk_until(|station| station.end.hello().is_some()).await;
        for number in 0..20 {
            scan(&mut engine, number).await;
            station.talk_until(|station| station.texts.len() as u64 > number).await;
            assert_eq!(station.texts.last(), Some(&imei(number)));
            let is_shown = || panel.shown.borrow().last().is_some_and(|shown| is_good(*shown));
            while !is_shown() {
                tokio::task::yield_now().await;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_station_that_does_not_read_holds_up_nothing() {
    let panel = Panel::default();
    run(WallClock(std::time::Instant::now()), &panel, |engine, host| async {
        let (from_scanner, mut engine) = split(engine);
        let mut station = Station::new(host);
        let play = async {
            station.talk_until(|station| station.end.hello().is_some()).await;
            station.say().await;
            for number in 0..200 {
                scan(&mut engine, number).await;
            }
            let alive = panel.alive.get();
            timeout(DEADLINE, async {
                while panel.alive.get() < alive + 3 {
                    tokio::task::yield_now().await;
                }
            })
            .await
            .expect("the watchdog is fed");
            station.talk_until(|station| station.texts.len() == 200).await;
            let expected: Vec<_> = (0..200).map(imei).collect();
            assert_eq!(station.texts, expected);
        };
        tokio::select! { () = play => {}, () = ignore(from_scanner) => {} }
    })
    .await;
}

#[tokio::test(flavor = "current_thread")]
async fn an_error_of_the_engines_line_breaks_one_code_alone() {
    let panel = Panel::default();
    run(WallClock(std::time::Instant::now()), &panel, |engine, host| async {
        let (from_scanner, mut engine) = split(engine);
        let mut station = Station::new(host);
        let play = async {
            engine.write_all(b"]C04901542!3237518\r").await.unwrap();
            scan(&mut engine, 1).await;
            station.talk_until(|station| station.texts.len() == 1 && station.broken == 1).await;
            assert_eq!(station.texts, [imei(1)]);
        };
        tokio::select! { () = play => {}, () = ignore(from_scanner) => {} }
    })
    .await;
}

#[tokio::test(flavor = "current_thread")]
async fn the_board_does_what_the_station_asks_for() {
    let panel = Panel::default();
    run(WallClock(std::time::Instant::now()), &panel, |engine, host| async {
        let (from_scanner, _engine) = split(engine);
        let mut station = Station::new(host);
        let play = async {
            station.talk_until(|station| station.end.hello().is_some()).await;
            station.ask(FromStation::Restart(Restart::BootLoader)).await;
            station.ask(FromStation::Panic).await;
            station.talk_until(|_| panel.panics.get() == 1).await;
            assert_eq!(*panel.restarts.borrow(), [Restart::BootLoader]);
            assert_eq!(*panel.bauds.borrow(), [9_600]);
        };
        tokio::select! { () = play => {}, () = ignore(from_scanner) => {} }
    })
    .await;
}
