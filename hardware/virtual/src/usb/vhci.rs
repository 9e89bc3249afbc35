//! A phone on this machine's USB: Linux's `vhci_hcd` takes one end of a pair of sockets, the
//! phone is at the other.
//!
//! Needs root and the module (`modprobe vhci-hcd`). There are 8 controllers of 15 ports for
//! devices like these, 120 in all.

mod ports;
mod scanner;

use std::fs;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use self::scanner::UsbScanner;

use self::ports::{free_port, ports};
use super::device::UsbDevice;
use super::look::{Look, Speed};
use super::wire::Wire;
use crate::adbd::AllowedKeys;
use crate::persona::Persona;
use crate::phone::Next;

const CONTROLLER: &str = "/sys/devices/platform/vhci_hcd.0";

/// How long a port that is being vacated is waited for. A device that is pulled while the kernel
/// meets it costs it several time limits of five seconds.
const VACATING: Duration = Duration::from_secs(60);

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
        self.is_in().then(|| place(self.port))?
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

    /// Whether the phone asks its owner about a computer right now.
    pub fn is_asking(&self) -> bool {
        self.wire().is_some_and(|wire| wire.device().is_asking())
    }

    /// The owner touches "Allow", whatever the persona has it. Says whether there was a question.
    pub fn touch_allow(&self) -> bool {
        self.wire().is_some_and(|mut wire| wire.device_mut().touch_allow(Instant::now()))
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
        self.cable.as_ref().is_some_and(Cable::is_in)
    }

    fn wire(&self) -> Option<MutexGuard<'_, Wire>> {
        self.cable.as_ref().map(|cable| lock(&cable.wire))
    }
}

/// What the system calls the place of a port, once it has met what is in there.
fn place(port: u32) -> Option<String> {
    let port = ports().ok()?.into_iter().find(|found| found.number == port)?;
    (port.device != "0-0").then_some(port.device)
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

impl Cable {
    /// Whether it is in; it may have come out by itself.
    fn is_in(&self) -> bool {
        !self.thread.is_finished()
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
        let (next, glance) = {
            let mut wire = lock(wire);
            (wire.next(Instant::now()), wire.device().glance())
        };
        match next {
            Next::Send(bytes) => {
                if socket.write_all(&bytes).is_err() {
                    return;
                }
            }
            Next::Pulled => return,
            Next::Wait(until) => {
                // A touch on the screen and a scan come from elsewhere and wake nobody.
                let glance = glance.map(|pause| Instant::now() + pause);
                if wait(socket, [until, glance].into_iter().flatten().min()).is_err() {
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
