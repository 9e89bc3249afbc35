//! Identity facts from one source at one time.
//!
//! A [`Reading`] never interprets more than it saw. A value that fails its own check is kept
//! as [`ClaimValue::Rejected`] with its digits and the reason, because a wrong IMEI that is
//! shown can be mended and one that is dropped cannot.

use core::fmt;

use serde::{Deserialize, Serialize};
use tekser_imei::{Eid, Imei, Imei14, Imeisv, Meid, ParseError, Svn};

/// SIM slot of a phone, counted from 1 as phones show it to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Slot(u8);

impl Slot {
    /// First slot.
    pub const ONE: Self = Self(1);
    /// Second slot.
    pub const TWO: Self = Self(2);
    /// Third slot.
    pub const THREE: Self = Self(3);
    /// Fourth slot: no phone on the market has more IMEIs.
    pub const FOUR: Self = Self(4);

    /// The slot with this number, 1 to 4.
    pub const fn new(number: u8) -> Option<Self> {
        match number {
            1..=4 => Some(Self(number)),
            _ => None,
        }
    }

    /// 1 to 4.
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A slot number outside 1 to 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a slot is 1 to 4, not {0}")]
pub struct NoSuchSlot(pub u8);

impl TryFrom<u8> for Slot {
    type Error = NoSuchSlot;

    fn try_from(number: u8) -> Result<Self, NoSuchSlot> {
        Self::new(number).ok_or(NoSuchSlot(number))
    }
}

impl From<Slot> for u8 {
    fn from(slot: Slot) -> Self {
        slot.0
    }
}

/// Where a reading came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// AT commands on a modem port.
    At,
    /// The Android debug bridge: the phone's own telephony service, and its properties.
    Adb,
    /// USB descriptors alone: maker, product, serial number; never an IMEI of an Android phone.
    Usb,
    /// What the phone itself shows (`*#06#`, settings), scanned from its screen or typed.
    Screen,
    /// Text of a box label or sticker, scanned, pasted or typed.
    Label,
}

/// How directly the source speaks of the slot it is credited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// A value that other software may have set, or whose slot is a guess.
    Weak,
    /// A generic command that names no slot (`AT+CGSN`).
    Plain,
    /// A command or label that names the slot and the item.
    Strong,
}

/// One exchange: what was asked, and what came back, so that a person can judge it later.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The command as sent, without its terminator; empty for a label.
    pub command: String,
    /// The answer as received, control characters escaped (`\r`, `\n`, `\xNN`),
    /// at most [`Evidence::MAX_LEN`] bytes.
    pub answer: String,
}

impl Evidence {
    /// Longest answer kept, in bytes of escaped text.
    pub const MAX_LEN: usize = 2048;

    /// Keeps `answer` in readable form, cut at [`Evidence::MAX_LEN`].
    pub fn new(command: &str, answer: &[u8]) -> Self {
        let mut text = String::new();
        for chunk in answer.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
            }
            for byte in chunk.invalid() {
                text.push_str(&format!("\\x{byte:02x}"));
            }
            if text.len() > Self::MAX_LEN {
                break;
            }
        }
        if text.len() > Self::MAX_LEN {
            let end = text.floor_char_boundary(Self::MAX_LEN - '…'.len_utf8());
            text.truncate(end);
            text.push('…');
        }
        Self { command: command.to_owned(), answer: text }
    }
}

/// Evidence holds whole IMEIs, so its `Debug` says only how much there is.
impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Evidence({:?}, {} bytes)", self.command, self.answer.len())
    }
}

/// What a source said where an equipment identity was expected.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case")]
pub enum ClaimValue {
    /// A whole IMEI whose check digit agrees.
    Imei {
        /// The number.
        imei: Imei,
        /// Software version, where the source printed it beside the IMEI.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        svn: Option<Svn>,
    },
    /// 14 digits: an IMEI without its check digit. The digit can be computed, but a misread
    /// digit would then pass unnoticed, so this stays apart.
    WithoutCheckDigit {
        /// The 14 digits.
        imei14: Imei14,
    },
    /// 16 digits: carries no check digit.
    Imeisv {
        /// The number.
        imeisv: Imeisv,
    },
    /// A CDMA identity: recognised and put aside, never filed as an IMEI.
    Meid {
        /// The number.
        meid: Meid,
    },
    /// Looks like an identity and fails its own check.
    Rejected {
        /// What the source said.
        text: String,
        /// Why it is none.
        reason: ParseError,
    },
}

impl ClaimValue {
    /// The 14 digits that identify the equipment, if this claim carries them soundly.
    pub fn imei14(&self) -> Option<Imei14> {
        match self {
            Self::Imei { imei, .. } => Some(imei.imei14()),
            Self::WithoutCheckDigit { imei14 } => Some(*imei14),
            Self::Imeisv { imeisv } => Some(imeisv.imei14()),
            Self::Meid { .. } | Self::Rejected { .. } => None,
        }
    }

    /// The whole IMEI, if the source gave one with its check digit.
    pub fn imei(&self) -> Option<Imei> {
        match self {
            Self::Imei { imei, .. } => Some(*imei),
            _ => None,
        }
    }
}

/// Masked: only the form and the TAC show.
impl fmt::Debug for ClaimValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Imei { imei, .. } => write!(f, "{imei:?}"),
            Self::WithoutCheckDigit { imei14 } => write!(f, "{imei14:?}"),
            Self::Imeisv { imeisv } => write!(f, "{imeisv:?}"),
            Self::Meid { meid } => write!(f, "{meid:?}"),
            Self::Rejected { reason, .. } => write!(f, "Rejected({reason:?})"),
        }
    }
}

/// One equipment identity as one exchange gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Slot, where the source names it; `None` is "some slot of this phone".
    pub slot: Option<Slot>,
    /// What was said.
    pub value: ClaimValue,
    /// How directly it was said.
    pub confidence: Confidence,
    /// Index into [`Reading::evidence`].
    pub evidence: usize,
}

/// Something about the exchange that a person should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The phone refused the standard command and answered a maker's own one.
    StandardRefused,
    /// The device answered a UUID where an IMEI was asked for (Quectel BC26).
    UuidInsteadOfImei,
    /// The same plain command gave different IMEIs (Quectel RG650V).
    PlainAnswerAlternates,
    /// The answer was longer than the limit and was cut.
    AnswerCut,
    /// Bytes arrived that are no AT answer.
    Garbage,
    /// A maker's command for a second slot answered something that is no second IMEI.
    SecondSlotUnsound,
    /// The phone is authorised and still refuses to tell its IMEI to this computer.
    ImeiRefused,
    /// The phone's telephony service has no IMEI in a slot that its model has.
    ImeiMissing,
    /// An IMEI stands in the phone's properties only, which other software can set.
    PropertiesOnly,
    /// A property names another IMEI than the phone's telephony service.
    PropertiesDisagree,
}

/// Identity facts from one source at one time.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Where the facts came from.
    pub source: Source,
    /// Equipment identities, in the order they were given.
    pub claims: Vec<Claim>,
    /// Serial number of the phone.
    pub serial: Option<String>,
    /// eSIM identities.
    pub eids: Vec<Eid>,
    /// Maker.
    pub maker: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Firmware version or build.
    pub firmware: Option<String>,
    /// Operating system and its version, such as `Android 14`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// How many SIM slots with an IMEI the phone says it has, 1 to 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sim_slots: Option<u8>,
    /// What was asked and answered.
    pub evidence: Vec<Evidence>,
    /// Remarks on the exchange.
    pub notes: Vec<Note>,
}

impl Reading {
    /// A reading with nothing in it yet.
    pub const fn empty(source: Source) -> Self {
        Self {
            source,
            claims: Vec::new(),
            serial: None,
            eids: Vec::new(),
            maker: None,
            model: None,
            firmware: None,
            os: None,
            sim_slots: None,
            evidence: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a remark once.
    pub fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// The serial number is personal data: only whether there is one shows.
impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading")
            .field("source", &self.source)
            .field("claims", &self.claims)
            .field("serial", &self.serial.as_ref().map(|_| "…"))
            .field("maker", &self.maker)
            .field("model", &self.model)
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}
