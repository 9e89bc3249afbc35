//! A replaced board: fields and numbers.

use super::{Findings, PreflightCode as Code};
use crate::cases::Replacement;
use crate::cases::preflight::devices::most_imeis;
use crate::finding::Severity;

pub(super) fn fields(case: &Replacement, found: &mut Findings) {
    if case.work_order.trim().is_empty() {
        let cure = "give the number of the work order or act";
        found.stop(Code::WorkOrderMissing, "work_order", cure);
    }
    if case.old.is_empty() {
        let cure = "scan the box or sticker of the phone, or type the IMEIs from before the repair";
        found.stop(Code::OldMissing, "old", cure);
    }
    if case.new.is_empty() {
        found.stop(Code::NewMissing, "new", "plug the repaired phone in and read it");
    }
}

pub(super) fn numbers(case: &Replacement, found: &mut Findings) {
    for (field, imeis) in [("old", &case.old), ("new", &case.new)] {
        most_imeis(imeis, field, found);
        for (index, imei) in imeis.iter().enumerate() {
            if imeis.iter().take(index).any(|other| other.imei14() == imei.imei14()) {
                let cure = "read the other slot: two slots never share an IMEI";
                found.stop(Code::ImeiTwice, &format!("{field}[{index}]"), cure);
            }
        }
    }
    for (index, imei) in case.new.iter().enumerate() {
        let field = format!("new[{index}]");
        if imei.suspicions().into_iter().any(|suspicion| suspicion.is_disqualifying()) {
            let cure = "the board carries a test IMEI: it must be given its own one by its maker";
            found.stop(Code::ImeiUnsound, &field, cure);
        }
        if case.old.iter().any(|old| old.imei14() == imei.imei14()) {
            let cure = "leave out slots whose IMEI did not change";
            found.stop(Code::NotReplaced, &field, cure);
        }
    }
    if !case.old.is_empty() && !case.new.is_empty() && case.old.len() != case.new.len() {
        found.add(
            Code::SlotCountDiffers,
            Severity::Warning,
            "new",
            "check whether the IMEI of a second SIM or eSIM slot is missing",
        );
    }
}
