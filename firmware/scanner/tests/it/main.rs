//! The scanner's logic from outside.

mod device;
mod journal;
mod nor;
mod power;
mod rig;
mod shell;
