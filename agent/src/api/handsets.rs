//! Phones, readings and scans.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tekser_hardware::DeviceId;
use utoipa::ToSchema;

use super::input::{Body, List, Named, Paging, Params};
use super::{Problem, State};
use crate::bench::{Handset, RecordedReading, ScanSource, Target};
use crate::counter::ScannerName;
use crate::id::{HandsetId, ReadingId};

/// Phones, newest first.
#[utoipa::path(get, path = "/handsets", tag = "bench", params(Paging), responses((status = 200, body = List<Handset>)))]
pub(super) async fn list(
    Shared(station): State,
    Params(paging): Params<Paging>,
) -> Result<Json<List<Handset>>, Problem> {
    let items = station.store.handsets(&paging.page()).await?;
    Ok(Json(paging.list(items, |handset| handset.id.to_string())))
}

/// One phone.
#[utoipa::path(
    get, path = "/handsets/{handset}", tag = "bench",
    params(("handset" = HandsetId, Path)),
    responses((status = 200, body = Handset), (status = 404, body = Problem)),
)]
pub(super) async fn show(
    Shared(station): State,
    Named(id): Named<HandsetId>,
) -> Result<Json<Handset>, Problem> {
    station.store.handset(id).await?.map(Json).ok_or_else(|| Problem::not_found("such handset"))
}

/// Readings with their evidence, newest first.
#[utoipa::path(get, path = "/readings", tag = "bench", params(Paging), responses((status = 200, body = List<RecordedReading>)))]
pub(super) async fn readings(
    Shared(station): State,
    Params(paging): Params<Paging>,
) -> Result<Json<List<RecordedReading>>, Problem> {
    let items = station.store.readings(&paging.page()).await?;
    Ok(Json(paging.list(items, |reading| reading.id.to_string())))
}

/// One reading.
#[utoipa::path(
    get, path = "/readings/{reading}", tag = "bench",
    params(("reading" = ReadingId, Path)),
    responses((status = 200, body = RecordedReading), (status = 404, body = Problem)),
)]
pub(super) async fn reading(
    Shared(station): State,
    Named(id): Named<ReadingId>,
) -> Result<Json<RecordedReading>, Problem> {
    station.store.reading(id).await?.map(Json).ok_or_else(|| Problem::not_found("such reading"))
}

/// Text of a label or screen, as a scanner typed it, a person pasted or keyed it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Scan {
    /// The text; several codes of one box on lines of their own.
    #[schema(example = "IMEI1: 490154203237518; IMEI2: 352099001761481")]
    text: String,
    /// What was scanned: a label, or the phone's own screen.
    #[serde(default)]
    source: ScanSource,
    /// It belongs to the phone that is plugged in there.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    device: Option<DeviceId>,
    /// It belongs to this phone. The text replaces what was known of its label: give all codes
    /// of the box that were scanned so far.
    #[serde(default)]
    handset: Option<HandsetId>,
}

/// Takes a label. The answer is the phone it belongs to, as it is known now.
#[utoipa::path(
    post, path = "/scans", tag = "bench", request_body = Scan,
    responses(
        (status = 201, body = Handset),
        (status = 404, body = Problem),
        (status = 422, description = "Nothing in the text can be used", body = Problem),
    ),
)]
pub(super) async fn scan(
    Shared(station): State,
    Body(scan): Body<Scan>,
) -> Result<(StatusCode, Json<Handset>), Problem> {
    let target = match (scan.handset, scan.device) {
        (Some(_), Some(_)) => {
            let detail = "name the device or the handset, not both";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "two_targets", detail));
        }
        (Some(handset), None) => Target::Handset(handset),
        (None, Some(device)) => Target::Device(device),
        (None, None) => Target::Any,
    };
    let handset = station.bench.scan(&scan.text, scan.source, target).await?;
    Ok((StatusCode::CREATED, Json(handset)))
}

/// A label or screen that was scanned.
#[derive(Serialize, ToSchema)]
pub(super) struct Scanned {
    /// The reading that it is.
    #[serde(flatten)]
    reading: RecordedReading,
    /// The scanner that its codes came from; none if they were typed, pasted or posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "E660583883265A2F")]
    scanner: Option<ScannerName>,
    /// The box that these codes belong to, within the scanner.
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    box_number: Option<u32>,
}

/// Labels and screens that were scanned, newest first. Every single code that a scanner sent is
/// under `/scanners/{scanner}/scans`.
#[utoipa::path(get, path = "/scans", tag = "bench", params(Paging), responses((status = 200, body = List<Scanned>)))]
pub(super) async fn scans(
    Shared(station): State,
    Params(paging): Params<Paging>,
) -> Result<Json<List<Scanned>>, Problem> {
    let readings = station.store.scans(&paging.page()).await?;
    let mut items = Vec::with_capacity(readings.len());
    for reading in readings {
        let by = station.store.scanned_by(reading.id).await?;
        let (scanner, number) = by.unzip();
        items.push(Scanned { reading, scanner, box_number: number.map(|number| number.0) });
    }
    Ok(Json(paging.list(items, |scanned| scanned.reading.id.to_string())))
}
