//! Any stream in any pieces, at any pace: no panic, bounded memory, an end, and nothing sent but
//! the greeting, the proof, reading commands, and answers of streams.
#![no_main]

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use tekser_hardware::adb::command::{Command, Shell};
use tekser_hardware::adb::packet::{Decoder, Kind, MAX_PAYLOAD, Packet};
use tekser_hardware::adb::{Budget, Key, Session, Step};

/// Number of the first stream, and the base of those that packets of the input name.
const FIRST: u32 = 0x4000_0000;

fuzz_target!(|input: (u8, Vec<(u8, u8, u8, Vec<u8>)>)| {
    let (size, deeds) = input;
    let size = usize::from(size).max(1);
    let mut session = Session::new(&[key()], Budget::default(), FIRST);
    let mut decoder = Decoder::new();
    let mut now = Instant::now();
    let mut deeds = deeds.into_iter();
    let mut steps = 0_usize;
    loop {
        steps += 1;
        assert!(steps < 1_000_000, "it goes on without end");
        assert!(session.held() <= 2 * 1024 * 1024);
        match session.step(now) {
            Step::Send(packet) => assert!(is_allowed(&packet), "{packet:?}"),
            Step::Report(_) => {}
            Step::Wait(until) => match deeds.next() {
                Some((what, to, pause, payload)) => {
                    now += Duration::from_millis(u64::from(pause));
                    let bytes = bytes(what, to, payload);
                    bytes.chunks(size).for_each(|piece| session.receive(piece, now));
                    decode(&mut decoder, &bytes);
                }
                None => now = until,
            },
            Step::Done => break,
        }
    }
    let _ = session.finish();
});

fn key() -> Arc<Key> {
    static KEY: OnceLock<Arc<Key>> = OnceLock::new();
    Arc::clone(KEY.get_or_init(|| Arc::new(Key::generate().expect("random bytes"))))
}

/// A packet of the kind that `what` names, or bytes as they are.
fn bytes(what: u8, to: u8, mut payload: Vec<u8>) -> Vec<u8> {
    let Some(kind) = Kind::ALL.get(usize::from(what % 8)) else {
        return payload;
    };
    let (arg0, arg1) = match kind {
        Kind::Connect => (0x0100_0000 + u32::from(to & 1), 4096),
        Kind::Auth => (1, 0),
        _ => (5 + u32::from(what >> 6), FIRST + u32::from(to & 7)),
    };
    if *kind == Kind::Auth && to & 1 == 0 {
        payload.resize(20, 0);
    }
    payload.truncate(kind.longest());
    let packet = Packet::new(*kind, arg0, arg1, payload);
    [packet.header().as_slice(), &packet.payload].concat()
}

fn decode(decoder: &mut Decoder, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let (taken, decoded) = decoder.decode(bytes);
        assert!((1..=bytes.len()).contains(&taken));
        bytes = &bytes[taken..];
        if decoded.is_err() {
            decoder.skip();
        }
        assert!(decoder.held() <= 2 * MAX_PAYLOAD);
    }
}

fn is_allowed(packet: &Packet) -> bool {
    match packet.kind {
        Kind::Connect => packet.payload == b"host::features=shell_v2,cmd",
        Kind::Auth => {
            (packet.arg0 == 2 && packet.payload.len() == 256)
                || (packet.arg0 == 3 && packet.payload == key().public())
        }
        Kind::Open => Command::ALL.iter().any(|command| {
            [Shell::Plain, Shell::V2].iter().any(|shell| {
                let service = command.service(*shell).into_bytes();
                packet.payload.strip_suffix(b"\0") == Some(service.as_slice())
            })
        }),
        Kind::Okay | Kind::Close => packet.payload.is_empty(),
        Kind::Write | Kind::StartTls => false,
    }
}
