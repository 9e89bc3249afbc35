//! Programs of other hands.

use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use super::{PATIENCE, until};

/// A program that runs as long as the test. Dropping it ends it.
#[derive(Debug)]
pub struct Peer(Child);

impl Peer {
    /// Starts a program whose output nobody needs.
    ///
    /// # Panics
    ///
    /// If it is not installed: the guest is made for these tests, so that is a failure.
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap_or_else(|error| panic!("{program} is not there: {error}")))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a program to its end and gives what it printed.
///
/// # Panics
///
/// If it is not installed, or not done when patience is over.
pub fn run(program: &str, arguments: &[&str]) -> String {
    let Output { stdout, stderr, .. } = output(program, arguments);
    String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned()
}

fn output(program: &str, arguments: &[&str]) -> Output {
    let limit = PATIENCE.as_secs().to_string();
    let begun = Instant::now();
    let output = Command::new("timeout")
        .args(["--kill-after=2", &limit, program])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let status = output.status.code();
    assert_ne!(status, Some(127), "{program} is not installed");
    assert_ne!(status, Some(124), "{program} is not done after {:?}", begun.elapsed());
    output
}

/// A message bus and ModemManager on it, ready.
#[derive(Debug)]
pub struct ModemManager {
    _daemon: Peer,
    _bus: Peer,
}

impl ModemManager {
    /// Starts both.
    pub fn start() -> Self {
        std::fs::create_dir_all("/run/dbus").unwrap();
        let _ = std::fs::remove_file("/run/dbus/pid");
        let bus = Peer::start("dbus-daemon", &["--system", "--nofork"]);
        until("the message bus", || {
            std::os::unix::net::UnixStream::connect("/run/dbus/system_bus_socket").ok()
        });
        let daemon = Peer::start("ModemManager", &[]);
        until("ModemManager", || {
            run("mmcli", &["--list-modems"]).contains("No modems").then_some(())
        });
        Self { _daemon: daemon, _bus: bus }
    }

    /// The IMEI of the one modem that it has found, if it is as far as that.
    pub fn imei(&self) -> Option<String> {
        let shown = run("mmcli", &["--modem=any", "--output-keyvalue"]);
        let line = shown.lines().find(|line| line.starts_with("modem.generic.equipment-id"))?;
        let imei = line.split(':').nth(1)?.trim();
        imei.bytes().all(|byte| byte.is_ascii_digit()).then(|| imei.to_owned())
    }
}

/// Debian's adb server, which takes every debug bridge that it sees.
#[derive(Debug)]
pub struct AdbServer(());

impl AdbServer {
    /// Starts it.
    pub fn start() -> Self {
        run("adb", &["start-server"]);
        Self(())
    }

    /// Whether it talks to the phone with this serial number.
    pub fn sees(&self, serial: &str) -> bool {
        let listed = run("adb", &["devices"]);
        listed.lines().any(|line| line == format!("{serial}\tdevice"))
    }
}

impl Drop for AdbServer {
    fn drop(&mut self) {
        run("adb", &["kill-server"]);
    }
}
