//! Blocks that are read and judged on a thread of their own, while those before them are used.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;

use crate::judge::Judge;
use crate::{Block, Table, TableError};

/// Blocks that wait to be used.
const WAITING: usize = 2;

/// A block, and how the table ended if it ends with it. Rows before an error stand.
pub(crate) type Filled = (Block, Option<Result<(), TableError>>);

/// What reads ahead. It stops when this is dropped, after what it is reading.
pub(crate) struct Ahead {
    filled: Receiver<Filled>,
    home: Sender<Block>,
}

impl Ahead {
    pub(crate) fn begin(table: Table, judge: Judge) -> io::Result<Self> {
        let (to, filled) = mpsc::sync_channel(WAITING);
        let (home, used) = mpsc::channel();
        let read = move || read(table, &judge, &used, &to);
        thread::Builder::new().name("table".to_owned()).spawn(read)?;
        Ok(Self { filled, home })
    }

    /// The next block, for one whose rows were used.
    pub(crate) fn next(&self, used: Block) -> Filled {
        // It is gone when it has no more to read.
        let _ = self.home.send(used);
        self.filled.recv().unwrap_or_else(|_| {
            let lost = io::Error::other("what reads the table has stopped; try again");
            (Block::new(), Some(Err(lost.into())))
        })
    }
}

fn read(mut table: Table, judge: &Judge, used: &Receiver<Block>, to: &SyncSender<Filled>) {
    loop {
        let filled = fill(&mut table, judge, used.try_recv().unwrap_or_default());
        let over = filled.1.is_some();
        if to.send(filled).is_err() || over {
            return;
        }
    }
}

/// Fills a block with rows behind the header, and judges them.
pub(crate) fn fill(table: &mut Table, judge: &Judge, mut block: Block) -> Filled {
    let end = match table.fill(&mut block) {
        Ok(true) => None,
        Ok(false) => Some(Ok(())),
        Err(error) => Some(Err(error)),
    };
    judge.judge(&mut block, 0);
    (block, end)
}
