//! Which other programs are in the way. Only Linux tells; elsewhere nothing is ever found.

use std::path::Path;

use crate::wording;

/// Name and id of a process that has `file` open and whose id `counts`, as far as this user may
/// look: `adb (process 1234)`.
pub fn holding(file: &Path, counts: impl Fn(u32) -> bool) -> Option<String> {
    let file = std::fs::canonicalize(file).ok()?;
    let (id, folder) = processes().find(|(id, folder)| {
        counts(*id)
            && std::fs::read_dir(folder.join("fd")).is_ok_and(|open| {
                open.flatten().any(|entry| {
                    std::fs::read_link(entry.path()).is_ok_and(|target| target == file)
                })
            })
    })?;
    Some(format!("{} (process {id})", name_in(&folder)))
}

/// Id of a running process with this name, as the system shortens it (15 bytes).
pub fn named(name: &str) -> Option<u32> {
    let short = name.get(..name.floor_char_boundary(15))?;
    processes().find(|(_, folder)| name_in(folder) == short).map(|(id, _)| id)
}

fn processes() -> impl Iterator<Item = (u32, std::path::PathBuf)> {
    let listed = if cfg!(target_os = "linux") { std::fs::read_dir("/proc").ok() } else { None };
    listed
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
}

fn name_in(folder: &Path) -> String {
    // A program may choose any bytes as its name.
    let name = std::fs::read(folder.join("comm")).unwrap_or_default();
    wording::shown(&String::from_utf8_lossy(&name)).unwrap_or_default()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_a_file_open_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let found = holding(file.path(), |_| true).unwrap();
        assert!(found.contains(&std::process::id().to_string()), "{found}");
        assert_eq!(holding(file.path(), |id| id != std::process::id()), None);
        assert_eq!(holding(Path::new("/nowhere"), |_| true), None);
    }

    #[test]
    fn a_program_that_does_not_run_is_not_found() {
        assert_eq!(named("no such program at all"), None);
    }
}
