//! Parcels: how values travel between a program and a service on Android, and how `service call`
//! prints them.

/// Values one after another, each on a border of four bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parcel {
    bytes: Vec<u8>,
    read: usize,
}

impl Parcel {
    pub(super) fn int(&mut self, value: i32) -> &mut Self {
        self.bytes.extend(value.to_le_bytes());
        self
    }

    pub(super) fn long(&mut self, value: i64) -> &mut Self {
        self.bytes.extend(value.to_le_bytes());
        self
    }

    /// Length in units, UTF-16, a NUL, padding.
    pub(super) fn string(&mut self, text: &str) -> &mut Self {
        let units: Vec<u16> = text.encode_utf16().collect();
        self.int(i32::try_from(units.len()).unwrap_or(i32::MAX));
        self.bytes.extend(units.into_iter().chain([0]).flat_map(u16::to_le_bytes));
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self
    }

    /// No string at all.
    pub(super) fn no_string(&mut self) -> &mut Self {
        self.int(-1)
    }

    /// The next number; 0 behind the end, as Android has it.
    pub(super) fn take_int(&mut self) -> i32 {
        let number = self.bytes.get(self.read..).and_then(|rest| rest.first_chunk::<4>());
        let number = number.map_or(0, |bytes| i32::from_le_bytes(*bytes));
        self.read = self.bytes.len().min(self.read + 4);
        number
    }

    /// The next long number; 0 behind the end.
    pub(super) fn take_long(&mut self) -> i64 {
        let number = self.bytes.get(self.read..).and_then(|rest| rest.first_chunk::<8>());
        let number = number.map_or(0, |bytes| i64::from_le_bytes(*bytes));
        self.read = self.bytes.len().min(self.read + 8);
        number
    }

    /// The next string; `None` where there is none.
    pub(super) fn take_string(&mut self) -> Option<String> {
        if self.bytes.len() < self.read + 4 {
            return None;
        }
        let units = usize::try_from(self.take_int()).ok()?;
        let end = self.read.checked_add(units.checked_mul(2)?)?;
        let text = self.bytes.get(self.read..end)?;
        self.read = (end + 2).next_multiple_of(4).min(self.bytes.len());
        let units: Vec<u16> =
            text.chunks_exact(2).map(|unit| unit.iter().rev().fold(0, join)).collect();
        String::from_utf16(&units).ok()
    }

    /// As `service call` prints it: up to 16 bytes on one line, more as a table with a gutter.
    pub(super) fn print(&self) -> String {
        if self.bytes.is_empty() {
            return "Parcel(NULL)".to_owned();
        }
        if self.bytes.len() <= ROW {
            return format!("Parcel({} '{}')", words(&self.bytes, 0), gutter(&self.bytes, 0));
        }
        let rows = self.bytes.chunks(ROW).enumerate().map(|(number, row)| {
            let offset = number * ROW;
            format!("\n  0x{offset:08x}: {} '{}'", words(row, 8), gutter(row, ROW))
        });
        format!("Parcel({})", rows.collect::<String>())
    }
}

fn join(high: u16, low: &u8) -> u16 {
    (high << 8) | u16::from(*low)
}

/// Bytes on a line.
const ROW: usize = 16;

/// Four words; those that are not there are `blank` spaces wide.
fn words(row: &[u8], blank: usize) -> String {
    let mut there = row.chunks(4);
    let columns: [String; 4] = core::array::from_fn(|_| match there.next() {
        Some(word) => word.iter().rev().map(|byte| format!("{byte:02x}")).collect(),
        None => " ".repeat(blank),
    });
    columns.join(" ")
}

fn gutter(row: &[u8], width: usize) -> String {
    let shown: String = row
        .iter()
        .map(|byte| if (b' '..127).contains(byte) { char::from(*byte) } else { '.' })
        .collect();
    format!("{shown:width$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(text: &str) -> String {
        Parcel::default().int(0).string(text).print()
    }

    #[test]
    fn an_imei_is_printed_as_phones_print_it() {
        // From a published description of the debug bridge.
        let expected = "Parcel(\n  \
            0x00000000: 00000000 0000000f 00360038 00390030 '........8.6.0.9.'\n  \
            0x00000010: 00350035 00320030 00370037 00350038 '5.5.0.2.7.7.8.5.'\n  \
            0x00000020: 00340030 00000031                   '0.4.1...        ')";
        assert_eq!(reply("860955027785041"), expected);
    }

    #[test]
    fn short_parcels_are_one_line() {
        let null = Parcel::default().int(0).no_string().print();
        assert_eq!(null, "Parcel(00000000 ffffffff   '........')");
        assert_eq!(reply("01"), "Parcel(00000000 00000002 00310030 00000000 '........0.1.....')");
        assert_eq!(
            Parcel::default().int(-20).int(0).print(),
            "Parcel(ffffffec 00000000   '........')"
        );
        assert_eq!(Parcel::default().print(), "Parcel(NULL)");
    }

    #[test]
    fn what_is_put_in_comes_out() {
        let mut parcel = Parcel::default();
        parcel.int(1).string("com.android.shell").long(-7).string("").no_string().int(9);
        assert_eq!(parcel.take_int(), 1);
        assert_eq!(parcel.take_string().as_deref(), Some("com.android.shell"));
        assert_eq!(parcel.take_long(), -7);
        assert_eq!(parcel.take_string().as_deref(), Some(""));
        assert_eq!(parcel.take_string(), None);
        assert_eq!(parcel.take_int(), 9);
        assert_eq!((parcel.take_int(), parcel.take_long(), parcel.take_string()), (0, 0, None));
    }

    #[test]
    fn a_number_read_as_a_string_is_none() {
        assert_eq!(Parcel::default().int(i32::MAX).int(0).take_string(), None);
        assert_eq!(Parcel::default().int(3).take_string(), None);
    }
}
