//! Scanners on a running counter: what they send is kept once, and told to be so after it is.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tekser::bench::{DeviceState, FailureCode};
use tekser::clock::Clock as _;
use tekser::counter::{KeptScan, ScanProblem, ScannerName, ScannerState, ScannerView, TimeSource};
use tekser::demo::DemoScanner;
use tekser::store::Page;
use tekser_hardware::scanner::{Event, Session};
use tekser_hardware::{Source, Speaks};
use tekser_virtual_bench::scanner::Kit;
use tekser_wire::message::{EngineState, Moment, Notice, Start, StoreId};
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinSet;

use crate::handheld::{Handheld, On, place};
use crate::support::{Shop, imei, until};

impl Shop {
    pub async fn with_scanner(scanner: &Arc<Handheld>) -> Self {
        Self::over(Arc::new(On(Arc::clone(scanner))), Vec::new()).await
    }

    /// Watches bench and counter until what is given is dropped.
    pub fn attend(&self) -> JoinSet<()> {
        let mut tasks = self.watch();
        tasks.spawn(Arc::clone(&self.station.counter).attend());
        tasks
    }

    async fn kept(&self, scanner: &Handheld) -> Vec<KeptScan> {
        let name = ScannerName::from(scanner.name());
        let mut scans = self.station.store.scans_of(&name, &Page::first(5000)).await.unwrap();
        scans.reverse();
        scans
    }

    async fn until_kept(&self, scanner: &Handheld, count: usize) -> Vec<KeptScan> {
        until(&self.station, "scans to be kept", async || {
            let kept = self.kept(scanner).await;
            (kept.len() >= count).then_some(kept)
        })
        .await
    }

    async fn until_view(
        &self,
        scanner: &Handheld,
        wanted: impl Fn(&ScannerView) -> bool,
    ) -> ScannerView {
        let name = scanner.name();
        until(&self.station, "a scanner to change", async || {
            self.station.counter.scanner(&name).await.unwrap().filter(&wanted)
        })
        .await
    }
}

/// Waits for what no event tells of.
async fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(tokio::time::Instant::now() < deadline, "waited for {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn a_code_becomes_a_phone_and_is_given_up_by_the_scanner_once_it_is_kept() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    scanner.plug(Speaks::Scanner);
    shop.until_view(&scanner, |view| view.state == ScannerState::Connected).await;
    scanner.scan(1, &format!("IMEI: {}", imei(1)));
    let kept = shop.until_kept(&scanner, 1).await;
    let handset = shop.station.store.handset(kept[0].handset.unwrap()).await.unwrap().unwrap();
    assert_eq!(handset.imeis_from(|source| source == Source::Label), [imei(1)]);
    assert_eq!((kept[0].late, kept[0].aim.as_deref()), (false, Some("]C0")));
    soon("the scanner to give it up", || scanner.memory().given_up == [1]).await;
    let device = shop.station.bench.device(&place()).unwrap();
    assert_eq!(device.state, DeviceState::Connected { scanner: scanner.name().into() });
}

#[tokio::test]
async fn codes_of_one_box_are_one_phone_and_those_of_the_next_another() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    scanner.scan(1, "4006381333931");
    scanner.scan(1, &imei(1).to_string());
    scanner.scan(1, &imei(2).to_string());
    scanner.scan(1, &imei(1).to_string());
    scanner.scan(2, &imei(3).to_string());
    scanner.plug(Speaks::Scanner);
    let kept = shop.until_kept(&scanner, 5).await;
    let phones: Vec<_> = kept.iter().map(|scan| scan.handset.unwrap()).collect();
    assert_eq!(phones[..4], [phones[0]; 4]);
    assert_ne!(phones[4], phones[0]);
    // What says nothing by itself is kept with the reason, and belongs to its box.
    assert_eq!(kept[0].problem, Some(ScanProblem::NothingFound));
    let phone = shop.station.store.handset(phones[0]).await.unwrap().unwrap();
    assert_eq!((phone.imeis(), phone.findings.len()), (vec![imei(1), imei(2)], 0));
}

#[tokio::test]
async fn codes_that_come_one_by_one_are_one_box_too() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    scanner.plug(Speaks::Scanner);
    for (count, text) in
        ["4006381333931", &imei(1).to_string(), &imei(2).to_string()].into_iter().enumerate()
    {
        scanner.scan(9, text);
        shop.until_kept(&scanner, count + 1).await;
    }
    let kept = shop.kept(&scanner).await;
    assert!(kept.iter().all(|scan| scan.handset.is_some() && scan.handset == kept[0].handset));
    let phone = shop.station.store.handset(kept[0].handset.unwrap()).await.unwrap().unwrap();
    assert_eq!(phone.imeis(), [imei(1), imei(2)]);
    let scans = shop.ask("GET", "/api/v1/scans", None).await.expect(200);
    assert_eq!(scans["items"][0]["scanner"], scanner.name(), "{scans}");
    assert_eq!(scans["items"][0]["box"], 9);
}

#[tokio::test]
async fn many_boxes_scanned_as_one_are_not_made_one_phone() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    for n in 1..=7 {
        scanner.scan(1, &imei(n).to_string());
    }
    scanner.plug(Speaks::Scanner);
    let kept = shop.until_kept(&scanner, 7).await;
    let problems: Vec<_> = kept.iter().map(|scan| scan.problem).collect();
    assert_eq!(problems, [[None; 4].as_slice(), &[Some(ScanProblem::BoxFull); 3]].concat());
    let mut phones: Vec<_> = kept.iter().map(|scan| scan.handset.unwrap()).collect();
    phones.dedup();
    assert_eq!(phones.len(), 4);
}

#[tokio::test]
async fn what_is_no_label_is_kept_with_the_reason() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    scanner.scan(1, "https://example.com/");
    scanner.scan(2, &imei(1).imei14().to_string());
    scanner.memory().accept(3, Moment::Unix { ms: 0 }, b"\xff\x00\x1b");
    scanner.plug(Speaks::Scanner);
    let kept = shop.until_kept(&scanner, 3).await;
    let why: Vec<_> = kept.iter().map(|scan| (scan.handset, scan.problem)).collect();
    let nothing = (None, Some(ScanProblem::NothingFound));
    assert_eq!(why, [nothing, (None, Some(ScanProblem::Ambiguous)), nothing]);
    soon("the scanner to give them up", || scanner.memory().given_up == [1, 2, 3]).await;
    let path = format!("/api/v1/scanners/{}/scans?limit=2", scanner.name());
    let page = shop.ask("GET", &path, None).await.expect(200);
    assert_eq!(page["items"][1]["problem"], "ambiguous", "{page}");
    assert!(page["next"].is_string());
}

#[tokio::test]
async fn a_scanner_that_comes_back_is_drained_in_order_once() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let attend = shop.attend();
    scanner.plug(Speaks::Scanner);
    scanner.scan(1, &imei(1).to_string());
    shop.until_kept(&scanner, 1).await;
    drop(attend);
    scanner.cut();
    for n in 2..=300 {
        scanner.scan(u32::try_from(n).unwrap(), &imei(n).to_string());
    }
    let shop = shop.reopened_on(Arc::new(On(Arc::clone(&scanner)))).await;
    let _attend = shop.attend();
    let kept = shop.until_kept(&scanner, 300).await;
    let numbers: Vec<u32> = kept.iter().map(|scan| scan.sequence).collect();
    assert_eq!(numbers, (1..=300).collect::<Vec<_>>());
    assert!(kept[1..].iter().all(|scan| scan.late));
    soon("the scanner to be empty", || scanner.memory().scans.is_empty()).await;
}

#[tokio::test]
async fn a_link_that_breaks_again_and_again_neither_loses_nor_doubles() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    scanner.plug(Speaks::Scanner);
    for n in 1..=60 {
        scanner.scan(n, &imei(n as usize).to_string());
        if n % 7 == 0 {
            scanner.cut();
        }
        tokio::task::yield_now().await;
    }
    let kept = shop.until_kept(&scanner, 60).await;
    let numbers: Vec<u32> = kept.iter().map(|scan| scan.sequence).collect();
    assert_eq!(numbers, (1..=60).collect::<Vec<_>>());
}

#[tokio::test]
async fn nothing_is_given_up_that_could_not_be_kept() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let database = shop.database().await;
    let refuse = "CREATE TRIGGER full BEFORE INSERT ON scan BEGIN SELECT RAISE(FAIL, 'full'); END";
    sqlx::query(refuse).execute(&database).await.unwrap();
    let _attend = shop.attend();
    scanner.plug(Speaks::Scanner);
    scanner.scan(1, &imei(1).to_string());
    until(&shop.station, "the trouble to be told", async || {
        match shop.station.bench.device(&place())?.state {
            DeviceState::Failed { code: FailureCode::NotKept, .. } => Some(()),
            _ => None,
        }
    })
    .await;
    assert_eq!(scanner.memory().given_up, [0; 0]);
    sqlx::query("DROP TRIGGER full").execute(&database).await.unwrap();
    shop.until_kept(&scanner, 1).await;
    soon("the scanner to give it up", || scanner.memory().given_up == [1]).await;
}

#[tokio::test]
async fn a_store_that_was_formatted_begins_again_and_one_that_went_back_loses_nothing() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    scanner.plug(Speaks::Scanner);
    scanner.scan(1, &imei(1).to_string());
    scanner.scan(2, &imei(2).to_string());
    shop.until_kept(&scanner, 2).await;
    {
        let mut memory = scanner.memory();
        (memory.store, memory.next) = (StoreId(77), 1);
        memory.scans.clear();
    }
    scanner.cut();
    scanner.scan(1, &imei(3).to_string());
    scanner.scan(2, &imei(4).to_string());
    let kept = shop.until_kept(&scanner, 4).await;
    assert_eq!((kept[2].store, kept[2].sequence), (77, 1));
    soon("the scanner to give it up", || scanner.memory().scans.is_empty()).await;
    // An old content of its memory comes back, and a number is used again.
    scanner.memory().next = 1;
    scanner.cut();
    scanner.scan(1, &imei(5).to_string());
    let kept = shop.until_kept(&scanner, 5).await;
    assert_ne!(kept[4].handset, kept[2].handset);
    let view = shop.until_view(&scanner, |view| view.known.unnoted.rewound == 1).await;
    assert_eq!(view.state, ScannerState::Connected);
}

#[tokio::test]
async fn scans_that_another_station_took_are_told_of() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    // Of a scanner that was never heard nothing is missing.
    scanner.memory().next = 41;
    scanner.plug(Speaks::Scanner);
    scanner.scan(1, &imei(1).to_string());
    shop.until_kept(&scanner, 1).await;
    scanner.unplug();
    shop.until_view(&scanner, |view| view.state == ScannerState::Away).await;
    scanner.memory().next = 50;
    scanner.scan(2, &imei(2).to_string());
    scanner.plug(Speaks::Scanner);
    shop.until_kept(&scanner, 2).await;
    let view = shop.until_view(&scanner, |view| view.known.unnoted.missing == 8).await;
    assert_eq!(serde_json::to_value(&view.findings).unwrap()[0]["code"], "missing");
    let path = format!("/api/v1/scanners/{}/note", scanner.name());
    let noted = shop.ask("POST", &path, None).await.expect(200);
    assert_eq!(noted["findings"], json!([]), "{noted}");
}

#[tokio::test]
async fn late_scans_carry_their_own_time() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    let now = shop.clock.now();
    let yesterday = now - SignedDuration::from_hours(24);
    let ms = u64::try_from(yesterday.as_millisecond()).unwrap();
    let old = format!("IMEI1: {}", imei(1));
    scanner.memory().accept(1, Moment::Unix { ms }, old.as_bytes());
    // The same box was scanned here this morning, whole.
    let whole = format!("IMEI1: {}\nIMEI2: {}", imei(1), imei(2));
    let bench = &shop.station.bench;
    let source = tekser::bench::ScanSource::Label;
    bench.scan(&whole, source, tekser::bench::Target::Any).await.unwrap();
    scanner.plug(Speaks::Scanner);
    let kept = shop.until_kept(&scanner, 1).await;
    assert_eq!((kept[0].at, kept[0].at_by), (yesterday, TimeSource::Scanner));
    assert!(kept[0].late && kept[0].received_at == now);
    let phone = shop.station.store.handset(kept[0].handset.unwrap()).await.unwrap().unwrap();
    assert_eq!(phone.imeis(), [imei(1), imei(2)], "what came late took the place of the newer");
    assert_eq!((phone.first_seen, phone.last_seen), (yesterday, now));
}

#[tokio::test]
async fn a_phone_that_was_chosen_is_given_its_old_box_and_its_screen() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    scanner.plug(Speaks::Scanner);
    shop.until_view(&scanner, |view| view.state == ScannerState::Connected).await;
    let wanted = json!({ "device": "usb:1-1", "source": "screen" });
    shop.ask("PUT", "/api/v1/counter", Some(wanted)).await.expect_problem(404, "not_found");
    // The scanner's own device is no phone: what was scanned is a phone of its own.
    let wanted = json!({ "device": place().as_str() });
    let chosen = shop.ask("PUT", "/api/v1/counter", Some(wanted)).await.expect(200);
    assert_eq!(chosen, json!({ "device": "usb:1-4", "source": "label" }));
    scanner.scan(1, &imei(1).to_string());
    let kept = shop.until_kept(&scanner, 1).await;
    assert_eq!(
        (kept[0].problem, kept[0].device.clone()),
        (Some(ScanProblem::NoDevice), Some(place()))
    );
    assert!(kept[0].handset.is_some());
    let screen = json!({ "source": "screen" });
    shop.ask("PUT", "/api/v1/counter", Some(screen)).await.expect(200);
    scanner.scan(1, &imei(2).to_string());
    let kept = shop.until_kept(&scanner, 2).await;
    let phone = shop.station.store.handset(kept[1].handset.unwrap()).await.unwrap().unwrap();
    assert_eq!(phone.imeis_from(|source| source == Source::Screen), [imei(2)]);
}

#[tokio::test]
async fn codes_of_a_chosen_phone_are_one_box_however_long_a_person_takes() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    scanner.plug(Speaks::Scanner);
    shop.until_view(&scanner, |view| view.state == ScannerState::Connected).await;
    let wanted = json!({ "device": place().as_str() });
    shop.ask("PUT", "/api/v1/counter", Some(wanted)).await.expect(200);
    scanner.scan(1, &imei(1).to_string());
    scanner.scan(2, &imei(2).to_string());
    let kept = shop.until_kept(&scanner, 2).await;
    assert_eq!(kept[0].handset, kept[1].handset);
    let phone = shop.station.store.handset(kept[1].handset.unwrap()).await.unwrap().unwrap();
    assert_eq!(phone.imeis(), [imei(1), imei(2)]);
    // Chosen again it is another box.
    shop.ask("PUT", "/api/v1/counter", Some(json!({}))).await.expect(200);
    scanner.scan(2, &imei(3).to_string());
    let kept = shop.until_kept(&scanner, 3).await;
    assert_ne!(kept[2].handset, kept[1].handset);
}

#[tokio::test]
async fn a_serial_number_that_is_scanned_again_takes_nothing_from_its_label() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    scanner.plug(Speaks::Scanner);
    scanner.scan(1, &format!("IMEI: {}", imei(1)));
    scanner.scan(1, "S/N: R58N12ABCDE");
    scanner.scan(2, "S/N: R58N12ABCDE");
    let kept = shop.until_kept(&scanner, 3).await;
    assert_eq!((kept[2].handset, kept[2].problem), (kept[0].handset, None));
    let phone = shop.station.store.handset(kept[0].handset.unwrap()).await.unwrap().unwrap();
    assert_eq!((phone.imeis(), phone.serial.as_deref()), (vec![imei(1)], Some("R58N12ABCDE")));
}

#[tokio::test]
async fn settings_are_read_and_changed_and_refused() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    let path = format!("/api/v1/scanners/{}/settings", scanner.name());
    shop.ask("GET", &path, None).await.expect_problem(404, "not_found");
    scanner.plug(Speaks::Scanner);
    shop.until_view(&scanner, |view| view.state == ScannerState::Connected).await;
    let mut settings = shop.ask("GET", &path, None).await.expect(200);
    assert_eq!((&settings["engine"], &settings["baud"]), (&json!("gm65"), &json!(9600)));
    settings["loudness"] = json!(3);
    settings["engine"] = json!("ssi");
    assert_eq!(shop.ask("PUT", &path, Some(settings.clone())).await.expect(200), settings);
    assert_eq!(scanner.memory().settings.loudness, 3);
    settings["loudness"] = json!(11);
    let refused = shop.ask("PUT", &path, Some(settings.clone())).await;
    refused.expect_problem(422, "scanner_loudness");
    settings["volume"] = json!(1);
    shop.ask("PUT", &path, Some(settings)).await.expect_problem(422, "body");
    scanner.unplug();
    shop.until_view(&scanner, |view| view.state == ScannerState::Away).await;
    shop.ask("GET", &path, None).await.expect_problem(409, "scanner_away");
}

#[tokio::test]
async fn what_is_asked_of_a_scanner_reaches_it() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    scanner.plug(Speaks::Scanner);
    shop.until_view(&scanner, |view| view.state == ScannerState::Connected).await;
    let ask = async |what: &str, body: Option<Value>| {
        let path = format!("/api/v1/scanners/{}/{what}", scanner.name());
        shop.ask("POST", &path, body).await.expect(202)
    };
    ask("identify", None).await;
    ask("trigger", Some(json!({ "on": true }))).await;
    ask("next-box", None).await;
    soon("it to be asked", || {
        let memory = scanner.memory();
        memory.notices == [Notice::Identify] && memory.triggers == [true] && memory.next_boxes == 1
    })
    .await;
    assert!(scanner.memory().times > 0, "nobody told it the time");
}

#[tokio::test]
async fn the_registry_s_word_is_heard_at_the_scanner() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let running = shop.station.run().await.unwrap();
    scanner.plug(Speaks::Scanner);
    shop.until_view(&scanner, |view| view.state == ScannerState::Connected).await;
    for (number, text, notices) in [
        (1, "490154203237518", vec![Notice::Clear]),
        (2, "354178036859789", vec![Notice::Clear, Notice::Stop]),
    ] {
        scanner.scan(number, text);
        soon("the verdict", || scanner.memory().notices == notices).await;
    }
    // Nobody knows of this one, and of an unknown number there is nothing to beep.
    scanner.scan(3, &imei(1).to_string());
    until(&shop.station, "an answer", async || {
        shop.station.store.answer(imei(1).imei14()).await.unwrap()
    })
    .await;
    scanner.scan(4, "490154203237518");
    soon("the verdict", || scanner.memory().notices.len() == 3).await;
    assert_eq!(scanner.memory().notices[2], Notice::Clear);
    drop(running);
}

#[tokio::test]
async fn what_happened_to_a_scanner_is_told_until_it_is_noted() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    {
        let mut memory = scanner.memory();
        memory.crash = Some(("src/engine.rs", 42, "attempt to divide by zero"));
        memory.start = Start::Watchdog;
        memory.state.refused = 3;
        memory.state.engine = EngineState::Silent;
        memory.state.used = 90_000;
    }
    scanner.plug(Speaks::Scanner);
    let view = shop.until_view(&scanner, |view| view.findings.len() == 4).await;
    let codes: Vec<Value> =
        view.findings.iter().map(|finding| json!([finding.code, finding.severity])).collect();
    assert_eq!(
        Value::from(codes),
        json!([
            ["refused", "stop"],
            ["crashed", "warning"],
            ["nearly_full", "warning"],
            ["engine_silent", "warning"],
        ])
    );
    assert!(view.findings[1].message.contains("src/engine.rs:42: attempt to divide by zero"));
    assert!(view.findings.iter().all(|finding| finding.cure.len() > 20));
    soon("the scanner to hear that its crash was seen", || scanner.memory().crash.is_none()).await;
    shop.station.counter.note(&scanner.name().into()).await.unwrap();
    let view = shop.until_view(&scanner, |view| view.findings.len() == 2).await;
    assert_eq!(view.known.refused, 3);
    // The next one is told of again.
    scanner.memory().state.refused = 4;
    scanner.news.notify_one();
    shop.until_view(&scanner, |view| view.known.unnoted.refused == 1).await;
}

#[tokio::test]
async fn a_port_that_another_program_holds_says_so_and_is_tried_again() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    *scanner.held.lock().unwrap() = Some("picocom (pid 7)".to_owned());
    scanner.plug(Speaks::Scanner);
    let (message, cure) = until(&shop.station, "the holder to be told", async || {
        match shop.station.bench.device(&place())?.state {
            DeviceState::Failed { code: FailureCode::Busy, message, cure } => Some((message, cure)),
            _ => None,
        }
    })
    .await;
    assert!(message.contains("picocom (pid 7)") && cure.contains("picocom"), "{message} {cure}");
    *scanner.held.lock().unwrap() = None;
    shop.until_view(&scanner, |view| view.state == ScannerState::Connected).await;
}

#[tokio::test]
async fn a_scanner_of_another_make_works_and_says_what_is_missing() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    scanner.plug(Speaks::Codes);
    let name = place().as_str().to_owned();
    let view = until(&shop.station, "the scanner", async || {
        shop.station.counter.scanner(&name).await.unwrap()
    })
    .await;
    assert_eq!(view.known.product.as_deref(), Some("Handheld 1900"));
    assert_eq!(serde_json::to_value(&view.findings).unwrap()[0]["code"], "plain");
    soon("the port to be open", || scanner.wire.lock().unwrap().is_some()).await;
    let mut wire = scanner.wire.lock().unwrap().take().unwrap();
    wire.write_all(format!("]C0{}\r\nnothing\r", imei(1)).as_bytes()).await.unwrap();
    let scanner_name = ScannerName::at(&place());
    let kept = until(&shop.station, "its codes", async || {
        let kept = shop.station.store.scans_of(&scanner_name, &Page::first(9)).await.unwrap();
        (kept.len() == 2).then_some(kept)
    })
    .await;
    assert_eq!((kept[1].aim.as_deref(), kept[1].verdict, kept[1].late), (Some("]C0"), None, false));
    assert!(kept[1].handset.is_some() && kept[0].problem == Some(ScanProblem::NothingFound));
    let path = "/api/v1/scanners/usb:1-4/identify";
    shop.ask("POST", path, None).await.expect_problem(409, "scanner_plain");
}

#[tokio::test]
async fn scans_are_told_as_they_are_kept() {
    let scanner = Handheld::new(1);
    let shop = Shop::with_scanner(&scanner).await;
    let _attend = shop.attend();
    scanner.plug(Speaks::Scanner);
    scanner.scan(1, &imei(1).to_string());
    let kept = shop.until_kept(&scanner, 1).await;
    let events = shop.station.store.events_after(0, 100).await.unwrap();
    let told = |kind: &str| events.iter().find(|event| event.kind.name() == kind);
    assert_eq!(told("scan").unwrap().body["id"], json!(kept[0].id));
    assert_eq!(told("scan").unwrap().body["handset"], told("handset").unwrap().subject);
    shop.until_view(&scanner, |view| view.report.is_some()).await;
    assert!(!format!("{kept:?}").contains(&imei(1).to_string()));
}

#[tokio::test]
async fn the_firmware_s_own_logic_delivers_what_it_kept_through_a_loss_of_power() {
    const CODES: usize = 30;
    let scanner = Arc::new(DemoScanner::new(Kit::nth(7)).unwrap());
    // It says how far it has come to whoever asks; nobody takes anything.
    let accepted = async || {
        let mut session = Session::new(scanner.scanner().plug());
        loop {
            if let Event::Hello(hello) = session.next().await.unwrap() {
                return usize::try_from(hello.next.0).unwrap() - 1;
            }
        }
    };
    let all = async {
        for n in 0..CODES {
            scanner.scanner().show(imei(n).to_string().as_str());
            while accepted().await <= n {}
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all).await.unwrap();
    scanner.scanner().power_off();
    scanner.scanner().power_on().unwrap();
    let shop = Shop::over(scanner.clone(), Vec::new()).await;
    let _attend = shop.attend();
    let kept = until(&shop.station, "every code", async || {
        let page = Page::first(100);
        let mut kept = shop.station.store.scans_of(&scanner.name(), &page).await.unwrap();
        kept.reverse();
        (kept.len() >= CODES).then_some(kept)
    })
    .await;
    let texts: Vec<&str> = kept.iter().map(|scan| scan.text.as_str()).collect();
    assert_eq!(texts, (0..CODES).map(|n| imei(n).to_string()).collect::<Vec<_>>());
    assert!(kept.iter().all(|scan| scan.late && scan.handset.is_some()));
    let name = scanner.name();
    let view = until(&shop.station, "it to be empty", async || {
        let view = shop.station.counter.scanner(name.as_str()).await.unwrap()?;
        view.report.is_some_and(|report| report.waiting == 0).then_some(view)
    })
    .await;
    assert_eq!((view.state, view.findings), (ScannerState::Connected, Vec::new()));
}
