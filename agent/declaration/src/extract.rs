//! The text of a PDF, read in this process. For a foreign file that is half the work: see
//! [`wall`](crate::wall).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hayro_interpret::hayro_syntax::object::Dict;
use hayro_interpret::hayro_syntax::object::dict::keys::{COUNT, PAGES};
use hayro_interpret::hayro_syntax::page::Page;
use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro_interpret::kurbo::{Affine, Rect};
use hayro_interpret::{
    Context, InterpreterCache, InterpreterSettings, InterpreterWarning, interpret_page,
};

use crate::error::DeclarationError;
use crate::glyphs::{self, TooMuch, UNREADABLE};
use crate::limits::Limits;
use crate::text::{Gap, PageText, Text};
use crate::{layout, whole};

/// Where a PDF's first line may begin, and its last one end: some mailers add lines.
const EDGE: usize = 1_024;

/// A page with less text than this beside a picture of half its size is a scan with a stamp.
const STAMP_MAX: usize = 200;

/// Reads the text of a PDF.
///
/// # Errors
///
/// If there is nothing to search. What is only incomplete says so in its [`Gap`]s.
pub fn extract(file: Vec<u8>, limits: &Limits) -> Result<Text, DeclarationError> {
    let mut text = Text::default();
    text.gaps = extract_to(file, limits, |page| {
        text.pages.push(page);
        true
    })?;
    judge(text)
}

/// What came of the pages: a text, or the certainty that there is none.
pub(crate) fn judge(text: Text) -> Result<Text, DeclarationError> {
    let blank = text.pages.iter().all(|page| page.text.trim().is_empty());
    let broken = |gap: &Gap| *gap != Gap::Picture;
    let gaps = || text.pages.iter().flat_map(|page| &page.gaps).chain(&text.gaps);
    match (blank, gaps().any(broken)) {
        (true, true) => Err(DeclarationError::Damaged),
        // A PDF of blank pages has no text either.
        (true, false) => Err(DeclarationError::NoText),
        (false, _) => Ok(text),
    }
}

/// Reads page after page and hands each over, until it is not wanted any more. Gives what keeps
/// the whole from being certain.
pub(crate) fn extract_to(
    file: Vec<u8>,
    limits: &Limits,
    mut take: impl FnMut(PageText) -> bool,
) -> Result<Vec<Gap>, DeclarationError> {
    if file.len() as u64 > limits.bytes {
        return Err(DeclarationError::TooLarge { max: limits.bytes });
    }
    let begins = |edge: &[u8]| edge.windows(5).any(|five| five == b"%PDF-");
    if !begins(file.get(..EDGE).unwrap_or(&file)) {
        return Err(DeclarationError::NotPdf);
    }
    let tail = file.get(file.len().saturating_sub(EDGE)..).unwrap_or_default();
    let ended = tail.windows(5).any(|five| five == b"%%EOF");
    let opened = catch_unwind(AssertUnwindSafe(|| Pdf::new(file)));
    let pdf = opened.map_err(|_| DeclarationError::Damaged)?.map_err(reason)?;
    let pages = pdf.pages();
    if pages.len() as u64 > u64::from(limits.pages) {
        return Err(DeclarationError::TooManyPages { max: limits.pages });
    }
    let mut gaps = Vec::new();
    let promised = catch_unwind(AssertUnwindSafe(|| promised_pages(&pdf))).unwrap_or(None);
    if !ended || promised.is_none_or(|count| count != pages.len()) {
        gaps.push(Gap::CutOff);
    }
    let cache = InterpreterCache::new();
    let mut left = limits.text;
    for page in pages.iter() {
        let page = read_page(page, &pdf, &cache, limits, left);
        match left.checked_sub(page.text.len()) {
            Some(rest) => left = rest,
            None => {
                gaps.push(Gap::TextTooLong);
                break;
            }
        }
        if !take(page) {
            break;
        }
    }
    Ok(gaps)
}

const fn reason(error: LoadPdfError) -> DeclarationError {
    match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => DeclarationError::Encrypted,
        LoadPdfError::Decryption(_) => DeclarationError::UnknownEncryption,
        LoadPdfError::Invalid => DeclarationError::Damaged,
    }
}

/// How many pages the file says it has.
fn promised_pages(pdf: &Pdf) -> Option<usize> {
    let xref = pdf.xref();
    let pages: Dict<'_> = xref.get::<Dict<'_>>(xref.root_id())?.get::<Dict<'_>>(PAGES)?;
    usize::try_from(pages.get::<i32>(COUNT)?).ok()
}

fn read_page<'a>(
    page: &Page<'a>,
    pdf: &'a Pdf,
    cache: &InterpreterCache<'a>,
    limits: &Limits,
    text_max: usize,
) -> PageText {
    let looked = catch_unwind(AssertUnwindSafe(|| whole::gaps(page, limits.stream)));
    let mut gaps = looked.unwrap_or_else(|_| vec![Gap::Broken]);
    if gaps.contains(&Gap::TooMuch) || gaps.contains(&Gap::Broken) {
        // What is left out here is what would take the memory.
        return PageText { gaps, ..PageText::default() };
    }
    let mut drawn = glyphs::Page::new(limits.drawn, text_max);
    let font_missing = Arc::new(AtomicBool::new(false));
    let drawing = AssertUnwindSafe(|| draw(page, pdf, cache, &font_missing, &mut drawn));
    if let Err(broke) = catch_unwind(drawing) {
        gaps.push(if broke.is::<TooMuch>() { Gap::TooMuch } else { Gap::Broken });
    }
    if font_missing.load(Ordering::Relaxed) {
        gaps.push(Gap::Font);
    }
    let lines = layout::lines(&drawn.glyphs);
    let text = layout::text(&lines);
    if is_picture(page, &drawn, &text) {
        gaps.push(Gap::Picture);
    }
    if hides_number(&text) {
        gaps.push(Gap::Characters);
    }
    gaps.sort_unstable();
    gaps.dedup();
    PageText { stacked: layout::stacked(&lines), text, gaps }
}

fn draw<'a>(
    page: &Page<'a>,
    pdf: &'a Pdf,
    cache: &InterpreterCache<'a>,
    font_missing: &Arc<AtomicBool>,
    drawn: &mut glyphs::Page,
) {
    let sink = Arc::clone(font_missing);
    let settings = InterpreterSettings {
        warning_sink: Arc::new(move |warning| {
            if !matches!(warning, InterpreterWarning::ImageDecodeFailure) {
                sink.store(true, Ordering::Relaxed);
            }
        }),
        ..InterpreterSettings::default()
    };
    let (width, height) = page.base_dimensions();
    let paper = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let mut context = Context::new(Affine::IDENTITY, paper, cache, pdf.xref(), settings);
    interpret_page(page, &mut context, drawn);
}

/// Whether what matters on a page may be a picture: it draws something and has no text, or little
/// more than a stamp.
fn is_picture(page: &Page<'_>, drawn: &glyphs::Page, text: &str) -> bool {
    let (width, height) = page.base_dimensions();
    let half = f64::from(width) * f64::from(height) / 2.0;
    let letters = text.chars().filter(|one| !one.is_whitespace()).take(STAMP_MAX).count();
    match letters {
        0 => drawn.pictures > 0.0 || drawn.outlines > 0,
        _ => letters < STAMP_MAX && drawn.pictures > half,
    }
}

/// Whether signs that no font explains stand where a number could.
fn hides_number(text: &str) -> bool {
    text.split(|one: char| !one.is_ascii_digit() && one != UNREADABLE)
        .any(|run| run.contains(UNREADABLE) && run.chars().count() >= tekser_imei::Imei14::LEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_without_meaning_matter_where_a_number_could_stand() {
        assert!(hides_number("\u{fffd}90154203237518"));
        assert!(hides_number(&"\u{fffd}".repeat(15)));
        assert!(!hides_number("\u{fffd} 490154203237518"));
        assert!(!hides_number("\u{fffd}\u{fffd}\u{fffd}"));
    }

    #[test]
    fn what_does_not_begin_as_a_pdf_is_none() {
        for file in [&b""[..], b"PK\x03\x04", b"\xff\xd8\xff\xe0"] {
            let read = extract(file.to_vec(), &Limits::SHIPPED);
            assert_eq!(read, Err(DeclarationError::NotPdf));
        }
    }
}
