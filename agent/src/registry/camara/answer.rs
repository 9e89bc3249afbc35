//! What CAMARA's `check-status` answers, made a verdict of. No input, no output.

use jiff::Timestamp;
use serde::Deserialize;
use tekser_imei::Imei;

use crate::registry::http::Reply;
use crate::registry::{RegistryError, RegistryId};
use crate::ruling::{BlockReason, Undetermined, Verdict};

/// `operationalStatus` of CAMARA DeviceAuthenticity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OperationalStatus {
    /// On the allowed list and on no prohibited one.
    Allowed,
    /// Reported lost.
    Lost,
    /// Reported stolen.
    Stolen,
    /// On the black list.
    Blacklisted,
    /// Kept from the network.
    Blocked,
    /// Flagged for fraud.
    Fraud,
    /// Not paid for.
    NonPayment,
    /// Restricted by a regulator's rule.
    Regulatory,
    /// On no list.
    Unknown,
}

impl From<OperationalStatus> for Verdict {
    fn from(status: OperationalStatus) -> Self {
        let reason = match status {
            OperationalStatus::Allowed => return Self::Clear,
            OperationalStatus::Unknown => return Self::Unknown,
            OperationalStatus::Lost => BlockReason::Lost,
            OperationalStatus::Stolen => BlockReason::Stolen,
            OperationalStatus::Blacklisted => BlockReason::BlockListed,
            OperationalStatus::Blocked => BlockReason::Prohibited,
            OperationalStatus::Fraud => BlockReason::Fraud,
            OperationalStatus::NonPayment => BlockReason::NonPayment,
            OperationalStatus::Regulatory => BlockReason::Regulatory,
        };
        Self::Blocked { reason }
    }
}

/// The body of a 200. `reportedDate` is not read: a verdict has no place for it, and a wrong one must
/// not hide bad news.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    imei: String,
    operational_status: OperationalStatus,
    #[serde(default)]
    last_checked: Option<Timestamp>,
}

/// What was said, and when it was true if the answer says that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// The verdict.
    pub verdict: Verdict,
    /// `lastChecked`.
    pub last_checked: Option<Timestamp>,
}

/// What a reply says of the IMEI that was asked about.
///
/// # Errors
///
/// Whatever is not exactly an answer about this IMEI. A 404 or 422 is one only with the code that
/// CAMARA gives it: any web server has a 404 for a path that it does not know.
pub fn said(registry: &RegistryId, asked: Imei, reply: &Reply) -> Result<Said, RegistryError> {
    let silent = |verdict| Ok(Said { verdict, last_checked: None });
    match reply.status.as_u16() {
        200 => {
            let status: Status = reply.object(registry)?;
            if status.imei != asked.as_str() {
                let detail = "the answer is about another IMEI than was asked".to_owned();
                return Err(RegistryError::Unreadable { registry: registry.clone(), detail });
            }
            let verdict = status.operational_status.into();
            Ok(Said { verdict, last_checked: status.last_checked })
        }
        404 if has_code(reply, "IDENTIFIER_NOT_FOUND") => silent(Verdict::Unknown),
        422 if has_code(reply, "SERVICE_NOT_APPLICABLE") => {
            silent(Verdict::Undetermined { why: Undetermined::Denied })
        }
        _ => Err(reply.no_answer(registry)),
    }
}

fn has_code(reply: &Reply, code: &str) -> bool {
    let problem = reply.problem();
    problem.is_of(reply) && problem.code.is_some_and(|said| said == code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ASKED: &str = "490154203237518";

    fn read(status: u16, kind: &str, body: &str) -> Result<Said, RegistryError> {
        let reply = Reply::new(status, kind, body.as_bytes().to_vec()).unwrap();
        said(&RegistryId::new("camara"), ASKED.parse().unwrap(), &reply)
    }

    fn json(status: u16, body: &str) -> Result<Said, RegistryError> {
        read(status, "application/json", body)
    }

    #[test]
    fn each_status_is_mapped_with_its_reason() {
        let blocked = |reason| Verdict::Blocked { reason };
        let table = [
            ("allowed", Verdict::Clear),
            ("lost", blocked(BlockReason::Lost)),
            ("stolen", blocked(BlockReason::Stolen)),
            ("blacklisted", blocked(BlockReason::BlockListed)),
            ("blocked", blocked(BlockReason::Prohibited)),
            ("fraud", blocked(BlockReason::Fraud)),
            ("non-payment", blocked(BlockReason::NonPayment)),
            ("regulatory", blocked(BlockReason::Regulatory)),
            ("unknown", Verdict::Unknown),
        ];
        for (status, verdict) in table {
            let body = format!(
                r#"{{"imei":"{ASKED}","operationalStatus":"{status}","reportedDate":"yesterday"}}"#
            );
            assert_eq!(json(200, &body), Ok(Said { verdict, last_checked: None }));
        }
    }

    #[test]
    fn when_it_was_checked_is_believed_with_its_zone_only() {
        let body = |when: &str| {
            format!(r#"{{"imei":"{ASKED}","operationalStatus":"allowed","lastChecked":{when}}}"#)
        };
        let said = json(200, &body(r#""2024-02-20T15:41:38.657+05:00""#)).unwrap();
        assert_eq!(said.last_checked, "2024-02-20T10:41:38.657Z".parse().ok());
        assert_eq!(json(200, &body("null")).unwrap().last_checked, None);
        for when in [r#""2024-02-20T15:41:38.657""#, r#""today""#, "1708425698", r#""""#] {
            let error = json(200, &body(when)).unwrap_err();
            assert_eq!(error.undetermined(), Undetermined::Unreadable, "{when}");
        }
    }

    #[test]
    fn anything_else_in_an_answer_is_unreadable() {
        let bodies = [
            r#"{"imei":"490154203237518","operationalStatus":"Allowed"}"#,
            r#"{"imei":"490154203237518","operationalStatus":"tracked"}"#,
            r#"{"imei":"490154203237518"}"#,
            r#"{"operationalStatus":"allowed"}"#,
            r#"{"imei":490154203237518,"operationalStatus":"allowed"}"#,
            r#"{"imei":"490154203237519","operationalStatus":"allowed"}"#,
            r#"{"imei":"49015420323751","operationalStatus":"allowed"}"#,
            r#"{"imei":"356868000041418","operationalStatus":"allowed"}"#,
            r#"{"imei":"490154203237518","operationalStatus":"stolen","operationalStatus":"allowed"}"#,
            r#"[{"imei":"490154203237518","operationalStatus":"allowed"}]"#,
            r#"["490154203237518","allowed",null]"#,
            "allowed",
            "",
        ];
        for body in bodies {
            let error = json(200, body).unwrap_err();
            assert_eq!(error.undetermined(), Undetermined::Unreadable, "{body}");
        }
    }

    #[test]
    fn an_error_is_an_answer_only_with_its_own_code() {
        let not_found = r#"{"status":404,"code":"IDENTIFIER_NOT_FOUND","message":"x"}"#;
        assert_eq!(json(404, not_found).unwrap().verdict, Verdict::Unknown);
        let not_applicable = r#"{"status":422,"code":"SERVICE_NOT_APPLICABLE","message":"x"}"#;
        let denied = Verdict::Undetermined { why: Undetermined::Denied };
        assert_eq!(json(422, not_applicable).unwrap().verdict, denied);
        let (failed, denied) = (Undetermined::RegistryFailed, Undetermined::Denied);
        let table = [
            (404, "application/json", r#"{"status":404,"code":"NOT_FOUND"}"#, failed),
            (404, "text/html", not_found, failed),
            (404, "application/json", not_applicable, failed),
            (422, "application/json", not_found, failed),
            (400, "application/json", r#"{"status":400,"code":"INVALID_ARGUMENT"}"#, failed),
            (401, "application/json", r#"{"status":401,"code":"UNAUTHENTICATED"}"#, denied),
            (403, "application/json", r#"{"status":403,"code":"PERMISSION_DENIED"}"#, denied),
            (307, "text/html", "", failed),
            (500, "text/html", "", failed),
        ];
        for (status, kind, body, why) in table {
            let error = read(status, kind, body).unwrap_err();
            assert_eq!(error.undetermined(), why, "{status} {body}");
        }
    }

    proptest! {
        #[test]
        fn only_an_allowed_answer_about_this_imei_is_clear(
            status in prop_oneof![Just(200), 100..600_u16],
            imei in "490154203237518|[0-9]{15}",
            word in "allowed|unknown|[a-z-]{0,12}",
        ) {
            let body = format!(r#"{{"imei":"{imei}","operationalStatus":"{word}"}}"#);
            if let Ok(said) = json(status, &body) {
                let allowed = status == 200 && imei == ASKED && word == "allowed";
                prop_assert_eq!(said.verdict.is_clear(), allowed);
            }
        }
    }
}
