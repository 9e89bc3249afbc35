//! A hold on the emulator: see `emulator/control.mjs` for what can be asked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::place::Place;

/// Nanoseconds of simulated time since the machine was set up.
pub type Nanos = u64;

/// Nanoseconds of a millisecond.
pub const MS: Nanos = 1_000_000;

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Happening {
    pub at: Nanos,
    pub kind: String,
    facts: Value,
}

impl Happening {
    pub fn text(&self, name: &str) -> &str {
        self.facts[name].as_str().unwrap_or_default()
    }

    pub fn number(&self, name: &str) -> u64 {
        self.facts[name].as_u64().unwrap_or_default()
    }

    pub fn bytes(&self) -> Vec<u8> {
        unhex(self.text("hex"))
    }
}

/// What the machine has done so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counters {
    /// Cycles in which the processor did something.
    pub cycles: u64,
    /// Bytes that the UART had no room for.
    pub overruns: u64,
    /// Pages of it that were written.
    pub programs: u64,
    /// Bytes of it that were written.
    pub programmed: u64,
    /// Speed of the engine's line on the chip's side.
    pub baud: u64,
}

/// A running emulator.
pub struct Emulator {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    now: Nanos,
    counters: Counters,
}

impl Emulator {
    /// Starts one, its chip without power. `options` are those of `main.mjs`.
    pub fn start(place: &Place, options: &[&str]) -> Self {
        let mut child = Command::new("node")
            .arg(&place.emulator)
            .arg("--rom")
            .arg(&place.rom)
            .arg("--uf2")
            .arg(&place.uf2)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs: apt install nodejs");
        let requests = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, requests, answers, now: 0, counters: Counters::default() }
    }

    /// Has requests done in their order, and tells what happened.
    pub fn ask(&mut self, requests: &[Value]) -> Vec<Happening> {
        self.ask_raw(requests).0
    }

    /// Everything that the image logged since this was last asked, as it came from the probe.
    pub fn log(&mut self) -> Vec<u8> {
        let (_, answer) = self.ask_raw(&[json!({ "do": "log" })]);
        unhex(answer["log"].as_str().unwrap_or_default())
    }

    fn ask_raw(&mut self, requests: &[Value]) -> (Vec<Happening>, Value) {
        let line = serde_json::to_string(requests).unwrap();
        writeln!(self.requests, "{line}").expect("the emulator runs");
        self.requests.flush().unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the emulator answers");
        let mut answer: Value = serde_json::from_str(&line).expect("an answer is JSON");
        assert!(answer["error"].is_null(), "the emulator: {}", answer["error"]);
        self.now = answer["now"].as_u64().unwrap();
        let counter = |name: &str| answer["counters"][name].as_u64().unwrap_or_default();
        self.counters = Counters {
            cycles: counter("cycles"),
            overruns: counter("overruns"),
            programs: counter("programs"),
            programmed: counter("programmed"),
            baud: counter("baud"),
        };
        let Value::Array(events) = answer["events"].take() else { unreachable!() };
        let happenings = events.into_iter().map(|facts| Happening {
            at: facts["at"].as_u64().unwrap(),
            kind: facts["kind"].as_str().unwrap().to_owned(),
            facts,
        });
        (happenings.collect(), answer)
    }

    pub fn now(&self) -> Nanos {
        self.now
    }

    pub fn counters(&self) -> Counters {
        self.counters
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex");
    (0..text.len()).step_by(2).map(digits).collect()
}
