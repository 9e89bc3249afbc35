//! Text of a box label, a barcode, a screen or a tool, and what is in it.
//!
//! There is no published grammar of such text, so it is read generically: fields, captions, and
//! the value that each caption announces; a value without caption is taken for what its length
//! and check digit allow, and for nothing if they allow too much.
//!
//! ```text
//! text    = { line }
//! line    = [ aim ] ( elements | { field } )
//! aim     = "]" letter modifier                    symbology identifier, ISO/IEC 15424
//! elements= { identifier value [ GS ] }            after ]C1 ]d2 ]Q3 ]J1 ]e0-3, FNC1
//! field   = { caption { punctuation } value | value | punctuation }
//! caption = "IMEI" [ "SV" ] [ slot ] [ "/MEID" ] | "MEID" | "EID" | "ICCID" | "S/N" | "SN"
//!         | "Serial No" | "Model" | "Color" | "P/N" | "EAN" | "(01)" | "(21)" | "(8002)" | …
//! ```
//!
//! Fields end at `;`, `,`, `|` and control characters. A caption outlives blanks, tabs and line
//! ends, so a value may stand below it; it does not outlive a second caption on another line
//! or column, where nothing says which value is whose.
//!
//! No digit is guessed or mended, and none is taken out of a longer run: 15 digits inside 16
//! are not looked at. One random number of 15 digits in ten has the right check digit, so a
//! finding from a camera wants a second read.
//!
//! Work grows with the length of the text and nothing else.

mod bytes;
mod caption;
mod gs1;
mod item;
mod value;

pub use self::item::{Finding, Item, Kind};

use self::bytes::{after, is_field_end, is_line_end, is_word, until};
use self::caption::Caption;
use self::gs1::Identifier;

/// What is in `text`, in the order it stands there; what stands there twice is found twice.
///
/// ```
/// use tekser_imei::label::{Item, findings};
///
/// let mut found = findings(b"IMEI1\n354626223546262 / 19\nS/N: R58N12ABCDE");
/// let first = found.next().unwrap();
/// assert!(matches!(first.item, Item::Imei { slot: Some(1), .. }));
/// assert_eq!((first.at, first.len), (6, 20));
/// assert_eq!(found.next().unwrap().item, Item::Serial(b"R58N12ABCDE"));
/// ```
pub fn findings(text: &[u8]) -> Findings<'_> {
    Findings { text, at: 0, mode: Mode::LineStart, caption: None, stacked: 0 }
}

/// Iterator over what is in a text: see [`findings`].
#[derive(Clone)]
pub struct Findings<'a> {
    text: &'a [u8],
    at: usize,
    mode: Mode,
    /// What the next value is.
    caption: Option<Caption>,
    /// Captions since the last value.
    stacked: u8,
}

/// How the rest of the line is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Not known yet.
    LineStart,
    /// Fields and captions.
    Text,
    /// GS1 element strings.
    Gs1,
    /// EAN or UPC: the number can be nothing but an article's.
    Retail,
}

impl<'a> Findings<'a> {
    /// Skips what is no value; the first byte of the next value comes out with what it is in.
    fn skip(&mut self) -> Option<(&'a [u8], Mode)> {
        loop {
            let rest = after(self.text, self.at);
            let byte = *rest.first()?;
            if self.mode == Mode::LineStart {
                self.begin_line(rest);
            } else if is_field_end(byte) {
                self.end_field(byte);
            } else if self.mode == Mode::Gs1 {
                if gs1::element(rest).is_some() {
                    return Some((rest, Mode::Gs1));
                }
                self.mode = Mode::Text;
            } else if let Some((caption, len)) = caption::read(rest) {
                self.at += len;
                self.caption = Some(caption.stacked_on(self.caption));
                self.stacked = self.stacked.saturating_add(1);
            } else if is_word(byte) {
                return Some((rest, self.mode));
            } else {
                self.at += 1;
            }
        }
    }

    fn begin_line(&mut self, rest: &[u8]) {
        (self.mode, self.at) = match symbology(rest) {
            Some(mode) => (mode, self.at + 3),
            None if self.at == 0 && gs1::is_likely(rest) => (Mode::Gs1, self.at),
            None => (Mode::Text, self.at),
        };
        if self.mode == Mode::Gs1 {
            self.caption = None;
        }
    }

    fn end_field(&mut self, byte: u8) {
        let is_list = matches!(byte, b';' | b',' | b'|');
        if is_list || self.stacked > 1 || self.caption.is_some_and(Caption::ends_with_field) {
            self.caption = None;
        }
        if is_line_end(byte) {
            self.mode = Mode::LineStart;
        }
        self.at += 1;
    }

    /// The finding in `len` bytes from here, `head` bytes of which are not part of it.
    fn found(&mut self, item: Item<'a>, head: usize, len: usize) -> Finding<'a> {
        let finding = Finding { item, at: self.at + head, len: len - head.min(len) };
        self.at += len.max(1);
        self.caption = None;
        self.stacked = 0;
        finding
    }

    fn element(&mut self, rest: &'a [u8]) -> Option<Finding<'a>> {
        let element = gs1::element(rest)?;
        let whole = until(rest, element.len);
        let value = after(whole, element.head);
        let item = match element.identifier {
            Identifier::Gtin if gs1::is_gtin(value) => Item::Gtin(value),
            Identifier::Serial if !value.is_empty() => value::serial(value),
            Identifier::Cmti if !value.is_empty() => value::imei(value, None),
            _ => return Some(self.found(Item::Unknown(whole), 0, element.len)),
        };
        Some(self.found(item, element.head, element.len))
    }
}

impl<'a> Iterator for Findings<'a> {
    type Item = Finding<'a>;

    fn next(&mut self) -> Option<Finding<'a>> {
        let (rest, mode) = self.skip()?;
        let (item, len) = match (mode, self.caption) {
            (Mode::Gs1, _) => return self.element(rest),
            (Mode::Retail, _) => value::retail(rest),
            (_, Some(caption)) => value::captioned(rest, caption),
            (_, None) => value::bare(rest),
        };
        let head = item.data_identifier_len(len);
        Some(self.found(item, head, len))
    }
}

impl core::iter::FusedIterator for Findings<'_> {}

/// Says nothing of the text.
impl core::fmt::Debug for Findings<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Findings").field("at", &self.at).finish_non_exhaustive()
    }
}

/// What a symbology identifier says of the line behind it.
fn symbology(text: &[u8]) -> Option<Mode> {
    match text {
        [b']', b'C', b'1', ..] | [b']', b'd', b'2', ..] | [b']', b'Q', b'3', ..] => Some(Mode::Gs1),
        [b']', b'J', b'1', ..] | [b']', b'e', b'0'..=b'3', ..] => Some(Mode::Gs1),
        [b']', b'E', modifier, ..] if modifier.is_ascii_digit() => Some(Mode::Retail),
        [b']', code, modifier, ..]
            if code.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() =>
        {
            Some(Mode::Text)
        }
        _ => None,
    }
}
