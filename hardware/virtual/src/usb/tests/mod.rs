mod descriptors;
mod device;
#[cfg(target_os = "linux")]
mod scanner;
mod wire;

use super::Look;
use super::descriptors::{Seat, seats};
use crate::persona::{FarSide, Persona};

fn persona() -> Persona {
    Persona::nth(0)
}

fn looks() -> Vec<Look> {
    let persona = persona();
    let quectel = Persona { far_side: FarSide::QuectelEc25, ..persona.clone() };
    vec![
        Look::samsung(&persona),
        Look::samsung_opt_in(&persona),
        Look::xiaomi(&persona),
        Look::pixel(&persona),
        Look::feature_phone(&persona),
        Look::quectel(&quectel),
        Look::huawei(&persona),
        Look::modem(&persona),
        Look::samsung(&persona).without_serial(),
    ]
}

/// Where the first configuration speaks AT.
fn modem_of(look: &Look) -> Seat {
    let seats = seats(&look.configurations[0]);
    seats.into_iter().find(|seat| seat.function.speaks_at()).unwrap()
}
