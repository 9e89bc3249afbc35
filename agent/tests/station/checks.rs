//! What is asked of a registry, and what is made of its answers.

use std::sync::Arc;

use tekser::batch::SignedBatch;
use tekser::check::{Answer, Checks, Freshness, Undetermined, Verdict};
use tekser::id::BatchId;
use tekser::registry::{
    ApplicationNo, Asking, Progress, Registry, RegistryError, RegistryId, Source,
};
use tekser_imei::Imei;

use crate::support::{Shop, imei, now};

/// Answers whatever it was told to, whoever asks what.
struct Odd(Result<Vec<Answer>, RegistryError>);

fn odd() -> RegistryId {
    RegistryId::new("odd")
}

impl Source for Odd {
    fn id(&self) -> RegistryId {
        odd()
    }

    fn look_up<'a>(&'a self, _: &'a [Imei]) -> Asking<'a, Vec<Answer>> {
        Box::pin(async { self.0.clone() })
    }
}

impl Registry for Odd {
    fn file<'a>(&'a self, _: &'a SignedBatch) -> Asking<'a, ApplicationNo> {
        Box::pin(async { Err(RegistryError::Unreachable { registry: odd() }) })
    }

    fn find(&self, _: BatchId) -> Asking<'_, Option<ApplicationNo>> {
        Box::pin(async { Err(RegistryError::Unreachable { registry: odd() }) })
    }

    fn progress<'a>(&'a self, _: &'a ApplicationNo) -> Asking<'a, Progress> {
        Box::pin(async { Err(RegistryError::Unreachable { registry: odd() }) })
    }
}

impl Shop {
    async fn verdicts(&self, answers: Result<Vec<Answer>, RegistryError>) -> Vec<(Imei, Verdict)> {
        let store = self.station.store.clone();
        let sources: Vec<Arc<dyn Source>> = vec![Arc::new(Odd(answers))];
        let checks = Checks::new(store, sources, self.clock.clone());
        let checked = checks.check(&[imei(1), imei(2)], Freshness::Kept).await.unwrap();
        checked.into_iter().map(|one| (one.answer.imei, one.answer.verdict)).collect()
    }

    fn clear(&self, n: usize) -> Answer {
        Answer::new(imei(n), Verdict::Clear, odd(), now(self))
    }
}

fn open(why: Undetermined) -> Vec<(Imei, Verdict)> {
    vec![(imei(1), Verdict::Undetermined { why }), (imei(2), Verdict::Undetermined { why })]
}

#[tokio::test]
async fn answers_stand_in_the_order_asked() {
    let shop = Shop::open().await;
    let verdicts = shop.verdicts(Ok(vec![shop.clear(1), shop.clear(2)])).await;
    assert_eq!(verdicts, [(imei(1), Verdict::Clear), (imei(2), Verdict::Clear)]);
}

#[tokio::test]
async fn answers_about_anything_else_are_no_answers() {
    let shop = Shop::open().await;
    let clear = |n| shop.clear(n);
    let table = [
        vec![],
        vec![clear(1)],
        vec![clear(2), clear(1)],
        vec![clear(1), clear(3)],
        vec![clear(1), clear(2), clear(2)],
    ];
    for answers in table {
        let verdicts = shop.verdicts(Ok(answers)).await;
        assert_eq!(verdicts, open(Undetermined::RegistryFailed));
    }
}

#[tokio::test]
async fn a_failure_leaves_every_verdict_open_and_says_which_it_was() {
    let shop = Shop::open().await;
    let registry = odd();
    let detail = "out of order".to_owned();
    let unreadable = RegistryError::Unreadable { registry: odd(), detail: detail.clone() };
    let denied = RegistryError::Denied { registry: odd(), detail: detail.clone() };
    let table = [
        (RegistryError::Unreachable { registry: odd() }, Undetermined::Unreachable),
        (RegistryError::NoAnswer { registry: odd() }, Undetermined::Unreachable),
        (RegistryError::Throttled { registry: odd(), until: now(&shop) }, Undetermined::Throttled),
        (RegistryError::Failed { registry, detail }, Undetermined::RegistryFailed),
        (unreadable, Undetermined::Unreadable),
        (denied, Undetermined::Denied),
    ];
    for (error, why) in table {
        assert_eq!(shop.verdicts(Err(error)).await, open(why));
    }
}

#[cfg(unix)]
#[test]
fn a_list_without_an_end_is_not_read_to_the_end() {
    let endless = std::fs::File::open("/dev/zero").unwrap();
    assert!(tekser_table::List::from_file(endless).is_err());
}
