use jiff::civil::{Date, date};

use super::super::answer::{Classification, Observed};
use super::*;

const TODAY: Date = date(2026, 11, 22);

/// Registered, not stolen, nothing against it.
fn sound() -> Said {
    Said {
        imei_norm: "35209900176148".to_owned(),
        block_date: None,
        classification_state: Classification { blocking_conditions: Vec::new() },
        realtime_checks: Observed {
            ever_observed_on_network: false,
            in_registration_list: true,
            invalid_imei: false,
        },
        registration_status: entry(Some("whitelist"), Some(false)),
        stolen_status: entry(None, None),
    }
}

fn entry(status: Option<&str>, provisional_only: Option<bool>) -> Entry {
    Entry { status: status.map(str::to_owned), provisional_only }
}

fn with(change: impl FnOnce(&mut Said)) -> Verdict {
    let mut said = sound();
    change(&mut said);
    verdict(&said, TODAY)
}

fn unregistered(said: &mut Said) {
    said.registration_status = entry(None, None);
    said.realtime_checks.in_registration_list = false;
}

fn pending(said: &mut Said) {
    said.registration_status = entry(Some("pending"), Some(true));
    said.realtime_checks.in_registration_list = false;
}

fn stolen(said: &mut Said) {
    said.stolen_status = entry(Some("blacklist"), Some(false));
}

fn stolen_pending(said: &mut Said) {
    said.stolen_status = entry(Some("pending"), Some(true));
}

fn meets(said: &mut Said, names: &[&str]) {
    said.classification_state.blocking_conditions = names
        .iter()
        .map(|name| Condition { condition_met: true, condition_name: (*name).to_owned() })
        .collect();
}

fn blocked(reason: BlockReason) -> Verdict {
    Verdict::Blocked { reason }
}

fn open(why: Undetermined) -> Verdict {
    Verdict::Undetermined { why }
}

/// One row of the table: where it comes from, what changes in a sound answer, what it becomes.
type Row = (&'static str, fn(&mut Said), Verdict);

#[test]
fn every_row_of_the_tables_has_its_verdict() {
    const STOLEN: BlockReason = BlockReason::Stolen;
    let until = "2026-11-23T00:00:00+05".parse().unwrap();
    let table: &[Row] = &[
        ("truth table: registered, not stolen: compliant", |_| {}, Verdict::Clear),
        ("truth table: registered, stolen: non compliant", stolen, blocked(STOLEN)),
        (
            "truth table: registered, stolen pending: provisionally non compliant",
            stolen_pending,
            open(Undetermined::Pending),
        ),
        ("truth table: pending: provisionally compliant", pending, open(Undetermined::Pending)),
        (
            "truth table: pending, stolen pending: provisionally non compliant",
            |said| {
                pending(said);
                stolen_pending(said);
            },
            open(Undetermined::Pending),
        ),
        (
            "truth table: pending, stolen: non compliant",
            |said| {
                pending(said);
                stolen(said);
            },
            blocked(STOLEN),
        ),
        (
            "truth table: not registered: non compliant; mapping: not seen either: unknown",
            unregistered,
            Verdict::Unknown,
        ),
        (
            "truth table: not registered: non compliant; seen, so the mapping's unknown does not fit",
            |said| {
                unregistered(said);
                said.realtime_checks.ever_observed_on_network = true;
            },
            open(Undetermined::Pending),
        ),
        (
            "live: not registered, stolen",
            |said| {
                unregistered(said);
                stolen(said);
            },
            blocked(STOLEN),
        ),
        (
            "mapping: block date in the future",
            |said| said.block_date = Some(date(2026, 11, 23)),
            Verdict::Grace { until },
        ),
        (
            "mapping: block date in the future, still pending",
            |said| {
                pending(said);
                said.block_date = Some(date(2026, 11, 23));
            },
            Verdict::Grace { until },
        ),
        (
            "mapping: block date today",
            |said| said.block_date = Some(TODAY),
            blocked(BlockReason::Prohibited),
        ),
        (
            "mapping: block date in the past, registered or not",
            |said| said.block_date = Some(date(2020, 1, 1)),
            blocked(BlockReason::Prohibited),
        ),
        (
            "mapping: stolen before its block date",
            |said| {
                stolen(said);
                said.block_date = Some(date(2026, 11, 23));
            },
            blocked(STOLEN),
        ),
        (
            "mapping: clear only if no blocking condition is met",
            |said| meets(said, &["duplicate_large"]),
            open(Undetermined::Pending),
        ),
        (
            "DIRBS-Core's source: a row of the stolen list without a status is stolen",
            |said| said.stolen_status = entry(None, Some(false)),
            blocked(STOLEN),
        ),
        (
            "DIRBS-Core's source: a registration may have no status; mapping: clear is `whitelist`",
            |said| said.registration_status = entry(None, Some(false)),
            open(Undetermined::Unreadable),
        ),
        (
            "live: called invalid; the mapping does not call it blocked",
            |said| said.realtime_checks.invalid_imei = true,
            open(Undetermined::Unreadable),
        ),
        (
            "ours: a status of the stolen list without a flag",
            |said| said.stolen_status = entry(Some("blacklist"), None),
            open(Undetermined::Unreadable),
        ),
        (
            "ours: registered, and on no list",
            |said| said.realtime_checks.in_registration_list = false,
            open(Undetermined::Unreadable),
        ),
    ];
    for (source, change, expected) in table {
        assert_eq!(with(change), *expected, "{source}");
    }
}

#[test]
fn conditions_say_why_it_is_blocked() {
    let table = [
        (&["duplicate_mk1", "local_stolen"][..], BlockReason::Stolen),
        (&["on_local_stolen_list"], BlockReason::Stolen),
        (&["gsma_not_found", "not_on_registration_list"], BlockReason::Altered),
        (&["malformed_imei"], BlockReason::Altered),
        (&["barred_list"], BlockReason::BlockListed),
        (&["not_on_registration_list"], BlockReason::GraceExpired),
        (&["duplicate_compound"], BlockReason::Regulatory),
        (&["simple_dimension"], BlockReason::Regulatory),
        (&[], BlockReason::Prohibited),
    ];
    for (names, reason) in table {
        let said = with(|said| {
            meets(said, names);
            said.block_date = Some(TODAY);
        });
        assert_eq!(said, blocked(reason), "{names:?}");
    }
}

/// Every combination of what the fields can say.
fn everything() -> impl Iterator<Item = Said> {
    let statuses = [None, Some("whitelist"), Some("pending"), Some("Whitelist"), Some("")];
    let flags = [None, Some(true), Some(false)];
    let entries = move || {
        statuses.into_iter().flat_map(move |status| flags.into_iter().map(move |f| (status, f)))
    };
    let dates = [None, Some(date(2020, 1, 1)), Some(TODAY), Some(date(9999, 12, 31))];
    entries().flat_map(move |registration| {
        entries().flat_map(move |stolen| {
            dates.into_iter().flat_map(move |block_date| {
                (0_u8..16).map(move |bits| Said {
                    block_date,
                    classification_state: Classification {
                        blocking_conditions: vec![Condition {
                            condition_met: bits & 1 != 0,
                            condition_name: "simple_dimension".to_owned(),
                        }],
                    },
                    realtime_checks: Observed {
                        ever_observed_on_network: bits & 2 != 0,
                        in_registration_list: bits & 4 != 0,
                        invalid_imei: bits & 8 != 0,
                    },
                    registration_status: entry(registration.0, registration.1),
                    stolen_status: entry(stolen.0, stolen.1),
                    ..sound()
                })
            })
        })
    })
}

#[test]
fn nothing_but_registered_not_stolen_not_blocked_is_clear() {
    let mut clear = 0;
    for said in everything() {
        if !verdict(&said, TODAY).is_clear() {
            continue;
        }
        clear += 1;
        assert_eq!(said.registration_status.status.as_deref(), Some("whitelist"));
        assert_eq!(said.registration_status.provisional_only, Some(false));
        assert_eq!(said.stolen_status.status, None);
        assert_eq!(said.stolen_status.provisional_only, None);
        assert_eq!(said.block_date, None);
        assert!(!said.classification_state.blocking_conditions[0].condition_met);
        assert!(said.realtime_checks.in_registration_list && !said.realtime_checks.invalid_imei);
    }
    assert_eq!(clear, 2, "seen in a network or not");
}

#[test]
fn whatever_is_stolen_or_past_its_block_date_is_blocked() {
    for said in everything() {
        let past = said.block_date.is_some_and(|date| date <= TODAY);
        if past || said.stolen_status.provisional_only == Some(false) {
            assert_eq!(verdict(&said, TODAY).kind(), "blocked");
        }
    }
}
