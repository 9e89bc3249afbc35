//! The station itself.

use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Problem, State};
use crate::registry::RegistryId;

/// The station itself.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StationView {
    /// Version of the program.
    version: &'static str,
    /// Registries that can be filed with.
    registries: Vec<RegistryId>,
    /// Number of the latest event.
    latest_event: i64,
}

/// The station itself.
#[utoipa::path(get, path = "/station", tag = "station", responses((status = 200, body = StationView)))]
pub(super) async fn station(
    axum::extract::State(station): State,
) -> Result<Json<StationView>, Problem> {
    Ok(Json(StationView {
        version: env!("CARGO_PKG_VERSION"),
        registries: station.registries().cloned().collect(),
        latest_event: station.store.refresh_latest().await?,
    }))
}

/// `/healthz`: the station answers. No token, nothing said.
pub(super) fn router() -> Router {
    Router::new().route("/healthz", get(async || "ok\n"))
}
