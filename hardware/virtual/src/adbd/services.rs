//! Services that a computer asks for, and their output on its way.

use std::time::Instant;

use super::packet::{Command, Packet};
use super::stream::{Stream, shell_service};
use super::{Adbd, harm};
use crate::persona::Silence;

/// Most commands that run at once; more are turned away.
pub(super) const STREAMS: usize = 64;

/// Longest name of a service, a command included, in bytes. Longer ones are turned away.
const NAME: usize = 4096;

/// Small packets of a phone that floods, in bytes.
const DROP: usize = 64;

impl Adbd {
    pub(super) fn open(&mut self, packet: &Packet, now: Instant) {
        let end = packet.payload.iter().position(|byte| *byte == 0);
        let name = packet.payload.get(..end.unwrap_or(packet.payload.len())).unwrap_or_default();
        let name = String::from_utf8_lossy(name.get(..NAME).unwrap_or(name)).into_owned();
        if packet.arg0 == 0 {
            return self.complain("OPEN without an id");
        }
        if end.is_none() && self.machine.android.sdk < 24 {
            self.complain("OPEN without a NUL at the end of its name");
            return self.put(Command::Close, 0, packet.arg0, Vec::new());
        }
        let android = &self.machine.android;
        let shell = shell_service(&name, android.sdk, android.shell_v2);
        let harm = match shell {
            Some((_, command)) => harm::line_does_more(command, android.sdk),
            None => harm::service_does_more(&name),
        };
        self.remember(name.clone(), harm);
        if self.machine.android.adb.silence == Silence::Services {
            return;
        }
        if packet.arg1 != 0 {
            // A window, which only phones understand that offered delayed acknowledgement.
            self.complain("OPEN with a window that was not agreed on");
            return self.put(Command::Close, 0, packet.arg0, Vec::new());
        }
        let room = self.streams.len() < STREAMS && packet.payload.len() <= NAME + 1;
        let Some((mode, command)) = shell.filter(|_| room) else {
            return self.put(Command::Close, 0, packet.arg0, Vec::new());
        };
        self.last_id = self.last_id.wrapping_add(1).max(1);
        let due = now + self.machine.android.adb.delay;
        let stream = Stream::start(&self.machine, mode, command, packet.arg0, due);
        self.streams.insert(self.last_id, stream);
        self.put(Command::Okay, self.last_id, packet.arg0, Vec::new());
    }

    /// The stream that a packet belongs to.
    pub(super) fn stream(&mut self, packet: &Packet) -> Option<&mut Stream> {
        self.streams.get_mut(&packet.arg1).filter(|stream| stream.remote == packet.arg0)
    }

    pub(super) fn write(&mut self, packet: &Packet) {
        let Some(stream) = self.stream(packet) else {
            return;
        };
        for line in stream.hear(&packet.payload).unwrap_or_default() {
            let harm = harm::line_does_more(&line, self.machine.android.sdk);
            self.remember(format!("> {line}"), harm);
            if let Some(stream) = self.streams.get_mut(&packet.arg1) {
                stream.run(&self.machine, &line);
            }
        }
        self.put(Command::Okay, packet.arg1, packet.arg0, Vec::new());
    }

    /// Lets the stream whose turn it is send a piece, or end.
    pub(super) fn go_on(&mut self, now: Instant) {
        let adb = &self.machine.android.adb;
        let floods = adb.floods;
        let ready = |stream: &Stream| {
            let may_send = stream.has_output() && (floods || !stream.in_flight);
            stream.due <= now && (may_send || stream.is_over(!floods))
        };
        // The one sent last goes to the end, so that none keeps the others waiting.
        let turn = self.streams.iter().filter(|(_, stream)| ready(stream));
        let Some(id) = turn.min_by_key(|(_, stream)| stream.due).map(|(id, _)| *id) else {
            return;
        };
        let most = match adb.pieces {
            _ if floods => DROP,
            Some(most) => most.max(1),
            None => usize::MAX,
        };
        let most = most.min(usize::try_from(self.payload).unwrap_or(usize::MAX));
        let Some(stream) = self.streams.get_mut(&id) else {
            return;
        };
        let remote = stream.remote;
        stream.due = now;
        match stream.piece(most) {
            Some(piece) => {
                stream.in_flight = true;
                self.put(Command::Write, id, remote, piece);
            }
            None => {
                self.streams.remove(&id);
                self.put(Command::Close, id, remote, Vec::new());
            }
        }
    }
}
