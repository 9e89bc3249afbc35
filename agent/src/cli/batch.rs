//! `tekser batch`.

use std::time::Duration;

use serde_json::json;

use super::case::{print_preflight, refused};
use super::output::{Colour, Output};
use super::{Ended, Failure, Outcome, Setting};
use crate::batch::SignedBatch;
use crate::id::{BatchId, CaseId, SubmissionId};
use crate::outbox::{Submission, SubmissionState};
use crate::place::PlaceError;
use crate::registry::RegistryId;
use crate::registry::sandbox::Sandbox;
use crate::station::{DeskError, Station};
use crate::store::Page;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Put open cases in a batch and sign it.
    New {
        /// Their ids.
        #[arg(required_unless_present = "all")]
        cases: Vec<CaseId>,
        /// Every open case.
        #[arg(long, conflicts_with = "cases")]
        all: bool,
    },
    /// List batches, newest first, and how far they have come.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show a batch: its cases, digest, signature and submission.
    Show {
        /// Its id.
        batch: BatchId,
    },
    /// Submit a batch and wait for the answer. Doing it again never sends it twice.
    Submit {
        /// Its id.
        batch: BatchId,
        /// Where to.
        #[arg(long, default_value = Sandbox::NAME)]
        registry: String,
        /// How long to wait for the answer, in seconds; it goes on without being waited for as
        /// long as a station runs.
        #[arg(long, default_value_t = 60)]
        wait: u64,
    },
}

pub(super) async fn run(command: Command, setting: &Setting, output: &Output) -> Ended {
    let station = setting.station().await?;
    match command {
        Command::New { cases, all } => make(&station, cases, all, output).await,
        Command::List { limit } => list(&station, limit, output).await,
        Command::Show { batch } => {
            let found = station.store.batch(batch).await?;
            let found =
                found.ok_or_else(|| Failure::usage(format!("there is no batch {batch}")))?;
            let submission = station.store.submission_of(batch, &sandbox()).await?;
            output.value(&json!({ "batch": found, "submission": submission }));
            print_batch(&found, submission.as_ref(), output);
            Ok(Outcome::Fine)
        }
        Command::Submit { batch, registry, wait } => {
            let registry = RegistryId::new(&registry);
            let submission = station.submit(batch, &registry).await.map_err(refused)?;
            let wait = Duration::from_secs(wait);
            follow(&station, submission.id, wait, output).await
        }
    }
}

fn sandbox() -> RegistryId {
    RegistryId::new(Sandbox::NAME)
}

async fn make(station: &Station, cases: Vec<CaseId>, all: bool, output: &Output) -> Ended {
    let cases = if all {
        let every = station.store.cases(&Page::first(u32::MAX)).await?;
        every.iter().filter(|case| case.state.may_be_batched()).map(|case| case.id).collect()
    } else {
        cases
    };
    if cases.is_empty() {
        return Err(Failure::usage("there is no open case; `tekser case new` opens one"));
    }
    match station.make_batch(&cases).await {
        Ok(batch) => {
            output.value(&batch);
            print_batch(&batch, None, output);
            output.line(&format!("submit it with: tekser batch submit {}", batch.id));
            Ok(Outcome::Fine)
        }
        Err(DeskError::WouldBeRefused { case, findings }) => {
            output.value(&json!({ "case": case, "preflight": findings }));
            output.warn(&format!("case {case} would be refused; no batch was made"));
            print_preflight(&findings, output);
            Ok(Outcome::Finding)
        }
        Err(error) => Err(refused(error)),
    }
}

async fn list(station: &Station, limit: u32, output: &Output) -> Ended {
    let batches = station.store.batches(&Page::first(limit)).await?;
    let mut rows = Vec::with_capacity(batches.len());
    for batch in &batches {
        let submission = station.store.submission_of(batch.id, &sandbox()).await?;
        output.line(&row(batch, submission.as_ref()));
        rows.push(json!({ "batch": batch, "submission": submission }));
    }
    output.value(&rows);
    if batches.is_empty() {
        output.line("no batches; `tekser batch new --all` makes one of every open case");
    }
    Ok(Outcome::Fine)
}

fn row(batch: &SignedBatch, submission: Option<&Submission>) -> String {
    let state = submission.map_or("not submitted", |submission| submission.state.kind());
    format!("{}  {:>3} cases  {state}", batch.id, batch.cases.len())
}

fn print_batch(batch: &SignedBatch, submission: Option<&Submission>, output: &Output) {
    output.line(&row(batch, submission));
    for case in &batch.cases {
        output.line(&format!("  case      {case}"));
    }
    output.line(&format!("  sha-256   {}", batch.digest.as_str()));
    if let Some(submission) = submission {
        print_submission(submission, output);
    }
}

fn print_submission(submission: &Submission, output: &Output) {
    if let Some(application) = submission.application() {
        output.line(&format!("  number    {application}"));
    }
    for step in &submission.steps {
        let time = step.at.strftime("%Y-%m-%d %H:%M:%S UTC");
        output.line(&format!("  {time}  {}", step.state));
    }
    if let Some(trouble) = &submission.trouble {
        output.warn(&format!("  ! {}", trouble.detail));
    }
    let (SubmissionState::Approved { decisions, .. } | SubmissionState::Rejected { decisions, .. }) =
        &submission.state
    else {
        return;
    };
    for decision in decisions {
        if decision.is_approved() {
            let text = format!("  ✓ case {} approved", decision.case);
            output.line(&output.paint(Colour::Green, &text));
        } else {
            let text = format!("  ✗ case {} refused: {:?}", decision.case, decision.refusals);
            output.line(&output.paint(Colour::Red, &text));
        }
    }
}

/// Waits for the answer. A station that runs on this data does the sending; otherwise it is done
/// here, under the same lock.
async fn follow(station: &Station, id: SubmissionId, wait: Duration, output: &Output) -> Ended {
    let deadline = tokio::time::Instant::now() + wait;
    let pump = match station.place.lock() {
        Ok(lock) => Some((lock, station.outbox().await?)),
        Err(PlaceError::Held { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    loop {
        if let Some((_, outbox)) = &pump {
            outbox.pump().await?;
            station.check_decided(&outbox.take_decided()).await.map_err(refused)?;
        }
        let submission = station.store.submission(id).await?;
        let submission = submission.ok_or_else(|| Failure::usage("the submission is gone"))?;
        let over = tokio::time::Instant::now() >= deadline;
        if !submission.state.is_final() && !over {
            output.progress(&format!("{} …", submission.state.kind()));
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        }
        output.progress("");
        output.value(&submission);
        output.line(&format!("{}  {}", submission.id, submission.state.kind()));
        print_submission(&submission, output);
        if !submission.state.is_final() && pump.is_some() {
            output.warn("not answered yet; `tekser serve` or the same command goes on with it");
        }
        return Ok(Outcome::finding_if(matches!(
            submission.state,
            SubmissionState::Rejected { .. } | SubmissionState::InfoRequested { .. }
        )));
    }
}
