//! Names that registries go by and give.

use core::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Short name of a registry: `sandbox`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(example = "sandbox")]
pub struct RegistryId(String);

impl RegistryId {
    /// A registry by its short name.
    pub fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The short name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RegistryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number under which a registry keeps an application.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct ApplicationNo(String);

impl ApplicationNo {
    /// The number as the registry wrote it.
    pub fn new(number: impl Into<String>) -> Self {
        Self(number.into())
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApplicationNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
