//! The kernel's list of virtual ports.

use std::path::Path;
use std::{fs, io};

use super::CONTROLLER;

/// A line of the kernel's list of ports.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Port {
    /// Over all controllers.
    pub(super) number: u32,
    controller: usize,
    free: bool,
    /// Place of the device in it, `0-0` while there is none.
    pub(super) device: String,
}

/// All ports for devices up to high speed.
pub(super) fn ports() -> io::Result<Vec<Port>> {
    let mut ports = parse(0, &fs::read_to_string(Path::new(CONTROLLER).join("status"))?);
    for controller in 1.. {
        let list = Path::new(CONTROLLER).join(format!("status.{controller}"));
        let Ok(text) = fs::read_to_string(list) else { break };
        ports.extend(parse(controller, &text));
    }
    Ok(ports)
}

/// `hub port sta spd dev sockfd local_busid`; only ports for devices up to high speed.
fn parse(controller: usize, text: &str) -> Vec<Port> {
    /// `VDEV_ST_NULL`: nobody is there, or on the way out.
    const FREE: &str = "004";
    let port = |line: &str| {
        let mut words = line.split_whitespace();
        if words.next()? != "hs" {
            return None;
        }
        let number = words.next()?.parse().ok()?;
        let free = words.next()? == FREE;
        Some(Port { number, controller, free, device: words.nth(3)?.to_owned() })
    };
    text.lines().filter_map(port).collect()
}

/// The first free port of the controller with the fewest devices.
pub(super) fn free_port(ports: &[Port]) -> Option<u32> {
    let taken = |controller| {
        ports.iter().filter(|port| port.controller == controller && !port.free).count()
    };
    let free = ports.iter().filter(|port| port.free);
    free.min_by_key(|port| (taken(port.controller), port.number)).map(|port| port.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "hub port sta spd dev      sockfd local_busid\n\
        hs  0000 006 003 00000001 000005 1-1\n\
        hs  0001 004 000 00000000 000000 0-0\n\
        ss  0015 004 000 00000000 000000 0-0\n";
    const SECOND: &str = "hub port sta spd dev      sockfd local_busid\n\
        hs  0030 004 000 00000000 000000 0-0\n\
        hs  0031 004 000 00000000 000000 0-0\n";

    #[test]
    fn a_newcomer_goes_to_the_controller_with_the_fewest_devices() {
        let mut ports = parse(0, FIRST);
        assert_eq!(ports[0], Port { number: 0, controller: 0, free: false, device: "1-1".into() });
        assert_eq!(ports.len(), 2);
        assert_eq!(free_port(&ports), Some(1));
        ports.extend(parse(1, SECOND));
        assert_eq!(free_port(&ports), Some(30));
    }

    #[test]
    fn a_list_that_is_none_has_no_ports() {
        assert_eq!(parse(0, "hs\nhs x\nhs 1 004\n\n"), []);
        assert_eq!(free_port(&[]), None);
    }
}
