//! Symbology identifiers (ISO/IEC 15424): `]`, a letter for the symbology, a modifier.

use tekser_wire::message::Aim;

/// Bytes of an identifier with its `]`.
pub const LEN: usize = 3;

/// Takes the identifier off the front of a code. Text that has none is returned as it came.
pub fn split(code: &[u8]) -> (Option<Aim>, &[u8]) {
    match code {
        [b']', symbology, modifier, text @ ..]
            if symbology.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() =>
        {
            (Some(Aim([*symbology, *modifier])), text)
        }
        _ => (None, code),
    }
}

/// What people call the symbology; `None` for one that is in no list.
pub const fn name(aim: Aim) -> Option<&'static str> {
    Some(match aim.0 {
        [b'A', _] => "Code 39",
        [b'B', _] => "Telepen",
        [b'C', b'1'] => "GS1-128",
        [b'C', _] => "Code 128",
        [b'E', b'4'] => "EAN-8",
        [b'E', _] => "EAN-13",
        [b'F', _] => "Codabar",
        [b'G', _] => "Code 93",
        [b'H', _] => "Code 11",
        [b'I', _] => "Interleaved 2 of 5",
        [b'L', _] => "PDF417",
        [b'M', _] => "MSI",
        [b'P', _] => "Plessey",
        [b'Q', b'3' | b'4'] => "GS1 QR Code",
        [b'Q', _] => "QR Code",
        [b'R', _] => "Straight 2 of 5",
        [b'S', _] => "Industrial 2 of 5",
        [b'U', _] => "MaxiCode",
        [b'X', _] => "other",
        [b'd', b'2' | b'3'] => "GS1 Data Matrix",
        [b'd', _] => "Data Matrix",
        [b'e', _] => "GS1 DataBar",
        [b'h', _] => "Han Xin",
        [b'z', _] => "Aztec",
        _ => return None,
    })
}

/// Whether the text is made of GS1 application identifiers.
pub const fn is_gs1(aim: Aim) -> bool {
    matches!(aim.0, [b'C', b'1'] | [b'Q', b'3' | b'4'] | [b'd', b'2' | b'3'] | [b'e', _])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_taken_off_the_text() {
        let c0 = Some(Aim(*b"C0"));
        assert_eq!(split(b"]C0490154203237518"), (c0, &b"490154203237518"[..]));
        assert_eq!(split(b"]d2\x1d0112"), (Some(Aim(*b"d2")), &b"\x1d0112"[..]));
        assert_eq!(split(b"]C0"), (c0, &b""[..]));
    }

    #[test]
    fn text_that_only_looks_alike_keeps_its_bracket() {
        for text in [&b"]"[..], b"]C", b"]]0text", b"]C-text", b"]00text", b"490154203237518", b""]
        {
            assert_eq!(split(text), (None, text));
        }
    }

    #[test]
    fn gs1_variants_are_told_from_their_plain_sisters() {
        for (gs1, plain) in [(b"C1", b"C0"), (b"Q3", b"Q1"), (b"d2", b"d1")] {
            assert!(is_gs1(Aim(*gs1)) && !is_gs1(Aim(*plain)));
            assert_ne!(name(Aim(*gs1)), name(Aim(*plain)));
        }
        assert_eq!(name(Aim(*b"E0")), Some("EAN-13"));
        assert_eq!(name(Aim(*b"w0")), None);
    }
}
