//! What is printed on boxes: made up, with numbers that no phone has.

/// An IMEI with a right check digit, another one for every number below a million. Its TAC is that
/// of an example in the standard (3GPP TS 23.003).
pub fn imei(number: u32) -> String {
    let digits = format!("49015420{number:06}");
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0');
            if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}
