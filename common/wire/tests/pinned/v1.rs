//! Version 1: bytes that scanners and stations in shops say and expect. **Do not change them**:
//! whoever does breaks scanners that nobody can update at once. Something new is a new variant
//! and a new version.

use serde::Serialize;
use tekser_wire::frame::{Deframer, FRAME_MAX, Speaker, decode, encode};
use tekser_wire::message::*;
use tekser_wire::version::Versions;

/// The message inside the frame that is made of `message`.
fn written(message: &impl Serialize) -> Vec<u8> {
    let mut out = [0; FRAME_MAX];
    let speaker = Speaker::Station;
    let length = encode(speaker, message, &mut out).expect("there is room for any message");
    let mut deframer = Deframer::new(speaker);
    let taken = |byte: &u8| deframer.push(*byte)?.ok().map(<[u8]>::to_vec);
    out[..length].iter().find_map(taken).expect("a frame")
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|byte| *byte != b' ').collect();
    let byte = |pair: &[u8]| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(|pair| byte(pair).expect("hex digits")).collect()
}

#[track_caller]
fn scanner(message: &FromScanner<'_>, hex: &str) {
    assert_eq!(format!("{:02x?}", written(message)), format!("{:02x?}", bytes(hex)));
    let bytes = bytes(hex);
    assert_eq!(&decode::<FromScanner<'_>>(&bytes).expect("a message"), message);
}

#[track_caller]
fn station(message: &FromStation, hex: &str) {
    assert_eq!(format!("{:02x?}", written(message)), format!("{:02x?}", bytes(hex)));
    assert_eq!(&decode::<FromStation>(&bytes(hex)).expect("a message"), message);
}

const STORE: StoreId = StoreId(0xfeed_beef);

const HELLO: ScannerHello = ScannerHello {
    versions: Versions { min: 1, current: 1 },
    nonce: 0x1234_5678,
    board: Board::PICO,
    firmware: FirmwareVersion([1, 20, 300]),
    capabilities: Capabilities(0b1111),
    serial: SerialNumber([0xe6, 0x61, 0x04, 0x03, 0x23, 0x9a, 0xbc, 0x2f]),
    store: STORE,
    oldest: Sequence(100),
    next: Sequence(1_000),
    boots: 7,
    start: Start::Power,
};

const SCAN: Scan<'static> = Scan {
    sequence: Sequence(300),
    box_number: BoxNumber(2),
    at: Moment::Unix { ms: 1_700_000_000_000 },
    aim: Some(Aim(*b"C0")),
    verdict: Verdict::Valid,
    text: b"490154203237518",
};

const SETTINGS: Settings = Settings {
    engine: EngineKind::Gm65,
    baud: 9_600,
    trigger: TriggerMode::Always,
    same_code_ms: 2_000,
    box_pause_ms: 4_000,
    loudness: 7,
    keep_nothing: true,
};

#[test]
fn whole_frames() {
    let mut out = [0; FRAME_MAX];
    let length = encode(Speaker::Station, &FromStation::Alive, &mut out).unwrap();
    let alive = "00 06 03 48 86 70 e0 00";
    assert_eq!(format!("{:02x?}", &out[..length]), format!("{:02x?}", bytes(alive)));
    let refused = FromScanner::SettingsRefused(SettingsError::Baud);
    let length = encode(Speaker::Scanner, &refused, &mut out).unwrap();
    let refused = "00 02 04 05 ff 8c d7 f5 00";
    assert_eq!(format!("{:02x?}", &out[..length]), format!("{:02x?}", bytes(refused)));
}

#[test]
fn hello_of_a_station() {
    let versions = Versions { min: 1, current: 1 };
    station(&FromStation::Hello { versions, nonce: 0x1234_5678 }, "00 01 01 f8 ac d1 91 01");
}

#[test]
fn hello_of_a_scanner() {
    scanner(
        &FromScanner::Hello(HELLO),
        "00 01 01 f8 ac d1 91 01 01 01 14 ac 02 0f e6 61 04 03 23 9a bc 2f ef fd b6 f7 0f 64 e8 07 07 00",
    );
    let starts = [Start::Asked, Start::Watchdog, Start::Panic, Start::Other];
    for (start, last) in starts.into_iter().zip(1_u8..) {
        let hello = written(&FromScanner::Hello(ScannerHello { start, ..HELLO }));
        assert_eq!(hello.last(), Some(&last));
    }
}

#[test]
fn what_begins_and_ends_the_stream_of_scans() {
    station(&FromStation::Resume { store: STORE, after: Sequence(300) }, "01 ef fd b6 f7 0f ac 02");
    station(&FromStation::Ack { store: STORE, through: Sequence(300) }, "02 ef fd b6 f7 0f ac 02");
    station(&FromStation::Alive, "03");
    let (first, last) = (Sequence(1), Sequence(300));
    scanner(&FromScanner::Gap { store: STORE, first, last }, "06 ef fd b6 f7 0f 01 ac 02");
}

#[test]
fn scans() {
    scanner(
        &FromScanner::Scan { store: STORE, scan: SCAN },
        "02 ef fd b6 f7 0f ac 02 02 00 80 d0 95 ff bc 31 01 43 30 00 0f 34 39 30 31 35 34 32 30 33 32 33 37 35 31 38",
    );
    let plain = Scan { at: Moment::Uptime { boot: 7, ms: 90_000 }, aim: None, ..SCAN };
    scanner(
        &FromScanner::Scan { store: STORE, scan: plain.clone() },
        "02 ef fd b6 f7 0f ac 02 02 01 07 90 bf 05 00 00 0f 34 39 30 31 35 34 32 30 33 32 33 37 35 31 38",
    );
    let verdicts = [
        Verdict::Valid,
        Verdict::Wrong,
        Verdict::Suspicious,
        Verdict::Other,
        Verdict::Nothing,
        Verdict::TooLong,
    ];
    for (verdict, code) in verdicts.into_iter().zip(0_u8..) {
        let scan = Scan { verdict, text: b"x", ..plain.clone() };
        let scan = written(&FromScanner::Scan { store: STORE, scan });
        assert_eq!(scan[scan.len() - 3..], [code, 1, b'x']);
    }
}

#[test]
fn states() {
    let state = State {
        waiting: 1,
        used: 200,
        capacity: 1_048_576,
        refused: 3,
        broken: 4,
        bad_frames: 5,
        engine: EngineState::Starting,
    };
    scanner(&FromScanner::State(state), "01 01 c8 01 80 80 40 03 04 05 00");
    use EngineState::{Ready, Refusing, Silent, Unknown};
    for (engine, last) in [Ready, Silent, Refusing, Unknown].into_iter().zip(1_u8..) {
        let state = written(&FromScanner::State(State { engine, ..state }));
        assert_eq!(state.last(), Some(&last));
    }
}

#[test]
fn settings() {
    scanner(&FromScanner::Settings(SETTINGS), "03 00 80 4b 01 d0 0f a0 1f 07 01");
    station(&FromStation::ReadSettings, "05");
    let other = Settings {
        engine: EngineKind::Line,
        trigger: TriggerMode::Asked,
        keep_nothing: false,
        ..SETTINGS
    };
    station(&FromStation::Configure(other), "06 03 80 4b 00 d0 0f a0 1f 07 00");
    let ssi = Settings { engine: EngineKind::Ssi, ..SETTINGS };
    station(&FromStation::Configure(ssi), "06 01 80 4b 01 d0 0f a0 1f 07 01");
    let de2120 = Settings { engine: EngineKind::De2120, baud: 115_200, ..SETTINGS };
    station(&FromStation::Configure(de2120), "06 02 80 84 07 01 d0 0f a0 1f 07 01");
    scanner(&FromScanner::SettingsRefused(SettingsError::Baud), "04 00");
    scanner(&FromScanner::SettingsRefused(SettingsError::Loudness), "04 01");
    scanner(&FromScanner::SettingsRefused(SettingsError::Flash), "04 02");
}

#[test]
fn crashes() {
    let crash = Crash {
        firmware: FirmwareVersion([1, 20, 300]),
        file: "src/a.rs",
        line: 300,
        message: "no",
        uptime_ms: 90_000,
    };
    scanner(
        &FromScanner::Crash(crash),
        "05 01 14 ac 02 08 73 72 63 2f 61 2e 72 73 ac 02 02 6e 6f 90 bf 05",
    );
    station(&FromStation::CrashSeen, "0b");
}

#[test]
fn deeds() {
    station(&FromStation::Time { unix_ms: 1_700_000_000_000 }, "04 80 d0 95 ff bc 31");
    station(&FromStation::Trigger { on: true }, "07 01");
    station(&FromStation::Trigger { on: false }, "07 00");
    station(&FromStation::NextBox, "08");
    station(&FromStation::Notice(Notice::Clear), "09 00");
    station(&FromStation::Notice(Notice::Stop), "09 01");
    station(&FromStation::Notice(Notice::Identify), "09 02");
    station(&FromStation::Restart(Restart::Firmware), "0a 00");
    station(&FromStation::Restart(Restart::BootLoader), "0a 01");
    station(&FromStation::Panic, "0c");
}
