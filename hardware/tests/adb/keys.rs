//! The key that phones know the station by.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::BigUint;
use tekser_hardware::adb::{Key, KeyError};

use super::{key, other_key};

fn number(bytes: &[u8]) -> BigUint {
    BigUint::from_bytes_le(bytes)
}

/// The 524 bytes that a phone gets.
fn form(key: &Key) -> Vec<u8> {
    let public = key.public();
    let text = std::str::from_utf8(public.strip_suffix(b"\0").unwrap()).unwrap();
    let (form, name) = text.split_once(' ').unwrap();
    assert_eq!(name, "tekser@station");
    STANDARD.decode(form).unwrap()
}

#[test]
fn the_public_key_has_the_form_that_phones_check() {
    let form = form(&key());
    assert_eq!(form.len(), 524);
    assert_eq!(form[..4], 64_u32.to_le_bytes());
    assert_eq!(form[520..], 65537_u32.to_le_bytes());
    let n = number(&form[8..264]);
    assert_eq!(n.bits(), 2048);
    // n0inv is -1/n mod 2^32.
    let word = BigUint::from(1_u64 << 32);
    assert_eq!((&n * number(&form[4..8]) + 1_u8) % &word, BigUint::from(0_u8));
    // rr is (2^2048)^2 mod n.
    assert_eq!(number(&form[264..520]), (BigUint::from(1_u8) << 4096) % &n);
}

#[test]
fn a_signature_opens_to_the_token_in_its_padding() {
    let key = key();
    let token: Vec<u8> = (0..20).collect();
    let signature = key.sign(&token).unwrap();
    assert_eq!(signature.len(), 256);
    let form = form(&key);
    let n = number(&form[8..264]);
    let opened = BigUint::from_bytes_be(&signature).modpow(&BigUint::from(65537_u32), &n);
    let mut padded = vec![0x01];
    padded.extend([0xff; 218]);
    padded.push(0);
    padded.extend([
        0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14,
    ]);
    padded.extend(token);
    assert_eq!(opened.to_bytes_be(), padded);
}

#[test]
fn a_token_of_another_length_is_not_signed() {
    for length in [0, 19, 21, 256] {
        assert_eq!(key().sign(&vec![7; length]), None);
    }
}

#[test]
fn debug_shows_which_key_and_nothing_of_it() {
    let (key, other) = (key(), other_key());
    assert_eq!(format!("{key:?}"), format!("Key({})", key.fingerprint()));
    assert_eq!(key.fingerprint().len(), 16);
    assert_ne!(key.fingerprint(), other.fingerprint());
}

#[test]
fn a_missing_key_is_made_once_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("adb.pem");
    let made = Key::load_or_create(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = Key::load_or_create(&path).unwrap();
    assert_eq!(again.public(), made.public());
    assert_eq!(again.sign(&[1; 20]), made.sign(&[1; 20]));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    a_key_that_others_can_read_is_refused(&path);
    a_damaged_key_is_left_as_it_is(&path, &text);
}

fn a_key_that_others_can_read_is_refused(path: &std::path::Path) {
    #[cfg(unix)]
    for mode in [0o640, 0o604, 0o660] {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        let error = Key::load_or_create(path).unwrap_err();
        assert!(matches!(error, KeyError::Exposed { .. }), "{error:?}");
        assert!(error.cure().contains("chmod 600"), "{}", error.cure());
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let _ = path;
}

fn a_damaged_key_is_left_as_it_is(path: &std::path::Path, text: &str) {
    let cut = &text[..text.len() / 2];
    let changed = text.replacen("MII", "MIJ", 1);
    for damaged in [cut.as_bytes(), changed.as_bytes(), b"", b"\xff\xfe", &[b'x'; 20_000]] {
        std::fs::write(path, damaged).unwrap();
        let error = Key::load_or_create(path).unwrap_err();
        assert!(matches!(error, KeyError::Malformed { .. }), "{error:?}");
        assert!(error.cure().contains("backup"), "{}", error.cure());
        assert_eq!(std::fs::read(path).unwrap(), damaged);
    }
}

#[test]
fn a_folder_that_is_not_there_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let error = Key::load(&folder.path().join("none").join("adb.pem")).unwrap_err();
    assert!(matches!(error, KeyError::Io { .. }), "{error:?}");
    assert!(error.cure().contains("folder"), "{}", error.cure());
    let error = Key::load(folder.path()).unwrap_err();
    assert!(matches!(error, KeyError::Malformed { .. } | KeyError::Io { .. }), "{error:?}");
}
