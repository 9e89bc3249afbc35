//! Bytes of a port that blocks (a tty, a pair of USB endpoints) through one thread.
//!
//! A reply wakes its reader the moment it arrives. On Windows a synchronous port runs one
//! operation at a time: a write waits until a pending read has ended. So the thread reads only
//! when the station waits for bytes, and a read in progress ends after the port's own time limit
//! (its tick) to look whether something is to be written. After an answer no read is pending, and
//! the next command goes out at once. A dropped link keeps its port for a tick at most.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::link::Link;

/// Longest wait for the device to take the bytes of one write.
const WRITE_LIMIT: Duration = Duration::from_secs(3);

/// A link over a port whose reads end with [`io::ErrorKind::TimedOut`] after a tick.
pub(crate) fn attach(name: &str, port: impl Read + Write + Send + 'static) -> io::Result<Link> {
    let (orders, inbox) = mpsc::channel();
    let (read_sender, reads) = unbounded_channel();
    let (write_sender, writes) = unbounded_channel();
    let worker = Worker { port, inbox, reads: read_sender, writes: write_sender };
    std::thread::Builder::new().name(name.to_owned()).spawn(move || worker.run())?;
    Ok(Link::from_io(Port {
        orders,
        reads,
        writes,
        reading: false,
        writing: false,
        left: Vec::new(),
        taken: 0,
    }))
}

/// What the thread is asked for. At most one of each is outstanding.
enum Order {
    Read,
    Write(Vec<u8>),
}

/// The link's end.
struct Port {
    orders: Sender<Order>,
    reads: UnboundedReceiver<io::Result<Vec<u8>>>,
    writes: UnboundedReceiver<io::Result<()>>,
    reading: bool,
    writing: bool,
    left: Vec<u8>,
    taken: usize,
}

impl Port {
    fn order(&self, order: Order) -> io::Result<()> {
        self.orders.send(order).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl AsyncRead for Port {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.taken == self.left.len() {
            if !self.reading {
                self.order(Order::Read)?;
                self.reading = true;
            }
            let answer = ready!(self.reads.poll_recv(context));
            self.reading = false;
            self.left = answer.unwrap_or_else(|| Err(io::ErrorKind::BrokenPipe.into()))?;
            self.taken = 0;
        }
        let rest = self.left.get(self.taken..).unwrap_or_default();
        let count = rest.len().min(buffer.remaining());
        buffer.put_slice(rest.get(..count).unwrap_or_default());
        self.taken += count;
        Poll::Ready(Ok(()))
    }
}

/// Bytes are taken at once and [`AsyncWrite::poll_flush`] waits for the port to take them, so a
/// write that is given up leaves nothing behind that the next one could be confused with.
impl AsyncWrite for Port {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.as_mut().poll_flush(context))?;
        self.order(Order::Write(bytes.to_vec()))?;
        self.writing = true;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.writing {
            return Poll::Ready(Ok(()));
        }
        let written = ready!(self.writes.poll_recv(context));
        self.writing = false;
        Poll::Ready(written.unwrap_or_else(|| Err(io::ErrorKind::BrokenPipe.into())))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}

/// The thread's end. It lives until the link is dropped.
struct Worker<P> {
    port: P,
    inbox: Receiver<Order>,
    reads: UnboundedSender<io::Result<Vec<u8>>>,
    writes: UnboundedSender<io::Result<()>>,
}

impl<P: Read + Write> Worker<P> {
    fn run(mut self) {
        let mut reading = false;
        loop {
            let order = if reading {
                self.inbox.try_recv()
            } else {
                self.inbox.recv().map_err(|_| TryRecvError::Disconnected)
            };
            match order {
                Ok(Order::Read) => reading = true,
                Ok(Order::Write(bytes)) => {
                    let written = self.write(&bytes);
                    if self.writes.send(written).is_err() {
                        return;
                    }
                }
                Err(TryRecvError::Disconnected) => return,
                Err(TryRecvError::Empty) => {
                    if let Some(read) = self.read() {
                        reading = false;
                        if self.reads.send(read).is_err() {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// One read of at most a tick; nothing when nothing came.
    fn read(&mut self) -> Option<io::Result<Vec<u8>>> {
        let mut buffer = [0; Link::CHUNK];
        match self.port.read(&mut buffer) {
            Ok(0) => Some(Err(io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => Some(Ok(buffer.get(..count).unwrap_or_default().to_vec())),
            Err(error) if is_pause(&error) => None,
            Err(error) => Some(Err(plain(error))),
        }
    }

    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let limit = Instant::now() + WRITE_LIMIT;
        while !bytes.is_empty() {
            match self.port.write(bytes) {
                Ok(count @ 1..) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(error) if !is_pause(&error) => return Err(plain(error)),
                _ if Instant::now() < limit => {}
                _ => return Err(io::ErrorKind::TimedOut.into()),
            }
        }
        Ok(())
    }
}

/// `serialport` passes on as `Other` what Unix says of a vanished terminal (EIO, ENXIO, ENODEV).
pub(crate) fn plain(error: io::Error) -> io::Error {
    if cfg!(unix) && error.kind() == io::ErrorKind::Other {
        return io::Error::new(io::ErrorKind::BrokenPipe, error);
    }
    error
}

fn is_pause(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use serialport::{SerialPort, TTYPort};
    use tokio::time::Instant;

    use super::*;

    const TICK: Duration = Duration::from_millis(10);

    fn pair() -> (TTYPort, TTYPort) {
        let (mut far, mut near) = TTYPort::pair().unwrap();
        near.set_timeout(TICK).unwrap();
        far.set_timeout(Duration::from_secs(2)).unwrap();
        (far, near)
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(2)
    }

    #[tokio::test]
    async fn commands_and_answers_pass_and_a_pending_read_does_not_hold_up_a_write() {
        let (mut far, near) = pair();
        let mut link = attach("test", near).unwrap();
        let mut buffer = [0; 16];
        let early = Instant::now() + Duration::from_millis(1);
        assert!(link.receive(&mut buffer, early).await.unwrap_err().is_timeout());
        link.send(b"AT\r", soon()).await.unwrap();
        let far = tokio::task::spawn_blocking(move || {
            let mut seen = [0; 3];
            far.read_exact(&mut seen).unwrap();
            far.write_all(b"\r\nOK\r\n").unwrap();
            (far, seen)
        });
        let (_far, seen) = far.await.unwrap();
        assert_eq!(&seen, b"AT\r");
        let mut got = Vec::new();
        while got.len() < 6 {
            let count = link.receive(&mut buffer, soon()).await.unwrap();
            got.extend_from_slice(&buffer[..count]);
        }
        assert_eq!(got, b"\r\nOK\r\n");
    }

    #[tokio::test]
    async fn a_pulled_cable_ends_a_pending_read() {
        let (far, near) = pair();
        let mut link = attach("test", near).unwrap();
        drop(far);
        let error = link.receive(&mut [0; 8], soon()).await.unwrap_err();
        assert!(error.is_gone(), "{error:?}");
    }
}
