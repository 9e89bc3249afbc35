//! A source that says what it is told to, and counts what it is asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::{SignedDuration, Timestamp};
use tekser::check::{Answer, Undetermined, Verdict};
use tekser::clock::{Clock, ManualClock};
use tekser::registry::{Asking, RegistryError, RegistryId, Role, Source, Terms};
use tekser_imei::{Imei, Imei14};

/// What it does with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// A verdict, about each.
    This(Verdict),
    /// Nothing, and the question was taken.
    NoAnswer,
    /// Nothing, and the question surely was not taken.
    Unreachable,
    Throttled,
    Denied,
    /// Something about somebody else.
    AboutAnother,
    /// It falls over.
    Breaks,
}

impl Says {
    pub const CLEAR: Self = Self::This(Verdict::Clear);

    pub fn open(why: Undetermined) -> Self {
        Self::This(Verdict::Undetermined { why })
    }

    /// Whether it costs money.
    pub fn costs(self) -> bool {
        !matches!(self, Self::Unreachable | Self::Throttled | Self::Denied)
    }
}

pub struct Asked {
    name: &'static str,
    clock: Arc<ManualClock>,
    pub terms: Terms,
    /// How old its answers are when they come.
    pub lag: SignedDuration,
    says: Mutex<Says>,
    next: Mutex<VecDeque<Says>>,
    questions: Mutex<BTreeMap<Imei14, Vec<(Timestamp, Says)>>>,
}

impl Asked {
    /// One that decides, whose answers are fresh for an hour.
    pub fn new(name: &'static str, clock: &Arc<ManualClock>) -> Self {
        let fresh_for = SignedDuration::from_hours(1);
        Self {
            name,
            clock: Arc::clone(clock),
            terms: Terms { fresh_for, deadline: SignedDuration::ZERO, ..Terms::default() },
            lag: SignedDuration::ZERO,
            says: Mutex::new(Says::CLEAR),
            next: Mutex::default(),
            questions: Mutex::default(),
        }
    }

    /// One that takes money.
    pub fn paid(name: &'static str, clock: &Arc<ManualClock>) -> Self {
        let mut asked = Self::new(name, clock);
        asked.terms.paid = true;
        asked
    }

    pub fn that_warns(mut self) -> Self {
        self.terms.role = Role::Warns;
        self
    }

    pub fn say(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }

    /// What it says next, once each.
    pub fn say_next(&self, says: impl IntoIterator<Item = Says>) {
        self.next.lock().unwrap().extend(says);
    }

    pub fn questions(&self) -> MutexGuard<'_, BTreeMap<Imei14, Vec<(Timestamp, Says)>>> {
        self.questions.lock().unwrap()
    }

    /// How often it was asked about an IMEI.
    pub fn times(&self, imei: Imei) -> usize {
        self.questions().get(&imei.imei14()).map_or(0, Vec::len)
    }

    fn answer(&self, imeis: &[Imei]) -> Result<Vec<Answer>, RegistryError> {
        let says = self.next.lock().unwrap().pop_front();
        let says = says.unwrap_or_else(|| *self.says.lock().unwrap());
        let now = self.clock.now();
        if says.costs() {
            let mut questions = self.questions();
            for imei in imeis {
                questions.entry(imei.imei14()).or_default().push((now, says));
            }
        }
        let registry = self.id();
        let as_of = now - self.lag;
        let all = |verdict| {
            imeis.iter().map(|&imei| Answer::new(imei, verdict, self.id(), as_of)).collect()
        };
        match says {
            Says::This(verdict) => Ok(all(verdict)),
            Says::AboutAnother => Ok(Vec::new()),
            Says::NoAnswer => Err(RegistryError::NoAnswer { registry }),
            Says::Unreachable => Err(RegistryError::Unreachable { registry }),
            Says::Throttled => Err(RegistryError::Throttled { registry, until: now }),
            Says::Denied => Err(RegistryError::Denied { registry, detail: "no".to_owned() }),
            Says::Breaks => panic!("as it was told to"),
        }
    }
}

impl Source for Asked {
    fn id(&self) -> RegistryId {
        RegistryId::new(self.name)
    }

    fn terms(&self) -> Terms {
        self.terms
    }

    fn look_up<'a>(&'a self, imeis: &'a [Imei]) -> Asking<'a, Vec<Answer>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let answers = self.answer(imeis);
            tokio::task::yield_now().await;
            answers
        })
    }
}
