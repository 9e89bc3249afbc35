//! What `service call` prints of a service's answer.
//!
//! ```text
//! Result: Parcel(
//!   0x00000000: 00000000 0000000f 00390034 00310030 '........4.9.0.1.'
//!   …
//! ```
//!
//! The words are read, never the text beside them: there, a dot stands for anything, and the text
//! of an exception would be mistaken for an answer. Word 0 is the exception (0 for none), word 1
//! the length in UTF-16 units (ffffffff for null), then the units, two to a word.

/// What a service answered.
#[derive(Clone, PartialEq, Eq)]
pub enum Parcel {
    /// A text.
    Text(String),
    /// Nothing: null, or no data at all.
    Null,
    /// An exception.
    Exception {
        /// Its number; −1 is `SecurityException`.
        code: i32,
        /// Its text, as far as it is there.
        message: String,
    },
}

/// A text may be a whole IMEI, so `Debug` says only its length.
impl core::fmt::Debug for Parcel {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Null => f.write_str("Null"),
            Self::Exception { code, message } => write!(f, "Exception({code}, {message:?})"),
        }
    }
}

/// Why an output is no whole parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParcelError {
    /// The output has no parcel.
    #[error("there is no parcel")]
    Absent,
    /// The service or the call failed before there was an answer.
    #[error("the call failed")]
    Failed,
    /// A line is missing, or is not what it should be.
    #[error("the dump of the parcel is damaged")]
    Damaged,
    /// The length does not agree with the words.
    #[error("the parcel's length does not agree with its words")]
    Length,
    /// The units are no text.
    #[error("the parcel holds no text")]
    NoText,
}

/// Most words read. A device identity has some ten, an exception with its text some hundred.
const WORDS: usize = 1024;

/// Longest text that is an answer, in UTF-16 units.
const LONGEST: usize = 64;

/// Longest message of an exception kept, in UTF-16 units.
const MESSAGE: usize = 256;

impl Parcel {
    /// Reads what `service call` printed.
    ///
    /// # Errors
    ///
    /// [`ParcelError`] when the words are not all there or do not agree: nothing of such an
    /// answer can be used.
    pub fn parse(output: &[u8]) -> Result<Self, ParcelError> {
        let text = String::from_utf8_lossy(output);
        let (_, dump) = text.split_once("Result: Parcel(").ok_or(ParcelError::Absent)?;
        if dump.starts_with("NULL") {
            return Ok(Self::Null);
        }
        if dump.starts_with("Error") {
            return Err(ParcelError::Failed);
        }
        Self::of(&words(dump)?)
    }

    fn of(words: &[u32]) -> Result<Self, ParcelError> {
        match *words {
            [] => Err(ParcelError::Damaged),
            [0] | [0, u32::MAX] => Ok(Self::Null),
            [0, length, ref rest @ ..] => string(length, rest).map(Self::Text),
            [exception, ref rest @ ..] => {
                let code = exception.cast_signed();
                if code > 0 {
                    return Err(ParcelError::NoText);
                }
                Ok(Self::Exception { code, message: message(rest) })
            }
        }
    }
}

/// The words of all lines.
fn words(dump: &str) -> Result<Vec<u32>, ParcelError> {
    let mut found = Vec::new();
    for (number, line) in dump.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line == ")" {
            continue;
        }
        let (offset, dumped) = match line.strip_prefix("0x").and_then(|line| line.split_once(':')) {
            Some((offset, dumped)) => (Some(word(offset).ok_or(ParcelError::Damaged)?), dumped),
            None if number == 0 => (None, line),
            // Whatever was printed behind the parcel.
            None => break,
        };
        let here = u32::try_from(4 * found.len()).unwrap_or(u32::MAX);
        if offset.is_some_and(|offset| offset != here) {
            return Err(ParcelError::Damaged);
        }
        let (line_words, ended) = line_words(dumped);
        if line_words.is_empty() || !ended || found.len() + line_words.len() > WORDS {
            return Err(ParcelError::Damaged);
        }
        found.extend(line_words);
    }
    Ok(found)
}

/// The words of one line, at most four, and whether the text beside them follows: a line that
/// was cut short has none.
fn line_words(dumped: &str) -> (Vec<u32>, bool) {
    let mut rest = dumped.trim_start();
    let mut found = Vec::new();
    while found.len() < 4
        && let Some((digits, after)) = rest.split_at_checked(8)
        && let Some(word) = word(digits)
        && after.starts_with([' ', '\t', '\''])
    {
        found.push(word);
        rest = after.trim_start();
    }
    (found, rest.starts_with('\''))
}

/// Eight hexadecimal digits.
fn word(digits: &str) -> Option<u32> {
    let plain = digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if plain { u32::from_str_radix(digits, 16).ok() } else { None }
}

/// A text of `length` units, whose zero at the end must stand where the length says, with nothing
/// behind it.
fn string(length: u32, words: &[u32]) -> Result<String, ParcelError> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > LONGEST {
        return Err(ParcelError::Length);
    }
    if words.len() != length / 2 + 1 {
        return Err(ParcelError::Length);
    }
    let units: Vec<u16> = units(words).collect();
    let (text, end) = units.split_at_checked(length).ok_or(ParcelError::Length)?;
    if end.iter().any(|unit| *unit != 0) || text.contains(&0) {
        return Err(ParcelError::Length);
    }
    String::from_utf16(text).map_err(|_| ParcelError::NoText)
}

/// The text of an exception, for people to read; as much as is there.
fn message(words: &[u32]) -> String {
    let [length @ 0..0x7fff_ffff, rest @ ..] = words else {
        return String::new();
    };
    let length = usize::try_from(*length).unwrap_or(usize::MAX).min(MESSAGE);
    let units: Vec<u16> = units(rest).take(length).take_while(|unit| *unit != 0).collect();
    String::from_utf16_lossy(&units)
}

fn units(words: &[u32]) -> impl Iterator<Item = u16> {
    words.iter().flat_map(|word| {
        let [a, b, c, d] = word.to_le_bytes();
        [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])]
    })
}
