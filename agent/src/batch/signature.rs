//! The station's signing key: made at the first start, kept in the data directory, never shown.

use core::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::place::create_private;

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("cannot use the station key {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no PKCS#8 Ed25519 key.
    #[error("{path} is no Ed25519 key; restore it from a backup, or move it away to get a new one")]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The system gave no random bytes.
    #[error("the system gives no random bytes for a new key")]
    NoRandomness,
}

/// The key that signs batches.
pub struct StationKey(SigningKey);

impl StationKey {
    /// Reads the key, or makes one if the file is not there.
    ///
    /// # Errors
    ///
    /// See [`KeyError`]. A file that is there and unreadable is never overwritten.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        let io = |source| KeyError::Io { path: path.to_owned(), source };
        match std::fs::read_to_string(path) {
            Ok(pem) => Self::read(path, &pem),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut seed = [0; 32];
                getrandom::fill(&mut seed).map_err(|_| KeyError::NoRandomness)?;
                let key = SigningKey::from_bytes(&seed);
                let pem = key
                    .to_pkcs8_pem(LineEnding::LF)
                    .map_err(|_| KeyError::Malformed { path: path.to_owned() })?;
                match create_private(path, |file| file.write_all(pem.as_bytes())) {
                    Ok(()) => Ok(Self(key)),
                    // Another process was faster at the first start: its key is the key.
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                        Self::read(path, &std::fs::read_to_string(path).map_err(io)?)
                    }
                    Err(error) => Err(io(error)),
                }
            }
            Err(error) => Err(io(error)),
        }
    }

    fn read(path: &Path, pem: &str) -> Result<Self, KeyError> {
        let key = SigningKey::from_pkcs8_pem(pem);
        key.map(Self).map_err(|_| KeyError::Malformed { path: path.to_owned() })
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs bytes.
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(bytes))
    }
}

impl fmt::Debug for StationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StationKey(…)")
    }
}

/// Public half of a station's key: base64 of its 32 bytes in JSON.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Whether `signature` is of these bytes by this key.
    pub fn verify(&self, bytes: &[u8], signature: &Signature) -> bool {
        self.0.verify_strict(bytes, &signature.0).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", BASE64.encode(self.0.as_bytes()))
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        BASE64.encode(key.0.as_bytes())
    }
}

/// Text that is no key or no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the base64 form of an Ed25519 key or signature")]
pub struct Malformed;

impl TryFrom<String> for PublicKey {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        let bytes = BASE64.decode(text).map_err(|_| Malformed)?;
        let bytes = bytes.as_slice().try_into().map_err(|_| Malformed)?;
        VerifyingKey::from_bytes(bytes).map(Self).map_err(|_| Malformed)
    }
}

/// An Ed25519 signature: base64 of its 64 bytes in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Signature(ed25519_dalek::Signature);

impl From<Signature> for String {
    fn from(signature: Signature) -> Self {
        BASE64.encode(signature.0.to_bytes())
    }
}

impl TryFrom<String> for Signature {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        let bytes = BASE64.decode(text).map_err(|_| Malformed)?;
        ed25519_dalek::Signature::from_slice(&bytes).map(Self).map_err(|_| Malformed)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
