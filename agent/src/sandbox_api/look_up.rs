//! Where IMEIs stand.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_imei::{Imei, ParseError};
use utoipa::ToSchema;

use super::{Practice, State};
use crate::api::Problem;
use crate::api::input::{Body, Named};
use crate::ruling::{Answer, BlockReason, Undetermined, Verdict};

/// Most IMEIs of one look-up.
const MANY_MAX: usize = 1_000;

/// Longest text that may stand for an IMEI, in bytes.
const TEXT_MAX: usize = 64;

/// Where an IMEI stands. For practice only: it says nothing about any real device.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Standing {
    /// The IMEI.
    #[schema(example = "352099001761481")]
    imei: String,
    /// The list.
    list: List,
    /// Of grey: service is allowed until then, 30 calendar days from the first connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Of black: why service is blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<BlockReason>,
    /// Of grey: another IMEI of the device is verified, a simplified application is enough.
    awaits_confirmation: bool,
    /// The registry's time when it said so.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Always true: this is not the state database.
    practice: bool,
}

/// The lists.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum List {
    /// Verified.
    White,
    /// Seen in a network, not verified, served for some days.
    Grey,
    /// Service is blocked.
    Black,
    /// The registry does not know it. That is no permission.
    NotListed,
    /// This row could not be answered. Nothing is known.
    NoAnswer,
}

/// IMEIs to look up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LookUp {
    /// 1 to 1,000 of them.
    #[schema(min_items = 1, max_items = 1000, example = json!(["490154203237518"]))]
    imeis: Vec<String>,
}

/// The outcome for one element of a request.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Row {
    /// Where it stands.
    Standing(Standing),
    /// It is no IMEI.
    NotAnImei(NotAnImei),
}

/// Why an element is no IMEI.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NotAnImei {
    /// The element.
    text: String,
    /// Stable code of the reason.
    error: &'static str,
    /// The reason.
    detail: String,
}

/// Outcomes in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Rows {
    /// One per element.
    pub items: Vec<Row>,
}

/// Look up one IMEI.
#[utoipa::path(
    get, path = "/imeis/{imei}", tag = "registry",
    params(("imei" = String, Path, description = "15 digits.", example = "490154203237518")),
    responses(
        (status = 200, body = Standing),
        (status = 502, description = "This one could not be answered.", body = Problem),
        (status = 504, description = "The registry is silent about this one.", body = Problem),
    ),
)]
pub(super) async fn one(
    Shared(practice): State,
    Named(text): Named<String>,
) -> Result<Json<Standing>, Problem> {
    let imei = parse(&text)?;
    let answers = practice.sandbox.answers(&[imei]).await?;
    let answer = answers.first().ok_or_else(|| Problem::not_found("answer"))?;
    match answer.verdict {
        Verdict::Undetermined { why: Undetermined::Unreachable } => {
            let detail = "the registry is silent about this IMEI; nothing is known of it";
            Err(Problem::new(StatusCode::GATEWAY_TIMEOUT, "no_answer", detail))
        }
        Verdict::Undetermined { .. } => {
            let detail = "the registry could not read this row; nothing is known of it";
            Err(Problem::new(StatusCode::BAD_GATEWAY, "row_failed", detail))
        }
        _ => Ok(Json(standing(&practice, answer).await?)),
    }
}

/// Look up several IMEIs. One bad element does not spoil the others.
#[utoipa::path(
    post, path = "/look-ups", tag = "registry", request_body = LookUp,
    responses((status = 200, body = Rows)),
)]
pub(super) async fn many(
    Shared(practice): State,
    Body(request): Body<LookUp>,
) -> Result<Json<Rows>, Problem> {
    Ok(Json(rows(&practice, &request.imeis).await?))
}

/// Where several IMEIs stand; texts that are none have a row that says so.
async fn rows(practice: &Practice, texts: &[String]) -> Result<Rows, Problem> {
    within(texts)?;
    let parsed: Vec<_> = texts.iter().map(|text| Imei::parse(text.as_bytes())).collect();
    let sound: Vec<Imei> = parsed.iter().filter_map(|imei| imei.ok()).collect();
    let answers = practice.sandbox.answers(&sound).await?;
    // A doubled answer has each row twice.
    let each = answers.len().checked_div(sound.len()).unwrap_or(0);
    let mut answers = answers.into_iter();
    let mut items = Vec::with_capacity(texts.len() * each.max(1));
    for (text, imei) in texts.iter().zip(parsed) {
        match imei {
            Ok(_) => {
                for answer in answers.by_ref().take(each) {
                    items.push(Row::Standing(standing(practice, &answer).await?));
                }
            }
            Err(reason) => items.push(Row::not_an_imei(text, reason)),
        }
    }
    Ok(Rows { items })
}

impl Row {
    fn not_an_imei(text: &str, reason: ParseError) -> Self {
        let (error, detail) = (reason.code(), reason.to_string());
        Self::NotAnImei(NotAnImei { text: text.to_owned(), error, detail })
    }
}

/// Where an IMEI stands, whatever trouble is turned on.
pub(super) async fn true_standing(practice: &Practice, imei: Imei) -> Result<Standing, Problem> {
    let answer = practice.sandbox.truth(imei).await?;
    standing(practice, &answer).await
}

/// The same of a text that may be none.
pub(super) async fn true_row(practice: &Practice, text: &str) -> Result<Row, Problem> {
    match Imei::parse(text.as_bytes()) {
        Ok(imei) => Ok(Row::Standing(true_standing(practice, imei).await?)),
        Err(reason) => Ok(Row::not_an_imei(text, reason)),
    }
}

/// Refuses a list that is empty or longer than any look-up.
pub(super) fn within(texts: &[String]) -> Result<(), Rejected> {
    if texts.is_empty() || texts.len() > MANY_MAX {
        return Err(Rejected::Count(texts.len()));
    }
    if texts.iter().any(|text| text.len() > TEXT_MAX) {
        return Err(Rejected::Length);
    }
    Ok(())
}

/// One IMEI.
pub(super) fn parse(text: &str) -> Result<Imei, Rejected> {
    Imei::parse(text.as_bytes()).map_err(Rejected::NotAnImei)
}

/// Why what was sent is not looked at.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(super) enum Rejected {
    /// None, or too many.
    #[error("imeis has 1 to {MANY_MAX} elements, not {0}")]
    Count(usize),
    /// An element is far too long.
    #[error("an element has at most {TEXT_MAX} bytes")]
    Length,
    /// It is no IMEI.
    #[error(transparent)]
    NotAnImei(ParseError),
}

impl From<Rejected> for Problem {
    fn from(error: Rejected) -> Self {
        let code = match error {
            Rejected::Count(_) | Rejected::Length => "size",
            Rejected::NotAnImei(_) => "imei",
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, error.to_string())
    }
}

/// An answer as this API gives it.
async fn standing(practice: &Practice, answer: &Answer) -> Result<Standing, Problem> {
    let (list, until, reason) = match answer.verdict {
        Verdict::Clear => (List::White, None, None),
        Verdict::Grace { until } => (List::Grey, Some(until), None),
        Verdict::Blocked { reason } => (List::Black, None, Some(reason)),
        Verdict::Unknown => (List::NotListed, None, None),
        Verdict::Undetermined { .. } => (List::NoAnswer, None, None),
    };
    let awaits_confirmation =
        matches!(list, List::Grey) && practice.sandbox.awaits_confirmation(answer.imei).await?;
    Ok(Standing {
        imei: answer.imei.as_str().to_owned(),
        list,
        until,
        reason,
        awaits_confirmation,
        at: answer.as_of,
        practice: true,
    })
}
