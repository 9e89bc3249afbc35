//! Nothing that can change a phone ever leaves the station.

use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use tekser_hardware::adb::command::{Command, Shell};
use tekser_hardware::adb::packet::{Kind, Packet};
use tekser_hardware::adb::{Budget, Session, Step};

use super::far::{START, bytes, framed};
use super::{ONE, key, parcel};

/// The whole vocabulary. Do not add to it without reading up what the command does to a phone, on
/// every version of Android that it can be sent to.
const ALLOWED: [&str; 15] = [
    "getprop",
    "dumpsys iphonesubinfo",
    "service call iphonesubinfo 1",
    "service call iphonesubinfo 2 i64 1",
    "service call iphonesubinfo 2 i64 2",
    "service call iphonesubinfo 2 i32 1",
    "service call iphonesubinfo 2 i32 2",
    "service call iphonesubinfo 3 i32 0 s16 com.android.shell",
    "service call iphonesubinfo 3 i32 1 s16 com.android.shell",
    "service call iphonesubinfo 3 i32 2 s16 com.android.shell",
    "service call iphonesubinfo 3 i32 3 s16 com.android.shell",
    "service call iphonesubinfo 4 i32 0 s16 com.android.shell s16 com.android.shell",
    "service call iphonesubinfo 4 i32 1 s16 com.android.shell s16 com.android.shell",
    "service call iphonesubinfo 4 i32 2 s16 com.android.shell s16 com.android.shell",
    "service call iphonesubinfo 4 i32 3 s16 com.android.shell s16 com.android.shell",
];

#[test]
fn every_command_is_on_the_list_of_allowed_ones() {
    assert_eq!(Command::ALL.map(Command::text), ALLOWED);
    for command in Command::ALL {
        assert_eq!(command.service(Shell::Plain), format!("shell:{}", command.text()));
        assert_eq!(command.service(Shell::V2), format!("shell,v2,raw:{}", command.text()));
    }
}

#[test]
fn no_command_can_carry_another() {
    for text in ALLOWED {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b' ' || byte == b'.';
        assert!(text.bytes().all(plain), "{text}");
    }
}

/// Whether the station may send this.
fn is_allowed(packet: &Packet) -> bool {
    let auth = [key().public(), vec![0; 256]];
    match packet.kind {
        Kind::Connect => packet.payload == b"host::features=shell_v2,cmd",
        Kind::Auth => match packet.arg0 {
            2 => packet.payload.len() == auth[1].len(),
            3 => packet.payload == auth[0],
            _ => false,
        },
        Kind::Open => {
            let service = std::str::from_utf8(&packet.payload).unwrap();
            let service = service.strip_suffix('\0').unwrap();
            let command =
                service.strip_prefix("shell,v2,raw:").or(service.strip_prefix("shell:")).unwrap();
            packet.arg1 == 0 && ALLOWED.contains(&command)
        }
        Kind::Okay | Kind::Close => packet.payload.is_empty(),
        Kind::Write | Kind::StartTls => false,
    }
}

/// One thing that a phone may do, sensible or not.
#[derive(Debug, Clone)]
enum Deed {
    Packet(Packet),
    Bytes(Vec<u8>),
    Silence(u16),
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..60),
        Just(vec![1; 20]),
        prop::sample::select(vec![
            b"device::features=shell_v2,cmd".to_vec(),
            b"device::".to_vec(),
            b"recovery::".to_vec(),
            b"[ro.build.version.sdk]: [34]\n".to_vec(),
            b"[ro.build.version.sdk]: [34; reboot]\n[ro.build.version.sdk]: [25]\n".to_vec(),
            b"[ro.build.version.sdk]: [19]\n[ro.telephony.sim.count]: [4]\n".to_vec(),
            framed(b"[ro.build.version.sdk]: [22]\n"),
            framed(b"[ro.build.version.sdk]: [36]\n[ro.telephony.sim.count]: [24]\n"),
            framed(parcel(ONE).as_bytes()),
            b"reboot\0".to_vec(),
            b"shell:rm -rf /\0".to_vec(),
        ]),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let id = || prop_oneof![START..START + 6, 0u32..8, any::<u32>()];
    let kind = prop::sample::select(Kind::ALL.to_vec());
    let packet = (kind, id(), id(), payload(), any::<bool>()).prop_map(
        |(kind, arg0, arg1, mut payload, wrong)| {
            payload.truncate(kind.longest());
            let mut packet = Packet::new(kind, arg0, arg1, payload);
            packet.sum ^= u32::from(wrong);
            packet
        },
    );
    // What a phone in good order does, so that dialogues get far.
    let sensible =
        (START..START + 5, payload(), 0u8..5).prop_map(|(id, payload, which)| match which {
            0 => Packet::new(Kind::Connect, 0x0100_0001, 4096, b"device::features=shell_v2".into()),
            1 => Packet::new(Kind::Auth, 1, 0, vec![3; 20]),
            2 => Packet::new(Kind::Okay, 5, id, vec![]),
            3 => Packet::new(Kind::Write, 5, id, payload),
            _ => Packet::new(Kind::Close, 5, id, vec![]),
        });
    prop_oneof![
        2 => packet.prop_map(Deed::Packet),
        6 => sensible.prop_map(Deed::Packet),
        1 => vec(any::<u8>(), 0..80).prop_map(Deed::Bytes),
        1 => (0u16..6000).prop_map(Deed::Silence),
    ]
}

proptest! {
    #[test]
    fn whatever_a_phone_does_only_reading_commands_are_sent(
        deeds in vec(deed(), 0..40),
        size in 1usize..200,
    ) {
        let mut session = Session::new(&[key()], Budget::default(), START);
        let mut now = Instant::now();
        let mut deeds = deeds.into_iter();
        let mut sent = 0;
        loop {
            prop_assert!(session.held() < 2 * 1024 * 1024);
            match session.step(now) {
                Step::Send(packet) => {
                    prop_assert!(is_allowed(&packet), "{packet:?}");
                    sent += 1;
                }
                Step::Report(_) => {}
                Step::Wait(until) => match deeds.next() {
                    Some(Deed::Packet(packet)) => {
                        bytes(&packet).chunks(size).for_each(|piece| session.receive(piece, now));
                    }
                    Some(Deed::Bytes(bytes)) => session.receive(&bytes, now),
                    Some(Deed::Silence(time)) => now += Duration::from_millis(time.into()),
                    None => now = until,
                },
                Step::Done => break,
            }
        }
        prop_assert!((1..200).contains(&sent));
        let _ = session.finish();
    }
}
