//! What the station remembers of a scanner, plugged in or not.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tekser_wire::message::{self, Capabilities, FirmwareVersion, ScannerHello};
use utoipa::ToSchema;

use super::ScannerName;

/// A scanner that was heard at least once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KnownScanner {
    /// Its name: the serial number of a Tekser scanner, the place of any other.
    #[schema(value_type = String, example = "E660583883265A2F")]
    pub name: ScannerName,
    /// What kind of scanner it is.
    pub kind: ScannerKind,
    /// What it calls itself on the USB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Its board: `pico`, `nrf52840`, `stm32f405`, `virtual`, or a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board: Option<String>,
    /// Version of its firmware, such as `0.1.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// What it can do.
    pub capabilities: Vec<Capability>,
    /// How often its store was started.
    pub boots: u32,
    /// Why it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<StartCause>,
    /// Number of its store.
    pub store: u32,
    /// When it was first heard.
    #[schema(value_type = String, format = DateTime)]
    pub first_seen: Timestamp,
    /// When it was last plugged in or pulled out, or sent a code.
    #[schema(value_type = String, format = DateTime)]
    pub last_seen: Timestamp,
    /// Scans that this store has refused because it was full.
    pub refused: u32,
    /// What nobody has taken note of yet.
    #[serde(default)]
    pub unnoted: Unnoted,
}

/// What happened to a scanner and stays to be shown until a person takes note of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unnoted {
    /// Scans that were refused because its store was full: the person heard it each time.
    #[serde(default)]
    pub refused: u32,
    /// Scans that never came: another station took them, or the scanner lost them.
    #[serde(default)]
    pub missing: u32,
    /// How often its store was found to count from an earlier number again.
    #[serde(default)]
    pub rewound: u32,
    /// How often its watchdog started it again.
    #[serde(default)]
    pub hung: u32,
    /// Its latest panic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash: Option<CrashReport>,
}

/// A panic of a scanner's firmware.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CrashReport {
    /// Version of the firmware.
    pub firmware: String,
    /// Source file.
    pub file: String,
    /// Line in it.
    pub line: u32,
    /// What it said.
    pub message: String,
    /// How long it had been running, in milliseconds.
    pub uptime_ms: u64,
    /// When the station was told.
    #[schema(value_type = String, format = DateTime)]
    pub told_at: Timestamp,
}

/// Kinds of scanners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScannerKind {
    /// Runs Tekser's own firmware: it judges, keeps scans, groups boxes.
    Tekser,
    /// Any other: it sends codes and nothing else.
    Plain,
}

/// What a scanner can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Its scans survive power loss.
    Durable,
    /// It has a beeper.
    Beeper,
    /// It has a trigger button.
    Button,
    /// It can be given another firmware over USB.
    BootLoader,
}

impl Capability {
    const ALL: [(u32, Self); 4] = [
        (Capabilities::DURABLE, Self::Durable),
        (Capabilities::BEEPER, Self::Beeper),
        (Capabilities::BUTTON, Self::Button),
        (Capabilities::BOOT_LOADER, Self::BootLoader),
    ];

    fn of(bits: Capabilities) -> Vec<Self> {
        let all = Self::ALL.into_iter();
        all.filter(|(bit, _)| bits.has(*bit)).map(|(_, capability)| capability).collect()
    }
}

/// Why a scanner began to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StartCause {
    /// Power came.
    Power,
    /// A station asked for it.
    Asked,
    /// It hung, and its watchdog started it again.
    Watchdog,
    /// It panicked.
    Panic,
    /// Something else.
    Other,
}

impl From<message::Start> for StartCause {
    fn from(start: message::Start) -> Self {
        match start {
            message::Start::Power => Self::Power,
            message::Start::Asked => Self::Asked,
            message::Start::Watchdog => Self::Watchdog,
            message::Start::Panic => Self::Panic,
            message::Start::Other => Self::Other,
        }
    }
}

impl KnownScanner {
    /// A Tekser scanner that presented itself now, given what was known of it before.
    pub(crate) fn presented(hello: &ScannerHello, before: Option<Self>, now: Timestamp) -> Self {
        let known = Self {
            name: hello.serial.into(),
            kind: ScannerKind::Tekser,
            product: None,
            board: Some(board(hello.board)),
            firmware: Some(version(hello.firmware)),
            capabilities: Capability::of(hello.capabilities),
            boots: hello.boots,
            started_by: Some(hello.start.into()),
            store: hello.store.0,
            first_seen: now,
            last_seen: now,
            refused: 0,
            unnoted: Unnoted::default(),
        };
        let Some(before) = before else { return known };
        let same_store = before.store == known.store;
        let same_run = same_store && before.boots == known.boots;
        let hung = !same_run && hello.start == message::Start::Watchdog;
        let mut unnoted = before.unnoted;
        unnoted.hung = unnoted.hung.saturating_add(u32::from(hung));
        let refused = if same_store { before.refused } else { 0 };
        Self { first_seen: before.first_seen, product: before.product, refused, unnoted, ..known }
    }

    /// Any other scanner that was plugged in now.
    pub(super) fn plain(
        name: ScannerName,
        product: Option<&str>,
        before: Option<Self>,
        now: Timestamp,
    ) -> Self {
        Self {
            name,
            kind: ScannerKind::Plain,
            product: product.map(str::to_owned),
            board: None,
            firmware: None,
            capabilities: Vec::new(),
            boots: 0,
            started_by: None,
            store: 0,
            first_seen: before.map_or(now, |before| before.first_seen),
            last_seen: now,
            refused: 0,
            unnoted: Unnoted::default(),
        }
    }

    /// Takes in how many scans its store has refused so far.
    pub(super) fn has_refused(&mut self, refused: u32) {
        let more = refused.saturating_sub(self.refused);
        self.unnoted.refused = self.unnoted.refused.saturating_add(more);
        self.refused = refused;
    }
}

/// A board in a word.
fn board(board: message::Board) -> String {
    match board {
        message::Board::VIRTUAL => "virtual".to_owned(),
        message::Board::PICO => "pico".to_owned(),
        message::Board::NRF52840 => "nrf52840".to_owned(),
        message::Board::STM32F405 => "stm32f405".to_owned(),
        message::Board(number) => format!("board {number}"),
    }
}

/// A version as people write it.
pub(super) fn version(version: FirmwareVersion) -> String {
    let [major, minor, patch] = version.0;
    format!("{major}.{minor}.{patch}")
}

#[cfg(test)]
mod tests {
    use tekser_wire::message::{Board, Sequence, SerialNumber, Start, StoreId};
    use tekser_wire::version::Versions;

    use super::*;

    fn hello(store: u32, boots: u32, start: Start) -> ScannerHello {
        ScannerHello {
            versions: Versions::OURS,
            nonce: 1,
            board: Board::PICO,
            firmware: FirmwareVersion([0, 1, 0]),
            capabilities: Capabilities(Capabilities::DURABLE | Capabilities::BEEPER),
            serial: SerialNumber([7; 8]),
            store: StoreId(store),
            oldest: Sequence(1),
            next: Sequence(1),
            boots,
            start,
        }
    }

    #[test]
    fn refused_scans_stay_to_be_shown_until_noted_also_when_the_store_is_formatted() {
        let now = Timestamp::UNIX_EPOCH;
        let mut known = KnownScanner::presented(&hello(1, 1, Start::Power), None, now);
        known.has_refused(3);
        known.has_refused(3);
        assert_eq!(known.unnoted.refused, 3);
        known = KnownScanner::presented(&hello(2, 1, Start::Power), Some(known), now);
        known.has_refused(2);
        assert_eq!((known.refused, known.unnoted.refused), (2, 5));
    }

    #[test]
    fn a_run_that_began_after_a_hang_counts_once() {
        let now = Timestamp::UNIX_EPOCH;
        let mut known = KnownScanner::presented(&hello(1, 1, Start::Power), None, now);
        for (boots, hung) in [(2, 1), (2, 1), (3, 2)] {
            known = KnownScanner::presented(&hello(1, boots, Start::Watchdog), Some(known), now);
            assert_eq!(known.unnoted.hung, hung);
        }
        assert_eq!(known.capabilities, [Capability::Durable, Capability::Beeper]);
        assert_eq!(
            (known.board.as_deref(), known.firmware.as_deref()),
            (Some("pico"), Some("0.1.0"))
        );
    }
}
