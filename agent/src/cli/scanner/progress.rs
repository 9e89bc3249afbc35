//! How far something is: a bar for people, lines where there is no terminal, JSON for programs.

use serde::Serialize;

use crate::cli::output::Output;

/// Letters of the bar between its brackets.
const WIDTH: usize = 30;

/// Tells of one undertaking.
pub(super) struct Teller<'a> {
    output: &'a Output,
    /// What was said last, so that a line is not printed twice.
    said: String,
}

impl<'a> Teller<'a> {
    pub(super) const fn new(output: &'a Output) -> Self {
        Self { output, said: String::new() }
    }

    /// Says what is done now; programs get the step.
    pub(super) fn step(&mut self, step: &impl Serialize, text: &str) {
        self.event(step);
        if self.said != text {
            self.output.progress("");
            self.output.line(text);
            text.clone_into(&mut self.said);
        }
    }

    /// Says how much of it is done; programs get the step.
    pub(super) fn share(&mut self, step: &impl Serialize, what: &str, done: usize, total: usize) {
        self.event(step);
        self.output.progress(&format!("{what} {}", bar(done, total)));
    }

    /// A line of JSON, unless a person reads.
    fn event(&self, step: &impl Serialize) {
        if self.output.is_json()
            && let Ok(text) = serde_json::to_string(step)
        {
            self.output.text(&text);
        }
    }
}

/// `[#########---------------------]  30 %`
fn bar(done: usize, total: usize) -> String {
    let share =
        |parts: usize| done.min(total).saturating_mul(parts).checked_div(total).unwrap_or(0);
    let full = share(WIDTH);
    format!("[{}{}] {:>3} %", "#".repeat(full), "-".repeat(WIDTH - full), share(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_the_work_is_done() {
        let empty = format!("[{}]   0 %", "-".repeat(30));
        assert_eq!(bar(0, 100), empty);
        assert_eq!(bar(0, 0), empty);
        assert_eq!(bar(50, 100), format!("[{}{}]  50 %", "#".repeat(15), "-".repeat(15)));
        assert_eq!(bar(99, 100), format!("[{}-]  99 %", "#".repeat(29)));
        assert_eq!(bar(100, 100), format!("[{}] 100 %", "#".repeat(30)));
        assert_eq!(bar(200, 100), bar(1, 1));
    }
}
