//! A phone on this machine's USB: Linux's `vhci_hcd` takes one end of a pair of sockets, the
//! phone is at the other.
//!
//! Needs root and the module (`modprobe vhci-hcd`). There are 8 controllers of 15 ports for
//! devices like these, 120 in all.

use std::fs;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::device::UsbDevice;
use super::look::{Look, Speed};
use super::wire::Wire;
use crate::adbd::AllowedKeys;
use crate::persona::Persona;
use crate::phone::Next;

const CONTROLLER: &str = "/sys/devices/platform/vhci_hcd.0";

/// How long a port that is being vacated is waited for.
const VACATING: Duration = Duration::from_secs(10);

/// A phone that is plugged in. Dropping it pulls the cable.
#[derive(Debug)]
pub struct UsbPhone {
    persona: Persona,
    look: Look,
    port: u32,
    allowed: AllowedKeys,
    cable: Option<Cable>,
    past: Past,
}

/// What was done to a phone before it was last plugged in.
#[derive(Debug, Default)]
struct Past {
    asked: Vec<String>,
    violations: Vec<String>,
    complaints: Vec<String>,
}

impl UsbPhone {
    /// Plugs a phone in wherever there is room, on the controller with the fewest devices: each
    /// has one newcomer at a time.
    ///
    /// # Errors
    ///
    /// What the system says; [`io::ErrorKind::StorageFull`] when all ports are taken,
    /// [`io::ErrorKind::NotFound`] when `vhci_hcd` is not loaded.
    pub fn plug(persona: Persona, look: &Look) -> io::Result<Self> {
        let mut phone = Self::unplugged(persona, look);
        loop {
            phone.port = free_port(&ports()?)
                .ok_or_else(|| io::Error::new(io::ErrorKind::StorageFull, "no free USB port"))?;
            match phone.connect() {
                // Somebody else was faster.
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
                connected => return connected.map(|()| phone),
            }
        }
    }

    /// Plugs a phone in at a certain port, as [`UsbPhone::port`] gave it. While another phone is
    /// on its way out of it, waits.
    ///
    /// # Errors
    ///
    /// As [`UsbPhone::plug`]; [`io::ErrorKind::ResourceBusy`] when the port stays taken.
    pub fn plug_at(port: u32, persona: Persona, look: &Look) -> io::Result<Self> {
        let mut phone = Self::unplugged(persona, look);
        phone.move_to(port)?;
        Ok(phone)
    }

    fn unplugged(persona: Persona, look: &Look) -> Self {
        Self {
            persona,
            look: look.clone(),
            port: 0,
            allowed: AllowedKeys::default(),
            cable: None,
            past: Past::default(),
        }
    }

    /// Pulls the phone out and puts it into this port, its own included. It still knows the
    /// computers that it was told to trust.
    ///
    /// # Errors
    ///
    /// As [`UsbPhone::plug_at`]; the phone is out then.
    pub fn move_to(&mut self, port: u32) -> io::Result<()> {
        self.pull();
        self.port = port;
        let limit = Instant::now() + VACATING;
        loop {
            match self.connect() {
                Err(error)
                    if error.kind() == io::ErrorKind::ResourceBusy && Instant::now() < limit =>
                {
                    std::thread::sleep(Duration::from_millis(5));
                }
                connected => return connected,
            }
        }
    }

    /// Shows another face at the same port: the device goes and comes back, as a phone does when
    /// its USB mode is changed.
    ///
    /// # Errors
    ///
    /// As [`UsbPhone::plug_at`]; the phone is out then.
    pub fn change(&mut self, look: &Look) -> io::Result<()> {
        self.look = look.clone();
        self.move_to(self.port)
    }

    /// Pulls the cable. The phone can be put in again with [`UsbPhone::move_to`].
    pub fn pull(&mut self) {
        self.past = Past {
            asked: self.asked(),
            violations: self.violations(),
            complaints: self.complaints(),
        };
        self.cable = None;
    }

    fn connect(&mut self) -> io::Result<()> {
        let now = Instant::now();
        let device = UsbDevice::with_allowed(&self.persona, &self.look, &self.allowed, now);
        self.cable = Some(Cable::plug(self.port, device, self.look.speed)?);
        Ok(())
    }

    /// Who it is.
    pub const fn persona(&self) -> &Persona {
        &self.persona
    }

    /// How it shows itself now.
    pub const fn look(&self) -> &Look {
        &self.look
    }

    /// Number of its port, over all controllers: the place where it is plugged in.
    pub const fn port(&self) -> u32 {
        self.port
    }

    /// Its place in the system's own terms, such as `1-1`, once the system has met it.
    pub fn place(&self) -> Option<String> {
        if !self.is_in() {
            return None;
        }
        let port = ports().ok()?.into_iter().find(|port| port.number == self.port)?;
        (port.device != "0-0").then_some(port.device)
    }

    /// Number of the configuration in use, from 1; 0 is none yet.
    pub fn configuration(&self) -> u8 {
        self.wire().map_or(0, |wire| wire.device().configuration())
    }

    /// Commands it was given so far on all its ports, and services of its debug bridge.
    pub fn asked(&self) -> Vec<String> {
        self.with_past(&self.past.asked, UsbDevice::asked)
    }

    /// Those among them that do more than read.
    pub fn violations(&self) -> Vec<String> {
        self.with_past(&self.past.violations, UsbDevice::violations)
    }

    /// What the computer did that the protocol of the debug bridge does not allow.
    pub fn complaints(&self) -> Vec<String> {
        self.with_past(&self.past.complaints, UsbDevice::complaints)
    }

    fn with_past(
        &self,
        past: &[String],
        now: impl FnOnce(&UsbDevice) -> Vec<String>,
    ) -> Vec<String> {
        let now = self.wire().map(|wire| now(wire.device())).unwrap_or_default();
        [past, &now].concat()
    }

    /// The computers that its debug bridge knows. The store is shared.
    pub fn allowed(&self) -> AllowedKeys {
        self.allowed.clone()
    }

    /// Bytes on its bulk endpoints so far, both ways.
    pub fn carried(&self) -> u64 {
        self.wire().map_or(0, |wire| wire.carried())
    }

    /// Pulls the cable after this many more bytes on bulk endpoints, both ways, in the middle of
    /// a transfer.
    pub fn pull_after(&self, bytes: u64) {
        if let Some(mut wire) = self.wire() {
            wire.pull_after(bytes);
        }
    }

    /// Whether the cable is in; it may have come out by itself.
    pub fn is_in(&self) -> bool {
        self.cable.as_ref().is_some_and(|cable| !cable.thread.is_finished())
    }

    fn wire(&self) -> Option<MutexGuard<'_, Wire>> {
        self.cable.as_ref().map(|cable| lock(&cable.wire))
    }
}

/// A panic elsewhere leaves a phone no worse than it was.
fn lock(wire: &Mutex<Wire>) -> MutexGuard<'_, Wire> {
    wire.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The connection of one device to the kernel, and the thread that serves it.
#[derive(Debug)]
struct Cable {
    wire: Arc<Mutex<Wire>>,
    socket: UnixStream,
    thread: JoinHandle<()>,
}

impl Cable {
    fn plug(port: u32, device: UsbDevice, speed: Speed) -> io::Result<Self> {
        let wire = Arc::new(Mutex::new(Wire::new(device)));
        let (socket, kernels) = UnixStream::pair()?;
        let served = socket.try_clone()?;
        attach(port, &kernels, speed)?;
        let shared = Arc::clone(&wire);
        let name = format!("usb port {port}");
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            serve(&served, &shared);
            // Both ends of the cable learn of it, whatever ended it.
            let _ = served.shutdown(Shutdown::Both);
        })?;
        Ok(Self { wire, socket, thread })
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

/// Runs until the cable is out or the kernel lets go of the device.
fn serve(mut socket: &UnixStream, wire: &Mutex<Wire>) {
    let mut heard = vec![0; 1 << 16];
    loop {
        let next = lock(wire).next(Instant::now());
        match next {
            Next::Send(bytes) => {
                if socket.write_all(&bytes).is_err() {
                    return;
                }
            }
            Next::Pulled => return,
            Next::Wait(until) => {
                if wait(socket, until).is_err() {
                    return;
                }
                match socket.read(&mut heard) {
                    Ok(0) => return,
                    Ok(count) => {
                        let bytes = heard.get(..count).unwrap_or_default();
                        lock(wire).receive(bytes, Instant::now());
                    }
                    Err(error) if is_no_end(&error) => {}
                    Err(_) => return,
                }
            }
        }
    }
}

/// Has the next read end at this time.
fn wait(socket: &UnixStream, until: Option<Instant>) -> io::Result<()> {
    let shortest = Duration::from_millis(1); // none at all would mean for ever
    let limit = until.map(|until| until.saturating_duration_since(Instant::now()).max(shortest));
    socket.set_read_timeout(limit)
}

fn is_no_end(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

fn attach(port: u32, socket: &UnixStream, speed: Speed) -> io::Result<()> {
    let speed = match speed {
        Speed::Full => 2,
        Speed::High => 3,
    };
    // The third number names the device at its far machine; nobody looks at it here.
    let order = format!("{port} {} {} {speed}", socket.as_raw_fd(), port + 1);
    fs::write(Path::new(CONTROLLER).join("attach"), order)
}

/// A line of the kernel's list of ports.
#[derive(Debug, PartialEq, Eq)]
struct Port {
    number: u32,
    controller: usize,
    free: bool,
    device: String,
}

fn ports() -> io::Result<Vec<Port>> {
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
fn free_port(ports: &[Port]) -> Option<u32> {
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
