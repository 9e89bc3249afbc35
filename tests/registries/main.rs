//! Adapters of registries against servers of other hands: Prism (npm `@stoplight/prism-cli`) serves the
//! official descriptions, Debian's `nghttpx` puts HTTP/2 and TLS in front of it.
//!
//! Prism answers what a description names, not what is so: which answer it gives is picked by a
//! [`gateway`](gateway::Gateway) in between. What is missing is said and skipped; it fails if `CI` is set.
//! `.ci/run tools` fetches Prism; the descriptions lie beside the repository and are no part of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod camara;
mod eir;
mod feature;
mod gateway;
mod peers;
