//! Style sheet, scripts and icon, inside the binary.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! assets {
    ($($name:literal: $kind:expr),* $(,)?) => {
        [$(Asset {
            name: $name,
            kind: $kind,
            text: include_str!(concat!("../../assets/", $name)),
        }),*]
    };
}

static ASSETS: [Asset; 27] = assets! {
    "page.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "js/api.js": SCRIPT,
    "js/app.js": SCRIPT,
    "js/bench.js": SCRIPT,
    "js/boxes.js": SCRIPT,
    "js/brought.js": SCRIPT,
    "js/caseform.js": SCRIPT,
    "js/cases.js": SCRIPT,
    "js/casewords.js": SCRIPT,
    "js/checks.js": SCRIPT,
    "js/civil.js": SCRIPT,
    "js/dom.js": SCRIPT,
    "js/events.js": SCRIPT,
    "js/format.js": SCRIPT,
    "js/keys.js": SCRIPT,
    "js/modem.js": SCRIPT,
    "js/phone.js": SCRIPT,
    "js/portal.js": SCRIPT,
    "js/say.js": SCRIPT,
    "js/scan.js": SCRIPT,
    "js/scanners.js": SCRIPT,
    "js/screenshot.js": SCRIPT,
    "js/state.js": SCRIPT,
    "js/submissions.js": SCRIPT,
    "js/token.js": SCRIPT,
    "js/words.js": SCRIPT,
};

/// The scripts, by name.
#[cfg(test)]
pub(super) fn scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
    ASSETS.iter().filter(|asset| asset.kind == SCRIPT).map(|asset| (asset.name, asset.text))
}

/// One asset. Browsers keep it and ask whether it is still the same.
pub(super) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = tag_of(asset);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let common = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "no-cache".to_owned())];
    if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, asset.kind)], asset.text).into_response()
}

fn tag_of(asset: &Asset) -> String {
    let digest = Sha256::digest(asset.text.as_bytes());
    let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}
