//! The page: one document in three languages, a style sheet and small scripts, all inside the
//! binary. Everything that it shows comes through the web API.

mod assets;
mod language;
mod words;

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use tekser_imei::Suspicion;

use crate::finding::Severity;
use language::Language;
use words::Words;

/// The page and what it loads. No token: there is nothing personal in it.
pub(crate) fn router() -> Router {
    Router::new().route("/", get(page)).route("/assets/{*name}", get(assets::serve))
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    language: Language,
    w: &'static Words,
    suspicions: serde_json::Value,
}

#[derive(Debug, Deserialize)]
struct Choice {
    lang: Option<String>,
}

async fn page(Query(choice): Query<Choice>, headers: HeaderMap) -> Response {
    let asked = choice.lang.as_deref().and_then(Language::parse);
    let language = asked.unwrap_or_else(|| {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Language::preferred(accepted.unwrap_or_default())
    });
    let page = Page { language, w: Words::of(language), suspicions: suspicion_severities() };
    match page.render() {
        Ok(text) => (page_headers(language), Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// How grave each suspicion is, on the scale of findings: for numbers that are no finding's.
fn suspicion_severities() -> serde_json::Value {
    let severity = |suspicion: Suspicion| match suspicion.severity() {
        tekser_imei::Severity::Note => Severity::Info,
        tekser_imei::Severity::Warning => Severity::Warning,
        tekser_imei::Severity::Disqualifying => Severity::Stop,
    };
    let all = Suspicion::ALL.map(|one| (one.code().to_owned(), serde_json::json!(severity(one))));
    serde_json::Value::Object(all.into_iter().collect())
}

const fn page_headers(language: Language) -> [(HeaderName, &'static str); 3] {
    [
        (header::CONTENT_LANGUAGE, language.code()),
        (header::VARY, "Accept-Language"),
        (header::CACHE_CONTROL, "no-cache"),
    ]
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode, header};
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::router;

    async fn get(uri: &str, name: header::HeaderName, value: &str) -> (StatusCode, String, String) {
        let request = Request::get(uri).header(name, value).body(Body::empty()).unwrap();
        let response = router().oneshot(request).await.unwrap();
        let status = response.status();
        let tag = response.headers().get(header::ETAG).map(|tag| tag.to_str().unwrap().to_owned());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, tag.unwrap_or_default(), String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn the_page_comes_in_the_language_asked_for() {
        for (uri, accepted, code) in [
            ("/", "", "ru"),
            ("/", "kk-KZ,ru;q=0.8", "kk"),
            ("/?lang=en", "kk", "en"),
            ("/?lang=xx", "en-GB", "en"),
        ] {
            let (status, _, body) = get(uri, header::ACCEPT_LANGUAGE, accepted).await;
            assert_eq!(status, StatusCode::OK);
            assert!(body.contains(&format!("<html lang=\"{code}\"")), "{uri} {accepted}");
        }
    }

    #[tokio::test]
    async fn the_page_has_nothing_that_its_own_policy_forbids() {
        let (_, _, body) = get("/", header::ACCEPT_LANGUAGE, "").await;
        assert!(!body.contains(" style="));
        assert!(!body.contains(" onclick="));
        assert!(!body.contains("<script>"));
    }

    #[tokio::test]
    async fn every_asset_that_the_page_or_a_script_names_is_there() {
        let (_, _, page) = get("/", header::ACCEPT_LANGUAGE, "").await;
        let mut wanted: Vec<String> = page
            .split('"')
            .filter(|part| part.starts_with("/assets/"))
            .map(str::to_owned)
            .collect();
        assert!(wanted.len() >= 3);
        let mut at = 0;
        while let Some(uri) = wanted.get(at).cloned() {
            let (status, tag, body) = get(&uri, header::ACCEPT, "*/*").await;
            assert_eq!(status, StatusCode::OK, "{uri}");
            let (again, _, nothing) = get(&uri, header::IF_NONE_MATCH, &tag).await;
            assert_eq!((again, nothing.as_str()), (StatusCode::NOT_MODIFIED, ""), "{uri}");
            let imports = body.lines().filter_map(|line| line.split_once("from \"./"));
            for (_, rest) in imports {
                let name = format!("/assets/js/{}", rest.trim_end_matches("\";"));
                if !wanted.contains(&name) {
                    wanted.push(name);
                }
            }
            at += 1;
        }
        let (status, ..) = get("/assets/js/none.js", header::ACCEPT, "*/*").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
}
