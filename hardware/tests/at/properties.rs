//! What holds for any bytes at all.

use proptest::collection::vec;
use proptest::prelude::*;
use tekser_hardware::ClaimValue;
use tekser_hardware::at::Command;
use tekser_hardware::at::answer::Facts;
use tekser_hardware::at::digest::{Answer, Digester};

/// Pieces that real streams are made of, and any bytes between them.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..40),
        prop::sample::select(vec![
            "\r\n",
            "\r",
            "\n",
            "\0",
            "OK\r\n",
            "\r\nOK\r\n",
            "\r\nERROR\r\n",
            "AT+CGSN\r",
            "> ",
            "490154203237518",
            "+CGSN: \"",
            "\"",
            "#OK#\r\n",
            "+CMTI: \"ME\",1\r\n",
            "BUSY\r\n",
            "+EGMR: \"354178036859789\"\r\n",
            "IMEI: ",
            "+DEVCONINFO: MN(X);IMEI(",
            ");",
            "0\r",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ]
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    vec(piece(), 0..30).prop_map(|pieces| pieces.concat())
}

fn command() -> impl Strategy<Value = Command> {
    prop::sample::select(Command::ALL.to_vec())
}

/// All answers of a stream that is cut into `sizes`, the same command asked again each time.
fn answers(command: Command, bytes: &[u8], sizes: &[usize]) -> Vec<Answer> {
    let mut digester = Digester::new();
    digester.expect(command);
    let mut found = Vec::new();
    let mut rest = bytes;
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let size = sizes.next().map_or(rest.len(), |size| (*size).clamp(1, rest.len()));
        let (mut chunk, after) = rest.split_at(size);
        rest = after;
        while !chunk.is_empty() {
            let (taken, answer) = digester.digest(chunk);
            assert!((1..=chunk.len()).contains(&taken));
            chunk = &chunk[taken..];
            if let Some(answer) = answer {
                found.push(answer);
                digester.expect(command);
            }
        }
    }
    found.extend(digester.give_up().map(|(answer, _)| answer));
    found
}

proptest! {
    #[test]
    fn however_a_stream_is_cut_the_answers_are_the_same(
        command in command(),
        bytes in stream(),
        sizes in vec(1usize..64, 1..20),
    ) {
        prop_assert_eq!(answers(command, &bytes, &sizes), answers(command, &bytes, &[usize::MAX]));
    }

    #[test]
    fn memory_stays_within_its_limits(command in command(), line in vec(any::<u8>(), 1..50)) {
        let mut digester = Digester::new();
        digester.expect(command);
        for _ in 0..5_000 {
            if let Some(answer) = digester.digest(&line).1 {
                prop_assert!(answer.raw.len() <= Digester::CAPACITY);
                prop_assert!(answer.lines.len() <= Digester::LINES);
                digester.expect(command);
            }
        }
    }

    #[test]
    fn every_digit_of_a_fact_was_in_the_answer(command in command(), bytes in stream()) {
        for answer in answers(command, &bytes, &[usize::MAX]) {
            let heard = String::from_utf8_lossy(&answer.raw).into_owned();
            for identity in Facts::of(&answer).identities {
                let digits = match identity {
                    ClaimValue::Imei { imei, .. } => imei.to_string(),
                    ClaimValue::WithoutCheckDigit { imei14 } => imei14.to_string(),
                    ClaimValue::Imeisv { imeisv } => imeisv.to_string(),
                    ClaimValue::Meid { .. } => continue,
                    ClaimValue::Rejected { text, .. } => text,
                };
                prop_assert!(heard.contains(&digits));
            }
        }
    }
}
