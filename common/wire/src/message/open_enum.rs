//! Enums that may grow without breaking the message around them.

/// One byte on the wire, as of an enum; a byte that only a newer peer knows is taken for one of
/// ours, so that the message around it can be read.
macro_rules! open_enum {
    ($name:ident { $($variant:ident),+ }, else $other:ident) => {
        impl From<u8> for $name {
            fn from(code: u8) -> Self {
                match code {
                    $(code if code == Self::$variant as u8 => Self::$variant,)+
                    _ => Self::$other,
                }
            }
        }

        impl From<$name> for u8 {
            fn from(value: $name) -> Self {
                value as u8
            }
        }
    };
}

pub(crate) use open_enum;
