//! Programs by others talk to our phones, and see the same IMEI as the station.
//!
//! Where a program is not installed the test says so; on the build server (`CI` set) it fails.

use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tekser_virtual_bench::pty::PtyPhone;
use tekser_virtual_bench::{FarSide, Persona};

use super::{persona, read, said};

const PATIENCE: Duration = Duration::from_secs(60);

/// Whether a program is here. Its absence is no quiet pass.
pub(crate) fn has(program: &str) -> bool {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|folder| folder.join(program).is_file());
    if !found {
        assert!(std::env::var_os("CI").is_none(), "{program} is not installed");
        eprintln!("SKIPPED: {program} is not installed, so it proves nothing here");
    }
    found
}

/// Runs a program to its end. Its input is closed when `until` shows in its output.
fn run(mut command: Command, input: &str, until: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (sender, pieces) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok(count @ 1..) = stdout.read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    stdin.write_all(input.as_bytes()).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    while let Ok(piece) = pieces.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        seen.extend(piece);
        if !until.is_empty() && String::from_utf8_lossy(&seen).contains(until) {
            break;
        }
    }
    drop(stdin);
    // It has shown what it was run for, or its time is up.
    let _ = child.kill();
    let status = child.wait().unwrap();
    reader.join().unwrap();
    seen.extend(pieces.try_iter().flatten());
    Output { status, stdout: seen, stderr: Vec::new() }
}

/// What `command` prints while a phone is on its port.
async fn show(
    phone: &Persona,
    command: impl FnOnce(&str) -> Command + Send + 'static,
    input: &'static str,
) -> String {
    let plugged = PtyPhone::plug(phone.clone()).unwrap();
    let port = plugged.port().to_string();
    let imei = phone.imeis[0].to_string();
    let output = tokio::task::spawn_blocking(move || run(command(&port), input, &imei));
    String::from_utf8_lossy(&output.await.unwrap().stdout).into_owned()
}

/// The IMEI that the station reads from the same phone.
async fn our_imei(phone: &Persona) -> String {
    let reading = read(phone.clone()).await.unwrap();
    said(&reading).first().unwrap().1.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gammu_identifies_the_phone_by_the_same_imei() {
    if !has("gammu") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("gammurc");
    for far_side in [FarSide::Plain, FarSide::Samsung, FarSide::Huawei] {
        let phone = persona(far_side, 1);
        let settings = settings.clone();
        let identify = move |port: &str| {
            let text = format!("[gammu]\nport = {port}\nconnection = at115200\n");
            std::fs::write(&settings, text).unwrap();
            let mut command = Command::new("gammu");
            command.arg("-c").arg(settings).arg("identify");
            command
        };
        let output = show(&phone, identify, "").await;
        let imei = our_imei(&phone).await;
        let line = output.lines().find(|line| line.starts_with("IMEI"));
        assert!(line.is_some_and(|line| line.contains(&imei)), "{far_side:?}: {output}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn socat_shows_the_same_imei() {
    if !has("socat") {
        return;
    }
    let phone = persona(FarSide::Plain, 1);
    let output = show(
        &phone,
        |port| {
            let mut command = Command::new("socat");
            command.arg("-").arg(format!("{port},rawer"));
            command
        },
        "AT+CGSN\r",
    )
    .await;
    assert!(output.contains(&our_imei(&phone).await), "{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn picocom_shows_the_same_imei() {
    if !has("picocom") {
        return;
    }
    let phone = persona(FarSide::Option, 1);
    let output = show(
        &phone,
        |port| {
            let mut command = Command::new("picocom");
            command.args(["--quiet", "--noreset", "--nolock", "--baud", "115200"]);
            command.args(["--exit-after", "2000", "--initstring", "AT+CGSN\r", port]);
            command
        },
        "",
    )
    .await;
    assert!(output.contains(&our_imei(&phone).await), "{output}");
}
