//! `camara`: what ties an answer to its question, and connections that break in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};
use tekser::registry::Source;
use tekser::ruling::{BlockReason, Undetermined, Verdict};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::desk::{Desk, imeis, nobody, verdicts};

/// An operator's gateway; it ends when it is dropped.
struct Gateway {
    source: Arc<dyn Source>,
    asked: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

type React = Arc<dyn Fn(&str, &str) -> Response + Send + Sync>;

impl Gateway {
    /// Reacts to the IMEI and the correlator of each question.
    async fn start(react: impl Fn(&str, &str) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let state: (React, Arc<AtomicUsize>) = (Arc::new(react), Arc::clone(&asked));
        let app = Router::new().route("/device/vwip/check-status", post(check_status));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let _ = axum::serve(listener, app.with_state(state)).await;
        });
        let url = format!("{address}/device/vwip");
        Self { source: Desk::new().source("camara", url, ""), asked, _tasks: tasks }
    }

    async fn verdicts(&self, count: usize) -> Vec<Verdict> {
        verdicts(self.source.as_ref(), &imeis(count)).await.unwrap()
    }

    async fn trouble(&self) -> Undetermined {
        let error = verdicts(self.source.as_ref(), &imeis(40)).await.unwrap_err();
        error.undetermined()
    }
}

async fn check_status(
    State((react, asked)): State<(React, Arc<AtomicUsize>)>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    asked.fetch_add(1, Ordering::SeqCst);
    assert_eq!(body.as_object().unwrap().len(), 1);
    react(body["imei"].as_str().unwrap(), headers["x-correlator"].to_str().unwrap())
}

fn status(imei: &str, word: &str) -> Value {
    json!({ "imei": imei, "operationalStatus": word })
}

fn said(imei: &str, correlator: &str, word: &str) -> Response {
    ([("x-correlator", correlator)], Json(status(imei, word))).into_response()
}

#[tokio::test]
async fn many_are_asked_at_once_and_one_that_fails_does_not_spoil_the_others() {
    let gateway = Gateway::start(|imei, correlator| match imei[8..14].parse::<u32>().unwrap() {
        1 => said("490154203237518", correlator, "allowed"),
        2 => said(imei, correlator, "very stolen"),
        3 => said(imei, correlator, "stolen"),
        4 => said(imei, "another-question", "allowed"),
        _ => said(imei, correlator, "allowed"),
    })
    .await;
    let unreadable = Verdict::Undetermined { why: Undetermined::Unreadable };
    let stolen = Verdict::Blocked { reason: BlockReason::Stolen };
    let mut expected = vec![Verdict::Clear; 60];
    expected[1..5].copy_from_slice(&[unreadable, unreadable, stolen, unreadable]);
    assert_eq!(gateway.verdicts(60).await, expected);
    assert_eq!(gateway.asked.load(Ordering::SeqCst), 60);
}

#[tokio::test]
async fn each_question_has_a_correlator_of_its_own() {
    let kept = Arc::new(std::sync::Mutex::new(std::collections::HashSet::new()));
    let seen = Arc::clone(&kept);
    let gateway = Gateway::start(move |imei, correlator| {
        let plain = correlator.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        assert!(plain && correlator.len() <= 256);
        seen.lock().unwrap().insert(correlator.to_owned());
        // An answer need not carry it.
        Json(status(imei, "allowed")).into_response()
    })
    .await;
    assert_eq!(gateway.verdicts(50).await, vec![Verdict::Clear; 50]);
    assert_eq!(kept.lock().unwrap().len(), 50);
}

#[tokio::test]
async fn an_answer_is_as_old_as_it_says_and_never_newer_than_now() {
    let table = [
        (Some("2026-03-01T23:00:00+05:00"), "2026-03-01T18:00:00Z"),
        (Some("2031-01-01T00:00:00Z"), "2026-03-02T05:00:00Z"),
        (None, "2026-03-02T05:00:00Z"),
    ];
    for (checked, as_of) in table {
        let gateway = Gateway::start(move |imei, _| {
            let mut body = status(imei, "allowed");
            if let Some(checked) = checked {
                body["lastChecked"] = checked.into();
            }
            Json(body).into_response()
        })
        .await;
        let answers = gateway.source.look_up(&imeis(1)).await.unwrap();
        assert_eq!(answers[0].as_of, as_of.parse::<Timestamp>().unwrap());
    }
}

#[tokio::test]
async fn garbage_and_what_never_ends_are_unreadable() {
    let garbage =
        Gateway::start(|_, _| "<html>Sign in to the hotel's network</html>".into_response());
    assert_eq!(garbage.await.trouble().await, Undetermined::Unreadable);
    let endless = Gateway::start(|_, _| {
        let spaces = futures_util::stream::repeat_with(|| {
            Ok::<_, std::convert::Infallible>(Bytes::from_static(&[b' '; 8192]))
        });
        Response::new(Body::from_stream(spaces))
    });
    assert_eq!(endless.await.trouble().await, Undetermined::Unreadable);
}

#[tokio::test]
async fn a_connection_cut_in_the_middle_of_an_answer_leaves_everything_open() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let source = Desk::new().source("camara", listener.local_addr().unwrap(), "");
    let server = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n";
            let begun =
                format!(r#"{head}{{"imei":"356938030000000","operationalStatus":"allowed"}}"#);
            let _ = stream.write_all(begun.as_bytes()).await;
        }
    });
    let error = verdicts(source.as_ref(), &imeis(3)).await.unwrap_err();
    assert_eq!(error.undetermined(), Undetermined::Unreachable);
    server.abort();
}

#[tokio::test]
async fn nobody_there_is_one_error_for_all() {
    let source = Desk::new().source("camara", nobody(), "");
    let error = verdicts(source.as_ref(), &imeis(250)).await.unwrap_err();
    assert_eq!(error.undetermined(), Undetermined::Unreachable);
}
