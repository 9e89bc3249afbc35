//! Dates as they stand in Kazakhstan's tables.

use jiff::civil::Date;

/// Why a cell of a date column is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Neither `2026-01-02` nor `02.01.2026`. Other ways of writing leave day and month open.
    #[error("not a date written as 2026-01-02 or 02.01.2026")]
    Form,
    /// No such day.
    #[error("there is no such day")]
    NoSuchDay,
}

/// Reads `2026-01-02` or `02.01.2026`; a time of day may follow, and is left out.
///
/// # Errors
///
/// [`DateError`].
pub fn read_date(cell: &str) -> Result<Date, DateError> {
    let cell = cell.trim();
    let (day, time) = cell.split_once([' ', 'T']).unwrap_or((cell, ""));
    if !time.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'Z')) {
        return Err(DateError::Form);
    }
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i16, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + i16::from(digit - b'0'))
        })
    };
    let (year, month, day) = match *day.as_bytes() {
        [a, b, c, d, b'-', m, n, b'-', x, y] => ([a, b, c, d], [m, n], [x, y]),
        [x, y, b'.', m, n, b'.', a, b, c, d] => ([a, b, c, d], [m, n], [x, y]),
        _ => return Err(DateError::Form),
    };
    let (Some(year), Some(month), Some(day)) = (number(&year), number(&month), number(&day)) else {
        return Err(DateError::Form);
    };
    // Two digits: they fit.
    let short = |number: i16| i8::try_from(number).unwrap_or(i8::MAX);
    Date::new(year, short(month), short(day)).map_err(|_| DateError::NoSuchDay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        for text in [
            "2026-01-02",
            "02.01.2026",
            " 02.01.2026 ",
            "2026-01-02 00:00:00",
            "2026-01-02T10:00:00Z",
        ] {
            assert_eq!(read_date(text), Ok(jiff::civil::date(2026, 1, 2)), "{text}");
        }
    }

    #[test]
    fn a_date_that_can_be_read_in_two_ways_is_refused() {
        for text in
            ["", "01/02/2026", "2.1.2026", "02.01.26", "2 января 2026", "46024", "2026-01-02 noon"]
        {
            assert_eq!(read_date(text), Err(DateError::Form), "{text}");
        }
    }

    #[test]
    fn a_day_that_is_in_no_calendar_is_refused() {
        for text in ["2025-02-29", "31.04.2026", "00.01.2026", "2026-13-01"] {
            assert_eq!(read_date(text), Err(DateError::NoSuchDay), "{text}");
        }
    }
}
