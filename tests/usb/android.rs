//! Our host against Android's own debug daemon, on a gadget of the kernel.

use std::sync::Arc;
use std::time::Duration;

use tekser_hardware::adb::{self, Budget, Key, Progress};
use tekser_hardware::at::{self, Hint};
use tekser_hardware::machine::Machine;
use tekser_hardware::{Bus, Device, Reading, Speaks};
use tekser_virtual_bench::{FarSide, Persona};

use crate::gadget::{self, Gadget};

/// A phone with two slots.
fn persona(n: usize) -> Persona {
    let mut persona = Persona::nth(n * 8);
    persona.far_side = FarSide::Plain;
    persona
}

async fn device(machine: &Machine, persona: &Persona) -> Device {
    let looking = async {
        loop {
            let whole = |device: &Device| {
                device.serial.as_deref() == Some(persona.serial.as_str())
                    && device.speaking(Speaks::At).next().is_some()
                    && device.speaking(Speaks::Adb).next().is_some()
            };
            if let Some(found) = machine.devices().into_iter().find(whole) {
                return found;
            }
            machine.changed().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looking).await.expect("the gadget's two ports")
}

async fn by_bridge(
    machine: &Machine,
    device: &Device,
    keys: &[Arc<Key>],
    allow: Duration,
) -> (Result<Reading, adb::ReadError>, bool) {
    let port = &device.speaking(Speaks::Adb).next().unwrap().name;
    let link = machine.open(port).await.unwrap();
    let mut asked = false;
    // In the guest a shell takes a second to start when eight start at once.
    let slow = Duration::from_secs(40);
    let budget = Budget { allow, command: slow, total: slow * 2, connect: slow };
    let reading = adb::read(link, keys, budget, |news| {
        asked |= matches!(news, Progress::WaitingForAllow { .. });
    })
    .await;
    (reading, asked)
}

async fn by_modem(machine: &Machine, device: &Device) -> Reading {
    let port = &device.speaking(Speaks::At).next().unwrap().name;
    let mut link = machine.open(port).await.unwrap();
    at::read(&mut link, Hint { usb_id: device.usb_id }, at::Budget::default()).await.unwrap()
}

#[tokio::test]
async fn androids_own_daemon_asks_its_owner_and_then_tells_both_imeis() {
    if gadget::is_missing() {
        return;
    }
    gadget::load();
    let machine = Machine::new();
    let persona = persona(0);
    let mut phone = Gadget::plug(0, &persona);
    let keys = [Arc::new(Key::generate().unwrap())];
    let found = device(&machine, &persona).await;

    let (refused, asked) = by_bridge(&machine, &found, &keys, Duration::from_millis(500)).await;
    assert!(asked, "the daemon has to ask its owner: {refused:?}");
    assert!(matches!(refused, Err(adb::ReadError::NotAllowed)), "{refused:?}");

    // Touching "Allow" is writing the key down; the daemon looks at the next connection.
    let public = keys[0].public();
    gadget::allow(String::from_utf8_lossy(&public).trim_end_matches('\0'));
    let (reading, asked) = by_bridge(&machine, &found, &keys, Duration::from_secs(5)).await;
    let reading = reading.unwrap();
    assert!(!asked, "a key that was allowed is not asked about again");
    let imeis: Vec<_> = reading.claims.iter().filter_map(|claim| claim.value.imei()).collect();
    assert_eq!(imeis, persona.imeis);
    assert_eq!(reading.serial.as_deref(), Some(persona.serial.as_str()));
    assert_eq!(reading.os.as_deref(), Some("Android 14"));

    let modem = by_modem(&machine, &found).await;
    assert_eq!(modem.claims.first().and_then(|claim| claim.value.imei()), Some(persona.imeis[0]));

    phone.pull();
    let gone = async {
        while machine.devices().iter().any(|device| device.id == found.id) {
            machine.changed().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("a pulled phone goes");
}

#[tokio::test]
async fn eight_phones_with_androids_own_daemon_at_once_are_not_mixed_up() {
    if gadget::is_missing() {
        return;
    }
    gadget::load();
    let machine = Arc::new(Machine::new());
    let keys = [Arc::new(Key::generate().unwrap())];
    gadget::allow(String::from_utf8_lossy(&keys[0].public()).trim_end_matches('\0'));
    let personas: Vec<Persona> = (0..8).map(persona).collect();
    let phones: Vec<Gadget> =
        personas.iter().enumerate().map(|(n, persona)| Gadget::plug(n, persona)).collect();
    let mut tasks = Vec::new();
    for persona in personas {
        let (machine, keys) = (Arc::clone(&machine), keys.clone());
        tasks.push(tokio::spawn(async move {
            let found = device(&machine, &persona).await;
            let (reading, modem) = tokio::join!(
                by_bridge(&machine, &found, &keys, Duration::from_secs(5)),
                by_modem(&machine, &found),
            );
            let reading = reading.0.unwrap();
            let told = |reading: &Reading| {
                reading.claims.iter().filter_map(|claim| claim.value.imei()).collect::<Vec<_>>()
            };
            assert_eq!(told(&reading), persona.imeis);
            assert_eq!(told(&modem).first(), persona.imeis.first());
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    drop(phones);
}
