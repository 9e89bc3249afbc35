//! How far a list is read, for a person who waits.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::super::output::Output;
use crate::check::Block;

/// How often the bar is drawn.
const RHYTHM: Duration = Duration::from_millis(100);

/// Cells of the bar.
const WIDTH: u64 = 24;

pub(super) struct Progress {
    read: Arc<AtomicU64>,
    length: Option<u64>,
    rows: u64,
    drawn: Option<Instant>,
}

/// A reader that tells how far it is.
pub(super) struct Counted<R> {
    source: R,
    read: Arc<AtomicU64>,
}

impl Progress {
    /// Watches over this reader; `length` in bytes, where it is known.
    pub(super) fn over<R>(source: R, length: Option<u64>) -> (Counted<R>, Self) {
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted { source, read: Arc::clone(&read) };
        (counted, Self { read, length, rows: 0, drawn: None })
    }

    /// Counts a block, and draws the bar now and then.
    pub(super) fn show(&mut self, block: &Block, output: &Output) {
        self.rows += block.len() as u64;
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < RHYTHM) {
            return;
        }
        self.drawn = Some(Instant::now());
        let said = self.said();
        let Some(length) = self.length.filter(|&length| length > 0) else {
            return output.progress(&format!("{said} … Ctrl-C stops"));
        };
        let read = self.read.load(Ordering::Relaxed).min(length);
        let (full, percent) = (read * WIDTH / length, read * 100 / length);
        let bar: String = (0..WIDTH).map(|at| if at < full { '█' } else { '░' }).collect();
        output.progress(&format!("{bar} {percent:3} %  {said}  Ctrl-C stops"));
    }

    /// What was done, in words.
    pub(super) fn said(&self) -> String {
        format!("{} rows", self.rows)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(into)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.source.seek(to)?;
        self.read.store(at, Ordering::Relaxed);
        Ok(at)
    }
}
