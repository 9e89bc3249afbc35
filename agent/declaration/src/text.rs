//! Pages of text, and what could not be read.

use core::fmt;

use serde::{Deserialize, Serialize};

/// The text of a PDF, page by page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// The pages that came, in order.
    pub pages: Vec<PageText>,
    /// What keeps the whole from being certain; that of a page is with the page.
    pub gaps: Vec<Gap>,
}

impl Text {
    /// Whether all of it was read, so that what is not there is certain not to be there.
    pub fn is_whole(&self) -> bool {
        self.gaps.is_empty() && self.pages.iter().all(|page| page.gaps.is_empty())
    }
}

/// The text of one page.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageText {
    /// Its lines from the top, as a viewer shows them.
    pub text: String,
    /// Numbers that stand one part below the other, as in a narrow column, put together.
    pub stacked: Vec<String>,
    /// What could not be read of it.
    pub gaps: Vec<Gap>,
}

/// The text names people and numbers.
impl fmt::Debug for PageText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageText")
            .field("bytes", &self.text.len())
            .field("stacked", &self.stacked.len())
            .field("gaps", &self.gaps)
            .finish()
    }
}

/// What could not be read, so that "not found" would be a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DeclarationGap))]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// The page has no text, only a picture or drawn outlines.
    Picture,
    /// Part of the page can't be decoded.
    Damaged,
    /// A font does not say which characters its signs are, where a number may stand.
    Characters,
    /// A font can't be used.
    Font,
    /// It would unpack to more than any page has, or draws more.
    TooMuch,
    /// The library broke on the page.
    Broken,
    /// The file does not end as a PDF does, or lists more pages than it has.
    CutOff,
    /// There is more text than is looked at.
    TextTooLong,
    /// Time ran out before the last page.
    TooSlow,
    /// The reading process ended by force before the last page.
    Died,
}

impl Gap {
    /// What it means, in English.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Picture => "a picture without text",
            Self::Damaged => "part of it is damaged",
            Self::Characters => "a font does not say which characters it shows",
            Self::Font => "a font cannot be used",
            Self::TooMuch => "it holds more than a page of a document does",
            Self::Broken => "it breaks the reader",
            Self::CutOff => "the file was cut off, or pages are missing",
            Self::TextTooLong => "there is more text than is looked at",
            Self::TooSlow => "reading took too long",
            Self::Died => "the reader ran out of memory or broke",
        }
    }
}
