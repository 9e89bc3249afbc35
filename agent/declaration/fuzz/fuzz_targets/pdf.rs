//! Any file is read or refused, and what is said of a number follows from the text.
//!
//! The library may panic on a broken file; `extract` catches that and says so, and in the product
//! it happens behind a wall. libFuzzer would end at the first panic, so its hook is taken out: a
//! panic of our own code outside of the catch still ends the run.

#![no_main]

use std::sync::Once;

use libfuzzer_sys::fuzz_target;
use tekser_declaration::search::Search;
use tekser_declaration::{Limits, Wanted, extract, search};

static QUIET: Once = Once::new();

fuzz_target!(|input: &[u8]| {
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let limits =
        Limits { pages: 64, stream: 1 << 20, drawn: 20_000, text: 1 << 18, ..Limits::SHIPPED };
    let Ok(text) = extract(input.to_vec(), &limits) else {
        return;
    };
    let wanted = ["490154203237518", "354626223546262", "49015420323751"].map(Wanted::new);
    let report = search(&text, &wanted);
    assert_eq!(report.complete, text.is_whole());
    for hit in &report.hits {
        let there = text.pages.iter().any(|page| page.text.contains(&hit.imei[..14]));
        assert_eq!(hit.result.is_found(), there);
        assert!(report.complete || hit.result != Search::Missing);
    }
});
