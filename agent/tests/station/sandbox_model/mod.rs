//! The sandbox under every history that chance can think of, step by step beside a plain model of
//! the regime.

mod regime;
mod spec;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use tekser::batch::{SignedBatch, StationKey};
use tekser::cases::{Case, CaseState};
use tekser::check::{BlockReason, Undetermined, Verdict};
use tekser::clock::{Clock as _, ManualClock};
use tekser::id::CaseId;
use tekser::registry::sandbox::{Declaration, Filter, Listing, ReviewTime, Sandbox};
use tekser::registry::{Progress, Refusal, Registry as _, RegistryError, Source as _};
use tekser_imei::Imei;
use tempfile::TempDir;

use crate::support::imei;
use regime::{Known, List, REVIEW_DAYS, Regime};
use spec::{BUSINESS, NUMBERS, PERSONS, PHONES, Spec, TEST, spec};

/// One thing that happens.
#[derive(Debug, Clone)]
enum Happens {
    /// The maker tells which IMEIs a phone has.
    Made(usize),
    /// A network sees an IMEI.
    Connected(usize),
    /// Amnesty, theft.
    Listed(usize, bool),
    /// Applied for, each with a form of its own.
    Applied(Spec),
    /// Filed by a station in one signed batch, so many times; the first answers get lost.
    Filed(Vec<Spec>, usize, u32),
    /// Customs tells what it knows of a document.
    Declared(&'static str, u8, Known),
    /// Hours go by.
    Passed(i64),
    /// Look-ups stand still for so many hours.
    Frozen(i64),
    /// Trouble strikes once.
    Trouble(u8),
}

fn happens() -> impl Strategy<Value = Happens> {
    let kind =
        prop::sample::select(vec!["customs_declaration", "border_crossing", "tracking_number"]);
    let holder = prop::option::of(prop::sample::select(vec![PERSONS[0], BUSINESS]));
    let imeis = prop::collection::vec((0..PHONES.len()).prop_map(|phone| PHONES[phone]), 0..5);
    let imeis = prop::option::weighted(
        0.5,
        imeis.prop_map(|phones| phones.concat().into_iter().map(imei).collect::<Vec<_>>()),
    );
    let known = (prop::bool::weighted(0.8), holder, prop::option::weighted(0.2, 0..4_u32), imeis)
        .prop_map(|(found, holder, devices, imeis)| Known { found, holder, devices, imeis });
    let batch = (prop::collection::vec(spec(), 1..4), 1..3_usize, 0..2_u32);
    prop_oneof![
        2 => (0..PHONES.len()).prop_map(Happens::Made),
        4 => (0..=NUMBERS).prop_map(Happens::Connected),
        2 => (0..NUMBERS, prop::bool::weighted(0.5)).prop_map(|(n, white)| Happens::Listed(n, white)),
        8 => spec().prop_map(Happens::Applied),
        3 => batch.prop_map(|(cases, times, lost)| Happens::Filed(cases, times, lost)),
        1 => (kind, 0..5_u8, known).prop_map(|(kind, n, known)| Happens::Declared(kind, n, known)),
        4 => (1_i64..60).prop_map(Happens::Passed),
        2 => (200_i64..900).prop_map(Happens::Passed),
        1 => (1_i64..100).prop_map(Happens::Frozen),
        2 => (0..5_u8).prop_map(Happens::Trouble),
    ]
}

/// The sandbox and its model, side by side.
struct World {
    sandbox: Sandbox,
    clock: Arc<ManualClock>,
    key: StationKey,
    regime: Regime,
    frozen: Option<(Regime, Timestamp, Timestamp)>,
    _directory: TempDir,
}

fn number(n: usize) -> Imei {
    if n == NUMBERS { TEST.parse().unwrap() } else { imei(n) }
}

impl World {
    async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        // Two weeks before a new year, so that years, months and the index change on the way.
        let clock = ManualClock::new("2025-12-17T10:00:00+05".parse().unwrap());
        let path = directory.path().join("sandbox.db");
        let days = u8::try_from(REVIEW_DAYS).unwrap();
        let review = ReviewTime::BusinessDays(days);
        let sandbox = Sandbox::open(&path, clock.clone(), review).await.unwrap();
        let key = StationKey::load_or_create(&directory.path().join("key")).unwrap();
        let regime = Regime::default();
        Self { sandbox, clock, key, regime, frozen: None, _directory: directory }
    }

    async fn step(&mut self, event: Happens, at: usize) {
        let now = self.clock.now();
        match event {
            Happens::Made(phone) if PHONES[phone].len() > 1 => {
                let imeis: Vec<_> = PHONES[phone].iter().map(|n| imei(*n)).collect();
                let taken = self.sandbox.make_known(&imeis).await.is_ok();
                assert_eq!(taken, self.regime.make_known(&imeis));
            }
            Happens::Made(_) => {}
            Happens::Connected(n) => {
                let said = self.sandbox.connect(number(n)).await.unwrap();
                self.regime.connect(number(n), n == NUMBERS, now);
                assert_eq!(said, self.regime.verdict(number(n).imei14(), now));
            }
            Happens::Listed(n, white) => {
                let reason = BlockReason::BlockListed;
                let listing = if white { Listing::White } else { Listing::Black(reason) };
                self.sandbox.relist(imei(n).imei14(), listing).await.unwrap();
                let list = if white { List::White } else { List::Black(reason) };
                self.regime.lists.insert(imei(n).imei14(), list);
            }
            Happens::Applied(spec) => {
                let form = spec.form(at);
                form.check().unwrap();
                self.sandbox.apply(&form).await.unwrap();
                self.regime.file(vec![spec], now);
            }
            Happens::Filed(cases, times, lost) => self.file(cases, times, lost, at).await,
            Happens::Declared(kind, n, known) => self.declare(kind, n, known).await,
            Happens::Passed(hours) => {
                self.clock.advance(SignedDuration::from_hours(hours));
                self.regime.settle(self.clock.now());
            }
            Happens::Frozen(hours) => {
                let takes = SignedDuration::from_hours(hours);
                self.sandbox.freeze_reads(takes).await.unwrap();
                self.frozen = Some((self.regime.clone(), now, now + takes));
            }
            Happens::Trouble(which) => self.trouble(which).await,
        }
    }

    async fn file(&mut self, cases: Vec<Spec>, times: usize, lost: u32, at: usize) {
        let kept = cases.into_iter().enumerate();
        let kept = kept.filter_map(|(n, spec)| Some((spec.filing(100 * at + n)?, spec)));
        let (filings, cases): (Vec<_>, Vec<_>) = kept.unzip();
        let now = self.clock.now();
        let case =
            |filing| Case { id: CaseId::new(), opened_at: now, state: CaseState::Open, filing };
        let all: Vec<_> = filings.into_iter().map(case).collect();
        let batch = SignedBatch::sign(&self.key, now, &all).unwrap();
        self.sandbox.faults().lose_answers.store(lost, Ordering::Relaxed);
        for time in 0..times {
            let answer = self.sandbox.file(&batch).await;
            if time < lost as usize {
                assert!(answer.unwrap_err().may_have_arrived());
            } else {
                answer.unwrap();
            }
            self.regime.file(cases.clone(), now);
        }
        self.sandbox.faults().lose_answers.store(0, Ordering::Relaxed);
        assert!(self.sandbox.find(batch.id).await.unwrap().is_some());
    }

    async fn declare(&mut self, kind: &'static str, n: u8, known: Known) {
        let declaration = Declaration {
            kind: serde_json::from_value(kind.into()).unwrap(),
            number: format!("d-{n}").parse().unwrap(),
            found: known.found,
            holder: known.holder.map(|text| text.parse().unwrap()),
            devices: known.devices,
            imeis: known.imeis.clone(),
        };
        self.sandbox.declare(&declaration).await.unwrap();
        self.regime.customs.insert((kind, format!("D{n}")), known);
    }

    /// Trouble that leaves everything as it was.
    async fn trouble(&self, which: u8) {
        let faults = self.sandbox.faults();
        let asked = [imei(0), imei(1), imei(2)];
        let counter = match which {
            0 => &faults.unreachable,
            1 => &faults.throttled,
            2 => &faults.failing,
            3 => &faults.duplicate_answers,
            _ => &faults.bad_rows,
        };
        counter.store(1, Ordering::Relaxed);
        let said = self.sandbox.look_up(&asked).await;
        match which {
            0 => assert!(matches!(said, Err(RegistryError::Unreachable { .. }))),
            1 => assert!(matches!(said, Err(RegistryError::Throttled { .. }))),
            2 => assert!(matches!(said, Err(RegistryError::Failed { .. }))),
            3 => {
                let twice: Vec<_> = said.unwrap().iter().map(|answer| answer.imei).collect();
                assert_eq!(twice, [imei(0), imei(0), imei(1), imei(1), imei(2), imei(2)]);
            }
            _ => {
                let rows: Vec<_> = said.unwrap().iter().map(|answer| answer.verdict).collect();
                let why = Undetermined::RegistryFailed;
                assert_eq!(rows[1], Verdict::Undetermined { why });
                assert_eq!([rows[0], rows[2]], [self.expected(0), self.expected(2)]);
            }
        }
    }

    /// What a look-up must say.
    fn expected(&self, n: usize) -> Verdict {
        let now = self.clock.now();
        match &self.frozen {
            Some((regime, since, until)) if now < *until => {
                regime.verdict(number(n).imei14(), *since)
            }
            _ => self.regime.verdict(number(n).imei14(), now),
        }
    }

    /// Lists, decisions and ledger of both are the same.
    async fn compare(&self) {
        let asked: Vec<_> = (0..=NUMBERS).map(number).collect();
        let answers = self.sandbox.look_up(&asked).await.unwrap();
        for (n, answer) in answers.iter().enumerate() {
            assert_eq!((answer.imei, answer.verdict), (number(n), self.expected(n)), "{n}");
        }
        let filed = self.sandbox.filed(&Filter::default(), 10_000).await.unwrap();
        assert_eq!(filed.len(), self.regime.filed.len());
        for (real, plain) in filed.iter().zip(&self.regime.filed) {
            assert_eq!((real.filed_at, real.due_at), (plain.filed, plain.due));
            let decided = match &real.progress {
                Progress::Decided { decisions } => Some(decisions.iter().map(|one| {
                    let refusals: HashSet<Refusal> = one.refusals.iter().copied().collect();
                    assert_eq!(refusals.len(), one.refusals.len(), "a reason is given once");
                    refusals
                })),
                Progress::InReview => None,
                Progress::InfoRequested { message } => panic!("{message}"),
            };
            let decided: Option<Vec<_>> = decided.map(Iterator::collect);
            assert_eq!(decided, plain.decided, "{:?}", plain.cases);
        }
        let ledger = self.sandbox.ledger(None, 0, 10_000).await.unwrap();
        let real: Vec<_> = ledger
            .iter()
            .map(|row| {
                let filing = filed.iter().position(|one| one.number == row.application);
                (row.applicant.as_str(), row.mci_year, row.tenge, filing.unwrap())
            })
            .collect();
        assert_eq!(real, self.regime.ledger);
    }
}

/// What a history came to.
#[derive(Debug, Default)]
struct Seen {
    approved: usize,
    refusals: HashSet<Refusal>,
    charged: usize,
}

async fn play(history: Vec<Happens>) -> Seen {
    let mut world = World::open().await;
    for (at, event) in history.into_iter().enumerate() {
        world.step(event, at).await;
        world.compare().await;
    }
    world.clock.advance(SignedDuration::from_hours(24 * 8));
    world.regime.settle(world.clock.now());
    world.compare().await;
    let decided = world.regime.filed.iter().flat_map(|one| one.decided.iter().flatten());
    Seen {
        approved: decided.clone().filter(|refusals| refusals.is_empty()).count(),
        refusals: decided.flatten().copied().collect(),
        charged: world.regime.ledger.len(),
    }
}

fn run(history: Vec<Happens>) -> Seen {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(play(history))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_sandbox_and_the_plain_regime_agree(
        history in prop::collection::vec(happens(), 1..40),
    ) {
        run(history);
    }
}

/// The histories above would prove nothing if each of them was refused for the same reason.
#[test]
fn chance_finds_approvals_charges_and_every_refusal() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let histories = prop::collection::vec(happens(), 60..80);
    let mut all = Seen::default();
    for _ in 0..24 {
        let seen = run(histories.new_tree(&mut runner).unwrap().current());
        all.approved += seen.approved;
        all.charged += seen.charged;
        all.refusals.extend(seen.refusals);
    }
    assert!(all.approved > 50 && all.charged > 50, "{all:?}");
    assert_eq!(all.refusals.len(), 15, "{all:?}");
}
