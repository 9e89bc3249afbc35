//! Which language a person reads.

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// Kazakh.
    Kazakh,
    /// Russian.
    Russian,
    /// English.
    English,
}

impl Language {
    /// All of them, in the order in which the page offers them.
    pub(super) const ALL: [Self; 3] = [Self::Kazakh, Self::Russian, Self::English];

    /// ISO 639 code.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Kazakh => "kk",
            Self::Russian => "ru",
            Self::English => "en",
        }
    }

    /// The language's own name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Kazakh => "Қазақша",
            Self::Russian => "Русский",
            Self::English => "English",
        }
    }

    /// The language of a tag such as `kk` or `en-GB`.
    pub(super) fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next()?.trim();
        Self::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(primary))
    }

    /// The language that `Accept-Language` wants most; Russian if it wants none of ours.
    pub(super) fn preferred(accepted: &str) -> Self {
        let mut best = (0.0, Self::Russian);
        for range in accepted.split(',') {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse().ok());
            if let (Some(language), Some(weight)) = (Self::parse(tag), weight)
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_heaviest_language_of_ours_wins() {
        for (accepted, code) in [
            ("", "ru"),
            ("de-DE,de;q=0.9", "ru"),
            ("de, en;q=0.3, kk;q=0.7", "kk"),
            ("EN-us", "en"),
            ("en;q=0, ru;q=0.1", "ru"),
            ("en;q=nonsense,kk;q=0.1", "kk"),
        ] {
            assert_eq!(Language::preferred(accepted).code(), code, "{accepted}");
        }
    }
}
