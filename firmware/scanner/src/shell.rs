//! The loops around a [`Scanner`], for any executor.
//!
//! ```text
//! engine ──▶ engine_in ─┐               ┌─▶ engine_out ─▶ engine
//!                       ├─▶ [ Scanner ] ─┤
//! station ─▶ host_in ───┘        ▲      └─▶ host_out ───▶ station
//!                              ticks      (time, button, lamps, requests, watchdog)
//! ```
//!
//! All loops run in one task. Nothing that a stream does can stop another: a station that does
//! not read leaves `host_out` waiting in its write and the engine's bytes are taken all the same.
//! A code's last byte wakes the writer directly; no timer lies between.

use core::cell::RefCell;
use core::convert::Infallible;

use embassy_futures::join::join5;
use embassy_futures::select::select;
use embassy_futures::yield_now;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use embedded_io_async::{Read, Write};
use embedded_storage::nor_flash::NorFlash;
use tekser_wire::frame::FRAME_MAX;
use tekser_wire::message::Restart;

use crate::clock::Instant;
use crate::indicator::Indication;
use crate::scanner::{BoardRequest, Scanner};

/// How often the button is looked at and the watchdog fed, in milliseconds.
pub const POLL_MS: u64 = 10;

/// How long a loop leaves a stream alone that reports an error, in milliseconds.
const RETRY_MS: u64 = 2;

/// The time.
#[allow(async_fn_in_trait)]
pub trait Clock {
    /// What time it is.
    fn now(&self) -> Instant;

    /// Waits until it is `at`; returns at once if that is past. May be dropped while it waits.
    async fn wait_until(&self, at: Instant);
}

/// What a board has besides clock and streams. Called from one task, never for long.
pub trait Board {
    /// Whether the button is down; not debounced.
    fn pressed(&mut self) -> bool;

    /// Sets lamps and beeper. Called on change only.
    fn show(&mut self, indication: Indication);

    /// Runs the engine's line at this speed.
    fn set_baud(&mut self, baud: u32);

    /// Begins anew. Does not return on a real board.
    fn restart(&mut self, restart: Restart);

    /// Panics, because the station asked for it.
    fn panic(&mut self) {
        panic!("asked for by the station");
    }

    /// Forgets the crash that it keeps for the station.
    fn forget_crash(&mut self);

    /// The loops still run: feeds the watchdog. Called every [`POLL_MS`], or a little later.
    fn alive(&mut self);
}

/// Runs a scanner for ever.
///
/// `engine` and `host` are a reader and a writer each:
///
/// - An error of the engine's reader counts as one broken byte.
/// - An error or the end of the host's reader or writer means that the way to the station is
///   down. Its reader should then wait until it is up again.
/// - A frame is written whole, then flushed.
pub async fn run<F: NorFlash>(
    scanner: Scanner<F>,
    clock: impl Clock,
    board: impl Board,
    engine: (impl Read, impl Write),
    host: (impl Read, impl Write),
) -> Infallible {
    let shell = Shell {
        scanner: RefCell::new(scanner),
        clock,
        to_engine: Signal::new(),
        to_host: Signal::new(),
        ticks: Signal::new(),
    };
    join5(
        shell.engine_in(engine.0),
        shell.engine_out(engine.1),
        shell.host_in(host.0),
        shell.host_out(host.1),
        shell.ticks(board),
    )
    .await
    .0
}

type Bell = Signal<NoopRawMutex, ()>;

struct Shell<F: NorFlash, C> {
    scanner: RefCell<Scanner<F>>,
    clock: C,
    to_engine: Bell,
    to_host: Bell,
    ticks: Bell,
}

impl<F: NorFlash, C: Clock> Shell<F, C> {
    /// Does something with the scanner, then wakes whoever may have something to do by that.
    fn with<T>(&self, act: impl FnOnce(&mut Scanner<F>, Instant) -> T) -> T {
        let result = act(&mut self.scanner.borrow_mut(), self.clock.now());
        self.to_host.signal(());
        self.to_engine.signal(());
        self.ticks.signal(());
        result
    }

    async fn pause(&self) {
        self.clock.wait_until(self.clock.now().plus_millis(RETRY_MS)).await;
    }

    async fn engine_in(&self, mut reader: impl Read) -> Infallible {
        let mut bytes = [0; 64];
        loop {
            let got = reader.read(&mut bytes).await;
            match got {
                Ok(count) if count > 0 => self.with(|scanner, now| {
                    bytes.iter().take(count).for_each(|byte| scanner.engine_byte(Some(*byte), now));
                }),
                Ok(_) => self.pause().await,
                Err(_) => {
                    self.with(|scanner, now| scanner.engine_byte(None, now));
                    self.pause().await;
                }
            }
            // The next read may have its bytes at once, and the one after.
            yield_now().await;
        }
    }

    async fn engine_out(&self, mut writer: impl Write) -> Infallible {
        let mut bytes = [0; 64];
        loop {
            let count = self.scanner.borrow_mut().engine_out(self.clock.now(), &mut bytes);
            if count == 0 {
                self.to_engine.wait().await;
                continue;
            }
            // The driver notices when its engine does not answer.
            if send(&mut writer, &bytes, count).await.is_err() {
                self.pause().await;
            }
        }
    }

    async fn host_in(&self, mut reader: impl Read) -> Infallible {
        let mut bytes = [0; 64];
        loop {
            let got = reader.read(&mut bytes).await;
            match got {
                Ok(count) if count > 0 => self.with(|scanner, now| {
                    scanner.host_link(true, now);
                    bytes.iter().take(count).for_each(|byte| scanner.host_byte(*byte, now));
                }),
                _ => {
                    self.with(|scanner, now| scanner.host_link(false, now));
                    self.pause().await;
                }
            }
            yield_now().await;
        }
    }

    async fn host_out(&self, mut writer: impl Write) -> Infallible {
        let mut frame = [0; FRAME_MAX];
        loop {
            let count = self.scanner.borrow_mut().host_out(self.clock.now(), &mut frame);
            if count == 0 {
                self.to_host.wait().await;
                continue;
            }
            if send(&mut writer, &frame, count).await.is_err() {
                self.with(|scanner, now| scanner.host_link(false, now));
                self.pause().await;
            }
        }
    }

    async fn ticks(&self, mut board: impl Board) -> Infallible {
        let mut shown = Indication::default();
        board.show(shown);
        loop {
            let now = self.clock.now();
            let pressed = board.pressed();
            let (wanted, wake_at) = {
                let mut scanner = self.scanner.borrow_mut();
                scanner.button(pressed, now);
                scanner.tick(now);
                while let Some(request) = scanner.take_request() {
                    answer(&mut board, request);
                }
                (scanner.indication(now), scanner.wake_at())
            };
            self.to_host.signal(());
            self.to_engine.signal(());
            if wanted != shown {
                board.show(wanted);
                shown = wanted;
            }
            board.alive();
            let poll_at = now.plus_millis(POLL_MS);
            // A frame that cannot be sent leaves its time in the past for as long as it likes.
            let until = wake_at.map_or(poll_at, |at| at.clamp(now.plus_millis(1), poll_at));
            select(self.clock.wait_until(until), self.ticks.wait()).await;
            // Nor may a busy stream keep the other loops from running.
            yield_now().await;
        }
    }
}

fn answer(board: &mut impl Board, request: BoardRequest) {
    match request {
        BoardRequest::Restart(restart) => board.restart(restart),
        BoardRequest::Panic => board.panic(),
        BoardRequest::Baud(baud) => board.set_baud(baud),
        BoardRequest::ForgetCrash => board.forget_crash(),
    }
}

async fn send<W: Write>(writer: &mut W, bytes: &[u8], count: usize) -> Result<(), W::Error> {
    writer.write_all(bytes.get(..count).unwrap_or(bytes)).await?;
    writer.flush().await
}
