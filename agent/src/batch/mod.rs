//! Cases that go out together under one manifest and one signature.
//!
//! The manifest's bytes are made once and kept: what is signed, sent and shown later is the same
//! byte string. The signature is the *station's* own (Ed25519), evidence of what was submitted;
//! it is not the applicant's EDS.

mod signature;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

pub use signature::{KeyError, PublicKey, Signature, StationKey};

use crate::cases::{Case, Filing};
use crate::id::{BatchId, CaseId};

/// Most cases in one batch. Registries answer a whole request at once, so small batches lose
/// less to one bad row.
pub const BATCH_MAX: usize = 100;

/// Most IMEIs to be verified with one batch: its manifest stays within a megabyte or so.
pub const BATCH_IMEIS_MAX: usize = 4_000;

/// What is signed: every case of the batch as it stood then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format.
    pub version: u8,
    /// The batch.
    pub batch: BatchId,
    /// When it was made.
    pub made_at: Timestamp,
    /// Key that signs it.
    pub key: PublicKey,
    /// The cases.
    pub cases: Vec<ManifestCase>,
}

impl Manifest {
    /// Version written now. Version 1 had replacements only, and without applicant and documents;
    /// it is read as before.
    pub const VERSION: u8 = 2;

    /// The manifest of these cases.
    pub fn of(batch: BatchId, made_at: Timestamp, key: PublicKey, cases: &[Case]) -> Self {
        let cases = cases
            .iter()
            .map(|case| ManifestCase { id: case.id, filing: case.filing.clone() })
            .collect();
        Self { version: Self::VERSION, batch, made_at, key, cases }
    }
}

/// A case in a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestCase {
    /// The case.
    pub id: CaseId,
    /// What is filed, under the name of its kind.
    #[serde(flatten)]
    pub filing: Filing,
}

/// SHA-256 of a manifest, in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct ManifestDigest(String);

impl ManifestDigest {
    /// The digest of these bytes.
    pub fn of(manifest: &str) -> Self {
        Self(signature::hex(&Sha256::digest(manifest.as_bytes())))
    }

    /// Hex text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A manifest with its signature: what a registry is given.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignedBatch {
    /// Its name.
    pub id: BatchId,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// Its cases, in the manifest's order.
    pub cases: Vec<CaseId>,
    /// The manifest's bytes: JSON text.
    pub manifest: String,
    /// Their SHA-256.
    pub digest: ManifestDigest,
    /// Their signature.
    #[schema(value_type = String)]
    pub signature: Signature,
}

/// The manifest holds IMEIs: only what names the batch shows.
impl core::fmt::Debug for SignedBatch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (id, cases) = (self.id, self.cases.len());
        write!(f, "SignedBatch({id}, {cases} cases, {})", self.digest.as_str())
    }
}

impl SignedBatch {
    /// Signs `cases` under a new name.
    ///
    /// # Errors
    ///
    /// Only if the manifest can't be written as JSON.
    pub fn sign(key: &StationKey, made_at: Timestamp, cases: &[Case]) -> serde_json::Result<Self> {
        let id = BatchId::new();
        let manifest = serde_json::to_string(&Manifest::of(id, made_at, key.public(), cases))?;
        Ok(Self {
            id,
            made_at,
            cases: cases.iter().map(|case| case.id).collect(),
            digest: ManifestDigest::of(&manifest),
            signature: key.sign(manifest.as_bytes()),
            manifest,
        })
    }

    /// The manifest, if its digest and signature are right.
    pub fn verify(&self) -> Option<Manifest> {
        let manifest: Manifest = serde_json::from_str(&self.manifest).ok()?;
        let right = (1..=Manifest::VERSION).contains(&manifest.version)
            && self.digest == ManifestDigest::of(&self.manifest)
            && manifest.batch == self.id
            && manifest.key.verify(self.manifest.as_bytes(), &self.signature);
        right.then_some(manifest)
    }
}
