//! The list of phones of an adb server, one a line:
//! `R58M1234 device usb:1-1.2 product:x model:y device:z transport_id:3`.

use super::banner::PhoneState;

/// A phone that an adb server has.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerDevice {
    /// Serial number, or what the server writes in its place.
    pub serial: String,
    /// Its state; `None` when the server may not open it.
    pub state: Option<PhoneState>,
    /// Where it is plugged in, such as `1-1.2`; none for one that is reached over a network.
    pub topology: Option<String>,
    /// The server's own number of the connection.
    pub transport: Option<u64>,
}

/// What the server writes where there is no serial number; question marks where it may not look.
const UNNAMED: &str = "(no serial number)";

impl ServerDevice {
    /// Whether it may have this serial number. The list cuts numbers at a blank.
    pub(super) fn may_be(&self, serial: &str) -> bool {
        let unnamed = self.serial == UNNAMED || self.serial.bytes().all(|byte| byte == b'?');
        unnamed || serial.split_whitespace().next() == Some(&self.serial)
    }
}

/// A serial number is personal data.
impl core::fmt::Debug for ServerDevice {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ServerDevice")
            .field("state", &self.state)
            .field("topology", &self.topology)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

/// Most phones taken from a list.
const MOST: usize = 1024;

/// Reads a list. Lines that are none are passed over.
pub(super) fn parse(text: &str) -> Vec<ServerDevice> {
    text.lines().filter_map(line).take(MOST).collect()
}

fn line(line: &str) -> Option<ServerDevice> {
    let (serial, rest) = match line.strip_prefix(UNNAMED) {
        Some(rest) => (UNNAMED, rest),
        None => line.split_once(char::is_whitespace)?,
    };
    let words: Vec<&str> = rest.split_whitespace().collect();
    let state = match *words.first()? {
        // `no permissions (…); see [http://…]`
        "no" => None,
        name => Some(PhoneState::of(name)),
    };
    let field = |prefix: &str| words.iter().skip(1).find_map(|word| word.strip_prefix(prefix));
    Some(ServerDevice {
        serial: serial.to_owned(),
        state,
        topology: field("usb:").map(str::to_owned),
        transport: field("transport_id:").and_then(|number| number.parse().ok()),
    })
}
