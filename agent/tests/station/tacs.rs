//! What is known of TACs: imported, learned, and held against phones and cases.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{Request, header};
use serde_json::{Value, json};
use tekser::bench::{DeviceState, FindingKind, Handset, ScanSource, Target};
use tekser::cases::{FiledDevice, Import, Line};
use tekser::clock::Clock as _;
use tekser::finding::Severity;
use tekser::tacs::{ImportError, ImportReport, Manner, TacEntry, TacSource, import};
use tekser_hardware::{Claim, ClaimValue, Confidence, DeviceId, Reading, Slot, Source};
use tekser_imei::{Imei, Imei14, Tac};
use tekser_table::Table;
use tekser_virtual_bench::persona::Android;
use tekser_virtual_bench::{FarSide, Persona, VirtualBench};

use crate::support::{Answer, Shop, until};

/// The form of Osmocom's table; its rows are made up.
const OSMOCOM: &str = "Osmocom TAC database under CC-BY-SA v3.0 (c) Harald Welte 2016\n\
    tac,name,name,contributor,comment,gsmarena,gsmarena,aka\n\
    01234567,Acme,One,nobody,,,,\"A1,A-One\"\n\
    35917301,Acme,Two,nobody,,,,\n\
    35917301,Acme,Two,somebody,,,,\n\
    35917302,Zenith,Three,nobody,,,,\n\
    35917302,Zenith,Thirty,nobody,,,,\n\
    1234567,Acme,One,nobody,,,,\n\
    35917303,,,nobody,,,,\n";

fn tac(digits: &str) -> Tac {
    digits.parse().unwrap()
}

/// The `n`th IMEI of a TAC.
fn imei(tac: &str, n: usize) -> Imei {
    let digits = format!("{tac}{:06}", 171_717 + n * 13);
    Imei14::parse(digits.as_bytes()).unwrap().with_check_digit()
}

fn from(source: &str) -> Manner {
    Manner { source: Some(source.parse().unwrap()), ..Manner::default() }
}

impl Shop {
    async fn import(&self, table: &str, manner: Manner) -> Result<ImportReport, ImportError> {
        let table = Table::from_bytes(table.as_bytes().to_vec())?;
        import(&self.station.store, self.clock.now(), table, manner).await
    }

    async fn known(&self, digits: &str) -> Vec<TacEntry> {
        let mut known = self.station.store.tac_entries(&[tac(digits)], &[]).await.unwrap();
        known.remove(&tac(digits)).unwrap_or_default()
    }

    /// Source and model of what is known.
    async fn names(&self, digits: &str) -> Vec<(String, String)> {
        let named = |entry: TacEntry| {
            (entry.source.name().to_owned(), entry.facts.model.unwrap_or_default())
        };
        self.known(digits).await.into_iter().map(named).collect()
    }

    async fn post_tacs(&self, query: &str, body: &str) -> Answer {
        let request = Request::post(format!("/api/v1/tacs{query}"))
            .header(header::HOST, "127.0.0.1:7470")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.station.token.reveal()))
            .header(header::CONTENT_TYPE, "text/csv")
            .body(body.to_owned().into())
            .unwrap();
        self.send(request).await
    }

    /// Reads a phone that says its model, and its box.
    async fn phone(&self, place: usize, said: Said<'_>) -> Handset {
        let device = DeviceId::usb(&format!("1-{place}"));
        let handset = self.station.bench.keep(said.reading(), &device).await.unwrap();
        if !said.boxed {
            return handset;
        }
        let label: String = said.imeis.iter().map(|imei| format!("IMEI: {imei}\n")).collect();
        let target = Target::Handset(handset.id);
        self.station.bench.scan(&label, ScanSource::Label, target).await.unwrap()
    }
}

/// What a phone says of itself.
#[derive(Clone)]
struct Said<'a> {
    imeis: Vec<Imei>,
    maker: &'a str,
    model: &'a str,
    os: Option<&'a str>,
    /// Its box is scanned too, and says the same.
    boxed: bool,
}

impl<'a> Said<'a> {
    fn of(imeis: Vec<Imei>, maker: &'a str, model: &'a str) -> Self {
        Self { imeis, maker, model, os: None, boxed: true }
    }

    fn reading(&self) -> Reading {
        let claim = |(at, imei): (usize, &Imei)| Claim {
            slot: Slot::new(u8::try_from(at + 1).unwrap()),
            value: ClaimValue::Imei { imei: *imei, svn: None },
            confidence: Confidence::Strong,
            evidence: 0,
        };
        Reading {
            claims: self.imeis.iter().enumerate().map(claim).collect(),
            maker: Some(self.maker.to_owned()),
            model: Some(self.model.to_owned()),
            os: self.os.map(str::to_owned),
            ..Reading::empty(Source::Adb)
        }
    }
}

#[track_caller]
fn found(handset: &Handset, code: &str) -> Option<(Severity, Value)> {
    let of = |finding: &tekser::bench::Finding| {
        let value = serde_json::to_value(finding).unwrap();
        (value["code"] == code).then_some((finding.severity, value))
    };
    handset.findings.iter().find_map(of)
}

#[tokio::test]
async fn osmocoms_table_is_taken_without_a_word_and_bad_rows_are_told() {
    let shop = Shop::open().await;
    let report = shop.import(OSMOCOM, Manner::default()).await.unwrap();
    let one = &report.import;
    assert_eq!((one.source.as_str(), one.rows, one.tacs), ("Osmocom", 7, 3));
    assert_eq!((one.repeated, one.rejected), (1, 3));
    assert!(one.licence.as_deref().is_some_and(|text| text.contains("CC-BY-SA v3.0")), "{one:?}");
    let mut rejected: Vec<_> =
        report.rejected_rows.iter().map(|row| (row.line, row.code)).collect();
    rejected.sort_unstable();
    assert_eq!(rejected, [(7, "differs"), (8, "zeros_lost"), (9, "nothing_said")]);
    assert!(report.rejected_rows.iter().any(|row| row.detail.contains("line 6")));

    let [acme] = &shop.known("01234567").await[..] else { panic!("not one") };
    assert_eq!(acme.facts.aka.as_deref(), Some("A1,A-One"));
    assert!(matches!(&acme.source, TacSource::Import { line: 3, licence: Some(_), .. }));
    assert_eq!(shop.names("35917302").await, [("Osmocom".to_owned(), "Three".to_owned())]);
}

#[tokio::test]
async fn zeros_are_restored_when_a_person_says_so() {
    let shop = Shop::open().await;
    let table = "TAC;Brand;Model\n1234567;Acme;One\n";
    let error = shop.import(table, from("list")).await.unwrap_err();
    assert!(matches!(&error, ImportError::Nothing(rows) if rows.len() == 1), "{error}");
    let mut manner = from("list");
    manner.layout.restore_zeros = true;
    shop.import(table, manner).await.unwrap();
    assert_eq!(shop.names("01234567").await.len(), 1);
}

#[tokio::test]
async fn a_mapping_reads_any_table_in_any_encoding() {
    let shop = Shop::open().await;
    let text = "Прайс;;;\nКод;Марка;Наименование;Слотов\n35917301;Acme;Два;2\n";
    // Windows-1251.
    let bytes: Vec<u8> = text
        .chars()
        .map(|c| match c {
            'А'..='я' => u8::try_from(u32::from(c) - 0x410 + 0xC0).unwrap(),
            other => u8::try_from(u32::from(other)).unwrap(),
        })
        .collect();
    let mut manner = from("прайс");
    let mapping = "tac=код,maker=марка,model=наименование,slots=слотов";
    manner.layout.mapping = Some(mapping.parse().unwrap());
    let table = Table::from_bytes(bytes).unwrap();
    import(&shop.station.store, shop.clock.now(), table, manner.clone()).await.unwrap();
    let [known] = &shop.known("35917301").await[..] else { panic!("not one") };
    assert_eq!((known.facts.model.as_deref(), known.facts.slots), (Some("Два"), Some(2)));

    let error = shop.import("a;b\n1;2\n", manner).await.unwrap_err();
    assert!(matches!(error, ImportError::NotMapped(_)), "{error}");
}

#[tokio::test]
async fn columns_by_number_need_no_header() {
    let shop = Shop::open().await;
    let mut manner = from("list");
    manner.layout.mapping = Some("tac=#1,maker=#2,model=#3".parse().unwrap());
    let bare =
        shop.import("35917301;Acme;Two\n35917302;Acme;Three\n", manner.clone()).await.unwrap();
    assert_eq!((bare.import.tacs, bare.import.rejected), (2, 0));
    let headed = shop.import("t;b;m\n35917301;Acme;Two\n", manner).await.unwrap();
    assert_eq!((headed.import.tacs, headed.import.rejected), (1, 0));
}

#[tokio::test]
async fn a_table_again_takes_the_place_of_what_its_source_said_before() {
    let shop = Shop::open().await;
    shop.import("tac,maker,model\n35917301,Acme,Two\n35917302,Acme,Three\n", from("A"))
        .await
        .unwrap();
    shop.clock.advance(jiff::SignedDuration::from_hours(1));
    shop.import("tac,maker,model\n35917301,Zenith,Other\n", from("B")).await.unwrap();
    // Two sources that disagree are both kept, the newer first.
    let both = [("B", "Other"), ("A", "Two")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(shop.names("35917301").await, both);

    shop.clock.advance(jiff::SignedDuration::from_hours(1));
    shop.import("tac,maker,model\n35917301,Acme,Two again\n", from("A")).await.unwrap();
    let again = [("A", "Two again"), ("B", "Other")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(shop.names("35917301").await, again);
    assert_eq!(shop.names("35917302").await, []);
    assert_eq!(shop.station.store.tac_imports().await.unwrap().len(), 2);

    assert!(shop.station.store.forget_tacs("A").await.unwrap());
    assert!(!shop.station.store.forget_tacs("A").await.unwrap());
    assert_eq!(shop.names("35917301").await.len(), 1);
}

#[tokio::test]
async fn a_table_that_is_cut_off_changes_nothing() {
    let shop = Shop::open().await;
    shop.import("tac,maker,model\n35917301,Acme,Two\n", from("A")).await.unwrap();
    let mut cut: String = "tac,maker,model\n".to_owned();
    (0..5000).for_each(|n| cut.push_str(&format!("3591{n:04},Zenith,Z{n}\n")));
    cut.push_str("\"never closed");
    let error = shop.import(&cut, from("A")).await.unwrap_err();
    assert!(matches!(error, ImportError::Table(_)), "{error}");
    assert_eq!(shop.names("35917301").await, [("A".to_owned(), "Two".to_owned())]);
    // What is left of it goes with the first import a day later.
    shop.clock.advance(jiff::SignedDuration::from_hours(25));
    shop.import("tac,maker,model\n35917301,Acme,Two\n", from("A")).await.unwrap();
    let count = sqlx::query_scalar("SELECT count(*) FROM tac");
    let rows: i64 = count.fetch_one(&shop.database().await).await.unwrap();
    assert_eq!(rows, 1);
}

/// A table that is made while it is read.
struct Rows {
    next: u32,
    last: u32,
    line: Vec<u8>,
}

impl Read for Rows {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.line.len() < into.len() && self.next < self.last {
            let n = self.next;
            let line = format!("{:08},Maker {},Model {n},x,,,,\n", 35_000_000 + n, n % 97);
            self.line.extend(line.into_bytes());
            self.next += 1;
        }
        let length = self.line.len().min(into.len());
        into[..length].copy_from_slice(&self.line[..length]);
        self.line.drain(..length);
        Ok(length)
    }
}

#[tokio::test]
async fn a_quarter_of_a_million_rows_are_a_matter_of_seconds() {
    let shop = Shop::open().await;
    let header = "licence\ntac,name,name,contributor,comment,gsmarena,gsmarena,aka\n";
    let rows = Rows { next: 0, last: 250_000, line: header.as_bytes().to_vec() };
    let started = Instant::now();
    let table = Table::from_stream(rows).unwrap();
    let report = import(&shop.station.store, shop.clock.now(), table, Manner::default()).await;
    let took = started.elapsed();
    assert_eq!(report.unwrap().import.tacs, 250_000);
    assert_eq!(shop.names("35249999").await, [("Osmocom".to_owned(), "Model 249999".to_owned())]);
    // A build without optimisation on a loaded machine; measured it is a tenth of that.
    assert!(took < Duration::from_secs(120), "{took:?}");
    eprintln!("250,000 rows in {took:?}");
}

#[tokio::test]
async fn the_api_imports_shows_and_lists() {
    let shop = Shop::open().await;
    let report = shop.post_tacs("", OSMOCOM).await.expect(200);
    assert_eq!((&report["tacs"], &report["rejected"]), (&3.into(), &3.into()), "{report}");
    let table = "tac;maker;model;slots;year\n35917301;Zenith;Other;2;2015\n";
    shop.post_tacs("?source=list&licence=own", table).await.expect(200);

    let view = shop.ask("GET", "/api/v1/tacs/35917301", None).await.expect(200);
    assert_eq!(view["disputed"], true, "{view}");
    assert_eq!(view["reporting_body"], "TÜV SÜD/BABT (United Kingdom)");
    let told = view["entries"].as_array().unwrap();
    let sources: Vec<_> = told.iter().map(|entry| &entry["source"]["name"]).collect();
    assert_eq!(sources, ["Osmocom", "list"], "{view}");
    assert_eq!(told[1]["slots"], 2);
    let list = shop.ask("GET", "/api/v1/tacs", None).await.expect(200);
    assert_eq!(list["imports"].as_array().map(Vec::len), Some(2));
    assert_eq!((&list["taught_by"], &list["learned"]), (&0.into(), &0.into()));
    let nothing = shop.ask("GET", "/api/v1/tacs/35000000", None).await.expect(200);
    assert_eq!(nothing["entries"], json!([]));
    shop.ask("GET", "/api/v1/tacs/3591730", None).await.expect_problem(400, "path");
}

#[tokio::test]
async fn what_cannot_be_imported_is_refused_with_its_reason() {
    let shop = Shop::open().await;
    let table = "tac;maker;model\n35917301;Zenith;Other\n";
    for (query, body, status, code) in [
        ("", table, 422, "tac_source"),
        ("?source=this%20station", table, 422, "query"),
        ("?source=x&form=gsma", table, 422, "query"),
        ("?source=x&map=model%3Dmodel", table, 422, "query"),
        ("?source=x&map=tac%3Dcode,model%3Dmodel", table, 422, "tac_header"),
        ("?source=x&form=osmocom", table, 422, "tac_header"),
        ("?source=x", "a;b\n1;2\n", 422, "tac_header"),
        ("?source=x", "tac;maker\nfoo;bar\n", 422, "tac_nothing"),
        ("?source=x", "%PDF-1.7\n", 415, "not_a_table"),
        ("?source=x", "tac;maker\n\"35917301", 422, "table"),
    ] {
        shop.post_tacs(query, body).await.expect_problem(status, code);
    }
    assert_eq!(shop.station.store.tac_imports().await.unwrap(), []);
}

#[tokio::test]
async fn an_imei_without_its_phone_is_shown_with_a_hint_and_whose_it_is() {
    let shop = Shop::open().await;
    shop.import(OSMOCOM, Manner::default()).await.unwrap();
    let body = json!({ "imeis": [imei("35917301", 1).to_string(), "490154203237518"] });
    let checked = shop.ask("POST", "/api/v1/checks", Some(body)).await.expect(200);
    let hint = json!({ "maker": "Acme", "model": "Two", "source": "Osmocom" });
    assert_eq!(checked["items"][0]["hint"], hint);
    assert_eq!(checked["items"][1].get("hint"), None);

    let label = format!("IMEI: {}", imei("35917301", 1));
    let boxed = shop.station.bench.scan(&label, ScanSource::Label, Target::Any).await.unwrap();
    assert_eq!((boxed.maker, boxed.model), (None, None));
    assert_eq!(boxed.hint.map(|hint| hint.to_string()).as_deref(), Some("Acme Two (Osmocom)"));
    // The phone itself knows better.
    let said = Said { boxed: false, ..Said::of(vec![imei("35917301", 1)], "Acme", "Two") };
    assert_eq!(shop.phone(1, said).await.hint, None);
}

#[tokio::test]
async fn two_phones_teach_what_one_may_not() {
    let shop = Shop::open().await;
    let two = |n: usize| vec![imei("35917301", n), imei("35917301", n + 1)];
    let first = shop.phone(1, Said::of(two(1), "Acme", "Two")).await;
    let [known] = &shop.known("35917301").await[..] else { panic!("not one") };
    assert!(!known.counts(), "{known:?}");
    // The same phone again, and its box again, is one phone.
    shop.phone(1, Said::of(two(1), "Acme", "Two")).await;
    assert!(!shop.known("35917301").await[0].counts());

    // What only the phone says is not confirmed.
    let unboxed = Said { boxed: false, ..Said::of(two(3), "Acme", "Two") };
    shop.phone(2, unboxed).await;
    assert!(!shop.known("35917301").await[0].counts());

    shop.phone(3, Said::of(two(5), "Acme", "Two")).await;
    let [known] = &shop.known("35917301").await[..] else { panic!("not one") };
    assert!(known.counts(), "{known:?}");
    assert_eq!((known.facts.model.as_deref(), known.facts.slots), (Some("Two"), Some(2)));
    // What a phone taught is not held against it: one other is too few.
    let known = shop.station.store.tac_entries(&[tac("35917301")], &[first.id]).await.unwrap();
    assert!(!known[&tac("35917301")][0].counts());
}

#[tokio::test]
async fn clones_teach_nothing() {
    let shop = Shop::open().await;
    let mut said = Said::of(vec![imei("35917301", 1)], "Acme", "Two").reading();
    let label = format!("IMEI: {}", imei("35917301", 1));
    for (place, serial) in [("1-1", "R5SERIAL1"), ("1-2", "R5SERIAL2")] {
        said.serial = Some(serial.to_owned());
        let phone = shop.station.bench.keep(said.clone(), &DeviceId::usb(place)).await.unwrap();
        let target = Target::Handset(phone.id);
        shop.station.bench.scan(&label, ScanSource::Label, target).await.unwrap();
    }
    assert_eq!(shop.known("35917301").await, []);
}

#[tokio::test]
async fn another_maker_than_that_of_the_tac_is_a_finding_with_both_sides() {
    let shop = Shop::open().await;
    shop.import(OSMOCOM, Manner::default()).await.unwrap();
    let phone = shop.phone(1, Said::of(vec![imei("35917301", 1)], "Zenith", "Z9")).await;
    let (severity, finding) = found(&phone, "model_differs_from_tac").unwrap();
    assert_eq!(severity, Severity::Warning);
    assert_eq!(finding["tac"], "35917301");
    assert_eq!(
        (&finding["said"]["model"], &finding["said"]["source"]),
        (&"Z9".into(), &"adb".into())
    );
    assert_eq!(finding["said"]["reading"], json!(phone.readings[0]));
    assert_eq!(finding["known"]["model"], "Two");
    assert_eq!(finding["known"]["source"]["name"], "Osmocom");
    // A phone that contradicts its TAC teaches nothing about it.
    assert_eq!(shop.known("35917301").await.len(), 1);

    // Another source agrees with the phone: they are at odds, not the phone.
    shop.import("tac;maker;model\n35917301;Zenith;Z9\n", from("list")).await.unwrap();
    let phone = shop.phone(1, Said::of(vec![imei("35917301", 1)], "Zenith", "Z9")).await;
    assert_eq!(found(&phone, "model_differs_from_tac").unwrap().0, Severity::Info);
}

#[tokio::test]
async fn another_name_of_one_maker_counts_only_for_a_source_that_knows_both() {
    let shop = Shop::open().await;
    let table = "tac;maker;model\n35917301;Acme;Galleon 54\n";
    shop.import(table, from("thin")).await.unwrap();
    let said = || Said::of(vec![imei("35917301", 1)], "ACME", "AC-A546E");
    let phone = shop.phone(1, said()).await;
    assert_eq!(found(&phone, "model_differs_from_tac"), None, "{:?}", phone.findings);

    shop.import(&format!("{table}35917399;Acme;AC-A546E\n"), from("thick")).await.unwrap();
    let phone = shop.phone(1, said()).await;
    let (severity, finding) = found(&phone, "model_differs_from_tac").unwrap();
    assert_eq!(
        (severity, &finding["known"]["source"]["name"]),
        (Severity::Warning, &"thick".into())
    );
}

/// A clone with the IMEI of a ten-year-old phone: fbrk.kz tells of them.
#[tokio::test]
async fn a_tac_that_is_years_older_than_the_phone_is_a_finding() {
    let shop = Shop::open().await;
    let table = "tac;maker;model;year\n35917301;Acme;Old;2012\n35917302;Acme;New;2023\n";
    shop.import(table, from("list")).await.unwrap();
    let old = |os| Said { os, ..Said::of(vec![imei("35917301", 1)], "Acme", "Old") };

    // An update within eight years is nothing.
    let phone = shop.phone(1, old(Some("Android 10"))).await;
    assert_eq!(found(&phone, "tac_too_old"), None, "{:?}", phone.findings);
    let phone = shop.phone(1, old(Some("Android 14"))).await;
    let (severity, finding) = found(&phone, "tac_too_old").unwrap();
    assert_eq!(severity, Severity::Warning);
    assert_eq!(
        (&finding["allocated"]["year"], &finding["said"]["year"]),
        (&2012.into(), &2023.into())
    );
    assert!(finding["allocated"]["by"].as_str().unwrap().starts_with("list, line 2"), "{finding}");
    assert!(finding["said"]["by"].as_str().unwrap().contains("Android 14"), "{finding}");

    // The source itself knows when the model came out that the phone says it is.
    let phone = shop.phone(2, Said::of(vec![imei("35917301", 5)], "Acme", "New")).await;
    assert!(found(&phone, "tac_too_old").is_some(), "{:?}", phone.findings);
    assert!(found(&phone, "model_differs_from_tac").is_some(), "{:?}", phone.findings);

    // Without a table: a TAC of the time of factory codes on an Android phone.
    let android =
        Said { os: Some("Android 9"), ..Said::of(vec![imei("49015420", 1)], "Acme", "X") };
    let (_, finding) = found(&shop.phone(3, android).await, "tac_too_old").unwrap();
    assert_eq!(finding["allocated"]["year"], 2004);
    // And on a phone of its time nobody knows.
    let phone = shop.phone(4, Said::of(vec![imei("49015420", 5)], "Acme", "1610")).await;
    assert_eq!(found(&phone, "tac_too_old"), None);
}

fn filed(imeis: Vec<Imei>) -> Import {
    let line = |text: &str| Some(Line::parse(text).unwrap());
    let device =
        FiledDevice { imeis, maker: line("Acme"), model: line("Two"), ..FiledDevice::default() };
    Import {
        reference: Line::parse("IM-1").unwrap(),
        applicant: None,
        devices: vec![device],
        country: None,
        imported_on: None,
        documents: Vec::new(),
    }
}

impl Shop {
    /// What speaks against a case, by code: severity and source.
    async fn against(&self, filing: Import, code: &str) -> Vec<(Severity, Option<String>)> {
        let case = self.station.open_case(filing).await.unwrap().case;
        let found = self.station.preflight(case.id).await.unwrap();
        let named = found
            .into_iter()
            .filter(|one| serde_json::to_value(one.code).unwrap().as_str() == Some(code));
        named.map(|one| (one.severity, one.source)).collect()
    }
}

#[tokio::test]
async fn a_slot_is_missed_by_what_is_known_of_the_tac() {
    let shop = Shop::open().await;
    shop.import("tac;maker;model;slots\n35917301;Acme;Two;2\n", from("list")).await.unwrap();
    let missing = shop.against(filed(vec![imei("35917301", 1)]), "slot_missing").await;
    let [(Severity::Warning, Some(source))] = &missing[..] else { panic!("{missing:?}") };
    assert!(source.starts_with("2 IMEIs by list, line 2, imported on 2026-11-01"), "{source}");
}

#[tokio::test]
async fn a_typed_imei_of_another_phone_on_file_is_told_with_that_phone() {
    let shop = Shop::open().await;
    let said = Said {
        boxed: false,
        ..Said::of(vec![imei("35917301", 1), imei("35917301", 2)], "Acme", "Two")
    };
    let phone = shop.phone(1, said).await;
    let mixed = vec![imei("35917301", 1), imei("35917301", 9)];
    let told = shop.against(filed(mixed), "imei_of_another_phone").await;
    let [(Severity::Warning, Some(source))] = &told[..] else { panic!("{told:?}") };
    assert!(source.contains(&phone.id.to_string()) && source.contains("Acme Two"), "{source}");
    assert!(!source.contains(&imei("35917301", 1).to_string()));
}

#[tokio::test]
async fn typed_imeis_that_are_the_whole_phone_are_that_phone() {
    let shop = Shop::open().await;
    let both = vec![imei("35917301", 1), imei("35917301", 2)];
    let said = Said { boxed: false, ..Said::of(both.clone(), "Acme", "Two") };
    shop.phone(1, said).await;
    assert_eq!(shop.against(filed(both), "imei_of_another_phone").await, []);
}

/// A phone with a modem port that tells no serial number, and USB strings that do.
fn silent_about_its_serial(serial: &str) -> Persona {
    let android = Android { usb_id: (0x1782, 0x4d00), ..Android::default() };
    Persona {
        serial: serial.to_owned(),
        ..Persona::family(FarSide::Unisoc, 1).with_android(android)
    }
}

struct Counter {
    shop: Shop,
    bench: Arc<VirtualBench>,
    _watch: tokio::task::JoinSet<()>,
}

impl Counter {
    async fn open() -> Self {
        let bench = Arc::new(VirtualBench::new());
        let shop = Shop::over(bench.clone(), Vec::new()).await;
        let _watch = shop.watch();
        Self { shop, bench, _watch }
    }

    /// A phone comes, is read, and goes.
    async fn visit(&self, persona: Persona) -> Handset {
        let id = self.bench.plug(persona).unwrap();
        let bench = &self.shop.station.bench;
        let handset = until(&self.shop.station, "a phone to be read", async || {
            let DeviceState::Read { handset, .. } = bench.device(&id)?.state else { return None };
            Some(handset)
        })
        .await;
        assert!(self.bench.unplug(&id));
        until(&self.shop.station, "a phone to be gone", async || {
            bench.device(&id).is_none().then_some(())
        })
        .await;
        self.shop.station.store.handset(handset).await.unwrap().unwrap()
    }
}

/// The story of a clone: its IMEIs over AT, its own serial number on USB alone.
#[tokio::test]
async fn a_clone_that_differs_in_its_usb_serial_number_alone_is_another_phone() {
    let counter = Counter::open().await;
    let first = counter.visit(silent_about_its_serial("UNISOC0001")).await;
    assert!(!first.imeis().is_empty());
    let again = counter.visit(silent_about_its_serial("unisoc0001")).await;
    assert_eq!(again.id, first.id, "the same phone again is the same phone");

    let clone = counter.visit(silent_about_its_serial("UNISOC0002")).await;
    assert_ne!(clone.id, first.id);
    let twin = FindingKind::OnAnotherHandset { handset: first.id };
    let stop = clone.findings.iter().find(|finding| finding.kind == twin).unwrap();
    assert_eq!(stop.severity, Severity::Stop);
    let first = counter.shop.station.store.handset(first.id).await.unwrap().unwrap();
    assert!(found(&first, "on_another_handset").is_some(), "{:?}", first.findings);
    // Each comes back as itself.
    assert_eq!(counter.visit(silent_about_its_serial("UNISOC0002")).await.id, clone.id);
    assert_eq!(counter.visit(silent_about_its_serial("UNISOC0001")).await.id, first.id);
}

#[tokio::test]
async fn a_phone_in_another_usb_mode_stays_one_phone_and_is_remarked_on() {
    let counter = Counter::open().await;
    let first = counter.visit(silent_about_its_serial("UNISOC0001")).await;
    let mut other_mode = silent_about_its_serial("F0F0F0F1");
    other_mode.android.as_mut().unwrap().usb_id = (0x1782, 0x4d01);
    let again = counter.visit(other_mode).await;
    assert_eq!(again.id, first.id);
    let (severity, finding) = found(&again, "usb_serial_differs").unwrap();
    assert_eq!(severity, Severity::Info);
    assert!(first.readings.contains(&serde_json::from_value(finding["reading"].clone()).unwrap()));
    assert_eq!(found(&again, "on_another_handset"), None);
}
