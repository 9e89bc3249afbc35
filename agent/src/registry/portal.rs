//! A portal as a source: it answers with what people saw there.
//!
//! Nothing is sent anywhere. What nobody looked for, and what was seen too long ago, is undetermined.

use std::sync::Arc;

use jiff::SignedDuration;
use tekser_imei::Imei;

use super::{Asking, RegistryError, RegistryId, Source, Terms};
use crate::check::CHECK_MAX;
use crate::clock::Clock;
use crate::portal::Portal;
use crate::ruling::Answer;
use crate::store::Store;

/// What people saw on a portal.
pub struct PortalSource {
    portal: Portal,
    store: Store,
    clock: Arc<dyn Clock>,
}

impl PortalSource {
    /// What this store keeps of this portal.
    pub const fn new(portal: Portal, store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { portal, store, clock }
    }

    async fn answers(&self, imeis: &[Imei]) -> Result<Vec<Answer>, RegistryError> {
        let sightings = self.store.standing_sightings(&self.portal.id, imeis).await;
        let sightings = sightings.map_err(|error| RegistryError::Failed {
            registry: self.id(),
            detail: error.to_string(),
        })?;
        let now = self.clock.now();
        let answer = |&imei: &Imei| self.portal.answer(imei, sightings.get(&imei.imei14()), now);
        Ok(imeis.iter().map(answer).collect())
    }
}

impl Source for PortalSource {
    fn id(&self) -> RegistryId {
        self.portal.id.clone()
    }

    /// It is asked each time, which costs nothing: a sighting that was taken back must not live on
    /// in a cache.
    fn terms(&self) -> Terms {
        let fresh_for = SignedDuration::ZERO;
        Terms { role: self.portal.role, fresh_for, batch_max: CHECK_MAX, ..Terms::default() }
    }

    fn look_up<'a>(&'a self, imeis: &'a [Imei]) -> Asking<'a, Vec<Answer>> {
        Box::pin(self.answers(imeis))
    }
}
