//! What separates the cells of a text.

/// What separates the cells, and how many bytes of the beginning only say so.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) separator: u8,
    pub(super) skip: usize,
}

/// Lines at the beginning that are looked at: a title or a licence may stand before the header.
const LINES: usize = 20;

/// Looks for the first line in which anything is separated. Where nothing is, `;` is what Excel
/// writes in this part of the world.
pub(super) fn find(text: &str) -> Found {
    if let Some(found) = declared(text) {
        return found;
    }
    let separator = outside_quotes(text).find_map(|line| separator_of(&line));
    Found { separator: separator.unwrap_or(b';'), skip: 0 }
}

/// The first lines that are not empty, without what stands in quotation marks: line ends too.
fn outside_quotes(text: &str) -> impl Iterator<Item = String> {
    let mut quoted = false;
    let lines = text.split(move |c| {
        quoted ^= c == '"';
        !quoted && matches!(c, '\n' | '\r')
    });
    let outside = |line: &str| line.split('"').step_by(2).collect::<String>();
    lines.filter(|line| !line.trim().is_empty()).take(LINES).map(outside)
}

fn separator_of(line: &str) -> Option<u8> {
    let has = |byte: u8| line.as_bytes().contains(&byte);
    match () {
        () if has(b';') => Some(b';'),
        () if has(b'\t') => Some(b'\t'),
        () if separates_by_comma(line) => Some(b','),
        () => None,
    }
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
    fn a_title_above_the_header_separates_nothing() {
        check("Waybill 15\n\nbrand,imei\nX,490154203237518\n", b',');
        check("TAC database under CC-BY-SA v3.0\ntac,name,name\n", b',');
        check("490154203237518\n4,90154E+14\n490154203237518,00\n", b';');
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
        check("\"A;\n;B\",imei\n", b',');
        check("\"A\r\n\";imei\n1,2,3", b';');
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
