//! A phone that asks its owner.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tekser_hardware::bus::Opening;
use tekser_hardware::survey::News;
use tekser_hardware::{Bus, Device, OpenError, Port, PortName, Speaks};
use tokio::sync::mpsc;

use super::*;
use crate::bench::{AdbKeys, Asking, Bench, DeviceState, DeviceView, FailureCode, NextStep};
use crate::clock::SystemClock;
use crate::store::Store;

/// A phone whose debug bridge is never free.
struct Busy(&'static str);

impl Bus for Busy {
    fn devices(&self) -> Vec<Device> {
        vec![Device::new(place(), vec![Port::free(PortName::new(self.0), Speaks::Adb)])]
    }

    fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a> {
        let error = OpenError::Busy { port: port.clone(), holder: None };
        Box::pin(core::future::ready(Err(error)))
    }
}

fn place() -> DeviceId {
    DeviceId::usb("1-1")
}

/// A bench that tries the phone for ever.
struct Shown {
    bench: Arc<Bench>,
    store: Store,
    _folder: tempfile::TempDir,
    _watch: tokio::task::JoinSet<()>,
}

impl Shown {
    async fn new() -> Self {
        Self::over(vec![Arc::new(Busy("adb"))]).await
    }

    async fn over(buses: Vec<Arc<dyn Bus>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("station.db")).await.unwrap();
        let again = vec![Duration::from_secs(3600); 2];
        let asking = Asking { again, ..Asking::new(AdbKeys::given(Vec::new())) };
        let (bench, reads) = Bench::new(store.clone(), Arc::new(SystemClock), buses, asking);
        // Phones that were read are asked about by nobody here.
        drop(reads);
        let mut watch = tokio::task::JoinSet::new();
        watch.spawn(Arc::clone(&bench).watch());
        let shown = Self { bench, store, _folder: folder, _watch: watch };
        shown
            .until(|_| shown.bench.live()[&place()].asked.as_ref().is_some_and(|asked| asked.begun))
            .await;
        shown
    }

    async fn until(&self, wanted: impl Fn(&DeviceView) -> bool) -> DeviceView {
        let looking = async {
            loop {
                if let Some(view) = self.bench.device(&place())
                    && wanted(&view)
                {
                    return view;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), looking).await.unwrap()
    }

    /// Tells the bench what a phone would, and gives what is shown then.
    async fn told(&self, news: Vec<News>) -> DeviceView {
        let (tell, told) = mpsc::unbounded_channel();
        news.into_iter().for_each(|one| tell.send(one).unwrap());
        drop(tell);
        let arrival = self.bench.live()[&place()].arrival;
        self.bench.follow(&place(), arrival, Instant::now(), told).await;
        self.bench.device(&place()).unwrap()
    }

    async fn events(&self) -> usize {
        let events = self.store.events_after(0, 100).await.unwrap();
        events.len()
    }
}

fn waiting() -> News {
    News::Waiting { until: Instant::now() + Duration::from_secs(120) }
}

#[tokio::test]
async fn a_phone_that_asks_shows_until_when_and_what_to_touch() {
    let shown = Shown::new().await;
    let before = shown.events().await;
    let view = shown.told(vec![waiting()]).await;
    let left = view.waiting_until.unwrap().duration_since(Timestamp::now());
    assert!((100..=121).contains(&left.as_secs()), "{left}");
    assert_eq!(view.next_step, Some(NextStep::AllowOnPhone));
    assert_eq!(view.state, DeviceState::Reading);
    assert_eq!(shown.events().await, before + 1, "whoever follows is told at once");

    let view = shown.told(vec![News::Allowed]).await;
    assert_eq!((view.waiting_until, view.next_step), (None, None));
}

#[tokio::test]
async fn what_the_phone_told_already_is_shown_while_it_asks() {
    let shown = Shown::new().await;
    let at = reading(Source::At, &[(ONE, whole(1))]);
    let view = shown.told(vec![waiting(), News::Reading(at)]).await;
    assert!(matches!(view.state, DeviceState::Read { .. }), "{view:?}");
    assert!(view.waiting_until.is_some());
    assert_eq!(view.next_step, Some(NextStep::AllowOnPhone));
}

#[tokio::test]
async fn nobody_waits_any_more_once_that_was_asked_for() {
    let shown = Shown::new().await;
    assert!(!shown.bench.stop_waiting(&place()), "nobody is waited for yet");
    shown.told(vec![waiting()]).await;
    assert!(shown.bench.stop_waiting(&place()));
    let view = shown.until(|view| view.waiting_until.is_none()).await;
    let DeviceState::Failed { code, cure, .. } = view.state else { panic!("{view:?}") };
    assert_eq!(code, FailureCode::Stopped);
    assert!(cure.contains("Allow"), "{cure}");
    assert!(!shown.bench.stop_waiting(&place()));
    // It is not asked again by itself, only by a person.
    assert!(shown.bench.read_again(&place()));
    shown.until(|view| view.state == DeviceState::Reading).await;
}

#[tokio::test]
async fn a_port_that_appears_later_adds_to_what_the_others_said() {
    let shown = Shown::new().await;
    let full = reading(Source::At, &[(ONE, whole(1)), (TWO, whole(2))]);
    let poor = Reading { model: Some("Model 7".to_owned()), ..Reading::empty(Source::At) };
    let view = shown.told(vec![News::Reading(full), News::Reading(poor)]).await;
    let DeviceState::Read { handset, .. } = view.state else { panic!("{view:?}") };
    let handset = shown.store.handset(handset).await.unwrap().unwrap();
    check_slots(&handset, &[(1, Some(1)), (2, Some(2))]);
    assert_eq!((handset.model.as_deref(), handset.findings.len()), (Some("Model 7"), 0));
}

#[tokio::test]
async fn a_phone_that_two_buses_show_is_read_by_the_first_alone() {
    let shown = Shown::over(vec![Arc::new(Busy("adb")), Arc::new(Busy("other"))]).await;
    let before = shown.events().await;
    for _ in 0..3 {
        shown.bench.look().await.unwrap();
    }
    assert_eq!(shown.bench.device(&place()).unwrap().ports, [PortName::new("adb")]);
    assert_eq!(shown.events().await, before, "nothing has happened");
}
