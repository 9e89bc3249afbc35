//! Linux: who may open USB devices, and who else reaches for them.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tekser_hardware::process;

use super::Examined;

/// Where udev looks for rules.
const RULE_FOLDERS: [&str; 3] = ["/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d"];

/// Tekser's own rules, as they lie in hardware/udev.
const RULES: &str = "70-tekser.rules";

/// How the rules are put in place.
const INSTALL: &str = "copy hardware/udev/70-tekser.rules to /etc/udev/rules.d and run `udevadm \
                       control --reload && udevadm trigger`";

pub(super) fn examine() -> Vec<Examined> {
    let rules = installed(&RULE_FOLDERS.map(PathBuf::from));
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    let modem_manager = process::named("ModemManager").is_some();
    vec![udev(rules.as_deref(), is_root), modem(rules.is_some(), modem_manager)]
}

/// Whether others than the owner may read it.
pub(super) fn is_open_to_others(file: &Metadata) -> bool {
    file.permissions().mode() & 0o077 != 0
}

fn installed(folders: &[PathBuf]) -> Option<PathBuf> {
    folders.iter().map(|folder| folder.join(RULES)).find(|path| path.is_file())
}

fn udev(rules: Option<&Path>, is_root: bool) -> Examined {
    let what = "udev rules";
    match rules {
        Some(path) => Examined::well(what, path.display().to_string()),
        None if is_root => {
            Examined::well(what, "not installed; root may open every device without".to_owned())
        }
        None => Examined::ill(
            what,
            format!("not installed, so phones may not open for this user: {INSTALL}"),
        ),
    }
}

fn modem(has_rules: bool, is_running: bool) -> Examined {
    let what = "modems";
    match (is_running, has_rules) {
        (false, _) => Examined::well(what, "ModemManager does not run".to_owned()),
        (true, true) => {
            Examined::well(what, "ModemManager runs, and the rules keep it off phones".to_owned())
        }
        (true, false) => Examined::ill(
            what,
            format!(
                "ModemManager probes every phone that is plugged in, for some ten seconds: \
                 {INSTALL}"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_found_where_udev_looks_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let folders = [folder.path().join("missing"), folder.path().to_owned()];
        assert_eq!(installed(&folders), None);
        std::fs::write(folder.path().join(RULES), "").unwrap();
        assert_eq!(installed(&folders), Some(folder.path().join(RULES)));
    }

    #[test]
    fn what_is_missing_comes_with_its_cure() {
        for ill in [udev(None, false), modem(false, true)] {
            assert!(!ill.well && ill.found.contains("udevadm"), "{}", ill.found);
        }
        assert!(udev(None, true).well && modem(true, true).well && modem(false, false).well);
    }
}
