//! `Idempotency-Key`: a write that is sent again is answered as it was the first time.
//!
//! A key is kept for 48 hours. The same key with another request is refused (422), and while
//! the first one runs, with 409. A request that was begun is carried out to its end even if its
//! client hangs up. An answer that says the station itself failed (5xx) is not kept.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use super::{BODY_MAX, Problem, evidence};
use crate::portal::{EVIDENCE_MAX, EvidenceError};
use crate::station::Station;
use crate::store::Replay;

const KEY_MAX: usize = 128;

pub(super) async fn replay(
    State(station): State<Arc<Station>>,
    request: Request,
    next: Next,
) -> Response {
    let key = match request.headers().get("idempotency-key") {
        Some(value) if request.method() == Method::POST => match read_key(value) {
            Some(key) => key,
            None => return bad_key().into_response(),
        },
        _ => return next.run(request).await,
    };
    // A client that hangs up must not leave the work half done, nor its key taken.
    match tokio::spawn(replay_with(station, key, request, next)).await {
        Ok(outcome) => outcome.unwrap_or_else(Problem::into_response),
        Err(error) => Problem::internal(&error).into_response(),
    }
}

async fn replay_with(
    station: Arc<Station>,
    key: String,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let too_long =
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body", "the body is longer than 1 MiB");
    let (most, too_long) = match parts.uri.path() {
        evidence::PATH => (EVIDENCE_MAX, EvidenceError::TooLarge.into()),
        _ => (BODY_MAX, too_long),
    };
    let body = to_bytes(body, most).await.map_err(|_| too_long)?;
    let fingerprint = Sha256::new()
        .chain_update(parts.uri.to_string())
        .chain_update([0])
        .chain_update(&body)
        .finalize();
    match station.store.take_key(&key, &fingerprint, station.clock.now()).await? {
        Replay::New => {}
        Replay::Running => {
            let detail = "the first request with this Idempotency-Key is still running";
            return Err(Problem::new(StatusCode::CONFLICT, "idempotency_running", detail));
        }
        Replay::OtherRequest => {
            let detail = "this Idempotency-Key was used for another request; make a new one";
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_reused",
                detail,
            ));
        }
        Replay::Answered { status, body } => return Ok(answer(status, body)),
    }
    let request = Request::from_parts(parts, Body::from(body));
    let response = match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(error) => Problem::internal(&error).into_response(),
    };
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    if parts.status.is_server_error() {
        station.store.release_key(&key).await?;
    } else {
        let text = String::from_utf8_lossy(&body);
        station.store.keep_replay(&key, parts.status.as_u16(), &text).await?;
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn answer(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}

/// The key as the draft writes it, a quoted string, or bare as most clients send it.
fn read_key(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?.trim();
    let key = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let sound = !key.is_empty() && key.len() <= KEY_MAX && !key.contains('"');
    sound.then(|| key.to_owned())
}

fn bad_key() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "idempotency_key",
        "an Idempotency-Key is a string of 1 to 128 characters; a UUID is best",
    )
}
