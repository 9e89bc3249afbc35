//! The ledger of fees.

use axum::Json;
use axum::extract::State as Shared;
use serde::{Deserialize, Serialize};
use tekser_imei::IinBin;
use utoipa::{IntoParams, ToSchema};

use super::State;
use super::limit::Limit;
use crate::api::Problem;
use crate::api::input::Params;
use crate::registry::sandbox::Charge;

/// What becomes of a fee.
const REFUNDS: &str = "Not paid back when an application is refused; the device stays paid for by \
                       its applicant, so a mended or repeated application costs nothing more. \
                       Assumed: no source says what the real operator does.";

/// One page of the ledger, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ledger {
    /// One row per device that was paid for.
    items: Vec<Charge>,
    /// `after` of the next page; none on the last.
    next: Option<i64>,
    /// What is paid in all, in tenge, on this page and any other.
    total: u64,
    /// What becomes of a fee when an application is refused.
    refunds: &'static str,
    /// Always true: no money moved.
    practice: bool,
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Of this IIN or BIN.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    applicant: Option<IinBin>,
    /// After this one.
    #[serde(default)]
    after: Option<i64>,
    /// At most so many; 50 if not said.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Limit,
}

/// What was paid: one MCI per device of a business, by the index of the year of filing.
#[utoipa::path(
    get, path = "/ledger", tag = "registry", params(Which),
    responses((status = 200, body = Ledger)),
)]
pub(super) async fn list(
    Shared(practice): State,
    Params(which): Params<Which>,
) -> Result<Json<Ledger>, Problem> {
    let after = which.after.unwrap_or(0);
    let mut items =
        practice.sandbox.ledger(which.applicant, after, which.limit.with_one_more()).await?;
    let more = which.limit.cut(&mut items);
    let next = items.last().filter(|_| more).map(|one| one.number);
    let total = practice.sandbox.paid(which.applicant).await?;
    Ok(Json(Ledger { items, next, total, refunds: REFUNDS, practice: true }))
}
