//! What the reading process says: one JSON line per page, and a last one.

use std::io::{BufRead, Read as _, Write};

use serde::{Deserialize, Serialize};

use crate::error::DeclarationError;
use crate::text::{Gap, PageText};

/// Most bytes of one line: a page's text with every character escaped.
const LINE_MAX: u64 = 128 * 1024 * 1024;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    /// A page, in order.
    Page(PageText),
    /// That was all.
    End(Vec<Gap>),
    /// There is nothing to search.
    Failed(DeclarationError),
}

pub(crate) fn write(line: &Line, to: &mut impl Write) -> std::io::Result<()> {
    serde_json::to_writer(&mut *to, line)?;
    to.write_all(b"\n")?;
    to.flush()
}

/// The next line; none at the end, or when what comes is no such line.
pub(crate) fn read(from: &mut impl BufRead) -> Option<Line> {
    let mut text = Vec::new();
    from.take(LINE_MAX).read_until(b'\n', &mut text).ok()?;
    serde_json::from_slice(&text).ok()
}
