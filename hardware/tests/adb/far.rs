//! A phone at the far side of a dialogue, by the letter of AOSP's `protocol.txt`.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tekser_hardware::adb::packet::{Kind, Packet};
use tekser_hardware::adb::{Budget, Key, Progress, ReadError, Session, Step};
use tekser_hardware::{Evidence, Reading};

/// What the phone does with keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Lets everybody in.
    Open,
    /// Knows this key of the list.
    Knows(usize),
    /// Asks its owner, who allows after this many seconds.
    Asks(u64),
}

/// What the phone answers to a command.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Prints this.
    Prints(String),
    /// Closes at once.
    Refuses,
    /// Never answers.
    Hangs,
}

impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        Self::Prints(text.to_owned())
    }
}

impl From<String> for Reply {
    fn from(text: String) -> Self {
        Self::Prints(text)
    }
}

/// The phone.
#[derive(Debug)]
pub struct Phone {
    pub door: Door,
    pub banner: String,
    pub version: u32,
    pub replies: HashMap<String, Reply>,
    /// Bytes left over from another connection, which come before anything else.
    pub stale: Vec<u8>,
    pub keys: Vec<Arc<Key>>,
    pub sent: Vec<Packet>,
    pub progress: Vec<Progress>,
    /// How often the station had to wait for the phone.
    pub turns: usize,
    /// Token that the next signature must be of.
    pub token: u8,
    /// Longest piece of output in one packet.
    pub piece: usize,
    pub asked: bool,
    /// It has let the station in.
    inside: bool,
    next: u32,
    /// Streams whose output is not yet all sent.
    streams: HashMap<u32, (u32, VecDeque<Vec<u8>>)>,
}

pub const START: u32 = 0x4000_1234;

impl Phone {
    /// A phone with these properties that lets everybody in.
    pub fn new(properties: &str) -> Self {
        let mut replies = HashMap::new();
        replies.insert("getprop".to_owned(), Reply::from(properties));
        Self {
            door: Door::Open,
            banner: "device::ro.product.name=x;ro.product.model=y;features=cmd,shell_v2".to_owned(),
            version: 0x0100_0001,
            replies,
            stale: Vec::new(),
            keys: vec![super::key()],
            sent: Vec::new(),
            progress: Vec::new(),
            turns: 0,
            token: 1,
            piece: 4096,
            asked: false,
            inside: false,
            next: 7,
            streams: HashMap::new(),
        }
    }

    pub fn says(mut self, command: &str, reply: impl Into<Reply>) -> Self {
        self.replies.insert(command.to_owned(), reply.into());
        self
    }

    pub fn door(mut self, door: Door) -> Self {
        self.door = door;
        self
    }

    pub fn plain(mut self) -> Self {
        self.banner = "device::ro.product.name=x;".to_owned();
        self
    }

    /// The dialogue to its end, its bytes in pieces of `size`, on a clock of its own.
    pub fn read_in_pieces(&mut self, size: usize) -> Result<Reading, ReadError> {
        let keys = self.keys.clone();
        let mut session = Session::new(&keys, Budget::default(), START);
        let mut now = Instant::now();
        let mut allowed_at = None;
        let mut under_way: VecDeque<u8> = std::mem::take(&mut self.stale).into();
        loop {
            match session.step(now) {
                Step::Send(packet) => {
                    let answers = self.take(&packet);
                    under_way.extend(answers.iter().flat_map(bytes));
                    self.sent.push(packet);
                }
                Step::Report(news) => {
                    self.progress.push(news);
                    if let (Progress::WaitingForAllow { .. }, Door::Asks(seconds)) =
                        (news, self.door)
                    {
                        allowed_at = Some(now + Duration::from_secs(seconds));
                    }
                }
                Step::Wait(until) => {
                    if let Some(at) = allowed_at.take_if(|at| *at < until) {
                        now = at;
                        self.inside = true;
                        under_way.extend(bytes(&self.greeting()));
                    }
                    if under_way.is_empty() {
                        now = until;
                        continue;
                    }
                    self.turns += 1;
                    let piece: Vec<u8> = under_way.drain(..).collect();
                    piece.chunks(size).for_each(|piece| session.receive(piece, now));
                }
                Step::Done => return session.finish(),
            }
        }
    }

    pub fn read(&mut self) -> Result<Reading, ReadError> {
        self.read_in_pieces(usize::MAX)
    }

    /// Commands that were asked, in order.
    pub fn commands(&self) -> Vec<String> {
        let opens = self.sent.iter().filter(|packet| packet.kind == Kind::Open);
        opens
            .map(|open| {
                let service = String::from_utf8(open.payload.clone()).unwrap();
                let service = service.strip_suffix('\0').unwrap();
                service.rsplit_once(':').unwrap().1.to_owned()
            })
            .collect()
    }

    pub fn greeting(&self) -> Packet {
        Packet::new(Kind::Connect, self.version, 4096, self.banner.clone().into_bytes())
    }

    fn ask_for_proof(&mut self) -> Packet {
        self.token += 1;
        Packet::new(Kind::Auth, 1, 0, vec![self.token; 20])
    }

    fn take(&mut self, packet: &Packet) -> Vec<Packet> {
        let answers = self.answer(packet);
        self.inside |= answers.iter().any(|answer| answer.kind == Kind::Connect);
        answers
    }

    fn answer(&mut self, packet: &Packet) -> Vec<Packet> {
        assert!(packet.is_whole());
        match packet.kind {
            Kind::Connect => match self.door {
                Door::Open => vec![self.greeting()],
                _ => vec![self.ask_for_proof()],
            },
            Kind::Auth if packet.arg0 == 2 => {
                let known = match self.door {
                    Door::Knows(key) => self.keys[key].sign(&[self.token; 20]),
                    _ => None,
                };
                if known.as_ref() == Some(&packet.payload) {
                    return vec![self.greeting()];
                }
                vec![self.ask_for_proof()]
            }
            Kind::Auth => {
                assert_eq!((packet.arg0, &packet.payload), (3, &self.keys[0].public()));
                self.asked = true;
                vec![]
            }
            // Before it has let us in a phone hears no commands.
            Kind::Open if !self.inside => vec![],
            Kind::Open => self.open(packet),
            Kind::Okay => self.go_on(packet.arg1).into_iter().collect(),
            Kind::Close => vec![],
            Kind::Write | Kind::StartTls => panic!("the station sent {packet:?}"),
        }
    }

    fn open(&mut self, packet: &Packet) -> Vec<Packet> {
        assert_eq!(packet.arg1, 0, "no window: we never announce delayed_ack");
        let service = String::from_utf8(packet.payload.clone()).unwrap();
        let service = service.strip_suffix('\0').expect("a zero byte at the end");
        let (prefix, command) = service.rsplit_once(':').unwrap();
        let v2 = self.banner.contains("shell_v2");
        assert_eq!(prefix, if v2 { "shell,v2,raw" } else { "shell" });
        let close = |id| Packet::new(Kind::Close, 0, id, vec![]);
        let output = match self.replies.get(command) {
            Some(Reply::Prints(output)) => output.clone().into_bytes(),
            Some(Reply::Hangs) => return vec![],
            Some(Reply::Refuses) => return vec![close(packet.arg0)],
            None => panic!("the station asked {command:?}"),
        };
        self.next += 1;
        let output = if v2 { framed(&output) } else { output };
        let pieces = output.chunks(self.piece).map(<[u8]>::to_vec).collect();
        self.streams.insert(self.next, (packet.arg0, pieces));
        let okay = Packet::new(Kind::Okay, self.next, packet.arg0, vec![]);
        [Some(okay), self.go_on(self.next)].into_iter().flatten().collect()
    }

    /// The next piece of a stream: one for each `OKAY`.
    fn go_on(&mut self, id: u32) -> Option<Packet> {
        let (station, pieces) = self.streams.get_mut(&id)?;
        let station = *station;
        if let Some(piece) = pieces.pop_front() {
            return Some(Packet::new(Kind::Write, id, station, piece));
        }
        self.streams.remove(&id);
        Some(Packet::new(Kind::Close, id, station, vec![]))
    }
}

pub fn framed(output: &[u8]) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend(u32::try_from(output.len()).unwrap().to_le_bytes());
    bytes.extend(output);
    bytes.extend([3, 1, 0, 0, 0, 0]);
    bytes
}

pub fn bytes(packet: &Packet) -> Vec<u8> {
    [packet.header().as_slice(), &packet.payload].concat()
}

/// Evidence of a command.
pub fn evidence<'a>(reading: &'a Reading, command: &str) -> &'a Evidence {
    reading.evidence.iter().find(|evidence| evidence.command == command).unwrap()
}
