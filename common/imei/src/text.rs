//! The conversions that every identifier has, all of them through its one `parse`.

/// ASCII digits as text.
pub(crate) const fn ascii(digits: &[u8]) -> &str {
    match core::str::from_utf8(digits) {
        Ok(text) => text,
        // The types hold ASCII only.
        Err(_) => "",
    }
}

/// Conversions from and to text for a type with `parse` and `as_str`.
macro_rules! text_conversions {
    ($type:ident, $expected:literal) => {
        impl TryFrom<&[u8]> for $type {
            type Error = $crate::ParseError;

            fn try_from(text: &[u8]) -> Result<Self, $crate::ParseError> {
                Self::parse(text)
            }
        }

        impl TryFrom<&str> for $type {
            type Error = $crate::ParseError;

            fn try_from(text: &str) -> Result<Self, $crate::ParseError> {
                Self::parse(text.as_bytes())
            }
        }

        impl core::str::FromStr for $type {
            type Err = $crate::ParseError;

            fn from_str(text: &str) -> Result<Self, $crate::ParseError> {
                Self::parse(text.as_bytes())
            }
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;

                impl serde::de::Visitor<'_> for Text {
                    type Value = $type;

                    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        $type::parse(text.as_bytes()).map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Text)
            }
        }
    };
}

/// `Debug` and `Format` through `masked()`, for identifiers of one unit.
macro_rules! masked_debug {
    ($type:ident) => {
        impl core::fmt::Debug for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self.masked())
            }
        }

        #[cfg(feature = "defmt")]
        impl defmt::Format for $type {
            fn format(&self, f: defmt::Formatter<'_>) {
                defmt::write!(f, "{=str}({=str}*)", stringify!($type), self.masked().shown());
            }
        }
    };
}

/// `Debug` and `Format` in full, for what names no unit.
macro_rules! open_debug {
    ($type:ident) => {
        impl core::fmt::Debug for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self.as_str())
            }
        }

        #[cfg(feature = "defmt")]
        impl defmt::Format for $type {
            fn format(&self, f: defmt::Formatter<'_>) {
                defmt::write!(f, "{=str}({=str})", stringify!($type), self.as_str());
            }
        }
    };
}

pub(crate) use {masked_debug, open_debug, text_conversions};
