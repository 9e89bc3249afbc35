//! Which column of a table says what.

use core::fmt;
use core::str::FromStr;

use tekser_table::Row;

/// How a table of TACs is laid out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// The form it has.
    pub form: TableForm,
    /// Which column says what; by their names if nobody says.
    pub mapping: Option<Mapping>,
    /// Whether TACs that lost their leading zeros are given them back. Only a person knows whether
    /// a spreadsheet dropped zeros or somebody a digit.
    pub restore_zeros: bool,
}

/// The form of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TableForm {
    /// Whatever its header says.
    #[default]
    Auto,
    /// That of `tacdb.osmocom.org`: the licence on the first line, then a header with two columns
    /// called `name`, of which the first is the maker.
    Osmocom,
}

/// A form that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a table of TACs has the form `auto` or `osmocom`")]
pub struct TableFormError;

impl FromStr for TableForm {
    type Err = TableFormError;

    fn from_str(text: &str) -> Result<Self, TableFormError> {
        match text {
            "auto" => Ok(Self::Auto),
            "osmocom" => Ok(Self::Osmocom),
            _ => Err(TableFormError),
        }
    }
}

/// What a column can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Tac,
    Maker,
    Model,
    Aka,
    Slots,
    Year,
}

impl Field {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Tac, "tac"),
        (Self::Maker, "maker"),
        (Self::Model, "model"),
        (Self::Aka, "aka"),
        (Self::Slots, "slots"),
        (Self::Year, "year"),
    ];

    /// Headers that are known without a word.
    const fn headers(self) -> &'static [&'static str] {
        match self {
            Self::Tac => &["tac", "tac code", "type allocation code"],
            Self::Maker => &["maker", "brand", "manufacturer", "vendor", "make", "производитель"],
            Self::Model => &["model", "model name", "marketing name", "device", "модель"],
            Self::Aka => &["aka"],
            Self::Slots => &["slots", "sim slots", "number of sims", "sims", "imeis"],
            Self::Year => &["year", "launch year", "год"],
        }
    }
}

/// Where a column is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    /// The n-th of this name, from 1.
    Named { name: String, nth: usize },
    /// The n-th of all, from 1.
    At(usize),
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named { name, nth: 1 } => f.write_str(name),
            Self::Named { name, nth } => write!(f, "{name}#{nth}"),
            Self::At(at) => write!(f, "#{at}"),
        }
    }
}

/// Which column says what, as people write it: `tac=tac,maker=name,model=name,slots=SIMs`.
///
/// A column is its name in the header, whatever capitals; `name#2` is the second of that name and
/// `#3` the third of all. A name that is given twice means its first column, then its second. If
/// all columns are given by number, the table has no header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping(Vec<(Field, Column)>);

/// Why a text is no mapping, or does not fit a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// No `field=column`.
    #[error("`{0}` is no field=column; write tac=…,maker=…,model=…,aka=…,slots=…,year=…")]
    NoPair(String),
    /// A field that there is not, or that stands twice.
    #[error("`{0}` is no field, or stands twice; there are tac, maker, model, aka, slots and year")]
    NoField(String),
    /// A column number that is none.
    #[error("`{0}` is no column; write its name, name#2 for the second of that name, or #3")]
    NoColumn(String),
    /// Nobody said where the TACs are.
    #[error("the mapping does not say which column holds the TACs; add tac=…")]
    NoTac,
    /// Nothing but TACs would be kept.
    #[error("the mapping names nothing but the TACs; add maker=…, model=… or slots=…")]
    NothingElse,
}

impl FromStr for Mapping {
    type Err = MappingError;

    fn from_str(text: &str) -> Result<Self, MappingError> {
        let mut columns: Vec<(Field, Column)> = Vec::new();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (field, column) =
                pair.split_once('=').ok_or_else(|| MappingError::NoPair(short(pair)))?;
            let known = Field::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(field.trim()));
            let field = known
                .map(|(field, _)| *field)
                .filter(|field| columns.iter().all(|(other, _)| other != field))
                .ok_or_else(|| MappingError::NoField(short(field)))?;
            let column = column_of(column.trim(), &columns)
                .ok_or_else(|| MappingError::NoColumn(short(column)))?;
            columns.push((field, column));
        }
        if columns.iter().all(|(field, _)| *field != Field::Tac) {
            return Err(MappingError::NoTac);
        }
        if columns.len() == 1 {
            return Err(MappingError::NothingElse);
        }
        Ok(Self(columns))
    }
}

/// What an error quotes.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

fn column_of(text: &str, before: &[(Field, Column)]) -> Option<Column> {
    let number = |text: &str| text.parse().ok().filter(|number| (1..=1024).contains(number));
    match text.rsplit_once('#') {
        Some(("", at)) => Some(Column::At(number(at)?)),
        Some((name, nth)) => Some(Column::Named { name: known_as(name)?, nth: number(nth)? }),
        None => {
            let name = known_as(text)?;
            let same = |other: &&(Field, Column)| matches!(&other.1, Column::Named { name: other, .. } if *other == name);
            let nth = 1 + before.iter().filter(same).count();
            Some(Column::Named { name, nth })
        }
    }
}

/// A header as it is compared: without capitals, signs and spaces.
fn known_as(header: &str) -> Option<String> {
    let letters = header.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric());
    Some(letters.collect::<String>()).filter(|name| !name.is_empty())
}

/// Places of the columns, from 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) tac: usize,
    pub(super) maker: Option<usize>,
    pub(super) model: Option<usize>,
    pub(super) aka: Option<usize>,
    pub(super) slots: Option<usize>,
    pub(super) year: Option<usize>,
}

impl Places {
    fn set(&mut self, field: Field, at: usize) {
        match field {
            Field::Tac => self.tac = at,
            Field::Maker => self.maker = Some(at),
            Field::Model => self.model = Some(at),
            Field::Aka => self.aka = Some(at),
            Field::Slots => self.slots = Some(at),
            Field::Year => self.year = Some(at),
        }
    }
}

/// Whether a row is the header of Osmocom's table.
pub(super) fn is_osmocom(row: &Row) -> bool {
    let begins = ["tac", "name", "name", "contributor"];
    row.len() >= begins.len()
        && row.cells().zip(begins).all(|(cell, name)| cell.trim().eq_ignore_ascii_case(name))
}

/// Osmocom's columns.
pub(super) fn osmocom(header: &Row) -> Places {
    let aka = header.cells().position(|cell| cell.trim().eq_ignore_ascii_case("aka"));
    Places { tac: 0, maker: Some(1), model: Some(2), aka, ..Places::default() }
}

impl Mapping {
    /// The places, if every column is given by its number.
    pub(super) fn by_number(&self) -> Option<Places> {
        let mut places = Places::default();
        for (field, column) in &self.0 {
            let Column::At(at) = column else { return None };
            places.set(*field, at - 1);
        }
        Some(places)
    }

    /// The places, if this row is the header that the mapping speaks of.
    pub(super) fn by_header(&self, row: &Row) -> Option<Places> {
        let headers: Vec<Option<String>> = row.cells().map(known_as).collect();
        let mut places = Places::default();
        for (field, column) in &self.0 {
            let at = match column {
                Column::At(at) => Some(at - 1).filter(|at| *at < row.len()),
                Column::Named { name, nth } => {
                    let all = headers.iter().enumerate();
                    let mut same = all.filter(|(_, header)| header.as_deref() == Some(name));
                    same.nth(nth - 1).map(|(at, _)| at)
                }
            };
            places.set(*field, at?);
        }
        Some(places)
    }
}

/// The mapping in the words in which it is written.
impl fmt::Display for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (field, column)) in self.0.iter().enumerate() {
            let name = Field::ALL.iter().find(|(one, _)| one == field).map_or("", |(_, name)| name);
            write!(f, "{}{name}={column}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// The places, if this row is a header whose names are known without a word.
pub(super) fn by_known_names(row: &Row) -> Option<Places> {
    let headers: Vec<Option<String>> = row.cells().map(known_as).collect();
    let place = |field: Field| {
        let known = field.headers().iter().filter_map(|name| known_as(name));
        known.into_iter().find_map(|name| headers.iter().position(|h| h.as_ref() == Some(&name)))
    };
    let mut places = Places { tac: place(Field::Tac)?, ..Places::default() };
    let mut others = 0;
    for (field, _) in Field::ALL.into_iter().skip(1) {
        if let Some(at) = place(field) {
            places.set(field, at);
            others += 1;
        }
    }
    (others > 0).then_some(places)
}
