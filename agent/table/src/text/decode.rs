//! Bytes to text: UTF-8 with or without its mark, UTF-16 with its mark, else Windows-1251.

use std::io::{ErrorKind, Read};

use encoding_rs::{Decoder, Encoding, UTF_8, WINDOWS_1251};

use crate::TableError;
use crate::error::Kind;

/// Bytes read at once.
const PIECE: usize = 128 * 1024;

/// Text out of a reader, in pieces.
pub(super) struct Decode<R> {
    source: R,
    piece: Vec<u8>,
    /// `None` while everything was ASCII, which reads the same in either encoding.
    decoder: Option<Decoder>,
    begun: bool,
    ended: bool,
}

impl<R: Read> Decode<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, piece: vec![0; PIECE], decoder: None, begun: false, ended: false }
    }

    /// Whether all of it was decoded.
    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Decodes the next piece to the end of `text`.
    pub(super) fn more(&mut self, text: &mut String) -> Result<(), TableError> {
        // Whole pieces, so that a slow writer can't make the encoding look like another.
        let mut length = 0;
        while let Some(room) = self.piece.get_mut(length..).filter(|room| !room.is_empty()) {
            match self.source.read(room) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(read) => length += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        let piece = self.piece.get(..length).unwrap_or_default();
        let begun = std::mem::replace(&mut self.begun, true);
        if self.decoder.is_none() {
            self.decoder = encoding(piece, begun, self.ended)?.map(Encoding::new_decoder);
        }
        match &mut self.decoder {
            None => text.push_str(std::str::from_utf8(piece).unwrap_or_default()),
            Some(decoder) => {
                // Grows by what this piece can need at most, so the decoder never runs out.
                text.reserve(decoder.max_utf8_buffer_length(length).unwrap_or(PIECE * 3));
                let _ = decoder.decode_to_string(piece, text, self.ended);
            }
        }
        Ok(())
    }
}

/// The encoding as far as this piece tells it.
fn encoding(
    piece: &[u8],
    begun: bool,
    ended: bool,
) -> Result<Option<&'static Encoding>, TableError> {
    if !begun && let Some((encoding, _)) = Encoding::for_bom(piece) {
        return Ok(Some(encoding));
    }
    if memchr::memchr(0, piece).is_some() {
        return Err(TableError::NotATable(Kind::Binary));
    }
    if piece.is_ascii() {
        return Ok(None);
    }
    match std::str::from_utf8(piece) {
        Ok(_) => Ok(Some(UTF_8)),
        Err(error) if error.error_len().is_none() && !ended => Ok(Some(UTF_8)),
        Err(_) => Ok(Some(WINDOWS_1251)),
    }
}
