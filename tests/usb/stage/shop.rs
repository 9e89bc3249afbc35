//! A running station over the machine's real buses, in the guest.

use std::sync::{Arc, OnceLock};

use tekser::bench::{AdbKeys, Asking, DeviceState, Handset};
use tekser_e2e::World;
use tekser_hardware::adb::Key;
use tekser_hardware::machine::Machine;
use tekser_hardware::{DeviceId, Source};
use tekser_imei::Imei;
use tekser_virtual_bench::usb::UsbPhone;

/// The key of every station in these tests: making one takes seconds in the guest.
pub fn key() -> Arc<Key> {
    static KEY: OnceLock<Arc<Key>> = OnceLock::new();
    Arc::clone(KEY.get_or_init(|| Arc::new(Key::generate().unwrap())))
}

/// Starts a station over USB and serial ports.
pub async fn open(set: impl FnOnce(&mut Asking)) -> World {
    World::over(Arc::new(Machine::new()), |asking| {
        asking.keys = AdbKeys::given(vec![key()]);
        set(asking);
    })
    .await
}

/// Where the system has put a phone.
pub fn id(phone: &UsbPhone) -> DeviceId {
    DeviceId::usb(&phone.place().expect("a place"))
}

/// Waits until a phone is read and every source that it has spoke.
pub async fn whole(world: &World, phone: &UsbPhone) -> Handset {
    let id = id(phone);
    let wanted = phone.persona();
    world
        .until("a phone to be read whole", async |world| {
            let view = world.station.bench.device(&id)?;
            let DeviceState::Read { handset, .. } = view.state else { return None };
            let handset = world.station.store.handset(handset).await.ok()??;
            let by_bridge = by(&handset, Source::Adb) == wanted.imeis;
            let by_modem = by(&handset, Source::At).first() == wanted.imeis.first();
            let bridge = wanted.android.is_none() || by_bridge;
            (bridge && (!wanted.has_modem() || by_modem)).then_some(handset)
        })
        .await
}

/// The IMEIs that a source gave, by slot.
pub fn by(handset: &Handset, source: Source) -> Vec<Imei> {
    handset.imeis_from(|said| said == source)
}
