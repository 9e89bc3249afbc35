//! What `getprop` tells.

use crate::far_side::imei;
use crate::persona::{Android, Persona};

/// Properties by name, in the order of their names.
pub(super) struct Properties(Vec<(String, String)>);

/// What most phones have alike.
const COMMON: [(&str, &str); 97] = [
    ("bluetooth.device.class_of_device", "90,2,12"),
    ("cache_key.display_info", "8423964104226147204"),
    ("camera.disable_zsl_mode", "1"),
    ("dalvik.vm.appimageformat", "lz4"),
    ("dalvik.vm.dex2oat-Xms", "64m"),
    ("dalvik.vm.dex2oat-Xmx", "512m"),
    ("dalvik.vm.dex2oat-max-image-block-size", "524288"),
    ("dalvik.vm.heapgrowthlimit", "256m"),
    ("dalvik.vm.heapmaxfree", "8m"),
    ("dalvik.vm.heapminfree", "512k"),
    ("dalvik.vm.heapsize", "512m"),
    ("dalvik.vm.heapstartsize", "8m"),
    ("dalvik.vm.heaptargetutilization", "0.75"),
    ("dalvik.vm.isa.arm.variant", "cortex-a55"),
    ("dalvik.vm.isa.arm64.variant", "cortex-a76"),
    ("dalvik.vm.usejit", "true"),
    ("debug.atrace.tags.enableflags", "0"),
    ("debug.force_rtl", "false"),
    ("debug.sf.hw", "1"),
    ("dev.bootcomplete", "1"),
    ("drm.service.enabled", "true"),
    ("gsm.current.phone-type", "1"),
    ("gsm.network.type", "LTE"),
    ("gsm.operator.alpha", ""),
    ("gsm.operator.iso-country", "kz"),
    ("gsm.operator.isroaming", "false"),
    ("gsm.operator.numeric", ""),
    ("gsm.sim.operator.iso-country", ""),
    ("gsm.sim.operator.numeric", ""),
    ("gsm.version.baseband", "M1.0.12.34"),
    ("hwservicemanager.ready", "true"),
    ("init.svc.adbd", "running"),
    ("init.svc.bootanim", "stopped"),
    ("init.svc.installd", "running"),
    ("init.svc.keystore", "running"),
    ("init.svc.lmkd", "running"),
    ("init.svc.logd", "running"),
    ("init.svc.media", "running"),
    ("init.svc.netd", "running"),
    ("init.svc.servicemanager", "running"),
    ("init.svc.surfaceflinger", "running"),
    ("init.svc.ueventd", "running"),
    ("init.svc.vold", "running"),
    ("init.svc.wpa_supplicant", "stopped"),
    ("init.svc.zygote", "running"),
    ("keyguard.no_require_sim", "true"),
    ("media.mediadrmservice.enable", "true"),
    ("net.bt.name", "Android"),
    ("net.hostname", "android-virtual"),
    ("net.tcp.default_init_rwnd", "60"),
    ("persist.sys.country", "KZ"),
    ("persist.sys.language", "ru"),
    ("persist.sys.locale", "ru-KZ"),
    ("persist.sys.timezone", "Asia/Almaty"),
    ("persist.sys.usb.config", "mtp,adb"),
    ("pm.dexopt.bg-dexopt", "speed-profile"),
    ("pm.dexopt.install", "speed-profile"),
    ("ril.subscription.types", "NV,RUIM"),
    ("rild.libpath", "/system/lib64/libril.so"),
    ("ro.adb.secure", "1"),
    ("ro.allow.mock.location", "0"),
    ("ro.baseband", "unknown"),
    ("ro.boot.hardware", "virtual"),
    ("ro.boot.selinux", "enforcing"),
    ("ro.boot.verifiedbootstate", "green"),
    ("ro.boot.veritymode", "enforcing"),
    ("ro.bootloader", "unknown"),
    ("ro.bootmode", "unknown"),
    ("ro.build.characteristics", "default"),
    ("ro.build.date", "Thu Aug 15 10:20:30 KST 2024"),
    ("ro.build.date.utc", "1723684830"),
    ("ro.build.tags", "release-keys"),
    ("ro.build.type", "user"),
    ("ro.build.user", "builder"),
    ("ro.build.version.codename", "REL"),
    ("ro.carrier", "unknown"),
    ("ro.com.google.clientidbase", "android-virtual"),
    ("ro.config.alarm_alert", "Morning.ogg"),
    ("ro.config.notification_sound", "Spaceline.ogg"),
    ("ro.config.ringtone", "Over_the_Horizon.ogg"),
    ("ro.crypto.state", "encrypted"),
    ("ro.crypto.type", "file"),
    ("ro.dalvik.vm.native.bridge", "0"),
    ("ro.debuggable", "0"),
    ("ro.hardware", "virtual"),
    ("ro.opengles.version", "196610"),
    ("ro.product.cpu.abi", "arm64-v8a"),
    ("ro.product.cpu.abilist", "arm64-v8a,armeabi-v7a,armeabi"),
    ("ro.product.locale", "ru-RU"),
    ("ro.revision", "0"),
    ("ro.secure", "1"),
    ("ro.sf.lcd_density", "450"),
    ("ro.wifi.channels", ""),
    ("ro.zygote", "zygote64_32"),
    ("selinux.restorecon_recursive", "/data"),
    ("sys.boot_completed", "1"),
    ("sys.usb.state", "mtp,adb"),
];

impl Properties {
    pub(super) fn of(persona: &Persona, android: &Android) -> Self {
        let mut list: Vec<(String, String)> =
            COMMON.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let mut add = |key: &str, value: &str| list.push((key.to_owned(), value.to_owned()));
        add_build(persona, android, &mut add);
        add_sims(persona.imeis.len(), &mut add);
        if android.properties_imei {
            add_imeis(&shown_imeis(persona, android), &persona.maker, &mut add);
        }
        list.sort();
        Self(list)
    }

    /// `[key]: [value]`, a line each.
    pub(super) fn list(&self) -> String {
        self.0.iter().map(|(key, value)| format!("[{key}]: [{value}]\n")).collect()
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// One word for a product: letters and digits.
pub(super) fn codename(persona: &Persona) -> String {
    let words = persona.model.split(|c: char| !c.is_ascii_alphanumeric());
    words.collect::<String>().to_ascii_lowercase()
}

fn add_build(persona: &Persona, android: &Android, add: &mut impl FnMut(&str, &str)) {
    let code = codename(persona);
    let brand = persona.maker.to_ascii_lowercase();
    let (release, firmware) = (&android.release, &persona.firmware);
    let print = format!("{brand}/{code}/{code}:{release}/{firmware}/1:user/release-keys");
    add("ro.build.version.release", release);
    add("ro.build.version.sdk", &android.sdk.to_string());
    if android.sdk >= 23 {
        add("ro.build.version.security_patch", "2024-08-01");
        add("ro.build.version.incremental", firmware);
    }
    add("ro.build.id", firmware);
    add("ro.build.display.id", firmware);
    add("ro.build.fingerprint", &print);
    add("ro.build.product", &code);
    add("ro.product.brand", &brand);
    add("ro.product.manufacturer", &persona.maker);
    add("ro.product.model", &persona.model);
    add("ro.product.name", &code);
    add("ro.product.device", &code);
    add("ro.product.board", &code);
    add("ro.serialno", &persona.serial);
    add("ro.boot.serialno", &persona.serial);
    if android.sdk >= 29 {
        for part in ["odm", "product", "system", "vendor"] {
            add(&format!("ro.product.{part}.model"), &persona.model);
            add(&format!("ro.product.{part}.brand"), &brand);
        }
    }
}

fn add_sims(slots: usize, add: &mut impl FnMut(&str, &str)) {
    add("gsm.sim.state", &vec!["ABSENT"; slots].join(","));
    if slots > 1 {
        add("persist.radio.multisim.config", "dsds");
        add("ro.telephony.sim.count", &slots.to_string());
    }
}

fn shown_imeis(persona: &Persona, android: &Android) -> Vec<String> {
    let other = android.other_imei_in_properties;
    (0..persona.imeis.len())
        .filter_map(|slot| match other {
            Some(other) if slot == 0 => Some(other.to_string()),
            _ => imei(persona, slot),
        })
        .collect()
}

/// Makers use names of their own.
fn add_imeis(imeis: &[String], maker: &str, add: &mut impl FnMut(&str, &str)) {
    let Some(first) = imeis.first() else {
        return;
    };
    match maker {
        "Xiaomi" => {
            add("ro.ril.oem.imei", first);
            for (slot, imei) in imeis.iter().enumerate() {
                add(&format!("ro.ril.oem.imei{}", slot + 1), imei);
                add(&format!("ro.ril.miui.imei{slot}"), imei);
            }
        }
        "Samsung" => {
            add("ril.imei", first);
            for (slot, imei) in imeis.iter().enumerate().skip(1) {
                add(&format!("ril.imei{}", slot + 1), imei);
            }
        }
        _ => {
            add("persist.radio.imei", first);
            for (slot, imei) in imeis.iter().enumerate() {
                add(&format!("persist.radio.imei{}", slot + 1), imei);
            }
            add("gsm.imei", &imeis.join(","));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_long_and_every_name_is_there_once() {
        for n in 0..Persona::ANDROID_TYPES {
            let persona = Persona::android_nth(n);
            let android = persona.android.clone().unwrap();
            let properties = Properties::of(&persona, &android);
            let list = properties.list();
            assert!(list.lines().count() > 100);
            assert!(list.lines().all(|line| line.starts_with('[') && line.contains("]: [")));
            let mut names: Vec<&String> = properties.0.iter().map(|(key, _)| key).collect();
            assert!(names.is_sorted());
            names.dedup();
            assert_eq!(names.len(), properties.0.len());
            assert_eq!(properties.get("ro.build.version.sdk"), Some(&*android.sdk.to_string()));
            assert_eq!(properties.get("ro.serialno"), Some(&*persona.serial));
            let told = persona.imeis.iter().all(|imei| list.contains(&imei.to_string()));
            assert_eq!(told, android.properties_imei, "{}", persona.name);
        }
    }

    #[test]
    fn tampered_properties_name_another_imei() {
        let other = Persona::android_nth(40).imeis[0];
        let android = Android {
            properties_imei: true,
            other_imei_in_properties: Some(other),
            ..Android::default()
        };
        let persona = Persona::android_nth(1);
        let list = Properties::of(&persona, &android).list();
        assert!(list.contains(&other.to_string()));
        assert!(!list.contains(&persona.imeis[0].to_string()));
        assert!(list.contains(&persona.imeis[1].to_string()));
    }
}
