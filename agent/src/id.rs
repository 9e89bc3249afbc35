//! Names of the things the station remembers: UUID version 7, so that they sort by age.

use core::fmt;
use core::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
        )]
        #[serde(transparent)]
        #[schema(value_type = Uuid)]
        pub struct $name(Uuid);

        impl $name {
            /// A new name, later than all that this process made before.
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )*};
}

id! {
    /// One reading of one source.
    ReadingId;
    /// One code that a scanner sent.
    ScanId;
    /// One physical phone as the station knows it.
    HandsetId;
    /// One answer of a registry.
    AnswerId;
    /// What a person saw on a portal, once.
    SightingId;
    /// One thing to file.
    CaseId;
    /// Cases that go out together.
    BatchId;
    /// A batch on its way to one registry.
    SubmissionId;
}

impl ReadingId {
    /// The name of a reading that was taken then and comes only now: among the others it sorts by
    /// that time.
    pub fn taken_at(at: Timestamp) -> Self {
        let (seconds, nanoseconds) = (at.as_second(), at.subsec_nanosecond());
        let unix = uuid::Timestamp::from_unix(
            uuid::NoContext,
            u64::try_from(seconds).unwrap_or_default(),
            u32::try_from(nanoseconds).unwrap_or_default(),
        );
        Self(Uuid::new_v7(unix))
    }
}
