//! A process of its own for each file, so that no file can harm the station: what the library
//! takes, and for how long, is the child's to lose.

use std::ffi::OsString;
use std::io::{BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Instant;

use crate::error::DeclarationError;
use crate::extract::{extract_to, judge};
use crate::limits::Limits;
use crate::lines::{self, Line};
use crate::text::{Gap, Text};

/// Stack of the thread that reads: objects may nest some hundred deep.
const STACK: usize = 32 * 1024 * 1024;

/// Most bytes that the child may say: its text, with every character escaped, and the frame.
const ANSWER_PER_TEXT: u64 = 8;

/// Starts a process for each file: the own program, told to call [`serve`].
#[derive(Debug, Clone)]
pub struct Wall {
    program: PathBuf,
    arguments: Vec<OsString>,
    limits: Limits,
}

impl Wall {
    /// A wall whose child is this program with these arguments.
    pub fn new<A: Into<OsString>>(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
        limits: Limits,
    ) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self { program: program.into(), arguments, limits }
    }

    /// The limits.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Reads the text of a PDF. Comes back within the time of the limits, whatever the file.
    ///
    /// # Errors
    ///
    /// If there is nothing to search.
    pub fn read(&self, file: Vec<u8>) -> Result<Text, DeclarationError> {
        if file.len() as u64 > self.limits.bytes {
            return Err(DeclarationError::TooLarge { max: self.limits.bytes });
        }
        let deadline = Instant::now() + self.limits.time;
        let mut child = self.start().map_err(|_| DeclarationError::NoReader)?;
        let text = self.listen(&mut child, file, deadline);
        // It may have ended by itself; what matters is that it is gone.
        let _ = child.kill();
        let _ = child.wait();
        text
    }

    fn start(&self) -> std::io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        #[cfg(windows)]
        {
            use std::os::windows::process::CommandExt as _;
            /// Else a console window flashes up when a service starts it.
            const CREATE_NO_WINDOW: u32 = 0x0800_0000;
            command.creation_flags(CREATE_NO_WINDOW);
        }
        command.spawn()
    }

    fn listen(
        &self,
        child: &mut Child,
        file: Vec<u8>,
        deadline: Instant,
    ) -> Result<Text, DeclarationError> {
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(DeclarationError::NoReader);
        };
        // Both threads end when the child does: their pipes break.
        std::thread::spawn(move || stdin.write_all(&file));
        let (says, said) = mpsc::sync_channel(4);
        let most = self.limits.text as u64 * ANSWER_PER_TEXT;
        std::thread::spawn(move || {
            let mut answer = BufReader::new(stdout.take(most));
            while let Some(line) = lines::read(&mut answer) {
                if says.send(line).is_err() {
                    break;
                }
            }
        });
        let mut text = Text::default();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let broke = match said.recv_timeout(left) {
                Ok(Line::Page(_)) if text.pages.len() >= self.limits.pages as usize => Gap::TooMuch,
                Ok(Line::Page(page)) => {
                    text.pages.push(page);
                    continue;
                }
                Ok(Line::End(gaps)) => {
                    text.gaps = gaps;
                    return judge(text);
                }
                Ok(Line::Failed(error)) => return Err(error),
                Err(RecvTimeoutError::Timeout) => Gap::TooSlow,
                Err(RecvTimeoutError::Disconnected) => Gap::Died,
            };
            if text.pages.iter().all(|page| page.text.trim().is_empty()) {
                return Err(match broke {
                    Gap::TooSlow => DeclarationError::TooSlow,
                    _ => DeclarationError::Died,
                });
            }
            // What was read of it stands; the rest is not known.
            text.gaps.push(broke);
            return Ok(text);
        }
    }
}

/// The child's side: reads a PDF and says what is in it. Its process must do nothing else, for it
/// gives up memory, files and processor time for good.
///
/// # Errors
///
/// If what it has to say can't be written.
pub fn serve(
    from: impl Read + Send + 'static,
    mut to: impl Write + Send + 'static,
    limits: &Limits,
) -> std::io::Result<()> {
    confine(limits);
    // A broken file is no reason for a message: it is told in the answer.
    std::panic::set_hook(Box::new(|_| {}));
    let limits = *limits;
    let work = move || {
        let mut file = Vec::new();
        from.take(limits.bytes + 1).read_to_end(&mut file)?;
        let mut broke = None;
        let ended = extract_to(file, &limits, |page| {
            broke = lines::write(&Line::Page(page), &mut to).err();
            broke.is_none()
        });
        if let Some(error) = broke {
            return Err(error);
        }
        let last = match ended {
            Ok(gaps) => Line::End(gaps),
            Err(error) => Line::Failed(error),
        };
        lines::write(&last, &mut to)
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work)?;
    thread.join().unwrap_or_else(|_| Err(std::io::Error::other("the reader broke")))
}

/// Holds this process to its limits, where the system can.
#[cfg(unix)]
fn confine(limits: &Limits) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let seconds = limits.time.as_secs().max(1);
    let bounds = [
        (Resource::As, limits.memory),
        (Resource::Cpu, seconds),
        (Resource::Fsize, 0),
        // A dump of its memory would be the declaration, lying about.
        (Resource::Core, 0),
    ];
    for (resource, most) in bounds {
        // A system may know none of one; the deadline holds anyway.
        let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    }
}

/// Holds this process to its limits, where the system can: Windows has the parent's deadline.
#[cfg(not(unix))]
const fn confine(_: &Limits) {}
