//! kill -9 while questions that cost money are asked: none is paid for twice, and none that was
//! answered is forgotten.
//!
//! The asker is this very test program, started again with a data directory and a registry's address.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use tekser::check::{Answer, Checks, Freshness, Verdict};
use tekser::clock::{Clock as _, SystemClock};
use tekser::registry::{Asking, RegistryError, RegistryId, Source, Terms};
use tekser::store::Store;
use tekser_imei::{Imei, Imei14};
use tempfile::tempdir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};

use crate::program::wait;

const NUMBERS: usize = 12;
const PATIENCE: Duration = Duration::from_secs(60);

fn imei(n: usize) -> Imei {
    let digits = format!("35917301{:06}", 505_050 + n * 7);
    Imei14::parse(digits.as_bytes()).unwrap().with_check_digit()
}

/// What the registry does when it is asked for the nth time.
#[derive(Clone, Copy)]
enum Act {
    Answer,
    /// Whoever asks is killed before there is an answer.
    KillFirst,
    /// Whoever asks is killed as soon as the answer is sent.
    KillAfter,
}

/// A registry that sells answers: it counts them, and kills its customers if told to.
struct Shop {
    address: String,
    sold: Mutex<BTreeMap<String, usize>>,
    acts: Mutex<Vec<Act>>,
    customer: Mutex<Option<Child>>,
}

impl Shop {
    fn open() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let shop = Arc::new(Self {
            address: listener.local_addr().unwrap().to_string(),
            sold: Mutex::default(),
            acts: Mutex::default(),
            customer: Mutex::default(),
        });
        let clerk = Arc::clone(&shop);
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let clerk = Arc::clone(&clerk);
                std::thread::spawn(move || clerk.serve(stream));
            }
        });
        shop
    }

    fn serve(&self, stream: TcpStream) {
        let mut question = String::new();
        let asked = BufReader::new(stream.try_clone().unwrap()).read_line(&mut question);
        if !asked.is_ok_and(|read| read > 0) {
            return;
        }
        *self.sold.lock().unwrap().entry(question.trim().to_owned()).or_insert(0) += 1;
        let act = self.acts.lock().unwrap().pop().unwrap_or(Act::Answer);
        if matches!(act, Act::KillFirst) {
            return self.kill();
        }
        let _ = (&stream).write_all(b"clear\n");
        if matches!(act, Act::KillAfter) {
            self.kill();
        }
    }

    fn kill(&self) {
        if let Some(customer) = self.customer.lock().unwrap().as_mut() {
            let _ = customer.kill();
        }
    }

    fn times(&self, n: usize) -> usize {
        self.sold.lock().unwrap().get(&imei(n).to_string()).copied().unwrap_or(0)
    }

    #[track_caller]
    fn assert_sold_once_at_most(&self) {
        let sold = self.sold.lock().unwrap();
        assert!(sold.values().all(|&times| times == 1), "paid twice: {sold:?}");
    }

    fn customer(&self, data: &Path) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["paid::asks_as_it_is_told", "--exact", "--ignored", "--nocapture"])
            .env("TEKSER_TEST_DATA", data)
            .env("TEKSER_TEST_SHOP", &self.address)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }

    /// Sends a customer, who may be killed; gives what they were told of each number.
    fn send_one(&self, data: &Path, acts: Vec<Act>) -> BTreeMap<usize, String> {
        *self.acts.lock().unwrap() = acts;
        let mut child = self.customer(data).spawn().unwrap();
        let told = child.stdout.take().unwrap();
        *self.customer.lock().unwrap() = Some(child);
        let told = read(told);
        let mut child = self.customer.lock().unwrap().take().unwrap();
        wait(&mut child, PATIENCE);
        told
    }
}

fn read(stdout: impl std::io::Read) -> BTreeMap<usize, String> {
    let mut told = BTreeMap::new();
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        if let Some((n, said)) = line.strip_prefix("told ").and_then(|line| line.split_once(' ')) {
            told.insert(n.parse().unwrap(), said.to_owned());
        }
    }
    told
}

/// The way to the shop.
struct Way(String);

impl Source for Way {
    fn id(&self) -> RegistryId {
        RegistryId::new("shop")
    }

    fn terms(&self) -> Terms {
        Terms {
            fresh_for: SignedDuration::from_hours(1),
            paid: true,
            batch_max: 2,
            deadline: SignedDuration::from_millis(500),
            ..Terms::default()
        }
    }

    fn look_up<'a>(&'a self, imeis: &'a [Imei]) -> Asking<'a, Vec<Answer>> {
        Box::pin(async move {
            let mut answers = Vec::new();
            for &imei in imeis {
                let said = ask(&self.0, imei).await;
                let said = said.map_err(|_| RegistryError::NoAnswer { registry: self.id() })?;
                assert_eq!(said, "clear\n");
                answers.push(Answer::new(imei, Verdict::Clear, self.id(), SystemClock.now()));
            }
            Ok(answers)
        })
    }
}

async fn ask(address: &str, imei: Imei) -> std::io::Result<String> {
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    stream.write_all(format!("{imei}\n").as_bytes()).await?;
    let mut said = String::new();
    tokio::io::BufReader::new(stream).read_line(&mut said).await?;
    Ok(said)
}

/// Not a test of its own: what the others start.
#[test]
#[ignore = "started by the other tests of this module"]
fn asks_as_it_is_told() {
    let (Some(data), Ok(shop)) =
        (std::env::var_os("TEKSER_TEST_DATA"), std::env::var("TEKSER_TEST_SHOP"))
    else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let checked = runtime.block_on(async {
        let store = Store::open(&Path::new(&data).join("station.db")).await.unwrap();
        let checks = Checks::new(store, vec![Arc::new(Way(shop))], Arc::new(SystemClock));
        let imeis: Vec<Imei> = (0..NUMBERS).map(imei).collect();
        checks.check(&imeis, Freshness::Now).await.unwrap()
    });
    for (n, one) in checked.iter().enumerate() {
        let said = serde_json::to_value(&one.answer).unwrap();
        let why = said["why"].as_str().map(|why| format!(" {why}")).unwrap_or_default();
        println!("told {n} {}{why}", said["verdict"].as_str().unwrap());
    }
}

#[test]
fn killed_at_any_question_nothing_is_paid_twice() {
    for nth in 0..NUMBERS {
        let (data, shop) = (tempdir().unwrap(), Shop::open());
        let act = if nth % 2 == 0 { Act::KillFirst } else { Act::KillAfter };
        // The last of the list is done first.
        let mut acts = vec![act];
        acts.extend(std::iter::repeat_n(Act::Answer, nth));
        let told = shop.send_one(data.path(), acts);
        assert!(told.len() < NUMBERS, "it was not killed");
        shop.assert_sold_once_at_most();
        let told = shop.send_one(data.path(), Vec::new());
        shop.assert_sold_once_at_most();
        assert_eq!(told.len(), NUMBERS);
        let (clear, lost): (Vec<_>, Vec<_>) =
            told.into_iter().partition(|(_, said)| said == "clear");
        assert!(clear.iter().all(|(n, _)| shop.times(*n) == 1), "{clear:?}");
        assert!(lost.iter().all(|(_, said)| said == "undetermined paid_already"), "{lost:?}");
        // What was on its way, or about to be: the customer pays in lots of two, four at once.
        assert!(lost.len() <= 8, "{lost:?}");
    }
}

#[test]
fn several_processes_at_once_pay_once() {
    let (data, shop) = (tempdir().unwrap(), Shop::open());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        Store::open(&data.path().join("station.db")).await.unwrap().close().await;
    });
    let mut children: Vec<Child> =
        (0..3).map(|_| shop.customer(data.path()).spawn().unwrap()).collect();
    for child in &mut children {
        let told = read(child.stdout.take().unwrap());
        assert_eq!(told.len(), NUMBERS);
        // On a busy machine one may not have the patience to wait for the other.
        let known = |said: &String| said == "clear" || said == "undetermined paid_already";
        assert!(told.values().all(known), "{told:?}");
    }
    shop.assert_sold_once_at_most();
    for mut child in children {
        assert!(wait(&mut child, PATIENCE).is_some_and(|status| status.success()));
    }
}
