//! `tekser devices`.

use tekser_hardware::serial::SerialBus;
use tekser_hardware::{Access, Bus as _};

use super::output::{Colour, Output};
use super::{Ended, Outcome};

pub(super) fn run(output: &Output) -> Ended {
    let devices = SerialBus::machine().devices();
    output.value(&devices);
    if devices.is_empty() {
        output.line("nothing is plugged in that has a serial port");
        output.line("a phone shows one when its modem or USB debugging mode is on");
    }
    for device in &devices {
        let id = device
            .usb_id
            .map_or(String::new(), |(vendor, product)| format!("{vendor:04x}:{product:04x}"));
        let product = device.product.as_deref().unwrap_or("?");
        let ports: Vec<&str> = device.ports.iter().map(|port| port.name.as_str()).collect();
        output.line(&format!("{:<14} {id:<9} {product}  {}", device.id.as_str(), ports.join(" ")));
        if *device.access() == Access::PermissionDenied {
            let cure = "  ✗ this user may not open it: add the user to the group dialout";
            output.line(&output.paint(Colour::Red, cure));
        }
    }
    Ok(Outcome::Fine)
}
