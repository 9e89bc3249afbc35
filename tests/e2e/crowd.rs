//! Many phones at once, some of them trouble.

use std::time::Duration;

use tekser::bench::{DeviceState, FailureCode, FindingKind};
use tekser_e2e::World;
use tekser_hardware::Source;
use tekser_virtual_bench::{Behaviour, FarSide, Persona, Pull};

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_phones_are_read_and_none_is_taken_for_another() {
    let world = World::new().await;
    let mut plugged = Vec::new();
    for n in 0..64 {
        // Samsung's modem gives only the first IMEI; every other phone's must give all of its own.
        let delay = Duration::from_millis(n as u64 % 7);
        let persona = Persona::nth(n).with(Behaviour { delay, ..Behaviour::default() });
        plugged.push((world.bench.plug(persona.clone()).unwrap(), persona));
    }
    for (id, persona) in &plugged {
        // A debug bridge may have answered first.
        let handset = world
            .until("a phone's modem to be read", async |world| {
                let DeviceState::Read { handset, .. } = world.station.bench.device(id)?.state
                else {
                    return None;
                };
                let handset = world.station.store.handset(handset).await.ok()??;
                let said = !handset.imeis_from(|source| source == Source::At).is_empty();
                said.then_some(handset)
            })
            .await;
        let read = handset.imeis_from(|source| source == Source::At);
        assert_eq!(read.first(), persona.imeis.first(), "{persona:?}");
        assert!(read.iter().all(|imei| persona.imeis.contains(imei)), "{persona:?}: {handset:?}");
        if persona.far_side != FarSide::Samsung {
            assert_eq!(read, persona.imeis, "{persona:?}");
        }
        assert_eq!(handset.device.as_ref(), Some(id));
        assert_eq!(world.bench.violations(id), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_trouble_costs_its_own_place_only() {
    let world = World::new().await;
    let trouble = [
        Behaviour { silent: true, ..Behaviour::default() },
        Behaviour { garbage: 10 * 1024 * 1024, ..Behaviour::default() },
        Behaviour { pulled: Some(Pull { answer: 2, bytes: 3 }), ..Behaviour::default() },
    ];
    for (n, behaviour) in trouble.into_iter().enumerate() {
        world.bench.plug(Persona::nth(100 + n).with(behaviour)).unwrap();
    }
    for n in 0..8 {
        let persona = Persona::nth(n);
        let id = world.bench.plug(persona.clone()).unwrap();
        let handset = world.read(&id).await;
        assert_eq!(handset.imeis().first(), persona.imeis.first());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_replugged_is_the_same_phone() {
    let world = World::new().await;
    let id = world.bench.plug(Persona::nth(1)).unwrap();
    let before = world.read(&id).await;
    world.bench.unplug(&id);
    world
        .until("the place to be empty", async |world| {
            world.station.bench.device(&id).is_none().then_some(())
        })
        .await;
    assert!(world.bench.replug(&id).unwrap());
    let after = world.read(&id).await;
    assert_eq!(after.id, before.id);
    assert!(after.readings.len() > before.readings.len());
    assert_eq!(after.slots.len(), before.slots.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_port_fails_with_a_cure() {
    let world = World::new().await;
    let behaviour = Behaviour { silent: true, ..Behaviour::default() };
    let id = world.bench.plug(Persona::nth(3).with(behaviour)).unwrap();
    world
        .until_state(&id, |state| {
            matches!(state, DeviceState::Failed { code: FailureCode::Silent, cure, .. } if !cure.is_empty())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_phones_with_one_imei_are_both_marked() {
    let world = World::new().await;
    let original = Persona::nth(3);
    let clone = Persona { serial: "R5CLONE00001".to_owned(), ..Persona::nth(3) };
    let first = world.bench.plug(original).unwrap();
    let first = world.read(&first).await;
    let second = world.bench.plug(clone).unwrap();
    let second = world.read(&second).await;
    assert_ne!(first.id, second.id);
    for (one, other) in [(first.id, second.id), (second.id, first.id)] {
        let handset = world.station.store.handset(one).await.unwrap().unwrap();
        let mark = FindingKind::OnAnotherHandset { handset: other };
        assert!(handset.findings.iter().any(|finding| finding.kind == mark), "{handset:?}");
    }
}
