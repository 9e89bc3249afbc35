//! What a command printed, plain and in frames.

use proptest::collection::vec;
use proptest::prelude::*;
use tekser_hardware::adb::command::{Command, Place, Shell};
use tekser_hardware::adb::shell::{Listener, Outcome, Printed};

fn frame(kind: u8, bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![kind];
    frame.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
    frame.extend(bytes);
    frame
}

fn hear(shell: Shell, bytes: &[u8], size: usize) -> Outcome {
    let mut listener = Listener::new(Command::BySlot11(Place::First), shell);
    for piece in bytes.chunks(size) {
        if listener.hear(piece) {
            break;
        }
    }
    assert!(listener.held() <= 3 * 16 * 1024);
    listener.end()
}

#[test]
fn output_errors_and_exit_come_apart() {
    let bytes =
        [frame(1, b"one "), frame(2, b"oops"), frame(1, b""), frame(1, b"two"), frame(3, &[7])]
            .concat();
    let printed = Printed {
        output: b"one two".to_vec(),
        errors: b"oops".to_vec(),
        exit: Some(7),
        cut: false,
    };
    for size in 1..bytes.len() {
        assert_eq!(hear(Shell::V2, &bytes, size), Outcome::Printed(printed.clone()), "{size}");
    }
}

#[test]
fn a_command_without_its_exit_code_did_not_end() {
    let bytes = [frame(1, b"Result: Parcel("), vec![1, 9, 0]].concat();
    assert_eq!(hear(Shell::V2, &bytes, 4), Outcome::Unanswered);
}

#[test]
fn frames_that_make_no_sense_cut_the_output() {
    for bytes in [
        frame(9, b"x"),
        vec![1, 0xff, 0xff, 0xff, 0xff],
        vec![3, 2, 0, 0, 0, 0, 0],
        vec![3, 0, 0, 0, 0],
    ] {
        let Outcome::Printed(printed) = hear(Shell::V2, &bytes, 3) else { panic!("{bytes:?}") };
        assert!(printed.cut, "{bytes:?}");
    }
}

#[test]
fn more_output_than_is_taken_is_cut() {
    let flood = vec![b'x'; 1_000_000];
    let Outcome::Printed(printed) = hear(Shell::Plain, &flood, 4096) else { panic!() };
    assert!(printed.cut);
    assert_eq!(printed.output.len(), 16 * 1024);
    let frames: Vec<u8> = flood.chunks(4096).flat_map(|piece| frame(1, piece)).collect();
    let Outcome::Printed(printed) = hear(Shell::V2, &frames, 4096) else { panic!() };
    assert!(printed.cut && printed.output.len() <= 16 * 1024);
    let errors: Vec<u8> = flood.chunks(4096).flat_map(|piece| frame(2, piece)).collect();
    let bytes = [errors, frame(1, b"all the same"), frame(3, &[0])].concat();
    let Outcome::Printed(printed) = hear(Shell::V2, &bytes, 4096) else { panic!() };
    assert_eq!((printed.output.as_slice(), printed.errors.len()), (&b"all the same"[..], 4096));
}

proptest! {
    #[test]
    fn any_bytes_are_heard_the_same_however_they_are_cut(
        bytes in vec(prop_oneof![0u8..5, any::<u8>()], 0..200),
        size in 1usize..50,
    ) {
        prop_assert_eq!(hear(Shell::V2, &bytes, size), hear(Shell::V2, &bytes, 1000));
        prop_assert_eq!(hear(Shell::Plain, &bytes, size), hear(Shell::Plain, &bytes, 1000));
    }
}
