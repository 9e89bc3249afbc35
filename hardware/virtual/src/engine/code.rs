//! What is shown to an engine.

/// A printed code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Its symbology identifier without `]`, such as `C0`.
    pub aim: [u8; 2],
    /// What it says.
    pub text: Vec<u8>,
}

impl Code {
    /// A code of a symbology that its identifier without `]` names.
    pub fn new(aim: &[u8; 2], text: impl AsRef<[u8]>) -> Self {
        Self { aim: *aim, text: text.as_ref().to_vec() }
    }

    /// Code 128, the usual one on boxes.
    pub fn code128(text: impl AsRef<[u8]>) -> Self {
        Self::new(b"C0", text)
    }

    /// QR Code.
    pub fn qr(text: impl AsRef<[u8]>) -> Self {
        Self::new(b"Q1", text)
    }

    /// The text behind its identifier.
    pub fn identified(&self) -> Vec<u8> {
        [b"]", &self.aim[..], &self.text].concat()
    }
}

/// Code 128; with an identifier in front (`]Q1…`), that symbology.
impl From<&str> for Code {
    fn from(text: &str) -> Self {
        match text.as_bytes() {
            [b']', symbology, modifier, text @ ..]
                if symbology.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() =>
            {
                Self::new(&[*symbology, *modifier], text)
            }
            text => Self::code128(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_in_front_names_the_symbology() {
        assert_eq!(Code::from("]Q1text"), Code::qr("text"));
        assert_eq!(Code::from("490154203237518"), Code::code128("490154203237518"));
        assert_eq!(Code::from("]"), Code::code128("]"));
        assert_eq!(Code::from("]Q1text").identified(), b"]Q1text");
    }
}
