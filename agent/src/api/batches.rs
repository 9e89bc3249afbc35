//! Batches and submissions.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::input::{Body, List, Named, Paging, Params};
use super::{Problem, State};
use crate::batch::SignedBatch;
use crate::id::{BatchId, CaseId, SubmissionId};
use crate::outbox::Submission;
use crate::registry::RegistryId;
use crate::registry::sandbox::Sandbox;

/// Cases that go out together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBatch {
    /// 1 to 100 open cases.
    cases: Vec<CaseId>,
}

/// Batches, newest first.
#[utoipa::path(get, path = "/batches", tag = "filing", params(Paging), responses((status = 200, body = List<SignedBatch>)))]
pub(super) async fn list(
    Shared(station): State,
    Params(paging): Params<Paging>,
) -> Result<Json<List<SignedBatch>>, Problem> {
    let items = station.store.batches(&paging.page()).await?;
    Ok(Json(paging.list(items, |batch| batch.id.to_string())))
}

/// Puts cases in a batch and signs it with the station's key.
#[utoipa::path(
    post, path = "/batches", tag = "filing", request_body = NewBatch,
    responses(
        (status = 201, body = SignedBatch),
        (status = 409, description = "A case is in another batch", body = Problem),
        (status = 422, description = "A case would be refused: see findings", body = Problem),
    ),
)]
pub(super) async fn make(
    Shared(station): State,
    Body(new): Body<NewBatch>,
) -> Result<(StatusCode, Json<SignedBatch>), Problem> {
    Ok((StatusCode::CREATED, Json(station.make_batch(&new.cases).await?)))
}

/// One batch, with the bytes that were signed.
#[utoipa::path(
    get, path = "/batches/{batch}", tag = "filing",
    params(("batch" = BatchId, Path)),
    responses((status = 200, body = SignedBatch), (status = 404, body = Problem)),
)]
pub(super) async fn show(
    Shared(station): State,
    Named(id): Named<BatchId>,
) -> Result<Json<SignedBatch>, Problem> {
    station.store.batch(id).await?.map(Json).ok_or_else(|| Problem::not_found("such batch"))
}

/// A batch to be submitted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSubmission {
    /// The batch.
    batch: BatchId,
    /// Where to; the embedded registry if not said.
    #[serde(default)]
    registry: Option<RegistryId>,
}

/// Submissions, newest first.
#[utoipa::path(get, path = "/submissions", tag = "filing", params(Paging), responses((status = 200, body = List<Submission>)))]
pub(super) async fn submissions(
    Shared(station): State,
    Params(paging): Params<Paging>,
) -> Result<Json<List<Submission>>, Problem> {
    let items = station.store.submissions(&paging.page()).await?;
    Ok(Json(paging.list(items, |submission| submission.id.to_string())))
}

/// Submits a batch. It is on disk when this answers; the rest comes as events. Submitting a batch
/// again to the same registry is answered with the first submission.
#[utoipa::path(
    post, path = "/submissions", tag = "filing", request_body = NewSubmission,
    responses((status = 202, body = Submission), (status = 404, body = Problem)),
)]
pub(super) async fn submit(
    Shared(station): State,
    Body(new): Body<NewSubmission>,
) -> Result<(StatusCode, Json<Submission>), Problem> {
    let registry = new.registry.unwrap_or_else(|| RegistryId::new(Sandbox::NAME));
    Ok((StatusCode::ACCEPTED, Json(station.submit(new.batch, &registry).await?)))
}

/// One submission and its way so far.
#[utoipa::path(
    get, path = "/submissions/{submission}", tag = "filing",
    params(("submission" = SubmissionId, Path)),
    responses((status = 200, body = Submission), (status = 404, body = Problem)),
)]
pub(super) async fn submission(
    Shared(station): State,
    Named(id): Named<SubmissionId>,
) -> Result<Json<Submission>, Problem> {
    let found = station.store.submission(id).await?;
    found.map(Json).ok_or_else(|| Problem::not_found("such submission"))
}
