//! Numbers that pass the check digit and are still wrong, and honest ones that must not suffer.

use tekser_imei::{Imei, Severity, Suspicion, Suspicions};

fn suspicions(text: &str) -> Suspicions {
    text.parse::<Imei>().unwrap().suspicions()
}

#[track_caller]
fn check(text: &str, expected: &[Suspicion], disqualified: bool) {
    let found = suspicions(text);
    assert_eq!(found.iter().collect::<Vec<_>>(), expected);
    assert_eq!(found.len(), expected.len());
    assert_eq!(found.is_empty(), expected.is_empty());
    assert_eq!(found.is_disqualifying(), disqualified);
}

#[track_caller]
fn check_14(identity: &str, expected: Suspicion) {
    let found = identity.parse::<tekser_imei::Imei14>().unwrap().suspicions();
    assert!(found.contains(expected), "{found:?}");
}

#[test]
fn honest_numbers_are_not_suspected() {
    check("352099001761481", &[], false);
    check("354178036859789", &[], false);
    check("356868000041418", &[], false);
    check("354626223546262", &[], false);
}

#[test]
fn old_german_number_is_only_noted() {
    check("490154203237518", &[Suspicion::RetiredReportingBody], false);
    assert_eq!(Suspicion::RetiredReportingBody.severity(), Severity::Note);
}

#[test]
fn numbers_known_to_be_wrong_are_suspected() {
    use Suspicion::*;
    let zeros = [AllZeros, TwoDistinctDigits, TestReportingBody, RepeatedDigit, RepeatedHalves];
    check("000000000000000", &[&zeros[..], &[ZeroSerialNumber]].concat(), true);
    check("004999010640000", &[Placeholder, TestReportingBody], true);
    check("135790246811222", &[Placeholder, UnusualReportingBody], true);
    let ones = [TwoDistinctDigits, RepeatedDigit, RepeatedHalves, PatternedSerialNumber];
    check("111111111111119", &[&ones[..], &[UnusualReportingBody]].concat(), true);
    check(
        "123456789012347",
        &[Placeholder, AscendingRun, PatternedSerialNumber, UnusualReportingBody],
        true,
    );
    check("350000000000006", &[RepeatedDigit, ZeroSerialNumber], false);
    check("990000000000002", &[TwoDistinctDigits, RepeatedDigit, ZeroSerialNumber], true);
}

#[test]
fn patterns_are_seen_wherever_they_stand() {
    check_14("35987654321017", Suspicion::DescendingRun);
    check_14("35890123456177", Suspicion::AscendingRun);
    check_14("35209900123456", Suspicion::PatternedSerialNumber);
    check_14("35209900654321", Suspicion::PatternedSerialNumber);
    check_14("35209900777777", Suspicion::PatternedSerialNumber);
    check_14("07209900176148", Suspicion::TestReportingBody);
    check_14("98000100176148", Suspicion::UnusualReportingBody);
}

#[test]
fn first_of_a_series_is_not_suspected() {
    check("352099000000014", &[], false);
}

#[test]
fn every_suspicion_has_its_own_code_and_place() {
    let mut codes: Vec<_> = Suspicion::ALL.iter().map(|one| one.code()).collect();
    let all: Suspicions = Suspicion::ALL.into_iter().collect();
    assert_eq!(all.iter().collect::<Vec<_>>(), Suspicion::ALL);
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Suspicion::ALL.len());
}

#[test]
fn a_set_is_as_grave_as_its_gravest() {
    for suspicion in Suspicion::ALL {
        let set: Suspicions = [suspicion].into_iter().collect();
        assert_eq!(set.is_disqualifying(), suspicion.is_disqualifying());
        let severe = suspicion.severity() == Severity::Disqualifying;
        assert_eq!(suspicion.is_disqualifying(), severe);
    }
}
