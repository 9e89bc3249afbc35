//! What a scanner does, seen from engine, person and station.

use tekser_scanner::setup_code::SetupCode;
use tekser_scanner::{BoardRequest, CrashRecord};
use tekser_wire::message::{
    Crash, EngineKind, EngineState, FirmwareVersion, FromStation, Moment, Notice, Restart,
    Settings, SettingsError, Start, TriggerMode, Verdict,
};

use crate::rig::{Chip, Rig, identity, imei, is_bad, is_good};

fn connected() -> Rig {
    let mut rig = Rig::new();
    rig.connect();
    rig.wait(50);
    assert!(rig.disk.state.is_some(), "a conversation");
    rig
}

#[test]
fn a_code_is_shown_and_sent_at_its_last_byte() {
    let mut rig = connected();
    rig.engine(b"]C0490154203237518");
    rig.settle();
    assert!(rig.disk.scans.is_empty());
    assert!(is_good(rig.code("")), "the terminator alone, without any time going by");
    let scan = &rig.disk.scans[0];
    assert_eq!((scan.sequence, scan.text.as_str()), (1, "490154203237518]C0"));
}

#[test]
fn every_verdict_is_told_and_sent() {
    let mut rig = connected();
    let cases = [
        ("490154203237518", Verdict::Valid, (true, false)),
        ("490154203237519", Verdict::Wrong, (false, true)),
        ("000000000000000", Verdict::Suspicious, (true, true)),
        ("S/N: R58N12ABCDE", Verdict::Other, (true, false)),
        ("hello", Verdict::Nothing, (true, true)),
    ];
    for (text, verdict, lamps) in cases {
        let shown = rig.code(text);
        assert_eq!((shown.green, shown.red), lamps, "{text}");
        assert!(shown.tone.is_some());
        let scan = rig.disk.scans.last().unwrap();
        assert_eq!((scan.text.as_str(), scan.verdict), (text, verdict));
        assert_eq!(scan.aim, Some(*b"C0"));
        rig.wait(3_000);
    }
    assert_eq!(rig.disk.state.unwrap().waiting, 0);
}

#[test]
fn codes_without_use_are_left_out_if_nobody_wants_them() {
    let mut rig = connected();
    rig.ask(FromStation::Configure(Settings { keep_nothing: false, ..Settings::DEFAULT }));
    assert!(rig.code("hello").tone.is_some());
    rig.code("490154203237518");
    assert_eq!(rig.texts(), ["490154203237518"]);
}

#[test]
fn the_same_code_again_is_the_same_scan() {
    let mut rig = connected();
    assert!(is_good(rig.code("490154203237518")));
    rig.wait(200);
    for _ in 0..10 {
        rig.code("490154203237518");
    }
    rig.wait(1_500);
    assert!(rig.code("490154203237518").tone.is_some(), "told: again");
    assert_eq!(rig.disk.scans.len(), 1);
    rig.wait(2_100);
    rig.code("490154203237518");
    assert_eq!(rig.disk.scans.len(), 2);
}

#[test]
fn what_comes_broken_is_told_and_counted() {
    let mut rig = connected();
    rig.engine(&[b'7'; 600]);
    rig.engine(b"\r");
    rig.engine(b"49015");
    rig.scanner.engine_byte(None, rig.now());
    rig.engine(b"4203237518\r");
    rig.wait(500);
    assert_eq!(rig.disk.state.unwrap().broken, 2);
    assert!(rig.disk.scans.is_empty());
    assert!(is_good(rig.code("490154203237518")));
}

#[test]
fn boxes_are_told_apart_by_pauses_and_on_request() {
    let mut rig = connected();
    let mut numbers = Vec::new();
    for (at, pause) in [0, 500, 4_500, 100, 100].into_iter().enumerate() {
        rig.wait(pause);
        if at == 3 {
            rig.ask(FromStation::NextBox);
        }
        if at == 4 {
            assert!(is_good(rig.setup(SetupCode::NEXT_BOX)));
        }
        rig.code(&imei(at as u64));
        numbers.push(rig.disk.scans.last().unwrap().box_number);
    }
    assert_eq!(numbers, [1, 1, 2, 3, 4]);
    rig.restart();
    rig.wait(600);
    rig.code(&imei(99));
    rig.wait(2_000);
    assert_eq!(rig.disk.scans.last().unwrap().box_number, 5, "another run, another box");
}

#[test]
fn scans_know_when_they_were_once_a_station_told() {
    let mut rig = connected();
    rig.code(&imei(1));
    assert!(matches!(rig.disk.scans[0].at, Moment::Uptime { boot: 1, .. }));
    let before = rig.now().as_millis();
    rig.ask(FromStation::Time { unix_ms: 1_790_000_000_000 });
    rig.wait(5_000);
    rig.code(&imei(2));
    let since = rig.now().as_millis() - before;
    assert_eq!(rig.disk.scans[1].at, Moment::Unix { ms: 1_790_000_000_000 + since });
    for nonsense in [0, 1_500_000_000_000, u64::MAX] {
        rig.ask(FromStation::Time { unix_ms: nonsense });
    }
    rig.code(&imei(3));
    assert!(matches!(rig.disk.scans[2].at, Moment::Unix { ms } if ms < 1_790_000_010_000));
}

#[test]
fn settings_are_taken_kept_and_refused() {
    let mut rig = connected();
    assert_eq!(rig.requests, [BoardRequest::Baud(9_600)]);
    let wanted = Settings {
        engine: EngineKind::Line,
        baud: 115_200,
        trigger: TriggerMode::Asked,
        loudness: 0,
        ..Settings::DEFAULT
    };
    rig.ask(FromStation::Configure(wanted));
    assert_eq!(rig.disk.settings.last(), Some(&Ok(wanted)));
    assert_eq!(rig.requests, [BoardRequest::Baud(9_600), BoardRequest::Baud(115_200)]);
    rig.ask(FromStation::Configure(Settings { baud: 5, ..wanted }));
    assert_eq!(rig.disk.settings.last(), Some(&Err(SettingsError::Baud)));
    rig.ask(FromStation::Configure(Settings { loudness: 11, ..wanted }));
    assert_eq!(rig.disk.settings.last(), Some(&Err(SettingsError::Loudness)));
    assert!(rig.code(&imei(1)).tone.is_none(), "not loud at all");

    rig.requests.clear();
    rig.restart();
    rig.wait(1_000);
    assert_eq!(rig.last_settings(), wanted);
    assert_eq!(rig.requests, [BoardRequest::Baud(115_200)]);
}

#[test]
fn settings_that_the_flash_does_not_keep_are_refused() {
    let mut rig = connected();
    (0..64).for_each(|sector| rig.chip.make_forgetful(sector));
    rig.ask(FromStation::Configure(Settings { loudness: 1, ..Settings::DEFAULT }));
    assert_eq!(rig.disk.settings.last(), Some(&Err(SettingsError::Flash)));
    rig.ask(FromStation::ReadSettings);
    assert_eq!(rig.last_settings(), Settings::DEFAULT);
}

#[test]
fn setup_codes_are_obeyed_and_never_sent() {
    let mut rig = connected();
    let code = SetupCode { loudness: Some(3), box_pause_ms: Some(0), ..SetupCode::default() };
    assert!(is_good(rig.setup(code)));
    rig.ask(FromStation::ReadSettings);
    let expected = Settings { loudness: 3, box_pause_ms: 0, ..Settings::DEFAULT };
    assert_eq!(rig.last_settings(), expected);

    rig.wait(3_000);
    let misread = SetupCode::DEFAULTS.to_string().replace("DEF", "DEG");
    assert!(is_bad(rig.setup(&misread)));
    rig.wait(3_000);
    assert!(is_bad(rig.setup(SetupCode { baud: Some(12), ..SetupCode::default() })));
    rig.ask(FromStation::ReadSettings);
    assert_eq!(rig.last_settings(), expected);
    rig.wait(3_000);
    assert!(is_good(rig.setup(SetupCode::DEFAULTS)));
    rig.ask(FromStation::ReadSettings);
    assert_eq!(rig.last_settings(), Settings::DEFAULT);
    rig.wait(1_000);
    assert!(rig.disk.scans.is_empty());
}

#[test]
fn a_setup_code_is_understood_whatever_engine_is_set() {
    for engine in [EngineKind::Gm65, EngineKind::Ssi, EngineKind::De2120, EngineKind::Line] {
        let mut rig = connected();
        rig.ask(FromStation::Configure(Settings { engine, ..Settings::DEFAULT }));
        rig.wait(1_000);
        let code = SetupCode { engine: Some(EngineKind::Line), ..SetupCode::default() };
        assert!(is_good(rig.setup(code)), "{engine:?}");
        rig.wait(1_000);
        assert!(is_good(rig.code(&imei(1))), "{engine:?}");
        rig.wait(1_000);
        assert_eq!(rig.texts(), [imei(1)], "{engine:?}");
    }
}

#[test]
fn holding_the_button_brings_the_settings_out_of_the_box_back() {
    let mut rig = connected();
    rig.ask(FromStation::Configure(Settings { baud: 115_200, ..Settings::DEFAULT }));
    rig.press(9_000);
    rig.ask(FromStation::ReadSettings);
    assert_eq!(rig.last_settings().baud, 115_200);
    rig.press(10_100);
    rig.ask(FromStation::ReadSettings);
    assert_eq!(rig.last_settings(), Settings::DEFAULT);
}

#[test]
fn the_station_reaches_the_person() {
    let mut rig = connected();
    for (notice, good) in [(Notice::Clear, true), (Notice::Stop, false), (Notice::Identify, true)] {
        rig.ask(FromStation::Notice(notice));
        let shown = rig.scanner.indication(rig.now());
        assert_eq!(is_good(shown), good, "{notice:?}");
        rig.wait(3_000);
        assert_eq!(rig.scanner.indication(rig.now()), Default::default());
    }
}

#[test]
fn the_station_restarts_and_crashes_it() {
    let mut rig = connected();
    rig.requests.clear();
    rig.ask(FromStation::Restart(Restart::BootLoader));
    rig.ask(FromStation::Panic);
    assert_eq!(rig.requests, [BoardRequest::Restart(Restart::BootLoader), BoardRequest::Panic]);
}

#[test]
fn a_crash_is_told_until_it_was_seen() {
    let crash = CrashRecord::new(&Crash {
        firmware: FirmwareVersion([0, 1, 0]),
        file: "src/main.rs",
        line: 7,
        message: "no more",
        uptime_ms: 5,
    });
    let mut rig = Rig::with(Chip::new(16, 1), Some(crash));
    rig.connect();
    rig.wait(12_000);
    assert_eq!(rig.disk.hello.as_ref().unwrap().start, Start::Panic);
    let told = rig.disk.crashes.len();
    assert!(told >= 2 && rig.disk.crashes[0] == "no more", "{told}");
    rig.requests.clear();
    rig.ask(FromStation::CrashSeen);
    assert_eq!(rig.requests, [BoardRequest::ForgetCrash]);
    rig.wait(20_000);
    rig.ask(FromStation::CrashSeen);
    assert_eq!(rig.disk.crashes.len(), told);
    assert_eq!(rig.requests, [BoardRequest::ForgetCrash]);
}

#[test]
fn it_says_who_it_is() {
    let rig = connected();
    let hello = rig.disk.hello.as_ref().unwrap();
    let identity = identity(None);
    assert_eq!((hello.board, hello.serial), (identity.board, identity.serial));
    assert!(hello.capabilities.has(tekser_wire::message::Capabilities::DURABLE));
    assert_eq!((hello.boots, hello.next.0), (1, 1));
}

#[test]
fn a_kept_scan_is_told_from_a_sent_one() {
    let mut rig = Rig::new();
    let flashes = |rig: &mut Rig, number| {
        rig.code(&imei(number));
        let mut flashes = 0;
        let mut lit = true;
        for _ in 0..150 {
            rig.wait(10);
            let green = rig.scanner.indication(rig.now()).green;
            flashes += u32::from(lit && !green);
            lit = green;
        }
        flashes
    };
    assert_eq!(flashes(&mut rig, 1), 3, "valid, and kept");
    rig.connect();
    rig.wait(600);
    assert_eq!(flashes(&mut rig, 2), 1, "valid");
    rig.disconnect();
    assert_eq!(flashes(&mut rig, 3), 3, "away again");
    rig.connect();
    rig.wait(2_000);
    assert_eq!(rig.texts(), [imei(1), imei(2), imei(3)]);
}

#[test]
fn a_station_that_is_silent_is_away_though_the_link_is_up() {
    let mut rig = connected();
    rig.is_connected = false;
    rig.wait(4_000);
    rig.code(&imei(1));
    rig.wait(1_000);
    assert!(rig.disk.scans.is_empty());
    rig.is_connected = true;
    rig.wait(3_000);
    assert_eq!(rig.texts(), [imei(1)]);
}

#[test]
fn overflow_is_refused_told_and_counted_exactly() {
    let mut rig = Rig::with(Chip::new(6, 1), None);
    let mut accepted = Vec::new();
    let mut refused = 0;
    for number in 0..600 {
        if is_good(rig.code(&imei(number))) {
            accepted.push(imei(number));
        } else {
            refused += 1;
        }
        rig.wait(2_500);
    }
    assert!(accepted.len() > 350 && refused > 150, "{} {refused}", accepted.len());
    rig.restart();
    rig.connect();
    rig.wait(60_000);
    assert_eq!(rig.texts(), accepted);
    assert_eq!(rig.disk.state.unwrap().refused, refused);
    assert!(is_good(rig.code(&imei(1_000))), "room again");
}

#[test]
fn a_refused_code_in_view_is_counted_once_and_may_come_again() {
    let mut rig = Rig::with(Chip::new(4, 1), None);
    let mut number = 0;
    while is_good(rig.code(&imei(number))) {
        number += 1;
        rig.wait(1_000);
    }
    for _ in 0..20 {
        rig.code(&imei(number));
        rig.wait(100);
    }
    rig.connect();
    rig.wait(5_000);
    assert_eq!(rig.disk.state.unwrap().refused, 1);
    assert!(is_good(rig.code(&imei(number))));
    assert_eq!(rig.disk.scans.len() as u64, number + 1);
}

#[test]
fn a_flash_that_fails_refuses_and_says_so() {
    let mut rig = connected();
    (0..64).for_each(|sector| rig.chip.make_forgetful(sector));
    assert!(is_bad(rig.code(&imei(1))), "never told that it is kept");
    rig.wait(1_000);
    assert!(rig.disk.scans.is_empty(), "nor sent");
    let state = rig.disk.state.unwrap();
    assert_eq!((state.capacity, state.refused), (0, 1));
    rig.chip.repair();
    rig.restart();
    rig.wait(3_000);
    assert!(is_good(rig.code(&imei(1))));
    rig.wait(1_000);
    assert_eq!(rig.texts(), [imei(1)]);
}

#[test]
fn the_flash_is_erased_ahead_while_the_engine_is_quiet() {
    let mut rig = Rig::new();
    let erased = |rig: &Rig| rig.chip.erasures().iter().sum::<u32>();
    let begun = erased(&rig);
    for number in 0..20 {
        rig.code(&imei(number));
        rig.wait(60);
    }
    assert_eq!(erased(&rig), begun, "codes keep coming");
    rig.wait(3_000);
    let ahead = erased(&rig);
    assert!((30..=34).contains(&(ahead - begun)), "{}", ahead - begun);
    for number in 100..3_000 {
        assert!(is_good(rig.code(&imei(number))));
    }
    assert_eq!(erased(&rig), ahead, "thousands of codes need no more");
}

#[test]
fn the_button_and_the_station_make_the_engine_look() {
    let mut rig = connected();
    let asked = Settings {
        trigger: TriggerMode::Asked,
        engine: EngineKind::De2120,
        baud: 115_200,
        ..Settings::DEFAULT
    };
    rig.says_yes = true;
    rig.ask(FromStation::Configure(asked));
    rig.wait(3_000);
    assert_eq!(rig.disk.state.unwrap().engine, EngineState::Ready);
    let mut told = |act: &mut dyn FnMut(&mut Rig)| {
        rig.said.clear();
        act(&mut rig);
        String::from_utf8(rig.said.clone()).unwrap()
    };
    assert_eq!(told(&mut |rig| rig.press(100)), "^_^SCAN.^_^SLEEP.");
    let on = FromStation::Trigger { on: true };
    let off = FromStation::Trigger { on: false };
    assert_eq!(told(&mut |rig| rig.ask(on.clone())), "^_^SCAN.");
    assert_eq!(told(&mut |rig| rig.ask(off.clone())), "^_^SLEEP.");
    let for_ever = told(&mut |rig| {
        rig.ask(on.clone());
        rig.wait(11_000);
    });
    assert!(for_ever.starts_with("^_^SCAN.") && for_ever.ends_with("^_^SLEEP."), "{for_ever}");
    assert_eq!(told(&mut |rig| rig.wait(10_000)), "", "not for ever");
    let until_a_code = told(&mut |rig| {
        rig.ask(on.clone());
        rig.engine(b"490154203237518\r");
        rig.settle();
    });
    assert!(until_a_code.ends_with("^_^SLEEP."), "{until_a_code}");
}
