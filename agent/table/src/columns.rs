//! Which columns hold IMEIs and dates, told by their names.

use crate::RowRef;

/// Rows at the beginning among which the header is looked for: titles come before it.
pub(crate) const HEADER_WITHIN: usize = 20;

/// The columns that a header names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// Places of IMEI columns, from 0, ascending.
    imeis: Vec<usize>,
    /// Places of date columns.
    dates: Vec<usize>,
    /// Number of columns.
    width: usize,
}

impl Columns {
    /// The columns that this row names; `None` if it names none that holds IMEIs.
    ///
    /// IMEI columns are those called `imei`, `imei1` … `imei4` or `imei_number`, whatever case,
    /// spaces and signs they are written with, in Latin letters, in Cyrillic (`ИМЕИ`, `имей`), or
    /// in Cyrillic ones that look Latin.
    pub fn named_by<'a>(row: impl Into<RowRef<'a>>) -> Option<Self> {
        let row = row.into();
        let mut columns = Self { width: row.len(), ..Self::default() };
        for (at, cell) in row.cells().enumerate() {
            match Name::of(cell) {
                Some(Name::Imei) => columns.imeis.push(at),
                Some(Name::Date) => columns.dates.push(at),
                None => {}
            }
        }
        (!columns.imeis.is_empty()).then_some(columns)
    }

    /// Places of the IMEI columns, from 0, ascending.
    pub fn imeis(&self) -> &[usize] {
        &self.imeis
    }

    /// Places of the date columns, from 0, ascending.
    pub fn dates(&self) -> &[usize] {
        &self.dates
    }

    /// How many columns the header has.
    pub const fn width(&self) -> usize {
        self.width
    }
}

enum Name {
    Imei,
    Date,
}

impl Name {
    fn of(cell: &str) -> Option<Self> {
        // No column name is longer; a text is.
        if cell.len() > 64 {
            return None;
        }
        let name: String = cell.chars().flat_map(folded).collect();
        let base = name.strip_suffix(['1', '2', '3', '4']).unwrap_or(&name);
        let is = |names: &[&str]| {
            names.iter().any(|name| name.chars().flat_map(folded).eq(base.chars()))
        };
        if is(&[
            "imei",
            "imei_number",
            "imei_no",
            "imei_code",
            "номер imei",
            "код imei",
            "imei код",
        ]) {
            Some(Self::Imei)
        } else if is(&["date", "import_date", "дата", "дата ввоза", "дата импорта", "күні", "күн"])
        {
            Some(Self::Date)
        } else {
            None
        }
    }
}

/// A letter of a column name: without case, and as the Latin letter of `imei` that a Cyrillic one
/// sounds or looks like. Spaces and signs are left out.
fn folded(character: char) -> impl Iterator<Item = char> {
    character.to_lowercase().filter(|character| character.is_alphanumeric()).map(|letter| {
        match letter {
            'и' | 'й' | 'і' | 'ї' | 'ı' => 'i',
            'м' => 'm',
            'е' | 'э' | 'ё' => 'e',
            other => other,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Row;

    fn imeis(header: &[&str]) -> Vec<usize> {
        Columns::named_by(&Row::of(1, header)).map(|columns| columns.imeis).unwrap_or_default()
    }

    #[test]
    fn imei_columns_are_known_by_many_spellings() {
        let names = [
            "imei",
            "IMEI",
            "Imei1",
            "IMEI 2",
            "imei_number",
            "IMEI_NUMBER",
            "imei-3",
            "ИМЕИ",
            "имей",
            "Имей1",
            "ІМЕІ",
            "IМЕI 4",
            "ИМЭИ2",
            "IMEI №",
            "Номер IMEI",
            "  imei  ",
            "IMEI №1",
            "imei код",
        ];
        for name in names {
            assert_eq!(imeis(&["brand", name]), [1], "{name}");
        }
    }

    #[test]
    fn other_columns_are_left_alone() {
        for name in ["", "imei5", "imei status", "imeisv", "serial", "имя", "IMEI 490154203237518"]
        {
            assert_eq!(imeis(&["brand", name]), [0; 0], "{name}");
        }
    }

    #[test]
    fn dates_are_known_too() {
        let columns = Columns::named_by(&Row::of(1, &["Дата", "imei", "Date", "КҮНІ"])).unwrap();
        assert_eq!(columns.dates(), [0, 2, 3]);
    }

    #[test]
    fn dates_alone_make_no_header() {
        assert_eq!(Columns::named_by(&Row::of(1, &["date", "brand"])), None);
    }
}
