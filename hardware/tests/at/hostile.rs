//! Whole dialogues with phones that say anything at all, at any time: nothing but the allowed
//! commands is ever sent, and no identity is read whose digits did not arrive.
//!
//! `TEKSER_TRANSCRIPTS` sets how many phones there are; the ignored test has a million of them:
//! `cargo test --release -p tekser-hardware --test at -- --ignored a_million`.

use std::time::{Duration, Instant};

use tekser_hardware::at::dialect::Dialect;
use tekser_hardware::at::digest::Digester;
use tekser_hardware::at::{Budget, Command, Dialogue, Hint, Step};
use tekser_hardware::{ClaimValue, Confidence, Evidence, Reading};

use super::{ONE, TWO, UNSOLICITED};

/// Every byte string that may ever go to a phone, spelt out once more on purpose.
const MAY_BE_SENT: [&[u8]; 22] = [
    b"AT\r",
    b"ATE0\r",
    b"ATI\r",
    b"ATI1\r",
    b"AT+CGMI\r",
    b"AT+CGMM\r",
    b"AT+CGMR\r",
    b"AT+CGSN\r",
    b"AT+CGSN?\r",
    b"AT+CGSN=1\r",
    b"AT+CGSN=2\r",
    b"AT+CGSN=255\r",
    b"AT+GSN\r",
    b"AT+DEVCONINFO\r",
    b"AT+IMEINUM\r",
    b"AT+SPIMEI?\r",
    b"AT%IMEI\r",
    b"AT#CGSN\r",
    b"AT+IMEISV\r",
    b"AT+EGMR=0,7\r",
    b"AT+EGMR=0,10\r",
    b"AT+EGMR=0,11\r",
];

/// Vendors of every dialect, and none.
const VENDORS: [Option<u16>; 12] = [
    None,
    Some(0x04e8),
    Some(0x0e8d),
    Some(0x2c7c),
    Some(0x1782),
    Some(0x1004),
    Some(0x1546),
    Some(0x1bc7),
    Some(0x0421),
    Some(0x22b8),
    Some(0x12d1),
    Some(0x10c4),
];

const FRAGMENTS: [&str; 56] = [
    "\r\n",
    "\r\n",
    "\r\n",
    "\r",
    "\n",
    "\r\r\n",
    "\0",
    "\r\nOK\r\n",
    "\r\nOK\r\n",
    "\r\nOK\r\n",
    "OK",
    "\r\nERROR\r\n",
    "\r\n+CME ERROR: 4\r\n",
    "\r\nBUSY\r\n",
    "\r\nNO CARRIER\r\n",
    "0\r",
    "4\r",
    "\r\n> ",
    "#OK#\r\n",
    ONE,
    TWO,
    "\r\n490154203237518\r\n\r\nOK\r\n",
    "\"",
    ",",
    ";",
    ": ",
    " ",
    "-",
    " / 19",
    "IMEI",
    "IMEI: ",
    "IMEI SV: 6\r\n",
    "FSN: D603478104511\r\n",
    "Manufacturer: ",
    "Model: ",
    "Revision: 1\r\n",
    "quectel",
    "UNISOC",
    "Telit",
    "u-blox",
    "Nokia",
    "LG Electronics",
    "MTK2",
    "+CGSN: ",
    "+CGSN: \"",
    "+GSN: 0x9235EB52\r\n",
    "#CGSN: ",
    "%IMEI: ",
    "%IMEI ",
    "+SPIMEI: ",
    "+IMEISV: ",
    "+IMEINUM: ",
    "+EGMR: \"",
    "+DEVCONINFO: MN(SM-X);VER(V1/V2);SN(R1);IMEI(",
    "f9f3ac10-7b42-4e5e-8c0d-2a6f1b9d3e57\r\n",
    "A0000000002329",
];

/// Splitmix64: the same phones for the same seed, on every machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// A number as a phone might print it: a sound IMEI, one with a digit changed, or of any length.
    fn digits(&mut self, into: &mut Vec<u8>) {
        let length = match self.below(4) {
            0 => self.pick(&[1, 8, 12, 14, 15, 16, 17, 19, 32]),
            _ => 14,
        };
        let number: Vec<usize> = (0..length).map(|_| self.below(10)).collect();
        into.extend(number.iter().map(|digit| b'0' + u8::try_from(*digit).unwrap()));
        if length == 14 && self.below(8) > 0 {
            let doubled = |digit: usize| digit * 2 / 10 + digit * 2 % 10;
            let sum: usize =
                number.chunks(2).map(|pair| pair[0] + doubled(*pair.get(1).unwrap_or(&0))).sum();
            let wrong = usize::from(self.below(6) == 0);
            into.push(b'0' + u8::try_from((10 - sum % 10 + wrong) % 10).unwrap());
        }
    }

    /// What a phone says to `command`: the more manners of ten it has, the more of it is sound.
    fn speech(&mut self, command: Command, manners: usize, into: &mut Vec<u8>) {
        let polite = self.below(10) < manners;
        if self.below(6) == 0 {
            into.extend(command.text().bytes());
            into.extend(b"\r");
        }
        if polite && matches!(command, Command::Attention | Command::EchoOff) {
            into.extend(b"\r\nOK\r\n");
        } else if polite {
            self.answer(command, into);
        }
        if polite && self.below(4) > 0 {
            return;
        }
        for _ in 0..self.below(10) {
            match self.below(16) {
                0 => into.extend((0..self.below(20)).map(|at| at.to_le_bytes()[0] ^ 0xa5)),
                1 => into.push(self.next().to_le_bytes()[0]),
                2 | 3 => self.digits(into),
                4 => into.extend(format!("\r\n{}\r\n", self.pick(&UNSOLICITED)).bytes()),
                5 => into.extend(self.pick(&Command::ALL).text().bytes()),
                6 => into.truncate(self.below(into.len() + 1)),
                _ => into.extend(self.pick(&FRAGMENTS).bytes()),
            }
        }
    }

    /// A whole answer: refused, empty, or with numbers in one of the known shapes.
    fn answer(&mut self, command: Command, into: &mut Vec<u8>) {
        if self.below(4) == 0 {
            into.extend(self.pick(&["\r\nERROR\r\n", "\r\nOK\r\n", "\r\nBUSY\r\n"]).bytes());
            return;
        }
        let tag = command.text().trim_start_matches("AT");
        let tag = tag.split(['=', '?']).next().unwrap_or_default();
        let before = self.pick(&["", ": ", ": \"", ":", " ", ": IMEI", ": MN(X);IMEI(", "IMEI: "]);
        for _ in 0..self.pick(&[1, 1, 1, 2, 4]) {
            into.extend(b"\r\n");
            if !before.is_empty() && !before.starts_with('I') {
                into.extend(tag.bytes());
            }
            into.extend(before.bytes());
            self.digits(into);
            into.extend(
                match before {
                    ": \"" => "\"\r\n",
                    ": MN(X);IMEI(" => ")\r\n",
                    _ => self.pick(&["\r\n", "\r\n", ",NL2A62Z0N5\r\n", " / 19\r\n"]),
                }
                .bytes(),
            );
        }
        into.extend(b"\r\nOK\r\n");
    }
}

/// One dialogue with one hostile phone, and the reading if there is one.
fn converse(seed: u64) -> Option<Reading> {
    let mut chance = Chance(seed);
    let usb_id = chance.pick(&VENDORS).map(|vendor| (vendor, 1));
    let begin = Instant::now();
    let mut now = begin;
    let budget = Budget::default();
    let mut dialogue = Dialogue::new(Hint { usb_id }, budget, now);
    let manners = chance.below(11);
    let mut heard = Vec::new();
    let mut coming = Vec::new();
    let mut steps = 0;
    loop {
        steps += 1;
        assert!(steps < 2000, "seed {seed}: it does not end");
        match dialogue.step(now) {
            Step::Send(command) => {
                assert_may_send(command, usb_id, seed);
                if chance.below(20) == 0 {
                    coming.clear();
                }
                if coming.len() < 4096 {
                    chance.speech(command, manners, &mut coming);
                }
            }
            Step::Wait(until) => {
                let whole = chance.below(3) > 0;
                let size = if whole { coming.len() } else { chance.below(coming.len() + 1) };
                let piece: Vec<u8> = coming.drain(..size).collect();
                if piece.is_empty() {
                    now = until;
                } else {
                    now += Duration::from_millis(
                        chance.pick(&[0, 0, 0, 0, 0, 0, 0, 0, 1, 30, 400, 2900]),
                    );
                    heard.extend(&piece);
                    dialogue.receive(&piece, now);
                }
            }
            Step::Done => break,
        }
    }
    assert!(now - begin <= budget.total + budget.command, "seed {seed}: {:?}", now - begin);
    let reading = dialogue.finish().ok()?;
    assert_sound(&reading, &heard, seed);
    Some(reading)
}

fn assert_may_send(command: Command, usb_id: Option<(u16, u16)>, seed: u64) {
    let mut buffer = [0; Command::MAX_LEN];
    let sent = command.write(&mut buffer);
    assert!(MAY_BE_SENT.contains(&sent), "seed {seed}: {command:?}");
    let call = matches!(command, Command::Attention | Command::EchoOff);
    let dialect = usb_id.and_then(|(vendor, _)| Dialect::of_vendor(vendor));
    let own = |dialect: Dialect| dialect.commands().any(|own| own == command);
    assert!(call || dialect.is_none_or(own), "seed {seed}: {command:?} to {dialect:?}");
}

fn assert_sound(reading: &Reading, heard: &[u8], seed: u64) {
    assert!(reading.evidence.len() <= 32, "seed {seed}");
    for evidence in &reading.evidence {
        assert!(evidence.answer.len() <= Evidence::MAX_LEN, "seed {seed}");
        assert!(Command::ALL.iter().any(|known| known.text() == evidence.command), "seed {seed}");
    }
    assert!(reading.claims.len() <= Digester::LINES * 32, "seed {seed}");
    for claim in &reading.claims {
        let asked = &reading.evidence[claim.evidence].command;
        let sound = match &claim.value {
            ClaimValue::Imei { imei, svn } => {
                let digits = imei.to_string();
                let full = svn.map(|svn| format!("{digits}{svn}"));
                stands(heard, &digits) || full.is_some_and(|full| stands(heard, &full))
            }
            ClaimValue::WithoutCheckDigit { imei14 } => stands(heard, &imei14.to_string()),
            ClaimValue::Imeisv { imeisv } => stands(heard, &imeisv.to_string()),
            ClaimValue::Rejected { text, .. } => stands(heard, text),
            ClaimValue::Meid { meid } => {
                let heard = String::from_utf8_lossy(heard).to_ascii_uppercase();
                heard.contains(&meid.to_string())
            }
        };
        assert!(sound, "seed {seed}: {asked} gave {:?}, which never arrived", claim.value);
        let named = claim.slot.is_some() && claim.confidence == Confidence::Strong;
        assert!(!named || asked.starts_with("AT+EGMR=0,"), "seed {seed}: {asked} names no slot");
    }
}

/// Whether these digits arrived in one piece, with no further digit on either side.
fn stands(heard: &[u8], digits: &str) -> bool {
    heard.split(|byte| !byte.is_ascii_digit()).any(|run| run == digits.as_bytes())
}

fn converse_with(phones: u64) {
    let begin = Instant::now();
    let seeds = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = seeds.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if seed >= phones {
                        return;
                    }
                    converse(seed);
                }
            });
        }
    });
    println!("{phones} phones in {:?}", begin.elapsed());
}

#[test]
fn whatever_phones_say_nothing_else_is_sent_and_no_digit_is_made_up() {
    let phones = std::env::var("TEKSER_TRANSCRIPTS").ok().and_then(|text| text.parse().ok());
    converse_with(phones.unwrap_or(20_000));
}

#[test]
#[ignore = "run by `.ci/run fuzz`, with --release: unoptimised it takes minutes"]
fn a_million_phones_say_anything_and_nothing_else_is_sent() {
    converse_with(1_000_000);
}

/// The phones above are worth something only if many of them are read.
#[test]
fn many_hostile_phones_give_a_reading_and_many_do_not() {
    let readings: Vec<_> = (0..1000).map(converse).collect();
    let told = |reading: &&Reading| reading.claims.iter().any(|claim| claim.value.imei().is_some());
    let read = readings.iter().flatten().filter(told).count();
    let failed = readings.iter().filter(|reading| reading.is_none()).count();
    assert!(read > 200 && failed > 50, "{read} were read, {failed} were not");
}
