//! What is plugged in.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use tekser_hardware::DeviceId;

use super::input::{List, Named};
use super::{Problem, State};
use crate::bench::DeviceView;

/// What is plugged in now.
#[utoipa::path(get, path = "/devices", tag = "bench", responses((status = 200, body = List<DeviceView>)))]
pub(super) async fn list(Shared(station): State) -> Json<List<DeviceView>> {
    Json(List::whole(station.bench.devices()))
}

/// One device.
#[utoipa::path(
    get, path = "/devices/{device}", tag = "bench",
    params(("device" = String, Path, description = "Its id, such as usb:1-1.2")),
    responses((status = 200, body = DeviceView), (status = 404, body = Problem)),
)]
pub(super) async fn show(
    Shared(station): State,
    Named(id): Named<DeviceId>,
) -> Result<Json<DeviceView>, Problem> {
    station.bench.device(&id).map(Json).ok_or_else(|| Problem::not_found("such device"))
}

/// Reads a device again. Answers at once; the outcome comes as an event.
#[utoipa::path(
    post, path = "/devices/{device}/read", tag = "bench",
    params(("device" = String, Path, description = "Its id, such as usb:1-1.2")),
    responses(
        (status = 202, description = "It is being read", body = DeviceView),
        (status = 404, body = Problem),
        (status = 409, description = "It is being read already", body = Problem),
    ),
)]
pub(super) async fn read(
    Shared(station): State,
    Named(id): Named<DeviceId>,
) -> Result<(StatusCode, Json<DeviceView>), Problem> {
    let started = station.bench.read_again(&id);
    let view = station.bench.device(&id).ok_or_else(|| Problem::not_found("such device"))?;
    if !started {
        let detail = "the device is being read; wait for the event";
        return Err(Problem::new(StatusCode::CONFLICT, "being_read", detail));
    }
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// Stops waiting for the phone's owner to allow this computer. What the phone told already stays.
/// Answers at once; the outcome comes as an event.
#[utoipa::path(
    post, path = "/devices/{device}/stop", tag = "bench",
    params(("device" = String, Path, description = "Its id, such as usb:1-1.2")),
    responses(
        (status = 202, description = "Nobody is waited for any more", body = DeviceView),
        (status = 404, body = Problem),
        (status = 409, description = "Nobody was waited for", body = Problem),
    ),
)]
pub(super) async fn stop(
    Shared(station): State,
    Named(id): Named<DeviceId>,
) -> Result<(StatusCode, Json<DeviceView>), Problem> {
    let stopped = station.bench.stop_waiting(&id);
    let view = station.bench.device(&id).ok_or_else(|| Problem::not_found("such device"))?;
    if !stopped {
        let detail = "nobody is waited for at this device";
        return Err(Problem::new(StatusCode::CONFLICT, "not_waiting", detail));
    }
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// Has a phone show the modem port that it keeps in another USB configuration (`hidden_modem`).
///
/// Only when a person allows it: other programs that use the phone lose it. Nothing on the phone
/// changes but its USB connection, and that until it is pulled out. The port is then read; the
/// outcome comes as an event.
#[utoipa::path(
    post, path = "/devices/{device}/modem", tag = "bench",
    params(("device" = String, Path, description = "Its id, such as usb:1-1.2")),
    responses(
        (status = 202, description = "It shows its modem port", body = DeviceView),
        (status = 404, body = Problem),
        (status = 409, description = "It hides none, or is being read", body = Problem),
        (status = 503, description = "It could not be done; the detail says why and what to do", body = Problem),
    ),
)]
pub(super) async fn modem(
    Shared(station): State,
    Named(id): Named<DeviceId>,
) -> Result<(StatusCode, Json<DeviceView>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(station.bench.show_modem(&id).await?)))
}
