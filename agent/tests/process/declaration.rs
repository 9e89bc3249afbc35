//! Declarations and the process that reads them: whatever the file does to that process, the
//! program says what is the matter, in time and in bounded memory.

use std::fs;
use std::io::Write as _;
#[cfg(target_os = "linux")]
use std::path::Path;
#[cfg(target_os = "linux")]
use std::process::Stdio;
use std::time::{Duration, Instant};

use flate2::{Compress, Compression, FlushCompress};
use serde_json::{Value, json};
use tekser_declaration::wall::Wall;
use tekser_declaration::{DeclarationError, Gap, Limits};
use tempfile::tempdir;

use crate::by_hand::{ByHand, line};
use crate::program::{Ran, run, tekser};

const IMEI: &str = "490154203237518";
const OTHER: &str = "354626223546262";

#[track_caller]
fn search(file: &[u8], arguments: &[&str]) -> Ran {
    let data = tempdir().unwrap();
    let path = data.path().join("dt.pdf");
    fs::write(&path, file).unwrap();
    run(tekser(data.path()).arg("declaration").arg(&path).args(arguments))
}

fn wall(limits: Limits) -> Wall {
    Wall::new(env!("CARGO_BIN_EXE_tekser"), [tekser::declaration::READ_PDF], limits)
}

#[test]
fn people_are_told_number_by_number() {
    let file = ByHand::page(&line(&format!("IMEI {IMEI}, 35462622 3546262"))).file();
    let ran = search(&file, &["--imei", IMEI]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("490154203237518  ✓ found on page 1"), "{ran:?}");
    let ran = search(&file, &["--imei", OTHER, "--imei", "356656110000003", "--imei", "123"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("the other side's search does not find it"), "{ran:?}");
    assert!(ran.stdout.contains("✗ not in the text"), "{ran:?}");
    assert!(ran.stdout.contains("fewer than 14 digits"), "{ran:?}");
    assert!(ran.stdout.contains("490154203237518 stands on page 1"), "{ran:?}");
}

#[test]
fn a_list_is_looked_for_and_programs_get_json() {
    let data = tempdir().unwrap();
    let list = data.path().join("list.csv");
    fs::write(&list, format!("brand;imei1;imei2\nX;{IMEI};{OTHER}\n")).unwrap();
    let file = ByHand::page(&line(IMEI)).file();
    let ran = search(&file, &["--json", "--file", list.to_str().unwrap()]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let hits = &ran.json()["report"]["hits"];
    assert_eq!((&hits[0]["result"], &hits[1]["result"]), (&json!("whole"), &json!("missing")));
}

#[test]
fn a_case_keeps_what_was_found() {
    let data = tempdir().unwrap();
    let path = data.path().join("dt.pdf");
    fs::write(&path, ByHand::page(&line(IMEI)).file()).unwrap();
    let device = format!("X;Y;{IMEI}");
    let opened = run(tekser(data.path()).args([
        "--json",
        "case",
        "open",
        "import",
        "--reference",
        "1",
        "--device",
        &device,
    ]));
    let case = opened.json()["case"]["id"].as_str().unwrap().to_owned();
    let ran = run(tekser(data.path()).args(["case", "declaration", &case]).arg(&path));
    assert!(ran.stdout.contains("is attached to the case now"), "{ran:?}");
    let shown = run(tekser(data.path()).args(["--json", "case", "show", &case])).json();
    let document = &shown["case"]["import"]["documents"][0];
    assert_eq!(document["kind"], "customs_declaration");
    assert_eq!(document["files"][0]["name"], "dt.pdf");
    let codes: Vec<&str> = shown["preflight"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert!(!codes.iter().any(|code| code.contains("declaration")), "{codes:?}");
}

#[test]
fn what_cannot_be_searched_is_told_with_a_cure() {
    for (file, reason) in [
        (b"no".to_vec(), "the file is no PDF"),
        (ByHand::page("0 0 9 9 re f 1 1 m 5 5 l 9 0 l f").file(), "no text, only pictures"),
        (ByHand::page("").file()[..50].to_vec(), "damaged or was cut off"),
    ] {
        let ran = search(&file, &["--imei", IMEI]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(reason) && ran.stderr.contains("what to do:"), "{ran:?}");
    }
}

/// So many MiB of zeros, as `FlateDecode` has them: one packed MiB, again and again.
fn zeros(mib: usize) -> Vec<u8> {
    let mut packer = Compress::new(Compression::best(), false);
    let mut block = Vec::with_capacity(64 * 1024);
    packer.compress_vec(&vec![0; 1024 * 1024], &mut block, FlushCompress::Full).unwrap();
    let mut all = vec![0x78, 0xda];
    (0..mib).for_each(|_| all.extend(&block));
    all.extend([3, 0]);
    let sum = u32::try_from(mib * 1024 * 1024 % 65521).unwrap() << 16 | 1;
    all.extend(sum.to_be_bytes());
    all
}

/// As `FlateDecode` has it.
fn packed(data: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), Compression::best());
    packer.write_all(data).unwrap();
    packer.finish().unwrap()
}

fn stream(dict: &str, data: &[u8]) -> Vec<u8> {
    let mut body = format!("<< /Length {} {dict} >>\nstream\n", data.len()).into_bytes();
    body.extend(data);
    body.extend(b"\nendstream");
    body
}

/// A page, and behind its content or its objects a gigabyte of zeros.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let gigabyte = zeros(1024);
    let mut content = ByHand::page("");
    content.replace(4, stream("/Filter /FlateDecode", &gigabyte));
    let mut nested = ByHand::page("");
    let twice = packed(&gigabyte);
    nested.replace(4, stream("/Filter [/FlateDecode /FlateDecode]", &twice));
    let mut objects = ByHand::page(&line(IMEI));
    let dict = "/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode";
    objects.add(stream(dict, &gigabyte));
    let mut objects = objects.file();
    // Without its table the objects are looked for, in the streams too.
    let table = objects.windows(5).rposition(|part| part == b"xref\n").unwrap();
    objects.truncate(table);
    objects.extend(b"trailer\n<< /Root 1 0 R >>\n%%EOF\n");
    let mut form = ByHand::page_with("/X Do", "", "/XObject << /X 6 0 R >>");
    form.add(stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Filter /FlateDecode",
        &gigabyte,
    ));
    let mut map = ByHand::page(&line(IMEI));
    map.replace(5, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>");
    map.add(stream("/Filter /FlateDecode", &gigabyte));
    vec![
        ("content", content.file()),
        ("nested", nested.file()),
        ("objects", objects),
        ("form", form.file()),
        ("map", map.file()),
    ]
}

#[test]
fn a_gigabyte_of_nothing_is_told_and_never_makes_a_number_missing() {
    for (what, file) in bombs() {
        let ran = search(&file, &["--json", "--imei", OTHER]);
        match ran.code {
            Some(2) => {
                // A slow machine ends it by time.
                let told = ["memory", "damaged", "took too long"];
                assert!(told.iter().any(|one| ran.stderr.contains(one)), "{what}: {ran:?}");
            }
            Some(1) => {
                assert_eq!(ran.json()["report"]["hits"][0]["result"], "undetermined", "{what}")
            }
            _ => panic!("{what}: {ran:?}"),
        }
    }
}

/// What the reading process took at most, by what the kernel says of it while it runs.
#[cfg(target_os = "linux")]
fn peak_of_reader(file: &Path) -> u64 {
    let mut command = tekser(file.parent().unwrap());
    command.arg(tekser::declaration::READ_PDF).stdout(Stdio::null());
    let mut child = command.stdin(fs::File::open(file).unwrap()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let began = Instant::now();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
        let kib = line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0);
        peak = peak.max(kib * 1024);
        assert!(began.elapsed() < Duration::from_secs(60), "it does not end");
        std::thread::park_timeout(Duration::from_millis(1));
    }
    peak
}

#[cfg(target_os = "linux")]
#[test]
fn the_reader_never_takes_more_than_its_memory() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("bomb.pdf");
    let mut peaks = Vec::new();
    for (what, file) in bombs() {
        fs::write(&path, file).unwrap();
        let peak = peak_of_reader(&path);
        assert!(peak > 0 && peak <= Limits::SHIPPED.memory, "{what}: {peak}");
        peaks.push(format!("{what} {} MiB", peak / 1024 / 1024));
    }
    println!("{}", peaks.join(", "));
}

/// Forms that each draw the next ones: more than any time is enough for.
fn endless() -> Vec<u8> {
    let mut file = ByHand::page_with("/X Do", "", "/XObject << /X 6 0 R >>");
    for next in 7..27 {
        let dict = format!(
            "/Type /XObject /Subtype /Form /BBox [0 0 9 9] \
             /Resources << /XObject << /X {next} 0 R >> >>"
        );
        file.stream(&dict, &b"/X Do ".repeat(64));
    }
    file.stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9]", b"0 0 1 1 re f");
    file.file()
}

#[test]
fn a_reader_that_takes_too_long_is_ended() {
    let began = Instant::now();
    let read = wall(Limits { time: Duration::from_millis(30), ..Limits::SHIPPED }).read(endless());
    assert_eq!(read, Err(DeclarationError::TooSlow));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn pages_before_the_one_that_breaks_the_reader_stand() {
    let mut file = ByHand::page(&line(IMEI));
    let bomb = stream("/Filter [/FlateDecode /FlateDecode]", &packed(&zeros(1024)));
    file.replace(2, "<< /Type /Pages /Kids [3 0 R 6 0 R] /Count 2 >>");
    file.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 7 0 R >>");
    file.add(bomb);
    let ran = search(&file.file(), &["--json", "--imei", IMEI, "--imei", OTHER]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let report: Value = ran.json()["report"].clone();
    assert_eq!(report["hits"][0]["result"], "whole", "{report}");
    assert_eq!(report["hits"][1]["result"], "undetermined", "{report}");
}

#[test]
fn a_reader_that_is_none_is_told() {
    let file = || ByHand::page(&line(IMEI)).file();
    let none = Wall::new("/nowhere/tekser", ["x"], Limits::SHIPPED);
    assert_eq!(none.read(file()), Err(DeclarationError::NoReader));
    let silent = Wall::new(env!("CARGO_BIN_EXE_tekser"), ["--version"], Limits::SHIPPED);
    assert_eq!(silent.read(file()), Err(DeclarationError::Died));
    let whole = wall(Limits::SHIPPED).read(file()).unwrap();
    assert!(whole.is_whole() && !whole.pages[0].gaps.contains(&Gap::Damaged));
}
