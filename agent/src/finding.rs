//! How bad a finding is: the same scale for handsets and for cases.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much a finding matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// A person should look before going on.
    Warning,
    /// Must be mended: the filing would be refused, or the phone must not be sold.
    Stop,
}
