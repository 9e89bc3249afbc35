//! Tokens that are granted: one for many questions, never one too old, and no secret anywhere.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tekser::registry::{RegistryError, Source};
use tekser::ruling::{Undetermined, Verdict};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::desk::{Desk, imeis, nobody, verdicts};
use crate::register::{Reaction, Register};

const SECRET: &str = "s3cret of+the shop";

/// Who grants tokens; it ends when it is dropped.
struct Granter {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Granter {
    /// Answers each request for a token, which are counted from 1.
    async fn start(grant: impl Fn(usize) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let (count, grant) = (Arc::clone(&asked), Arc::new(grant));
        let handler = move |headers: HeaderMap, body: String| {
            let nth = count.fetch_add(1, Ordering::SeqCst) + 1;
            let grant = Arc::clone(&grant);
            async move {
                assert_eq!(headers["authorization"], "Basic c2hvcC03OnMzY3JldCtvZiUyQnRoZStzaG9w");
                assert_eq!(headers["content-type"], "application/x-www-form-urlencoded");
                assert_eq!(body, "grant_type=client_credentials&scope=n5g-eir-eic");
                grant(nth)
            }
        };
        let app = Router::new().route("/oauth2/token", post(handler));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Self { address, asked, _tasks: tasks }
    }

    /// Grants `token-1`, `token-2` and so on, which live so many seconds.
    async fn granting(expires_in: Value) -> Self {
        Self::start(move |nth| {
            let token = format!("token-{nth}");
            let grant =
                json!({ "access_token": token, "token_type": "Bearer", "expires_in": expires_in });
            Json(grant).into_response()
        })
        .await
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn source(desk: &Desk, register: SocketAddr, granter: SocketAddr) -> Arc<dyn Source> {
    std::fs::write(desk.place.path().join("secret"), SECRET).unwrap();
    let oauth = format!(
        "[source.oauth]\ntoken_url = 'http://{granter}/oauth2/token'\nclient_id = 'shop-7'\n\
         secret_file = 'secret'\nscope = 'n5g-eir-eic'"
    );
    desk.source("eir", register, &oauth)
}

/// A register that takes this token only.
async fn taking(token: Arc<Mutex<&'static str>>) -> Register {
    Register::start(move |_, request| {
        let said = request.headers().get("authorization").unwrap().to_str().unwrap();
        match said.strip_prefix("Bearer ") == Some(*token.lock().unwrap()) {
            true => Reaction::status("WHITELISTED"),
            false => Reaction::problem(401, "UNAUTHORIZED"),
        }
    })
    .await
}

async fn clear(source: &dyn Source, count: usize) {
    assert_eq!(verdicts(source, &imeis(count)).await.unwrap(), vec![Verdict::Clear; count]);
}

/// What came of asking with such a granter, and how often it was asked.
async fn refused(grant: impl Fn() -> Response + Send + Sync + 'static) -> (RegistryError, usize) {
    let register = Register::saying(Reaction::status("WHITELISTED")).await;
    let granter = Granter::start(move |_| grant()).await;
    let source = source(&Desk::new(), register.address, granter.address);
    let error = verdicts(source.as_ref(), &imeis(40)).await.unwrap_err();
    assert_eq!(register.seen.asked(), 0, "nobody is asked without a token");
    let text = format!("{error} {error:?}");
    assert!(!text.contains("s3cret") && !text.contains("token-"), "{text}");
    (error, granter.asked())
}

#[tokio::test]
async fn one_token_serves_many_questions_until_shortly_before_it_expires() {
    let desk = Desk::new();
    let token = Arc::new(Mutex::new("token-1"));
    let register = taking(Arc::clone(&token)).await;
    let granter = Granter::granting(json!(3600)).await;
    let source = source(&desk, register.address, granter.address);
    clear(source.as_ref(), 100).await;
    desk.clock.advance(SignedDuration::from_secs(3539));
    clear(source.as_ref(), 20).await;
    assert_eq!(granter.asked(), 1);
    desk.clock.advance(SignedDuration::from_secs(1));
    *token.lock().unwrap() = "token-2";
    clear(source.as_ref(), 20).await;
    assert_eq!(granter.asked(), 2);
    assert_eq!(register.seen.asked(), 140, "no question was asked with a token too old");
}

#[tokio::test]
async fn a_token_no_longer_taken_is_given_up_once_for_all_who_wait() {
    let token = Arc::new(Mutex::new("token-1"));
    let register = taking(Arc::clone(&token)).await;
    let granter = Granter::granting(json!(3600)).await;
    let source = source(&Desk::new(), register.address, granter.address);
    clear(source.as_ref(), 20).await;
    *token.lock().unwrap() = "token-2";
    clear(source.as_ref(), 100).await;
    assert_eq!(granter.asked(), 2);
}

#[tokio::test]
async fn a_fresh_token_refused_too_means_that_the_station_may_not_ask() {
    let register = taking(Arc::new(Mutex::new("another"))).await;
    let granter = Granter::granting(json!(3600)).await;
    let source = source(&Desk::new(), register.address, granter.address);
    let error = verdicts(source.as_ref(), &imeis(1)).await.unwrap_err();
    assert_eq!(error.undetermined(), Undetermined::Denied);
    assert_eq!((granter.asked(), register.seen.asked()), (2, 2));
}

#[tokio::test]
async fn a_token_said_to_live_for_ever_is_replaced_after_a_day() {
    for life in [json!(u64::MAX), json!(31_536_000)] {
        let desk = Desk::new();
        let register = Register::saying(Reaction::status("WHITELISTED")).await;
        let granter = Granter::granting(life).await;
        let source = source(&desk, register.address, granter.address);
        clear(source.as_ref(), 2).await;
        desk.clock.advance(SignedDuration::from_hours(24));
        clear(source.as_ref(), 2).await;
        assert_eq!(granter.asked(), 2);
    }
}

#[tokio::test]
async fn an_answer_that_grants_nothing_is_unreadable() {
    let bearer = |token: Value, kind: &str| json!({ "access_token": token, "token_type": kind });
    let table = [
        json!({}),
        json!([]),
        json!("token-1"),
        bearer(json!("token-1"), "mac"),
        bearer(json!(""), "Bearer"),
        bearer(json!("two words"), "Bearer"),
        bearer(json!("a\r\nx-evil: 1"), "Bearer"),
        bearer(json!("x".repeat(9000)), "Bearer"),
        bearer(json!(7), "Bearer"),
        json!({ "access_token": "token-1" }),
        json!({ "access_token": "token-1", "token_type": "Bearer", "expires_in": -1 }),
        json!({ "access_token": "token-1", "token_type": "Bearer", "expires_in": "soon" }),
    ];
    for body in table {
        let shown = body.to_string();
        let (error, asked) = refused(move || Json(body.clone()).into_response()).await;
        assert_eq!(error.undetermined(), Undetermined::Unreadable, "{shown}");
        assert_eq!(asked, 1, "all who waited share how it ended");
    }
    let html = refused(|| "<html>Sign in</html>".into_response()).await;
    assert_eq!(html.0.undetermined(), Undetermined::Unreadable);
}

#[tokio::test]
async fn a_granter_whose_answer_never_ends_is_not_heard_to_the_end() {
    let endless = || {
        let spaces = futures_util::stream::repeat_with(|| {
            Ok::<_, std::convert::Infallible>(Bytes::from_static(&[b' '; 8192]))
        });
        Response::new(Body::from_stream(spaces))
    };
    assert_eq!(refused(endless).await.0.undetermined(), Undetermined::Unreadable);
}

#[tokio::test]
async fn a_refusal_names_the_complaint_and_nothing_else() {
    let table = [
        (400, json!({ "error": "invalid_scope" }), "status 400 (invalid_scope)"),
        (401, json!({ "error": "invalid_client" }), "status 401 (invalid_client)"),
        (401, json!({ "error": "s3cret", "error_description": "s3cret" }), "status 401;"),
        (403, json!(null), "status 403;"),
    ];
    for (status, body, words) in table {
        let status = StatusCode::from_u16(status).unwrap();
        let (error, asked) = refused(move || (status, Json(body.clone())).into_response()).await;
        assert_eq!(error.undetermined(), Undetermined::Denied);
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(asked, 1);
    }
    let (error, _) = refused(|| StatusCode::NOT_FOUND.into_response()).await;
    assert_eq!(error.undetermined(), Undetermined::RegistryFailed);
}

#[tokio::test]
async fn without_a_granter_nobody_is_asked() {
    let register = Register::saying(Reaction::status("WHITELISTED")).await;
    let source = source(&Desk::new(), register.address, nobody());
    let error = verdicts(source.as_ref(), &imeis(40)).await.unwrap_err();
    assert_eq!(error.undetermined(), Undetermined::Unreachable);
    assert_eq!(register.seen.asked(), 0);
}
