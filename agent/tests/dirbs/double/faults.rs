//! Trouble on demand.

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use serde_json::Value;

use super::reply::html;
use super::{Shared, lock};

/// What befalls one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// An error page with this status.
    Status(u16),
    /// 429, to come back after so many seconds.
    TooMany(u32),
    /// No answer, ever.
    Silence,
    /// The connection breaks within the answer.
    Cut,
    /// 200 with this instead of an answer, as a portal that wants a log-in does.
    Instead(&'static str, &'static str),
    /// The last result is missing.
    Short,
    /// The first two results have changed places.
    Swapped,
    /// This member is missing from every result.
    Without(&'static str),
}

#[derive(Default)]
pub struct Faults {
    line: Mutex<VecDeque<Fault>>,
    refused: Mutex<BTreeSet<String>>,
    heard: Mutex<Vec<(String, Option<String>)>>,
}

impl Faults {
    pub fn add(&self, fault: Fault) {
        lock(&self.line).push_back(fault);
    }

    pub fn refuse(&self, imei: &str) {
        lock(&self.refused).insert(imei.to_owned());
    }

    pub fn refuses(&self, imei: &str) -> bool {
        lock(&self.refused).contains(imei)
    }

    pub fn heard(&self) -> Vec<(String, Option<String>)> {
        std::mem::take(&mut *lock(&self.heard))
    }

    fn hear(&self, request: &Request) {
        let path = format!("{} {}", request.method(), request.uri().path());
        let token = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        lock(&self.heard).push((path, token.map(str::to_owned)));
    }
}

/// Every request goes through here.
pub async fn strike(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Result<Response, Infallible> {
    shared.faults.hear(&request);
    let fault = lock(&shared.faults.line).pop_front();
    let answer = match &fault {
        None | Some(Fault::Short | Fault::Swapped | Fault::Without(_) | Fault::Cut) => {
            next.run(request).await
        }
        Some(Fault::Silence) => std::future::pending().await,
        Some(Fault::Status(status)) => {
            let status = StatusCode::from_u16(*status).unwrap();
            html(status, status.canonical_reason().unwrap_or("Error"), "It went wrong.")
        }
        Some(Fault::TooMany(seconds)) => {
            let mut page = html(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests", "Slow down.");
            page.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*seconds));
            page
        }
        Some(Fault::Instead(kind, body)) => ([(CONTENT_TYPE, *kind)], *body).into_response(),
    };
    Ok(match fault {
        Some(Fault::Cut) => {
            let (parts, body) = answer.into_parts();
            let mut half = body.collect().await.unwrap().to_bytes();
            half.truncate(half.len() / 2);
            let broken = Err(io::ErrorKind::ConnectionReset.into());
            let pieces = futures_util::stream::iter([Ok::<_, io::Error>(half), broken]);
            Response::from_parts(parts, Body::from_stream(pieces))
        }
        Some(Fault::Short) => changed(answer, |results| drop(results.pop())).await,
        Some(Fault::Swapped) => changed(answer, |results| results.swap(0, 1)).await,
        Some(Fault::Without(name)) => {
            let without = |one: &mut Value| drop(one.as_object_mut().unwrap().remove(name));
            changed(answer, |results| results.iter_mut().for_each(without)).await
        }
        _ => answer,
    })
}

async fn changed(answer: Response, change: impl FnOnce(&mut Vec<Value>)) -> Response {
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let mut value: Value = serde_json::from_slice(&body).unwrap();
    change(value["results"].as_array_mut().unwrap());
    axum::Json(value).into_response()
}
