//! Who is let in: keys as Android writes them, signatures, and the question on the screen.

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::rand_core::{OsRng, RngCore};
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, Pkcs1v15Sign, RsaPublicKey};

/// Bytes that the computer has to sign.
pub(super) type Token = [u8; 20];

/// A new token.
pub(super) fn token() -> Token {
    let mut token = [0; 20];
    // Where the system has no randomness the token is all zeros, which a phone may well send.
    let _ = OsRng.try_fill_bytes(&mut token);
    token
}

/// Bytes of a modulus.
const MODULUS: usize = 256;

/// Bytes of a key as Android writes it: two words, the modulus, a Montgomery constant, one word.
const KEY: usize = 4 + 4 + MODULUS + MODULUS + 4;

/// Most keys that a phone remembers; the oldest goes.
const KEYS: usize = 64;

/// Computers that a phone lets in. Clones share what they remember, so that a phone still knows
/// a computer after it was pulled out and plugged in again.
#[derive(Clone, Default)]
pub struct AllowedKeys(Arc<Mutex<Vec<RsaPublicKey>>>);

impl AllowedKeys {
    fn lock(&self) -> MutexGuard<'_, Vec<RsaPublicKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many keys are remembered.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Remembers a key that is written as in a computer's `adbkey.pub`.
    ///
    /// # Errors
    ///
    /// [`BadKey`], when it is none.
    pub fn allow(&self, text: &[u8]) -> Result<(), BadKey> {
        self.remember(parse(text)?);
        Ok(())
    }

    pub(super) fn remember(&self, key: RsaPublicKey) {
        let mut keys = self.lock();
        if !keys.contains(&key) {
            if keys.len() == KEYS {
                keys.remove(0);
            }
            keys.push(key);
        }
    }

    /// Whether one of them signed this token.
    pub(super) fn signed(&self, token: &Token, signature: &[u8]) -> bool {
        self.lock().iter().any(|key| verifies(key, token, signature))
    }
}

/// Keys never show.
impl fmt::Debug for AllowedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AllowedKeys({})", self.count())
    }
}

/// The token stands where a SHA-1 digest would.
fn verifies(key: &RsaPublicKey, token: &Token, signature: &[u8]) -> bool {
    const SHA1: [u8; 15] =
        [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];
    let scheme = Pkcs1v15Sign { hash_len: Some(token.len()), prefix: Box::new(SHA1) };
    key.verify(scheme, token, signature).is_ok()
}

/// Bytes of a signature by such a key.
pub(super) const SIGNATURE: usize = MODULUS;

/// Why a public key is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Not base64, up to a space or a NUL.
    #[error("the key is not base64")]
    NotBase64,
    /// Not as long as Android's structure for 2048 bits.
    #[error("the key has {0} bytes instead of 524")]
    Length(usize),
    /// A word or number in it contradicts the modulus; old phones compute with them.
    #[error("the key's {0} is wrong")]
    Wrong(&'static str),
}

/// The key in what a computer sends: base64, a space, its name, a NUL.
pub(super) fn parse(text: &[u8]) -> Result<RsaPublicKey, BadKey> {
    let end = text.iter().position(|byte| matches!(byte, b' ' | b'\0' | b'\n'));
    let base64 = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    decode(&STANDARD.decode(base64).map_err(|_| BadKey::NotBase64)?)
}

fn decode(bytes: &[u8]) -> Result<RsaPublicKey, BadKey> {
    let short = || BadKey::Length(bytes.len());
    let bytes: &[u8; KEY] = bytes.try_into().map_err(|_| short())?;
    let (words, rest) = bytes.split_first_chunk::<4>().ok_or_else(short)?;
    let (inverse, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
    let (modulus, rest) = rest.split_first_chunk::<MODULUS>().ok_or_else(short)?;
    let (square, exponent) = rest.split_first_chunk::<MODULUS>().ok_or_else(short)?;
    let exponent: [u8; 4] = exponent.try_into().map_err(|_| short())?;
    let lowest = modulus.first_chunk::<4>().map_or(0, |low| u32::from_le_bytes(*low));
    if u32::from_le_bytes(*words) != 64 {
        return Err(BadKey::Wrong("length in words"));
    }
    // The constant times the lowest word of the modulus is −1.
    if u32::from_le_bytes(*inverse).wrapping_mul(lowest) != u32::MAX {
        return Err(BadKey::Wrong("inverse"));
    }
    let modulus = BigUint::from_bytes_le(modulus);
    if BigUint::from_bytes_le(square) != (BigUint::from(1u8) << (2 * 8 * MODULUS)) % &modulus {
        return Err(BadKey::Wrong("Montgomery constant"));
    }
    let exponent = u32::from_le_bytes(exponent);
    let key = RsaPublicKey::new(modulus, BigUint::from(exponent));
    match key {
        Ok(key) if key.size() == MODULUS => Ok(key),
        _ => Err(BadKey::Wrong("modulus or exponent")),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use rsa::RsaPrivateKey;
    use rsa::traits::PublicKeyParts;

    use super::*;

    /// A computer with a key of its own.
    pub(in crate::adbd) struct Computer(RsaPrivateKey);

    impl Computer {
        pub(in crate::adbd) fn new() -> Self {
            Self(RsaPrivateKey::new(&mut OsRng, 2048).unwrap())
        }

        pub(in crate::adbd) fn sign(&self, token: &[u8]) -> Vec<u8> {
            // As EMSA-PKCS1-v1_5 has it, by hand, so that a mistake above is not made twice.
            let mut padded = vec![0x00, 0x01];
            padded.resize(256 - 20 - 15 - 1, 0xff);
            padded.push(0);
            padded.extend(b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14");
            padded.extend(token);
            let message = BigUint::from_bytes_be(&padded);
            let power = message.modpow(rsa::traits::PrivateKeyParts::d(&self.0), self.0.n());
            let bytes = power.to_bytes_be();
            [vec![0; 256 - bytes.len()], bytes].concat()
        }

        pub(in crate::adbd) fn bytes(&self) -> Vec<u8> {
            let n = self.0.n();
            let words = n.to_bytes_le();
            let low = u32::from_le_bytes(words[..4].try_into().unwrap());
            let inverse = (0..32).fold((0u32, 1u32), |(inverse, bit), _| {
                let odd = inverse.wrapping_mul(low).wrapping_add(1) & bit != 0;
                (if odd { inverse | bit } else { inverse }, bit.wrapping_shl(1))
            });
            let mut square = ((BigUint::from(1u8) << 4096usize) % n).to_bytes_le();
            square.resize(256, 0);
            let mut key = 64u32.to_le_bytes().to_vec();
            key.extend(inverse.0.to_le_bytes());
            key.extend(words);
            key.extend(square);
            key.extend(65537u32.to_le_bytes());
            key
        }

        pub(in crate::adbd) fn public(&self) -> Vec<u8> {
            format!("{} shop@counter\0", STANDARD.encode(self.bytes())).into_bytes()
        }
    }

    #[test]
    fn only_the_allowed_key_lets_in() {
        let (known, stranger) = (Computer::new(), Computer::new());
        let keys = AllowedKeys::default();
        keys.allow(&known.public()).unwrap();
        keys.allow(&known.public()).unwrap();
        assert_eq!(keys.count(), 1);
        let token = token();
        assert!(keys.signed(&token, &known.sign(&token)));
        assert!(!keys.signed(&token, &stranger.sign(&token)));
        assert!(!keys.signed(&super::token(), &known.sign(&token)));
        assert!(!keys.signed(&token, &[]));
        assert!(!keys.signed(&token, &[0xff; 256]));
    }

    #[test]
    fn a_key_that_contradicts_itself_is_none() {
        let keys = AllowedKeys::default();
        let good = Computer::new().bytes();
        assert_eq!(keys.allow(b"*** me@here\0"), Err(BadKey::NotBase64));
        let told = |bytes: &[u8]| keys.allow(STANDARD.encode(bytes).as_bytes());
        assert_eq!(told(&good[1..]), Err(BadKey::Length(523)));
        for (at, wrong) in [(0, "length in words"), (5, "inverse"), (300, "Montgomery constant")] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert_eq!(told(&bad), Err(BadKey::Wrong(wrong)));
        }
        assert_eq!(keys.count(), 0);
        assert_eq!(told(&good), Ok(()));
    }
}
