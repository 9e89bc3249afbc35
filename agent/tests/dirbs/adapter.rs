//! What the adapter makes of sound answers.

use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::civil::date;
use tekser::clock::{Clock, ManualClock};
use tekser::registry::dirbs::Dirbs;
use tekser::registry::settings::{Settings, SourceSettings};
use tekser::registry::{RegistryError, Source as _};
use tekser::ruling::{BlockReason, Undetermined, Verdict};
use tekser::store::Store;
use tekser_imei::{Imei, Imei14, Tac};

use crate::double::{Double, Pace, Registration, World};

pub const REGISTERED: &str = "352099001761481";
pub const STOLEN: &str = "490154203237518";

/// A registry, and a station's adapter to it.
pub struct Desk {
    pub double: Double,
    pub dirbs: Dirbs,
    pub clock: Arc<ManualClock>,
}

impl Desk {
    pub async fn open(world: World) -> Self {
        let clock = ManualClock::new("2026-11-22T12:00:00+05".parse().unwrap());
        let double = Double::serve(world, clock.clone(), Pace::FLAT_OUT).await;
        let url = format!("http://{}", double.address);
        let dirbs = adapter(&url, "deadline_seconds = 30", Path::new("."), clock.clone());
        Self { double, dirbs, clock }
    }

    pub async fn verdicts(&self, imeis: &[Imei]) -> Result<Vec<Verdict>, RegistryError> {
        let answers = self.dirbs.look_up(imeis).await?;
        let about: Vec<Imei> = answers.iter().map(|answer| answer.imei).collect();
        assert_eq!(about, imeis, "one answer for each, in the order asked");
        Ok(answers.into_iter().map(|answer| answer.verdict).collect())
    }
}

pub fn adapter(url: &str, more: &str, place: &Path, clock: Arc<dyn Clock>) -> Dirbs {
    Dirbs::open(&settings(url, more), place, &clock).unwrap()
}

fn settings(url: &str, more: &str) -> SourceSettings {
    let text =
        format!("format = 1\n[[source]]\nname = 'dirbs'\nkind = 'dirbs'\nurl = '{url}'\n{more}");
    Settings::parse(&text, Path::new("registries.toml")).unwrap().sources()[0].clone()
}

pub fn imei(text: &str) -> Imei {
    text.parse().unwrap()
}

/// A made-up IMEI.
pub fn nth(n: usize) -> Imei {
    Imei14::parse(format!("35917301{n:06}").as_bytes()).unwrap().with_check_digit()
}

pub const fn open(why: Undetermined) -> Verdict {
    Verdict::Undetermined { why }
}

/// All of these registered.
pub fn registered(imeis: &[Imei]) -> World {
    let mut world = World::of_the_transcript();
    for imei in imeis {
        let number = imei.imei14().as_str().to_owned();
        world.registered.insert(number, Registration::with("whitelist"));
    }
    world
}

#[tokio::test]
async fn each_standing_has_its_verdict() {
    let mut world = World::of_the_transcript();
    let number = |n| nth(n).imei14().as_str().to_owned();
    world.block_dates.insert(number(1), date(2026, 11, 23));
    world.block_dates.insert(number(2), date(2026, 11, 22));
    let conditions = &mut world.conditions;
    conditions.insert("not_on_registration_list", [number(1), number(2)].into());
    let desk = Desk::open(world).await;
    let asked = [
        imei(REGISTERED),
        imei(STOLEN),
        nth(0),
        imei("860123040000100"),
        imei(REGISTERED),
        nth(1),
        nth(2),
    ];
    let until = "2026-11-23T00:00:00+05".parse().unwrap();
    let expected = [
        Verdict::Clear,
        Verdict::Blocked { reason: BlockReason::Stolen },
        Verdict::Unknown,
        open(Undetermined::Pending),
        Verdict::Clear,
        Verdict::Grace { until },
        Verdict::Blocked { reason: BlockReason::GraceExpired },
    ];
    assert_eq!(desk.verdicts(&asked).await.unwrap(), expected);
    assert_eq!(desk.double.heard().len(), 1, "one request for all");
    assert_eq!(desk.verdicts(&[]).await.unwrap(), []);
    assert_eq!(desk.double.heard().len(), 0, "nobody is asked about nothing");
}

#[tokio::test]
async fn an_answer_is_as_old_as_it_may_be() {
    let desk = Desk::open(World::of_the_transcript()).await;
    let asked = [imei(REGISTERED)];
    let first = desk.dirbs.look_up(&asked).await.unwrap();
    assert_eq!(first[0].as_of, desk.clock.now() - SignedDuration::from_secs(300));
    let changed = desk.clock.now();
    desk.double.world().registered.clear();
    desk.clock.advance(SignedDuration::from_secs(299));
    let stale = desk.dirbs.look_up(&asked).await.unwrap();
    assert!(stale[0].verdict.is_clear(), "the registry says what it said");
    assert!(stale[0].as_of < changed, "and nobody believes that it is newer than it is");
    desk.clock.advance(SignedDuration::from_secs(1));
    let fresh = desk.dirbs.look_up(&asked).await.unwrap();
    assert_eq!(fresh[0].verdict, Verdict::Unknown);
}

#[tokio::test]
async fn more_than_a_batch_is_several_in_the_order_asked() {
    let all: Vec<Imei> = (0..2500).map(nth).collect();
    let every_third: Vec<Imei> = all.iter().copied().step_by(3).collect();
    let desk = Desk::open(registered(&every_third)).await;
    let verdicts = desk.verdicts(&all).await.unwrap();
    for (n, verdict) in verdicts.iter().enumerate() {
        let expected = if n % 3 == 0 { Verdict::Clear } else { Verdict::Unknown };
        assert_eq!(*verdict, expected, "{n}");
    }
    assert_eq!(desk.double.heard().len(), 3);
    assert!(desk.dirbs.terms().batch_max >= 2500);
}

#[tokio::test]
async fn one_that_is_not_taken_leaves_the_others_their_answers() {
    let all: Vec<Imei> = (0..1000).map(nth).collect();
    let desk = Desk::open(registered(&all)).await;
    for bad in [0, 617, 999] {
        desk.double.refuse(all[bad].as_str());
    }
    let verdicts = desk.verdicts(&all).await.unwrap();
    for (n, verdict) in verdicts.iter().enumerate() {
        let bad = [0, 617, 999].contains(&n);
        let expected = if bad { open(Undetermined::Denied) } else { Verdict::Clear };
        assert_eq!(*verdict, expected, "{n}");
    }
    let alone = desk.verdicts(&all[..1]).await.unwrap();
    assert_eq!(alone, [open(Undetermined::Denied)]);
}

#[tokio::test]
async fn a_registry_that_takes_nothing_is_not_asked_without_end() {
    let all: Vec<Imei> = (0..1000).map(nth).collect();
    let desk = Desk::open(registered(&all)).await;
    for one in &all {
        desk.double.refuse(one.as_str());
    }
    let verdicts = desk.verdicts(&all).await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.kind() == "undetermined"));
    assert!(desk.double.heard().len() <= 42);
}

#[tokio::test]
async fn a_token_is_sent_where_a_proxy_wants_one() {
    let desk = Desk::open(World::of_the_transcript()).await;
    desk.verdicts(&[nth(1)]).await.unwrap();
    assert_eq!(desk.double.heard(), [("POST /api/v2/imei-batch".to_owned(), None)]);
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("token"), "let-me-in\n").unwrap();
    let url = format!("http://{}", desk.double.address);
    let dirbs = adapter(&url, "token_file = 'token'", place.path(), desk.clock.clone());
    dirbs.look_up(&[nth(1)]).await.unwrap();
    dirbs.tac(nth(1).tac()).await.unwrap();
    let heard = desk.double.heard();
    assert!(heard.iter().all(|(_, token)| token.as_deref() == Some("Bearer let-me-in")));
}

#[tokio::test]
async fn its_url_may_name_the_version_and_a_proxy() {
    let desk = Desk::open(World::of_the_transcript()).await;
    for (path, expected) in [
        ("", "POST /api/v2/imei-batch"),
        ("/", "POST /api/v2/imei-batch"),
        ("/api/v2", "POST /api/v2/imei-batch"),
        ("/api/v2/", "POST /api/v2/imei-batch"),
        ("/behind/a/proxy", "POST /behind/a/proxy/api/v2/imei-batch"),
        ("/behind/api/v2", "POST /behind/api/v2/imei-batch"),
    ] {
        let url = format!("http://{}{path}", desk.double.address);
        let dirbs = adapter(&url, "", Path::new("."), desk.clock.clone());
        let _ = dirbs.look_up(&[nth(1)]).await;
        assert_eq!(desk.double.heard()[0].0, expected);
    }
}

#[tokio::test]
async fn settings_open_it_as_a_source() {
    let desk = Desk::open(World::of_the_transcript()).await;
    let url = format!("http://{}", desk.double.address);
    let clock: Arc<dyn Clock> = desk.clock.clone();
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(&place.path().join("station.db")).await.unwrap();
    let source = settings(&url, "role = 'warns'").open(place.path(), &store, &clock).unwrap();
    assert_eq!(source.id().as_str(), "dirbs");
    let answers = source.look_up(&[imei(STOLEN)]).await.unwrap();
    assert_eq!(answers[0].verdict, Verdict::Blocked { reason: BlockReason::Stolen });
}

#[tokio::test]
async fn imeis_that_were_registered_together_are_one_device() {
    let desk = Desk::open(World::of_the_transcript()).await;
    let device = desk.dirbs.device_of(imei(REGISTERED)).await.unwrap().unwrap();
    assert_eq!(device.imei_count(), Some(2));
    assert_eq!(device.others, [Imei14::parse(b"35209900176149").unwrap()]);
    assert_eq!(device.model.as_deref(), Some("Galaxy A54"));
    assert!(!format!("{device:?}").contains("176149"), "masked");
    let alone = desk.dirbs.device_of(imei("860123040000100")).await.unwrap().unwrap();
    assert_eq!(alone.imei_count(), Some(1));
    assert_eq!(desk.dirbs.device_of(nth(1)).await.unwrap(), None);
}

#[tokio::test]
async fn a_tac_has_a_model_or_none() {
    let mut world = World::of_the_transcript();
    world.tacs.insert("86012304".into(), [("simslot", "2")].into());
    let desk = Desk::open(world).await;
    let [galaxy, dual, other] =
        [REGISTERED, "860123040000100", STOLEN].map(|text| imei(text).tac());
    let model = desk.dirbs.tac(galaxy).await.unwrap().unwrap();
    assert_eq!(model.manufacturer.as_deref(), Some("Samsung Korea"));
    assert_eq!(model.imei_count(), None, "this list does not say");
    assert_eq!(desk.dirbs.tac(other).await.unwrap(), None);
    // It answers each once, the unknown ones last.
    let asked: [Tac; 5] = [other, dual, galaxy, other, dual];
    let models = desk.dirbs.tacs(&asked).await.unwrap();
    let counts: Vec<_> =
        models.iter().map(|model| model.as_ref().map(|m| m.imei_count())).collect();
    assert_eq!(counts, [None, Some(Some(2)), Some(None), None, Some(Some(2))]);
}
