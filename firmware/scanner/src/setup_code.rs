//! Printed codes that set the scanner up, without a station.
//!
//! ```text
//! code    = "TEKSER" version ":" item { ";" item } ":" check "."
//! version = "1"
//! item    = "DEFAULTS"                                     as out of the box, then the others
//!         | "ENGINE=" ( "GM65" | "SSI" | "DE2120" | "LINE" )
//!         | "BAUD=" number                                 of the engine's line
//!         | "TRIGGER=" ( "ASKED" | "ALWAYS" )
//!         | "SAME=" milliseconds                           the same code is the same scan
//!         | "PAUSE=" milliseconds                          begins another box
//!         | "LOUD=" number                                 0 to 10
//!         | "NOTHING=" ( "KEEP" | "DROP" )                 codes without anything of use
//!         | "NEXT"                                         what is scanned next is another box
//! check   = 8 hexadecimal digits, capitals: CRC-32 of everything before
//! ```
//!
//! An item stands there once at most. What it does not name stays as it is. A code of another
//! version or with an item that this one does not know is refused whole. No label is one by
//! accident: it would have to begin like one and have the right check.
//!
//! # When the scanner is set up wrongly
//!
//! A code is looked for in the bare bytes of the engine ([`Watcher`]), in front of any driver: it
//! has a beginning, an end and a check of its own. So it is understood whatever kind of engine is
//! set, as every engine sends what it reads as it is. At the wrong speed no byte comes through,
//! and an engine that waits for a trigger it does not understand reads nothing: then the settings
//! out of the box come back by holding the button ([`crate::trigger::HOLD_MS`]) or from a
//! station.

use core::fmt;

use crc::Digest;
use tekser_wire::frame::CRC;
use tekser_wire::message::{EngineKind, Settings, TriggerMode};

/// Version of the codes.
pub const VERSION: u8 = b'1';

/// Longest code, in bytes.
pub const CODE_MAX: usize = 128;

const BEGIN: &[u8] = b"TEKSER";
const CHECK_LEN: usize = 8;

/// What a code asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SetupCode {
    /// Everything as out of the box, before the rest.
    pub defaults: bool,
    /// The scan engine.
    pub engine: Option<EngineKind>,
    /// Speed of its line, in baud.
    pub baud: Option<u32>,
    /// What makes it look.
    pub trigger: Option<TriggerMode>,
    /// How long the same code counts as the same scan, in milliseconds.
    pub same_code_ms: Option<u16>,
    /// A pause after which a scan begins a new box, in milliseconds.
    pub box_pause_ms: Option<u16>,
    /// Loudness of the beeper.
    pub loudness: Option<u8>,
    /// Whether codes with nothing of use are kept.
    pub keep_nothing: Option<bool>,
    /// What is scanned next is another box.
    pub next_box: bool,
}

/// Why a code is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SetupError {
    /// It is none: a label.
    NotOne,
    /// Of another version.
    Version,
    /// Misread, cut, or made up.
    Check,
    /// Something in it is not known, stands there twice, or cannot be.
    Item,
}

impl SetupCode {
    /// "The next box."
    pub const NEXT_BOX: Self = Self { next_box: true, ..Self::NONE };

    /// "As out of the box."
    pub const DEFAULTS: Self = Self { defaults: true, ..Self::NONE };

    const NONE: Self = Self {
        defaults: false,
        engine: None,
        baud: None,
        trigger: None,
        same_code_ms: None,
        box_pause_ms: None,
        loudness: None,
        keep_nothing: None,
        next_box: false,
    };

    /// Asks for all of these settings.
    pub const fn of(settings: &Settings) -> Self {
        Self {
            engine: Some(settings.engine),
            baud: Some(settings.baud),
            trigger: Some(settings.trigger),
            same_code_ms: Some(settings.same_code_ms),
            box_pause_ms: Some(settings.box_pause_ms),
            loudness: Some(settings.loudness),
            keep_nothing: Some(settings.keep_nothing),
            ..Self::NONE
        }
    }

    /// Reads the text of a code. It may have blanks and line ends behind it.
    ///
    /// # Errors
    ///
    /// [`SetupError`].
    pub fn parse(text: &[u8]) -> Result<Self, SetupError> {
        let [version, b':', body @ ..] = text.strip_prefix(BEGIN).ok_or(SetupError::NotOne)? else {
            return Err(SetupError::NotOne);
        };
        if !version.is_ascii_digit() {
            return Err(SetupError::NotOne);
        }
        let whole = text.trim_ascii_end();
        let sealed = whole.strip_suffix(b".").ok_or(SetupError::Check)?;
        let (sealed, check) = sealed.split_last_chunk().ok_or(SetupError::Check)?;
        if text.len() > CODE_MAX || *check != check_of(sealed) {
            return Err(SetupError::Check);
        }
        if *version != VERSION {
            return Err(SetupError::Version);
        }
        let items = body.get(..sealed.len() - (BEGIN.len() + 2)).ok_or(SetupError::Check)?;
        let items = items.strip_suffix(b":").ok_or(SetupError::Check)?;
        let mut code = Self::NONE;
        for item in items.split(|byte| *byte == b';') {
            code.take(item).ok_or(SetupError::Item)?;
        }
        Ok(code)
    }

    fn take(&mut self, item: &[u8]) -> Option<()> {
        let mut parts = item.splitn(2, |byte| *byte == b'=');
        match (parts.next()?, parts.next()) {
            (b"DEFAULTS", None) => once_true(&mut self.defaults),
            (b"NEXT", None) => once_true(&mut self.next_box),
            (b"ENGINE", Some(name)) => once(&mut self.engine, named(&ENGINES, name)),
            (b"TRIGGER", Some(name)) => once(&mut self.trigger, named(&TRIGGERS, name)),
            (b"NOTHING", Some(name)) => once(&mut self.keep_nothing, named(&NOTHINGS, name)),
            (b"BAUD", Some(number)) => once(&mut self.baud, value(number)),
            (b"SAME", Some(number)) => once(&mut self.same_code_ms, small(number)),
            (b"PAUSE", Some(number)) => once(&mut self.box_pause_ms, small(number)),
            (b"LOUD", Some(number)) => {
                once(&mut self.loudness, value(number).and_then(|it| it.try_into().ok()))
            }
            _ => None,
        }
    }

    /// What `settings` become.
    pub fn apply(&self, settings: &Settings) -> Settings {
        let base = if self.defaults { Settings::DEFAULT } else { *settings };
        Settings {
            engine: self.engine.unwrap_or(base.engine),
            baud: self.baud.unwrap_or(base.baud),
            trigger: self.trigger.unwrap_or(base.trigger),
            same_code_ms: self.same_code_ms.unwrap_or(base.same_code_ms),
            box_pause_ms: self.box_pause_ms.unwrap_or(base.box_pause_ms),
            loudness: self.loudness.unwrap_or(base.loudness),
            keep_nothing: self.keep_nothing.unwrap_or(base.keep_nothing),
        }
    }
}

/// Whether a text is a code, or was to be one: it is never a scan.
pub fn is_meant(text: &[u8]) -> bool {
    !matches!(SetupCode::parse(text), Err(SetupError::NotOne))
}

/// The text to be printed.
impl fmt::Display for SetupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Sealing { f, digest: CRC.digest(), separator: "" };
        out.put(format_args!("TEKSER{}:", char::from(VERSION)))?;
        out.flag("DEFAULTS", self.defaults)?;
        out.item("ENGINE", self.engine.map(|engine| name_of(&ENGINES, engine)))?;
        out.item("BAUD", self.baud)?;
        out.item("TRIGGER", self.trigger.map(|trigger| name_of(&TRIGGERS, trigger)))?;
        out.item("SAME", self.same_code_ms)?;
        out.item("PAUSE", self.box_pause_ms)?;
        out.item("LOUD", self.loudness)?;
        out.item("NOTHING", self.keep_nothing.map(|keep| name_of(&NOTHINGS, keep)))?;
        out.flag("NEXT", self.next_box)?;
        out.put(format_args!(":"))?;
        let check = out.digest.finalize();
        write!(f, "{check:08X}.")
    }
}

/// Writes, and sums up what was written.
struct Sealing<'a, 'b> {
    f: &'a mut fmt::Formatter<'b>,
    digest: Digest<'static, u32>,
    separator: &'static str,
}

impl Sealing<'_, '_> {
    fn put(&mut self, text: fmt::Arguments<'_>) -> fmt::Result {
        fmt::Write::write_fmt(self, text)
    }

    fn flag(&mut self, name: &str, is_set: bool) -> fmt::Result {
        if is_set {
            let separator = core::mem::replace(&mut self.separator, ";");
            self.put(format_args!("{separator}{name}"))?;
        }
        Ok(())
    }

    fn item(&mut self, name: &str, value: Option<impl fmt::Display>) -> fmt::Result {
        if let Some(value) = value {
            let separator = core::mem::replace(&mut self.separator, ";");
            self.put(format_args!("{separator}{name}={value}"))?;
        }
        Ok(())
    }
}

impl fmt::Write for Sealing<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.digest.update(text.as_bytes());
        self.f.write_str(text)
    }
}

/// Finds codes in the bare bytes of an engine.
#[derive(Debug, Default)]
pub struct Watcher {
    code: heapless::Vec<u8, CODE_MAX>,
}

impl Watcher {
    /// Takes a byte; a code that is whole by it.
    pub fn push(&mut self, byte: u8) -> Option<Result<SetupCode, SetupError>> {
        let at = self.code.len();
        let is_begun = at >= BEGIN.len() + 2;
        let fits = match BEGIN.get(at) {
            Some(expected) => byte == *expected,
            None if at == BEGIN.len() => byte.is_ascii_digit(),
            None if !is_begun => byte == b':',
            None => (b'!'..=b'~').contains(&byte),
        };
        if !fits || self.code.push(byte).is_err() {
            self.code.clear();
            if BEGIN.first() == Some(&byte) {
                // There was room a moment ago.
                let _ = self.code.push(byte);
            }
            return None;
        }
        if byte != b'.' || !is_begun {
            return None;
        }
        let result = SetupCode::parse(&self.code);
        self.code.clear();
        // What does not agree is told of once the driver has the whole text.
        match result {
            Err(SetupError::NotOne | SetupError::Check) => None,
            result => Some(result),
        }
    }
}

const ENGINES: [(EngineKind, &str); 4] = [
    (EngineKind::Gm65, "GM65"),
    (EngineKind::Ssi, "SSI"),
    (EngineKind::De2120, "DE2120"),
    (EngineKind::Line, "LINE"),
];

const TRIGGERS: [(TriggerMode, &str); 2] =
    [(TriggerMode::Asked, "ASKED"), (TriggerMode::Always, "ALWAYS")];

const NOTHINGS: [(bool, &str); 2] = [(true, "KEEP"), (false, "DROP")];

fn named<T: Copy>(names: &[(T, &str)], name: &[u8]) -> Option<T> {
    names.iter().find(|(_, known)| known.as_bytes() == name).map(|(value, _)| *value)
}

fn name_of<T: Copy + PartialEq>(names: &[(T, &'static str)], value: T) -> &'static str {
    names.iter().find(|(known, _)| *known == value).map_or("", |(_, name)| name)
}

/// One to six digits.
fn value(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 6 {
        return None;
    }
    digits.iter().try_fold(0, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0'))
    })
}

fn small(digits: &[u8]) -> Option<u16> {
    value(digits)?.try_into().ok()
}

fn once<T>(place: &mut Option<T>, value: Option<T>) -> Option<()> {
    match place.replace(value?) {
        None => Some(()),
        Some(_) => None,
    }
}

fn once_true(place: &mut bool) -> Option<()> {
    (!core::mem::replace(place, true)).then_some(())
}

fn check_of(sealed: &[u8]) -> [u8; CHECK_LEN] {
    let sum = CRC.checksum(sealed);
    let mut digits = [0; CHECK_LEN];
    for (digit, shift) in digits.iter_mut().zip((0..CHECK_LEN as u32).rev()) {
        let nibble = (sum >> (4 * shift)) as u8 & 0x0F;
        *digit = if nibble < 10 { b'0' + nibble } else { b'A' - 10 + nibble };
    }
    digits
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::{String, ToString};
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn sealed(body: &str) -> String {
        let check = check_of(body.as_bytes());
        format!("{body}{}.", core::str::from_utf8(&check).unwrap())
    }

    fn parse(text: &str) -> Result<SetupCode, SetupError> {
        SetupCode::parse(text.as_bytes())
    }

    #[test]
    fn printed_codes_stay_as_they_are() {
        assert_eq!(SetupCode::NEXT_BOX.to_string(), NEXT);
        let all = SetupCode::of(&Settings::DEFAULT).to_string();
        assert_eq!(all, ALL);
        assert_eq!(parse(&all), Ok(SetupCode::of(&Settings::DEFAULT)));
        assert!(all.len() < CODE_MAX);
    }

    // Checks summed up by zlib.
    const NEXT: &str = "TEKSER1:NEXT:D0433076.";
    const ALL: &str = "TEKSER1:ENGINE=GM65;BAUD=9600;TRIGGER=ALWAYS;SAME=2000;PAUSE=4000;\
                       LOUD=7;NOTHING=KEEP:02171809.";

    #[test]
    fn a_code_changes_what_it_names() {
        let code = parse(&sealed("TEKSER1:LOUD=0;BAUD=115200:")).unwrap();
        let settings = Settings { engine: EngineKind::Ssi, ..Settings::DEFAULT };
        assert_eq!(code.apply(&settings), Settings { loudness: 0, baud: 115_200, ..settings });
        let code = parse(&sealed("TEKSER1:DEFAULTS;LOUD=1:")).unwrap();
        assert_eq!(code.apply(&settings), Settings { loudness: 1, ..Settings::DEFAULT });
        assert_eq!(SetupCode::NEXT_BOX.apply(&settings), settings);
    }

    #[test]
    fn what_is_not_understood_is_refused_whole() {
        for body in [
            "TEKSER1:LOUD=7;COLOUR=RED:",
            "TEKSER1:LOUD=7;LOUD=8:",
            "TEKSER1:NEXT;NEXT:",
            "TEKSER1::",
            "TEKSER1:NEXT;:",
            "TEKSER1:NEXT=1:",
            "TEKSER1:LOUD:",
            "TEKSER1:LOUD=256:",
            "TEKSER1:LOUD=-1:",
            "TEKSER1:SAME=65536:",
            "TEKSER1:BAUD=1234567:",
            "TEKSER1:ENGINE=gm65:",
        ] {
            assert_eq!(parse(&sealed(body)), Err(SetupError::Item), "{body}");
        }
        assert_eq!(parse(&sealed("TEKSER2:NEXT:")), Err(SetupError::Version));
        assert_eq!(parse("TEKSER1:NEXT:00000000."), Err(SetupError::Check));
        assert_eq!(parse("TEKSER1:"), Err(SetupError::Check));
        for label in ["", "TEKSER", "TEKSERX:NEXT", "356938035643809", "TEKSER 1:"] {
            assert_eq!(parse(label), Err(SetupError::NotOne), "{label}");
        }
    }

    #[test]
    fn any_byte_that_is_misread_is_noticed() {
        let text = ALL.as_bytes();
        for at in BEGIN.len() + 2..text.len() - 1 {
            for bit in 0..8 {
                let mut misread = text.to_vec();
                misread[at] ^= 1 << bit;
                assert_eq!(SetupCode::parse(&misread), Err(SetupError::Check), "{at} {bit}");
            }
            assert!(SetupCode::parse(&text[..at]).is_err());
        }
    }

    #[test]
    fn a_code_is_found_in_the_bytes_of_any_engine() {
        let frames = [
            format!("]Q1{NEXT}\r"),
            format!("\x30\u{7f}\x02{NEXT}\x01\x02"),
            format!("TEKTEKSER1:NEXT\rTEKSER{NEXT}"),
        ];
        for frame in frames {
            let mut watcher = Watcher::default();
            let found: Vec<_> = frame.bytes().filter_map(|byte| watcher.push(byte)).collect();
            assert_eq!(found, [Ok(SetupCode::NEXT_BOX)], "{frame:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read(
            defaults: bool, engine in prop::option::of(0..4_usize),
            baud in prop::option::of(0..1_000_000_u32), trigger: Option<bool>,
            same_code_ms: Option<u16>, box_pause_ms: Option<u16>, loudness: Option<u8>,
            keep_nothing: Option<bool>, next_box: bool,
        ) {
            let code = SetupCode {
                defaults, baud, same_code_ms, box_pause_ms, loudness, keep_nothing, next_box,
                engine: engine.map(|at| ENGINES[at].0),
                trigger: trigger.map(|at| TRIGGERS[usize::from(at)].0),
            };
            prop_assume!(code != SetupCode::NONE);
            let text = code.to_string();
            prop_assert!(text.len() <= CODE_MAX);
            prop_assert_eq!(SetupCode::parse(text.as_bytes()), Ok(code));
            let mut watcher = Watcher::default();
            let found: Vec<_> = text.bytes().filter_map(|byte| watcher.push(byte)).collect();
            prop_assert_eq!(found, [Ok(code)]);
        }

        #[test]
        fn nothing_else_is_a_code(text in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(SetupCode::parse(&text), Err(SetupError::NotOne));
            let mut begun = b"TEKSER1:".to_vec();
            begun.extend(&text);
            prop_assert!(SetupCode::parse(&begun).is_err());
            let mut watcher = Watcher::default();
            prop_assert!(begun.iter().all(|byte| watcher.push(*byte).is_none()));
        }
    }
}
