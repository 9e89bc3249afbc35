//! Characters in their places, put together to lines as a viewer shows them.
//!
//! Programs place text in any pieces: a glyph at a time, with kerning in the middle of a number,
//! a bold number as the same number twice. What counts is where things stand, not how they came:
//! pieces that touch are one word, pieces apart are two.

use std::cmp::Ordering;

use crate::glyphs::Glyph;

/// From this distance on, in sizes of the font, there is a space between two characters.
const SPACE: f32 = 0.2;

/// So far two characters of one word may overlap.
const OVERLAP: f32 = 0.35;

/// So far apart, in sizes of the font, the writing lines of one line of text may be.
const LEVEL: f32 = 0.3;

/// Nearer than this the same character is the same one drawn again, as for bold.
const AGAIN: f32 = 0.1;

/// Most pieces of a line that are held open for the next one.
const OPEN_MAX: usize = 8;

/// Pieces of text on one writing line. Lengths are along it and across it.
#[derive(Clone)]
pub(crate) struct Piece {
    /// Its characters and where each begins.
    pub text: Vec<(char, f32)>,
    /// Where the last one ends.
    pub end: f32,
    /// How far up the page, across the direction of writing.
    pub level: f32,
    /// Size of its font.
    pub size: f32,
    /// Its direction in steps of three degrees.
    pub turn: i16,
}

impl Piece {
    fn start(&self) -> f32 {
        self.text.first().map_or(self.end, |first| first.1)
    }

    fn same_text(&self, other: &Self) -> bool {
        let letters = |piece: &Self| piece.text.iter().map(|one| one.0).collect::<Vec<_>>();
        letters(self) == letters(other)
    }

    /// Whether what begins at `start` goes on where this ends.
    fn goes_on(&self, start: f32) -> bool {
        let gap = (start - self.end) / self.size;
        gap > -OVERLAP && gap < SPACE
    }
}

/// Lines of a page from its top, those of one direction of writing after another.
pub(crate) fn lines(glyphs: &[Glyph]) -> Vec<Vec<Piece>> {
    let mut pieces = drawn_together(glyphs);
    pieces.sort_by(|a, b| a.turn.cmp(&b.turn).then(order(b.level, a.level)));
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    for piece in pieces {
        let level = |line: &Vec<Piece>| {
            line.first().is_some_and(|first| {
                let apart = (first.level - piece.level).abs();
                first.turn == piece.turn && apart < LEVEL * first.size.min(piece.size)
            })
        };
        match lines.last_mut().filter(|line| level(line)) {
            Some(line) => line.push(piece),
            None => lines.push(vec![piece]),
        }
    }
    lines.into_iter().map(put_together).collect()
}

/// The text of lines: a space between pieces apart.
pub(crate) fn text(lines: &[Vec<Piece>]) -> String {
    let mut text = String::new();
    for line in lines {
        for (at, piece) in line.iter().enumerate() {
            if at > 0 {
                text.push(' ');
            }
            text.extend(piece.text.iter().map(|one| one.0));
        }
        text.push('\n');
    }
    text
}

fn order(a: f32, b: f32) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

/// Pieces as they were drawn: each character that goes on where the last ended.
fn drawn_together(glyphs: &[Glyph]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for glyph in glyphs {
        let ((x, y), (dx, dy)) = (glyph.at, glyph.along);
        let (start, level) = (x * dx + y * dy, y * dx - x * dy);
        let turn = (dy.atan2(dx).to_degrees() / 3.0).round() as i16;
        let size = glyph.size.max(0.01);
        let fits = |last: &Piece| {
            last.turn == turn
                && (last.level - level).abs() < LEVEL * last.size.min(size)
                && last.goes_on(start)
        };
        let characters = glyph.text.chars().filter(|one| !one.is_control());
        match pieces.last_mut() {
            Some(last) if is_again(last, glyph, start, level) => {}
            Some(last) if fits(last) => {
                last.text.extend(characters.map(|one| (one, start)));
                last.end = start + glyph.advance;
            }
            _ => pieces.push(Piece {
                text: characters.map(|one| (one, start)).collect(),
                end: start + glyph.advance,
                level,
                size,
                turn,
            }),
        }
    }
    pieces
}

/// Whether a character is the last one of a piece, drawn again.
fn is_again(last: &Piece, glyph: &Glyph, start: f32, level: f32) -> bool {
    let near = |apart: f32| apart.abs() < AGAIN * last.size;
    let mut characters = glyph.text.chars();
    match (last.text.last(), characters.next(), characters.next()) {
        (Some(there), Some(one), None) => {
            there.0 == one && near(there.1 - start) && near(last.level - level)
        }
        _ => false,
    }
}

/// One line from left to right: pieces that touch become one, pieces drawn again are left out.
fn put_together(mut line: Vec<Piece>) -> Vec<Piece> {
    line.sort_by(|a, b| order(a.start(), b.start()));
    let mut done: Vec<Piece> = Vec::with_capacity(line.len());
    for piece in line {
        let open = done.len().saturating_sub(OPEN_MAX);
        let recent = done.get_mut(open..).unwrap_or_default();
        let is_again = recent.iter().any(|other| {
            let near = (other.start() - piece.start()).abs() < AGAIN * other.size;
            near && other.same_text(&piece)
        });
        if is_again {
            continue;
        }
        let apart = |other: &Piece| (other.end - piece.start()).abs();
        let touching = recent.iter_mut().filter(|other| other.goes_on(piece.start()));
        match touching.min_by(|a, b| order(apart(a), apart(b))) {
            Some(other) => {
                other.text.extend(piece.text);
                other.end = piece.end;
            }
            None => done.push(piece),
        }
    }
    done
}

/// Most words of a page that are looked at for numbers one part below the other.
const STACKED_WORDS_MAX: usize = 8_192;

/// Most words below one that are compared with it.
const BELOW_MAX: usize = 256;

/// Part of a number, in its place.
struct Part {
    digits: String,
    from: f32,
    to: f32,
    level: f32,
    size: f32,
    turn: i16,
}

/// Numbers of 14 to 17 digits that stand one part below the other, as in a narrow column.
pub(crate) fn stacked(lines: &[Vec<Piece>]) -> Vec<String> {
    let parts = parts(lines);
    let mut found = Vec::new();
    for (at, first) in parts.iter().enumerate() {
        let (mut number, mut last) = (first.digits.clone(), at);
        for _ in 0..8 {
            let Some(next) = below(&parts, last) else { break };
            number.extend(parts.get(next).map(|part| part.digits.as_str()));
            last = next;
            match number.len() {
                0..14 => {}
                14..=17 => found.push(number.clone()),
                _ => break,
            }
        }
    }
    found
}

/// Words of nothing but digits, down the page.
fn parts(lines: &[Vec<Piece>]) -> Vec<Part> {
    let mut parts = Vec::new();
    for piece in lines.iter().flatten() {
        for word in piece.text.split(|one| one.0.is_whitespace()) {
            let digits: String =
                word.iter().map(|one| one.0).filter(char::is_ascii_digit).collect();
            let plain = word.iter().all(|one| one.0.is_ascii_digit() || one.0 == '-');
            let (Some(first), Some(last)) = (word.first(), word.last()) else { continue };
            if !plain || digits.is_empty() || digits.len() > 17 || parts.len() >= STACKED_WORDS_MAX
            {
                continue;
            }
            let to = last.1 + piece.size / 2.0;
            let (level, size, turn) = (piece.level, piece.size, piece.turn);
            parts.push(Part { digits, from: first.1, to, level, size, turn });
        }
    }
    parts
}

/// The part right below another, in the same column.
fn below(parts: &[Part], at: usize) -> Option<usize> {
    let above = parts.get(at)?;
    let rest = parts.iter().enumerate().skip(at + 1).take(BELOW_MAX);
    rest.filter(|(_, part)| part.turn == above.turn)
        .filter(|(_, part)| {
            let down = (above.level - part.level) / above.size;
            let common = above.to.min(part.to) - above.from.max(part.from);
            let narrower = (above.to - above.from).min(part.to - part.from);
            down > 0.5 && down < 2.2 && common > narrower / 2.0
        })
        .map(|(at, _)| at)
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digits of half a size each, from a place on.
    fn glyphs(text: &str, x: f32, y: f32) -> Vec<Glyph> {
        let one = |(n, c): (usize, char)| Glyph {
            text: c.to_string(),
            at: (x + n as f32 * 5.0, y),
            along: (1.0, 0.0),
            advance: 5.0,
            size: 10.0,
        };
        text.chars().enumerate().map(one).collect()
    }

    fn shown(glyphs: &[Glyph]) -> String {
        text(&lines(glyphs))
    }

    #[test]
    fn a_number_reads_the_same_in_whatever_order_it_is_drawn() {
        let mut pieces = glyphs("490154203237518", 10.0, 100.0);
        assert_eq!(shown(&pieces), "490154203237518\n");
        pieces.reverse();
        assert_eq!(shown(&pieces), "490154203237518\n");
        pieces.rotate_left(7);
        assert_eq!(shown(&pieces), "490154203237518\n");
    }

    #[test]
    fn a_number_drawn_twice_for_bold_is_there_once() {
        let mut twice = glyphs("490154203237518", 10.0, 100.0);
        twice.extend(glyphs("490154203237518", 10.3, 100.0));
        assert_eq!(shown(&twice), "490154203237518\n");
        let each: Vec<Glyph> =
            (0..15).flat_map(|n| [twice[n].clone(), twice[n + 15].clone()]).collect();
        assert_eq!(shown(&each), "490154203237518\n");
    }

    #[test]
    fn kerning_is_no_space_and_a_space_is_one() {
        let mut wide = glyphs("49015420", 10.0, 100.0);
        wide.extend(glyphs("3237518", 51.0, 100.0));
        assert_eq!(shown(&wide), "490154203237518\n");
        wide.truncate(8);
        wide.extend(glyphs("3237518", 53.0, 100.0));
        assert_eq!(shown(&wide), "49015420 3237518\n");
    }

    #[test]
    fn writing_across_a_number_does_not_tear_it() {
        let mut both = glyphs("490154203237518", 10.0, 100.0);
        let stamp = Glyph { size: 40.0, advance: 20.0, ..both[0].clone() };
        both.push(Glyph { text: "К".to_owned(), at: (30.0, 101.0), ..stamp });
        assert!(shown(&both).contains("490154203237518"), "{}", shown(&both));
    }

    #[test]
    fn parts_in_a_column_are_put_together_past_the_columns_beside_it() {
        let mut table = glyphs("35462622", 10.0, 100.0);
        table.extend(glyphs("12", 100.0, 100.0));
        table.extend(glyphs("3546262", 10.0, 88.0));
        table.extend(glyphs("17", 100.0, 88.0));
        let lines = lines(&table);
        assert_eq!(stacked(&lines), ["354626223546262"]);
    }
}
