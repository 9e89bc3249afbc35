//! The journal over a flash that is cut off, wears out and forgets.

use proptest::collection::vec;
use proptest::prelude::*;
use tekser_scanner::journal::{AppendError, Journal, NewScan};
use tekser_wire::message::{Aim, BoxNumber, Moment, Scan, Sequence, TEXT_MAX, Verdict};

use crate::nor::{Chance, Nor};

const VERDICTS: [Verdict; 5] =
    [Verdict::Valid, Verdict::Wrong, Verdict::Suspicious, Verdict::Other, Verdict::Nothing];

/// A scan that is all made of one number, so that it can be known again.
fn text(number: u32, len: usize) -> Vec<u8> {
    let mut text = number.to_le_bytes().to_vec();
    text.extend((0..len).map(|at| (at as u8).wrapping_mul(31) ^ number as u8));
    text.truncate(len.clamp(4, TEXT_MAX));
    text
}

fn scan(number: u32, text: &[u8]) -> NewScan<'_> {
    NewScan {
        box_number: BoxNumber(number / 3 + 1),
        at: match number % 2 {
            0 => Moment::Unix { ms: 1_790_000_000_000 + u64::from(number) },
            _ => Moment::Uptime { boot: number, ms: u64::from(number) << 8 },
        },
        aim: (!number.is_multiple_of(3)).then_some(Aim(*b"C0")),
        verdict: VERDICTS[number as usize % 5],
        text,
    }
}

fn assert_same(found: &Scan<'_>, sequence: u32, expected: &NewScan<'_>) {
    assert_eq!(found.sequence, Sequence(sequence));
    assert_eq!(found.box_number, expected.box_number);
    assert_eq!(found.at, expected.at);
    assert_eq!(found.aim, expected.aim);
    assert_eq!(found.verdict, expected.verdict);
    assert_eq!(found.text, expected.text);
}

/// A journal over a chip, and what it must hold.
struct Bench<const WORD: usize, const SECTOR: usize> {
    chip: Nor<WORD, SECTOR>,
    journal: Journal<Nor<WORD, SECTOR>>,
    /// Accepted scans that were not released: sequence, number, length of text.
    kept: Vec<(u32, u32, usize)>,
    next: u32,
    /// What the next scan is made of.
    number: u32,
    refused: u32,
    released: u32,
    settings: Vec<u8>,
    boots: u32,
}

/// What was going on when the power went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Nothing,
    Append { number: u32, len: usize },
    Refuse,
    Settings(u8),
}

impl<const WORD: usize, const SECTOR: usize> Bench<WORD, SECTOR> {
    fn new(sectors: usize, seed: u64) -> Self {
        let chip = Nor::new(sectors, seed);
        let journal = Journal::open(chip.clone(), 0..chip.capacity(), seed as u32 | 1);
        assert!(journal.is_sound());
        Self {
            chip,
            journal,
            kept: Vec::new(),
            next: 1,
            number: 1,
            refused: 0,
            released: 0,
            settings: Vec::new(),
            boots: 1,
        }
    }

    /// Whether it was accepted.
    fn append(&mut self, len: usize) -> Doing {
        let number = self.number;
        self.number += 1;
        let text = text(number, len);
        match self.journal.append(&scan(number, &text)) {
            Ok(sequence) => {
                assert_eq!(sequence.0, self.next, "numbers follow each other");
                self.kept.push((sequence.0, number, len));
                self.next += 1;
            }
            Err(AppendError::Full) => {
                assert!(self.journal.usage().is_nearly_full(), "{:?}", self.journal.usage());
                return self.refuse();
            }
            Err(AppendError::Flash) => assert!(self.chip.is_off(), "refused for no reason"),
            Err(AppendError::Text) => panic!("the text is fine"),
        }
        Doing::Append { number, len }
    }

    fn refuse(&mut self) -> Doing {
        self.journal.refuse();
        if !self.chip.is_off() {
            self.refused += 1;
        }
        Doing::Refuse
    }

    fn release(&mut self, count: usize) {
        let count = count.min(self.kept.len());
        if let Some((through, ..)) = self.kept.drain(..count).next_back() {
            self.journal.release(Sequence(through));
            self.released = through;
        }
    }

    fn keep_settings(&mut self, value: u8) -> Doing {
        let settings = vec![value; usize::from(value % 33)];
        if self.journal.keep_settings(&settings).is_ok() {
            self.settings = settings;
        }
        Doing::Settings(value)
    }

    fn tidy_up(&mut self) {
        while self.journal.wants_tidy() && !self.chip.is_off() {
            self.journal.tidy();
        }
    }

    /// Takes the power away and gives it back; `doing` may or may not have come to pass.
    fn restart(&mut self, doing: Doing) {
        self.chip.power_on();
        let store = self.journal.store();
        self.journal = Journal::open(self.chip.clone(), 0..self.chip.capacity(), 0xDEAD);
        assert!(self.journal.is_sound());
        assert_eq!(self.journal.store(), store, "the store is the same");
        self.boots += 1;
        assert!(self.journal.boots() >= self.boots, "{} < {}", self.journal.boots(), self.boots);
        self.boots = self.journal.boots();
        if let Doing::Append { number, len } = doing
            && self.journal.next().0 == self.next + 1
        {
            self.kept.push((self.next, number, len));
            self.next += 1;
        }
        if doing == Doing::Refuse && self.journal.refused() == self.refused + 1 {
            self.refused += 1;
        }
        if let Doing::Settings(value) = doing
            && self.journal.settings() != self.settings
        {
            self.settings = vec![value; usize::from(value % 33)];
        }
        self.check();
    }

    fn check(&mut self) {
        assert_eq!(self.journal.next().0, self.next);
        assert_eq!(self.journal.refused(), self.refused);
        assert_eq!(self.journal.settings(), self.settings);
        assert!(self.journal.oldest().0 <= self.released + 1);
        let mut buffer = [0; TEXT_MAX];
        // What was released may come again until the flash knows; what was not, must come.
        let mut after = Sequence(self.released);
        for (sequence, number, len) in self.kept.iter().copied() {
            let text = text(number, len);
            let found = self.journal.scan_after(after, &mut buffer).expect("an accepted scan");
            assert_same(&found, sequence, &scan(number, &text));
            after = found.sequence;
        }
        assert_eq!(self.journal.scan_after(after, &mut buffer), None);
        // And those before are there, or known to be gone.
        let mut after = self.journal.oldest().previous();
        let waiting = (0..self.journal.waiting()).filter(|_| {
            let found = self.journal.scan_after(after, &mut buffer);
            after = after.next();
            found.is_some_and(|scan| scan.sequence == after)
        });
        assert_eq!(waiting.count() as u32, self.next - self.journal.oldest().0);
    }
}

/// One of a long series of things that happen.
fn happen<const WORD: usize, const SECTOR: usize>(
    bench: &mut Bench<WORD, SECTOR>,
    chance: &mut Chance,
) -> Doing {
    match chance.below(20) {
        0..=10 => {
            let len = if chance.below(8) == 0 { chance.below(512) } else { 15 };
            return bench.append(len as usize);
        }
        11..=13 => bench.release(chance.below(12) as usize),
        14..=16 => bench.journal.tidy(),
        17 => return bench.keep_settings(chance.draw() as u8),
        18 => return bench.refuse(),
        _ => bench.release(usize::MAX),
    }
    Doing::Nothing
}

fn cut_everywhere<const WORD: usize, const SECTOR: usize>(sectors: usize, stride: usize) {
    let mut whole = Bench::<WORD, SECTOR>::new(sectors, 7);
    let begun = whole.chip.steps();
    let mut chance = Chance::new(11);
    for _ in 0..120 {
        happen(&mut whole, &mut chance);
    }
    whole.check();
    for cut in (0..whole.chip.steps() - begun).step_by(stride) {
        let mut bench = Bench::<WORD, SECTOR>::new(sectors, 7 + cut);
        bench.chip.cut_after(cut);
        let mut chance = Chance::new(11);
        let mut doing = Doing::Nothing;
        while !bench.chip.is_off() {
            doing = happen(&mut bench, &mut chance);
        }
        bench.restart(doing);
        for _ in 0..10 {
            happen(&mut bench, &mut chance);
        }
        bench.check();
    }
}

#[test]
fn nothing_is_lost_wherever_the_power_goes() {
    cut_everywhere::<1, 1024>(5, 1);
}

#[test]
fn nothing_is_lost_wherever_the_power_goes_with_words_of_four_bytes() {
    cut_everywhere::<4, 2048>(4, 3);
}

#[test]
fn nothing_is_lost_when_the_power_goes_while_it_comes_back() {
    for seed in 0..300 {
        let mut bench = Bench::<2, 1024>::new(6, seed);
        let mut chance = Chance::new(seed);
        for _ in 0..chance.below(200) {
            happen(&mut bench, &mut chance);
        }
        for _ in 0..5 {
            bench.chip.cut_after(chance.below(120));
            let mut doing = Doing::Nothing;
            for _ in 0..20 {
                if bench.chip.is_off() {
                    break;
                }
                doing = happen(&mut bench, &mut chance);
            }
            // The next start does not get far either.
            bench.chip.power_on();
            bench.chip.cut_after(chance.below(100));
            drop(Journal::open(bench.chip.clone(), 0..bench.chip.capacity(), 1));
            bench.restart(doing);
        }
    }
}

#[test]
fn a_blank_a_foreign_and_a_half_formatted_area_are_formatted() {
    for seed in 0..200_u64 {
        let chip = Nor::<1, 1024>::new(5, seed);
        let mut chance = Chance::new(seed);
        if seed % 2 == 0 {
            chip.fill(|_| chance.draw() as u8);
        }
        chip.cut_after(chance.below(200));
        drop(Journal::open(chip.clone(), 0..chip.capacity(), 5));
        chip.power_on();
        let mut journal = Journal::open(chip.clone(), 0..chip.capacity(), 9);
        assert!(journal.is_sound());
        assert!(matches!(journal.store().0, 5 | 9));
        assert_eq!(journal.waiting(), 0);
        assert_eq!(journal.append(&scan(1, b"490154203237518")), Ok(Sequence(1)));
    }
}

#[test]
fn a_full_journal_refuses_and_counts_exactly_and_for_ever() {
    let mut bench = Bench::<1, 1024>::new(5, 3);
    bench.tidy_up();
    for _ in 0..2_000 {
        bench.append(15);
    }
    let held = bench.kept.len() as u32;
    assert!(held >= 60, "{held}");
    assert_eq!(bench.journal.refused(), 2_000 - held);
    bench.restart(Doing::Nothing);
    bench.tidy_up();
    bench.append(15);
    assert_eq!(bench.journal.refused(), 2_001 - held, "still full");

    bench.release(usize::MAX);
    bench.append(15);
    assert_eq!(bench.journal.refused(), 2_001 - held, "room again, without a quiet moment");
    bench.restart(Doing::Nothing);
    assert_eq!(bench.kept.len(), 1);
}

#[test]
fn a_number_is_never_used_again() {
    let mut bench = Bench::<4, 1024>::new(4, 3);
    for round in 0..200 {
        for _ in 0..round % 7 {
            bench.append(15);
        }
        bench.release(usize::MAX);
        bench.tidy_up();
        bench.restart(Doing::Nothing);
    }
    assert_eq!(bench.journal.waiting(), 0);
    assert_eq!(bench.journal.next().0, bench.next);
    assert!(bench.next > 500);
}

#[test]
fn boxes_go_on_where_they_were() {
    let mut bench = Bench::<1, 1024>::new(4, 3);
    for _ in 0..200 {
        bench.append(15);
        bench.release(usize::MAX);
        bench.tidy_up();
    }
    assert_eq!(bench.journal.last_box(), BoxNumber(200 / 3 + 1));
    bench.restart(Doing::Nothing);
    assert_eq!(bench.journal.last_box(), BoxNumber(200 / 3 + 1));
}

#[test]
fn sectors_wear_evenly() {
    let mut bench = Bench::<1, 1024>::new(16, 3);
    let before = bench.chip.erasures();
    for round in 0..20_000_usize {
        bench.append(15);
        if round % 9 == 0 {
            bench.release(usize::MAX);
            bench.tidy_up();
        }
        if round % 1_000 == 0 {
            bench.restart(Doing::Nothing);
        }
    }
    let erasures = bench.chip.erasures();
    let worn: Vec<_> = erasures.iter().zip(before).map(|(after, before)| after - before).collect();
    let (least, most) = (worn.iter().min().unwrap(), worn.iter().max().unwrap());
    assert!(*least > 50, "{worn:?}");
    assert!(most - least <= 1, "{worn:?}");
}

#[test]
fn reading_on_takes_the_same_time_wherever_it_is() {
    let mut bench = Bench::<1, 4096>::new(64, 3);
    while bench.refused == 0 {
        bench.append(15);
    }
    assert!(bench.kept.len() > 5_000);
    let mut buffer = [0; TEXT_MAX];
    let mut most = 0;
    for (sequence, ..) in bench.kept.iter().skip(1) {
        let before = bench.chip.bytes_read();
        let found = bench.journal.scan_after(Sequence(sequence - 1), &mut buffer);
        assert_eq!(found.map(|scan| scan.sequence), Some(Sequence(*sequence)));
        most = most.max(bench.chip.bytes_read() - before);
        if *sequence == 2 {
            most = 0;
        }
    }
    assert!(most < 700, "{most} bytes read for one scan");
}

#[test]
fn a_start_reads_a_small_part_of_the_area() {
    let mut bench = Bench::<1, 4096>::new(256, 3);
    while bench.refused == 0 {
        bench.append(15);
    }
    assert!(bench.kept.len() > 24_000, "{}", bench.kept.len());
    let before = bench.chip.bytes_read();
    let journal = Journal::open(bench.chip.clone(), 0..bench.chip.capacity(), 1);
    assert!(journal.is_sound());
    let read = bench.chip.bytes_read() - before;
    assert!(read < 100_000, "{read} bytes read");
}

#[test]
fn an_append_reads_and_writes_little_more_than_the_record() {
    let mut bench = Bench::<1, 4096>::new(32, 3);
    bench.tidy_up();
    let mut slow = 0;
    for _ in 0..1_000 {
        let (written, read) = (bench.chip.steps(), bench.chip.bytes_read());
        bench.append(15);
        assert!(bench.chip.steps() - written <= 44 + 76);
        slow += u32::from(bench.chip.bytes_read() - read > 44);
    }
    // Once a sector, it is looked at whether the next one is blank.
    assert!(slow <= 11, "{slow}");
}

#[test]
fn a_spoilt_record_costs_that_scan_alone() {
    let mut bench = Bench::<1, 1024>::new(6, 3);
    for _ in 0..30 {
        bench.append(15);
    }
    let (sequence, number, len) = bench.kept[10];
    bench.chip.spoil(bench.chip.find(&text(number, len)).unwrap() + 6);
    let mut buffer = [0; TEXT_MAX];
    let found = bench.journal.scan_after(Sequence(sequence - 1), &mut buffer);
    assert_eq!(found.map(|scan| scan.sequence), Some(Sequence(sequence + 1)));
    let mut bench_journal = Journal::open(bench.chip.clone(), 0..bench.chip.capacity(), 1);
    assert_eq!(bench_journal.next().0, bench.next);
    let found = bench_journal.scan_after(Sequence(sequence - 1), &mut buffer);
    assert_eq!(found.map(|scan| scan.sequence), Some(Sequence(sequence + 1)));
}

#[test]
fn a_code_that_looks_like_a_record_is_a_code() {
    // The third record of a store, bytes and check.
    let mut other = Bench::<1, 1024>::new(5, 3);
    for _ in 0..3 {
        other.append(15);
    }
    let begin = other.chip.find(&text(3, 15)).unwrap() - 24;
    let image = other.chip.copy(begin, 44);

    // The same store; the power fails while a code with that text is being kept.
    let mut bench = Bench::<1, 1024>::new(5, 3);
    assert_eq!(bench.journal.store(), other.journal.store());
    bench.append(15);
    assert_eq!(bench.journal.append(&scan(2, &image)), Ok(Sequence(2)));
    let torn = bench.chip.find(&image).unwrap();
    bench.chip.spoil(torn - 20);
    let mut buffer = [0; TEXT_MAX];
    let mut journal = Journal::open(bench.chip.clone(), 0..bench.chip.capacity(), 1);
    assert_eq!(journal.next(), Sequence(2), "the torn one is gone, the one in it is none");
    assert_eq!(journal.scan_after(Sequence(1), &mut buffer), None);
}

#[test]
fn a_sector_that_is_not_as_blank_as_it_was_is_erased_again() {
    let mut bench = Bench::<1, 1024>::new(6, 3);
    bench.tidy_up();
    // Behind the one in use.
    bench.chip.spoil_blank(1_024 + 700);
    for _ in 0..200 {
        bench.append(15);
        bench.release(3);
    }
    bench.check();
    assert_eq!(bench.refused, 0);
}

#[test]
fn a_sector_that_does_not_erase_or_keep_is_left_out() {
    let mut bench = Bench::<1, 1024>::new(8, 3);
    bench.chip.wear_out(3);
    bench.chip.make_forgetful(5);
    for _ in 0..500 {
        bench.append(15);
        bench.release(3);
        bench.tidy_up();
        bench.check();
    }
    assert_eq!(bench.refused, 0);
    assert_eq!(bench.journal.usage().capacity, 4 * (1024 - 8));
    bench.restart(Doing::Nothing);
}

#[test]
fn a_sector_that_begins_to_forget_is_left_with_what_it_has() {
    let mut bench = Bench::<1, 1024>::new(8, 3);
    bench.tidy_up();
    for _ in 0..5 {
        bench.append(15);
    }
    bench.chip.make_forgetful(0);
    for _ in 0..30 {
        bench.append(15);
    }
    bench.check();
    bench.restart(Doing::Nothing);
}

#[test]
fn a_flash_that_keeps_nothing_accepts_nothing_until_it_works_again() {
    let mut bench = Bench::<1, 1024>::new(5, 3);
    bench.append(15);
    (0..5).for_each(|sector| bench.chip.make_forgetful(sector));
    assert_eq!(bench.journal.append(&scan(9, b"text")), Err(AppendError::Flash));
    assert!(!bench.journal.is_sound());
    bench.check();
    bench.chip.repair();
    bench.restart(Doing::Nothing);
    bench.append(15);
    bench.check();
}

#[test]
fn an_area_that_is_too_small_accepts_nothing() {
    let chip = Nor::<1, 1024>::new(3, 3);
    let mut journal = Journal::open(chip.clone(), 0..chip.capacity(), 1);
    assert!(!journal.is_sound());
    assert!(!journal.wants_tidy());
    assert_eq!(journal.append(&scan(1, b"text")), Err(AppendError::Flash));
    journal.refuse();
    assert_eq!(journal.refused(), 1);
    assert_eq!(journal.scan_after(Sequence(0), &mut [0; TEXT_MAX]), None);
}

#[test]
fn only_whole_sectors_of_the_area_are_touched() {
    let chip = Nor::<1, 1024>::new(8, 3);
    chip.fill(|_| 0x5A);
    let mut journal = Journal::open(chip.clone(), 1_000..7_500, 1);
    while journal.append(&scan(1, b"490154203237518")).is_ok() {
        journal.tidy();
    }
    let erasures = chip.erasures();
    assert_eq!((erasures[0], erasures[7]), (0, 0));
    assert!(erasures[1] > 0 && erasures[6] > 0);
}

#[test]
fn numbers_that_only_the_station_knows_are_not_used_again() {
    let mut bench = Bench::<1, 1024>::new(5, 3);
    bench.append(15);
    bench.journal.release(Sequence(20));
    assert_eq!(bench.journal.next(), Sequence(21));
    bench.journal.release(Sequence(u32::MAX));
    assert_eq!(bench.journal.next(), Sequence(21), "and nobody can use them all up");
    assert_eq!(bench.journal.waiting(), 0);
    bench.tidy_up();
    let journal = Journal::open(bench.chip.clone(), 0..bench.chip.capacity(), 1);
    assert_eq!(journal.next(), Sequence(21));
}

#[test]
fn a_text_is_neither_empty_nor_too_long() {
    let mut bench = Bench::<1, 1024>::new(5, 3);
    assert_eq!(bench.journal.append(&scan(1, b"")), Err(AppendError::Text));
    let long = [b'7'; TEXT_MAX + 1];
    assert_eq!(bench.journal.append(&scan(1, &long)), Err(AppendError::Text));
    assert_eq!(bench.journal.append(&scan(1, &long[..TEXT_MAX])), Ok(Sequence(1)));
    let mut buffer = [0; TEXT_MAX];
    let found = bench.journal.scan_after(Sequence(0), &mut buffer).unwrap();
    assert_eq!(found.text, &long[..TEXT_MAX]);
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Append(usize),
    Refuse,
    Release(usize),
    Tidy,
    Settings(u8),
    Cut(u64),
    Restart,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        8 => prop_oneof![9 => 4..40_usize, 1 => 4..=TEXT_MAX].prop_map(Act::Append),
        1 => Just(Act::Refuse),
        3 => (0..40_usize).prop_map(Act::Release),
        3 => Just(Act::Tidy),
        1 => any::<u8>().prop_map(Act::Settings),
        2 => (0..300_u64).prop_map(Act::Cut),
        1 => Just(Act::Restart),
    ];
    vec(act, 1..300)
}

proptest! {
    #[test]
    fn it_holds_what_was_accepted_whatever_happens(acts in acts(), seed: u64) {
        let mut bench = Bench::<1, 1024>::new(5, seed);
        for act in acts {
            let doing = match act {
                Act::Append(len) => bench.append(len),
                Act::Refuse => bench.refuse(),
                Act::Settings(value) => bench.keep_settings(value),
                Act::Release(count) => { bench.release(count); Doing::Nothing }
                Act::Tidy => { bench.journal.tidy(); Doing::Nothing }
                Act::Cut(steps) => { bench.chip.cut_after(steps); Doing::Nothing }
                Act::Restart => { bench.restart(Doing::Nothing); Doing::Nothing }
            };
            if bench.chip.is_off() {
                bench.restart(doing);
            }
        }
        bench.check();
    }
}
