//! What would get a case refused, before it is filed.

use serde::{Deserialize, Serialize};
use tekser_hardware::{Confidence, Source};
use tekser_imei::Imei14;
use utoipa::ToSchema;

use super::Replacement;
use crate::bench::{FindingKind, Handset};
use crate::finding::Severity;
use crate::ruling::{Answer, Verdict};

/// One finding about a case: what, where, how bad, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Preflight {
    /// Stable code.
    pub code: PreflightCode,
    /// How much it matters; a case with a `stop` is not put in a batch.
    pub severity: Severity,
    /// Field of the case it is about, as in its JSON.
    #[schema(example = "new[0]")]
    pub field: String,
    /// What to do, in English; the page words it by code.
    pub cure: String,
}

/// Codes of the findings about a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PreflightCode {
    /// No work order.
    WorkOrderMissing,
    /// No IMEI from before the repair.
    OldMissing,
    /// No IMEI from after the repair.
    NewMissing,
    /// More than four IMEIs.
    TooManyImeis,
    /// One IMEI stands twice.
    ImeiTwice,
    /// An IMEI is both old and new: nothing was replaced in that slot.
    NotReplaced,
    /// Old and new differ in number: one of the slots may be forgotten.
    SlotCountDiffers,
    /// A new IMEI no maker assigns.
    ImeiUnsound,
    /// No customs declaration of the part.
    CustomsMissing,
    /// The new IMEIs were typed, not read from the phone.
    NotRead,
    /// The phone on the bench has other IMEIs.
    ReadingDiffers,
    /// Nothing but properties that other software can set names the new IMEI.
    ReadingWeak,
    /// The phone on the bench has more IMEIs than the case names.
    ReadingHasMore,
    /// Sources of the phone disagree in a way a replaced board does not explain.
    HandsetDisagrees,
    /// A new IMEI is blocked already.
    NewBlocked,
    /// A new IMEI is verified already.
    NewVerified,
    /// The registry could not be asked about a new IMEI.
    NewUndetermined,
}

/// Checks a case against itself, the phone it was read from, and what the registry said.
///
/// `verdicts` are the latest answers about IMEIs of the case; missing ones count as not asked.
pub fn preflight(
    case: &Replacement,
    handset: Option<&Handset>,
    verdicts: &[Answer],
) -> Vec<Preflight> {
    let mut found = Findings(Vec::new());
    check_fields(case, &mut found);
    check_numbers(case, &mut found);
    check_reading(case, handset, &mut found);
    check_verdicts(case, verdicts, &mut found);
    found.0
}

struct Findings(Vec<Preflight>);

impl Findings {
    fn add(&mut self, code: PreflightCode, severity: Severity, field: &str, cure: &str) {
        self.0.push(Preflight { code, severity, field: field.to_owned(), cure: cure.to_owned() });
    }
}

fn check_fields(case: &Replacement, found: &mut Findings) {
    if case.work_order.trim().is_empty() {
        found.add(
            PreflightCode::WorkOrderMissing,
            Severity::Stop,
            "work_order",
            "give the number of the work order or act",
        );
    }
    if case.old.is_empty() {
        found.add(
            PreflightCode::OldMissing,
            Severity::Stop,
            "old",
            "scan the box or sticker of the phone, or type the IMEIs from before the repair",
        );
    }
    if case.new.is_empty() {
        found.add(
            PreflightCode::NewMissing,
            Severity::Stop,
            "new",
            "plug the repaired phone in and read it",
        );
    }
    match &case.customs {
        Some(document) if !document.number.trim().is_empty() => {}
        _ => found.add(
            PreflightCode::CustomsMissing,
            Severity::Stop,
            "customs",
            "give number and date of the customs declaration under which the part was imported",
        ),
    }
}

fn check_numbers(case: &Replacement, found: &mut Findings) {
    for (field, imeis) in [("old", &case.old), ("new", &case.new)] {
        if imeis.len() > 4 {
            found.add(
                PreflightCode::TooManyImeis,
                Severity::Stop,
                field,
                "a phone has at most four IMEIs: open one case per phone",
            );
        }
        for (index, imei) in imeis.iter().enumerate() {
            let field = format!("{field}[{index}]");
            if imeis.iter().take(index).any(|other| other.imei14() == imei.imei14()) {
                let cure = "read the other slot: two slots never share an IMEI";
                found.add(PreflightCode::ImeiTwice, Severity::Stop, &field, cure);
            }
        }
    }
    for (index, imei) in case.new.iter().enumerate() {
        let field = format!("new[{index}]");
        if imei.suspicions().into_iter().any(|suspicion| suspicion.is_disqualifying()) {
            let cure = "the board carries a test IMEI: it must be given its own one by its maker";
            found.add(PreflightCode::ImeiUnsound, Severity::Stop, &field, cure);
        }
        if case.old.iter().any(|old| old.imei14() == imei.imei14()) {
            let cure = "leave out slots whose IMEI did not change";
            found.add(PreflightCode::NotReplaced, Severity::Stop, &field, cure);
        }
    }
    if !case.old.is_empty() && !case.new.is_empty() && case.old.len() != case.new.len() {
        found.add(
            PreflightCode::SlotCountDiffers,
            Severity::Warning,
            "new",
            "check whether the IMEI of a second SIM or eSIM slot is missing",
        );
    }
}

fn check_reading(case: &Replacement, handset: Option<&Handset>, found: &mut Findings) {
    let Some(handset) = handset else {
        found.add(
            PreflightCode::NotRead,
            Severity::Warning,
            "handset",
            "plug the phone in, so that its IMEIs are read and not typed",
        );
        return;
    };
    let said = handset.slots.iter().flat_map(|slot| &slot.said);
    let read: Vec<Imei14> = said
        .filter(|said| said.source != Source::Label)
        .filter_map(|said| said.claim.value.imei14())
        .collect();
    let is_named = |number: Imei14| case.imeis().any(|imei| imei.imei14() == number);
    for (index, imei) in case.new.iter().enumerate() {
        if !read.contains(&imei.imei14()) {
            found.add(
                PreflightCode::ReadingDiffers,
                Severity::Stop,
                &format!("new[{index}]"),
                "the phone on the bench did not give this IMEI: read it again or mend the case",
            );
        } else if is_weak(handset, imei.imei14()) {
            found.add(
                PreflightCode::ReadingWeak,
                Severity::Warning,
                &format!("new[{index}]"),
                "compare with what the phone shows: dial *#06# and scan the screen",
            );
        }
    }
    if !read.iter().all(|number| is_named(*number)) {
        found.add(
            PreflightCode::ReadingHasMore,
            Severity::Warning,
            "new",
            "the phone gave an IMEI that the case does not name: every slot must be filed",
        );
    }
    let unexplained = handset.findings.iter().any(|finding| match finding.kind {
        FindingKind::Disagreement => !finding.slot.is_some_and(|slot| {
            let view = handset.slots.iter().find(|view| view.slot == slot);
            view.is_some_and(|view| {
                let mut numbers = view.said.iter().filter_map(|said| said.claim.value.imei14());
                numbers.all(is_named)
            })
        }),
        FindingKind::SameImeiTwice | FindingKind::OnAnotherHandset { .. } => true,
        _ => false,
    });
    if unexplained {
        found.add(
            PreflightCode::HandsetDisagrees,
            Severity::Warning,
            "handset",
            "look at the phone's findings: its sources disagree beyond the replaced board",
        );
    }
}

/// Whether everything by which the phone itself named this number may have been set by other
/// software.
fn is_weak(handset: &Handset, number: Imei14) -> bool {
    let said = handset.slots.iter().flat_map(|slot| &slot.said);
    said.filter(|said| said.claim.value.imei14() == Some(number))
        .filter(|said| said.source != Source::Label)
        .all(|said| said.claim.confidence == Confidence::Weak)
}

fn check_verdicts(case: &Replacement, verdicts: &[Answer], found: &mut Findings) {
    for (index, imei) in case.new.iter().enumerate() {
        let field = format!("new[{index}]");
        let answer = verdicts.iter().find(|answer| answer.imei.imei14() == imei.imei14());
        match answer.map(|answer| answer.verdict) {
            Some(Verdict::Blocked { .. }) => found.add(
                PreflightCode::NewBlocked,
                Severity::Stop,
                &field,
                "the board's IMEI is on the block list: do not hand the phone out",
            ),
            Some(Verdict::Clear) => found.add(
                PreflightCode::NewVerified,
                Severity::Warning,
                &field,
                "this IMEI is verified already: make sure that the board is not from another phone",
            ),
            Some(Verdict::Undetermined { .. }) | None => found.add(
                PreflightCode::NewUndetermined,
                Severity::Info,
                &field,
                "ask the registry again when it can be reached",
            ),
            Some(Verdict::Unknown | Verdict::Grace { .. }) => {}
        }
    }
}
