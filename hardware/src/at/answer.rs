//! From whole answers to facts, for every known shape.
//!
//! Digits count as an IMEI only in the answer to a command that asks for one. Never is a digit
//! added, dropped or guessed: what looks like an identity and fails its check is kept as
//! rejected, with the reason.

use at_commands::parser::CommandParser;
use tekser_imei::{Imei, Imei14, Imeisv, Meid, Svn};

use super::command::Command;
use super::digest::{Answer, Outcome};
use super::unsolicited::tag;
use crate::reading::ClaimValue;
use crate::wording;

/// What one answer said.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Equipment identities, in the order they were given.
    pub identities: Vec<ClaimValue>,
    /// Maker.
    pub maker: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Firmware version.
    pub firmware: Option<String>,
    /// Serial number of the phone.
    pub serial: Option<String>,
    /// A UUID stood where an IMEI was asked for.
    pub uuid: bool,
}

/// Shortest run of digits that is shown as a rejected identity; shorter ones are other numbers.
const SHORTEST: usize = 12;

/// Longest text kept of maker, model, firmware or serial number, in bytes.
const TEXT: usize = 128;

impl Facts {
    /// Reads an answer. A refused one says nothing, whatever stood before the refusal.
    pub fn of(answer: &Answer) -> Self {
        let mut facts = Self::default();
        if answer.outcome == Outcome::Done {
            match answer.command {
                Command::Attention | Command::EchoOff => {}
                Command::Identify => facts.read_identify(answer),
                Command::Maker => facts.maker = first(answer, "Manufacturer"),
                Command::Model => facts.model = first(answer, "Model"),
                Command::Revision => facts.firmware = first(answer, "Revision"),
                Command::SerialNumber
                | Command::SerialNumberQuery
                | Command::Imei
                | Command::Imeisv
                | Command::ImeiFull
                | Command::GenericSerialNumber => {
                    answer.lines.iter().for_each(|line| facts.read_identity(untagged(line)));
                }
                Command::SamsungInfo => facts.read_samsung(answer),
                Command::SamsungImei
                | Command::LgImei
                | Command::TelitImei
                | Command::Equipment(_) => facts.read_tagged(answer),
                Command::UnisocImei | Command::IdentifyMore => facts.read_numbers(answer, 15),
                Command::TelitImeisv => facts.read_numbers(answer, 16),
            }
        }
        facts
    }

    /// `ATI`: labelled lines, and the maker and model that Quectel puts before its revision.
    fn read_identify(&mut self, answer: &Answer) {
        let mut plain = Vec::new();
        let mut svn = None;
        for line in &answer.lines {
            let Some((label, value)) = line.split_once(':') else {
                plain.push(line.as_str());
                continue;
            };
            match label.trim().to_ascii_uppercase().as_str() {
                "MANUFACTURER" => self.maker = text(value),
                "MODEL" => self.model = text(value),
                "REVISION" => self.firmware = text(value),
                "IMEI" | "IMEI1" | "IMEI2" => self.read_identity(value.trim()),
                "IMEI SV" | "IMEISV" | "SVN" => svn = software_version(value.trim()),
                "SN" | "S/N" | "FSN" | "SERIAL NUMBER" => self.serial = text(value),
                "MEID" => self.read_meid(value.trim()),
                _ => {}
            }
        }
        if let (Some(found), [ClaimValue::Imei { svn: empty @ None, .. }]) =
            (svn, self.identities.as_mut_slice())
        {
            *empty = Some(found);
        }
        if let (None, None, Some(_), [maker, model]) =
            (&self.maker, &self.model, &self.firmware, plain.as_slice())
        {
            (self.maker, self.model) = (text(maker), text(model));
        }
    }

    /// `+DEVCONINFO: MN(…);VER(…/…);SN(…);IMEI(…);…`
    fn read_samsung(&mut self, answer: &Answer) {
        let fields = answer.lines.iter().filter(|line| tag(line) == "+DEVCONINFO");
        for (key, value) in fields.flat_map(|line| untagged(line).split(';')).filter_map(field) {
            match key {
                "MN" => self.model = text(value),
                "VER" => self.firmware = value.split('/').next().and_then(text),
                "SN" => self.serial = text(value),
                "IMEI" => value.split(',').for_each(|part| self.read_identity(part.trim())),
                _ => {}
            }
        }
    }

    /// Maker's commands, whose answer always carries its tag: a bare number there belongs to
    /// another question.
    fn read_tagged(&mut self, answer: &Answer) {
        for line in &answer.lines {
            let tag = tag(line);
            if answer.command.tags().contains(&tag) {
                // LG puts a blank where others have a colon.
                let said = line.strip_prefix(tag).unwrap_or_default();
                self.read_identity(said.strip_prefix(':').unwrap_or(said));
            }
        }
    }

    /// Makers' commands whose answer may be bare: lines that are a number of this length and
    /// nothing else, tagged or not. Any other line belongs to another question.
    fn read_numbers(&mut self, answer: &Answer, length: usize) {
        for line in &answer.lines {
            let number = unquoted(untagged(line));
            if number.len() == length && number.bytes().all(|byte| byte.is_ascii_digit()) {
                self.read_identity(number);
            }
        }
    }

    /// One identity as phones print it: bare, quoted, behind `IMEI`, before `,serial` or `/ SV`.
    fn read_identity(&mut self, said: &str) {
        let said = unlabelled(said);
        if is_uuid(said) {
            self.uuid = true;
            return;
        }
        let (number, rest) = match said.split_once(',') {
            Some((number, serial)) => (unquoted(number.trim()), Some(unquoted(serial.trim()))),
            None => (unquoted(said), None),
        };
        let before = self.identities.len();
        match with_version(number) {
            Some(whole) => self.identities.push(whole),
            None if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.identities.extend(digits(number));
            }
            None => self.read_meid(number),
        }
        if self.identities.len() > before && self.serial.is_none() {
            self.serial = rest.and_then(text);
        }
    }

    /// A CDMA identity with letters in it. An ESN (8 digits) is nothing we file.
    fn read_meid(&mut self, said: &str) {
        let said = said.strip_prefix("0x").unwrap_or(said);
        let hexadecimal = said.len() == 14 && said.bytes().all(|byte| byte.is_ascii_hexdigit());
        let letters = said.bytes().any(|byte| byte.is_ascii_alphabetic());
        if let (true, true, Ok(meid)) = (hexadecimal, letters, Meid::parse(said.as_bytes())) {
            self.identities.push(ClaimValue::Meid { meid });
        }
    }
}

/// Lines hold whole IMEIs, so `Debug` says only how many identities there are.
impl core::fmt::Debug for Facts {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Facts")
            .field("identities", &self.identities)
            .field("maker", &self.maker)
            .field("model", &self.model)
            .field("uuid", &self.uuid)
            .finish_non_exhaustive()
    }
}

/// A run of digits, told apart by its length.
fn digits(number: &str) -> Option<ClaimValue> {
    let bytes = number.as_bytes();
    let parsed = match bytes.len() {
        14 => Imei14::parse(bytes).map(|imei14| ClaimValue::WithoutCheckDigit { imei14 }),
        16 => Imeisv::parse(bytes).map(|imeisv| ClaimValue::Imeisv { imeisv }),
        // u-blox: the IMEI with its check digit, then the software version.
        17 => number.split_at_checked(15).map_or_else(
            || whole(number, None),
            |(imei, version)| whole(imei, Svn::parse(version.as_bytes()).ok()),
        ),
        length if length < SHORTEST => return None,
        _ => whole(number, None),
    };
    Some(parsed.unwrap_or_else(|reason| ClaimValue::Rejected { text: number.to_owned(), reason }))
}

fn whole(number: &str, svn: Option<Svn>) -> Result<ClaimValue, tekser_imei::ParseError> {
    Imei::parse(number.as_bytes()).map(|imei| ClaimValue::Imei { imei, svn })
}

/// `354626223546262 / 19`, `354626223546262-19`: 15 digits and the software version.
fn with_version(said: &str) -> Option<ClaimValue> {
    let (number, version) = said.split_once(['/', '-'])?;
    let (number, version) = (number.trim(), version.trim());
    let svn = Svn::parse(version.as_bytes()).ok()?;
    if number.len() != 15 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(
        whole(number, Some(svn))
            .unwrap_or_else(|reason| ClaimValue::Rejected { text: number.to_owned(), reason }),
    )
}

/// Software version of an `IMEI SV:` line, where a leading zero is not printed.
fn software_version(value: &str) -> Option<Svn> {
    let padded = if value.len() == 1 { format!("0{value}") } else { value.to_owned() };
    Svn::parse(padded.as_bytes()).ok()
}

/// The text behind a tag: `"35…"` of `+CGSN: "35…"`. A line without a tag is all text.
fn untagged(line: &str) -> &str {
    let parsed = CommandParser::parse(line.as_bytes())
        .expect_identifier(tag(line).as_bytes())
        .expect_identifier(b":")
        .expect_raw_string()
        .finish();
    match parsed {
        Ok((value,)) if line.starts_with(['+', '#', '^', '%']) => value.trim(),
        _ => line.trim(),
    }
}

fn unlabelled(said: &str) -> &str {
    let said = said.trim();
    ["IMEI", "imei"]
        .iter()
        .find_map(|label| said.strip_prefix(label))
        .map_or(said, |rest| rest.trim_start_matches([':', '=', ' ']))
}

fn unquoted(said: &str) -> &str {
    said.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(said).trim()
}

/// `MN(SM-S938B)` as key and value.
fn field(part: &str) -> Option<(&str, &str)> {
    let (key, rest) = part.trim().split_once('(')?;
    Some((key, rest.strip_suffix(')')?))
}

fn is_uuid(said: &str) -> bool {
    let said = unquoted(said);
    let digits = said.bytes().filter(u8::is_ascii_hexdigit).count();
    let hyphens = said.bytes().filter(|byte| *byte == b'-').count();
    digits == 32 && matches!(hyphens, 0 | 4) && said.len() == digits + hyphens
}

/// First line of an answer without its tag and label.
fn first(answer: &Answer, label: &str) -> Option<String> {
    let line = untagged(answer.lines.first()?);
    let named = line.split('"').find_map(|part| part.strip_prefix("MODEL="));
    let plain = line.strip_prefix(label).and_then(|rest| rest.trim_start().strip_prefix(':'));
    text(named.or(plain).unwrap_or(line))
}

/// Text without quotes and without the tags that some phones repeat inside it:
/// `+GMI: LG Electronics Inc.+GMM: Model:LG-LX265` is `LG-LX265`.
fn text(value: &str) -> Option<String> {
    let value = unquoted(value.trim());
    let inner = value.rfind("+GM").and_then(|at| value.get(at..)).map_or(value, untagged);
    let inner = inner.strip_prefix("Model:").unwrap_or(inner).trim();
    let end = inner.floor_char_boundary(TEXT);
    inner.get(..end).and_then(wording::shown)
}
