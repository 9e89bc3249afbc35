//! What the two Kazakhstan numbers share: twelve digits and the check over them.

use crate::digits;
use crate::error::ParseError;

/// Number of digits of an IIN and of a BIN.
pub(crate) const LEN: usize = 12;

const FIRST_PASS: [u16; 11] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const SECOND_PASS: [u16; 11] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];

/// The twelve ASCII digits of a text, if the last belongs to the others.
///
/// One pass alone gives the eleventh digit the weight 11, which is 0 modulo 11: a slip there goes
/// unseen. That is the rule as it was issued, not an omission.
pub(crate) const fn parse(text: &[u8]) -> Result<[u8; LEN], ParseError> {
    let digits: [u8; LEN] = match digits::exactly(text) {
        Ok(digits) => digits,
        Err(error) => return Err(error),
    };
    let [body @ .., found] = digits;
    match check_digit(&body) {
        Some(expected) if expected == found => Ok(digits),
        Some(expected) => {
            Err(ParseError::CheckDigit { expected: expected as char, found: found as char })
        }
        None => Err(ParseError::Checksum),
    }
}

/// The check digit of eleven ASCII digits: the sum by the first weights modulo 11, by the second if
/// that is 10. `None` if it is 10 again: such a number is never issued.
const fn check_digit(body: &[u8; 11]) -> Option<u8> {
    match remainder(body, &FIRST_PASS) {
        10 => match remainder(body, &SECOND_PASS) {
            10 => None,
            digit => Some(b'0' + digit),
        },
        digit => Some(b'0' + digit),
    }
}

#[expect(clippy::indexing_slicing, reason = "both arrays have the length that bounds the index")]
const fn remainder(body: &[u8; 11], weights: &[u16; 11]) -> u8 {
    let (mut sum, mut at) = (0, 0);
    while at < body.len() {
        sum += (body[at] - b'0') as u16 * weights[at];
        at += 1;
    }
    (sum % 11) as u8
}

/// Two ASCII digits as a number.
pub(crate) const fn two(tens: u8, units: u8) -> u8 {
    (tens - b'0') * 10 + (units - b'0')
}
