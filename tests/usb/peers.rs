//! Programs of other hands see the same IMEI on the same port, and leave room for the station.

use std::time::{Duration, Instant};

use tekser_hardware::OpenError;
use tekser_hardware::at::{self, Hint};
use tekser_virtual_bench::usb::{Look, UsbPhone};
use tekser_virtual_bench::{Behaviour, FarSide, Persona};

use super::stage::peer::{AdbServer, ModemManager, run};
use super::stage::rules::Rules;
use super::stage::{PATIENCE, Stage, imei, patience, until, until_within};

fn plain(n: usize) -> Persona {
    Persona { far_side: FarSide::Plain, ..Persona::nth(n) }
}

#[tokio::test]
async fn gammu_identifies_a_phone_by_the_same_imei() {
    let Some(stage) = Stage::set() else { return };
    let settings = std::env::temp_dir().join("gammurc");
    let kinds = [
        plain(3),
        Persona { far_side: FarSide::Samsung, ..Persona::nth(0) },
        Persona { far_side: FarSide::Huawei, ..Persona::nth(6) },
    ];
    let phones = stage.plug_all(kinds.map(|persona| (persona.clone(), Look::of(&persona))));
    for phone in &phones {
        let port = stage.at_port(phone);
        std::fs::write(&settings, format!("[gammu]\nport = {port}\nconnection = at115200\n"))
            .unwrap();
        let shown = run("gammu", &["-c", settings.to_str().unwrap(), "identify"]);
        let ours = imei(&stage.read(phone).await.unwrap()).unwrap();
        assert_eq!(ours, phone.persona().imeis[0].to_string());
        let line = shown.lines().find(|line| line.starts_with("IMEI"));
        assert!(line.is_some_and(|line| line.contains(&ours)), "{}", phone.persona().name);
    }
}

/// Without rules that keep it away ModemManager probes every modem for some ten seconds, several
/// times that in the guest.
#[tokio::test]
async fn modem_manager_reads_the_same_imei_and_the_station_reads_when_it_has_let_go() {
    let Some(stage) = Stage::set() else { return };
    let manager = ModemManager::start();
    // Slow enough to be met while it is being probed.
    let delay = Duration::from_millis(40);
    let persona = plain(3).with(Behaviour { delay, ..Behaviour::default() });
    let phone = stage.plug(persona.clone(), &Look::modem(&persona));
    until("ModemManager to speak to the phone", || (!phone.asked().is_empty()).then_some(()));
    let error = stage.open(&phone).await.unwrap_err();
    assert!(matches!(error, OpenError::Busy { .. }), "{error:?}");
    assert!(error.to_string().contains("ModemManager"), "{error}");

    let theirs = until_within(PATIENCE * 3, "ModemManager's IMEI", || manager.imei());
    let ours = read_when_free(&stage, &phone).await;
    assert_eq!(theirs, ours);
    assert_eq!(ours, persona.imeis[0].to_string());
}

#[tokio::test]
async fn with_the_rules_that_we_ship_modem_manager_leaves_phones_alone() {
    let Some(stage) = Stage::set() else { return };
    let _rules = Rules::shipped();
    let _manager = ModemManager::start();
    let persona = Persona { far_side: FarSide::Samsung, ..Persona::nth(0) };
    let phone = stage.plug(persona.clone(), &Look::samsung(&persona));
    let reading = stage.read(&phone).await.unwrap();
    assert_eq!(imei(&reading), Some(persona.imeis[0].to_string()));
    let asked = phone.asked().len();
    // Longer than ModemManager waits before it tries a port.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(phone.asked().len(), asked, "somebody else spoke to it");
}

#[test]
fn debians_adb_finds_our_phones_and_talks_to_them() {
    let Some(stage) = Stage::set() else { return };
    let cast =
        (0..3).map(Persona::android_nth).map(|persona| (persona.clone(), Look::of(&persona)));
    let mut phones = stage.plug_all(cast);
    let server = AdbServer::start();
    for phone in &phones {
        let serial = &phone.persona().serial;
        until("adb to be let in", || server.sees(serial).then_some(()));
        let said = run("adb", &["-s", serial, "shell", "getprop ro.serialno"]);
        assert_eq!(said.trim(), serial);
    }
    let gone = phones.remove(0).persona().serial.clone();
    until("adb to notice", || (!server.sees(&gone)).then_some(()));
    assert!(phones.iter().all(|phone| server.sees(&phone.persona().serial)));
    for phone in &phones {
        assert_eq!(phone.complaints(), [""; 0]);
    }
}

/// Reads a phone as the station does: again while the port is in use, or while what comes back
/// is the end of another program's conversation.
async fn read_when_free(stage: &Stage, phone: &UsbPhone) -> String {
    let limit = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < limit, "the port did not become free");
        match stage.open(phone).await {
            Ok(mut link) => {
                let hint = Hint { usb_id: stage.device(phone).usb_id };
                match at::read(&mut link, hint, patience()).await {
                    Ok(reading) => return imei(&reading).unwrap(),
                    Err(error) => assert!(error.is_retryable(), "{error:?}"),
                }
            }
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
