//! Text that a foreign device, program or file chose, as it may be shown to people.

/// Longest text kept, in bytes. A USB string holds 126 UTF-16 units.
const LONGEST: usize = 256;

/// The text without control characters, which could steer a terminal, and without marks that turn
/// the direction of writing, which could show digits in another order. `None` if nothing is left.
pub fn shown(text: &str) -> Option<String> {
    let cut = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default();
    let text: String = cut.chars().filter(|letter| !steers(*letter)).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn steers(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_or_turns_digits_round_is_gone() {
        assert_eq!(shown("Galaxy A55\n").as_deref(), Some("Galaxy A55"));
        assert_eq!(shown("\x1b[2J\x07evil\0\u{9b}31m").as_deref(), Some("[2Jevil31m"));
        assert_eq!(shown("A\u{202e}21\u{2066}\u{200b}").as_deref(), Some("A21"));
        assert_eq!(shown("Тексер ё").as_deref(), Some("Тексер ё"));
        assert_eq!(shown(" \n"), None);
        assert_eq!(shown(&"ё".repeat(5000)).map(|text| text.len()), Some(256));
    }
}
