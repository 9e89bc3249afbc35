//! A scanner that is not there: the firmware's own logic ([`tekser_scanner`]) with a virtual engine,
//! a virtual flash, lamps, a button, and a cable to the station.
//!
//! ```text
//! show ─▶ VirtualEngine ◀─ UART ─▶ tekser_scanner::shell ◀─ cable ─▶ pseudo-terminal, pipe, socket
//!                                      │
//!                                 VirtualFlash
//! ```

mod body;
mod flash;
mod port;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tekser_hardware::Link;
#[cfg(unix)]
use tekser_hardware::PortName;
use tekser_scanner::Indication;
use tekser_wire::message::{EngineKind, SerialNumber};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub use self::flash::VirtualFlash;

use self::port::Port;
use crate::drive::{self, Shared};
use crate::engine::{Code, Manners, VirtualEngine};

/// What [`VirtualScanner::shown`] remembers.
const MEMORY: usize = 4096;

/// Bytes that fit in an in-memory cable each way.
const PIPE: usize = 4096;

/// What a scanner is made of.
#[derive(Debug, Clone)]
pub struct Kit {
    /// Its engine. The scanner's own settings say which it expects: a GM65 if nobody changed that.
    pub engine: EngineKind,
    /// How the engine behaves.
    pub manners: Manners,
    /// What it keeps scans in.
    pub flash: VirtualFlash,
    /// Its serial number.
    pub serial: SerialNumber,
}

impl Kit {
    /// Sectors of the usual flash: the pico's journal has as many.
    const SECTORS: usize = 256;

    /// Scanner number `n`: a well-behaved GM65 and an erased flash.
    pub fn nth(n: u8) -> Self {
        Self {
            engine: EngineKind::Gm65,
            manners: Manners::default(),
            flash: VirtualFlash::new(Self::SECTORS),
            serial: SerialNumber([0xe6, 0x60, 0x58, 0x38, 0x83, 0x26, 0xab, n]),
        }
    }
}

impl Default for Kit {
    fn default() -> Self {
        Self::nth(0)
    }
}

/// What lamps and beeper did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// When it began.
    pub at: Instant,
    /// Lamps and beeper from then on.
    pub indication: Indication,
}

/// What can be seen of a scanner from outside.
#[derive(Debug, Default)]
struct Panel {
    shown: VecDeque<Shown>,
    baud: Option<u32>,
    in_boot_loader: bool,
}

impl Panel {
    fn show(&mut self, shown: Shown) {
        if self.shown.len() >= MEMORY {
            self.shown.pop_front();
        }
        self.shown.push_back(shown);
    }
}

/// What stays when the power goes.
#[derive(Debug)]
struct Case {
    engine: Shared<VirtualEngine>,
    port: Port,
    flash: VirtualFlash,
    serial: SerialNumber,
    pressed: AtomicBool,
    powered: AtomicBool,
    panel: Lock<Panel>,
    news: Notify,
}

/// A lock that a panic elsewhere leaves as it was.
#[derive(Debug, Default)]
struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A processor that runs.
#[derive(Debug)]
struct Running {
    off: Arc<Notify>,
    thread: thread::JoinHandle<()>,
}

/// The other end of the cable.
#[derive(Debug)]
struct Host(JoinHandle<()>);

impl Drop for Host {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A scanner. Dropping it takes its power and its cable away.
#[derive(Debug)]
pub struct VirtualScanner {
    case: Arc<Case>,
    running: Lock<Option<Running>>,
    host: Lock<Option<Host>>,
}

impl VirtualScanner {
    /// A scanner with power, and with no cable plugged in.
    ///
    /// # Errors
    ///
    /// What the system says when it has no thread left.
    pub fn new(kit: Kit) -> io::Result<Self> {
        let engine = VirtualEngine::with_manners(kit.engine, kit.manners, Instant::now());
        let case = Case {
            engine: Shared::new(engine),
            port: Port::new(),
            flash: kit.flash,
            serial: kit.serial,
            pressed: AtomicBool::new(false),
            powered: AtomicBool::new(false),
            panel: Lock::default(),
            news: Notify::new(),
        };
        let scanner =
            Self { case: Arc::new(case), running: Lock::default(), host: Lock::default() };
        scanner.power_on()?;
        Ok(scanner)
    }

    /// Gives it power, if it has none; a power cut planned on the flash is off. It starts from
    /// what its flash holds.
    ///
    /// # Errors
    ///
    /// What the system says when it has no thread left.
    pub fn power_on(&self) -> io::Result<()> {
        let mut running = self.running.lock();
        if self.is_on() {
            return Ok(());
        }
        if let Some(before) = running.take() {
            let _ = before.thread.join();
        }
        self.case.flash.power_on();
        self.case.panel.lock().in_boot_loader = false;
        self.case.engine.lock().power_on(Instant::now());
        self.case.powered.store(true, Ordering::SeqCst);
        let (off, case) = (Arc::new(Notify::new()), Arc::clone(&self.case));
        let hears = Arc::clone(&off);
        let name = "virtual-scanner".to_owned();
        let thread = thread::Builder::new().name(name).spawn(move || body::run(&case, &hears))?;
        *running = Some(Running { off, thread });
        Ok(())
    }

    /// Takes the power away, at whatever point it is. The cable, if there is one, stays in its
    /// socket, and nobody speaks on it.
    pub fn power_off(&self) {
        if let Some(running) = self.running.lock().take() {
            running.off.notify_one();
            // It stops at its next word, and a panic in it was told already.
            let _ = running.thread.join();
        }
        self.case.engine.lock().power_off();
    }

    /// Whether it runs: it has power, and did not lose it in the middle of a write.
    pub fn is_on(&self) -> bool {
        self.case.powered.load(Ordering::SeqCst)
    }

    /// Whether a station sent it to its boot loader; it gets out of there by losing its power.
    pub fn is_in_boot_loader(&self) -> bool {
        self.case.panel.lock().in_boot_loader
    }

    /// Holds a code in front of the glass.
    pub fn show(&self, code: impl Into<Code>) {
        self.case.engine.lock().show(code);
        self.case.engine.wake();
    }

    /// Codes that its engine has not seen yet.
    pub fn waiting(&self) -> usize {
        self.case.engine.lock().waiting()
    }

    /// The engine behaves differently from now on.
    pub fn behave(&self, manners: Manners) {
        self.case.engine.lock().behave(manners);
        self.case.engine.wake();
    }

    /// What its engine was told so far, in order and in words.
    pub fn engine_asked(&self) -> Vec<String> {
        self.case.engine.lock().asked().to_vec()
    }

    /// The settings of its engine, by number.
    pub fn engine_settings(&self) -> BTreeMap<u16, u8> {
        self.case.engine.lock().settings()
    }

    /// Speed that it wants of its engine's line, in baud, once it said so.
    pub fn baud(&self) -> Option<u32> {
        self.case.panel.lock().baud
    }

    /// Presses the button, until [`VirtualScanner::release`].
    pub fn press(&self) {
        self.case.pressed.store(true, Ordering::SeqCst);
    }

    /// Lets the button go.
    pub fn release(&self) {
        self.case.pressed.store(false, Ordering::SeqCst);
    }

    /// Presses the button as a person does.
    pub async fn click(&self) {
        self.press();
        tokio::time::sleep(Duration::from_millis(80)).await;
        self.release();
    }

    /// What lamps and beeper did so far.
    pub fn shown(&self) -> Vec<Shown> {
        self.case.panel.lock().shown.iter().copied().collect()
    }

    /// Waits until lamps and beeper do this.
    pub async fn shows(&self, wanted: impl Fn(&[Shown]) -> bool) {
        loop {
            let news = self.case.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            if wanted(&self.shown()) {
                return;
            }
            news.await;
        }
    }

    /// Its serial number.
    pub fn serial(&self) -> SerialNumber {
        self.case.serial
    }

    /// Its flash.
    pub fn flash(&self) -> &VirtualFlash {
        &self.case.flash
    }

    /// Plugs it into this program. Pulls it out elsewhere. Must be called within a Tokio runtime.
    pub fn plug(&self) -> Link {
        let (near, far) = tokio::io::duplex(PIPE);
        self.plug_into(drive::run(far, self.cable()));
        Link::from_io(near)
    }

    /// Plugs it into a new pseudo-terminal, for this program or any other. Pulls it out elsewhere.
    /// Must be called within a Tokio runtime.
    ///
    /// # Errors
    ///
    /// What the system says when it has no pseudo-terminal left.
    #[cfg(unix)]
    pub fn plug_into_pty(&self) -> io::Result<PortName> {
        let terminal = crate::pty::Terminal::new()?;
        let port = terminal.port().clone();
        self.plug_into(drive::run(terminal, self.cable()));
        Ok(port)
    }

    /// Plugs it into a socket: whoever connects to the address talks to it, one after another.
    /// Port 0 is any free one. Pulls it out elsewhere.
    ///
    /// # Errors
    ///
    /// What the system says when the address is taken, or not this machine's.
    pub async fn plug_into_socket(&self, address: SocketAddr) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let cable = self.cable();
        self.plug_into(serve(listener, cable));
        Ok(address)
    }

    /// Plugs it into whatever serves its end of the cable by hand, such as a USB. Pulls it out
    /// elsewhere.
    #[cfg(target_os = "linux")]
    pub(crate) fn plug_by_hand(&self) -> Shared<impl drive::Talks + Send + use<>> {
        self.unplug();
        self.case.port.plug();
        self.cable()
    }

    /// Pulls the cable out.
    pub fn unplug(&self) {
        self.host.lock().take();
        self.case.port.unplug();
    }

    fn cable(&self) -> Shared<port::Cable> {
        self.case.port.cable.clone()
    }

    fn plug_into(&self, host: impl Future<Output = ()> + Send + 'static) {
        self.unplug();
        self.case.port.plug();
        *self.host.lock() = Some(Host(tokio::spawn(host)));
    }
}

impl Drop for VirtualScanner {
    fn drop(&mut self) {
        self.unplug();
        self.power_off();
    }
}

async fn serve(listener: TcpListener, cable: Shared<port::Cable>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            // Too many files open, or a connection that was gone before it was taken.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Frames are small and waited for.
        let _ = socket.set_nodelay(true);
        drive::run(socket, cable.clone()).await;
    }
}
