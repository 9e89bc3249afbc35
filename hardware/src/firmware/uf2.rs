//! The file that a boot loader takes: UF2, <https://github.com/microsoft/uf2>.
//!
//! A file of blocks of 512 bytes that a drive may write in any order. Ours are of the plainest
//! kind, and only that kind is taken: one family, 256 bytes of payload a block, each behind the
//! one before, nothing twice, nothing left out, nothing else.
//!
//! ```text
//! 0A324655 9E5D5157 | flags 2000 | address | 256 | number | blocks | family | 256 bytes | 0 … | 0AB16F30
//! ```

use super::board::{ALL, Facts};
use super::program::{MAX, Program, ProgramError};

/// Bytes of a block.
pub const BLOCK: usize = 512;

/// Bytes of the program in a block.
pub const PAYLOAD: usize = 256;

/// Largest file that is taken, in bytes.
pub const FILE_MAX: usize = MAX / PAYLOAD * BLOCK;

const MAGIC: [u32; 2] = [0x0a32_4655, 0x9e5d_5157];
const END: u32 = 0x0ab1_6f30;
const FAMILY_PRESENT: u32 = 0x2000;
const HEADER: usize = 32;

/// A sound UF2 file: a program in whole pages, for one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uf2 {
    facts: &'static Facts,
    program: Program,
}

/// Why a file is not a sound UF2. Blocks are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Uf2Error {
    /// Not whole blocks, or none at all.
    #[error("it is no UF2 file, or cut off: {length} bytes are not a number of whole blocks")]
    Length {
        /// Its length.
        length: usize,
    },
    /// More than any board holds.
    #[error("it is larger than any board's flash")]
    TooLarge,
    /// A block does not begin and end as blocks do.
    #[error("block {block} is broken: it does not begin and end as a block of a UF2 file does")]
    Magic {
        /// Which.
        block: u32,
    },
    /// A block of a kind that our files do not have.
    #[error("block {block} is of another kind than a scanner's firmware has (flags {flags:#x})")]
    Flags {
        /// Which.
        block: u32,
        /// What it says.
        flags: u32,
    },
    /// A block's payload is not 256 bytes long, or something stands behind it.
    #[error("block {block} is broken: its payload is not {PAYLOAD} bytes long")]
    Payload {
        /// Which.
        block: u32,
    },
    /// A family that no board of ours has.
    #[error("it is for another kind of chip (family {family:#010x})")]
    Family {
        /// What the first block says.
        family: u32,
    },
    /// A block is of another family than the first.
    #[error("block {block} is for another kind of chip than the first (family {family:#010x})")]
    Mixed {
        /// Which.
        block: u32,
        /// What it says.
        family: u32,
    },
    /// A block says that the file has another number of blocks.
    #[error("the file has {found} blocks, and block {block} speaks of {said}: a part is missing")]
    Count {
        /// Which.
        block: u32,
        /// How many it says.
        said: u32,
        /// How many there are.
        found: u32,
    },
    /// A block is not where it belongs.
    #[error("block {said} stands where block {block} belongs: the file is mixed up")]
    Order {
        /// Which belongs there.
        block: u32,
        /// Which says it does.
        said: u32,
    },
    /// A block is for flash that is not there, or not for the beginning of a page.
    #[error("block {block} is for the address {address:#010x}, where the board has no page")]
    Outside {
        /// Which.
        block: u32,
        /// The address.
        address: u32,
    },
    /// A block goes back to a page that an earlier one was for, or before the first.
    #[error("block {block} goes back to the address {address:#010x}: the file is mixed up")]
    Back {
        /// Which.
        block: u32,
        /// The address.
        address: u32,
    },
    /// A block leaves out a page.
    #[error("block {block} is for the address {address:#010x}: the pages before it are missing")]
    Gap {
        /// Which.
        block: u32,
        /// The address.
        address: u32,
    },
}

impl Uf2 {
    /// A file that brings a program to a board.
    ///
    /// # Errors
    ///
    /// [`Uf2Error::Family`] if the board takes no UF2; [`Uf2Error::Outside`] if the program leaves
    /// its flash or does not begin and end with a page.
    pub fn new(facts: &'static Facts, program: Program) -> Result<Self, Uf2Error> {
        if facts.uf2_family.is_none() {
            return Err(Uf2Error::Family { family: 0 });
        }
        let range = program.range();
        let pages = |address: u32| address.is_multiple_of(PAYLOAD as u32);
        if !pages(range.start) || range.start < facts.flash.start {
            return Err(Uf2Error::Outside { block: 0, address: range.start });
        }
        if !pages(range.end) || range.end > facts.flash.end {
            let block = (program.bytes().len() / PAYLOAD) as u32;
            return Err(Uf2Error::Outside { block, address: range.end });
        }
        Ok(Self { facts, program })
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`Uf2Error`]; the first thing that is wrong.
    pub fn parse(file: &[u8]) -> Result<Self, Uf2Error> {
        if file.len() > FILE_MAX {
            return Err(Uf2Error::TooLarge);
        }
        let (blocks, rest) = file.as_chunks::<BLOCK>();
        let (Some(first), []) = (blocks.first(), rest) else {
            return Err(Uf2Error::Length { length: file.len() });
        };
        // The magic first: what is no UF2 at all should not be called one for another chip.
        magic(0, first)?;
        let family = word(first, 28);
        let facts = ALL.into_iter().find(|facts| facts.uf2_family == Some(family));
        let facts = facts.ok_or(Uf2Error::Family { family })?;
        // At most FILE_MAX / BLOCK blocks, so no cast below can lose anything.
        let count = blocks.len() as u32;
        let mut bytes = Vec::with_capacity(blocks.len() * PAYLOAD);
        let start = word(first, 12);
        for (number, block) in (0..).zip(blocks) {
            let expected = start.saturating_add(number * PAYLOAD as u32);
            bytes.extend_from_slice(payload(facts, number, count, expected, block)?);
        }
        let program = Program::new(start, bytes).map_err(|error| match error {
            ProgramError::Empty => Uf2Error::Length { length: file.len() },
            _ => Uf2Error::TooLarge,
        })?;
        Ok(Self { facts, program })
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (pages, _) = self.program.bytes().as_chunks::<PAYLOAD>();
        let start = self.program.range().start;
        let count = pages.len() as u32;
        let family = self.facts.uf2_family.unwrap_or_default();
        let mut file = Vec::with_capacity(pages.len() * BLOCK);
        for (number, page) in (0..).zip(pages) {
            let address = start + number * PAYLOAD as u32;
            let size = PAYLOAD as u32;
            for word in [MAGIC[0], MAGIC[1], FAMILY_PRESENT, address, size, number, count, family] {
                file.extend_from_slice(&word.to_le_bytes());
            }
            file.extend_from_slice(page);
            file.resize(file.len() + BLOCK - HEADER - PAYLOAD - 4, 0);
            file.extend_from_slice(&END.to_le_bytes());
        }
        file
    }

    /// The board whose family it carries.
    pub const fn facts(&self) -> &'static Facts {
        self.facts
    }

    /// What it brings.
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// What it brings.
    pub fn into_program(self) -> Program {
        self.program
    }
}

/// The payload of one block, once everything round it is as it must be.
fn payload<'a>(
    facts: &Facts,
    number: u32,
    count: u32,
    expected: u32,
    block: &'a [u8; BLOCK],
) -> Result<&'a [u8], Uf2Error> {
    magic(number, block)?;
    let [flags, address, size, said_number, said_count, family] =
        [8, 12, 16, 20, 24, 28].map(|at| word(block, at));
    if flags != FAMILY_PRESENT {
        return Err(Uf2Error::Flags { block: number, flags });
    }
    if facts.uf2_family != Some(family) {
        return Err(Uf2Error::Mixed { block: number, family });
    }
    let (page, behind) = block[HEADER..BLOCK - 4].split_at(PAYLOAD);
    if size != PAYLOAD as u32 || behind.iter().any(|byte| *byte != 0) {
        return Err(Uf2Error::Payload { block: number });
    }
    if said_count != count {
        return Err(Uf2Error::Count { block: number, said: said_count, found: count });
    }
    if said_number != number {
        return Err(Uf2Error::Order { block: number, said: said_number });
    }
    let last = facts.flash.end - PAYLOAD as u32;
    if !(facts.flash.start..=last).contains(&address) || !address.is_multiple_of(PAYLOAD as u32) {
        return Err(Uf2Error::Outside { block: number, address });
    }
    match address.cmp(&expected) {
        core::cmp::Ordering::Less => Err(Uf2Error::Back { block: number, address }),
        core::cmp::Ordering::Greater => Err(Uf2Error::Gap { block: number, address }),
        core::cmp::Ordering::Equal => Ok(page),
    }
}

fn magic(number: u32, block: &[u8; BLOCK]) -> Result<(), Uf2Error> {
    let found = [word(block, 0), word(block, 4), word(block, BLOCK - 4)];
    if found == [MAGIC[0], MAGIC[1], END] { Ok(()) } else { Err(Uf2Error::Magic { block: number }) }
}

fn word(block: &[u8; BLOCK], at: usize) -> u32 {
    block[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}
