//! Phones of other hands: Android's own debug daemon on a USB gadget of the kernel
//! (`dummy_hcd`, FunctionFS, `f_acm`), built by `guest/build-adbd`.
//!
//! What the daemon's shell finds as `getprop` and `service` are scripts that print what a phone of
//! Android 14 prints. The modem port is the kernel's; a virtual phone answers there.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tekser_imei::Imei;
use tekser_virtual_bench::Persona;
use tekser_virtual_bench::phone::{Next, Phone};

/// A phone whose device side is the kernel's and Android's.
pub struct Gadget {
    adbd: Child,
    folder: PathBuf,
}

/// Where `build-adbd` put the daemon, if it was built.
pub fn daemon() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/usb/adbd/adbd");
    path.canonicalize().ok()
}

/// Whether there is nothing to test with, which is said, and in CI is a failure.
pub fn is_missing() -> bool {
    if std::env::var_os("TEKSER_USB_GUEST").is_none() {
        eprintln!("SKIPPED: runs in the guest only, see tests/usb/guest/run");
        return true;
    }
    if daemon().is_some() {
        return false;
    }
    eprintln!("SKIPPED: adbd is not built, see tests/usb/guest/build-adbd");
    true
}

/// Loads what gadgets need: eight controllers without hardware.
pub fn load() {
    modprobe(&["dummy_hcd", "num=8"]);
    for module in ["libcomposite", "usb_f_acm", "usb_f_fs"] {
        modprobe(&[module]);
    }
    if !Path::new("/sys/kernel/config/usb_gadget").exists() {
        run(Command::new("mount").args(["-t", "configfs", "none", "/sys/kernel/config"]));
    }
    fs::create_dir_all("/dev/usb-ffs/adb").unwrap();
}

/// Has every daemon accept the owner of this public key from now on.
pub fn allow(public: &str) {
    let mut keys = fs::OpenOptions::new().create(true).append(true).open("/adb_keys").unwrap();
    writeln!(keys, "{public}").unwrap();
}

impl Gadget {
    /// Plugs a phone in at the controller with this number, 0 to 7.
    pub fn plug(number: usize, persona: &Persona) -> Self {
        let folder = PathBuf::from(format!("/sys/kernel/config/usb_gadget/phone{number}"));
        let run = PathBuf::from(format!("/run/phone{number}"));
        describe(&folder, number, persona);
        scripts(&run, persona);
        let adbd = start(&run, number);
        let controller = format!("dummy_udc.{number}");
        // The kernel refuses until the daemon has written its descriptors.
        until("the gadget to be bound", || {
            fs::write(folder.join("UDC"), &controller).is_ok().then_some(())
        });
        let tty = format!("/dev/ttyGS{number}");
        until("the gadget's port", || Path::new(&tty).exists().then_some(()));
        answer_on(&tty, persona.clone());
        Self { adbd, folder }
    }

    /// Ends the daemon: the function closes and the phone is gone from the bus.
    pub fn pull(&mut self) {
        let _ = self.adbd.kill();
        let _ = self.adbd.wait();
        let _ = fs::write(self.folder.join("UDC"), "");
    }
}

impl Drop for Gadget {
    fn drop(&mut self) {
        self.pull();
    }
}

fn describe(folder: &Path, number: usize, persona: &Persona) {
    let strings = folder.join("strings/0x409");
    let configuration = folder.join("configs/c.1");
    let functions = ["acm", "ffs.adb"].map(|name| {
        let name = if name == "acm" { format!("acm.{number}") } else { format!("{name}{number}") };
        folder.join("functions").join(name)
    });
    if folder.exists() {
        return;
    }
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("idVendor"), "0x18d1").unwrap();
    fs::write(folder.join("idProduct"), "0x4ee7").unwrap();
    fs::create_dir(&strings).unwrap();
    fs::write(strings.join("serialnumber"), &persona.serial).unwrap();
    fs::write(strings.join("manufacturer"), &persona.maker).unwrap();
    fs::write(strings.join("product"), &persona.model).unwrap();
    fs::create_dir(&configuration).unwrap();
    for function in functions {
        fs::create_dir(&function).unwrap();
        symlink(&function, configuration.join(function.file_name().unwrap())).unwrap();
    }
}

/// `getprop` and `service` as the phone's shell has them.
fn scripts(folder: &Path, persona: &Persona) {
    fs::create_dir_all(folder).unwrap();
    let Persona { maker, model, firmware, serial, .. } = persona;
    let properties = format!(
        "[gsm.operator.alpha]: [Virtual,]\n[persist.radio.multisim.config]: [dsds]\n\
         [ro.build.display.id]: [{firmware}]\n[ro.build.version.release]: [14]\n\
         [ro.build.version.sdk]: [34]\n[ro.product.manufacturer]: [{maker}]\n\
         [ro.product.model]: [{model}]\n[ro.serialno]: [{serial}]\n"
    );
    script(&folder.join("getprop"), &format!("cat <<'END'\n{properties}END\n"));
    let tail = "s16 com.android.shell s16 com.android.shell";
    let mut cases = String::from("case \"$*\" in\n");
    for (slot, imei) in persona.imeis.iter().enumerate() {
        let call = format!("call iphonesubinfo 4 i32 {slot} {tail}");
        cases.push_str(&format!("'{call}') cat <<'END'\n{}END\n;;\n", parcel(imei)));
    }
    cases.push_str("*) echo 'Result: Parcel(fffffffc 0000ffff )' ;;\nesac\n");
    script(&folder.join("service"), &cases);
}

fn script(path: &Path, body: &str) {
    fs::write(path, format!("#!/bin/sh\n{body}")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A string in a parcel, as `service call` prints it.
fn parcel(imei: &Imei) -> String {
    let text = imei.to_string();
    let mut units: Vec<u16> = text.encode_utf16().chain([0]).collect();
    units.resize(units.len().next_multiple_of(2), 0);
    let mut words = vec![0, u32::try_from(text.len()).unwrap()];
    words.extend(units.chunks(2).map(|pair| u32::from(pair[0]) | u32::from(pair[1]) << 16));
    let mut lines = String::from("Result: Parcel(\n");
    for (row, line) in words.chunks(4).enumerate() {
        let hex: Vec<String> = line.iter().map(|word| format!("{word:08x}")).collect();
        let gutter: String = line
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .map(|byte| if byte.is_ascii_graphic() { char::from(byte) } else { '.' })
            .collect();
        let end = if (row + 1) * 4 >= words.len() { ")" } else { "" };
        lines.push_str(&format!("  0x{:08x}: {:<35} '{gutter}'{end}\n", row * 16, hex.join(" ")));
    }
    lines
}

/// Every daemon wants the same path, so each gets a file system of its own.
fn start(folder: &Path, number: usize) -> Child {
    let daemon = daemon().expect("build-adbd was run");
    let begin = format!(
        "mount -t functionfs adb{number} /dev/usb-ffs/adb && exec {} --device_banner=device",
        daemon.display()
    );
    let log = fs::File::create(folder.join("adbd.log")).unwrap();
    Command::new("unshare")
        .args(["-m", "--propagation", "private", "sh", "-c", &begin])
        .env("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .env("ADBD_PORT", format!("{}", 6000 + number))
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// The virtual phone on the device's end of the modem port. The thread ends with the guest.
fn answer_on(tty: &str, persona: Persona) {
    run(Command::new("stty").args(["-F", tty, "raw", "-echo"]));
    let mut port = fs::OpenOptions::new().read(true).write(true).open(tty).unwrap();
    std::thread::spawn(move || {
        let mut phone = Phone::new(persona, Instant::now());
        let mut heard = [0; 256];
        while let Ok(count @ 1..) = port.read(&mut heard) {
            phone.receive(&heard[..count], Instant::now());
            while let Next::Send(bytes) = phone.next(Instant::now()) {
                if port.write_all(&bytes).is_err() {
                    return;
                }
            }
        }
    });
}

fn modprobe(arguments: &[&str]) {
    let kernel = fs::read_to_string("/run/job/kernel").unwrap();
    let version = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut command = Command::new("modprobe");
    command.args(["-d", kernel.trim(), "-S", version.trim()]).args(arguments);
    run(&mut command);
}

fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let limit = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < limit, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
