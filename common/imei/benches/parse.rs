//! Reading and checking IMEIs, side by side with the published `imei` crate.
//!
//! Both get the same texts, as a table and one by one. Ours also says what is wrong and where,
//! and accepts separators.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use tekser_imei::{Imei, label};

/// What a station meets: mostly numbers of 15 digits.
const TEXTS: [&str; 12] = [
    "490154203237518",
    "352099001761481",
    "354178036859789",
    "356868000041418",
    "354626223546262",
    "260531793113837",
    "354178036859781",
    "352099001761482",
    "35462622354626O",
    "35209900176148",
    "3568680000414120",
    "",
];

fn compare(criterion: &mut Criterion, name: &str, texts: &[&str]) {
    let mut group = criterion.benchmark_group(name);
    group.bench_function("tekser-imei", |bencher| {
        bencher.iter(|| {
            texts.iter().filter(|text| Imei::parse(black_box(text).as_bytes()).is_ok()).count()
        });
    });
    group.bench_function("imei", |bencher| {
        bencher.iter(|| {
            texts.iter().filter(|text| imei::Imei::try_new(**black_box(text)).is_ok()).count()
        });
    });
    group.finish();
}

fn parse(criterion: &mut Criterion) {
    compare(criterion, "parse", &TEXTS);
    compare(criterion, "parse/valid", &TEXTS[..6]);
    compare(criterion, "parse/wrong-digit", &TEXTS[6..9]);
    compare(criterion, "parse/wrong-length", &TEXTS[9..]);
}

fn findings(criterion: &mut Criterion) {
    const LABEL: &[u8] = b"Model: SM-S921B/DS\nIMEI 1: 354626223546262 / 19\n\
        IMEI 2: 490154203237518 / 19\nS/N: R58N12ABCDE\nEAN 4006381333931\n\
        EID 89049032123451234512345678901235";
    criterion.bench_function("label", |bencher| {
        bencher.iter(|| label::findings(black_box(LABEL)).count());
    });
}

fn short() -> Criterion {
    Criterion::default().measurement_time(Duration::from_secs(2))
}

criterion_group!(name = benches; config = short(); targets = parse, findings);
criterion_main!(benches);
