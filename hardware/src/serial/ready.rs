//! A port whose system says when it can be read and written: no thread, a write never waits for a
//! read, and a dropped link lets go of its port at once.

use std::io::{self, Read as _, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use serialport::{SerialPort as _, TTYPort};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::blocking::plain;
use crate::link::Link;

/// A link over a port. Must be called within a Tokio runtime.
pub(super) fn attach(mut port: TTYPort) -> io::Result<Link> {
    // The runtime waits; the port itself is only asked when there is something.
    port.set_timeout(Duration::ZERO)?;
    Ok(Link::from_io(Port(watched(port)?)))
}

#[expect(
    deprecated,
    reason = "its successor is an unsafe function, for descriptors that may change under it; this \
              one is owned and stays"
)]
fn watched(port: TTYPort) -> io::Result<AsyncFd<TTYPort>> {
    AsyncFd::new(port)
}

struct Port(AsyncFd<TTYPort>);

impl AsyncRead for Port {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut port = ready!(self.0.poll_read_ready_mut(context))?;
            let target = buffer.initialize_unfilled();
            if let Ok(read) = port.try_io(|port| at_once(|| port.get_mut().read(target))) {
                return Poll::Ready(read.map(|count| buffer.advance(count)));
            }
        }
    }
}

impl AsyncWrite for Port {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            let mut port = ready!(self.0.poll_write_ready_mut(context))?;
            if let Ok(written) = port.try_io(|port| at_once(|| port.get_mut().write(bytes))) {
                return Poll::Ready(written);
            }
        }
    }

    /// What the system took it sends by itself.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Does it now, or says that it would block: `serialport` calls that a time limit that is over.
fn at_once(mut act: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        return match act() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                Err(io::ErrorKind::WouldBlock.into())
            }
            done => done.map_err(plain),
        };
    }
}
