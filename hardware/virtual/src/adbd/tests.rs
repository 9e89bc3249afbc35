mod bounds;
mod manners;

use std::time::Duration;

use super::auth::tests::Computer;
use super::*;
use crate::persona::{AdbBehaviour, Allow, Android, Damage, DamageKind};

/// A packet as the other side sees it: command, both arguments, payload.
type Seen = (String, u32, u32, Vec<u8>);

/// A computer, spelt out anew so that it shares no mistake with the phone.
struct Host {
    phone: Adbd,
    now: Instant,
}

fn packet(command: &[u8; 4], arg0: u32, arg1: u32, payload: &[u8]) -> Vec<u8> {
    let word = u32::from_le_bytes(*command);
    let sum: u32 = payload.iter().map(|byte| u32::from(*byte)).sum();
    let length = u32::try_from(payload.len()).unwrap();
    let header = [word, arg0, arg1, length, sum, word ^ u32::MAX];
    header.into_iter().flat_map(u32::to_le_bytes).chain(payload.iter().copied()).collect()
}

impl Host {
    fn new(android: Android) -> Self {
        Self::of(Persona::android_nth(0).with_android(android))
    }

    fn of(persona: Persona) -> Self {
        let now = Instant::now();
        Self { phone: Adbd::new(&persona, now), now }
    }

    fn open(android: Android) -> Self {
        let mut host = Self::new(Android { allow: Allow::Unasked, ..android });
        assert_eq!(host.greet()[0].0, "CNXN");
        host
    }

    fn tell(&mut self, command: &[u8; 4], arg0: u32, arg1: u32, payload: &[u8]) -> Vec<Seen> {
        self.phone.receive(&packet(command, arg0, arg1, payload), self.now);
        self.hear()
    }

    /// Everything that the phone sends now.
    fn hear(&mut self) -> Vec<Seen> {
        let mut seen = Vec::new();
        while let Next::Send(header) = self.phone.next(self.now) {
            let words: Vec<u32> =
                header.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
            let [command, arg0, arg1, length, _, magic] = words[..] else {
                panic!("a transfer of {} bytes is no header", header.len());
            };
            assert_eq!(magic, !command);
            let payload = match length {
                0 => Vec::new(),
                _ => match self.phone.next(self.now) {
                    Next::Send(payload) => payload,
                    other => panic!("{other:?} instead of a payload"),
                },
            };
            assert_eq!(payload.len(), usize::try_from(length).unwrap());
            let command = String::from_utf8(command.to_le_bytes().to_vec()).unwrap();
            seen.push((command, arg0, arg1, payload));
        }
        seen
    }

    fn greet(&mut self) -> Vec<Seen> {
        self.tell(b"CNXN", 0x0100_0001, 1 << 20, b"host::features=shell_v2,delayed_ack\0")
    }

    /// Runs a service to its end, acknowledging as it should.
    fn run(&mut self, service: &str) -> Vec<u8> {
        let mut output = Vec::new();
        let mut news = self.tell(b"OPEN", 5, 0, format!("{service}\0").as_bytes());
        assert_eq!((news[0].0.as_str(), news[0].2), ("OKAY", 5), "{service}");
        let id = news.remove(0).1;
        loop {
            assert!(!news.is_empty(), "{service} hangs");
            let mut more = Vec::new();
            for (command, arg0, arg1, payload) in news {
                assert_eq!((arg0, arg1), (id, 5));
                match command.as_str() {
                    "WRTE" => {
                        output.extend(payload);
                        more.extend(self.tell(b"OKAY", 5, id, b""));
                    }
                    "CLSE" => return output,
                    other => panic!("{other}"),
                }
            }
            news = more;
        }
    }

    fn text(&mut self, service: &str) -> String {
        String::from_utf8(self.run(service)).unwrap()
    }
}

fn android(release: &str) -> Android {
    Android::of_release(release).unwrap()
}

fn behaving(adb: AdbBehaviour) -> Android {
    Android { adb, ..Android::default() }
}

#[test]
fn header_and_payload_are_transfers_of_their_own() {
    let mut host = Host::open(Android::default());
    let seen = host.greet();
    assert_eq!(seen.len(), 1);
    let (_, version, payload, banner) = &seen[0];
    assert_eq!((*version, *payload), (0x0100_0001, 1 << 20));
    let banner = String::from_utf8(banner.clone()).unwrap();
    assert!(banner.starts_with("device::ro.product.name="), "{banner}");
    assert!(banner.contains("shell_v2") && !banner.contains("delayed_ack"), "{banner}");
}

#[test]
fn a_known_key_is_let_in_and_asked_for_again_on_every_connection() {
    let mut host = Host::new(Android::default());
    for _ in 0..2 {
        let seen = host.greet();
        assert_eq!((seen[0].0.as_str(), seen[0].1, seen[0].3.len()), ("AUTH", 1, 20));
        assert_eq!(host.tell(b"AUTH", 2, 0, &[7; 256])[0].0, "CNXN");
    }
    let first = host.greet().remove(0).3;
    assert_ne!(first, host.greet().remove(0).3, "a token is used once");
}

#[test]
fn an_unknown_key_waits_for_a_touch_and_is_known_from_then_on() {
    let computer = Computer::new();
    let wait = Duration::from_secs(5);
    let mut host = Host::new(Android { allow: Allow::After(wait), ..Android::default() });
    let token = host.greet().remove(0).3;
    let second = host.tell(b"AUTH", 2, 0, &computer.sign(&token)).remove(0);
    assert_eq!((second.0.as_str(), second.1), ("AUTH", 1), "a key not known gets another token");
    assert_ne!(second.3, token);
    assert_eq!(host.tell(b"AUTH", 3, 0, &computer.public()), []);
    assert!(host.phone.is_asking());
    assert_eq!(host.phone.next(host.now), Next::Wait(Some(host.now + wait)));
    host.now += wait;
    assert_eq!(host.hear()[0].0, "CNXN");
    // A later connection passes by its signature, after a replug too.
    let replugged = host.phone.allowed();
    let token = host.greet().remove(0).3;
    assert_eq!(host.tell(b"AUTH", 2, 0, &computer.sign(&token))[0].0, "CNXN");
    let persona = host.phone.persona().clone();
    let mut host = Host { phone: Adbd::with_allowed(&persona, replugged, host.now), now: host.now };
    let token = host.greet().remove(0).3;
    assert_eq!(host.tell(b"AUTH", 2, 0, &computer.sign(&token))[0].0, "CNXN");
    // A stranger still does not.
    let token = host.greet().remove(0).3;
    assert_eq!(host.tell(b"AUTH", 2, 0, &Computer::new().sign(&token))[0].0, "AUTH");
}

#[test]
fn nobody_touching_is_silence_until_somebody_does() {
    let computer = Computer::new();
    let mut host = Host::new(Android { allow: Allow::Never, ..Android::default() });
    host.greet();
    assert_eq!(host.tell(b"AUTH", 3, 0, &computer.public()), []);
    assert_eq!(host.phone.next(host.now), Next::Wait(None));
    assert!(host.phone.touch_allow(host.now));
    assert_eq!(host.hear()[0].0, "CNXN");
    assert!(!host.phone.touch_allow(host.now));
}

#[test]
fn a_question_outlives_a_new_greeting_and_not_a_hang_up() {
    let computer = Computer::new();
    let wait = Duration::from_secs(5);
    let mut host = Host::new(Android { allow: Allow::After(wait), ..Android::default() });
    host.greet();
    host.tell(b"AUTH", 3, 0, &computer.public());
    host.greet();
    host.now += wait;
    assert_eq!(host.hear(), [], "the new conversation has not shown its key");
    let token = host.greet().remove(0).3;
    assert_eq!(host.tell(b"AUTH", 2, 0, &computer.sign(&token))[0].0, "CNXN");
    let stranger = Computer::new();
    host.greet();
    host.tell(b"AUTH", 3, 0, &stranger.public());
    host.phone.hung_up();
    assert!(!host.phone.is_asking());
}

#[test]
fn nothing_is_served_before_the_door_is_open() {
    let mut host = Host::new(Android::default());
    assert_eq!(host.tell(b"OPEN", 1, 0, b"shell:id\0"), []);
    host.greet();
    assert_eq!(host.tell(b"OPEN", 1, 0, b"shell:id\0"), []);
    assert_eq!(host.phone.asked(), Vec::<String>::new());
    assert_eq!(host.phone.complaints().len(), 1);
}

#[test]
fn a_key_that_is_none_is_complained_of() {
    let mut host = Host::new(Android { allow: Allow::Never, ..Android::default() });
    host.greet();
    assert_eq!(host.tell(b"AUTH", 3, 0, b"AAAA me@here\0"), []);
    assert_eq!(host.phone.complaints(), ["the key has 3 bytes instead of 524"]);
}

#[test]
fn every_version_answers_in_its_own_way() {
    for release in Android::releases() {
        let version = android(release);
        let sdk = version.sdk;
        let mut host = Host::open(version.clone());
        let imeis = host.phone.persona().imeis.clone();
        let end = if sdk < 24 { "\r\n" } else { "\n" };
        assert_eq!(host.text("shell:getprop ro.build.version.sdk"), format!("{sdk}{end}"));
        assert_eq!(host.text("exec:getprop ro.build.version.sdk"), format!("{sdk}\n"));
        let list = host.text("shell:getprop");
        assert!(list.lines().count() > 100);
        assert!(list.contains(&format!("[ro.build.version.release]: [{release}]{end}")));
        let digits = |text: String| -> String {
            let gutters = text.lines().filter_map(|line| line.split('\'').nth(1));
            gutters.flat_map(str::chars).filter(char::is_ascii_digit).collect()
        };
        let (code, rest) = match sdk {
            ..=22 => (1, ""),
            23..=29 => (3, "i32 1 s16 com.android.shell"),
            30.. => (4, "i32 1 s16 com.android.shell s16 com.android.shell"),
        };
        let expected = imeis[usize::from(sdk >= 23)].to_string();
        let told = host.text(&format!("shell:service call iphonesubinfo {code} {rest}"));
        assert_eq!(digits(told), expected, "{release}");
        let dump = host.text("shell:dumpsys iphonesubinfo");
        assert_eq!(dump.contains(&imeis[0].to_string()), sdk < 21, "{release}");
        assert_eq!(host.phone.violations(), Vec::<String>::new());
        assert_eq!(host.phone.complaints(), Vec::<String>::new());
    }
}

#[test]
fn the_second_protocol_keeps_output_errors_and_code_apart() {
    let mut host = Host::open(Android::default());
    let output = host.run("shell,v2,raw:echo a; nosuch; echo b; exit 7");
    let missing = b"/system/bin/sh: nosuch: inaccessible or not found\n";
    let frame = |kind: u8, data: &[u8]| {
        let length = u32::try_from(data.len()).unwrap().to_le_bytes();
        [&[kind], &length[..], data].concat()
    };
    let expected = [frame(1, b"a\n"), frame(2, missing), frame(1, b"b\n"), frame(3, &[7])].concat();
    assert_eq!(output, expected);
    // A phone without it takes the same words for the first protocol.
    let mut host = Host::open(android("6"));
    assert_eq!(host.text("shell,v2,raw:echo a"), "a\r\n");
}

#[test]
fn output_waits_for_every_acknowledgement() {
    let mut host = Host::open(android("5.1"));
    host.tell(b"CNXN", 0x0100_0000, 1024, b"host::\0");
    let seen = host.tell(b"OPEN", 9, 0, b"shell:getprop\0");
    let commands: Vec<&str> = seen.iter().map(|seen| seen.0.as_str()).collect();
    assert_eq!(commands, ["OKAY", "WRTE"]);
    assert_eq!(seen[1].3.len(), 1024);
    assert_eq!(host.hear(), []);
    // Acknowledging a stream that is not there changes nothing.
    assert_eq!(host.tell(b"OKAY", 9, 4711, b""), []);
    assert_eq!(host.tell(b"OKAY", 8, seen[0].1, b""), []);
    assert_eq!(host.tell(b"OKAY", 9, seen[0].1, b"")[0].0, "WRTE");
}

#[test]
fn streams_take_turns() {
    let mut host = Host::open(behaving(AdbBehaviour { endless: true, ..Default::default() }));
    let ids: Vec<u32> =
        (1..=3).map(|id| host.tell(b"OPEN", id, 0, b"shell:echo a\0").remove(0).1).collect();
    for _ in 0..10 {
        for (host_id, id) in (1..).zip(&ids) {
            let seen = host.tell(b"OKAY", host_id, *id, b"");
            assert_eq!((seen[0].0.as_str(), seen[0].1), ("WRTE", *id));
        }
    }
    assert_eq!(host.tell(b"CLSE", 2, ids[1], b""), [("CLSE".into(), ids[1], 2, Vec::new())]);
    assert_eq!(host.tell(b"OKAY", 2, ids[1], b""), []);
}

#[test]
fn unknown_services_are_closed_and_those_that_change_remembered() {
    let mut host = Host::open(Android::default());
    for service in ["sync:", "reboot:", "framebuffer:", "nonsense"] {
        let seen = host.tell(b"OPEN", 3, 0, format!("{service}\0").as_bytes());
        assert_eq!(seen, [("CLSE".into(), 0, 3, Vec::new())], "{service}");
    }
    host.run("shell:setprop persist.radio.imei 1");
    host.run("shell:service call iphonesubinfo 24");
    let harmful = [
        "sync:",
        "reboot:",
        "nonsense",
        "shell:setprop persist.radio.imei 1",
        "shell:service call iphonesubinfo 24",
    ];
    assert_eq!(host.phone.violations(), harmful);
    assert_eq!(host.phone.asked().len(), 6);
}

#[test]
fn a_window_that_was_not_offered_is_turned_away() {
    let mut host = Host::open(Android::default());
    assert_eq!(host.tell(b"OPEN", 3, 1 << 20, b"shell:id\0")[0].0, "CLSE");
    assert_eq!(host.phone.complaints().len(), 1);
}

#[test]
fn a_greeting_in_the_middle_of_a_payload_begins_anew() {
    let mut host = Host::open(Android::default());
    let cut = packet(b"OPEN", 1, 0, b"shell:getprop\0");
    host.phone.receive(&cut[..30], host.now);
    assert_eq!(host.greet()[0].0, "CNXN");
    assert_eq!(host.phone.complaints(), ["a packet that was never finished"]);
    assert_eq!(host.text("shell:echo a"), "a\n");
}

#[test]
fn after_garbage_the_next_packet_is_found() {
    let mut host = Host::open(Android::default());
    host.phone.receive(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", host.now);
    assert_eq!(host.text("shell:echo a"), "a\n");
    assert_eq!(host.phone.complaints(), ["bytes that are no packet"]);
}

#[test]
fn checksums_count_where_either_side_is_old() {
    for (release, host_version, minds) in
        [("14", 0x0100_0001, false), ("14", 0x0100_0000, true), ("7", 0x0100_0001, true)]
    {
        let mut host = Host::open(android(release));
        host.tell(b"CNXN", host_version, 4096, b"host::\0");
        let mut wrong = packet(b"OPEN", 1, 0, b"shell:echo a\0");
        wrong[16] ^= 1;
        host.phone.receive(&wrong, host.now);
        assert_eq!(host.hear().is_empty(), minds, "{release}");
    }
}

#[test]
fn typed_lines_are_run_and_judged() {
    let mut host = Host::open(Android::default());
    let seen = host.tell(b"OPEN", 4, 0, b"shell:\0");
    let id = seen[0].1;
    assert_eq!(seen[1].3, b"sma556e:/ $ ");
    host.tell(b"OKAY", 4, id, b"");
    let mut output = Vec::new();
    let mut news = host.tell(b"WRTE", 4, id, b"echo hello\nreboot\nexit\n");
    let mut closed = false;
    while !news.is_empty() {
        let mut more = Vec::new();
        for (command, _, _, payload) in news {
            closed |= command == "CLSE";
            if command == "WRTE" {
                output.extend(payload);
                more.extend(host.tell(b"OKAY", 4, id, b""));
            }
        }
        news = more;
    }
    assert!(closed);
    assert!(String::from_utf8(output).unwrap().contains("\r\nhello\r\n"));
    assert_eq!(host.phone.asked(), ["shell:", "> echo hello", "> reboot", "> exit"]);
    assert_eq!(host.phone.violations(), ["> reboot"]);
}
