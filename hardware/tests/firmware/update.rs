//! Updates played against folders: what they ask for, write, and say when something is wrong.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tekser_hardware::PortName;
use tekser_hardware::firmware::update::drive::{self, Drive, WriteError};
use tekser_hardware::firmware::update::{
    DRIVE_LIMIT, HAND_LIMIT, Plan, Present, Progress, RETURN_LIMIT, Seen, Unreached, UpdateError,
    Updated, World, run,
};
use tekser_hardware::firmware::{Image, ImageError, Uf2};
use tekser_hardware::scanner::SessionError;
use tekser_wire::message::{Board, Capabilities, FirmwareVersion, SerialNumber};
use tempfile::TempDir;

use super::linker::{elf_of, record};

const NEW: [u16; 3] = [2, 0, 0];
const OLD: [u16; 3] = [1, 0, 0];
const SERIAL: SerialNumber = SerialNumber([1, 2, 3, 4, 5, 6, 7, 8]);

/// A board as a thing: a folder is its drive.
struct Desk {
    now: Duration,
    folder: TempDir,
    scanner: Option<Present>,
    /// The drive is there from now on.
    drive_from: Option<Duration>,
    board_id: &'static str,
    /// Whether it takes a request for its boot loader, and when the drive comes then.
    boots_after: Option<Duration>,
    /// Versions that do not run once they are written.
    dead: Vec<[u16; 3]>,
    /// Whether the drive comes back when written firmware does not run.
    drive_returns: bool,
    /// When a person called up the boot loader.
    hand_after: Option<Duration>,
    /// Bytes after which a write breaks off, once each.
    breaks: Vec<usize>,
    /// Whether its boot loader starts the old firmware again, whatever it is given.
    takes_nothing: bool,
    asked: usize,
    written: Vec<[u16; 3]>,
    unreached: bool,
}

impl Desk {
    fn with_scanner() -> Self {
        let capabilities = Capabilities(Capabilities::BOOT_LOADER);
        let scanner = Present {
            port: PortName::new("/dev/ttyACM7"),
            serial: SERIAL,
            board: Board::PICO,
            firmware: FirmwareVersion(OLD),
            capabilities,
            waiting: 3,
        };
        Self {
            now: Duration::ZERO,
            folder: tempfile::tempdir().unwrap(),
            scanner: Some(scanner),
            drive_from: None,
            board_id: "RPI-RP2",
            boots_after: Some(Duration::from_secs(2)),
            dead: vec![],
            drive_returns: false,
            hand_after: None,
            breaks: vec![],
            takes_nothing: false,
            asked: 0,
            written: vec![],
            unreached: false,
        }
    }

    fn in_boot_loader() -> Self {
        Self { scanner: None, drive_from: Some(Duration::ZERO), ..Self::with_scanner() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    fn look(&self) -> Option<Drive> {
        let is_there = self.drive_from.is_some_and(|from| self.now >= from)
            || self.hand_after.is_some_and(|from| self.now >= from);
        let info = self.folder.path().join("INFO_UF2.TXT");
        let text = format!("UF2 Bootloader v3.0\r\nBoard-ID: {}\r\n", self.board_id);
        std::fs::write(info, text).unwrap();
        is_there.then(|| drive::at(self.folder.path()).unwrap())
    }

    /// What the boot loader does with a whole file.
    fn start(&mut self, file: &[u8]) {
        let image = Image::from_uf2(file).unwrap();
        let version = image.firmware();
        self.written.push(version.0);
        self.hand_after = None;
        self.drive_from = None;
        if self.dead.contains(&version.0) {
            if self.drive_returns {
                self.drive_from = Some(self.now + Duration::from_secs(10));
            } else {
                self.hand_after = Some(self.now + Duration::from_secs(90));
            }
            return;
        }
        let scanner = Self::with_scanner().scanner.unwrap();
        let firmware = if self.takes_nothing { scanner.firmware } else { version };
        self.scanner = Some(Present { firmware, ..scanner });
    }
}

impl World for Desk {
    fn now(&self) -> Duration {
        self.now
    }

    async fn pause(&mut self, time: Duration) {
        self.now += time;
    }

    async fn scanners(&mut self) -> Seen {
        let unreached =
            self.unreached.then(|| Unreached::Silent { port: PortName::new("/dev/ttyACM7") });
        Seen { present: self.scanner.clone().into_iter().collect(), unreached }
    }

    async fn ask_boot_loader(&mut self, _: &Present) -> Result<(), SessionError> {
        self.asked += 1;
        if let Some(after) = self.boots_after {
            self.scanner = None;
            self.drive_from = Some(self.now + after);
        }
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
        if let Some(written) = self.breaks.pop() {
            let source = io::ErrorKind::BrokenPipe.into();
            if written >= file.len() {
                self.start(file);
            }
            return Err(WriteError { written, source });
        }
        drive::write(drive, file, told)?;
        let read = std::fs::read(drive.path.join("TEKSER.UF2")).unwrap();
        self.start(&read);
        Ok(())
    }
}

fn image(version: [u16; 3]) -> Image {
    Image::read(&elf_of(&record(Board::PICO, version))).unwrap()
}

fn plan() -> Plan {
    Plan { image: image(NEW), fallback: None, drive: None, again: false }
}

fn plan_with_fallback() -> Plan {
    Plan { fallback: Some(image(OLD)), ..plan() }
}

/// Plays an update. Nothing in it waits for anything outside, so one poll is the whole of it.
fn play(plan: &Plan, desk: &mut Desk) -> (Result<Updated, UpdateError>, Vec<Progress>) {
    let mut steps = vec![];
    let mut report = |step| steps.push(step);
    let polled = {
        let update = pin!(run(plan, desk, &mut report));
        update.poll(&mut Context::from_waker(Waker::noop()))
    };
    let Poll::Ready(ended) = polled else {
        panic!("an update waited for something that is not of its world");
    };
    (ended, steps)
}

#[test]
fn a_scanner_gets_the_new_firmware_and_comes_back_with_it() {
    let mut desk = Desk::with_scanner();
    let (ended, steps) = play(&plan(), &mut desk);
    assert_eq!(ended.unwrap(), Updated::New);
    assert_eq!((desk.asked, &desk.written[..]), (1, &[NEW][..]));
    assert_eq!(desk.scanner.unwrap().firmware.0, NEW);
    let total = image(NEW).to_uf2().unwrap().len();
    assert_eq!(
        steps,
        [
            Progress::Chosen {
                port: "/dev/ttyACM7".into(),
                from: "1.0.0".into(),
                to: "2.0.0".into(),
                waiting: 3
            },
            Progress::Restarting,
            Progress::Found { drive: desk.folder.path().to_owned() },
            Progress::Writing { written: 0, total },
            Progress::Writing { written: total, total },
            Progress::Writing { written: total, total },
            Progress::Returning,
        ]
    );
}

#[test]
fn what_is_on_the_drive_is_the_packed_file_byte_for_byte() {
    let mut desk = Desk::with_scanner();
    play(&plan(), &mut desk).0.unwrap();
    let file = std::fs::read(desk.path().join("TEKSER.UF2")).unwrap();
    assert_eq!(file, image(NEW).to_uf2().unwrap());
    assert!(Uf2::parse(&file).is_ok());
}

#[test]
fn the_version_that_is_there_is_not_written_unless_asked() {
    let mut desk = Desk::with_scanner();
    desk.scanner.as_mut().unwrap().firmware = FirmwareVersion(NEW);
    assert_eq!(play(&plan(), &mut desk).0.unwrap(), Updated::Already);
    assert_eq!((desk.asked, desk.written.len()), (0, 0));
    let again = Plan { again: true, ..plan() };
    assert_eq!(play(&again, &mut desk).0.unwrap(), Updated::New);
    assert_eq!(desk.written, [NEW]);
}

#[test]
fn a_scanner_with_another_board_is_asked_for_nothing() {
    let mut desk = Desk::with_scanner();
    desk.scanner.as_mut().unwrap().board = Board::STM32F405;
    let error = play(&plan(), &mut desk).0.unwrap_err();
    assert!(matches!(error, UpdateError::Image(ImageError::WrongBoard { .. })), "{error}");
    assert!(error.cure().contains("nothing was sent"), "{}", error.cure());
    assert_eq!((desk.asked, desk.written.len()), (0, 0));
}

#[test]
fn the_drive_of_another_board_is_not_written() {
    for mut desk in [Desk::with_scanner(), Desk::in_boot_loader()] {
        desk.board_id = "RP2350";
        let error = play(&plan(), &mut desk).0.unwrap_err();
        assert!(error.to_string().contains("board of the kind RP2350"), "{error}");
        assert_eq!(desk.written.len(), 0);
        assert!(!desk.path().join("TEKSER.UF2").exists());
    }
}

#[test]
fn a_board_that_waits_in_its_boot_loader_is_written_without_being_asked() {
    let mut desk = Desk::in_boot_loader();
    assert_eq!(play(&plan(), &mut desk).0.unwrap(), Updated::New);
    assert_eq!((desk.asked, &desk.written[..]), (0, &[NEW][..]));
}

#[test]
fn a_drive_that_was_there_before_belongs_to_another_board() {
    let mut desk = Desk::with_scanner();
    desk.drive_from = Some(Duration::ZERO);
    desk.boots_after = Some(Duration::ZERO);
    let error = play(&plan(), &mut desk).0.unwrap_err();
    assert!(matches!(error, UpdateError::NoDrive), "{error}");
    assert_eq!(desk.written.len(), 0);

    let mut desk = Desk::with_scanner();
    desk.drive_from = Some(Duration::ZERO);
    desk.boots_after = Some(Duration::ZERO);
    let named = Plan { drive: Some(desk.path()), ..plan() };
    assert_eq!(play(&named, &mut desk).0.unwrap(), Updated::New);
}

#[test]
fn nothing_to_update_is_said_with_a_cure() {
    let mut desk = Desk::with_scanner();
    desk.scanner = None;
    let error = play(&plan(), &mut desk).0.unwrap_err();
    assert!(matches!(error, UpdateError::NoScanner), "{error}");
    assert!(error.cure().contains("BOOTSEL"), "{}", error.cure());

    desk.unreached = true;
    let error = play(&plan(), &mut desk).0.unwrap_err();
    assert_eq!(error.to_string(), "the scanner at /dev/ttyACM7 does not answer");

    let elsewhere = Plan { drive: Some(PathBuf::from("/nowhere")), ..plan() };
    desk.unreached = false;
    let error = play(&elsewhere, &mut desk).0.unwrap_err();
    assert!(matches!(error, UpdateError::NotADrive { .. }), "{error}");
}

#[test]
fn a_scanner_that_cannot_call_its_boot_loader_is_not_asked() {
    let mut desk = Desk::with_scanner();
    desk.scanner.as_mut().unwrap().capabilities = Capabilities(0);
    let error = play(&plan(), &mut desk).0.unwrap_err();
    assert!(matches!(error, UpdateError::NoBootLoader { .. }), "{error}");
    assert_eq!(desk.asked, 0);
}

#[test]
fn a_scanner_that_goes_on_as_before_is_told_from_one_that_left() {
    let mut desk = Desk::with_scanner();
    desk.boots_after = None;
    let error = play(&plan(), &mut desk).0.unwrap_err();
    assert!(matches!(error, UpdateError::StillRuns), "{error}");
    assert!(desk.now >= DRIVE_LIMIT && desk.now < DRIVE_LIMIT * 2, "{:?}", desk.now);

    let mut desk = Desk::with_scanner();
    desk.boots_after = Some(DRIVE_LIMIT * 2);
    let error = play(&plan(), &mut desk).0.unwrap_err();
    assert!(matches!(error, UpdateError::NoDrive), "{error}");
}

#[test]
fn a_write_that_breaks_off_is_repeated_once() {
    let mut desk = Desk::with_scanner();
    desk.breaks = vec![5_000];
    assert_eq!(play(&plan(), &mut desk).0.unwrap(), Updated::New);

    let mut desk = Desk::with_scanner();
    desk.breaks = vec![5_000, 512];
    let error = play(&plan(), &mut desk).0.unwrap_err();
    assert!(error.to_string().contains("5000 of 16384 bytes"), "{error}");
    assert_eq!(desk.written.len(), 0);
}

#[test]
fn a_drive_that_goes_with_the_last_byte_is_no_error() {
    let mut desk = Desk::with_scanner();
    desk.breaks = vec![usize::MAX];
    assert_eq!(play(&plan(), &mut desk).0.unwrap(), Updated::New);
    assert_eq!(desk.written, [NEW]);
}

#[test]
fn firmware_that_does_not_start_is_taken_back_from_the_drive_that_returns() {
    let mut desk = Desk::with_scanner();
    (desk.dead, desk.drive_returns) = (vec![NEW], true);
    let (ended, steps) = play(&plan_with_fallback(), &mut desk);
    assert_eq!(ended.unwrap(), Updated::RolledBack);
    assert_eq!(desk.written, [NEW, OLD]);
    assert_eq!(desk.scanner.unwrap().firmware.0, OLD);
    assert!(steps.contains(&Progress::FallingBack { to: "1.0.0".into() }));
    assert!(!steps.contains(&Progress::NeedsHand));
}

#[test]
fn firmware_that_hangs_is_taken_back_once_a_person_calls_the_boot_loader() {
    let mut desk = Desk::with_scanner();
    desk.dead = vec![NEW];
    let (ended, steps) = play(&plan_with_fallback(), &mut desk);
    assert_eq!(ended.unwrap(), Updated::RolledBack);
    assert_eq!(desk.written, [NEW, OLD]);
    assert!(steps.contains(&Progress::NeedsHand));
}

#[test]
fn without_a_fallback_the_error_says_what_happened_to_what() {
    let mut desk = Desk::with_scanner();
    desk.dead = vec![NEW];
    let error = play(&plan(), &mut desk).0.unwrap_err();
    assert_eq!(error.to_string(), "the scanner did not come back with firmware 2.0.0");
    assert!(error.cure().contains("BOOTSEL"), "{}", error.cure());
    assert!(desk.now >= RETURN_LIMIT && desk.now < RETURN_LIMIT * 2, "{:?}", desk.now);
}

#[test]
fn every_wait_ends() {
    let mut desk = Desk::with_scanner();
    desk.dead = vec![NEW, OLD];
    let error = play(&plan_with_fallback(), &mut desk).0.unwrap_err();
    assert!(matches!(error, UpdateError::NeitherBack { .. }), "{error}");
    let longest = DRIVE_LIMIT + RETURN_LIMIT * 2 + HAND_LIMIT + Duration::from_secs(5);
    assert!(desk.now < longest, "{:?}", desk.now);
}

#[test]
fn a_boot_loader_that_takes_nothing_is_found_out() {
    let mut desk = Desk::with_scanner();
    desk.takes_nothing = true;
    let error = play(&plan_with_fallback(), &mut desk).0.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the scanner came back with firmware 1.0.0: its boot loader took nothing"
    );
}
