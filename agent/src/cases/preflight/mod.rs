//! What would get a case refused, before it is filed.
//!
//! | part | job |
//! |---|---|
//! | this | the findings, and what a case is held against |
//! | `code` | their codes |
//! | `replaced` | a replaced board: fields and numbers |
//! | `devices` | devices brought in: fields and numbers |
//! | `papers` | applicant and documents |
//! | `declaration` | numbers looked for in the declaration |
//! | `limits` | quotas, tracking numbers, days of grace |
//! | `reading` | the phone on the bench |
//! | `on_file` | other phones on file |
//! | `verdicts` | what the registry said |
//!
//! Nothing here asks anybody: what is known is given, so every rule can be tried on a table.

mod code;
mod declaration;
mod devices;
mod limits;
mod on_file;
mod papers;
mod reading;
mod replaced;
#[cfg(test)]
mod tests;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_imei::{Imei14, Tac};
use utoipa::ToSchema;

pub use code::PreflightCode;

use super::{Case, FileDigest, Filing};
use crate::bench::Handset;
use crate::declaration::Searched;
use crate::finding::Severity;
use crate::id::HandsetId;
use crate::rules::Rules;
use crate::ruling::Verdict;
use crate::tacs::TacEntry;

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
    /// Who says so, for a rule that may change or rests on one source, and for what is known from
    /// elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What a case is held against.
#[derive(Debug)]
pub struct Known<'a> {
    /// Phones of the case that were read on this bench.
    pub handsets: &'a BTreeMap<HandsetId, Handset>,
    /// Phones on file by each IMEI of the case that they ever gave.
    pub on_file: &'a BTreeMap<Imei14, Vec<Handset>>,
    /// What is known of the TACs of its IMEIs, but for what its own phones taught.
    pub tacs: &'a BTreeMap<Tac, Vec<TacEntry>>,
    /// The latest verdicts about its IMEIs; missing ones count as not asked.
    pub verdicts: &'a BTreeMap<Imei14, Verdict>,
    /// Other cases of the same person, or with one of the same documents.
    pub others: &'a [Case],
    /// Those of its IMEIs that were replaced away before, by an approved case.
    pub replaced_away: &'a BTreeSet<Imei14>,
    /// What was found in files of its documents.
    pub searched: &'a BTreeMap<FileDigest, Searched>,
    /// The rules that hold.
    pub rules: &'a Rules,
    /// The time now.
    pub now: Timestamp,
}

/// Checks a case against itself, the phones it was read from, what the registry said, other cases
/// and the rules.
pub fn preflight(case: &Case, known: &Known<'_>) -> Vec<Preflight> {
    let mut found = Findings(Vec::new());
    match &case.filing {
        Filing::Replacement(one) => {
            replaced::fields(one, &mut found);
            papers::of_part(one, known.rules, &mut found);
            replaced::numbers(one, &mut found);
            let handset = one.handset.and_then(|id| known.handsets.get(&id));
            reading::of_replacement(one, handset, &mut found);
        }
        Filing::Import(_) | Filing::Personal(_) => {
            devices::fields(&case.filing, known, &mut found);
            papers::of_import(&case.filing, known, &mut found);
            devices::numbers(case.filing.devices(), known, &mut found);
            reading::of_devices(case.filing.devices(), known.handsets, &mut found);
            limits::quotas(case, known, &mut found);
            limits::fee(&case.filing, known, &mut found);
        }
    }
    on_file::check(&case.filing, known, &mut found);
    declaration::check(&case.filing, known, &mut found);
    limits::tracking(case, known, &mut found);
    verdicts::check(&case.filing, known, &mut found);
    limits::grace(&case.filing, known, &mut found);
    found.0
}

struct Findings(Vec<Preflight>);

impl Findings {
    fn add(&mut self, code: PreflightCode, severity: Severity, field: &str, cure: &str) {
        let (field, cure) = (field.to_owned(), cure.to_owned());
        self.0.push(Preflight { code, severity, field, cure, source: None });
    }

    fn stop(&mut self, code: PreflightCode, field: &str, cure: &str) {
        self.add(code, Severity::Stop, field, cure);
    }

    fn warn(&mut self, code: PreflightCode, field: &str, cure: &str) {
        self.add(code, Severity::Warning, field, cure);
    }

    /// A finding that names who says so.
    fn rule(
        &mut self,
        code: PreflightCode,
        severity: Severity,
        field: &str,
        cure: &str,
        source: &str,
    ) {
        let (field, cure) = (field.to_owned(), cure.to_owned());
        let source = Some(source.to_owned());
        self.0.push(Preflight { code, severity, field, cure, source });
    }
}
