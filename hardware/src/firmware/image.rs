//! A program that is known to be a scanner's, for which board and of which version.
//!
//! An image is only made by way of every check here: whoever holds one may send it to a board of
//! its [`Image::facts`] without looking again.

use std::ops::Range;

use tekser_wire::image::{ALIGNMENT, CHECKSUM, MAGIC, Record, RecordError, SIZE, Seal};
use tekser_wire::message::{Board, FirmwareVersion};

use super::board::{Facts, facts};
use super::boot2;
use super::elf::{self, ElfError};
use super::program::{Program, ProgramError, Segment};
use super::uf2::{Uf2, Uf2Error};

/// A sound, sealed image of a scanner's firmware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    facts: &'static Facts,
    record: Record,
    program: Program,
}

/// Why a file is no image for a scanner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// Neither ELF nor UF2.
    #[error("it is neither an ELF nor a UF2 file")]
    Foreign,
    /// No sound ELF.
    #[error(transparent)]
    Elf(#[from] ElfError),
    /// No sound UF2.
    #[error(transparent)]
    Uf2(#[from] Uf2Error),
    /// Its bytes do not make a program.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// It does not say that it is ours.
    #[error("it is not the firmware of a Tekser scanner: it holds no record of one")]
    NoRecord,
    /// It says so more than once.
    #[error("it holds several records of what it is")]
    SeveralRecords,
    /// What it says has been damaged.
    #[error("it is damaged: its record of what it is has a wrong checksum")]
    BrokenRecord,
    /// What it says is of later times.
    #[error("it is made for a newer tekser (layout {layout} of its record)")]
    Layout {
        /// Number of the layout.
        layout: u16,
    },
    /// A board that this program does not know.
    #[error("it is for a board that this tekser does not know (number {})", .board.0)]
    UnknownBoard {
        /// The board.
        board: Board,
    },
    /// A UF2 whose blocks are for another chip than its record.
    #[error("it is for a {}, but its blocks are for a {blocks}", .record.name)]
    BoardsDiffer {
        /// The board of the record.
        record: &'static Facts,
        /// Name of the board that its blocks are for.
        blocks: &'static str,
    },
    /// It does not begin with the board's flash, or leaves it.
    #[error("it belongs at {:#010x} to {:#010x}, and the board's flash begins at {:#010x} and \
             ends at {:#010x}", .found.start, .found.end, .flash.start, .flash.end)]
    Outside {
        /// Where it would lie.
        found: Range<u32>,
        /// The flash.
        flash: Range<u32>,
    },
    /// It reaches into the flash that keeps scans.
    #[error("it would overwrite the scans that the scanner keeps (from {:#010x} on)", .journal.start)]
    Journal {
        /// Where scans are kept.
        journal: Range<u32>,
    },
    /// It looks for scans where the board does not keep them.
    #[error("it keeps scans at {:#010x} to {:#010x}, and not where this board has them",
            .journal.start, .journal.end)]
    JournalMoved {
        /// Where it says.
        journal: Range<u32>,
    },
    /// The boot ROM would not start it.
    #[error("the checksum of its second boot stage is wrong: the board would not start it")]
    Boot2,
    /// It has no seal.
    #[error("it is not sealed: whether it is whole can't be known")]
    NotSealed,
    /// It has a seal, and is not what was sealed.
    #[error("it is damaged: it is not what was packed once")]
    SealBroken,
    /// It is sound, and for another board than the one it was to go to.
    #[error("it is for a {}, and this is a {board}", .image.name)]
    WrongBoard {
        /// What it is for.
        image: &'static Facts,
        /// What it was to go to.
        board: String,
    },
}

impl ImageError {
    /// What a person can do about it.
    pub const fn cure(&self) -> &'static str {
        match self {
            Self::WrongBoard { .. } | Self::UnknownBoard { .. } | Self::BoardsDiffer { .. } => {
                "Take the firmware for this scanner's board; nothing was sent."
            }
            Self::Layout { .. } => "Update tekser on this computer first; nothing was sent.",
            Self::NotSealed => {
                "Make the UF2 with `tekser scanner pack`, which seals it; nothing was sent."
            }
            Self::Boot2 | Self::Journal { .. } | Self::JournalMoved { .. } => {
                "Whoever built this firmware must mend its memory layout; nothing was sent."
            }
            _ => "Fetch the file again, from where this tekser came from; nothing was sent.",
        }
    }
}

impl Image {
    /// Reads an ELF or a UF2.
    ///
    /// # Errors
    ///
    /// [`ImageError`].
    pub fn read(file: &[u8]) -> Result<Self, ImageError> {
        if elf::is_elf(file) {
            Self::from_elf(file)
        } else if file.starts_with(b"UF2\n") {
            Self::from_uf2(file)
        } else {
            Err(ImageError::Foreign)
        }
    }

    /// Reads what a linker made, and seals it.
    ///
    /// # Errors
    ///
    /// [`ImageError`].
    pub fn from_elf(file: &[u8]) -> Result<Self, ImageError> {
        let segments = elf::segments(file)?;
        let record = record_of(&segments)?;
        let facts = known(record.board)?;
        let program = Program::from_segments(segments, facts.sector)?;
        check(facts, &record, &program)?;
        Self { facts, record, program }.sealed()
    }

    /// Reads a sealed UF2.
    ///
    /// # Errors
    ///
    /// [`ImageError`].
    pub fn from_uf2(file: &[u8]) -> Result<Self, ImageError> {
        let file = Uf2::parse(file)?;
        let blocks = file.facts();
        let program = file.into_program();
        let (_, record) = record_in(program.range().start, program.bytes())?;
        let facts = known(record.board)?;
        if facts != blocks {
            return Err(ImageError::BoardsDiffer { record: facts, blocks: blocks.name });
        }
        check(facts, &record, &program)?;
        let seal = record.seal.ok_or(ImageError::NotSealed)?;
        if seal != seal_of(&program)? {
            return Err(ImageError::SealBroken);
        }
        Ok(Self { facts, record, program })
    }

    /// The file that a boot loader takes.
    ///
    /// # Errors
    ///
    /// [`ImageError::Uf2`] if the board's boot loader takes no UF2.
    pub fn to_uf2(&self) -> Result<Vec<u8>, ImageError> {
        Ok(Uf2::new(self.facts, self.program.clone())?.to_bytes())
    }

    /// Refuses to go to another board.
    ///
    /// # Errors
    ///
    /// [`ImageError::WrongBoard`].
    pub fn must_be_for(&self, board: Board) -> Result<(), ImageError> {
        if self.facts.board == board {
            return Ok(());
        }
        let name = facts(board).map(|facts| facts.name.to_owned());
        let board = name.unwrap_or_else(|| format!("board of the unknown number {}", board.0));
        Err(ImageError::WrongBoard { image: self.facts, board })
    }

    /// The board.
    pub const fn facts(&self) -> &'static Facts {
        self.facts
    }

    /// What it says of itself.
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// Its version.
    pub const fn firmware(&self) -> FirmwareVersion {
        self.record.firmware
    }

    /// Its bytes and where they belong.
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// The bytes by which one build is told from every other, and where they are.
    pub fn record_bytes(&self) -> (u32, [u8; SIZE]) {
        let start = self.program.range().start;
        // An image has its record: it was found when the image was made.
        let at = record_in(start, self.program.bytes()).map_or(0, |(at, _)| at);
        (start + at as u32, self.record.to_bytes())
    }

    fn sealed(mut self) -> Result<Self, ImageError> {
        let start = self.program.range().start;
        let (at, _) = record_in(start, self.program.bytes())?;
        self.record.seal = Some(seal_of(&self.program)?);
        self.program.bytes_mut()[at..at + SIZE].copy_from_slice(&self.record.to_bytes());
        Ok(self)
    }
}

/// Everything that can be wrong with a program once it is known whose it says it is.
fn check(facts: &'static Facts, record: &Record, program: &Program) -> Result<(), ImageError> {
    let (found, flash) = (program.range(), &facts.flash);
    if found.start != flash.start || found.end > flash.end {
        return Err(ImageError::Outside { found, flash: flash.clone() });
    }
    if facts.boot2 && !boot2::is_sound(program.bytes()) {
        return Err(ImageError::Boot2);
    }
    let journal = record.journal.clone();
    if journal != facts.journal {
        return Err(ImageError::JournalMoved { journal });
    }
    if journal.start < found.end && found.start < journal.end {
        return Err(ImageError::Journal { journal });
    }
    Ok(())
}

fn known(board: Board) -> Result<&'static Facts, ImageError> {
    facts(board).ok_or(ImageError::UnknownBoard { board })
}

fn record_of(segments: &[Segment]) -> Result<Record, ImageError> {
    let mut found = None;
    for segment in segments {
        match record_in(segment.address, &segment.bytes) {
            Ok((_, record)) if found.is_none() => found = Some(record),
            Ok(_) => return Err(ImageError::SeveralRecords),
            Err(ImageError::NoRecord) => {}
            Err(error) => return Err(error),
        }
    }
    found.ok_or(ImageError::NoRecord)
}

/// The one record in these bytes, and where in them it is.
fn record_in(address: u32, bytes: &[u8]) -> Result<(usize, Record), ImageError> {
    let first = address.wrapping_neg() % ALIGNMENT as u32;
    let mut found = None;
    for at in (first as usize..bytes.len()).step_by(ALIGNMENT) {
        if !bytes[at..].starts_with(&MAGIC) {
            continue;
        }
        let whole = bytes[at..].first_chunk::<SIZE>().ok_or(ImageError::BrokenRecord)?;
        let record = Record::parse(whole).map_err(|error| match error {
            RecordError::Layout(layout) => ImageError::Layout { layout },
            RecordError::Magic | RecordError::Checksum => ImageError::BrokenRecord,
        })?;
        if found.replace((at, record)).is_some() {
            return Err(ImageError::SeveralRecords);
        }
    }
    found.ok_or(ImageError::NoRecord)
}

/// Length and checksum of a program, its record left out.
fn seal_of(program: &Program) -> Result<Seal, ImageError> {
    let Range { start, end } = program.range();
    let (at, _) = record_in(start, program.bytes())?;
    let mut digest = CHECKSUM.digest();
    digest.update(&program.bytes()[..at]);
    digest.update(&program.bytes()[at + SIZE..]);
    Ok(Seal { length: end - start, checksum: digest.finalize() })
}

#[cfg(test)]
#[cfg(feature = "probe")]
pub(crate) mod tests {
    use super::*;

    /// A sound image for a Pico.
    pub(crate) fn image() -> Image {
        let facts = &crate::firmware::board::PICO;
        let journal = facts.journal.clone();
        let record = Record::new(facts.board, FirmwareVersion([1, 2, 3]), journal);
        let mut bytes = vec![0; facts.sector as usize];
        bytes[..boot2::SIZE].copy_from_slice(&boot2::tests::stage());
        bytes[0x400..0x400 + SIZE].copy_from_slice(&record.to_bytes());
        let program = Program::new(facts.flash.start, bytes).unwrap();
        check(facts, &record, &program).unwrap();
        Image { facts, record, program }.sealed().unwrap()
    }
}
