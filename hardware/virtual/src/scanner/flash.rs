//! Flash memory of the NOR kind, in memory or in a file.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// Bytes of a sector.
const SECTOR: usize = 4096;

/// What is unwound with when the power goes in the middle of a write. No message is printed.
#[derive(Debug)]
pub(super) struct PowerCut;

/// A NOR flash: erased in sectors of 4 KiB to all ones, written byte by byte, and a write only
/// turns ones into zeros. Clones are the same flash; it keeps what it holds without power.
#[derive(Debug, Clone)]
pub struct VirtualFlash(Arc<Mutex<Chip>>);

#[derive(Debug)]
struct Chip {
    bytes: Vec<u8>,
    file: Option<File>,
    erases: Vec<u32>,
    /// Steps until the power goes: one for every byte written, one for half an erase.
    cut_after: Option<u64>,
}

impl VirtualFlash {
    /// An erased flash of so many sectors.
    pub fn new(sectors: usize) -> Self {
        Self::of(vec![0xff; sectors * SECTOR], None)
    }

    /// A flash whose content is a file; it is made, and filled up to the size with ones, if need
    /// be.
    ///
    /// # Errors
    ///
    /// What the system says when the file cannot be read or written.
    pub fn in_file(path: &Path, sectors: usize) -> io::Result<Self> {
        let options = File::options().read(true).write(true).create(true).truncate(false).clone();
        let mut file = options.open(path)?;
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut file, &mut bytes)?;
        bytes.resize(sectors * SECTOR, 0xff);
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&bytes)?;
        Ok(Self::of(bytes, Some(file)))
    }

    fn of(bytes: Vec<u8>, file: Option<File>) -> Self {
        let erases = vec![0; bytes.len() / SECTOR];
        Self(Arc::new(Mutex::new(Chip { bytes, file, erases, cut_after: None })))
    }

    /// The power goes after so many more bytes are written, in the middle of whatever is written
    /// then. Half an erase counts as one byte.
    pub fn cut_power_after(&self, bytes: u64) {
        self.lock().cut_after = Some(bytes);
    }

    /// How often each sector was erased.
    pub fn erases(&self) -> Vec<u32> {
        self.lock().erases.clone()
    }

    /// Bytes that it holds.
    pub fn content(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// A power cut in the middle of a write leaves the lock poisoned, and the flash as it is.
    fn lock(&self) -> MutexGuard<'_, Chip> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn power_on(&self) {
        self.lock().cut_after = None;
    }

    /// Its size in bytes.
    pub(super) fn size(&self) -> u32 {
        u32::try_from(self.lock().bytes.len()).unwrap_or(u32::MAX)
    }
}

impl Chip {
    fn step(&mut self) {
        match &mut self.cut_after {
            None => {}
            Some(0) => std::panic::resume_unwind(Box::new(PowerCut)),
            Some(left) => *left -= 1,
        }
    }

    fn put(&mut self, at: usize, byte: u8) -> io::Result<()> {
        self.bytes[at] = byte;
        let Some(file) = &mut self.file else { return Ok(()) };
        file.seek(SeekFrom::Start(at as u64))?;
        file.write_all(&[byte])
    }

    fn fill(&mut self, from: usize, to: usize) -> io::Result<()> {
        self.bytes[from..to].fill(0xff);
        let Some(file) = &mut self.file else { return Ok(()) };
        file.seek(SeekFrom::Start(from as u64))?;
        file.write_all(&self.bytes[from..to])
    }
}

impl ErrorType for VirtualFlash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for VirtualFlash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        check_read(self, offset, bytes.len())?;
        let from = offset as usize;
        bytes.copy_from_slice(&self.lock().bytes[from..from + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.lock().bytes.len()
    }
}

impl NorFlash for VirtualFlash {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to)?;
        let mut chip = self.lock();
        for sector in from as usize / SECTOR..to as usize / SECTOR {
            let at = sector * SECTOR;
            chip.step();
            chip.fill(at, at + SECTOR / 2).map_err(|_| NorFlashErrorKind::Other)?;
            chip.step();
            chip.fill(at, at + SECTOR).map_err(|_| NorFlashErrorKind::Other)?;
            chip.erases[sector] += 1;
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len())?;
        let mut chip = self.lock();
        for (at, byte) in (offset as usize..).zip(bytes) {
            chip.step();
            let kept = chip.bytes[at] & byte;
            chip.put(at, kept).map_err(|_| NorFlashErrorKind::Other)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn a_write_only_takes_ones_away_and_an_erase_brings_them_back() {
        let mut flash = VirtualFlash::new(2);
        flash.write(5, &[0xf0, 0x0f]).unwrap();
        flash.write(5, &[0x3c, 0xff]).unwrap();
        assert_eq!(flash.content()[4..8], [0xff, 0x30, 0x0f, 0xff]);
        flash.erase(0, 4096).unwrap();
        assert_eq!((flash.content()[5], flash.erases()), (0xff, vec![1, 0]));
        assert!(flash.erase(1, 4096).is_err());
        assert!(flash.write(8191, &[0, 0]).is_err());
    }

    #[test]
    fn the_power_goes_at_the_very_byte() {
        let mut flash = VirtualFlash::new(1);
        flash.cut_power_after(3);
        let cut = catch_unwind(AssertUnwindSafe(|| flash.write(0, &[0; 8])));
        assert!(cut.unwrap_err().is::<PowerCut>());
        assert_eq!(flash.content()[..5], [0, 0, 0, 0xff, 0xff]);
        flash.power_on();
        flash.write(3, &[7]).unwrap();
        flash.cut_power_after(1);
        assert!(catch_unwind(AssertUnwindSafe(|| flash.erase(0, 4096))).is_err());
        let content = flash.content();
        assert!(content[..2048].iter().all(|byte| *byte == 0xff));
    }

    #[test]
    fn a_file_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flash.bin");
        VirtualFlash::in_file(&path, 2).unwrap().write(4099, b"scan").unwrap();
        let flash = VirtualFlash::in_file(&path, 2).unwrap();
        assert_eq!(&flash.content()[4099..4104], b"scan\xff");
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 8192);
    }
}
