//! Serial numbers that tell nothing apart.

/// What makers leave in place of a serial number; compared without capitals.
const DUMMIES: [&str; 11] = [
    "0123456789abcdef",
    "0123456789",
    "1234567890abcdef",
    "1234567890",
    "123456789abcdef",
    "123456789",
    "12345678",
    "unknown",
    "none",
    "android",
    "default string",
];

/// Whether many phones carry this serial number, so that it recognises none.
pub(super) fn is_dummy(serial: &str) -> bool {
    let serial = serial.trim();
    let mut digits = serial.bytes();
    let first = digits.next();
    digits.all(|digit| Some(digit) == first)
        || serial.len() < 4
        || DUMMIES.iter().any(|dummy| serial.eq_ignore_ascii_case(dummy))
}

#[cfg(test)]
mod tests {
    use super::is_dummy;

    #[test]
    fn what_makers_leave_in_place_of_a_serial_number_is_none() {
        for dummy in ["", " ", "0", "none", "0000000000", "0123456789ABCDEF", "Unknown", "n/a"] {
            assert!(is_dummy(dummy), "{dummy:?}");
        }
        for real in ["R58N12ABCDE", "0123456789ABCDE0", "9A271FFAZ004GD"] {
            assert!(!is_dummy(real), "{real:?}");
        }
    }
}
