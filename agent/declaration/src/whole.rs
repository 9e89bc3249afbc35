//! Whether everything that a page draws can be decoded. The library leaves out what it can't
//! decode without a word, and takes as much of a torn stream as there is; "not found" must not
//! rest on that.

use std::collections::HashSet;
use std::io::Read as _;

use flate2::bufread::ZlibDecoder;
use hayro_interpret::hayro_syntax::Filter;
use hayro_interpret::hayro_syntax::object::dict::keys::{
    CONTENTS, FONT, RESOURCES, SUBTYPE, TO_UNICODE, XOBJECT,
};
use hayro_interpret::hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object, Stream};
use hayro_interpret::hayro_syntax::page::Page;

use crate::text::Gap;

/// Deepest nesting of forms that is looked at; honest files have two or three.
const DEPTH_MAX: usize = 24;

/// Most streams of one page that are looked at.
const STREAMS_MAX: usize = 4_096;

/// What is wrong with the streams of a page; empty if nothing is.
pub(crate) fn gaps(page: &Page<'_>, stream_max: u64) -> Vec<Gap> {
    let mut look = Look { gaps: Vec::new(), seen: HashSet::new(), left: STREAMS_MAX, stream_max };
    look.contents(page.raw());
    let resources = page.resources();
    look.forms(&resources.x_objects, 0);
    look.fonts(&resources.fonts);
    look.gaps.sort_unstable();
    look.gaps.dedup();
    look.gaps
}

struct Look {
    gaps: Vec<Gap>,
    seen: HashSet<(u32, i32)>,
    left: usize,
    stream_max: u64,
}

impl Look {
    fn contents(&mut self, page: &Dict<'_>) {
        match page.get::<Object<'_>>(CONTENTS) {
            Some(Object::Stream(stream)) => self.stream(&stream),
            Some(Object::Array(streams)) => self.array(&streams),
            Some(Object::Null(_)) => {}
            Some(_) => self.gaps.push(Gap::Damaged),
            // A page without content is a blank one; a reference that leads nowhere is a hole.
            None if page.contains_key(CONTENTS) => self.gaps.push(Gap::Damaged),
            None => {}
        }
    }

    fn array(&mut self, streams: &Array<'_>) {
        let named = streams.raw_iter().count();
        let there: Vec<Stream<'_>> = streams.iter::<Stream<'_>>().take(self.left).collect();
        if there.len() < named {
            self.gaps.push(Gap::Damaged);
        }
        there.iter().for_each(|stream| self.stream(stream));
    }

    fn forms(&mut self, objects: &Dict<'_>, depth: usize) {
        for (name, value) in objects.entries() {
            let Some(stream) = objects.get::<Stream<'_>>(&name) else {
                self.gaps.push(Gap::Damaged);
                continue;
            };
            let dict = stream.dict();
            let kind = dict.get::<Name<'_>>(SUBTYPE);
            if kind.as_deref() != Some(b"Form") || !self.is_new(&value) {
                continue;
            }
            if depth >= DEPTH_MAX || self.left == 0 {
                self.gaps.push(Gap::TooMuch);
                return;
            }
            self.stream(&stream);
            if let Some(resources) = dict.get::<Dict<'_>>(RESOURCES) {
                self.forms(&resources.get::<Dict<'_>>(XOBJECT).unwrap_or_default(), depth + 1);
                self.fonts(&resources.get::<Dict<'_>>(FONT).unwrap_or_default());
            }
        }
    }

    fn fonts(&mut self, fonts: &Dict<'_>) {
        for (name, value) in fonts.entries() {
            let Some(font) = fonts.get::<Dict<'_>>(&name) else {
                self.gaps.push(Gap::Font);
                continue;
            };
            if !self.is_new(&value) {
                continue;
            }
            match font.get::<Object<'_>>(TO_UNICODE) {
                Some(Object::Stream(map)) => self.stream(&map),
                None if font.contains_key(TO_UNICODE) => self.gaps.push(Gap::Font),
                _ => {}
            }
        }
    }

    /// Whether an object was not looked at before; what is not referred to has no name.
    fn is_new(&mut self, value: &MaybeRef<Object<'_>>) -> bool {
        match value.as_obj_ref() {
            Some(id) => self.seen.insert((id.obj_number, id.gen_number)),
            None => true,
        }
    }

    fn stream(&mut self, stream: &Stream<'_>) {
        self.left = self.left.saturating_sub(1);
        let verdict = match stream.filters().first() {
            Some(Filter::FlateDecode) => inflate(&stream.raw_data(), self.stream_max),
            _ => Ok(()),
        };
        match verdict {
            Err(gap) => self.gaps.push(gap),
            // The first unpacking was measured; more of them are decoded, and the wall holds.
            Ok(()) if stream.decoded_data().is_err() => self.gaps.push(Gap::Damaged),
            Ok(()) => {}
        }
    }
}

/// Unpacks to nowhere, to the end and its checksum.
fn inflate(packed: &[u8], most: u64) -> Result<(), Gap> {
    let mut plain = ZlibDecoder::new(packed);
    let read = std::io::copy(&mut plain.by_ref().take(most + 1), &mut std::io::sink());
    match read {
        Ok(length) if length > most => Err(Gap::TooMuch),
        Ok(_) => Ok(()),
        Err(_) => Err(Gap::Damaged),
    }
}
