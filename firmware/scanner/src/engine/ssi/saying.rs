//! What the driver says, and when.

use tekser_wire::message::TriggerMode;

use super::packet::{self, COMMAND_MAX, RESEND, opcode};
use super::parameter::SetUp;
use super::{Response, Ssi, Stage};
use crate::clock::Instant;

/// An engine that was not talked to for so long may sleep, in milliseconds.
pub(super) const AWAKE_MS: u64 = 300;

/// How long it takes to wake up, in milliseconds.
pub(super) const WAKE_MS: u64 = 50;

impl Ssi {
    /// The next bytes for the engine.
    pub(super) fn say(&mut self, now: Instant, out: &mut [u8]) -> usize {
        let Some(out) = out.first_chunk_mut::<COMMAND_MAX>() else {
            return 0;
        };
        match self.response.take() {
            Some(Response::Ack) => return packet::encode(opcode::ACK, false, &[], out),
            Some(Response::Resend) => return packet::encode(opcode::NAK, false, &[RESEND], out),
            None => {}
        }
        // An answer amid something broken would be lost, and put the quiet off.
        if !self.pace.may_ask(now) || now < self.waking_until || self.receiver.is_open() {
            return 0;
        }
        if matches!(self.stage, Stage::Off) && !self.look.is_wanted() {
            return 0;
        }
        if now >= self.awake_until {
            self.waking_until = now.plus_millis(WAKE_MS);
            self.awake_until = self.waking_until.plus_millis(AWAKE_MS);
            let [wake, ..] = out;
            *wake = 0;
            return 1;
        }
        let count = self.speak(now, out);
        if count > 0 {
            self.pace.asked(now);
            self.awake_until = now.plus_millis(AWAKE_MS);
        }
        count
    }

    fn speak(&mut self, now: Instant, out: &mut [u8]) -> usize {
        if matches!(self.stage, Stage::Resting) && !self.look.is_wanted() && now >= self.check_at {
            self.stage = Stage::SettingUp(SetUp::new(self.blind));
        }
        let again = self.pace.is_repeated();
        let looks = self.trigger_mode == TriggerMode::Always;
        let request = match (&self.stage, self.look.wanted()) {
            (_, Some(on)) => {
                self.look.say(on);
                let opcode = if on { opcode::START_DECODE } else { opcode::STOP_DECODE };
                return packet::encode(opcode, again, &[], out);
            }
            (Stage::Off, None) => return 0,
            (Stage::SettingUp(set_up), None) => set_up.request(),
            (Stage::Resting, None) if looks => {
                return packet::encode(opcode::START_DECODE, again, &[], out);
            }
            (Stage::Resting | Stage::Lost, None) => SetUp::new(true).request(),
        };
        request.map_or(0, |request| packet::encode(request.opcode(), again, request.data(), out))
    }
}
