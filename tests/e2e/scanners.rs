//! Scanners on the page.

use std::sync::Arc;

use tekser::counter::TriggerMode;
use tekser::demo::DemoScanner;
use tekser_e2e::World;
use tekser_hardware::Bus;
use tekser_virtual_bench::scanner::Kit;

use crate::browser::{Browser, page};

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_shows_what_it_reads_and_does_what_it_is_asked() {
    let Some(browser) = Browser::start().await else { return };
    let scanner = Arc::new(DemoScanner::new(Kit::nth(1)).unwrap());
    let bus = Arc::clone(&scanner) as Arc<dyn Bus>;
    let world = World::over(bus, |_| {}).await;
    let name = scanner.name().to_string();
    browser.client.goto(&page(&world)).await.unwrap();
    let card = format!(r#"[data-scanner="{name}"][data-state="connected"]"#);
    let shown = browser.until_there(&card).await.text().await.unwrap();
    assert!(shown.contains(&name[name.len() - 4..]), "{shown}");

    scanner.scanner().show("490154203237518");
    let valid = format!(r#"{card} [data-scan][data-verdict="valid"]"#);
    let text = browser.until_there(&valid).await.text().await.unwrap();
    assert!(text.contains("490154203237518"), "{text}");
    browser.until_there("#boxes [data-imei='490154203237518']").await;
    scanner.scanner().show("490154203237519");
    browser.until_there(&format!(r#"{card} [data-scan][data-verdict="wrong"]"#)).await;

    let before = scanner.scanner().shown().len();
    let identify = format!(r#"{card} [data-action="identify"]"#);
    browser.until_there(&identify).await.click().await.unwrap();
    scanner.scanner().shows(|shown| shown.len() > before).await;

    // Changed by shop software while the page is open: the scanner has it, and still works.
    let counter = &world.station.counter;
    let mut settings = counter.settings(&name).await.unwrap();
    settings.trigger = match settings.trigger {
        TriggerMode::Always => TriggerMode::Asked,
        TriggerMode::Asked => TriggerMode::Always,
    };
    settings.loudness = 3;
    assert_eq!(counter.configure(&name, settings).await.unwrap(), settings);
    assert_eq!(counter.settings(&name).await.unwrap(), settings);
    browser.until_there(&card).await;
    browser.end().await;
}
