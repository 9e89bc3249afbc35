//! Input of requests, refused with a [`Problem`] that says what and where.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Problem;
use crate::store::Page;

/// A JSON body.
#[derive(FromRequest)]
#[from_request(via(Json), rejection(Problem))]
pub(crate) struct Body<T>(pub T);

/// Part of the path.
#[derive(FromRequestParts)]
#[from_request(via(Path), rejection(Problem))]
pub(crate) struct Named<T>(pub T);

/// Query parameters.
#[derive(FromRequestParts)]
#[from_request(via(Query), rejection(Problem))]
pub(crate) struct Params<T>(pub T);

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), "body", rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(rejection.status(), "path", rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status(), "query", rejection.body_text())
    }
}

/// Which part of a list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Paging {
    /// At most so many, up to 200; 50 if not said.
    #[serde(default)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[serde(default)]
    cursor: Option<Uuid>,
}

impl Paging {
    const DEFAULT: u32 = 50;
    const MAX: u32 = 200;

    fn limit(&self) -> u32 {
        self.limit.unwrap_or(Self::DEFAULT).clamp(1, Self::MAX)
    }

    /// The page to ask the store for: one row more than wanted tells whether there is a next.
    pub(super) fn page(&self) -> Page {
        Page { before: self.cursor.map(|name| name.to_string()), limit: self.limit() + 1 }
    }

    /// Cuts the rows to the page; `name` gives the name of the last one.
    pub(super) fn list<T>(&self, mut items: Vec<T>, name: impl Fn(&T) -> String) -> List<T> {
        let limit = usize::try_from(self.limit()).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(name);
        List { items, next }
    }
}

/// One page of a list, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct List<T> {
    /// The items.
    items: Vec<T>,
    /// `cursor` of the next page; none on the last.
    next: Option<String>,
}

impl<T> List<T> {
    /// The same page with less on it.
    pub(super) fn filter_map<U>(self, f: impl FnMut(T) -> Option<U>) -> List<U> {
        List { items: self.items.into_iter().filter_map(f).collect(), next: self.next }
    }

    /// A list that fits on one page.
    pub(super) const fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}
