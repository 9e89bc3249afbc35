//! Whatever engine and station say, and whenever: no panic, and every wait ends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_scanner::{Identity, Instant, Scanner};
use tekser_scanner_fuzz::{Ram, SECTOR, SECTORS};
use tekser_wire::frame::{FRAME_MAX, Speaker, encode};
use tekser_wire::message::{
    Board, Capabilities, FirmwareVersion, FromStation, Sequence, SerialNumber, Start, StoreId,
};
use tekser_wire::version::Versions;

const IDENTITY: Identity = Identity {
    board: Board::VIRTUAL,
    firmware: FirmwareVersion([0, 0, 0]),
    capabilities: Capabilities(0),
    serial: SerialNumber([0; 8]),
    start: Start::Other,
    crash: None,
    seed: 7,
};

fuzz_target!(|acts: &[u8]| {
    let area = 0..(SECTOR * SECTORS) as u32;
    let mut now = Instant::START;
    let mut scanner = Scanner::new(Ram::with(&[]), area, IDENTITY, now);
    let mut acts = acts.iter().copied();
    let mut out = [0; FRAME_MAX];
    while let Some(act) = acts.next() {
        match act {
            // Mostly what the engine sends.
            0x00..=0x7F => scanner.engine_byte(Some(act), now),
            0x80..=0xBF => now = now.plus_millis(u64::from(act - 0x7F).pow(3)),
            0xC0..=0xC7 => scanner.engine_byte(acts.next(), now),
            0xC8 => scanner.host_byte(acts.next().unwrap_or_default(), now),
            0xC9 => scanner.host_link(act & 1 == 0, now),
            0xCA | 0xCB => scanner.button(act & 1 == 0, now),
            0xCC => say(&mut scanner, &hello(), now),
            0xCD => say(&mut scanner, &FromStation::Alive, now),
            0xCE..=0xDF => {
                let (store, through) = (StoreId(7), Sequence(u32::from(act - 0xCE)));
                say(&mut scanner, &FromStation::Resume { store, after: through }, now);
                say(&mut scanner, &FromStation::Ack { store, through }, now);
            }
            _ => {
                // Any message at all: postcard makes one of nearly anything.
                let bytes: Vec<_> = acts.by_ref().take(16).collect();
                if let Ok(message) = tekser_wire::frame::decode::<FromStation>(&bytes) {
                    say(&mut scanner, &message, now);
                }
            }
        }
        scanner.tick(now);
        while scanner.engine_out(now, &mut out) > 0 {}
        while scanner.host_out(now, &mut out) > 0 {}
        while scanner.take_request().is_some() {}
        assert!(scanner.wake_at().is_none_or(|at| at > now), "{:?} at {now:?}", scanner.wake_at());
    }
});

fn hello() -> FromStation {
    FromStation::Hello { versions: Versions::OURS, nonce: 5 }
}

fn say(scanner: &mut Scanner<Ram>, message: &FromStation, now: Instant) {
    let mut frame = [0; FRAME_MAX];
    let len = encode(Speaker::Station, message, &mut frame).expect("it fits");
    frame[..len].iter().for_each(|byte| scanner.host_byte(*byte, now));
}
