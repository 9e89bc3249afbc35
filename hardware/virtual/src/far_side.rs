//! What each family of phones answers.

use tekser_imei::Imei;

use crate::persona::{FarSide, Persona};

/// An answer: lines of information, and whether `OK` follows.
pub(crate) struct Reply {
    pub(crate) lines: Vec<String>,
    pub(crate) ok: bool,
}

impl Reply {
    pub(crate) const fn refused() -> Self {
        Self { lines: Vec::new(), ok: false }
    }

    pub(crate) const fn done() -> Self {
        Self { lines: Vec::new(), ok: true }
    }

    fn line(line: impl Into<String>) -> Self {
        Self { lines: vec![line.into()], ok: true }
    }
}

/// What a phone says of itself. `nth` counts how often this very command came before.
pub(crate) fn reply(persona: &Persona, command: &str, nth: usize) -> Reply {
    if persona.behaviour.refuses_serial_number && command.starts_with("+CGSN") {
        return Reply::refused();
    }
    let own = match persona.far_side {
        FarSide::Plain => None,
        FarSide::Samsung => samsung(persona, command),
        FarSide::MediaTek => return mediatek(persona, command),
        FarSide::QuectelEc25 | FarSide::QuectelRg650v | FarSide::QuectelBc26 => {
            quectel(persona, command, nth)
        }
        FarSide::Option => option(persona, command),
        FarSide::Motorola => motorola(persona, command),
        FarSide::NoModem => return Reply::refused(),
        FarSide::Huawei => huawei(persona, command),
        FarSide::Cdma => cdma(command),
        FarSide::Unisoc => unisoc(persona, command),
        FarSide::Lg => lg(persona, command),
        FarSide::Sierra => sierra(persona, command),
        FarSide::UbloxSaraU => sara_u(persona, command),
        FarSide::UbloxSaraR4 => sara_r4(persona, command),
        FarSide::Telit => telit(persona, command),
        FarSide::Nokia => nokia(persona, command),
        FarSide::SonyEricsson => sony_ericsson(persona, command),
        FarSide::Fibocom => fibocom(persona, command),
    };
    own.unwrap_or_else(|| standard(persona, command))
}

/// The IMEI of a slot, counted from 0, as this phone shows it.
pub(crate) fn imei(persona: &Persona, slot: usize) -> Option<String> {
    let shown = persona.imeis.get(slot)?.to_string();
    if slot == 0 && persona.behaviour.wrong_check_digit {
        let last = shown.bytes().last().unwrap_or(b'0');
        let wrong = char::from(b'0' + (last - b'0' + 1) % 10);
        return Some(format!("{}{wrong}", shown.get(..14)?));
    }
    Some(shown)
}

fn first(persona: &Persona) -> String {
    imei(persona, 0).unwrap_or_default()
}

fn in_ati(persona: &Persona) -> String {
    persona.behaviour.other_imei_in_ati.as_ref().map_or_else(|| first(persona), Imei::to_string)
}

fn standard(persona: &Persona, command: &str) -> Reply {
    match command {
        "I" => Reply { lines: vec![persona.maker.clone(), persona.model.clone()], ok: true },
        "+CGMI" | "+GMI" => Reply::line(&persona.maker),
        "+CGMM" | "+GMM" => Reply::line(&persona.model),
        "+CGMR" | "+GMR" => Reply::line(&persona.firmware),
        "+CGSN" | "+GSN" | "+CGSN=0" => Reply::line(first(persona)),
        "+CGSN=?" | "+CGMI=?" | "+CGMM=?" | "+CGMR=?" => Reply::done(),
        "+CSCS=?" => Reply::line("+CSCS: (\"GSM\",\"UCS2\",\"HEX\")"),
        "+CSCS?" => Reply::line("+CSCS: \"GSM\""),
        "+CPIN?" => Reply::line("+CPIN: READY"),
        "+CREG?" => Reply::line("+CREG: 0,1"),
        "+CSQ" => Reply::line("+CSQ: 21,99"),
        "+CMEE?" => Reply::line("+CMEE: 0"),
        _ => Reply::refused(),
    }
}

fn samsung(persona: &Persona, command: &str) -> Option<Reply> {
    let version = &persona.firmware;
    Some(match command {
        "+DEVCONINFO" => Reply::line(format!(
            "+DEVCONINFO: MN({});BASE(UNKNOWN);VER({version}/{version}/{version}/{version});\
             HIDVER({version}/{version}/{version}/{version});MNC(00,);MCC(000,);PRD(SKZ);AID();\
             CC(KZ);OMCCODE();SN({});IMEI({});UN(00000000000000000000);PN(,);CON(AT,MTP);\
             LOCK(NONE);LIMIT(FALSE);SDP(RUNTIME);HVID(Data:196609)",
            persona.model,
            persona.serial,
            first(persona)
        )),
        "+IMEINUM" => Reply::line(format!("+IMEINUM: {}", first(persona))),
        "+SWVER" => Reply::line(format!("+SWVER: {version}")),
        _ => return None,
    })
}

fn mediatek(persona: &Persona, command: &str) -> Reply {
    let item = |slot| match imei(persona, slot) {
        Some(imei) => Reply::line(format!("+EGMR: \"{imei}\"")),
        None => Reply::refused(),
    };
    match command {
        "+CGMM" => Reply::line(format!("+CGMM: {}", persona.model)),
        "+CGMR" => Reply::line(format!("+CGMR: {}, 2021/07/14 13:57", persona.firmware)),
        "+EGMR=?" => Reply::line("+EGMR: (0,1),(0-5,7-12)"),
        "+EGMR=0,0" => Reply::line("+EGMR: \"MT6261\""),
        "+EGMR=0,3" => Reply::line(format!("+EGMR: \"{}\"", persona.firmware)),
        "+EGMR=0,5" => Reply::line(format!("+EGMR: \"{}\"", persona.serial)),
        "+EGMR=0,7" => item(0),
        "+EGMR=0,10" => item(1),
        "+EGMR=0,11" => item(2),
        "+ESUO?" => Reply::line("+ESUO: 4, 4"),
        _ => Reply::refused(),
    }
}

fn quectel(persona: &Persona, command: &str, nth: usize) -> Option<Reply> {
    let dual = persona.far_side == FarSide::QuectelRg650v;
    let narrow = persona.far_side == FarSide::QuectelBc26;
    let item = |imei: Option<String>| match imei {
        Some(imei) => Reply::line(format!("+EGMR: \"{imei}\"")),
        None => Reply::refused(),
    };
    Some(match command {
        "I" => Reply {
            lines: vec![
                "Quectel".to_owned(),
                persona.model.clone(),
                format!("Revision: {}", persona.firmware),
            ],
            ok: true,
        },
        "+CGSN" | "+GSN" if dual => Reply::line(imei(persona, nth % 2).unwrap_or_default()),
        "+CGSN" | "+CGSN=0" if narrow => Reply::line("f9f3ac10-7b42-4e5e-8c0d-2a6f1b9d3e57"),
        "+CGSN=1" => Reply::line(format!("+CGSN: {}", first(persona))),
        command if command.starts_with("+EGMR") && narrow => Reply::refused(),
        "+EGMR=0,7" => item(imei(persona, 0)),
        "+EGMR=0,10" if dual => {
            item(imei(persona, 1).map(|imei| format!("{}05", imei.get(..14).unwrap_or_default())))
        }
        "+EGMR=0,11" if dual => item(imei(persona, 1)),
        _ => return None,
    })
}

fn option(persona: &Persona, command: &str) -> Option<Reply> {
    match command {
        "+CGSN" | "+GSN" => Some(Reply::line(format!("{},{}", first(persona), persona.serial))),
        _ => None,
    }
}

fn motorola(persona: &Persona, command: &str) -> Option<Reply> {
    Some(match command {
        "I" => Reply::line("144"),
        "+CGMI" => Reply::line(format!("+CGMI: \"{}\"", persona.maker)),
        "+CGMM" => {
            Reply::line(format!("+CGMM: \"GSM900\",\"GSM1800\",\"MODEL={}\"", persona.model))
        }
        "+CGMR" => Reply::line(format!("+CGMR: \"{}\"", persona.firmware)),
        "+CGSN" | "+CGSN?" => Reply::line(format!("+CGSN: \"{}\"", first(persona))),
        "+GSN" => Reply::line(format!("+GSN: \"{}\"", first(persona))),
        _ => return None,
    })
}

fn huawei(persona: &Persona, command: &str) -> Option<Reply> {
    (command == "I").then(|| Reply {
        lines: vec![
            format!("Manufacturer: {}", persona.maker),
            format!("Model: {}", persona.model),
            format!("Revision: {}", persona.firmware),
            format!("IMEI: {}", in_ati(persona)),
            "+GCAP: +CGSM,+FCLASS,+DS".to_owned(),
        ],
        ok: true,
    })
}

fn cdma(command: &str) -> Option<Reply> {
    match command {
        "+CGSN" | "+GSN" => Some(Reply::line("+GSN: 0x9235EB52")),
        _ => None,
    }
}

/// The port speaks for one card, and on this build its own command for both.
fn unisoc(persona: &Persona, command: &str) -> Option<Reply> {
    let lines = || (0..persona.imeis.len()).filter_map(|slot| imei(persona, slot));
    Some(match command {
        "+SPIMEI?" => Reply { lines: lines().collect(), ok: true },
        "+SPACTCARD?" => Reply::line("+SPACTCARD: 0"),
        _ => return None,
    })
}

fn lg(persona: &Persona, command: &str) -> Option<Reply> {
    let (maker, model) = (&persona.maker, &persona.model);
    Some(match command {
        "I" => Reply {
            lines: vec![
                format!("Manufacturer: +GMI: {maker}"),
                format!("Model: +GMI: {maker}+GMM: Model:{model}"),
                format!("Revision: +GMI: {maker}+GMM: Model:{model}+GMR: {}", persona.firmware),
                "ESN: +GSN: 0x9235EB52".to_owned(),
                "+GCAP: +CIS707-A, +MS, +ES, +DS, +FCLASS".to_owned(),
            ],
            ok: true,
        },
        "+CGSN" | "+GSN" => Reply::line("+GSN: 0x9235EB52"),
        "%IMEI" => Reply::line(format!("%IMEI: {}", first(persona))),
        "%SWV" => Reply::line(format!("%SWV: {}", persona.firmware)),
        _ => return None,
    })
}

fn sierra(persona: &Persona, command: &str) -> Option<Reply> {
    (command == "I").then(|| Reply {
        lines: vec![
            format!("Manufacturer: {}", persona.maker),
            format!("Model: {}", persona.model),
            format!("Revision: {} C:/WS/FW/J1_0_1_26AP/MSM7200A", persona.firmware),
            format!("IMEI: {}", in_ati(persona)),
            "IMEI SV: 6".to_owned(),
            format!("FSN: {}", persona.serial),
            "3GPP Release 6".to_owned(),
            "+GCAP: +CGSM,+DS,+ES".to_owned(),
        ],
        ok: true,
    })
}

/// The 16 digits of an IMEISV: the IMEI without its check digit, then the software version.
fn imeisv(persona: &Persona) -> String {
    format!("{}01", first(persona).get(..14).unwrap_or_default())
}

fn sara_u(persona: &Persona, command: &str) -> Option<Reply> {
    Some(match command {
        "+CGSN=?" => Reply::line("+CGSN: (0-3,255)"),
        "+CGSN=1" => Reply::line(format!("+CGSN: \"{}\"", first(persona))),
        "+CGSN=2" => Reply::line(format!("+CGSN: \"{}\"", imeisv(persona))),
        "+CGSN=3" => Reply::line("+CGSN: \"01\""),
        "+CGSN=255" => Reply::line(format!("{}01", first(persona))),
        _ => return None,
    })
}

fn sara_r4(persona: &Persona, command: &str) -> Option<Reply> {
    Some(match command {
        "I" => Reply::line(format!("{}-00", persona.model)),
        "+CGSN=0" => Reply::refused(),
        _ => return None,
    })
}

fn telit(persona: &Persona, command: &str) -> Option<Reply> {
    Some(match command {
        "I" => Reply::line("332"),
        "#CGSN" => Reply::line(format!("#CGSN: {}", first(persona))),
        "#CGMM" => Reply::line(format!("#CGMM: {}", persona.model)),
        "+IMEISV" => Reply::line(imeisv(persona)),
        _ => return None,
    })
}

fn nokia(persona: &Persona, command: &str) -> Option<Reply> {
    Some(match command {
        "I" => Reply::line(&persona.maker),
        "I1" => Reply::line(first(persona)),
        "+CGMR" | "+GMR" => Reply {
            lines: [persona.firmware.as_str(), "24-07-09", "RM-520", "(c) Nokia            "]
                .map(str::to_owned)
                .into(),
            ok: true,
        },
        _ => return None,
    })
}

fn sony_ericsson(persona: &Persona, command: &str) -> Option<Reply> {
    Some(match command {
        "I" => Reply::line(&persona.model),
        "I1" => Reply::line(&persona.firmware),
        _ => return None,
    })
}

fn fibocom(persona: &Persona, command: &str) -> Option<Reply> {
    Some(match command {
        "+CGMI" => Reply::line(format!("+CGMI: \"{}\"", persona.maker)),
        "+CGMM" => Reply::line(format!("+CGMM: \"{}\"", persona.model)),
        "+CGSN?" => Reply::line(format!("+CGSN: \"{}\"", first(persona))),
        "+CGSN" => Reply::refused(),
        "+GSN" => Reply::line(format!("+GSN: \"{}\"", first(persona))),
        _ => return None,
    })
}
