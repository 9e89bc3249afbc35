//! The stage of the USB tests: phones in, phones out, and waiting for the system without fixed
//! sleeps.
//!
//! ```ignore
//! let Some(stage) = Stage::set() else { return };      // a bare bus, or not in the guest
//! let phones = stage.plug_all(crowd(8));               // on the bus; the system has met them
//! let place = phones[0].place().unwrap();              // such as `1-1`
//! let port = stage.at_port(&phones[0]);                // such as `/dev/ttyACM0`
//! let reading = stage.read(&phones[0]).await.unwrap(); // as the station does it
//! drop(phones);                                        // all pulled at once
//! ```
//!
//! | part | job |
//! |---|---|
//! | this | plug, read, wait |
//! | [`sysfs`] | what the kernel shows of a device: interfaces, drivers, ttys |
//! | [`peer`] | programs of other hands, ended with the test |
//! | [`rules`] | udev rules for the length of a test |
//! | [`shop`] | a running station over the real buses |

pub mod peer;
pub mod rules;
pub mod shop;
pub mod sysfs;

use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
use tekser_hardware::at::{self, Budget, Hint, ReadError};
use tekser_hardware::serial::SerialBus;
use tekser_hardware::{Bus, Device, DeviceId, Link, OpenError, PortName, Reading};
use tekser_virtual_bench::Persona;
use tekser_virtual_bench::usb::descriptors::seats;
use tekser_virtual_bench::usb::{Look, UsbPhone};

/// Longest wait for anything that the system does. The guest is some 15 times slower than a
/// machine, and each of its root hubs takes about half a second for a device.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A bare bus in the guest. When it is dropped it says how long the test took.
#[derive(Debug)]
pub struct Stage(Instant);

/// A phone and how it shows itself.
pub type Cast = (Persona, Look);

/// The first `n` phones of the roster, all different, each as its kind shows itself.
pub fn crowd(n: usize) -> Vec<Cast> {
    (0..n).map(Persona::nth).map(|persona| (persona.clone(), Look::of(&persona))).collect()
}

impl Stage {
    /// An empty stage; `None`, said aloud, where there is no guest around.
    ///
    /// # Panics
    ///
    /// If what an earlier test plugged in does not go.
    pub fn set() -> Option<Self> {
        if std::env::var_os("TEKSER_USB_GUEST").is_none() {
            let thread = std::thread::current();
            let name = thread.name().unwrap_or("a USB test");
            say(&format!(
                "SKIPPED: {name} proves something in the guest only: tests/usb/guest/run\n"
            ));
            return None;
        }
        be_like_a_station();
        until("the bus to be bare", || sysfs::devices().is_empty().then_some(()));
        Some(Self(Instant::now()))
    }

    /// Plugs a phone in and waits until the system has met it.
    pub fn plug(&self, persona: Persona, look: &Look) -> UsbPhone {
        let phone = UsbPhone::plug(persona, look).expect("a free USB port");
        until("a phone to be met", || self.met(&phone));
        phone
    }

    /// Plugs phones in, all at once, and waits until the system has met them all.
    pub fn plug_all(&self, cast: impl IntoIterator<Item = Cast>) -> Vec<UsbPhone> {
        let plug = |(persona, look): Cast| UsbPhone::plug(persona, &look).expect("a free USB port");
        let phones: Vec<UsbPhone> = cast.into_iter().map(plug).collect();
        for phone in &phones {
            until("a phone to be met", || self.met(phone));
        }
        phones
    }

    /// The place of a phone, once the system has chosen one of its configurations.
    pub fn met(&self, phone: &UsbPhone) -> Option<String> {
        phone.place().filter(|place| !sysfs::interfaces(place).is_empty())
    }

    /// The port on which a phone speaks AT, once it is there and udev is done with it.
    ///
    /// # Panics
    ///
    /// If that takes too long, or the phone has none.
    pub fn at_port(&self, phone: &UsbPhone) -> PortName {
        let port = until("a port that speaks AT", || {
            let interfaces = self.at_interfaces(phone)?;
            let ttys = sysfs::ttys(&phone.place()?);
            ttys.into_iter().find(|(on, _)| interfaces.contains(on)).map(|(_, tty)| tty)
        });
        settle();
        PortName::new(format!("/dev/{port}"))
    }

    /// The interfaces that make up the first port on which a phone speaks AT, in the
    /// configuration in use. A driver may have its port on either.
    pub fn at_interfaces(&self, phone: &UsbPhone) -> Option<[u8; 2]> {
        let place = usize::from(phone.configuration()).checked_sub(1)?;
        let seats = seats(phone.look().configurations.get(place)?);
        let seat = seats.into_iter().find(|seat| seat.function.speaks_at())?;
        Some([seat.interface, seat.data_interface])
    }

    /// The phone in the station's own list of devices, once its port is there.
    ///
    /// # Panics
    ///
    /// If that takes too long.
    pub fn device(&self, phone: &UsbPhone) -> Device {
        self.at_port(phone);
        let id = DeviceId::usb(&phone.place().expect("a place"));
        until("a device in the list", || {
            SerialBus::machine().devices().into_iter().find(|device| device.id == id)
        })
    }

    /// Opens the port on which a phone speaks AT, as the station does.
    pub async fn open(&self, phone: &UsbPhone) -> Result<Link, OpenError> {
        let device = self.device(phone);
        SerialBus::machine().open(&device.ports[0].name).await
    }

    /// Reads a phone over AT, as the station does: the likeliest port of the listed device.
    pub async fn read(&self, phone: &UsbPhone) -> Result<Reading, ReadError> {
        let hint = Hint { usb_id: self.device(phone).usb_id };
        let mut link = self.open(phone).await.expect("a port that opens");
        at::read(&mut link, hint, patience()).await
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        say(&format!("{:.1} s ", self.0.elapsed().as_secs_f32()));
    }
}

/// Root may open a port that another program has for itself; a station may not, so this thread
/// and those that it starts do without that right. Programs that it starts have it again.
fn be_like_a_station() {
    let mut rights = capabilities(None).expect("rights of this thread");
    rights.effective.remove(CapabilitySet::SYS_ADMIN);
    set_capabilities(None, rights).expect("fewer rights");
}

/// Says something past the test harness, which keeps what passing tests say to itself.
pub fn say(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Enough for a slow guest.
pub fn patience() -> Budget {
    Budget { total: Duration::from_secs(30), command: Duration::from_secs(3), ..Budget::default() }
}

/// First IMEI of a reading.
pub fn imei(reading: &Reading) -> Option<String> {
    Some(reading.claims.first()?.value.imei()?.to_string())
}

/// Waits until `look` finds something.
///
/// # Panics
///
/// When patience is over.
pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, look)
}

/// Waits as long as this until `look` finds something.
///
/// # Panics
///
/// When patience is over.
pub fn until_within<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let limit = Instant::now() + patience;
    // Looking is work too, and what is waited for needs the same two slow processors.
    let mut pause = Duration::from_millis(10);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < limit, "waited {patience:?} for {what}");
        std::thread::sleep(pause);
        pause = (pause * 3 / 2).min(Duration::from_millis(250));
    }
}

/// Waits until udev has handled all that the kernel told it.
pub fn settle() {
    let seconds = format!("--timeout={}", PATIENCE.as_secs());
    let settled = Command::new("udevadm").args(["settle", &seconds]).status();
    assert!(settled.expect("udevadm").success(), "udev is not done");
}
