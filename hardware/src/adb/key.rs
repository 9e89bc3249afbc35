//! The RSA key by which phones know this station.
//!
//! Kept as PKCS#8 PEM, readable by its owner alone. It must stay the same: a phone that once
//! allowed it lets the station in without asking again.

use core::fmt;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use rsa::rand_core::OsRng;
use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, RsaPrivateKey};

/// Bits of the only size of key that phones know.
const BITS: usize = 2048;

/// The same in 32-bit words.
const WORDS: u32 = 64;

/// Longest key file read, in bytes. A PEM file of this size of key has some 1700.
const LONGEST_FILE: u64 = 16 * 1024;

/// Name by which phones list the station among the computers they allow.
const COMMENT: &str = "tekser@station";

/// `DigestInfo` of a SHA-1 hash, but for the hash (RFC 8017, 9.2). The phone's token takes the
/// place of the hash.
const SHA1: [u8; 15] =
    [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];

/// The RSA key by which phones know this station.
pub struct Key {
    private: RsaPrivateKey,
    public: Vec<u8>,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file or its directory cannot be read or written.
    #[error("the key file {path} cannot be used")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file holds no RSA key of 2048 bits in PKCS#8 form.
    #[error("{path} is no RSA key of 2048 bits")]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// Other people of this computer can read the file.
    #[error("{path} can be read by other people of this computer")]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// The system gave no random bytes for a new key.
    #[error("no new key can be made")]
    NotMade,
}

impl KeyError {
    /// What a person can do about it, in one or two sentences.
    pub fn cure(&self) -> String {
        match self {
            Self::Io { path, .. } => format!(
                "Make sure that the folder of {} exists and that Tekser may read and write there.",
                path.display()
            ),
            Self::Malformed { path } => format!(
                "Restore {} from a backup, or move it away: Tekser then makes a new key, and every \
                 phone asks once more whether to allow this computer.",
                path.display()
            ),
            Self::Exposed { path } => format!(
                "Somebody else may have copied the key. Run `chmod 600 {0}` if nobody else uses \
                 this computer, or move {0} away to get a new key.",
                path.display()
            ),
            Self::NotMade => "Restart the computer and try again.".to_owned(),
        }
    }
}

impl Key {
    /// The key in `path`, made there if there is none.
    ///
    /// # Errors
    ///
    /// See [`KeyError`]. A file that is there and cannot be used is never overwritten.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::Io { source, .. }) if is_missing(&source) => {}
            loaded => return loaded,
        }
        let key = Self::generate()?;
        match key.save(path) {
            Ok(()) => Ok(key),
            // Another process was faster at the first start: its key is the key.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Self::load(path),
            Err(source) => Err(KeyError::Io { path: path.to_owned(), source }),
        }
    }

    /// The key in `path`: one of Tekser's, or adb's own `~/.android/adbkey` if the owner of the
    /// station says so.
    ///
    /// # Errors
    ///
    /// See [`KeyError`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let io = |source| KeyError::Io { path: path.to_owned(), source };
        let malformed = || KeyError::Malformed { path: path.to_owned() };
        // Opening a pipe would wait for whoever writes to it.
        if !std::fs::metadata(path).map_err(io)?.is_file() {
            return Err(malformed());
        }
        // What is looked at is what is read, whatever is put in its place meanwhile.
        let file = std::fs::File::open(path).map_err(io)?;
        let about = file.metadata().map_err(io)?;
        if !about.is_file() || about.len() > LONGEST_FILE {
            return Err(malformed());
        }
        if is_exposed(&about) {
            return Err(KeyError::Exposed { path: path.to_owned() });
        }
        let mut bytes = Vec::new();
        file.take(LONGEST_FILE).read_to_end(&mut bytes).map_err(io)?;
        let pem = std::str::from_utf8(&bytes).map_err(|_| malformed())?;
        let private = RsaPrivateKey::from_pkcs8_pem(pem).map_err(|_| malformed())?;
        if private.validate().is_err() {
            return Err(malformed());
        }
        Self::of(private).ok_or_else(malformed)
    }

    /// A new key that is kept nowhere. Takes about a second.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotMade`].
    pub fn generate() -> Result<Self, KeyError> {
        let private = RsaPrivateKey::new(&mut OsRng, BITS).map_err(|_| KeyError::NotMade)?;
        Self::of(private).ok_or(KeyError::NotMade)
    }

    fn of(private: RsaPrivateKey) -> Option<Self> {
        let public = public_form(&private)?;
        Some(Self { private, public })
    }

    fn save(&self, path: &Path) -> std::io::Result<()> {
        let pem = self.private.to_pkcs8_pem(LineEnding::LF).map_err(std::io::Error::other)?;
        let directory = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        // tempfile makes its files 0600 on Unix; on Windows the profile directory's own rights hold.
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(pem.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Signs a phone's token of 20 bytes. `None` if it has another length, or if the system gives
    /// no random bytes for blinding.
    pub fn sign(&self, token: &[u8]) -> Option<Vec<u8>> {
        let padding = Pkcs1v15Sign { hash_len: Some(20), prefix: Box::new(SHA1) };
        self.private.sign_with_rng(&mut OsRng, padding, token).ok()
    }

    /// The public half as phones want it: 524 bytes in base64, the station's name, a zero byte.
    pub fn public(&self) -> Vec<u8> {
        let mut text = BASE64.encode(&self.public).into_bytes();
        text.push(b' ');
        text.extend_from_slice(COMMENT.as_bytes());
        text.push(0);
        text
    }

    /// Sixteen hexadecimal digits that tell keys apart: the low end of the public modulus. Not
    /// the fingerprint that phones show, which is an MD5 hash.
    pub fn fingerprint(&self) -> String {
        let low = self.public.get(8..16).unwrap_or_default();
        low.iter().rev().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Never shows the key, only which one it is.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.fingerprint())
    }
}

/// Android's own form of a public key: words in the modulus, −1/n mod 2³², the modulus, R² mod n
/// with R = 2²⁰⁴⁸, the exponent; all little-endian. `None` if the key has another size than 2048
/// bits. Source: AOSP `libcrypto_utils/android_pubkey.cpp`.
fn public_form(private: &RsaPrivateKey) -> Option<Vec<u8>> {
    let n = private.n();
    let exponent = u32::from_le_bytes(padded(private.e())?);
    if n.bits() != BITS {
        return None;
    }
    let modulus: [u8; BITS / 8] = padded(n)?;
    let low = u32::from_le_bytes(*modulus.first_chunk()?);
    let square = (BigUint::from(1_u8) << (2 * BITS)) % n;
    let square: [u8; BITS / 8] = padded(&square)?;
    let mut form = Vec::with_capacity(524);
    form.extend_from_slice(&WORDS.to_le_bytes());
    form.extend_from_slice(&inverse(low).wrapping_neg().to_le_bytes());
    form.extend_from_slice(&modulus);
    form.extend_from_slice(&square);
    form.extend_from_slice(&exponent.to_le_bytes());
    Some(form)
}

/// The little-endian bytes of a number that has at most `N`.
fn padded<const N: usize>(number: &BigUint) -> Option<[u8; N]> {
    let bytes = number.to_bytes_le();
    let mut place = [0; N];
    place.get_mut(..bytes.len())?.copy_from_slice(&bytes);
    Some(place)
}

/// 1/n mod 2³² of an odd number, by Newton's method: each round doubles the bits that are right,
/// from three.
const fn inverse(n: u32) -> u32 {
    let mut x = n;
    let mut round = 0;
    while round < 4 {
        x = x.wrapping_mul(2_u32.wrapping_sub(n.wrapping_mul(x)));
        round += 1;
    }
    x
}

fn is_missing(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::NotFound
}

#[cfg(unix)]
fn is_exposed(about: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o077 != 0
}

/// On Windows the rights of the profile directory hold.
#[cfg(not(unix))]
const fn is_exposed(_: &std::fs::Metadata) -> bool {
    false
}
