//! A person looks at a portal and tells the page what they saw.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use fantoccini::Locator;
use fantoccini::key::Key;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tekser_e2e::World;
use tekser_imei::Imei;
use tekser_virtual_bench::{Persona, VirtualBench};

use crate::browser::{Browser, page};

/// A page that is no portal, and word of everybody who opens it.
fn portal() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let (told, news) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { break };
            let mut request = [0; 4096];
            let Ok(length) = stream.read(&mut request) else { continue };
            let body = "<title>Portal</title>captcha";
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n{body}",
                body.len()
            );
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            if request.starts_with("GET / ") && told.send(request).is_err() {
                break;
            }
        }
    });
    (address, news)
}

/// A station that knows this portal, and a phone on its bench.
async fn world(link: &str) -> (World, Vec<Imei>) {
    let bench = Arc::new(VirtualBench::new());
    let mut world = World::made(|config| {
        config.buses = vec![Arc::clone(&bench) as Arc<dyn tekser_hardware::Bus>];
        let settings =
            format!("format = 1\n[[source]]\nname = 'desk'\nkind = 'portal'\nurl = '{link}'\n");
        std::fs::write(config.place.registries(), settings).unwrap();
    })
    .await;
    world.bench = bench;
    let persona = Persona::nth(1);
    world.bench.plug(persona.clone()).unwrap();
    (world, persona.imeis)
}

/// Pastes a picture, as Ctrl+V does with one on the clipboard.
const PASTE: &str = r#"
    const done = arguments[0];
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [40, 20];
    canvas.getContext("2d").fillRect(5, 5, 10, 10);
    canvas.toBlob((blob) => {
      const data = new DataTransfer();
      data.items.add(new File([blob], "shot.png", { type: "image/png" }));
      document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
      done(true);
    }, "image/png");
"#;

fn badge(imei: Imei, verdict: &str) -> String {
    format!(r#".imei-line:has([data-imei="{imei}"]) [data-verdict="{verdict}"]"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_looks_and_everybody_sees_what_they_saw() {
    let Some(browser) = Browser::start().await else { return };
    let (link, opened) = portal();
    let (world, imeis) = world(&link).await;
    browser.client.goto(&page(&world)).await.unwrap();
    browser.until_there(r#"[data-action="portal-check"]"#).await;
    browser.until_there(&badge(imeis[0], "undetermined")).await;
    browser.until_shown("only a person can look, and nobody has").await;
    browser
        .run(
            "Object.defineProperty(navigator, 'clipboard', \
             { value: { writeText: async (text) => { window.copied = text; } } });",
        )
        .await;

    // By keyboard alone: the first phone, and its first IMEI to the portal.
    browser.until_there("#scan-text").await.click().await.unwrap();
    browser.press(&format!("1{}", char::from(Key::Enter))).await;
    browser.until_there(".tile.selected").await;
    browser.press(&char::from(Key::F6).to_string()).await;
    browser.until_there(r#"#portal-copied[data-copied="true"]"#).await;
    assert_eq!(browser.run("return window.copied").await, imeis[0].to_string());
    let first = move || (opened.recv().unwrap(), opened);
    let (request, opened) = tokio::task::spawn_blocking(first).await.unwrap();
    assert!(request.contains("Mozilla") && !request.contains("Referer"), "{request}");
    assert!(!request.contains(&imeis[0].to_string()));

    // What is missing is said, and nothing is recorded.
    let save = format!("{}{}", char::from(Key::Control), char::from(Key::Enter));
    browser.until_there("#portal-verdict").await.send_keys(&save).await.unwrap();
    browser.until_there(r#"#portal-verdict[aria-invalid="true"]"#).await;
    let verdict = browser.until_there("#portal-verdict").await;
    verdict.select_by_value("clear").await.unwrap();
    browser.until_there("#portal-name").await.send_keys("Aigul, desk 2").await.unwrap();
    browser.client.execute_async(PASTE, Vec::new()).await.unwrap();
    browser.until_there("#portal-shot:not([hidden])").await;
    browser.until_there("#portal-name").await.send_keys(&save).await.unwrap();

    browser.until_there(&badge(imeis[0], "clear")).await;
    browser.until_shown("seen by Aigul, desk 2").await;
    let known = world.station.portal_check(imeis[0], None).await.unwrap();
    let evidence = known.history[0].evidence.clone().unwrap();
    let (kind, bytes) = world.station.screenshot(evidence).await.unwrap();
    assert_eq!((kind, bytes.get(..4)), ("image/png", Some(&b"\x89PNG"[..])));

    // It was wrong: the record is taken back, by the person whose name the page remembers.
    browser.until_there(r#"[data-action="portal-open"]"#).await.click().await.unwrap();
    browser.until_there(r#"#portal-history [data-action="shot"]"#).await.click().await.unwrap();
    browser.until_there("#portal-shot:not([hidden])").await;
    browser.until_there(r#"#portal-history [data-action="withdraw"]"#).await.click().await.unwrap();
    browser.until_there("#portal-history .withdrawn").await;
    browser.until_there("#portal-close").await.click().await.unwrap();
    browser.until_there(&badge(imeis[0], "undetermined")).await;
    let known = world.station.portal_check(imeis[0], None).await.unwrap();
    let withdrawn = known.history[0].withdrawn.as_ref().unwrap();
    assert_eq!(withdrawn.by.as_str(), "Aigul, desk 2");
    assert!(opened.try_recv().is_err(), "nobody but the person's browser opens the portal");
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_seen_too_long_ago_is_to_be_looked_for_again() {
    let Some(browser) = Browser::start().await else { return };
    let (world, imeis) = world("http://127.0.0.1:9/").await;
    browser.client.goto(&page(&world)).await.unwrap();
    browser.until_there(&badge(imeis[0], "undetermined")).await;
    let record = async |verdict: Value| {
        let report = serde_json::from_value(verdict).unwrap();
        world.station.record_sighting(imeis[0], report).await.unwrap();
        world.station.check_again(imeis[0]).await;
    };
    let old = Timestamp::now() - SignedDuration::from_hours(48);
    record(json!({ "verdict": "clear", "seen_by": "Dana", "seen_at": old })).await;
    browser.until_shown("what is known is too old to go by").await;
    browser.until_shown("seen by Dana").await;
    browser.until_there(r#"[data-action="portal-check"]"#).await;
    let blocked = json!({ "verdict": "blocked", "reason": "grace_expired", "seen_by": "Dana" });
    record(blocked).await;
    browser.until_there(&badge(imeis[0], "blocked")).await;
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_refuses_its_clipboard_leaves_the_number_to_copy_by_hand() {
    let Some(browser) = Browser::start().await else { return };
    let (world, imeis) = world("http://127.0.0.1:9/").await;
    browser.client.goto(&page(&world)).await.unwrap();
    browser
        .run(
            "Object.defineProperty(navigator, 'clipboard', \
             { value: { writeText: () => Promise.reject(new Error('no')) } });",
        )
        .await;
    browser.until_there(r#"[data-action="portal-check"]"#).await.click().await.unwrap();
    browser.until_there(r#"#portal-copied[data-copied="false"]"#).await;
    browser.until_shown("press Ctrl+C").await;
    let selected = "const field = document.getElementById('portal-imei'); \
                    return field.value.slice(field.selectionStart, field.selectionEnd)";
    assert_eq!(browser.run(selected).await, imeis[0].to_string());

    // What is no picture is refused before anything is sent.
    let file = tempfile::NamedTempFile::with_suffix(".png").unwrap();
    std::fs::write(file.path(), b"no picture").unwrap();
    let chosen = file.path().to_str().unwrap();
    browser.client.find(Locator::Id("portal-file")).await.unwrap().send_keys(chosen).await.unwrap();
    browser.until_there(r#"[data-problem="evidence_not_an_image"]"#).await;
    browser.end().await;
}
