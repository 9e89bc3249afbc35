//! Bytes to packets and back.

use proptest::collection::vec;
use proptest::prelude::*;
use tekser_hardware::adb::packet::{Decoder, Kind, MAX_PAYLOAD, Malformed, Packet};

/// Packets of a stream cut into pieces of `size`, and the error that ended it.
fn decode(bytes: &[u8], size: usize) -> (Vec<Packet>, Option<Malformed>) {
    let mut decoder = Decoder::new();
    let mut found = Vec::new();
    for mut piece in bytes.chunks(size.max(1)) {
        while !piece.is_empty() {
            let (taken, decoded) = decoder.decode(piece);
            assert!((1..=piece.len()).contains(&taken));
            piece = &piece[taken..];
            match decoded {
                Ok(packet) => found.extend(packet),
                Err(error) => return (found, Some(error)),
            }
        }
    }
    (found, None)
}

fn bytes(packet: &Packet) -> Vec<u8> {
    [packet.header().as_slice(), &packet.payload].concat()
}

#[test]
fn a_greeting_is_these_bytes() {
    let greeting =
        Packet::new(Kind::Connect, 0x0100_0001, 0x4_0000, b"host::features=shell_v2,cmd".to_vec());
    assert_eq!(
        greeting.header(),
        [
            b'C', b'N', b'X', b'N', 1, 0, 0, 1, 0, 0, 4, 0, 27, 0, 0, 0, //
            0x4d, 0x0a, 0, 0, 0xbc, 0xb1, 0xa7, 0xb1,
        ]
    );
}

#[test]
fn every_command_is_its_four_letters_and_the_same_turned() {
    let letters: Vec<String> = Kind::ALL
        .iter()
        .map(|kind| {
            let header = Packet::new(*kind, 0, 0, Vec::new()).header();
            assert!(header[..4].iter().zip(&header[20..]).all(|(a, b)| a ^ b == 0xff));
            String::from_utf8(header[..4].to_vec()).unwrap()
        })
        .collect();
    assert_eq!(letters, ["CNXN", "AUTH", "OPEN", "OKAY", "CLSE", "WRTE", "STLS"]);
}

#[test]
fn the_arguments_are_little_endian() {
    let okay = Packet::new(Kind::Okay, 0x0102_0304, 0x0506_0708, Vec::new());
    assert_eq!(
        bytes(&okay),
        [
            b'O', b'K', b'A', b'Y', 4, 3, 2, 1, 8, 7, 6, 5, 0, 0, 0, 0, 0, 0, 0, 0, //
            0xb0, 0xb4, 0xbe, 0xa6,
        ]
    );
}

#[test]
fn a_changed_payload_is_not_whole() {
    let mut packet = Packet::new(Kind::Write, 1, 2, vec![0xff; 300]);
    assert_eq!(packet.sum, 300 * 0xff);
    assert!(packet.is_whole());
    packet.payload[7] ^= 1;
    assert!(!packet.is_whole());
}

#[test]
fn a_wrong_magic_is_no_packet() {
    let mut bytes = bytes(&Packet::new(Kind::Okay, 1, 2, Vec::new()));
    bytes[23] ^= 0x80;
    assert_eq!(decode(&bytes, 1), (vec![], Some(Malformed::Magic)));
}

#[test]
fn an_unknown_command_is_no_packet() {
    let mut bytes = [0; 24];
    bytes[..4].copy_from_slice(b"SYNC");
    for at in 0..4 {
        bytes[20 + at] = !bytes[at];
    }
    assert_eq!(decode(&bytes, 24), (vec![], Some(Malformed::Kind)));
}

#[test]
fn a_length_beyond_the_agreed_one_is_refused_before_anything_is_kept() {
    for (kind, longest) in [
        (Kind::Connect, 4096),
        (Kind::Auth, 4096),
        (Kind::Write, MAX_PAYLOAD),
        (Kind::Open, MAX_PAYLOAD),
        (Kind::Okay, 4),
        (Kind::Close, 4),
    ] {
        for (length, fine) in [(longest, true), (longest + 1, false), (0xffff_ffff, false)] {
            let mut header = Packet::new(kind, 0, 0, Vec::new()).header();
            header[12..16].copy_from_slice(&u32::try_from(length).unwrap().to_le_bytes());
            let mut decoder = Decoder::new();
            let (taken, decoded) = decoder.decode(&header);
            assert_eq!(taken, 24);
            assert_eq!(decoded, if fine { Ok(None) } else { Err(Malformed::Length) });
            assert!(decoder.held() < 64, "{kind:?} {length}: {}", decoder.held());
        }
    }
}

#[test]
fn after_skipping_what_is_no_header_the_next_packet_is_found() {
    let packet = Packet::new(Kind::Connect, 1, 2, b"device::".to_vec());
    let mut stream = b"OKAYOKAYtail of a payload, CNX, CNXN and more".to_vec();
    stream.extend(bytes(&packet));
    let mut decoder = Decoder::new();
    let mut found = None;
    for byte in stream {
        match decoder.decode(&[byte]).1 {
            Ok(packet) => found = found.or(packet),
            Err(_) => decoder.skip(),
        }
    }
    assert_eq!(found, Some(packet));
}

fn packet() -> impl Strategy<Value = Packet> {
    let kind = prop::sample::select(Kind::ALL.to_vec());
    (kind, any::<u32>(), any::<u32>(), vec(any::<u8>(), 0..200)).prop_map(
        |(kind, arg0, arg1, mut payload)| {
            payload.truncate(kind.longest());
            Packet::new(kind, arg0, arg1, payload)
        },
    )
}

proptest! {
    #[test]
    fn packets_come_through_however_they_are_cut(
        packets in vec(packet(), 0..10),
        size in 1usize..300,
    ) {
        let stream: Vec<u8> = packets.iter().flat_map(bytes).collect();
        prop_assert_eq!(decode(&stream, size), (packets, None));
    }

    #[test]
    fn any_bytes_are_decoded_without_end_or_panic(stream in vec(any::<u8>(), 0..600)) {
        let mut decoder = Decoder::new();
        for byte in stream {
            if decoder.decode(&[byte]).1.is_err() {
                decoder.skip();
            }
            prop_assert!(decoder.held() <= 1024);
        }
    }
}
