//! `tekser scanner codes`: the sheet of codes that set a scanner up.
//!
//! One HTML file with everything in it, to be printed on A4 paper. Words stand there in three
//! languages at once: a sheet hangs at a counter for years, whoever works there.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde_json::json;
use tekser_scanner::setup_code::SetupCode;
use tekser_wire::message::{EngineKind, TriggerMode};

use super::bundle;
use crate::cli::output::Output;
use crate::cli::{Ended, Outcome};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The file to write, to be printed from a browser; without it the texts of the codes are
    /// listed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Kazakh, Russian, English.
type Words = [&'static str; 3];

/// One code of the sheet.
struct Card {
    words: Words,
    code: SetupCode,
}

/// Codes that belong together.
struct Group {
    words: Words,
    cards: Vec<Card>,
}

pub(super) fn run(arguments: &Arguments, output: &Output) -> Ended {
    let groups = sheet();
    let Some(path) = &arguments.out else {
        let cards = || groups.iter().flat_map(|group| &group.cards);
        let rows: Vec<_> = cards()
            .map(|card| json!({ "says": card.words[2], "text": card.code.to_string() }))
            .collect();
        output.value(&rows);
        for card in cards() {
            output.line(&format!("{:<44} {}", card.words[2], card.code));
        }
        output.line("print them: tekser scanner codes --out sheet.html");
        return Ok(Outcome::Fine);
    };
    let page = page(&groups)?;
    bundle::replace(path, page.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))?;
    output.value(&json!({ "file": path.display().to_string() }));
    output.line(&format!("{}: open it in a browser and print it", path.display()));
    Ok(Outcome::Fine)
}

const NONE: SetupCode = SetupCode {
    defaults: false,
    engine: None,
    baud: None,
    trigger: None,
    same_code_ms: None,
    box_pause_ms: None,
    loudness: None,
    keep_nothing: None,
    next_box: false,
};

fn sheet() -> Vec<Group> {
    let card = |words, code| Card { words, code };
    let engine = |words, engine, baud| {
        card(words, SetupCode { engine: Some(engine), baud: Some(baud), ..NONE })
    };
    let trigger = |words, trigger| card(words, SetupCode { trigger: Some(trigger), ..NONE });
    let pause = |words, ms| card(words, SetupCode { box_pause_ms: Some(ms), ..NONE });
    let loud = |words, loudness| card(words, SetupCode { loudness: Some(loudness), ..NONE });
    vec![
        Group {
            words: ["Қораптар", "Коробки", "Boxes"],
            cards: vec![
                card(["Келесі қорап", "Следующая коробка", "Next box"], SetupCode::NEXT_BOX),
                pause(
                    [
                        "Жаңа қорап: тек «Келесі қорап» коды бойынша",
                        "Новая коробка: только по коду «Следующая коробка»",
                        "A new box: only by the code “Next box”",
                    ],
                    0,
                ),
                pause(
                    [
                        "Жаңа қорап: 4 секундтан кейін",
                        "Новая коробка: через 4 секунды",
                        "A new box: after 4 seconds",
                    ],
                    4_000,
                ),
            ],
        },
        Group {
            words: ["Дыбыс", "Звук", "Sound"],
            cards: vec![
                loud(["Дыбыссыз", "Без звука", "Silent"], 0),
                loud(["Ақырын", "Тихо", "Quiet"], 3),
                loud(["Қатты", "Громко", "Loud"], 10),
            ],
        },
        Group {
            words: ["Сканерлеу", "Считывание", "Reading"],
            cards: vec![
                trigger(["Әрқашан оқу", "Читать всегда", "Read all the time"], TriggerMode::Always),
                trigger(
                    ["Түйме басылғанда оқу", "Читать по кнопке", "Read when the button is pressed"],
                    TriggerMode::Asked,
                ),
            ],
        },
        Group {
            words: ["Оқу модулі", "Модуль считывания", "Scan engine"],
            cards: vec![
                engine(["GM65, GM805, GM861"; 3], EngineKind::Gm65, 9_600),
                engine(["GM67, GM72 (SSI)"; 3], EngineKind::Ssi, 9_600),
                engine(["DE2120"; 3], EngineKind::De2120, 115_200),
                engine(
                    ["Басқа (мәтін жолдары)", "Другой (строки текста)", "Another (lines of text)"],
                    EngineKind::Line,
                    9_600,
                ),
            ],
        },
        Group {
            words: ["Қалпына келтіру", "Сброс", "Reset"],
            cards: vec![card(
                ["Зауыттық баптаулар", "Заводские настройки", "As it came out of the box"],
                SetupCode::DEFAULTS,
            )],
        },
    ]
}

/// What a person must know to use the sheet.
const NOTE: Words = [
    "Сканер осы парақтағы кодты оқығанда оны орындайды және сақтайды. Оқымаса: түймені 10 секунд \
     басып тұрыңыз, сонда зауыттық баптаулар қайтады.",
    "Сканер выполняет код с этого листа и запоминает его. Если он не читает: держите кнопку \
     10 секунд, и заводские настройки вернутся.",
    "The scanner does what a code of this sheet says, and keeps it. If it reads nothing: hold its \
     button for 10 seconds, and the settings out of the box come back.",
];

const STYLE: &str = "\
@page{size:A4;margin:12mm}\
body{font:11pt/1.35 system-ui,sans-serif;color:#000;background:#fff;max-width:190mm;margin:8mm auto}\
h1{font-size:18pt;margin:0 0 3mm}h2{font-size:12pt;margin:5mm 0 2mm;border-bottom:.3mm solid #000}\
section{break-inside:avoid}.cards{display:grid;grid-template-columns:repeat(3,1fr);gap:7mm}\
figure{margin:0;break-inside:avoid;text-align:center}svg{width:32mm;height:32mm}\
figcaption p{margin:0}figcaption p:first-child{font-weight:600}\
code{font-size:6pt;overflow-wrap:anywhere}.note p{margin:0 0 1mm;font-size:9.5pt}";

fn page(groups: &[Group]) -> anyhow::Result<String> {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"kk\">\n<meta charset=\"utf-8\">\n\
         <title>Tekser Scanner</title>\n<style>{STYLE}</style>\n<h1>Tekser Scanner</h1>\n\
         <div class=\"note\">{}</div>\n",
        lines(NOTE)
    );
    for group in groups {
        let title = said(group.words).join(" · ");
        writeln!(page, "<section>\n<h2>{title}</h2>\n<div class=\"cards\">")?;
        for card in &group.cards {
            let text = card.code.to_string();
            let (picture, words) = (picture(&text)?, lines(card.words));
            writeln!(
                page,
                "<figure>{picture}<figcaption>{words}<code>{text}</code></figcaption></figure>"
            )?;
        }
        page.push_str("</div>\n</section>\n");
    }
    page.push_str("</html>\n");
    Ok(page)
}

/// A text that is the same in all languages is said once.
fn said(words: Words) -> Vec<&'static str> {
    let mut said = words.to_vec();
    said.dedup();
    said
}

fn lines(words: Words) -> String {
    const LANGUAGES: [&str; 3] = ["kk", "ru", "en"];
    let said = said(words).into_iter().zip(LANGUAGES);
    said.map(|(text, language)| format!("<p lang=\"{language}\">{text}</p>")).collect()
}

/// A QR code with the quiet zone of four modules that it needs. Error correction of level M
/// stands a creased sheet and keeps the modules large.
fn picture(text: &str) -> anyhow::Result<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let drawn = code.render::<svg::Color<'_>>().quiet_zone(true).module_dimensions(4, 4).build();
    // The declaration is for files of their own.
    let start = drawn.find("<svg").unwrap_or_default();
    Ok(drawn.get(start..).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader of other hands makes of a picture: its rectangles as points, and read.
    fn read(picture: &str) -> String {
        let number = |name: &str| -> usize {
            let from = picture.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
            picture[from..].split('"').next().unwrap().parse().unwrap()
        };
        let (width, height) = (number("width"), number("height"));
        let mut dark = vec![false; width * height];
        let path = picture.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
        for square in path.split('M').skip(1) {
            let numbers: Vec<usize> = square
                .split(|letter: char| !letter.is_ascii_digit())
                .filter_map(|text| text.parse().ok())
                .collect();
            let [left, top, wide, high, ..] = numbers[..] else { panic!("{square}") };
            for y in top..top + high {
                dark[y * width..][left..left + wide].fill(true);
            }
        }
        let point = |x: usize, y: usize| if dark[y * width + x] { 0 } else { 255 };
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, point);
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        grids[0].decode().unwrap().1
    }

    #[test]
    fn every_picture_is_read_as_the_code_that_stands_below_it() {
        let page = page(&sheet()).unwrap();
        let figures: Vec<&str> = page.split("<figure>").skip(1).collect();
        assert_eq!(figures.len(), 13);
        for figure in figures {
            let below = figure.split("<code>").nth(1).unwrap().split('<').next().unwrap();
            assert_eq!(read(figure), below);
            SetupCode::parse(below.as_bytes()).unwrap();
        }
    }

    #[test]
    fn every_code_is_on_the_sheet_once() {
        let groups = sheet();
        let mut texts: Vec<String> = groups
            .iter()
            .flat_map(|group| group.cards.iter().map(|card| card.code.to_string()))
            .collect();
        let count = texts.len();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), count);
    }

    #[test]
    fn words_stand_there_in_three_languages_or_once() {
        for group in sheet() {
            let all = [group.words].into_iter().chain(group.cards.iter().map(|card| card.words));
            for words in all {
                assert!(matches!(said(words).len(), 1 | 3), "{words:?}");
            }
        }
    }
}
