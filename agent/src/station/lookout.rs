//! Where people say what they saw on portals.

use axum::body::Bytes;
use serde::Serialize;
use tekser_imei::Imei;
use tracing::warn;
use utoipa::ToSchema;

use crate::cases::{FileDigest, Line};
use crate::check::Freshness;
use crate::id::SightingId;
use crate::portal::{
    Evidence, EvidenceError, Kept, Portal, Report, Sighting, SightingError, Withdrawal,
};
use crate::registry::RegistryId;
use crate::ruling::Answer;
use crate::station::Station;
use crate::store::{Change, StoreError};

/// Most sightings of one IMEI that are shown.
const HISTORY_MAX: u32 = 50;

/// Why something about a portal can't be done.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// None is set up.
    #[error(
        "no portal is set up here; add a [[source]] with a name and kind = \"portal\" to \
         registries.toml in the data directory"
    )]
    NoPortal,
    /// There is no such portal.
    #[error("no portal {0} is set up here")]
    NoSuchPortal(RegistryId),
    /// There are several.
    #[error("there are several portals; say which one")]
    WhichPortal,
    /// The report makes no sense.
    #[error(transparent)]
    Report(#[from] SightingError),
    /// It names a screenshot that is not here.
    #[error("there is no screenshot {0}; send it to the station first")]
    NoSuchEvidence(FileDigest),
    /// There is no such sighting of this IMEI.
    #[error("there is no sighting {0} of this IMEI")]
    NoSuchSighting(SightingId),
    /// Screenshots.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// A task of the station broke.
    #[error("the station could not finish its work on a screenshot")]
    Broken(#[from] tokio::task::JoinError),
    /// The store failed.
    #[error("what people saw on portals cannot be kept or read")]
    Store(#[from] StoreError),
}

/// What is known of an IMEI by a portal, and how to find out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PortalCheck {
    /// The portal.
    pub portal: RegistryId,
    /// The page that a person opens. The station itself never does.
    #[schema(example = "https://imei.rfs.gov.kz/")]
    pub link: String,
    /// What holds now.
    pub answer: Answer,
    /// What people said, newest first: what answers nothing and what was withdrawn too.
    pub history: Vec<Sighting>,
}

impl Station {
    /// The portal of this name, or the only one.
    ///
    /// # Errors
    ///
    /// If there is none, or the name is missing and there are several.
    pub fn portal(&self, name: Option<&RegistryId>) -> Result<&Portal, PortalError> {
        match (name, self.portals.as_slice()) {
            (_, []) => Err(PortalError::NoPortal),
            (None, [portal]) => Ok(portal),
            (None, _) => Err(PortalError::WhichPortal),
            (Some(name), portals) => portals
                .iter()
                .find(|portal| portal.id == *name)
                .ok_or_else(|| PortalError::NoSuchPortal(name.clone())),
        }
    }

    /// What is known of an IMEI by a portal.
    ///
    /// # Errors
    ///
    /// If there is no such portal, or the store fails.
    pub async fn portal_check(
        &self,
        imei: Imei,
        portal: Option<&RegistryId>,
    ) -> Result<PortalCheck, PortalError> {
        let portal = self.portal(portal)?;
        let standing = self.store.standing_sightings(&portal.id, &[imei]).await?;
        let answer = portal.answer(imei, standing.get(&imei.imei14()), self.clock.now());
        let history = self.store.sightings(&portal.id, imei.imei14(), HISTORY_MAX).await?;
        let (portal, link) = (portal.id.clone(), portal.link.to_string());
        Ok(PortalCheck { portal, link, answer, history })
    }

    /// Keeps what a person saw. A later sighting takes the place of an earlier one.
    ///
    /// # Errors
    ///
    /// See [`PortalError`].
    pub async fn record_sighting(
        &self,
        imei: Imei,
        report: Report,
    ) -> Result<Sighting, PortalError> {
        let portal = self.portal(report.portal.as_ref())?;
        let now = self.clock.now();
        let (seen, seen_at) = report.taken_in(&self.rules, now)?;
        if let Some(digest) = &report.evidence {
            self.screenshot(digest.clone()).await?;
        }
        let sighting = Sighting {
            id: SightingId::new(),
            portal: portal.id.clone(),
            imei,
            seen,
            seen_at,
            seen_by: report.seen_by,
            recorded_at: now,
            evidence: report.evidence,
            withdrawn: None,
        };
        self.keep_sighting(self.store.begin().await?, portal, &sighting).await?;
        Ok(sighting)
    }

    /// Takes a sighting back: what was seen before it holds again. Done twice it is done once.
    ///
    /// # Errors
    ///
    /// [`PortalError::NoSuchSighting`], or if the store fails.
    pub async fn withdraw_sighting(
        &self,
        imei: Imei,
        id: SightingId,
        by: Line,
    ) -> Result<Sighting, PortalError> {
        let mut change = self.store.begin().await?;
        let found = change.sighting(id).await?;
        let found = found.filter(|sighting| sighting.imei.imei14() == imei.imei14());
        let mut sighting = found.ok_or(PortalError::NoSuchSighting(id))?;
        if sighting.withdrawn.is_none() {
            let portal = self.portal(Some(&sighting.portal))?;
            sighting.withdrawn = Some(Withdrawal { at: self.clock.now(), by });
            self.keep_sighting(change, portal, &sighting).await?;
        }
        Ok(sighting)
    }

    /// The sighting and the answer that now holds are one change: whoever sees the one sees the
    /// other, whenever the program is killed.
    async fn keep_sighting(
        &self,
        mut change: Change<'_>,
        portal: &Portal,
        sighting: &Sighting,
    ) -> Result<(), PortalError> {
        let (imei, now) = (sighting.imei, self.clock.now());
        change.save_sighting(sighting, now).await?;
        let standing = change.standing_sighting(&portal.id, imei.imei14()).await?;
        change.replace_answer(&portal.answer(imei, standing.as_ref(), now)).await?;
        change.commit().await?;
        Ok(())
    }

    /// Has everyone asked again about an IMEI that something new was said of, so that whoever
    /// looks at a phone sees what came of it.
    pub async fn check_again(&self, imei: Imei) {
        if let Err(error) = self.checks.check(&[imei], Freshness::Kept).await {
            warn!(error = &error as &dyn std::error::Error, "verdicts are those of before");
        }
    }

    /// Keeps a screenshot.
    ///
    /// # Errors
    ///
    /// [`PortalError::Evidence`].
    pub async fn keep_evidence(&self, bytes: Bytes) -> Result<Kept, PortalError> {
        self.with_evidence(move |evidence| evidence.keep(&bytes)).await
    }

    /// A screenshot with its media type.
    ///
    /// # Errors
    ///
    /// [`PortalError::NoSuchEvidence`] or [`PortalError::Evidence`].
    pub async fn screenshot(
        &self,
        digest: FileDigest,
    ) -> Result<(&'static str, Vec<u8>), PortalError> {
        let wanted = digest.clone();
        let found = self.with_evidence(move |evidence| evidence.get(&wanted)).await?;
        let (kind, bytes) = found.ok_or(PortalError::NoSuchEvidence(digest))?;
        Ok((kind.media_type(), bytes))
    }

    /// Files are waited for where nothing else has to wait.
    async fn with_evidence<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Evidence) -> Result<T, EvidenceError> + Send + 'static,
    ) -> Result<T, PortalError> {
        let evidence = self.evidence.clone();
        Ok(tokio::task::spawn_blocking(move || work(&evidence)).await??)
    }
}
