//! The description of the API.

use axum::routing::get;
use axum::{Json, Router};
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{InfoBuilder, Object, OpenApi, OpenApiBuilder, PathItem, Required};

/// The OpenAPI description, as `tekser openapi` prints and `/api/openapi.json` serves it.
pub fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Tekser")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Device-reading station: what is plugged in, what its IMEIs are, what the registry \
             says of them, and filings of replaced modules.",
        ))
        .build();
    let (_, mut document) =
        utoipa_axum::router::OpenApiRouter::with_openapi(OpenApiBuilder::new().info(info).build())
            .nest("/api/v1", super::v1())
            .split_for_parts();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    document
        .components
        .get_or_insert_default()
        .add_security_scheme("token", SecurityScheme::Http(bearer));
    document.paths.paths.iter_mut().for_each(|(path, item)| describe(path, item));
    document.security = Some(vec![SecurityRequirement::new("token", [] as [&str; 0])]);
    document
}

/// Gives each operation a name of its own (`get_cases_by_case`) and the header of writes.
fn describe(path: &str, item: &mut PathItem) {
    let name = path.trim_start_matches("/api/v1/").replace("/{", "_by_").replace('}', "");
    let name = name.replace(['/', '-'], "_");
    for (verb, operation) in
        [("get", &mut item.get), ("post", &mut item.post), ("put", &mut item.put)]
    {
        if let Some(operation) = operation {
            operation.operation_id = Some(format!("{verb}_{name}"));
        }
    }
    if let Some(write) = &mut item.post {
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "Name of this write, best a UUID: sent again within 48 hours with the same name, \
                 it is answered as the first time and not done twice.",
            ))
            .schema(Some(Object::with_type(Type::String)));
        write.parameters.get_or_insert_default().push(key.build().into());
    }
}

pub(super) fn router() -> Router {
    Router::new().route("/api/openapi.json", get(async || Json(document())))
}
