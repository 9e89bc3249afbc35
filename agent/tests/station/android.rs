//! Android phones with USB debugging on the bench, some with a modem port beside it.

use tekser::bench::{DeviceState, DeviceView, FailureCode, FindingKind, Handset, NextStep, Trust};
use tekser_hardware::{DeviceId, Note, Source};
use tekser_virtual_bench::Persona;
use tekser_virtual_bench::persona::{Allow, Android, ImeiAnswer};

use crate::support::{Shop, until};

/// A Samsung with a modem port and a debug bridge.
const BOTH: usize = 0;
/// A Xiaomi with a debug bridge alone.
const BRIDGE: usize = 1;

fn android(n: usize, change: impl FnOnce(&mut Android)) -> Persona {
    let mut persona = Persona::android_nth(n);
    change(persona.android.as_mut().unwrap());
    persona
}

impl Shop {
    /// Waits until what is shown of a device satisfies.
    async fn shown(&self, id: &DeviceId, wanted: impl Fn(&DeviceView) -> bool) -> DeviceView {
        until(&self.station, "a device to change", async || {
            self.station.bench.device(id).filter(&wanted)
        })
        .await
    }

    /// Waits until a phone has been read by so many sources.
    async fn told(&self, id: &DeviceId, sources: usize) -> Handset {
        until(&self.station, "every source to tell", async || {
            let view = self.station.bench.device(id)?;
            let DeviceState::Read { handset, .. } = view.state else { return None };
            let handset = self.station.store.handset(handset).await.unwrap()?;
            (handset.readings.len() >= sources).then_some(handset)
        })
        .await
    }

    async fn sources(&self, handset: &Handset) -> Vec<Source> {
        let mut sources = Vec::new();
        for id in &handset.readings {
            sources.push(self.station.store.reading(*id).await.unwrap().unwrap().reading.source);
        }
        sources.sort_unstable();
        sources
    }

    #[track_caller]
    fn check_manners(&self, id: &DeviceId) {
        assert_eq!(self.bench.violations(id), Vec::<String>::new());
        assert_eq!(self.bench.complaints(id), Vec::<String>::new());
    }
}

#[tokio::test]
async fn both_sides_of_a_phone_make_one_handset() {
    let shop = Shop::with_key().await;
    let _watch = shop.watch();
    let persona = Persona::android_nth(BOTH);
    let id = shop.bench.plug(persona.clone()).unwrap();
    let handset = shop.told(&id, 3).await;
    assert_eq!(shop.sources(&handset).await, [Source::At, Source::Adb, Source::Usb]);
    assert_eq!(handset.imeis(), persona.imeis);
    assert_eq!(handset.slots[0].trust, Some(Trust::Agreed), "{:?}", handset.slots[0]);
    assert_eq!(handset.os.as_deref(), Some("Android 14"));
    assert_eq!(handset.serial.as_deref(), Some(persona.serial.as_str()));
    assert_eq!(handset.next_step, None, "{:?}", handset.slots);
    shop.check_manners(&id);
}

#[tokio::test]
async fn what_the_modem_says_is_shown_while_the_phone_asks_its_owner() {
    let shop = Shop::with_key().await;
    let _watch = shop.watch();
    let persona = android(BOTH, |android| android.allow = Allow::Never);
    let id = shop.bench.plug(persona.clone()).unwrap();
    let view = shop.shown(&id, |view| {
        view.waiting_until.is_some() && matches!(view.state, DeviceState::Read { .. })
    });
    assert_eq!(view.await.next_step, Some(NextStep::AllowOnPhone));
    let before = shop.told(&id, 2).await;
    assert_eq!(before.slots[0].imei, Some(persona.imeis[0]));

    assert!(shop.bench.touch_allow(&id));
    let handset = shop.told(&id, 3).await;
    assert_eq!((handset.id, handset.imeis()), (before.id, persona.imeis));
    let view = shop.shown(&id, |view| view.waiting_until.is_none()).await;
    assert_eq!((view.missed, view.next_step), (None, None));
    shop.check_manners(&id);
}

#[tokio::test]
async fn waiting_for_the_owner_ends_when_a_person_says_so() {
    let shop = Shop::with_key().await;
    let _watch = shop.watch();
    for (n, is_read) in [(BOTH, true), (BRIDGE, false)] {
        let persona = android(n, |android| android.allow = Allow::Never);
        let id = shop.bench.plug(persona).unwrap();
        shop.shown(&id, |view| {
            let read = matches!(view.state, DeviceState::Read { .. });
            view.waiting_until.is_some() && read == is_read
        })
        .await;
        let path = format!("/api/v1/devices/{id}/stop");
        shop.ask("POST", &path, None).await.expect(202);
        let view = shop.shown(&id, |view| view.waiting_until.is_none()).await;
        match view.state {
            DeviceState::Failed { code, .. } => {
                assert_eq!((code, is_read), (FailureCode::Stopped, false));
            }
            _ => assert_eq!((view.missed, is_read), (Some(FailureCode::Stopped), true)),
        }
        shop.ask("POST", &path, None).await.expect_problem(409, "not_waiting");
    }
}

#[tokio::test]
async fn a_phone_that_asks_is_asked_anew_when_it_is_read_again() {
    let shop = Shop::with_key().await;
    let _watch = shop.watch();
    let persona = android(BOTH, |android| android.allow = Allow::Never);
    let id = shop.bench.plug(persona).unwrap();
    let asks = |view: &DeviceView| {
        view.waiting_until.is_some() && matches!(view.state, DeviceState::Read { .. })
    };
    shop.shown(&id, asks).await;
    assert!(shop.station.bench.read_again(&id));
    shop.shown(&id, asks).await;
    assert!(shop.bench.touch_allow(&id));
    let handset = shop.told(&id, 5).await;
    assert!(shop.sources(&handset).await.contains(&Source::Adb));
}

#[tokio::test]
async fn a_phone_that_keeps_its_imei_to_itself_is_to_be_asked_by_hand() {
    let shop = Shop::with_key().await;
    let _watch = shop.watch();
    let persona = android(BRIDGE, |android| {
        android.imei_answer = ImeiAnswer::Refuses;
        android.properties_imei = false;
    });
    let id = shop.bench.plug(persona.clone()).unwrap();
    let handset = shop.told(&id, 2).await;
    assert_eq!((handset.imeis(), handset.next_step), (Vec::new(), Some(NextStep::DialAndScan)));
    let refused = FindingKind::Exchange { note: Note::ImeiRefused };
    assert!(handset.findings.iter().any(|finding| finding.kind == refused), "{handset:?}");
    assert_eq!(handset.serial.as_deref(), Some(persona.serial.as_str()));
}

#[tokio::test]
async fn an_imei_that_only_properties_name_is_shown_and_not_trusted() {
    let shop = Shop::with_key().await;
    let _watch = shop.watch();
    let persona = android(BRIDGE, |android| {
        android.imei_answer = ImeiAnswer::Refuses;
        android.properties_imei = true;
    });
    let id = shop.bench.plug(persona.clone()).unwrap();
    let handset = shop.told(&id, 2).await;
    assert_eq!(handset.slots[0].imei, Some(persona.imeis[0]));
    assert_eq!(handset.slots[0].trust, Some(Trust::Weak), "{:?}", handset.slots);
    assert!(handset.findings.iter().any(|finding| finding.kind == FindingKind::OnlyWeak));
    assert_eq!(handset.next_step, Some(NextStep::DialAndScan));
}

#[tokio::test]
async fn a_phone_that_is_pulled_out_while_it_asks_is_gone_at_once() {
    let shop = Shop::with_key().await;
    let _watch = shop.watch();
    let persona = android(BRIDGE, |android| android.allow = Allow::Never);
    let id = shop.bench.plug(persona).unwrap();
    shop.shown(&id, |view| view.waiting_until.is_some()).await;
    assert!(shop.bench.unplug(&id));
    until(&shop.station, "it to be gone", async || {
        shop.station.bench.device(&id).is_none().then_some(())
    })
    .await;
    // Whatever its owner touches now, it is another plug-in.
    assert!(shop.bench.replug(&id).unwrap());
    let view = shop.shown(&id, |view| view.waiting_until.is_some()).await;
    assert_eq!(view.state, DeviceState::Reading);
}
