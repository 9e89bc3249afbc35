//! The words of the page, one file per language.
//!
//! Keys that begin with `verdict.`, `finding.`, `refusal.` and the like are codes of the web API:
//! a code without its word fails a test.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::language::Language;

/// The words of one language.
#[derive(Debug)]
pub(super) struct Words {
    by_key: BTreeMap<String, String>,
    json: String,
}

const SOURCES: [(Language, &str); 3] = [
    (Language::Kazakh, include_str!("../../assets/words/kk.json")),
    (Language::Russian, include_str!("../../assets/words/ru.json")),
    (Language::English, include_str!("../../assets/words/en.json")),
];

impl Words {
    /// The words of a language.
    pub(super) fn of(language: Language) -> &'static Self {
        static ALL: LazyLock<[Words; 3]> =
            LazyLock::new(|| SOURCES.map(|(_, text)| Words::read(text)));
        match language {
            Language::Kazakh => &ALL[0],
            Language::Russian => &ALL[1],
            Language::English => &ALL[2],
        }
    }

    fn read(text: &str) -> Self {
        // The files are part of the binary, and a test reads them all.
        let by_key: BTreeMap<String, String> = serde_json::from_str(text).unwrap_or_default();
        let json = serde_json::to_string(&by_key).unwrap_or_default();
        Self { by_key, json: json.replace('<', "\\u003c") }
    }

    /// The word of a key; the key itself if there is none.
    pub(super) fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.by_key.get(key).map_or(key, String::as_str)
    }

    /// The word of a code of the web API; the code itself if there is none.
    pub(super) fn get_in<'a>(&'a self, group: &str, code: &'a str) -> &'a str {
        self.by_key.get(&format!("{group}.{code}")).map_or(code, String::as_str)
    }

    /// All words as JSON that may stand in a script element.
    pub(super) fn json(&self) -> &str {
        &self.json
    }
}

#[cfg(test)]
mod tests;
