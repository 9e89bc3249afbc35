//! The dialogue: proof, leftovers, streams, and phones that break the rules.

use std::time::{Duration, Instant};

use tekser_hardware::adb::packet::{Kind, Packet};
use tekser_hardware::adb::{Budget, PhoneState, Progress, ReadError, Session, Step};

use super::far::{Door, Phone, Reply, START, bytes};
use super::{ONE, TWO, key, other_key, parcel};

const PROPERTIES: &str = "[ro.build.version.sdk]: [34]\n[ro.telephony.sim.count]: [2]\n";
const SLOTS: [&str; 2] = [
    "service call iphonesubinfo 4 i32 0 s16 com.android.shell s16 com.android.shell",
    "service call iphonesubinfo 4 i32 1 s16 com.android.shell s16 com.android.shell",
];

fn phone() -> Phone {
    Phone::new(PROPERTIES).says(SLOTS[0], parcel(ONE)).says(SLOTS[1], parcel(TWO))
}

fn sent(phone: &Phone, kind: Kind, arg0: u32) -> usize {
    phone.sent.iter().filter(|packet| packet.kind == kind && packet.arg0 == arg0).count()
}

const SIGNATURE: u32 = 2;
const PUBLIC_KEY: u32 = 3;

/// A session, the clock, and what it sent so far.
struct Bench {
    session: Session,
    now: Instant,
    sent: Vec<Packet>,
    progress: Vec<Progress>,
}

impl Bench {
    fn new() -> Self {
        let session = Session::new(&[key()], Budget::default(), START);
        let mut bench =
            Self { session, now: Instant::now(), sent: Vec::new(), progress: Vec::new() };
        bench.settle();
        bench
    }

    /// Sends what there is to send; until when the session then waits, if it is not over.
    fn settle(&mut self) -> Option<Instant> {
        loop {
            match self.session.step(self.now) {
                Step::Send(packet) => self.sent.push(packet),
                Step::Report(news) => self.progress.push(news),
                Step::Wait(until) => return Some(until),
                Step::Done => return None,
            }
        }
    }

    fn hears(&mut self, packet: &Packet) -> Vec<Packet> {
        self.sent.clear();
        self.session.receive(&bytes(packet), self.now);
        self.settle();
        self.sent.clone()
    }

    fn waits(&mut self, time: Duration) -> Vec<Packet> {
        self.sent.clear();
        self.now += time;
        self.settle();
        self.sent.clone()
    }

    fn error(self) -> ReadError {
        self.session.finish().unwrap_err()
    }
}

fn token(byte: u8) -> Packet {
    Packet::new(Kind::Auth, 1, 0, vec![byte; 20])
}

fn signature(byte: u8) -> Packet {
    Packet::new(Kind::Auth, SIGNATURE, 0, key().sign(&[byte; 20]).unwrap())
}

fn public_key() -> Packet {
    Packet::new(Kind::Auth, PUBLIC_KEY, 0, key().public())
}

fn greeting(banner: &str) -> Packet {
    Packet::new(Kind::Connect, 0x0100_0001, 0x10_0000, banner.as_bytes().to_vec())
}

#[test]
fn a_phone_that_knows_the_key_asks_nobody() {
    let mut phone = phone().door(Door::Knows(0));
    assert_eq!(phone.read().unwrap().claims.len(), 2);
    assert_eq!(phone.progress, [Progress::Allowed]);
    assert!(!phone.asked);
    assert_eq!(sent(&phone, Kind::Auth, SIGNATURE), 1);
}

#[test]
fn the_next_key_signs_the_next_token() {
    let mut phone = phone().door(Door::Knows(1));
    phone.keys = vec![key(), other_key()];
    assert_eq!(phone.read().unwrap().claims.len(), 2);
    assert!(!phone.asked);
    assert_eq!(sent(&phone, Kind::Auth, SIGNATURE), 2);
}

#[test]
fn a_person_may_take_two_minutes_to_allow() {
    for seconds in [0, 14, 119] {
        let mut phone = phone().door(Door::Asks(seconds));
        assert_eq!(phone.read().unwrap().claims.len(), 2, "{seconds} s");
        assert!(phone.asked);
        assert_eq!(sent(&phone, Kind::Auth, PUBLIC_KEY), 1);
        let [Progress::WaitingForAllow { .. }, Progress::Allowed] = phone.progress[..] else {
            panic!("{:?}", phone.progress);
        };
    }
}

#[test]
fn the_first_key_is_the_one_that_a_person_allows() {
    let mut phone = phone().door(Door::Asks(1));
    phone.keys = vec![key(), other_key()];
    phone.read().unwrap();
    // The far side compares the key with the first.
    assert!(phone.asked);
}

#[test]
fn nobody_who_allows_is_an_error_after_two_minutes() {
    let mut phone = phone().door(Door::Asks(121));
    let error = phone.read().unwrap_err();
    assert!(matches!(error, ReadError::NotAllowed), "{error:?}");
    assert!(!error.is_retryable() && error.cure().contains("Allow"));
}

#[test]
fn the_deadline_of_the_person_is_told() {
    let mut bench = Bench::new();
    assert_eq!(bench.hears(&token(1)), [signature(1)]);
    assert_eq!(bench.hears(&token(2)), []);
    assert_eq!(bench.waits(Duration::from_millis(200)), [public_key()]);
    let until = bench.now + Duration::from_secs(120);
    assert_eq!(bench.progress, [Progress::WaitingForAllow { until }]);
    assert_eq!(bench.settle(), Some(until));
}

#[test]
fn a_further_token_while_a_person_is_asked_is_signed_and_then_answered_with_the_key() {
    let mut bench = Bench::new();
    bench.hears(&token(1));
    bench.hears(&token(2));
    bench.waits(Duration::from_millis(200));
    let until = bench.settle();
    bench.now += Duration::from_secs(50);
    assert_eq!(bench.hears(&token(3)), [signature(3)]);
    assert_eq!(bench.hears(&token(4)), [public_key()]);
    assert_eq!(bench.settle(), until, "the person's time is not made longer");
    let opened = bench.hears(&greeting("device::features=shell_v2"));
    assert_eq!(opened.len(), 1);
    assert_eq!(opened[0].payload, b"shell,v2,raw:getprop\0");
    assert_eq!(bench.progress.last(), Some(&Progress::Allowed));
}

#[test]
fn a_phone_that_asks_without_end_is_given_up() {
    let mut bench = Bench::new();
    for round in 0..200 {
        bench.hears(&token(round));
        bench.waits(Duration::from_millis(if round % 3 == 0 { 200 } else { 0 }));
    }
    assert_eq!(bench.settle(), None);
    assert!(matches!(bench.error(), ReadError::Protocol(_)));
}

#[test]
fn a_phone_that_wants_a_key_where_there_is_none_is_an_error() {
    let mut phone = phone().door(Door::Knows(0));
    phone.keys.clear();
    assert!(matches!(phone.read().unwrap_err(), ReadError::NoKey));
}

/// Packets that another program left under way.
fn leftovers() -> Vec<Vec<u8>> {
    let write = |payload: &[u8]| bytes(&Packet::new(Kind::Write, 3, 1, payload.to_vec()));
    let okay = bytes(&Packet::new(Kind::Okay, 3, 1, vec![]));
    let close = bytes(&Packet::new(Kind::Close, 3, 1, vec![]));
    let inner = bytes(&greeting("device::features=shell_v2"));
    vec![
        okay.clone(),
        write(b"[ro.build.version.sdk]: [19]\n"),
        [write(&[0; 5000]), okay, close].concat(),
        // The end of a payload whose header somebody else has read.
        vec![0x41; 1],
        vec![b'O'; 23],
        b"OKAYOKAYOKAYWRTE".to_vec(),
        write(&inner)[..].to_vec(),
        [&write(b"x")[5..], &write(b"y")].concat(),
        vec![0; 100_000],
        // A header that promises more than is agreed.
        [b"WRTE", [0xff; 12].as_slice(), &[0; 4], &[0xa8, 0xad, 0xab, 0xba]].concat(),
    ]
}

#[test]
fn what_is_left_of_another_connection_is_passed_over() {
    for (number, stale) in leftovers().into_iter().enumerate() {
        for door in [Door::Open, Door::Knows(0)] {
            for size in [1, 24, 512, usize::MAX] {
                let mut phone = phone().door(door);
                phone.stale = stale.clone();
                let reading = phone.read_in_pieces(size).unwrap();
                assert_eq!(reading.claims.len(), 2, "leftover {number} in pieces of {size}");
                assert!(!phone.asked);
                assert_eq!(sent(&phone, Kind::Connect, 0x0100_0001), 1, "greeted once");
            }
        }
    }
}

#[test]
fn an_old_token_does_not_make_a_phone_that_knows_us_ask() {
    for keys in [vec![key()], vec![key(), other_key()]] {
        for known in 0..keys.len() {
            for old in 1..3 {
                let mut phone = phone().door(Door::Knows(known));
                phone.keys = keys.clone();
                phone.stale = (0..old).flat_map(|_| bytes(&token(0xee))).collect();
                let reading = phone.read();
                assert_eq!(reading.unwrap().claims.len(), 2, "{old} old tokens, key {known}");
                assert!(!phone.asked, "{old} old tokens, key {known}");
            }
        }
    }
}

#[test]
fn an_old_greeting_is_no_way_in() {
    for door in [Door::Open, Door::Knows(0), Door::Asks(5)] {
        let mut phone = phone().door(door);
        phone.stale = bytes(&greeting("device::features=shell_v2"));
        let reading = phone.read().unwrap();
        assert_eq!(reading.claims.len(), 2, "{door:?}");
    }
}

#[test]
fn output_for_another_programs_stream_is_never_credited() {
    let mut bench = Bench::new();
    let open = bench.hears(&greeting("device::"));
    let id = open[0].arg0;
    assert_eq!(id, START);
    let write = |from, to| Packet::new(Kind::Write, from, to, PROPERTIES.as_bytes().to_vec());
    let closed = |id| [Packet::new(Kind::Close, 0, id, vec![])];
    // Before the phone opened its end; for another stream; from another stream.
    assert_eq!(bench.hears(&write(9, id)), closed(9));
    assert_eq!(bench.hears(&Packet::new(Kind::Okay, 5, id, vec![])), []);
    assert_eq!(bench.hears(&write(5, 1)), closed(5));
    assert_eq!(bench.hears(&write(9, id)), closed(9));
    assert_eq!(bench.hears(&Packet::new(Kind::Close, 9, id, vec![])), []);
    assert_eq!(bench.hears(&Packet::new(Kind::Close, 9, 1, vec![])), []);
    assert_eq!(bench.hears(&Packet::new(Kind::Open, 9, 0, b"tcp:80\0".to_vec())), closed(9));
    // Its own.
    assert_eq!(bench.hears(&write(5, id)), [Packet::new(Kind::Okay, id, 5, vec![])]);
    let asked = bench.hears(&Packet::new(Kind::Close, 5, id, vec![]));
    let ids: Vec<u32> = asked.iter().map(|packet| packet.arg0).collect();
    assert_eq!(ids, [START + 1, START + 2], "both slots at once");
}

#[test]
fn slots_may_answer_in_any_order() {
    let mut bench = Bench::new();
    bench.hears(&greeting("device::"));
    let write = |from, to, text: &str| Packet::new(Kind::Write, from, to, text.into());
    bench.hears(&Packet::new(Kind::Okay, 5, START, vec![]));
    bench.hears(&write(5, START, PROPERTIES));
    bench.hears(&Packet::new(Kind::Close, 5, START, vec![]));
    for (far, id) in [(7, START + 2), (6, START + 1)] {
        bench.hears(&Packet::new(Kind::Okay, far, id, vec![]));
    }
    let (one, two) = (parcel(ONE), parcel(TWO));
    // Interleaved, a piece at a time.
    bench.hears(&write(7, START + 2, &two[..30]));
    bench.hears(&write(6, START + 1, &one[..50]));
    bench.hears(&write(7, START + 2, &two[30..]));
    bench.hears(&Packet::new(Kind::Close, 7, START + 2, vec![]));
    bench.hears(&write(6, START + 1, &one[50..]));
    bench.hears(&Packet::new(Kind::Close, 6, START + 1, vec![]));
    assert_eq!(bench.settle(), None);
    let reading = bench.session.finish().unwrap();
    let told: Vec<String> =
        reading.claims.iter().map(|claim| claim.value.imei().unwrap().to_string()).collect();
    assert_eq!(told, [ONE, TWO]);
}

#[test]
fn a_silent_phone_is_greeted_twice_and_then_given_up() {
    let mut bench = Bench::new();
    assert_eq!(bench.sent.len(), 1);
    assert_eq!(bench.waits(Duration::from_millis(2499)).len(), 0);
    assert_eq!(bench.waits(Duration::from_millis(1)).len(), 1);
    assert_eq!(bench.waits(Duration::from_millis(2500)).len(), 0);
    assert_eq!(bench.settle(), None);
    let error = bench.error();
    assert!(matches!(error, ReadError::Silent) && error.is_retryable());
}

#[test]
fn a_header_that_never_gets_its_payload_does_not_swallow_the_second_greeting() {
    let mut bench = Bench::new();
    bench.session.receive(&Packet::new(Kind::Write, 1, 1, vec![1; 999]).header(), bench.now);
    bench.waits(Duration::from_millis(2500));
    assert_eq!(bench.hears(&greeting("device::")).len(), 1);
}

#[test]
fn noise_without_a_greeting_is_no_debug_bridge() {
    let mut bench = Bench::new();
    bench.session.receive(b"\r\nOK\r\n", bench.now);
    bench.waits(Duration::from_secs(2));
    bench.waits(Duration::from_secs(3));
    assert!(matches!(bench.error(), ReadError::Protocol(_)));
}

#[test]
fn a_phone_that_is_not_in_android_says_in_what_it_is() {
    for (banner, state) in [
        ("recovery::", PhoneState::Recovery),
        ("sideload::ro.product.name=x", PhoneState::Sideload),
        ("rescue::", PhoneState::Rescue),
        ("bootloader::", PhoneState::Bootloader),
        ("unauthorized::", PhoneState::Unauthorized),
        ("offline::", PhoneState::Offline),
        ("", PhoneState::Other),
        ("host::", PhoneState::Other),
    ] {
        let mut phone = phone();
        phone.banner = banner.to_owned();
        let error = phone.read().unwrap_err();
        let ReadError::Unready(found) = &error else { panic!("{banner}: {error:?}") };
        assert_eq!(*found, state);
        assert!(!error.cure().is_empty());
    }
}

#[test]
fn tls_is_refused_with_a_cure() {
    let mut bench = Bench::new();
    bench.hears(&Packet::new(Kind::StartTls, 0x0100_0000, 0, vec![]));
    let error = bench.error();
    assert!(matches!(error, ReadError::TlsWanted) && error.cure().contains("cable"));
}

#[test]
fn a_phone_of_the_first_version_must_have_its_sums_right() {
    for (version, fails) in [(0x0100_0000, true), (0x0100_0001, false)] {
        let mut bench = Bench::new();
        let mut hello = greeting("device::");
        hello.arg0 = version;
        bench.hears(&hello);
        bench.hears(&Packet::new(Kind::Okay, 5, START, vec![]));
        let mut changed = Packet::new(Kind::Write, 5, START, b"[a]: [b]\n".to_vec());
        changed.sum ^= 1;
        bench.hears(&changed);
        assert_eq!(bench.settle().is_none(), fails, "{version:#x}");
    }
}

#[test]
fn garbage_in_the_middle_ends_the_dialogue() {
    let mut bench = Bench::new();
    bench.hears(&greeting("device::"));
    bench.session.receive(&[0x55; 24], bench.now);
    assert_eq!(bench.settle(), None);
    assert!(matches!(bench.error(), ReadError::Protocol(_)));
}

#[test]
fn a_phone_that_starts_over_in_the_middle_ends_the_dialogue() {
    for packet in [greeting("device::"), token(1)] {
        let mut bench = Bench::new();
        bench.hears(&greeting("device::"));
        bench.hears(&Packet::new(Kind::Okay, 5, START, vec![]));
        bench.hears(&packet);
        assert!(matches!(bench.error(), ReadError::Protocol(_)));
    }
}

#[test]
fn a_phone_that_sends_without_end_is_cut_off() {
    let mut bench = Bench::new();
    bench.hears(&greeting("device::"));
    bench.hears(&Packet::new(Kind::Okay, 5, START, vec![]));
    let flood = Packet::new(Kind::Write, 5, START, vec![b'x'; 64 * 1024]);
    for _ in 0..100 {
        bench.hears(&flood);
        assert!(bench.session.held() < 3 * 1024 * 1024, "{}", bench.session.held());
    }
    assert!(bench.settle().is_none());
    bench.error();
}

#[test]
fn every_wait_ends() {
    for silent_after in 0..6 {
        let mut bench = Bench::new();
        let start = bench.now;
        let steps = [
            token(1),
            token(2),
            greeting("device::"),
            Packet::new(Kind::Okay, 5, START, vec![]),
            Packet::new(Kind::Write, 5, START, PROPERTIES.into()),
            Packet::new(Kind::Close, 5, START, vec![]),
        ];
        for packet in &steps[..silent_after] {
            bench.hears(packet);
        }
        while let Some(until) = bench.settle() {
            assert!(until > bench.now);
            bench.now = until;
        }
        assert!(bench.now - start < Duration::from_secs(146), "after {silent_after} packets");
    }
}

#[test]
fn a_command_that_hangs_is_closed() {
    let mut phone = phone().says(SLOTS[1], Reply::Hangs);
    phone.read().unwrap();
    let last = phone.sent.last().unwrap();
    assert_eq!((last.kind, last.arg0), (Kind::Close, START + 2));
}
