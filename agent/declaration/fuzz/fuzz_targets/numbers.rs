//! The search agrees with a plain look for the digits, whatever the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tekser_declaration::{Gap, PageText, Text, Wanted, search};

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let mut parts = text.splitn(3, '|');
    let wanted = [Wanted::new(parts.next().unwrap_or_default()), Wanted::new("490154203237518")];
    let stacked = parts.next().unwrap_or_default().lines().map(str::to_owned).collect();
    let page = parts.next().unwrap_or_default();
    let gaps = if page.len() % 2 == 0 { Vec::new() } else { vec![Gap::Damaged] };
    let text =
        Text { pages: vec![PageText { text: page.to_owned(), stacked, gaps }], gaps: Vec::new() };
    let report = search(&text, &wanted);
    for (hit, wanted) in report.hits.iter().zip(&wanted) {
        let there = wanted.prefix().is_some_and(|prefix| page.contains(prefix));
        assert_eq!(hit.result.is_found(), there);
        if let Some(shown) = &hit.shown {
            assert!(page.contains(shown.as_str()) && shown.len() == 15);
        }
    }
});
