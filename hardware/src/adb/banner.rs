//! What a phone says of itself when it lets us in:
//! `device::ro.product.name=…;ro.product.model=…;features=shell_v2,cmd`.

/// What runs on the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhoneState {
    /// Android.
    Device,
    /// The recovery system.
    Recovery,
    /// The recovery system, waiting for an update.
    Sideload,
    /// A rescue system, waiting for an update.
    Rescue,
    /// The boot loader.
    Bootloader,
    /// It does not let this computer in.
    Unauthorized,
    /// It is there and does not answer.
    Offline,
    /// Something that this program does not know.
    Other,
}

impl PhoneState {
    /// The state of this name, as banners and adb servers spell it.
    pub fn of(name: &str) -> Self {
        match name {
            "device" => Self::Device,
            "recovery" => Self::Recovery,
            "sideload" => Self::Sideload,
            "rescue" => Self::Rescue,
            "bootloader" => Self::Bootloader,
            "unauthorized" | "authorizing" => Self::Unauthorized,
            "offline" | "connecting" => Self::Offline,
            _ => Self::Other,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Recovery => "recovery",
            Self::Sideload => "sideload",
            Self::Rescue => "rescue",
            Self::Bootloader => "bootloader",
            Self::Unauthorized => "unauthorized",
            Self::Offline => "offline",
            Self::Other => "unknown",
        }
    }

    /// What a person can do to have the phone read.
    pub const fn cure(self) -> &'static str {
        match self {
            Self::Device => "Read the phone again.",
            Self::Recovery | Self::Sideload | Self::Rescue | Self::Bootloader => {
                "Restart the phone into Android (choose \"Reboot system now\"), unlock it and plug \
                 it in again."
            }
            Self::Unauthorized => {
                "Unlock the phone and touch Allow when it asks about USB debugging."
            }
            Self::Offline => "Unlock the phone and plug it in again; it may still be starting up.",
            Self::Other => "Start Android on the phone, unlock it and plug it in again.",
        }
    }
}

/// What a phone says of itself when it lets us in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Banner {
    /// What runs on the phone.
    pub state: PhoneState,
    /// Whether commands can be run with separate output, errors and exit code.
    pub shell_v2: bool,
}

impl Banner {
    /// Reads a banner. What it does not say is taken as not there. Names of the product are left
    /// out: the phone's properties have them whole.
    pub fn parse(payload: &[u8]) -> Self {
        let text = String::from_utf8_lossy(payload);
        let text = text.trim_end_matches('\0');
        let mut parts = text.splitn(3, ':');
        let state = PhoneState::of(parts.next().unwrap_or_default());
        let properties = parts.nth(1).unwrap_or_default();
        let mut features = properties
            .split(';')
            .filter_map(|property| property.strip_prefix("features="))
            .flat_map(|list| list.split(','));
        Self { state, shell_v2: features.any(|feature| feature == "shell_v2") }
    }
}
