//! Bytes to and from one port, every wait with a deadline.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use crate::port::PortName;

/// An open way to one device. Dropping it releases the port.
pub struct Link {
    io: Box<dyn Io>,
}

/// What a link is made of: any two-way byte stream.
trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

impl Link {
    /// Longest piece that [`Link::receive`] hands out when given a buffer of this size, in bytes.
    pub const CHUNK: usize = 4096;

    /// A link over any byte stream: a serial port, an in-memory pipe, a socket.
    pub fn from_io(io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self { io: Box::new(io) }
    }

    /// Sends all of `bytes`.
    ///
    /// # Errors
    ///
    /// [`LinkError::Timeout`] when the device has not taken them by `deadline`; part of them may
    /// have gone out. [`LinkError::Gone`] when it was pulled out.
    pub async fn send(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), LinkError> {
        let sending = async {
            self.io.write_all(bytes).await?;
            self.io.flush().await
        };
        match timeout_at(deadline, sending).await {
            Ok(sent) => sent.map_err(LinkError::from),
            Err(_) => Err(LinkError::Timeout),
        }
    }

    /// Sends the first of `bytes`, as many as the port takes at once, and returns how many. None
    /// are sent when the future is dropped.
    ///
    /// # Errors
    ///
    /// As [`Link::send`].
    pub async fn send_some(&mut self, bytes: &[u8], deadline: Instant) -> Result<usize, LinkError> {
        match timeout_at(deadline, self.io.write(bytes)).await {
            Ok(Ok(0)) if !bytes.is_empty() => Err(LinkError::Gone),
            Ok(sent) => sent.map_err(LinkError::from),
            Err(_) => Err(LinkError::Timeout),
        }
    }

    /// Waits for the next bytes and puts them into `buffer`, which must not be empty. Returns how
    /// many there are, at least one. Nothing is lost when the future is dropped.
    ///
    /// # Errors
    ///
    /// [`LinkError::Timeout`] when nothing came by `deadline`, [`LinkError::Gone`] when the
    /// device was pulled out or closed its end.
    pub async fn receive(
        &mut self,
        buffer: &mut [u8],
        deadline: Instant,
    ) -> Result<usize, LinkError> {
        match timeout_at(deadline, self.io.read(buffer)).await {
            Ok(Ok(0)) => Err(LinkError::Gone),
            Ok(Ok(count)) => Ok(count),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(LinkError::Timeout),
        }
    }
}

impl core::fmt::Debug for Link {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Link")
    }
}

/// Why bytes did not get through.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The deadline passed.
    #[error("the device did not react in time")]
    Timeout,
    /// The device was pulled out, or closed its end.
    #[error("the device is gone")]
    Gone,
    /// The system reported something else.
    #[error("the port failed")]
    Io(#[source] io::Error),
}

impl LinkError {
    /// Whether the device is no longer there.
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::Gone)
    }

    /// Whether the deadline passed.
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout)
    }
}

impl From<io::Error> for LinkError {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::BrokenPipe
            | Kind::ConnectionAborted
            | Kind::ConnectionReset
            | Kind::NotConnected
            | Kind::NotFound
            | Kind::UnexpectedEof => Self::Gone,
            Kind::TimedOut => Self::Timeout,
            _ if error.raw_os_error().is_some_and(means_gone) => Self::Gone,
            _ => Self::Io(error),
        }
    }
}

/// EIO, ENXIO, ENODEV: how Unix systems say that the hardware went away.
#[cfg(unix)]
const fn means_gone(code: i32) -> bool {
    matches!(code, 5 | 6 | 19)
}

/// `ERROR_BAD_COMMAND`, `ERROR_GEN_FAILURE`, `ERROR_OPERATION_ABORTED`: what a COM port returns
/// once its adapter is unplugged.
#[cfg(not(unix))]
const fn means_gone(code: i32) -> bool {
    matches!(code, 22 | 31 | 995)
}

/// Why a port cannot be opened, with the facts needed to act.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// This user may not open it.
    #[error("no permission to open {port}")]
    PermissionDenied {
        /// The port asked for.
        port: PortName,
    },
    /// Another program has it open.
    #[error("{port} is in use{}", by(.holder))]
    Busy {
        /// The port asked for.
        port: PortName,
        /// Program that holds it, where the system tells: name and process id.
        holder: Option<String>,
    },
    /// There is no such port, or no longer.
    #[error("{port} is not there")]
    NotFound {
        /// The port asked for.
        port: PortName,
    },
    /// The name belongs to a directory or an ordinary file.
    #[error("{port} is not a serial port")]
    NotAPort {
        /// The name asked for.
        port: PortName,
    },
    /// The system has no driver that lets programs talk to it. Windows alone.
    #[error("no driver lets this program talk to {port}")]
    NoDriver {
        /// The port asked for.
        port: PortName,
    },
    /// The system reported something else.
    #[error("{port} cannot be opened")]
    Io {
        /// The port asked for.
        port: PortName,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

fn by(holder: &Option<String>) -> String {
    holder.as_ref().map(|name| format!(" by {name}")).unwrap_or_default()
}

impl OpenError {
    /// The port that was asked for.
    pub const fn port(&self) -> &PortName {
        match self {
            Self::PermissionDenied { port }
            | Self::Busy { port, .. }
            | Self::NotFound { port }
            | Self::NotAPort { port }
            | Self::NoDriver { port }
            | Self::Io { port, .. } => port,
        }
    }

    /// What a person can do about it, in one or two sentences.
    pub fn cure(&self) -> String {
        match self {
            Self::PermissionDenied { .. } if cfg!(windows) => {
                "Another program may hold the port, or its driver refuses: close other phone tools, \
                 replug the phone and try again."
                    .to_owned()
            }
            Self::PermissionDenied { .. } => {
                "Install Tekser's udev rules (hardware/udev), or add this user to the group that \
                 owns the port (usually dialout) and log in again."
                    .to_owned()
            }
            Self::Busy { holder: Some(holder), .. } => {
                format!("Close {holder}, or tell it to leave this port alone, and try again.")
            }
            Self::Busy { holder: None, .. } => {
                "Close other phone tools. On Linux ModemManager may be probing the port for some \
                 ten seconds (Tekser's udev rules tell it not to); an adb server or another \
                 station may hold it too."
                    .to_owned()
            }
            Self::NotFound { .. } => "Plug the phone in again and check the cable.".to_owned(),
            Self::NotAPort { .. } => {
                "Name a serial port, such as /dev/ttyACM0 or COM7; `tekser devices` lists them."
                    .to_owned()
            }
            Self::NoDriver { .. } => {
                "Install the phone maker's USB driver (or WinUSB) for this phone and plug it in \
                 again."
                    .to_owned()
            }
            Self::Io { .. } => {
                "Plug the phone in again; if it stays, try another cable or USB port.".to_owned()
            }
        }
    }

    /// Whether trying again by itself may help.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Io { .. })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    #[tokio::test]
    async fn bytes_go_both_ways() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut link = Link::from_io(near);
        link.send(b"AT\r", soon()).await.unwrap();
        let mut buffer = [0; 8];
        assert_eq!(far.read(&mut buffer).await.unwrap(), 3);
        far.write_all(b"\r\nOK\r\n").await.unwrap();
        assert_eq!(link.receive(&mut buffer, soon()).await.unwrap(), 6);
    }

    #[tokio::test]
    async fn silence_ends_at_the_deadline() {
        let (near, _far) = tokio::io::duplex(64);
        let mut link = Link::from_io(near);
        assert!(link.receive(&mut [0; 8], soon()).await.unwrap_err().is_timeout());
    }

    #[tokio::test]
    async fn a_device_that_takes_nothing_ends_at_the_deadline() {
        let (near, _far) = tokio::io::duplex(2);
        let mut link = Link::from_io(near);
        assert!(link.send(b"AT+CGSN\r", soon()).await.unwrap_err().is_timeout());
    }

    #[tokio::test]
    async fn a_closed_end_is_gone() {
        let (near, far) = tokio::io::duplex(64);
        let mut link = Link::from_io(near);
        drop(far);
        assert!(link.receive(&mut [0; 8], soon()).await.unwrap_err().is_gone());
        assert!(link.send(b"AT\r", soon()).await.unwrap_err().is_gone());
    }

    #[test]
    fn errors_name_the_port_and_a_cure() {
        let port = PortName::new("/dev/ttyACM7");
        let busy = OpenError::Busy { port: port.clone(), holder: Some("gammu (pid 7)".into()) };
        assert_eq!(busy.to_string(), "/dev/ttyACM7 is in use by gammu (pid 7)");
        assert!(busy.cure().contains("gammu (pid 7)"));
        assert!(busy.is_retryable());
        let denied = OpenError::PermissionDenied { port };
        assert!(denied.cure().contains("dialout") || cfg!(windows));
    }
}
