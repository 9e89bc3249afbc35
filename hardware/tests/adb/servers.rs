//! Phones through an adb server, by the letter of AOSP's `OVERVIEW.TXT` and `SERVICES.TXT`.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tekser_hardware::Reading;
use tekser_hardware::adb::{Budget, PhoneState, ReadError, Server, ServerError, Which};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use super::far::framed;
use super::{ONE, TWO, parcel};

const SLOTS: [&str; 2] = [
    "service call iphonesubinfo 4 i32 0 s16 com.android.shell s16 com.android.shell",
    "service call iphonesubinfo 4 i32 1 s16 com.android.shell s16 com.android.shell",
];

const LIST: &str = "\
R58M0000001            device usb:1-1.2 product:x model:A_1 device:z transport_id:3
R58M0000002            unauthorized usb:1-1.3 transport_id:4
TWIN                   device usb:1-1.4 product:x model:A_1 device:z transport_id:5
TWIN                   device usb:1-1.5 product:x model:A_1 device:z transport_id:6
????????????           no permissions (user in plugdev group; are your udev rules wrong?); see [http://developer.android.com/tools/device.html] usb:1-1.6 transport_id:7
R58M0000008            recovery usb:1-1.7 transport_id:8
R58M0000009            offline usb:1-1.8 transport_id:9
(no serial number)     device usb:1-1.9 product:x transport_id:10
127.0.0.1:5555         sideload transport_id:11

";

/// A server whose answers are given: what is asked, and the bytes that come back.
struct Fake {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    task: AbortHandle,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Answers = HashMap<String, Vec<u8>>;

fn okay(text: &str) -> Vec<u8> {
    format!("OKAY{:04x}{text}", text.len()).into_bytes()
}

fn fail(text: &str) -> Vec<u8> {
    format!("FAIL{:04x}{text}", text.len()).into_bytes()
}

fn ran(output: &[u8]) -> Vec<u8> {
    [b"OKAY", output].concat()
}

impl Fake {
    async fn start(answers: Answers) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let (answers, seen) = (Arc::new(answers), Arc::clone(&asked));
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&answers), Arc::clone(&seen)));
            }
        });
        Self { address, asked, task: task.abort_handle() }
    }

    fn server(&self) -> Server {
        Server::new(self.address)
    }

    async fn read(&self, which: Which) -> Result<Reading, ReadError> {
        self.server().read(&which, short()).await
    }
}

async fn serve(mut socket: TcpStream, answers: Arc<Answers>, seen: Arc<Mutex<Vec<String>>>) {
    loop {
        let mut head = [0; 4];
        if socket.read_exact(&mut head).await.is_err() {
            return;
        }
        let length = usize::from_str_radix(std::str::from_utf8(&head).unwrap(), 16).unwrap();
        let mut text = vec![0; length];
        socket.read_exact(&mut text).await.unwrap();
        let text = String::from_utf8(text).unwrap();
        seen.lock().unwrap().push(text.clone());
        match answers.get(&text).map(Vec::as_slice) {
            Some(b"(hang)") => std::future::pending().await,
            Some(answer) => socket.write_all(answer).await.unwrap(),
            None => socket.write_all(&fail("unknown host service")).await.unwrap(),
        }
        if !text.starts_with("host:transport-id:") {
            return;
        }
    }
}

fn short() -> Budget {
    Budget { command: Duration::from_millis(300), ..Budget::default() }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(300)
}

fn topology(place: &str) -> Which {
    Which::Topology { place: place.to_owned(), serial: None }
}

fn serial(serial: &str) -> Which {
    Which::Serial(serial.to_owned())
}

/// The server of [`LIST`], where every phone runs commands.
fn answers(v2: bool) -> Answers {
    let prefix = if v2 { "shell,v2,raw:" } else { "shell:" };
    let frame = |output: &[u8]| if v2 { framed(output) } else { output.to_vec() };
    let mut answers = Answers::new();
    answers.insert("host:version".into(), okay("0029"));
    answers.insert("host:devices-l".into(), okay(LIST));
    for id in 3..12 {
        let features = if v2 { "cmd,shell_v2,stat_v2" } else { "cmd" };
        answers.insert(format!("host-transport-id:{id}:features"), okay(features));
        answers.insert(format!("host:transport-id:{id}"), b"OKAY".to_vec());
    }
    let properties = "[ro.build.version.sdk]: [34]\n[ro.telephony.sim.count]: [2]\n";
    answers.insert(format!("{prefix}getprop"), ran(&frame(properties.as_bytes())));
    answers.insert(format!("{prefix}{}", SLOTS[0]), ran(&frame(parcel(ONE).as_bytes())));
    answers.insert(format!("{prefix}{}", SLOTS[1]), ran(&frame(parcel(TWO).as_bytes())));
    answers
}

fn imeis(reading: &Reading) -> Vec<String> {
    reading.claims.iter().map(|claim| claim.value.imei().unwrap().to_string()).collect()
}

#[tokio::test]
async fn a_server_that_has_another_phone_in_that_place_is_not_believed() {
    let fake = Fake::start(answers(true)).await;
    let here = |serial: &str| {
        let (place, serial) = ("1-1.2".to_owned(), Some(serial.to_owned()));
        Which::Topology { place, serial }
    };
    let read = async |serial| fake.server().read(&here(serial), short()).await;
    assert!(read("R58M0000001").await.is_ok());
    let error = read("R58M0000099").await.unwrap_err();
    assert!(matches!(error, ReadError::Server(ServerError::NotFound)), "{error:?}");
}

#[tokio::test]
async fn a_server_tells_its_version_and_its_phones() {
    let fake = Fake::start(answers(true)).await;
    assert_eq!(fake.server().version(soon()).await.unwrap(), 41);
    let devices = fake.server().devices().await.unwrap();
    let told: Vec<_> = devices
        .iter()
        .map(|device| {
            (device.serial.as_str(), device.state, device.topology.as_deref(), device.transport)
        })
        .collect();
    use PhoneState::{Device, Offline, Recovery, Sideload, Unauthorized};
    assert_eq!(
        told,
        [
            ("R58M0000001", Some(Device), Some("1-1.2"), Some(3)),
            ("R58M0000002", Some(Unauthorized), Some("1-1.3"), Some(4)),
            ("TWIN", Some(Device), Some("1-1.4"), Some(5)),
            ("TWIN", Some(Device), Some("1-1.5"), Some(6)),
            ("????????????", None, Some("1-1.6"), Some(7)),
            ("R58M0000008", Some(Recovery), Some("1-1.7"), Some(8)),
            ("R58M0000009", Some(Offline), Some("1-1.8"), Some(9)),
            ("(no serial number)", Some(Device), Some("1-1.9"), Some(10)),
            ("127.0.0.1:5555", Some(Sideload), None, Some(11)),
        ]
    );
    assert!(!format!("{devices:?} {:?}", serial("R58M0000001")).contains("R58M"));
}

#[tokio::test]
async fn a_phone_is_read_by_where_it_is_plugged_in_or_by_its_serial_number() {
    for v2 in [false, true] {
        let fake = Fake::start(answers(v2)).await;
        for (which, id) in [
            (topology("1-1.2"), 3),
            (serial("R58M0000001"), 3),
            (topology("1-1.5"), 6),
            (topology("1-1.9"), 10),
        ] {
            fake.asked.lock().unwrap().clear();
            assert_eq!(imeis(&fake.read(which).await.unwrap()), [ONE, TWO]);
            let asked = fake.asked.lock().unwrap().clone();
            let for_it = |text: &String| *text == format!("host:transport-id:{id}");
            assert_eq!(asked.iter().filter(|text| for_it(text)).count(), 3, "{asked:?}");
            assert!(asked.iter().all(|text| !text.contains("kill") && !text.contains("connect")));
        }
    }
}

#[tokio::test]
async fn a_phone_that_is_not_ready_says_why() {
    let fake = Fake::start(answers(true)).await;
    let mut cures = Vec::new();
    for (which, expected) in [
        (topology("1-1.3"), "Server(Unauthorized)"),
        (serial("TWIN"), "Server(Ambiguous)"),
        (topology("1-1.6"), "Server(NoPermission)"),
        (topology("1-1.7"), "Unready(Recovery)"),
        (topology("1-1.8"), "Server(Offline)"),
        (serial("127.0.0.1:5555"), "Unready(Sideload)"),
        (topology("1-1"), "Server(NotFound)"),
        (serial("R58M"), "Server(NotFound)"),
    ] {
        let error = fake.read(which).await.unwrap_err();
        assert_eq!(format!("{error:?}"), expected);
        cures.push(error.cure());
    }
    assert!(cures.iter().all(|cure| cure.ends_with('.')));
}

#[tokio::test]
async fn a_slot_that_hangs_or_is_refused_costs_only_itself() {
    for answer in [b"(hang)".to_vec(), fail("closed"), ran(&framed(b"")[..3])] {
        let mut answers = answers(true);
        answers.insert(format!("shell,v2,raw:{}", SLOTS[1]), answer);
        let reading = Fake::start(answers).await.read(topology("1-1.2")).await.unwrap();
        assert_eq!(imeis(&reading), [ONE]);
        assert_eq!(reading.notes, [tekser_hardware::Note::ImeiRefused]);
    }
}

#[tokio::test]
async fn a_phone_that_leaves_in_the_middle_is_gone() {
    let mut without = answers(true);
    without.insert(format!("shell,v2,raw:{}", SLOTS[1]), ran(b""));
    let list = Arc::new(Mutex::new(0));
    // The list is asked for a second time when a command came to nothing: then the phone is gone.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (first, later) = (Arc::new(without.clone()), {
        without.insert("host:devices-l".into(), okay(""));
        Arc::new(without)
    });
    let task = tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let mut count = list.lock().unwrap();
            // List, features, properties, two slots.
            let answers = if *count < 5 { &first } else { &later };
            *count += 1;
            tokio::spawn(serve(socket, Arc::clone(answers), Arc::default()));
        }
    });
    let error = Server::new(address).read(&topology("1-1.2"), short()).await.unwrap_err();
    task.abort();
    assert!(error.is_gone(), "{error:?}");
}

#[tokio::test]
async fn an_old_server_that_knows_no_features_is_asked_plainly() {
    let mut answers = answers(false);
    answers.remove("host-transport-id:3:features");
    let reading = Fake::start(answers).await.read(topology("1-1.2")).await.unwrap();
    assert_eq!(imeis(&reading), [ONE, TWO]);
}

#[tokio::test]
async fn what_is_no_server_is_told_apart() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let error = Server::new(closed).version(soon()).await.unwrap_err();
    assert!(matches!(error, ServerError::Absent), "{error:?}");
    for (answer, silent) in [
        (b"(hang)".to_vec(), true),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), false),
        (b"OKAY".to_vec(), false),
        (b"OKAYzzzz".to_vec(), false),
        (b"OKAYffff0029".to_vec(), false),
        (okay("forty"), false),
        (b"FAILzz".to_vec(), false),
    ] {
        let fake = Fake::start(HashMap::from([("host:version".to_owned(), answer)])).await;
        let error = fake.server().version(soon()).await.unwrap_err();
        assert_eq!(matches!(error, ServerError::Silent), silent, "{error:?}");
        assert_eq!(matches!(error, ServerError::NotAServer), !silent, "{error:?}");
    }
    let fake = Fake::start(HashMap::new()).await;
    let error = fake.server().version(soon()).await.unwrap_err();
    assert!(matches!(&error, ServerError::Refused(why) if why == "unknown host service"));
}
