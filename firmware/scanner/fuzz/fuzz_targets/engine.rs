//! Whatever an engine says, and whenever: no panic, no text that is empty or too long, no command
//! without end, no wish to be woken without end; and after a pause the next code is taken whole.
//!
//! The first byte chooses driver and mode. Then one byte says what happens; up to 0xbf it is how
//! many bytes of the engine follow.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_scanner::Instant;
use tekser_scanner::engine::{AnyEngine, Engine, Event};
use tekser_wire::message::{EngineKind, TEXT_MAX, TriggerMode};

const KINDS: [EngineKind; 4] =
    [EngineKind::Gm65, EngineKind::Ssi, EngineKind::De2120, EngineKind::Line];

/// A pause that ends whatever was begun, in milliseconds: by the longest time in which the rest of
/// a code in several packets may come.
const PAUSE_MS: u64 = 7_000;

/// Longest command that is sent at one time, in bytes.
const SAID_AT_ONCE: usize = 64;

const IMEI: &[u8] = b"490154203237518";

fuzz_target!(|input: &[u8]| {
    let Some((first, acts)) = input.split_first() else {
        return;
    };
    let kind = KINDS[usize::from(first & 3)];
    let mode = if first & 4 == 0 { TriggerMode::Always } else { TriggerMode::Asked };
    let mut rig = Rig { engine: AnyEngine::new(kind), now: Instant::START };
    let mut acts = acts.iter().copied();
    while let Some(act) = acts.next() {
        let now = rig.now;
        match act {
            0x00..=0xbf => {
                for byte in acts.by_ref().take(usize::from(act & 0x3f) + 1) {
                    rig.hear(Some(byte));
                }
            }
            0xc0 => drop(rig.hear(None)),
            0xc1 | 0xc2 => rig.engine.trigger(act & 1 == 1, now),
            0xc3 => rig.engine.set_up(mode, now),
            _ => rig.pass(u64::from(act - 0xc3).pow(2)),
        }
        rig.speak();
    }
    rig.pass(PAUSE_MS);
    let code = code(kind);
    let (last, before) = code.split_last().expect("a code has bytes");
    for byte in before {
        assert!(rig.hear(Some(*byte)).is_none());
    }
    let heard = rig.hear(Some(*last));
    assert_eq!(heard.as_deref(), Some(IMEI));
});

/// A code as this engine sends it.
fn code(kind: EngineKind) -> Vec<u8> {
    if kind != EngineKind::Ssi {
        return [IMEI, b"\r"].concat();
    }
    let mut packet = [&[20, 0xf3, 0, 0, 0x03], IMEI].concat();
    let sum = packet.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    packet.extend(sum.wrapping_neg().to_be_bytes());
    packet
}

struct Rig {
    engine: AnyEngine,
    now: Instant,
}

impl Rig {
    /// The text of a code.
    fn hear(&mut self, byte: Option<u8>) -> Option<Vec<u8>> {
        text(self.engine.receive(byte, self.now))
    }

    fn speak(&mut self) {
        let mut out = [0; 32];
        let mut said = 0;
        loop {
            match self.engine.transmit(self.now, &mut out) {
                0 => return,
                count => said += count,
            }
            assert!(said <= SAID_AT_ONCE);
        }
    }

    fn pass(&mut self, ms: u64) {
        let until = self.now.plus_millis(ms);
        let mut idle = 0;
        self.speak();
        while let Some(wake) = self.engine.wake_at().filter(|wake| *wake <= until) {
            idle = if wake > self.now { 0 } else { idle + 1 };
            assert!(idle < 100, "it wants to be woken without end");
            self.now = self.now.max(wake);
            text(self.engine.tick(self.now));
            self.speak();
        }
        self.now = until;
    }
}

fn text(event: Option<Event<'_>>) -> Option<Vec<u8>> {
    match event? {
        Event::Code { text, .. } => {
            assert!((1..=TEXT_MAX).contains(&text.len()));
            Some(text.to_vec())
        }
        Event::Broken(_) => None,
    }
}
