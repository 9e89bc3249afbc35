//! Nothing but a clear answer is ever shown as one: every adapter, every way it fails, everywhere
//! that a verdict is looked at.
//!
//! An adapter that speaks HTTP joins in with one line in [`KINDS`].

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};
use futures_util::StreamExt as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tekser::cases::PreflightCode;
use tekser::check::{Answer, Checked, Checks, Freshness, Undetermined, Verdict, sweep};
use tekser::clock::Clock;
use tekser::registry::http::{Client, Speech};
use tekser::registry::sandbox::Sandbox;
use tekser::registry::settings::{Settings, SettingsError};
use tekser::registry::{Asking, RegistryError, RegistryId, Source};
use tekser_imei::Imei;
use tekser_table::List;
use tekser_table::write::{CsvStyle, CsvWriter};

use crate::asked::{Asked, Says};
use crate::double::{Double, Reply};
use crate::support::{Shop, clock, imei, replacement};

/// A kind of source in `registries.toml`, how it is set up beside its address, and the words in
/// which a registry of its kind calls an IMEI clear.
struct Kind {
    kind: &'static str,
    more: &'static str,
    clear: fn(Imei) -> String,
    /// Whether its answers name the IMEI that they are about.
    names_imei: bool,
}

const KINDS: [Kind; 3] = [
    Kind { kind: "dirbs", more: "", clear: dirbs, names_imei: true },
    Kind {
        kind: "eir",
        more: "",
        clear: |_| json!({ "status": "WHITELISTED" }).to_string(),
        names_imei: false,
    },
    Kind { kind: "camara", more: "", clear: camara, names_imei: true },
];

fn dirbs(imei: Imei) -> String {
    let one = json!({
        "imei_norm": imei.imei14().as_str(),
        "block_date": null,
        "first_seen": null,
        "classification_state": {
            "blocking_conditions": [{ "condition_name": "simple_dimension", "condition_met": false }],
            "informative_conditions": [],
        },
        "realtime_checks": {
            "ever_observed_on_network": false,
            "gsma_not_found": false,
            "in_registration_list": true,
            "invalid_imei": false,
            "is_exempted_device": false,
            "is_paired": false,
        },
        "registration_status": { "provisional_only": false, "status": "whitelist" },
        "stolen_status": { "provisional_only": null, "status": null },
    });
    json!({ "results": [one] }).to_string()
}

fn camara(imei: Imei) -> String {
    json!({ "imei": imei.to_string(), "operationalStatus": "allowed" }).to_string()
}

/// One way to give no clear answer.
struct Failing {
    how: String,
    source: Arc<dyn Source>,
    imei: Imei,
}

/// An adapter as simple as one can be: what every other one has in common.
struct Plain(Client);

impl Source for Plain {
    fn id(&self) -> RegistryId {
        self.0.registry().clone()
    }

    fn look_up<'a>(&'a self, imeis: &'a [Imei]) -> Asking<'a, Vec<Answer>> {
        Box::pin(async move {
            let mut answers = Vec::new();
            for &imei in imeis {
                let request = self.0.request(reqwest::Method::GET, "check");
                let reply = self.0.ask(request).await?;
                if reply.status != reqwest::StatusCode::OK {
                    return Err(self.0.unexpected(&reply));
                }
                let said: BTreeMap<String, String> = self.0.json(&reply)?;
                let about = said.get("imei").is_some_and(|said| *said == imei.to_string());
                let clear = said.get("operationalStatus").is_some_and(|word| word == "allowed");
                if !about || said.len() != 2 {
                    return Err(self.0.unreadable("it is about something else"));
                }
                let verdict = if clear { Verdict::Clear } else { Verdict::Unknown };
                answers.push(Answer::new(imei, verdict, self.id(), clock().now()));
            }
            Ok(answers)
        })
    }
}

/// Everything that a server can do wrong, and how each is called.
fn replies(clear: &str, about_another: Option<&str>) -> Vec<(String, Reply)> {
    let good = Reply::json(200, clear);
    let mut all: Vec<(String, Reply)> = (100..600)
        .filter(|status| *status != 200)
        .map(|status| (format!("status {status}"), Reply::json(status, clear)))
        .collect();
    for length in 0..clear.len() {
        all.push((format!("{length} bytes of the body"), Reply::json(200, &clear[..length])));
    }
    for (length, cut) in good.cut(7) {
        all.push((format!("ends after {length} bytes"), cut));
    }
    let other = [
        "null",
        "true",
        "0",
        "\"clear\"",
        "[]",
        "{}",
        "[{}]",
        "[[]]",
        "{\"results\":[]}",
        "{\"results\":null}",
        "{\"status\":\"whitelisted\"}",
        "{\"status\":null}",
        "{\"operationalStatus\":\"ALLOWED\"}",
        "<html><title>Login</title></html>",
        "ok",
        "\u{feff}",
        "NaN",
        "{\"status\":\"BLACKLISTED\",\"status\":\"WHITELISTED\"}",
    ];
    for body in other {
        all.push((format!("says {body}"), Reply::json(200, body)));
    }
    let mut whole = |how: &str, body: Vec<u8>| all.push((how.to_owned(), Reply::json(200, body)));
    whole("says it twice", [clear, clear].concat().into_bytes());
    whole("no text", vec![0xFF, 0xFE, 0x00, 0x80]);
    whole("deep", [b"[".repeat(100_000), b"]".repeat(100_000)].concat());
    whole("17 MiB", [vec![b' '; 17 * 1024 * 1024], clear.as_bytes().to_vec()].concat());
    if let Some(other) = about_another {
        whole("about another IMEI", other.as_bytes().to_vec());
    }
    let raw: [(&str, &[u8]); 5] = [
        ("says nothing", b""),
        ("speaks no HTTP", b"220 mail.example ESMTP\r\n"),
        ("no head", b"HTTP/1.1 200 OK\r\n"),
        ("a length that is none", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}"),
        ("chunks that are none", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
    ];
    all.extend(raw.map(|(how, bytes)| (how.to_owned(), Reply::Bytes(bytes.to_vec()))));
    all.push(("never answers".to_owned(), Reply::Silence));
    all
}

/// How an adapter is opened: from the text of a `registries.toml`.
type Open = fn(&str) -> Result<Arc<dyn Source>, SettingsError>;

fn open(text: &str) -> Result<Arc<dyn Source>, SettingsError> {
    let place = std::env::temp_dir();
    let settings = Settings::parse(text, &place.join("registries.toml"))?;
    let clock: Arc<dyn Clock> = clock();
    settings.sources()[0].over_network(&place, &clock)
}

fn open_plain(text: &str) -> Result<Arc<dyn Source>, SettingsError> {
    let place = std::env::temp_dir();
    let settings = Settings::parse(text, &place.join("registries.toml"))?;
    let client = settings.sources()[0].client(&place, Speech::Usual, clock())?;
    Ok(Arc::new(Plain(client)))
}

/// A double that fails in every way, and the adapter set up for each.
async fn over_http(kind: &Kind, open: Open) -> (Vec<Failing>, Double) {
    let (about, other) = (imei(1), imei(2));
    let clear = (kind.clear)(about);
    let about_another = (kind.clear)(other);
    let named = kind.names_imei.then_some(about_another.as_str());
    let (hows, mut replies): (Vec<_>, Vec<_>) = replies(&clear, named).into_iter().unzip();
    replies.push(Reply::json(200, clear.as_str()));
    let double = Double::start(replies).await;
    // Long enough for a busy machine: only one reply leads to `Throttled`.
    let text = |nth| {
        let Kind { kind, more, .. } = kind;
        let url = double.url(nth);
        format!(
            "format = 1\n[[source]]\nname = '{kind}'\nkind = '{kind}'\nurl = '{url}'\n\
             deadline_seconds = 5\n{more}\n"
        )
    };
    let mut failing = Vec::new();
    for (nth, how) in hows.into_iter().enumerate() {
        let source = open(&text(nth)).unwrap();
        failing.push(Failing { how: format!("{}: {how}", kind.kind), source, imei: about });
    }
    // What all the others differ from is clear indeed.
    let nobody_fails = open(&text(failing.len())).unwrap();
    let said = nobody_fails.look_up(&[about]).await.unwrap();
    assert_eq!(said[0].verdict, Verdict::Clear, "{}", kind.kind);
    (failing, double)
}

/// The embedded registry: what it does not answer, does not know, and cannot read.
async fn sandbox(directory: &tempfile::TempDir) -> Vec<Failing> {
    let file = |name: &str| directory.path().join(name);
    let open = async |name: &str| {
        Arc::new(Sandbox::open(&file(name), clock(), SignedDuration::ZERO).await.unwrap())
    };
    let well = open("well.db").await;
    let away = open("away.db").await;
    away.faults().unreachable.store(u32::MAX, std::sync::atomic::Ordering::Relaxed);
    let broken = open("broken.db").await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file("broken.db"));
    let database = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("DROP TABLE equipment").execute(&database).await.unwrap();
    let failing = |how: &str, source: &Arc<Sandbox>, imei: &str| Failing {
        how: format!("sandbox: {how}"),
        source: source.clone(),
        imei: imei.parse().unwrap(),
    };
    let clear = "490154203237518";
    vec![
        failing("silent", &well, "354626223546262"),
        failing("unknown", &well, "356938035643809"),
        failing("grey", &well, "352099001761481"),
        failing("black", &well, "354178036859789"),
        failing("unreachable", &away, clear),
        failing("broken", &broken, clear),
    ]
}

/// What a failure came to: all that [`Checks`] can tell one from another by.
fn outcome(said: Result<Vec<Answer>, RegistryError>, imei: Imei, how: &str) -> Outcome {
    match said {
        Ok(answers) if answers.len() == 1 && answers[0].imei == imei => {
            let verdict = answers[0].verdict;
            assert!(!verdict.is_clear(), "{how}");
            Outcome::Said(format!("{verdict:?}"))
        }
        Ok(_) => Outcome::AboutAnother,
        Err(error) => Outcome::Failed(format!("{:?}", error.undetermined())),
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Said(String),
    AboutAnother,
    Failed(String),
}

/// Everything that came of it, each with one that led to it.
async fn walk(failing: Vec<Failing>) -> BTreeMap<Outcome, Failing> {
    let mut walked = futures_util::stream::iter(failing)
        .map(|one| async {
            let said = one.source.look_up(&[one.imei]).await;
            (outcome(said, one.imei, &one.how), one)
        })
        .buffer_unordered(32);
    let mut witnesses = BTreeMap::new();
    while let Some((outcome, one)) = walked.next().await {
        witnesses.insert(outcome, one);
    }
    witnesses
}

/// Holds one failure against every place where people and programs look.
async fn look_everywhere(failing: &Failing) {
    let Failing { how, source, imei } = failing;
    // One that calls everything clear is asked as well: it must not cover the other up.
    let clock = clock();
    let cheerful = Asked::new("cheerful", &clock);
    cheerful.say(Says::CLEAR);
    let shop = Shop::that_asks(clock, vec![Arc::new(cheerful), source.clone()]).await;
    let list = format!("imei\n{imei}\n");
    let clear = |value: &Value| value["verdict"] == "clear" || value["result"] == "sound";

    let body = json!({ "imeis": [imei.to_string()] });
    let checked = shop.station.checks.check(&[*imei], Freshness::Kept).await.unwrap();
    assert!(checked[0].needs_a_look() && !checked[0].answer.verdict.is_clear(), "{how}");
    let answer = shop.ask("POST", "/api/v1/checks", Some(body)).await.expect(200);
    assert!(!clear(&answer["items"][0]), "API: {how}: {answer}");
    let answer = shop.ask("GET", "/api/v1/checks", None).await.expect(200);
    assert!(!clear(&answer["items"][0]), "what the page shows: {how}: {answer}");
    for event in shop.station.store.events_after(0, 100).await.unwrap() {
        assert!(!clear(&event.body), "events: {how}");
    }

    let request = Request::post("/api/v1/checks")
        .header(header::HOST, "127.0.0.1:7470")
        .header(header::AUTHORIZATION, format!("Bearer {}", shop.station.token.reveal()))
        .header(header::CONTENT_TYPE, "text/csv")
        .body(Body::from(list.clone()))
        .unwrap();
    let answer = shop.send(request).await;
    let lines = String::from_utf8(answer.body.to_vec()).unwrap();
    let row: Value = serde_json::from_str(lines.lines().nth(1).unwrap()).unwrap();
    assert!(!clear(&row) && !clear(&row["imeis"][0]["answer"]), "table: {how}: {row}");

    let csv = csv(&shop.station.checks, list.into_bytes()).await;
    let row = csv.lines().nth(1).unwrap();
    assert!(row.contains(";look;") || row.contains(";stop;"), "CSV: {how}: {row}");
    assert!(!row.contains(";clear"), "CSV: {how}: {row}");

    preflight(&shop, *imei, how).await;
}

async fn csv(checks: &Checks, list: Vec<u8>) -> String {
    let list = List::from_bytes(list).unwrap();
    let style = CsvStyle { separator: ';', mark: false };
    let mut writer = CsvWriter::new(Vec::new(), style, true, list.columns()).unwrap();
    let mut blocks = std::pin::pin!(sweep(list, Some(checks.clone())));
    while let Some(block) = blocks.next().await {
        for one in block.unwrap().rows() {
            writer.row(one.row, one.judgement, one.asked().as_ref()).unwrap();
        }
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

/// A new IMEI that was not called clear is not found to be verified.
async fn preflight(shop: &Shop, imei: Imei, how: &str) {
    let mut filing = replacement(1);
    filing.new = vec![imei];
    let case = shop.station.open_case(filing).await.unwrap().case;
    shop.station.check_case(case.id, Freshness::Now).await.unwrap();
    let findings = shop.station.preflight(case.id).await.unwrap();
    let verified = findings.iter().any(|finding| finding.code == PreflightCode::NewVerified);
    assert!(!verified, "preflight: {how}: {findings:?}");
}

async fn never_clear(failing: Vec<Failing>, at_least: &[Undetermined]) {
    let witnesses = walk(failing).await;
    for why in at_least {
        let failed = Outcome::Failed(format!("{why:?}"));
        let said = Outcome::Said(format!("{:?}", Verdict::Undetermined { why: *why }));
        let seen = witnesses.contains_key(&failed) || witnesses.contains_key(&said);
        assert!(seen, "nothing led to {why:?}");
    }
    futures_util::future::join_all(witnesses.values().map(look_everywhere)).await;
}

const OVER_HTTP: [Undetermined; 4] = [
    Undetermined::Unreachable,
    Undetermined::RegistryFailed,
    Undetermined::Throttled,
    Undetermined::Unreadable,
];

#[tokio::test]
async fn whatever_the_embedded_registry_says() {
    let directory = tempfile::tempdir().unwrap();
    never_clear(sandbox(&directory).await, &[Undetermined::Unreachable]).await;
}

#[tokio::test]
async fn whatever_a_server_does_to_the_plainest_adapter() {
    let plain = Kind { kind: "camara", more: "", clear: camara, names_imei: true };
    let (failing, _double) = over_http(&plain, open_plain).await;
    never_clear(failing, &OVER_HTTP).await;
}

#[tokio::test]
async fn whatever_a_server_does_to_any_adapter() {
    for kind in KINDS {
        let (failing, _double) = over_http(&kind, open).await;
        never_clear(failing, &OVER_HTTP).await;
    }
}

/// Every error that a source can give, and everything that is no answer.
#[tokio::test]
async fn whatever_a_source_may_say_for_itself() {
    let all = [
        Undetermined::Unreachable,
        Undetermined::RegistryFailed,
        Undetermined::Throttled,
        Undetermined::Unreadable,
        Undetermined::Denied,
        Undetermined::Pending,
        Undetermined::Tracked,
        Undetermined::NobodyLooked,
        Undetermined::Stale,
        Undetermined::PaidAlready,
    ];
    let clock = clock();
    let open = all.map(Says::open);
    let fails =
        [Says::NoAnswer, Says::Unreachable, Says::Throttled, Says::Denied, Says::AboutAnother];
    let unknown = [Says::This(Verdict::Unknown)];
    let failing = open.into_iter().chain(fails).chain(unknown).map(|says| {
        let source = Asked::new("open", &clock);
        source.say(says);
        Failing { how: format!("{says:?}"), source: Arc::new(source), imei: imei(1) }
    });
    never_clear(failing.collect(), &all).await;
}

#[test]
fn every_error_has_a_word_that_is_not_clear() {
    let (registry, detail) = (RegistryId::new("a"), String::new());
    let all = [
        RegistryError::Unreachable { registry: registry.clone() },
        RegistryError::NoAnswer { registry: registry.clone() },
        RegistryError::Throttled { registry: registry.clone(), until: clock().now() },
        RegistryError::Failed { registry: registry.clone(), detail: detail.clone() },
        RegistryError::Refused { registry: registry.clone(), detail: detail.clone() },
        RegistryError::Unreadable { registry: registry.clone(), detail: detail.clone() },
        RegistryError::Denied { registry, detail },
    ];
    for error in all {
        let verdict = Verdict::Undetermined { why: error.undetermined() };
        let answer = Answer::new(imei(1), verdict, RegistryId::new("a"), clock().now());
        let checked = Checked { answer, said: Vec::new(), hint: None, suspicions: Vec::new() };
        assert!(checked.needs_a_look());
        assert!(!serde_json::to_string(&checked).unwrap().contains("clear"));
    }
}
