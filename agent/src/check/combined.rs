//! What several sources said of one IMEI, as one verdict.

use core::cmp::Reverse;

use jiff::Timestamp;

use crate::registry::Role;
use crate::ruling::{Answer, Verdict};

/// The answer that stands for all: the most severe certain one.
///
/// Bad news (`Blocked`, then `Grace`) counts whoever says it. After that only sources that
/// [decide](Role::Decides) count: one that gave no answer outweighs one that does not know the IMEI,
/// and both outweigh one that calls it clear. So `Clear` means that everyone who decides was asked
/// and called it clear. Where nobody decides, that a list of bad news is silent about an IMEI is no
/// more than `Unknown`. `None` only if nobody was asked.
pub fn combined(said: &[(Answer, Role)]) -> Option<Answer> {
    let (answer, role) = said.iter().max_by_key(|(answer, role)| weight(answer, *role))?;
    let mut answer = answer.clone();
    if *role == Role::Warns && answer.verdict.is_clear() {
        answer.verdict = Verdict::Unknown;
    }
    Some(answer)
}

/// Among equals the older answer stands, and of two ends of grace the nearer one.
fn weight(answer: &Answer, role: Role) -> (u8, Reverse<Timestamp>) {
    let decides = role == Role::Decides;
    let (weight, at) = match answer.verdict {
        Verdict::Blocked { .. } => (6, answer.as_of),
        Verdict::Grace { until } => (5, until),
        Verdict::Undetermined { .. } if decides => (4, answer.as_of),
        Verdict::Unknown if decides => (3, answer.as_of),
        Verdict::Clear if decides => (2, answer.as_of),
        Verdict::Undetermined { .. } => (1, answer.as_of),
        Verdict::Unknown | Verdict::Clear => (0, answer.as_of),
    };
    (weight, Reverse(at))
}
