//! What holds for every file.

use proptest::collection::vec;
use proptest::prelude::*;
use tekser_hardware::firmware::program::Segment;
use tekser_hardware::firmware::{Image, Program, Uf2};

use super::linker::{flash, record, sound_elf};
use tekser_wire::message::Board;

proptest! {
    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in vec(any::<u8>(), 0..4096)) {
        prop_assert!(Uf2::parse(&bytes).is_err());
        prop_assert!(Image::read(&bytes).is_err());
    }

    #[test]
    fn a_uf2_that_is_taken_is_written_as_it_was(pages in 1..40_usize, changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..3)) {
        let bytes: Vec<u8> = (0..pages * 256).map(|place| (place / 3) as u8).collect();
        let program = Program::new(0x1000_0000, bytes).unwrap();
        let sound = Uf2::new(&tekser_hardware::firmware::board::PICO, program).unwrap().to_bytes();
        let mut file = sound;
        for (place, byte) in changes {
            let place = place.index(file.len());
            file[place] = byte;
        }
        if let Ok(read) = Uf2::parse(&file) {
            prop_assert_eq!(read.to_bytes(), file);
        }
    }

    #[test]
    fn a_damaged_elf_never_makes_another_record(place in any::<prop::sample::Index>(), byte: u8) {
        let mut file = sound_elf();
        let place = place.index(file.len());
        file[place] = byte;
        if let Ok(image) = Image::read(&file) {
            prop_assert_eq!(image.facts().board, Board::PICO);
            prop_assert_eq!(image.firmware().0, [1, 2, 3]);
        }
    }

    #[test]
    fn an_image_cut_into_segments_anyhow_is_the_same(cuts in vec(1..4999_usize, 0..8)) {
        let whole = flash(&record(Board::PICO, [1, 2, 3]));
        let mut cuts = cuts;
        cuts.extend([0, whole.len()]);
        cuts.sort_unstable();
        let mut segments: Vec<Segment> = cuts
            .windows(2)
            .map(|pair| Segment {
                address: 0x1000_0000 + pair[0] as u32,
                bytes: whole[pair[0]..pair[1]].to_vec(),
            })
            .collect();
        segments.reverse();
        let program = Program::from_segments(segments, 4096).unwrap();
        prop_assert_eq!(&program.bytes()[..5000], &whole[..]);
        prop_assert_eq!(program.range(), 0x1000_0000..0x1000_2000);
    }
}
