//! `camara` through every scenario that CAMARA wrote for DeviceAuthenticity.

use std::path::Path;
use std::sync::Arc;

use tekser::clock::{Clock, SystemClock};
use tekser::registry::settings::Settings;
use tekser::registry::{RegistryError, Source};
use tekser::ruling::{Answer, BlockReason, Undetermined, Verdict};
use tekser_imei::Imei;

use crate::feature::{Scenario, hold, scenarios};
use crate::gateway::{Gateway, Wish};
use crate::peers::{Prism, description};

const BASE: &str = "/device-authenticity/vwip";

/// The one example of the description whose check digit is right.
const ASKED: &str = "490154203237518";

/// What the station makes of a scenario.
enum Outcome {
    Says(Verdict),
    /// No verdict, for this reason, and an error that names this code.
    Open(Undetermined, &'static str),
}
use Outcome::{Open, Says};

const fn blocked(reason: BlockReason) -> Outcome {
    Says(Verdict::Blocked { reason })
}

/// What Prism is asked for, and what comes of it; `None` of a scenario that nobody thought of.
fn counterpart(tag: &str, example: &str) -> Option<(&'static str, Outcome)> {
    let invalid = "code=400, example=Invalid IMEI Format";
    let failed = |code| Open(Undetermined::RegistryFailed, code);
    let denied = |code| Open(Undetermined::Denied, code);
    let name = tag.strip_prefix("device_authenticity_")?;
    Some(match name {
        "01_allowed_imei" => listed("allowed")?,
        "02_lost_imei" => listed("lost")?,
        "03_stolen_imei" => listed("stolen")?,
        "04_blacklisted_imei" => listed("blacklisted")?,
        "05_blocked_imei" => listed("blocked")?,
        "06_fraud_imei" => listed("fraud")?,
        "07_non_payment_imei" => listed("non-payment")?,
        "08_regulatory_imei" => listed("regulatory")?,
        "09_unknown_imei" => listed("unknown")?,
        "10_reported_date_for_negative_status" => listed(example)?,
        "11_last_checked_format" => listed("stolen")?,
        "12_imei_echoed_in_response" => listed("lost")?,
        "13_request_without_x_correlator" => listed("lost")?,
        "14_x_correlator_echoed" => listed("allowed")?,
        "C01.01_missing_imei" => ("code=400, example=Missing IMEI", failed("INVALID_ARGUMENT")),
        "C01.02_imei_not_schema_compliant" => (invalid, failed("INVALID_ARGUMENT")),
        "C01.03_empty_request_body" => {
            ("code=400, example=Missing IMEI", failed("INVALID_ARGUMENT"))
        }
        "401.1_expired_access_token" => ("code=401", denied("UNAUTHENTICATED")),
        "401.2_no_authorization_header" => ("", denied("UNAUTHENTICATED")),
        "401.3_malformed_access_token" => ("code=401", denied("UNAUTHENTICATED")),
        "403_permission_denied" => ("code=403", denied("PERMISSION_DENIED")),
        "404_identifier_not_found" => ("code=404", Says(Verdict::Unknown)),
        "422_service_not_applicable" => {
            ("code=422", Says(Verdict::Undetermined { why: Undetermined::Denied }))
        }
        "429.1_quota_exceeded" => {
            ("code=429, example=Quota Exceeded", Open(Undetermined::Throttled, ""))
        }
        "429.2_too_many_requests" => {
            ("code=429, example=Too Many Requests", Open(Undetermined::Throttled, ""))
        }
        _ => return None,
    })
}

/// Prism's example of a status.
fn listed(status: &str) -> Option<(&'static str, Outcome)> {
    Some(match status {
        "allowed" => ("example=Allowed IMEI", Says(Verdict::Clear)),
        "lost" => ("example=Lost IMEI", blocked(BlockReason::Lost)),
        "stolen" => ("example=Stolen IMEI", blocked(BlockReason::Stolen)),
        "blacklisted" => ("example=Blacklisted IMEI", blocked(BlockReason::BlockListed)),
        "blocked" => ("example=Blocked IMEI", blocked(BlockReason::Prohibited)),
        "fraud" => ("example=Fraudulent IMEI", blocked(BlockReason::Fraud)),
        "non-payment" => ("example=Non-Payment IMEI", blocked(BlockReason::NonPayment)),
        "regulatory" => ("example=Regulatory IMEI", blocked(BlockReason::Regulatory)),
        "unknown" => ("example=Unknown IMEI", Says(Verdict::Unknown)),
        _ => return None,
    })
}

struct Operator {
    gateway: Gateway,
    known: Arc<dyn Source>,
    stranger: Arc<dyn Source>,
    _prism: Prism,
}

impl Operator {
    async fn open() -> Option<Self> {
        let prism = Prism::serve(&description("camara-device-authenticity.yaml")?)?;
        let gateway = Gateway::before(prism.address, BASE).await;
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("token"), "a-token").unwrap();
        let known = source(&gateway, place.path(), "token_file = 'token'");
        let stranger = source(&gateway, place.path(), "");
        Some(Self { gateway, known, stranger, _prism: prism })
    }

    /// Replays a scenario with one of its examples.
    async fn replay(&self, scenario: &Scenario, example: &str) {
        let tag = &scenario.tag;
        let (prefer, outcome) = counterpart(tag, example)
            .unwrap_or_else(|| panic!("no counterpart of scenario {tag} {example}"));
        let no_correlator = tag.ends_with("13_request_without_x_correlator");
        self.gateway.wish(Wish { prefer, tie: !no_correlator, no_correlator });
        let source = if tag.contains("no_authorization") { &self.stranger } else { &self.known };
        let said = ask(source.as_ref()).await;
        let passed = self.gateway.passed();
        assert!(!passed.is_empty(), "{tag}: nothing was asked");
        for exchange in &passed {
            scenario.then.iter().for_each(|step| hold(step, example, exchange));
        }
        match outcome {
            Says(verdict) => {
                let answer = said.unwrap();
                assert_eq!(answer.verdict, verdict, "{tag}");
                let checked = passed[0].answer.get("lastChecked");
                let checked = checked.map(|when| when.as_str().unwrap().parse().unwrap());
                assert!(checked.is_none_or(|checked| answer.as_of == checked), "{tag}");
            }
            Open(why, code) => {
                let error = said.unwrap_err();
                assert_eq!(error.undetermined(), why, "{tag}");
                assert!(error.to_string().contains(code), "{tag}: {error}");
                assert!(!error.to_string().contains(&ASKED[..8]), "{tag}: {error}");
            }
        }
    }
}

fn source(gateway: &Gateway, place: &Path, more: &str) -> Arc<dyn Source> {
    let text = format!(
        "format = 1\n[[source]]\nname = 'operator'\nkind = 'camara'\nurl = 'http://{}{BASE}'\n{more}",
        gateway.address
    );
    let settings = Settings::parse(&text, place).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    settings.sources()[0].open(place, &clock).unwrap()
}

async fn ask(source: &dyn Source) -> Result<Answer, RegistryError> {
    let answers = source.look_up(&[ASKED.parse::<Imei>().unwrap()]).await?;
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].imei.as_str(), ASKED);
    Ok(answers.into_iter().next().unwrap())
}

#[tokio::test]
async fn every_scenario_of_camara_has_its_outcome() {
    let Some(feature) = description("camara-device-authenticity.feature") else {
        return;
    };
    let all = scenarios(&feature);
    let tags = feature.lines().filter(|line| line.trim().starts_with("@device_")).count();
    assert_eq!(all.len(), tags, "each scenario is found, and has a tag");
    let Some(operator) = Operator::open().await else {
        return;
    };
    for scenario in &all {
        // A scenario that is no outline is its own example.
        let own = scenario.examples.is_empty().then_some("");
        for example in scenario.examples.iter().map(String::as_str).chain(own) {
            operator.replay(scenario, example).await;
        }
    }
    eprintln!("{} scenarios replayed", all.len());
}

#[test]
fn no_imei_that_camara_calls_invalid_is_ever_sent() {
    let Some(feature) = description("camara-device-authenticity.feature") else {
        return;
    };
    let all = scenarios(&feature);
    let invalid = all.iter().find(|scenario| scenario.tag.contains("not_schema")).unwrap();
    assert_eq!(invalid.examples.len(), 5);
    for text in &invalid.examples {
        // Separators are no part of a number: what is left is sent, and is fifteen digits.
        let parsed = text.parse::<Imei>();
        assert!(parsed.is_err(), "{text} is {:?}", parsed.unwrap().as_str());
    }
}

#[tokio::test]
async fn an_answer_to_another_question_or_about_another_imei_is_not_believed() {
    let Some(operator) = Operator::open().await else {
        return;
    };
    let table = [
        (Wish { prefer: "example=Lost IMEI", ..Wish::default() }, "another question"),
        (
            Wish { prefer: "example=Allowed IMEI", no_correlator: true, ..Wish::default() },
            "another IMEI",
        ),
    ];
    for (wish, words) in table {
        operator.gateway.wish(wish);
        let error = ask(operator.known.as_ref()).await.unwrap_err();
        assert_eq!(error.undetermined(), Undetermined::Unreadable);
        assert!(error.to_string().contains(words), "{error}");
    }
}
