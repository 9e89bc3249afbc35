use std::time::{Duration, Instant};

use tekser_wire::frame::FRAME_MAX;
use tekser_wire::message::Sequence;
use tekser_wire::station::{Event, StationEnd};

use super::super::descriptors::seats;
use super::super::device::{Control, Setup, UsbDevice};
use super::super::look::Look;
use crate::scanner::{Kit, VirtualScanner};

fn request(device: &mut UsbDevice, kind: u8, request: u8, value: u16) -> Control {
    let setup = Setup { request_type: kind, request, value, index: 0, length: 255 };
    device.control(setup, &[])
}

#[test]
fn a_scanner_shows_the_strings_by_which_stations_know_it() {
    let kit = Kit::nth(7);
    let look = Look::scanner(kit.serial);
    let scanner = VirtualScanner::new(kit).unwrap();
    let mut device = UsbDevice::of_scanner(&look, scanner.plug_by_hand());
    let Control::In(descriptor) = request(&mut device, 0x80, 6, 0x0100) else { panic!("none") };
    assert_eq!(descriptor[8..12], [0x09, 0x12, 0x01, 0x00]);
    let mut string = |number: u8| {
        let value = 0x0300 | u16::from(number);
        let Control::In(bytes) = request(&mut device, 0x80, 6, value) else { panic!("none") };
        let units = bytes[2..].chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        String::from_utf16(&units.collect::<Vec<_>>()).unwrap()
    };
    assert_eq!(string(descriptor[14]), "Tekser");
    assert_eq!(string(descriptor[15]), "Tekser Scanner Virtual");
    assert_eq!(string(descriptor[16]), scanner.serial().to_string());
}

#[test]
fn a_scan_comes_out_of_its_endpoint() {
    let scanner = VirtualScanner::new(Kit::nth(8)).unwrap();
    let look = Look::scanner(scanner.serial());
    let seat = seats(&look.configurations[0])[0];
    let mut device = UsbDevice::of_scanner(&look, scanner.plug_by_hand());
    assert_eq!(request(&mut device, 0, 9, 1), Control::Ok);
    assert!(!device.is_terminal_ready());
    assert_eq!(request(&mut device, 0x21, 0x22, 3), Control::Ok);
    assert!(device.is_terminal_ready() && device.glance().is_some());
    scanner.show("490154203237518");

    let (began, mut station) = (Instant::now(), StationEnd::new(1));
    let mut out = [0; FRAME_MAX];
    loop {
        let now = Instant::now();
        let ms = now.duration_since(began).as_millis() as u64;
        assert!(ms < 30_000, "no scan in time");
        match station.transmit(ms, &mut out) {
            0 => {}
            length => device.out(seat.endpoint, &out[..length], now),
        }
        device.next(now);
        let Some(packet) = device.packet(seat.endpoint) else {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        };
        assert!(packet.len() <= device.packet_size());
        for byte in packet {
            let mut store = None;
            match station.receive(byte, ms) {
                Some(Event::Hello(hello)) => store = Some(hello.store),
                Some(Event::Scan { scan, .. }) => {
                    assert_eq!(scan.text, b"490154203237518");
                    return;
                }
                _ => {}
            }
            if let Some(store) = store {
                station.resume(store, Sequence::NONE);
            }
        }
    }
}
