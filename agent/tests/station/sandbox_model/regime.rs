//! The regime once more, as plainly as it can be written: maps, sets and loops. It shares no rule
//! with the sandbox, not even the rules file.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::civil::{Date, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp};
use tekser::check::{BlockReason, Verdict};
use tekser::registry::Refusal;
use tekser_imei::{Imei, Imei14};

use super::spec::{Paper, Spec};

pub const REVIEW_DAYS: usize = 2;

/// Where an IMEI stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    White,
    Grey(Timestamp),
    Black(BlockReason),
}

/// One filing: of each case its refusals, once it is decided.
#[derive(Debug, Clone)]
pub struct Filed {
    pub cases: Vec<Spec>,
    pub filed: Timestamp,
    pub due: Timestamp,
    pub decided: Option<Vec<HashSet<Refusal>>>,
}

/// What customs knows.
#[derive(Debug, Clone)]
pub struct Known {
    pub found: bool,
    pub holder: Option<&'static str>,
    pub devices: Option<u32>,
    pub imeis: Option<Vec<Imei>>,
}

/// Everything.
#[derive(Debug, Default, Clone)]
pub struct Regime {
    pub lists: BTreeMap<Imei14, List>,
    pub devices: Vec<BTreeSet<Imei14>>,
    pub filed: Vec<Filed>,
    /// Who paid, by which year's index, how much, with which filing.
    pub ledger: Vec<(&'static str, i16, u64, usize)>,
    pub customs: BTreeMap<(&'static str, String), Known>,
    paid: BTreeSet<(&'static str, Imei14)>,
    used: Vec<(&'static str, bool, Date, usize)>,
    tracking: BTreeSet<String>,
}

fn zone() -> TimeZone {
    TimeZone::fixed(Offset::constant(5))
}

pub fn day(at: Timestamp) -> Date {
    at.to_zoned(zone()).date()
}

fn is_union(country: Option<&str>) -> bool {
    matches!(country, Some("AM" | "BY" | "KG" | "RU"))
}

impl Regime {
    pub fn verdict(&self, number: Imei14, at: Timestamp) -> Verdict {
        match self.lists.get(&number) {
            None => Verdict::Unknown,
            Some(List::White) => Verdict::Clear,
            Some(List::Black(reason)) => Verdict::Blocked { reason: *reason },
            Some(List::Grey(first)) => {
                let end = day(*first) + Span::new().days(30);
                let until = end.to_zoned(zone()).unwrap().timestamp();
                if at < until {
                    Verdict::Grace { until }
                } else {
                    Verdict::Blocked { reason: BlockReason::GraceExpired }
                }
            }
        }
    }

    pub fn connect(&mut self, imei: Imei, test: bool, now: Timestamp) {
        let seen = if test { List::Black(BlockReason::Altered) } else { List::Grey(now) };
        self.lists.entry(imei.imei14()).or_insert(seen);
    }

    /// Whether it is taken.
    pub fn make_known(&mut self, imeis: &[Imei]) -> bool {
        let whole: BTreeSet<_> = imeis.iter().map(|imei| imei.imei14()).collect();
        let touched: Vec<_> =
            self.devices.iter().filter(|device| !device.is_disjoint(&whole)).cloned().collect();
        if touched.len() > 1 || touched.iter().any(|device| !device.is_subset(&whole)) {
            return false;
        }
        self.devices.retain(|device| device.is_disjoint(&whole));
        self.devices.push(whole);
        true
    }

    pub fn file(&mut self, cases: Vec<Spec>, now: Timestamp) {
        let number = self.filed.len();
        for case in &cases {
            if case.kind != "import" || !matches!(case.by.0, "sole_proprietor" | "legal_entity") {
                continue;
            }
            let (year, tenge) = match day(now).year() {
                2025 => (2025, 3_932),
                2026 => (2026, 4_325),
                2027.. => (2026, 4_325),
                _ => unreachable!("histories begin in 2025"),
            };
            for device in &case.devices {
                let numbers: Vec<_> = device.iter().flatten().map(|imei| imei.imei14()).collect();
                let before = numbers.iter().any(|n| self.paid.contains(&(case.by.1, *n)));
                if !before && !numbers.is_empty() {
                    self.ledger.push((case.by.1, year, tenge, number));
                }
                self.paid.extend(numbers.into_iter().map(|n| (case.by.1, n)));
            }
        }
        self.filed.push(Filed { cases, filed: now, due: due(now), decided: None });
    }

    /// Goes by the time: decides what is due, the earliest first.
    pub fn settle(&mut self, now: Timestamp) {
        for at in 0..self.filed.len() {
            let one = self.filed[at].clone();
            if one.decided.is_none() && one.due <= now {
                let decided = one.cases.iter().map(|case| self.decide(case, &one)).collect();
                self.filed[at].decided = Some(decided);
            }
        }
    }

    fn decide(&mut self, case: &Spec, filed: &Filed) -> HashSet<Refusal> {
        let refusals = self.refusals(case, filed);
        if refusals.is_empty() {
            self.approve(case, filed);
        }
        refusals
    }

    fn approve(&mut self, case: &Spec, filed: &Filed) {
        for device in &case.devices {
            let numbers: BTreeSet<_> = device.iter().flatten().map(|one| one.imei14()).collect();
            for number in &numbers {
                self.lists.insert(*number, List::White);
            }
            if self.devices.iter().all(|known| known.is_disjoint(&numbers)) {
                self.devices.push(numbers);
            }
        }
        for old in case.replaced.iter().flatten() {
            let list = self.lists.entry(old.imei14()).or_insert(List::White);
            if !matches!(list, List::Black(_)) {
                *list = List::Black(BlockReason::ReplacedAway);
            }
        }
        if case.kind == "personal" {
            let union = is_union(case.country);
            self.used.push((case.by.1, union, day(filed.filed), case.devices.len()));
        }
        for paper in case.papers.iter().filter(|paper| paper.kind == "tracking_number") {
            self.tracking.extend(paper.number.clone());
        }
    }

    fn refusals(&self, case: &Spec, filed: &Filed) -> HashSet<Refusal> {
        let mut all = HashSet::new();
        self.papers(case, &mut all);
        self.applicant(case, &mut all);
        self.shape(case, &mut all);
        self.numbers(case, filed.due, &mut all);
        if case.kind == "personal" && self.over_quota(case, day(filed.filed)) {
            all.insert(Refusal::QuotaExceeded);
        }
        for paper in case.papers.iter().filter(|paper| paper.kind == "tracking_number") {
            if let Some(number) = &paper.number {
                if case.devices.len() > 2 {
                    all.insert(Refusal::TrackingOver);
                }
                if self.tracking.contains(number) {
                    all.insert(Refusal::TrackingUsed);
                }
            }
        }
        all
    }

    fn known(&self, paper: &Paper) -> Option<&Known> {
        self.customs.get(&(paper.kind, paper.number.clone()?))
    }

    fn is_found(&self, paper: &Paper) -> bool {
        paper.number.is_some() && self.known(paper).is_none_or(|known| known.found)
    }

    fn papers(&self, case: &Spec, all: &mut HashSet<Refusal>) {
        let proofs: &[&str] = match (case.kind, case.basis, is_union(case.country)) {
            ("simplified", ..) => return,
            ("personal", "parcel", _) => {
                &["passenger_declaration", "express_declaration", "tracking_number"]
            }
            ("personal", ..) => &["border_crossing", "passenger_declaration"],
            ("import", _, true) => &["customs_declaration", "goods_note"],
            _ => &["customs_declaration"],
        };
        let found: Vec<_> = case.papers.iter().filter(|paper| self.is_found(paper)).collect();
        let proving: Vec<_> = found.iter().filter(|paper| proofs.contains(&paper.kind)).collect();
        if found.is_empty() {
            all.insert(Refusal::DocumentNotFound);
        } else if proving.is_empty() {
            all.insert(Refusal::DocumentNotAboutImport);
        } else if case.kind != "replacement" {
            let texts: Vec<_> =
                proving.iter().filter_map(|paper| self.known(paper)?.imeis.clone()).collect();
            let named: Vec<_> = texts.concat().iter().map(|imei| imei.imei14()).collect();
            let given = case.devices.iter().flatten().flatten();
            if texts.len() == proving.len()
                && given.into_iter().any(|imei| !named.contains(&imei.imei14()))
            {
                all.insert(Refusal::ImeiNotInDocument);
            }
        }
    }

    fn applicant(&self, case: &Spec, all: &mut HashSet<Refusal>) {
        let (kind, number) = case.by;
        let may: &[&str] = match case.kind {
            "import" => &["sole_proprietor", "legal_entity"],
            "personal" => &["individual"],
            "replacement" => &["service_centre"],
            _ => &["individual", "sole_proprietor", "legal_entity", "service_centre"],
        };
        if !may.contains(&kind) {
            all.insert(Refusal::ApplicantNotEntitled);
        }
        let is_person = number.starts_with("8506");
        let odd = match kind {
            "individual" | "sole_proprietor" => !is_person,
            "legal_entity" => is_person,
            _ => false,
        };
        let holder = |paper: &Paper| self.known(paper).and_then(|k| k.holder).or(paper.holder);
        let other = matches!(case.kind, "import" | "personal")
            && case.papers.iter().filter_map(holder).any(|holder| holder != number);
        if odd || other {
            all.insert(Refusal::ApplicantMismatch);
        }
    }

    fn shape(&self, case: &Spec, all: &mut HashSet<Refusal>) {
        let given: usize = case.devices.iter().map(Vec::len).sum();
        if case.devices.is_empty()
            || case.devices.iter().any(Vec::is_empty)
            || case.kind == "replacement" && given < case.replaced.len()
        {
            all.insert(Refusal::ImeiMissing);
        }
        let sound: Vec<_> =
            case.devices.iter().flatten().chain(&case.replaced).flatten().copied().collect();
        let different: BTreeSet<_> = sound.iter().map(|imei| imei.imei14()).collect();
        if different.len() < sound.len() || case.devices.iter().any(|device| device.len() > 4) {
            all.insert(Refusal::QuantityMismatch);
        }
        if matches!(case.kind, "import" | "personal") && !self.counts_fit(case) {
            all.insert(Refusal::QuantityMismatch);
        }
        if case.kind == "simplified" {
            return self.second(case, all);
        }
        for device in &case.devices {
            let given: BTreeSet<_> = device.iter().flatten().map(|one| one.imei14()).collect();
            let known: Vec<_> =
                self.devices.iter().filter(|known| !known.is_disjoint(&given)).collect();
            if known.len() > 1 {
                all.insert(Refusal::QuantityMismatch);
            } else if let Some(whole) = known.first() {
                if whole.difference(&given).next().is_some() {
                    all.insert(Refusal::ImeiMissing);
                }
                if given.difference(whole).next().is_some() {
                    all.insert(Refusal::QuantityMismatch);
                }
            }
        }
    }

    fn counts_fit(&self, case: &Spec) -> bool {
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for paper in &case.papers {
            let listing = [
                "customs_declaration",
                "passenger_declaration",
                "express_declaration",
                "tracking_number",
                "goods_note",
            ];
            let count = self.known(paper).and_then(|known| known.devices).or(paper.devices);
            if let (true, Some(count)) = (listing.contains(&paper.kind), count) {
                *counts.entry(paper.kind).or_default() += count;
            }
        }
        let devices = u32::try_from(case.devices.len()).unwrap();
        counts.is_empty()
            || counts.values().any(|count| *count == devices)
            || counts.values().sum::<u32>() == devices
    }

    fn second(&self, case: &Spec, all: &mut HashSet<Refusal>) {
        let Some(verified) = case.verified else {
            all.insert(Refusal::ImeiUnsound);
            return;
        };
        if self.lists.get(&verified.imei14()) != Some(&List::White) {
            all.insert(Refusal::DeviceNotVerified);
        }
        let same = |number: Imei14| {
            let both = [verified.imei14(), number];
            self.devices.iter().any(|device| both.iter().all(|one| device.contains(one)))
        };
        if case.devices.iter().flatten().flatten().any(|imei| !same(imei.imei14())) {
            all.insert(Refusal::ImeiNotOfDevice);
        }
    }

    fn numbers(&self, case: &Spec, at: Timestamp, all: &mut HashSet<Refusal>) {
        for given in case.devices.iter().flatten().chain(&case.replaced) {
            if given.is_none() {
                all.insert(Refusal::ImeiUnsound);
            }
        }
        for imei in case.devices.iter().flatten().flatten() {
            if imei.as_str().starts_with("00") {
                all.insert(Refusal::ImeiUnsound);
            }
            match self.verdict(imei.imei14(), at) {
                Verdict::Clear => drop(all.insert(Refusal::ImeiTaken)),
                Verdict::Blocked { reason: BlockReason::GraceExpired }
                    if case.kind != "replacement" => {}
                Verdict::Blocked { .. } => drop(all.insert(Refusal::ImeiBlocked)),
                _ => {}
            }
        }
    }

    fn over_quota(&self, case: &Spec, filed: Date) -> bool {
        let union = is_union(case.country);
        let same = |on: Date| on.year() == filed.year() && (union || on.month() == filed.month());
        let before =
            self.used.iter().filter(|used| used.0 == case.by.1 && used.1 == union && same(used.2));
        before.map(|used| used.3).sum::<usize>() + case.devices.len() > 2
    }
}

/// The end of the office's day, after so many working days.
fn due(filed: Timestamp) -> Timestamp {
    let mut date = day(filed);
    let mut left = REVIEW_DAYS;
    while left > 0 {
        date = date.tomorrow().unwrap();
        if date.weekday() != Weekday::Saturday && date.weekday() != Weekday::Sunday {
            left -= 1;
        }
    }
    date.at(18, 0, 0, 0).to_zoned(zone()).unwrap().timestamp()
}
