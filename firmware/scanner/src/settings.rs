//! What a person can set: whether it can be, and how it is kept.

use heapless::Vec;
use tekser_wire::message::{EngineKind, Settings, SettingsError};

use crate::journal::SETTINGS_MAX;

/// Loudest.
pub const LOUDNESS_MAX: u8 = 10;

/// Speeds that a board's UART and some engine share, in baud.
pub const BAUDS: [u32; 8] = [1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200];

/// First byte of kept settings: another one is of a firmware that keeps them otherwise.
const FORMAT: u8 = 1;

/// Whether these settings can be.
///
/// # Errors
///
/// The first thing that cannot be.
pub fn check(settings: &Settings) -> Result<(), SettingsError> {
    let bauds: &[u32] = match settings.engine {
        EngineKind::De2120 => &[9_600, 115_200],
        _ => &BAUDS,
    };
    if !bauds.contains(&settings.baud) {
        return Err(SettingsError::Baud);
    }
    if settings.loudness > LOUDNESS_MAX {
        return Err(SettingsError::Loudness);
    }
    Ok(())
}

/// Whether the engine must be set up again when `old` becomes `new`.
pub fn concerns_engine(old: &Settings, new: &Settings) -> bool {
    old.engine != new.engine || old.baud != new.baud || old.trigger != new.trigger
}

/// As they are kept in the journal.
pub fn to_bytes(settings: &Settings) -> Vec<u8, SETTINGS_MAX> {
    let mut room = [FORMAT; SETTINGS_MAX];
    let [_, body @ ..] = &mut room;
    let len = postcard::to_slice(settings, body).map_or(0, |written| written.len());
    room.get(..=len).and_then(|bytes| Vec::from_slice(bytes).ok()).unwrap_or_default()
}

/// From the journal; as they came out of the box if there are none, or none that can be.
pub fn from_bytes(bytes: &[u8]) -> Settings {
    let [FORMAT, body @ ..] = bytes else { return Settings::DEFAULT };
    let kept = postcard::from_bytes(body).unwrap_or(Settings::DEFAULT);
    if check(&kept).is_ok() { kept } else { Settings::DEFAULT }
}

#[cfg(test)]
mod tests {
    use tekser_wire::message::TriggerMode;

    use super::*;

    const LONGEST: Settings = Settings {
        engine: EngineKind::Line,
        baud: 115_200,
        trigger: TriggerMode::Always,
        same_code_ms: u16::MAX,
        box_pause_ms: u16::MAX,
        loudness: LOUDNESS_MAX,
        keep_nothing: true,
    };

    #[test]
    fn what_is_kept_comes_back() {
        for settings in [Settings::DEFAULT, LONGEST] {
            assert_eq!(from_bytes(&to_bytes(&settings)), settings);
        }
    }

    #[test]
    fn kept_bytes_stay_as_they_are() {
        let bytes = [1, 0, 0x80, 0x4B, 1, 0xD0, 0x0F, 0xA0, 0x1F, 7, 1];
        assert_eq!(to_bytes(&Settings::DEFAULT), bytes);
    }

    #[test]
    fn what_cannot_be_read_or_be_is_as_out_of_the_box() {
        let silly = to_bytes(&Settings { baud: 7, ..LONGEST });
        for bytes in [&[][..], &[1], &[2, 3, 0, 0], &silly] {
            assert_eq!(from_bytes(bytes), Settings::DEFAULT, "{bytes:?}");
        }
    }

    #[test]
    fn speed_and_loudness_have_their_limits() {
        assert_eq!(check(&Settings::DEFAULT), Ok(()));
        assert_eq!(check(&LONGEST), Ok(()));
        assert_eq!(check(&Settings { baud: 9_601, ..LONGEST }), Err(SettingsError::Baud));
        let de2120 = Settings { engine: EngineKind::De2120, baud: 19_200, ..LONGEST };
        assert_eq!(check(&de2120), Err(SettingsError::Baud));
        assert_eq!(check(&Settings { loudness: 11, ..LONGEST }), Err(SettingsError::Loudness));
    }
}
