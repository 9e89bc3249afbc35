//! Android phones on the bench: both sides of one device, and a phone on a socket.

use std::time::Duration;

use tekser_hardware::{Bus, Link, Speaks};
use tekser_virtual_bench::persona::{Allow, Android};
use tekser_virtual_bench::tcp::TcpPhone;
use tekser_virtual_bench::{Persona, VirtualBench};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// A packet, spelt out here so that nothing is shared with the phone.
fn packet(command: &[u8; 4], arg0: u32, arg1: u32, payload: &[u8]) -> Vec<u8> {
    let word = u32::from_le_bytes(*command);
    let sum: u32 = payload.iter().map(|byte| u32::from(*byte)).sum();
    let length = u32::try_from(payload.len()).unwrap();
    let header = [word, arg0, arg1, length, sum, !word];
    header.into_iter().flat_map(u32::to_le_bytes).chain(payload.iter().copied()).collect()
}

fn greeting() -> Vec<u8> {
    packet(b"CNXN", 0x0100_0001, 4096, b"host::\0")
}

async fn exactly(link: &mut Link, count: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < count {
        let mut buffer = vec![0; count - all.len()];
        let got = link.receive(&mut buffer, soon()).await.unwrap();
        all.extend(&buffer[..got]);
    }
    all
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

/// The next packet's command, first argument and payload.
async fn heard(link: &mut Link) -> (String, u32, Vec<u8>) {
    let header = exactly(link, 24).await;
    let word = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
    let payload = exactly(link, usize::try_from(word(12)).unwrap()).await;
    (String::from_utf8(header[..4].to_vec()).unwrap(), word(4), payload)
}

async fn say(link: &mut Link, bytes: &[u8]) {
    link.send(bytes, soon()).await.unwrap();
}

/// Opens the debug bridge of a phone that asks for no key, and runs one command.
async fn run(link: &mut Link, command: &str) -> String {
    say(link, &greeting()).await;
    assert_eq!(heard(link).await.0, "CNXN");
    say(link, &packet(b"OPEN", 1, 0, format!("shell:{command}\0").as_bytes())).await;
    let (okay, id, _) = heard(link).await;
    assert_eq!(okay, "OKAY");
    let mut output = Vec::new();
    loop {
        match heard(link).await {
            (command, _, piece) if command == "WRTE" => {
                output.extend(piece);
                say(link, &packet(b"OKAY", 1, id, b"")).await;
            }
            (command, ..) if command == "CLSE" => return String::from_utf8(output).unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

fn open_door(n: usize) -> Persona {
    let persona = Persona::android_nth(n);
    let own = persona.android.clone().unwrap();
    persona.with_android(Android { allow: Allow::Unasked, ..own })
}

#[tokio::test]
async fn a_phone_with_a_modem_and_a_debug_bridge_is_one_device_with_two_ports() {
    let bench = VirtualBench::new();
    let persona = open_door(0);
    let id = bench.plug(persona.clone()).unwrap();
    let device = bench.devices().remove(0);
    let speaks: Vec<Speaks> = device.ports.iter().map(|port| port.speaks).collect();
    assert_eq!(speaks, [Speaks::At, Speaks::Adb]);
    assert_eq!(device.ports[1].name.as_str(), "virtual:0:adb");
    assert_eq!(device.usb_id, Some((0x04e8, 0x6860)));
    assert_eq!(device.maker.as_deref(), Some("Samsung"));
    assert_eq!(device.serial, Some(persona.serial.clone()));
    let mut modem = bench.open(&device.ports[0].name).await.unwrap();
    say(&mut modem, b"ATZ\r").await;
    let mut bridge = bench.open(&device.ports[1].name).await.unwrap();
    let serial = run(&mut bridge, "getprop ro.serialno").await;
    assert_eq!(serial.trim_end(), persona.serial);
    run(&mut bridge, "reboot").await;
    exactly(&mut modem, 1).await;
    assert_eq!(bench.asked(&id), ["ATZ", "shell:getprop ro.serialno", "shell:reboot"]);
    assert_eq!(bench.violations(&id), ["ATZ", "shell:reboot"]);
    assert_eq!(bench.complaints(&id), Vec::<String>::new());
}

#[tokio::test]
async fn a_phone_without_a_modem_shows_its_debug_bridge_only() {
    let bench = VirtualBench::new();
    for n in [1, 2] {
        bench.plug(open_door(n)).unwrap();
    }
    for device in bench.devices() {
        let [port] = &device.ports[..] else { panic!("{device:?}") };
        assert_eq!(port.speaks, Speaks::Adb);
    }
}

#[tokio::test]
async fn pulling_the_cable_ends_both_sides_and_plugging_in_begins_them_anew() {
    let bench = VirtualBench::new();
    let id = bench.plug(open_door(0)).unwrap();
    let port = bench.devices()[0].ports[1].name.clone();
    let mut link = bench.open(&port).await.unwrap();
    run(&mut link, "id").await;
    assert!(bench.unplug(&id));
    assert!(link.receive(&mut [0; 8], soon()).await.unwrap_err().is_gone());
    assert!(bench.open(&port).await.is_err());
    assert!(bench.replug(&id).unwrap());
    assert_eq!(bench.asked(&id), Vec::<String>::new());
    let mut link = bench.open(&port).await.unwrap();
    assert!(run(&mut link, "id").await.starts_with("uid=2000(shell)"));
}

#[tokio::test]
async fn opening_a_debug_bridge_again_ends_the_conversation_before() {
    let bench = VirtualBench::new();
    bench.plug(open_door(2)).unwrap();
    let port = bench.devices()[0].ports[0].name.clone();
    let mut first = bench.open(&port).await.unwrap();
    // Cut off in the middle of a packet.
    say(&mut first, &greeting()[..30]).await;
    let mut second = bench.open(&port).await.unwrap();
    assert_eq!(run(&mut second, "echo a").await, "a\n");
    assert!(first.receive(&mut [0; 8], soon()).await.unwrap_err().is_gone());
}

#[tokio::test]
async fn a_phone_on_a_socket_takes_one_computer_after_another() {
    let phone = TcpPhone::plug(open_door(2)).await.unwrap();
    for _ in 0..3 {
        let socket = TcpStream::connect(phone.address()).await.unwrap();
        assert_eq!(run(&mut Link::from_io(socket), "echo a").await, "a\n");
    }
    assert_eq!(phone.asked().len(), 3);
}

#[tokio::test]
async fn a_dropped_phone_breaks_its_connection_and_listens_no_more() {
    let phone = TcpPhone::plug(open_door(2)).await.unwrap();
    let address = phone.address();
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(&greeting()).await.unwrap();
    let mut banner = [0; 24];
    socket.read_exact(&mut banner).await.unwrap();
    drop(phone);
    let mut rest = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut rest)).await;
    assert!(end.is_ok(), "the connection stays open");
    assert!(TcpStream::connect(address).await.is_err());
}
