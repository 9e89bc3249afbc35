//! Who understands whom.
//!
//! # How the protocol may grow
//!
//! - A variant is added at the end of an enum, never removed, never moved; a field is never added
//!   to a variant that was released. Something new is a new variant, and [`CURRENT`] goes up.
//! - Bytes behind a message that decodes are ignored.
//! - A message that does not decode and came from a **newer** peer is skipped: that peer was told
//!   our version and says what matters in messages of it. From a peer of the same version or an
//!   older one it is a fault, counted and reported.
//! - What decides between the two stays for ever, whatever else is changed: both `Hello`s and
//!   `Restart`. Their fields hold numbers or sets of bits, never an enum that could grow.
//! - [`MIN`] goes up only when an old peer can no longer be served; it is then told to update.
//!
//! Tests pin the bytes of every released version and are never changed.

use serde::{Deserialize, Serialize};

/// Oldest version that this code still speaks.
pub const MIN: u16 = 1;

/// Version that this code speaks.
pub const CURRENT: u16 = 1;

/// What a peer speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Versions {
    /// Oldest version it speaks.
    pub min: u16,
    /// Newest version it speaks.
    pub current: u16,
}

impl Versions {
    /// What this code speaks.
    pub const OURS: Self = Self { min: MIN, current: CURRENT };

    /// Whether this end and a peer understand each other.
    ///
    /// # Errors
    ///
    /// [`Mismatch`], which says who is behind.
    pub const fn meet(self, peer: Self) -> Result<(), Mismatch> {
        if peer.current < self.min {
            return Err(Mismatch::PeerTooOld);
        }
        if self.current < peer.min {
            return Err(Mismatch::PeerTooNew);
        }
        Ok(())
    }
}

/// Why two ends cannot talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Mismatch {
    /// The peer speaks only what this end has given up: it needs an update.
    PeerTooOld,
    /// The peer has given up what this end speaks: this end needs an update.
    PeerTooNew,
}
