//! The whole real path: a phone on a pseudo-terminal, the serial port, the AT dialogue.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod adb_by_others;
mod android;
mod crowd;
mod families;
mod misbehaviour;
mod program;
mod third_party;

use std::time::Duration;

use tekser_hardware::at::{self, Budget, Hint, ReadError};
use tekser_hardware::{Bus, Claim, Reading};
use tekser_imei::Imei;
use tekser_virtual_bench::{Behaviour, FarSide, Persona, VirtualBench};

/// Short enough for a test, long enough for a loaded machine.
fn patience() -> Budget {
    Budget { total: Duration::from_secs(15), command: Duration::from_secs(2), ..Budget::default() }
}

fn persona(far_side: FarSide, slots: usize) -> Persona {
    let donor = Persona::nth(1);
    let more = (2..).map(Persona::nth).flat_map(|other| other.imeis);
    let imeis: Vec<Imei> = donor.imeis.iter().copied().chain(more).take(slots).collect();
    Persona { far_side, imeis, ..donor }
}

/// Plugs one phone in, reads it, and asserts that nothing harmful was said to it.
async fn read(persona: Persona) -> Result<Reading, ReadError> {
    read_within(persona, patience()).await
}

async fn read_within(persona: Persona, budget: Budget) -> Result<Reading, ReadError> {
    let bench = VirtualBench::new();
    let id = bench.plug(persona).unwrap();
    let device = bench.devices().remove(0);
    let mut link = bench.open(&device.ports[0].name).await.unwrap();
    let reading = at::read(&mut link, Hint { usb_id: device.usb_id }, budget).await;
    assert_eq!(bench.violations(&id), Vec::<String>::new());
    reading
}

fn said(reading: &Reading) -> Vec<(Option<u8>, String)> {
    let number = |claim: &Claim| match claim.value.imei() {
        Some(imei) => imei.to_string(),
        None => format!("{:?}", claim.value),
    };
    reading.claims.iter().map(|claim| (claim.slot.map(|s| s.number()), number(claim))).collect()
}

fn with(far_side: FarSide, behaviour: Behaviour) -> Persona {
    persona(far_side, 1).with(behaviour)
}
