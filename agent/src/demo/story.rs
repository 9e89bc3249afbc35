//! The steps of the story. Each waits for what it needs, with a deadline, and works through the
//! same doors as a person: the bench, the desk and the events.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::civil::date;
use tekser_hardware::{DeviceId, Source};
use tekser_virtual_bench::Persona;

use super::phones::{has_label, read_from_phone};
use super::report::{PhoneReport, Report, StepReport};
use super::{DemoScanner, Scene, asks_owner, is_replaced};
use crate::bench::{FindingKind, Handset, ScanError, ScanSource, Target};
use crate::cases::{CaseState, CustomsDocument, Part, Replacement};
use crate::check::{Freshness, Verdict};
use crate::counter::Chosen;
use crate::id::CaseId;
use crate::registry::RegistryId;
use crate::registry::sandbox::Sandbox;
use crate::station::{DeskError, Station};
use crate::store::{Page, StoreError};

/// Why the story did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    /// A step waited too long.
    #[error("the story waited {0:?} for {1}")]
    Waited(Duration, &'static str),
    /// A phone could not be plugged in.
    #[error("cannot plug in a virtual phone")]
    Plug(#[source] std::io::Error),
    /// The bench refused a scan.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The desk refused.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How fast the story is told.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Pause before each thing a person would do.
    pub pause: Duration,
}

impl Pace {
    /// As fast as it goes.
    pub const AT_ONCE: Self = Self { pause: Duration::ZERO };
    /// So that a person can follow it on the page.
    pub const LIVE: Self = Self { pause: Duration::from_millis(900) };
}

/// A story being told.
pub struct Story<'a> {
    pub(super) station: Arc<Station>,
    scene: &'a Scene,
    pace: Pace,
    tell: &'a (dyn Fn(&StepReport) + Sync),
    steps: Vec<StepReport>,
    devices: Vec<(DeviceId, Persona)>,
    verdicts: BTreeMap<String, usize>,
}

impl<'a> Story<'a> {
    /// Longest wait for anything.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// A story about to begin on a running station; `tell` hears of each step as it is over.
    pub fn new(
        station: Arc<Station>,
        scene: &'a Scene,
        pace: Pace,
        tell: &'a (dyn Fn(&StepReport) + Sync),
    ) -> Self {
        let verdicts = BTreeMap::new();
        Self { station, scene, pace, tell, steps: Vec::new(), devices: Vec::new(), verdicts }
    }

    /// Tells it to the end.
    ///
    /// # Errors
    ///
    /// See [`StoryError`].
    pub async fn play(mut self) -> Result<Report, StoryError> {
        self.step("phones are plugged in", Self::plug).await?;
        self.step("owners are asked to allow it", Self::wait_for_owners).await?;
        self.step("their IMEIs are read", Self::wait_for_readings).await?;
        self.step("the registry is asked", Self::wait_for_verdicts).await?;
        self.step("screens are scanned where a slot stayed unread", Self::scan_screens).await?;
        self.step("boxes are scanned", Self::scan_boxes).await?;
        self.step("replaced boards become cases", Self::open_cases).await?;
        self.step("the cases are batched and signed", Self::make_batch).await?;
        self.step("the batch is submitted", Self::submit).await?;
        self.step("the answer arrives", Self::wait_for_answers).await?;
        self.report().await
    }

    async fn step(
        &mut self,
        step: &str,
        work: impl AsyncFnOnce(&mut Self) -> Result<String, StoryError>,
    ) -> Result<(), StoryError> {
        let started = Instant::now();
        let detail = work(self).await?;
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let report = StepReport { step: step.to_owned(), took_ms, detail };
        (self.tell)(&report);
        self.steps.push(report);
        Ok(())
    }

    async fn plug(&mut self) -> Result<String, StoryError> {
        self.scene.list_cast(&self.station.sandbox).await?;
        for persona in &self.scene.cast {
            tokio::time::sleep(self.pace.pause).await;
            let id = self.scene.bench.plug(persona.clone()).map_err(StoryError::Plug)?;
            self.devices.push((id, persona.clone()));
        }
        Ok(format!("{} phones", self.devices.len()))
    }

    /// A phone that does not know this computer is shown as waiting for its owner.
    async fn wait_for_owners(&mut self) -> Result<String, StoryError> {
        self.until("phones to ask their owners", async |story| {
            for (id, persona) in story.devices.iter().filter(|(_, persona)| asks_owner(persona)) {
                let view = story.station.bench.device(id);
                let asks = view.is_some_and(|view| view.waiting_until.is_some());
                // A slow look may come when it is over.
                if !asks && !story.is_read_whole(id, persona).await? {
                    return Ok(None);
                }
            }
            Ok(Some(()))
        })
        .await?;
        let asking = self.devices.iter().filter(|(_, persona)| asks_owner(persona));
        let asking: Vec<&str> = asking.map(|(_, persona)| persona.name.as_str()).collect();
        Ok(format!("{}: {}", asking.len(), asking.join("; ")))
    }

    async fn wait_for_readings(&mut self) -> Result<String, StoryError> {
        self.until("every phone to be read", async |story| {
            for (id, persona) in &story.devices {
                if !story.is_read_whole(id, persona).await? {
                    return Ok(None);
                }
            }
            Ok(Some(()))
        })
        .await?;
        let (mut imeis, mut bridges) = (0, 0);
        for (id, persona) in &self.devices {
            let read = self.handset_at(id).await?.map_or(0, |h| read_from_phone(&h).len());
            imeis += read;
            bridges += if persona.android.is_some() { read } else { 0 };
        }
        Ok(format!("{imeis} IMEIs, {bridges} of them over USB debugging"))
    }

    async fn wait_for_verdicts(&mut self) -> Result<String, StoryError> {
        let mut asked = Vec::new();
        for (id, _) in &self.devices {
            asked.extend(self.handset_at(id).await?.map(|h| h.imeis()).unwrap_or_default());
        }
        let kinds = self
            .until("a verdict on every IMEI", async |story| {
                let mut kinds = BTreeMap::new();
                for imei in &asked {
                    let Some(answer) = story.station.store.answer(imei.imei14()).await? else {
                        return Ok(None);
                    };
                    *kinds.entry(answer.verdict.kind().to_owned()).or_insert(0) += 1;
                }
                Ok(Some(kinds))
            })
            .await?;
        let words: Vec<String> = Verdict::KINDS
            .iter()
            .filter_map(|kind| kinds.get(*kind).map(|count| format!("{count} {kind}")))
            .collect();
        self.verdicts = kinds;
        Ok(words.join(", "))
    }

    /// Some phones give only their first IMEI over the cable; `*#06#` shows them all.
    async fn scan_screens(&mut self) -> Result<String, StoryError> {
        let mut scanned = 0;
        for (id, persona) in &self.devices {
            let Some(handset) = self.handset_at(id).await? else {
                continue;
            };
            if persona.imeis.iter().all(|imei| handset.imeis().contains(imei)) {
                continue;
            }
            tokio::time::sleep(self.pace.pause).await;
            let lines = persona.imeis.iter().enumerate();
            let screen: String =
                lines.map(|(slot, imei)| format!("IMEI{}\n{imei} / 19\n", slot + 1)).collect();
            let target = Target::Device(id.clone());
            self.station.bench.scan(&screen, ScanSource::Screen, target).await?;
            scanned += 1;
        }
        Ok(format!("{scanned} screens"))
    }

    async fn scan_boxes(&mut self) -> Result<String, StoryError> {
        let mut scanned = 0;
        for (id, persona) in &self.devices {
            if persona.old_imeis.is_empty() {
                continue;
            }
            let handset = self.handset_at(id).await?;
            if handset.is_some_and(|handset| has_label(&handset, persona)) {
                continue;
            }
            tokio::time::sleep(self.pace.pause).await;
            match &self.scene.scanner {
                Some(scanner) => self.hold_box(scanner, id, persona).await?,
                None => {
                    let target = Target::Device(id.clone());
                    self.station.bench.scan(&persona.label(), ScanSource::Label, target).await?;
                }
            }
            scanned += 1;
        }
        self.station.counter.choose(Chosen::default());
        Ok(format!("{scanned} boxes"))
    }

    /// A person chooses the phone and holds the codes of its box in front of the scanner.
    async fn hold_box(
        &self,
        scanner: &DemoScanner,
        id: &DeviceId,
        persona: &Persona,
    ) -> Result<(), StoryError> {
        let chosen = Chosen { device: Some(id.clone()), source: ScanSource::Label };
        self.station.counter.choose(chosen);
        let name = scanner.name();
        self.until("the scanner", async |story| {
            // Once it is there, and so at the first box alone, it takes a moment to answer.
            Ok(story.station.counter.next_box(name.as_str()).await.ok())
        })
        .await?;
        // Names of maker and model stand on a box as text.
        let label = persona.label();
        let codes: Vec<&str> = label.lines().skip(1).collect();
        codes.iter().for_each(|code| scanner.scanner().show(*code));
        let page = Page::first(u32::try_from(codes.len()).unwrap_or(u32::MAX));
        self.until("the codes of a box", async |story| {
            let kept = story.station.store.scans_of(&name, &page).await?;
            let of_box = kept.iter().filter(|scan| scan.device.as_ref() == Some(id)).count();
            Ok((of_box == codes.len()).then_some(()))
        })
        .await
    }

    async fn open_cases(&mut self) -> Result<String, StoryError> {
        let mut opened = 0;
        for (index, (id, _)) in self.replaced() {
            let work_order = format!("WO-2026-{:04}", 147 + index);
            if self.station.store.case_of_reference(&work_order).await?.is_some() {
                continue;
            }
            let Some(handset) = self.handset_at(id).await? else {
                continue;
            };
            tokio::time::sleep(self.pace.pause).await;
            let replacement = Replacement {
                work_order,
                handset: Some(handset.id),
                old: handset.imeis_from(|source| source == Source::Label),
                new: read_from_phone(&handset),
                part: Part { number: Some(format!("PBA-{index:02}")), ..Part::default() },
                customs: Some(CustomsDocument {
                    number: "55301/120326/0004567".to_owned(),
                    date: date(2026, 3, 12),
                }),
                technician: None,
                applicant: None,
                documents: Vec::new(),
            };
            self.station.open_case(replacement).await?;
            opened += 1;
        }
        Ok(format!("{opened} cases"))
    }

    async fn make_batch(&mut self) -> Result<String, StoryError> {
        let cases = self.station.store.cases(&Page::first(200)).await?;
        let open: Vec<CaseId> =
            cases.iter().filter(|c| c.state == CaseState::Open).map(|c| c.id).rev().collect();
        if open.is_empty() {
            return Ok("batched before".to_owned());
        }
        tokio::time::sleep(self.pace.pause).await;
        let batch = self.station.make_batch(&open).await?;
        Ok(format!("{} cases, sha-256 {}", open.len(), batch.digest.as_str()))
    }

    async fn submit(&mut self) -> Result<String, StoryError> {
        let registry = RegistryId::new(Sandbox::NAME);
        let batches = self.station.store.batches(&Page::first(200)).await?;
        for batch in &batches {
            tokio::time::sleep(self.pace.pause).await;
            self.station.submit(batch.id, &registry).await?;
        }
        Ok(format!("{} batches to {registry}", batches.len()))
    }

    async fn wait_for_answers(&mut self) -> Result<String, StoryError> {
        let submissions = self
            .until("the registry's answer", async |story| {
                let all = story.station.store.submissions(&Page::first(200)).await?;
                Ok(all.iter().all(|submission| submission.state.is_final()).then_some(all))
            })
            .await?;
        self.check_filed_imeis_again().await?;
        let words: Vec<String> = submissions
            .iter()
            .map(|s| {
                let number = s.application().map(ToString::to_string).unwrap_or_default();
                format!("{number} {}", s.state.kind())
            })
            .collect();
        Ok(words.join(", "))
    }

    /// After an answer the registry's lists have changed.
    async fn check_filed_imeis_again(&self) -> Result<(), StoryError> {
        for case in self.station.store.cases(&Page::first(200)).await? {
            let imeis: Vec<_> = case.filing.imeis().collect();
            self.station.checks.check(&imeis, Freshness::Now).await?;
        }
        Ok(())
    }

    async fn report(self) -> Result<Report, StoryError> {
        let station = &self.station;
        let mut phones = Vec::new();
        let mut violations = 0;
        for (id, persona) in &self.devices {
            violations += self.scene.bench.violations(id).len();
            let handset = self.handset_at(id).await?;
            let model = |h: &Handset| {
                let parts = [h.maker.clone(), h.model.clone()];
                parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
            };
            let sources = match &handset {
                Some(handset) => self.sources(handset, None).await?,
                None => Vec::new(),
            };
            phones.push(PhoneReport {
                device: id.clone(),
                name: persona.name.clone(),
                asked_owner: asks_owner(persona),
                sources,
                model: handset.as_ref().map(model).unwrap_or_default(),
                imeis: handset.as_ref().map(read_from_phone).unwrap_or_default(),
                findings: handset
                    .map(|h| h.findings.into_iter().map(|finding| finding.kind).collect())
                    .unwrap_or_default(),
            });
        }
        let disagrees = |phone: &PhoneReport| phone.findings.contains(&FindingKind::Disagreement);
        Ok(Report {
            outcome: "complete".to_owned(),
            imeis_read: phones.iter().map(|phone| phone.imeis.len()).sum(),
            disagreements: phones.iter().filter(|phone| disagrees(phone)).count(),
            phones,
            verdicts: self.verdicts,
            cases: station.store.cases(&Page::first(200)).await?,
            submissions: station.store.submissions(&Page::first(200)).await?,
            filings_at_registry: station.sandbox.applications().await?.len(),
            violations,
            steps: self.steps,
        })
    }

    fn replaced(&self) -> impl Iterator<Item = (usize, &(DeviceId, Persona))> {
        self.devices.iter().filter(|(_, persona)| is_replaced(persona)).enumerate()
    }

    /// Waits until `look` finds something, looking again after every event.
    async fn until<T>(
        &self,
        what: &'static str,
        look: impl AsyncFn(&Self) -> Result<Option<T>, StoryError>,
    ) -> Result<T, StoryError> {
        let deadline = tokio::time::Instant::now() + Self::PATIENCE;
        let mut news = self.station.store.follow();
        loop {
            news.borrow_and_update();
            if let Some(found) = look(self).await? {
                return Ok(found);
            }
            let _ = tokio::time::timeout_at(deadline, news.changed()).await;
            if tokio::time::Instant::now() >= deadline {
                return Err(StoryError::Waited(Self::PATIENCE, what));
            }
        }
    }
}
