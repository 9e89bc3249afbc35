//! Whatever a computer says, the phone stays sound and small.

use proptest::prelude::*;

use super::*;

fn assert_bounded(phone: &Adbd) {
    assert!(phone.outbox.len() <= outbox::QUEUE);
    assert!(phone.reader.held() <= (1 << 20) + packet::HEADER + 64 * 1024);
    assert!(phone.streams.len() <= services::STREAMS);
    assert!(phone.asked.len() <= MEMORY && phone.complaints.len() <= MEMORY);
}

#[test]
fn a_computer_that_only_talks_does_not_fill_the_memory() {
    let mut host = Host::open(Android::default());
    let open = packet(b"OPEN", 1, 0, b"shell:getprop\0");
    let write = packet(b"WRTE", 1, 1, b"x");
    for _ in 0..5000 {
        host.phone.receive(&open, host.now);
        host.phone.receive(&write, host.now);
    }
    assert_bounded(&host.phone);
}

/// Bytes that are often packets, and often nearly.
fn chatter() -> impl Strategy<Value = Vec<u8>> {
    let names =
        prop::sample::select(vec![*b"CNXN", *b"AUTH", *b"OPEN", *b"OKAY", *b"WRTE", *b"CLSE"]);
    let text = prop_oneof![
        Just(b"shell:getprop\0".to_vec()),
        Just(b"shell:\0".to_vec()),
        Just(b"shell,v2,raw:\0".to_vec()),
        Just(b"\0\x09\0\0\0getprop\n\n".to_vec()),
        "shell:[ -~]{0,40}\0".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..80),
    ];
    let whole = (names, 0..4u32, 0..4u32, text)
        .prop_map(|(name, arg0, arg1, payload)| packet(&name, arg0, arg1, &payload));
    prop_oneof![
        4 => whole.clone(),
        1 => (whole, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut bytes, at, with)| {
            let at = at.index(bytes.len());
            bytes[at] ^= with;
            bytes
        }),
        1 => prop::collection::vec(any::<u8>(), 0..100),
    ]
}

proptest! {
    #[test]
    fn whatever_is_said_the_phone_stays_sound(
        said in prop::collection::vec((chatter(), 0..4usize), 0..60),
        unasked in any::<bool>(),
        endless in any::<bool>(),
    ) {
        let allow = if unasked { Allow::Unasked } else { Allow::Known };
        let adb = AdbBehaviour { endless, ..Default::default() };
        let mut host = Host::new(Android { allow, ..behaving(adb) });
        host.phone.receive(&packet(b"CNXN", 0x0100_0001, 4096, b"host::\0"), host.now);
        for (bytes, turns) in said {
            host.phone.receive(&bytes, host.now);
            for _ in 0..turns {
                let _ = host.phone.next(host.now);
            }
            assert_bounded(&host.phone);
        }
        // It can still be greeted.
        while let Next::Send(_) = host.phone.next(host.now) {
            if endless { break; }
        }
        host.phone.hung_up();
        let seen = host.tell(b"CNXN", 0x0100_0001, 4096, b"host::\0");
        prop_assert_eq!(seen[0].0.as_str(), if unasked { "CNXN" } else { "AUTH" });
    }
}
