//! From what DIRBS-Core says of an IMEI to a verdict.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use super::answer::{Condition, Entry, Said};
use crate::ruling::{BlockReason, Undetermined, Verdict};

/// Status of an IMEI that is registered and approved.
const REGISTERED: &str = "whitelist";

/// What an IMEI's row in one of the two lists amounts to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    No,
    Provisionally,
    Yes,
    /// It contradicts itself, or has a status that we do not know.
    Unclear,
}

/// The verdict, worst news first, so that what is certain and bad is never hidden by what is open.
///
/// Sources of the rows, by what they are called in the tests: *mapping*, the table of statuses
/// that a station implements; *truth table*, the compliance table of DIRBS's own verification
/// subsystem; *live*, what a running server answered.
pub(super) fn verdict(said: &Said, today: Date) -> Verdict {
    let stolen = stolen(&said.stolen_status);
    let registered = registered(&said.registration_status);
    let met: Vec<&str> = met(&said.classification_state.blocking_conditions).collect();
    let open = |why| Verdict::Undetermined { why };
    match said.block_date {
        _ if stolen == Listed::Yes => Verdict::Blocked { reason: BlockReason::Stolen },
        Some(date) if date <= today => Verdict::Blocked { reason: reason(&met) },
        Some(date) => Verdict::Grace { until: start_of(date) },
        // It was asked about a sound IMEI and names the same digits: that it calls them invalid
        // contradicts itself. The mapping knows two grounds to call an IMEI blocked, and this is
        // neither: nobody is accused of an altered IMEI for it.
        None if said.realtime_checks.invalid_imei => open(Undetermined::Unreadable),
        None if stolen == Listed::Unclear || registered == Listed::Unclear => {
            open(Undetermined::Unreadable)
        }
        None if stolen == Listed::Provisionally || registered == Listed::Provisionally => {
            open(Undetermined::Pending)
        }
        // A condition that blocks is met, and no date has been set.
        None if !met.is_empty() => open(Undetermined::Pending),
        None if registered == Listed::No => {
            // Known from a network and not registered: it has been met and not been judged, so it
            // is not unknown.
            if said.realtime_checks.ever_observed_on_network {
                open(Undetermined::Pending)
            } else {
                Verdict::Unknown
            }
        }
        None if !said.realtime_checks.in_registration_list => open(Undetermined::Unreadable),
        None => Verdict::Clear,
    }
}

/// The stolen list counts a row without a status as stolen, so the flag decides, not the word.
fn stolen(entry: &Entry) -> Listed {
    match (entry.provisional_only, &entry.status) {
        (Some(false), _) => Listed::Yes,
        (Some(true), _) => Listed::Provisionally,
        (None, None) => Listed::No,
        (None, Some(_)) => Listed::Unclear,
    }
}

/// The registration list has rows without a status too, from before there was one; whether they
/// were approved is not said, so they are not taken for it.
fn registered(entry: &Entry) -> Listed {
    match (entry.provisional_only, entry.status.as_deref()) {
        (Some(false), Some(REGISTERED)) => Listed::Yes,
        (Some(true), _) => Listed::Provisionally,
        (None, None) => Listed::No,
        (Some(false) | None, _) => Listed::Unclear,
    }
}

fn met(conditions: &[Condition]) -> impl Iterator<Item = &str> {
    conditions.iter().filter(|one| one.condition_met).map(|one| one.condition_name.as_str())
}

/// Why it is blocked. Operators name their conditions as they like; these are the words that the
/// names in use share. A duplicate is no ground to call an IMEI altered: one of the two is honest.
fn reason(met: &[&str]) -> BlockReason {
    let any = |words: &[&str]| met.iter().any(|name| words.iter().any(|word| name.contains(word)));
    if any(&["stolen"]) {
        BlockReason::Stolen
    } else if any(&["malformed", "invalid", "gsma_not_found"]) {
        BlockReason::Altered
    } else if any(&["barred"]) {
        BlockReason::BlockListed
    } else if any(&["registration"]) {
        // Its time to be registered, which the block date closes, is over.
        BlockReason::GraceExpired
    } else if met.is_empty() {
        BlockReason::Prohibited
    } else {
        BlockReason::Regulatory
    }
}

/// The midnight that opens a day. One time for the whole country since 1 March 2024: UTC+5.
fn start_of(date: Date) -> Timestamp {
    let zone = TimeZone::fixed(Offset::constant(5));
    date.to_zoned(zone).map_or(Timestamp::MAX, |midnight| midnight.timestamp())
}

#[cfg(test)]
mod tests;
