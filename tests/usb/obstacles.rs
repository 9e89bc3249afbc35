//! What stands between a phone and the station: rights, other programs, people.

use std::process::Command;
use std::time::Duration;

use tekser::bench::{DeviceState, FailureCode};
use tekser_hardware::adb::{self, Server};
use tekser_hardware::machine::Machine;
use tekser_hardware::{Access, Bus, Device, Role, Source, Speaks};
use tekser_virtual_bench::persona::{Allow, Android};
use tekser_virtual_bench::usb::{Look, UsbPhone};
use tekser_virtual_bench::{FarSide, Persona};

use super::stage::peer::AdbServer;
use super::stage::rules::Rules;
use super::stage::{Stage, imei, settle, shop, until};

/// A Pixel: its debug bridge is all it shows.
fn pixel(n: usize) -> Persona {
    let persona = Persona::android_nth(n * Persona::ANDROID_TYPES + 2);
    assert_eq!(persona.far_side, FarSide::NoModem);
    persona
}

fn galaxy(n: usize) -> Persona {
    Persona::android_nth(n * Persona::ANDROID_TYPES)
}

fn plug(stage: &Stage, persona: &Persona) -> UsbPhone {
    tokio::task::block_in_place(|| stage.plug(persona.clone(), &Look::of(persona)))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adb_server_that_has_the_phone_is_named_and_can_be_gone_through() {
    let Some(stage) = Stage::set() else { return };
    let server = tokio::task::block_in_place(AdbServer::start);
    let persona = pixel(0);
    let phone = plug(&stage, &persona);
    until("adb to have the phone", || server.sees(&persona.serial).then_some(()));

    let alone = shop::open(|asking| asking.again = Vec::new()).await;
    alone
        .until_state(&shop::id(&phone), |state| {
            matches!(state, DeviceState::Failed { code: FailureCode::Busy, message, .. }
                if message.contains("adb"))
        })
        .await;
    drop(alone);

    let through = shop::open(|asking| asking.adb_server = Some(Server::DEFAULT)).await;
    let handset = shop::whole(&through, &phone).await;
    assert_eq!(handset.imeis(), persona.imeis);
    assert!(server.sees(&persona.serial), "the server still has it");
    assert_eq!(phone.violations(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_asks_its_owner_is_read_when_the_owner_has_touched_allow() {
    let Some(stage) = Stage::set() else { return };
    let world = shop::open(|_| {}).await;
    let persona = galaxy(1);
    let android = persona.android.clone().unwrap();
    let asks = Android { allow: Allow::After(Duration::from_secs(6)), ..android };
    let phone = plug(&stage, &persona.with_android(asks));
    let id = shop::id(&phone);
    let waiting = world
        .until("the phone to ask", async |world| {
            let view = world.station.bench.device(&id)?;
            view.waiting_until.is_some().then_some(view)
        })
        .await;
    let early = waiting.waiting_until.unwrap();
    assert!(early > jiff::Timestamp::now(), "there is time to touch it");
    // The modem does not wait for the owner.
    world
        .until("the modem's answer", async |world| {
            let DeviceState::Read { handset, .. } = world.station.bench.device(&id)?.state else {
                return None;
            };
            let handset = world.station.store.handset(handset).await.ok()??;
            (!shop::by(&handset, Source::At).is_empty()).then_some(())
        })
        .await;
    let handset = shop::whole(&world, &phone).await;
    assert_eq!(handset.imeis(), phone.persona().imeis);
    assert_eq!(world.station.bench.device(&id).unwrap().waiting_until, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_modem_is_shown_only_when_a_person_allows_it() {
    let Some(stage) = Stage::set() else { return };
    let persona = Persona { far_side: FarSide::Samsung, ..Persona::nth(0) };
    let look = Look::samsung_opt_in(&persona);
    let phone = tokio::task::block_in_place(|| stage.plug(persona.clone(), &look));
    let machine = Machine::new();
    let found = listed(&machine, &phone);
    assert_eq!((found.role, found.hidden_modem), (Role::Files, true));
    assert_eq!(found.ports, []);
    assert_eq!(phone.configuration(), 1, "looking changes nothing");
    machine.show_modem(&found.id).await.unwrap();
    let reading = stage.read(&phone).await.unwrap();
    assert_eq!(imei(&reading), Some(persona.imeis[0].to_string()));
    let found = listed(&machine, &phone);
    assert_eq!((found.role, found.hidden_modem), (Role::Phone, false));
}

fn listed(machine: &Machine, phone: &UsbPhone) -> Device {
    let id = shop::id(phone);
    until("the phone in the list", || machine.devices().into_iter().find(|device| device.id == id))
}

/// Whoever asks for this test with the variable set is told what this user sees and can read.
#[tokio::test(flavor = "multi_thread")]
async fn what_this_user_sees() {
    if std::env::var_os("TEKSER_USB_LOOK").is_none() {
        return;
    }
    let machine = Machine::new();
    for device in machine.devices() {
        for port in &device.ports {
            println!("saw {:?} {:?}", port.speaks, port.access);
        }
        if let Some(port) = device.speaking(Speaks::Adb).find(|port| port.access == Access::Free) {
            let link = machine.open(&port.name).await.unwrap();
            let keys = [shop::key()];
            let reading = adb::read(link, &keys, adb::Budget::default(), |_| {}).await.unwrap();
            println!("read {}", imei(&reading).unwrap());
        }
    }
}

/// Has this very test program look as `nobody`, in the group that the rules name.
fn as_nobody() -> String {
    let nobody = ["--reuid=65534", "--regid=65534", "--groups=20"];
    let output = Command::new("setpriv")
        .args(nobody)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "obstacles::what_this_user_sees", "--nocapture"])
        .env("TEKSER_USB_LOOK", "1")
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_our_rules_a_user_is_told_why_and_with_them_reads() {
    let Some(stage) = Stage::set() else { return };
    let persona = galaxy(2);
    let phone = plug(&stage, &persona);
    stage.at_port(&phone);
    let before = as_nobody();
    assert!(before.contains("saw Adb PermissionDenied"), "{before}");
    assert!(!before.contains("read"), "{before}");
    drop(phone);
    until("the phone to go", || Machine::new().devices().is_empty().then_some(()));

    let _rules = Rules::shipped();
    let phone = plug(&stage, &persona);
    stage.at_port(&phone);
    settle();
    let after = as_nobody();
    assert!(after.contains("saw Adb Free") && after.contains("saw At Free"), "{after}");
    assert!(after.contains(&format!("read {}", persona.imeis[0])), "{after}");
}
