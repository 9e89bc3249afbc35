//! What the adapter makes of everything else: never `Clear`.

use std::path::Path;

use tekser::registry::{RegistryError, Source as _};
use tekser::ruling::{Undetermined, Verdict};
use tekser_imei::Imei;

use crate::adapter::{Desk, adapter, nth, open, registered};
use crate::double::{Fault, World};

const JSON: &str = "application/json";

/// Asks about two registered IMEIs with this trouble on every attempt.
async fn asked(faults: &[Fault]) -> Result<Vec<Verdict>, RegistryError> {
    let imeis = [nth(1), nth(2)];
    let desk = Desk::open(registered(&imeis)).await;
    for fault in faults {
        desk.double.fault(fault.clone());
    }
    desk.verdicts(&imeis).await
}

async fn why(faults: &[Fault]) -> Undetermined {
    let error = asked(faults).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(nth(1).serial_number()), "an IMEI shows: {shown}");
    error.undetermined()
}

#[tokio::test]
async fn what_passes_is_waited_for() {
    for fault in [Fault::Status(500), Fault::Status(503), Fault::TooMany(0), Fault::Cut] {
        let clear = vec![Verdict::Clear; 2];
        assert_eq!(asked(std::slice::from_ref(&fault)).await, Ok(clear), "{fault:?}");
    }
}

#[tokio::test]
async fn what_stays_leaves_every_verdict_open() {
    let table = [
        (Fault::Status(500), Undetermined::RegistryFailed),
        (Fault::Status(503), Undetermined::RegistryFailed),
        (Fault::Status(401), Undetermined::Denied),
        (Fault::Status(403), Undetermined::Denied),
        (Fault::Status(404), Undetermined::Denied),
        (Fault::Status(302), Undetermined::Unreadable),
        (Fault::Status(204), Undetermined::Unreadable),
        (Fault::TooMany(3600), Undetermined::Throttled),
        (Fault::Cut, Undetermined::Unreachable),
    ];
    for (fault, expected) in table {
        assert_eq!(why(&vec![fault.clone(); 4]).await, expected, "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_that_may_be_about_others_is_about_nobody() {
    let table = [
        Fault::Short,
        Fault::Swapped,
        Fault::Without("stolen_status"),
        Fault::Without("registration_status"),
        Fault::Without("block_date"),
        Fault::Without("classification_state"),
        Fault::Without("realtime_checks"),
        Fault::Without("imei_norm"),
        Fault::Instead("text/html", "<title>Log in</title>"),
        Fault::Instead(JSON, ""),
        Fault::Instead(JSON, "{}"),
        Fault::Instead(JSON, "null"),
        Fault::Instead(JSON, r#"{"results":[]}"#),
        Fault::Instead(JSON, r#"{"results":[null,null]}"#),
        Fault::Instead(JSON, r#"{"results":[{},{}]}"#),
    ];
    for fault in table {
        let found = why(std::slice::from_ref(&fault)).await;
        assert_eq!(found, Undetermined::Unreadable, "{fault:?}");
    }
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let desk = Desk::open(World::of_the_transcript()).await;
    desk.double.fault(Fault::Silence);
    let url = format!("http://{}", desk.double.address);
    let hasty = adapter(&url, "deadline_seconds = 1", Path::new("."), desk.clock.clone());
    let error = hasty.look_up(&[nth(1)]).await.unwrap_err();
    assert_eq!(error.undetermined(), Undetermined::Unreachable);
}

#[tokio::test]
async fn nobody_there_is_said_so() {
    let desk = Desk::open(World::of_the_transcript()).await;
    let nobody = "http://127.0.0.1:9";
    let dirbs = adapter(nobody, "deadline_seconds = 1", Path::new("."), desk.clock.clone());
    let error = dirbs.look_up(&[nth(1)]).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unreachable { .. }), "{error}");
    assert!(dirbs.device_of(nth(1)).await.is_err());
    assert!(dirbs.tac(nth(1).tac()).await.is_err());
}

#[tokio::test]
async fn a_part_that_fails_leaves_the_others_their_answers() {
    let all: Vec<Imei> = (0..2500).map(nth).collect();
    let desk = Desk::open(registered(&all)).await;
    desk.double.fault(Fault::Short);
    let verdicts = desk.verdicts(&all).await.unwrap();
    let unread = verdicts.iter().filter(|&&one| one == open(Undetermined::Unreadable)).count();
    let clear = verdicts.iter().filter(|one| one.is_clear()).count();
    assert!([500, 1000].contains(&unread), "{unread}");
    assert_eq!(unread + clear, 2500);
}
