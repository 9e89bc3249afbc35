//! Who a phone is, and how it behaves.

mod android;

use core::fmt;
use std::time::Duration;

use tekser_imei::Imei;

pub use self::android::{
    AdbBehaviour, Allow, Android, Banner, Damage, DamageKind, ImeiAnswer, Silence,
};

/// Which family of phones and modules this one answers like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FarSide {
    /// A GSM modem that keeps to the standard.
    Plain,
    /// Samsung Android: `AT+DEVCONINFO`, `AT+IMEINUM`; tells its first IMEI only.
    Samsung,
    /// MediaTek feature phone: refuses `ATI`, `AT+CGMI` and `AT+CGSN`, answers `AT+EGMR=0,n`.
    MediaTek,
    /// Quectel EC25: one IMEI, also under `AT+EGMR=0,7`.
    QuectelEc25,
    /// Quectel RG650V: `AT+CGSN` gives its IMEIs in turn, item 10 the second one's IMEISV,
    /// item 11 the second IMEI.
    QuectelRg650v,
    /// Quectel BC26: `AT+CGSN` gives a UUID, `AT+CGSN=1` the IMEI.
    QuectelBc26,
    /// Option modem: IMEI, comma, serial number.
    Option,
    /// Motorola phone: the IMEI behind the tag, in quotes.
    Motorola,
    /// Huawei modem: everything in `ATI`.
    Huawei,
    /// CDMA phone: an ESN where others give an IMEI.
    Cdma,
    /// Unisoc phone that answers `AT+SPIMEI?` for both of its cards.
    Unisoc,
    /// LG phone: `AT%IMEI`, and tags inside the texts of `ATI`.
    Lg,
    /// Sierra modem: everything in `ATI`, its own serial number and the software version too.
    Sierra,
    /// u-blox SARA-U: `AT+CGSN=255` gives 17 digits.
    UbloxSaraU,
    /// u-blox SARA-R4: no parameter of `AT+CGSN` is supported.
    UbloxSaraR4,
    /// Telit module: `AT#CGSN`, `AT+IMEISV`.
    Telit,
    /// Nokia phone: bare lines, the IMEI also in `ATI1`, firmware in several lines.
    Nokia,
    /// Sony Ericsson modem: `ATI` gives the model, `ATI1` the firmware.
    SonyEricsson,
    /// Fibocom module: the IMEI in quotes behind its tag when asked with `?`.
    Fibocom,
    /// A phone that shows no modem port at all, as most Android phones.
    NoModem,
}

impl FarSide {
    /// Every family that has a modem port.
    pub const ALL: [Self; 19] = [
        Self::Plain,
        Self::Samsung,
        Self::MediaTek,
        Self::QuectelEc25,
        Self::QuectelRg650v,
        Self::QuectelBc26,
        Self::Option,
        Self::Motorola,
        Self::Huawei,
        Self::Cdma,
        Self::Unisoc,
        Self::Lg,
        Self::Sierra,
        Self::UbloxSaraU,
        Self::UbloxSaraR4,
        Self::Telit,
        Self::Nokia,
        Self::SonyEricsson,
        Self::Fibocom,
    ];
}

/// Whether the phone sends its commands back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Echo {
    /// Not until told to.
    #[default]
    Off,
    /// Until told not to.
    On,
    /// Always: `ATE0` is answered and ignored.
    Stubborn,
}

/// What ends a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LineEnd {
    /// CR LF before and after, as the standard has it.
    #[default]
    Standard,
    /// LF alone.
    LfOnly,
    /// CR CR LF.
    DoubledCr,
}

/// The cable comes out in the middle of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pull {
    /// Which answer, counted from 1.
    pub answer: usize,
    /// After how many of its bytes.
    pub bytes: usize,
}

/// How a phone behaves, apart from what it says. The default is well-behaved and instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Behaviour {
    /// Whether commands come back.
    pub echo: Echo,
    /// What ends a line.
    pub line_end: LineEnd,
    /// Time from a command to its answer.
    pub delay: Duration,
    /// Time between unsolicited lines.
    pub unsolicited_every: Option<Duration>,
    /// An unsolicited line before, within and after every answer.
    pub unsolicited_around: bool,
    /// Never answers.
    pub silent: bool,
    /// Bytes of garbage sent when first spoken to, before the answer.
    pub garbage: usize,
    /// A start-up message, NUL bytes included, when first spoken to.
    pub boot_noise: bool,
    /// `ERROR` to `AT+CGSN` in all its forms.
    pub refuses_serial_number: bool,
    /// The first IMEI is shown with a wrong check digit: a badly programmed phone.
    pub wrong_check_digit: bool,
    /// Another IMEI in `ATI` than elsewhere: a badly programmed phone.
    pub other_imei_in_ati: Option<Imei>,
    /// Samsung's private `#OK#` before `OK`.
    pub private_ok: bool,
    /// This many commands after the first are answered `BUSY`.
    pub busy_first: u8,
    /// The cable comes out.
    pub pulled: Option<Pull>,
}

/// One phone: what it is, what is printed on its box, how it behaves.
#[derive(Clone, PartialEq, Eq)]
pub struct Persona {
    /// Name for people, unique on a bench.
    pub name: String,
    /// Maker.
    pub maker: String,
    /// Model.
    pub model: String,
    /// Firmware version.
    pub firmware: String,
    /// Serial number.
    pub serial: String,
    /// IMEIs in the phone, by slot, one to four.
    pub imeis: Vec<Imei>,
    /// IMEIs printed on the box, where they are not the ones in the phone: the board was
    /// replaced, or the box belongs to another phone.
    pub old_imeis: Vec<Imei>,
    /// How it answers.
    pub far_side: FarSide,
    /// How it behaves.
    pub behaviour: Behaviour,
    /// Its Android side, if it is an Android phone with USB debugging on.
    pub android: Option<Android>,
}

impl Persona {
    /// USB vendor and product id of this kind of phone.
    pub const fn usb_id(&self) -> (u16, u16) {
        if let Some(android) = &self.android {
            return android.usb_id;
        }
        match self.far_side {
            FarSide::NoModem => (0x18d1, 0x4ee1),
            FarSide::Plain => (0x1546, 0x1141),
            FarSide::Samsung => (0x04e8, 0x6860),
            FarSide::MediaTek => (0x0e8d, 0x0003),
            FarSide::QuectelEc25 => (0x2c7c, 0x0125),
            FarSide::QuectelRg650v => (0x2c7c, 0x0122),
            FarSide::QuectelBc26 => (0x10c4, 0xea60),
            FarSide::Option => (0x0af0, 0x7601),
            FarSide::Motorola => (0x22b8, 0x3802),
            FarSide::Huawei => (0x12d1, 0x1001),
            FarSide::Cdma => (0x16d8, 0x6512),
            FarSide::Unisoc => (0x1782, 0x4d00),
            FarSide::Lg => (0x1004, 0x633e),
            FarSide::Sierra => (0x1199, 0x6880),
            FarSide::UbloxSaraU => (0x1546, 0x1102),
            FarSide::UbloxSaraR4 => (0x05c6, 0x90b2),
            FarSide::Telit => (0x1bc7, 0x0036),
            FarSide::Nokia => (0x0421, 0x0508),
            FarSide::SonyEricsson => (0x0fce, 0xd0cf),
            FarSide::Fibocom => (0x2cb7, 0x0007),
        }
    }

    /// Whether it shows a modem port.
    pub const fn has_modem(&self) -> bool {
        !matches!(self.far_side, FarSide::NoModem)
    }

    /// The IMEIs printed on the box.
    pub fn label_imeis(&self) -> &[Imei] {
        if self.old_imeis.is_empty() { &self.imeis } else { &self.old_imeis }
    }

    /// Text of the box label, as a scanner or a camera gives it.
    pub fn label(&self) -> String {
        let mut label = format!("{} {}\n", self.maker, self.model);
        let several = self.label_imeis().len() > 1;
        for (index, imei) in self.label_imeis().iter().enumerate() {
            let number = if several { (index + 1).to_string() } else { String::new() };
            label.push_str(&format!("IMEI{number}: {imei}\n"));
        }
        label.push_str(&format!("S/N: {}\n", self.serial));
        label
    }

    /// The same phone with another behaviour.
    pub fn with(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// The same phone with another Android side.
    pub fn with_android(mut self, android: Android) -> Self {
        self.android = Some(android);
        self
    }
}

/// IMEIs show masked, the serial number not at all.
impl fmt::Debug for Persona {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Persona")
            .field("name", &self.name)
            .field("far_side", &self.far_side)
            .field("imeis", &self.imeis)
            .field("behaviour", &self.behaviour)
            .field("android", &self.android)
            .finish_non_exhaustive()
    }
}
