//! Drives of boards in their boot loaders.
//!
//! Such a drive is a file system of FAT that holds an `INFO_UF2.TXT`, which names the board
//! (<https://github.com/microsoft/uf2>). A file that is copied to it goes into the flash.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::wording;

/// How the file that we write is called. Of no meaning to a boot loader.
const NAME: &str = "TEKSER.UF2";

/// Written at once before it is waited for, in bytes: a tenth of a second on a Pico. Without
/// waiting everything would be "written" at once, into the computer's own memory.
const PIECE: usize = 16 << 10;

/// Longest `INFO_UF2.TXT` that is read, in bytes; a Pico's has 62.
const INFO_MAX: u64 = 1024;

/// A drive of a board in its boot loader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drive {
    /// Where it is mounted.
    pub path: PathBuf,
    /// What it says that the board is.
    pub board: String,
}

/// Why a file is not on a drive.
#[derive(Debug, thiserror::Error)]
#[error("{written} bytes were written")]
pub struct WriteError {
    /// How far it came. As much as there was to write: all of it may be in the flash.
    pub written: usize,
    /// What the system said.
    pub source: io::Error,
}

/// The drive at a path, if it is one of a boot loader.
pub fn at(path: &Path) -> Option<Drive> {
    let mut bytes = Vec::new();
    let file = File::open(path.join("INFO_UF2.TXT")).ok()?;
    file.take(INFO_MAX).read_to_end(&mut bytes).ok()?;
    let board = board_in(&String::from_utf8_lossy(&bytes))?;
    Some(Drive { path: path.to_owned(), board })
}

fn board_in(info: &str) -> Option<String> {
    let board = info.lines().find_map(|line| line.strip_prefix("Board-ID:"))?;
    wording::shown(board)
}

/// Every such drive that is mounted on this machine.
pub fn mounted() -> Vec<Drive> {
    candidates().iter().filter_map(|path| at(path)).collect()
}

/// Writes a file and waits until it is on the drive. `told` hears how many bytes are.
///
/// # Errors
///
/// [`WriteError`]. A board starts its new firmware as soon as it has the last byte and takes its
/// drive away, so an error behind that byte says nothing.
pub fn write(drive: &Drive, bytes: &[u8], told: &mut dyn FnMut(usize)) -> Result<(), WriteError> {
    let mut written = 0;
    let failed = |written| move |source| WriteError { written, source };
    let mut file = File::create(drive.path.join(NAME)).map_err(failed(0))?;
    for piece in bytes.chunks(PIECE) {
        file.write_all(piece).map_err(failed(written))?;
        let is_last = written + piece.len() == bytes.len();
        file.sync_data().map_err(failed(if is_last { bytes.len() } else { written }))?;
        written += piece.len();
        told(written);
    }
    file.sync_all().map_err(failed(written))
}

/// Where a drive with files of FAT may be mounted. Others are never touched: looking into a
/// network drive may take a minute.
#[cfg(target_os = "linux")]
fn candidates() -> Vec<PathBuf> {
    /// A machine with containers has some hundred mounts, of two hundred bytes each.
    const LONGEST: u64 = 4 << 20;
    let mut text = Vec::new();
    let read = File::open("/proc/self/mountinfo")
        .and_then(|file| file.take(LONGEST).read_to_end(&mut text));
    if read.is_err() {
        return Vec::new();
    }
    fat_mounts(&text)
}

/// Drive letters; A and B would turn on a floppy disk.
#[cfg(windows)]
fn candidates() -> Vec<PathBuf> {
    ('C'..='Z').map(|letter| PathBuf::from(format!("{letter}:\\"))).collect()
}

#[cfg(not(any(target_os = "linux", windows)))]
fn candidates() -> Vec<PathBuf> {
    let volumes = std::fs::read_dir("/Volumes").into_iter().flatten();
    volumes.filter_map(|entry| Some(entry.ok()?.path())).take(64).collect()
}

/// Mount points of FAT in the text of `/proc/self/mountinfo` (`proc_pid_mountinfo(5)`).
#[cfg(target_os = "linux")]
fn fat_mounts(text: &[u8]) -> Vec<PathBuf> {
    use std::os::unix::ffi::OsStringExt as _;
    let mount = |line: &[u8]| {
        let mut fields = line.split(|byte| *byte == b' ');
        let point = fields.nth(4)?;
        let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
        let is_fat = matches!(kind, b"vfat" | b"msdos" | b"exfat");
        is_fat.then(|| PathBuf::from(std::ffi::OsString::from_vec(unescaped(point))))
    };
    text.split(|byte| *byte == b'\n').filter_map(mount).collect()
}

/// Blanks and backslashes stand there as three octal digits: `\040`.
#[cfg(target_os = "linux")]
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, behind)) = rest.split_first() {
        let code = behind.first_chunk::<3>().and_then(octal).filter(|_| *first == b'\\');
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { behind.get(3..).unwrap_or_default() } else { behind };
    }
    bytes
}

#[cfg(target_os = "linux")]
fn octal(digits: &[u8; 3]) -> Option<u8> {
    let text = core::str::from_utf8(digits).ok()?;
    u8::from_str_radix(text, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drive_is_known_by_what_it_says_of_its_board() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(at(folder.path()), None);
        let info = folder.path().join("INFO_UF2.TXT");
        std::fs::write(&info, "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\n").unwrap();
        assert_eq!(at(folder.path()), None);
        let text = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n";
        std::fs::write(&info, text).unwrap();
        assert_eq!(at(folder.path()).unwrap().board, "RPI-RP2");
        std::fs::write(&info, format!("{}Board-ID: RPI-RP2", "x\n".repeat(1000))).unwrap();
        assert_eq!(at(folder.path()), None, "never read to its end");
        std::fs::write(&info, "Board-ID: \x1b[2JX\n").unwrap();
        assert_eq!(at(folder.path()).unwrap().board, "[2JX");
    }

    #[test]
    fn a_file_is_written_whole_and_told_of_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let drive = Drive { path: folder.path().to_owned(), board: String::new() };
        let bytes: Vec<u8> = (0..40_000_u32).map(|place| place as u8).collect();
        let mut told = Vec::new();
        write(&drive, &bytes, &mut |written| told.push(written)).unwrap();
        assert_eq!(told, [16_384, 32_768, 40_000]);
        assert_eq!(std::fs::read(folder.path().join(NAME)).unwrap(), bytes);
    }

    #[test]
    fn a_drive_that_is_gone_says_how_far_it_came() {
        let folder = tempfile::tempdir().unwrap();
        let drive = Drive { path: folder.path().join("gone"), board: String::new() };
        let error = write(&drive, b"bytes", &mut |_| {}).unwrap_err();
        assert_eq!((error.written, error.source.kind()), (0, io::ErrorKind::NotFound));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn only_drives_of_fat_are_looked_at() {
        let text = b"22 27 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n\
            36 27 8:17 / /media/a\\040b/RPI-RP2 rw,nosuid shared:9 master:1 - vfat /dev/sdb1 rw\n\
            37 27 0:44 / /mnt/\\134x rw - msdos none rw\n\
            38 27 0:45 / /net rw - nfs server:/ rw\n\
            39 27 0:46 / /vfat rw - ext4 vfat rw\n\
            noise\n40 27\n\n";
        let expected = [PathBuf::from("/media/a b/RPI-RP2"), PathBuf::from("/mnt/\\x")];
        assert_eq!(fat_mounts(text), expected);
        assert_eq!(unescaped(b"a\\04\\999\\"), b"a\\04\\999\\");
    }
}
