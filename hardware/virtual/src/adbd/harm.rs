//! Which services and commands a phone should never be asked for by a station that only reads.
//! What is not known to be harmless counts as harm.

use super::script::{Simple, parse};
use super::telephony;

/// Whether a service asked for can do more than read. Commands of a shell are judged by
/// [`line_does_more`].
pub(super) fn service_does_more(name: &str) -> bool {
    const READING: [&str; 5] = ["jdwp", "track-jdwp", "track-app", "log:", "framebuffer:"];
    !READING.iter().any(|reading| name == *reading || name.starts_with(reading))
}

/// Whether a command line can do more than read.
pub(super) fn line_does_more(line: &str, sdk: u16) -> bool {
    parse(line).map_or(true, |steps| {
        steps.iter().flat_map(|step| &step.commands).any(|simple| does_more(simple, sdk))
    })
}

fn does_more(simple: &Simple, sdk: u16) -> bool {
    let words: Vec<&str> = simple.words.iter().map(String::as_str).collect();
    simple.writes.is_some() || !(words.is_empty() || only_reads(&words, sdk))
}

fn only_reads(words: &[&str], sdk: u16) -> bool {
    const READERS: [&str; 40] = [
        ":",
        "[",
        "cat",
        "cd",
        "cut",
        "df",
        "echo",
        "env",
        "exit",
        "false",
        "free",
        "getenforce",
        "getprop",
        "grep",
        "head",
        "id",
        "ifconfig",
        "ls",
        "md5sum",
        "netstat",
        "nproc",
        "printenv",
        "printf",
        "ps",
        "pwd",
        "readlink",
        "sha1sum",
        "sleep",
        "stat",
        "tail",
        "test",
        "tr",
        "true",
        "type",
        "uname",
        "uniq",
        "uptime",
        "wc",
        "which",
        "whoami",
    ];
    let Some((&program, arguments)) = words.split_first() else {
        return true;
    };
    match (program, arguments) {
        ("ifconfig", [_, _, ..]) => false,
        (program, _) if READERS.contains(&program) => true,
        ("toybox" | "toolbox" | "busybox", arguments) => only_reads(arguments, sdk),
        ("sort", arguments) => !arguments.iter().any(|argument| argument.starts_with("-o")),
        ("sed", arguments) => !arguments.iter().any(|argument| argument.starts_with("-i")),
        ("date", []) => true,
        ("date", [format]) => format.starts_with('+'),
        ("logcat", ["-d"]) | ("service", ["list" | "check", ..]) => true,
        ("service", ["call", "iphonesubinfo", code, ..]) => {
            code.parse().is_ok_and(|code| telephony::tells_imei(sdk, code))
        }
        // Behind a service's name come its own commands, some of which change it.
        ("dumpsys", [] | ["-l"]) => true,
        ("dumpsys", [service]) => !service.starts_with('-'),
        ("settings", ["get" | "list", ..]) | ("pm", ["list" | "path", ..]) => true,
        ("cmd", ["-l"] | ["phone", "get-imei", ..] | ["package", "list", ..]) => true,
        ("wm", ["size" | "density"]) => true,
        ("content", ["query", ..]) | ("ip", ["addr" | "route" | "link"]) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_harmless() {
        for line in [
            "getprop",
            "getprop ro.serialno",
            "getprop ro.build.version.sdk; getprop | grep imei 2>/dev/null",
            "service call iphonesubinfo 4 i32 0 s16 com.android.shell s16 com.android.shell",
            "service call iphonesubinfo 1 s16 com.android.shell | cut -c 52-66 | tr -d '.'",
            "dumpsys iphonesubinfo",
            "service check iphonesubinfo",
            "cmd phone get-imei 1",
            "settings get secure android_id && echo $?",
            "",
            ";",
        ] {
            assert!(!line_does_more(line, 34), "{line}");
        }
    }

    #[test]
    fn everything_else_is_harm() {
        for line in [
            "setprop persist.radio.imei 1",
            "service call iphonesubinfo 7 i32 0 s16 490154203237518",
            "service call iphonesubinfo 3",
            "service call iphonesubinfo 24",
            "service call iphonesubinfo 0x4",
            "service call isms 7",
            "service call phone 2 s16 112",
            "reboot",
            "getprop; reboot bootloader",
            "getprop | tee /sdcard/x",
            "getprop > /sdcard/x",
            "echo 1 >> /sdcard/x",
            "echo $(reboot)",
            "reboot &",
            "dumpsys battery set level 5",
            "settings put global adb_enabled 0",
            "pm uninstall com.example",
            "am start -n a/b",
            "input tap 1 2",
            "su -c id",
            "toybox rm -rf /sdcard",
            "sed -i s/a/b/ /sdcard/x",
            "date 010100002030",
            "cmd phone set-imei 0 490154203237518",
            "nosuchprogram",
        ] {
            assert!(line_does_more(line, 34), "{line}");
        }
    }

    #[test]
    fn harmless_codes_go_by_the_version() {
        let line = |code: u32| format!("service call iphonesubinfo {code} i32 0");
        let harmless = |sdk| -> Vec<u32> {
            (0..60).filter(|code| !line_does_more(&line(*code), sdk)).collect()
        };
        assert_eq!(harmless(19), [1]);
        assert_eq!(harmless(22), [1, 2, 3]);
        assert_eq!(harmless(23), [1, 3, 4]);
        assert_eq!(harmless(29), [1, 3, 4]);
        assert_eq!(harmless(30), [1, 4, 5]);
        assert_eq!(harmless(36), [1, 4, 5]);
    }

    #[test]
    fn services_that_can_change_something_are_harm() {
        for name in ["reboot:", "root:", "remount:", "tcpip:5555", "sync:", "usb:", "restore:", "x"]
        {
            assert!(service_does_more(name), "{name}");
        }
        assert!(!service_does_more("framebuffer:"));
        assert!(!service_does_more("track-jdwp"));
    }
}
