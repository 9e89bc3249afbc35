//! What DIRBS-Core knows of a device: the IMEIs that were registered together, and the model
//! behind a TAC. Both tell how many IMEIs a device should have.

use serde::Deserialize;
use tekser_imei::{Imei, Imei14, Tac};

use super::answer::Unsound;

/// Most IMEIs that one device has. More under one device mean that somebody registered a shipment
/// as one.
const IMEIS_MAX: usize = 8;

/// A registered device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirbsDevice {
    /// The IMEI asked about.
    pub imei: Imei14,
    /// The others that were registered with it, as far as they are sound.
    pub others: Vec<Imei14>,
    /// How many were registered with it, sound or not.
    pub others_count: usize,
    /// Status of its registration: `whitelist`, `pending` or the operator's own word.
    pub status: Option<String>,
    /// Maker.
    pub make: Option<String>,
    /// Model, as it is sold.
    pub model: Option<String>,
    /// Model, as the maker numbers it.
    pub model_number: Option<String>,
    /// Brand.
    pub brand: Option<String>,
}

impl DirbsDevice {
    /// How many IMEIs the whole device has; `None` if the number makes no sense.
    pub const fn imei_count(&self) -> Option<usize> {
        let count = self.others_count + 1;
        if count <= IMEIS_MAX { Some(count) } else { None }
    }
}

/// The model that a TAC was assigned to, as the GSMA lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct DirbsModel {
    /// Maker.
    #[serde(default)]
    pub manufacturer: Option<String>,
    /// Brand.
    #[serde(default, rename = "brand_name")]
    pub brand: Option<String>,
    /// Model, as it is sold.
    #[serde(default, rename = "marketing_name")]
    pub marketing: Option<String>,
    /// Model, as the maker calls it.
    #[serde(default, rename = "model_name")]
    pub model: Option<String>,
    /// What it is: `Smartphone`, `Tablet`, `Modem` and the like.
    #[serde(default)]
    pub device_type: Option<String>,
    #[serde(default, rename = "imeiquantitysupport")]
    imei_quantity: Option<String>,
    #[serde(default, rename = "simslot")]
    sim_slots: Option<String>,
}

impl DirbsModel {
    /// How many IMEIs a device of it has: as many as the list says, or one for each SIM slot. Few
    /// entries say either.
    pub fn imei_count(&self) -> Option<usize> {
        let said = [&self.imei_quantity, &self.sim_slots];
        let mut counts = said.into_iter().flatten().filter_map(|text| text.trim().parse().ok());
        counts.find(|count| (1..=IMEIS_MAX).contains(count))
    }
}

#[derive(Deserialize)]
struct Info {
    imei_norm: Option<String>,
    #[serde(default)]
    associated_imeis: Vec<String>,
    status: Option<String>,
    make: Option<String>,
    model: Option<String>,
    model_number: Option<String>,
    brand_name: Option<String>,
}

#[derive(Deserialize)]
struct TacInfo {
    tac: String,
    #[serde(deserialize_with = "Option::deserialize")]
    gsma: Option<DirbsModel>,
}

#[derive(Deserialize)]
struct TacBatch {
    results: Vec<TacInfo>,
}

/// The device in an answer about an IMEI; `None` if it is not registered, which an empty object
/// says.
///
/// # Errors
///
/// See [`Unsound`].
pub fn device(body: &[u8], asked: Imei) -> Result<Option<DirbsDevice>, Unsound> {
    let info: Info = serde_json::from_slice(body)?;
    let Some(norm) = info.imei_norm else {
        return Ok(None);
    };
    let imei = asked.imei14();
    if norm != imei.as_str() {
        return Err(Unsound::Other { place: 1 });
    }
    let others = &info.associated_imeis;
    let sound = others.iter().filter_map(|one| Imei14::parse(one.as_bytes()).ok());
    Ok(Some(DirbsDevice {
        imei,
        others: sound.take(IMEIS_MAX).collect(),
        others_count: others.len(),
        status: info.status,
        make: info.make,
        model: info.model,
        model_number: info.model_number,
        brand: info.brand_name,
    }))
}

/// The model in an answer about a TAC; `None` if the GSMA's list has none.
///
/// # Errors
///
/// See [`Unsound`].
pub fn model(body: &[u8], asked: Tac) -> Result<Option<DirbsModel>, Unsound> {
    let info: TacInfo = serde_json::from_slice(body)?;
    if info.tac != asked.as_str() {
        return Err(Unsound::Other { place: 1 });
    }
    Ok(info.gsma)
}

/// The models in an answer about several TACs, in the order asked. The answer has each TAC once
/// and in an order of its own, so they are told apart by name.
///
/// # Errors
///
/// See [`Unsound`]; a TAC without an answer is one.
pub fn models(body: &[u8], asked: &[Tac]) -> Result<Vec<Option<DirbsModel>>, Unsound> {
    let TacBatch { results } = serde_json::from_slice(body)?;
    let answered = results.len();
    let by_name: std::collections::BTreeMap<String, Option<DirbsModel>> =
        results.into_iter().map(|info| (info.tac, info.gsma)).collect();
    let missing = Unsound::Count { asked: asked.len(), answered };
    asked.iter().map(|tac| by_name.get(tac.as_str()).cloned().ok_or(missing)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(quantity: Option<&str>, slots: Option<&str>) -> Option<usize> {
        let text = |value: Option<&str>| value.map(str::to_owned);
        let (imei_quantity, sim_slots) = (text(quantity), text(slots));
        DirbsModel { imei_quantity, sim_slots, ..DirbsModel::default() }.imei_count()
    }

    #[test]
    fn a_model_has_as_many_imeis_as_the_list_says_else_as_slots() {
        assert_eq!(counted(Some("2"), Some("1")), Some(2));
        assert_eq!(counted(None, Some(" 2 ")), Some(2));
        assert_eq!(counted(Some("Not Known"), Some("3")), Some(3));
        assert_eq!(counted(Some("0"), Some("900")), None);
        assert_eq!(counted(None, None), None);
    }

    #[test]
    fn an_answer_about_another_device_is_none_about_this() {
        let asked = "352099001761481".parse().unwrap();
        assert_eq!(device(b"{}", asked), Ok(None));
        let other = br#"{"imei_norm":"35209900176149"}"#;
        assert_eq!(device(other, asked), Err(Unsound::Other { place: 1 }));
        let tac = asked.tac();
        assert_eq!(model(br#"{"tac":"35209900","gsma":null}"#, tac), Ok(None));
        let other = br#"{"tac":"35209901","gsma":null}"#;
        assert_eq!(model(other, tac), Err(Unsound::Other { place: 1 }));
        assert!(model(br#"{"tac":"35209900"}"#, tac).is_err());
    }

    #[test]
    fn a_shipment_registered_as_one_device_counts_nothing() {
        let asked = "352099001761481".parse().unwrap();
        let info = |others: usize| {
            let others = vec!["\"35209900176149\""; others].join(",");
            let body = format!(r#"{{"imei_norm":"35209900176148","associated_imeis":[{others}]}}"#);
            device(body.as_bytes(), asked).unwrap().unwrap()
        };
        assert_eq!(info(1).imei_count(), Some(2));
        assert_eq!(info(1000).imei_count(), None);
        assert_eq!(info(1000).others.len(), IMEIS_MAX);
    }
}
