//! A pseudo-terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::sync::mpsc::{self, Receiver};
use std::time::Instant;

use rustix::fs::{Mode, OFlags};
use rustix::io::ioctl_fionread;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// Bytes that may lie unread in the terminal: so few that writing never waits for a reader.
const UNREAD_MAX: u64 = 1_024;

/// The far end of a terminal whose near end any program can open, again and again.
pub struct Line {
    port: String,
    far: File,
    /// While it is open, the far end does not break when a program goes.
    near: OwnedFd,
    heard: Receiver<(Instant, Vec<u8>)>,
}

impl Line {
    pub fn new() -> Self {
        let far = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&far).unwrap();
        unlockpt(&far).unwrap();
        let name = ptsname(&far, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let near = rustix::fs::open(name.as_c_str(), flags, Mode::empty()).unwrap();
        let mut settings = tcgetattr(&near).unwrap();
        settings.make_raw();
        tcsetattr(&near, OptionalActions::Now, &settings).unwrap();
        let far = File::from(far);
        let heard = listen(far.try_clone().unwrap());
        Self { port: name.to_str().unwrap().to_owned(), far, near, heard }
    }

    /// The near end's path.
    pub fn port(&self) -> &str {
        &self.port
    }

    /// Whether a write goes through at once. A USB host with no program at the port takes no more
    /// than its buffers hold either.
    pub fn has_room(&self) -> bool {
        ioctl_fionread(&self.near).unwrap() < UNREAD_MAX
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.far.write_all(bytes).unwrap();
    }

    /// The next bytes from the program, and when they came; waits no longer than this.
    pub fn read(&self, until: Instant) -> Option<(Instant, Vec<u8>)> {
        self.heard.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
    }
}

/// Reads on a thread, so that the time is right whatever the test is doing. It ends with the
/// terminal's last near end.
fn listen(mut far: File) -> Receiver<(Instant, Vec<u8>)> {
    let (tell, heard) = mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok(count) = far.read(&mut buffer) {
            if count == 0 || tell.send((Instant::now(), buffer[..count].to_vec())).is_err() {
                return;
            }
        }
    });
    heard
}
