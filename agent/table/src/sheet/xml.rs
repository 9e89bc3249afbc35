//! XML as a stream of events, none of which can grow without bounds.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::TableError;

/// Longest text or tag. A cell of Excel holds 32,767 characters.
const EVENT_MAX: usize = 1024 * 1024;

/// Deepest nesting; sheets need eight.
const DEPTH_MAX: usize = 64;

pub(super) struct Xml<R: Read> {
    reader: Reader<Bounded<BufReader<R>>>,
    bytes: Vec<u8>,
    depth: usize,
}

impl<R: Read> Xml<R> {
    pub(super) fn new(part: R) -> Self {
        let part = BufReader::with_capacity(64 * 1024, part);
        let mut reader = Reader::from_reader(Bounded { part, left: 0 });
        reader.config_mut().check_end_names = false;
        Self { reader, bytes: Vec::new(), depth: 0 }
    }

    /// The next event; `None` at the end of a whole document.
    pub(super) fn next(&mut self) -> Result<Option<Event<'_>>, TableError> {
        self.bytes.clear();
        self.reader.get_mut().left = EVENT_MAX;
        let event = self.reader.read_event_into(&mut self.bytes).map_err(broken)?;
        match event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::Eof if self.depth == 0 => return Ok(None),
            Event::Eof => return Err(TableError::Damaged("a part ends too early")),
            _ => {}
        }
        if self.depth > DEPTH_MAX {
            return Err(TableError::Damaged("elements nested too deep"));
        }
        Ok(Some(event))
    }
}

/// The value of an attribute, its entities resolved.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, TableError> {
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| TableError::Damaged("an attribute"))?;
        let key = attribute.key.as_ref();
        // Prefixes are the writer's choice: `r:id`, `ns1:id`.
        if key == name || name.starts_with(':') && key.ends_with(name) {
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
            return Ok(Some(value.map_err(|_| TableError::Damaged("an attribute"))?.into_owned()));
        }
    }
    Ok(None)
}

/// Adds what `&amp;` or `&#49;` stands for. Entities of a document's own stay as written: they
/// have no place in a workbook, and resolving them is how small files become large.
pub(super) fn push_reference(reference: &BytesRef<'_>, into: &mut String) {
    let name: &str = reference;
    let resolved = reference.resolve_char_ref().ok().flatten();
    match (resolved, quick_xml::escape::resolve_predefined_entity(name)) {
        (Some(character), _) => into.push(character),
        (None, Some(text)) => into.push_str(text),
        (None, None) => into.extend(["&", name, ";"]),
    }
}

fn broken(error: quick_xml::Error) -> TableError {
    let quick_xml::Error::Io(error) = &error else {
        return TableError::Damaged("a part is no XML");
    };
    match error.kind() {
        ErrorKind::FileTooLarge => {
            TableError::TooLarge { what: "unpacked sheet or list of texts", limit: "1 GiB" }
        }
        ErrorKind::OutOfMemory => TableError::TooLarge { what: "longest text", limit: "1 MiB" },
        ErrorKind::InvalidData => TableError::Damaged("a part does not agree with its checksum"),
        ErrorKind::UnexpectedEof => TableError::Damaged("a part ends too early"),
        _ => TableError::Damaged("a part cannot be unpacked"),
    }
}

/// Bytes of one event, up to a limit.
struct Bounded<B> {
    part: B,
    left: usize,
}

impl<B: BufRead> Read for Bounded<B> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let read = available.len().min(into.len());
        if let (Some(into), Some(from)) = (into.get_mut(..read), available.get(..read)) {
            into.copy_from_slice(from);
        }
        self.consume(read);
        Ok(read)
    }
}

impl<B: BufRead> BufRead for Bounded<B> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let available = self.part.fill_buf()?;
        if self.left == 0 && !available.is_empty() {
            return Err(io::Error::from(ErrorKind::OutOfMemory));
        }
        Ok(available.get(..self.left.min(available.len())).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount);
        self.part.consume(amount);
    }
}
