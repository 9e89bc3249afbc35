//! The texts that cells of a workbook share.

use std::io::Read;

use quick_xml::events::Event;

use super::xml::{Xml, push_reference};
use crate::TableError;

pub(super) const PART: &str = "xl/sharedstrings.xml";

/// Unpacked bytes of the part.
pub(super) const PART_MAX: u64 = 1024 * 1024 * 1024;

/// Bytes of memory for the texts and where they end: two million IMEIs.
const MEMORY_MAX: usize = 40 * 1024 * 1024;

/// Texts by number.
#[derive(Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    pub(super) fn get(&self, number: usize) -> Option<&str> {
        let end = *self.ends.get(number)?;
        let start = match number.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(start as usize..end as usize)
    }

    fn end(&mut self) -> Result<(), TableError> {
        if self.text.len() + self.ends.len() * size_of::<u32>() > MEMORY_MAX {
            return Err(TableError::TooLarge { what: "list of texts", limit: "40 MiB" });
        }
        // Grows by eighths: twice as much as is needed is too much here.
        if self.ends.len() == self.ends.capacity() {
            self.ends.reserve_exact(1024 + self.ends.len() / 8);
        }
        let room = self.text.capacity() - self.text.len();
        if room < 64 {
            self.text.reserve_exact(64 * 1024 + self.text.len() / 8);
        }
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        Ok(())
    }
}

/// Reads the part. Reading aids (`rPh`) are no part of the text.
pub(super) fn read<R: Read>(part: R) -> Result<Strings, TableError> {
    let mut xml = Xml::new(part);
    let mut strings = Strings::default();
    let (mut within, mut aside) = (false, false);
    while let Some(event) = xml.next()? {
        match event {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "t" => within = true,
                "rPh" => aside = true,
                _ => {}
            },
            Event::Empty(tag) if tag.local_name().as_ref() == "si" => strings.end()?,
            Event::End(tag) => match tag.local_name().as_ref() {
                "t" => within = false,
                "rPh" => aside = false,
                "si" => strings.end()?,
                _ => {}
            },
            Event::Text(text) if within && !aside => strings.text.push_str(&text.xml10_content()),
            Event::CData(text) if within && !aside => strings.text.push_str(&text.xml10_content()),
            Event::GeneralRef(name) if within && !aside => {
                push_reference(&name, &mut strings.text);
            }
            _ => {}
        }
        if strings.text.len() > MEMORY_MAX {
            return Err(TableError::TooLarge { what: "list of texts", limit: "40 MiB" });
        }
    }
    Ok(strings)
}
