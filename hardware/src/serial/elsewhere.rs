//! Systems where topology, permission and holder of a port cannot be told by safe means.

use super::listing::Mark;
use crate::bus::Access;
use crate::link::OpenError;
use crate::port::PortName;

pub(crate) fn place(_port: &PortName) -> Option<(String, u8)> {
    None
}

pub(super) const fn marks() -> Option<Vec<Mark>> {
    None
}

pub(super) fn plug(_topology: &str) -> Option<u32> {
    None
}

pub(crate) fn access(_port: &PortName) -> Access {
    Access::Free
}

/// A COM port is no file: looking at its name as at one would open it.
pub(crate) fn is_there(port: &PortName) -> bool {
    !cfg!(unix) || std::path::Path::new(port.as_str()).exists()
}

pub(super) fn can_list() -> bool {
    true
}

/// Windows reports "access denied" for a port that another program has open, and "not found" for
/// one that is not there. `serialport` passes both on under one name, so the list decides.
pub(super) fn no_device(port: PortName, _description: &str) -> OpenError {
    let listed = serialport::available_ports()
        .is_ok_and(|ports| ports.iter().any(|listed| listed.port_name == port.as_str()));
    if listed { OpenError::Busy { port, holder: None } } else { OpenError::NotFound { port } }
}
