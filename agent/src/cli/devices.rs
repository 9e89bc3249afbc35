//! `tekser devices`.

use tekser_hardware::{Device, Role, Speaks};

use super::machine::{machine_bus, nothing_to_ask, obstacle};
use super::output::{Colour, Output};
use super::{Ended, Outcome};

pub(super) fn run(output: &Output) -> Ended {
    let devices = machine_bus().devices();
    output.value(&devices);
    if devices.is_empty() {
        output.line("nothing is plugged in that could be read");
        output.line("a phone can be read when its modem or USB debugging mode is on");
    }
    for device in &devices {
        show(device, output);
    }
    Ok(Outcome::Fine)
}

fn show(device: &Device, output: &Output) {
    let id = device
        .usb_id
        .map_or(String::new(), |(vendor, product)| format!("{vendor:04x}:{product:04x}"));
    let names: Vec<&str> =
        [&device.maker, &device.product].into_iter().filter_map(|name| name.as_deref()).collect();
    let name = if names.is_empty() { "?".to_owned() } else { names.join(" ") };
    let role = role_word(device.role);
    output.line(&format!("{:<14} {id:<9} {role:<11} {name}", device.id.as_str()));
    for port in &device.ports {
        let speaks = match port.speaks {
            Speaks::At => "AT ",
            Speaks::Adb => "ADB",
            Speaks::Scanner | Speaks::Codes => "SCN",
        };
        output.line(&format!("  {speaks}  {}", port.name));
        if let Some(obstacle) = obstacle(port) {
            output.line(&output.paint(Colour::Red, &format!("       ✗ {obstacle}")));
            output.line(&format!("       what to do: {}", obstacle.cure()));
        }
    }
    if device.hidden_modem {
        let how = format!("tekser read --device {} --show-modem", device.id);
        output.line(&format!("  · it hides a modem port; to show it: {how}"));
    }
    if let Some(nothing) = nothing_to_ask(device)
        && device.role != Role::Scanner
    {
        output.line(&output.paint(Colour::Yellow, &format!("  ! {nothing}")));
        output.line(&format!("    what to do: {}", nothing.cure()));
    }
}

const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Phone => "phone",
        Role::Files => "files only",
        Role::Bootloader => "boot loader",
        Role::Apple => "apple",
        Role::Scanner => "scanner",
    }
}
