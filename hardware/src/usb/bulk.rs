//! A pair of bulk endpoints as a byte stream.

use std::io::{self, Read, Write};
use std::time::Duration;

use rusb::{Context, DeviceHandle};

use super::Held;
use super::look::Bridge;
use crate::blocking;
use crate::link::Link;

/// Longest time that one read keeps a write waiting, and that a dropped link keeps its bridge.
/// Each tick costs the kernel a transfer that is given and taken back.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// Longest wait for the phone to take one transfer.
const WRITE_LIMIT: Duration = Duration::from_secs(3);

/// Makes a link of a claimed interface.
pub(super) fn attach(
    handle: DeviceHandle<Context>,
    bridge: Bridge,
    held: Held,
) -> io::Result<Link> {
    for endpoint in [bridge.input, bridge.output] {
        // A program that had the phone before may have left an endpoint halted.
        let _ = handle.clear_halt(endpoint);
    }
    blocking::attach("usb bridge", Pair { handle, bridge, _held: held })
}

struct Pair {
    handle: DeviceHandle<Context>,
    bridge: Bridge,
    _held: Held,
}

impl Read for Pair {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.handle.read_bulk(self.bridge.input, buffer, TICK) {
            // An empty packet only ends a transfer; it is not the end of the stream. One that sends
            // nothing else must not keep the thread from seeing that its link was dropped.
            Ok(0) => Err(io::ErrorKind::Interrupted.into()),
            Ok(count) => Ok(count),
            Err(error) => Err(as_io(error)),
        }
    }
}

/// Every write is one transfer. One that fills its last packet is ended by an empty packet, as
/// the debug bridge has it.
impl Write for Pair {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count =
            self.handle.write_bulk(self.bridge.output, bytes, WRITE_LIMIT).map_err(as_io)?;
        let packet = usize::from(self.bridge.packet).max(1);
        if count > 0 && count == bytes.len() && count.is_multiple_of(packet) {
            self.handle.write_bulk(self.bridge.output, &[], WRITE_LIMIT).map_err(as_io)?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What libusb says, as the rest of the house says it. A transfer that breaks off (`Io`) or a
/// halted endpoint (`Pipe`) is what a pulled phone looks like before the system has noticed.
pub(super) fn as_io(error: rusb::Error) -> io::Error {
    use io::ErrorKind as Kind;
    let kind = match error {
        rusb::Error::Timeout => Kind::TimedOut,
        rusb::Error::Interrupted => Kind::Interrupted,
        rusb::Error::NoDevice | rusb::Error::NotFound | rusb::Error::Io | rusb::Error::Pipe => {
            Kind::BrokenPipe
        }
        rusb::Error::Access => Kind::PermissionDenied,
        rusb::Error::NoMem => Kind::OutOfMemory,
        rusb::Error::Overflow => Kind::InvalidData,
        _ => Kind::Other,
    };
    io::Error::new(kind, error)
}
