//! An image into a chip, by way of a debug probe.
//!
//! probe-rs takes the word of whoever names a chip: it laid an RP2040 image out for an STM32F405
//! without a complaint. So nothing is written before the chip is compared with what the image
//! says of itself: by name, by where its flash is, and by what it says of itself.

use std::ops::Range;

use serde::Serialize;

use super::ProbeError;
use crate::firmware::Image;

/// A chip behind a probe.
pub trait Target {
    /// The chip, as probe-rs calls it.
    fn chip(&self) -> String;
    /// Where it has flash, as addresses of the processor.
    fn flash(&self) -> Vec<Range<u64>>;
    /// A word of its memory.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Unread`].
    fn word(&mut self, address: u32) -> Result<u32, ProbeError>;
    /// Writes, compares and starts; a dry run does everything that changes nothing.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Unwritten`].
    fn write(
        &mut self,
        image: &Image,
        dry_run: bool,
        told: &mut dyn FnMut(Flashing),
    ) -> Result<(), ProbeError>;
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Flash is erased.
    Erasing,
    /// The image is written.
    Writing,
    /// What was written is read and compared.
    Verifying,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Flashing {
    /// The chip is the image's.
    Checked,
    /// A part of the work.
    Working {
        /// Which.
        phase: Phase,
        /// Bytes that are done.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
}

/// Gives a chip an image, once it is certain that it is for it.
///
/// # Errors
///
/// [`ProbeError`]; nothing was written unless it is [`ProbeError::Unwritten`].
pub fn flash(
    target: &mut impl Target,
    image: &Image,
    dry_run: bool,
    told: &mut dyn FnMut(Flashing),
) -> Result<(), ProbeError> {
    check(target, image)?;
    told(Flashing::Checked);
    target.write(image, dry_run, told)
}

fn check(target: &mut impl Target, image: &Image) -> Result<(), ProbeError> {
    let facts = image.facts();
    let expected = facts.chip;
    let found = target.chip();
    let family = facts.family;
    if !found.get(..family.len()).is_some_and(|start| start.eq_ignore_ascii_case(family)) {
        return Err(ProbeError::WrongChip { expected, found });
    }
    let range = image.program().range();
    let (start, end) = (u64::from(range.start), u64::from(range.end));
    if !target.flash().iter().any(|flash| flash.start <= start && end <= flash.end) {
        return Err(ProbeError::NoFlash { range });
    }
    let (address, mask, identity) = facts.identity;
    let found = target.word(address)?;
    if found & mask != identity {
        return Err(ProbeError::WrongIdentity { expected, address, found });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::firmware::board::{ALL, Facts, PICO, STM32F405};

    /// A chip as its facts have it, unless told otherwise.
    struct Chip {
        facts: &'static Facts,
        name: String,
        flash: Range<u64>,
        identity: u32,
        written: usize,
    }

    impl Chip {
        fn new(facts: &'static Facts) -> Self {
            Self {
                facts,
                name: facts.chip.to_owned(),
                flash: u64::from(facts.flash.start)..u64::from(facts.flash.end),
                identity: facts.identity.2,
                written: 0,
            }
        }
    }

    impl Target for Chip {
        fn chip(&self) -> String {
            self.name.clone()
        }
        fn flash(&self) -> Vec<Range<u64>> {
            vec![0..16, self.flash.clone()]
        }
        fn word(&mut self, address: u32) -> Result<u32, ProbeError> {
            assert_eq!(address, self.facts.identity.0);
            Ok(self.identity)
        }
        fn write(
            &mut self,
            _: &Image,
            _: bool,
            _: &mut dyn FnMut(Flashing),
        ) -> Result<(), ProbeError> {
            self.written += 1;
            Ok(())
        }
    }

    fn tried(mut chip: Chip) -> (Result<(), ProbeError>, usize) {
        let image = crate::firmware::image::tests::image();
        (flash(&mut chip, &image, false, &mut |_| {}), chip.written)
    }

    #[test]
    fn the_right_chip_is_written() {
        assert!(matches!(tried(Chip::new(&PICO)), (Ok(()), 1)));
        // Bits that tell the revision do not count.
        let revised = Chip { identity: 0x2000_2927, ..Chip::new(&PICO) };
        assert!(matches!(tried(revised), (Ok(()), 1)));
    }

    #[test]
    fn another_chip_is_refused_by_its_name() {
        let (error, written) = tried(Chip::new(&STM32F405));
        assert_eq!(written, 0);
        let text = error.unwrap_err().to_string();
        assert_eq!(text, "the firmware is for a RP2040, and this is a STM32F405RG");
        let short = Chip { name: "RP".into(), ..Chip::new(&PICO) };
        assert!(matches!(tried(short), (Err(ProbeError::WrongChip { .. }), 0)));
    }

    #[test]
    fn another_chip_under_a_wrong_name_is_refused_by_what_it_says_of_itself() {
        for identity in [0, u32::MAX, 0x0000_4927, 0x1000_0413] {
            let chip = Chip { identity, ..Chip::new(&PICO) };
            assert!(matches!(tried(chip), (Err(ProbeError::WrongIdentity { .. }), 0)));
        }
    }

    #[test]
    fn a_chip_without_flash_for_all_of_it_is_refused() {
        let start = u64::from(PICO.flash.start);
        for flash in [0..start, start + 0x1000..start + 0x10_0000, start..start + 0xfff] {
            let chip = Chip { flash, ..Chip::new(&PICO) };
            assert!(matches!(tried(chip), (Err(ProbeError::NoFlash { .. }), 0)));
        }
    }

    #[test]
    fn every_chip_of_ours_identifies_itself() {
        for facts in ALL {
            let (_, mask, identity) = facts.identity;
            assert!(facts.chip.starts_with(facts.family), "{}", facts.chip);
            assert_eq!(identity & mask, identity, "{}", facts.chip);
            assert_ne!(identity, 0, "{}", facts.chip);
        }
    }
}
