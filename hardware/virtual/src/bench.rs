//! A bench of phones that are not there.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tekser_hardware::bus::{Change, Opening};
use tekser_hardware::link::OpenError;
use tekser_hardware::{Bus, Device, DeviceId, Port, PortName, Speaks};
use tokio::sync::Notify;

#[cfg(not(unix))]
use crate::pipe::PipePhone as Body;
#[cfg(unix)]
use crate::pty::PtyPhone as Body;

use crate::persona::Persona;

/// Phones at numbered places. On Unix each is a real pseudo-terminal that is opened through
/// [`tekser_hardware::serial::open`], so the whole real path is used; elsewhere they are pipes.
#[derive(Debug, Default)]
pub struct VirtualBench {
    places: Mutex<BTreeMap<DeviceId, Place>>,
    names: Option<PathBuf>,
    news: Notify,
}

#[derive(Debug)]
struct Place {
    number: usize,
    persona: Persona,
    phone: Option<Body>,
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
        let number = places.values().map(|place| place.number + 1).max().unwrap_or(0);
        let id = DeviceId::bench(number);
        let phone = Some(Body::on_bench(persona.clone(), number, self.names.as_deref())?);
        places.insert(id.clone(), Place { number, persona, phone });
        self.news.notify_one();
        Ok(id)
    }

    /// Pulls a phone out. Its place is kept for [`VirtualBench::replug`]. Says whether it was in.
    pub fn unplug(&self, id: &DeviceId) -> bool {
        let was_in = self.lock().get_mut(id).is_some_and(|place| place.phone.take().is_some());
        self.news.notify_one();
        was_in
    }

    /// Puts a phone back in at its place, on a new port, as it was when new. Says whether there
    /// is such a place. One that is in is pulled out first.
    ///
    /// # Errors
    ///
    /// What the system says when it has no pseudo-terminal left.
    pub fn replug(&self, id: &DeviceId) -> io::Result<bool> {
        let mut places = self.lock();
        let Some(place) = places.get_mut(id) else {
            return Ok(false);
        };
        place.phone = None;
        let persona = place.persona.clone();
        place.phone = Some(Body::on_bench(persona, place.number, self.names.as_deref())?);
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

    /// Commands that a phone was given since it was plugged in, in order.
    pub fn asked(&self, id: &DeviceId) -> Vec<String> {
        self.phone(id, Body::asked)
    }

    /// Commands among them that write, reset, dial or send.
    pub fn violations(&self, id: &DeviceId) -> Vec<String> {
        self.phone(id, Body::violations)
    }

    fn phone<T: Default>(&self, id: &DeviceId, look: impl FnOnce(&Body) -> T) -> T {
        let places = self.lock();
        places.get(id).and_then(|place| place.phone.as_ref()).map(look).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<DeviceId, Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bus for VirtualBench {
    fn devices(&self) -> Vec<Device> {
        let places = self.lock();
        let mut plugged: Vec<(&DeviceId, &Place, &Body)> = places
            .iter()
            .filter_map(|(id, place)| Some((id, place, place.phone.as_ref()?)))
            .collect();
        plugged.sort_by_key(|(_, place, _)| place.number);
        plugged
            .into_iter()
            .map(|(id, place, phone)| Device {
                usb_id: Some(place.persona.usb_id()),
                product: Some(place.persona.name.clone()),
                ..Device::new(id.clone(), vec![Port::free(phone.port().clone(), Speaks::At)])
            })
            .collect()
    }

    fn changed(&self) -> Change<'_> {
        Box::pin(self.news.notified())
    }

    fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a> {
        let opening = self
            .lock()
            .values()
            .filter_map(|place| place.phone.as_ref())
            .find(|phone| phone.port() == port)
            .map(Body::open);
        opening.unwrap_or_else(|| {
            let port = port.clone();
            Box::pin(async move { Err(OpenError::NotFound { port }) })
        })
    }
}
