//! Which phone a reading belongs to.

use tekser::api::Problem;
use tekser::bench::{DeviceState, FindingKind, Handset, LabelError, ScanError, ScanSource, Target};
use tekser::id::HandsetId;
use tekser::store::Page;
use tekser_hardware::{Claim, ClaimValue, Confidence, DeviceId, Reading, Slot, Source};
use tekser_imei::Imei;
use tekser_virtual_bench::Persona;

use crate::support::{Shop, imei, until};

/// What a phone says of itself.
fn told(imei: Imei, serial: Option<&str>) -> Reading {
    let value = ClaimValue::Imei { imei, svn: None };
    let confidence = Confidence::Strong;
    let claim = Claim { slot: Some(Slot::ONE), value, confidence, evidence: 0 };
    Reading { claims: vec![claim], serial: serial.map(str::to_owned), ..Reading::empty(Source::At) }
}

fn usb(n: usize) -> DeviceId {
    DeviceId::usb(&format!("1-{n}"))
}

impl Shop {
    async fn scan(&self, text: &str) -> Handset {
        self.station.bench.scan(text, ScanSource::Label, Target::Any).await.unwrap()
    }

    async fn refused(&self, text: &str, target: Target) -> ScanError {
        let outcome = self.station.bench.scan(text, ScanSource::Label, target).await;
        assert_eq!(self.station.store.readings(&Page::first(10)).await.unwrap(), []);
        outcome.unwrap_err()
    }

    /// Plugs a phone in and waits until the watched bench has read it.
    async fn plug(&self, persona: Persona) -> (DeviceId, Handset) {
        let id = self.bench.plug(persona).unwrap();
        let handset = self.read(&id).await;
        (id, handset)
    }

    async fn read(&self, id: &DeviceId) -> Handset {
        let handset = until(&self.station, "a phone to be read", async || {
            match self.station.bench.device(id)?.state {
                DeviceState::Read { handset, .. } => Some(handset),
                DeviceState::Failed { message, .. } => panic!("{message}"),
                _ => None,
            }
        });
        let handset = handset.await;
        self.handset(handset).await
    }

    async fn unplug(&self, id: &DeviceId) {
        assert!(self.bench.unplug(id));
        until(&self.station, "a phone to be gone", async || {
            self.station.bench.device(id).is_none().then_some(())
        })
        .await;
    }

    async fn handset(&self, id: HandsetId) -> Handset {
        self.station.store.handset(id).await.unwrap().unwrap()
    }
}

fn clones(handset: &Handset) -> Vec<HandsetId> {
    let of = |kind: &FindingKind| match kind {
        FindingKind::OnAnotherHandset { handset } => Some(*handset),
        _ => None,
    };
    handset.findings.iter().filter_map(|finding| of(&finding.kind)).collect()
}

#[tokio::test]
async fn a_phone_that_comes_back_elsewhere_is_the_same_phone() {
    let shop = Shop::open().await;
    let first = shop.station.bench.keep(told(imei(1), Some("R5SERIAL1")), &usb(1)).await.unwrap();
    let again = shop.station.bench.keep(told(imei(1), Some("r5serial1")), &usb(2)).await.unwrap();
    assert_eq!(first.id, again.id);
    assert_eq!(again.readings.len(), 2);
    assert_eq!(again.device, Some(usb(2)));
    assert_eq!(again.findings, []);
}

#[tokio::test]
async fn a_phone_with_another_serial_number_is_another_phone_and_both_are_marked() {
    let shop = Shop::open().await;
    let one = shop.station.bench.keep(told(imei(1), Some("R5SERIAL1")), &usb(1)).await.unwrap();
    let two = shop.station.bench.keep(told(imei(1), Some("R5SERIAL2")), &usb(2)).await.unwrap();
    assert_ne!(one.id, two.id);
    assert_eq!(clones(&two), [one.id]);
    assert_eq!(clones(&shop.handset(one.id).await), [two.id]);
    // Reading the first again neither loses nor doubles the mark.
    let one = shop.station.bench.keep(told(imei(1), Some("R5SERIAL1")), &usb(1)).await.unwrap();
    assert_eq!(clones(&one), [two.id]);
    assert_eq!(clones(&shop.handset(two.id).await), [one.id]);
}

#[tokio::test]
async fn a_replaced_board_changes_the_numbers_and_keeps_the_phone() {
    let shop = Shop::open().await;
    let before = shop.station.bench.keep(told(imei(1), Some("R5SERIAL1")), &usb(1)).await.unwrap();
    let after = shop.station.bench.keep(told(imei(2), Some("R5SERIAL1")), &usb(2)).await.unwrap();
    assert_eq!(before.id, after.id);
    assert_eq!(after.imeis(), [imei(2)]);
    let changed = FindingKind::ChangedSince { reading: before.readings[0] };
    assert!(after.findings.iter().any(|finding| finding.kind == changed));
}

#[tokio::test]
async fn a_box_that_was_scanned_first_becomes_the_phone_that_is_plugged_in_later() {
    let shop = Shop::open().await;
    let boxed = shop.scan(&format!("IMEI1: {}\nIMEI2: {}", imei(1), imei(2))).await;
    assert_eq!(boxed.device, None);
    let phone = shop.station.bench.keep(told(imei(1), None), &usb(1)).await.unwrap();
    assert_eq!(phone.id, boxed.id);
    assert_eq!(phone.imeis(), [imei(1), imei(2)]);
    assert_eq!(phone.device, Some(usb(1)));
}

#[tokio::test]
async fn the_same_box_again_is_the_same_phone() {
    let shop = Shop::open().await;
    let text = format!("IMEI: {}\nS/N: R58N12ABCDE", imei(1));
    assert_eq!(shop.scan(&text).await.id, shop.scan(&text).await.id);
}

#[tokio::test]
async fn two_boxes_that_share_a_word_which_looks_like_a_serial_number_are_two_phones() {
    let shop = Shop::open().await;
    let one = shop.scan(&format!("GALAXYA54\nIMEI: {}", imei(1))).await;
    let two = shop.scan(&format!("GALAXYA54\nIMEI: {}", imei(2))).await;
    assert_eq!(one.serial.as_deref(), Some("GALAXYA54"));
    assert_ne!(one.id, two.id);
    assert_eq!(two.findings, []);
}

#[tokio::test]
async fn what_is_scanned_to_a_device_belongs_to_the_phone_in_it() {
    let shop = Shop::open().await;
    let _watch = shop.watch();
    let (device, phone) = shop.plug(Persona::nth(3)).await;
    let target = Target::Device(device.clone());
    let text = format!("IMEI: {}", imei(1));
    let boxed = shop.station.bench.scan(&text, ScanSource::Label, target).await.unwrap();
    assert_eq!(boxed.id, phone.id);
    assert_eq!(boxed.device, Some(device));
    assert!(boxed.findings.iter().any(|finding| finding.kind == FindingKind::Disagreement));
}

#[tokio::test]
async fn a_phone_that_is_plugged_in_elsewhere_is_another_one_until_it_is_pulled_out() {
    let shop = Shop::open().await;
    let _watch = shop.watch();
    let (first_device, first) = shop.plug(Persona::nth(3)).await;
    let (clone_device, clone) = shop.plug(Persona::nth(3)).await;
    assert_ne!(first.id, clone.id);
    assert_eq!(clones(&clone), [first.id]);
    assert_eq!(clones(&shop.handset(first.id).await), [clone.id]);

    shop.unplug(&clone_device).await;
    shop.unplug(&first_device).await;
    let (_, back) = shop.plug(Persona::nth(3)).await;
    assert!([first.id, clone.id].contains(&back.id));
}

#[tokio::test]
async fn a_phone_that_is_swapped_between_two_looks_is_read_anew() {
    let shop = Shop::open().await;
    let _watch = shop.watch();
    let (device, first) = shop.plug(Persona::nth(3)).await;
    // On a new port in the same place, without a look in between.
    assert!(shop.bench.replug(&device).unwrap());
    let again = until(&shop.station, "a second reading", async || {
        Some(shop.handset(first.id).await).filter(|handset| handset.readings.len() == 2)
    });
    assert_eq!(again.await.id, first.id);
}

#[tokio::test]
async fn a_phone_is_read_again_when_asked_and_once_at_a_time() {
    let shop = Shop::open().await;
    let _watch = shop.watch();
    let (device, first) = shop.plug(Persona::nth(3)).await;
    assert!(shop.station.bench.read_again(&device));
    assert!(!shop.station.bench.read_again(&device));
    assert!(!shop.station.bench.read_again(&usb(9)));
    let again = shop.read(&device).await;
    assert_eq!((again.id, again.readings.len()), (first.id, 2));
}

#[tokio::test]
async fn a_phone_that_is_read_often_keeps_its_label_and_its_first_day() {
    let shop = Shop::open().await;
    let boxed = shop.scan(&format!("IMEI1: {}\nIMEI2: {}", imei(1), imei(2))).await;
    let mut phone = boxed.clone();
    for _ in 0..70 {
        shop.clock.advance(jiff::SignedDuration::from_secs(1));
        phone = shop.station.bench.keep(told(imei(1), None), &usb(1)).await.unwrap();
    }
    assert_eq!(phone.imeis(), [imei(1), imei(2)]);
    assert_eq!(phone.first_seen, boxed.first_seen);
    assert!(phone.readings.len() <= 66);
}

#[tokio::test]
async fn a_scan_for_what_is_not_there_is_refused_and_leaves_no_trace() {
    let shop = Shop::open().await;
    let text = format!("IMEI: {}", imei(1));
    let device = shop.refused(&text, Target::Device(usb(1))).await;
    assert!(matches!(device, ScanError::NoSuchDevice(id) if id == usb(1)));
    let id = HandsetId::new();
    let handset = shop.refused(&text, Target::Handset(id)).await;
    assert!(matches!(handset, ScanError::NoSuchHandset(other) if other == id));
}

#[tokio::test]
async fn a_text_without_anything_in_it_is_refused() {
    let shop = Shop::open().await;
    for text in ["", "hello", "4006381333931"] {
        let error = shop.refused(text, Target::Any).await;
        assert!(matches!(error, ScanError::Label(LabelError::NothingFound)), "{text}: {error}");
    }
}

#[tokio::test]
async fn a_lone_number_of_fourteen_digits_asks_for_its_caption() {
    let shop = Shop::open().await;
    let number = imei(1).imei14().to_string();
    let error = shop.refused(&number, Target::Any).await;
    assert!(matches!(error, ScanError::Label(LabelError::Ambiguous)), "{error}");
    let problem = serde_json::to_value(Problem::from(error)).unwrap();
    assert_eq!((&problem["status"], &problem["code"]), (&422.into(), &"ambiguous".into()));
    assert!(!problem.to_string().contains(&number));
}

#[tokio::test]
async fn more_than_a_label_holds_is_refused() {
    let shop = Shop::open().await;
    let error = shop.refused(&" ".repeat(8 * 1024 + 1), Target::Any).await;
    assert!(matches!(error, ScanError::TooLong { length: 8193 }), "{error}");
    // One byte less is a label.
    let text = format!("IMEI: {}{}", imei(1), " ".repeat(8 * 1024 - 21));
    assert_eq!(text.len(), 8 * 1024);
    shop.scan(&text).await;
}
