//! The hand behind the scene: networks, makers, customs, time.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tekser_imei::Imei;
use utoipa::ToSchema;

use super::State;
use super::clock::{Pace, PaceName};
use super::look_up::{Rows, Standing, parse, true_row, true_standing, within};
use crate::api::Problem;
use crate::api::input::{Body, Named};
use crate::clock::Clock as _;
use crate::registry::sandbox::{Declaration, DeviceError, Listing};
use crate::ruling::BlockReason;

/// The list to put an IMEI on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Put {
    /// The list.
    list: PutOn,
}

/// Lists that an IMEI can be put on.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum PutOn {
    /// Verified, as in an amnesty.
    White,
    /// Seen in a network now for the first time.
    Grey,
    /// Blocked: it is on an international block list.
    BlockListed,
    /// Blocked: it was altered.
    Altered,
    /// The registry never answers about it.
    Silent,
}

/// IMEIs of one device.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeviceImeis {
    /// 2 to 4 of them.
    #[schema(min_items = 2, max_items = 4, example = json!(["359173010717170", "359173010717188"]))]
    imeis: Vec<String>,
}

/// IMEIs that a network sees.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Connection {
    /// 1 to 1,000 of them.
    #[schema(min_items = 1, max_items = 1000, example = json!(["260531793113837"]))]
    imeis: Vec<String>,
}

/// The registry's clock.
#[derive(Serialize, ToSchema)]
pub(super) struct ClockView {
    /// The registry's time.
    #[schema(value_type = String, format = DateTime)]
    now: Timestamp,
    /// How time goes by.
    pace: PaceName,
}

/// How far the clock is moved forward: all of it together, ten years at most.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Move {
    /// Days.
    #[schema(maximum = 3660)]
    days: u16,
    /// Hours.
    #[schema(maximum = 65535)]
    hours: u16,
    /// Seconds.
    #[schema(maximum = 100000000)]
    seconds: u32,
}

impl Move {
    const SECONDS_MAX: u32 = 100_000_000;
}

/// Put an IMEI on a list, from whichever it stands on: a theft reported, an amnesty, silence.
#[utoipa::path(
    put, path = "/imeis/{imei}", tag = "control", request_body = Put,
    params(("imei" = String, Path, description = "15 digits.", example = "260531793113837")),
    responses((status = 200, body = Standing)),
)]
pub(super) async fn put_on_list(
    Shared(practice): State,
    Named(text): Named<String>,
    Body(put): Body<Put>,
) -> Result<Json<Standing>, Problem> {
    let imei = parse(&text)?;
    let listing = match put.list {
        PutOn::White => Listing::White,
        PutOn::Grey => Listing::Grey,
        PutOn::BlockListed => Listing::Black(BlockReason::BlockListed),
        PutOn::Altered => Listing::Black(BlockReason::Altered),
        PutOn::Silent => Listing::Silent,
    };
    practice.sandbox.relist(imei.imei14(), listing).await?;
    Ok(Json(true_standing(&practice, imei).await?))
}

/// Connect a device: a network sees these IMEIs now. The days of grace run from the first time.
#[utoipa::path(
    post, path = "/connections", tag = "control", request_body = Connection,
    responses((status = 200, body = Rows)),
)]
pub(super) async fn connect(
    Shared(practice): State,
    Body(seen): Body<Connection>,
) -> Result<Json<Rows>, Problem> {
    within(&seen.imeis)?;
    let mut items = Vec::with_capacity(seen.imeis.len());
    for text in &seen.imeis {
        if let Ok(imei) = Imei::parse(text.as_bytes()) {
            practice.sandbox.connect(imei).await?;
        }
        items.push(true_row(&practice, text).await?);
    }
    Ok(Json(Rows { items }))
}

/// Make known which IMEIs a maker put in one device.
#[utoipa::path(
    post, path = "/devices", tag = "control", request_body = DeviceImeis,
    responses((status = 200, body = Rows), (status = 409, body = Problem)),
)]
pub(super) async fn make_known(
    Shared(practice): State,
    Body(device): Body<DeviceImeis>,
) -> Result<Json<Rows>, Problem> {
    within(&device.imeis)?;
    let imeis: Vec<Imei> = device.imeis.iter().map(|text| parse(text)).collect::<Result<_, _>>()?;
    practice.sandbox.make_known(&imeis).await?;
    let mut items = Vec::with_capacity(imeis.len());
    for text in &device.imeis {
        items.push(true_row(&practice, text).await?);
    }
    Ok(Json(Rows { items }))
}

/// Tell what customs knows of a document. Of any other the registry takes the applicant's word.
#[utoipa::path(
    put, path = "/documents", tag = "control", request_body = Declaration,
    responses((status = 200, body = Declaration)),
)]
pub(super) async fn declare(
    Shared(practice): State,
    Body(declaration): Body<Declaration>,
) -> Result<Json<Declaration>, Problem> {
    let imeis = declaration.imeis.as_ref().map_or(0, Vec::len);
    if imeis > Declaration::IMEIS_MAX || declaration.devices > Some(Declaration::DEVICES_MAX) {
        let detail = format!(
            "a document names at most {} IMEIs and {} devices",
            Declaration::IMEIS_MAX,
            Declaration::DEVICES_MAX
        );
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "size", detail));
    }
    practice.sandbox.declare(&declaration).await?;
    Ok(Json(declaration))
}

/// The registry's clock.
#[utoipa::path(get, path = "/clock", tag = "control", responses((status = 200, body = ClockView)))]
pub(super) async fn clock(Shared(practice): State) -> Json<ClockView> {
    let clock = practice.clock();
    Json(ClockView { now: clock.now(), pace: clock.pace().name() })
}

/// Move the clock forward: a month in no time. Only with `--clock manual`.
#[utoipa::path(
    post, path = "/clock", tag = "control", request_body = Move,
    responses((status = 200, body = ClockView), (status = 409, body = Problem)),
)]
pub(super) async fn move_clock(
    shared: State,
    Body(by): Body<Move>,
) -> Result<Json<ClockView>, Problem> {
    const DAYS_MAX: i64 = 3_660;
    let practice = &shared.0;
    if practice.clock.pace() != Pace::Manual {
        let detail = "this clock runs by itself; start the sandbox with --clock manual";
        return Err(Problem::new(StatusCode::CONFLICT, "clock_runs", detail));
    }
    let hours = i64::from(by.days) * 24 + i64::from(by.hours);
    let all = SignedDuration::from_hours(hours) + SignedDuration::from_secs(by.seconds.into());
    if all > SignedDuration::from_hours(DAYS_MAX * 24) || by.seconds > Move::SECONDS_MAX {
        let detail = format!(
            "the clock is moved by at most {DAYS_MAX} days at once, {} seconds of them",
            Move::SECONDS_MAX
        );
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_long", detail));
    }
    practice.clock.advance(all);
    practice.sandbox.catch_up().await?;
    Ok(clock(shared).await)
}

/// Forget everything: lists, applications, ledger, troubles. The clock stays.
#[utoipa::path(post, path = "/reset", tag = "control", responses((status = 204)))]
pub(super) async fn reset(Shared(practice): State) -> Result<StatusCode, Problem> {
    practice.sandbox.reset().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<DeviceError> for Problem {
    fn from(error: DeviceError) -> Self {
        let detail = error.to_string();
        match error {
            DeviceError::Size => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "size", detail),
            DeviceError::Taken => Self::new(StatusCode::CONFLICT, "imei_taken", detail),
            DeviceError::Store(error) => Self::internal(&error),
        }
    }
}
