//! udev rules for the length of a test.

use std::fs;
use std::path::{Path, PathBuf};

use super::peer::run;

const FOLDER: &str = "/run/udev/rules.d";

/// Rules that udev has read. Dropping them takes them back.
#[derive(Debug)]
pub struct Rules(PathBuf);

impl Rules {
    /// The rules for phones that the product ships.
    pub fn shipped() -> Self {
        let name = "70-tekser.rules";
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hardware/udev").join(name);
        Self::of(name, &fs::read_to_string(file).unwrap())
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
