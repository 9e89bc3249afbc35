//! Screenshots of what people saw on portals.

use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use super::input::Named;
use super::{Problem, State};
use crate::cases::FileDigest;
use crate::portal::{EVIDENCE_MAX, EvidenceError, Kept};
use crate::station::PortalError;

/// Where screenshots are sent.
pub(super) const PATH: &str = "/api/v1/evidence";

/// Keeps a screenshot, once, under the SHA-256 of its bytes. It is a PNG, JPEG or WebP image of at
/// most 5 MiB; the bytes say which, not `Content-Type`.
#[utoipa::path(
    post, path = "/evidence", tag = "check",
    request_body(content(
        (Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp"),
    )),
    responses(
        (status = 201, body = Kept),
        (status = 200, description = "It was kept before", body = Kept),
        (status = 413, body = Problem),
        (status = 415, description = "It is no such image", body = Problem),
    ),
)]
pub(super) async fn keep(
    Shared(station): State,
    request: Request,
) -> Result<(StatusCode, Json<Kept>), Problem> {
    let bytes: Bytes =
        to_bytes(request.into_body(), EVIDENCE_MAX).await.map_err(|_| EvidenceError::TooLarge)?;
    let kept = station.keep_evidence(bytes).await?;
    let status = if kept.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(kept)))
}

/// A screenshot.
#[utoipa::path(
    get, path = "/evidence/{sha256}", tag = "check",
    params(("sha256" = String, Path, description = "SHA-256 of its bytes, in hexadecimal")),
    responses(
        (status = 200, content(
            (Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp"),
        )),
        (status = 404, body = Problem),
    ),
)]
pub(super) async fn show(
    Shared(station): State,
    Named(digest): Named<String>,
) -> Result<impl IntoResponse, Problem> {
    let none = || Problem::not_found("such screenshot");
    let digest = FileDigest::parse(&digest).map_err(|_| none())?;
    let (kind, bytes) = station.screenshot(digest).await.map_err(|error| match error {
        PortalError::NoSuchEvidence(_) => none(),
        error => error.into(),
    })?;
    Ok(([(header::CONTENT_TYPE, kind)], bytes))
}
