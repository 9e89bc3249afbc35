//! Asking a scanner who it is, and nothing more: scans are neither taken nor acknowledged.

use core::time::Duration;

use tekser_wire::message::{FromStation, Restart, ScannerHello};
use tokio::time::timeout;

use crate::link::Link;
use crate::scanner::{Event, Session, SessionError};

/// A conversation that went no further than `Hello`.
pub(super) struct Greeted {
    session: Session,
    /// What the scanner said.
    pub hello: ScannerHello,
}

/// Says `Hello` until it is answered, by a scanner of any version; `None` if it is not.
pub(super) async fn greet(link: Link, limit: Duration) -> Option<Greeted> {
    let mut session = Session::new(link);
    let greeting = async {
        loop {
            match session.next().await {
                Ok(Event::Hello(hello) | Event::Mismatch(_, hello)) => return Some(hello),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    };
    let hello = timeout(limit, greeting).await.ok().flatten()?;
    Some(Greeted { session, hello })
}

impl Greeted {
    /// Asks the scanner to start its boot loader. There is no answer: it goes, which is waited
    /// for no longer than `limit`.
    ///
    /// # Errors
    ///
    /// [`SessionError`] if it could not be sent.
    pub(super) async fn ask_boot_loader(mut self, limit: Duration) -> Result<(), SessionError> {
        // Refused only before `Hello`, or when much else waits to be sent.
        let asked = self.session.ask(FromStation::Restart(Restart::BootLoader));
        asked.map_err(|_| SessionError::Stuck)?;
        let leaving = async {
            loop {
                match self.session.next().await {
                    Ok(_) => {}
                    // Systems have many words for a port that goes away.
                    Err(SessionError::Gone | SessionError::Port(_)) => return Ok(()),
                    Err(SessionError::Stuck) => return Err(SessionError::Stuck),
                }
            }
        };
        timeout(limit, leaving).await.unwrap_or(Ok(()))
    }
}
