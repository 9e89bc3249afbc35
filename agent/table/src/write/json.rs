//! JSON lines: one object per row.

use std::io::{self, Write};

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use crate::{Earlier, JudgementRef, Number, RowKind, RowRef, Standing};

/// Writes one JSON object per row: `{"line":2,"result":"sound","cells":[…],"imeis":[…]}`. Titles,
/// headers and blank rows have `"kind"` instead of a result.
pub struct JsonLines<W> {
    to: W,
}

impl<W: Write> JsonLines<W> {
    /// Begins to write.
    pub const fn new(to: W) -> Self {
        Self { to }
    }

    /// Writes a row; `answers` has what a registry said of each IMEI that can be asked about, in
    /// their order, and is empty if none was asked. `needs_a_look` says whether one of them is
    /// anything but clear.
    ///
    /// # Errors
    ///
    /// If it can't be written.
    pub fn row<'a, A: Serialize>(
        &mut self,
        row: impl Into<RowRef<'a>>,
        judgement: impl Into<JudgementRef<'a>>,
        answers: &[A],
        needs_a_look: bool,
    ) -> io::Result<()> {
        let line = Line::of(row.into(), judgement.into(), answers, needs_a_look);
        serde_json::to_writer(&mut self.to, &line)?;
        self.to.write_all(b"\n")
    }

    /// Writes out what is still held back, and gives back what was written to.
    ///
    /// # Errors
    ///
    /// If it can't be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.to.flush()?;
        Ok(self.to)
    }
}

#[derive(Serialize)]
struct Line<'a, A> {
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'static str>,
    cells: Cells<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    imeis: Vec<Item<'a, A>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dates: Vec<Day>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Found>,
}

impl<'a, A> Line<'a, A> {
    fn of(
        row: RowRef<'a>,
        judgement: JudgementRef<'a>,
        answers: &'a [A],
        needs_a_look: bool,
    ) -> Self {
        let kind = match judgement.kind {
            RowKind::Above => Some("above"),
            RowKind::Header => Some("header"),
            RowKind::Blank => Some("blank"),
            RowKind::Data => None,
        };
        let mut standing = judgement.standing();
        if needs_a_look {
            standing = standing.max(Standing::Look);
        }
        let mut answers = answers.iter();
        let imeis = judgement.numbers.iter().map(|number| {
            let answer = number.imei.is_ok().then(|| answers.next()).flatten();
            Item::of(number, answer)
        });
        let dates = judgement.dates.iter().filter_map(|&(column, date)| {
            Some(Day { column: column + 1, date: date.ok()?.to_string() })
        });
        let findings = judgement.findings_with_places(row).map(|(column, finding)| {
            let line = match finding {
                crate::Finding::Duplicate(Earlier::Line(line)) => Some(line),
                _ => None,
            };
            let column = column.map(|column| column + 1);
            let (code, detail) = (finding.code(), finding.to_string());
            Found { column, code, detail, line }
        });
        Self {
            line: row.line(),
            kind,
            result: (judgement.kind == RowKind::Data).then(|| standing.code()),
            cells: Cells(row),
            imeis: imeis.collect(),
            dates: dates.collect(),
            findings: findings.collect(),
        }
    }
}

/// The cells as they stand.
struct Cells<'a>(RowRef<'a>);

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut cells = serializer.serialize_seq(Some(self.0.len()))?;
        for cell in self.0.cells() {
            cells.serialize_element(cell)?;
        }
        cells.end()
    }
}

#[derive(Serialize)]
struct Item<'a, A> {
    /// From 1.
    column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    imei: Option<tekser_imei::Imei>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'a A>,
}

impl<'a, A> Item<'a, A> {
    fn of(number: &Number, answer: Option<&'a A>) -> Self {
        Self { column: number.column + 1, imei: number.imei.ok(), answer }
    }
}

#[derive(Serialize)]
struct Day {
    column: usize,
    date: String,
}

#[derive(Serialize)]
struct Found {
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    code: &'static str,
    detail: String,
    /// Line on which the same number stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
}
