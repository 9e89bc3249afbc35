//! Portals that answer people only.
//!
//! kz-imei.kz and imei.rfs.gov.kz have no public API, and a captcha stands before their answer. So
//! the station asks nothing: it names the page, a person's own browser opens it, the person looks
//! and says what they saw. That is kept as a [`Sighting`], with who, when and a screenshot, and
//! stands for all users of the station until it is too old to go by.

mod evidence;
mod sighting;

pub use evidence::{EVIDENCE_MAX, Evidence, EvidenceError, ImageKind, Kept};
pub use sighting::{Claim, Report, Seen, Sighting, SightingError, Withdrawal};

use jiff::{SignedDuration, Timestamp};
use tekser_imei::Imei;
use url::Url;

use crate::registry::Role;
use crate::ruling::{Answer, RegistryId, SeenBy, Undetermined, Verdict};

/// A portal that people look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portal {
    /// Its short name.
    pub id: RegistryId,
    /// The page that a person opens.
    pub link: Url,
    /// How much weight its word has.
    pub role: Role,
    /// How long what a person saw is gone by.
    pub fresh_for: SignedDuration,
}

impl Portal {
    /// The page, unless the shop names another: the state database of identification codes.
    pub const LINK: &'static str = "https://imei.rfs.gov.kz/";

    /// How long what a person saw is gone by, in minutes, unless the shop says otherwise: a day.
    pub const FRESH_MINUTES: u32 = 24 * 60;

    /// What is known of an IMEI by the latest sighting that counts, if there is one.
    pub fn answer(&self, imei: Imei, sighting: Option<&Sighting>, now: Timestamp) -> Answer {
        let undetermined =
            |why, as_of| Answer::new(imei, Verdict::Undetermined { why }, self.id.clone(), as_of);
        let said = sighting.and_then(|sighting| Some((sighting, sighting.seen.verdict()?)));
        let Some((sighting, verdict)) = said else {
            return undetermined(Undetermined::NobodyLooked, now);
        };
        let old = sighting.seen_at.saturating_add(self.fresh_for).unwrap_or(Timestamp::MAX);
        let fresh_until = match verdict {
            // Once grace is over, that it was granted says nothing of what came after.
            Verdict::Grace { until } => until.min(old),
            _ => old,
        };
        let seen_by = Some(SeenBy {
            name: sighting.seen_by.as_str().to_owned(),
            evidence: sighting.evidence.as_ref().map(|digest| digest.as_str().to_owned()),
        });
        if now >= fresh_until {
            return Answer { seen_by, ..undetermined(Undetermined::Stale, sighting.seen_at) };
        }
        Answer {
            fresh_until: Some(fresh_until),
            from_cache: true,
            seen_by,
            ..Answer::new(imei, verdict, self.id.clone(), sighting.seen_at)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cases::Line;
    use crate::id::SightingId;
    use crate::ruling::BlockReason;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn seen() -> impl Strategy<Value = Seen> {
        prop_oneof![
            Just(Seen::Clear),
            (0_i64..200).prop_map(|until| Seen::Grace { until: at(until) }),
            Just(Seen::Blocked { reason: BlockReason::GraceExpired }),
            Just(Seen::Unknown),
            Just(Seen::CouldNotCheck { reason: Line::parse("captcha").unwrap() }),
        ]
    }

    proptest! {
        #[test]
        fn only_what_was_seen_and_is_fresh_is_certain(
            seen in proptest::option::of(seen()), seen_at in 0_i64..100, now in 0_i64..200,
        ) {
            let portal = Portal {
                id: RegistryId::new("p"),
                link: Url::parse(Portal::LINK).unwrap(),
                role: Role::Decides,
                fresh_for: SignedDuration::from_mins(60),
            };
            let imei: Imei = "490154203237518".parse().unwrap();
            let sighting = seen.map(|seen| Sighting {
                id: SightingId::new(),
                portal: portal.id.clone(),
                imei,
                seen,
                seen_at: at(seen_at),
                seen_by: Line::parse("Aigul").unwrap(),
                recorded_at: at(seen_at),
                evidence: None,
                withdrawn: None,
            });
            let answer = portal.answer(imei, sighting.as_ref(), at(now));
            let said = sighting.as_ref().and_then(|sighting| sighting.seen.verdict());
            match (said, answer.verdict) {
                (None, Verdict::Undetermined { why }) => {
                    prop_assert_eq!(why, Undetermined::NobodyLooked);
                    prop_assert_eq!(answer.seen_by, None);
                }
                (Some(said), Verdict::Undetermined { why }) => {
                    prop_assert_eq!(why, Undetermined::Stale);
                    let over = matches!(said, Verdict::Grace { until } if until <= at(now));
                    prop_assert!(over || now >= seen_at + 60);
                    prop_assert_eq!(answer.fresh_until, None);
                }
                (said, verdict) => {
                    prop_assert_eq!(said, Some(verdict));
                    prop_assert!(now < seen_at + 60 && answer.fresh_until > Some(at(now)));
                    prop_assert_eq!(answer.as_of, at(seen_at));
                    prop_assert!(answer.from_cache && answer.seen_by.is_some());
                }
            }
        }
    }
}
