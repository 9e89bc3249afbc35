//! What an equipment identity register answers, made a verdict of. No input, no output.

use serde::Deserialize;

use crate::registry::http::Reply;
use crate::registry::{RegistryError, RegistryId};
use crate::ruling::{BlockReason, Undetermined, Verdict};

/// The cause that TS 29.511 names for a PEI that the register does not know.
const EQUIPMENT_UNKNOWN: &str = "ERROR_EQUIPMENT_UNKNOWN";

/// What its description calls the same answer.
const NOT_FOUND: &str = "PEI Not Found";

/// `EquipmentStatus` of TS 29.511. Its words are not Kazakhstan's: see [`Verdict::from`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum EquipmentStatus {
    /// Service is permitted.
    Whitelisted,
    /// Service is prohibited.
    Blacklisted,
    /// Service is permitted and the equipment tracked.
    Greylisted,
}

impl From<EquipmentStatus> for Verdict {
    /// A tracked phone has no thirty days to be verified in, so it is in no grace; whether it is
    /// verified is not said, so it is not clear either.
    fn from(status: EquipmentStatus) -> Self {
        match status {
            EquipmentStatus::Whitelisted => Self::Clear,
            EquipmentStatus::Blacklisted => Self::Blocked { reason: BlockReason::Prohibited },
            EquipmentStatus::Greylisted => Self::Undetermined { why: Undetermined::Tracked },
        }
    }
}

/// `EirResponseData` of TS 29.511.
#[derive(Deserialize)]
struct EirResponseData {
    status: EquipmentStatus,
}

/// The verdict in a reply.
///
/// # Errors
///
/// Whatever is not exactly an answer. A 404 says that the IMEI is unknown only in the register's own
/// words; any web server has a 404 for a path that it does not know.
pub fn verdict(registry: &RegistryId, reply: &Reply) -> Result<Verdict, RegistryError> {
    match reply.status.as_u16() {
        200 => Ok(reply.object::<EirResponseData>(registry)?.status.into()),
        404 if says_unknown(reply) => Ok(Verdict::Unknown),
        _ => Err(reply.no_answer(registry)),
    }
}

fn says_unknown(reply: &Reply) -> bool {
    let problem = reply.problem();
    reply.content_type() == "application/problem+json"
        && problem.is_of(reply)
        && match (problem.cause, problem.title) {
            (Some(cause), _) => cause == EQUIPMENT_UNKNOWN,
            (None, Some(title)) => title.eq_ignore_ascii_case(NOT_FOUND),
            (None, None) => false,
        }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PROBLEM: &str = "application/problem+json";

    fn read(status: u16, kind: &str, body: &str) -> Result<Verdict, RegistryError> {
        let reply = Reply::new(status, kind, body.as_bytes().to_vec()).unwrap();
        verdict(&RegistryId::new("eir"), &reply)
    }

    fn why(status: u16, kind: &str, body: &str) -> Undetermined {
        read(status, kind, body).unwrap_err().undetermined()
    }

    #[test]
    fn each_status_is_mapped_and_greylisted_is_no_grace() {
        let table = [
            ("WHITELISTED", Verdict::Clear),
            ("BLACKLISTED", Verdict::Blocked { reason: BlockReason::Prohibited }),
            ("GREYLISTED", Verdict::Undetermined { why: Undetermined::Tracked }),
        ];
        for (status, expected) in table {
            let body = format!(r#"{{"status":"{status}","more":[1]}}"#);
            assert_eq!(read(200, "application/json", &body), Ok(expected));
        }
    }

    #[test]
    fn anything_else_in_an_answer_is_unreadable() {
        let bodies = [
            r#"{"status":"whitelisted"}"#,
            r#"{"status":"WHITELISTED "}"#,
            r#"{"status":"PERMITTED"}"#,
            r#"{"status":"BLACKLISTED","status":"WHITELISTED"}"#,
            r#"{"status":null}"#,
            r#"{"Status":"WHITELISTED"}"#,
            r#"{"status":"WHITELISTED"}{}"#,
            r#""WHITELISTED""#,
            r#"["WHITELISTED"]"#,
            "WHITELISTED",
            "<html>WHITELISTED</html>",
            "{\"status\":\"WHITELISTED\"",
            "{}",
            "",
        ];
        for body in bodies {
            assert_eq!(why(200, "application/json", body), Undetermined::Unreadable, "{body}");
        }
        let body = r#"{"status":"WHITELISTED"}"#;
        assert_eq!(why(204, "application/json", body), Undetermined::Unreadable);
        assert_eq!(why(206, "application/json", body), Undetermined::Unreadable);
    }

    #[test]
    fn unknown_is_what_the_register_calls_unknown() {
        let bodies = [
            r#"{"cause":"ERROR_EQUIPMENT_UNKNOWN"}"#,
            r#"{"status":404,"title":"Not Found","cause":"ERROR_EQUIPMENT_UNKNOWN"}"#,
            r#"{"status":404,"title":"PEI not found"}"#,
        ];
        for body in bodies {
            assert_eq!(read(404, PROBLEM, body), Ok(Verdict::Unknown), "{body}");
        }
    }

    #[test]
    fn a_path_that_is_not_there_says_nothing_about_an_imei() {
        let unknown = r#"{"cause":"ERROR_EQUIPMENT_UNKNOWN"}"#;
        let table = [
            (404, "text/html", "<h1>404 Not Found</h1>"),
            (404, "application/json", unknown),
            (404, PROBLEM, "{}"),
            (404, PROBLEM, ""),
            (404, PROBLEM, r#"{"title":"Not Found","status":404}"#),
            (404, PROBLEM, r#"{"cause":"RESOURCE_URI_STRUCTURE_NOT_FOUND"}"#),
            (404, PROBLEM, r#"{"title":"PEI Not Found","cause":"CONTEXT_NOT_FOUND"}"#),
            (404, PROBLEM, r#"{"cause":"ERROR_EQUIPMENT_UNKNOWN","status":500}"#),
            (410, PROBLEM, unknown),
            (400, PROBLEM, unknown),
        ];
        for (status, kind, body) in table {
            assert_eq!(why(status, kind, body), Undetermined::RegistryFailed, "{status} {body}");
        }
    }

    #[test]
    fn each_declared_error_has_its_meaning() {
        let failed = Undetermined::RegistryFailed;
        let table = [
            (307, failed),
            (308, failed),
            (400, failed),
            (401, Undetermined::Denied),
            (403, Undetermined::Denied),
            (406, failed),
            (414, failed),
            (500, failed),
            (502, failed),
            (503, failed),
        ];
        for (status, expected) in table {
            assert_eq!(why(status, PROBLEM, r#"{"cause":"X"}"#), expected, "{status}");
            let text = read(status, PROBLEM, r#"{"cause":"X_Y"}"#).unwrap_err().to_string();
            assert!(text.contains(&format!("{status} (X_Y)")), "{text}");
        }
    }

    proptest! {
        #[test]
        fn only_a_white_listed_answer_is_clear(
            status in 100..600_u16,
            kind in "application/(problem\\+)?json|text/html",
            body in "\\PC{0,60}|\\{\"(status|cause)\":\"[A-Z_]{0,24}\"\\}",
        ) {
            if let Ok(verdict) = read(status, &kind, &body) {
                prop_assert!(!verdict.is_clear() || status == 200 && body.contains("\"WHITELISTED\""));
            }
        }

        #[test]
        fn no_error_repeats_a_number(status in 100..600_u16, number in "[0-9]{15}") {
            let body = format!(r#"{{"status":"{number}","cause":"{number}","title":"{number}"}}"#);
            if let Err(error) = read(status, &format!("application/x{number}+json"), &body) {
                prop_assert!(!error.to_string().contains(&number));
            }
        }
    }
}
