//! Where an update stopped, and what a person can do about it.

use std::io;
use std::path::PathBuf;

use tekser_wire::message::FirmwareVersion;

use super::Unreached;
use crate::firmware::ImageError;
use crate::port::PortName;
use crate::scanner::SessionError;

/// Where an update stopped.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The image is broken, or for another board. Nothing was sent.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// Neither a scanner nor a boot loader is there.
    #[error("there is no scanner, and no board in its boot loader")]
    NoScanner,
    /// A scanner is there and can't be spoken to.
    #[error(transparent)]
    Unreached(Unreached),
    /// Which one?
    #[error("several scanners are there: {}", joined(.ports))]
    SeveralScanners {
        /// Their ports.
        ports: Vec<PortName>,
    },
    /// Which one?
    #[error("several boards are in their boot loaders: {}", shown(.paths))]
    SeveralDrives {
        /// Their drives.
        paths: Vec<PathBuf>,
    },
    /// The scanner can't start its boot loader by itself.
    #[error("the scanner at {port} cannot be sent to its boot loader")]
    NoBootLoader {
        /// Its port.
        port: PortName,
    },
    /// The scanner could not be asked.
    #[error("the scanner at {port} could not be asked to start its boot loader")]
    Unasked {
        /// Its port.
        port: PortName,
        /// Why.
        source: SessionError,
    },
    /// It was asked and goes on as before.
    #[error("the scanner was asked to start its boot loader and did not")]
    StillRuns,
    /// It went away, and no drive came.
    #[error("the scanner left, and the drive of its boot loader did not show up")]
    NoDrive,
    /// The path that was named is something else.
    #[error("{} is not the drive of a boot loader: it holds no INFO_UF2.TXT", path.display())]
    NotADrive {
        /// The path.
        path: PathBuf,
    },
    /// The drive could not be written.
    #[error("firmware {image} could not be written to {}: {written} of {total} bytes are there",
            path.display())]
    Write {
        /// The drive.
        path: PathBuf,
        /// Bytes that are written.
        written: usize,
        /// Bytes in all.
        total: usize,
        /// The version.
        image: FirmwareVersion,
        /// What the system said.
        source: io::Error,
    },
    /// The scanner is back with other firmware than it was given.
    #[error("the scanner came back with firmware {firmware}: its boot loader took nothing")]
    Stayed {
        /// What it runs.
        firmware: FirmwareVersion,
    },
    /// It did not come back, and there is nothing to fall back to, or nobody called up the boot
    /// loader.
    #[error("the scanner did not come back with firmware {image}")]
    NotBack {
        /// What it was given.
        image: FirmwareVersion,
    },
    /// It came back neither with the new firmware nor with the one before.
    #[error("the scanner came back neither with firmware {image} nor with {fallback}")]
    NeitherBack {
        /// What it was given.
        image: FirmwareVersion,
        /// What it was given then.
        fallback: FirmwareVersion,
    },
}

/// How a person calls up the boot loader of any board of ours that takes UF2 files.
const BY_HAND: &str = "hold the button BOOTSEL of the board while you plug its cable in";

impl UpdateError {
    /// What a person can do about it.
    pub fn cure(&self) -> String {
        match self {
            Self::Image(error) => error.cure().to_owned(),
            Self::Unreached(Unreached::Closed(error)) => error.cure(),
            Self::NoScanner => format!(
                "Plug the scanner in. A board that has no firmware yet: {BY_HAND}, and run this \
                 again."
            ),
            Self::Unreached(Unreached::Silent { .. }) => format!(
                "Close the programs that use the scanner, unplug it and plug it in again. If it \
                 stays silent: {BY_HAND}, and run this again."
            ),
            Self::SeveralScanners { .. } => "Name one with --port.".to_owned(),
            Self::SeveralDrives { .. } => "Name the drive with --drive.".to_owned(),
            Self::NoBootLoader { .. } | Self::StillRuns => {
                format!("Unplug it, {BY_HAND}, and run this again.")
            }
            Self::Unasked { .. } => {
                "Close the programs that use the scanner, plug it in again and repeat this; its \
                 firmware is as it was."
                    .to_owned()
            }
            Self::NoDrive if cfg!(target_os = "linux") => {
                "If the system does not mount drives by itself, mount it (udisksctl mount -b \
                 /dev/disk/by-label/RPI-RP2) and run this again; to leave it all as it was, \
                 unplug the scanner and plug it in again."
                    .to_owned()
            }
            Self::NoDrive => {
                "Wait until the drive RPI-RP2 shows up and run this again; to leave it all as it \
                 was, unplug the scanner and plug it in again."
                    .to_owned()
            }
            Self::NotADrive { .. } => {
                format!("Name the drive that shows up when you {BY_HAND}.")
            }
            Self::Write { .. } => format!(
                "Try another cable or USB port: {BY_HAND}, and run this again. The scans that it \
                 keeps are not touched."
            ),
            Self::Stayed { .. } => "Run this again.".to_owned(),
            Self::NotBack { .. } | Self::NeitherBack { .. } => format!(
                "To give it the firmware that worked: unplug it, {BY_HAND}, and run `tekser \
                 scanner update --file` with that. The scans that it keeps are not touched."
            ),
        }
    }
}

fn joined(ports: &[PortName]) -> String {
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn shown(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
