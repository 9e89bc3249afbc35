//! Codes in front of the glass, and what becomes of them.

use tekser_wire::message::Verdict;

use crate::counter::Counter;

/// Published examples.
const SOUND: &str = "490154203237518";
const OTHER: &str = "356938035643809";

#[test]
fn a_sound_imei_is_judged_stored_and_sent() {
    let Some(mut counter) = Counter::ready() else { return };
    counter.show(&format!("]C0{SOUND}"));
    counter.until_scans(1);
    let scan = &counter.notes().scans[0];
    assert_eq!((scan.text.as_str(), scan.verdict), (SOUND, Verdict::Valid));
    assert_eq!(scan.aim, Some(*b"C0"));
    println!("{:?} {:?}", scan, counter.counters());
    for e in counter.seen.iter().rev().take(12) {
        println!("{e:?}");
    }
}

#[test]
fn a_wrong_check_digit_is_a_finding_and_no_error() {
    let Some(mut counter) = Counter::ready() else { return };
    counter.show("490154203237510");
    counter.show(OTHER);
    counter.until_scans(2);
    let verdicts: Vec<_> = counter.notes().scans.iter().map(|scan| scan.verdict).collect();
    assert_eq!(verdicts, [Verdict::Wrong, Verdict::Valid]);
}
