//! Any stream in any pieces: no panic, bounded memory, the same answers as in one piece.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_hardware::at::Command;
use tekser_hardware::at::digest::{Answer, Digester};

fuzz_target!(|input: (u8, u8, Vec<u8>)| {
    let (which, size, bytes) = input;
    let command = Command::ALL[usize::from(which) % Command::ALL.len()];
    let pieces = answers(command, &bytes, usize::from(size).max(1));
    assert_eq!(pieces, answers(command, &bytes, bytes.len().max(1)));
});

fn answers(command: Command, bytes: &[u8], size: usize) -> Vec<Answer> {
    let mut digester = Digester::new();
    digester.expect(command);
    let mut found = Vec::new();
    for mut piece in bytes.chunks(size) {
        while !piece.is_empty() {
            let (taken, answer) = digester.digest(piece);
            piece = &piece[taken..];
            if let Some(answer) = answer {
                assert!(answer.raw.len() <= Digester::CAPACITY);
                assert!(answer.lines.len() <= Digester::LINES);
                found.push(answer);
                digester.expect(command);
            }
        }
    }
    found.extend(digester.give_up().map(|(answer, _)| answer));
    found
}
