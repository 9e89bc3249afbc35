//! Scanners, what they sent, and what is asked of them.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::input::{Body, List, Named, Paging, Params};
use super::{Problem, State};
use crate::counter::{Chosen, KeptScan, ScannerError, ScannerSettings, ScannerView};
use crate::station::Station;

/// Scanners that were ever heard, those that are connected first.
#[utoipa::path(get, path = "/scanners", tag = "counter", responses((status = 200, body = List<ScannerView>)))]
pub(super) async fn list(Shared(station): State) -> Result<Json<List<ScannerView>>, Problem> {
    Ok(Json(List::whole(station.counter.scanners().await?)))
}

/// One scanner.
#[utoipa::path(
    get, path = "/scanners/{scanner}", tag = "counter",
    params(("scanner" = String, Path, description = "Its name, such as E660583883265A2F")),
    responses((status = 200, body = ScannerView), (status = 404, body = Problem)),
)]
pub(super) async fn show(
    Shared(station): State,
    Named(name): Named<String>,
) -> Result<Json<ScannerView>, Problem> {
    view(&station, &name).await.map(Json)
}

/// Codes that a scanner sent, as they came, newest first: those too that say nothing of a phone,
/// with the reason.
#[utoipa::path(
    get, path = "/scanners/{scanner}/scans", tag = "counter",
    params(("scanner" = String, Path, description = "Its name, such as E660583883265A2F"), Paging),
    responses((status = 200, body = List<KeptScan>), (status = 404, body = Problem)),
)]
pub(super) async fn scans(
    Shared(station): State,
    Named(name): Named<String>,
    Params(paging): Params<Paging>,
) -> Result<Json<List<KeptScan>>, Problem> {
    let scanner = view(&station, &name).await?.known.name;
    let items = station.store.scans_of(&scanner, &paging.page()).await?;
    Ok(Json(paging.list(items, |scan| scan.id.to_string())))
}

/// The settings of a connected scanner, as it has them.
#[utoipa::path(
    get, path = "/scanners/{scanner}/settings", tag = "counter",
    params(("scanner" = String, Path, description = "Its name, such as E660583883265A2F")),
    responses(
        (status = 200, body = ScannerSettings),
        (status = 404, body = Problem),
        (status = 409, description = "It is not connected, or is no Tekser scanner", body = Problem),
        (status = 503, description = "It did not answer", body = Problem),
    ),
)]
pub(super) async fn settings(
    Shared(station): State,
    Named(name): Named<String>,
) -> Result<Json<ScannerSettings>, Problem> {
    Ok(Json(station.counter.settings(&name).await?))
}

/// Changes all settings of a connected scanner. They are kept in the scanner.
#[utoipa::path(
    put, path = "/scanners/{scanner}/settings", tag = "counter", request_body = ScannerSettings,
    params(("scanner" = String, Path, description = "Its name, such as E660583883265A2F")),
    responses(
        (status = 200, body = ScannerSettings),
        (status = 404, body = Problem),
        (status = 409, description = "It is not connected, or is no Tekser scanner", body = Problem),
        (status = 422, description = "It does not take them, and keeps the old ones", body = Problem),
        (status = 503, description = "It did not answer", body = Problem),
    ),
)]
pub(super) async fn configure(
    Shared(station): State,
    Named(name): Named<String>,
    Body(settings): Body<ScannerSettings>,
) -> Result<Json<ScannerSettings>, Problem> {
    Ok(Json(station.counter.configure(&name, settings).await?))
}

/// What a scanner is to do.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Trigger {
    /// Look for a code, or stop looking.
    on: bool,
}

/// Has a scanner look for a code, or stop looking.
#[utoipa::path(
    post, path = "/scanners/{scanner}/trigger", tag = "counter", request_body = Trigger,
    params(("scanner" = String, Path, description = "Its name, such as E660583883265A2F")),
    responses(
        (status = 202, description = "It was asked to", body = ScannerView),
        (status = 404, body = Problem),
        (status = 409, description = "It is not connected, or is no Tekser scanner", body = Problem),
    ),
)]
pub(super) async fn trigger(
    Shared(station): State,
    Named(name): Named<String>,
    Body(trigger): Body<Trigger>,
) -> Result<(StatusCode, Json<ScannerView>), Problem> {
    station.counter.trigger(&name, trigger.on).await?;
    accepted(&station, &name).await
}

/// Has a scanner show by lamp and beeper which one it is.
#[utoipa::path(
    post, path = "/scanners/{scanner}/identify", tag = "counter",
    params(("scanner" = String, Path, description = "Its name, such as E660583883265A2F")),
    responses(
        (status = 202, description = "It was asked to", body = ScannerView),
        (status = 404, body = Problem),
        (status = 409, description = "It is not connected, or is no Tekser scanner", body = Problem),
    ),
)]
pub(super) async fn identify(
    Shared(station): State,
    Named(name): Named<String>,
) -> Result<(StatusCode, Json<ScannerView>), Problem> {
    station.counter.identify(&name).await?;
    accepted(&station, &name).await
}

/// What a scanner reads next is another box.
#[utoipa::path(
    post, path = "/scanners/{scanner}/next-box", tag = "counter",
    params(("scanner" = String, Path, description = "Its name, such as E660583883265A2F")),
    responses(
        (status = 202, description = "It was asked to", body = ScannerView),
        (status = 404, body = Problem),
        (status = 409, description = "It is not connected, or is no Tekser scanner", body = Problem),
    ),
)]
pub(super) async fn next_box(
    Shared(station): State,
    Named(name): Named<String>,
) -> Result<(StatusCode, Json<ScannerView>), Problem> {
    station.counter.next_box(&name).await?;
    accepted(&station, &name).await
}

/// A person has taken note of what happened to a scanner: scans that it refused, a crash. It is no
/// longer among its findings.
#[utoipa::path(
    post, path = "/scanners/{scanner}/note", tag = "counter",
    params(("scanner" = String, Path, description = "Its name, such as E660583883265A2F")),
    responses((status = 200, body = ScannerView), (status = 404, body = Problem)),
)]
pub(super) async fn note(
    Shared(station): State,
    Named(name): Named<String>,
) -> Result<Json<ScannerView>, Problem> {
    let known = view(&station, &name).await?.known;
    station.counter.note(&known.name).await?;
    view(&station, &name).await.map(Json)
}

/// What is being scanned: whatever it is, or the box or screen of one device.
#[utoipa::path(get, path = "/counter", tag = "counter", responses((status = 200, body = Chosen)))]
pub(super) async fn chosen(Shared(station): State) -> Json<Chosen> {
    Json(station.counter.chosen())
}

/// Says what is being scanned from now on: a scanner cannot tell the label of one phone from the
/// screen of another. What scanners have kept while the station was away is not affected.
#[utoipa::path(
    put, path = "/counter", tag = "counter", request_body = Chosen,
    responses((status = 200, body = Chosen), (status = 404, body = Problem)),
)]
pub(super) async fn choose(
    Shared(station): State,
    Body(wanted): Body<Chosen>,
) -> Result<Json<Chosen>, Problem> {
    if !station.counter.choose(wanted) {
        return Err(Problem::not_found("such device"));
    }
    Ok(Json(station.counter.chosen()))
}

async fn view(station: &Station, name: &str) -> Result<ScannerView, Problem> {
    let view = station.counter.scanner(name).await?;
    view.ok_or_else(|| Problem::from(ScannerError::NoSuchScanner(name.to_owned())))
}

async fn accepted(
    station: &Station,
    name: &str,
) -> Result<(StatusCode, Json<ScannerView>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(view(station, name).await?)))
}
