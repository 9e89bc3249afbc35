//! The Luhn check digit (3GPP TS 23.003 Annex B; ISO/IEC 7812-1 Annex B).
//!
//! It catches every single wrong digit and every swap of neighbours but `09`/`90`. One random
//! number in ten passes.

/// The digit that completes `digits`, both in ASCII; `None` if they are not all digits.
///
/// ```
/// assert_eq!(tekser_imei::luhn::check_digit(b"26053179311383"), Some(b'7'));
/// ```
pub const fn check_digit(digits: &[u8]) -> Option<u8> {
    match sum(digits, true) {
        Some(sum) => Some(b'0' + (10 - sum % 10) % 10),
        None => None,
    }
}

/// Whether the last of `digits` (ASCII) is the check digit of the others.
///
/// ```
/// assert!(tekser_imei::luhn::is_valid(b"490154203237518"));
/// ```
pub const fn is_valid(digits: &[u8]) -> bool {
    match sum(digits, false) {
        Some(sum) => sum % 10 == 0 && !digits.is_empty(),
        None => false,
    }
}

/// Weighted sum modulo 10; `double` says whether the rightmost digit counts twice.
const fn sum(digits: &[u8], mut double: bool) -> Option<u8> {
    let mut rest = digits;
    let mut sum = 0;
    while let [left @ .., digit] = rest {
        if !digit.is_ascii_digit() {
            return None;
        }
        let value = *digit - b'0';
        sum = (sum + if double { twice(value, 10) } else { value }) % 10;
        double = !double;
        rest = left;
    }
    Some(sum)
}

/// The same check in base 16, which MEIDs use (3GPP2 X.S0008): the hexadecimal digit, in upper
/// case, that completes `digits`; `None` if they are not all hexadecimal.
///
/// ```
/// assert_eq!(tekser_imei::luhn::hex_check_digit(b"AF0123450ABCDE"), Some(b'C'));
/// ```
pub const fn hex_check_digit(digits: &[u8]) -> Option<u8> {
    let mut rest = digits;
    let mut sum = 0;
    let mut double = true;
    while let [left @ .., digit] = rest {
        let Some(value) = hex_value(*digit) else {
            return None;
        };
        sum = (sum + if double { twice(value, 16) } else { value }) % 16;
        double = !double;
        rest = left;
    }
    let value = (16 - sum) % 16;
    Some(if value < 10 { b'0' + value } else { b'A' + value - 10 })
}

/// Digit sum of twice `value` in the base.
const fn twice(value: u8, base: u8) -> u8 {
    let double = value * 2;
    if double < base { double } else { double - (base - 1) }
}

/// Value of an ASCII hexadecimal digit.
pub(crate) const fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}
