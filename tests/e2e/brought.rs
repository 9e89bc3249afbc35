//! Devices that were brought in, filed at the page.

use fantoccini::key::Key;
use serde_json::json;
use tekser::store::Page;
use tekser_e2e::World;
use tekser_imei::{BinKind, IinBin};
use tekser_virtual_bench::Persona;

use crate::browser::{Browser, page};

/// The page tells at once what the station's own parser would say.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_an_applicant_is_judged_as_the_station_judges_it() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::new().await;
    browser.client.goto(&page(&world)).await.unwrap();
    let mut numbers: Vec<String> = [
        "940140000385",
        "950341000052",
        "961141000023",
        "070941024691",
        "940140000380",
        "830717350867",
        "000813159890",
        "800416100254",
        "680503250034",
        "850615100017",
        "850615200013",
        "850615101604",
        "850631100017",
        "",
        "85061510001",
        "8506151000170",
        "940170000385",
        "941340000385",
    ]
    .map(str::to_owned)
    .to_vec();
    // Every last digit of a person's and of a firm's number.
    for stem in ["85061510001", "94014000038", "00022930012", "99022930012"] {
        numbers.extend((0..10).map(|last| format!("{stem}{last}")));
    }
    let script = "const [numbers, done] = arguments; import('/assets/js/civil.js')\
                  .then(({ readCivil }) => done(numbers.map((one) => readCivil(one).kind ?? null)))\
                  .catch((error) => done(String(error)))";
    let kinds = browser.client.execute_async(script, vec![json!(numbers)]).await.unwrap();
    for (number, kind) in numbers.iter().zip(kinds.as_array().expect("a kind for each")) {
        let parsed = number.parse::<IinBin>().ok().map(|number| match number.bin() {
            None => "iin",
            Some(bin) if bin.kind() == BinKind::JointProprietors => "joint",
            Some(_) => "bin",
        });
        assert_eq!(kind.as_str(), parsed, "{number}");
    }
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_is_filed_with_its_findings_shown_and_mended() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::new().await;
    let persona = Persona::nth(1);
    world.bench.plug(persona.clone()).unwrap();
    browser.client.goto(&page(&world)).await.unwrap();
    for imei in &persona.imeis {
        browser.until_shown(&imei.to_string()).await;
    }
    browser.until_there("#brought-new").await.click().await.unwrap();
    let field = async |name: &str| browser.until_there(&format!("#brought-{name}")).await;
    let kind = field("kind").await;
    kind.select_by_value("personal").await.unwrap();
    field("reference").await.send_keys("P-7").await.unwrap();

    // A slip in the number is told while it is typed.
    let number = field("number").await;
    number.send_keys("850615100018").await.unwrap();
    browser.until_shown("The last digit does not fit").await;
    number.send_keys(&char::from(Key::Backspace).to_string()).await.unwrap();
    browser.until_shown("has 12 digits").await;
    number.send_keys("7").await.unwrap();
    browser.until_shown("The IIN of a person").await;
    field("basis").await.select_by_value("parcel").await.unwrap();
    browser.until_there("#brought-phones input").await.click().await.unwrap();
    field("typed").await.send_keys("Nokia;3310;490154203237519").await.unwrap();
    browser.until_shown("Line 1").await;
    let save = format!("{}{}", char::from(Key::Control), char::from(Key::Enter));
    browser.press(&save).await;
    browser.until_there("#brought-outcome .bad").await;
    assert!(world.station.store.cases(&Page::first(9)).await.unwrap().is_empty());
    field("typed").await.clear().await.unwrap();
    field("typed").await.send_keys(&save).await.unwrap();
    for code in ["country_missing", "delivery_missing", "document_missing"] {
        browser.until_there(&format!(r#"#brought-outcome [data-preflight="{code}"]"#)).await;
    }

    // What would get it refused is mended in the same form, and what the phone did not say.
    let line = format!("Oukitel;C21;{}", persona.imeis[0]);
    field("typed").await.send_keys(&line).await.unwrap();
    field("country").await.send_keys("kg").await.unwrap();
    field("date").await.send_keys("12.03.2026").await.unwrap();
    field("delivery").await.send_keys("Kazpost").await.unwrap();
    let document = async |name: &str| {
        browser.until_there(&format!(r#"#brought-documents [data-name="{name}"]"#)).await
    };
    document("kind").await.select_by_value("tracking_number").await.unwrap();
    document("number").await.send_keys("RB123456789CN").await.unwrap();
    document("holder").await.send_keys("850615100017").await.unwrap();
    document("devices").await.send_keys("1").await.unwrap();
    browser.press(&save).await;
    browser.until_shown("Saved").await;
    let cases = world.station.store.cases(&Page::first(9)).await.unwrap();
    let filing = serde_json::to_value(&cases[0].filing).unwrap();
    let personal = &filing["personal"];
    assert_eq!(cases.len(), 1);
    assert_eq!(personal["applicant"]["number"], "850615100017");
    assert_eq!(personal["country"], "KG");
    assert_eq!(personal["imported_on"], "2026-03-12");
    assert_eq!(personal["documents"][0]["number"], "RB123456789CN");
    assert_eq!(personal["devices"].as_array().map(Vec::len), Some(1));
    assert_eq!(personal["devices"][0]["imeis"], json!(persona.imeis));
    let device = &personal["devices"][0];
    assert_eq!((&device["maker"], &device["model"]), (&json!("Oukitel"), &json!("MTK2")));
    assert!(personal["devices"][0]["handset"].is_string());
    let left = "return [...document.querySelectorAll('#brought-outcome [data-severity=stop]')]\
                .map((one) => one.dataset.preflight)";
    assert_eq!(browser.run(left).await, json!([]));

    // It can be taken up again from its card.
    browser.until_there("#brought-close").await.click().await.unwrap();
    browser
        .until_there(r#"[data-work-order="P-7"] [data-action="amend"]"#)
        .await
        .click()
        .await
        .unwrap();
    assert_eq!(field("delivery").await.prop("value").await.unwrap().as_deref(), Some("Kazpost"));
    assert_eq!(
        document("number").await.prop("value").await.unwrap().as_deref(),
        Some("RB123456789CN")
    );
    browser.press(&save).await;
    browser.until_shown("Saved").await;
    let again = world.station.store.cases(&Page::first(9)).await.unwrap();
    assert_eq!(again[0].filing, cases[0].filing);
    browser.end().await;
}
