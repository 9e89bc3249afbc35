//! A bench of phones and scanners that are not there.

mod scanners;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tekser_hardware::bus::{Change, Opening};
use tekser_hardware::link::OpenError;
use tekser_hardware::{Bus, Device, DeviceId, Port, PortName, Speaks};
use tokio::sync::Notify;

#[cfg(not(unix))]
use crate::pipe::PipePhone as Body;
#[cfg(unix)]
use crate::pty::PtyPhone as Body;

use crate::adbd::AllowedKeys;
use crate::bridge::PipeBridge;
use crate::persona::Persona;
use crate::scanner::{Kit, VirtualScanner};

use self::scanners::Scanners;

/// How often it is looked whether a scanner went to its boot loader.
const RHYTHM: Duration = Duration::from_millis(200);

/// Phones at numbered places. On Unix each is a real pseudo-terminal that is opened through
/// [`tekser_hardware::serial::open`], so the whole real path is used; elsewhere they are pipes.
/// The debug bridge of an Android phone is a pipe everywhere, where USB would be.
#[derive(Debug, Default)]
pub struct VirtualBench {
    places: Mutex<BTreeMap<DeviceId, Place>>,
    scanners: Mutex<Scanners>,
    names: Option<PathBuf>,
    news: Notify,
}

#[derive(Debug)]
struct Place {
    number: usize,
    persona: Persona,
    /// Computers that it let in, ever.
    allowed: AllowedKeys,
    phone: Option<Plugged>,
}

/// A phone that is in, with the ports that its kind shows.
#[derive(Debug)]
struct Plugged {
    modem: Option<Body>,
    bridge: Option<PipeBridge>,
}

impl Plugged {
    fn new(
        persona: &Persona,
        allowed: &AllowedKeys,
        number: usize,
        names: Option<&Path>,
    ) -> io::Result<Self> {
        let modem = persona.has_modem().then(|| Body::on_bench(persona.clone(), number, names));
        let android = persona.android.as_ref();
        let bridge = android.map(|_| PipeBridge::plug(persona, allowed.clone(), number));
        Ok(Self { modem: modem.transpose()?, bridge })
    }

    fn ports(&self) -> Vec<Port> {
        let modem = self.modem.as_ref().map(|modem| Port::free(modem.port().clone(), Speaks::At));
        let bridge = self.bridge.as_ref();
        let bridge = bridge.map(|bridge| Port::free(bridge.port().clone(), Speaks::Adb));
        modem.into_iter().chain(bridge).collect()
    }

    fn open(&self, port: &PortName) -> Option<Opening<'static>> {
        if let Some(modem) = self.modem.as_ref().filter(|modem| modem.port() == port) {
            return Some(modem.open());
        }
        let bridge = self.bridge.as_ref().filter(|bridge| bridge.port() == port)?;
        Some(Box::pin(core::future::ready(Ok(bridge.connect()))))
    }

    /// What both sides have to say, the modem first.
    fn both(
        &self,
        modem: impl FnOnce(&Body) -> Vec<String>,
        bridge: impl FnOnce(&PipeBridge) -> Vec<String>,
    ) -> Vec<String> {
        let modem = self.modem.as_ref().map(modem);
        [modem, self.bridge.as_ref().map(bridge)].into_iter().flatten().flatten().collect()
    }
}

impl VirtualBench {
    /// An empty bench.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty bench that puts a symbolic link `phone0`, `phone1`, … to each port into `folder`,
    /// which must exist. Only on systems with pseudo-terminals.
    pub fn with_names_in(folder: impl Into<PathBuf>) -> Self {
        Self { names: Some(folder.into()), ..Self::default() }
    }

    /// Plugs a phone in at the next free place. Must be called within a Tokio runtime.
    ///
    /// # Errors
    ///
    /// What the system says when it has no pseudo-terminal left.
    pub fn plug(&self, persona: Persona) -> io::Result<DeviceId> {
        let mut places = self.lock();
        let number = next_number(&places, &self.scanners());
        let id = DeviceId::bench(number);
        let allowed = AllowedKeys::default();
        let phone = Some(Plugged::new(&persona, &allowed, number, self.names.as_deref())?);
        places.insert(id.clone(), Place { number, persona, allowed, phone });
        self.news.notify_one();
        Ok(id)
    }

    /// Plugs a scanner in at the next free place. It is powered by its cable: pulled out, it only
    /// keeps what is in its flash. Must be called within a Tokio runtime.
    ///
    /// # Errors
    ///
    /// What the system says when it has no pseudo-terminal or thread left.
    pub fn plug_scanner(&self, kit: Kit) -> io::Result<DeviceId> {
        let (places, mut scanners) = (self.lock(), self.scanners());
        let number = next_number(&places, &scanners);
        let id = scanners.add(kit, number, self.names.as_deref())?;
        self.news.notify_one();
        Ok(id)
    }

    /// The scanner at a place, plugged in or not: to show codes to it, and to see its lamps.
    pub fn scanner(&self, id: &DeviceId) -> Option<Arc<VirtualScanner>> {
        self.scanners().get(id)
    }

    /// Pulls a phone or a scanner out. Its place is kept for [`VirtualBench::replug`]. Says whether it was in.
    pub fn unplug(&self, id: &DeviceId) -> bool {
        let scanner = self.scanners().unplug(id);
        let was_in = scanner.unwrap_or_else(|| {
            self.lock().get_mut(id).is_some_and(|place| place.phone.take().is_some())
        });
        self.news.notify_one();
        was_in
    }

    /// Puts a phone or a scanner back in at its place, on a new port, as it was when new; but it still knows
    /// the computers that it let in. Says whether there is such a place. One that is in is pulled out first.
    ///
    /// # Errors
    ///
    /// What the system says when it has no pseudo-terminal left.
    pub fn replug(&self, id: &DeviceId) -> io::Result<bool> {
        if self.scanners().replug(id, self.names.as_deref())? {
            self.news.notify_one();
            return Ok(true);
        }
        let mut places = self.lock();
        let Some(place) = places.get_mut(id) else {
            return Ok(false);
        };
        place.phone = None;
        let names = self.names.as_deref();
        place.phone = Some(Plugged::new(&place.persona, &place.allowed, place.number, names)?);
        self.news.notify_one();
        Ok(true)
    }

    /// Who is at each place, plugged in or not, in the order of the places.
    pub fn personas(&self) -> Vec<(DeviceId, Persona)> {
        let places = self.lock();
        let mut list: Vec<(&DeviceId, &Place)> = places.iter().collect();
        list.sort_by_key(|(_, place)| place.number);
        list.into_iter().map(|(id, place)| (id.clone(), place.persona.clone())).collect()
    }

    /// Commands that a phone was given since it was plugged in: those on its modem port in order,
    /// then the services asked for on its debug bridge in order.
    pub fn asked(&self, id: &DeviceId) -> Vec<String> {
        self.phone(id, |phone| phone.both(Body::asked, PipeBridge::asked))
    }

    /// Commands among them that write, reset, dial or send, and services that can do more than
    /// read.
    pub fn violations(&self, id: &DeviceId) -> Vec<String> {
        self.phone(id, |phone| phone.both(Body::violations, PipeBridge::violations))
    }

    /// What was said on its debug bridge that the protocol does not allow.
    pub fn complaints(&self, id: &DeviceId) -> Vec<String> {
        self.phone(id, |phone| phone.both(|_| Vec::new(), PipeBridge::complaints))
    }

    /// The owner of a phone touches "Allow". Says whether the phone was asking.
    pub fn touch_allow(&self, id: &DeviceId) -> bool {
        self.phone(id, |phone| phone.bridge.as_ref().is_some_and(PipeBridge::touch_allow))
    }

    fn phone<T: Default>(&self, id: &DeviceId, look: impl FnOnce(&Plugged) -> T) -> T {
        let places = self.lock();
        places.get(id).and_then(|place| place.phone.as_ref()).map(look).unwrap_or_default()
    }

    fn scanners(&self) -> MutexGuard<'_, Scanners> {
        self.scanners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<DeviceId, Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Phones and scanners share the numbers.
fn next_number(phones: &BTreeMap<DeviceId, Place>, scanners: &Scanners) -> usize {
    let last = phones.values().map(|place| place.number).max().max(scanners.last());
    last.map_or(0, |last| last + 1)
}

impl Bus for VirtualBench {
    fn devices(&self) -> Vec<Device> {
        let places = self.lock();
        let phones = places.iter().filter_map(|(id, place)| {
            let phone = place.phone.as_ref()?;
            let persona = &place.persona;
            // Modems and feature phones show neither in their USB strings.
            let android = persona.android.as_ref();
            let device = Device {
                usb_id: Some(persona.usb_id()),
                maker: android.map(|_| persona.maker.clone()),
                product: Some(persona.name.clone()),
                serial: android.map(|_| persona.serial.clone()),
                ..Device::new(id.clone(), phone.ports())
            };
            Some((place.number, device))
        });
        let scanners = self.scanners();
        let mut plugged: Vec<(usize, Device)> = phones.chain(scanners.devices()).collect();
        plugged.sort_by_key(|(number, _)| *number);
        plugged.into_iter().map(|(_, device)| device).collect()
    }

    fn changed(&self) -> Change<'_> {
        let has_scanners = !self.scanners().is_empty();
        Box::pin(async move {
            tokio::select! {
                () = self.news.notified() => {}
                () = tokio::time::sleep(RHYTHM), if has_scanners => {}
            }
        })
    }

    fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a> {
        let opening = self
            .lock()
            .values()
            .filter_map(|place| place.phone.as_ref())
            .find_map(|phone| phone.open(port));
        opening.or_else(|| self.scanners().open(port)).unwrap_or_else(|| {
            let port = port.clone();
            Box::pin(async move { Err(OpenError::NotFound { port }) })
        })
    }
}
