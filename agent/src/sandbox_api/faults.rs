//! Troubles: turned on by the control side, met on the registry's side.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::State;
use super::wire::Lost;
use crate::api::Problem;
use crate::api::input::Body;
use crate::clock::Clock as _;
use crate::registry::sandbox::{Faults, Trouble};

/// Troubles. Each is turned off by leaving it out.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(super) struct Troubles {
    /// Every answer of the registry comes so many milliseconds late.
    #[schema(maximum = 60000)]
    latency_ms: u32,
    /// So many requests are answered 429 with `Retry-After`.
    #[schema(maximum = 1000000)]
    throttled: u32,
    /// That many seconds; 1 if not said.
    #[schema(maximum = 86400)]
    retry_after_seconds: u32,
    /// So many requests are answered 503 before anything is done.
    #[schema(maximum = 1000000)]
    failing: u32,
    /// So many requests find the connection cut before anything is done.
    #[schema(maximum = 1000000)]
    unreachable: u32,
    /// So many applications are taken in and the connection cut without an answer.
    #[schema(maximum = 1000000)]
    lose_answers: u32,
    /// Look-ups answer for so many seconds of the registry's clock what is true now.
    #[schema(maximum = 31536000)]
    stale_seconds: u32,
    /// So many look-ups of several have every row twice.
    #[schema(maximum = 1000000)]
    duplicate_answers: u32,
    /// So many look-ups have one row, in the middle, that cannot be answered.
    #[schema(maximum = 1000000)]
    bad_rows: u32,
}

impl Troubles {
    fn is_too_much(&self) -> bool {
        let most = [
            (self.latency_ms, Faults::LATENCY_MAX),
            (self.stale_seconds, 365 * 86_400),
            (self.retry_after_seconds, 86_400),
            (self.throttled, 1_000_000),
            (self.failing, 1_000_000),
            (self.unreachable, 1_000_000),
            (self.lose_answers, 1_000_000),
            (self.duplicate_answers, 1_000_000),
            (self.bad_rows, 1_000_000),
        ];
        most.into_iter().any(|(wanted, most)| wanted > most)
    }
}

/// Troubles that are left.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TroublesLeft {
    #[serde(flatten)]
    left: Troubles,
    /// Until when look-ups are stale, if they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    stale_until: Option<Timestamp>,
}

/// Troubles that are left.
#[utoipa::path(get, path = "/faults", tag = "control", responses((status = 200, body = TroublesLeft)))]
pub(super) async fn show(Shared(practice): State) -> Json<TroublesLeft> {
    let (faults, now) = (practice.sandbox.faults(), practice.clock.now());
    let left = |counter: &std::sync::atomic::AtomicU32| counter.load(Ordering::Relaxed);
    let stale_until = faults.stale_until(now);
    let seconds = stale_until.map_or(0, |until| until.duration_since(now).as_secs());
    let left = Troubles {
        latency_ms: left(&faults.latency),
        throttled: left(&faults.throttled),
        retry_after_seconds: left(&faults.retry_after),
        failing: left(&faults.failing),
        unreachable: left(&faults.unreachable),
        lose_answers: left(&faults.lose_answers),
        stale_seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
        duplicate_answers: left(&faults.duplicate_answers),
        bad_rows: left(&faults.bad_rows),
    };
    Json(TroublesLeft { left, stale_until })
}

/// Turn troubles on, and off those that are left out. They strike under `/api/v1` only.
#[utoipa::path(
    put, path = "/faults", tag = "control", request_body = Troubles,
    responses((status = 200, body = TroublesLeft)),
)]
pub(super) async fn set(
    shared: State,
    Body(wanted): Body<Troubles>,
) -> Result<Json<TroublesLeft>, Problem> {
    if wanted.is_too_much() {
        let detail = "latency_ms is at most 60000, retry_after_seconds 86400, stale_seconds a year \
                      (31536000), and a trouble strikes a million times at most";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_much", detail));
    }
    let faults = shared.0.sandbox.faults();
    faults.clear();
    if wanted.stale_seconds > 0 {
        let takes = SignedDuration::from_secs(wanted.stale_seconds.into());
        shared.0.sandbox.freeze_reads(takes).await?;
    }
    for (counter, value) in [
        (&faults.latency, wanted.latency_ms),
        (&faults.retry_after, wanted.retry_after_seconds),
        (&faults.throttled, wanted.throttled),
        (&faults.failing, wanted.failing),
        (&faults.unreachable, wanted.unreachable),
        (&faults.lose_answers, wanted.lose_answers),
        (&faults.duplicate_answers, wanted.duplicate_answers),
        (&faults.bad_rows, wanted.bad_rows),
    ] {
        counter.store(value, Ordering::Relaxed);
    }
    Ok(show(shared).await)
}

/// Lets a request of the registry's side meet the trouble that strikes.
pub(super) async fn strike(Shared(practice): State, request: Request, next: Next) -> Response {
    let (status, code, detail) = match practice.sandbox.faults().meet().await {
        None => return next.run(request).await,
        Some(Trouble::Unreachable) => {
            let detail = "nobody is there; nothing was done";
            let status = StatusCode::GATEWAY_TIMEOUT;
            let mut response = Problem::new(status, "unreachable", detail).into_response();
            response.extensions_mut().insert(Lost);
            return response;
        }
        Some(Trouble::Throttled { retry_after }) => {
            let detail = format!("too many requests; come back in {retry_after} s");
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "throttled", detail);
            let mut response = problem.into_response();
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
            return response;
        }
        Some(Trouble::Failed) => {
            (StatusCode::SERVICE_UNAVAILABLE, "failing", "the registry was made to fail")
        }
    };
    Problem::new(status, code, detail).into_response()
}
