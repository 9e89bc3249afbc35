//! How phones are asked, and the keys by which they know this station.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tekser_hardware::adb::{self, Key, KeyError};
use tekser_hardware::at;
use tekser_hardware::survey::{Options, Stop};
use tokio::sync::OnceCell;

/// How phones are asked.
#[derive(Debug, Clone)]
pub struct Asking {
    /// Time for one serial port.
    pub at: at::Budget,
    /// Time for the debug bridge.
    pub adb: adb::Budget,
    /// Whether the debug bridge is asked at all.
    pub ask_adb: bool,
    /// An adb server that is asked instead of the port.
    pub adb_server: Option<SocketAddr>,
    /// Waits between attempts at what failed in a way that may pass.
    pub again: Vec<Duration>,
    /// Keys by which phones know this station.
    pub keys: AdbKeys,
}

impl Asking {
    /// Default times; what may pass is tried three times more: just plugged in phones are often
    /// not ready, and other programs probe new ports for a few seconds.
    pub fn new(keys: AdbKeys) -> Self {
        let again = [500, 2000, 6000].map(Duration::from_millis).to_vec();
        Self {
            at: at::Budget::default(),
            adb: adb::Budget::default(),
            ask_adb: true,
            adb_server: None,
            again,
            keys,
        }
    }

    /// The same for one survey with these keys.
    pub fn options(&self, keys: Vec<Arc<Key>>, stop: Stop) -> Options {
        Options {
            at: self.at,
            adb: self.adb,
            keys,
            ask_adb: self.ask_adb,
            adb_server: self.adb_server,
            again: self.again.clone(),
            stop,
        }
    }
}

/// Keys for the debug bridge, read or made when they are first needed. Clones share them.
#[derive(Debug, Clone)]
pub struct AdbKeys {
    files: Vec<PathBuf>,
    keys: Arc<OnceCell<Vec<Arc<Key>>>>,
}

impl AdbKeys {
    /// The keys in these files, tried in order; phones are asked to allow the first. A file that
    /// is not there is made.
    pub fn in_files(files: Vec<PathBuf>) -> Self {
        Self { files, keys: Arc::default() }
    }

    /// Keys that are known already.
    pub fn given(keys: Vec<Arc<Key>>) -> Self {
        Self { files: Vec::new(), keys: Arc::new(OnceCell::new_with(Some(keys))) }
    }

    /// The keys. The first time it may take a second or two: a key is made.
    ///
    /// # Errors
    ///
    /// If a file can't be used; the next call tries again.
    pub async fn get(&self) -> Result<Vec<Arc<Key>>, KeyError> {
        let load = || {
            let files = self.files.clone();
            async move {
                let load = move || {
                    files.iter().map(|file| Key::load_or_create(file).map(Arc::new)).collect()
                };
                match tokio::task::spawn_blocking(load).await {
                    Ok(keys) => keys,
                    Err(_) => Err(KeyError::NotMade),
                }
            }
        };
        self.keys.get_or_try_init(load).await.cloned()
    }
}
