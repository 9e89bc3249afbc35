//! Patterns that pass the check digit and are still no honest IMEI.

use core::fmt;

use crate::imei::Imei14;
use crate::tac::Standing;

/// One reason to doubt an IMEI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Suspicion {
    /// All 14 digits are zero: the memory that holds the IMEI is empty.
    AllZeros,
    /// No more than two different digits among the 14.
    TwoDistinctDigits,
    /// A number that engineering firmware or damaged phones are known to show.
    Placeholder,
    /// The reporting body is a test code (00, 02 to 09): never to be sold.
    TestReportingBody,
    /// At least seven digits in a row count up, 0 following 9.
    AscendingRun,
    /// At least seven digits in a row count down, 9 following 0.
    DescendingRun,
    /// The same digit at least eight times in a row.
    RepeatedDigit,
    /// The last seven of the 14 digits repeat the first seven.
    RepeatedHalves,
    /// The serial number is 000000.
    ZeroSerialNumber,
    /// The serial number is one other digit six times, or counts up or down.
    PatternedSerialNumber,
    /// No body of that number is known to allocate TACs.
    UnusualReportingBody,
    /// The body that allocated the TAC does so no longer: an old device, or an old number on a
    /// new one.
    RetiredReportingBody,
}

/// How much a [`Suspicion`] weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Severity {
    /// Worth knowing; true of many honest devices.
    Note,
    /// A person must look at it.
    Warning,
    /// Must not be filed.
    Disqualifying,
}

impl Suspicion {
    /// All of them, gravest first.
    pub const ALL: [Self; 12] = [
        Self::AllZeros,
        Self::TwoDistinctDigits,
        Self::Placeholder,
        Self::TestReportingBody,
        Self::AscendingRun,
        Self::DescendingRun,
        Self::RepeatedDigit,
        Self::RepeatedHalves,
        Self::ZeroSerialNumber,
        Self::PatternedSerialNumber,
        Self::UnusualReportingBody,
        Self::RetiredReportingBody,
    ];

    /// Stable name, for interfaces and translations.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AllZeros => "all_zeros",
            Self::TwoDistinctDigits => "two_distinct_digits",
            Self::Placeholder => "placeholder",
            Self::TestReportingBody => "test_reporting_body",
            Self::AscendingRun => "ascending_run",
            Self::DescendingRun => "descending_run",
            Self::RepeatedDigit => "repeated_digit",
            Self::RepeatedHalves => "repeated_halves",
            Self::ZeroSerialNumber => "zero_serial_number",
            Self::PatternedSerialNumber => "patterned_serial_number",
            Self::UnusualReportingBody => "unusual_reporting_body",
            Self::RetiredReportingBody => "retired_reporting_body",
        }
    }

    /// How much it weighs.
    pub const fn severity(self) -> Severity {
        match self {
            Self::AllZeros
            | Self::TwoDistinctDigits
            | Self::Placeholder
            | Self::TestReportingBody => Severity::Disqualifying,
            Self::AscendingRun
            | Self::DescendingRun
            | Self::RepeatedDigit
            | Self::RepeatedHalves
            | Self::ZeroSerialNumber
            | Self::PatternedSerialNumber
            | Self::UnusualReportingBody => Severity::Warning,
            Self::RetiredReportingBody => Severity::Note,
        }
    }

    /// Whether a number with this against it must not be filed.
    pub const fn is_disqualifying(self) -> bool {
        matches!(self.severity(), Severity::Disqualifying)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Everything that speaks against one IMEI; usually nothing.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Suspicions(u16);

impl Suspicions {
    /// Nothing suspicious.
    pub const NONE: Self = Self(0);

    /// Looks at the 14 digits of an IMEI.
    pub const fn of(imei14: Imei14) -> Self {
        let shape = if is_plain(&imei14.0) { Shape::PLAIN } else { Shape::of(&imei14.0) };
        let [.., a, b, c, d, e, f] = imei14.0;
        let zero_serial = matches!([a, b, c, d, e, f], [b'0', b'0', b'0', b'0', b'0', b'0']);
        let standing = imei14.tac().reporting_body().standing();
        Self::NONE
            .with_if(Suspicion::AllZeros, shape.seen == 1)
            .with_if(Suspicion::TwoDistinctDigits, shape.seen.count_ones() <= 2)
            .with_if(Suspicion::Placeholder, is_placeholder(&imei14.0))
            .with_if(Suspicion::TestReportingBody, matches!(standing, Standing::Test))
            .with_if(Suspicion::AscendingRun, has_run(shape.ascending, 7))
            .with_if(Suspicion::DescendingRun, has_run(shape.descending, 7))
            .with_if(Suspicion::RepeatedDigit, has_run(shape.same, 8))
            .with_if(Suspicion::RepeatedHalves, has_equal_halves(&imei14.0))
            .with_if(Suspicion::ZeroSerialNumber, zero_serial)
            .with_if(Suspicion::PatternedSerialNumber, shape.is_serial_patterned() && !zero_serial)
            .with_if(
                Suspicion::UnusualReportingBody,
                matches!(standing, Standing::Reserved | Standing::Unknown),
            )
            .with_if(Suspicion::RetiredReportingBody, matches!(standing, Standing::Retired))
    }

    /// Whether nothing speaks against the number.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether `suspicion` is among them.
    pub const fn contains(self, suspicion: Suspicion) -> bool {
        self.0 & suspicion.bit() != 0
    }

    /// Whether the number must not be filed.
    pub const fn is_disqualifying(self) -> bool {
        const DISQUALIFYING: u16 = Suspicion::AllZeros.bit()
            | Suspicion::TwoDistinctDigits.bit()
            | Suspicion::Placeholder.bit()
            | Suspicion::TestReportingBody.bit();
        self.0 & DISQUALIFYING != 0
    }

    /// One by one, gravest first.
    pub const fn iter(self) -> SuspicionsIter {
        SuspicionsIter { left: self, next: 0 }
    }

    const fn with_if(self, suspicion: Suspicion, holds: bool) -> Self {
        if holds { Self(self.0 | suspicion.bit()) } else { self }
    }
}

impl fmt::Debug for Suspicions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl IntoIterator for Suspicions {
    type Item = Suspicion;
    type IntoIter = SuspicionsIter;

    fn into_iter(self) -> SuspicionsIter {
        self.iter()
    }
}

impl FromIterator<Suspicion> for Suspicions {
    fn from_iter<I: IntoIterator<Item = Suspicion>>(suspicions: I) -> Self {
        suspicions.into_iter().fold(Self::NONE, |all, one| all.with_if(one, true))
    }
}

/// Iterator over [`Suspicions`].
#[derive(Debug, Clone)]
pub struct SuspicionsIter {
    left: Suspicions,
    next: usize,
}

impl Iterator for SuspicionsIter {
    type Item = Suspicion;

    fn next(&mut self) -> Option<Suspicion> {
        loop {
            let suspicion = *Suspicion::ALL.get(self.next)?;
            self.next += 1;
            if self.left.contains(suspicion) {
                return Some(suspicion);
            }
        }
    }
}

/// Whether the digits have no [`Shape`] that speaks against them, told in a few instructions; some
/// that have none are not told. Every row of a list comes through here, and hardly one goes on.
const fn is_plain(digits: &[u8; Imei14::LEN]) -> bool {
    const fn every(byte: u8) -> u128 {
        // One for each of thirteen steps from digit to digit.
        u128::from_le_bytes([byte; 16]) >> 24
    }
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = *digits;
    let three = (a != b && b != c && a != c) || (d != e && e != f && d != f);
    let bytes = u128::from_le_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, 0, 0]);
    // A byte per step: 9 if the digit stays, 8 or 10 if it counts, 0 or 18 if it does so over the
    // edge. None borrows from its neighbour, for digits differ by 9 at most.
    let steps = (bytes >> 8) + every(9) - (bytes & (u128::MAX >> 24));
    // The highest bit of a byte says that it is not less.
    let (one, eight) = (steps + every(128 - 1), steps + every(128 - 8));
    let (eleven, eighteen) = (steps + every(128 - 11), steps + every(128 - 18));
    let odd = (!one | eight & !eleven | eighteen) & every(0x80);
    // All that is looked for has five such steps in a row.
    let two = odd & odd >> 8;
    three && two & two >> 16 & odd >> 32 == 0
}

/// What 14 ASCII digits look like. Bit `n` of a run stands for the step from digit `n` to the
/// next, so that runs are found without a branch per digit: every row of a list comes through here.
struct Shape {
    /// Bit `n` is set if digit `n` occurs.
    seen: u16,
    /// Steps to the same digit.
    same: u16,
    /// Steps to the next digit, 0 following 9.
    ascending: u16,
    /// Steps to the digit before, 9 following 0.
    descending: u16,
}

impl Shape {
    /// The five steps within the serial number.
    const SERIAL: u16 = 0b1_1111_0000_0000;

    /// Nothing to speak of.
    const PLAIN: Self = Self { seen: 0b111, same: 0, ascending: 0, descending: 0 };

    const fn of(digits: &[u8; Imei14::LEN]) -> Self {
        let mut shape = Self { seen: 0, same: 0, ascending: 0, descending: 0 };
        let mut step = 1;
        let mut rest: &[u8] = digits;
        while let [digit, right @ ..] = rest {
            shape.seen |= 1 << (*digit & 0xF);
            if let [next, ..] = right {
                let difference = next.wrapping_sub(*digit);
                shape.same |= step * (difference == 0) as u16;
                shape.ascending |= step * matches!(difference, 1 | 0xF7) as u16;
                shape.descending |= step * matches!(difference, 0xFF | 9) as u16;
            }
            step <<= 1;
            rest = right;
        }
        shape
    }

    /// Whether the serial number is one digit again and again, or counts up or down.
    const fn is_serial_patterned(&self) -> bool {
        self.same & Self::SERIAL == Self::SERIAL
            || self.ascending & Self::SERIAL == Self::SERIAL
            || self.descending & Self::SERIAL == Self::SERIAL
    }
}

/// Whether there are steps in a row that make a run of at least `digits` digits.
const fn has_run(steps: u16, digits: u32) -> bool {
    let mut runs = steps;
    let mut length = 2;
    while length < digits && runs != 0 {
        runs &= runs >> 1;
        length += 1;
    }
    runs != 0
}

const fn has_equal_halves(digits: &[u8; Imei14::LEN]) -> bool {
    let [a, b, c, d, e, f, g, right @ ..] = *digits;
    let left = u64::from_be_bytes([0, a, b, c, d, e, f, g]);
    let [a, b, c, d, e, f, g] = right;
    left == u64::from_be_bytes([0, a, b, c, d, e, f, g])
}

/// MediaTek engineering firmware; the counted-up number of manuals and fakes; early iPhones
/// with a damaged baseband.
const fn is_placeholder(digits: &[u8; Imei14::LEN]) -> bool {
    matches!(digits, b"13579024681122" | b"12345678901234" | b"00499901064000")
}

#[cfg(feature = "serde")]
impl serde::Serialize for Suspicions {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Suspicions {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Codes;

        impl<'de> serde::de::Visitor<'de> for Codes {
            type Value = Suspicions;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of suspicion codes")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut codes: A,
            ) -> Result<Suspicions, A::Error> {
                let mut all = Suspicions::NONE;
                while let Some(one) = codes.next_element()? {
                    all = all.with_if(one, true);
                }
                Ok(all)
            }
        }

        deserializer.deserialize_seq(Codes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn plain_digits_have_no_shape_that_speaks_against_them(
            digits in prop_oneof![
                "[0-9]{14}",
                "[09]{14}",
                "[0-2]{14}",
                "[0-9]{8}(01234[0-9]|[0-9]56789|98765[0-9]|[0-9]43210|[1-3]{6}|89012[0-9]|[0-9]21098)",
                "[0-9]{0,5}(0123456789|9876543210|00000000|1111111|8901234|2109876)[0-9]{7}",
            ],
        ) {
            let digits: [u8; 14] = *digits.as_bytes().first_chunk().unwrap();
            let shape = Shape::of(&digits);
            let speaks = shape.seen.count_ones() <= 2
                || has_run(shape.ascending, 7)
                || has_run(shape.descending, 7)
                || has_run(shape.same, 8)
                || shape.is_serial_patterned();
            prop_assert!(!(speaks && is_plain(&digits)));
        }
    }

    #[test]
    fn most_numbers_are_told_to_be_plain() {
        let plain = (0..10_000_u64).filter(|n| {
            let digits = std::format!("35{:012}", n * 99_999_989);
            is_plain(digits.as_bytes().first_chunk().unwrap())
        });
        assert!(plain.count() > 8000);
    }
}
