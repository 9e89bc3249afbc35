use std::time::Instant;

use super::super::descriptors::seats;
use super::super::device::{Control, Setup, UsbDevice, Wake};
use super::super::look::Look;
use super::{modem_of, persona};
use crate::persona::{FarSide, Persona};

fn request(device: &mut UsbDevice, kind: u8, request: u8, value: u16, index: u16) -> Control {
    let setup = Setup { request_type: kind, request, value, index, length: 255 };
    device.control(setup, &[])
}

fn configured(persona: &Persona, look: &Look, now: Instant) -> UsbDevice {
    let mut device = UsbDevice::new(persona, look, now);
    assert_eq!(request(&mut device, 0, 9, 1, 0), Control::Ok);
    device
}

#[test]
fn every_modem_tells_its_imei_on_its_own_endpoint() {
    let now = Instant::now();
    for n in 0..8 {
        let persona = Persona { far_side: FarSide::Plain, ..Persona::nth(n) };
        let look = Look::of(&Persona::nth(n));
        let seat = modem_of(&look);
        let mut device = configured(&persona, &look, now);
        device.out(seat.endpoint, b"AT+CGSN\r", now);
        assert_eq!(device.next(now), Wake::At(None));
        let answer = device.packet(seat.endpoint).unwrap();
        assert!(String::from_utf8_lossy(&answer).contains(&persona.imeis[0].to_string()));
        assert_eq!(device.packet(seat.endpoint), None);
        assert_eq!(device.asked(), ["AT+CGSN"]);
        assert_eq!(device.violations(), [""; 0]);
    }
}

#[test]
fn ports_for_other_things_stay_silent() {
    let now = Instant::now();
    let look = Look::quectel(&persona());
    let seats = seats(&look.configurations[0]);
    let mut device = configured(&persona(), &look, now);
    for seat in &seats {
        device.out(seat.endpoint, b"AT\r", now);
    }
    assert_eq!(device.next(now), Wake::At(None));
    let spoke: Vec<u8> = seats
        .iter()
        .filter(|seat| device.packet(seat.endpoint).is_some())
        .map(|s| s.interface)
        .collect();
    assert_eq!(spoke, [2, 3]);
}

#[test]
fn requests_are_answered_as_the_specification_has_it() {
    let now = Instant::now();
    let mut device = UsbDevice::new(&persona(), &Look::samsung_opt_in(&persona()), now);
    assert_eq!(request(&mut device, 0x80, 8, 0, 0), Control::In(vec![0]));
    assert_eq!(request(&mut device, 0, 9, 3, 0), Control::Stall);
    assert_eq!(request(&mut device, 0, 9, 2, 0), Control::Ok);
    assert_eq!(request(&mut device, 0x80, 8, 0, 0), Control::In(vec![2]));
    assert_eq!(request(&mut device, 0xa1, 0x21, 0, 1), Control::In(vec![0, 194, 1, 0, 0, 0, 8]));
    assert_eq!(request(&mut device, 0x21, 0x22, 3, 1), Control::Ok);
    assert_eq!(request(&mut device, 0x21, 0x22, 3, 0), Control::Stall, "files have no DTR");
    assert_eq!(request(&mut device, 1, 11, 0, 2), Control::Ok);
    assert_eq!(request(&mut device, 1, 11, 1, 2), Control::Stall);
    assert_eq!(request(&mut device, 0xc0, 51, 0, 0), Control::Stall);
    let first_eight = Setup { request_type: 0x80, request: 6, value: 0x0100, index: 0, length: 8 };
    assert!(matches!(device.control(first_eight, &[]), Control::In(bytes) if bytes.len() == 8));
}

#[test]
fn the_debug_bridge_answers_in_whole_transfers() {
    let now = Instant::now();
    let persona = Persona::android_nth(2);
    let look = Look::pixel(&persona);
    let endpoint = seats(&look.configurations[0])[0].endpoint;
    let mut device = configured(&persona, &look, now);
    let greeting = b"host::features=shell_v2";
    let sum: u32 = greeting.iter().map(|byte| u32::from(*byte)).sum();
    let length = u32::try_from(greeting.len()).unwrap();
    let connect = u32::from_le_bytes(*b"CNXN");
    let header = [connect, 0x0100_0000, 1 << 20, length, sum, !connect];
    device.out(endpoint, &header.map(u32::to_le_bytes).concat(), now);
    assert_eq!(device.next(now), Wake::At(None));
    assert_eq!(device.packet(endpoint), None, "the payload is still to come");
    device.out(endpoint, greeting, now);
    device.next(now);
    assert!(device.packet(endpoint).unwrap().starts_with(b"AUTH"));
    assert_eq!(device.packet(endpoint), None, "one transfer at a time");
    device.next(now);
    assert_eq!(device.packet(endpoint).unwrap().len(), 20);
    assert_eq!(device.complaints(), [""; 0]);
}
