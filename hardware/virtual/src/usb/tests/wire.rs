use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::wire::{HEADER, MAX_PENDING};
use super::super::{Look, UsbDevice, Wire};
use super::{looks, modem_of, persona};
use crate::persona::{Behaviour, FarSide, Persona, Pull};
use crate::phone::Next;

fn submit(number: u32, endpoint: u8, to_host: bool, length: u32, data: &[u8]) -> Vec<u8> {
    submit_with(number, endpoint, to_host, length, [0; 8], data)
}

fn submit_with(
    number: u32,
    endpoint: u8,
    to_host: bool,
    length: u32,
    setup: [u8; 8],
    data: &[u8],
) -> Vec<u8> {
    let fields = [1, number, 1, u32::from(to_host), u32::from(endpoint), 0, length, 0, u32::MAX, 0];
    let mut bytes: Vec<u8> = fields.iter().flat_map(|field| field.to_be_bytes()).collect();
    bytes.extend(setup);
    bytes.extend(data);
    bytes
}

fn unlink(number: u32, victim: u32) -> Vec<u8> {
    let mut bytes: Vec<u8> =
        [2, number, 1, 0, 0, victim].iter().flat_map(|field| field.to_be_bytes()).collect();
    bytes.resize(HEADER, 0);
    bytes
}

/// What the kernel was answered: (kind, number, status, data).
fn answers(wire: &mut Wire, now: Instant) -> Vec<(u32, u32, i32, Vec<u8>)> {
    let mut all = Vec::new();
    while let Next::Send(bytes) = wire.next(now) {
        all.extend(bytes);
    }
    let mut rest = all.as_slice();
    let mut found = Vec::new();
    while let Some((header, more)) = rest.split_first_chunk::<HEADER>() {
        let word = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
        let length = usize::try_from(word(24)).unwrap();
        // A transfer to the device is answered with its length and no bytes.
        let carries = word(0) == 3 && more.len() >= length && word(4) % 2 == 0;
        let (data, more) = more.split_at(if carries { length } else { 0 });
        let status = i32::from_be_bytes(header[20..24].try_into().unwrap());
        found.push((word(0), word(4), status, data.to_vec()));
        rest = more;
    }
    found
}

/// A wire to a configured modem, and the endpoint of its port. In these tests transfers to the
/// host have even numbers.
fn plugged(persona: &Persona, look: &Look, now: Instant) -> (Wire, u8) {
    let mut wire = Wire::new(UsbDevice::new(persona, look, now));
    wire.receive(&submit_with(1, 0, false, 0, [0, 9, 1, 0, 0, 0, 0, 0], &[]), now);
    assert_eq!(answers(&mut wire, now), [(3, 1, 0, vec![])]);
    (wire, modem_of(look).endpoint)
}

fn plain() -> Persona {
    Persona { far_side: FarSide::Plain, ..persona() }
}

#[test]
fn a_transfer_waits_until_there_is_something_to_fetch() {
    let now = Instant::now();
    let delay = Duration::from_millis(30);
    let slow = plain().with(Behaviour { delay, ..Behaviour::default() });
    let (mut wire, port) = plugged(&slow, &Look::modem(&slow), now);
    wire.receive(&submit(2, port, true, 4096, &[]), now);
    wire.receive(&submit(4, port, true, 4096, &[]), now);
    assert_eq!(wire.next(now), Next::Wait(None));
    wire.receive(&submit(3, port, false, 3, b"AT\r"), now);
    assert_eq!(answers(&mut wire, now), [(3, 3, 0, vec![])]);
    assert_eq!(wire.next(now), Next::Wait(Some(now + delay)));
    let then = now + delay;
    assert_eq!(answers(&mut wire, then), [(3, 2, 0, b"\r\nOK\r\n".to_vec())]);
    wire.receive(&unlink(5, 4), then);
    assert_eq!(answers(&mut wire, then), [(4, 5, -104, vec![])], "the second was taken back");
    wire.receive(&unlink(7, 2), then);
    assert_eq!(answers(&mut wire, then), [(4, 7, 0, vec![])], "the first was done before");
}

#[test]
fn messages_may_come_in_any_pieces() {
    let now = Instant::now();
    let (mut wire, port) = plugged(&plain(), &Look::modem(&plain()), now);
    let stream = [
        submit(2, port, true, 64, &[]),
        submit(3, port, false, 3, b"AT\r"),
        submit(5, 9, false, 1, b"x"),
    ]
    .concat();
    for byte in stream {
        wire.receive(&[byte], now);
    }
    let expected = [(3, 3, 0, vec![]), (3, 5, -2, vec![]), (3, 2, 0, b"\r\nOK\r\n".to_vec())];
    assert_eq!(answers(&mut wire, now), expected);
}

#[test]
fn long_answers_are_cut_where_the_host_asks_and_babble_is_told() {
    let now = Instant::now();
    let noisy = plain().with(Behaviour { garbage: 4096, ..Behaviour::default() });
    let (mut wire, port) = plugged(&noisy, &Look::modem(&noisy), now);
    for (number, length) in [(2, 1024), (4, 100), (6, 8192)] {
        wire.receive(&submit(number, port, true, length, &[]), now);
    }
    wire.receive(&submit(3, port, false, 1, b"A"), now);
    let got = answers(&mut wire, now);
    assert_eq!(got[0].1, 3);
    assert_eq!((got[1].1, got[1].2, got[1].3.len()), (2, 0, 1024));
    assert_eq!((got[2].1, got[2].2, got[2].3.len()), (4, -75, 0));
    // 4096 less 1024 less the lost packet, ended by an empty packet.
    assert_eq!((got[3].1, got[3].2, got[3].3.len()), (6, 0, 2560));
}

#[test]
fn the_cable_comes_out_at_the_byte_that_was_said() {
    let now = Instant::now();
    let (mut wire, port) = plugged(&plain(), &Look::modem(&plain()), now);
    wire.pull_after(8);
    wire.receive(&submit(2, port, true, 64, &[]), now);
    wire.receive(&submit(3, port, false, 3, b"AT\r"), now);
    assert_eq!(answers(&mut wire, now), [(3, 3, 0, vec![])], "the answer was on its way");
    assert_eq!(wire.next(now), Next::Pulled);
    wire.receive(&submit(5, port, false, 3, b"AT\r"), now);
    assert_eq!(wire.next(now), Next::Pulled);
    assert_eq!(wire.device().asked(), ["AT"]);
}

#[test]
fn a_phone_that_is_pulled_takes_the_device_with_it() {
    let now = Instant::now();
    let pulled = Some(Pull { answer: 1, bytes: 3 });
    let persona = plain().with(Behaviour { pulled, ..Behaviour::default() });
    let (mut wire, port) = plugged(&persona, &Look::modem(&persona), now);
    wire.receive(&submit(3, port, false, 3, b"AT\r"), now);
    assert_eq!(answers(&mut wire, now), [(3, 3, 0, vec![])]);
    assert_eq!(wire.next(now), Next::Wait(None), "nobody has fetched its bytes yet");
    wire.receive(&submit(2, port, true, 64, &[]), now);
    assert_eq!(answers(&mut wire, now), [(3, 2, 0, b"\r\nO".to_vec())]);
    assert_eq!(wire.next(now), Next::Pulled);
}

#[test]
fn more_transfers_than_any_system_has_are_refused() {
    let now = Instant::now();
    let (mut wire, port) = plugged(&plain(), &Look::modem(&plain()), now);
    let most = u32::try_from(MAX_PENDING).unwrap();
    for number in 0..=most {
        wire.receive(&submit(number * 2, port, true, 1 << 20, &[]), now);
    }
    assert_eq!(answers(&mut wire, now), [(3, most * 2, -12, vec![])]);
}

#[test]
fn a_peer_that_breaks_the_protocol_is_gone() {
    let now = Instant::now();
    let mut timed = submit(2, 1, true, 64, &[]);
    timed[32..36].copy_from_slice(&8_u32.to_be_bytes());
    let endpoint = submit(2, 16, true, 64, &[]);
    for broken in [vec![0xff; HEADER], timed, endpoint, submit(3, 1, false, u32::MAX, &[])] {
        let (mut wire, _) = plugged(&plain(), &Look::modem(&plain()), now);
        wire.receive(&broken, now);
        assert_eq!(wire.next(now), Next::Pulled);
    }
}

/// One thing that a kernel, or something that is none, may send.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let small = prop::collection::vec(any::<u8>(), 0..80);
    let data = prop::collection::vec(any::<u8>(), 0..1500);
    prop_oneof![
        1 => small,
        4 => (any::<u32>(), 0..8_u8, 0..70_000_u32)
            .prop_map(|(number, endpoint, length)| submit(number, endpoint, true, length, &[])),
        4 => (any::<u32>(), 0..8_u8, data).prop_map(|(number, endpoint, data)| {
            submit(number, endpoint, false, u32::try_from(data.len()).unwrap(), &data)
        }),
        2 => (any::<u32>(), any::<u32>()).prop_map(|(number, victim)| unlink(number, victim)),
        4 => (any::<u32>(), any::<bool>(), 0..512_u32, any::<[u8; 8]>()).prop_map(
            |(number, to_host, length, setup)| {
                let data = vec![7; if to_host { 0 } else { usize::try_from(length).unwrap() }];
                submit_with(number, 0, to_host, length, setup, &data)
            }
        ),
        1 => Just(submit(3, 1, false, 8, b"AT+CGSN\r")),
    ]
}

proptest! {
    #[test]
    fn nothing_that_a_kernel_sends_breaks_a_device_or_fills_the_memory(
        pieces in prop::collection::vec(piece(), 1..60),
        which in 0..9_usize,
    ) {
        let start = Instant::now();
        let look = looks().swap_remove(which);
        let mut wire = Wire::new(UsbDevice::new(&persona(), &look, start));
        wire.receive(&submit_with(1, 0, false, 0, [0, 9, 1, 0, 0, 0, 0, 0], &[]), start);
        let mut sent = 0;
        for (step, bytes) in pieces.iter().enumerate() {
            let now = start + Duration::from_millis(u64::try_from(step).unwrap());
            wire.receive(bytes, now);
            while let Next::Send(answer) = wire.next(now) {
                sent += answer.len();
            }
        }
        let received: usize = pieces.iter().map(Vec::len).sum();
        prop_assert!(sent < received + 60 * (HEADER + 4096), "{sent} for {received}");
    }
}
