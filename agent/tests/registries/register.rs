//! An equipment identity register that speaks HTTP/2 and does as it is told.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, Response};
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// What it does with a question.
#[derive(Clone)]
pub enum Reaction {
    /// A whole answer: status, media type, body, and further headers.
    Answer(u16, &'static str, String, Vec<(&'static str, String)>),
    /// The same, once as many questions wait as the barrier wants.
    Together(Arc<Barrier>, Box<Reaction>),
    /// An answer that never ends.
    Endless,
    /// Not a word.
    Silence,
    /// The answer, and that this connection takes no further questions.
    Farewell(Box<Reaction>),
    /// The beginning of an answer, and the end of everything on this connection.
    Cut,
}

impl Reaction {
    pub fn status(word: &str) -> Self {
        let body = format!(r#"{{"status":"{word}"}}"#);
        Self::Answer(200, "application/json", body, Vec::new())
    }

    pub fn problem(status: u16, cause: &str) -> Self {
        let body = format!(r#"{{"status":{status},"cause":"{cause}"}}"#);
        Self::Answer(status, "application/problem+json", body, Vec::new())
    }

    pub fn with(self, name: &'static str, value: impl ToString) -> Self {
        match self {
            Self::Answer(status, kind, body, mut headers) => {
                headers.push((name, value.to_string()));
                Self::Answer(status, kind, body, headers)
            }
            other => other,
        }
    }
}

/// The register.
pub struct Register {
    pub address: SocketAddr,
    pub seen: Arc<Seen>,
    _tasks: JoinSet<()>,
}

/// What it saw.
#[derive(Default)]
pub struct Seen {
    connections: AtomicUsize,
    asked: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

impl Seen {
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub fn most_open(&self) -> usize {
        self.most_open.load(Ordering::SeqCst)
    }
}

type React = Arc<dyn Fn(usize, &Request<RecvStream>) -> Reaction + Send + Sync>;

impl Register {
    /// Reacts to each question, which are counted from 0.
    pub async fn start(
        react: impl Fn(usize, &Request<RecvStream>) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let (react, counts): (React, _) = (Arc::new(react), Arc::clone(&seen));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut served = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                counts.connections.fetch_add(1, Ordering::SeqCst);
                served.spawn(serve(stream, Arc::clone(&react), Arc::clone(&counts)));
            }
        });
        Self { address, seen, _tasks: tasks }
    }

    /// Says the same to everybody.
    pub async fn saying(reaction: Reaction) -> Self {
        Self::start(move |_, _| reaction.clone()).await
    }
}

async fn serve(stream: TcpStream, react: React, seen: Arc<Seen>) {
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    let mut answers = JoinSet::new();
    while let Some(Ok((request, respond))) = connection.accept().await {
        let number = seen.asked.fetch_add(1, Ordering::SeqCst);
        let open = seen.open.fetch_add(1, Ordering::SeqCst) + 1;
        seen.most_open.fetch_max(open, Ordering::SeqCst);
        match react(number, &request) {
            Reaction::Cut => return cut(connection, respond).await,
            Reaction::Farewell(reaction) => {
                answers.spawn(answer(respond, *reaction, Arc::clone(&seen)));
                connection.graceful_shutdown();
            }
            reaction => {
                answers.spawn(answer(respond, reaction, Arc::clone(&seen)));
            }
        }
    }
}

async fn cut(mut connection: Connection<TcpStream, Bytes>, mut respond: SendResponse<Bytes>) {
    let response = Response::builder().header("content-length", 24).body(()).unwrap();
    let mut body = respond.send_response(response, false).unwrap();
    body.send_data(Bytes::from_static(b"{\"status\":\"WHI"), false).unwrap();
    // What was begun has to leave before the connection is gone.
    let _ = tokio::time::timeout(Duration::from_millis(20), connection.accept()).await;
    connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
    let _ = poll_fn(|cx| connection.poll_closed(cx)).await;
}

async fn answer(mut respond: SendResponse<Bytes>, mut reaction: Reaction, seen: Arc<Seen>) {
    while let Reaction::Together(barrier, after) = reaction {
        barrier.wait().await;
        reaction = *after;
    }
    seen.open.fetch_sub(1, Ordering::SeqCst);
    match reaction {
        Reaction::Answer(status, kind, body, headers) => {
            let mut response = Response::builder().status(status).header("content-type", kind);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            let mut stream = respond.send_response(response.body(()).unwrap(), false).unwrap();
            let _ = stream.send_data(body.into(), true);
        }
        Reaction::Endless => {
            let mut stream = respond.send_response(Response::new(()), false).unwrap();
            stream.reserve_capacity(16 * 1024);
            while let Some(Ok(room)) = poll_fn(|cx| stream.poll_capacity(cx)).await {
                if stream.send_data(vec![b' '; room].into(), false).is_err() {
                    return;
                }
                stream.reserve_capacity(16 * 1024);
            }
        }
        _ => std::future::pending().await,
    }
}
