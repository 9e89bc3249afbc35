//! What makes a phone an Android phone, and how its debug bridge behaves.

use std::time::Duration;

use tekser_imei::Imei;

/// The Android side of a phone with USB debugging switched on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Android {
    /// Version as people know it, `4.4` to `16`.
    pub release: String,
    /// The same as a number (`ro.build.version.sdk`), 16 to 36. All answers go by it.
    pub sdk: u16,
    /// USB vendor and product id with debugging on.
    pub usb_id: (u16, u16),
    /// What the telephony service says when asked for an IMEI.
    pub imei_answer: ImeiAnswer,
    /// Whether a computer is let in.
    pub allow: Allow,
    /// The IMEIs stand in the properties too.
    pub properties_imei: bool,
    /// The properties name this one as the first IMEI: a phone that was tampered with.
    pub other_imei_in_properties: Option<Imei>,
    /// The shell tells exit codes and keeps errors apart (from Android 7).
    pub shell_v2: bool,
    /// Version of the debug bridge: `0x0100_0000`, or `0x0100_0001`, which needs no checksums.
    pub version: u32,
    /// Longest payload it takes, in bytes: 4096 on old phones, 1 MiB on new ones.
    pub max_payload: u32,
    /// Its manners.
    pub adb: AdbBehaviour,
}

/// Versions of Android: name, number.
const RELEASES: [(&str, u16); 20] = [
    ("4.1", 16),
    ("4.2", 17),
    ("4.3", 18),
    ("4.4", 19),
    ("5.0", 21),
    ("5.1", 22),
    ("6.0", 23),
    ("7.0", 24),
    ("7.1", 25),
    ("8.0", 26),
    ("8.1", 27),
    ("9", 28),
    ("10", 29),
    ("11", 30),
    ("12", 31),
    ("12L", 32),
    ("13", 33),
    ("14", 34),
    ("15", 35),
    ("16", 36),
];

impl Android {
    /// Every version that is known by name, the oldest first.
    pub fn releases() -> impl Iterator<Item = &'static str> {
        RELEASES.iter().map(|(release, _)| *release)
    }

    /// A well-behaved phone with this version, such as `9` or `5.1` (`5` is `5.0`), that lets any
    /// computer in. `None` if there is no such version.
    pub fn of_release(release: &str) -> Option<Self> {
        let whole = format!("{release}.0");
        RELEASES
            .iter()
            .find(|(name, _)| *name == release || *name == whole)
            .map(|(name, sdk)| Self::with_version(name, *sdk))
    }

    fn with_version(release: &str, sdk: u16) -> Self {
        Self {
            release: release.to_owned(),
            sdk,
            usb_id: (0x18d1, 0x4ee7),
            imei_answer: ImeiAnswer::Tells,
            allow: Allow::Known,
            properties_imei: false,
            other_imei_in_properties: None,
            shell_v2: sdk >= 24,
            version: if sdk >= 28 { 0x0100_0001 } else { 0x0100_0000 },
            max_payload: match sdk {
                ..=22 => 4096,
                23..=27 => 256 * 1024,
                _ => 1024 * 1024,
            },
            adb: AdbBehaviour::default(),
        }
    }
}

/// Android 14.
impl Default for Android {
    fn default() -> Self {
        Self::with_version("14", 34)
    }
}

/// What the telephony service says to the debug bridge's shell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImeiAnswer {
    /// The IMEI.
    #[default]
    Tells,
    /// A parcel that says no (`ffffffec`), as some makers' phones do.
    Refuses,
    /// A security exception with its text.
    Exception,
    /// No string at all: a phone without radio, or whose radio is down.
    Null,
}

/// Whether a computer is let in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Allow {
    /// Any key: the computer was allowed before.
    #[default]
    Known,
    /// The phone asks, and a person touches "Allow" so much later. The key is remembered.
    After(Duration),
    /// The phone asks, and nobody touches anything.
    Never,
    /// No key is asked for at all, as before Android 4.2.2 and on engineering builds.
    Unasked,
}

/// What the phone calls itself when a computer connects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Banner {
    /// `device`.
    #[default]
    Device,
    /// `recovery`: in its recovery system, where there is no telephony.
    Recovery,
    /// `offline`: not up yet.
    Offline,
}

/// What the phone never answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Silence {
    /// It answers everything.
    #[default]
    None,
    /// The greeting, so nothing at all.
    Greeting,
    /// Services asked for.
    Services,
}

/// One packet is sent spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// Which packet of its output since it was plugged in, counted from 1.
    pub packet: usize,
    /// What is wrong with it.
    pub kind: DamageKind,
}

/// What is wrong with a packet's header; its payload goes out as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DamageKind {
    /// It promises this many bytes more than follow.
    Longer(u32),
    /// It promises this many bytes fewer than follow.
    Shorter(u32),
    /// It promises this many bytes: `u32::MAX` is 4 GiB.
    Length(u32),
    /// The magic number is wrong.
    Magic,
    /// The checksum is wrong; it counts only where both sides use checksums.
    Checksum,
    /// The command is none.
    Command,
}

/// How a debug bridge behaves, apart from what it says. The default is well-behaved and instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdbBehaviour {
    /// Time from a command to the first of its output.
    pub delay: Duration,
    /// The cable comes out after this many bytes of its output.
    pub pulled_after: Option<usize>,
    /// Output goes out in small packets without waiting for the computer to take them.
    pub floods: bool,
    /// Output is cut into pieces of this many bytes, wherever that falls.
    pub pieces: Option<usize>,
    /// One packet is spoilt.
    pub damage: Option<Damage>,
    /// Output of commands never ends.
    pub endless: bool,
    /// What is never answered.
    pub silence: Silence,
    /// Packets of an earlier conversation that are sent before its greeting, at most 64.
    pub stale: u8,
    /// So long after it began to ask its owner, it sends another token to be signed.
    pub second_token: Option<Duration>,
    /// Both ids of every stream's packets are exchanged.
    pub swaps_ids: bool,
    /// What it calls itself.
    pub banner: Banner,
}
