//! A registry that is not there: it says byte for byte what it is told to.
//!
//! Each reply has a place of its own: `http://127.0.0.1:…/3/` always gives the fourth. HTTP/2 with
//! prior knowledge is understood as well; what cannot be said in it is a connection that ends.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What comes back, whatever is asked.
#[derive(Clone)]
pub enum Reply {
    /// A whole answer.
    Whole { status: u16, kind: &'static str, body: Vec<u8> },
    /// These bytes, and then the connection ends.
    Bytes(Vec<u8>),
    /// Nothing, for ever.
    Silence,
}

impl Reply {
    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Whole { status, kind: "application/json", body: body.into() }
    }

    fn head(&self) -> Vec<u8> {
        let Self::Whole { status, kind, body } = self else {
            return Vec::new();
        };
        format!(
            "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            body.len()
        )
        .into_bytes()
    }

    /// All that is shorter than it, in steps: the connection ends before everything was said.
    pub fn cut(&self, step: usize) -> Vec<(usize, Self)> {
        let Self::Whole { body, .. } = self else {
            return Vec::new();
        };
        let mut bytes = self.head();
        bytes.extend_from_slice(body);
        let cuts = (0..bytes.len()).step_by(step);
        cuts.map(|at| (at, Self::Bytes(bytes[..at].to_vec()))).collect()
    }
}

/// Runs until it is dropped.
pub struct Double {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Double {
    pub async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let replies: Arc<[Reply]> = replies.into();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                counter.fetch_add(1, Ordering::Relaxed);
                connections.spawn(serve(stream, Arc::clone(&replies)));
            }
        });
        Self { address, asked, _tasks: tasks }
    }

    /// How often somebody connected.
    pub fn times(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// Where the nth reply is.
    pub fn url(&self, nth: usize) -> String {
        format!("http://{}/{nth}/", self.address)
    }
}

fn nth(path: &str, replies: &[Reply]) -> Option<Reply> {
    let place = path.split('/').nth(1)?.parse::<usize>().ok()?;
    replies.get(place).cloned()
}

async fn serve(mut stream: TcpStream, replies: Arc<[Reply]>) {
    let mut start = [0; 4];
    if stream.peek(&mut start).await.is_ok_and(|read| start[..read] == *b"PRI ") {
        return serve_http2(stream, replies).await;
    }
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < 16 * 1024 {
        match stream.read_buf(&mut head).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).unwrap_or_default();
    match nth(path, &replies) {
        Some(Reply::Silence) => std::future::pending().await,
        Some(Reply::Bytes(bytes)) => {
            let _ = stream.write_all(&bytes).await;
        }
        Some(whole @ Reply::Whole { .. }) => {
            let _ = stream.write_all(&whole.head()).await;
            if let Reply::Whole { body, .. } = &whole {
                let _ = stream.write_all(body).await;
            }
        }
        None => {}
    }
    // What is still coming is read, so that the end is an end and not a reset.
    let _ = stream.shutdown().await;
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
}

/// What HTTP/2 has no words for.
#[derive(Debug, thiserror::Error)]
#[error("the connection ends")]
struct Ends;

async fn serve_http2(stream: TcpStream, replies: Arc<[Reply]>) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let reply = nth(request.uri().path(), &replies);
        async move {
            match reply {
                Some(Reply::Whole { status, kind, body }) if status >= 200 => {
                    let response = Response::builder().status(status).header("content-type", kind);
                    response.body(Full::new(Bytes::from(body))).map_err(|_| Ends)
                }
                Some(Reply::Silence) => {
                    std::future::pending::<Infallible>().await;
                    Err(Ends)
                }
                Some(Reply::Whole { .. } | Reply::Bytes(_)) | None => Err(Ends),
            }
        }
    });
    let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    let _ = server.serve_connection(TokioIo::new(stream), answer).await;
}
