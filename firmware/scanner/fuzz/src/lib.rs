//! A flash in memory.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// Bytes in a sector.
pub const SECTOR: usize = 1024;

/// Sectors.
pub const SECTORS: usize = 5;

/// The flash. Writing clears bits and never sets one.
pub struct Ram(pub Vec<u8>);

impl Ram {
    /// Blank, but for `image` at its beginning.
    pub fn with(image: &[u8]) -> Self {
        let mut bytes = vec![0xFF; SECTOR * SECTORS];
        bytes.iter_mut().zip(image).for_each(|(byte, image)| *byte = *image);
        Self(bytes)
    }
}

impl ErrorType for Ram {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Ram {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        check_read(self, offset, bytes.len()).expect("in bounds");
        let offset = offset as usize;
        bytes.copy_from_slice(&self.0[offset..offset + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.len()
    }
}

impl NorFlash for Ram {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to).expect("in bounds");
        self.0[from as usize..to as usize].fill(0xFF);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len()).expect("in bounds");
        let kept = &mut self.0[offset as usize..];
        kept.iter_mut().zip(bytes).for_each(|(kept, byte)| *kept &= byte);
        Ok(())
    }
}
