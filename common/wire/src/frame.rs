//! From bytes to messages and back.
//!
//! A frame begins and ends with 0x00, which stands nowhere else: after anything, the next frame
//! is understood. The one in front costs a byte and keeps garbage, such as half a frame of a
//! peer that was pulled out, from spoiling the frame behind it.
//!
//! Who speaks goes into the checksum and not on the wire. A terminal that nobody has set up yet
//! and a plug that loops back send a speaker its own words, and a scanner's word about a scan
//! must not come back to it as the acknowledgement of that scan.

use core::fmt;

use cobs::{DecodeResult, DecoderState};
use crc::{CRC_32_ISO_HDLC, Crc};
use serde::{Deserialize, Serialize};

use crate::message::MESSAGE_MAX;

/// Which end made a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Speaker {
    /// The scanner: [`FromScanner`](crate::FromScanner).
    Scanner,
    /// The station: [`FromStation`](crate::FromStation).
    Station,
}

impl Speaker {
    /// The checksum of a message of this speaker.
    fn sum(self, message: &[u8]) -> u32 {
        let mark = match self {
            Self::Scanner => b'S',
            Self::Station => b'H',
        };
        let mut digest = CRC.digest();
        digest.update(&[mark]);
        digest.update(message);
        digest.finalize()
    }
}

/// As in Ethernet, gzip and PNG.
/// CRC-32 as in frames, for whoever sums something up beside them: its table is a kilobyte.
pub static CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

const CRC_LEN: usize = 4;

/// A message and its checksum.
const BLOCK_MAX: usize = MESSAGE_MAX + CRC_LEN;

/// Longest frame, in bytes.
pub const FRAME_MAX: usize = cobs::max_encoding_length(BLOCK_MAX) + 2;

/// Why there is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum FrameError {
    /// Longer than [`MESSAGE_MAX`] or than the room for it.
    TooLong,
    /// Shorter than a checksum.
    TooShort,
    /// Bytes are missing or too many.
    Broken,
    /// The checksum is wrong.
    Checksum,
    /// Not a value that can be written.
    Unwritable,
    /// A message that is whole and means nothing to us.
    Unreadable,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the frame is too long",
            Self::TooShort => "the frame is too short",
            Self::Broken => "the frame is not whole",
            Self::Checksum => "the checksum of the frame is wrong",
            Self::Unwritable => "the message cannot be written",
            Self::Unreadable => "the message means nothing",
        })
    }
}

impl core::error::Error for FrameError {}

/// Writes what `speaker` says as a frame into `out` and returns the frame's length. [`FRAME_MAX`] bytes
/// hold any message.
///
/// # Errors
///
/// [`FrameError::TooLong`] if the message or `out` does not allow it; [`FrameError::Unwritable`]
/// for a value that postcard does not know to write.
pub fn encode<T: Serialize + ?Sized>(
    speaker: Speaker,
    message: &T,
    out: &mut [u8],
) -> Result<usize, FrameError> {
    let mut block = [0; BLOCK_MAX];
    let room = block.get_mut(..MESSAGE_MAX).ok_or(FrameError::TooLong)?;
    let written = postcard::to_slice(message, room).map_err(|error| match error {
        postcard::Error::SerializeBufferFull => FrameError::TooLong,
        _ => FrameError::Unwritable,
    })?;
    let (length, sum) = (written.len(), speaker.sum(written).to_le_bytes());
    let behind = block.get_mut(length..).and_then(|rest| rest.first_chunk_mut());
    *behind.ok_or(FrameError::TooLong)? = sum;
    let block = block.get(..length + CRC_LEN).ok_or(FrameError::TooLong)?;
    let (begin, rest) = out.split_first_mut().ok_or(FrameError::TooLong)?;
    *begin = 0;
    let length = cobs::try_encode(block, rest).map_err(|_| FrameError::TooLong)?;
    // With one byte too few the crate returns a length all the same.
    *rest.get_mut(length).ok_or(FrameError::TooLong)? = 0;
    Ok(length + 2)
}

/// Reads what [`Deframer::push`] returned. Bytes behind the message are ignored.
///
/// # Errors
///
/// [`FrameError::Unreadable`].
pub fn decode<'a, T: Deserialize<'a>>(message: &'a [u8]) -> Result<T, FrameError> {
    postcard::from_bytes(message).map_err(|_| FrameError::Unreadable)
}

/// Takes frames out of a stream of bytes, one byte at a time.
pub struct Deframer {
    speaker: Speaker,
    block: [u8; BLOCK_MAX],
    /// Bytes of the block; more than it holds once it is too long.
    length: usize,
    state: DecoderState,
}

impl Deframer {
    /// At the beginning of what `speaker` says, or anywhere in it.
    pub const fn new(speaker: Speaker) -> Self {
        Self { speaker, block: [0; BLOCK_MAX], length: 0, state: DecoderState::Idle }
    }

    /// Takes the next byte. With the one that ends a frame it returns the message in it, whose
    /// checksum is right and the speaker's, or what was wrong with it.
    pub fn push(&mut self, byte: u8) -> Option<Result<&[u8], FrameError>> {
        match self.state.feed(byte) {
            Ok(DecodeResult::NoData) => None,
            Ok(DecodeResult::DataStart) => {
                self.length = 0;
                None
            }
            Ok(DecodeResult::DataContinue(byte)) => {
                if let Some(room) = self.block.get_mut(self.length) {
                    *room = byte;
                }
                self.length = self.length.saturating_add(1);
                None
            }
            Ok(DecodeResult::DataComplete) => Some(self.message()),
            Err(_) => Some(Err(FrameError::Broken)),
        }
    }

    fn message(&self) -> Result<&[u8], FrameError> {
        let block = self.block.get(..self.length).ok_or(FrameError::TooLong)?;
        let (message, sum) = block.split_last_chunk().ok_or(FrameError::TooShort)?;
        if self.speaker.sum(message) != u32::from_le_bytes(*sum) {
            return Err(FrameError::Checksum);
        }
        Ok(message)
    }
}

/// What stands in the buffer may be a label's text.
impl fmt::Debug for Deframer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deframer").field("length", &self.length).finish_non_exhaustive()
    }
}
