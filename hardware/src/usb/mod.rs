//! What hangs on the USB of this machine: the one module that names `rusb`.
//!
//! | part | job |
//! |---|---|
//! | this | list, hotplug, open a debug bridge, show a hidden modem |
//! | `look` | what interface descriptors say a device is there for |
//! | `bulk` | a pair of bulk endpoints as a byte stream |
//! | `linux`, `elsewhere` | what only the system knows: strings without opening, who holds what |
//!
//! Nothing is opened to be listed: opening wakes a sleeping device and needs rights that a person
//! may not have yet.

mod bulk;
mod look;
#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "elsewhere.rs")]
mod system;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusb::{Context, DeviceHandle, Hotplug, HotplugBuilder, UsbContext};
use tokio::sync::Notify;

use crate::bus::{Access, Device, DeviceId, Port, Speaks};
use crate::link::{Link, OpenError};
use crate::port::PortName;
use look::{Bridge, Look};

/// No USB on this machine, or none that this program may see: a container, a kernel without it.
#[derive(Debug, thiserror::Error)]
#[error("this machine shows no USB to this program")]
pub struct NoUsb(#[source] rusb::Error);

/// The USB of this machine.
pub struct Usb {
    context: Context,
    news: Arc<Notify>,
    /// Whether `news` comes by itself.
    notified: bool,
    ours: Arc<Ours>,
    /// Who has a busy device, looked up once: it takes a walk through all processes.
    holders: Mutex<BTreeMap<Node, Option<String>>>,
    stop: Arc<AtomicBool>,
}

/// Number of the bus and address on it; another one after each plug-in.
type Node = (u8, u8);

/// A device on the USB.
#[derive(Debug)]
pub struct Found {
    /// What it is; of its ports only the debug bridges.
    pub device: Device,
    /// It has a modem interface, for which the system makes a serial port sooner or later.
    pub has_modem: bool,
}

/// Bridges that this program has open: they are in use, but not by another program.
#[derive(Debug, Default)]
struct Ours(Mutex<BTreeSet<PortName>>);

impl Ours {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<PortName>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a bridge that is in use is tried again: the thread of a link that was dropped a moment
/// ago needs up to [`bulk::TICK`] to let go of it.
const RELEASE_LIMIT: Duration = Duration::from_millis(300);

/// Longest sleep of the thread that hears of changes.
const LISTEN: Duration = Duration::from_millis(500);

impl Usb {
    /// Looks for the USB of this machine and begins to listen for changes.
    ///
    /// # Errors
    ///
    /// [`NoUsb`], which is normal in a container.
    pub fn new() -> Result<Self, NoUsb> {
        let context = Context::new().map_err(NoUsb)?;
        let news = Arc::new(Notify::new());
        let stop = Arc::new(AtomicBool::new(false));
        let notified = listen(&context, &news, &stop);
        Ok(Self { context, news, notified, ours: Arc::default(), holders: Mutex::default(), stop })
    }

    /// Phones, modems and scanners on the USB. Hubs, keyboards and the like are left out, and so
    /// is everything that only a serial port tells apart.
    pub fn devices(&self) -> Vec<Found> {
        let Ok(list) = self.context.devices() else {
            return Vec::new();
        };
        let mut found: Vec<Found> =
            list.iter().filter_map(|device| self.describe(&device)).collect();
        // The library may list a device twice while it is arriving; the later one is the real one.
        found.sort_by(|one, other| {
            (&one.device.id, other.device.plug).cmp(&(&other.device.id, one.device.plug))
        });
        found.dedup_by(|later, first| later.device.id == first.device.id);
        found
    }

    /// Waits until something was plugged in or pulled out. Without word from the system it comes
    /// back now and then.
    pub async fn changed(&self) {
        if self.notified {
            self.news.notified().await;
        } else {
            tokio::time::sleep(LISTEN).await;
        }
    }

    /// Opens a debug bridge for this program alone.
    ///
    /// # Errors
    ///
    /// [`OpenError`], which says what can be done about it.
    pub async fn open(self: &Arc<Self>, port: &PortName) -> Result<Link, OpenError> {
        let (usb, name) = (Arc::clone(self), port.clone());
        let opening = tokio::task::spawn_blocking(move || usb.open_now(&name));
        opening.await.unwrap_or_else(|_| Err(failed(port, io::ErrorKind::Interrupted.into())))
    }

    /// Has a phone show the modem port that it keeps in another USB configuration
    /// ([`Device::hidden_modem`]). This changes the state of its USB connection, nothing else,
    /// until it is pulled out; other programs that use the phone lose it. Only when a person
    /// allows it.
    ///
    /// # Errors
    ///
    /// [`OpenError`], which says what can be done about it.
    pub async fn show_modem(self: &Arc<Self>, id: &DeviceId) -> Result<(), OpenError> {
        let (usb, wanted) = (Arc::clone(self), id.clone());
        let showing = tokio::task::spawn_blocking(move || usb.show_modem_now(&wanted));
        let port = PortName::new(id.as_str());
        showing.await.unwrap_or_else(|_| Err(failed(&port, io::ErrorKind::Interrupted.into())))
    }

    fn describe(&self, device: &rusb::Device<Context>) -> Option<Found> {
        let topology = topology(device)?;
        let descriptor = device.device_descriptor().ok()?;
        let usb_id = (descriptor.vendor_id(), descriptor.product_id());
        let look = Look::of(device);
        let role = look.role(usb_id)?;
        let names = system::names(&topology);
        let access = |bridge: &Bridge, name: &PortName| {
            if self.ours.lock().contains(name) {
                return Access::Free;
            }
            let node = (device.bus_number(), device.address());
            let access = system::access(node, &topology, bridge.configuration, bridge.interface);
            self.with_holder(node, access)
        };
        let ports = look.bridges.iter().map(|bridge| {
            let name = bridge.name(&topology);
            Port { access: access(bridge, &name), name, speaks: Speaks::Adb }
        });
        let plug = u32::from(device.bus_number()) << 8 | u32::from(device.address());
        let device = Device {
            plug: Some(plug),
            usb_id: Some(usb_id),
            maker: names.maker,
            product: names.product,
            serial: names.serial,
            role,
            hidden_modem: look.hidden_modem.is_some(),
            ..Device::new(DeviceId::usb(&topology), ports.collect())
        };
        Some(Found { device, has_modem: look.has_modem() })
    }

    fn with_holder(&self, node: Node, access: Access) -> Access {
        let mut holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Access::Busy { .. } = access {
            let holder = holders.entry(node).or_insert_with(|| system::holder(node)).clone();
            return Access::Busy { holder };
        }
        holders.remove(&node);
        access
    }

    fn find(&self, id: &DeviceId) -> Option<rusb::Device<Context>> {
        let list = self.context.devices().ok()?;
        let is_meant = |device: &rusb::Device<Context>| {
            topology(device).is_some_and(|topology| DeviceId::usb(&topology) == *id)
        };
        // Of two in one place the one that is listed too.
        list.iter().filter(is_meant).max_by_key(rusb::Device::address)
    }

    fn open_now(&self, port: &PortName) -> Result<Link, OpenError> {
        let missing = || OpenError::NotFound { port: port.clone() };
        let (topology, configuration, interface) =
            look::place(port).ok_or_else(|| OpenError::NotAPort { port: port.clone() })?;
        let device = self.find(&DeviceId::usb(&topology)).ok_or_else(missing)?;
        let look = Look::of(&device);
        let bridge = *look
            .bridges
            .iter()
            .find(|one| (one.configuration, one.interface) == (configuration, interface))
            .ok_or_else(missing)?;
        let explain = |error| self.explain(port, &device, error);
        let handle = device.open().map_err(explain)?;
        claim(&handle, bridge.interface).map_err(explain)?;
        let held = Held::new(&self.ours, port);
        bulk::attach(handle, bridge, held).map_err(|error| failed(port, error))
    }

    fn show_modem_now(&self, id: &DeviceId) -> Result<(), OpenError> {
        let port = PortName::new(id.as_str());
        let missing = || OpenError::NotFound { port: port.clone() };
        let device = self.find(id).ok_or_else(missing)?;
        let look = Look::of(&device);
        let configuration = look.hidden_modem.ok_or_else(missing)?;
        let explain = |error| self.explain(&port, &device, error);
        let handle = device.open().map_err(explain)?;
        for interface in look.interfaces {
            // The kernel refuses to change the configuration under a bound driver.
            let _ = handle.detach_kernel_driver(interface);
        }
        handle.set_active_configuration(configuration).map_err(explain)
    }

    fn explain(
        &self,
        port: &PortName,
        device: &rusb::Device<Context>,
        error: rusb::Error,
    ) -> OpenError {
        let port = port.clone();
        match error {
            rusb::Error::Access => OpenError::PermissionDenied { port },
            rusb::Error::Busy => {
                let holder = system::holder((device.bus_number(), device.address()));
                OpenError::Busy { port, holder }
            }
            rusb::Error::NoDevice | rusb::Error::NotFound => OpenError::NotFound { port },
            // Windows: no driver that lets programs in.
            rusb::Error::NotSupported => OpenError::NoDriver { port },
            other => failed(&port, bulk::as_io(other)),
        }
    }
}

impl Drop for Usb {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.context.interrupt_handle_events();
    }
}

/// One line, for logs: what is on the USB is told by [`Usb::devices`].
impl core::fmt::Debug for Usb {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Usb").field("notified", &self.notified).finish_non_exhaustive()
    }
}

/// Marks a bridge as ours for as long as it is open.
#[derive(Debug)]
struct Held {
    ours: Arc<Ours>,
    port: PortName,
}

impl Held {
    fn new(ours: &Arc<Ours>, port: &PortName) -> Self {
        ours.lock().insert(port.clone());
        Self { ours: Arc::clone(ours), port: port.clone() }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.ours.lock().remove(&self.port);
    }
}

/// `1-1.2`: the bus and the ports on the way to the device, as Linux writes it. Root hubs have
/// none.
fn topology(device: &rusb::Device<Context>) -> Option<String> {
    let ports = device.port_numbers().ok().filter(|ports| !ports.is_empty())?;
    let ports: Vec<String> = ports.iter().map(u8::to_string).collect();
    Some(format!("{}-{}", device.bus_number(), ports.join(".")))
}

/// Takes the interface, from a driver of the kernel if need be (`option` takes every vendor's
/// interface once it is told of the device). Another program is waited for a moment, not ousted.
fn claim(handle: &DeviceHandle<Context>, interface: u8) -> rusb::Result<()> {
    let limit = Instant::now() + RELEASE_LIMIT;
    // Not known to every system, and not needed where it is not.
    let _ = handle.set_auto_detach_kernel_driver(true);
    loop {
        match handle.claim_interface(interface) {
            Err(rusb::Error::Busy) if Instant::now() < limit => {
                std::thread::sleep(Duration::from_millis(20));
            }
            outcome => return outcome,
        }
    }
}

/// Starts the thread that hears of changes. False where the system does not tell.
fn listen(context: &Context, news: &Arc<Notify>, stop: &Arc<AtomicBool>) -> bool {
    let ear = Box::new(Ear(Arc::clone(news)));
    let Ok(registration) = HotplugBuilder::new().register(context.clone(), ear) else {
        return false;
    };
    let (context, stop) = (context.clone(), Arc::clone(stop));
    let thread = std::thread::Builder::new().name("usb hotplug".to_owned());
    let listening = thread.spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            if context.handle_events(Some(LISTEN)).is_err() {
                std::thread::sleep(LISTEN);
            }
        }
        drop(registration);
    });
    listening.is_ok()
}

/// Nothing may be asked of a device inside the callback, so it only passes the word on.
struct Ear(Arc<Notify>);

impl Hotplug<Context> for Ear {
    fn device_arrived(&mut self, _: rusb::Device<Context>) {
        self.0.notify_one();
    }

    fn device_left(&mut self, _: rusb::Device<Context>) {
        self.0.notify_one();
    }
}

fn failed(port: &PortName, source: io::Error) -> OpenError {
    OpenError::Io { port: port.clone(), source }
}
