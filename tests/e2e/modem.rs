//! A phone that hides its modem port, on the page: only a person who says so twice has it shown.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fantoccini::Locator;
use fantoccini::key::Key;
use tekser_e2e::{PATIENCE, World};
use tekser_hardware::bus::{Change, Opening, Showing};
use tekser_hardware::{Bus, Device, DeviceId, OpenError, Port, PortName, Role, Speaks};
use tekser_virtual_bench::Persona;
use tekser_virtual_bench::pipe::PipePhone;
use tokio::sync::Notify;

use crate::browser::{Browser, page};

/// A phone that shows its files only until it is made to show its modem.
struct Hiding {
    phone: PipePhone,
    times_shown: AtomicUsize,
    news: Notify,
}

impl Bus for Hiding {
    fn devices(&self) -> Vec<Device> {
        let id = DeviceId::usb("1-1");
        if self.times_shown.load(Ordering::Relaxed) == 0 {
            return vec![Device {
                role: Role::Files,
                hidden_modem: true,
                ..Device::new(id, vec![])
            }];
        }
        vec![Device::new(id, vec![Port::free(self.phone.port().clone(), Speaks::At)])]
    }

    fn changed(&self) -> Change<'_> {
        Box::pin(self.news.notified())
    }

    fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a> {
        let link = if port == self.phone.port() {
            Ok(self.phone.connect())
        } else {
            Err(OpenError::NotFound { port: port.clone() })
        };
        Box::pin(core::future::ready(link))
    }

    fn show_modem<'a>(&'a self, _: &'a DeviceId) -> Showing<'a> {
        self.times_shown.fetch_add(1, Ordering::Relaxed);
        self.news.notify_one();
        Box::pin(core::future::ready(Ok(())))
    }
}

/// Presses a button of the tile by keyboard, and waits until the next one is there.
async fn press(browser: &Browser, action: &str, keys: &[Key], next: &str) {
    let found = |action: &str| format!(r#"[data-device="usb:1-1"] {action}"#);
    let wait = || browser.client.wait().at_most(PATIENCE);
    let button = found(&format!(r#"[data-action="{action}"]"#));
    let button = wait().for_element(Locator::Css(&button)).await.unwrap();
    let keys: String = keys.iter().map(|key| char::from(*key)).collect();
    button.send_keys(&keys).await.unwrap();
    wait().for_element(Locator::Css(&found(next))).await.unwrap();
}

/// Waits until the button of this action has the focus, whether or not the window has it. A key
/// that is pressed earlier may go to another button than a person would see it go to.
async fn until_focus(browser: &Browser, action: &str) {
    let active = "return document.activeElement?.dataset.action ?? ''";
    let limit = tokio::time::Instant::now() + PATIENCE;
    while browser.client.execute(active, Vec::new()).await.unwrap() != action {
        assert!(tokio::time::Instant::now() < limit, "the focus has to be on {action}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_modem_is_shown_to_a_person_who_says_so_twice() {
    let Some(browser) = Browser::start().await else { return };
    let phone = PipePhone::plug(Persona::nth(3), 0);
    let hiding = Hiding { phone, times_shown: AtomicUsize::new(0), news: Notify::new() };
    let hiding = Arc::new(hiding);
    let world = World::over(hiding.clone(), |asking| asking.again.clear()).await;
    browser.client.goto(&page(&world)).await.unwrap();
    let (asks, says_no) = (r#"[data-action="modem"]"#, r#"[data-action="modem-no"]"#);
    press(&browser, "modem", &[Key::Enter], says_no).await;
    browser.until_shown("other programs that use this phone").await;
    until_focus(&browser, "modem-no").await;
    // One press too many is a no.
    press(&browser, "modem-no", &[Key::Enter], asks).await;
    assert_eq!(hiding.times_shown.load(Ordering::Relaxed), 0);

    press(&browser, "modem", &[Key::Enter], says_no).await;
    until_focus(&browser, "modem-no").await;
    press(&browser, "modem-yes", &[Key::Enter], ".imei").await;
    browser.until_shown(&Persona::nth(3).imeis[0].to_string()).await;
    assert_eq!(hiding.times_shown.load(Ordering::Relaxed), 1);
    browser.end().await;
}
