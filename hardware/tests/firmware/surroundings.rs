//! An update through real links, real files and real time: the scanner's end of the protocol is
//! the firmware's own, and its boot loader is a folder.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tekser_hardware::bus::Opening;
use tekser_hardware::firmware::update::machine::Surroundings;
use tekser_hardware::firmware::update::{Plan, Updated, World as _, run};
use tekser_hardware::firmware::{Image, Uf2};
use tekser_hardware::{Bus, Device, DeviceId, Link, OpenError, Port, PortName, Role, Speaks};
use tekser_wire::frame::FRAME_MAX;
use tekser_wire::message::{
    Board, Capabilities, Crash, EngineState, FirmwareVersion, Restart, Scan, ScannerHello,
    Sequence, SerialNumber, Settings, Start, State, StoreId, TEXT_MAX,
};
use tekser_wire::scanner::{Request, ScannerEnd, Source};
use tekser_wire::version::Versions;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use super::linker::{elf_of, record};

const PORT: &str = "/dev/ttyACM7";

/// A scanner that can be updated: what it runs, or nothing while it is in its boot loader.
struct Counter {
    runs: Mutex<Option<Versioned>>,
    drive: PathBuf,
}

#[derive(Clone, Copy)]
struct Versioned(FirmwareVersion, Versions);

impl Source for Versioned {
    fn hello(&self) -> ScannerHello {
        ScannerHello {
            versions: self.1,
            nonce: 0,
            board: Board::PICO,
            firmware: self.0,
            capabilities: Capabilities(Capabilities::BOOT_LOADER),
            serial: SerialNumber([7; 8]),
            store: StoreId(1),
            oldest: Sequence(10),
            next: Sequence(14),
            boots: 1,
            start: Start::Power,
        }
    }

    fn state(&self) -> State {
        State {
            waiting: 4,
            used: 0,
            capacity: 0,
            refused: 0,
            broken: 0,
            bad_frames: 0,
            engine: EngineState::Ready,
        }
    }

    fn settings(&self) -> Settings {
        Settings::DEFAULT
    }

    fn crash(&self) -> Option<Crash<'_>> {
        None
    }

    fn scan_after<'b>(&mut self, _: Sequence, _: &'b mut [u8; TEXT_MAX]) -> Option<Scan<'b>> {
        panic!("an update must not ask for scans")
    }
}

impl Counter {
    fn new(drive: &Path, speaks: Versions) -> Arc<Self> {
        let runs = Mutex::new(Some(Versioned(FirmwareVersion([1, 0, 0]), speaks)));
        Arc::new(Self { runs, drive: drive.to_owned() })
    }

    /// The firmware's end of one open port.
    async fn talk(self: Arc<Self>, mut stream: DuplexStream, mut firmware: Versioned) {
        let began = Instant::now();
        let mut end = ScannerEnd::new();
        let mut frame = [0; FRAME_MAX];
        while let Ok(byte) = stream.read_u8().await {
            let now = began.elapsed().as_millis() as u64;
            if let Some(request) = end.receive(byte, now, StoreId(1)) {
                assert_eq!(request, Request::Restart(Restart::BootLoader));
                *self.runs.lock().unwrap() = None;
                let info = "UF2 Bootloader v3.0\r\nBoard-ID: RPI-RP2\r\n";
                std::fs::write(self.drive.join("INFO_UF2.TXT"), info).unwrap();
                tokio::spawn(self.boot_loader());
                return;
            }
            loop {
                let length = end.transmit(now, &mut firmware, &mut frame);
                if length == 0 {
                    break;
                }
                if stream.write_all(&frame[..length]).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Starts what is written to the drive, once it is all there.
    async fn boot_loader(self: Arc<Self>) {
        let file = self.drive.join("TEKSER.UF2");
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            let bytes = std::fs::read(&file).unwrap_or_default();
            if Uf2::parse(&bytes).is_ok() {
                let image = Image::from_uf2(&bytes).unwrap();
                std::fs::remove_file(self.drive.join("INFO_UF2.TXT")).unwrap();
                *self.runs.lock().unwrap() = Some(Versioned(image.firmware(), Versions::OURS));
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

struct Desk(Arc<Counter>);

impl Bus for Desk {
    fn devices(&self) -> Vec<Device> {
        let runs = self.0.runs.lock().unwrap().is_some();
        let port = Port::free(PortName::new(PORT), Speaks::Scanner);
        let ours = Device { role: Role::Scanner, ..Device::new(DeviceId::usb("1-2"), vec![port]) };
        let foreign = Port::free(PortName::new("/dev/ttyACM8"), Speaks::Codes);
        let foreign =
            Device { role: Role::Scanner, ..Device::new(DeviceId::usb("1-3"), vec![foreign]) };
        if runs { vec![foreign, ours] } else { vec![foreign] }
    }

    fn open<'a>(&'a self, port: &'a PortName) -> Opening<'a> {
        assert_eq!(port.to_string(), PORT, "a foreign scanner is not asked");
        let board = Arc::clone(&self.0);
        Box::pin(async move {
            let runs = *board.runs.lock().unwrap();
            let firmware = runs.ok_or_else(|| OpenError::NotFound { port: port.clone() })?;
            let (near, far) = duplex(4096);
            tokio::spawn(board.talk(far, firmware));
            Ok(Link::from_io(near))
        })
    }
}

async fn update(speaks: Versions, port: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let board = Counter::new(folder.path(), speaks);
    let mut world = Surroundings::new(Arc::new(Desk(Arc::clone(&board))), port.map(PortName::new));
    let plan = Plan {
        image: Image::read(&elf_of(&record(Board::PICO, [2, 1, 0]))).unwrap(),
        fallback: None,
        drive: Some(folder.path().to_owned()),
        again: false,
    };
    let seen = world.scanners().await;
    assert_eq!(seen.present[0].waiting, 4);
    let updated = run(&plan, &mut world, &mut |_| {}).await.unwrap();
    assert_eq!(updated, Updated::New);
    let runs = board.runs.lock().unwrap().unwrap();
    assert_eq!(runs.0.0, [2, 1, 0]);
}

#[tokio::test]
async fn a_scanner_is_found_asked_written_and_met_again() {
    update(Versions::OURS, None).await;
}

#[tokio::test]
async fn a_scanner_that_speaks_only_what_is_given_up_or_to_come_is_updated_too() {
    let current = Versions::OURS.current;
    update(Versions { min: current + 1, current: current + 1 }, Some(PORT)).await;
}
