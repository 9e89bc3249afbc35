//! The real surroundings of an update: this machine's ports, drives and clock.

use core::time::Duration;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, timeout};

use super::drive::{self, Drive, WriteError};
use super::greeting::{Greeted, greet};
use super::{Present, Seen, Unreached, World};
use crate::bus::{Bus, Speaks};
use crate::link::OpenError;
use crate::port::PortName;
use crate::scanner::SessionError;

/// Longest wait for a scanner to say who it is. It answers within milliseconds; the wait is for
/// one that has just been plugged in and for `Hello` that was lost.
const HELLO_LIMIT: Duration = Duration::from_secs(2);

/// Longest wait for a scanner to go once it was asked.
const ASK_LIMIT: Duration = Duration::from_secs(2);

/// Longest look at the drives.
const LOOK_LIMIT: Duration = Duration::from_secs(10);

/// Longest time to write a file. A Pico takes four seconds for half a megabyte.
const WRITE_LIMIT: Duration = Duration::from_secs(120);

/// Scanners that are asked in one look.
const SCANNERS_MAX: usize = 16;

/// This machine.
pub struct Surroundings {
    bus: Arc<dyn Bus>,
    /// The one port, if a person named it.
    port: Option<PortName>,
    began: Instant,
}

impl Surroundings {
    /// Scanners on a bus; with `port` that one alone, whatever it looks like.
    pub fn new(bus: Arc<dyn Bus>, port: Option<PortName>) -> Self {
        Self { bus, port, began: Instant::now() }
    }

    async fn ports(&self) -> Vec<PortName> {
        if let Some(port) = &self.port {
            return vec![port.clone()];
        }
        let bus = Arc::clone(&self.bus);
        let devices = tokio::task::spawn_blocking(move || bus.devices()).await.unwrap_or_default();
        let ports = devices.iter().flat_map(|device| device.speaking(Speaks::Scanner));
        ports.map(|port| port.name.clone()).take(SCANNERS_MAX).collect()
    }

    async fn greeted(&self, port: &PortName) -> Result<Greeted, Unreached> {
        let link = self.bus.open(port).await?;
        let greeted = greet(link, HELLO_LIMIT).await;
        greeted.ok_or_else(|| Unreached::Silent { port: port.clone() })
    }
}

impl World for Surroundings {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    async fn pause(&mut self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn scanners(&mut self) -> Seen {
        let mut seen = Seen::default();
        for port in self.ports().await {
            match self.greeted(&port).await {
                Ok(Greeted { hello, .. }) => seen.present.push(Present {
                    port,
                    serial: hello.serial,
                    board: hello.board,
                    firmware: hello.firmware,
                    capabilities: hello.capabilities,
                    waiting: hello.next.0.saturating_sub(hello.oldest.0),
                }),
                // It is in its boot loader, or was pulled out since it was listed.
                Err(Unreached::Closed(OpenError::NotFound { .. })) => {}
                Err(error) => seen.unreached = Some(error),
            }
        }
        seen
    }

    async fn ask_boot_loader(&mut self, scanner: &Present) -> Result<(), SessionError> {
        let greeted = self.greeted(&scanner.port).await.map_err(|error| match error {
            Unreached::Closed(_) => SessionError::Gone,
            Unreached::Silent { .. } => SessionError::Stuck,
        })?;
        greeted.ask_boot_loader(ASK_LIMIT).await
    }

    async fn drives(&mut self) -> Vec<Drive> {
        let looking = tokio::task::spawn_blocking(drive::mounted);
        timeout(LOOK_LIMIT, looking).await.ok().and_then(Result::ok).unwrap_or_default()
    }

    async fn drive_at(&mut self, path: &Path) -> Option<Drive> {
        let path = path.to_owned();
        let looking = tokio::task::spawn_blocking(move || drive::at(&path));
        timeout(LOOK_LIMIT, looking).await.ok().and_then(Result::ok).flatten()
    }

    async fn write(
        &mut self,
        drive: &Drive,
        file: &[u8],
        told: &mut (dyn FnMut(usize) + Send),
    ) -> Result<(), WriteError> {
        let (drive, file) = (drive.clone(), file.to_vec());
        let (sender, mut news) = unbounded_channel();
        let writing = tokio::task::spawn_blocking(move || {
            drive::write(&drive, &file, &mut |written| {
                // Nobody listens any more when the time is over.
                let _ = sender.send(written);
            })
        });
        let mut last = 0;
        let following = async {
            while let Some(written) = news.recv().await {
                last = written;
                told(written);
            }
            writing.await
        };
        let lost = |error: std::io::Error| WriteError { written: 0, source: error };
        match timeout(WRITE_LIMIT, following).await {
            Ok(Ok(written)) => written,
            Ok(Err(panicked)) => Err(lost(std::io::Error::other(panicked))),
            Err(_) => {
                Err(WriteError { written: last, source: std::io::ErrorKind::TimedOut.into() })
            }
        }
    }
}
