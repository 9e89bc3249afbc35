//! `tekser demo`.

use std::pin::pin;
use std::sync::Arc;

use jiff::SignedDuration;

use super::output::{Colour, Output};
use super::serve::{announce, wait_for_the_end};
use super::{Ended, Outcome, Setting};
use crate::api::{Address, Server};
use crate::demo::{Pace, Scene, StepReport, Story};
use crate::place::Place;
use crate::station::{Config, Station};

/// Starts a station with phones that are not there, on real pseudo-terminals, and plays its whole
/// story: reading, checking, a replaced board, a batch, the registry's answer. Data goes to a
/// directory that is thrown away, unless --data-dir names one.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Play it as fast as it goes, print a JSON report of every step, and exit.
    #[arg(long)]
    once: bool,
    /// Address to listen on; only loopback is possible. Port 0 takes a free one.
    #[arg(long, env = "TEKSER_ADDRESS")]
    address: Option<Address>,
}

pub(super) async fn run(arguments: Arguments, setting: &Setting, output: &Output) -> Ended {
    let temporary = match setting.data {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("tekser-demo-").tempdir()?),
    };
    let place = match &temporary {
        Some(directory) => Place::open(directory.path())?,
        None => setting.place()?,
    };
    let scene = Scene::default();
    let config = config(place, &scene, arguments.once);
    let station = Station::open(config).await?;
    let running = station.run().await?;
    let default = if arguments.once { "127.0.0.1:0" } else { Address::DEFAULT };
    let address = arguments.address.map_or_else(|| default.parse(), Ok)?;
    let server = Server::start(Arc::clone(&station), address).await?;
    station.place.announce(server.address())?;
    let ended = if arguments.once {
        once(&station, &scene, output).await
    } else {
        live(&station, &scene, &server, output).await
    };
    server.stop().await;
    drop(running);
    station.store.close().await;
    ended
}

fn config(place: Place, scene: &Scene, once: bool) -> Config {
    let mut config = Config::new(place);
    config.buses = scene.buses();
    let (review, poll) = if once { (300, 50) } else { (6_000, 1_000) };
    config.review_takes = SignedDuration::from_millis(review);
    config.poll = SignedDuration::from_millis(poll);
    config
}

async fn once(station: &Arc<Station>, scene: &Scene, output: &Output) -> Ended {
    let tell = |step: &StepReport| output.progress(&step.step);
    let report = Story::new(Arc::clone(station), scene, Pace::AT_ONCE, &tell).play().await?;
    output.progress("");
    output.text(&serde_json::to_string_pretty(&report)?);
    Ok(Outcome::Fine)
}

async fn live(station: &Arc<Station>, scene: &Scene, server: &Server, output: &Output) -> Ended {
    announce(output, station, server);
    output.line("");
    let tell = |step: &StepReport| {
        let sign = output.paint(Colour::Green, "✓");
        output.line(&format!("{sign} {:<34} {}", step.step, step.detail));
    };
    let story = Story::new(Arc::clone(station), scene, Pace::LIVE, &tell);
    // One and the same, so that a Ctrl-C just as the story ends is not missed.
    let mut end = pin!(wait_for_the_end());
    tokio::select! {
        report = story.play() => {
            output.value(&report?);
            output.line("the story is over; the station goes on until Ctrl-C");
            end.await;
        }
        () = &mut end => {}
    }
    Ok(Outcome::Fine)
}
