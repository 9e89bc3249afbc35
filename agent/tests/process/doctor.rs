//! What the program says of the machine it runs on.

use tempfile::tempdir;

use crate::program::{run, tekser};

#[test]
fn everything_that_can_be_in_the_way_is_looked_at() {
    let data = tempdir().unwrap();
    let ran = run(tekser(data.path()).args(["doctor", "--json"]));
    assert!(matches!(ran.code, Some(0 | 1)), "{ran:?}");
    let value = ran.json();
    let all = value.as_array().unwrap();
    let found = |what: &str| all.iter().find(|one| one["what"] == what);
    for what in ["data", "address", "registries", "adb server", "adb key", "bench"] {
        assert!(found(what).is_some(), "{what}: {ran:?}");
    }
    let on_linux = ["udev rules", "modems"].iter().all(|what| found(what).is_some());
    assert_eq!(on_linux, cfg!(target_os = "linux"), "{ran:?}");
    // A key is made when it is needed and not for being looked at.
    assert_eq!(found("adb key").unwrap()["well"], true);
    assert!(!data.path().join("adb_key").exists());
    let ill = all.iter().any(|one| one["well"] == false);
    assert_eq!(ran.code, Some(i32::from(ill)), "{ran:?}");
}

#[test]
fn who_is_asked_is_looked_at_and_not_asked() {
    let data = tempdir().unwrap();
    let said = |settings: &str| {
        std::fs::write(data.path().join("registries.toml"), settings).unwrap();
        let ran = run(tekser(data.path()).args(["doctor", "--json"]));
        assert_eq!(ran.code, Some(1), "{ran:?}");
        let all = ran.json();
        let all = all.as_array().unwrap().iter().filter(|one| one["what"] == "registries");
        all.map(|one| one["found"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(said("format = 7")[0].contains("this program knows 1"));
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let source = |kind: &str| {
        format!(
            "format = 1\nsandbox = true\n[[source]]\nname = 'mine'\nkind = '{kind}'\n\
             url = 'http://{closed}'\n"
        )
    };
    for kind in ["dirbs", "eir", "camara"] {
        let found = said(&source(kind));
        assert!(found[0].starts_with("sandbox: "), "{found:?}");
        assert!(found[1].starts_with("mine: "), "{found:?}");
        assert!(found[1].contains("cannot be reached"), "{found:?}");
    }
}

#[test]
fn a_key_that_is_named_and_not_there_is_a_mistake_of_the_command() {
    let data = tempdir().unwrap();
    let missing = data.path().join("adbkey");
    for command in [&["serve"][..], &["read", "--port", "/dev/null"]] {
        let ran = run(tekser(data.path()).args(command).arg("--adb-key").arg(&missing));
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains("there is no key"), "{ran:?}");
        assert!(!missing.exists());
    }
}

#[test]
fn the_debug_bridge_is_not_both_left_alone_and_asked() {
    let data = tempdir().unwrap();
    for command in ["serve", "read"] {
        let ran = run(tekser(data.path()).args([command, "--no-adb", "--through-adb-server"]));
        assert_eq!(ran.code, Some(2), "{ran:?}");
    }
}

#[test]
fn a_place_where_nothing_is_plugged_in_is_said() {
    let data = tempdir().unwrap();
    let ran = run(tekser(data.path()).args(["read", "--device", "usb:99-99"]));
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("usb:99-99"), "{ran:?}");
}
