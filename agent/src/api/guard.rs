//! Who may talk to the station.
//!
//! A loopback server can be reached from any web page that the person has open: by DNS rebinding
//! (so `Host` must be exactly ours), by a form or a script of another site (so `Origin` and
//! `Sec-Fetch-Site` must not be foreign). There is no cookie: a page of another site has nothing
//! that the browser would send along. And whatever comes from this machine still needs the token.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Problem;
use crate::station::Station;

/// Exact values of `Host` that the station answers to.
#[derive(Debug, Clone)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// The names of the loopback interface with this port.
    pub fn loopback(port: u16) -> Self {
        let names = ["127.0.0.1", "localhost", "[::1]"];
        let mut hosts: Vec<String> = names.iter().map(|name| format!("{name}:{port}")).collect();
        if port == 80 {
            hosts.extend(names.map(str::to_owned));
        }
        Self(hosts)
    }

    /// Those, and the address that is listened on: `127.0.0.2` is loopback too.
    pub fn listening_on(address: SocketAddr) -> Self {
        let mut hosts = Self::loopback(address.port());
        let own = address.to_string();
        if !hosts.has(&own) {
            hosts.0.push(own);
        }
        hosts
    }

    fn has(&self, host: &str) -> bool {
        self.0.iter().any(|own| own.eq_ignore_ascii_case(host))
    }

    fn has_origin(&self, origin: &str) -> bool {
        origin.strip_prefix("http://").is_some_and(|host| self.has(host))
    }
}

/// Refuses requests that another site made, or that came under another name.
pub(crate) async fn require_own_host(
    State(hosts): State<Arc<Hosts>>,
    request: Request,
    next: Next,
) -> Response {
    match foreign(&hosts, request.headers()) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    }
}

fn foreign(hosts: &Hosts, headers: &HeaderMap) -> Option<Problem> {
    let mut host = headers.get_all(header::HOST).iter();
    let problem = match (host.next(), host.next()) {
        (None, _) | (_, Some(_)) => Problem::new(
            StatusCode::BAD_REQUEST,
            "host_missing",
            "a request needs exactly one Host header",
        ),
        (Some(host), None) if !host.to_str().is_ok_and(|host| hosts.has(host)) => Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "host_unknown",
            "this station answers to 127.0.0.1, localhost and [::1] with its own port only",
        ),
        _ => {
            let own_origin =
                |origin: &HeaderValue| origin.to_str().is_ok_and(|origin| hosts.has_origin(origin));
            let same_site = |site: &HeaderValue| site == "same-origin" || site == "none";
            let foreign = !headers.get_all(header::ORIGIN).iter().all(own_origin)
                || !headers.get_all("sec-fetch-site").iter().all(same_site);
            return foreign.then(|| {
                Problem::new(
                    StatusCode::FORBIDDEN,
                    "origin_foreign",
                    "pages of other sites may not talk to this station",
                )
            });
        }
    };
    Some(problem)
}

/// Refuses requests without the station's token.
pub(super) async fn require_token(
    State(station): State<Arc<Station>>,
    request: Request,
    next: Next,
) -> Response {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    if given.is_some_and(|given| station.token.matches(given)) {
        return next.run(request).await;
    }
    let mut response = Problem::new(
        StatusCode::UNAUTHORIZED,
        "token_missing",
        "send the station's token: Authorization: Bearer … (it lies in the data directory, file token)",
    )
    .into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// Headers that keep other sites from embedding the page and the page from loading anything else.
pub(crate) async fn add_security_headers(request: Request, next: Next) -> Response {
    const HEADERS: [(&str, &str); 6] = [
        (
            "content-security-policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
             connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ];
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let cache = HeaderValue::from_static("no-store");
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(cache);
    response
}
