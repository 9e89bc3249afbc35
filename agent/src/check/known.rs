//! What is kept, without asking anyone.

use std::collections::BTreeMap;

use tekser_imei::Imei14;

use super::{Answer, Checked, Checks};
use crate::registry::Role;
use crate::store::{Page, StoreError};

impl Checks {
    /// What is known of these, from what those who are asked today said last. Whoever is no longer
    /// asked does not count; while one who decides was never asked, only bad news is known.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn known(&self, numbers: &[Imei14]) -> Result<BTreeMap<Imei14, Checked>, StoreError> {
        let kept = self.store.kept(numbers).await?;
        Ok(kept
            .into_iter()
            .filter_map(|(number, answers)| Some((number, self.made_of(answers)?)))
            .collect())
    }

    /// As [`Checks::known`], of whatever was asked about last, each with its name in the list;
    /// `None` where nothing is known.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn known_latest(
        &self,
        page: &Page,
    ) -> Result<Vec<(String, Option<Checked>)>, StoreError> {
        let kept = self.store.kept_latest(page).await?;
        Ok(kept.into_iter().map(|(id, _, answers)| (id, self.made_of(answers))).collect())
    }

    fn made_of(&self, mut kept: Vec<Answer>) -> Option<Checked> {
        let mut said = Vec::with_capacity(self.sources.len());
        let mut everyone = true;
        for source in self.sources.iter() {
            let (id, role) = (source.id(), source.terms().role);
            match kept.iter().position(|answer| answer.source == id) {
                Some(at) => said.push((kept.swap_remove(at), role)),
                None => everyone &= role == Role::Warns,
            }
        }
        let checked = Checked::of(said)?;
        (everyone || checked.answer.verdict.is_bad_news()).then_some(checked)
    }
}
