//! udev rules for the length of a test.

use std::fs;
use std::path::{Path, PathBuf};

use super::peer::run;

const FOLDER: &str = "/run/udev/rules.d";

/// Rules that udev has read. Dropping them takes them back.
#[derive(Debug)]
pub struct Rules(PathBuf);

impl Rules {
    /// The rules that the product ships, `hardware/udev/*.rules`; `None` while it ships none.
    pub fn shipped() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hardware/udev");
        let rules = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
        let rules =
            rules.into_iter().find(|path| path.extension().is_some_and(|e| e == "rules"))?;
        let name = rules.file_name()?.to_str()?.to_owned();
        Some(Self::of(&name, &fs::read_to_string(rules).ok()?))
    }

    /// These rules, in a file of this name.
    pub fn of(name: &str, text: &str) -> Self {
        let file = Path::new(FOLDER).join(name);
        fs::create_dir_all(FOLDER).unwrap();
        fs::write(&file, text).unwrap();
        reload();
        Self(file)
    }
}

impl Drop for Rules {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
        reload();
    }
}

fn reload() {
    run("udevadm", &["control", "--reload", "--timeout=10"]);
}
