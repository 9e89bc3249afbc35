//! Everything that the station can ask a phone to run.
//!
//! The list is closed. There is no way to build a command from text, so a command that changes a
//! phone cannot be expressed, not even by mistake.
//!
//! The numbers of `service call` are positions of methods in Android's `IPhoneSubInfo.aidl`. They
//! moved between versions, and others of that interface change state: the number is chosen by the
//! phone's Android version alone, and numbers are never tried one after the other.

/// Position of a phone's slot, counted from 0 as Android does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// First slot.
    First,
    /// Second slot.
    Second,
    /// Third slot.
    Third,
    /// Fourth slot.
    Fourth,
}

impl Place {
    /// Every place, in order.
    pub const ALL: [Self; 4] = [Self::First, Self::Second, Self::Third, Self::Fourth];
}

/// Number of a subscription: which SIM card was put in first, not which slot it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subscription {
    /// Number 1.
    One,
    /// Number 2.
    Two,
}

/// A command that reads. Each has a fixed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Command {
    /// `getprop`: all properties.
    Properties,
    /// `dumpsys iphonesubinfo`: Android up to 4.4.
    Dump,
    /// `getDeviceId()`: Android 5.
    DeviceId,
    /// `getDeviceIdUsingSubId(long)`: Android 5.0.
    BySubscription50(Subscription),
    /// `getDeviceIdForSubscriber(int)`: Android 5.1.
    BySubscription51(Subscription),
    /// `getDeviceIdForPhone(int, package)`: Android 6 to 10.
    BySlot6(Place),
    /// `getDeviceIdForPhone(int, package, feature)`: Android 11 and later.
    BySlot11(Place),
}

impl Command {
    /// Every command there is.
    pub const ALL: [Self; 15] = [
        Self::Properties,
        Self::Dump,
        Self::DeviceId,
        Self::BySubscription50(Subscription::One),
        Self::BySubscription50(Subscription::Two),
        Self::BySubscription51(Subscription::One),
        Self::BySubscription51(Subscription::Two),
        Self::BySlot6(Place::First),
        Self::BySlot6(Place::Second),
        Self::BySlot6(Place::Third),
        Self::BySlot6(Place::Fourth),
        Self::BySlot11(Place::First),
        Self::BySlot11(Place::Second),
        Self::BySlot11(Place::Third),
        Self::BySlot11(Place::Fourth),
    ];

    /// The text that the phone's shell gets.
    pub const fn text(self) -> &'static str {
        // The package is the one that Android gives to commands of the debug bridge: without it,
        // Android 6 and later refuse.
        match self {
            Self::Properties => "getprop",
            Self::Dump => "dumpsys iphonesubinfo",
            Self::DeviceId => "service call iphonesubinfo 1",
            Self::BySubscription50(Subscription::One) => "service call iphonesubinfo 2 i64 1",
            Self::BySubscription50(Subscription::Two) => "service call iphonesubinfo 2 i64 2",
            Self::BySubscription51(Subscription::One) => "service call iphonesubinfo 2 i32 1",
            Self::BySubscription51(Subscription::Two) => "service call iphonesubinfo 2 i32 2",
            Self::BySlot6(Place::First) => {
                "service call iphonesubinfo 3 i32 0 s16 com.android.shell"
            }
            Self::BySlot6(Place::Second) => {
                "service call iphonesubinfo 3 i32 1 s16 com.android.shell"
            }
            Self::BySlot6(Place::Third) => {
                "service call iphonesubinfo 3 i32 2 s16 com.android.shell"
            }
            Self::BySlot6(Place::Fourth) => {
                "service call iphonesubinfo 3 i32 3 s16 com.android.shell"
            }
            Self::BySlot11(Place::First) => {
                "service call iphonesubinfo 4 i32 0 s16 com.android.shell s16 com.android.shell"
            }
            Self::BySlot11(Place::Second) => {
                "service call iphonesubinfo 4 i32 1 s16 com.android.shell s16 com.android.shell"
            }
            Self::BySlot11(Place::Third) => {
                "service call iphonesubinfo 4 i32 2 s16 com.android.shell s16 com.android.shell"
            }
            Self::BySlot11(Place::Fourth) => {
                "service call iphonesubinfo 4 i32 3 s16 com.android.shell s16 com.android.shell"
            }
        }
    }

    /// The service of the debug bridge that runs it.
    pub fn service(self, shell: Shell) -> String {
        format!("{}{}", shell.prefix(), self.text())
    }

    /// Most output that is taken, in bytes.
    pub const fn longest(self) -> usize {
        match self {
            Self::Properties => 512 * 1024,
            _ => 16 * 1024,
        }
    }
}

/// How a phone runs commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shell {
    /// Output and errors mixed, no exit code.
    Plain,
    /// Output, errors and exit code apart: Android 7 and later.
    V2,
}

impl Shell {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Plain => "shell:",
            Self::V2 => "shell,v2,raw:",
        }
    }
}
