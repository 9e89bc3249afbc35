//! `eir` through everything that 3GPP's description declares, over HTTP/2 with and without TLS.

use std::path::Path;
use std::sync::Arc;

use tekser::clock::{Clock, SystemClock};
use tekser::registry::settings::Settings;
use tekser::registry::{RegistryError, Source};
use tekser::ruling::{BlockReason, Undetermined, Verdict};
use tekser_imei::{Imei, Imei14};

use crate::gateway::{Gateway, Wish};
use crate::peers::{Certificate, Nghttpx, Prism, description};

/// What 3GPP puts before the paths of its description.
const BASE: &str = "/n5g-eir-eic/v1";

/// 3GPP's description, with an example for each status: it has none, and a mock answers with the
/// first word of an enumeration.
fn with_examples(description: &str) -> String {
    let mut text = description.to_owned();
    for (schema, examples) in [
        (
            "                $ref: '#/components/schemas/EirResponseData'\n",
            "                white: {value: {status: WHITELISTED}}\n                \
             black: {value: {status: BLACKLISTED}}\n                \
             grey: {value: {status: GREYLISTED}}\n",
        ),
        (
            "                $ref: '#/components/schemas/ProblemDetails'\n",
            "                unknown: {value: {status: 404, cause: ERROR_EQUIPMENT_UNKNOWN}}\n                \
             titled: {value: {status: 404, title: PEI Not Found}}\n                \
             misplaced: {value: {status: 404, cause: RESOURCE_URI_STRUCTURE_NOT_FOUND}}\n",
        ),
    ] {
        assert_eq!(text.matches(schema).count(), 1, "the description changed: {schema}");
        text = text.replace(schema, &format!("{schema}              examples:\n{examples}"));
    }
    text
}

/// The statuses that the description declares for the one question.
fn declared(description: &str) -> Vec<u16> {
    let question = description.split("\ncomponents:").next().unwrap();
    let quoted = question.lines().filter_map(|line| line.strip_prefix("        '"));
    quoted.filter_map(|line| line.strip_suffix("':")?.parse().ok()).collect()
}

fn source(url: &str, place: &Path, more: &str) -> Arc<dyn Source> {
    let text = format!(
        "format = 1\n[[source]]\nname = 'network'\nkind = 'eir'\nurl = '{url}'\ndeadline_seconds = 10\n{more}"
    );
    let settings = Settings::parse(&text, place).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    settings.sources()[0].open(place, &clock).unwrap()
}

fn imeis(count: usize) -> Vec<Imei> {
    let number = |n| format!("35693803{n:06}").parse::<Imei14>().unwrap().with_check_digit();
    (0..count).map(number).collect()
}

async fn ask(source: &dyn Source, count: usize) -> Result<Vec<Verdict>, RegistryError> {
    let asked = imeis(count);
    let answers = source.look_up(&asked).await?;
    assert!(answers.iter().map(|answer| answer.imei).eq(asked));
    Ok(answers.into_iter().map(|answer| answer.verdict).collect())
}

#[tokio::test]
async fn everything_that_3gpp_declares_has_its_meaning_over_h2c() {
    let Some(official) = description("ts29511-n5g-eir.yaml") else {
        return;
    };
    let Some(prism) = Prism::serve(&with_examples(&official)) else {
        return;
    };
    let gateway = Gateway::before(prism.address, BASE).await;
    let Some(nghttpx) = Nghttpx::before(gateway.address, None) else {
        return;
    };
    let source = source(&format!("http://{}", nghttpx.address), Path::new("."), "");
    says(&gateway, source.as_ref()).await;
    fails(&gateway, source.as_ref(), &declared(&official)).await;
}

async fn says(gateway: &Gateway, source: &dyn Source) {
    let table = [
        ("example=white", Verdict::Clear),
        ("example=black", Verdict::Blocked { reason: BlockReason::Prohibited }),
        ("example=grey", Verdict::Undetermined { why: Undetermined::Tracked }),
        ("code=404, example=unknown", Verdict::Unknown),
        ("code=404, example=titled", Verdict::Unknown),
    ];
    for (prefer, verdict) in table {
        gateway.wish(Wish { prefer, ..Wish::default() });
        assert_eq!(ask(source, 1).await, Ok(vec![verdict]), "{prefer}");
    }
    gateway.wish(Wish::default());
    assert_eq!(ask(source, 250).await, Ok(vec![Verdict::Clear; 250]));
    let passed = gateway.passed();
    assert_eq!(passed.len(), 250);
    assert!(passed.iter().all(|one| one.asked["via"] == "2 nghttpx"), "it came over HTTP/2");
}

async fn fails(gateway: &Gateway, source: &dyn Source, declared: &[u16]) {
    let failed = Undetermined::RegistryFailed;
    let table = [
        (307, "code=307", failed),
        (308, "code=308", failed),
        (400, "code=400", failed),
        (401, "code=401", Undetermined::Denied),
        (403, "code=403", Undetermined::Denied),
        (404, "code=404, example=misplaced", failed),
        (406, "code=406", failed),
        (414, "code=414", failed),
        (429, "code=429", Undetermined::Throttled),
        (500, "code=500", failed),
        (502, "code=502", failed),
        (503, "code=503", failed),
    ];
    let tried: Vec<u16> = [200].into_iter().chain(table.map(|(status, ..)| status)).collect();
    assert_eq!(tried, declared, "every declared status is tried");
    for (status, prefer, why) in table {
        gateway.wish(Wish { prefer, ..Wish::default() });
        let error = ask(source, 2).await.unwrap_err();
        let passed = gateway.passed();
        assert!(passed.iter().all(|one| one.status.as_u16() == status), "{passed:?}");
        assert_eq!(error.undetermined(), why, "{error}");
        assert!(!error.to_string().contains("35693803"), "{error}");
    }
}

#[tokio::test]
async fn over_tls_a_register_is_believed_if_somebody_trusted_vouches_for_it() {
    let place = tempfile::tempdir().unwrap();
    let Some(official) = description("ts29511-n5g-eir.yaml") else {
        return;
    };
    let Some(prism) = Prism::serve(&official) else {
        return;
    };
    let Some(certificate) = Certificate::make(place.path()) else {
        return;
    };
    let gateway = Gateway::before(prism.address, BASE).await;
    let Some(nghttpx) = Nghttpx::before(gateway.address, Some(&certificate)) else {
        return;
    };
    let authority = format!("ca_file = '{}'", certificate.authority.display());
    let url = format!("https://{}", nghttpx.address);
    let trusting = source(&url, place.path(), &authority);
    assert_eq!(ask(trusting.as_ref(), 50).await, Ok(vec![Verdict::Clear; 50]));
    assert!(gateway.passed().iter().all(|one| one.asked["via"] == "2 nghttpx"));
    gateway.wish(Wish::default());
    let wary = source(&url, place.path(), "");
    let error = ask(wary.as_ref(), 2).await.unwrap_err();
    assert_eq!(error.undetermined(), Undetermined::Unreachable);
    let plain = source(&url.replace("https", "http"), place.path(), "");
    let error = ask(plain.as_ref(), 2).await.unwrap_err();
    assert_eq!(error.undetermined(), Undetermined::Unreachable);
    assert!(gateway.passed().is_empty(), "nothing was asked of a server that nobody vouches for");
}
