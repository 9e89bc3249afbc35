//! Serial ports of this machine: the one module that names `serialport`.
//!
//! | part | job |
//! |---|---|
//! | this | open a port, name what went wrong |
//! | [`SerialBus`] | list the ports that belong to USB devices |
//! | `ready` (Unix) | wait until a port can be read or written; elsewhere a thread does |
//! | `linux`, `elsewhere` | what only the system knows: topology, permission, who holds a port |

mod listing;
#[cfg(unix)]
mod ready;
#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "elsewhere.rs")]
mod system;

use std::io;
use std::time::{Duration, Instant};

use serialport::{ClearBuffer, ErrorKind, SerialPort};

use crate::link::{Link, OpenError};
use crate::port::PortName;

pub use listing::SerialBus;
pub(crate) use system::{access, is_there, place};

/// The system's own port.
#[cfg(windows)]
type Native = serialport::COMPort;
#[cfg(unix)]
type Native = serialport::TTYPort;

/// USB modems ignore the speed; UARTs of phones and development boards use this one.
const BAUD: u32 = 115_200;

/// Longest time that one read keeps a write waiting, and that a dropped link keeps its port, where
/// a thread reads and writes.
const TICK: Duration = Duration::from_millis(10);

/// Longest wait for the system to open a port. Bluetooth COM ports can take for ever.
const OPEN_LIMIT: Duration = Duration::from_secs(5);

/// How long a port that is in use is tried again: the thread of a link that was dropped a moment
/// ago needs up to [`TICK`] to let go of it.
const RELEASE_LIMIT: Duration = Duration::from_millis(60);

/// Opens a port for this program alone: 115200 baud, 8N1, no flow control, DTR and RTS on where
/// the port has them. Bytes that waited in the port are thrown away.
///
/// # Errors
///
/// [`OpenError`], which says what can be done about it.
pub async fn open(port: &PortName) -> Result<Link, OpenError> {
    let name = port.clone();
    let opening = tokio::task::spawn_blocking(move || open_native(&name));
    let native = match tokio::time::timeout(OPEN_LIMIT, opening).await {
        Ok(Ok(opened)) => opened?,
        Ok(Err(_)) => return Err(failed(port, io::ErrorKind::Interrupted.into())),
        Err(_) => return Err(failed(port, io::ErrorKind::TimedOut.into())),
    };
    attach(native).map_err(|error| failed(port, error))
}

#[cfg(unix)]
use ready::attach;

/// Windows runs one operation of a synchronous port at a time, and has no readiness to wait for.
#[cfg(not(unix))]
fn attach(native: Native) -> io::Result<Link> {
    crate::blocking::attach("serial port", native)
}

fn open_native(port: &PortName) -> Result<Native, OpenError> {
    refuse_files(port)?;
    let limit = Instant::now() + RELEASE_LIMIT;
    let builder = serialport::new(port.as_str(), BAUD).timeout(TICK).dtr_on_open(true);
    let mut native = loop {
        match Native::open(&builder) {
            Ok(native) => break native,
            Err(error) if error.kind() == ErrorKind::NoDevice && Instant::now() < limit => {
                std::thread::sleep(TICK);
            }
            Err(error) => return Err(explain(port, error)),
        }
    };
    // A pseudo-terminal has no such lines, and some adapters do not wire them.
    let _ = native.write_data_terminal_ready(true);
    let _ = native.write_request_to_send(true);
    let _ = native.clear(ClearBuffer::Input);
    Ok(native)
}

/// `/dev` itself or a file would be reported as a confusing "not a typewriter".
#[cfg(unix)]
fn refuse_files(port: &PortName) -> Result<(), OpenError> {
    let path = std::path::Path::new(port.as_str());
    match path.metadata() {
        Ok(found) if found.is_dir() || found.is_file() => {
            Err(OpenError::NotAPort { port: port.clone() })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(OpenError::NotFound { port: port.clone() })
        }
        _ => Ok(()),
    }
}

/// On Windows a port is no file, and looking at its name as at one would open it.
#[cfg(not(unix))]
fn refuse_files(port: &PortName) -> Result<(), OpenError> {
    let name = port.as_str().trim_start_matches(r"\\.\");
    if name.contains(['/', '\\', ':']) {
        return Err(OpenError::NotAPort { port: port.clone() });
    }
    Ok(())
}

fn explain(port: &PortName, error: serialport::Error) -> OpenError {
    let port = port.clone();
    match error.kind() {
        ErrorKind::NoDevice => system::no_device(port, &error.description),
        ErrorKind::Io(io::ErrorKind::PermissionDenied) => OpenError::PermissionDenied { port },
        ErrorKind::Io(io::ErrorKind::NotFound) => OpenError::NotFound { port },
        _ if error.description.contains("typewriter") || error.description.contains("ioctl") => {
            OpenError::NotAPort { port }
        }
        _ if error.description.starts_with("No such device") => OpenError::NotFound { port },
        _ => OpenError::Io { port, source: error.into() },
    }
}

fn failed(port: &PortName, source: io::Error) -> OpenError {
    OpenError::Io { port: port.clone(), source }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_directory_and_a_file_are_no_ports() {
        for name in ["/dev", "/etc/hostname"] {
            let error = open(&PortName::new(name)).await.unwrap_err();
            assert!(matches!(error, OpenError::NotAPort { .. }), "{name}: {error:?}");
        }
        let error = open(&PortName::new("/dev/null")).await.unwrap_err();
        assert!(matches!(error, OpenError::NotAPort { .. }), "{error:?}");
    }

    /// A port and its other end, to be held so that the port lives.
    fn pseudo_terminal() -> (serialport::TTYPort, PortName) {
        let (far, near) = serialport::TTYPort::pair().unwrap();
        let name = PortName::new(near.name().unwrap());
        (far, name)
    }

    #[tokio::test]
    async fn a_port_in_use_is_busy_and_names_who_has_it() {
        let (_far, name) = pseudo_terminal();
        let _first = open(&name).await.unwrap();
        let OpenError::Busy { holder, .. } = open(&name).await.unwrap_err() else {
            panic!("opened twice")
        };
        if cfg!(target_os = "linux") {
            assert!(holder.unwrap().contains(&std::process::id().to_string()));
        }
    }

    #[tokio::test]
    async fn a_dropped_link_leaves_the_port_free() {
        let (_far, name) = pseudo_terminal();
        for _ in 0..20 {
            let mut link = open(&name).await.unwrap();
            let soon = tokio::time::Instant::now() + Duration::from_millis(2);
            assert!(link.receive(&mut [0; 8], soon).await.unwrap_err().is_timeout());
        }
    }

    #[tokio::test]
    async fn a_missing_port_is_not_found() {
        let error = open(&PortName::new("/dev/ttyACM4711")).await.unwrap_err();
        assert!(matches!(error, OpenError::NotFound { .. }), "{error:?}");
    }
}
