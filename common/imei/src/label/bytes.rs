//! Looking ahead in text of unknown bytes.

/// What is left of `text` behind its first `n` bytes.
pub(super) fn after(text: &[u8], n: usize) -> &[u8] {
    text.get(n..).unwrap_or_default()
}

/// The first `n` bytes of `text`, or all of it.
pub(super) fn until(text: &[u8], n: usize) -> &[u8] {
    text.get(..n).unwrap_or(text)
}

/// How many bytes at the start of `text` hold the condition.
pub(super) fn count(text: &[u8], holds: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|byte| holds(**byte)).count()
}

/// How many digits `text` begins with.
pub(super) fn digits(text: &[u8]) -> usize {
    count(text, |byte| byte.is_ascii_digit())
}

/// Part of a word: anything that makes a neighbouring digit belong to something longer.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether `text` goes on with a word.
pub(super) fn starts_word(text: &[u8]) -> bool {
    text.first().is_some_and(|byte| is_word(*byte))
}

/// Stands inside a word if there is a word on both sides.
pub(super) fn is_joint(byte: u8) -> bool {
    matches!(byte, b'-' | b'.' | b'/' | b'+')
}

/// Whether `text` goes on with something that hangs on to the word before it: `-AB`, `/77`.
pub(super) fn starts_tail(text: &[u8]) -> bool {
    text.first().is_some_and(|byte| is_joint(*byte)) && starts_word(after(text, 1))
}

/// Length of the word at the start of `text`, joints included.
pub(super) fn word(text: &[u8]) -> usize {
    let mut len = 0;
    loop {
        len += count(after(text, len), is_word);
        if !starts_tail(after(text, len)) {
            return len;
        }
        len += 1;
    }
}

/// Ends a field whatever was in it.
pub(super) fn is_field_end(byte: u8) -> bool {
    matches!(byte, b';' | b',' | b'|') || byte.is_ascii_control()
}

/// Ends a line, and with it what one barcode gave.
pub(super) fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Whether `text` begins with `word` in any case; `word` is in upper case.
pub(super) fn starts_with(text: &[u8], word: &str) -> bool {
    until(text, word.len()).eq_ignore_ascii_case(word.as_bytes())
}
