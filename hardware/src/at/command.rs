//! Everything that the station can say to a phone.
//!
//! The list is closed. There is no way to build a command from text, so a command that writes,
//! resets, dials or sends cannot be expressed, not even by mistake.

use at_commands::builder::CommandBuilder;

/// A command that reads. Each has a fixed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Command {
    /// `AT`: is anyone there?
    Attention,
    /// `ATE0`: do not send my words back. Changes this session only.
    EchoOff,
    /// `ATI`: who are you? Several lines on many phones.
    Identify,
    /// `AT+CGMI`: maker.
    Maker,
    /// `AT+CGMM`: model.
    Model,
    /// `AT+CGMR`: firmware.
    Revision,
    /// `AT+CGSN`: serial number by the standard, the IMEI in practice.
    SerialNumber,
    /// `AT+CGSN=1`: the IMEI, by newer standards.
    Imei,
    /// `AT+GSN`: the older spelling of `AT+CGSN`.
    GenericSerialNumber,
    /// `AT+CGSN?`: how Motorola and Fibocom spell the question; the answer has its tag.
    SerialNumberQuery,
    /// `AT+CGSN=2`: the IMEISV, by newer standards.
    Imeisv,
    /// `AT+CGSN=255`: u-blox's IMEI with its software version behind it, 17 digits.
    ImeiFull,
    /// `ATI1`: more of `ATI`. V.250 has it as a plain read whose text is the maker's own affair.
    /// Nokia phones answer their IMEI; asked of them alone.
    IdentifyMore,
    /// `AT+DEVCONINFO`: Samsung's own summary of the phone.
    SamsungInfo,
    /// `AT+IMEINUM`: Samsung's own IMEI command.
    SamsungImei,
    /// `AT+SPIMEI?`: Unisoc's own IMEI command, of the card that the port speaks for. With `=` it
    /// would write.
    UnisocImei,
    /// `AT%IMEI`: LG's own IMEI command. With `=` it would write.
    LgImei,
    /// `AT#CGSN`: Telit's own spelling of `AT+CGSN`, whose answer has its tag.
    TelitImei,
    /// `AT+IMEISV`: Telit's IMEISV.
    TelitImeisv,
    /// `AT+EGMR=0,n`: equipment item by number (MediaTek, Quectel). The 0 means read.
    Equipment(Item),
}

/// Equipment items of `AT+EGMR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// Item 7: IMEI of the first slot.
    Seven,
    /// Item 10: second slot on MediaTek phones; on Quectel's RG650V its IMEISV.
    Ten,
    /// Item 11: third slot on MediaTek phones, second slot on Quectel modules.
    Eleven,
}

impl Command {
    /// Every command there is.
    pub const ALL: [Self; 22] = [
        Self::Attention,
        Self::EchoOff,
        Self::Identify,
        Self::Maker,
        Self::Model,
        Self::Revision,
        Self::SerialNumber,
        Self::Imei,
        Self::GenericSerialNumber,
        Self::SerialNumberQuery,
        Self::Imeisv,
        Self::ImeiFull,
        Self::IdentifyMore,
        Self::SamsungInfo,
        Self::SamsungImei,
        Self::UnisocImei,
        Self::LgImei,
        Self::TelitImei,
        Self::TelitImeisv,
        Self::Equipment(Item::Seven),
        Self::Equipment(Item::Ten),
        Self::Equipment(Item::Eleven),
    ];

    /// Room that any command fits in, in bytes.
    pub const MAX_LEN: usize = 32;

    /// The command as sent, without its terminator.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Attention => "AT",
            Self::EchoOff => "ATE0",
            Self::Identify => "ATI",
            Self::Maker => "AT+CGMI",
            Self::Model => "AT+CGMM",
            Self::Revision => "AT+CGMR",
            Self::SerialNumber => "AT+CGSN",
            Self::Imei => "AT+CGSN=1",
            Self::GenericSerialNumber => "AT+GSN",
            Self::SerialNumberQuery => "AT+CGSN?",
            Self::Imeisv => "AT+CGSN=2",
            Self::ImeiFull => "AT+CGSN=255",
            Self::IdentifyMore => "ATI1",
            Self::SamsungInfo => "AT+DEVCONINFO",
            Self::SamsungImei => "AT+IMEINUM",
            Self::UnisocImei => "AT+SPIMEI?",
            Self::LgImei => "AT%IMEI",
            Self::TelitImei => "AT#CGSN",
            Self::TelitImeisv => "AT+IMEISV",
            Self::Equipment(Item::Seven) => "AT+EGMR=0,7",
            Self::Equipment(Item::Ten) => "AT+EGMR=0,10",
            Self::Equipment(Item::Eleven) => "AT+EGMR=0,11",
        }
    }

    /// Writes the command with its terminator into `buffer` and returns that part of it.
    ///
    /// The terminator is a lone carriage return, as the standard has it: the line feed of a
    /// CR LF would be the first byte of the next command.
    pub fn write(self, buffer: &mut [u8; Self::MAX_LEN]) -> &[u8] {
        let buffer = buffer.as_mut_slice();
        let built = match self.form() {
            Form::Execute(name) => {
                CommandBuilder::create_execute(buffer, true).named(name).finish_with(b"\r")
            }
            Form::Query(name) => {
                CommandBuilder::create_query(buffer, true).named(name).finish_with(b"\r")
            }
            Form::SerialNumber(kind) => CommandBuilder::create_set(buffer, true)
                .named("+CGSN")
                .with_int_parameter(kind)
                .finish_with(b"\r"),
            Form::Equipment(item) => CommandBuilder::create_set(buffer, true)
                .named("+EGMR")
                .with_int_parameter(READ)
                .with_int_parameter(item.number())
                .finish_with(b"\r"),
        };
        // The buffer holds the longest command, which a test shows.
        built.unwrap_or_default()
    }

    /// How the command is put together. The two that have an `=` are spelt out one by one, because
    /// with other names and numbers an `=` writes.
    const fn form(self) -> Form {
        match self {
            Self::Attention => Form::Execute(""),
            Self::EchoOff => Form::Execute("E0"),
            Self::Identify => Form::Execute("I"),
            Self::IdentifyMore => Form::Execute("I1"),
            Self::Maker => Form::Execute("+CGMI"),
            Self::Model => Form::Execute("+CGMM"),
            Self::Revision => Form::Execute("+CGMR"),
            Self::SerialNumber => Form::Execute("+CGSN"),
            Self::SerialNumberQuery => Form::Query("+CGSN"),
            Self::Imei => Form::SerialNumber(1),
            Self::Imeisv => Form::SerialNumber(2),
            Self::ImeiFull => Form::SerialNumber(255),
            Self::GenericSerialNumber => Form::Execute("+GSN"),
            Self::SamsungInfo => Form::Execute("+DEVCONINFO"),
            Self::SamsungImei => Form::Execute("+IMEINUM"),
            Self::UnisocImei => Form::Query("+SPIMEI"),
            Self::LgImei => Form::Execute("%IMEI"),
            Self::TelitImei => Form::Execute("#CGSN"),
            Self::TelitImeisv => Form::Execute("+IMEISV"),
            Self::Equipment(item) => Form::Equipment(item),
        }
    }

    /// Tags that lines of the answer may carry. Lines with another tag came unasked.
    pub(super) const fn tags(self) -> &'static [&'static str] {
        match self {
            Self::Attention | Self::EchoOff => &[],
            Self::Identify | Self::IdentifyMore => {
                &["+GMI", "+GMM", "+GMR", "+CGMI", "+CGMM", "+CGMR", "+GCAP"]
            }
            Self::Maker => &["+CGMI", "+GMI"],
            Self::Model => &["+CGMM", "+GMM"],
            Self::Revision => &["+CGMR", "+GMR"],
            Self::SerialNumber
            | Self::SerialNumberQuery
            | Self::Imei
            | Self::Imeisv
            | Self::ImeiFull
            | Self::GenericSerialNumber => &["+CGSN", "+GSN", "#CGSN"],
            Self::SamsungInfo => &["+DEVCONINFO"],
            Self::SamsungImei => &["+IMEINUM"],
            Self::UnisocImei => &["+SPIMEI"],
            Self::LgImei => &["%IMEI"],
            Self::TelitImei => &["#CGSN"],
            Self::TelitImeisv => &["+IMEISV"],
            Self::Equipment(_) => &["+EGMR"],
        }
    }
}

/// How a command is put together.
enum Form {
    /// The name alone.
    Execute(&'static str),
    /// The name and a question mark.
    Query(&'static str),
    /// `AT+CGSN=n`, which reads whatever the number.
    SerialNumber(i32),
    /// `AT+EGMR=0,n`, which reads because of its 0.
    Equipment(Item),
}

/// First parameter of `AT+EGMR`. One is the write form, and appears nowhere in this crate.
const READ: i32 = 0;

impl Item {
    const fn number(self) -> i32 {
        match self {
            Self::Seven => 7,
            Self::Ten => 10,
            Self::Eleven => 11,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole vocabulary. Do not add to it without reading up what the command does to a phone.
    const ALLOWED: [&str; 22] = [
        "AT\r",
        "ATE0\r",
        "ATI\r",
        "AT+CGMI\r",
        "AT+CGMM\r",
        "AT+CGMR\r",
        "AT+CGSN\r",
        "AT+CGSN=1\r",
        "AT+GSN\r",
        "AT+CGSN?\r",
        "AT+CGSN=2\r",
        "AT+CGSN=255\r",
        "ATI1\r",
        "AT+DEVCONINFO\r",
        "AT+IMEINUM\r",
        "AT+SPIMEI?\r",
        "AT%IMEI\r",
        "AT#CGSN\r",
        "AT+IMEISV\r",
        "AT+EGMR=0,7\r",
        "AT+EGMR=0,10\r",
        "AT+EGMR=0,11\r",
    ];

    /// Parts of commands that write, reset, wipe, dial or send.
    const FORBIDDEN: [&str; 48] = [
        "EGMR=1",
        "=1,7",
        "=1,10",
        "SPIMEI=",
        "%IMEI=",
        "IMEINUM=",
        "DEVCONINFO=",
        "ATZ",
        "ATD",
        "ATS",
        "AT&",
        "COPS",
        "CCWA",
        "CNAP",
        "CPUC",
        "CUAD",
        "CMGS",
        "CFUN",
        "RST",
        "SUDDLMOD",
        "DLOAD",
        "RESET",
        "=1,11",
        "SPIMEI,",
        "SPACTCARD",
        "%IMEI2",
        "IMEILIST",
        "IMEISV=",
        "#CGSN=",
        "GSN=0",
        "GSN=\"",
        "ESN",
        "AT!",
        "ENTERCND",
        "AT^",
        "AT$",
        "AT*",
        "ATA",
        "ATH",
        "ATO",
        "ATE1",
        "ATQ",
        "ATV",
        "FACTORY",
        "FRST",
        "MINIOS",
        "FUS",
        "QCFG",
    ];

    fn sent(command: Command) -> String {
        let mut buffer = [0; Command::MAX_LEN];
        String::from_utf8(command.write(&mut buffer).to_vec()).unwrap()
    }

    #[test]
    fn every_command_is_on_the_list_of_allowed_ones() {
        let built: Vec<String> = Command::ALL.into_iter().map(sent).collect();
        assert_eq!(built, ALLOWED);
    }

    #[test]
    fn no_command_has_a_form_that_writes() {
        for command in Command::ALL {
            let sent = sent(command);
            for form in FORBIDDEN {
                assert!(!sent.contains(form), "{sent:?} contains {form}");
            }
            assert!(!sent.contains([';', '"', '>']) && sent.matches('\r').count() == 1);
        }
    }

    /// An `=` stands only where the standard or the maker reads with one.
    #[test]
    fn an_equals_sign_is_nowhere_but_in_the_two_commands_that_read_with_it() {
        for command in Command::ALL {
            let sent = sent(command);
            let reads = sent.starts_with("AT+CGSN=") || sent.starts_with("AT+EGMR=0,");
            assert!(reads || !sent.contains('='), "{sent:?}");
        }
    }

    #[test]
    fn text_and_bytes_agree() {
        for command in Command::ALL {
            assert_eq!(format!("{}\r", command.text()), sent(command));
        }
    }
}
