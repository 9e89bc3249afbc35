//! The data directory.

use std::io::ErrorKind;
#[cfg(unix)]
use std::path::Path;

use tekser::batch::{KeyError, StationKey};
use tekser::place::{Place, PlaceError, create_private};

use crate::support::Shop;

fn place() -> (tempfile::TempDir, Place) {
    let directory = tempfile::tempdir().unwrap();
    let place = Place::open(directory.path()).unwrap();
    (directory, place)
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
#[tokio::test]
async fn what_the_station_writes_is_its_owners_alone() {
    let shop = Shop::open().await;
    shop.batch(1).await;
    let place = &shop.station.place;
    for file in std::fs::read_dir(place.path()).unwrap() {
        let path = file.unwrap().path();
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), wanted, "{}", path.display());
    }
    for file in [place.key(), place.database(), place.sandbox_database()] {
        assert!(file.exists(), "{}", file.display());
    }
}

#[cfg(unix)]
#[test]
fn a_directory_that_it_makes_is_its_owners_alone() {
    let (directory, _) = place();
    let made = directory.path().join("a/b");
    Place::open(&made).unwrap();
    assert_eq!(mode(&made), 0o700);
}

#[test]
fn the_token_is_made_once_and_long() {
    let (_directory, place) = place();
    let token = place.token().unwrap();
    assert_eq!(token.reveal().len(), 43);
    assert!(place.token().unwrap().matches(token.reveal()));
    assert!(!token.matches(""));
    assert!(!token.matches(&token.reveal()[1..]));
    assert!(!token.matches(&format!("{}A", token.reveal())));
    let (_other, other) = self::place();
    assert!(!token.matches(other.token().unwrap().reveal()));
}

#[test]
fn an_empty_token_file_opens_nothing_and_is_replaced() {
    let (directory, place) = place();
    std::fs::write(directory.path().join("token"), " \n").unwrap();
    let token = place.token().unwrap();
    assert_eq!(token.reveal().len(), 43);
    assert!(place.token().unwrap().matches(token.reveal()));
}

#[test]
fn the_token_never_shows_itself() {
    let (_directory, place) = place();
    let token = place.token().unwrap();
    assert_eq!(format!("{token:?}"), "Token(…)");
}

#[test]
fn the_lock_is_one_stations_at_a_time() {
    let (_directory, place) = place();
    let lock = place.lock().unwrap();
    assert!(matches!(place.lock(), Err(PlaceError::Held { .. })));
    drop(lock);
    place.lock().unwrap();
}

#[tokio::test]
async fn a_second_station_on_the_directory_does_not_run() {
    let shop = Shop::open().await;
    let _running = shop.station.run().await.unwrap();
    let error = shop.station.run().await.err().unwrap();
    assert!(error.to_string().contains("another station is running"), "{error}");
}

#[test]
fn a_file_is_no_directory() {
    let (directory, _) = place();
    let file = directory.path().join("file");
    std::fs::write(&file, "x").unwrap();
    assert!(matches!(Place::open(&file), Err(PlaceError::NotADirectory { .. })));
    assert!(matches!(Place::open(&file.join("in")), Err(PlaceError::NotWritable { .. })));
    assert_eq!(std::fs::read_to_string(file).unwrap(), "x");
}

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_written_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let (directory, _) = place();
    let fixed = directory.path().join("fixed");
    std::fs::create_dir(&fixed).unwrap();
    std::fs::set_permissions(&fixed, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(fixed.join("probe"), "").is_ok() {
        eprintln!("SKIPPED: this user may write anywhere, so a read-only directory proves nothing");
        return;
    }
    assert!(matches!(Place::open(&fixed), Err(PlaceError::NotWritable { .. })));
}

#[test]
fn a_private_file_never_replaces_another() {
    let (directory, _) = place();
    let path = directory.path().join("secret");
    let write = |text: &'static str| {
        create_private(&path, |file| std::io::Write::write_all(file, text.as_bytes()))
    };
    write("first").unwrap();
    assert_eq!(write("second").unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "first");
    let left = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(left, 1, "nothing half written stays");
}

#[test]
fn the_key_is_made_once() {
    let (_directory, place) = place();
    let key = StationKey::load_or_create(&place.key()).unwrap();
    let again = StationKey::load_or_create(&place.key()).unwrap();
    assert_eq!(key.public(), again.public());
    assert!(again.public().verify(b"text", &key.sign(b"text")));
    assert!(!again.public().verify(b"other", &key.sign(b"text")));
    assert_eq!(format!("{key:?}"), "StationKey(…)");
}

#[test]
fn a_spoiled_key_is_refused_and_never_overwritten() {
    let (_directory, place) = place();
    for spoiled in ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
    {
        std::fs::write(place.key(), spoiled).unwrap();
        let error = StationKey::load_or_create(&place.key()).unwrap_err();
        assert!(matches!(error, KeyError::Malformed { .. }), "{error}");
        assert_eq!(std::fs::read_to_string(place.key()).unwrap(), spoiled);
    }
}
