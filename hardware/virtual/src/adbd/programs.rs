//! The programs on the phone.

use super::filters;
use super::parcel::Parcel;
use super::shell::{Machine, Ran};
use super::telephony;

/// Runs a program, if the phone has it. `input` is what is piped in.
pub(super) fn run(
    machine: &Machine,
    program: &str,
    arguments: &[&str],
    input: Option<&str>,
    status: u8,
) -> Option<Ran> {
    Some(match program {
        "getprop" => getprop(machine, arguments),
        "service" => service(machine, arguments),
        "dumpsys" => dumpsys(machine, arguments),
        "cmd" if machine.android.sdk >= 24 => cmd(machine, arguments),
        "echo" => echo(arguments),
        "id" => Ran::said(
            "uid=2000(shell) gid=2000(shell) groups=2000(shell),1004(input),1007(log),\
             1011(adb),1015(sdcard_rw),3003(inet) context=u:r:shell:s0\n",
        ),
        "whoami" => Ran::said("shell\n"),
        "uname" => Ran::said("Linux\n"),
        "true" | ":" => Ran::silent(0),
        "false" => Ran::silent(1),
        "exit" => {
            let code = arguments.first().and_then(|code| code.parse().ok()).unwrap_or(status);
            Ran { exited: true, ..Ran::silent(code) }
        }
        "toybox" | "toolbox" => match arguments.split_first() {
            Some((program, arguments)) => return run(machine, program, arguments, input, status),
            None => Ran::silent(0),
        },
        _ => return filters::run(program, arguments, input.unwrap_or_default()),
    })
}

fn getprop(machine: &Machine, arguments: &[&str]) -> Ran {
    match arguments {
        [] => Ran::said(machine.properties.list()),
        [key, rest @ ..] => {
            let value = machine.properties.get(key).filter(|value| !value.is_empty());
            Ran::said(format!("{}\n", value.or(rest.first().copied()).unwrap_or_default()))
        }
    }
}

fn echo(arguments: &[&str]) -> Ran {
    match arguments {
        ["-n", rest @ ..] => Ran::said(rest.join(" ")),
        all => Ran::said(format!("{}\n", all.join(" "))),
    }
}

/// Services that are there, and what they implement.
const SERVICES: [(&str, &str); 4] = [
    ("activity", "android.app.IActivityManager"),
    ("iphonesubinfo", "com.android.internal.telephony.IPhoneSubInfo"),
    ("package", "android.content.pm.IPackageManager"),
    ("phone", "com.android.internal.telephony.ITelephony"),
];

fn service(machine: &Machine, arguments: &[&str]) -> Ran {
    match arguments {
        ["list"] => {
            let rows = SERVICES.iter().enumerate();
            let list: String =
                rows.map(|(row, (name, kind))| format!("{row}\t{name}: [{kind}]\n")).collect();
            Ran::said(format!("Found {} services:\n{list}", SERVICES.len()))
        }
        ["check", name] => {
            let there = SERVICES.iter().any(|(service, _)| service == name);
            let found = if there { "found" } else { "not found" };
            Ran::said(format!("Service {name}: {found}\n"))
        }
        ["call", name, code, data @ ..] => call(machine, name, code, data),
        ["call", _] => Ran::failed("service: No code specified for call\n", 10),
        ["call"] => Ran::failed("service: No service specified for call\n", 10),
        _ => Ran::failed("Usage: service [-h|-?]\n       service list\n", 10),
    }
}

fn call(machine: &Machine, name: &str, code: &str, data: &[&str]) -> Ran {
    if !SERVICES.iter().any(|(service, _)| *service == name) {
        return Ran::failed(format!("service: Service {name} does not exist\n"), 10);
    }
    let reply = match (name, code.parse(), parcel(data)) {
        ("iphonesubinfo", Ok(code), Ok(data)) => {
            telephony::call(&machine.persona, &machine.android, code, data)
        }
        (_, _, Err(problem)) => return Ran::failed(problem, 10),
        // Nobody is at home in the other services: an empty reply.
        _ => Parcel::default(),
    };
    Ran::said(format!("Result: {}\n", reply.print()))
}

/// `i32 1 i64 2 s16 text`, as a parcel.
fn parcel(data: &[&str]) -> Result<Parcel, String> {
    let mut parcel = Parcel::default();
    let mut data = data.iter();
    while let Some(kind) = data.next() {
        let mut value =
            || data.next().ok_or_else(|| format!("service: no {kind} supplied for call\n"));
        match *kind {
            // As C's atoi has it, what is no number is 0.
            "i32" => drop(parcel.int(value()?.parse().unwrap_or(0))),
            "i64" => drop(parcel.long(value()?.parse().unwrap_or(0))),
            "s16" => drop(parcel.string(value()?)),
            "null" => drop(parcel.no_string()),
            other => return Err(format!("service: unknown option {other}\n")),
        }
    }
    Ok(parcel)
}

fn dumpsys(machine: &Machine, arguments: &[&str]) -> Ran {
    match arguments {
        [] | ["-l"] => {
            let names: String = SERVICES.iter().map(|(name, _)| format!("  {name}\n")).collect();
            Ran::said(format!("Currently running services:\n{names}"))
        }
        ["iphonesubinfo", ..] => Ran::said(telephony::dump(&machine.persona, &machine.android)),
        [name, ..] if SERVICES.iter().any(|(service, _)| service == name) => Ran::silent(0),
        [name, ..] => Ran::failed(format!("Can't find service: {name}\n"), 0),
    }
}

fn cmd(machine: &Machine, arguments: &[&str]) -> Ran {
    match arguments {
        ["-l"] => dumpsys(machine, &["-l"]),
        ["phone", "get-imei", ..] => {
            let (text, status) = telephony::get_imei(machine.android.sdk);
            Ran { status, ..Ran::said(text) }
        }
        [name, ..] if SERVICES.iter().any(|(service, _)| service == name) => {
            Ran { status: 255, ..Ran::said("Unknown command\n") }
        }
        [name, ..] => Ran::failed(format!("cmd: Can't find service: {name}\n"), 20),
        [] => Ran::failed("cmd: No service specified; use -l to list all services\n", 20),
    }
}
