//! What a linker made: which bytes belong at which address.
//!
//! Only the program headers count, as for the loader of an operating system. A segment is placed
//! by its *physical* address: that of initialised variables is where the flash keeps them, while
//! the other is where the program wants them in RAM.

use object::LittleEndian;
use object::elf::{EM_ARM, FileHeader32, PT_LOAD, SHT_SYMTAB};
use object::read::elf::{FileHeader as _, ProgramHeader as _, Sym as _};

use super::program::{MAX, Segment};

/// Why a file is not an ELF of a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ElfError {
    /// Not an ELF, or not all of one.
    #[error("it is no ELF file, or a part of it is missing")]
    Broken,
    /// For another kind of processor.
    #[error("it is a program for another kind of processor, not for a 32-bit ARM")]
    Processor,
    /// More than any board holds.
    #[error("it is larger than any board's flash")]
    TooLarge,
}

/// Whether a file begins like an ELF.
pub fn is_elf(file: &[u8]) -> bool {
    file.starts_with(b"\x7fELF")
}

/// What of an ELF belongs into a flash.
///
/// # Errors
///
/// [`ElfError`].
pub fn segments(file: &[u8]) -> Result<Vec<Segment>, ElfError> {
    if !is_elf(file) {
        return Err(ElfError::Broken);
    }
    // A 64-bit ELF, or one of a big-endian machine, is sound and yet nothing for a board.
    let header = FileHeader32::<LittleEndian>::parse(file).map_err(|_| ElfError::Processor)?;
    let endian = header.endian().map_err(|_| ElfError::Processor)?;
    if header.e_machine(endian) != EM_ARM {
        return Err(ElfError::Processor);
    }
    let headers = header.program_headers(endian, file).map_err(|_| ElfError::Broken)?;
    let mut found = Vec::new();
    let mut total = 0_usize;
    for header in headers.iter().filter(|header| header.p_type(endian) == PT_LOAD) {
        let bytes = header.data(endian, file).map_err(|()| ElfError::Broken)?;
        total = total.saturating_add(bytes.len());
        if total > MAX {
            return Err(ElfError::TooLarge);
        }
        if !bytes.is_empty() {
            found.push(Segment { address: header.p_paddr(endian), bytes: bytes.to_vec() });
        }
    }
    Ok(found)
}

/// The address of a symbol; `None` if the file has none of that name, or is no sound ELF.
pub fn symbol(file: &[u8], name: &str) -> Option<u32> {
    let header = FileHeader32::<LittleEndian>::parse(file).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, file).ok()?;
    let symbols = sections.symbols(endian, file, SHT_SYMTAB).ok()?;
    let is_named = |found: Result<&[u8], _>| found.is_ok_and(|found| found == name.as_bytes());
    let mut named = symbols.iter().filter(|found| is_named(found.name(endian, symbols.strings())));
    named.next().map(|found| found.st_value(endian))
}
