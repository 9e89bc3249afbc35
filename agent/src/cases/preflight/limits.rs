//! Quotas, tracking numbers, days of grace: all of them rules that are data.

use jiff::Timestamp;
use jiff::civil::Date;

use super::papers::naming;
use super::{Findings, Known, PreflightCode as Code};
use crate::cases::{Case, CaseState, DocumentKind, FiledDevice, Filing};
use crate::finding::Severity;
use crate::rules::{Quota, day};
use crate::ruling::{BlockReason, Verdict};

/// How many devices a person may verify.
pub(super) fn quotas(case: &Case, known: &Known<'_>, found: &mut Findings) {
    let Filing::Personal(personal) = &case.filing else { return };
    let (Some(applicant), Some(country)) = (personal.applicant, personal.country) else { return };
    let origin = known.rules.origin(country);
    let opened = day(case.opened_at);
    for quota in known.rules.quota.iter().filter(|quota| quota.from == origin) {
        let before: usize = known
            .others
            .iter()
            .filter(|other| counts(other, quota, opened, known))
            .filter(|other| other.filing.applicant().is_some_and(|a| a.number == applicant.number))
            .map(|other| other.filing.devices().len())
            .sum();
        if (before + personal.devices.len()) as u64 > u64::from(quota.devices) {
            let cure = "the person's devices of this time are used up, as far as this station knows: \
                        wait for the next year or month, or expect a refusal";
            found.rule(Code::QuotaExceeded, quota.severity, "devices", cure, &quota.source);
        }
    }
}

/// Without the index of the year nobody can say what an applicant who pays has to pay.
pub(super) fn fee(filing: &Filing, known: &Known<'_>, found: &mut Findings) {
    let Some(applicant) = filing.applicant() else { return };
    if !filing.devices().is_empty() && known.rules.lacks_index(applicant, day(known.now)) {
        let cure = "the monthly calculation index of this year is not in the rules: look it up and \
                    add it under [[mci]] in rules.toml, or ask what is to be paid";
        let (code, source) = (Code::FeeUnknownYear, &known.rules.fee.source);
        found.rule(code, Severity::Info, "applicant", cure, source);
    }
}

/// Whether a case uses up this quota.
fn counts(other: &Case, quota: &Quota, opened: Date, known: &Known<'_>) -> bool {
    let Filing::Personal(personal) = &other.filing else { return false };
    !matches!(other.state, CaseState::Refused { .. })
        && personal.country.is_some_and(|country| known.rules.origin(country) == quota.from)
        && quota.period.has_both(day(other.opened_at), opened)
}

/// Tracking numbers: used before, or over too many devices.
pub(super) fn tracking(case: &Case, known: &Known<'_>, found: &mut Findings) {
    let applicant = |case: &Case| case.filing.applicant().map(|applicant| applicant.number);
    let devices = |case: &Case| case.filing.devices().len() as u64;
    for (at, document) in case.filing.documents().iter().enumerate() {
        if document.kind != DocumentKind::TrackingNumber {
            continue;
        }
        let field = format!("documents[{at}].number");
        let others: Vec<&Case> = naming(document, known.others).collect();
        let is_used = |other: &&Case| {
            matches!(other.state, CaseState::Approved { .. }) || applicant(other) != applicant(case)
        };
        let rule = &known.rules.tracking_used;
        if others.iter().any(is_used) {
            let cure =
                "this tracking number was used in another case: give the declaration instead";
            found.rule(Code::TrackingUsed, rule.severity, &field, cure, &rule.source);
        } else if !others.is_empty() {
            let cure = "another case names this tracking number: file both devices in one case, or \
                        the second is refused";
            let severity = rule.severity.min(Severity::Warning);
            found.rule(Code::TrackingUsed, severity, &field, cure, &rule.source);
        }
        let rule = &known.rules.tracking;
        let same = others.iter().filter(|other| applicant(other) == applicant(case));
        let all = same.map(|other| devices(other)).sum::<u64>() + devices(case);
        if all > u64::from(rule.devices) {
            let cure = "too many devices under one tracking number: give the declaration instead";
            found.rule(Code::TrackingOver, rule.severity, &field, cure, &rule.source);
        }
    }
}

/// Days of grace: over, or nearly.
pub(super) fn grace(filing: &Filing, known: &Known<'_>, found: &mut Findings) {
    if let Some(case) = filing.replacement() {
        for (at, imei) in case.new.iter().enumerate() {
            if let Some(Verdict::Grace { until }) = known.verdicts.get(&imei.imei14()) {
                tell(*until, &format!("new[{at}]"), known, found);
            }
        }
    }
    for (at, device) in filing.devices().iter().enumerate() {
        if let Some(until) = ends(device, known) {
            tell(until, &format!("devices[{at}]"), known, found);
        }
    }
}

/// The earliest end of grace that anything tells of.
fn ends(device: &FiledDevice, known: &Known<'_>) -> Option<Timestamp> {
    let told = device.first_connected.and_then(|date| known.rules.grace_until(date));
    let verdicts = device.imeis.iter().filter_map(|imei| known.verdicts.get(&imei.imei14()));
    let said = verdicts.filter_map(|verdict| match verdict {
        Verdict::Grace { until } => Some(*until),
        // When it ended nobody said; that it did is enough.
        Verdict::Blocked { reason: BlockReason::GraceExpired } => Some(Timestamp::MIN),
        _ => None,
    });
    said.chain(told).min()
}

fn tell(until: Timestamp, field: &str, known: &Known<'_>, found: &mut Findings) {
    let rule = &known.rules.grace;
    if until <= known.now {
        let cure = "service is blocked or will be any moment; file now, an approval unblocks it";
        found.rule(Code::DeadlinePassed, Severity::Warning, field, cure, &rule.source);
    } else {
        let left = until.duration_since(known.now).as_hours();
        if left <= i64::from(rule.warn_days) * 24 {
            let cure = "file now: a review takes days, and after the last day service is blocked";
            found.rule(Code::DeadlineNear, Severity::Warning, field, cure, &rule.source);
        }
    }
}
