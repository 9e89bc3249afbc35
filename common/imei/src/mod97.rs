//! ISO 7064 MOD 97-10, the check of the EID (GSMA SGP.29), by running remainder.

/// `digits` (ASCII) modulo 97; `None` if they are not all digits. No digits count as zero.
pub const fn remainder(digits: &[u8]) -> Option<u8> {
    let mut rest = digits;
    let mut remainder: u16 = 0;
    while let [digit, right @ ..] = rest {
        if !digit.is_ascii_digit() {
            return None;
        }
        remainder = (remainder * 10 + (*digit - b'0') as u16) % 97;
        rest = right;
    }
    Some(remainder as u8)
}

/// Whether the last two of `digits` (ASCII) are the check digits of the others.
///
/// ```
/// assert!(tekser_imei::mod97::is_valid(b"89049032123451234512345678901235"));
/// ```
pub const fn is_valid(digits: &[u8]) -> bool {
    matches!(remainder(digits), Some(1))
}

/// The two ASCII digits that complete `digits`; `None` if they are not all digits.
pub const fn check_digits(digits: &[u8]) -> Option<[u8; 2]> {
    match remainder(digits) {
        Some(remainder) => {
            let check = 98 - (remainder as u16 * 100 % 97) as u8;
            Some([b'0' + check / 10, b'0' + check % 10])
        }
        None => None,
    }
}
