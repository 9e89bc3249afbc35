//! One cell that should be an IMEI: the number, or what happened to it.

use std::fmt;

use serde::Serialize;
use tekser_imei::{Imei, ParseError, luhn};

/// Longest cell that is looked at; no IMEI with anything around it is longer.
const CELL_MAX: usize = 256;

/// Why a cell is no IMEI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAnImei {
    /// It is damaged in a way that spreadsheets and people are known for.
    Damaged(Damage),
    /// It is something else.
    Unread(ParseError),
}

/// What happened to a number. None of it can be undone from what is left: the number must be read
/// from the phone, the box or the original list again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// `4.90154E+14`: a spreadsheet took it for a quantity.
    Scientific {
        /// Digits that are left.
        digits: u8,
    },
    /// `490154203237518,00`: a spreadsheet took it for a quantity, and the end may be rounded.
    DecimalPlaces,
    /// 14 digits to which a leading 0 is the whole IMEI.
    LeadingZeroLost,
    /// More than 15 digits, and zeros from the sixteenth on: a spreadsheet keeps no more.
    TrailingZeros {
        /// Digits in all.
        digits: u8,
    },
    /// 15 digits whose last ones became zeros.
    Rounded {
        /// Zeros at the end.
        zeros: u8,
    },
    /// A letter that looks like a digit, such as O for 0.
    Letter {
        /// Which character of the cell, from 1.
        at: u8,
    },
    /// Two or more numbers in one cell.
    Several,
    /// `#####`, `#N/A` and their like: the number itself was never exported.
    NotExported,
}

impl NotAnImei {
    /// Stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Damaged(Damage::Scientific { .. }) => "scientific",
            Self::Damaged(Damage::DecimalPlaces) => "decimal_places",
            Self::Damaged(Damage::LeadingZeroLost) => "leading_zero_lost",
            Self::Damaged(Damage::TrailingZeros { .. }) => "trailing_zeros",
            Self::Damaged(Damage::Rounded { .. }) => "rounded",
            Self::Damaged(Damage::Letter { .. }) => "letter",
            Self::Damaged(Damage::Several) => "several_numbers",
            Self::Damaged(Damage::NotExported) => "not_exported",
            Self::Unread(error) => error.code(),
        }
    }
}

impl fmt::Display for NotAnImei {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(damage) => damage.fmt(f),
            Self::Unread(ParseError::TooShort { digits: 14 }) => {
                f.write_str("14 digits: the check digit or another one is missing")
            }
            Self::Unread(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scientific { digits } => write!(
                f,
                "a spreadsheet wrote it as a quantity and left {digits} of 15 digits; format the \
                 column as text and enter it again"
            ),
            Self::DecimalPlaces => f.write_str(
                "a spreadsheet wrote it with decimal places, so its last digits may be rounded; \
                 format the column as text and enter it again",
            ),
            Self::LeadingZeroLost => f.write_str(
                "14 digits, and with a 0 before them the check digit agrees: a spreadsheet may \
                 have dropped it; look at the box or the phone",
            ),
            Self::TrailingZeros { digits } => write!(
                f,
                "{digits} digits with zeros from the sixteenth on: a spreadsheet keeps 15; if it \
                 was an IMEI with software version, enter its first 15 digits as text"
            ),
            Self::Rounded { zeros } => write!(
                f,
                "{zeros} zeros at its end: a spreadsheet rounded it; enter it again as text"
            ),
            Self::Letter { at } => write!(
                f,
                "character {at} is a letter that looks like a digit; look at the box or the phone"
            ),
            Self::Several => f.write_str("more than one number; give each a cell of its own"),
            Self::NotExported => {
                f.write_str("the spreadsheet wrote a sign for an error instead of the number")
            }
        }
    }
}

/// Reads a cell. What spreadsheets put around a number to keep it a text is taken off: an
/// apostrophe before it, `="…"`, white space and zero-width characters of web pages.
///
/// # Errors
///
/// [`NotAnImei`]. Nothing is mended.
pub fn read_cell(cell: &str) -> Result<Imei, NotAnImei> {
    // Nothing but the number, as most cells are.
    if cell.len() == Imei::LEN
        && let Ok(imei) = Imei::parse(cell.as_bytes())
    {
        return unrounded(imei, cell.as_bytes());
    }
    if cell.len() > CELL_MAX {
        return Err(NotAnImei::Unread(ParseError::TooLong { digits: u8::MAX }));
    }
    let text = bare(cell);
    if is_with_decimal_places(text) {
        return Err(NotAnImei::Damaged(Damage::DecimalPlaces));
    }
    match Imei::parse(text.as_bytes()) {
        Ok(imei) => unrounded(imei, imei.as_str().as_bytes()),
        Err(error) => Err(damage(text).map_or(NotAnImei::Unread(error), NotAnImei::Damaged)),
    }
}

/// Whether a cell of a table without header is meant to be an IMEI: 14 to 17 digits, two such
/// numbers, or what a spreadsheet makes of one. Shorter ones are phone numbers, IINs and
/// EAN codes, longer ones SIM cards.
pub(crate) fn might_be(cell: &str) -> bool {
    if cell.len() < 7 || cell.len() > CELL_MAX {
        return false;
    }
    let text = bare(cell);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    match digits {
        14..=17 => text.chars().all(|character| is_part(character) || looks_like_digit(character)),
        28.. => text.chars().all(is_part) && is_several(text),
        _ => match scientific(text) {
            Some((_, power)) => (13..=16).contains(&power),
            None => {
                let letters = text.chars().filter(|&character| looks_like_digit(character)).count();
                digits >= 10 && digits + letters == 15 && text.chars().count() == 15
            }
        },
    }
}

fn unrounded(imei: Imei, digits: &[u8]) -> Result<Imei, NotAnImei> {
    // One number in ten has the check digit 0 that is left of it when a spreadsheet has cut it to
    // six digits, the most that it shows of one.
    match digits.split_at_checked(6) {
        Some((first, b"000000000")) if first != b"000000" => {
            Err(NotAnImei::Damaged(Damage::Rounded { zeros: 9 }))
        }
        _ => Ok(imei),
    }
}

/// A text without what keeps it a text.
fn bare(cell: &str) -> &str {
    let is_space = |character: char| {
        character.is_whitespace()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
    };
    let cell = cell.trim_matches(is_space);
    let cell = cell.strip_prefix('\'').unwrap_or(cell);
    let cell = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(cell);
    cell.trim_matches(is_space)
}

fn damage(text: &str) -> Option<Damage> {
    if text.starts_with('#') {
        return Some(Damage::NotExported);
    }
    if let Some((digits, _)) = scientific(text) {
        return Some(Damage::Scientific { digits: clamp(digits) });
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return damage_of_digits(text);
    }
    if is_several(text) {
        return Some(Damage::Several);
    }
    letter(text)
}

fn damage_of_digits(digits: &str) -> Option<Damage> {
    let zeros = digits.bytes().rev().take_while(|&byte| byte == b'0').count();
    let kept = digits.len() - zeros;
    match digits.len() {
        14 if luhn::is_valid(digits.as_bytes()) => Some(Damage::LeadingZeroLost),
        15 if zeros >= 4 && kept > 0 => Some(Damage::Rounded { zeros: clamp(zeros) }),
        16..=20 if kept <= 15 && kept > 0 => {
            Some(Damage::TrailingZeros { digits: clamp(digits.len()) })
        }
        28.. if digits.len().is_multiple_of(15) => Some(Damage::Several),
        _ => None,
    }
}

/// Digits and power of ten of a number such as `4,90154E+14`.
fn scientific(text: &str) -> Option<(usize, u32)> {
    let (mantissa, power) = text.split_once(['E', 'e', 'Е', 'е'])?;
    let power = power.trim_start_matches('+').parse().ok()?;
    let mut signs = 0;
    let mut digits = 0;
    for byte in mantissa.bytes() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'.' | b',' => signs += 1,
            _ => return None,
        }
    }
    (digits > 0 && signs <= 1).then_some((digits, power))
}

/// Whether it is `490154203237518,00` or `490154203237518.0`. `49015420323751.8` is the one that
/// matters: with the point taken for a separator it is 15 digits.
fn is_with_decimal_places(text: &str) -> bool {
    let Some((whole, places)) = text.split_once(['.', ',']) else {
        return false;
    };
    let count = whole.bytes().filter(u8::is_ascii_digit).count();
    let plain =
        whole.chars().all(|character| character.is_ascii_digit() || character.is_whitespace());
    plain
        && count >= 12
        && (1..=2).contains(&places.len())
        && places.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether two numbers stand there that could each be an IMEI.
fn is_several(text: &str) -> bool {
    let groups = text.split([',', ';', '/', '\\', '|', '+', '\n', '\r', '\t', ' ']);
    let is_number = |group: &&str| {
        (14..=17).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_digit())
    };
    groups.filter(is_number).count() >= 2
}

fn letter(text: &str) -> Option<Damage> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.chars().filter(|&character| looks_like_digit(character)).count();
    let other = text.chars().any(|character| !is_part(character) && !looks_like_digit(character));
    if other || letters == 0 || digits < 10 || digits + letters != 15 {
        return None;
    }
    let at = text.chars().position(looks_like_digit)?;
    Some(Damage::Letter { at: clamp(at + 1) })
}

const fn looks_like_digit(character: char) -> bool {
    matches!(
        character,
        'O' | 'o' | 'О' | 'о' | 'I' | 'l' | 'І' | 'і' | '|' | 'З' | 'з' | 'S' | 'B' | 'В' | 'Z'
    )
}

/// Whether it may stand in an IMEI, or between two of them.
fn is_part(character: char) -> bool {
    character.is_ascii_digit()
        || character.is_whitespace()
        || matches!(character, '-' | '.' | '/' | ',' | ';' | '|' | '\\' | '+')
}

fn clamp(n: usize) -> u8 {
    u8::try_from(n).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(cell: &str) -> &'static str {
        read_cell(cell).map_or_else(NotAnImei::code, |_| "ok")
    }

    #[test]
    fn what_keeps_a_number_a_text_is_no_part_of_it() {
        let cells = [
            "490154203237518",
            "'490154203237518",
            "=\"490154203237518\"",
            "  490154203237518\t",
            "\u{a0}490154203237518\u{a0}",
            "\u{200b}490154203237518\u{feff}",
            "49-015420-323751-8",
        ];
        for cell in cells {
            assert_eq!(
                read_cell(cell).map(|imei| imei.to_string()).as_deref(),
                Ok("490154203237518"),
                "{cell:?}"
            );
        }
    }

    #[test]
    fn damage_is_told_from_other_faults() {
        let table = [
            ("4.90154E+14", "scientific"),
            ("4,90154E+14", "scientific"),
            ("4.90154203237518E+14", "scientific"),
            ("4,90154Е+14", "scientific"), // a Cyrillic Е
            ("5E+14", "scientific"),
            ("490154203237518,00", "decimal_places"),
            ("490154203237518.0", "decimal_places"),
            ("490 154 203 237 518,00", "decimal_places"),
            ("49015420323751.8", "decimal_places"),
            ("12345000000000", "too_short"),
            ("13066001234567", "too_short"),
            ("490154203237510000", "trailing_zeros"),
            ("4901542032375180", "trailing_zeros"),
            ("490154000000000", "rounded"),
            ("490154203220000", "rounded"),
            ("49O154203237518", "letter"),
            ("49О154203237518", "letter"), // a Cyrillic О
            ("4901542O323751B", "letter"),
            ("490154203237518/352099001761481", "several_numbers"),
            ("490154203237518, 352099001761481", "several_numbers"),
            ("490154203237518\n352099001761481", "several_numbers"),
            ("490154203237518352099001761481", "several_numbers"),
            ("###############", "not_exported"),
            ("#N/A", "not_exported"),
            ("#Н/Д", "not_exported"),
            ("490154203237519", "check_digit"),
            ("49015420323752", "too_short"),
            ("49015420323751899", "too_long"),
            ("", "empty"),
            ("\u{a0}", "empty"),
            ("Galaxy A54", "not_a_digit"),
            ("=\"\"", "empty"),
        ];
        for (cell, expected) in table {
            assert_eq!(code(cell), expected, "{cell:?}");
        }
    }

    #[test]
    fn a_lost_zero_is_told_where_the_check_digit_agrees() {
        let whole = "013066001234563";
        let whole = (0..10)
            .map(|n| format!("01306600123456{n}"))
            .find(|text| text.parse::<Imei>().is_ok())
            .unwrap_or(whole.to_owned());
        assert_eq!(code(&whole), "ok");
        assert_eq!(code(&whole[1..]), "leading_zero_lost");
    }

    #[test]
    fn a_rounded_number_is_none_even_if_its_check_digit_agrees() {
        let rounded = (100_000..)
            .map(|n| format!("{n}000000000"))
            .find(|text| text.parse::<Imei>().is_ok())
            .unwrap();
        assert_eq!(code(&rounded), "rounded");
        assert_eq!(code("000000000000000"), "ok");
    }

    #[test]
    fn without_a_header_only_numbers_of_that_length_are_meant() {
        for cell in [
            "490154203237518",
            "4901542032375",
            "4,90154E+14",
            "49O154203237518",
            "490154203237518/352099001761481",
            "35-209900-176148-1",
            "49015420323751",
        ] {
            assert_eq!(might_be(cell), cell.len() != 13, "{cell}");
        }
        for cell in [
            "",
            "+7 701 123 45 67",
            "900101300123",
            "4006381333931",
            "8997710012345678901",
            "Galaxy A54",
            "02.01.2026",
            "2026-01-02 10:11:12",
            "9.00101E+11",
            "99000",
        ] {
            assert!(!might_be(cell), "{cell}");
        }
    }

    #[test]
    fn a_text_without_end_is_not_searched() {
        assert_eq!(code(&"4".repeat(1_000_000)), "too_long");
        assert!(!might_be(&"4".repeat(1_000_000)));
    }
}
