//! Its lists, and what it makes of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;

/// A row of the registration list.
#[derive(Debug, Clone)]
pub struct Registration {
    pub status: Option<&'static str>,
    /// IMEIs with the same one are one device.
    pub device: Option<u32>,
    pub make: &'static str,
    pub model: &'static str,
    pub model_number: &'static str,
}

impl Registration {
    pub const fn with(status: &'static str) -> Self {
        let (make, model, model_number) = ("Samsung", "Galaxy A54", "SM-A546E");
        Self { status: Some(status), device: None, make, model, model_number }
    }

    pub const fn of_device(self, device: u32) -> Self {
        Self { device: Some(device), ..self }
    }
}

/// Its lists, by the first 14 digits.
#[derive(Debug, Default, Clone)]
pub struct World {
    pub registered: BTreeMap<String, Registration>,
    pub stolen: BTreeMap<String, Option<&'static str>>,
    pub block_dates: BTreeMap<String, Date>,
    pub first_seen: BTreeMap<String, Date>,
    /// Conditions that block, and whom they meet.
    pub conditions: BTreeMap<&'static str, BTreeSet<String>>,
    /// The GSMA's list: what it says of a TAC.
    pub tacs: BTreeMap<String, BTreeMap<&'static str, &'static str>>,
}

// The members of each answer stand in the order of the alphabet.

#[derive(Serialize)]
pub struct ImeiAnswer<'a> {
    block_date: Option<Date>,
    classification_state: Classification,
    first_seen: Option<Date>,
    imei_norm: String,
    realtime_checks: Checks,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_status: Option<Status<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stolen_status: Option<Status<'a>>,
}

#[derive(Serialize)]
struct Classification {
    blocking_conditions: Vec<Condition>,
    informative_conditions: Vec<Condition>,
}

#[derive(Serialize)]
struct Condition {
    condition_met: bool,
    condition_name: &'static str,
}

#[derive(Serialize)]
struct Checks {
    ever_observed_on_network: bool,
    gsma_not_found: bool,
    in_registration_list: bool,
    invalid_imei: bool,
    is_exempted_device: bool,
    is_paired: bool,
}

#[derive(Serialize)]
struct Status<'a> {
    provisional_only: Option<bool>,
    status: Option<&'a str>,
}

#[derive(Serialize)]
pub struct Info<'a> {
    associated_imeis: Vec<&'a str>,
    brand_name: &'a str,
    device_type: &'a str,
    imei_norm: String,
    make: &'a str,
    model: &'a str,
    model_number: &'a str,
    radio_interface: &'a str,
    status: Option<&'a str>,
}

#[derive(Serialize)]
pub struct TacAnswer<'a> {
    gsma: Option<&'a BTreeMap<&'static str, &'static str>>,
    tac: &'a str,
}

/// The first 14 if there are 14 digits, whatever follows; else the whole in capitals.
pub fn norm(imei: &str) -> String {
    match imei.get(..14) {
        Some(first) if first.bytes().all(|byte| byte.is_ascii_digit()) => first.to_owned(),
        _ => imei.to_uppercase(),
    }
}

impl World {
    /// The lists of the server whose transcript there is.
    pub fn of_the_transcript() -> Self {
        let mut world = Self::default();
        let pair = || Registration::with("whitelist").of_device(1);
        world.registered.insert("35209900176148".into(), pair());
        world.registered.insert("35209900176149".into(), pair());
        world.registered.insert("86012304000010".into(), Registration::with("pending"));
        world.stolen.insert("49015420323751".into(), Some("blacklist"));
        world.conditions.insert("simple_dimension", BTreeSet::new());
        world.tacs.insert("86012304".into(), BTreeMap::new());
        let galaxy = [
            ("allocation_date", "2016-04-26"),
            ("bands", "LTE"),
            ("bluetooth", "Y"),
            ("brand_name", "Samsung"),
            ("country_code", "82"),
            ("device_type", "Smartphone"),
            ("fixed_code", "00"),
            ("internal_model_name", "SM-A546E"),
            ("manufacturer", "Samsung Korea"),
            ("marketing_name", "Galaxy A54"),
            ("model_name", "SM-A546E"),
            ("nfc", "Y"),
            ("operating_system", "Android"),
            ("radio_interface", "LTE"),
            ("wlan", "Y"),
        ];
        world.tacs.insert("35209900".into(), galaxy.into());
        world
    }

    pub fn imei(&self, imei: &str, with_registration: bool, with_stolen: bool) -> ImeiAnswer<'_> {
        let norm = norm(imei);
        let registered = self.registered.get(&norm).map(|row| row.status);
        let stolen = self.stolen.get(&norm).copied();
        let first_seen = self.first_seen.get(&norm).copied();
        let conditions = self.conditions.iter().map(|(name, meets)| Condition {
            condition_met: meets.contains(&norm),
            condition_name: name,
        });
        let digits = norm.len() == 14 && norm.bytes().all(|byte| byte.is_ascii_digit());
        ImeiAnswer {
            block_date: self.block_dates.get(&norm).copied(),
            classification_state: Classification {
                blocking_conditions: conditions.collect(),
                informative_conditions: Vec::new(),
            },
            first_seen,
            realtime_checks: Checks {
                ever_observed_on_network: first_seen.is_some(),
                gsma_not_found: !norm.get(..8).is_some_and(|tac| self.tacs.contains_key(tac)),
                in_registration_list: matches!(registered, Some(None | Some("whitelist"))),
                invalid_imei: !digits,
                is_exempted_device: false,
                is_paired: false,
            },
            registration_status: with_registration.then(|| Status::of(registered, "whitelist")),
            stolen_status: with_stolen.then(|| Status::of(stolen, "blacklist")),
            imei_norm: norm,
        }
    }

    pub fn info(&self, imei: &str) -> Option<Info<'_>> {
        let norm = norm(imei);
        let row = self.registered.get(&norm)?;
        let same = |(other, its): &(&String, &Registration)| {
            its.device.is_some() && its.device == row.device && **other != norm
        };
        Some(Info {
            associated_imeis: self
                .registered
                .iter()
                .filter(same)
                .map(|(other, _)| other.as_str())
                .collect(),
            brand_name: row.make,
            device_type: "Smartphone",
            make: row.make,
            model: row.model,
            model_number: row.model_number,
            radio_interface: "LTE",
            status: row.status,
            imei_norm: norm,
        })
    }

    pub fn tac<'a>(&'a self, tac: &'a str) -> TacAnswer<'a> {
        TacAnswer { gsma: self.tacs.get(tac), tac }
    }
}

impl<'a> Status<'a> {
    /// A row without a status, or with the one that makes it final, is not provisional.
    fn of(row: Option<Option<&'a str>>, last: &str) -> Self {
        let provisional_only = row.map(|status| status.is_some_and(|status| status != last));
        Self { provisional_only, status: row.flatten() }
    }
}
