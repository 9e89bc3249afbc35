//! Everything that happens, as server-sent events.

use core::convert::Infallible;
use std::collections::VecDeque;
use std::sync::Arc;

use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{self, KeepAlive};
use futures_util::{Stream, stream};
use serde::Deserialize;
use tokio::sync::watch;
use utoipa::IntoParams;

use super::input::Params;
use super::{Problem, State};
use crate::station::Station;
use crate::store::Event;

/// Where to begin.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Begin {
    /// Number of the last event seen; without it and without `Last-Event-ID`, only new ones come.
    #[serde(default)]
    after: Option<i64>,
}

/// Follows the events. Each has its number as `id`, its kind as `event` and an `Event` as `data`.
#[utoipa::path(
    get, path = "/events", tag = "station", params(Begin),
    responses((status = 200, content_type = "text/event-stream", body = Event)),
)]
pub(super) async fn follow(
    Shared(station): State,
    Params(begin): Params<Begin>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, Problem> {
    let last_seen = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse().ok());
    let news = station.store.follow();
    let latest = station.store.refresh_latest().await?;
    // A number that is yet to come was given by a database that is no longer there.
    let after = last_seen.or(begin.after).unwrap_or(latest).min(latest);
    let follower = Follower { station, news, after, waiting: VecDeque::new() };
    let events = stream::unfold(follower, async |mut follower| {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

struct Follower {
    station: Arc<Station>,
    news: watch::Receiver<i64>,
    after: i64,
    waiting: VecDeque<Event>,
}

impl Follower {
    const AT_ONCE: u32 = 256;

    /// The next event; `None` ends the stream, and the client comes back where it left.
    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                self.after = event.seq;
                let frame =
                    sse::Event::default().id(event.seq.to_string()).event(event.kind.name());
                return frame.json_data(&event).ok();
            }
            self.news.borrow_and_update();
            let events = self.station.store.events_after(self.after, Self::AT_ONCE).await;
            match events {
                Ok(events) if events.is_empty() => self.news.changed().await.ok()?,
                Ok(events) => self.waiting = events.into(),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "events end");
                    return None;
                }
            }
        }
    }
}
