//! The declaration of a case: numbers looked for, file attached, result kept.

use tekser_declaration::{DeclarationError, Report, Wanted};

use super::{DeskError, Station};
use crate::cases::{
    AttachedFile, Case, CaseState, Document, DocumentKind, FileDigest, Filing, FilingError, Line,
};
use crate::declaration::{Outcome, Searched, Turn, digest};
use crate::id::CaseId;

/// A search for a case.
#[derive(Debug)]
pub struct CaseSearch {
    /// The case as it is now.
    pub case: Case,
    /// The digest of the file.
    pub file: FileDigest,
    /// Whether the file was attached now.
    pub attached: bool,
    /// What was found.
    pub report: Report,
}

impl Station {
    /// Looks for the IMEIs of a case in its customs declaration and keeps the result, so that the
    /// preflight knows without the file. A file that is not attached is attached to the case's
    /// customs declaration, if it can be searched.
    ///
    /// # Errors
    ///
    /// [`DeskError::NotOpen`] if the file would have to be attached and the case is in a batch;
    /// [`DeskError::Declaration`] if the file can't be searched.
    pub async fn search_case(
        &self,
        turn: Turn<'_>,
        id: CaseId,
        name: &Line,
        file: Vec<u8>,
    ) -> Result<CaseSearch, DeskError> {
        let case = self.store.case(id).await?.ok_or(DeskError::NoSuchCase(id))?;
        let (size, sha256) = (file.len() as u64, digest(&file));
        let sha256 = sha256.map_err(|_| DeclarationError::Damaged)?;
        let wanted = case.filing.new_imeis().map(Wanted::from).collect();
        let found = turn.search(file, wanted).await;
        let now = self.clock.now();

        let mut change = self.store.begin().await?;
        // As it is now: it may have been changed while the file was read.
        let mut case = change.case(id).await?.ok_or(DeskError::NoSuchCase(id))?;
        let attached = !is_attached(&case.filing, &sha256);
        if attached {
            if let Err(error) = found {
                return Err(error.into());
            }
            if !case.state.may_be_batched() {
                return Err(DeskError::NotOpen { case: id, state: case.state.kind() });
            }
            attach(
                &mut case.filing,
                AttachedFile { name: name.clone(), size, sha256: sha256.clone() },
            )?;
            case.state = CaseState::Open;
        }
        let outcome = match &found {
            Ok(report) => Outcome::Report(report.clone()),
            // That says something of this machine, not of the file.
            Err(DeclarationError::NoReader) => return Err(DeclarationError::NoReader.into()),
            Err(error) => Outcome::Failed(*error),
        };
        change.keep_searched(id, &sha256, &Searched { at: now, outcome }).await?;
        // The case is told of even if it is the same: its preflight is another.
        change.update_case(&case, now).await?;
        change.commit().await?;
        Ok(CaseSearch { case, file: sha256, attached, report: found? })
    }
}

fn is_attached(filing: &Filing, sha256: &FileDigest) -> bool {
    filing
        .documents()
        .iter()
        .flat_map(|document| &document.files)
        .any(|file| file.sha256 == *sha256)
}

/// Attaches a file to the first customs declaration, or to a new one.
fn attach(filing: &mut Filing, file: AttachedFile) -> Result<(), FilingError> {
    let documents = filing.documents_mut();
    let is_declaration = |one: &Document| one.kind == DocumentKind::CustomsDeclaration;
    let at = match documents.iter().position(is_declaration) {
        Some(at) => at,
        None if documents.len() >= Document::MAX => return Err(FilingError::TooManyDocuments),
        None => {
            documents.push(Document::new(DocumentKind::CustomsDeclaration));
            documents.len() - 1
        }
    };
    let files = documents.get_mut(at).map(|document| &mut document.files);
    match files.filter(|files| files.len() < Document::FILES_MAX) {
        Some(files) => files.push(file),
        None => return Err(FilingError::TooManyDocuments),
    }
    Ok(())
}
