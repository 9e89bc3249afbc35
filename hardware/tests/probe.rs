//! The probe room over the fake probe of probe-rs: attaching, layout, and what is refused.
//!
//! The fake reads zeros everywhere and can't write, so here nothing is ever written.

#![cfg(feature = "probe")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[allow(dead_code, reason = "shared with the tests of the firmware room")]
#[path = "firmware/linker.rs"]
mod linker;

use std::ops::Range;
use std::time::Duration;

use probe_rs::integration::FakeProbe;
use tekser_hardware::firmware::Image;
use tekser_hardware::firmware::board::{Facts, PICO};
use tekser_hardware::probe::ProbeError;
use tekser_hardware::probe::attach::Attached;
use tekser_hardware::probe::flash::{Flashing, Target, flash};

fn attached(chip: &str) -> Attached {
    Attached::new(FakeProbe::with_mocked_core().into_probe(), chip).unwrap()
}

fn image() -> Image {
    Image::read(&linker::sound_elf()).unwrap()
}

/// The fake, with the one register that tells what a chip is.
struct Identified(Attached, &'static Facts);

impl Target for Identified {
    fn chip(&self) -> String {
        self.0.chip()
    }
    fn flash(&self) -> Vec<Range<u64>> {
        self.0.flash()
    }
    fn word(&mut self, address: u32) -> Result<u32, ProbeError> {
        assert_eq!(self.0.word(address).unwrap(), 0);
        Ok(self.1.identity.2)
    }
    fn write(
        &mut self,
        image: &Image,
        dry_run: bool,
        told: &mut dyn FnMut(Flashing),
    ) -> Result<(), ProbeError> {
        self.0.write(image, dry_run, told)
    }
}

#[test]
fn an_image_is_laid_out_for_its_chip() {
    let mut told = vec![];
    let mut target = Identified(attached("RP2040"), &PICO);
    flash(&mut target, &image(), true, &mut |step| told.push(step)).unwrap();
    assert_eq!(told.first(), Some(&Flashing::Checked));
}

#[test]
fn the_chips_of_all_boards_are_known_to_probe_rs_with_their_flash() {
    let target = attached(PICO.chip);
    assert_eq!(target.chip(), PICO.chip);
    let (start, end) = (u64::from(PICO.flash.start), u64::from(PICO.flash.end));
    assert!(target.flash().iter().any(|flash| flash.start <= start && end <= flash.end));
    assert_eq!(attached("STM32F405RG").chip(), "STM32F405RG");
}

#[test]
fn an_image_for_another_chip_is_refused_by_our_own_check() {
    let mut target = attached("STM32F405RG");
    // probe-rs itself has no objection:
    target.write(&image(), true, &mut |_| {}).unwrap_or_default();
    let error = flash(&mut target, &image(), true, &mut |_| panic!("told")).unwrap_err();
    assert!(matches!(error, ProbeError::WrongChip { .. }), "{error}");
}

#[test]
fn a_chip_that_does_not_identify_itself_is_not_written() {
    let mut target = attached("RP2040");
    let error = flash(&mut target, &image(), false, &mut |_| panic!("told")).unwrap_err();
    assert!(matches!(error, ProbeError::WrongIdentity { found: 0, .. }), "{error}");
}

#[test]
fn what_runs_is_told_from_what_is_only_named() {
    assert!(!attached("RP2040").holds(&image()).unwrap());
}

#[test]
fn a_chip_without_a_log_says_so() {
    let mut target = attached("RP2040");
    let error = target
        .follow_log(Some(0x2000_0000), Duration::from_millis(20), &mut |_| panic!())
        .unwrap_err();
    assert!(matches!(error, ProbeError::NoLog(_)), "{error}");
}
