//! The archive that a workbook is: its parts by name, inflated as they are read.
//!
//! The directory is read by `zip`, behind a meter: an archive of a million entries ends there.
//! Parts are inflated straight from where they lie, so that one can be read for as long as rows
//! are asked for, and never held whole.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use super::Source;
use crate::TableError;
use crate::error::Kind;

/// Bytes that the directory may take: twenty thousand parts, a hundred times as many as the
/// workbooks of shops have.
const DIRECTORY_MAX: u64 = 1024 * 1024;

pub(super) struct Package {
    source: Box<dyn Source>,
    places: BTreeMap<String, Place>,
}

/// Where a part lies, and how.
#[derive(Clone, Copy)]
struct Place {
    start: u64,
    length: u64,
    deflated: bool,
    crc: u32,
}

impl Package {
    pub(super) fn open(source: Box<dyn Source>) -> Result<Self, TableError> {
        let left = Arc::new(AtomicU64::new(DIRECTORY_MAX));
        let metered = Metered { source, left: Arc::clone(&left) };
        let mut archive = ZipArchive::new(metered).map_err(|error| unreadable(error, &left))?;
        // Each part's own header is looked at next.
        left.store(DIRECTORY_MAX, Ordering::Relaxed);
        let mut places = BTreeMap::new();
        for index in 0..archive.len() {
            let name = archive.name_for_index(index).and_then(Result::ok);
            let Some(name) =
                name.map(|name| part_name(&name)).filter(|name| name.starts_with("xl/"))
            else {
                continue;
            };
            let part = archive.by_index_raw(index).map_err(|error| unreadable(error, &left))?;
            if part.encrypted() {
                return Err(TableError::Protected);
            }
            let deflated = match part.compression() {
                CompressionMethod::STORE => false,
                CompressionMethod::DEFLATE => true,
                _ => continue,
            };
            let start = part.data_start().ok_or(TableError::Damaged("no place of a part"))?;
            let (length, crc) = (part.compressed_size(), part.crc32());
            places.insert(name, Place { start, length, deflated, crc });
        }
        if places.is_empty() {
            return Err(TableError::NotATable(Kind::Archive));
        }
        Ok(Self { source: archive.into_inner().source, places })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Reads one of the parts that come before the sheet.
    pub(super) fn part(
        &mut self,
        name: &str,
        most: u64,
    ) -> Result<Part<&mut Box<dyn Source>>, TableError> {
        let place = self.place(name)?;
        Part::new(&mut self.source, place, most)
    }

    /// Reads the sheet, for as long as it takes.
    pub(super) fn into_part(
        self,
        name: &str,
        most: u64,
    ) -> Result<Part<Box<dyn Source>>, TableError> {
        let place = self.place(name)?;
        Part::new(self.source, place, most)
    }

    fn place(&self, name: &str) -> Result<Place, TableError> {
        self.places.get(name).copied().ok_or(TableError::Damaged("a part is missing"))
    }
}

/// Names are compared without case, and some writers use the other slash.
fn part_name(name: &str) -> String {
    name.trim_start_matches('/').replace('\\', "/").to_ascii_lowercase()
}

fn unreadable(error: zip::result::ZipError, left: &AtomicU64) -> TableError {
    if left.load(Ordering::Relaxed) == 0 {
        return TableError::TooLarge { what: "archive's directory", limit: "1 MiB" };
    }
    match error {
        zip::result::ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            TableError::Unreadable(error)
        }
        _ => TableError::Damaged("its archive has no directory"),
    }
}

/// A source that may be read up to a limit.
struct Metered {
    source: Box<dyn Source>,
    left: Arc<AtomicU64>,
}

impl Read for Metered {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(into.len());
        if most == 0 && !into.is_empty() {
            return Err(io::Error::other("the directory is too large"));
        }
        let read = self.source.read(into.get_mut(..most).unwrap_or_default())?;
        self.left.store(left.saturating_sub(read as u64), Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}

/// One part, inflated; whether it arrived whole is told at its end.
pub(super) struct Part<S: Read> {
    bytes: Bytes<S>,
    crc: Crc,
    expected: u32,
    left: u64,
}

enum Bytes<S: Read> {
    Stored(BufReader<Take<S>>),
    Deflated(DeflateDecoder<BufReader<Take<S>>>),
}

impl<S: Read + Seek> Part<S> {
    fn new(mut source: S, place: Place, most: u64) -> Result<Self, TableError> {
        source.seek(SeekFrom::Start(place.start))?;
        let raw = BufReader::with_capacity(64 * 1024, source.take(place.length));
        let bytes = match place.deflated {
            false => Bytes::Stored(raw),
            true => Bytes::Deflated(DeflateDecoder::new(raw)),
        };
        Ok(Self { bytes, crc: Crc::new(), expected: place.crc, left: most })
    }
}

impl<S: Read> Read for Part<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.bytes {
            Bytes::Stored(bytes) => bytes.read(into)?,
            Bytes::Deflated(bytes) => bytes.read(into)?,
        };
        if read as u64 > self.left {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.left -= read as u64;
        self.crc.update(into.get(..read).unwrap_or_default());
        if read == 0 && !into.is_empty() && self.crc.sum() != self.expected {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        }
        Ok(read)
    }
}
