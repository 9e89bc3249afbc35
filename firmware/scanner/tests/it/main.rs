//! The scanner's logic from outside.

mod journal;
mod nor;
