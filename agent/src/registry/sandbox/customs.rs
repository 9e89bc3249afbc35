//! What customs knows of documents: the registry compares an application with it, not with what
//! the applicant says.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use tekser_imei::{IinBin, Imei};
use utoipa::ToSchema;

use super::Sandbox;
use crate::cases::{Document, DocumentKind, Line};
use crate::store::StoreError;

/// What customs knows of a document. Whatever is not said here is taken from the applicant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// What it is.
    pub kind: DocumentKind,
    /// Its number; spellings that differ in spaces and signs are one.
    #[schema(value_type = String, example = "55301/120326/0004567")]
    pub number: Line,
    /// Whether there is one of this number: false makes the registry not find it.
    #[serde(default = "yes")]
    pub found: bool,
    /// IIN or BIN of whom it was made out to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub holder: Option<IinBin>,
    /// How many devices it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 1000000)]
    pub devices: Option<u32>,
    /// The IMEIs that its text names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, max_items = 4000)]
    pub imeis: Option<Vec<Imei>>,
}

const fn yes() -> bool {
    true
}

impl Declaration {
    /// Most IMEIs of one.
    pub const IMEIS_MAX: usize = 4_000;

    /// Most devices of one.
    pub const DEVICES_MAX: u32 = 1_000_000;
}

impl Sandbox {
    /// Tells the registry what customs knows of a document, in place of what it knew before.
    ///
    /// # Errors
    ///
    /// If the file fails.
    pub async fn declare(&self, declaration: &Declaration) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let malformed = |source| StoreError::Malformed { what: "declaration", source };
        let body = serde_json::to_string(declaration).map_err(malformed)?;
        sqlx::query(
            "INSERT INTO declaration (kind, number, body) VALUES (?, ?, ?) \
             ON CONFLICT (kind, number) DO UPDATE SET body = excluded.body",
        )
        .bind(name(declaration.kind))
        .bind(declaration.number.key())
        .bind(body)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// A document as the registry sees it.
#[derive(Debug)]
pub(super) struct Seen {
    /// With the holder and the devices that customs knows of.
    pub document: Document,
    /// Whether it can be found.
    pub found: bool,
    /// The IMEIs in its text, by their first 14 digits, if customs knows them.
    pub imeis: Option<BTreeSet<tekser_imei::Imei14>>,
}

/// Documents as the registry sees them.
pub(super) async fn seen(
    db: &mut SqliteConnection,
    documents: &[Document],
) -> Result<Vec<Seen>, sqlx::Error> {
    let mut all = Vec::with_capacity(documents.len());
    for document in documents {
        let known = match &document.number {
            Some(number) => known(db, document.kind, number).await?,
            None => None,
        };
        let mut seen =
            Seen { document: document.clone(), found: document.can_be_found(), imeis: None };
        if let Some(known) = known {
            seen.found = known.found;
            seen.document.holder = known.holder.or(document.holder);
            seen.document.devices = known.devices.or(document.devices);
            seen.imeis = known.imeis.map(|imeis| imeis.iter().map(|one| one.imei14()).collect());
        }
        all.push(seen);
    }
    Ok(all)
}

async fn known(
    db: &mut SqliteConnection,
    kind: DocumentKind,
    number: &Line,
) -> Result<Option<Declaration>, sqlx::Error> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT body FROM declaration WHERE kind = ? AND number = ?")
            .bind(name(kind))
            .bind(number.key())
            .fetch_optional(db)
            .await?;
    Ok(row.and_then(|(body,)| serde_json::from_str(&body).ok()))
}

/// The name of a kind in JSON.
fn name(kind: DocumentKind) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(_) | Err(_) => String::new(),
    }
}
