//! What a phone is asked, in which order, and what its answers make of the reading.
//!
//! Knows nothing of how commands get to the phone: by cable and through an adb server the questions
//! are the same. First the properties; then, as the phone's Android version wants it, every slot at
//! once.

use super::command::{Command, Place, Subscription};
use super::credit;
use super::error::ReadError;
use super::property::Properties;
use super::shell::Outcome;
use crate::reading::Reading;

/// What a phone is asked, and what it answered.
#[derive(Debug, Default)]
pub struct Interview {
    stage: Stage,
    properties: Properties,
    /// In the order in which they were asked.
    answers: Vec<(Command, Option<Outcome>)>,
}

#[derive(Debug, Default)]
enum Stage {
    /// Nothing was asked.
    #[default]
    Fresh,
    /// The properties were asked for.
    Properties,
    /// The properties are here, the identities are to be asked for.
    Known,
    /// The identities were asked for.
    Identities,
    /// The phone does not tell its properties: there is nothing to go on.
    Failed(ReadError),
}

impl Interview {
    /// An interview that has not begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Commands to run now, all at once. None when answers are still to come, or when there is
    /// nothing more to ask.
    pub fn questions(&mut self) -> Vec<Command> {
        match self.stage {
            Stage::Fresh => {
                self.stage = Stage::Properties;
                vec![Command::Properties]
            }
            Stage::Known => {
                self.stage = Stage::Identities;
                let commands = identities(self.properties.sdk(), self.slots());
                self.answers = commands.iter().map(|command| (*command, None)).collect();
                commands
            }
            Stage::Properties | Stage::Identities | Stage::Failed(_) => Vec::new(),
        }
    }

    /// Takes in what became of a command.
    pub fn learn(&mut self, command: Command, outcome: Outcome) {
        match (&self.stage, command) {
            (Stage::Properties, Command::Properties) => self.stage = self.meet(outcome),
            (Stage::Identities, _) => {
                let place = self.answers.iter_mut().find(|(asked, _)| *asked == command);
                if let Some((_, answer @ None)) = place {
                    *answer = Some(outcome);
                }
            }
            _ => {}
        }
    }

    /// Whether every question is answered.
    pub fn is_over(&self) -> bool {
        match self.stage {
            Stage::Fresh | Stage::Properties | Stage::Known => false,
            Stage::Identities => self.answers.iter().all(|(_, answer)| answer.is_some()),
            Stage::Failed(_) => true,
        }
    }

    /// What was learned.
    ///
    /// # Errors
    ///
    /// [`ReadError::ShellRefused`] and [`ReadError::Unanswered`], when the phone did not even tell
    /// its properties. A phone that refuses its IMEI gives a reading that says so.
    pub fn finish(self) -> Result<Reading, ReadError> {
        match self.stage {
            Stage::Identities => {}
            Stage::Failed(error) => return Err(error),
            Stage::Fresh | Stage::Properties | Stage::Known => return Err(ReadError::Unanswered),
        }
        let answers = self.answers.into_iter();
        let answers: Vec<_> = answers
            .map(|(command, answer)| (command, answer.unwrap_or(Outcome::Unanswered)))
            .collect();
        Ok(credit::reading(&self.properties, &answers))
    }

    fn meet(&mut self, outcome: Outcome) -> Stage {
        let Outcome::Printed(printed) = outcome else {
            let refused = outcome == Outcome::Refused;
            return Stage::Failed(if refused {
                ReadError::ShellRefused
            } else {
                ReadError::Unanswered
            });
        };
        self.properties = Properties::parse(&printed.output);
        if self.properties.is_empty() {
            return Stage::Failed(ReadError::ShellRefused);
        }
        Stage::Known
    }

    fn slots(&self) -> usize {
        self.properties.sim_slots().map_or(0, |(count, _)| usize::from(count))
    }
}

/// Phones that say nothing of their slots are asked for this many.
const LEAST_SLOTS: usize = 2;

/// The commands by which a phone of this Android version tells its identities. None for a phone
/// that does not say its version: the same number means different things on each.
fn identities(sdk: Option<u16>, slots: usize) -> Vec<Command> {
    use Subscription::{One, Two};
    let places = || Place::ALL.into_iter().take(slots.max(LEAST_SLOTS));
    match sdk {
        None => Vec::new(),
        Some(..=20) => vec![Command::Dump],
        Some(21) => {
            vec![Command::DeviceId, Command::BySubscription50(One), Command::BySubscription50(Two)]
        }
        Some(22) => {
            vec![Command::DeviceId, Command::BySubscription51(One), Command::BySubscription51(Two)]
        }
        Some(23..=29) => places().map(Command::BySlot6).collect(),
        Some(30..) => places().map(Command::BySlot11).collect(),
    }
}
