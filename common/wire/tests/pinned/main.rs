//! Bytes of every message of every version that was ever released.

mod v1;
