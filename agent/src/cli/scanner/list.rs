//! `tekser scanner list`.

use tekser_hardware::Role;

use crate::cli::machine::{machine_bus, obstacle};
use crate::cli::output::{Colour, Output};
use crate::cli::{Ended, Outcome};

pub(super) async fn run(output: &Output) -> Ended {
    let looking = tokio::task::spawn_blocking(|| machine_bus().devices());
    let mut devices = looking.await?;
    devices.retain(|device| device.role == Role::Scanner);
    output.value(&devices);
    if devices.is_empty() {
        output.line("no scanner is plugged in");
    }
    for device in &devices {
        let name = device.product.as_deref().unwrap_or("?");
        output.line(&format!("{:<14} {name}", device.id.as_str()));
        for port in &device.ports {
            output.line(&format!("  {}", port.name));
            if let Some(obstacle) = obstacle(port) {
                output.line(&output.paint(Colour::Red, &format!("  ✗ {obstacle}")));
                output.line(&format!("    what to do: {}", obstacle.cure()));
            }
        }
    }
    Ok(Outcome::Fine)
}
