//! Screenshots, each once, under the SHA-256 of its bytes.
//!
//! A file is there whole or not at all, and is durable before anything names it. One that nothing
//! names, because the program was killed in between, does no harm: the same bytes find it again.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::cases::FileDigest;
use crate::place::{create_own_directory, sync_directory};

/// Largest screenshot, in bytes.
pub const EVIDENCE_MAX: usize = 5 * 1024 * 1024;

/// What a file that is still being written is called.
const UNFINISHED: &str = ".unfinished-";

/// How long a file may take to be written; an older one was left by a program that was killed.
const ABANDONED_AFTER: Duration = Duration::from_secs(3600);

/// Why a screenshot can't be kept or given back.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Too large.
    #[error("a screenshot has at most 5 MiB; cut it to the part that shows the answer")]
    TooLarge,
    /// Some other kind of file.
    #[error("a screenshot is a PNG, JPEG or WebP image; this is something else")]
    NotAnImage,
    /// What lies on disk is not what was kept.
    #[error("the screenshot {0} is damaged on disk; restore it from a backup")]
    Damaged(FileDigest),
    /// The folder can't be used.
    #[error("cannot use {path}; it must be a folder that this user may write to")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl EvidenceError {
    /// Whether another file would do.
    pub const fn is_about_the_file(&self) -> bool {
        matches!(self, Self::TooLarge | Self::NotAnImage)
    }
}

/// Kinds of images, known by their first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImageKind {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
}

impl ImageKind {
    /// The kind of these bytes, whatever they are said to be.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Self::Png),
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }
}

/// A screenshot that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Kept {
    /// SHA-256 of its bytes: its name.
    pub sha256: FileDigest,
    /// Bytes.
    pub size: u64,
    /// What kind of image it is.
    pub kind: ImageKind,
    /// False if it was kept before.
    #[serde(skip)]
    pub is_new: bool,
}

/// The folder with the screenshots.
#[derive(Debug, Clone)]
pub struct Evidence(PathBuf);

impl Evidence {
    /// The screenshots in this folder, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// [`EvidenceError::Folder`].
    pub fn open(folder: PathBuf) -> Result<Self, EvidenceError> {
        let evidence = Self(folder);
        create_own_directory(&evidence.0).map_err(|error| evidence.failed(error))?;
        evidence.clear_abandoned().map_err(|error| evidence.failed(error))?;
        Ok(evidence)
    }

    /// Keeps a screenshot. Once this comes back it survives a power cut.
    ///
    /// # Errors
    ///
    /// See [`EvidenceError`].
    pub fn keep(&self, bytes: &[u8]) -> Result<Kept, EvidenceError> {
        if bytes.len() > EVIDENCE_MAX {
            return Err(EvidenceError::TooLarge);
        }
        let kind = ImageKind::of(bytes).ok_or(EvidenceError::NotAnImage)?;
        let sha256 = FileDigest::of(bytes);
        // What is damaged on disk is mended by the bytes that it should have.
        let is_new = !matches!(self.get(&sha256), Ok(Some(_)));
        if is_new {
            self.write(&sha256, bytes).map_err(|error| self.failed(error))?;
        }
        Ok(Kept { sha256, size: bytes.len() as u64, kind, is_new })
    }

    /// A screenshot and its kind; `None` if it was never kept.
    ///
    /// # Errors
    ///
    /// [`EvidenceError::Damaged`] or [`EvidenceError::Folder`].
    pub fn get(&self, sha256: &FileDigest) -> Result<Option<(ImageKind, Vec<u8>)>, EvidenceError> {
        let damaged = || EvidenceError::Damaged(sha256.clone());
        let path = self.0.join(sha256.as_str());
        match std::fs::metadata(&path) {
            Ok(found) if !found.is_file() || found.len() > EVIDENCE_MAX as u64 => {
                return Err(damaged());
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(error)),
        }
        let bytes = std::fs::read(&path).map_err(|error| self.failed(error))?;
        match ImageKind::of(&bytes) {
            Some(kind) if FileDigest::of(&bytes) == *sha256 => Ok(Some((kind, bytes))),
            _ => Err(damaged()),
        }
    }

    fn write(&self, sha256: &FileDigest, bytes: &[u8]) -> io::Result<()> {
        // tempfile makes its files 0600 on Unix; on Windows the profile directory's own rights hold.
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.0)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(self.0.join(sha256.as_str())).map_err(|error| error.error)?;
        sync_directory(&self.0)
    }

    /// Another process may be writing one this moment: only old ones go.
    fn clear_abandoned(&self) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.0)? {
            let entry = entry?;
            let unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
            let age = entry.metadata().and_then(|found| found.modified()).map(|at| at.elapsed());
            if unfinished && matches!(age, Ok(Ok(age)) if age > ABANDONED_AFTER) {
                // Left for the next start if it can't be removed now.
                let _ = std::fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    fn failed(&self, source: io::Error) -> EvidenceError {
        EvidenceError::Folder { path: self.0.clone(), source }
    }
}
