//! The protocol in which a kernel asks for transfers: USB/IP's `SUBMIT` and `UNLINK`
//! (Documentation/usb/usbip_protocol.rst in Linux), over any byte stream. Sans-IO.
//!
//! A transfer to the host stays pending until the device has packets for it; a packet shorter
//! than the largest ends it, a packet that does not fit is babble.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::device::{Control, Setup, UsbDevice, Wake};
use crate::phone::Next;

/// Length of the header of every message, in bytes.
pub const HEADER: usize = 48;

/// Largest transfer, in bytes. Systems cut theirs far smaller.
pub const MAX_TRANSFER: usize = 1 << 20;

/// Most transfers that wait at once.
pub const MAX_PENDING: usize = 1024;

const SUBMIT: u32 = 1;
const UNLINK: u32 = 2;
const SUBMITTED: u32 = 3;
const UNLINKED: u32 = 4;

/// Results of a transfer, as Linux numbers them.
mod status {
    pub(super) const OK: i32 = 0;
    /// Nothing there, `-ENOENT`.
    pub(super) const NO_ENDPOINT: i32 = -2;
    /// Too much at once, `-ENOMEM`.
    pub(super) const NO_MEMORY: i32 = -12;
    /// Refused by the device, `-EPIPE`.
    pub(super) const STALL: i32 = -32;
    /// A packet that does not fit, `-EOVERFLOW`.
    pub(super) const BABBLE: i32 = -75;
    /// Taken back before it was done, `-ECONNRESET`.
    pub(super) const TAKEN_BACK: i32 = -104;
}

/// A transfer to the host that is not done yet.
#[derive(Debug)]
struct Pending {
    number: u32,
    length: usize,
    data: Vec<u8>,
}

/// A device at one end of the protocol; the kernel is at the other.
#[derive(Debug)]
pub struct Wire {
    device: UsbDevice,
    inbox: Vec<u8>,
    outbox: Vec<u8>,
    pending: BTreeMap<u8, VecDeque<Pending>>,
    carried: u64,
    pull_at: Option<u64>,
    out: bool,
}

impl Wire {
    /// A device that has just been plugged in.
    pub const fn new(device: UsbDevice) -> Self {
        Self {
            device,
            inbox: Vec::new(),
            outbox: Vec::new(),
            pending: BTreeMap::new(),
            carried: 0,
            pull_at: None,
            out: false,
        }
    }

    /// The device.
    pub const fn device(&self) -> &UsbDevice {
        &self.device
    }

    /// The device, to do something to it by hand.
    pub const fn device_mut(&mut self) -> &mut UsbDevice {
        &mut self.device
    }

    /// Bytes on its bulk endpoints so far, both ways.
    pub const fn carried(&self) -> u64 {
        self.carried
    }

    /// Pulls the cable after this many more bytes on bulk endpoints, both ways. The transfer in
    /// which that happens is never answered.
    pub const fn pull_after(&mut self, bytes: u64) {
        self.pull_at = Some(self.carried.saturating_add(bytes));
    }

    /// Takes in bytes from the kernel that arrived at `now`. A peer that breaks the protocol is
    /// treated as one that is gone.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        if self.out {
            return;
        }
        self.inbox.extend_from_slice(bytes);
        let mut inbox = core::mem::take(&mut self.inbox);
        let mut done = 0;
        while !self.out
            && let Some(message) = Message::parse(inbox.get(done..).unwrap_or_default())
        {
            match message {
                Ok(message) => {
                    done += message.len();
                    self.take(&message, now);
                }
                Err(Broken) => self.out = true,
            }
        }
        inbox.drain(..done.min(inbox.len()));
        self.inbox = inbox;
    }

    /// What goes to the kernel at `now`.
    pub fn next(&mut self, now: Instant) -> Next {
        let wake = loop {
            let wake = self.device.next(now);
            if self.out || !self.fetch() {
                break wake;
            }
        };
        if !self.outbox.is_empty() {
            return Next::Send(core::mem::take(&mut self.outbox));
        }
        match wake {
            _ if self.out => Next::Pulled,
            Wake::Pulled => Next::Pulled,
            Wake::At(until) => Next::Wait(until),
        }
    }

    fn take(&mut self, message: &Message<'_>, now: Instant) {
        match *message {
            Message::Unlink { number, victim } => self.unlink(number, victim),
            Message::Submit { number, endpoint: 0, to_host, length, setup, data } => {
                self.control(number, to_host, length, Setup::new(setup), data);
            }
            Message::Submit { number, endpoint, to_host, .. }
                if !self.device.has_endpoint(endpoint, to_host) =>
            {
                self.submitted(number, status::NO_ENDPOINT, 0, &[]);
            }
            Message::Submit { number, endpoint, to_host: true, length, .. } => {
                if self.pending.values().map(VecDeque::len).sum::<usize>() < MAX_PENDING {
                    let urb = Pending { number, length, data: Vec::new() };
                    self.pending.entry(endpoint).or_default().push_back(urb);
                } else {
                    self.submitted(number, status::NO_MEMORY, 0, &[]);
                }
            }
            Message::Submit { number, endpoint, data, .. } => {
                if self.carry(data.len()) {
                    self.device.out(endpoint, data, now);
                    self.submitted(number, status::OK, data.len(), &[]);
                }
            }
        }
    }

    fn control(&mut self, number: u32, to_host: bool, length: usize, setup: Setup, data: &[u8]) {
        match self.device.control(setup, data) {
            Control::In(mut bytes) if to_host => {
                bytes.truncate(length);
                self.submitted(number, status::OK, bytes.len(), &bytes);
            }
            Control::In(_) | Control::Ok => self.submitted(number, status::OK, data.len(), &[]),
            Control::Stall => self.submitted(number, status::STALL, 0, &[]),
        }
    }

    /// A transfer that is taken back. What it holds already is not lost.
    fn unlink(&mut self, number: u32, victim: u32) {
        let mut found = None;
        for queue in self.pending.values_mut() {
            if let Some(place) = queue.iter().position(|urb| urb.number == victim) {
                found = queue.remove(place);
            }
        }
        let result = match found {
            Some(urb) if !urb.data.is_empty() => {
                self.submitted(victim, status::OK, urb.data.len(), &urb.data);
                status::OK
            }
            Some(_) => status::TAKEN_BACK,
            None => status::OK, // it was done before
        };
        self.answer(UNLINKED, number, result, 0, &[]);
    }

    /// Fills pending transfers with packets, and says whether it found any.
    fn fetch(&mut self) -> bool {
        let packet_size = self.device.packet_size();
        let mut any = false;
        let endpoints: Vec<u8> = self.pending.keys().copied().collect();
        for endpoint in endpoints {
            while let Some(urb) = self.pending.get_mut(&endpoint).and_then(VecDeque::front_mut)
                && let Some(packet) = self.device.packet(endpoint)
            {
                any = true;
                let fits = urb.data.len() + packet.len() <= urb.length;
                urb.data.extend(packet.iter().take(if fits { packet.len() } else { 0 }));
                let done = packet.len() < packet_size || urb.data.len() == urb.length || !fits;
                if !self.carry(packet.len()) {
                    return any;
                }
                if done
                    && let Some(urb) = self.pending.get_mut(&endpoint).and_then(VecDeque::pop_front)
                {
                    let result = if fits { status::OK } else { status::BABBLE };
                    self.submitted(urb.number, result, urb.data.len(), &urb.data);
                }
            }
        }
        any
    }

    /// Counts bytes on bulk endpoints; false when the cable came out with them.
    fn carry(&mut self, bytes: usize) -> bool {
        self.carried = self.carried.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        self.out |= self.pull_at.is_some_and(|at| self.carried >= at);
        !self.out
    }

    fn submitted(&mut self, number: u32, result: i32, actual: usize, data: &[u8]) {
        self.answer(SUBMITTED, number, result, u32::try_from(actual).unwrap_or(0), data);
    }

    fn answer(&mut self, kind: u32, number: u32, result: i32, actual: u32, data: &[u8]) {
        let mut header = [0; HEADER];
        for (place, field) in [
            (0, kind.to_be_bytes()),
            (4, number.to_be_bytes()),
            (20, result.to_be_bytes()),
            (24, actual.to_be_bytes()),
        ] {
            if let Some(target) = header.get_mut(place..place + 4) {
                target.copy_from_slice(&field);
            }
        }
        self.outbox.extend(header);
        self.outbox.extend_from_slice(data);
    }
}

/// The peer does not keep to the protocol.
#[derive(Debug)]
struct Broken;

/// One message from the kernel.
enum Message<'a> {
    Submit {
        number: u32,
        endpoint: u8,
        to_host: bool,
        length: usize,
        setup: [u8; 8],
        data: &'a [u8],
    },
    Unlink {
        number: u32,
        victim: u32,
    },
}

impl<'a> Message<'a> {
    /// The first whole message in `bytes`; `None` while there is none.
    fn parse(bytes: &'a [u8]) -> Option<Result<Self, Broken>> {
        let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
        let number = field(header, 4);
        match field(header, 0) {
            UNLINK => Some(Ok(Self::Unlink { number, victim: field(header, 20) })),
            SUBMIT => Self::submit(header, number, rest),
            _ => Some(Err(Broken)),
        }
    }

    fn submit(header: &[u8; HEADER], number: u32, rest: &'a [u8]) -> Option<Result<Self, Broken>> {
        let to_host = field(header, 12) == 1;
        let length = usize::try_from(field(header, 24)).unwrap_or(usize::MAX);
        // Isochronous packets are for sound and pictures: no function here has any.
        let timed = !matches!(field(header, 32), 0 | u32::MAX);
        let Ok(endpoint @ 0..16) = u8::try_from(field(header, 16)) else {
            return Some(Err(Broken));
        };
        if timed || length > MAX_TRANSFER {
            return Some(Err(Broken));
        }
        let data = rest.get(..if to_host { 0 } else { length })?;
        let mut setup = [0; 8];
        setup.copy_from_slice(header.get(40..)?);
        Some(Ok(Self::Submit { number, endpoint, to_host, length, setup, data }))
    }

    /// Length in the stream, in bytes.
    const fn len(&self) -> usize {
        match self {
            Self::Submit { data, .. } => HEADER + data.len(),
            Self::Unlink { .. } => HEADER,
        }
    }
}

fn field(header: &[u8; HEADER], place: usize) -> u32 {
    let bytes = header.get(place..).and_then(<[u8]>::first_chunk::<4>);
    u32::from_be_bytes(bytes.copied().unwrap_or_default())
}
