//! A phone whose debug bridge listens on a socket of this machine, as phones do on a network:
//! any program that speaks ADB can connect to it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::adbd::{Adbd, AllowedKeys};
use crate::drive::{self, Shared};
use crate::persona::Persona;

/// An Android phone on a TCP socket. It talks to one computer at a time; the next one waits.
/// Dropping it unplugs it: connections break, and nobody listens any more.
#[derive(Debug)]
pub struct TcpPhone {
    address: SocketAddr,
    adbd: Shared<Adbd>,
    task: JoinHandle<()>,
}

impl TcpPhone {
    /// Plugs a phone in at a free port of the loopback interface. Must be called within a Tokio
    /// runtime.
    ///
    /// # Errors
    ///
    /// What the system says when it has no port left.
    pub async fn plug(persona: Persona) -> io::Result<Self> {
        Self::plug_at(persona, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// Plugs a phone in at an address; port 0 is any free one.
    ///
    /// # Errors
    ///
    /// What the system says when the address is taken, or not this machine's.
    pub async fn plug_at(persona: Persona, address: SocketAddr) -> io::Result<Self> {
        Self::plug_knowing(persona, AllowedKeys::default(), address).await
    }

    /// As [`TcpPhone::plug_at`], a phone that knows these computers already.
    ///
    /// # Errors
    ///
    /// As [`TcpPhone::plug_at`].
    pub async fn plug_knowing(
        persona: Persona,
        allowed: AllowedKeys,
        address: SocketAddr,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let adbd = Shared::new(Adbd::with_allowed(&persona, allowed, Instant::now()));
        let task = tokio::spawn(serve(listener, adbd.clone()));
        Ok(Self { address, adbd, task })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Services asked for so far, in order.
    pub fn asked(&self) -> Vec<String> {
        self.adbd.lock().asked().to_vec()
    }

    /// Services among them that can do more than read.
    pub fn violations(&self) -> Vec<String> {
        self.adbd.lock().violations().to_vec()
    }

    /// What a computer did that the protocol does not allow.
    pub fn complaints(&self) -> Vec<String> {
        self.adbd.lock().complaints().to_vec()
    }

    /// The computers it knows, for the next phone that is to know them too.
    pub fn allowed(&self) -> AllowedKeys {
        self.adbd.lock().allowed()
    }

    /// Whether the phone is asking its owner about a computer right now.
    pub fn is_asking(&self) -> bool {
        self.adbd.lock().is_asking()
    }

    /// The owner touches "Allow". Says whether the phone was asking.
    pub fn touch_allow(&self) -> bool {
        let asking = self.adbd.lock().touch_allow(Instant::now());
        self.adbd.wake();
        asking
    }
}

impl Drop for TcpPhone {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One computer after another, until the cable comes out.
async fn serve(listener: TcpListener, adbd: Shared<Adbd>) {
    while !adbd.lock().is_pulled() {
        let Ok((socket, _)) = listener.accept().await else {
            // Too many files open, or a connection that was gone before it was taken.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        // Packets are small and waited for.
        let _ = socket.set_nodelay(true);
        drive::run(socket, adbd.clone()).await;
        adbd.lock().hung_up();
    }
}
