//! The same rows with what was found: CSV for Excel, JSON lines for programs.

mod csv;
mod json;

pub use csv::{Asked, CsvStyle, CsvWriter};
pub use json::JsonLines;
