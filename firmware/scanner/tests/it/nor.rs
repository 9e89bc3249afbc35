//! A NOR flash that can be cut off at any byte.

use std::cell::RefCell;
use std::rc::Rc;

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// How many steps an erasure takes; a byte written takes one.
const ERASE_STEPS: u64 = 3;

/// Chance, reproducible (SplitMix64).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.draw() % limit
    }
}

struct Chip {
    bytes: Vec<u8>,
    erasures: Vec<u32>,
    chance: Chance,
    steps: u64,
    cut_at: Option<u64>,
    is_off: bool,
    bytes_read: u64,
    /// Sectors that do not erase.
    worn: Vec<usize>,
    /// Sectors whose erasure was cut short: whatever they read as, nothing holds in them.
    weak: Vec<usize>,
    /// Sectors that keep nothing that is written.
    forgetful: Vec<usize>,
}

/// The chip as its driver sees it; clones are the same chip.
#[derive(Clone)]
pub struct Nor<const WORD: usize, const SECTOR: usize>(Rc<RefCell<Chip>>);

impl<const WORD: usize, const SECTOR: usize> Nor<WORD, SECTOR> {
    pub fn new(sectors: usize, seed: u64) -> Self {
        Self(Rc::new(RefCell::new(Chip {
            bytes: vec![0xFF; sectors * SECTOR],
            erasures: vec![0; sectors],
            chance: Chance::new(seed),
            steps: 0,
            cut_at: None,
            is_off: false,
            bytes_read: 0,
            worn: Vec::new(),
            weak: Vec::new(),
            forgetful: Vec::new(),
        })))
    }

    /// The power goes after so many more steps.
    pub fn cut_after(&self, steps: u64) {
        let mut chip = self.0.borrow_mut();
        chip.cut_at = Some(chip.steps + steps);
    }

    pub fn power_on(&self) {
        let mut chip = self.0.borrow_mut();
        chip.cut_at = None;
        chip.is_off = false;
    }

    pub fn is_off(&self) -> bool {
        self.0.borrow().is_off
    }

    pub fn steps(&self) -> u64 {
        self.0.borrow().steps
    }

    pub fn bytes_read(&self) -> u64 {
        self.0.borrow().bytes_read
    }

    pub fn erasures(&self) -> Vec<u32> {
        self.0.borrow().erasures.clone()
    }

    pub fn fill(&self, mut byte: impl FnMut(usize) -> u8) {
        self.0.borrow_mut().bytes.iter_mut().enumerate().for_each(|(at, kept)| *kept = byte(at));
    }

    pub fn find(&self, text: &[u8]) -> Option<usize> {
        self.0.borrow().bytes.windows(text.len()).position(|window| window == text)
    }

    pub fn copy(&self, at: usize, len: usize) -> Vec<u8> {
        self.0.borrow().bytes[at..at + len].to_vec()
    }

    /// Flips a bit, as age does.
    pub fn spoil(&self, at: usize) {
        self.0.borrow_mut().bytes[at] ^= 0x10;
    }

    /// Flips a bit at `at` and so far into every sector behind, where it is blank.
    pub fn spoil_blank(&self, at: usize) {
        let mut chip = self.0.borrow_mut();
        chip.bytes
            .iter_mut()
            .skip(at)
            .step_by(SECTOR)
            .filter(|byte| **byte == 0xFF)
            .for_each(|byte| *byte = 0xEF);
    }

    pub fn wear_out(&self, sector: usize) {
        self.0.borrow_mut().worn.push(sector);
    }

    pub fn make_forgetful(&self, sector: usize) {
        self.0.borrow_mut().forgetful.push(sector);
    }

    pub fn repair(&self) {
        let mut chip = self.0.borrow_mut();
        chip.worn.clear();
        chip.forgetful.clear();
    }

    pub fn capacity(&self) -> u32 {
        self.0.borrow().bytes.len() as u32
    }
}

impl Chip {
    /// Whether there is power for one more step.
    fn step(&mut self) -> bool {
        if self.is_off || self.cut_at.is_some_and(|cut| self.steps >= cut) {
            self.is_off = true;
            return false;
        }
        self.steps += 1;
        true
    }

    fn tear(&mut self, from: usize, to: usize) {
        let middle = from + self.chance.below((to - from) as u64) as usize;
        match self.chance.below(5) {
            0 => {}
            1 => self.bytes[from..middle].fill(0xFF),
            2 => self.bytes[middle..to].fill(0xFF),
            3 => self.bytes[from..to].fill(0xFF),
            _ => {
                for at in from..to {
                    self.bytes[at] |= self.chance.draw() as u8;
                }
            }
        }
    }
}

impl<const WORD: usize, const SECTOR: usize> ErrorType for Nor<WORD, SECTOR> {
    type Error = NorFlashErrorKind;
}

impl<const WORD: usize, const SECTOR: usize> ReadNorFlash for Nor<WORD, SECTOR> {
    const READ_SIZE: usize = WORD;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        check_read(self, offset, bytes.len()).expect("a read in bounds");
        let mut chip = self.0.borrow_mut();
        if chip.is_off {
            return Err(NorFlashErrorKind::Other);
        }
        chip.bytes_read += bytes.len() as u64;
        let offset = offset as usize;
        bytes.copy_from_slice(&chip.bytes[offset..offset + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.borrow().bytes.len()
    }
}

impl<const WORD: usize, const SECTOR: usize> NorFlash for Nor<WORD, SECTOR> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to).expect("an erasure in bounds");
        assert_eq!((to - from) as usize, SECTOR, "one sector at a time");
        let mut chip = self.0.borrow_mut();
        let (from, to) = (from as usize, to as usize);
        for step in 0..ERASE_STEPS {
            if !chip.step() {
                if step > 0 {
                    chip.tear(from, to);
                    chip.weak.push(from / SECTOR);
                }
                return Err(NorFlashErrorKind::Other);
            }
        }
        chip.erasures[from / SECTOR] += 1;
        chip.weak.retain(|sector| *sector != from / SECTOR);
        if chip.worn.contains(&(from / SECTOR)) {
            chip.bytes[from + 77] = 0x3F;
            return Ok(());
        }
        chip.bytes[from..to].fill(0xFF);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len()).expect("a write in bounds");
        let mut chip = self.0.borrow_mut();
        if chip.is_off {
            return Err(NorFlashErrorKind::Other);
        }
        let is_weak = chip.weak.contains(&(offset as usize / SECTOR));
        assert!(!is_weak, "written into a sector that is half erased");
        for (at, byte) in (offset as usize..).zip(bytes) {
            assert_eq!(chip.bytes[at], 0xFF, "written twice at {at}");
            if chip.forgetful.contains(&(at / SECTOR)) {
                chip.bytes[at] = byte & 0xFE;
                continue;
            }
            if !chip.step() {
                chip.bytes[at] = byte | chip.chance.draw() as u8;
                return Err(NorFlashErrorKind::Other);
            }
            chip.bytes[at] = *byte;
        }
        Ok(())
    }
}
