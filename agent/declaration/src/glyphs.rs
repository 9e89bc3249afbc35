//! What a page draws: every character with its place, in the order of drawing.

use core::fmt;

use hayro_interpret::font::{Glyph as Drawn, GlyphRun};
use hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect, Vec2};
use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask,
};

/// Stands for a sign of which the font does not say what it is.
pub(crate) const UNREADABLE: char = '\u{fffd}';

/// A character in its place. Lengths are those of the page.
#[derive(Clone, PartialEq)]
pub(crate) struct Glyph {
    /// What it is; a ligature is several characters.
    pub text: String,
    /// Where its writing line begins.
    pub at: (f32, f32),
    /// The direction of writing, of length 1.
    pub along: (f32, f32),
    /// How far the next one is.
    pub advance: f32,
    /// The size of its font.
    pub size: f32,
}

/// Text of a declaration: its characters do not go to logs.
impl fmt::Debug for Glyph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Glyph").field("at", &self.at).field("size", &self.size).finish()
    }
}

/// Raised through the library when a page draws too much: there is no other way to stop it.
pub(crate) struct TooMuch;

/// Takes down what a page draws.
pub(crate) struct Page {
    pub glyphs: Vec<Glyph>,
    /// Area of pictures.
    pub pictures: f64,
    /// Filled or stroked outlines.
    pub outlines: u32,
    left: u32,
    text_left: usize,
}

impl Page {
    pub(crate) const fn new(drawn_max: u32, text_max: usize) -> Self {
        Self {
            glyphs: Vec::new(),
            pictures: 0.0,
            outlines: 0,
            left: drawn_max,
            text_left: text_max,
        }
    }

    /// Counts something that is drawn.
    fn count(&mut self) {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            // Not a panic: no message, no backtrace. `extract` catches it.
            None => std::panic::resume_unwind(Box::new(TooMuch)),
        }
    }

    fn glyph(&mut self, drawn: &Drawn<'_>, place: Affine, mode: WritingMode) {
        self.count();
        let text = match drawn.as_unicode() {
            Some(BfString::Char(one)) => one.to_string(),
            Some(BfString::String(some)) => some,
            None => UNREADABLE.to_string(),
        };
        match self.text_left.checked_sub(text.len()) {
            Some(left) => self.text_left = left,
            None => std::panic::resume_unwind(Box::new(TooMuch)),
        }
        let width = match drawn {
            Drawn::Outline(outline) => outline.advance_width(),
            Drawn::Type3(other) => other.advance_width(),
        };
        let linear = place.with_translation(Vec2::ZERO);
        let along = linear * Point::new(1.0, 0.0);
        let up = linear * Point::new(0.0, 1000.0);
        let (reach, size) = (along.to_vec2().hypot(), up.to_vec2().hypot());
        let origin = place * Point::ZERO;
        let direction = if mode == WritingMode::Vertical {
            // Downwards; the width says nothing of the way to the next.
            -up.to_vec2() / size
        } else {
            along.to_vec2() / reach
        };
        let advance = match mode {
            WritingMode::Vertical => size,
            WritingMode::Horizontal => f64::from(width.unwrap_or(500.0)) * reach,
        };
        let numbers = [origin.x, origin.y, direction.x, direction.y, advance, size];
        if !numbers.iter().all(|number| number.is_finite() && number.abs() < 1e7) {
            return;
        }
        let [x, y, dx, dy, advance, size] = numbers.map(|number| number as f32);
        self.glyphs.push(Glyph { text, at: (x, y), along: (dx, dy), advance, size });
    }
}

impl<'a> Device<'a> for Page {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.count();
        self.outlines += 1;
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        self.count();
    }

    fn push_clip_rect(&mut self, _: &Rect) {
        self.count();
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.count();
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        for glyph in run.glyphs() {
            self.glyph(glyph, props.transform * glyph.transform(), run.writing_mode());
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.count();
        // The transform is that of one of its dots.
        let dots = f64::from(image.width()) * f64::from(image.height());
        let area = props.transform.determinant().abs() * dots;
        if area.is_finite() {
            self.pictures += area;
        }
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}

    fn draw_rect(&mut self, _: &Rect, _: DrawProps<'a>, _: &DrawMode) {
        self.count();
    }
}
