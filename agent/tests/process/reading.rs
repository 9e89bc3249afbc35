//! `tekser read` against phones on real pseudo-terminals, badly behaved ones included.
#![cfg(unix)]

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tekser_virtual_bench::persona::{Behaviour, Pull};
use tekser_virtual_bench::pty::PtyPhone;
use tekser_virtual_bench::{FarSide, Persona};
use tempfile::tempdir;
use tokio::runtime::Runtime;

use crate::program::{Ran, run, tekser};

/// Plugs in a phone and reads it with the program, while this process plays the phone.
fn read(persona: Persona, arguments: &[&str]) -> Ran {
    let runtime = Runtime::new().unwrap();
    let phone = runtime.block_on(async { PtyPhone::plug(persona).unwrap() });
    let data = tempdir().unwrap();
    let ran =
        run(tekser(data.path()).args(["read", "--port", phone.port().as_str()]).args(arguments));
    assert_eq!(phone.violations(), Vec::<String>::new());
    ran
}

#[test]
fn every_imei_of_a_two_slot_phone_is_printed() {
    let persona = Persona::nth(1);
    let ran = read(persona.clone(), &[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(persona.imeis.len(), 2);
    for imei in &persona.imeis {
        assert!(ran.stdout.contains(&imei.to_string()), "{ran:?}");
    }
}

#[test]
fn json_carries_evidence() {
    let persona = Persona::nth(0);
    let value = read(persona.clone(), &["--json"]).json();
    assert_eq!(value[0]["handset"]["slots"][0]["imei"], persona.imeis[0].to_string());
    assert!(value[0]["reading"]["evidence"].as_array().is_some_and(|e| !e.is_empty()), "{value}");
}

#[test]
fn json_names_every_reading_and_what_the_device_is() {
    let persona = Persona::nth(0);
    let value = read(persona, &["--json", "--no-adb"]).json();
    assert_eq!(value[0]["role"], "phone");
    assert_eq!(value[0]["readings"], serde_json::json!([value[0]["reading"]]), "{value}");
    assert_eq!(value[0]["readings"][0]["source"], "at");
    assert_eq!(value[0]["handset"]["slots"][0]["trust"], "single");
    assert!(value[0].get("error").is_none(), "{value}");
}

#[test]
fn reading_a_serial_port_leaves_no_key_behind() {
    let runtime = Runtime::new().unwrap();
    let phone = runtime.block_on(async { PtyPhone::plug(Persona::nth(0)).unwrap() });
    let data = tempdir().unwrap();
    let ran = run(tekser(data.path()).args(["read", "--port", phone.port().as_str()]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0);
}

#[test]
fn a_wrong_check_digit_is_shown_and_flagged() {
    let behaviour = Behaviour { wrong_check_digit: true, ..Behaviour::default() };
    let ran = read(Persona::nth(3).with(behaviour), &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("check digit is wrong"), "{ran:?}");
}

#[test]
fn a_silent_port_is_named_with_a_cure() {
    let ran = read(Persona::nth(3).with(Behaviour { silent: true, ..Behaviour::default() }), &[]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("what to do"), "{ran:?}");
}

#[test]
fn ten_megabytes_of_garbage_do_no_harm() {
    let garbage = Behaviour { garbage: 10 * 1024 * 1024, ..Behaviour::default() };
    let started = Instant::now();
    let ran = read(Persona::nth(3).with(garbage), &[]);
    assert!(matches!(ran.code, Some(0 | 1 | 3)), "{ran:?}");
    assert!(ran.stdout.len() + ran.stderr.len() < 20_000, "garbage must not be passed on");
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_phone_pulled_out_in_the_middle_of_an_answer_is_an_error_and_no_half_reading() {
    for answer in [1, 3] {
        let pulled = Some(Pull { answer, bytes: 4 });
        let ran = read(Persona::nth(1).with(Behaviour { pulled, ..Behaviour::default() }), &[]);
        assert_eq!(ran.code, Some(3), "{ran:?}");
        assert!(ran.stdout.is_empty(), "{ran:?}");
    }
}

/// `tekser read` by somebody who may not do everything: root may open what others hold or may not
/// open, so as root (as in CI) the program runs as nobody, by Debian's `setpriv`.
fn read_as_a_person(port: &str, home: &Path) -> Command {
    let as_root = std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    if !as_root {
        let mut command = tekser(home);
        command.args(["read", "--port", port]);
        return command;
    }
    // The build directory may be closed to others.
    std::fs::set_permissions(home, Permissions::from_mode(0o755)).unwrap();
    let program = home.join("tekser");
    std::fs::copy(env!("CARGO_BIN_EXE_tekser"), &program).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
    command.args(["read", "--port", port]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_busy_port_says_so() {
    let runtime = Runtime::new().unwrap();
    let (phone, held) = runtime.block_on(async {
        let phone = PtyPhone::plug(Persona::nth(3)).unwrap();
        let held = tekser_hardware::serial::open(phone.port()).await.unwrap();
        (phone, held)
    });
    let port = phone.port().as_str();
    std::fs::set_permissions(port, Permissions::from_mode(0o666)).unwrap();
    let home = tempdir().unwrap();
    let ran = run(&mut read_as_a_person(port, home.path()));
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("in use") || ran.stderr.contains("busy"), "{ran:?}");
    assert!(ran.stderr.contains("what to do"), "{ran:?}");

    drop(held);
    let free = run(&mut read_as_a_person(port, home.path()));
    assert_eq!(free.code, Some(0), "once it is free it is read: {free:?}");
}

#[test]
fn a_port_that_may_not_be_opened_says_so() {
    let runtime = Runtime::new().unwrap();
    let phone = runtime.block_on(async { PtyPhone::plug(Persona::nth(3)).unwrap() });
    let port = phone.port().as_str();
    std::fs::set_permissions(port, Permissions::from_mode(0o000)).unwrap();
    let home = tempdir().unwrap();
    let ran = run(&mut read_as_a_person(port, home.path()));
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("dialout"), "{ran:?}");
    assert_eq!(phone.asked(), Vec::<String>::new());
}

/// Software that nobody here wrote must find the same IMEI in the same phone.
#[test]
fn gammu_reads_the_same_imei() {
    let persona = Persona { far_side: FarSide::Plain, ..Persona::nth(3) };
    let imei = persona.imeis[0].to_string();
    let ours = read(persona.clone(), &[]);
    assert!(ours.stdout.contains(&imei), "{ours:?}");

    let runtime = Runtime::new().unwrap();
    let phone = runtime.block_on(async { PtyPhone::plug(persona).unwrap() });
    let home = tempdir().unwrap();
    let settings = home.path().join("gammurc");
    let text = format!("[gammu]\nport = {}\nconnection = at115200\n", phone.port());
    std::fs::write(&settings, text).unwrap();
    let mut gammu = Command::new("gammu");
    gammu.arg("-c").arg(&settings).arg("identify");
    match gammu.output() {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(text.contains(&imei), "{text} {}", String::from_utf8_lossy(&output.stderr));
        }
        Err(error) if std::env::var_os("CI").is_none() => {
            eprintln!("SKIPPED: gammu is not installed ({error}); apt install gammu");
        }
        Err(error) => panic!("gammu must be there in CI: {error}"),
    }
}
