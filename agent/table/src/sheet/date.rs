//! Days as Excel counts them.

use jiff::civil::{Date, date};

/// The day of a serial number, and the time of that day if there is one; `None` if it is none
/// that Excel would show.
pub(super) fn text(serial: f64, from_1904: bool) -> Option<String> {
    if !(0.0..2_958_466.0).contains(&serial) {
        return None;
    }
    let (days, fraction) = (serial.trunc() as i64, serial.fract());
    let day = match from_1904 {
        true => after(date(1904, 1, 1), days)?,
        // Excel believes in a 29 February 1900, so days before it are one off.
        false if days < 60 => after(date(1899, 12, 31), days)?,
        false => after(date(1899, 12, 30), days)?,
    };
    let seconds = (fraction * 86_400.0).round() as i64;
    if seconds == 0 || seconds == 86_400 {
        return Some(day.to_string());
    }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    Some(format!("{day} {hours:02}:{minutes:02}:{:02}", seconds % 60))
}

fn after(start: Date, days: i64) -> Option<Date> {
    start.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn days_are_those_that_excel_shows() {
        let table = [
            (46024.0, false, Some("2026-01-02")),
            (44562.0, true, Some("2026-01-02")),
            (46024.5, false, Some("2026-01-02 12:00:00")),
            (61.0, false, Some("1900-03-01")),
            (1.0, false, Some("1900-01-01")),
            (2_958_465.0, false, Some("9999-12-31")),
            (-1.0, false, None),
            (f64::NAN, false, None),
            (1e300, false, None),
        ];
        for (serial, from_1904, expected) in table {
            assert_eq!(text(serial, from_1904).as_deref(), expected, "{serial}");
        }
    }
}
