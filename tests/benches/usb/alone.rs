//! What can be measured without USB: the debug bridge over a socket, and packets.

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tekser_hardware::Link;
use tekser_hardware::adb::packet::{Decoder, Kind, Packet};
use tekser_hardware::adb::{self, Budget, Key};
use tekser_virtual_bench::Persona;
use tekser_virtual_bench::tcp::TcpPhone;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use super::{line, median};

/// A phone on a socket that answers at once: what the two programs add.
pub(crate) fn against_adb(times: usize) {
    let runtime = Runtime::new().unwrap();
    let key = Arc::new(Key::generate().unwrap());
    let mut ours = Vec::new();
    for n in 0..=times {
        let phone = plug(&runtime, n);
        let began = Instant::now();
        let reading = runtime.block_on(async {
            let socket = TcpStream::connect(phone.address()).await.unwrap();
            socket.set_nodelay(true).unwrap();
            adb::read(Link::from_io(socket), &[Arc::clone(&key)], Budget::default(), |_| {}).await
        });
        ours.push(began.elapsed());
        assert_eq!(reading.unwrap().claims.len(), 2);
    }
    let ours = median(&mut ours);
    println!("debug bridge over a socket, a phone that answers at once");
    line("  ours: connection, greeting, signature and three commands", ours, ours);
    let Some(theirs) = adb(&runtime, times) else {
        return println!("  adb is not installed: no comparison");
    };
    line("  adb, warm server that is connected: three commands, times ours", theirs, ours);
}

fn plug(runtime: &Runtime, n: usize) -> TcpPhone {
    // Android 16, two slots.
    let persona = Persona::android_nth(n * Persona::ANDROID_TYPES + 2);
    runtime.block_on(TcpPhone::plug(persona)).unwrap()
}

fn adb(runtime: &Runtime, times: usize) -> Option<Duration> {
    let home = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let port = free.to_string();
    let adb = |arguments: &[&str]| run(home.path(), &port, arguments);
    adb(&["start-server"])?;
    let phone = plug(runtime, 0);
    let address = phone.address().to_string();
    adb(&["connect", &address])?;
    adb(&["-s", &address, "wait-for-device"])?;
    let mut took = Vec::new();
    for _ in 0..times {
        let began = Instant::now();
        assert!(adb(&["-s", &address, "shell", "getprop"])?.contains("[ro.serialno]"));
        for slot in ["0", "1"] {
            let call = format!(
                "service call iphonesubinfo 4 i32 {slot} s16 com.android.shell s16 com.android.shell"
            );
            assert!(adb(&["-s", &address, "shell", &call])?.contains("Parcel"));
        }
        took.push(began.elapsed());
    }
    adb(&["kill-server"])?;
    Some(median(&mut took))
}

fn run(home: &Path, port: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("adb");
    command.env("HOME", home).env("TMPDIR", home).arg("-P").arg(port).args(arguments);
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// How fast packets are taken apart and summed up, as they come off the cable.
pub(crate) fn packets(mebibytes: usize) {
    for payload in [64, 4096, 256 * 1024] {
        let packet = Packet::new(Kind::Write, 1, 2, vec![0x5a; payload]);
        let one = [packet.header().as_slice(), &packet.payload].concat();
        let count = ((mebibytes << 20) / one.len()).max(1);
        let few = count.min((1 << 20) / one.len()).max(1);
        let bytes = one.repeat(few);
        let (mut decoder, mut seen, mut taken) = (Decoder::new(), 0, 0);
        let began = Instant::now();
        while seen < count {
            for mut chunk in bytes.chunks(16 * 1024) {
                while !chunk.is_empty() {
                    let (used, packet) = decoder.decode(black_box(chunk));
                    // Phones before Android 9 count on the sum.
                    seen += usize::from(packet.unwrap().is_some_and(|packet| packet.is_whole()));
                    taken += used;
                    chunk = chunk.get(used..).unwrap_or_default();
                }
            }
        }
        let rate = f64::from(u32::try_from(taken).unwrap()) / began.elapsed().as_secs_f64() / 1e6;
        println!("packets of {payload:>6} bytes: {rate:>8.0} MB/s");
    }
}
