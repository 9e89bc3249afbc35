//! What a command printed, in both forms in which phones send it.
//!
//! The newer form is a sequence of frames: what it is (one byte), its length (four, little-endian),
//! its bytes. Source: AOSP `adb/shell_protocol.h`.

use super::command::{Command, Shell};

/// Frames with the command's output.
const OUTPUT: u8 = 1;
/// Frames with its errors.
const ERRORS: u8 = 2;
/// The frame with its exit code, the last one.
const EXIT: u8 = 3;

/// Most errors that are kept, in bytes.
const LONGEST_ERRORS: usize = 4096;

/// What became of a command.
#[derive(Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It ran.
    Printed(Printed),
    /// The phone did not run it.
    Refused,
    /// It did not come to its end, or not in time.
    Unanswered,
}

/// Outputs hold whole IMEIs, so `Debug` says only how much there is.
impl core::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Printed(printed) => write!(f, "Printed({} bytes)", printed.output.len()),
            Self::Refused => f.write_str("Refused"),
            Self::Unanswered => f.write_str("Unanswered"),
        }
    }
}

/// What a command printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Printed {
    /// Its output; its errors too, on phones that mix them.
    pub output: Vec<u8>,
    /// Its errors, where they come apart.
    pub errors: Vec<u8>,
    /// Its exit code, on phones that tell.
    pub exit: Option<u8>,
    /// There was more than is taken, or the bytes made no sense from some point on.
    pub cut: bool,
}

/// Counts only, as [`Outcome`].
impl core::fmt::Debug for Printed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Printed({} bytes, exit {:?}, cut {})", self.output.len(), self.exit, self.cut)
    }
}

/// Takes in what one command prints.
#[derive(Debug)]
pub struct Listener {
    shell: Shell,
    longest: usize,
    printed: Printed,
    head: Vec<u8>,
    /// Kind of the frame being read, and bytes that it still has.
    frame: Option<(u8, usize)>,
}

impl Listener {
    /// Listens to this command.
    pub fn new(command: Command, shell: Shell) -> Self {
        Self {
            shell,
            longest: command.longest(),
            printed: Printed::default(),
            head: Vec::new(),
            frame: None,
        }
    }

    /// Takes bytes. Returns whether nothing more is wanted: the command has ended, or has printed
    /// more than is taken.
    pub fn hear(&mut self, bytes: &[u8]) -> bool {
        match self.shell {
            Shell::Plain => self.keep(OUTPUT, bytes),
            Shell::V2 => self.hear_frames(bytes),
        }
        self.printed.cut || self.printed.exit.is_some()
    }

    /// What became of the command, now that nothing more comes. Where phones tell the exit code, a
    /// command without one did not come to its end.
    pub fn end(self) -> Outcome {
        if self.shell == Shell::V2 && self.printed.exit.is_none() && !self.printed.cut {
            return Outcome::Unanswered;
        }
        Outcome::Printed(self.printed)
    }

    /// Bytes held.
    pub fn held(&self) -> usize {
        self.printed.output.capacity() + self.printed.errors.capacity() + self.head.capacity()
    }

    fn hear_frames(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.printed.cut && self.printed.exit.is_none() {
            let Some((kind, left)) = self.frame else {
                bytes = self.hear_head(bytes);
                continue;
            };
            let (now, later) = bytes.split_at(left.min(bytes.len()));
            bytes = later;
            self.frame = Some((kind, left - now.len())).filter(|(_, left)| *left > 0);
            self.keep(kind, now);
        }
    }

    fn hear_head<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (now, later) = bytes.split_at((5 - self.head.len().min(5)).min(bytes.len()));
        self.head.extend_from_slice(now);
        if let [kind, length @ ..] = self.head.as_slice()
            && let Ok(length) = <[u8; 4]>::try_from(length)
        {
            let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
            let sound = match *kind {
                OUTPUT | ERRORS => length <= self.longest,
                EXIT => length == 1,
                _ => false,
            };
            self.printed.cut |= !sound;
            self.frame = Some((*kind, length)).filter(|(_, length)| sound && *length > 0);
            self.head.clear();
        }
        later
    }

    fn keep(&mut self, kind: u8, bytes: &[u8]) {
        match kind {
            OUTPUT => {
                let room = self.longest.saturating_sub(self.printed.output.len());
                self.printed.cut |= bytes.len() > room;
                let kept = bytes.get(..room.min(bytes.len())).unwrap_or_default();
                self.printed.output.extend_from_slice(kept);
            }
            ERRORS => {
                let room = LONGEST_ERRORS.saturating_sub(self.printed.errors.len());
                let kept = bytes.get(..room.min(bytes.len())).unwrap_or_default();
                self.printed.errors.extend_from_slice(kept);
            }
            _ => self.printed.exit = bytes.first().copied(),
        }
    }
}
