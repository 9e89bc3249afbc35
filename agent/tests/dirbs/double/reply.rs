//! The shapes of its answers: compact JSON with its members in order, and error pages in HTML.

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode, Version};
use serde::Serialize;

/// JSON as it writes it: a line.
pub fn json(value: &impl Serialize) -> Bytes {
    let mut line = serde_json::to_vec(value).unwrap();
    line.push(b'\n');
    line.into()
}

/// An answer with that line.
pub fn ok(line: Bytes) -> Response<Body> {
    reply(StatusCode::OK, "application/json", line)
}

/// 400, and why.
pub fn bad(why: &str) -> Response<Body> {
    html(StatusCode::BAD_REQUEST, "Bad Request", why)
}

/// 400 about one argument.
pub fn bad_argument(name: &str, why: &str, more: &str) -> Response<Body> {
    bad(&format!("{}{more}", about(name, why)))
}

/// What is wrong with one argument.
pub fn about(name: &str, why: &str) -> String {
    format!("Bad '{name}':'['{why}']' argument format.")
}

/// 404.
pub fn not_found() -> Response<Body> {
    const WHY: &str = "The requested URL was not found on the server. If you entered the URL \
        manually please check your spelling and try again.";
    html(StatusCode::NOT_FOUND, "Not Found", WHY)
}

/// An error page. What it quotes is not escaped.
pub fn html(status: StatusCode, name: &str, why: &str) -> Response<Body> {
    let page = format!(
        "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">\n\
         <title>{} {name}</title>\n<h1>{name}</h1>\n<p>{why}</p>\n",
        status.as_u16()
    );
    reply(status, "text/html; charset=utf-8", page.into())
}

fn reply(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Body> {
    let mut reply = Response::new(Body::from(body));
    *reply.status_mut() = status;
    // It closes the connection after each answer, as HTTP/1.0 has it.
    *reply.version_mut() = Version::HTTP_10;
    let headers = reply.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache,no-store"));
    reply
}
