//! Debug bridge programs by others talk to our Android phones on sockets: Google's own `adb`
//! (Debian's package of that name), and `adb-shell` from PyPI:
//!
//! `pip install --target target/pip adb-shell==0.4.4`
//!
//! Another folder with that package can be named in `TEKSER_PIP`. Where a program is not
//! installed the test says so; on the build server (`CI` set) it fails.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;
use tekser_virtual_bench::Persona;
use tekser_virtual_bench::persona::{Allow, Android, ImeiAnswer};
use tekser_virtual_bench::tcp::TcpPhone;

use super::third_party::has;

const PATIENCE: Duration = Duration::from_secs(30);

/// Google's program with a server and keys of its own. Dropping it ends the server.
struct Adb {
    home: tempfile::TempDir,
    port: u16,
}

impl Adb {
    fn new() -> Option<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        has("adb").then(|| Self { home: tempfile::tempdir().unwrap(), port })
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("adb");
        command.env("HOME", self.home.path()).env("TMPDIR", self.home.path());
        command.env_remove("ANDROID_SERIAL").env_remove("ADB_VENDOR_KEYS");
        command.args(["-P", &self.port.to_string()]).args(arguments).output().unwrap()
    }

    fn say(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// How the server lists a phone: `device`, `unauthorized`, `offline`, or not at all.
    fn state(&self, phone: &str) -> String {
        let list = self.say(&["devices"]);
        let line = list.lines().find_map(|line| line.strip_prefix(phone));
        line.map(str::trim).unwrap_or_default().to_owned()
    }

    fn wait_for(&self, phone: &str, state: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.state(phone) != state {
            assert!(Instant::now() < deadline, "{:?} is not {state}", self.state(phone));
            std::thread::yield_now();
        }
    }

    fn connect(&self, phone: &str) {
        self.run(&["connect", phone]);
    }
}

impl Drop for Adb {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

async fn plug(n: usize, android: Android) -> (TcpPhone, Persona, String) {
    let persona = Persona::android_nth(n).with_android(android);
    let phone = TcpPhone::plug(persona.clone()).await.unwrap();
    let address = phone.address().to_string();
    (phone, persona, address)
}

/// Runs what blocks beside the phones.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// The digits in the gutter of a parcel: how people read an IMEI off it.
fn digits(parcel: &str) -> String {
    let gutters = parcel.lines().filter_map(|line| line.split('\'').nth(1));
    gutters.flat_map(str::chars).filter(char::is_ascii_digit).collect()
}

/// The call that tells the IMEI of the last slot that this version has a call for.
fn last_imei(android: &Android, imeis: &[String]) -> (String, String) {
    const SHELL: &str = "s16 com.android.shell";
    let call = match android.sdk {
        ..=22 => return ("1".to_owned(), imeis[0].clone()),
        23..=29 => format!("3 i32 1 {SHELL}"),
        30.. => format!("4 i32 1 {SHELL} {SHELL}"),
    };
    (call, imeis[1].clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adb_reads_every_version_of_android() {
    let Some(adb) = Adb::new() else {
        return;
    };
    let mut phones = Vec::new();
    for release in Android::releases() {
        // Two IMEIs on all of them.
        phones.push(plug(0, Android::of_release(release).unwrap()).await);
    }
    let asked = beside(move || {
        for (_, persona, address) in &phones {
            adb.connect(address);
            adb.wait_for(address, "device");
            let android = persona.android.as_ref().unwrap();
            let shell = |command: &str| adb.say(&["-s", address, "shell", command]);
            let release = &android.release;
            assert_eq!(shell("getprop ro.serialno").trim_end(), persona.serial, "{release}");
            assert_eq!(shell("getprop ro.build.version.release").trim_end(), release.as_str());
            assert!(shell("getprop").lines().count() > 100, "{release}");
            let imeis: Vec<String> = persona.imeis.iter().map(ToString::to_string).collect();
            let (call, imei) = last_imei(android, &imeis);
            let parcel = shell(&format!("service call iphonesubinfo {call}"));
            assert_eq!(digits(&parcel), imei, "{release}: {parcel}");
            // The exit code travels from Android 7 on; before that adb says 0.
            let code = adb.run(&["-s", address, "shell", "exit 7"]).status.code();
            assert_eq!(code, Some(if android.sdk >= 24 { 7 } else { 0 }), "{release}");
        }
        phones
    })
    .await;
    for (phone, persona, _) in asked {
        assert_eq!(phone.violations(), Vec::<String>::new(), "{}", persona.name);
        assert_eq!(phone.complaints(), Vec::<String>::new(), "{}", persona.name);
        assert_eq!(phone.asked().len(), 5);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adb_shows_a_phone_that_still_asks_as_unauthorized() {
    let Some(adb) = Adb::new() else {
        return;
    };
    let never = Android { allow: Allow::Never, ..Android::default() };
    let (phone, persona, address) = plug(1, never).await;
    let place = address.clone();
    let adb = beside(move || {
        adb.connect(&place);
        adb.wait_for(&place, "unauthorized");
        adb
    })
    .await;
    assert!(phone.is_asking());
    assert!(phone.touch_allow());
    let place = address.clone();
    let adb = beside(move || {
        adb.wait_for(&place, "device");
        let serial = adb.say(&["-s", &place, "shell", "getprop", "ro.serialno"]);
        assert_eq!(serial.trim_end(), persona.serial);
        // The same computer comes back and is known.
        adb.run(&["disconnect", &place]);
        adb.connect(&place);
        adb.wait_for(&place, "device");
        adb
    })
    .await;
    assert_eq!(phone.allowed().count(), 1);
    // Another computer is not.
    drop(adb);
    let stranger = Adb::new().unwrap();
    beside(move || {
        stranger.connect(&address);
        stranger.wait_for(&address, "unauthorized");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adb_gets_in_once_somebody_has_touched_allow() {
    let Some(adb) = Adb::new() else {
        return;
    };
    let allow = Allow::After(Duration::from_millis(1500));
    let (_phone, _, address) = plug(1, Android { allow, ..Android::default() }).await;
    beside(move || {
        adb.connect(&address);
        adb.wait_for(&address, "unauthorized");
        adb.wait_for(&address, "device");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adb_is_told_no_and_may_not_write() {
    let Some(adb) = Adb::new() else {
        return;
    };
    let refuses = Android { imei_answer: ImeiAnswer::Refuses, ..Android::default() };
    let (phone, _, address) = plug(0, refuses).await;
    beside(move || {
        adb.connect(&address);
        adb.wait_for(&address, "device");
        let call = ["service", "call", "iphonesubinfo", "1", "s16", "com.android.shell"];
        let parcel = adb.say(&[&["-s", &address, "shell"], &call[..]].concat());
        assert!(parcel.starts_with("Result: Parcel(ffffffec 00000000"), "{parcel}");
        let file = adb.home.path().join("file");
        std::fs::write(&file, "x").unwrap();
        let push = adb.run(&["-s", &address, "push", &file.to_string_lossy(), "/sdcard/"]);
        assert!(!push.status.success());
    })
    .await;
    assert_eq!(phone.violations(), ["sync:"]);
}

/// The folder with the Python package, if it is there.
fn packages() -> Option<PathBuf> {
    let named = std::env::var_os("TEKSER_PIP").map(PathBuf::from);
    let folder =
        named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/pip"));
    let there = has("python3") && folder.join("adb_shell").is_dir();
    if !there {
        assert!(std::env::var_os("CI").is_none(), "adb-shell is not in {}", folder.display());
        eprintln!("SKIPPED: adb-shell is not in {}, so it proves nothing here", folder.display());
    }
    there.then_some(folder)
}

async fn adb_shell(address: &str, key: &Path, seconds: &str, commands: &[&str]) -> Option<Value> {
    let folder = packages()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/peer/shell.py");
    let (host, port) = address.split_once(':').unwrap();
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", folder).arg(script).args([host, port]).arg(key);
    command.arg(seconds).args(commands);
    let output = beside(move || command.output().unwrap()).await;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let problem = String::from_utf8_lossy(&output.stderr).into_owned();
    Some(serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{problem}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adb_shell_reads_old_and_new_phones_with_its_own_key() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    for release in ["4.4", "5.1", "7.0", "9", "11", "14", "16"] {
        let allow = Allow::After(Duration::from_millis(200));
        let android = Android { allow, ..Android::of_release(release).unwrap() };
        let (phone, persona, address) = plug(0, android.clone()).await;
        let imeis: Vec<String> = persona.imeis.iter().map(ToString::to_string).collect();
        let (call, imei) = last_imei(&android, &imeis);
        let call = format!("service call iphonesubinfo {call}");
        let commands = ["getprop ro.serialno", &call, "getprop"];
        for _ in 0..2 {
            let Some(said) = adb_shell(&address, &key, "10", &commands).await else {
                return;
            };
            let answers = said["answers"].as_array().unwrap_or_else(|| panic!("{release} {said}"));
            assert_eq!(answers[0].as_str().unwrap().trim_end(), persona.serial, "{release}");
            assert_eq!(digits(answers[1].as_str().unwrap()), imei, "{release}");
            assert!(answers[2].as_str().unwrap().lines().count() > 100, "{release}");
        }
        // The second time it was let in by its signature.
        assert_eq!(phone.allowed().count(), 1, "{release}");
        assert_eq!(phone.violations(), Vec::<String>::new());
        assert_eq!(phone.complaints(), Vec::<String>::new(), "{release}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adb_shell_is_not_let_in_while_nobody_touches_allow() {
    let folder = tempfile::tempdir().unwrap();
    let never = Android { allow: Allow::Never, ..Android::default() };
    let (phone, _, address) = plug(0, never).await;
    let Some(said) = adb_shell(&address, &folder.path().join("key"), "1", &["id"]).await else {
        return;
    };
    assert!(said["error"].is_string(), "{said}");
    assert_eq!(phone.asked(), Vec::<String>::new());
    assert_eq!(phone.allowed().count(), 0);
}
