//! Any content of a flash, and what a journal wrote with bytes of it spoilt, is read or formatted;
//! what is accepted then is there, and there again at the next start.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_scanner::journal::{Journal, NewScan};
use tekser_scanner_fuzz::{Ram, SECTOR, SECTORS};
use tekser_wire::message::{BoxNumber, Moment, Sequence, TEXT_MAX, Verdict};

const AREA: core::ops::Range<u32> = 0..(SECTOR * SECTORS) as u32;

fuzz_target!(|image: &[u8]| {
    let mut ram = match image {
        [0, spoils @ ..] => written(spoils),
        _ => Ram::with(image),
    };
    let mut journal = Journal::open(&mut ram, AREA, 7);
    let mut accepted = Vec::new();
    for byte in image.iter().take(16) {
        let text = [b'a' + byte % 26; 20];
        let scan = NewScan {
            box_number: BoxNumber(1),
            at: Moment::Unix { ms: 1_790_000_000_000 },
            aim: None,
            verdict: Verdict::Valid,
            text: &text,
        };
        if let Ok(sequence) = journal.append(&scan) {
            accepted.push((sequence, text));
        }
        if byte % 3 == 0 {
            journal.tidy();
        }
        if byte % 5 == 0 {
            journal.refuse();
        }
    }
    let (next, store, refused) = (journal.next(), journal.store(), journal.refused());
    drop(journal);
    let mut journal = Journal::open(&mut ram, AREA, 8);
    assert_eq!((journal.next(), journal.refused()), (next, refused));
    assert!(accepted.is_empty() || journal.store() == store);
    let mut buffer = [0; TEXT_MAX];
    for (sequence, text) in accepted {
        let found = journal.scan_after(sequence.previous(), &mut buffer).expect("accepted");
        assert_eq!((found.sequence, found.text), (sequence, &text[..]));
    }
});

/// What a journal wrote, three bytes of input to spoil one of it.
fn written(spoils: &[u8]) -> Ram {
    let mut ram = Ram::with(&[]);
    let mut journal = Journal::open(&mut ram, AREA, 7);
    for number in 0..40 {
        let text = [b'a' + number % 26; 40];
        let scan = NewScan {
            box_number: BoxNumber(number.into()),
            at: Moment::Uptime { boot: 1, ms: 5 },
            aim: None,
            verdict: Verdict::Valid,
            text: &text,
        };
        let _ = journal.append(&scan);
        if number == 20 {
            journal.release(Sequence(15));
            journal.tidy();
        }
    }
    drop(journal);
    for spoil in spoils.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([spoil[0], spoil[1]])) % ram.0.len();
        ram.0[at] ^= spoil[2];
    }
    ram
}
