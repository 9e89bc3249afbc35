//! How fast a list of a million rows is checked without a registry, and in how much memory.
//!
//! `cargo bench --package tekser-table` prints figures of one run, on one file: rows with two
//! IMEIs, a date, a brand and a price are read, judged and written again as CSV; `wc -l` counts
//! the lines of the same file, and python-stdnum (PyPI, if `target/pip` holds it or pip can fetch
//! it) does no more than validate the IMEIs of its first rows.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tekser_imei::Imei14;
use tekser_table::write::{CsvStyle, CsvWriter, JsonLines};
use tekser_table::{Judgement, List, Row};

fn main() {
    // `cargo test` runs benchmarks too, to see that they work; it must not wait for figures.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let (rows, times) = if quick { (1000, 1) } else { (1_000_000, 5) };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list.csv");
    write_list(&file, rows);
    let bytes = std::fs::metadata(&file).unwrap().len();
    println!("{rows} rows, {:.1} MB", bytes as f64 / 1e6);
    let judged = best(times, || judge(&file, None));
    speed("read and judged", judged, bytes);
    let written = best(times, || judge(&file, Some(&folder.path().join("found.csv"))));
    speed("read, judged and written as CSV", written, bytes);
    let json = best(times, || judge_to_json(&file, &folder.path().join("found.jsonl")));
    speed("read, judged and written as JSON lines", json, bytes);
    if let Some(kib) = peak_kib() {
        println!("peak resident memory: {:.1} MiB of 64 MiB", f64::from(kib) / 1024.0);
    }
    against_wc(&file, times, written);
    against_stdnum(&file, rows, written);
}

/// Ordinary phones; one row in a thousand is damaged or listed twice.
fn write_list(path: &Path, rows: u64) {
    let mut to = BufWriter::new(File::create(path).unwrap());
    writeln!(to, "brand;model;imei1;imei2;date;price").unwrap();
    for n in 0..rows {
        let imei = |slot: u64| {
            let serial = (n * 2 + slot) * 999_983 % 100_000_000;
            let digits = format!("35{:04}{serial:08}", n % 9000 + 1000);
            Imei14::parse(digits.as_bytes()).unwrap().with_check_digit()
        };
        match n % 1000 {
            999 => writeln!(to, "Samsung;Galaxy A54;4,90154E+14;;2026-01-02;99000"),
            _ => writeln!(to, "Samsung;Galaxy A54;{};{};2026-01-02;99000", imei(0), imei(1)),
        }
        .unwrap();
    }
    to.flush().unwrap();
}

fn judge(file: &Path, to: Option<&Path>) {
    let mut list = List::from_file(File::open(file).unwrap()).unwrap();
    let (mut row, mut judgement) = (Row::new(), Judgement::default());
    let mut writer = to.map(|path| {
        let to = BufWriter::with_capacity(256 * 1024, File::create(path).unwrap());
        CsvWriter::new(to, CsvStyle::default(), false, list.columns()).unwrap()
    });
    while list.next_row(&mut row, &mut judgement).unwrap() {
        if let Some(writer) = &mut writer {
            writer.row(&row, &judgement, None).unwrap();
        }
    }
    assert!(list.totals().imeis > 0);
    if let Some(writer) = writer {
        writer.finish().unwrap();
    }
}

fn judge_to_json(file: &Path, to: &Path) {
    let mut list = List::from_file(File::open(file).unwrap()).unwrap();
    let (mut row, mut judgement) = (Row::new(), Judgement::default());
    let to = BufWriter::with_capacity(256 * 1024, File::create(to).unwrap());
    let mut writer = JsonLines::new(to);
    while list.next_row(&mut row, &mut judgement).unwrap() {
        writer.row::<()>(&row, &judgement, &[], false).unwrap();
    }
    writer.finish().unwrap();
}

fn against_wc(file: &Path, times: usize, ours: Duration) {
    let count =
        || Command::new("wc").arg("-l").arg(file).output().is_ok_and(|out| out.status.success());
    if !count() {
        return println!("wc is not installed");
    }
    let wc = best(times, || assert!(count()));
    println!(
        "wc -l: {wc:.1?}; reading, judging and writing takes {:.1} times as long",
        ratio(ours, wc)
    );
}

fn against_stdnum(file: &Path, rows: u64, ours: Duration) {
    const SCRIPT: &str = "\
import sys, time, itertools
from stdnum import imei
with open(sys.argv[1]) as lines:
    next(lines)
    numbers = [n for line in itertools.islice(lines, 50000) for n in line.split(';')[2:4] if n]
begun = time.perf_counter()
for number in numbers:
    imei.is_valid(number)
print((time.perf_counter() - begun) / len(numbers))";
    let pip = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/pip");
    if rows > 100_000 && !Path::new(pip).join("stdnum").exists() {
        let fetch = ["install", "--quiet", "--upgrade", "--target", pip, "python-stdnum==2.1"];
        let _ = Command::new("pip3").args(fetch).status();
    }
    let ran =
        Command::new("python3").args(["-c", SCRIPT]).arg(file).env("PYTHONPATH", pip).output();
    let seconds = ran.ok().and_then(|out| String::from_utf8(out.stdout).ok()?.trim().parse().ok());
    let Some(seconds): Option<f64> = seconds else {
        return println!("python-stdnum is not installed");
    };
    let theirs = Duration::from_secs_f64(seconds * 2.0 * rows as f64);
    println!("python-stdnum, IMEIs only: {theirs:.1?}, {:.0} times as long", ratio(theirs, ours));
}

fn best(times: usize, mut run: impl FnMut()) -> Duration {
    let once = |_| {
        let begun = Instant::now();
        run();
        begun.elapsed()
    };
    (0..times).map(once).min().unwrap()
}

fn speed(what: &str, took: Duration, bytes: u64) {
    println!("{what}: {took:.1?}, {:.0} MB/s", bytes as f64 / 1e6 / took.as_secs_f64());
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

/// `VmHWM` of this process, where the system tells.
fn peak_kib() -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
