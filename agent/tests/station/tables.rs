//! Tables as bodies of `POST /api/v1/checks`.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::support::{Answer, Shop};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

impl Shop {
    async fn post_table(&self, query: &str, kind: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(format!("/api/v1/checks{query}"))
            .header(header::HOST, "127.0.0.1:7470")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.station.token.reveal()))
            .header(header::CONTENT_TYPE, kind)
            .body(body.into())
            .unwrap();
        self.send(request).await
    }
}

#[track_caller]
fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200);
    let text = std::str::from_utf8(&answer.body).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_table_is_answered_row_by_row_with_verdicts() {
    let shop = Shop::open().await;
    let table = "brand;imei\nX;490154203237518\nY;354178036859789\nZ;4,90154E+14\n";
    let lines = lines(&shop.post_table("", "text/csv; charset=utf-8", table).await);
    assert_eq!(lines[0]["kind"], "header");
    assert_eq!(lines[1]["imeis"][0]["answer"]["verdict"], "clear");
    assert_eq!(lines[1]["cells"], json!(["X", "490154203237518"]));
    assert_eq!(lines[2]["imeis"][0]["answer"]["verdict"], "blocked");
    assert_eq!(lines[2]["result"], "look");
    assert_eq!(lines[3]["findings"][0]["code"], "scientific");
    assert_eq!(lines[3]["result"], "stop");
    assert_eq!(lines[4]["totals"]["rows"], 3);
    assert_eq!(lines.len(), 5);
}

#[tokio::test]
async fn offline_nobody_is_asked() {
    let shop = Shop::open().await;
    let table = "352099001761481\n352099001761481\n";
    let lines = lines(&shop.post_table("?offline=true", "text/plain", table).await);
    assert_eq!(lines[0]["result"], "sound");
    assert_eq!(lines[0]["imeis"][0].get("answer"), None);
    assert_eq!(
        lines[1]["findings"][0],
        json!({
            "column": 1, "code": "duplicate", "detail": "the same number is on line 1", "line": 1
        })
    );
    assert_eq!(shop.ask("GET", "/api/v1/checks", None).await.json()["items"], json!([]));
}

#[tokio::test]
async fn what_is_no_table_is_a_problem() {
    let shop = Shop::open().await;
    let table = [
        (&b"PK\x03\x04 and then it ends"[..], 422, "table"),
        (b"%PDF-1.7\n", 415, "not_a_table"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 415, "not_a_table"),
        (b"1;2\0", 415, "not_a_table"),
    ];
    for (body, status, code) in table {
        let answer = shop.post_table("", XLSX, body).await;
        answer.expect_problem(status, code);
    }
}

#[tokio::test]
async fn a_table_that_breaks_off_says_so_in_its_last_line() {
    let shop = Shop::open().await;
    let answer = shop.post_table("", "text/csv", "imei;x\n490154203237518;1\n1;\"open\n").await;
    let lines = lines(&answer);
    assert_eq!(lines[1]["imeis"][0]["answer"]["verdict"], "clear");
    assert!(lines[2]["error"]["detail"].as_str().unwrap().contains("line 3"), "{}", lines[2]);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let shop = Shop::open().await;
    let answer = shop.post_table("", "text/csv", vec![b'1'; 17 * 1024 * 1024]).await;
    answer.expect_problem(413, "body");
    let imeis = json!({ "imeis": ["1".repeat(2 * 1024 * 1024)] }).to_string();
    let answer = shop.post_table("", "application/json", imeis).await;
    answer.expect_problem(413, "body");
}
