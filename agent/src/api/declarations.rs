//! Customs declarations: the search that the other side runs.

use std::time::Duration;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{RawQuery, Request, State as Shared};
use axum::http::StatusCode;
use serde::Serialize;
use tekser_declaration::{DeclarationError, Report, Wanted};
use utoipa::ToSchema;

use super::{Problem, State};
use crate::cases::{FileDigest, Line};
use crate::check::CHECK_MAX;
use crate::declaration::digest;
use crate::id::CaseId;

/// Longest wait for the body: it comes from this machine.
const BODY_TAKES: Duration = Duration::from_secs(30);

/// What was found in a declaration.
#[derive(Serialize, ToSchema)]
pub(super) struct DeclarationView {
    /// SHA-256 of the file.
    sha256: FileDigest,
    /// The case, if the search was for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<CaseId>,
    /// Whether the file was attached to the case now.
    #[serde(skip_serializing_if = "Option::is_none")]
    attached: Option<bool>,
    /// What was found.
    #[serde(flatten)]
    report: Report,
}

/// What is looked for: a case's IMEIs, or some.
struct Asked {
    case: Option<CaseId>,
    name: Option<Line>,
    imeis: Vec<Wanted>,
}

impl Asked {
    /// By hand, for `imei` comes several times.
    fn parse(query: &str) -> Result<Self, String> {
        let mut asked = Self { case: None, name: None, imeis: Vec::new() };
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match key.as_ref() {
                "case" => {
                    let case = value.parse().map_err(|error| format!("case: {error}"))?;
                    asked.case = Some(case);
                }
                "name" => {
                    let name = Line::parse(&value).map_err(|error| format!("name: {error}"))?;
                    asked.name = Some(name);
                }
                "imei" => asked.imeis.push(Wanted::new(&value)),
                other => {
                    return Err(format!("there is no `{other}`; there are case, name, imei"));
                }
            }
        }
        if asked.case.is_some() != asked.imeis.is_empty() || asked.imeis.len() > CHECK_MAX {
            return Err(format!("give a case, or 1 to {CHECK_MAX} times imei"));
        }
        Ok(asked)
    }
}

/// Looks for IMEIs in the text of a customs declaration, as the operator does: by their first 14
/// digits. The body is the PDF, up to 32 MiB.
///
/// For a case its IMEIs are looked for, the file is attached if it was not, and the result is kept
/// for the preflight. A number is `missing` only if the whole text was read; else it is
/// `undetermined`.
#[utoipa::path(
    post, path = "/declarations", tag = "filing",
    params(
        ("case" = Option<CaseId>, Query, description = "Look for the IMEIs of this case"),
        ("name" = Option<String>, Query, description = "Name of the file, if it is attached to the case"),
        ("imei" = Option<Vec<String>>, Query, description = "Look for this; once per IMEI, without a case"),
    ),
    request_body(content = Vec<u8>, content_type = "application/pdf"),
    responses(
        (status = 200, body = DeclarationView),
        (status = 400, body = Problem),
        (status = 404, description = "There is no such case", body = Problem),
        (status = 409, description = "The file is not attached, and the case is in a batch", body = Problem),
        (status = 413, body = Problem),
        (status = 415, description = "It is no PDF", body = Problem),
        (status = 422, description = "It cannot be searched", body = Problem),
        (status = 503, body = Problem),
    ),
)]
pub(super) async fn search(
    Shared(station): State,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Json<DeclarationView>, Problem> {
    let asked = Asked::parse(query.as_deref().unwrap_or_default())
        .map_err(|detail| Problem::new(StatusCode::BAD_REQUEST, "query", detail))?;
    // First the turn, then the body: those who wait hold no file in memory.
    let turn = station.reader.turn().await?;
    let max = station.reader.file_max();
    let most = usize::try_from(max).unwrap_or(usize::MAX);
    let body = tokio::time::timeout(BODY_TAKES, to_bytes(request.into_body(), most)).await;
    let body = body.map_err(|_| {
        let detail = "the body did not come within 30 seconds";
        Problem::new(StatusCode::REQUEST_TIMEOUT, "body", detail)
    })?;
    let file: Vec<u8> = body.map_err(|_| DeclarationError::TooLarge { max })?.into();
    if let Some(case) = asked.case {
        let name = asked.name.map_or_else(|| Line::parse("declaration.pdf"), Ok);
        let name = name.map_err(|error| Problem::internal(&error))?;
        let found = station.search_case(turn, case, &name, file).await?;
        let (case, attached) = (Some(found.case.id), Some(found.attached));
        return Ok(Json(DeclarationView {
            sha256: found.file,
            case,
            attached,
            report: found.report,
        }));
    }
    let sha256 = digest(&file).map_err(|error| Problem::internal(&error))?;
    let report = turn.search(file, asked.imeis).await?;
    Ok(Json(DeclarationView { sha256, case: None, attached: None, report }))
}
