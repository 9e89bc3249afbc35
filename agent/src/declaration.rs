//! Numbers looked for in customs declarations, as the operator does it.
//!
//! A declaration is a foreign file: it is read by a process of its own (`tekser-declaration`), a
//! few at a time. Only what was found is kept, under the digest of the file.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tekser_declaration::wall::Wall;
use tekser_declaration::{DeclarationError, Limits, Report, Wanted, search};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use crate::cases::{FileDigest, TextError};

/// The command by which this program reads a PDF for itself.
pub const READ_PDF: &str = "read-pdf";

/// Files that are read at once; the others wait their turn, each for no longer than a deadline.
const TURNS: usize = 2;

/// What came of a search in one file of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Searched {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeclarationOutcome)]
pub enum Outcome {
    /// What was found.
    Report(Report),
    /// It can't be searched.
    Failed(DeclarationError),
}

/// Reads declarations, a few at a time. Clones share the turns.
#[derive(Debug, Clone)]
pub struct Reader {
    wall: Option<Wall>,
    turns: Arc<Semaphore>,
}

impl Reader {
    /// The program that runs, told to read a PDF.
    pub fn this_program() -> Self {
        let program = std::env::current_exe().ok();
        Self::new(program.map(|program| Wall::new(program, [READ_PDF], Limits::SHIPPED)))
    }

    /// A reader behind this wall; without one it refuses.
    pub fn new(wall: Option<Wall>) -> Self {
        Self { wall, turns: Arc::new(Semaphore::new(TURNS)) }
    }

    /// Longest file, in bytes.
    pub fn file_max(&self) -> u64 {
        self.wall.as_ref().map_or(Limits::SHIPPED.bytes, |wall| wall.limits().bytes)
    }

    /// Waits until it is a file's turn: whoever holds a file in memory holds a turn too.
    ///
    /// # Errors
    ///
    /// If this reader reads nothing.
    pub async fn turn(&self) -> Result<Turn<'_>, DeclarationError> {
        let wall = self.wall.as_ref().ok_or(DeclarationError::NoReader)?;
        let permit = Arc::clone(&self.turns).acquire_owned().await;
        let permit = permit.map_err(|_| DeclarationError::NoReader)?;
        Ok(Turn { wall, _permit: permit })
    }
}

/// The right to read one file now.
#[derive(Debug)]
pub struct Turn<'a> {
    wall: &'a Wall,
    _permit: tokio::sync::OwnedSemaphorePermit,
}

impl Turn<'_> {
    /// Looks for numbers in a PDF.
    ///
    /// # Errors
    ///
    /// If it can't be searched.
    pub async fn search(
        self,
        file: Vec<u8>,
        wanted: Vec<Wanted>,
    ) -> Result<Report, DeclarationError> {
        let wall = self.wall.clone();
        let work = move || wall.read(file).map(|text| search(&text, &wanted));
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(DeclarationError::Died))
    }
}

/// The digest by which a case names a file.
///
/// # Errors
///
/// Never: a digest has 64 digits.
pub fn digest(file: &[u8]) -> Result<FileDigest, TextError> {
    let digits: String = Sha256::digest(file).iter().map(|byte| format!("{byte:02x}")).collect();
    FileDigest::parse(&digits)
}
