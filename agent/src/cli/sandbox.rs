//! `tekser sandbox`.

use std::sync::Arc;

use super::output::{Colour, Output};
use super::serve::wait_for_the_end;
use super::{Ended, Outcome, Setting};
use crate::api::Address;
use crate::place::Place;
use crate::registry::sandbox::ReviewTime;
use crate::sandbox_api::{Pace, Practice, PracticeServer, document};

/// Runs until Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Try it:
  tekser sandbox --clock manual
  curl http://127.0.0.1:7480/                                  what there is
  curl http://127.0.0.1:7480/api/v1/imeis/352099001761481      grey, for 30 days
  curl -H 'Content-Type: application/json' -d '{\"days\": 31}' http://127.0.0.1:7480/control/v1/clock
  curl http://127.0.0.1:7480/api/v1/imeis/352099001761481      black: nobody verified it
  curl http://127.0.0.1:7480/api/openapi.json                  the description

Data is thrown away at the end, unless --data-dir names a directory to keep it in.")]
pub(super) struct Arguments {
    /// Address to listen on; only loopback is possible. Port 0 takes a free one.
    #[arg(long, env = "TEKSER_SANDBOX_ADDRESS", default_value = "127.0.0.1:7480")]
    address: Address,
    /// So many days go by in a second.
    #[arg(
        long, value_name = "DAYS", conflicts_with = "clock",
        value_parser = clap::value_parser!(u16).range(1..=i64::from(Pace::DAYS_MAX))
    )]
    days_per_second: Option<u16>,
    /// How time goes by: as on this machine, or only when /control/v1/clock is told to.
    #[arg(long, value_enum, default_value_t = ClockKind::Machine)]
    clock: ClockKind,
    /// Business days that a review takes; published guides say one to five.
    #[arg(
        long, value_name = "DAYS", default_value_t = 3,
        value_parser = clap::value_parser!(u8).range(1..=i64::from(ReviewTime::DAYS_MAX))
    )]
    review_days: u8,
    /// Print the OpenAPI description and end.
    #[arg(long)]
    openapi: bool,
}

/// How time goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ClockKind {
    /// As on this machine.
    Machine,
    /// Only when it is told to.
    Manual,
}

impl Arguments {
    fn pace(&self) -> Pace {
        match (self.days_per_second, self.clock) {
            (Some(days), _) => Pace::Days(days),
            (None, ClockKind::Machine) => Pace::Machine,
            (None, ClockKind::Manual) => Pace::Manual,
        }
    }
}

pub(super) async fn run(arguments: Arguments, setting: &Setting, output: &Output) -> Ended {
    if arguments.openapi {
        output.text(&document().to_pretty_json()?);
        return Ok(Outcome::Fine);
    }
    // A station's own sandbox must not learn from one whose clock is moved at will: it has a file of
    // its own, and the directory to itself.
    let temporary = match setting.data {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("tekser-sandbox-").tempdir()?),
    };
    let place = match &temporary {
        Some(directory) => Place::open(directory.path())?,
        None => setting.place()?,
    };
    let _lock = place.lock()?;
    let review = ReviewTime::BusinessDays(arguments.review_days);
    let path = place.path().join("practice.db");
    let practice = Practice::open(&path, arguments.pace(), review).await?;
    let server = PracticeServer::start(Arc::clone(&practice), arguments.address).await?;
    announce(output, &server, &place, temporary.is_some());
    wait_for_the_end().await;
    output.line("stopping");
    server.stop().await;
    practice.sandbox().close().await;
    Ok(Outcome::Fine)
}

fn announce(output: &Output, server: &PracticeServer, place: &Place, thrown_away: bool) {
    let address = format!("http://{}", server.address());
    output.value(&serde_json::json!({
        "address": address,
        "openapi": format!("{address}/api/openapi.json"),
        "data": place.path(),
        "practice": true,
    }));
    let warning =
        "practice only: not kz-imei.kz, not the state database; nothing is filed with anyone";
    output.line(&output.paint(Colour::Yellow, warning));
    output.line(&format!("registry  {address}/api/v1"));
    output.line(&format!("control   {address}/control/v1"));
    output.line(&format!("guide     {address}/"));
    let fate = if thrown_away { " (thrown away at the end)" } else { "" };
    output.line(&format!("data      {}{fate}", place.path().display()));
    output.line("Ctrl-C stops it");
}
