//! Who may talk to the station.

use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode, header};
use tekser::api::{Hosts, document, router};

use crate::support::{Answer, Shop, answer};

/// Every operation of the API with its parameters filled in.
pub fn operations() -> Vec<(String, String)> {
    let document = serde_json::to_value(document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &serde_json::Value)| {
        let id = "01890000-0000-7000-8000-000000000000";
        let path = path.split('/').map(|part| if part.starts_with('{') { id } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        let verbs: Vec<_> = item.as_object().unwrap().keys().cloned().collect();
        verbs.into_iter().map(move |verb| (verb.to_uppercase(), path.clone()))
    };
    paths.iter().flat_map(of).collect()
}

impl Shop {
    async fn with_headers(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }
}

#[tokio::test]
async fn only_its_own_names_are_answered_to() {
    let shop = Shop::open().await;
    let table = [
        ("127.0.0.1:7470", 200),
        ("localhost:7470", 200),
        ("LOCALHOST:7470", 200),
        ("[::1]:7470", 200),
        ("127.0.0.1", 421),
        ("localhost", 421),
        ("127.0.0.1:7471", 421),
        ("127.0.0.1:80", 421),
        ("127.0.0.1:74700", 421),
        ("127.0.0.1:07470", 421),
        ("0.0.0.0:7470", 421),
        ("::1:7470", 421),
        ("evil.example", 421),
        ("evil.example:7470", 421),
        ("127.0.0.1:7470.evil.example", 421),
        ("127.0.0.1.evil.example:7470", 421),
        ("localhost.evil.example:7470", 421),
        ("localhost.:7470", 421),
        ("evil.example@127.0.0.1:7470", 421),
        ("127.0.0.1:7470,evil.example", 421),
        (" ", 421),
        ("", 421),
    ];
    for (host, status) in table {
        for path in ["/healthz", "/api/openapi.json"] {
            let answer = shop.with_headers(path, &[("host", host)]).await;
            assert_eq!(answer.status, status, "{host:?} {path}");
        }
    }
}

#[tokio::test]
async fn a_request_needs_exactly_one_host() {
    let shop = Shop::open().await;
    let own = ("host", "127.0.0.1:7470");
    for headers in [&[][..], &[own, own], &[own, ("host", "evil.example")]] {
        shop.with_headers("/healthz", headers).await.expect_problem(400, "host_missing");
    }
    let mut request = Request::get("/healthz").body(Body::empty()).unwrap();
    let bytes = HeaderValue::from_bytes(b"127.0.0.1:7470\xff").unwrap();
    request.headers_mut().insert(header::HOST, bytes);
    shop.send(request).await.expect_problem(421, "host_unknown");
}

#[tokio::test]
async fn the_foreign_are_refused_on_every_route_before_anything_else() {
    let shop = Shop::open().await;
    for (verb, path) in operations() {
        let mut request = shop.request(&verb, &path, None);
        request.headers_mut().insert(header::HOST, HeaderValue::from_static("evil.example"));
        shop.send(request).await.expect_problem(421, "host_unknown");
        let mut request = shop.request(&verb, &path, None);
        request
            .headers_mut()
            .insert(header::ORIGIN, HeaderValue::from_static("http://evil.example"));
        shop.send(request).await.expect_problem(403, "origin_foreign");
    }
}

#[tokio::test]
async fn pages_of_other_sites_are_refused() {
    let shop = Shop::open().await;
    let table = [
        ("http://127.0.0.1:7470", 200),
        ("http://localhost:7470", 200),
        ("http://[::1]:7470", 200),
        ("null", 403),
        ("https://127.0.0.1:7470", 403),
        ("http://127.0.0.1", 403),
        ("http://127.0.0.1:7471", 403),
        ("http://localhost:3000", 403),
        ("http://evil.example", 403),
        ("http://127.0.0.1:7470.evil.example", 403),
        ("http://evil.example/http://127.0.0.1:7470", 403),
        ("http://127.0.0.1:7470/", 403),
        ("http://user@127.0.0.1:7470", 403),
        ("HTTP://127.0.0.1:7470", 403),
        ("file://", 403),
        ("127.0.0.1:7470", 403),
        ("", 403),
    ];
    for (origin, status) in table {
        let headers = [("host", "127.0.0.1:7470"), ("origin", origin)];
        let answer = shop.with_headers("/healthz", &headers).await;
        assert_eq!(answer.status, status, "{origin:?}");
        assert!(answer.headers.get("access-control-allow-origin").is_none());
    }
    let own = ("origin", "http://127.0.0.1:7470");
    let two = [("host", "127.0.0.1:7470"), own, ("origin", "http://evil.example")];
    shop.with_headers("/healthz", &two).await.expect_problem(403, "origin_foreign");
}

#[tokio::test]
async fn what_the_browser_says_of_the_site_is_heeded() {
    let shop = Shop::open().await;
    let table = [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403)];
    for (site, status) in table {
        let headers = [("host", "127.0.0.1:7470"), ("sec-fetch-site", site)];
        let answer = shop.with_headers("/healthz", &headers).await;
        assert_eq!(answer.status, status, "{site}");
    }
}

#[tokio::test]
async fn every_operation_needs_the_token() {
    let shop = Shop::open().await;
    let token = shop.station.token.reveal().to_owned();
    let wrong = [
        None,
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some("Bearer x".to_owned()),
        Some(format!("Bearer {token}x")),
        Some(format!("Bearer {}", &token[1..])),
        Some(format!("Bearer {}", token.to_lowercase())),
        Some(format!("Basic {token}")),
        Some(token.clone()),
    ];
    let operations = operations();
    assert!(operations.len() >= 20);
    for (verb, path) in operations {
        for given in &wrong {
            let mut request = shop.request(&verb, &path, None);
            request.headers_mut().remove(header::AUTHORIZATION);
            if let Some(given) = given {
                request.headers_mut().insert(header::AUTHORIZATION, given.parse().unwrap());
            }
            let answer = shop.send(request).await;
            answer.expect_problem(401, "token_missing");
            assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
        }
        let mut request = shop.request(&verb, &format!("{path}?token={token}"), None);
        request.headers_mut().remove(header::AUTHORIZATION);
        shop.send(request).await.expect_problem(401, "token_missing");
    }
}

#[tokio::test]
async fn the_token_opens() {
    let shop = Shop::open().await;
    shop.ask("GET", "/api/v1/station", None).await.expect(200);
    let mut request = shop.request("GET", "/api/v1/station", None);
    let token = format!("bearer {}", shop.station.token.reveal());
    request.headers_mut().insert(header::AUTHORIZATION, token.parse().unwrap());
    assert_eq!(shop.send(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_others_out() {
    let shop = Shop::open().await;
    let mut answers = vec![
        shop.ask("GET", "/api/v1/station", None).await,
        shop.ask("GET", "/api/v1/nothing", None).await,
        shop.ask("DELETE", "/api/v1/station", None).await,
        shop.ask("POST", "/api/v1/cases", None).await,
        shop.with_headers("/api/openapi.json", &[("host", "127.0.0.1:7470")]).await,
        shop.with_headers("/healthz", &[("host", "evil.example")]).await,
        shop.with_headers("/healthz", &[]).await,
        shop.with_headers("/api/v1/station", &[("host", "127.0.0.1:7470")]).await,
    ];
    answers.push(shop.with_headers("/", &[("host", "127.0.0.1:7470")]).await);
    for answer in answers {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.headers[name], value, "{}", answer.status);
        }
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"));
        assert!(answer.headers.contains_key(header::CACHE_CONTROL));
    }
}

#[tokio::test]
async fn the_address_that_is_listened_on_is_answered_to() {
    let shop = Shop::open().await;
    let hosts = Hosts::listening_on("127.0.0.2:7470".parse().unwrap());
    let app = router(shop.station.clone(), hosts);
    for (host, status) in
        [("127.0.0.2:7470", 200), ("localhost:7470", 200), ("127.0.0.3:7470", 421)]
    {
        let request = Request::get("/healthz").header("host", host).body(Body::empty()).unwrap();
        assert_eq!(answer(app.clone(), request).await.status, status, "{host}");
    }
}
