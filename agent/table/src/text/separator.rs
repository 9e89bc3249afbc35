//! What separates the cells of a text.

/// What separates the cells, and how many bytes of the beginning only say so.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) separator: u8,
    pub(super) skip: usize,
}

/// Looks at the first line that is not empty. Where nothing separates anything, `;` is what
/// Excel writes in this part of the world.
pub(super) fn find(text: &str) -> Found {
    if let Some(found) = declared(text) {
        return found;
    }
    let first = text.lines().flat_map(|line| line.split('\r')).find(|line| !line.trim().is_empty());
    let outside = outside_quotes(first.unwrap_or_default());
    let has = |byte: u8| outside.as_bytes().contains(&byte);
    let separator = match () {
        () if has(b';') => b';',
        () if has(b'\t') => b'\t',
        () if separates_by_comma(&outside) => b',',
        () => b';',
    };
    Found { separator, skip: 0 }
}

/// Excel's own first line: `sep=;`.
fn declared(text: &str) -> Option<Found> {
    let bytes = text.as_bytes();
    let &[s, e, p, b'=', separator, ref rest @ ..] = bytes else {
        return None;
    };
    if ![s, e, p].eq_ignore_ascii_case(b"sep") || !matches!(separator, b';' | b',' | b'\t') {
        return None;
    }
    let end = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => return None,
    };
    Some(Found { separator, skip: 5 + end })
}

fn outside_quotes(line: &str) -> String {
    line.split('"').step_by(2).collect()
}

/// Whether a comma stands there that is not the one in `4,90154E+14` or `490154203237518,00`.
fn separates_by_comma(line: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match line.split_once(',') {
        None => false,
        Some((whole, fraction)) if digits(whole.trim()) && !fraction.contains(',') => {
            let fraction = fraction.trim();
            let zeros = fraction.len() <= 2 && fraction.bytes().all(|byte| byte == b'0');
            let exponent = fraction.split_once(['E', 'e', 'Е', 'е']);
            let scientific = exponent.is_some_and(|(mantissa, power)| {
                digits(mantissa) && digits(power.trim_start_matches('+'))
            });
            !(zeros || scientific)
        }
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, separator: u8) {
        assert_eq!(find(text).separator, separator, "{text:?}");
    }

    #[test]
    fn the_first_line_tells() {
        check("brand;imei\nX,Y;1", b';');
        check("brand\timei\n", b'\t');
        check("brand,imei\n", b',');
        check("\r\n\r\nbrand,imei", b',');
        check("490154203237518\n352099001761481\n", b';');
        check("", b';');
    }

    #[test]
    fn what_stands_in_quotes_separates_nothing() {
        check("\"A;B\",imei\n", b',');
    }

    #[test]
    fn the_comma_of_a_number_separates_nothing() {
        check("4,90154E+14\n", b';');
        check("490154203237518,00\n", b';');
        check("490154203237518,352099001761481\n", b',');
        check("490154203237518,5\n", b',');
    }

    #[test]
    fn excel_may_say_it_itself() {
        assert_eq!(find("sep=,\r\na;b,c"), Found { separator: b',', skip: 7 });
        assert_eq!(find("SEP=\t\na;b\tc"), Found { separator: b'\t', skip: 6 });
        assert_eq!(find("sep=x\n").separator, b';');
    }
}
