//! What may be repeated of an error answer: the code that it is known by, never its prose, which may
//! name an IMEI.

use serde::Deserialize;

use super::http::Reply;
use super::{RegistryError, RegistryId};

/// Longest body that is searched for a code, in bytes.
const PROBLEM_MAX: usize = 64 * 1024;

/// Longest code that is repeated.
const CODE_MAX: usize = 64;

/// Most digits of a code that is repeated: an IMEI cut in half has as many.
const DIGITS_MAX: usize = 7;

/// What an error answer says to machines: RFC 9457 as 3GPP extends it (`cause`), or CAMARA's
/// `ErrorInfo` (`code`).
#[derive(Debug, Default, Deserialize)]
pub struct Problem {
    /// The status once more.
    #[serde(default)]
    pub status: Option<u16>,
    /// The kind of problem, for people.
    #[serde(default)]
    pub title: Option<String>,
    /// 3GPP's name for what happened.
    #[serde(default)]
    pub cause: Option<String>,
    /// CAMARA's.
    #[serde(default)]
    pub code: Option<String>,
}

impl Problem {
    /// Whether what it says of the status is what the reply's first line says.
    pub fn is_of(&self, reply: &Reply) -> bool {
        self.status.is_none_or(|status| status == reply.status.as_u16())
    }
}

impl Reply {
    /// Whether the body claims to be JSON of any kind.
    pub(super) fn is_json(&self) -> bool {
        let kind = self.content_type();
        kind == "application/json" || kind.ends_with("+json")
    }

    /// The problem that it tells; an empty one if it is none.
    pub(super) fn problem(&self) -> Problem {
        if !self.is_json() || self.body.len() > PROBLEM_MAX {
            return Problem::default();
        }
        self.object(&RegistryId::new("")).unwrap_or_default()
    }

    /// The status, and the code that the body adds to it.
    pub(super) fn told(&self) -> String {
        let status = self.status.as_u16();
        let problem = self.problem();
        let codes = [problem.cause, problem.code];
        codes
            .into_iter()
            .flatten()
            .find(|code| is_code(code))
            .map_or_else(|| format!("status {status}"), |code| format!("status {status} ({code})"))
    }

    /// What any reply but an answer means to someone who asks about one IMEI at a time.
    pub(super) fn no_answer(&self, registry: &RegistryId) -> RegistryError {
        let failed = |detail| RegistryError::Failed { registry: registry.clone(), detail };
        let told = self.told();
        match self.status.as_u16() {
            300..=399 => failed(format!(
                "{told}: it sends the station elsewhere, where it does not go with its token; if that \
                 is right, name the new address in registries.toml"
            )),
            404 => {
                failed(format!("{told}: nothing is there; is its url in registries.toml right?"))
            }
            400 | 402 | 405..=499 => failed(format!("{told}: it does not take the question")),
            _ => self.unexpected(registry),
        }
    }
}

/// Whether a text is a name from a list, and no number.
fn is_code(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=CODE_MAX).contains(&text.len())
        && text.bytes().all(plain)
        && text.bytes().filter(u8::is_ascii_digit).count() <= DIGITS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: &str, body: &str) -> String {
        Reply::new(400, kind, body.as_bytes().to_vec()).unwrap().told()
    }

    #[test]
    fn a_code_is_repeated_and_prose_is_not() {
        let problem = "application/problem+json; charset=utf-8";
        let table = [
            (problem, r#"{"cause":"MANDATORY_IE_MISSING","detail":"x"}"#, "MANDATORY_IE_MISSING"),
            ("application/json", r#"{"code":"OUT_OF_RANGE","message":"x"}"#, "OUT_OF_RANGE"),
            (problem, r#"{"cause":"no such phone","code":"GONE"}"#, "GONE"),
        ];
        for (kind, body, code) in table {
            assert_eq!(told(kind, body), format!("status 400 ({code})"));
        }
    }

    #[test]
    fn what_could_be_a_number_or_is_no_json_is_not_repeated() {
        let table = [
            ("application/json", r#"{"cause":"490154203237518"}"#),
            ("application/json", r#"{"cause":"IMEI_4901_5420_3237_518"}"#),
            ("application/json", r#"{"cause":"imei"}"#),
            ("application/json", r#"{"cause":7,"code":"X"}"#),
            ("application/json", r#"["X"]"#),
            ("application/json", r#"[400,"title","X","Y"]"#),
            ("text/html", r#"{"cause":"X"}"#),
            ("application/json", ""),
        ];
        for (kind, body) in table {
            assert_eq!(told(kind, body), "status 400", "{body}");
        }
    }
}
