//! Following what happens.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::support::Shop;

/// One frame of the stream: `id`, `event` and `data`.
struct Frame {
    id: i64,
    kind: String,
    data: Value,
}

/// A stream being read.
struct Stream {
    body: Body,
    text: String,
}

impl Stream {
    async fn open(shop: &Shop, request: Request<Body>) -> Self {
        let response = shop.app().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        Self { body: response.into_body(), text: String::new() }
    }

    async fn next(&mut self) -> Frame {
        let frame = tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                if let Some((frame, rest)) = self.text.split_once("\n\n") {
                    let (frame, rest) = (frame.to_owned(), rest.to_owned());
                    self.text = rest;
                    return frame;
                }
                let piece = self.body.frame().await.unwrap().unwrap().into_data().unwrap();
                self.text.push_str(std::str::from_utf8(&piece).unwrap());
            }
        });
        let frame = frame.await.unwrap();
        let field = |name: &str| {
            let mut lines = frame.lines();
            lines.find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned()
        };
        Frame {
            id: field("id:").parse().unwrap(),
            kind: field("event:"),
            data: serde_json::from_str(&field("data:")).unwrap(),
        }
    }
}

fn follow(shop: &Shop, query: &str, last_seen: Option<&str>) -> Request<Body> {
    let mut request = shop.request("GET", &format!("/api/v1/events{query}"), None);
    if let Some(last_seen) = last_seen {
        request.headers_mut().insert("last-event-id", last_seen.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn events_come_in_order_as_they_happen() {
    let shop = Shop::open().await;
    shop.case(1).await;
    let mut stream = Stream::open(&shop, follow(&shop, "", None)).await;
    let case = shop.case(2).await;
    let frame = stream.next().await;
    assert_eq!((frame.id, frame.kind.as_str()), (2, "case"), "only what is new");
    assert_eq!(frame.data["subject"], case.id.to_string());
    assert_eq!(frame.data["seq"], 2);
    assert_eq!(frame.data["body"]["replacement"]["work_order"], "WO-2");
    let batch = shop.station.make_batch(&[case.id]).await.unwrap();
    let mut kinds = Vec::new();
    for id in 3..=6 {
        let frame = stream.next().await;
        assert_eq!(frame.id, id);
        kinds.push(frame.kind);
        if id == 6 {
            assert_eq!(frame.data["body"]["id"], batch.id.to_string());
        }
    }
    assert_eq!(kinds, ["answer", "answer", "case", "batch"]);
}

#[tokio::test]
async fn a_follower_who_comes_back_misses_nothing() {
    let shop = Shop::open().await;
    for n in 1..=300 {
        shop.case(n).await;
    }
    for (query, last_seen, first) in [
        ("", Some("5"), 6),
        ("?after=7", None, 8),
        ("?after=7", Some("5"), 6),
        ("?after=0", None, 1),
        ("?after=-1", None, 1),
    ] {
        let mut stream = Stream::open(&shop, follow(&shop, query, last_seen)).await;
        for id in first..=300 {
            assert_eq!(stream.next().await.id, id, "{query} {last_seen:?}");
        }
    }
}

#[tokio::test]
async fn a_number_that_never_was_is_where_things_are_now() {
    let shop = Shop::open().await;
    shop.case(1).await;
    for (query, last_seen) in [("", Some("99")), ("", Some("x")), ("?after=99", None)] {
        let mut stream = Stream::open(&shop, follow(&shop, query, last_seen)).await;
        let n = *shop.station.store.follow().borrow() + 1;
        shop.case(usize::try_from(n).unwrap()).await;
        assert_eq!(stream.next().await.id, n, "{query} {last_seen:?}");
    }
    let odd = shop.send(follow(&shop, "?after=x", None)).await;
    odd.expect_problem(400, "query");
}

#[tokio::test]
async fn two_followers_see_the_same() {
    let shop = Shop::open().await;
    let mut one = Stream::open(&shop, follow(&shop, "", None)).await;
    let mut other = Stream::open(&shop, follow(&shop, "", None)).await;
    shop.case(1).await;
    assert_eq!(one.next().await.data, other.next().await.data);
}
