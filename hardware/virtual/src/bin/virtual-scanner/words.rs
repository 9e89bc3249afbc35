//! What is typed, and what is shown.

use tekser_scanner::Indication;
use tekser_virtual_bench::engine::{Code, Manners};

/// A line that was typed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Code(Code),
    Click,
    Press,
    Release,
    Off,
    On,
    Unplug,
    Plug,
    Manners(Manners),
    Nothing,
}

impl Word {
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        let line = line.trim_end_matches(['\r', '\n']);
        let Some(word) = line.strip_prefix('/') else {
            return Ok(if line.is_empty() { Self::Nothing } else { Self::Code(code(line)?) });
        };
        Ok(match word.split_once(' ').unwrap_or((word, "")) {
            ("click", "") => Self::Click,
            ("press", "") => Self::Press,
            ("release", "") => Self::Release,
            ("off", "") => Self::Off,
            ("on", "") => Self::On,
            ("unplug", "") => Self::Unplug,
            ("plug", "") => Self::Plug,
            ("manners", name) => Self::Manners(
                Manners::named(name).ok_or_else(|| format!("there are no manners {name}"))?,
            ),
            _ => return Err(format!("/{word} is nothing that happens to a scanner")),
        })
    }
}

/// A code with its bytes by number in place.
fn code(line: &str) -> Result<Code, String> {
    let mut code = Code::from(line);
    let mut text = Vec::new();
    let mut rest = code.text.as_slice();
    while let [first, after @ ..] = rest {
        let Some(hex) = rest.strip_prefix(b"\\x") else {
            text.push(*first);
            rest = after;
            continue;
        };
        let digits = hex.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        text.push(byte.ok_or("\\x needs two hexadecimal digits")?);
        rest = &hex[2..];
    }
    code.text = text;
    Ok(code)
}

/// Lamps and beeper in words.
pub(crate) fn lamps(indication: Indication) -> String {
    let lamp = |on: bool, name: &str| on.then(|| name.to_owned());
    let tone = indication.tone.map(|tone| format!("{} Hz", tone.hertz));
    let parts = [lamp(indication.green, "green"), lamp(indication.red, "red"), tone];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "dark".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_code_or_something_that_happens() {
        assert_eq!(
            Word::parse("490154203237518\r"),
            Ok(Word::Code(Code::code128("490154203237518")))
        );
        assert_eq!(Word::parse("]d2\\x1d01"), Ok(Word::Code(Code::new(b"d2", b"\x1d01"))));
        assert_eq!(Word::parse(""), Ok(Word::Nothing));
        assert_eq!(Word::parse("/click"), Ok(Word::Click));
        assert!(matches!(Word::parse("/manners dead"), Ok(Word::Manners(_))));
        for wrong in ["/jump", "/manners", "/off now", "a\\x1", "a\\xzz"] {
            assert!(Word::parse(wrong).is_err(), "{wrong}");
        }
    }
}
