//! Connections that can be cut: an answer that is lost is not an answer that says so.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::Request;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::middleware::Next;
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Cuts one connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Wire(Arc<AtomicBool>);

/// Mark of a response that must not reach whoever asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lost;

/// Cuts the connection before a response that is marked as [`Lost`].
pub(super) async fn cut_lost_answers(request: Request, next: Next) -> Response {
    let wire = request.extensions().get::<ConnectInfo<Wire>>().map(|info| info.0.clone());
    let response = next.run(request).await;
    if let (Some(wire), Some(Lost)) = (wire, response.extensions().get()) {
        wire.0.store(true, Ordering::Relaxed);
    }
    response
}

/// A listener whose connections can be cut.
pub(super) struct Wires(pub TcpListener);

impl Listener for Wires {
    type Io = Cuttable;
    type Addr = Wire;

    async fn accept(&mut self) -> (Cuttable, Wire) {
        loop {
            match self.0.accept().await {
                Ok((stream, _)) => {
                    let wire = Wire::default();
                    return (Cuttable { stream, wire: wire.clone() }, wire);
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Wire> {
        Ok(Wire::default())
    }
}

impl Connected<IncomingStream<'_, Wires>> for Wire {
    fn connect_info(stream: IncomingStream<'_, Wires>) -> Self {
        stream.remote_addr().clone()
    }
}

/// A connection that can be cut.
pub(super) struct Cuttable {
    stream: TcpStream,
    wire: Wire,
}

impl Cuttable {
    /// The stream, unless it is cut.
    fn whole(self: Pin<&mut Self>) -> io::Result<Pin<&mut TcpStream>> {
        let this = self.get_mut();
        match this.wire.0.load(Ordering::Relaxed) {
            true => Err(io::ErrorKind::ConnectionAborted.into()),
            false => Ok(Pin::new(&mut this.stream)),
        }
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.whole()?.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.whole()?.poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.whole()?.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
