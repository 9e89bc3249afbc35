//! The description of the practice registry.

use axum::routing::get;
use axum::{Json, Router};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{
    InfoBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, ResponseBuilder,
};
use utoipa_axum::router::OpenApiRouter;

/// The OpenAPI description, as `tekser sandbox --openapi` prints and `/api/openapi.json` serves it.
pub fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Tekser practice registry")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "A registry to develop shop software against. It is for practice: it is not the state \
             database, nothing that is filed here is filed with anyone, and its addresses and \
             fields are Tekser's own. kz-imei.kz and imei.rfs.gov.kz have no public API, and this \
             is no copy of one. /api/v1 is the registry; /control/v1 is the hand behind the scene. \
             It answers on the loopback interface of its machine only, and needs no token.",
        ))
        .build();
    let empty = OpenApiBuilder::new().info(info).build();
    let (_, mut document) = OpenApiRouter::with_openapi(empty)
        .nest("/api/v1", super::registry())
        .nest("/control/v1", super::control())
        .split_for_parts();
    document.paths.paths.iter_mut().for_each(|(path, item)| describe(path, item));
    document
}

/// Gives each operation a name of its own and the problems that any request can meet.
fn describe(path: &str, item: &mut PathItem) {
    const ALWAYS: [(&str, &str); 3] = [
        ("400", "The request cannot be read."),
        ("403", "Pages of other sites may not talk to this registry."),
        ("421", "The request names another host."),
    ];
    const OF_BODY: [(&str, &str); 3] = [
        ("413", "The body is longer than a mebibyte."),
        ("415", "The body is no JSON."),
        ("422", "A field is missing, unknown or out of bounds."),
    ];
    const OF_TROUBLE: [(&str, &str); 3] = [
        ("429", "Too many requests, when that is turned on; `Retry-After` says how long to wait."),
        ("503", "The registry failed, when that is turned on. Nothing was done."),
        ("504", "No answer; over a connection it is cut instead."),
    ];
    let name = path.trim_start_matches("/api/v1/").trim_start_matches("/control/v1/");
    let name = name.replace("/{", "_by_").replace('}', "").replace(['/', '-'], "_");
    let side = if path.starts_with("/control") { "control_" } else { "" };
    for (verb, operation) in
        [("get", &mut item.get), ("post", &mut item.post), ("put", &mut item.put)]
    {
        let Some(operation) = operation else { continue };
        operation.operation_id = Some(format!("{side}{verb}_{name}"));
        add(operation, &ALWAYS);
        add(operation, &[("500", "The registry could not use its file.")]);
        if operation.request_body.is_some() || operation.parameters.is_some() {
            add(operation, &OF_BODY[2..]);
        }
        if operation.request_body.is_some() {
            add(operation, &OF_BODY[..2]);
        }
        if side.is_empty() {
            add(operation, &OF_TROUBLE);
        }
        problems_are_problems(operation);
    }
}

/// The type that a problem is sent as.
fn problems_are_problems(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if status.starts_with(['4', '5'])
            && let Some(content) = response.content.shift_remove("application/json")
        {
            response.content.insert("application/problem+json".to_owned(), content);
        }
    }
}

fn add(operation: &mut Operation, problems: &[(&str, &str)]) {
    for (status, description) in problems {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new()
            .description(*description)
            .content("application/problem+json", content)
            .build();
        let responses = &mut operation.responses.responses;
        responses.entry((*status).to_owned()).or_insert_with(|| response.into());
    }
}

pub(super) fn router() -> Router {
    Router::new().route("/api/openapi.json", get(async || Json(document())))
}
