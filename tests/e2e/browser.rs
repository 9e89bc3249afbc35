//! The page in a real browser, driven by keyboard as a counter scanner would.
//!
//! Needs Debian's `chromium` and `chromium-driver`; says so and skips where they are missing,
//! fails there when `CI` is set.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tekser::cases::{CustomsDocument, Replacement};
use tekser::registry::RegistryId;
use tekser_e2e::{PATIENCE, World};
use tekser_virtual_bench::Persona;

/// A browser of its own; both processes end with the test.
pub struct Browser {
    pub client: Client,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub async fn start() -> Option<Self> {
        let driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut driver = match driver {
            Ok(driver) => driver,
            Err(error) => {
                assert!(
                    std::env::var_os("CI").is_none(),
                    "chromedriver must be there in CI: {error}"
                );
                eprintln!("SKIPPED: chromedriver is not installed; apt install chromium-driver");
                return None;
            }
        };
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| {
                let line = line.ok()?;
                let port = line.strip_prefix("ChromeDriver was started successfully on port ")?;
                Some(port.trim_end_matches('.').to_owned())
            })
            .expect("chromedriver says its port");
        std::thread::spawn(move || lines.for_each(drop));
        let profile = tempfile::tempdir().unwrap();
        let mut arguments: Vec<String> = [
            "--headless=new",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1280,900",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        // Chromium's own sandbox does not work for root, whom CI runs as.
        if std::fs::metadata("/proc/self").is_ok_and(|me| owner_is_root(&me)) {
            arguments.push("--no-sandbox".to_owned());
        }
        let options = json!({ "goog:chromeOptions": { "args": arguments } });
        let capabilities = options.as_object().unwrap().clone();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a browser session");
        Some(Self { client, driver, _profile: profile })
    }

    /// Everything that the page shows, without white space: IMEIs are shown in groups.
    async fn text(&self) -> String {
        let text = self.client.execute("return document.body.innerText", Vec::new()).await.unwrap();
        text.as_str().unwrap_or_default().split_whitespace().collect()
    }

    pub async fn until_shown(&self, wanted: &str) {
        let wanted: String = wanted.split_whitespace().collect();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !self.text().await.contains(&wanted) {
            assert!(
                tokio::time::Instant::now() < deadline,
                "{wanted} never shown: {}",
                self.text().await
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until an element is there that this selector finds, and gives it.
    pub async fn until_there(&self, selector: &str) -> Element {
        let wait = self.client.wait().at_most(PATIENCE);
        wait.for_element(Locator::Css(selector)).await.unwrap_or_else(|error| {
            panic!("{selector} never there: {error}");
        })
    }

    /// Runs a script in the page.
    pub async fn run(&self, script: &str) -> serde_json::Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Presses keys where the focus is.
    pub async fn press(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    pub async fn end(mut self) {
        let _ = self.client.close().await;
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

#[cfg(unix)]
fn owner_is_root(me: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(me) == 0
}

#[cfg(not(unix))]
fn owner_is_root(_: &std::fs::Metadata) -> bool {
    false
}

/// The page in English, with the token that the station printed.
pub fn page(world: &World) -> String {
    world.server.page(&world.station).replace("/#", "/?lang=en#")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_plugged_in_and_scanned_shows_at_once() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::new().await;
    browser.client.goto(&page(&world)).await.unwrap();
    let scan = browser.client.wait().for_element(Locator::Id("scan-text")).await.unwrap();

    let persona = Persona::nth(1);
    world.bench.plug(persona.clone()).unwrap();
    for imei in &persona.imeis {
        browser.until_shown(&imei.to_string()).await;
    }

    // As a wedge scanner does it: characters, then Enter.
    scan.send_keys("490154203237518").await.unwrap();
    scan.send_keys(&char::from(Key::Enter).to_string()).await.unwrap();
    browser.until_shown("490154203237518").await;
    let scans = world.station.store.scans(&tekser::store::Page::first(10)).await.unwrap();
    assert_eq!(scans.len(), 1);

    let address = browser.client.current_url().await.unwrap();
    assert!(!address.as_str().contains("token"), "the token stays in the address bar: {address}");
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filing_is_followed_to_its_answer() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::new().await;
    browser.client.goto(&page(&world)).await.unwrap();
    browser.client.wait().for_element(Locator::Id("scan-text")).await.unwrap();

    let replacement = Replacement {
        work_order: "WO-2026-0147".to_owned(),
        handset: None,
        old: vec!["490154203237518".parse().unwrap()],
        new: vec!["260531793113837".parse().unwrap()],
        part: tekser::cases::Part::default(),
        customs: Some(CustomsDocument {
            number: "55301/120326/0004567".to_owned(),
            date: "2026-03-12".parse().unwrap(),
        }),
        technician: None,
        applicant: None,
        documents: Vec::new(),
    };
    let station = Arc::clone(&world.station);
    let case = station.open_case(replacement).await.unwrap().case;
    browser.until_shown("WO-2026-0147").await;
    let batch = station.make_batch(&[case.id]).await.unwrap();
    station.submit(batch.id, &RegistryId::new("sandbox")).await.unwrap();
    browser.until_shown("SB-000001").await;
    let approved = r#"[data-submission][data-state="approved"]"#;
    browser.client.wait().at_most(PATIENCE).for_element(Locator::Css(approved)).await.unwrap();
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_brought_in_are_shown_with_what_would_get_them_refused() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::new().await;
    browser.client.goto(&page(&world)).await.unwrap();
    browser.client.wait().for_element(Locator::Id("scan-text")).await.unwrap();
    let filing: tekser::cases::Filing = serde_json::from_value(json!({ "personal": {
        "reference": "P-2026-0007",
        "applicant": { "kind": "individual", "number": "850615100017" },
        "basis": "gift",
        "devices": [{ "imeis": ["260531793113837"] }],
        "documents": [{ "kind": "receipt", "number": "1" }],
    } }))
    .unwrap();
    world.station.open_case(filing).await.unwrap();
    browser.until_shown("P-2026-0007").await;
    browser.until_shown("260531793113837").await;
    let open = Locator::Css(r#"[data-work-order="P-2026-0007"] [data-action="open"]"#);
    browser.client.find(open).await.unwrap().click().await.unwrap();
    for code in ["document_not_about_import", "document_unfit", "country_missing", "model_missing"]
    {
        let finding = format!(r#"#case-outcome [data-preflight="{code}"]"#);
        let wait = browser.client.wait().at_most(PATIENCE);
        let finding = wait.for_element(Locator::Css(&finding)).await.unwrap();
        let text = finding.text().await.unwrap();
        assert!(!text.contains(code) && text.len() > 20, "{text}");
    }
    for (id, shown) in [("case-fields", false), ("case-save", false), ("case-close", true)] {
        let element = browser.client.find(Locator::Id(id)).await.unwrap();
        assert_eq!(element.is_displayed().await.unwrap(), shown, "{id}");
    }
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_the_page_shows_the_gate_and_nothing_else() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::new().await;
    world.bench.plug(Persona::nth(3)).unwrap();
    let address = format!("http://{}/?lang=en", world.server.address());
    browser.client.goto(&address).await.unwrap();
    let gate = browser.client.wait().for_element(Locator::Id("gate")).await.unwrap();
    assert!(gate.is_displayed().await.unwrap());
    let station = browser.client.find(Locator::Id("station")).await.unwrap();
    assert!(!station.is_displayed().await.unwrap());
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_speaks_three_languages() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::new().await;
    let mut titles = Vec::new();
    for language in ["kk", "ru", "en"] {
        let address = format!("http://{}/?lang={language}", world.server.address());
        browser.client.goto(&address).await.unwrap();
        let html = browser.client.find(Locator::Css("html")).await.unwrap();
        assert_eq!(html.attr("lang").await.unwrap().as_deref(), Some(language));
        titles.push(browser.client.title().await.unwrap());
    }
    titles.dedup();
    assert_eq!(titles.len(), 3, "{titles:?}");
    browser.end().await;
}
