//! Devices whose descriptors lie: the system and the other phones get over it.

use tekser_virtual_bench::usb::{Flaw, Look, UsbPhone};
use tekser_virtual_bench::{FarSide, Persona};

use super::stage::{Stage, imei};

#[tokio::test]
async fn devices_with_broken_descriptors_cost_nobody_else_anything() {
    let Some(stage) = Stage::set() else { return };
    let flaws = [
        Flaw::TotalLength(0xffff),
        Flaw::TotalLength(9),
        Flaw::Cut(40),
        Flaw::StringLength(255),
        Flaw::EmptyStrings,
        Flaw::NoStrings,
        Flaw::Configurations(200),
    ];
    let persona = Persona { far_side: FarSide::Plain, ..Persona::nth(3) };
    let broken: Vec<UsbPhone> = flaws
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
        assert_eq!(imei(&reading), Some(persona.imeis[0].to_string()), "{:?}", flaws[place]);
    }
}
