//! A scanner on a bus of its own, in memory.

use std::sync::{Arc, Mutex, MutexGuard};

use tekser_hardware::bus::{Change, Opening};
use tekser_hardware::{Bus, Device, DeviceId, Link, OpenError, Port, PortName, Role, Speaks};
use tekser_wire::message::Moment;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::peer::{Memory, Peer};

/// A scanner on a bus of its own, in memory.
pub struct Handheld {
    memory: Mutex<Memory>,
    pub news: Notify,
    bus_news: Notify,
    device: Mutex<Option<Device>>,
    /// Who opens the port is told this instead.
    pub held: Mutex<Option<String>>,
    link: Mutex<Option<AbortHandle>>,
    /// What a plain scanner sends is written here.
    pub wire: Mutex<Option<DuplexStream>>,
}

impl Handheld {
    pub fn new(number: u8) -> Arc<Self> {
        Arc::new(Self {
            memory: Mutex::new(Memory::new(number)),
            news: Notify::new(),
            bus_news: Notify::new(),
            device: Mutex::default(),
            held: Mutex::default(),
            link: Mutex::default(),
            wire: Mutex::default(),
        })
    }

    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }

    pub fn name(&self) -> String {
        self.memory().name()
    }

    pub fn plug(&self, speaks: Speaks) {
        let port = Port::free(PortName::new("scanner"), speaks);
        let product = Some("Handheld 1900".to_owned());
        let device = Device::new(place(), vec![port]);
        *self.device.lock().unwrap() = Some(Device { role: Role::Scanner, product, ..device });
        self.bus_news.notify_one();
    }

    pub fn unplug(&self) {
        *self.device.lock().unwrap() = None;
        self.cut();
        self.bus_news.notify_one();
    }

    /// Breaks the link, as a restart does.
    pub fn cut(&self) {
        if let Some(link) = self.link.lock().unwrap().take() {
            link.abort();
        }
        self.wire.lock().unwrap().take();
    }

    /// A person scans a code.
    pub fn scan(&self, box_number: u32, text: &str) -> u32 {
        let sequence =
            self.memory().accept(box_number, Moment::Uptime { boot: 1, ms: 7 }, text.as_bytes());
        self.news.notify_one();
        sequence
    }

    async fn serve(self: Arc<Self>, mut far: DuplexStream) {
        let mut peer = Peer::new();
        let mut buffer = [0; 256];
        loop {
            let out = peer.transmit(&mut self.memory());
            if far.write_all(&out).await.is_err() {
                return;
            }
            tokio::select! {
                read = tokio::time::timeout(peer.patience(), far.read(&mut buffer)) => match read {
                    Ok(Ok(count)) if count > 0 => {
                        peer.receive(&mut self.memory(), &buffer[..count]);
                    }
                    Ok(_) => return,
                    Err(_) => {}
                },
                () = self.news.notified() => self.memory().has_changed = true,
            }
        }
    }
}

pub fn place() -> DeviceId {
    DeviceId::usb("1-4")
}

/// The bus that such a scanner is on.
pub struct On(pub Arc<Handheld>);

impl Bus for On {
    fn devices(&self) -> Vec<Device> {
        self.0.device.lock().unwrap().iter().cloned().collect()
    }

    fn changed(&self) -> Change<'_> {
        Box::pin(self.0.bus_news.notified())
    }

    fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a> {
        let (near, far) = tokio::io::duplex(4096);
        if let Some(holder) = self.0.held.lock().unwrap().clone() {
            let busy = OpenError::Busy { port: port.clone(), holder: Some(holder) };
            return Box::pin(core::future::ready(Err(busy)));
        }
        let speaks = self.0.device.lock().unwrap().as_ref().map(|device| device.ports[0].speaks);
        if speaks == Some(Speaks::Codes) {
            *self.0.wire.lock().unwrap() = Some(far);
        } else {
            let task = tokio::spawn(Arc::clone(&self.0).serve(far));
            *self.0.link.lock().unwrap() = Some(task.abort_handle());
        }
        Box::pin(core::future::ready(Ok(Link::from_io(near))))
    }
}
