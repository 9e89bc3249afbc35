//! Drives a [`Dialogue`] over a [`Link`]. All decisions are the dialogue's.

use std::time::Instant;

use super::command::Command;
use super::dialogue::{Budget, Dialogue, Hint, Step};
use super::error::ReadError;
use crate::link::{Link, LinkError};
use crate::reading::Reading;

/// Reads what a phone says of itself over AT. Ends within `budget.total`, whatever the device
/// does. A phone that speaks AT and tells no IMEI gives a reading without claims.
///
/// # Errors
///
/// [`ReadError`], which says what can be done about it. A device pulled out in the middle is an
/// error even if something was learned: a reading that lacks the second slot would look whole.
pub async fn read(link: &mut Link, hint: Hint, budget: Budget) -> Result<Reading, ReadError> {
    let mut dialogue = Dialogue::new(hint, budget, now());
    let mut buffer = vec![0; Link::CHUNK];
    loop {
        match dialogue.step(now()) {
            Step::Send(command) => {
                let deadline = tokio::time::Instant::now() + budget.command.min(budget.total);
                let mut bytes = [0; Command::MAX_LEN];
                link.send(command.write(&mut bytes), deadline).await?;
            }
            Step::Wait(until) => match link.receive(&mut buffer, until.into()).await {
                Ok(count) => dialogue.receive(buffer.get(..count).unwrap_or_default(), now()),
                Err(LinkError::Timeout) => {}
                Err(error) => return Err(error.into()),
            },
            Step::Done => return dialogue.finish(),
        }
    }
}

/// The clock of the event loop, so that a test that stops one stops both.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
