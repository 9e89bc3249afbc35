//! Ctrl-C, heard from the moment it is listened for.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};

/// Ctrl-C (on Unix: `SIGINT`).
///
/// One is made before anything tells the world that the program is ready, and kept. A future made
/// anew for each turn of a loop misses what comes between two turns, and the program then runs on.
#[derive(Debug)]
pub struct Interrupt {
    #[cfg(unix)]
    signals: Signal,
    #[cfg(windows)]
    signals: CtrlC,
}

impl Interrupt {
    /// Listens from now on. Must be called within a Tokio runtime.
    ///
    /// # Errors
    ///
    /// The system has no way to listen left.
    pub fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        let signals = signal(SignalKind::interrupt())?;
        #[cfg(windows)]
        let signals = ctrl_c()?;
        Ok(Self { signals })
    }

    /// Waits for one. One that came since the last call counts; nothing is lost if the future is
    /// dropped.
    pub async fn pressed(&mut self) {
        if self.signals.recv().await.is_none() {
            // Nobody can press it any more, which is not the same as a press.
            std::future::pending().await
        }
    }
}
