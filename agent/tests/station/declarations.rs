//! Declarations through the API: searched, attached, kept for the preflight.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use tekser_imei::Imei;

use crate::by_hand::{ByHand, line};
use crate::support::{Answer, Shop, imei};

const BUSINESS: &str = "940140000385";

/// A declaration that names these numbers.
fn declaration(imeis: &[Imei]) -> Vec<u8> {
    let numbers: Vec<&str> = imeis.iter().map(Imei::as_str).collect();
    ByHand::page(&line(&numbers.join(" "))).file()
}

impl Shop {
    async fn post_declaration(&self, query: &str, file: impl Into<Body>) -> Answer {
        let request = Request::post(format!("/api/v1/declarations{query}"))
            .header(header::HOST, "127.0.0.1:7470")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.station.token.reveal()))
            .header(header::CONTENT_TYPE, "application/pdf")
            .body(file.into())
            .unwrap();
        self.send(request).await
    }

    /// An import of one device with two IMEIs.
    async fn import_case(&self) -> String {
        let body = json!({ "import": {
            "reference": "IM-1",
            "applicant": { "kind": "legal_entity", "number": BUSINESS },
            "devices": [{ "imeis": [imei(1), imei(2)], "maker": "X", "model": "Y" }],
            "country": "CN", "imported_on": "2026-10-20",
            "documents": [{
                "kind": "customs_declaration", "number": "55301/120326/0004567",
                "date": "2026-10-12", "holder": BUSINESS, "devices": 1,
            }],
        } });
        let case = self.ask("POST", "/api/v1/cases", Some(body)).await.expect(201);
        case["id"].as_str().unwrap().to_owned()
    }

    async fn preflight_of(&self, case: &str) -> Vec<String> {
        let view = self.ask("GET", &format!("/api/v1/cases/{case}"), None).await.expect(200);
        let codes = view["preflight"].as_array().unwrap().iter();
        codes.map(|one| one["code"].as_str().unwrap().to_owned()).collect()
    }
}

fn results(view: &Value) -> Vec<&str> {
    let hits = view["hits"].as_array().unwrap();
    hits.iter().map(|hit| hit["result"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn numbers_are_looked_for_without_a_case() {
    let shop = Shop::open().await;
    let query = format!("?imei={}&imei={}&imei=12345", imei(1), imei(2));
    let view = shop.post_declaration(&query, declaration(&[imei(1), imei(3)])).await.expect(200);
    assert_eq!(results(&view), ["whole", "missing", "too_short"]);
    assert_eq!(view["hits"][0]["page"], 1);
    assert_eq!(view["complete"], true);
    assert_eq!(view["others"], json!([{ "imei": imei(3), "page": 1 }]));
    assert_eq!(view.get("case"), None);
}

#[tokio::test]
async fn the_file_of_a_case_is_attached_and_what_was_found_is_kept() {
    let shop = Shop::open().await;
    let case = shop.import_case().await;
    let query = format!("?case={case}&name=dt.pdf");
    let half = declaration(&[imei(1)]);
    let view = shop.post_declaration(&query, half.clone()).await.expect(200);
    assert_eq!((&view["attached"], results(&view)), (&json!(true), vec!["whole", "missing"]));
    assert_eq!(shop.preflight_of(&case).await, ["imei_not_in_declaration"]);
    let problem = shop.ask("POST", "/api/v1/batches", Some(json!({ "cases": [case] }))).await;
    problem.expect_problem(422, "would_be_refused");

    let again = shop.post_declaration(&query, half).await.expect(200);
    assert_eq!(again["attached"], false);
    let shown = shop.ask("GET", &format!("/api/v1/cases/{case}"), None).await.expect(200);
    let files = shown["import"]["documents"][0]["files"].as_array().unwrap();
    assert_eq!((files.len(), &files[0]["sha256"]), (1, &view["sha256"]));
    assert_eq!(files[0]["name"], "dt.pdf");

    // The other half stands in another file.
    shop.post_declaration(&query, declaration(&[imei(2)])).await.expect(200);
    assert_eq!(shop.preflight_of(&case).await, Vec::<String>::new());

    // What was found is known without the file, after a restart too.
    let shop = shop.reopened().await;
    assert_eq!(shop.preflight_of(&case).await, Vec::<String>::new());
    shop.ask("POST", "/api/v1/batches", Some(json!({ "cases": [case] }))).await.expect(201);
    let closed = shop.post_declaration(&query, declaration(&[imei(3)])).await;
    closed.expect_problem(409, "case_not_open");
    let attached = shop.post_declaration(&query, declaration(&[imei(2)])).await.expect(200);
    assert_eq!(attached["attached"], false);
}

#[tokio::test]
async fn what_cannot_be_searched_is_a_problem_with_a_cure_and_is_not_attached() {
    let shop = Shop::open().await;
    let case = shop.import_case().await;
    let query = format!("?case={case}");
    let picture = ByHand::page("0 0 100 100 re f 0 0 m 5 5 l 9 0 l f").file();
    let whole = declaration(&[imei(1)]);
    for (file, status, code) in [
        (b"PK\x03\x04".to_vec(), 415, "declaration_not_pdf"),
        (picture, 422, "declaration_no_text"),
        (whole[..60].to_vec(), 422, "declaration_damaged"),
        (vec![b' '; 33 * 1024 * 1024], 413, "declaration_too_large"),
    ] {
        let problem = shop.post_declaration(&query, file).await.expect_problem(status, code);
        assert!(problem["detail"].as_str().unwrap().contains(". "), "{problem}");
    }
    assert_eq!(shop.preflight_of(&case).await, Vec::<String>::new());
    let none = "?case=01890a5d-ac96-774b-bcce-b302099a8057";
    shop.post_declaration(none, whole.clone()).await.expect_problem(404, "not_found");
    for query in ["", "?imei=1&case=01890a5d-ac96-774b-bcce-b302099a8057", "?color=red", "?case=x"]
    {
        shop.post_declaration(query, whole.clone()).await.expect_problem(400, "query");
    }
}

#[tokio::test]
async fn a_file_that_was_cut_never_says_that_a_number_is_missing() {
    let shop = Shop::open().await;
    let mut file = declaration(&[imei(1)]);
    file.truncate(file.len() - 20);
    let query = format!("?imei={}&imei={}", imei(1), imei(2));
    let view = shop.post_declaration(&query, file).await.expect(200);
    assert_eq!(results(&view), ["whole", "undetermined"]);
    assert_eq!(view["unread"], json!([{ "why": "cut_off" }]));
}
