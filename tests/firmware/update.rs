//! An update, played from the first question to the last: what is written to the folder that
//! stands for the boot loader's drive is what then runs.

use std::fs;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde_json::json;
use tekser_hardware::PortName;
use tekser_hardware::firmware::Image;
use tekser_hardware::firmware::update::drive::{self, Drive, WriteError};
use tekser_hardware::firmware::update::{Plan, Present, Seen, UpdateError, Updated, World, run};
use tekser_hardware::scanner::SessionError;
use tekser_wire::message::{FromStation, Restart, Start};
use tempfile::TempDir;

use crate::counter::Counter;
use crate::emulator::MS;
use crate::label::imei;
use crate::place::Place;

/// The emulated board and its boot loader's drive.
struct Board {
    counter: Counter,
    drive: TempDir,
    /// `Hello`s of runs that are over.
    old_hellos: usize,
    /// Things that were seen when the board last got power.
    old_seen: usize,
}

impl Board {
    fn new(counter: Counter) -> Self {
        Self { counter, drive: tempfile::tempdir().unwrap(), old_hellos: 0, old_seen: 0 }
    }

    fn is_in_boot_loader(&self) -> bool {
        self.counter.seen[self.old_seen..].iter().any(|seen| seen.kind == "boot_loader")
    }

    fn look(&self) -> Option<Drive> {
        let info = self.drive.path().join("INFO_UF2.TXT");
        if !self.is_in_boot_loader() {
            let _ = fs::remove_file(info);
            return None;
        }
        fs::write(info, "UF2 Bootloader v3.0\r\nBoard-ID: RPI-RP2\r\n").unwrap();
        drive::at(self.drive.path())
    }

    fn update(&mut self, again: bool) -> Result<Updated, UpdateError> {
        let file = fs::read(Place::find().unwrap().uf2).unwrap();
        let image = Image::read(&file).unwrap();
        let plan = Plan { image, fallback: None, drive: None, again };
        let mut report = |_| {};
        let update = pin!(run(&plan, self, &mut report));
        match update.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(ended) => ended,
            Poll::Pending => panic!("an update waited for something that is not of its world"),
        }
    }
}

impl World for Board {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.counter.now())
    }

    async fn pause(&mut self, time: Duration) {
        self.counter.run(time.as_nanos() as u64 / MS);
    }

    async fn scanners(&mut self) -> Seen {
        self.counter.run(100);
        let hello = self.counter.notes().hellos[self.old_hellos..].last().cloned();
        let hello = hello.filter(|_| !self.is_in_boot_loader());
        let present = hello.map(|hello| Present {
            port: PortName::new("emulated"),
            serial: hello.serial,
            board: hello.board,
            firmware: hello.firmware,
            capabilities: hello.capabilities,
            waiting: hello.next.0 - hello.oldest.0,
        });
        Seen { present: present.into_iter().collect(), unreached: None }
    }

    async fn ask_boot_loader(&mut self, _: &Present) -> Result<(), SessionError> {
        self.counter.tell(FromStation::Restart(Restart::BootLoader));
        Ok(())
    }

    async fn drives(&mut self) -> Vec<Drive> {
        self.look().into_iter().collect()
    }

    async fn drive_at(&mut self, path: &Path) -> Option<Drive> {
        self.look().filter(|drive| drive.path == path)
    }

    async fn write(
        &mut self,
        drive: &Drive,
        file: &[u8],
        told: &mut (dyn FnMut(usize) + Send),
    ) -> Result<(), WriteError> {
        drive::write(drive, file, told)?;
        if !self.is_in_boot_loader() {
            let source = io::ErrorKind::BrokenPipe.into();
            return Err(WriteError { written: 0, source });
        }
        // The boot loader takes what is on its drive, and starts it.
        let file = drive.path.join("TEKSER.UF2");
        self.counter.power(false);
        self.counter.ask(&[json!({ "do": "uf2", "file": file })]);
        self.old_hellos = self.counter.notes().hellos.len();
        self.old_seen = self.counter.seen.len();
        self.counter.power(true);
        Ok(())
    }
}

#[test]
fn a_new_board_gets_its_first_firmware_and_runs_it() {
    let Some(mut counter) = Counter::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let blank = folder.path().join("blank");
    fs::write(&blank, vec![0xff; 2 << 20]).unwrap();
    counter.ask(&[json!({ "do": "flash", "load": blank })]);
    counter.power(true);
    let mut board = Board::new(counter);
    board.counter.until("the boot loader", |counter| counter.last("boot_loader").is_some());
    assert_eq!(board.update(false).unwrap(), Updated::New);
    board.counter.until_ready();
    board.counter.show(imei(1).as_str());
    board.counter.until_scans(1);
}

#[test]
fn scans_that_wait_outlive_an_update_and_come_once() {
    let Some(mut counter) = Counter::ready() else { return };
    counter.station.acknowledges = false;
    for number in 1..=3 {
        counter.show(imei(number).as_str());
        counter.until_scans(number as usize);
    }
    let mut board = Board::new(counter);
    assert_eq!(board.update(false).unwrap(), Updated::Already);
    assert_eq!(board.update(true).unwrap(), Updated::New);
    let hello = board.counter.notes().hellos.last().unwrap().clone();
    assert_eq!((hello.oldest.0, hello.next.0), (1, 4), "{hello:?}");
    assert_eq!(hello.start, Start::Power);
    board.counter.station.acknowledges = true;
    board.counter.until("the scans to be acknowledged", |counter| {
        counter.notes().state.is_some_and(|state| state.waiting == 0)
    });
    let texts: Vec<_> = board.counter.notes().scans.iter().map(|scan| scan.text.clone()).collect();
    assert_eq!(texts.len(), 3, "{} codes", texts.len());
}
