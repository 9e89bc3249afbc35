//! The web API: typed JSON under `/api/v1`, on this machine only.
//!
//! Every request passes the `guard`: an exact `Host`, no foreign `Origin`. Everything under
//! `/api/v1` needs the station's token. Errors are RFC 9457 problems with a stable `code`.

mod batches;
mod cases;
mod checks;
mod declarations;
mod devices;
mod events;
mod evidence;
pub(crate) mod guard;
mod handsets;
pub(crate) mod input;
mod openapi;
mod portal;
pub(crate) mod problem;
mod replay;
mod scanners;
mod server;
mod status;
mod tacs;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use guard::Hosts;
pub use openapi::document;
pub use problem::Problem;
pub use server::{Address, ServeError, Server};

use crate::station::Station;
use crate::ui;

/// What handlers share.
type State = axum::extract::State<Arc<Station>>;

/// Largest request body, in bytes: a thousand IMEIs are far less.
const BODY_MAX: usize = 1024 * 1024;

fn v1() -> OpenApiRouter<Arc<Station>> {
    OpenApiRouter::new()
        .routes(routes!(status::station))
        .routes(routes!(devices::list))
        .routes(routes!(devices::show))
        .routes(routes!(devices::read))
        .routes(routes!(devices::stop))
        .routes(routes!(devices::modem))
        .routes(routes!(handsets::list))
        .routes(routes!(handsets::show))
        .routes(routes!(handsets::readings))
        .routes(routes!(handsets::reading))
        .routes(routes!(handsets::scans, handsets::scan))
        .routes(routes!(scanners::list))
        .routes(routes!(scanners::show))
        .routes(routes!(scanners::scans))
        .routes(routes!(scanners::settings, scanners::configure))
        .routes(routes!(scanners::trigger))
        .routes(routes!(scanners::identify))
        .routes(routes!(scanners::next_box))
        .routes(routes!(scanners::note))
        .routes(routes!(scanners::chosen, scanners::choose))
        .routes(routes!(checks::list, checks::check))
        .routes(routes!(checks::sources))
        .routes(routes!(tacs::list, tacs::import))
        .routes(routes!(tacs::show))
        .routes(routes!(cases::list, cases::open))
        .routes(routes!(cases::show, cases::amend))
        .routes(routes!(cases::rules))
        .routes(routes!(declarations::search))
        .routes(routes!(batches::list, batches::make))
        .routes(routes!(batches::show))
        .routes(routes!(batches::submissions, batches::submit))
        .routes(routes!(batches::submission))
        .routes(routes!(portal::list))
        .routes(routes!(portal::show, portal::record))
        .routes(routes!(portal::withdraw))
        .routes(routes!(evidence::keep))
        .routes(routes!(evidence::show))
        .routes(routes!(events::follow))
}

/// The whole web side of a station that answers to these hosts.
pub fn router(station: Arc<Station>, hosts: Hosts) -> Router {
    let (api, _) = OpenApiRouter::new().nest("/api/v1", v1()).split_for_parts();
    let api = api
        .layer(from_fn_with_state(Arc::clone(&station), replay::replay))
        .layer(from_fn_with_state(Arc::clone(&station), guard::require_token))
        .with_state(station);
    Router::new()
        .merge(api)
        .merge(openapi::router())
        .merge(status::router())
        .merge(ui::router())
        .fallback(problem::no_such_page)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(axum::extract::DefaultBodyLimit::max(BODY_MAX))
        .layer(from_fn_with_state(Arc::new(hosts), guard::require_own_host))
        .layer(from_fn(guard::add_security_headers))
}
