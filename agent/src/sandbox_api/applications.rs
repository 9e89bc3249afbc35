//! Applications: filed, followed, looked for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_imei::IinBin;
use utoipa::{IntoParams, ToSchema};

use super::limit::Limit;
use super::wire::Lost;
use super::{Practice, State};
use crate::api::Problem;
use crate::api::input::{Body, Named, Params};
use crate::cases::Line;
use crate::registry::Progress;
use crate::registry::sandbox::{Application, Filter, Form, FormError};
use crate::ruling::{ApplicationNo, Decision, Refusal};

/// An application.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApplicationView {
    /// The number under which the registry keeps it.
    #[schema(value_type = String, example = "SB-000001")]
    number: ApplicationNo,
    /// IIN or BIN of the applicant.
    #[serde(skip_serializing_if = "Option::is_none")]
    applicant: Option<String>,
    /// The applicant's own number for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// When it was filed.
    #[schema(value_type = String, format = DateTime)]
    filed_at: Timestamp,
    /// When the review ends. The real one does not tell.
    #[schema(value_type = String, format = DateTime)]
    due_at: Timestamp,
    /// How far it has come.
    state: Stage,
    /// Of an application that is decided: why it is refused; empty means approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasons: Option<Vec<Reason>>,
    /// What was paid with it, in tenge. A device that the applicant paid for before costs nothing.
    paid: u64,
    /// Always true: nothing was filed with the state.
    practice: bool,
}

/// How far an application has come.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    /// It is being reviewed.
    InReview,
    /// Approved.
    Approved,
    /// Refused.
    Refused,
    /// Something is missing.
    InfoRequested,
}

/// Why an application is refused.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Reason {
    /// Stable code.
    code: Refusal,
    /// In Russian, the language of the registry.
    #[schema(example = "Документ не найден")]
    text: &'static str,
    /// Whether these are the operator's literal words. Other texts are Tekser's own.
    literal: bool,
}

/// One page of applications, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Applications {
    /// The applications.
    items: Vec<ApplicationView>,
    /// `after` of the next page; none on the last.
    next: Option<ApplicationNo>,
}

/// Which applications.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Of this IIN or BIN.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    applicant: Option<IinBin>,
    /// With this number of the applicant's own: whoever lost an answer looks here before filing
    /// again.
    #[serde(default)]
    #[param(value_type = Option<String>, min_length = 1, max_length = 128)]
    reference: Option<Line>,
    /// After this one.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    after: Option<ApplicationNo>,
    /// At most so many; 50 if not said.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Limit,
}

/// File an application. It is kept as often as it is sent: look for its reference first, if an
/// answer was lost. The fee is charged now, and once only for each device.
#[utoipa::path(
    post, path = "/applications", tag = "registry", request_body = Form,
    responses((
        status = 201, body = ApplicationView,
        headers(("Location" = String, description = "Where to follow it.")),
    )),
)]
pub(super) async fn file(
    Shared(practice): State,
    Body(form): Body<Form>,
) -> Result<Response, Problem> {
    form.check()?;
    let number = practice.sandbox.apply(&form).await?;
    let view = find(&practice, &number).await?;
    if practice.sandbox.faults().loses_answer() {
        let detail = "the application was taken in and the answer lost";
        let problem = Problem::new(StatusCode::GATEWAY_TIMEOUT, "answer_lost", detail);
        let mut response = problem.into_response();
        response.extensions_mut().insert(Lost);
        return Ok(response);
    }
    let mut headers = HeaderMap::new();
    if let Ok(place) = HeaderValue::from_str(&format!("/api/v1/applications/{number}")) {
        headers.insert(header::LOCATION, place);
    }
    Ok((StatusCode::CREATED, headers, Json(view)).into_response())
}

/// Follow an application.
#[utoipa::path(
    get, path = "/applications/{number}", tag = "registry",
    params(("number" = String, Path, description = "As the registry gave it.", example = "SB-000001")),
    responses((status = 200, body = ApplicationView), (status = 404, body = Problem)),
)]
pub(super) async fn show(
    Shared(practice): State,
    Named(number): Named<String>,
) -> Result<Json<ApplicationView>, Problem> {
    Ok(Json(find(&practice, &ApplicationNo::new(number)).await?))
}

/// Applications, oldest first.
#[utoipa::path(
    get, path = "/applications", tag = "registry", params(Which),
    responses((status = 200, body = Applications)),
)]
pub(super) async fn list(
    Shared(practice): State,
    Params(which): Params<Which>,
) -> Result<Json<Applications>, Problem> {
    let filter = Filter {
        applicant: which.applicant,
        reference: which.reference.map(|line| line.as_str().to_owned()),
        number: None,
        after: which.after,
    };
    let mut items = practice.sandbox.filed(&filter, which.limit.with_one_more()).await?;
    let more = which.limit.cut(&mut items);
    let next = items.last().filter(|_| more).map(|one| one.number.clone());
    Ok(Json(Applications { items: items.into_iter().map(ApplicationView::from).collect(), next }))
}

async fn find(practice: &Practice, number: &ApplicationNo) -> Result<ApplicationView, Problem> {
    let filter = Filter { number: Some(number.clone()), ..Filter::default() };
    let found = practice.sandbox.filed(&filter, 1).await?.pop();
    found.map(ApplicationView::from).ok_or_else(|| Problem::not_found("such application"))
}

impl From<Application> for ApplicationView {
    fn from(one: Application) -> Self {
        let (state, reasons) = match one.progress {
            Progress::InReview => (Stage::InReview, None),
            Progress::InfoRequested { .. } => (Stage::InfoRequested, None),
            Progress::Decided { decisions } => {
                let approved = decisions.iter().all(Decision::is_approved);
                let reasons = decisions.into_iter().flat_map(|one| one.refusals).map(Reason::of);
                let stage = if approved { Stage::Approved } else { Stage::Refused };
                (stage, Some(reasons.collect()))
            }
        };
        Self {
            number: one.number,
            applicant: one.applicant,
            reference: one.reference,
            filed_at: one.filed_at,
            due_at: one.due_at,
            state,
            reasons,
            paid: one.paid,
            practice: true,
        }
    }
}

impl Reason {
    fn of(code: Refusal) -> Self {
        static WORDS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
            serde_json::from_str(include_str!("../../assets/words/ru.json")).unwrap_or_default()
        });
        let name = serde_json::to_value(code).unwrap_or_default();
        let name = name.as_str().unwrap_or_default();
        let text = WORDS.get(&format!("refusal.{name}")).map(String::as_str).unwrap_or_default();
        let literal = matches!(
            code,
            Refusal::DocumentNotFound
                | Refusal::DocumentNotAboutImport
                | Refusal::ApplicantMismatch
                | Refusal::ImeiNotInDocument
                | Refusal::QuantityMismatch
        );
        Self { code, text, literal }
    }
}

impl From<FormError> for Problem {
    fn from(error: FormError) -> Self {
        let code = match error {
            FormError::Devices => "devices",
            FormError::OneDevice => "one_device",
            FormError::Imeis => "too_many_imeis",
            FormError::Documents => "too_many_documents",
            FormError::Fields => "fields",
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, error.to_string())
    }
}
