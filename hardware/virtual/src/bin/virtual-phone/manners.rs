//! Bad manners by name.

use std::time::Duration;

use clap::ValueEnum;
use tekser_virtual_bench::persona::{AdbBehaviour, Banner, Damage, DamageKind, Silence};

/// A way for a debug bridge to behave badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Bad {
    /// Output of commands never ends.
    Endless,
    /// Output comes in small packets that wait for no acknowledgement.
    Floods,
    /// Output comes byte by byte.
    Crumbs,
    /// Packets of an earlier conversation come before the greeting.
    Stale,
    /// Another token to sign comes a second after the phone began to ask its owner.
    SecondToken,
    /// Both ids of a stream's packets are exchanged.
    SwapsIds,
    /// The greeting is never answered.
    Mute,
    /// Services are never answered.
    Deaf,
    /// It says that it is in its recovery system.
    Recovery,
    /// It says that it is offline.
    Offline,
    /// The first piece of output promises more bytes than follow.
    Longer,
    /// The first piece of output promises fewer bytes than follow.
    Shorter,
    /// The first piece of output promises 4 GiB.
    Huge,
    /// The first piece of output has a wrong magic number.
    Magic,
    /// The first piece of output has a wrong checksum (before Android 9).
    Checksum,
    /// The first piece of output is no known packet.
    Command,
}

impl Bad {
    /// The packet with the first output, where the computer is known: after the token, the
    /// greeting and the acknowledgement.
    const OUTPUT: usize = 4;

    pub(crate) fn spoil(self, adb: &mut AdbBehaviour) {
        let damage = |kind| Some(Damage { packet: Self::OUTPUT, kind });
        match self {
            Self::Endless => adb.endless = true,
            Self::Floods => adb.floods = true,
            Self::Crumbs => adb.pieces = Some(1),
            Self::Stale => adb.stale = 6,
            Self::SecondToken => adb.second_token = Some(Duration::from_secs(1)),
            Self::SwapsIds => adb.swaps_ids = true,
            Self::Mute => adb.silence = Silence::Greeting,
            Self::Deaf => adb.silence = Silence::Services,
            Self::Recovery => adb.banner = Banner::Recovery,
            Self::Offline => adb.banner = Banner::Offline,
            Self::Longer => adb.damage = damage(DamageKind::Longer(7)),
            Self::Shorter => adb.damage = damage(DamageKind::Shorter(1)),
            Self::Huge => adb.damage = damage(DamageKind::Length(u32::MAX)),
            Self::Magic => adb.damage = damage(DamageKind::Magic),
            Self::Checksum => adb.damage = damage(DamageKind::Checksum),
            Self::Command => adb.damage = damage(DamageKind::Command),
        }
    }
}
