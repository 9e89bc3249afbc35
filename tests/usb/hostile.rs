//! Phones whose descriptors or debug bridges lie, and cables that come out in the middle: the
//! system and the other phones get over it, and no wrong IMEI comes of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tekser::bench::{DeviceState, FailureCode};
use tekser::store::Page;
use tekser_hardware::adb::{self, Budget, ReadError};
use tekser_hardware::machine::Machine;
use tekser_hardware::{Bus, Confidence, Device, Reading, Speaks};
use tekser_imei::Imei;
use tekser_virtual_bench::persona::{
    AdbBehaviour, Allow, Android, Banner, Damage, DamageKind, ImeiAnswer, Silence,
};
use tekser_virtual_bench::usb::{Flaw, Look, UsbPhone};
use tekser_virtual_bench::{FarSide, Persona};

use super::stage::{Cast, Stage, imei, say, shop, until};

/// A phone that shows its debug bridge alone, with this version of Android.
fn bridge(n: usize, release: &str, set: impl FnOnce(&mut Android)) -> Cast {
    let persona = Persona::android_nth(n * Persona::ANDROID_TYPES + 2);
    let mut android = Android::of_release(release).unwrap();
    set(&mut android);
    let persona = persona.with_android(android);
    let look = Look::pixel(&persona);
    (persona, look)
}

/// Time that is short, though not for the guest.
const SHORT: Budget = Budget {
    connect: Duration::from_secs(6),
    allow: Duration::from_secs(1),
    command: Duration::from_secs(6),
    total: Duration::from_secs(12),
};

#[tokio::test]
async fn devices_with_broken_descriptors_cost_nobody_else_anything() {
    let Some(stage) = Stage::set() else { return };
    let persona = Persona { far_side: FarSide::Plain, ..Persona::nth(3) };
    let broken: Vec<UsbPhone> = FLAWS
        .iter()
        .map(|flaw| {
            let look = Look::samsung(&persona).with(*flaw);
            UsbPhone::plug(persona.clone(), &look).unwrap()
        })
        .collect();
    let whole = Persona { far_side: FarSide::Plain, ..Persona::nth(4) };
    let phone = stage.plug(whole.clone(), &Look::modem(&whole));
    let reading = stage.read(&phone).await.unwrap();
    assert_eq!(imei(&reading), Some(whole.imeis[0].to_string()));

    // Strings are no reason not to read a phone.
    for place in [3, 4, 5] {
        let reading = stage.read(&broken[place]).await.unwrap();
        assert_eq!(imei(&reading), Some(persona.imeis[0].to_string()), "{:?}", FLAWS[place]);
    }
}

const FLAWS: [Flaw; 7] = [
    Flaw::TotalLength(0xffff),
    Flaw::TotalLength(9),
    Flaw::Cut(40),
    Flaw::StringLength(255),
    Flaw::EmptyStrings,
    Flaw::NoStrings,
    Flaw::Configurations(200),
];

#[tokio::test(flavor = "multi_thread")]
async fn broken_descriptors_of_a_phone_with_a_debug_bridge_do_not_keep_the_list_from_the_others() {
    let Some(_stage) = Stage::set() else { return };
    let machine = Machine::new();
    let mut broken = Vec::new();
    for (n, flaw) in FLAWS.into_iter().enumerate() {
        let (persona, look) = bridge(n, "14", |_| {});
        for look in [look, Look::samsung(&persona)] {
            broken.push(UsbPhone::plug(persona.clone(), &look.with(flaw)).unwrap());
        }
    }
    let (persona, look) = bridge(20, "14", |_| {});
    let whole = UsbPhone::plug(persona, &look).unwrap();
    // Looked at all the while that the system struggles with them.
    let mut slowest = Duration::ZERO;
    let device = tokio::task::block_in_place(|| {
        until("the whole phone in the list", || {
            let began = Instant::now();
            let devices = machine.devices();
            slowest = slowest.max(began.elapsed());
            bridged(devices, &whole)
        })
    });
    assert!(slowest < Duration::from_secs(5), "a list took {slowest:?}");
    assert_eq!(told(&read(&machine, &device).await.unwrap()), whole.persona().imeis);

    // Those of whom the system made something sensible are read right, the others not at all.
    for phone in &broken {
        let Some(device) = bridged(machine.devices(), phone) else { continue };
        if let Ok(reading) = read(&machine, &device).await {
            assert_eq!(told(&reading), phone.persona().imeis, "{:?}", phone.look());
        }
    }
}

/// A phone that is in and whose debug bridge is listed.
fn bridged(devices: Vec<Device>, phone: &UsbPhone) -> Option<Device> {
    let id = tekser_hardware::DeviceId::usb(&phone.place()?);
    let own = |device: &Device| device.id == id && device.speaking(Speaks::Adb).next().is_some();
    devices.into_iter().find(own)
}

async fn read(machine: &Machine, device: &Device) -> Result<Reading, ReadError> {
    let port = &device.speaking(Speaks::Adb).next().unwrap().name;
    let link = machine.open(port).await.map_err(|_| ReadError::Gone)?;
    adb::read(link, &[shop::key()], SHORT, |_| {}).await
}

fn told(reading: &Reading) -> Vec<Imei> {
    reading.claims.iter().filter_map(|claim| claim.value.imei()).collect()
}

/// Every bad manner that there is, each on a phone of its own.
fn rogues() -> Vec<Cast> {
    let mut manners: Vec<AdbBehaviour> = vec![
        AdbBehaviour { endless: true, ..AdbBehaviour::default() },
        AdbBehaviour { endless: true, floods: true, ..AdbBehaviour::default() },
        AdbBehaviour { floods: true, ..AdbBehaviour::default() },
        AdbBehaviour { floods: true, pieces: Some(1), ..AdbBehaviour::default() },
        AdbBehaviour { pieces: Some(3), ..AdbBehaviour::default() },
        AdbBehaviour { stale: 64, ..AdbBehaviour::default() },
        AdbBehaviour { swaps_ids: true, ..AdbBehaviour::default() },
        AdbBehaviour { silence: Silence::Greeting, ..AdbBehaviour::default() },
        AdbBehaviour { silence: Silence::Services, ..AdbBehaviour::default() },
        AdbBehaviour { banner: Banner::Recovery, ..AdbBehaviour::default() },
        AdbBehaviour { banner: Banner::Offline, ..AdbBehaviour::default() },
        AdbBehaviour { pulled_after: Some(900), ..AdbBehaviour::default() },
    ];
    let lies = [
        DamageKind::Longer(7),
        DamageKind::Longer(1 << 17),
        DamageKind::Shorter(1),
        DamageKind::Length(0),
        DamageKind::Length(u32::MAX),
        DamageKind::Magic,
        DamageKind::Checksum,
        DamageKind::Command,
    ];
    // The token, and the first piece of output.
    for packet in [1, 4] {
        let damaged =
            |kind| AdbBehaviour { damage: Some(Damage { packet, kind }), ..Default::default() };
        manners.extend(lies.map(damaged));
    }
    let mut cast: Vec<Cast> = manners
        .into_iter()
        .enumerate()
        // Android 8 is the last that counts on its checksums.
        .map(|(n, adb)| bridge(n, if n % 2 == 0 { "8.1" } else { "14" }, |own| own.adb = adb))
        .collect();
    cast.push(bridge(cast.len(), "14", |own| {
        own.allow = Allow::Never;
        own.adb.second_token = Some(Duration::from_millis(100));
    }));
    cast
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_phones_cost_the_good_ones_nothing_and_the_station_little_memory() {
    let Some(stage) = Stage::set() else { return };
    let world = shop::open(|asking| {
        asking.adb = SHORT;
        asking.again = Vec::new();
    })
    .await;
    let good = |n: usize| {
        let persona = Persona::android_nth((50 + n) * Persona::ANDROID_TYPES);
        let look = Look::of(&persona);
        (persona, look)
    };
    let first = tokio::task::block_in_place(|| stage.plug_all((0..2).map(good)));
    for phone in &first {
        shop::whole(&world, phone).await;
    }
    forget_peak();
    let before = kibibytes("VmRSS:");
    let rogues = rogues().into_iter();
    let mut phones: Vec<UsbPhone> =
        rogues.map(|(persona, look)| UsbPhone::plug(persona, &look).unwrap()).collect();
    let last = tokio::task::block_in_place(|| stage.plug_all((2..4).map(good)));
    let began = Instant::now();
    for phone in &last {
        let handset = shop::whole(&world, phone).await;
        assert_eq!(handset.imeis(), phone.persona().imeis);
    }
    let mut read = 0;
    for phone in &phones {
        // One that pulls itself out is not there any more.
        let Some(place) = phone.place() else { continue };
        let id = tekser_hardware::DeviceId::usb(&place);
        let ended = world.until("a hostile phone to be done with", async |world| {
            if !phone.is_in() {
                return Some(false);
            }
            match world.station.bench.device(&id)?.state {
                DeviceState::Read { .. } => Some(true),
                DeviceState::Failed { code, message, .. } => {
                    use FailureCode::{AdbFailed, NotAllowed, NotFound, PulledOut};
                    let expected = matches!(code, AdbFailed | NotAllowed | NotFound | PulledOut);
                    assert!(expected, "{:?}: {code:?}, {message}", phone.persona());
                    Some(false)
                }
                _ => None,
            }
        });
        read += usize::from(ended.await);
    }
    let (took, peak) = (began.elapsed(), kibibytes("VmHWM:"));
    say(&format!(
        "{} hostile phones: {read} read, done {took:.1?} after the last plug, {} KiB more ",
        phones.len(),
        peak.saturating_sub(before)
    ));
    assert!(took < SHORT.connect + SHORT.allow + SHORT.total + Duration::from_secs(10), "{took:?}");
    assert!(peak < before + 32 * 1024, "{before} KiB before, {peak} KiB with hostile phones");

    phones.extend(first);
    phones.extend(last);
    let handsets = world.station.store.handsets(&Page::first(1000)).await.unwrap();
    assert_eq!(handsets.len(), read + 4);
    for handset in handsets {
        let owner = phones.iter().map(UsbPhone::persona);
        let owner = owner.into_iter().find(|owner| Some(&owner.serial) == handset.serial.as_ref());
        let owner = owner.expect("a serial number that one of them has");
        let all = handset.imeis();
        assert!(all.iter().all(|imei| owner.imeis.contains(imei)), "{handset:?}");
    }
    for phone in &phones {
        assert_eq!(phone.violations(), [""; 0]);
    }
}

fn kibibytes(key: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// What `VmHWM` tells from now on is the most since now.
fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// Phones that are pulled at the same time.
const HANDS: u64 = 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_debug_bridge_pulled_at_any_byte_is_gone_or_was_read_whole_and_never_half() {
    let Some(stage) = Stage::set() else { return };
    let machine = Arc::new(Machine::new());
    let phone = tokio::task::block_in_place(|| stage.plug(bridge(0, "14", |_| {}).0, &pixel()));
    let whole = read_when_listed(&machine, &phone).await.unwrap();
    assert_eq!(told(&whole), phone.persona().imeis);
    let talk = phone.carried();
    drop(phone);
    let step = talk / (HANDS * 4 - 3);
    let (mut gone, mut read) = (0, 0);
    for round in 0..4 {
        let cast = (0..HANDS).map(|n| bridge(usize::try_from(n).unwrap(), "14", |_| {}));
        let phones = tokio::task::block_in_place(|| stage.plug_all(cast));
        let readings = (0..HANDS).zip(&phones).map(|(n, phone)| {
            let (machine, at) = (&machine, 1 + step * (n * 4 + round));
            async move {
                phone.pull_after(at);
                (at, phone, read_when_listed(machine, phone).await)
            }
        });
        for (at, phone, reading) in join_all(readings).await {
            match reading {
                Ok(reading) => {
                    read += 1;
                    assert_eq!(
                        told(&reading),
                        phone.persona().imeis,
                        "pulled after {at} of {talk}"
                    );
                    assert_eq!(reading.serial.as_ref(), Some(&phone.persona().serial));
                }
                Err(error) => {
                    gone += 1;
                    assert!(error.is_gone(), "pulled after {at} of {talk}: {error:?}");
                }
            }
        }
    }
    say(&format!("{gone} gone, {read} read whole, {talk} bytes in all "));
    assert!(gone >= 30, "{gone} of them were pulled in time");
}

fn pixel() -> Look {
    bridge(0, "14", |_| {}).1
}

async fn read_when_listed(machine: &Machine, phone: &UsbPhone) -> Result<Reading, ReadError> {
    let listed = async {
        loop {
            if let Some(device) = bridged(machine.devices(), phone) {
                return device;
            }
            machine.changed().await;
        }
    };
    let device = tokio::time::timeout(Duration::from_secs(30), listed).await.expect("in the list");
    read(machine, &device).await
}

#[tokio::test(flavor = "multi_thread")]
async fn parcels_that_refuse_or_lie_never_make_a_wrong_number_a_sure_one() {
    let Some(stage) = Stage::set() else { return };
    let machine = Machine::new();
    let other: Imei = "490154203237518".parse().unwrap();
    let answers = [ImeiAnswer::Tells, ImeiAnswer::Refuses, ImeiAnswer::Exception, ImeiAnswer::Null];
    let mut cast = Vec::new();
    for answer in answers {
        for (release, stands, lies) in
            [("14", false, false), ("14", true, true), ("9", true, false), ("5.1", false, true)]
        {
            cast.push(bridge(cast.len(), release, |own| {
                own.imei_answer = answer;
                own.properties_imei = stands;
                own.other_imei_in_properties = lies.then_some(other);
            }));
        }
    }
    let phones = tokio::task::block_in_place(|| stage.plug_all(cast));
    for phone in &phones {
        let reading = read_when_listed(&machine, phone).await.unwrap();
        let android = phone.persona().android.as_ref().unwrap();
        let of = |weak: bool| -> Vec<Imei> {
            let claims = reading.claims.iter();
            let claims = claims.filter(|claim| (claim.confidence == Confidence::Weak) == weak);
            claims.filter_map(|claim| claim.value.imei()).collect()
        };
        let tells = android.imei_answer == ImeiAnswer::Tells;
        let service = if tells { phone.persona().imeis.clone() } else { Vec::new() };
        assert_eq!(of(false), service, "{android:?}");
        let lie = android.other_imei_in_properties;
        let own = |imei: &Imei| phone.persona().imeis.contains(imei) || Some(*imei) == lie;
        assert!(of(true).iter().all(own), "{android:?}");
        if lie.is_none() {
            assert_eq!(reading.notes.is_empty(), tells, "{android:?}: {:?}", reading.notes);
        }
    }
}
