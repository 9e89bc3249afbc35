//! The sandbox over HTTP: a registry to develop shop software against.
//!
//! It is for practice and says so in every answer. It is not the state database, and its addresses
//! and fields are Tekser's own: kz-imei.kz and imei.rfs.gov.kz have no public API that it could
//! resemble.
//!
//! `/api/v1` is the registry; trouble that was turned on strikes there. `/control/v1` is the hand
//! behind the scene: what the networks see, what customs knows, the clock, the troubles.
//!
//! It has no token. Everything in it is made up, so there is nothing to protect from whoever works
//! on this machine. It listens on the loopback interface only, and the station's guard keeps pages
//! of other sites out: an exact `Host`, no foreign `Origin`.

mod applications;
mod clock;
mod control;
mod faults;
mod ledger;
mod limit;
mod look_up;
mod openapi;
mod server;
mod wire;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use clock::{Pace, PracticeClock};
pub use openapi::document;
pub use server::PracticeServer;

use crate::api::{Hosts, guard, problem};
use crate::registry::sandbox::{ReviewTime, Sandbox};
use crate::store::StoreError;

/// What handlers share.
type State = axum::extract::State<Arc<Practice>>;

/// Largest request body, in bytes.
const BODY_MAX: usize = 1024 * 1024;

/// What every answer says of itself.
const LABEL: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-practice-registry"),
    HeaderValue::from_static("Tekser sandbox; not kz-imei.kz, not the state database"),
);

/// A practice registry with its clock.
pub struct Practice {
    sandbox: Sandbox,
    clock: Arc<PracticeClock>,
}

impl Practice {
    /// Opens its file. Time goes on where it stopped there, if that is later than now.
    ///
    /// # Errors
    ///
    /// If the file can't be used.
    pub async fn open(
        path: &Path,
        pace: Pace,
        review: ReviewTime,
    ) -> Result<Arc<Self>, StoreError> {
        let clock = Arc::new(PracticeClock::new(pace));
        let sandbox = Sandbox::open(path, clock.clone(), review).await?;
        if let Some(latest) = sandbox.latest_time().await? {
            clock.not_before(latest);
        }
        Ok(Arc::new(Self { sandbox, clock }))
    }

    /// The registry itself.
    pub const fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Its clock.
    pub fn clock(&self) -> &PracticeClock {
        &self.clock
    }
}

/// The registry.
fn registry() -> OpenApiRouter<Arc<Practice>> {
    OpenApiRouter::new()
        .routes(routes!(look_up::one))
        .routes(routes!(look_up::many))
        .routes(routes!(applications::list, applications::file))
        .routes(routes!(applications::show))
        .routes(routes!(ledger::list))
}

/// The hand behind the scene.
fn control() -> OpenApiRouter<Arc<Practice>> {
    OpenApiRouter::new()
        .routes(routes!(control::put_on_list))
        .routes(routes!(control::connect))
        .routes(routes!(control::make_known))
        .routes(routes!(control::declare))
        .routes(routes!(control::clock, control::move_clock))
        .routes(routes!(faults::show, faults::set))
        .routes(routes!(control::reset))
}

/// The whole practice registry, which answers to these hosts.
pub fn router(practice: Arc<Practice>, hosts: Hosts) -> Router {
    let (registry, _) = OpenApiRouter::new().nest("/api/v1", registry()).split_for_parts();
    let (control, _) = OpenApiRouter::new().nest("/control/v1", control()).split_for_parts();
    let registry = registry.layer(from_fn_with_state(Arc::clone(&practice), faults::strike));
    Router::new()
        .merge(registry)
        .merge(control)
        .with_state(practice)
        .merge(openapi::router())
        .route("/healthz", get(async || "ok\n"))
        .route("/", get(async || include_str!("guide.txt")))
        .fallback(problem::no_such_page)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(axum::extract::DefaultBodyLimit::max(BODY_MAX))
        .layer(from_fn_with_state(Arc::new(hosts), guard::require_own_host))
        .layer(from_fn(guard::add_security_headers))
        .layer(from_fn(label))
        .layer(from_fn(wire::cut_lost_answers))
}

async fn label(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let (name, value) = LABEL;
    response.headers_mut().insert(name, value);
    response
}
