//! What the registry said, and what this station knows was replaced away.

use tekser_imei::Imei;

use super::{Findings, Known, PreflightCode as Code};
use crate::cases::Filing;
use crate::finding::Severity;
use crate::ruling::{BlockReason, Verdict};

pub(super) fn check(filing: &Filing, known: &Known<'_>, found: &mut Findings) {
    let verdict = |imei: &Imei| known.verdicts.get(&imei.imei14()).copied();
    if let Some(case) = filing.replacement() {
        for (at, imei) in case.new.iter().enumerate() {
            of_board(verdict(imei), &format!("new[{at}]"), found);
            // A shop may put the first board back.
            let field = format!("new[{at}]");
            replaced_away(imei, Severity::Warning, &field, known, found);
        }
    }
    let mut unasked = false;
    for (at, device) in filing.devices().iter().enumerate() {
        for (slot, imei) in device.imeis.iter().enumerate() {
            let field = format!("devices[{at}].imeis[{slot}]");
            unasked |= of_device(verdict(imei), &field, found);
            replaced_away(imei, Severity::Stop, &field, known, found);
        }
    }
    if unasked {
        // One for all: a registry that is out of reach is so for every one of them.
        let cure = "ask the registry again when it can be reached";
        found.add(Code::ImeiUndetermined, Severity::Info, "devices", cure);
    }
}

fn of_board(verdict: Option<Verdict>, field: &str, found: &mut Findings) {
    match verdict {
        Some(Verdict::Blocked { .. }) => {
            let cure = "the board's IMEI is on the block list: do not hand the phone out";
            found.stop(Code::NewBlocked, field, cure);
        }
        Some(Verdict::Clear) => {
            let cure = "this IMEI is verified already: make sure that the board is not from \
                        another phone";
            found.warn(Code::NewVerified, field, cure);
        }
        Some(Verdict::Undetermined { .. }) | None => {
            let cure = "ask the registry again when it can be reached";
            found.add(Code::NewUndetermined, Severity::Info, field, cure);
        }
        Some(Verdict::Unknown | Verdict::Grace { .. }) => {}
    }
}

/// Gives whether the registry did not say.
fn of_device(verdict: Option<Verdict>, field: &str, found: &mut Findings) -> bool {
    match verdict {
        // Verification with documents unblocks it; that the days are over is told as such.
        Some(Verdict::Blocked { reason: BlockReason::GraceExpired }) => {}
        Some(Verdict::Blocked { .. }) => {
            let cure = "this IMEI is blocked as altered, stolen or replaced: no document helps; do \
                        not buy or sell the device";
            found.stop(Code::ImeiBlocked, field, cure);
        }
        Some(Verdict::Clear) => {
            let cure = "this IMEI is verified already: there is nothing to file for it; compare the \
                        device with its box, its IMEI may be a copy";
            found.warn(Code::ImeiVerified, field, cure);
        }
        Some(Verdict::Undetermined { .. }) | None => return true,
        Some(Verdict::Unknown | Verdict::Grace { .. }) => {}
    }
    false
}

fn replaced_away(
    imei: &Imei,
    severity: Severity,
    field: &str,
    known: &Known<'_>,
    found: &mut Findings,
) {
    if known.replaced_away.contains(&imei.imei14()) {
        let cure = "this IMEI left with a replaced board: that board is back, or the IMEI was \
                    written into another one; find out which before money changes hands";
        found.add(Code::ReplacedAway, severity, field, cure);
    }
}
