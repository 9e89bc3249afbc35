//! Its routes: the part of the API that a station asks.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::Shared;
use super::faults::strike;
use super::reply::{self, about, bad, bad_argument, html, not_found, ok};
use super::world::norm;

type Reply = Response<Body>;
type Double = State<Arc<Shared>>;

const TOO_LONG: &str = "Bad IMEI format (too long)";
const BOOLEANS: &str = " Accepts only one of ['0', '1', 'true', 'false']";
const REGISTRATION: &str = "include_registration_status";
const STOLEN: &str = "include_stolen_status";
const MOST: usize = 1000;

pub fn router(shared: Arc<Shared>) -> Router {
    let reads =
        |it: axum::routing::MethodRouter<Arc<Shared>>| it.fallback(|| not_allowed("HEAD, GET"));
    Router::new()
        .route("/api/v2/version", reads(get(version)))
        .route("/api/v2/imei/{imei}", reads(get(imei)))
        .route("/api/v2/imei/{imei}/info", reads(get(info)))
        .route("/api/v2/imei/{imei}/subscribers", reads(get(subscribers)))
        .route("/api/v2/imei/{imei}/pairings", reads(get(pairings)))
        .route("/api/v2/imei-batch", post(imei_batch).fallback(|| not_allowed("POST")))
        .route("/api/v2/tac/{tac}", reads(get(tac)))
        .route("/api/v2/tac", post(tac_batch).fallback(|| not_allowed("POST")))
        .fallback(|| std::future::ready(not_found()))
        .layer(from_fn_with_state(Arc::clone(&shared), strike))
        .with_state(shared)
}

fn not_allowed(allowed: &'static str) -> std::future::Ready<Reply> {
    const WHY: &str = "The method is not allowed for the requested URL.";
    let mut page = html(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed", WHY);
    page.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    std::future::ready(page)
}

async fn version() -> Reply {
    ok(reply::json(&json!({
        "code_db_schema_version": 87,
        "db_schema_version": 87,
        "report_schema_version": 8,
        "source_code_version": "16.0.0",
    })))
}

async fn imei(State(it): Double, Path(imei): Path<String>, RawQuery(query): RawQuery) -> Reply {
    let query = query.unwrap_or_default();
    let flag = |name| boolean(&Value::from(argument(&query, name).unwrap_or("0")));
    let (Some(registration), Some(stolen)) = (flag(REGISTRATION), flag(STOLEN)) else {
        let name = if flag(REGISTRATION).is_none() { REGISTRATION } else { STOLEN };
        return bad_argument(name, "Not a valid boolean.", BOOLEANS);
    };
    if imei.chars().count() > 16 {
        return bad(TOO_LONG);
    }
    it.work(1).await;
    let question = format!("imei {imei} {registration} {stolen}");
    ok(it.memoised(question, || reply::json(&it.world().imei(&imei, registration, stolen))))
}

async fn info(State(it): Double, Path(imei): Path<String>) -> Reply {
    if imei.chars().count() > 16 {
        return bad(TOO_LONG);
    }
    ok(it.memoised(format!("info {imei}"), || match it.world().info(&imei) {
        Some(info) => reply::json(&info),
        None => reply::json(&json!({})),
    }))
}

async fn subscribers(Path(imei): Path<String>, RawQuery(query): RawQuery) -> Reply {
    paged("subscribers", &imei, &query.unwrap_or_default())
}

async fn pairings(Path(imei): Path<String>, RawQuery(query): RawQuery) -> Reply {
    paged("pairs", &imei, &query.unwrap_or_default())
}

/// Nobody has used anything here: every page is empty.
fn paged(what: &str, imei: &str, query: &str) -> Reply {
    let number = |name, usual: &'static str| argument(query, name).unwrap_or(usual).parse::<i64>();
    let (Ok(offset), Ok(limit)) = (number("offset", "0"), number("limit", "10")) else {
        return bad_argument("limit", "Not a valid integer.", " Accepts only integer");
    };
    if limit < 1 {
        return bad_argument("limit", "Value must be greater than 0", " Accepts only integer");
    }
    if imei.chars().count() > 16 {
        return bad(TOO_LONG);
    }
    let keys = json!({"current_key": offset.to_string(), "next_key": "", "result_size": 0});
    ok(reply::json(&json!({"_keys": keys, "imei_norm": norm(imei), what: []})))
}

async fn imei_batch(State(it): Double, headers: HeaderMap, body: Bytes) -> Reply {
    let body = match understood(&headers, &body) {
        Ok(body) => body,
        Err(why) => return bad(&why),
    };
    let imeis = match strings(&body, "imeis", "Min 1 and Max 1000 IMEIs allowed") {
        Ok(imeis) => imeis,
        Err(why) => return bad(&why),
    };
    let flag = |name| body.get(name).map_or(Some(false), boolean);
    let (Some(registration), Some(stolen)) = (flag(REGISTRATION), flag(STOLEN)) else {
        let name = if flag(REGISTRATION).is_none() { REGISTRATION } else { STOLEN };
        return bad_argument(name, "Not a valid boolean.", BOOLEANS);
    };
    // One that it does not take fails them all.
    if imeis.iter().any(|imei| imei.chars().count() > 16 || it.faults.refuses(imei)) {
        return bad(TOO_LONG);
    }
    it.work(imeis.len()).await;
    let question = format!("batch {imeis:?} {registration} {stolen}");
    ok(it.memoised(question, || {
        let world = it.world();
        let results: Vec<_> =
            imeis.iter().map(|imei| world.imei(imei, registration, stolen)).collect();
        reply::json(&std::collections::BTreeMap::from([("results", results)]))
    }))
}

async fn tac(State(it): Double, Path(tac): Path<String>) -> Reply {
    if tac.chars().count() != 8 {
        return bad("Bad TAC format");
    }
    if !tac.bytes().all(|byte| byte.is_ascii_digit()) {
        return bad("Bad Tac format");
    }
    ok(it.memoised(format!("tac {tac}"), || reply::json(&it.world().tac(&tac))))
}

/// Each TAC once: those that it knows, then the others.
async fn tac_batch(State(it): Double, headers: HeaderMap, body: Bytes) -> Reply {
    let body = match understood(&headers, &body) {
        Ok(body) => body,
        Err(why) => return bad(&why),
    };
    let tacs = match strings(&body, "tacs", "Min 1 and Max 1000 TACs allowed") {
        Ok(tacs) => tacs,
        Err(why) => return bad(&why),
    };
    if tacs.iter().any(|tac| tac.chars().count() != 8) {
        return bad("Bad TAC format");
    }
    let once: BTreeSet<&str> = tacs.into_iter().collect();
    ok(it.memoised(format!("tacs {once:?}"), || {
        let world = it.world();
        let (known, unknown): (Vec<&str>, Vec<&str>) =
            once.iter().partition(|tac| world.tacs.contains_key(**tac));
        let results: Vec<_> = known.into_iter().chain(unknown).map(|tac| world.tac(tac)).collect();
        reply::json(&std::collections::BTreeMap::from([("results", results)]))
    }))
}

/// The body, if it is declared as JSON; nothing at all if it is not.
fn understood(headers: &HeaderMap, body: &[u8]) -> Result<Value, String> {
    let declared = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !declared.is_some_and(|kind| kind.starts_with("application/json")) {
        return Ok(Value::Null);
    }
    const WHY: &str =
        "The browser (or proxy) sent a request that this server could not understand.";
    serde_json::from_slice(body).map_err(|_| WHY.to_owned())
}

fn strings<'a>(body: &'a Value, name: &str, limits: &str) -> Result<Vec<&'a str>, String> {
    let wrong = |why| about(name, why);
    let Some(list) = body.get(name) else {
        return Err(wrong("Missing data for required field."));
    };
    let list = list.as_array().ok_or_else(|| wrong("Not a valid list."))?;
    if !(1..=MOST).contains(&list.len()) {
        return Err(wrong(limits));
    }
    let all: Option<Vec<_>> = list.iter().map(Value::as_str).collect();
    all.ok_or_else(|| wrong("Not a valid string."))
}

fn argument<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|pair| pair.0 == name)
        .map(|pair| pair.1)
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_u64() {
            Some(1) => Some(true),
            Some(0) => Some(false),
            _ => None,
        },
        Value::String(text) => match text.as_str() {
            "1" | "t" | "T" | "true" | "True" | "TRUE" => Some(true),
            "0" | "f" | "F" | "false" | "False" | "FALSE" => Some(false),
            _ => None,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
