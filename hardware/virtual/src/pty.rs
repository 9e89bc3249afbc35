//! A phone on a real pseudo-terminal: any program that can open a serial port can talk to it.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tekser_hardware::PortName;
use tekser_hardware::bus::Opening;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::JoinHandle;

use crate::drive::{self, Shared};
use crate::persona::Persona;
use crate::phone::Phone;

/// A phone on a pseudo-terminal. Dropping it pulls the cable: whoever has the port open sees it
/// vanish.
#[derive(Debug)]
pub struct PtyPhone {
    port: PortName,
    phone: Shared<Phone>,
    task: JoinHandle<()>,
    name: Option<PathBuf>,
}

impl PtyPhone {
    /// Plugs a phone in. Must be called within a Tokio runtime.
    ///
    /// # Errors
    ///
    /// What the system says when it has no pseudo-terminal left.
    pub fn plug(persona: Persona) -> io::Result<Self> {
        let terminal = Terminal::new()?;
        let port = terminal.port.clone();
        let phone = Shared::new(Phone::new(persona, Instant::now()));
        let task = tokio::spawn(drive::run(terminal, phone.clone()));
        Ok(Self { port, phone, task, name: None })
    }

    /// As [`PtyPhone::plug`], with a symbolic link at `name` that points to the port, for
    /// programs that want a name known beforehand. A symbolic link that is there is replaced.
    ///
    /// # Errors
    ///
    /// As [`PtyPhone::plug`]; or the link cannot be made, for instance because a file that is
    /// none is in the way.
    pub fn plug_as(persona: Persona, name: &Path) -> io::Result<Self> {
        let mut plugged = Self::plug(persona)?;
        if name.is_symlink() {
            std::fs::remove_file(name)?;
        }
        std::os::unix::fs::symlink(plugged.port.as_str(), name)?;
        plugged.name = Some(name.to_owned());
        Ok(plugged)
    }

    /// In the form that the bench asks for.
    pub(crate) fn on_bench(
        persona: Persona,
        place: usize,
        names: Option<&Path>,
    ) -> io::Result<Self> {
        match names {
            Some(folder) => Self::plug_as(persona, &folder.join(format!("phone{place}"))),
            None => Self::plug(persona),
        }
    }

    /// Name of the port, such as `/dev/pts/3`.
    pub const fn port(&self) -> &PortName {
        &self.port
    }

    /// Commands it was given so far, in order.
    pub fn asked(&self) -> Vec<String> {
        self.phone.lock().asked().to_vec()
    }

    /// Commands among them that write, reset, dial or send.
    pub fn violations(&self) -> Vec<String> {
        self.phone.lock().violations().to_vec()
    }

    pub(crate) fn open(&self) -> Opening<'static> {
        let port = self.port.clone();
        Box::pin(async move { tekser_hardware::serial::open(&port).await })
    }
}

impl Drop for PtyPhone {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(name) = &self.name {
            // Nobody is left to tell.
            let _ = std::fs::remove_file(name);
        }
    }
}

/// The far end of a pseudo-terminal. It holds the near end open too, so that a client can come
/// and go without the terminal hanging up.
pub(crate) struct Terminal {
    far: AsyncFd<OwnedFd>,
    _near: OwnedFd,
    port: PortName,
}

impl Terminal {
    pub(crate) fn new() -> io::Result<Self> {
        let far = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&far)?;
        unlockpt(&far)?;
        rustix::io::fcntl_setfd(&far, rustix::io::FdFlags::CLOEXEC)?;
        let name = ptsname(&far, Vec::new())?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let near = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
        let mut settings = tcgetattr(&near)?;
        settings.make_raw();
        tcsetattr(&near, OptionalActions::Now, &settings)?;
        rustix::fs::fcntl_setfl(&far, OFlags::RDWR | OFlags::NONBLOCK)?;
        let port = PortName::new(name.to_string_lossy());
        Ok(Self { far: watched(far)?, _near: near, port })
    }

    /// Name of the near end.
    pub(crate) const fn port(&self) -> &PortName {
        &self.port
    }
}

#[expect(
    deprecated,
    reason = "its successor is an unsafe function, for descriptors that may change under it; this \
              one is owned and stays"
)]
fn watched(far: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(far)
}

impl AsyncRead for Terminal {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut ready = ready!(self.far.poll_read_ready(context))?;
            let target = buffer.initialize_unfilled();
            if let Ok(read) = ready.try_io(|far| Ok(rustix::io::read(far, target)?)) {
                return Poll::Ready(read.map(|count| buffer.advance(count)));
            }
        }
    }
}

impl AsyncWrite for Terminal {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.far.poll_write_ready(context))?;
            if let Ok(written) = ready.try_io(|far| Ok(rustix::io::write(far, bytes)?)) {
                return Poll::Ready(written);
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
