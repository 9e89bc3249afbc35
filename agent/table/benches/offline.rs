//! How fast a list of a million rows is checked without a registry, and in how much memory.
//!
//! `cargo bench --package tekser-table` prints figures of one run, on one file: rows with two
//! IMEIs, a date, a brand and a price are read, judged and written again as CSV; `wc -l` counts
//! the lines of the same file, and python-stdnum (PyPI, if `target/pip` holds it or pip can fetch
//! it) does no more than validate the IMEIs of its first rows. Each is the best of several times.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tekser_imei::Imei14;
use tekser_table::write::{CsvStyle, CsvWriter, JsonLines};
use tekser_table::{Block, List};

fn main() {
    // `cargo test` runs benchmarks too, to see that they work; it must not wait for figures.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let (rows, times) = if quick { (1000, 1) } else { (1_000_000, 7) };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list.csv");
    write_list(&file, rows);
    let bytes = std::fs::metadata(&file).unwrap().len();
    println!("{rows} rows, {:.1} MB", bytes as f64 / 1e6);
    let judged = best(times, || judge(&file));
    judged.tell("read and judged", bytes);
    let written = best(times, || judge_to_csv(&file, &folder.path().join("found.csv")));
    written.tell("read, judged and written as CSV", bytes);
    let json = best(times, || judge_to_json(&file, &folder.path().join("found.jsonl")));
    json.tell("read, judged and written as JSON lines", bytes);
    let peak = peak_kib();
    let wc = against_wc(&file, times);
    let stdnum = against_stdnum(&file, rows);
    println!("goals, for reading, judging and writing as CSV:");
    let speed = bytes as f64 / 1e6 / written.wall.as_secs_f64();
    let to_wc = wc.map(|wc| written.wall.as_secs_f64() / wc.as_secs_f64());
    let of_wc = to_wc.map_or("no wc here".to_owned(), |ratio| format!("{ratio:.1} x wc -l"));
    goal(
        speed >= 200.0 || to_wc.is_some_and(|ratio| ratio <= 10.0),
        &format!("at least 200 MB/s, or within 10 x wc -l: {speed:.0} MB/s, {of_wc}"),
    );
    if let Some(stdnum) = stdnum {
        let times = |took: &Took| stdnum.as_secs_f64() / took.wall.as_secs_f64();
        let (whole, judged) = (times(&written), times(&judged));
        let text = format!(
            "at least 100 x python-stdnum, which only checks IMEIs: {whole:.0} x; \
             not written, {judged:.0} x"
        );
        goal(whole >= 100.0, &text);
    }
    if let Some(kib) = peak {
        let mib = f64::from(kib) / 1024.0;
        goal(mib <= 64.0, &format!("at most 64 MiB of memory: {mib:.1} MiB"));
    }
}

fn goal(met: bool, what: &str) {
    println!("  {}: {what}", if met { "met" } else { "NOT MET" });
}

/// Ordinary phones of several makers; one row in a thousand is damaged or listed twice.
fn write_list(path: &Path, rows: u64) {
    const MODELS: [&str; 8] = [
        "Samsung;Galaxy A54",
        "Apple;iPhone 15 Pro Max",
        "Xiaomi;Redmi Note 13",
        "Tecno;Spark 20",
        "OPPO;A78",
        "Honor;X8b",
        "realme;C67",
        "Google;Pixel 8a",
    ];
    let mut to = BufWriter::new(File::create(path).unwrap());
    writeln!(to, "brand;model;imei1;imei2;date;price").unwrap();
    for n in 0..rows {
        let imei = |slot: u64| {
            let serial = (n * 2 + slot) * 999_983 % 100_000_000;
            let digits = format!("35{:04}{serial:08}", n % 9000 + 1000);
            Imei14::parse(digits.as_bytes()).unwrap().with_check_digit()
        };
        let model = MODELS[(n * 7919 % 10_007 % 8) as usize];
        let (day, price) = (n * 31 % 28 + 1, n * 7907 % 900_000 + 9900);
        match n % 1000 {
            999 => writeln!(to, "{model};4,90154E+14;;2026-01-{day:02};{price}"),
            _ => writeln!(to, "{model};{};{};2026-01-{day:02};{price}", imei(0), imei(1)),
        }
        .unwrap();
    }
    to.flush().unwrap();
}

fn judge(file: &Path) {
    let mut list = List::from_file(File::open(file).unwrap()).unwrap();
    let mut block = Block::new();
    while list.next_block(&mut block).unwrap() {}
    assert!(list.totals().imeis > 0);
}

/// As the program does it: rows are written while the next ones are judged.
fn judge_to(file: &Path, begin: impl FnOnce(&List) -> Box<dyn FnMut(&Block)>) {
    let mut list = List::from_file(File::open(file).unwrap()).unwrap();
    let mut write = begin(&list);
    let (to, judged) = mpsc::sync_channel(2);
    let (home, used) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut block = Block::new();
            while list.next_block(&mut block).unwrap() {
                to.send(block).unwrap();
                block = used.try_recv().unwrap_or_default();
            }
        });
        for block in judged {
            write(&block);
            let _ = home.send(block);
        }
    });
}

fn judge_to_csv(file: &Path, to: &Path) {
    let to = File::create(to).unwrap();
    judge_to(file, |list| {
        let style = CsvStyle::default();
        let mut writer = CsvWriter::new(to, style, false, list.columns()).unwrap();
        Box::new(move |block| writer.block(block).unwrap())
    });
}

fn judge_to_json(file: &Path, to: &Path) {
    let to = BufWriter::with_capacity(256 * 1024, File::create(to).unwrap());
    let mut writer = JsonLines::new(to);
    judge_to(file, |_| {
        Box::new(move |block| {
            for (row, judgement) in block.rows() {
                writer.row::<()>(row, judgement, &[], false).unwrap();
            }
        })
    });
}

fn against_wc(file: &Path, times: usize) -> Option<Duration> {
    let count =
        || Command::new("wc").arg("-l").arg(file).output().is_ok_and(|out| out.status.success());
    if !count() {
        println!("wc is not installed");
        return None;
    }
    let wc = best(times, || assert!(count())).wall;
    println!("wc -l: {wc:.1?}");
    Some(wc)
}

fn against_stdnum(file: &Path, rows: u64) -> Option<Duration> {
    const SCRIPT: &str = "\
import sys, time, itertools
from stdnum import imei
with open(sys.argv[1]) as lines:
    next(lines)
    numbers = [n for line in itertools.islice(lines, 50000) for n in line.split(';')[2:4] if n]
def once():
    begun = time.perf_counter()
    for number in numbers:
        imei.is_valid(number)
    return time.perf_counter() - begun
print(min(once() for _ in range(5)) / len(numbers))";
    let pip = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/pip");
    if rows > 100_000 && !Path::new(pip).join("stdnum").exists() {
        let fetch = ["install", "--quiet", "--upgrade", "--target", pip, "python-stdnum==2.1"];
        let _ = Command::new("pip3").args(fetch).status();
    }
    let ran =
        Command::new("python3").args(["-c", SCRIPT]).arg(file).env("PYTHONPATH", pip).output();
    let seconds = ran.ok().and_then(|out| String::from_utf8(out.stdout).ok()?.trim().parse().ok());
    let Some(seconds): Option<f64> = seconds else {
        println!("python-stdnum is not installed");
        return None;
    };
    let theirs = Duration::from_secs_f64(seconds * 2.0 * rows as f64);
    println!("python-stdnum, IMEIs only: {theirs:.1?}");
    Some(theirs)
}

/// What one run took.
struct Took {
    wall: Duration,
    /// Of all processors together, where the system tells. On a machine that does something else
    /// too, it tells more than the clock on the wall.
    processors: Option<Duration>,
}

impl Took {
    fn tell(&self, what: &str, bytes: u64) {
        let speed = bytes as f64 / 1e6 / self.wall.as_secs_f64();
        let ns = |took: Duration| took.as_secs_f64() * 1e9 / bytes as f64;
        let processors =
            self.processors.map(|all| format!(", {:.2} ns of processor per byte", ns(all)));
        println!("{what}: {:.1?}, {speed:.0} MB/s{}", self.wall, processors.unwrap_or_default());
    }
}

/// The best time on the wall, and the processors' time of an average run.
fn best(times: usize, mut run: impl FnMut()) -> Took {
    let before = processors();
    let once = |_| {
        let begun = Instant::now();
        run();
        begun.elapsed()
    };
    let wall = (0..times).map(once).min().unwrap();
    let all = before.zip(processors()).map(|(before, after)| after - before);
    Took { wall, processors: all.map(|all| all / u32::try_from(times).unwrap()) }
}

/// What this process took of the processors, in user mode and in the system's.
fn processors() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let ticks = |at| rest.split_whitespace().nth(at)?.parse::<u64>().ok();
    // Hundredths of a second on every Linux that there is.
    Some(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}

/// `VmHWM` of this process, where the system tells.
fn peak_kib() -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
