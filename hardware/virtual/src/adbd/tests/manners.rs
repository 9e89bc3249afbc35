//! Phones that misbehave do so as they were told.

use super::*;

fn open(adb: AdbBehaviour) -> Host {
    Host::open(behaving(adb))
}

#[test]
fn a_slow_phone_is_not_early() {
    let delay = Duration::from_millis(40);
    let mut host = open(AdbBehaviour { delay, ..Default::default() });
    assert_eq!(host.tell(b"OPEN", 1, 0, b"shell:echo a\0")[0].0, "OKAY");
    assert_eq!(host.phone.next(host.now), Next::Wait(Some(host.now + delay)));
    host.now += delay;
    assert_eq!(host.hear()[0].3, b"a\n");
}

#[test]
fn a_pulled_phone_sends_no_byte_more() {
    for bytes in [0, 1, 24, 25, 200] {
        let adb = AdbBehaviour { pulled_after: Some(bytes), ..Default::default() };
        let persona = Persona::android_nth(0).with_android(behaving(adb));
        let mut host = Host::of(persona);
        let mut sent = 0;
        for _ in 0..20 {
            host.phone.receive(&packet(b"CNXN", 0x0100_0001, 4096, b"host::\0"), host.now);
            while let Next::Send(transfer) = host.phone.next(host.now) {
                sent += transfer.len();
            }
        }
        assert_eq!(sent, bytes);
        assert_eq!(host.phone.next(host.now), Next::Pulled);
    }
}

#[test]
fn a_flooding_phone_waits_for_nobody() {
    let mut host = open(AdbBehaviour { floods: true, ..Default::default() });
    let seen = host.tell(b"OPEN", 1, 0, b"shell:getprop\0");
    assert!(seen.len() > 50);
    assert_eq!(seen.last().unwrap().0, "CLSE");
}

#[test]
fn endless_output_is_endless() {
    let endless = AdbBehaviour { endless: true, floods: true, ..Default::default() };
    let mut host = open(endless);
    host.phone.receive(&packet(b"OPEN", 1, 0, b"shell:echo a\0"), host.now);
    for _ in 0..10_000 {
        assert!(matches!(host.phone.next(host.now), Next::Send(_)));
    }
}

#[test]
fn headers_lie_where_they_were_told_to() {
    let header = |kind| {
        let damage = Some(Damage { packet: 3, kind });
        let mut host = open(AdbBehaviour { damage, ..Default::default() });
        host.phone.receive(&packet(b"OPEN", 1, 0, b"shell:echo a\0"), host.now);
        let mut transfers = Vec::new();
        while let Next::Send(transfer) = host.phone.next(host.now) {
            transfers.push(transfer);
        }
        let [okay, header, payload, ..] = &transfers[..] else { panic!("{transfers:?}") };
        assert_eq!((okay.len(), header.len(), &payload[..]), (24, 24, &b"a\n"[..]));
        header.chunks(4).map(|it| u32::from_le_bytes(it.try_into().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(header(DamageKind::Longer(5))[3], 7);
    assert_eq!(header(DamageKind::Shorter(1))[3], 1);
    assert_eq!(header(DamageKind::Length(u32::MAX))[3], u32::MAX);
    let magic = header(DamageKind::Magic);
    assert_ne!(magic[5], !magic[0]);
    assert_eq!(header(DamageKind::Command)[0].to_le_bytes(), *b"NOPE");
}

#[test]
fn silence_is_kept() {
    let mut host =
        Host::new(behaving(AdbBehaviour { silence: Silence::Greeting, ..Default::default() }));
    assert_eq!(host.greet(), []);
    let mut host = open(AdbBehaviour { silence: Silence::Services, ..Default::default() });
    assert_eq!(host.tell(b"OPEN", 1, 0, b"shell:id\0"), []);
    assert_eq!(host.phone.asked(), ["shell:id"]);
}

#[test]
fn old_packets_come_before_the_greeting() {
    let mut host = Host::new(behaving(AdbBehaviour { stale: 4, ..Default::default() }));
    let commands: Vec<String> = host.greet().into_iter().map(|seen| seen.0).collect();
    assert_eq!(commands, ["WRTE", "OKAY", "CLSE", "WRTE", "AUTH"]);
}

#[test]
fn a_second_token_can_come_while_the_phone_asks() {
    let second_token = Some(Duration::from_secs(1));
    let adb = AdbBehaviour { second_token, ..Default::default() };
    let allow = Allow::After(Duration::from_secs(2));
    let mut host = Host::new(Android { allow, ..behaving(adb) });
    host.greet();
    assert_eq!(host.tell(b"AUTH", 3, 0, &Computer::new().public()), []);
    host.now += Duration::from_secs(1);
    assert_eq!(host.hear()[0].0, "AUTH");
    host.now += Duration::from_secs(1);
    assert_eq!(host.hear()[0].0, "CNXN");
}

#[test]
fn ids_can_be_exchanged_and_banners_strange() {
    let mut host = open(AdbBehaviour { swaps_ids: true, ..Default::default() });
    assert_eq!(host.tell(b"OPEN", 77, 0, b"shell:id\0")[0].1, 77);
    for (banner, begin) in [(Banner::Recovery, "recovery::"), (Banner::Offline, "offline::")] {
        let mut host = open(AdbBehaviour { banner, ..Default::default() });
        assert!(host.greet()[0].3.starts_with(begin.as_bytes()));
    }
}

#[test]
fn output_can_fall_into_single_bytes() {
    let mut host = open(AdbBehaviour { pieces: Some(1), ..Default::default() });
    assert_eq!(host.run("shell,v2,raw:echo a"), b"\x01\x02\0\0\0a\n\x03\x01\0\0\0\0");
}
