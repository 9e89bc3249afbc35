//! Errors as RFC 9457 problems, and the one place where the house's errors become HTTP.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tekser_declaration::DeclarationError;
use tekser_imei::ParseError;
use utoipa::ToSchema;

use crate::bench::{LabelError, ModemError, ScanError};
use crate::cases::{FilingError, Preflight};
use crate::counter::ScannerError;
use crate::id::CaseId;
use crate::portal::EvidenceError;
use crate::station::{DeskError, PortalError};
use crate::store::StoreError;

/// A problem (`application/problem+json`). `code` is stable; `detail` is for people.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:tekser:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The HTTP status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// Stable code.
    code: &'static str,
    /// What happened and what to do.
    detail: String,
    /// The case that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<CaseId>,
    /// Why a case would be refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Preflight>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:tekser:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Problem").to_owned(),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            case: None,
            findings: Vec::new(),
        }
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no {what}"))
    }

    pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        // The cause may name files and statements: it goes to the log, not out of the door.
        tracing::error!(error, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "store_failed",
            "the station could not use its database; see its log",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(self)).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::internal(&error)
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        let detail = error.to_string();
        let (status, code) = match error {
            DeskError::NoSuchCase(_)
            | DeskError::NoSuchBatch(_)
            | DeskError::NoSuchHandset(_)
            | DeskError::NoSuchRegistry(_) => (StatusCode::NOT_FOUND, "not_found"),
            // These three codes are older than the other kinds of cases: they mean a reference too.
            DeskError::Filing(FilingError::Reference) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "work_order")
            }
            DeskError::ReferenceTaken { .. } => (StatusCode::CONFLICT, "work_order_taken"),
            DeskError::ReferenceFixed { .. } => (StatusCode::CONFLICT, "work_order_fixed"),
            DeskError::Filing(FilingError::TooManyImeis) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "too_many_imeis")
            }
            DeskError::Filing(FilingError::TooManyDevices { .. }) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "too_many_devices")
            }
            DeskError::Filing(FilingError::TooManyDocuments) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "too_many_documents")
            }
            DeskError::Changed(_) => (StatusCode::CONFLICT, "case_changed"),
            DeskError::NotOpen { .. } => (StatusCode::CONFLICT, "case_not_open"),
            DeskError::WouldBeRefused { case, findings } => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                let problem = Self::new(status, "would_be_refused", detail);
                return Self { case: Some(case), findings, ..problem };
            }
            DeskError::FiledAlready { case, .. } => {
                let problem = Self::new(StatusCode::CONFLICT, "filed_already", detail);
                return Self { case: Some(case), ..problem };
            }
            DeskError::Declaration(error) => return error.into(),
            DeskError::BatchSize => (StatusCode::UNPROCESSABLE_ENTITY, "batch_size"),
            DeskError::Manifest(_) | DeskError::Store(_) => return Self::internal(&error),
        };
        Self::new(status, code, detail)
    }
}

impl From<DeclarationError> for Problem {
    fn from(error: DeclarationError) -> Self {
        let detail = format!("{error}. {}", error.cure());
        let (status, code) = match error {
            DeclarationError::NotPdf => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "declaration_not_pdf"),
            DeclarationError::TooLarge { .. } => {
                (StatusCode::PAYLOAD_TOO_LARGE, "declaration_too_large")
            }
            DeclarationError::TooManyPages { .. } => {
                (StatusCode::PAYLOAD_TOO_LARGE, "declaration_too_many_pages")
            }
            DeclarationError::NoReader => {
                (StatusCode::SERVICE_UNAVAILABLE, "declaration_no_reader")
            }
            DeclarationError::Encrypted => {
                (StatusCode::UNPROCESSABLE_ENTITY, "declaration_encrypted")
            }
            DeclarationError::UnknownEncryption => {
                (StatusCode::UNPROCESSABLE_ENTITY, "declaration_unknown_encryption")
            }
            DeclarationError::NoText => (StatusCode::UNPROCESSABLE_ENTITY, "declaration_no_text"),
            DeclarationError::Damaged => (StatusCode::UNPROCESSABLE_ENTITY, "declaration_damaged"),
            DeclarationError::TooSlow => (StatusCode::UNPROCESSABLE_ENTITY, "declaration_too_slow"),
            DeclarationError::Died => (StatusCode::UNPROCESSABLE_ENTITY, "declaration_died"),
        };
        Self::new(status, code, detail)
    }
}

impl From<ScanError> for Problem {
    fn from(error: ScanError) -> Self {
        let detail = error.to_string();
        let (status, code) = match error {
            ScanError::Label(LabelError::NothingFound) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "nothing_found")
            }
            ScanError::Label(LabelError::Ambiguous) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "ambiguous")
            }
            ScanError::TooLong { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "label_too_long"),
            ScanError::NoSuchDevice(_) | ScanError::NoSuchHandset(_) => {
                (StatusCode::NOT_FOUND, "not_found")
            }
            ScanError::Store(error) => return Self::internal(&error),
        };
        Self::new(status, code, detail)
    }
}

impl From<ScannerError> for Problem {
    fn from(error: ScannerError) -> Self {
        let detail = error.to_string();
        let (status, code) = match error {
            ScannerError::NoSuchScanner(_) => (StatusCode::NOT_FOUND, "not_found"),
            ScannerError::Away => (StatusCode::CONFLICT, "scanner_away"),
            ScannerError::Plain => (StatusCode::CONFLICT, "scanner_plain"),
            ScannerError::NoAnswer => (StatusCode::SERVICE_UNAVAILABLE, "scanner_no_answer"),
            ScannerError::Baud => (StatusCode::UNPROCESSABLE_ENTITY, "scanner_baud"),
            ScannerError::Loudness => (StatusCode::UNPROCESSABLE_ENTITY, "scanner_loudness"),
            ScannerError::Flash => (StatusCode::SERVICE_UNAVAILABLE, "scanner_flash"),
            ScannerError::Store(error) => return Self::internal(&error),
        };
        Self::new(status, code, detail)
    }
}

impl From<ModemError> for Problem {
    fn from(error: ModemError) -> Self {
        let detail = match error.cure() {
            Some(cure) => format!("{error}. {cure}"),
            None => error.to_string(),
        };
        let (status, code) = match error {
            ModemError::NoSuchDevice(_) => (StatusCode::NOT_FOUND, "not_found"),
            ModemError::NoneHidden => (StatusCode::CONFLICT, "no_hidden_modem"),
            ModemError::BeingRead => (StatusCode::CONFLICT, "being_read"),
            ModemError::NotShown(_) => (StatusCode::SERVICE_UNAVAILABLE, "modem_not_shown"),
        };
        Self::new(status, code, detail)
    }
}

impl From<ParseError> for Problem {
    fn from(error: ParseError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "not_an_imei", error.to_string())
    }
}

impl From<EvidenceError> for Problem {
    fn from(error: EvidenceError) -> Self {
        PortalError::from(error).into()
    }
}

impl From<PortalError> for Problem {
    fn from(error: PortalError) -> Self {
        let detail = error.to_string();
        let (status, code) = match error {
            PortalError::NoPortal => (StatusCode::NOT_FOUND, "no_portal"),
            PortalError::NoSuchPortal(_) | PortalError::NoSuchSighting(_) => {
                (StatusCode::NOT_FOUND, "not_found")
            }
            PortalError::WhichPortal => (StatusCode::UNPROCESSABLE_ENTITY, "which_portal"),
            PortalError::Report(_) => (StatusCode::UNPROCESSABLE_ENTITY, "sighting"),
            PortalError::NoSuchEvidence(_) => (StatusCode::UNPROCESSABLE_ENTITY, "no_evidence"),
            PortalError::Evidence(EvidenceError::TooLarge) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "evidence_too_large")
            }
            PortalError::Evidence(EvidenceError::NotAnImage) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "evidence_not_an_image")
            }
            PortalError::Evidence(EvidenceError::Damaged(_)) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "evidence_damaged")
            }
            PortalError::Evidence(EvidenceError::Folder { .. })
            | PortalError::Broken(_)
            | PortalError::Store(_) => return Self::internal(&error),
        };
        Self::new(status, code, detail)
    }
}

pub(crate) async fn no_such_method() -> Problem {
    let detail = "this address takes other methods; see /api/openapi.json";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

pub(crate) async fn no_such_page() -> Problem {
    Problem::not_found("such page; the API begins at /api/v1 and is described in /api/openapi.json")
}
