//! Phones through an adb server that already has them.
//!
//! A server owns the interface of every phone it sees, so this station cannot open one while it
//! runs. It can ask the server instead. The server is never started and never stopped: other
//! programs of this computer use it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout_at;

use super::banner::PhoneState;
use super::command::{Command, Shell};
use super::error::ReadError;
use super::interview::Interview;
use super::shell::{Listener, Outcome};
use super::{Budget, server_list};
use crate::reading::Reading;
use crate::wording;

pub use super::server_error::ServerError;
pub use super::server_list::ServerDevice;

/// Longest message taken from a server, in bytes.
const LONGEST: usize = 0xffff;

/// How long a server may take for its list.
const PATIENCE: Duration = Duration::from_secs(3);

/// An adb server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Server {
    address: SocketAddr,
}

/// Which phone of a server is meant.
#[derive(Clone, PartialEq, Eq)]
pub enum Which {
    /// The one plugged in here. Its serial number, where it is known, must not be another one: a
    /// port may be forwarded to the server of another computer, with another phone in that place.
    Topology {
        /// Such as `1-1.2`.
        place: String,
        /// Serial number by its USB strings.
        serial: Option<String>,
    },
    /// The one with this serial number, if only one has it.
    Serial(String),
}

/// A serial number is personal data.
impl core::fmt::Debug for Which {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Topology { place, .. } => write!(f, "Topology({place})"),
            Self::Serial(_) => f.write_str("Serial(…)"),
        }
    }
}

/// Everything that a server can be asked. There is no way to have it stop, connect or forget.
enum Request<'a> {
    /// Its version.
    Version,
    /// Its phones.
    Devices,
    /// What a phone can do.
    Features(&'a Target),
    /// What follows is for this phone.
    Transport(&'a Target),
    /// Run this.
    Run(Command, Shell),
}

/// A phone, as the server can be told which.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    /// The server's own number of the connection: one phone, one plugging in.
    pub(super) transport: u64,
}

impl Request<'_> {
    fn text(&self) -> String {
        match self {
            Self::Version => "host:version".to_owned(),
            Self::Devices => "host:devices-l".to_owned(),
            Self::Features(target) => format!("host-transport-id:{}:features", target.transport),
            Self::Transport(target) => format!("host:transport-id:{}", target.transport),
            Self::Run(command, shell) => command.service(*shell),
        }
    }
}

impl Server {
    /// Where adb's own tools look for it.
    pub const DEFAULT: SocketAddr =
        SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 5037);

    /// The server at this address.
    pub const fn new(address: SocketAddr) -> Self {
        Self { address }
    }

    /// Its version, such as 41. A way to see whether there is one.
    ///
    /// # Errors
    ///
    /// See [`ServerError`].
    pub async fn version(&self, deadline: Instant) -> Result<u32, ServerError> {
        let mut call = Call::begin(self.address, deadline).await?;
        call.ask(&Request::Version).await?;
        let text = call.message().await?;
        u32::from_str_radix(&text, 16).map_err(|_| ServerError::NotAServer)
    }

    /// The phones it has, ready or not.
    ///
    /// # Errors
    ///
    /// See [`ServerError`].
    pub async fn devices(&self) -> Result<Vec<ServerDevice>, ServerError> {
        let mut call = Call::begin(self.address, now() + PATIENCE).await?;
        call.ask(&Request::Devices).await?;
        Ok(server_list::parse(&call.message().await?))
    }

    /// Reads what a phone says of itself.
    ///
    /// # Errors
    ///
    /// [`ReadError::Server`] for what the server says; else as [`read`](super::read).
    pub async fn read(&self, which: &Which, budget: Budget) -> Result<Reading, ReadError> {
        let target = self.find(which).await?;
        let end = now() + budget.total;
        let shell = self.shell(target, (now() + budget.connect).min(end)).await?;
        let mut interview = Interview::new();
        loop {
            let commands = interview.questions();
            if commands.is_empty() {
                break;
            }
            let deadline = (now() + budget.command).min(end);
            let mut running = JoinSet::new();
            for command in commands {
                let server = *self;
                running.spawn(async move {
                    (command, server.run(target, command, shell, deadline).await)
                });
            }
            while let Some(ended) = running.join_next().await {
                let Ok((command, outcome)) = ended else {
                    return Err(ReadError::Unanswered);
                };
                interview.learn(command, self.judge(which, outcome).await?);
            }
        }
        interview.finish()
    }

    /// The phone that is meant, if it is ready.
    async fn find(&self, which: &Which) -> Result<Target, ReadError> {
        let devices = self.devices().await?;
        let mut meant = devices.iter().filter(|device| match which {
            Which::Topology { place, serial } => {
                device.topology.as_ref() == Some(place)
                    && serial.as_ref().is_none_or(|serial| device.may_be(serial))
            }
            Which::Serial(serial) => device.serial == *serial,
        });
        let device = meant.next().ok_or(ServerError::NotFound)?;
        if meant.next().is_some() {
            return Err(ServerError::Ambiguous.into());
        }
        match (device.state, device.transport) {
            (None, _) => Err(ServerError::NoPermission.into()),
            (Some(PhoneState::Unauthorized), _) => Err(ServerError::Unauthorized.into()),
            (Some(PhoneState::Offline), _) => Err(ServerError::Offline.into()),
            (Some(PhoneState::Device), Some(transport)) => Ok(Target { transport }),
            (Some(PhoneState::Device), None) => Err(ServerError::NotAServer.into()),
            (Some(state), _) => Err(ReadError::Unready(state)),
        }
    }

    /// How the phone runs commands. Servers that do not tell have phones that do not either.
    async fn shell(&self, target: Target, deadline: Instant) -> Result<Shell, ServerError> {
        let mut call = Call::begin(self.address, deadline).await?;
        let features = match call.ask(&Request::Features(&target)).await {
            Ok(()) => call.message().await?,
            Err(ServerError::Refused(_)) => String::new(),
            Err(error) => return Err(error),
        };
        let v2 = features.split(',').any(|feature| feature.trim() == "shell_v2");
        Ok(if v2 { Shell::V2 } else { Shell::Plain })
    }

    async fn run(
        &self,
        target: Target,
        command: Command,
        shell: Shell,
        deadline: Instant,
    ) -> Result<Outcome, ServerError> {
        let mut call = Call::begin(self.address, deadline).await?;
        call.ask(&Request::Transport(&target)).await?;
        match call.ask(&Request::Run(command, shell)).await {
            Ok(()) => {}
            Err(ServerError::Refused(_)) => return Ok(Outcome::Refused),
            Err(error) => return Err(error),
        }
        let mut listener = Listener::new(command, shell);
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let count = call.read(&mut buffer).await?;
            let heard = buffer.get(..count).unwrap_or_default();
            if count == 0 || listener.hear(heard) {
                return Ok(listener.end());
            }
        }
    }

    /// A command that came to nothing may mean that the phone was pulled out.
    async fn judge(
        &self,
        which: &Which,
        outcome: Result<Outcome, ServerError>,
    ) -> Result<Outcome, ReadError> {
        let outcome = match outcome {
            Ok(outcome @ Outcome::Printed(_)) => return Ok(outcome),
            Ok(outcome) => Ok(outcome),
            Err(ServerError::Silent) => Ok(Outcome::Unanswered),
            Err(error) => Err(error),
        };
        match self.find(which).await {
            Err(ReadError::Server(ServerError::NotFound | ServerError::Offline)) => {
                Err(ReadError::Gone)
            }
            _ => outcome.map_err(ReadError::from),
        }
    }
}

/// One connection to a server: one question, or one command.
struct Call {
    socket: TcpStream,
    deadline: Instant,
}

impl Call {
    async fn begin(address: SocketAddr, deadline: Instant) -> Result<Self, ServerError> {
        let connecting = timeout_at(deadline.into(), TcpStream::connect(address));
        let socket = match connecting.await {
            Ok(Ok(socket)) => socket,
            Ok(Err(_)) => return Err(ServerError::Absent),
            Err(_) => return Err(ServerError::Silent),
        };
        // Without it a short question may wait for the answer to the last one; it works all the
        // same if the system refuses.
        let _ = socket.set_nodelay(true);
        Ok(Self { socket, deadline })
    }

    /// Asks, and waits for `OKAY`.
    async fn ask(&mut self, request: &Request<'_>) -> Result<(), ServerError> {
        let text = request.text();
        let framed = format!("{:04x}{text}", text.len());
        let sending = self.socket.write_all(framed.as_bytes());
        match timeout_at(self.deadline.into(), sending).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(ServerError::NotAServer),
            Err(_) => return Err(ServerError::Silent),
        }
        match &self.exactly::<4>().await? {
            b"OKAY" => Ok(()),
            b"FAIL" => {
                let said = self.message().await?;
                Err(ServerError::Refused(wording::shown(&said).unwrap_or_default()))
            }
            _ => Err(ServerError::NotAServer),
        }
    }

    /// A text with its length before it.
    async fn message(&mut self) -> Result<String, ServerError> {
        let length = self.exactly::<4>().await?;
        let length = std::str::from_utf8(&length).ok();
        let length = length.and_then(|digits| usize::from_str_radix(digits, 16).ok());
        let length = length.filter(|length| *length <= LONGEST).ok_or(ServerError::NotAServer)?;
        let mut text = vec![0; length];
        self.fill(&mut text).await?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    async fn exactly<const N: usize>(&mut self) -> Result<[u8; N], ServerError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes).await?;
        Ok(bytes)
    }

    async fn fill(&mut self, place: &mut [u8]) -> Result<(), ServerError> {
        match timeout_at(self.deadline.into(), self.socket.read_exact(place)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(ServerError::NotAServer),
            Err(_) => Err(ServerError::Silent),
        }
    }

    /// Bytes of a command; none at its end, however it ends.
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ServerError> {
        match timeout_at(self.deadline.into(), self.socket.read(buffer)).await {
            Ok(count) => Ok(count.unwrap_or(0)),
            Err(_) => Err(ServerError::Silent),
        }
    }
}

/// The clock of the event loop, so that a test that stops one stops both.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
