//! What a person can set on a scanner, as the API says it.

use serde::{Deserialize, Serialize};
use tekser_wire::message;
use utoipa::ToSchema;

/// What a person can set. Kept in the scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScannerSettings {
    /// The scan engine.
    pub engine: EngineKind,
    /// Speed of its line, in baud.
    #[schema(example = 9600)]
    pub baud: u32,
    /// What makes it look.
    pub trigger: TriggerMode,
    /// How long the same code counts as the same scan, in milliseconds; 0 turns it off.
    pub same_code_ms: u16,
    /// A pause after which a scan begins a new box, in milliseconds; 0: only a "next" code does.
    pub box_pause_ms: u16,
    /// Loudness of the beeper, 0 (off) to 10.
    #[schema(maximum = 10)]
    pub loudness: u8,
    /// Whether codes without anything of use are kept and sent as well.
    pub keep_nothing: bool,
}

/// Scan engines.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum EngineKind {
    /// GM65, GM805, GM812, GM861.
    Gm65,
    /// GM67, GM72: Simple Serial Interface.
    Ssi,
    /// DE2120.
    De2120,
    /// Any other: lines of text.
    Line,
}

/// What makes an engine look for a code.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum TriggerMode {
    /// The button, or the station.
    Asked,
    /// It looks all the time.
    Always,
}

impl From<message::Settings> for ScannerSettings {
    fn from(settings: message::Settings) -> Self {
        let message::Settings {
            engine,
            baud,
            trigger,
            same_code_ms,
            box_pause_ms,
            loudness,
            keep_nothing,
        } = settings;
        let engine = match engine {
            message::EngineKind::Gm65 => EngineKind::Gm65,
            message::EngineKind::Ssi => EngineKind::Ssi,
            message::EngineKind::De2120 => EngineKind::De2120,
            message::EngineKind::Line => EngineKind::Line,
        };
        let trigger = match trigger {
            message::TriggerMode::Asked => TriggerMode::Asked,
            message::TriggerMode::Always => TriggerMode::Always,
        };
        Self { engine, baud, trigger, same_code_ms, box_pause_ms, loudness, keep_nothing }
    }
}

impl From<ScannerSettings> for message::Settings {
    fn from(settings: ScannerSettings) -> Self {
        let ScannerSettings {
            engine,
            baud,
            trigger,
            same_code_ms,
            box_pause_ms,
            loudness,
            keep_nothing,
        } = settings;
        let engine = match engine {
            EngineKind::Gm65 => message::EngineKind::Gm65,
            EngineKind::Ssi => message::EngineKind::Ssi,
            EngineKind::De2120 => message::EngineKind::De2120,
            EngineKind::Line => message::EngineKind::Line,
        };
        let trigger = match trigger {
            TriggerMode::Asked => message::TriggerMode::Asked,
            TriggerMode::Always => message::TriggerMode::Always,
        };
        Self { engine, baud, trigger, same_code_ms, box_pause_ms, loudness, keep_nothing }
    }
}
