//! What a `registries.toml` may say.

use std::path::Path;

use jiff::SignedDuration;

use super::*;
use crate::registry::Terms;

fn parsed(text: &str) -> Result<Settings, SettingsError> {
    Settings::parse(text, Path::new("registries.toml"))
}

fn source(more: &str) -> String {
    format!("format = 1\n[[source]]\nname = 'a'\nkind = 'dirbs'\nurl = 'http://h:1'\n{more}")
}

#[test]
fn the_sandbox_is_not_asked_beside_one_that_decides() {
    assert!(parsed("format = 1").unwrap().asks_sandbox());
    assert!(!parsed(&source("")).unwrap().asks_sandbox());
    assert!(parsed(&source("role = 'warns'")).unwrap().asks_sandbox());
    let both = source("").replace("format = 1", "format = 1\nsandbox = true");
    assert!(parsed(&both).unwrap().asks_sandbox());
}

#[test]
fn a_portal_needs_a_name_only() {
    let portal = |more| {
        let text = format!("format = 1\n[[source]]\nname = 'p'\nkind = 'portal'\n{more}");
        parsed(&text).unwrap().sources()[0].portal().unwrap()
    };
    let usual = portal("");
    assert_eq!(usual.link.as_str(), "https://imei.rfs.gov.kz/");
    assert_eq!(usual.fresh_for, SignedDuration::from_hours(24));
    let own = portal("url = 'https://kz-imei.kz/'\nfresh_minutes = 60\nrole = 'warns'");
    assert_eq!(own.link.as_str(), "https://kz-imei.kz/");
    assert_eq!((own.fresh_for, own.role), (SignedDuration::from_hours(1), Role::Warns));
    assert_eq!(parsed(&source("")).unwrap().sources()[0].portal(), None);
}

#[test]
fn what_it_says_of_a_source_is_how_it_is_asked() {
    let more = "role = 'warns'\nfresh_minutes = 60\npaid = true\ndeadline_seconds = 7";
    let settings = parsed(&source(more)).unwrap();
    let one = &settings.sources()[0];
    let fresh_for = SignedDuration::from_hours(1);
    let deadline = SignedDuration::from_secs(7);
    let terms = Terms { role: Role::Warns, fresh_for, paid: true, batch_max: 9, deadline };
    assert_eq!(one.terms(9), terms);
    let plain = parsed(&source("")).unwrap().sources()[0].terms(1000);
    assert_eq!(plain, Terms::default());
}

#[test]
fn what_the_readme_shows_is_understood() {
    let readme = include_str!("../../../../README.md");
    let shown = readme.split("```toml\n").filter_map(|rest| rest.split("```").next());
    let shown = shown.filter(|text| text.contains("[[source]]")).collect::<Vec<_>>();
    assert_eq!(shown.len(), 1);
    let settings = parsed(shown[0]).unwrap();
    assert!(settings.sources().len() > 1);
    // And with the line that is commented out: it is meant to work as well.
    let all = parsed(&shown[0].replace("\n# ", "\n")).unwrap();
    assert!(!settings.asks_sandbox() && all.asks_sandbox());
}

#[test]
fn what_makes_no_sense_is_refused_and_named() {
    let twice = format!("{}\n[[source]]\nname = 'a'\nkind = 'portal'", source(""));
    let table = [
        ("format = 2", "this program knows 1"),
        (&twice, "stands twice"),
        (&source("").replace("'a'", "'sandbox'"), "sandbox's"),
        (&source("").replace("'a'", "'Big Name'"), "a-z"),
        (&source("").replace("http:", "ftp:"), "neither"),
        (&source("").replace("url = 'http://h:1'", ""), "url is missing"),
        (&source("deadline_seconds = 0"), "1 to 120"),
        (&source("fresh_minutes = 10081"), "10080"),
        (&source("paid = true"), "fresh_minutes"),
        (
            &source("[source.oauth]\ntoken_url='ftp://h'\nclient_id='a'\nsecret_file='s'"),
            "token_url",
        ),
        (&source("colour = 'red'"), "colour"),
    ];
    for (text, words) in table {
        let error = parsed(text).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
}
