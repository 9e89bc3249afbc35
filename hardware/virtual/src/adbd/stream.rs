//! One command running on the phone, and its output on the way to the computer.

use std::collections::VecDeque;
use std::time::Instant;

use super::shell::{Machine, Ran, Stream as Kind};

/// How a shell was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode {
    /// Output, errors and exit code kept apart.
    pub(super) v2: bool,
    /// On a terminal: lines end in CR LF, what is typed comes back.
    pub(super) terminal: bool,
    /// Lines end in CR LF for another reason: old phones run everything on a terminal.
    pub(super) old: bool,
}

/// A service asked for, taken apart: the mode, and the command.
pub(super) fn shell_service(name: &str, sdk: u16, shell_v2: bool) -> Option<(Mode, &str)> {
    if let Some(command) = name.strip_prefix("exec:") {
        return Some((Mode { v2: false, terminal: false, old: false }, command));
    }
    let (settings, command) = name.strip_prefix("shell")?.split_once(':')?;
    if !(settings.is_empty() || settings.starts_with(',')) {
        return None;
    }
    let has = |word: &str| settings.split(',').any(|setting| setting == word);
    let v2 = has("v2") && shell_v2;
    let terminal = has("pty") || (command.is_empty() && !has("raw"));
    Some((Mode { v2, terminal, old: sdk < 24 }, command))
}

/// Longest line typed into a shell, in bytes.
const LINE: usize = 4096;

/// Most pieces of output that wait. A shell whose output nobody takes listens no more.
const PIECES: usize = 256;

/// A command whose output is taken piece by piece.
#[derive(Debug)]
pub(super) struct Stream {
    /// The computer's number for it.
    pub(super) remote: u32,
    /// Nothing comes out before.
    pub(super) due: Instant,
    /// A piece is on its way and was not acknowledged.
    pub(super) in_flight: bool,
    mode: Mode,
    pieces: VecDeque<Vec<u8>>,
    ended: bool,
    endless: bool,
    /// What is typed, where somebody types.
    typed: Option<Vec<u8>>,
    packets: Vec<u8>,
    prompt: String,
    fillers: u64,
}

impl Stream {
    /// A shell that runs one command; without one it waits for lines.
    pub(super) fn start(
        machine: &Machine,
        mode: Mode,
        command: &str,
        remote: u32,
        due: Instant,
    ) -> Self {
        let mut stream = Self {
            remote,
            due,
            in_flight: false,
            mode,
            pieces: VecDeque::new(),
            ended: false,
            endless: machine.android.adb.endless,
            typed: None,
            packets: Vec::new(),
            prompt: format!("{}:/ $ ", super::properties::codename(&machine.persona)),
            fillers: 0,
        };
        if command.is_empty() {
            stream.typed = Some(Vec::new());
            stream.invite();
        } else {
            let ran = machine.run(command);
            stream.say(&ran);
            stream.end(ran.status);
        }
        stream
    }

    /// The next piece of output, at most so long.
    pub(super) fn piece(&mut self, most: usize) -> Option<Vec<u8>> {
        if self.pieces.is_empty() && self.endless {
            self.fillers += 1;
            let line = format!("[endless.{}]: [so it goes on]\n", self.fillers);
            self.put(Kind::Output, &line.repeat(40));
        }
        let mut piece = self.pieces.pop_front()?;
        if piece.len() > most.max(1) {
            self.pieces.push_front(piece.split_off(most.max(1)));
        }
        Some(piece)
    }

    pub(super) fn has_output(&self) -> bool {
        self.endless || !self.pieces.is_empty()
    }

    /// Whether there is no more to come, now or later. Without the second protocol the end
    /// follows the last piece at once; with it the last piece is acknowledged first.
    pub(super) fn is_over(&self, waits: bool) -> bool {
        self.ended && !self.has_output() && !(waits && self.mode.v2 && self.in_flight)
    }

    /// Takes in what the computer wrote, and returns the lines that were completed. Says `None`
    /// when too much waits already.
    pub(super) fn hear(&mut self, payload: &[u8]) -> Option<Vec<String>> {
        if self.pieces.len() > PIECES {
            return None;
        }
        let heard = if self.mode.v2 { self.unpack(payload) } else { payload.to_vec() };
        if self.mode.terminal && self.typed.is_some() {
            self.put(Kind::Output, &String::from_utf8_lossy(&heard).replace('\r', "\n"));
        }
        let typed = self.typed.as_mut()?;
        let mut lines = Vec::new();
        for byte in heard {
            match byte {
                b'\n' | b'\r' => {
                    lines.push(String::from_utf8_lossy(&core::mem::take(typed)).into_owned());
                }
                // End of input, as a terminal has it.
                4 => self.ended = true,
                _ if typed.len() < LINE => typed.push(byte),
                _ => {}
            }
        }
        if self.ended {
            self.end(0);
        }
        Some(lines)
    }

    /// Runs a line that was typed.
    pub(super) fn run(&mut self, machine: &Machine, line: &str) {
        if self.ended || self.pieces.len() > PIECES {
            return;
        }
        let ran = machine.run(line);
        self.say(&ran);
        if ran.exited {
            self.end(ran.status);
        } else {
            self.invite();
        }
    }

    /// What is typed, out of packets of the second protocol: a kind, a length, so many bytes.
    fn unpack(&mut self, payload: &[u8]) -> Vec<u8> {
        self.packets.extend_from_slice(payload);
        let mut typed = Vec::new();
        while let Some(([kind, length @ ..], rest)) = self.packets.split_first_chunk::<5>() {
            let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
            let Some(data) = rest.get(..length) else {
                // A packet longer than a packet of the bridge is none.
                if length > 1 << 20 {
                    self.packets.clear();
                }
                break;
            };
            match kind {
                0 => typed.extend_from_slice(data),
                3 => self.ended |= self.typed.is_some(),
                _ => {}
            }
            self.packets.drain(..5 + length);
        }
        typed
    }

    fn say(&mut self, ran: &Ran) {
        for (kind, text) in &ran.pieces {
            self.put(*kind, text);
        }
    }

    fn invite(&mut self) {
        if self.mode.terminal {
            let prompt = self.prompt.clone();
            self.put(Kind::Output, &prompt);
        }
    }

    fn put(&mut self, kind: Kind, text: &str) {
        if text.is_empty() {
            return;
        }
        let text = match self.mode.terminal || (self.mode.old && !self.mode.v2) {
            true => text.replace('\n', "\r\n"),
            false => text.to_owned(),
        };
        let number = match kind {
            Kind::Errors if !self.mode.terminal => 2,
            _ => 1,
        };
        self.frame(number, text.into_bytes());
    }

    fn end(&mut self, status: u8) {
        self.ended = true;
        self.typed = None;
        if self.mode.v2 && !self.endless {
            self.frame(3, vec![status]);
        }
    }

    fn frame(&mut self, number: u8, data: Vec<u8>) {
        if !self.mode.v2 {
            return self.pieces.push_back(data);
        }
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes();
        self.pieces.push_back([&[number], length.as_slice(), &data].concat());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(name: &str, sdk: u16) -> Option<(bool, bool, bool, &str)> {
        let (mode, command) = shell_service(name, sdk, sdk >= 24)?;
        Some((mode.v2, mode.terminal, mode.old, command))
    }

    #[test]
    fn the_service_says_how_the_shell_speaks() {
        assert_eq!(mode("shell:id", 34), Some((false, false, false, "id")));
        assert_eq!(mode("shell:id", 19), Some((false, false, true, "id")));
        assert_eq!(mode("shell,v2,raw:id", 34), Some((true, false, false, "id")));
        assert_eq!(mode("shell,v2,TERM=xterm,raw:a:b", 34), Some((true, false, false, "a:b")));
        assert_eq!(mode("shell,v2,TERM=xterm,pty:", 34), Some((true, true, false, "")));
        assert_eq!(mode("shell,v2,raw:id", 23), Some((false, false, true, "id")));
        assert_eq!(mode("shell:", 34), Some((false, true, false, "")));
        assert_eq!(mode("exec:id", 19), Some((false, false, false, "id")));
        assert_eq!(mode("sync:", 34), None);
        assert_eq!(mode("shellfish:", 34), None);
        assert_eq!(mode("shell", 34), None);
    }
}
