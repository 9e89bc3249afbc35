//! The program `virtual-scanner`, as an integrator uses it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Output, Stdio};

use tekser_hardware::{Link, PortName, serial};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::station::{Disk, PATIENCE, Station};

struct Program {
    child: Child,
    input: ChildStdin,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_virtual-scanner"));
    command.args(arguments);
    command
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut command = program(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            let said = BufReader::new(output).lines().map_while(Result::ok);
            said.map(|line| sender.send(line)).find(Result::is_err)
        });
        Self { child, input, lines }
    }

    async fn line(&mut self, wanted: &str) -> String {
        let find = async {
            loop {
                let line = self.lines.recv().await.expect("the program goes on");
                if line.contains(wanted) {
                    return line;
                }
            }
        };
        timeout(PATIENCE, find).await.unwrap_or_else(|_| panic!("{wanted} is never said"))
    }

    async fn place(&mut self) -> String {
        self.line(" at ").await.rsplit_once(" at ").unwrap().1.to_owned()
    }

    fn say(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

async fn open(place: &str) -> Link {
    serial::open(&PortName::new(place)).await.unwrap()
}

#[tokio::test]
async fn a_line_typed_is_a_scan_on_the_port_it_names() {
    for engine in ["gm65", "ssi", "de2120", "line"] {
        let mut program = Program::start(&["--engine", engine]);
        let place = program.place().await;
        let mut disk = Disk::default();
        let mut station = Station::new(open(&place).await, &mut disk);
        station.until(|station| station.session.hello().is_some()).await;
        program.say("]C0490154203237518");
        station.until_scans(1).await;
        assert_eq!(disk.texts(), ["490154203237518"], "{engine}");
        program.line("green").await;
    }
}

#[tokio::test]
async fn its_flash_outlives_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let flash = folder.path().join("flash.bin");
    let arguments = ["--flash", flash.to_str().unwrap(), "--size", "64"];
    let mut program = Program::start(&arguments);
    program.place().await;
    program.say("490154203237518");
    program.line("green").await;
    drop(program);
    let mut program = Program::start(&arguments);
    let place = program.place().await;
    let mut disk = Disk::default();
    Station::new(open(&place).await, &mut disk).until_scans(1).await;
    assert_eq!(disk.texts(), ["490154203237518"]);
}

#[tokio::test]
async fn cable_and_power_come_and_go() {
    let mut program = Program::start(&["--on", "tcp"]);
    let place = program.place().await;
    program.say("/unplug");
    program.say("490154203237518");
    program.say("/off");
    program.say("/on");
    program.say("/plug");
    let again = program.place().await;
    assert_ne!(place, again);
    let socket = tokio::net::TcpStream::connect(again).await.unwrap();
    let mut disk = Disk::default();
    let mut station = Station::new(Link::from_io(socket), &mut disk);
    station.until_ready().await;
    program.say("356938035643809");
    station.until(|station| station.disk.texts().contains(&"356938035643809".to_owned())).await;
}

#[test]
fn wrong_usage_is_said_and_the_manners_are_listed() {
    let run = |arguments: &[&str]| -> Output {
        program(arguments).stdin(Stdio::null()).output().unwrap()
    };
    let list = run(&["--manners", "list"]);
    assert!(list.status.success() && list.stdout.starts_with(b"good\nslow\n"));
    let wrong = run(&["--manners", "rude"]);
    assert_eq!(wrong.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("no manners rude; there is good"));
    assert_eq!(run(&["--serial", "12"]).status.code(), Some(2));
}
