//! `virtual-phone`, the program.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_virtual-phone"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn ran(arguments: &[&str]) -> (Output, String) {
    let output = program(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, text)
}

/// A phone that is plugged in until it is dropped.
struct Plugged {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Plugged {
    fn new(arguments: &[&str]) -> Self {
        let mut child = program(&[&["plug", "--json"], arguments].concat()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn event(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"))
    }

    /// Ctrl-C, and the exit code.
    fn interrupt(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Plugged {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_list_names_phones_that_can_be_plugged_in() {
    let (output, text) = ran(&["list", "--json"]);
    assert!(output.status.success());
    let phones: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(phones.iter().any(|phone| phone["android"] == "16"));
    assert!(phones.iter().any(|phone| phone["android"].is_null()));
    assert!(phones.iter().all(|phone| !phone["imeis"].as_array().unwrap().is_empty()));
    assert_eq!(ran(&["list"]).1.lines().count(), phones.len());
}

#[test]
fn a_phone_on_a_socket_tells_where_it_is_and_what_it_was_asked() {
    let mut phone = Plugged::new(&["--on", "tcp", "--android", "5.1"]);
    let plugged = phone.event();
    assert_eq!((&plugged["event"], &plugged["android"]), (&"plugged".into(), &"5.1".into()));
    let mut socket = TcpStream::connect(plugged["at"].as_str().unwrap()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // A greeting, any signature, a service that does more than read.
    let packet = |command: &[u8; 4], arg0: u32, payload: &[u8]| {
        let word = u32::from_le_bytes(*command);
        let sum: u32 = payload.iter().map(|byte| u32::from(*byte)).sum();
        let header = [word, arg0, 0, u32::try_from(payload.len()).unwrap(), sum, !word];
        [header.map(u32::to_le_bytes).concat(), payload.to_vec()].concat()
    };
    socket.write_all(&packet(b"CNXN", 0x0100_0000, b"host::\0")).unwrap();
    socket.write_all(&packet(b"AUTH", 2, &[1; 256])).unwrap();
    socket.write_all(&packet(b"OPEN", 1, b"shell:getprop ro.serialno\0")).unwrap();
    socket.write_all(&packet(b"OPEN", 2, b"reboot:\0")).unwrap();
    socket.read_exact(&mut [0; 24]).unwrap();
    let asked = [phone.event(), phone.event()];
    assert_eq!(asked[0]["command"], "shell:getprop ro.serialno");
    assert_eq!(asked[0]["harm"], false);
    assert_eq!((&asked[1]["command"], &asked[1]["harm"]), (&"reboot:".into(), &true.into()));
    assert_eq!(phone.interrupt(), Some(1), "more than reading was asked for");
    assert_eq!(phone.event()["event"], "unplugged");
}

#[test]
fn a_phone_on_a_terminal_has_a_port() {
    let mut phone = Plugged::new(&["--on", "pty", "--persona", "3"]);
    let port = phone.event()["at"].as_str().unwrap().to_owned();
    assert!(std::path::Path::new(&port).exists(), "{port}");
    assert_eq!(phone.interrupt(), Some(0));
}

#[test]
fn what_cannot_be_is_said_plainly() {
    for (arguments, code, words) in [
        (&["plug", "--on", "tcp", "--android", "3"][..], 3, "no Android 3; there is 4.1"),
        (&["plug", "--on", "pty", "--persona", "android:1"], 3, "has no modem port"),
        (&["plug", "--on", "tcp", "--persona", "toaster:1"], 3, "no family toaster"),
        (&["plug", "--on", "tcp", "--allow", "maybe"], 2, "`known`, `never` or a number"),
        (&["plug"], 2, "--on"),
    ] {
        let (output, _) = ran(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {errors}");
        assert!(errors.contains(words), "{arguments:?} {errors}");
    }
}

#[test]
fn help_teaches() {
    let (output, text) = ran(&["--help"]);
    assert!(output.status.success());
    assert!(text.contains("adb connect") && text.contains("Ctrl-C"), "{text}");
}
