//! Reading the rules, and refusing those that make no sense.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::*;

/// The rules that the program carries.
pub const SHIPPED: &str = include_str!("../../rules/kazakhstan.toml");

/// Longest rules file, in bytes.
pub const RULES_MAX: u64 = 256 * 1024;

/// Version of the format that is understood.
const FORMAT: u8 = 1;

/// Why a rules file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// It can't be read.
    #[error("cannot read the rules {path}; move the file away to go by the rules of the program")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is too long.
    #[error("the rules {path} have more than {RULES_MAX} bytes; is it another file?")]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// It is no TOML, or has other tables than rules have.
    #[error("the rules {path} cannot be understood: {detail}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        detail: String,
    },
    /// Its values make no sense.
    #[error("the rules {path} make no sense: {what}")]
    Senseless {
        /// The file.
        path: PathBuf,
        /// Which, and how to mend it.
        what: String,
    },
}

/// Tables that replace those of the program.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    format: u8,
    grace: Option<Grace>,
    mci: Option<Vec<Mci>>,
    fee: Option<FeeRule>,
    quota: Option<Vec<Quota>>,
    union: Option<CustomsUnion>,
    tracking: Option<Tracking>,
    tracking_used: Option<PlainRule>,
    #[serde(default)]
    proof: BTreeMap<ProofOf, Proof>,
    unfit: Option<Unfit>,
    encryption: Option<Encryption>,
    declaration: Option<DeclarationRule>,
}

impl Rules {
    /// The rules of the program, with what the file at `path` changes, if it is there.
    ///
    /// # Errors
    ///
    /// See [`RulesError`].
    pub fn load(path: &Path) -> Result<Self, RulesError> {
        let shipped = Self::parse(SHIPPED, Path::new("of the program"))?;
        let unreadable = |source| RulesError::Unreadable { path: path.to_owned(), source };
        let mut text = String::new();
        match std::fs::File::open(path) {
            Ok(file) => file.take(RULES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(shipped),
            Err(error) => return Err(unreadable(error)),
        };
        if text.len() as u64 > RULES_MAX {
            return Err(RulesError::TooLong { path: path.to_owned() });
        }
        shipped.changed(&text, path)
    }

    /// Whole rules from text; `path` is named in errors.
    ///
    /// # Errors
    ///
    /// [`RulesError::Syntax`] and [`RulesError::Senseless`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, RulesError> {
        let rules: Self = toml::from_str(text).map_err(|error| syntax(path, &error))?;
        rules.sensible(path)
    }

    /// These rules with the tables that `text` changes; `path` is named in errors.
    ///
    /// # Errors
    ///
    /// [`RulesError::Syntax`] and [`RulesError::Senseless`].
    pub fn changed(self, text: &str, path: &Path) -> Result<Self, RulesError> {
        let changes: Changes = toml::from_str(text).map_err(|error| syntax(path, &error))?;
        let mut proof = self.proof;
        proof.extend(changes.proof);
        let rules = Self {
            format: changes.format,
            grace: changes.grace.unwrap_or(self.grace),
            mci: changes.mci.unwrap_or(self.mci),
            fee: changes.fee.unwrap_or(self.fee),
            quota: changes.quota.unwrap_or(self.quota),
            union: changes.union.unwrap_or(self.union),
            tracking: changes.tracking.unwrap_or(self.tracking),
            tracking_used: changes.tracking_used.unwrap_or(self.tracking_used),
            proof,
            unfit: changes.unfit.unwrap_or(self.unfit),
            encryption: changes.encryption.unwrap_or(self.encryption),
            declaration: changes.declaration.unwrap_or(self.declaration),
        };
        rules.sensible(path)
    }

    fn sensible(self, path: &Path) -> Result<Self, RulesError> {
        match self.nonsense() {
            None => Ok(self),
            Some(what) => Err(RulesError::Senseless { path: path.to_owned(), what }),
        }
    }

    /// The first thing that makes no sense.
    fn nonsense(&self) -> Option<String> {
        if self.format != FORMAT {
            return Some(format!("format is {}, this program knows {FORMAT}", self.format));
        }
        if !(1..=366).contains(&self.grace.days) || self.grace.warn_days > self.grace.days {
            return Some("grace.days is 1 to 366, and warn_days no more than it".to_owned());
        }
        if self.mci.is_empty() || !self.mci.is_sorted_by(|one, next| one.year < next.year) {
            return Some("mci needs years, each once and ascending".to_owned());
        }
        if self.mci.iter().any(|mci| mci.tenge == 0) {
            return Some("mci.tenge is more than 0".to_owned());
        }
        if self.quota.iter().any(|quota| quota.devices == 0) || self.tracking.devices == 0 {
            return Some("quota.devices and tracking.devices are more than 0".to_owned());
        }
        if let Some(missing) = ProofOf::ALL.iter().find(|of| !self.proof.contains_key(of)) {
            return Some(format!("there is no proof for {missing:?}"));
        }
        let proofs = self.proof.values().map(|proof| &proof.kinds);
        if proofs.chain([&self.encryption.kinds]).any(BTreeSet::is_empty) {
            return Some(
                "kinds of documents are needed in every proof and in encryption".to_owned(),
            );
        }
        let proves =
            |kind: &&DocumentKind| self.proof.values().any(|proof| proof.kinds.contains(kind));
        if let Some(both) = self.unfit.kinds.iter().find(proves) {
            return Some(format!("{both:?} is unfit and proves an import"));
        }
        self.sources()
            .any(|source| source.trim().is_empty())
            .then(|| "every rule names its source".to_owned())
    }

    fn sources(&self) -> impl Iterator<Item = &str> {
        let single = [
            &self.grace.source,
            &self.fee.source,
            &self.union.source,
            &self.tracking.source,
            &self.tracking_used.source,
            &self.unfit.source,
            &self.encryption.source,
        ];
        let mci = self.mci.iter().map(|mci| &mci.source);
        let quota = self.quota.iter().map(|quota| &quota.source);
        let proof = self.proof.values().map(|proof| &proof.source);
        single.into_iter().chain(mci).chain(quota).chain(proof).map(String::as_str)
    }
}

fn syntax(path: &Path, error: &toml::de::Error) -> RulesError {
    RulesError::Syntax { path: path.to_owned(), detail: error.to_string() }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn path() -> &'static Path {
        Path::new("rules.toml")
    }

    fn shipped() -> Rules {
        Rules::parse(SHIPPED, path()).unwrap()
    }

    fn by(kind: ApplicantKind) -> Applicant {
        Applicant { kind, number: "940140000385".parse().unwrap() }
    }

    #[track_caller]
    fn check_refused(text: &str, expected: &[&str]) {
        let error = shipped().changed(text, path()).unwrap_err().to_string();
        for words in [&["rules.toml"], expected].concat() {
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn the_rules_of_the_program_are_sensible() {
        let rules = shipped();
        assert_eq!((rules.grace.days, rules.quota.len(), rules.tracking.devices), (30, 2, 2));
        assert_eq!(rules.proof.len(), ProofOf::ALL.len());
        assert!(rules.sources().all(|source| source.len() > 8));
    }

    /// zhaikpress.kz (2024), mgorod.kz (2025), liter.kz (2026); 1 MCI per device, individuals free.
    #[test]
    fn a_business_pays_one_index_per_device() {
        let rules = shipped();
        for (day, mci) in
            [(date(2025, 5, 25), 3_932), (date(2025, 12, 31), 3_932), (date(2026, 1, 1), 4_325)]
        {
            let fee = rules.fee(by(ApplicantKind::LegalEntity), 2, day).unwrap();
            assert_eq!((fee.tenge, fee.mci, fee.year), (2 * u64::from(mci), mci, day.year()));
        }
        assert_eq!(rules.mci.iter().find(|mci| mci.year == 2024).unwrap().tenge, 3_692);
        let none = [
            (ApplicantKind::Individual, date(2026, 1, 1)),
            (ApplicantKind::LegalEntity, date(2025, 5, 24)),
            // Nobody knows the index of that year yet.
            (ApplicantKind::LegalEntity, date(2031, 1, 1)),
        ];
        for (kind, day) in none {
            assert_eq!(rules.fee(by(kind), 2, day), None);
        }
    }

    #[test]
    fn a_table_of_the_shop_replaces_the_programs() {
        let text = "format = 1\n[grace]\ndays = 45\nwarn_days = 5\nsource = \"order 1\"\nsince = \"2027-01-01\"";
        let changed = shipped().changed(text, path()).unwrap();
        assert_eq!((changed.grace.days, changed.grace.source.as_str()), (45, "order 1"));
        assert_eq!(Rules { grace: shipped().grace, ..changed }, shipped());
        assert_eq!(shipped().changed("format = 1", path()).unwrap(), shipped());
    }

    #[test]
    fn a_file_that_cannot_be_understood_is_told_with_its_line() {
        check_refused("format = ", &["line 1"]);
        check_refused("format = 1\n[graces]\ndays = 1", &["line 2", "graces"]);
        check_refused("format = 1\n[grace]\ndays = 40", &["line 2", "warn_days"]);
        check_refused(
            "format = 1\n[unfit]\nkinds = [\"passport\"]\nsource = \"x\"\nsince = \"2026-01-01\"",
            &["line 3", "passport"],
        );
        check_refused(
            "format = 1\n[union]\ncountries = [\"XX\"]\nsource = \"x\"\nsince = \"2026-01-01\"",
            &["line 3", "ISO 3166"],
        );
        check_refused("", &["format"]);
    }

    #[test]
    fn rules_without_sense_are_refused() {
        let grace = |days, warn| {
            format!(
                "format = 1\n[grace]\ndays = {days}\nwarn_days = {warn}\nsource = \"x\"\nsince = \"2026-01-01\""
            )
        };
        check_refused(&grace(0, 0), &["grace.days"]);
        check_refused(&grace(30, 31), &["grace.days"]);
        check_refused("format = 2", &["format is 2"]);
        check_refused("format = 1\nmci = []", &["mci"]);
        let year = "[[mci]]\nyear = 2026\ntenge = 4325\nsource = \"x\"\n";
        check_refused(&format!("format = 1\n{year}{year}"), &["ascending"]);
        let both = "format = 1\n[unfit]\nkinds = [\"tracking_number\"]\nsource = \"x\"\nsince = \"2026-01-01\"";
        check_refused(both, &["unfit"]);
        let nobody = "format = 1\n[tracking_used]\nseverity = \"stop\"\nsource = \" \"\nsince = \"2026-01-01\"";
        check_refused(nobody, &["source"]);
    }

    #[test]
    fn only_a_file_that_is_there_changes_anything() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rules.toml");
        assert_eq!(Rules::load(&file).unwrap(), shipped());
        std::fs::write(&file, vec![b'#'; usize::try_from(RULES_MAX).unwrap() + 1]).unwrap();
        assert!(matches!(Rules::load(&file), Err(RulesError::TooLong { .. })));
        std::fs::write(&file, [0xff, 0xfe]).unwrap();
        assert!(matches!(Rules::load(&file), Err(RulesError::Unreadable { .. })));
        assert!(matches!(Rules::load(folder.path()), Err(RulesError::Unreadable { .. })));
    }

    #[test]
    fn rules_are_written_as_they_are_read() {
        let text = toml::to_string_pretty(&shipped()).unwrap();
        assert_eq!(Rules::parse(&text, path()).unwrap(), shipped());
    }

    proptest! {
        #[test]
        fn no_text_upsets_the_reader(text in "\\PC{0,80}", at in 0..SHIPPED.len(), with in any::<char>()) {
            let _ = Rules::parse(&text, path());
            let mut spoiled: String = SHIPPED.to_owned();
            if spoiled.is_char_boundary(at) {
                spoiled.insert(at, with);
                let _ = Rules::parse(&spoiled, path()).map(|rules| rules.nonsense());
            }
        }

        #[test]
        fn a_period_is_a_year_or_its_month(one in 0..4000i32, other in 0..4000i32) {
            let day = |n| date(2020, 1, 1).checked_add(Span::new().days(n)).unwrap();
            let (one, other) = (day(one), day(other));
            let year = Period::CalendarYear.has_both(one, other);
            let month = Period::CalendarMonth.has_both(one, other);
            prop_assert_eq!(year, one.year() == other.year());
            prop_assert!(!month || year && one.month() == other.month());
        }
    }
}
