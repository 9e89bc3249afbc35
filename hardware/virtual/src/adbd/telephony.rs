//! The telephony service that knows the IMEIs, `iphonesubinfo`, in each version of Android.
//!
//! A method's number is its place in the service's interface, which changed with the versions:
//!
//! | Android | 1 | per slot | per subscription |
//! |---|---|---|---|
//! | up to 4.4 | first IMEI | | |
//! | 5.0 | first IMEI | | 2 and 3, `i64` |
//! | 5.1 | first IMEI | | 2 and 3 |
//! | 6 to 10 | first IMEI | 3 | 4 |
//! | from 11 | first IMEI | 4 | 5 |
//!
//! From Android 6 the caller has to name a package that is its own. Some numbers beside these
//! change settings, and on tampered phones one writes an IMEI.

use super::parcel::Parcel;
use crate::far_side::imei;
use crate::persona::{Android, ImeiAnswer, Persona};

/// What a method takes to name the IMEI it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    First,
    Slot,
    Subscription,
    LongSubscription,
}

const fn method(sdk: u16, code: u32) -> Option<Method> {
    Some(match (sdk, code) {
        (_, 1) => Method::First,
        (21, 2 | 3) => Method::LongSubscription,
        (22, 2 | 3) => Method::Subscription,
        (23..=29, 3) | (30.., 4) => Method::Slot,
        (23..=29, 4) | (30.., 5) => Method::Subscription,
        _ => return None,
    })
}

/// Whether this method tells an IMEI. What is not known to do that may do anything.
pub(super) const fn tells_imei(sdk: u16, code: u32) -> bool {
    method(sdk, code).is_some()
}

/// First version that asks for the caller's package.
const PACKAGES: u16 = 23;

/// First version that adds the size of a stack trace to an exception.
const TRACES: u16 = 28;

/// The package of the debug bridge's shell.
const SHELL: &str = "com.android.shell";

/// What the service replies.
pub(super) fn call(persona: &Persona, android: &Android, code: u32, mut data: Parcel) -> Parcel {
    let Some(method) = method(android.sdk, code) else {
        return null();
    };
    let slots = persona.imeis.len();
    let slot = match method {
        Method::First => Some(0),
        Method::Slot => usize::try_from(data.take_int()).ok(),
        // Subscriptions count from 1.
        Method::Subscription => usize::try_from(i64::from(data.take_int()) - 1).ok(),
        Method::LongSubscription => {
            data.take_long().checked_sub(1).and_then(|slot| usize::try_from(slot).ok())
        }
    };
    let slot = slot.filter(|slot| *slot < slots);
    if android.sdk < PACKAGES {
        return answer(persona, android, slot);
    }
    if data.take_string().as_deref() != Some(SHELL) {
        return refusal();
    }
    // A slot that there is not is taken for the first one: asked for its second slot, a phone
    // with one tells the same IMEI again.
    answer(persona, android, Some(slot.unwrap_or(0)))
}

fn answer(persona: &Persona, android: &Android, slot: Option<usize>) -> Parcel {
    match android.imei_answer {
        ImeiAnswer::Tells => match slot.and_then(|slot| imei(persona, slot)) {
            Some(imei) => core::mem::take(Parcel::default().int(0).string(&imei)),
            None => null(),
        },
        ImeiAnswer::Refuses => refusal(),
        ImeiAnswer::Exception => exception(android.sdk),
        ImeiAnswer::Null => null(),
    }
}

fn null() -> Parcel {
    core::mem::take(Parcel::default().int(0).no_string())
}

fn refusal() -> Parcel {
    core::mem::take(Parcel::default().int(-20).int(0))
}

fn exception(sdk: u16) -> Parcel {
    let mut parcel = Parcel::default();
    parcel.int(-1).string(
        "getDeviceId: The user 10240 does not meet the requirements to access device identifiers.",
    );
    if sdk >= TRACES {
        parcel.int(0);
    }
    parcel
}

/// `dumpsys iphonesubinfo`, which says nothing from Android 5 on.
pub(super) fn dump(persona: &Persona, android: &Android) -> String {
    if android.sdk >= 21 {
        return String::new();
    }
    let id = match android.imei_answer {
        ImeiAnswer::Tells => imei(persona, 0).unwrap_or_default(),
        ImeiAnswer::Null => "null".to_owned(),
        ImeiAnswer::Refuses | ImeiAnswer::Exception => {
            return "Permission Denial: can't dump PhoneSubInfo from from pid=2432, uid=2000\n"
                .to_owned();
        }
    };
    format!("Phone Subscriber Info:\n  Phone Type = GSM\n  Device ID = {id}\n")
}

/// `cmd phone get-imei`, which is for root on phones of developers.
pub(super) const fn get_imei(sdk: u16) -> (&'static str, u8) {
    match sdk {
        33.. => ("Device IMEI: Permission denied.\n", 255),
        _ => ("Unknown command: get-imei\n", 255),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(release: &str) -> (Persona, Android) {
        let android = Android::of_release(release).unwrap();
        (Persona::android_nth(0).with_android(android.clone()), android)
    }

    fn asked(
        release: &str,
        code: u32,
        data: impl FnOnce(&mut Parcel) -> &mut Parcel,
    ) -> Option<String> {
        let (persona, android) = phone(release);
        let mut parcel = Parcel::default();
        data(&mut parcel);
        let mut reply = call(&persona, &android, code, parcel);
        match reply.take_int() {
            0 => reply.take_string(),
            -20 => Some("refused".to_owned()),
            other => panic!("{release} {code}: {other}"),
        }
    }

    #[test]
    fn each_version_tells_each_slot_under_its_own_code() {
        let imeis: Vec<String> =
            Persona::android_nth(0).imeis.iter().map(ToString::to_string).collect();
        let first = Some(imeis[0].clone());
        let second = Some(imeis[1].clone());
        for release in Android::releases() {
            let sdk = Android::of_release(release).unwrap().sdk;
            let slot_code = match sdk {
                ..=22 => None,
                23..=29 => Some(3),
                30.. => Some(4),
            };
            if let Some(code) = slot_code {
                let slot =
                    |slot| asked(release, code, |data| data.int(slot).string(SHELL).string(SHELL));
                assert_eq!(slot(0), first, "{release}");
                assert_eq!(slot(1), second, "{release}");
                // Trap: no such slot is the first slot.
                assert_eq!(slot(2), first, "{release}");
                let subscription = |id| asked(release, code + 1, |data| data.int(id).string(SHELL));
                assert_eq!(subscription(1), first, "{release}");
                assert_eq!(subscription(2), second, "{release}");
                assert_eq!(asked(release, 1, |data| data.string(SHELL)), first);
            } else {
                assert_eq!(asked(release, 1, |data| data), first, "{release}");
            }
        }
        for (release, long) in [("5.0", true), ("5.1", false)] {
            for code in [2, 3] {
                let subscription = |id: i32| {
                    asked(release, code, |data| match long {
                        true => data.long(i64::from(id)),
                        false => data.int(id),
                    })
                };
                assert_eq!(subscription(1), first);
                assert_eq!(subscription(2), second);
                assert_eq!(subscription(0), None);
                assert_eq!(subscription(3), None);
            }
        }
    }

    #[test]
    fn a_caller_without_its_package_is_refused_from_android_6() {
        let refused = Some("refused".to_owned());
        for release in Android::releases() {
            let sdk = Android::of_release(release).unwrap().sdk;
            for code in (1..=5).filter(|code| tells_imei(sdk, *code)) {
                let takes_a_number = code > 1;
                let bare = asked(release, code, |data| match takes_a_number {
                    true => data.int(0),
                    false => data,
                });
                let foreign = asked(release, code, |data| match takes_a_number {
                    true => data.int(0).string("com.example.other"),
                    false => data.string("com.example.other"),
                });
                assert_eq!(bare == refused, sdk >= 23, "{release} {code}");
                assert_eq!(foreign == refused, sdk >= 23, "{release} {code}");
            }
        }
    }

    #[test]
    fn no_other_code_tells_an_imei() {
        for release in Android::releases() {
            let sdk = Android::of_release(release).unwrap().sdk;
            for code in (0..40).filter(|code| !tells_imei(sdk, *code)) {
                assert_eq!(asked(release, code, |data| data.int(0).string(SHELL)), None);
            }
            assert!([7, 24, 25, 26].into_iter().all(|code| !tells_imei(sdk, code)));
        }
    }

    #[test]
    fn a_phone_that_does_not_tell_says_so_in_its_way() {
        let ask = |imei_answer, release: &str| {
            let (persona, android) = phone(release);
            let android = Android { imei_answer, ..android };
            let mut data = Parcel::default();
            data.int(0).string(SHELL);
            call(&persona, &android, 4, data).print()
        };
        assert_eq!(ask(ImeiAnswer::Null, "14"), "Parcel(00000000 ffffffff   '........')");
        assert_eq!(ask(ImeiAnswer::Refuses, "14"), "Parcel(ffffffec 00000000   '........')");
        let exception = ask(ImeiAnswer::Exception, "14");
        let begin =
            "Parcel(\n  0x00000000: ffffffff 00000058 00650067 00440074 '....X...g.e.t.D.'\n";
        assert!(exception.starts_with(begin), "{exception}");
    }

    #[test]
    fn old_phones_dump_their_first_imei_and_new_ones_nothing() {
        let (persona, android) = phone("4.4");
        let expected = format!(
            "Phone Subscriber Info:\n  Phone Type = GSM\n  Device ID = {}\n",
            persona.imeis[0]
        );
        assert_eq!(dump(&persona, &android), expected);
        let (persona, android) = phone("5.0");
        assert_eq!(dump(&persona, &android), "");
    }
}
