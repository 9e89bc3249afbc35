//! Many phones at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tekser_hardware::Bus;
use tekser_hardware::at::{self, Hint};
use tekser_virtual_bench::{Behaviour, Persona, VirtualBench};

use super::{patience, said};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_phones_at_once_are_each_read_as_themselves() {
    let delay = Duration::from_millis(60);
    let bench = Arc::new(VirtualBench::new());
    for n in 0..64 {
        let behaviour = Behaviour { delay, ..Behaviour::default() };
        bench.plug(Persona::nth(n).with(behaviour)).unwrap();
    }
    let begin = Instant::now();
    let readings: Vec<_> = bench
        .devices()
        .into_iter()
        .map(|device| {
            let bench = bench.clone();
            tokio::spawn(async move {
                let mut link = bench.open(&device.ports[0].name).await.unwrap();
                let hint = Hint { usb_id: device.usb_id };
                (device.id, at::read(&mut link, hint, patience()).await.unwrap())
            })
        })
        .collect();
    let personas = bench.personas();
    let mut slowest = Duration::ZERO;
    for (task, (id, persona)) in readings.into_iter().zip(personas) {
        let (read_id, reading) = task.await.unwrap();
        assert_eq!(read_id, id);
        let own: Vec<String> = persona.imeis.iter().map(|imei| imei.to_string()).collect();
        let said = said(&reading);
        assert!(!said.is_empty(), "{}", persona.name);
        assert!(said.iter().all(|(_, imei)| own.contains(imei)), "{}", persona.name);
        assert_eq!(bench.violations(&id), Vec::<String>::new());
        let commands = u32::try_from(bench.asked(&id).len()).unwrap();
        slowest = slowest.max(delay * commands);
    }
    let took = begin.elapsed();
    println!("64 phones: {took:?}; the slowest phone's own time is {slowest:?}");
    assert!(took < slowest * 2, "{took:?} for phones that need {slowest:?}");
}

#[tokio::test]
async fn reading_one_phone_costs_little_more_than_its_own_time() {
    let delay = Duration::from_millis(20);
    for n in 0..8 {
        let bench = VirtualBench::new();
        let behaviour = Behaviour { delay, ..Behaviour::default() };
        let id = bench.plug(Persona::nth(n).with(behaviour)).unwrap();
        let device = bench.devices().remove(0);
        let begin = Instant::now();
        let mut link = bench.open(&device.ports[0].name).await.unwrap();
        let opened = begin.elapsed();
        let hint = Hint { usb_id: device.usb_id };
        at::read(&mut link, hint, patience()).await.unwrap();
        let took = begin.elapsed();
        let own = delay * u32::try_from(bench.asked(&id).len()).unwrap();
        println!(
            "{}: opened in {opened:?}, {took:?} in all, its own {own:?}",
            Persona::nth(n).name
        );
        // A loaded machine may be slow; the benchmarks measure properly.
        assert!(took < own + Duration::from_millis(200), "{took:?} {own:?}");
    }
}
