//! The phone's shell: runs a command line with the few programs that this phone has.

use super::programs;
use super::properties::Properties;
use super::script::{STATUS, Simple, When, parse};
use crate::persona::{Android, Persona};

/// Where a piece of output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Output,
    Errors,
}

/// What a command line comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ran {
    /// Output and errors in the order they came.
    pub(super) pieces: Vec<(Stream, String)>,
    /// Exit code.
    pub(super) status: u8,
    /// It ended the shell.
    pub(super) exited: bool,
}

impl Ran {
    pub(super) fn said(text: impl Into<String>) -> Self {
        Self { pieces: vec![(Stream::Output, text.into())], ..Self::default() }
    }

    pub(super) fn failed(text: impl Into<String>, status: u8) -> Self {
        Self { pieces: vec![(Stream::Errors, text.into())], status, exited: false }
    }

    pub(super) const fn silent(status: u8) -> Self {
        Self { pieces: Vec::new(), status, exited: false }
    }

    fn output(&self) -> String {
        let output = self.pieces.iter().filter(|(stream, _)| *stream == Stream::Output);
        output.map(|(_, text)| text.as_str()).collect()
    }
}

/// The phone that a shell runs on.
pub(super) struct Machine {
    pub(super) persona: Persona,
    pub(super) android: Android,
    pub(super) properties: Properties,
}

/// Longest output of one command line, in bytes; the rest is dropped.
const OUTPUT: usize = 1 << 20;

impl Machine {
    pub(super) fn new(persona: Persona, android: Android) -> Self {
        let properties = Properties::of(&persona, &android);
        Self { persona, android, properties }
    }

    /// Runs a command line.
    pub(super) fn run(&self, line: &str) -> Ran {
        let Ok(steps) = parse(line) else {
            return Ran::failed("/system/bin/sh: syntax error: unexpected token\n", 1);
        };
        let mut all = Ran::default();
        let mut length = 0;
        for step in steps {
            let wanted = match step.when {
                When::Always => true,
                When::AfterSuccess => all.status == 0,
                When::AfterFailure => all.status != 0,
            };
            if !wanted || length > OUTPUT {
                continue;
            }
            let ran = self.pipeline(&step.commands, all.status);
            length += ran.pieces.iter().map(|(_, text)| text.len()).sum::<usize>();
            all.pieces.extend(ran.pieces);
            all.status = ran.status;
            if ran.exited {
                all.exited = true;
                break;
            }
        }
        all
    }

    /// Each command's output is the next one's input; errors go past it.
    fn pipeline(&self, commands: &[Simple], status: u8) -> Ran {
        let mut errors = Vec::new();
        let mut input = None;
        let mut last = Ran::silent(status);
        for (number, simple) in commands.iter().enumerate() {
            last = self.simple(simple, input.as_deref(), status);
            if number + 1 < commands.len() {
                input = Some(last.output());
                last.exited = false;
                errors.extend(last.pieces.drain(..).filter(|(kind, _)| *kind == Stream::Errors));
            }
        }
        last.pieces = [errors, last.pieces].concat();
        last
    }

    fn simple(&self, simple: &Simple, input: Option<&str>, status: u8) -> Ran {
        let words: Vec<String> =
            simple.words.iter().map(|word| word.replace(STATUS, &status.to_string())).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if let Some(file) = &simple.writes {
            let text = format!("/system/bin/sh: can't create {file}: Read-only file system\n");
            return Ran::failed(text, 1);
        }
        let Some((program, arguments)) = words.split_first() else {
            return Ran::silent(status);
        };
        let mut ran = programs::run(self, program, arguments, input, status)
            .unwrap_or_else(|| self.not_found(program));
        if simple.errors_to_output {
            ran.pieces.iter_mut().for_each(|(stream, _)| *stream = Stream::Output);
        }
        ran.pieces.retain(|(stream, _)| match stream {
            Stream::Output => !simple.drops_output,
            Stream::Errors => !simple.drops_errors,
        });
        ran
    }

    fn not_found(&self, program: &str) -> Ran {
        // From Android 10 the shell does not tell a forbidden program from a missing one.
        let why = if self.android.sdk >= 29 { "inaccessible or not found" } else { "not found" };
        Ran::failed(format!("/system/bin/sh: {program}: {why}\n"), 127)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(release: &str) -> Machine {
        let version = Android::of_release(release).unwrap();
        let android = Android { properties_imei: true, ..version };
        Machine::new(Persona::android_nth(1), android)
    }

    fn output(line: &str) -> (String, u8) {
        let ran = machine("13").run(line);
        (ran.output(), ran.status)
    }

    #[test]
    fn lines_run_as_in_a_shell() {
        assert_eq!(output("echo a; echo b"), ("a\nb\n".into(), 0));
        assert_eq!(output("false && echo a; echo $?"), ("1\n".into(), 0));
        assert_eq!(output("false || echo a"), ("a\n".into(), 0));
        assert_eq!(output("echo abc | cut -c 2-3 | tr -d c"), ("b\n".into(), 0));
        assert_eq!(output("exit 3; echo a"), (String::new(), 3));
        assert_eq!(output("echo a > /dev/null"), (String::new(), 0));
        assert_eq!(output("echo -n a"), ("a".into(), 0));
        assert_eq!(output("getprop ro.build.version.sdk"), ("33\n".into(), 0));
        assert_eq!(output("getprop no.such.key"), ("\n".into(), 0));
        assert_eq!(output("getprop no.such.key other"), ("other\n".into(), 0));
        assert_eq!(output("getprop | grep -c imei"), ("5\n".into(), 0));
        assert_eq!(output("getprop | head -n 1 | wc -l"), ("1\n".into(), 0));
        assert_eq!(
            output("service check iphonesubinfo"),
            ("Service iphonesubinfo: found\n".into(), 0)
        );
    }

    #[test]
    fn the_well_known_one_liner_gives_the_imei() {
        let imei = Persona::android_nth(1).imeis[0].to_string();
        let line = "service call iphonesubinfo 1 s16 com.android.shell \
                    | grep -o '[0-9a-f]\\{8\\} ' | tail -n+3 ; echo";
        // Filters are small: this one uses an expression, which they do not have.
        assert_ne!(output(line).0.trim(), imei);
        let line = "service call iphonesubinfo 1 s16 com.android.shell \
                    | cut -c 52-66 | tr -d '.[:space:]'";
        assert!(output(line).0.contains(&imei), "{}", output(line).0);
    }

    #[test]
    fn a_program_that_is_not_there_says_so_as_its_version_does() {
        let old = machine("9").run("nosuch");
        assert_eq!(old, Ran::failed("/system/bin/sh: nosuch: not found\n", 127));
        let new = machine("10").run("nosuch 2>&1");
        assert_eq!(new.output(), "/system/bin/sh: nosuch: inaccessible or not found\n");
        assert_eq!(machine("10").run("nosuch 2>/dev/null").pieces, []);
        // Before Android 7 there is no `cmd`.
        assert_eq!(machine("6").run("cmd phone get-imei").status, 127);
    }

    #[test]
    fn nothing_can_be_written() {
        let ran = machine("13").run("echo 1 > /sdcard/x");
        assert_eq!(ran.status, 1);
        assert_eq!(ran.output(), "");
    }
}
