//! Why a declaration can't be searched at all.

use serde::{Deserialize, Serialize};

/// Why a declaration can't be searched at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeclarationError {
    /// It does not begin as a PDF does.
    #[error("the file is no PDF")]
    NotPdf,
    /// A password is asked for.
    #[error("the PDF opens with a password only")]
    Encrypted,
    /// Encrypted in a way that the library does not know.
    #[error("the PDF is encrypted in a way that cannot be read here")]
    UnknownEncryption,
    /// It was read, and there are only pictures.
    #[error("the PDF has no text, only pictures: it cannot be searched")]
    NoText,
    /// No page can be found in it.
    #[error("the PDF is damaged or was cut off: no page of it can be read")]
    Damaged,
    /// Too many bytes.
    #[error("the file is longer than {} MiB", .max / 1024 / 1024)]
    TooLarge {
        /// Most bytes.
        max: u64,
    },
    /// Too many pages.
    #[error("the PDF has more than {max} pages")]
    TooManyPages {
        /// Most pages.
        max: u32,
    },
    /// Nothing came in time.
    #[error("reading the PDF took too long")]
    TooSlow,
    /// The process that read it ended by force, most likely for memory.
    #[error("the PDF asks for more memory than it may have, or breaks its reader")]
    Died,
    /// No process could be started for it.
    #[error("the program cannot start its reader of PDF")]
    NoReader,
}

impl DeclarationError {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotPdf => "not_pdf",
            Self::Encrypted => "encrypted",
            Self::UnknownEncryption => "unknown_encryption",
            Self::NoText => "no_text",
            Self::Damaged => "damaged",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyPages { .. } => "too_many_pages",
            Self::TooSlow => "too_slow",
            Self::Died => "died",
            Self::NoReader => "no_reader",
        }
    }

    /// What a person can do.
    pub const fn cure(self) -> &'static str {
        match self {
            Self::NotPdf => "save the declaration as PDF and give that file",
            Self::Encrypted => {
                "open it with its password and save it without one; the other side cannot open it \
                 either"
            }
            Self::UnknownEncryption => "open it in a viewer and print it to a new PDF",
            Self::NoText => {
                "ask the broker for the PDF as the customs system made it, or have a program for \
                 text recognition add a text layer; then compare the numbers by eye"
            }
            Self::Damaged => "fetch the file again; it may not have come over whole",
            Self::TooLarge { .. } => "leave out pictures, or save the pages of the goods alone",
            Self::TooManyPages { .. } => "save the pages that list the goods as a PDF of their own",
            Self::TooSlow | Self::Died => {
                "open it in a viewer, print it to a new PDF and try that one"
            }
            Self::NoReader => "start the program again; if it was replaced meanwhile, that helps",
        }
    }
}
