//! The data directory: what lies where, who may use it, and the token that opens the API.
//!
//! | file | what |
//! |---|---|
//! | `station.db` | everything the station remembers |
//! | `sandbox.db` | the embedded registry: the far side, so a file of its own |
//! | `station-key.pem` | signs batches (PKCS#8, private) |
//! | `adb_key` | by which Android phones know this station (private) |
//! | `token` | opens the API (private) |
//! | `rules.toml` | rules that replace some of the program's; put there by the shop |
//! | `registries.toml` | who is asked about IMEIs; put there by the shop |
//! | `evidence/` | screenshots of what people saw on portals, by SHA-256 (private) |
//! | `last-firmware.uf2` | what a scanner was last updated to and seen to run |
//! | `station.lock` | held by the one process that pumps the outbox |
//! | `address` | where the web API of that process listens |

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directories::ProjectDirs;
use subtle::ConstantTimeEq as _;

/// Why the data directory can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// There is no home directory to put it under.
    #[error("no home directory; say where the data belongs with --data-dir")]
    NoHome,
    /// The path is something else.
    #[error("{path} is not a directory; choose another with --data-dir")]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// It can't be written.
    #[error(
        "cannot write to {path}; give this user the right to write there, \
         or choose another directory with --data-dir"
    )]
    NotWritable {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another station holds it.
    #[error("another station is running on {path}; stop it first, or choose another --data-dir")]
    Held {
        /// The path.
        path: PathBuf,
    },
    /// A file in it can't be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system gave no random bytes.
    #[error("the system gives no random bytes for a new token")]
    NoRandomness,
}

/// A data directory that exists and can be written.
#[derive(Debug, Clone)]
pub struct Place(PathBuf);

impl Place {
    /// The user's data directory for Tekser (XDG on Linux, `%APPDATA%` on Windows).
    ///
    /// # Errors
    ///
    /// [`PlaceError::NoHome`].
    pub fn default_path() -> Result<PathBuf, PlaceError> {
        let dirs = ProjectDirs::from("", "", "tekser").ok_or(PlaceError::NoHome)?;
        Ok(dirs.data_dir().to_owned())
    }

    /// Uses `path`, making it if it is not there.
    ///
    /// # Errors
    ///
    /// [`PlaceError::NotADirectory`] or [`PlaceError::NotWritable`].
    pub fn open(path: &Path) -> Result<Self, PlaceError> {
        if path.exists() && !path.is_dir() {
            return Err(PlaceError::NotADirectory { path: path.to_owned() });
        }
        let denied = |source| PlaceError::NotWritable { path: path.to_owned(), source };
        create_own_directory(path).map_err(denied)?;
        // Asking the system for rights says less than trying: quotas and read-only mounts too.
        tempfile::Builder::new().prefix(".write-test").tempfile_in(path).map_err(denied)?;
        Ok(Self(path.to_owned()))
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The station's database.
    pub fn database(&self) -> PathBuf {
        self.0.join("station.db")
    }

    /// The embedded registry's database.
    pub fn sandbox_database(&self) -> PathBuf {
        self.0.join("sandbox.db")
    }

    /// The signing key.
    pub fn key(&self) -> PathBuf {
        self.0.join("station-key.pem")
    }

    /// Rules that replace some of the program's, if the shop put them there.
    pub fn rules(&self) -> PathBuf {
        self.0.join("rules.toml")
    }

    /// Who is asked about IMEIs beside the embedded sandbox, if the shop named anyone.
    pub fn registries(&self) -> PathBuf {
        self.0.join("registries.toml")
    }

    /// Screenshots of what people saw on portals.
    pub fn evidence(&self) -> PathBuf {
        self.0.join("evidence")
    }

    /// The key for the debug bridge of Android phones.
    pub fn adb_key(&self) -> PathBuf {
        self.0.join("adb_key")
    }

    /// The firmware that a scanner was last updated to and seen to run.
    pub fn last_firmware(&self) -> PathBuf {
        self.0.join("last-firmware.uf2")
    }

    /// Writes down where the web API listens, for other programs of this user.
    ///
    /// # Errors
    ///
    /// [`PlaceError::NotWritable`].
    pub fn announce(&self, address: SocketAddr) -> Result<(), PlaceError> {
        let denied = |source| PlaceError::NotWritable { path: self.0.clone(), source };
        let mut file = tempfile::NamedTempFile::new_in(&self.0).map_err(denied)?;
        write!(file, "{address}").map_err(denied)?;
        file.persist(self.0.join("address")).map_err(|error| denied(error.error))?;
        Ok(())
    }

    /// Where the web API of the process that holds the lock listens, if it does.
    pub fn address(&self) -> Option<SocketAddr> {
        std::fs::read_to_string(self.0.join("address")).ok()?.trim().parse().ok()
    }

    /// Takes the lock that makes this process the one station on this directory.
    ///
    /// # Errors
    ///
    /// [`PlaceError::Held`] if another process has it.
    pub fn lock(&self) -> Result<Lock, PlaceError> {
        let path = self.0.join("station.lock");
        let denied = |source| PlaceError::NotWritable { path: self.0.clone(), source };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(denied)?;
        match file.try_lock() {
            Ok(()) => {
                // Left by one that was killed: whoever listens there now is not to be told the
                // token.
                let _ = std::fs::remove_file(self.0.join("address"));
                Ok(Lock { _file: file })
            }
            Err(TryLockError::WouldBlock) => Err(PlaceError::Held { path: self.0.clone() }),
            Err(TryLockError::Error(source)) => Err(denied(source)),
        }
    }

    /// The token that opens the API, made at the first start.
    ///
    /// # Errors
    ///
    /// If the file can't be read or written.
    pub fn token(&self) -> Result<Token, PlaceError> {
        let path = self.0.join("token");
        let unreadable = |source| PlaceError::Unreadable { path: path.clone(), source };
        match std::fs::read_to_string(&path) {
            Ok(text) if !text.trim().is_empty() => return Ok(Token(text.trim().to_owned())),
            // An empty file is nobody's token.
            Ok(_) => std::fs::remove_file(&path).map_err(unreadable)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(unreadable(source)),
        }
        let token = Token::generate()?;
        match create_private(&path, |file| file.write_all(token.0.as_bytes())) {
            Ok(()) => Ok(token),
            // Another process was faster at the first start: its token is the token.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let text = std::fs::read_to_string(&path).map_err(unreadable)?;
                Ok(Token(text.trim().to_owned()))
            }
            Err(source) => Err(PlaceError::NotWritable { path, source }),
        }
    }
}

/// Held as long as this process is the one station on a data directory.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Opens the API: 256 random bits.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    fn generate() -> Result<Self, PlaceError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| PlaceError::NoRandomness)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Compares in a time that does not depend on where the first difference is.
    pub fn matches(&self, candidate: &str) -> bool {
        self.0.as_bytes().ct_eq(candidate.as_bytes()).into()
    }

    /// The token itself, for the person who started the station.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for Token {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Writes a new file that only its owner may read, whole or not at all. A file that is there is
/// never overwritten.
///
/// # Errors
///
/// What the system said; [`io::ErrorKind::AlreadyExists`] if the file is there.
pub fn create_private(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    // tempfile makes its files 0600 on Unix; on Windows the profile directory's own rights hold.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

/// Makes an empty file that only its owner may read, unless there is one: a database that is
/// opened there keeps the rights, and so do the files that SQLite puts beside it.
///
/// # Errors
///
/// What the system said.
pub fn touch_private(path: &Path) -> io::Result<()> {
    match create_private(path, |_| Ok(())) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Makes the names of new files in a directory survive a power cut.
///
/// # Errors
///
/// What the system said.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    // Only Unix opens a directory as a file; elsewhere the system's own journal has to do.
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Makes a directory that only its owner may enter. One that is there is left as it is.
///
/// # Errors
///
/// What the system said.
pub fn create_own_directory(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
