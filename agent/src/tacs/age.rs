//! How old a TAC is, and how young a phone: only where it is known.

use tekser_imei::Tac;

/// Year by whose April the old form of an IMEI was over: six digits of type approval and two of
/// the factory (FAC). Country codes stood for the body that approved a type in those days; GSMA
/// TS.06 lists them as allocating no longer. Of other bodies a TAC does not say its age.
pub(super) const OLD_FORM_UNTIL: i16 = 2004;

/// Whether the TAC is of the time of factory codes.
pub(super) fn is_of_old_form(tac: Tac) -> bool {
    let body = tac.reporting_body();
    matches!(body.as_str(), "33" | "44" | "45" | "49" | "50" | "51" | "52" | "53" | "54")
}

/// Years for which makers keep a model up to date at most: seven are promised, and one for a phone
/// that was late. A phone that runs something younger has other software, or is another phone.
pub(super) const UPDATES_MAX: i16 = 8;

/// Years by which a model must be younger than its TAC before it is odd: makers take TACs a year or
/// two ahead, and tables are off by one.
pub(super) const AHEAD_MAX: i16 = 3;

/// Year in which a version of an operating system was first released, by its major number.
pub(super) fn released(os: &str) -> Option<i16> {
    let mut words = os.split_whitespace();
    let name = words.next()?;
    let major: Option<u16> = words
        .next()
        .and_then(|version| version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
    if name.eq_ignore_ascii_case("android") {
        let years = [
            2008, 2009, 2011, 2011, 2014, 2015, 2016, 2017, 2018, 2019, 2020, 2021, 2022, 2023,
            2024, 2025,
        ];
        let at = major.map_or(0, |major| usize::from(major.saturating_sub(1)));
        // One that is not listed is younger than all of them.
        return years.get(at).or(years.last()).copied();
    }
    // Apple's major numbers say little: 26 followed 18.
    name.eq_ignore_ascii_case("ios").then_some(2007)
}
