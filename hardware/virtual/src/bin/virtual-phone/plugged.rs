//! A phone that is plugged in, one way or another.

use std::net::SocketAddr;

use anyhow::Context;
use clap::ValueEnum;
use tekser_virtual_bench::Persona;
#[cfg(unix)]
use tekser_virtual_bench::pty::PtyPhone;
use tekser_virtual_bench::tcp::TcpPhone;
#[cfg(target_os = "linux")]
use tekser_virtual_bench::usb::{Look, UsbPhone};

/// Where a phone is plugged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// Its modem on a pseudo-terminal.
    #[cfg(unix)]
    Pty,
    /// Its debug bridge on a TCP socket.
    Tcp,
    /// All of it on this machine's USB. Needs root and the module vhci-hcd.
    #[cfg(target_os = "linux")]
    Usb,
}

impl Way {
    /// Whether it is a modem that is talked to.
    pub(crate) const fn is_serial(self) -> bool {
        match self {
            #[cfg(unix)]
            Self::Pty => true,
            Self::Tcp => false,
            #[cfg(target_os = "linux")]
            Self::Usb => false,
        }
    }
}

/// The phone.
#[derive(Debug)]
pub(crate) enum Plugged {
    #[cfg(unix)]
    Pty(PtyPhone),
    Tcp(TcpPhone),
    #[cfg(target_os = "linux")]
    Usb(Box<UsbPhone>),
}

impl Plugged {
    pub(crate) async fn plug(
        persona: Persona,
        way: Way,
        address: SocketAddr,
    ) -> anyhow::Result<Self> {
        Ok(match way {
            #[cfg(unix)]
            Way::Pty => {
                anyhow::ensure!(
                    persona.has_modem(),
                    "{} has no modem port; `virtual-phone list` shows which have",
                    persona.name
                );
                Self::Pty(PtyPhone::plug(persona).context("no pseudo-terminal")?)
            }
            Way::Tcp => Self::Tcp(
                TcpPhone::plug_at(persona, address)
                    .await
                    .with_context(|| format!("cannot listen at {address}"))?,
            ),
            #[cfg(target_os = "linux")]
            Way::Usb => {
                let look = Look::of(&persona);
                let phone = UsbPhone::plug(persona, &look)
                    .context("no USB port for it; `modprobe vhci-hcd` makes some, as root")?;
                Self::Usb(Box::new(phone))
            }
        })
    }

    /// The name under which other programs find it.
    pub(crate) fn place(&self) -> String {
        match self {
            #[cfg(unix)]
            Self::Pty(phone) => phone.port().to_string(),
            Self::Tcp(phone) => phone.address().to_string(),
            #[cfg(target_os = "linux")]
            Self::Usb(phone) => format!("USB port {}", phone.port()),
        }
    }

    /// A command that talks to it.
    pub(crate) fn hint(&self) -> String {
        let place = self.place();
        match self {
            #[cfg(unix)]
            Self::Pty(_) => format!("picocom {place}, then AT+CGSN"),
            Self::Tcp(_) => format!("adb connect {place} && adb -s {place} shell getprop"),
            #[cfg(target_os = "linux")]
            Self::Usb(_) => "lsusb, then any phone tool".to_owned(),
        }
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        match self {
            #[cfg(unix)]
            Self::Pty(phone) => phone.asked(),
            Self::Tcp(phone) => phone.asked(),
            #[cfg(target_os = "linux")]
            Self::Usb(phone) => phone.asked(),
        }
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        match self {
            #[cfg(unix)]
            Self::Pty(phone) => phone.violations(),
            Self::Tcp(phone) => phone.violations(),
            #[cfg(target_os = "linux")]
            Self::Usb(phone) => phone.violations(),
        }
    }

    pub(crate) fn complaints(&self) -> Vec<String> {
        match self {
            #[cfg(unix)]
            Self::Pty(_) => Vec::new(),
            Self::Tcp(phone) => phone.complaints(),
            #[cfg(target_os = "linux")]
            Self::Usb(phone) => phone.complaints(),
        }
    }

    pub(crate) fn is_asking(&self) -> bool {
        match self {
            #[cfg(unix)]
            Self::Pty(_) => false,
            Self::Tcp(phone) => phone.is_asking(),
            #[cfg(target_os = "linux")]
            Self::Usb(phone) => phone.is_asking(),
        }
    }

    pub(crate) fn touch_allow(&self) -> bool {
        match self {
            #[cfg(unix)]
            Self::Pty(_) => false,
            Self::Tcp(phone) => phone.touch_allow(),
            #[cfg(target_os = "linux")]
            Self::Usb(phone) => phone.touch_allow(),
        }
    }
}
