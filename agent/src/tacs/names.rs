//! Makers and models as different people write them.
//!
//! A phone says `samsung SM-A546E`, a table `Samsung Korea` and `Galaxy A54 5G`: the same phone. So
//! names are compared without capitals, spaces and signs, and two that differ are taken for a
//! contradiction in two cases only: the makers are different houses, or the very source that names
//! the TAC otherwise lists the phone's own name under other TACs, and so would have used it here.

use super::{TacEntry, TacFacts};

/// Letters and digits alone, small: what spellings of one name have in common.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

/// A phone by what it calls itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names<'a> {
    /// Maker.
    pub maker: Option<&'a str>,
    /// Model, or its code.
    pub model: Option<&'a str>,
}

/// How two names of a phone stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// The same phone.
    Same,
    /// Nothing can be said: one of them is missing, or a factory that builds for others is named.
    Unclear,
    /// The makers are different houses.
    OtherMaker,
    /// One maker, two names: a contradiction only for a source that knows both of them.
    OtherName,
}

impl Likeness {
    /// What a phone says against what a source says of its TAC.
    pub fn of(phone: Names<'_>, said: &TacFacts) -> Self {
        let ours = phone.maker.and_then(house);
        let theirs = said.maker.as_deref().and_then(house);
        let one_house = match (&ours, &theirs) {
            (Some(ours), Some(theirs)) => Some(ours == theirs),
            _ => None,
        };
        let name = phone.model.map(|model| model_key(phone.maker, model));
        let is_same = |other: &str| {
            let other = model_key(said.maker.as_deref(), other);
            name.as_deref().is_some_and(|name| is_one_model(name, &other))
        };
        let also = said.aka.as_deref().unwrap_or_default().split([',', ';', '/', '|']);
        let named = said.model.as_deref().into_iter().chain(also.map(str::trim));
        let same_model = named.filter(|other| !other.is_empty()).any(is_same);
        match (one_house, same_model) {
            // Two houses that sell one model under one name share a TAC.
            (_, true) => Self::Same,
            (Some(false), false) => Self::OtherMaker,
            (Some(true), false) if name.is_some() && said.model.is_some() => Self::OtherName,
            _ => Self::Unclear,
        }
    }
}

/// A model as it is looked for: folded, without the maker before it.
pub(super) fn model_key(maker: Option<&str>, model: &str) -> String {
    let key = fold(model);
    let maker = maker.map(fold).unwrap_or_default();
    let rest = key.strip_prefix(maker.as_str()).filter(|rest| !rest.is_empty());
    rest.map(str::to_owned).unwrap_or(key)
}

/// Whether two keys are one model: equal, one within the other (`Galaxy A54`, `Galaxy A54 5G`,
/// `GT-I9505 (Galaxy S4)`), or codes that differ in their letters at the end, which name the
/// market (`SM-A546E`, `SM-A546B`).
fn is_one_model(one: &str, other: &str) -> bool {
    let (one, other) = (stem(one), stem(other));
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    short == long || short.len() >= 4 && long.contains(short)
}

fn stem(key: &str) -> &str {
    let stem = key.trim_end_matches(|c: char| !c.is_ascii_digit());
    if stem.len() >= 5 { stem } else { key }
}

/// Words that makers put around their names.
const FILLERS: [&str; 38] = [
    "ag",
    "beijing",
    "china",
    "co",
    "com",
    "comm",
    "communication",
    "communications",
    "company",
    "corp",
    "corporation",
    "device",
    "devices",
    "dongguan",
    "electronic",
    "electronics",
    "gmbh",
    "group",
    "guangdong",
    "inc",
    "incorporated",
    "international",
    "korea",
    "limited",
    "llc",
    "ltd",
    "mobile",
    "mobiles",
    "mobility",
    "oy",
    "oyj",
    "shenzhen",
    "tech",
    "technologies",
    "technology",
    "telecom",
    "telecommunication",
    "telecommunications",
];

/// Factories that build for others and allocate in their own name, chips and reference designs:
/// they say nothing about the brand.
const FACTORIES: [&str; 28] = [
    "alps",
    "android",
    "arima",
    "byd",
    "chino",
    "compal",
    "flextronics",
    "foxconn",
    "generic",
    "hipad",
    "honhai",
    "huaqin",
    "inventec",
    "longcheer",
    "mediatek",
    "mtk",
    "none",
    "pegatron",
    "qualcomm",
    "quanta",
    "spreadtrum",
    "sprd",
    "tinno",
    "unisoc",
    "unknown",
    "various",
    "wingtech",
    "wistron",
];

/// Brands under one roof, or that were: their TACs stand under each other's names.
const HOUSES: [&[&str]; 12] = [
    &["alcatel", "tcl", "tct", "blackberry", "rim", "researchinmotion"],
    &["bq", "vsmart"],
    &["google", "htc", "lg", "lge"],
    &["huawei", "honor", "hihonor"],
    &["infinix", "itel", "tecno", "transsion"],
    &["iqoo", "vivo", "bbk"],
    &["lenovo", "motorola", "motorolasolutions", "zuk"],
    &["microsoft", "nokia", "hmd", "hmdglobal"],
    &["nubia", "zte", "redmagic"],
    &["oneplus", "oppo", "realme"],
    &["poco", "redmi", "xiaomi", "blackshark"],
    &["sony", "sonyericsson", "ericsson"],
];

/// The house of a maker; `None` for one that says nothing about the brand.
fn house(maker: &str) -> Option<String> {
    let words: Vec<String> =
        maker.split(|c: char| !c.is_alphanumeric()).map(fold).filter(|w| !w.is_empty()).collect();
    let own: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| !FILLERS.contains(word)).collect();
    let whole = own.concat();
    let is_factory = own.iter().any(|word| FACTORIES.contains(word));
    if whole.is_empty() || is_factory || FACTORIES.contains(&whole.as_str()) {
        return None;
    }
    let under_one_roof = |brand: &&str| *brand == whole || own.contains(brand);
    let house = HOUSES.iter().find(|house| house.iter().any(under_one_roof));
    let first = house.and_then(|house| house.first()).map(|first| (*first).to_owned());
    // Of a maker that nobody knows the first word is the name.
    first.or_else(|| own.first().map(|word| (*word).to_owned()))
}

/// Whether a maker is the name of a brand.
pub(super) fn is_brand(maker: &str) -> bool {
    house(maker).is_some()
}

/// Whether entries that count contradict each other, as names or in their slots.
pub(super) fn are_disputed(entries: &[TacEntry]) -> bool {
    let facts: Vec<&TacFacts> = entries.iter().filter(|e| e.counts()).map(|e| &e.facts).collect();
    facts.iter().enumerate().any(|(at, one)| {
        facts.iter().take(at).any(|other| {
            let names = Names { maker: one.maker.as_deref(), model: one.model.as_deref() };
            let likeness = Likeness::of(names, other);
            let slots = one.slots.zip(other.slots).is_some_and(|(one, other)| one != other);
            slots || matches!(likeness, Likeness::OtherMaker | Likeness::OtherName)
        })
    })
}
