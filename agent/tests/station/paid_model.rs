//! Any history of questions, failures, crashes and filings against a source that takes money: the
//! source itself says when it was paid for what should not have been asked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;
use tekser::check::{Checked, Checks, Freshness, Undetermined, Verdict};
use tekser::clock::ManualClock;
use tekser::store::Store;
use tekser_imei::{Imei, Imei14};
use tokio::runtime::{Builder, Runtime};

use crate::asked::{Asked, Says};
use crate::support::{clock, cut, imei};

const NUMBERS: usize = 3;
const PENDING: Says = Says::This(Verdict::Undetermined { why: Undetermined::Pending });
const FRESH: SignedDuration = SignedDuration::from_mins(10);

#[derive(Debug, Clone)]
enum Step {
    /// One asks about some of the numbers.
    Ask(Vec<usize>, Freshness),
    /// Several do at the same time, from two processes.
    Together(Vec<(Vec<usize>, Freshness)>),
    /// One asks and stops listening after so many steps.
    StopListening(Vec<usize>, Freshness, usize),
    /// One asks, and the process dies after so many steps.
    Crash(Vec<usize>, Freshness, usize),
    /// Time passes, in minutes.
    Wait(i64),
}

fn freshness() -> impl Strategy<Value = Freshness> {
    prop_oneof![
        3 => Just(Freshness::Kept),
        2 => Just(Freshness::Now),
        1 => Just(Freshness::PayAgain),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let some = || prop::collection::vec(0..NUMBERS, 1..4);
    prop_oneof![
        4 => (some(), freshness()).prop_map(|(of, fresh)| Step::Ask(of, fresh)),
        2 => prop::collection::vec((some(), freshness()), 2..4).prop_map(Step::Together),
        2 => (some(), freshness(), 0..12_usize)
            .prop_map(|(of, fresh, polls)| Step::StopListening(of, fresh, polls)),
        2 => (some(), freshness(), 0..12_usize)
            .prop_map(|(of, fresh, polls)| Step::Crash(of, fresh, polls)),
        2 => (1_i64..8).prop_map(Step::Wait),
    ]
}

fn says() -> impl Strategy<Value = Says> {
    prop_oneof![
        6 => Just(Says::CLEAR),
        1 => Just(Says::NoAnswer),
        1 => Just(Says::Unreachable),
        1 => Just(Says::Throttled),
        1 => Just(Says::AboutAnother),
        1 => Just(Says::open(Undetermined::Pending)),
        1 => Just(Says::open(Undetermined::RegistryFailed)),
    ]
}

/// A process that asks.
struct Process {
    runtime: Runtime,
    checks: Checks,
}

impl Process {
    fn start(file: &Path, source: &Arc<Asked>, clock: &Arc<ManualClock>) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let store = runtime.block_on(Store::open(file)).unwrap();
        let checks = Checks::new(store, vec![source.clone()], clock.clone());
        Self { runtime, checks }
    }
}

async fn ask(checks: &Checks, of: &[usize], freshness: Freshness) -> Vec<Checked> {
    let imeis: Vec<Imei> = of.iter().map(|n| imei(*n)).collect();
    checks.check(&imeis, freshness).await.unwrap()
}

/// What was asked, and what of it a dead process may have taken with it.
#[derive(Default)]
struct Model {
    questions: BTreeMap<Imei14, usize>,
    lost: BTreeSet<(Imei14, usize)>,
}

impl Model {
    /// Holds what the source counted against what was allowed. Only a person may have it paid
    /// again, and only what was not answered.
    fn judge(&mut self, source: &Asked, people: usize, step: &Step) {
        for (number, asked) in source.questions().iter() {
            let before = self.questions.insert(*number, asked.len()).unwrap_or(0);
            let mut agreed = 0;
            for nth in before.max(1)..asked.len() {
                let ((last, said), (at, _)) = (asked[nth - 1], asked[nth]);
                let answered = matches!(said, Says::This(Verdict::Clear)) || said == PENDING;
                if answered && at >= last + FRESH {
                    continue;
                }
                let lost = !answered || self.lost.contains(&(*number, nth - 1));
                assert!(lost, "paid at {last} for an answer, and again at {at}: {step:?}");
                agreed += 1;
            }
            assert!(agreed <= people, "paid again and nobody said so: {step:?}");
            if matches!(step, Step::Crash(..)) {
                self.lost.extend((before..asked.len()).map(|nth| (*number, nth)));
            }
        }
    }
}

fn people(freshness: Freshness) -> usize {
    usize::from(freshness == Freshness::PayAgain)
}

fn play(steps: &[Step], outcomes: Vec<Says>) {
    let (directory, clock) = (tempfile::tempdir().unwrap(), clock());
    let file = directory.path().join("station.db");
    let mut source = Asked::paid("paid", &clock);
    source.terms.fresh_for = FRESH;
    source.terms.batch_max = 2;
    source.say_next(outcomes);
    let source = Arc::new(source);
    let mut process = Process::start(&file, &source, &clock);
    let mut model = Model::default();
    for step in steps {
        let (mut heard, mut agree) = (Vec::new(), 0);
        match step {
            Step::Ask(of, freshness) => {
                agree = people(*freshness);
                heard = process.runtime.block_on(ask(&process.checks, of, *freshness));
            }
            Step::Together(all) => {
                agree = all.iter().map(|(_, freshness)| people(*freshness)).sum();
                heard = process.runtime.block_on(async {
                    let other = Store::open(&file).await.unwrap();
                    let other = Checks::new(other, vec![source.clone()], clock.clone());
                    let asked = all.iter().enumerate().map(|(n, (of, freshness))| {
                        let checks = if n % 2 == 0 { &process.checks } else { &other };
                        ask(checks, of, *freshness)
                    });
                    futures_util::future::join_all(asked).await.concat()
                });
            }
            Step::StopListening(of, freshness, polls) => {
                agree = people(*freshness);
                let asked = ask(&process.checks, of, *freshness);
                heard = process.runtime.block_on(cut(asked, *polls)).unwrap_or_default();
            }
            Step::Crash(of, freshness, polls) => {
                agree = people(*freshness);
                let asked = ask(&process.checks, of, *freshness);
                heard = process.runtime.block_on(cut(asked, *polls)).unwrap_or_default();
                drop(process);
                // Whoever died is not waited for any more.
                clock.advance(SignedDuration::from_secs(30));
                process = Process::start(&file, &source, &clock);
            }
            Step::Wait(minutes) => clock.advance(SignedDuration::from_mins(*minutes)),
        }
        let certain = |one: &&Checked| one.answer.verdict.is_clear();
        for one in heard.iter().filter(certain) {
            assert!(source.times(one.answer.imei) > 0, "nobody was asked: {step:?}");
        }
        model.judge(&source, agree, step);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_fresh_is_paid_for_twice_whatever_happens(
        steps in prop::collection::vec(step(), 1..10),
        outcomes in prop::collection::vec(says(), 0..16),
    ) {
        play(&steps, outcomes);
    }
}
