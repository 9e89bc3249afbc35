//! What stands between a station and Prism: it says which of the declared answers is wanted, and can
//! tell afterwards what went by.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What it makes of the next questions.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Prism's `Prefer` header: `code=404`, `example=Stolen IMEI`.
    pub prefer: &'static str,
    /// Prism answers about the IMEIs of its examples and with the correlator of its example. As an
    /// operator's gateway would, put the ones in that were asked with.
    pub tie: bool,
    /// Take the correlator away, there and back.
    pub no_correlator: bool,
}

/// A question and its answer, as they passed.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub asked: HeaderMap,
    pub question: Value,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub answer: Value,
}

/// The gateway; it ends when it is dropped.
pub struct Gateway {
    pub address: SocketAddr,
    inner: Arc<Inner>,
    _tasks: JoinSet<()>,
}

struct Inner {
    prism: SocketAddr,
    /// What stands before the paths of the description and Prism does not know of.
    prefix: &'static str,
    http: Client<HttpConnector, Body>,
    wish: Mutex<Wish>,
    passed: Mutex<Vec<Exchange>>,
}

impl Gateway {
    pub async fn before(prism: SocketAddr, prefix: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner {
            prism,
            prefix,
            http: Client::builder(TokioExecutor::new()).build_http(),
            wish: Mutex::default(),
            passed: Mutex::default(),
        });
        let app = Router::new().fallback(pass).with_state(Arc::clone(&inner));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Self { address, inner, _tasks: tasks }
    }

    /// From now on; what passed before is forgotten.
    pub fn wish(&self, wish: Wish) {
        *self.inner.wish.lock().unwrap() = wish;
        self.inner.passed.lock().unwrap().clear();
    }

    /// What passed since the last wish.
    pub fn passed(&self) -> Vec<Exchange> {
        self.inner.passed.lock().unwrap().clone()
    }
}

async fn pass(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let wish = inner.wish.lock().unwrap().clone();
    let (parts, body) = request.into_parts();
    let question = axum::body::to_bytes(body, 64 * 1024).await.unwrap();
    let path = parts.uri.path_and_query().unwrap().as_str();
    let path = path.strip_prefix(inner.prefix).expect("the path that the description names");
    let url = format!("http://{}{path}", inner.prism);
    let mut asked = parts.headers;
    if wish.no_correlator {
        asked.remove("x-correlator");
    }
    let mut forward = asked.clone();
    forward.remove("host");
    forward.remove("content-length");
    if !wish.prefer.is_empty() {
        forward.insert("prefer", wish.prefer.parse().unwrap());
    }
    let mut onward = Request::new(Body::from(question.clone()));
    *onward.method_mut() = parts.method;
    *onward.uri_mut() = url.parse().unwrap();
    *onward.headers_mut() = forward;
    let (reply, body) = inner.http.request(onward).await.unwrap().into_parts();
    let (status, mut headers) = (reply.status, reply.headers);
    let mut answer = axum::body::to_bytes(Body::new(body), 64 * 1024).await.unwrap();
    let question = json(&question);
    for hop in ["connection", "keep-alive", "content-length"] {
        headers.remove(hop);
    }
    if wish.tie {
        headers.insert("x-correlator", asked["x-correlator"].clone());
        let mut told = json(&answer);
        if status == StatusCode::OK && told.get("imei").is_some() {
            told["imei"] = question["imei"].clone();
            answer = told.to_string().into();
        }
    }
    if wish.no_correlator {
        headers.remove("x-correlator");
    }
    let exchange =
        Exchange { asked, question, status, headers: headers.clone(), answer: json(&answer) };
    inner.passed.lock().unwrap().push(exchange);
    let mut response = Response::new(Body::from(answer));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn json(bytes: &Bytes) -> Value {
    serde_json::from_slice(bytes).unwrap_or_default()
}
