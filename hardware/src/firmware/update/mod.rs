//! Giving a scanner another firmware.
//!
//! ```text
//! choose ─ ask for the boot loader ─ wait for its drive ─ write ─ wait for the scanner ─▶ updated
//!                                                                        └─ it stays away:
//!                    wait for the drive, by hand if need be ─ write the firmware before ─▶ rolled back
//! ```
//!
//! Nothing is asked of a scanner before the image is known to be sound ([`Image`]) and for its
//! board. Scans that wait in a scanner are in flash that no image reaches ([`super::board`]).
//!
//! [`run`] knows neither ports nor files nor clocks: a [`World`] does. [`machine`] is the real one.

pub mod drive;
mod error;
mod greeting;
pub mod machine;

use core::future::Future;
use core::time::Duration;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tekser_wire::message::{Board, Capabilities, FirmwareVersion, SerialNumber};

use super::{Image, ImageError};
use crate::link::OpenError;
use crate::port::PortName;
use crate::scanner::SessionError;
use drive::{Drive, WriteError};
pub use error::UpdateError;

/// Longest wait for the drive of a scanner that was asked for its boot loader. A slow computer
/// takes some ten seconds to mount a drive that it never saw before.
pub const DRIVE_LIMIT: Duration = Duration::from_secs(30);

/// Longest wait for a scanner to come back with new firmware.
pub const RETURN_LIMIT: Duration = Duration::from_secs(30);

/// Longest wait for a person who is asked to bring a scanner into its boot loader by hand.
pub const HAND_LIMIT: Duration = Duration::from_secs(180);

/// How long a drive may stay after it was written before the firmware counts as not started.
const DRIVE_LINGERS: Duration = Duration::from_secs(8);

/// How often it is looked whether something came.
const RHYTHM: Duration = Duration::from_millis(300);

/// How often a drive is written that went away in the middle.
const ATTEMPTS: usize = 2;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The new firmware.
    pub image: Image,
    /// What is written if the new one does not come back: firmware that is known to run.
    pub fallback: Option<Image>,
    /// The drive of the boot loader, if a person named it.
    pub drive: Option<PathBuf>,
    /// Whether to write a version that is there already.
    pub again: bool,
}

/// A scanner that said `Hello`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// Its port.
    pub port: PortName,
    /// Its serial number, the same with any firmware.
    pub serial: SerialNumber,
    /// Its board.
    pub board: Board,
    /// The firmware that it runs.
    pub firmware: FirmwareVersion,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Scans that it keeps for a station.
    pub waiting: u32,
}

/// A scanner that is plugged in and said nothing.
#[derive(Debug, thiserror::Error)]
pub enum Unreached {
    /// Its port can't be opened.
    #[error(transparent)]
    Closed(#[from] OpenError),
    /// It does not answer.
    #[error("the scanner at {port} does not answer")]
    Silent {
        /// Its port.
        port: PortName,
    },
}

/// What a look for scanners found.
#[derive(Debug, Default)]
pub struct Seen {
    /// Those that answer.
    pub present: Vec<Present>,
    /// One that does not.
    pub unreached: Option<Unreached>,
}

/// Everything outside: scanners, drives and time. Every future here ends by itself.
pub trait World {
    /// Time since some beginning.
    fn now(&self) -> Duration;
    /// Lets time pass.
    fn pause(&mut self, time: Duration) -> impl Future<Output = ()> + Send;
    /// Asks every scanner that is there, or the one a person named, who it is.
    fn scanners(&mut self) -> impl Future<Output = Seen> + Send;
    /// Asks a scanner to start its boot loader.
    fn ask_boot_loader(
        &mut self,
        scanner: &Present,
    ) -> impl Future<Output = Result<(), SessionError>> + Send;
    /// Drives of boards in their boot loaders.
    fn drives(&mut self) -> impl Future<Output = Vec<Drive>> + Send;
    /// The boot loader's drive at a path that a person named, if there is one.
    fn drive_at(&mut self, path: &Path) -> impl Future<Output = Option<Drive>> + Send;
    /// Writes a file to a drive; tells how many bytes are there now and then.
    fn write(
        &mut self,
        drive: &Drive,
        file: &[u8],
        told: &mut (dyn FnMut(usize) + Send),
    ) -> impl Future<Output = Result<(), WriteError>> + Send;
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Progress {
    /// A scanner was found and the image is for it.
    Chosen {
        /// Its port.
        port: String,
        /// The firmware that it runs.
        from: String,
        /// The firmware that it gets.
        to: String,
        /// Scans that it keeps; they stay.
        waiting: u32,
    },
    /// The scanner is to start its boot loader.
    Restarting,
    /// A person must bring it into its boot loader.
    NeedsHand,
    /// The boot loader is there.
    Found {
        /// Its drive.
        drive: PathBuf,
    },
    /// The firmware is written.
    Writing {
        /// Bytes that are written.
        written: usize,
        /// Bytes in all.
        total: usize,
    },
    /// The scanner is to come back.
    Returning,
    /// It did not, and gets the firmware before.
    FallingBack {
        /// The version that it gets.
        to: String,
    },
}

/// How it ended, when the scanner works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updated {
    /// It runs the new firmware.
    New,
    /// It ran it already, and nothing was sent.
    Already,
    /// It did not come back with the new one, and runs the fallback.
    RolledBack,
}

/// Gives a scanner another firmware.
///
/// # Errors
///
/// [`UpdateError`], which says where it stopped and what to do.
pub async fn run<W: World>(
    plan: &Plan,
    world: &mut W,
    report: &mut (dyn FnMut(Progress) + Send),
) -> Result<Updated, UpdateError> {
    let file = plan.image.to_uf2()?;
    let seen = world.scanners().await;
    let (scanner, drive) = match chosen(seen)? {
        Some(scanner) => {
            plan.image.must_be_for(scanner.board)?;
            if scanner.firmware == plan.image.firmware() && !plan.again {
                return Ok(Updated::Already);
            }
            report(Progress::Chosen {
                port: scanner.port.to_string(),
                from: scanner.firmware.to_string(),
                to: plan.image.firmware().to_string(),
                waiting: scanner.waiting,
            });
            let drive = into_boot_loader(plan, &scanner, world, report).await?;
            (Some(scanner), drive)
        }
        None => (None, waiting_drive(plan, world).await?),
    };
    let mut desk = Desk { plan, world, report, serial: scanner.map(|scanner| scanner.serial) };
    desk.put(&plan.image, &file, drive).await?;
    match desk.returned(plan.image.firmware()).await {
        Return::As(found) if found == plan.image.firmware() => Ok(Updated::New),
        Return::As(found) => Err(UpdateError::Stayed { firmware: found }),
        Return::Drive(drive) => desk.fall_back(Some(drive)).await,
        Return::Nothing => desk.fall_back(None).await,
    }
}

/// The one scanner, if there is one.
fn chosen(mut seen: Seen) -> Result<Option<Present>, UpdateError> {
    match (seen.present.len(), seen.unreached) {
        (0, Some(unreached)) => Err(UpdateError::Unreached(unreached)),
        (0 | 1, _) => Ok(seen.present.pop()),
        _ => {
            let ports = seen.present.into_iter().map(|scanner| scanner.port).collect();
            Err(UpdateError::SeveralScanners { ports })
        }
    }
}

/// Without a scanner: the drive of a board that is in its boot loader already.
async fn waiting_drive(plan: &Plan, world: &mut impl World) -> Result<Drive, UpdateError> {
    let drive = match &plan.drive {
        Some(path) => named(path, world.drive_at(path).await)?,
        None => single(world.drives().await)?.ok_or(UpdateError::NoScanner)?,
    };
    suited(plan, drive)
}

async fn into_boot_loader(
    plan: &Plan,
    scanner: &Present,
    world: &mut impl World,
    report: &mut (dyn FnMut(Progress) + Send),
) -> Result<Drive, UpdateError> {
    if !scanner.capabilities.has(Capabilities::BOOT_LOADER) {
        return Err(UpdateError::NoBootLoader { port: scanner.port.clone() });
    }
    // Another board may be in its boot loader: it is not the one that was asked.
    let others = world.drives().await;
    report(Progress::Restarting);
    let asked = world.ask_boot_loader(scanner).await;
    asked.map_err(|source| UpdateError::Unasked { port: scanner.port.clone(), source })?;
    let deadline = world.now() + DRIVE_LIMIT;
    let drive = drive_by(deadline, plan, &others, world).await?;
    let drive = match drive {
        Some(drive) => drive,
        None if still_runs(scanner, world).await => return Err(UpdateError::StillRuns),
        None => return Err(UpdateError::NoDrive),
    };
    suited(plan, drive)
}

/// The drive that comes up, other than those that were there before.
async fn drive_by(
    deadline: Duration,
    plan: &Plan,
    others: &[Drive],
    world: &mut impl World,
) -> Result<Option<Drive>, UpdateError> {
    loop {
        let found = match &plan.drive {
            Some(path) => world.drive_at(path).await,
            None => {
                let mut drives = world.drives().await;
                drives.retain(|drive| !others.contains(drive));
                single(drives)?
            }
        };
        if found.is_some() || world.now() >= deadline {
            return Ok(found);
        }
        world.pause(RHYTHM).await;
    }
}

async fn still_runs(scanner: &Present, world: &mut impl World) -> bool {
    let seen = world.scanners().await;
    seen.present.iter().any(|present| present.serial == scanner.serial)
}

fn single(mut drives: Vec<Drive>) -> Result<Option<Drive>, UpdateError> {
    if drives.len() > 1 {
        let paths = drives.into_iter().map(|drive| drive.path).collect();
        return Err(UpdateError::SeveralDrives { paths });
    }
    Ok(drives.pop())
}

fn named(path: &Path, drive: Option<Drive>) -> Result<Drive, UpdateError> {
    drive.ok_or_else(|| UpdateError::NotADrive { path: path.to_owned() })
}

fn suited(plan: &Plan, drive: Drive) -> Result<Drive, UpdateError> {
    if plan.image.facts().uf2_board == Some(drive.board.as_str()) {
        return Ok(drive);
    }
    let image = plan.image.facts();
    Err(ImageError::WrongBoard { image, board: format!("board of the kind {}", drive.board) }
        .into())
}

/// Who or what came back.
enum Return {
    /// The scanner, with this firmware.
    As(FirmwareVersion),
    /// The boot loader: it found nothing that it could start, or a person called it up.
    Drive(Drive),
    /// Nothing.
    Nothing,
}

/// What goes on once something is written.
struct Desk<'a, W> {
    plan: &'a Plan,
    world: &'a mut W,
    report: &'a mut (dyn FnMut(Progress) + Send),
    /// Of the scanner that is to come back; unknown if only its boot loader was there.
    serial: Option<SerialNumber>,
}

impl<W: World> Desk<'_, W> {
    /// Writes a file. A drive that goes away in the middle is awaited and written again.
    async fn put(&mut self, image: &Image, file: &[u8], first: Drive) -> Result<(), UpdateError> {
        let total = file.len();
        let mut drive = first;
        for attempt in 1.. {
            (self.report)(Progress::Found { drive: drive.path.clone() });
            let report = &mut *self.report;
            let mut told = |written| report(Progress::Writing { written, total });
            told(0);
            match self.world.write(&drive, file, &mut told).await {
                // The last block makes the board start; what fails behind it is its drive going.
                Ok(()) => break,
                Err(error) if error.written >= total => break,
                Err(WriteError { source, written }) if attempt == ATTEMPTS => {
                    let (path, image) = (drive.path, image.firmware());
                    return Err(UpdateError::Write { path, written, total, image, source });
                }
                Err(error) => {
                    let deadline = self.world.now() + DRIVE_LIMIT;
                    let again = drive_by(deadline, self.plan, &[], self.world).await?;
                    drive = again.ok_or(UpdateError::Write {
                        path: drive.path,
                        written: error.written,
                        total,
                        image: image.firmware(),
                        source: error.source,
                    })?;
                }
            }
        }
        (self.report)(Progress::Writing { written: total, total });
        Ok(())
    }

    /// Waits for the scanner to come back with `expected`, and takes another firmware for an
    /// answer only when the time is over: the old one may answer once more before it goes.
    async fn returned(&mut self, expected: FirmwareVersion) -> Return {
        (self.report)(Progress::Returning);
        let written = self.world.now();
        let mut other = None;
        while self.world.now() < written + RETURN_LIMIT {
            let seen = self.world.scanners().await;
            let ours = seen.present.into_iter().find(|scanner| self.is_ours(scanner));
            other = ours.map(|scanner| scanner.firmware);
            if other == Some(expected) {
                break;
            }
            if self.world.now() >= written + DRIVE_LINGERS
                && let Ok(Some(drive)) = self.boot_loader().await
            {
                return Return::Drive(drive);
            }
            self.world.pause(RHYTHM).await;
        }
        other.map_or(Return::Nothing, Return::As)
    }

    fn is_ours(&self, scanner: &Present) -> bool {
        let image = &self.plan.image;
        match self.serial {
            Some(serial) => scanner.serial == serial,
            None => scanner.board == image.facts().board && scanner.firmware == image.firmware(),
        }
    }

    async fn boot_loader(&mut self) -> Result<Option<Drive>, UpdateError> {
        drive_by(self.world.now(), self.plan, &[], self.world).await
    }

    /// Writes the firmware that ran before.
    async fn fall_back(mut self, drive: Option<Drive>) -> Result<Updated, UpdateError> {
        let image = self.plan.image.firmware();
        let Some(fallback) = &self.plan.fallback else {
            return Err(UpdateError::NotBack { image });
        };
        let file = fallback.to_uf2()?;
        let to = fallback.firmware();
        (self.report)(Progress::FallingBack { to: to.to_string() });
        let drive = match drive {
            Some(drive) => drive,
            None => {
                (self.report)(Progress::NeedsHand);
                let deadline = self.world.now() + HAND_LIMIT;
                let drive = drive_by(deadline, self.plan, &[], self.world).await?;
                drive.ok_or(UpdateError::NotBack { image })?
            }
        };
        let drive = suited(self.plan, drive)?;
        self.put(fallback, &file, drive).await?;
        match self.returned(to).await {
            Return::As(found) if found == to => Ok(Updated::RolledBack),
            _ => Err(UpdateError::NeitherBack { image, fallback: to }),
        }
    }
}
