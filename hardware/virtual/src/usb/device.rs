//! A phone or a scanner as a USB device: requests and packets in, packets out, timed. It is on no bus in
//! particular and does no input or output.

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use super::descriptors::{Descriptors, Seat, seats};
use super::look::{Function, Look};
use crate::adbd::{Adbd, AllowedKeys};
use crate::drive::{Shared, Talks};
use crate::persona::Persona;
use crate::phone::{Next, Phone};

/// The eight bytes that every request begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    /// Direction, kind and recipient of the request.
    pub request_type: u8,
    /// What is asked.
    pub request: u8,
    /// First argument.
    pub value: u16,
    /// Second argument: an interface or endpoint, where the request is for one.
    pub index: u16,
    /// Most bytes that may follow, in bytes.
    pub length: u16,
}

impl Setup {
    /// From the bytes on the bus.
    pub const fn new(bytes: [u8; 8]) -> Self {
        let [request_type, request, v0, v1, i0, i1, l0, l1] = bytes;
        Self {
            request_type,
            request,
            value: u16::from_le_bytes([v0, v1]),
            index: u16::from_le_bytes([i0, i1]),
            length: u16::from_le_bytes([l0, l1]),
        }
    }
}

/// What a request comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// Bytes for the host, at most as many as it asked for.
    In(Vec<u8>),
    /// Done.
    Ok,
    /// Refused.
    Stall,
}

/// What the device does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// Nothing new before this time, if at all, unless the host does something.
    At(Option<Instant>),
    /// The cable is out.
    Pulled,
}

/// The far end of a function's bulk endpoints.
trait FarEnd: Send {
    fn receive(&mut self, bytes: &[u8], now: Instant);
    /// What it does at `now`; each [`Next::Send`] is one transfer.
    fn next(&mut self, now: Instant) -> Next;
    /// What it was asked, in order.
    fn asked(&self) -> &[String];
    /// What among that does more than read.
    fn violations(&self) -> &[String];
    /// What the host did that the protocol does not allow.
    fn complaints(&self) -> &[String] {
        &[]
    }
    /// The host chose a configuration: whatever was under way is over.
    fn restart(&mut self) {}
    /// Whether it asks its owner about a computer.
    fn is_asking(&self) -> bool {
        false
    }
    /// How often it must be looked at because something may happen to it from elsewhere.
    fn glance(&self) -> Option<Duration> {
        None
    }
    /// The owner touches "Allow". Says whether there was a question.
    fn touch_allow(&mut self, _now: Instant) -> bool {
        false
    }
}

impl FarEnd for Adbd {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        Self::receive(self, bytes, now);
    }

    fn next(&mut self, now: Instant) -> Next {
        Self::next(self, now)
    }

    fn asked(&self) -> &[String] {
        Self::asked(self)
    }

    fn violations(&self) -> &[String] {
        Self::violations(self)
    }

    fn complaints(&self) -> &[String] {
        Self::complaints(self)
    }

    fn restart(&mut self) {
        self.reopened();
    }

    fn is_asking(&self) -> bool {
        Self::is_asking(self)
    }

    /// The owner may touch the screen.
    fn glance(&self) -> Option<Duration> {
        Self::is_asking(self).then_some(Duration::from_millis(50))
    }

    fn touch_allow(&mut self, now: Instant) -> bool {
        Self::touch_allow(self, now)
    }
}

impl FarEnd for Phone {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        Self::receive(self, bytes, now);
    }

    fn next(&mut self, now: Instant) -> Next {
        Self::next(self, now)
    }

    fn asked(&self) -> &[String] {
        Self::asked(self)
    }

    fn violations(&self) -> &[String] {
        Self::violations(self)
    }
}

/// A scanner, which runs in a thread of its own and speaks when somebody scans.
impl<T: Talks + Send> FarEnd for Shared<T> {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.lock().receive(bytes, now);
    }

    fn next(&mut self, now: Instant) -> Next {
        self.lock().next(now)
    }

    fn asked(&self) -> &[String] {
        &[]
    }

    fn violations(&self) -> &[String] {
        &[]
    }

    fn glance(&self) -> Option<Duration> {
        Some(Duration::from_millis(5))
    }
}

/// A function at work.
struct Part {
    seat: Seat,
    far_end: Option<Box<dyn FarEnd>>,
    /// Packets that wait for the host to fetch them.
    packets: VecDeque<Vec<u8>>,
}

impl Part {
    fn new(seat: Seat, persona: &Persona, allowed: &AllowedKeys, now: Instant) -> Self {
        let far_end: Option<Box<dyn FarEnd>> = match seat.function {
            Function::Adb => Some(Box::new(Adbd::with_allowed(persona, allowed.clone(), now))),
            function if function.speaks_at() => Some(Box::new(Phone::new(persona.clone(), now))),
            _ => None,
        };
        Self { seat, far_end, packets: VecDeque::new() }
    }

    /// A serial port ends a full last packet with an empty one, so that the host sees that this
    /// was all. The debug bridge knows its lengths and does not.
    const fn ends_with_short_packet(&self) -> bool {
        !matches!(self.seat.function, Function::Adb)
    }

    /// Cuts a transfer into packets.
    fn queue(&mut self, bytes: &[u8], packet: usize) {
        self.packets.extend(bytes.chunks(packet).map(<[u8]>::to_vec));
        if bytes.len().is_multiple_of(packet) && self.ends_with_short_packet() {
            self.packets.push_back(Vec::new());
        }
    }

    /// Has the far end say what it has to say, one transfer at a time: while nobody fetches it,
    /// nothing more is made.
    fn pump(&mut self, now: Instant, packet: usize) -> Wake {
        while self.packets.is_empty() {
            match self.far_end.as_mut().map(|far_end| far_end.next(now)) {
                Some(Next::Send(bytes)) if !bytes.is_empty() => self.queue(&bytes, packet),
                Some(Next::Send(_)) => {}
                Some(Next::Wait(until)) => return Wake::At(until),
                Some(Next::Pulled) => return Wake::Pulled,
                None => break,
            }
        }
        Wake::At(None)
    }
}

/// A phone or a scanner as a USB device.
pub struct UsbDevice {
    packet: usize,
    descriptors: Descriptors,
    /// Functions of each configuration.
    configurations: Vec<Vec<Part>>,
    /// Number of the configuration in use, from 1; 0 is none yet.
    configuration: u8,
    line_coding: [u8; 7],
    is_terminal_ready: bool,
}

impl fmt::Debug for UsbDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let configuration = &self.configuration;
        f.debug_struct("UsbDevice").field("configuration", configuration).finish_non_exhaustive()
    }
}

impl UsbDevice {
    /// A phone that has just been plugged in, and has never seen a computer. Each function that
    /// speaks AT is a conversation of its own with the same phone.
    pub fn new(persona: &Persona, look: &Look, now: Instant) -> Self {
        Self::with_allowed(persona, look, &AllowedKeys::default(), now)
    }

    /// A phone that has just been plugged in, and knows these computers.
    pub fn with_allowed(
        persona: &Persona,
        look: &Look,
        allowed: &AllowedKeys,
        now: Instant,
    ) -> Self {
        let parts = |functions: &Vec<Function>| {
            let seats = seats(functions).into_iter();
            seats.map(|seat| Part::new(seat, persona, allowed, now)).collect()
        };
        Self::with_parts(look, look.configurations.iter().map(parts).collect())
    }

    fn with_parts(look: &Look, configurations: Vec<Vec<Part>>) -> Self {
        Self {
            packet: look.speed.packet(),
            descriptors: Descriptors::new(look),
            configurations,
            configuration: 0,
            line_coding: [0x00, 0xc2, 0x01, 0x00, 0, 0, 8], // 115200 baud, 8N1
            is_terminal_ready: false,
        }
    }

    /// A scanner that has just been plugged in; `cable` is its side of the cable.
    #[cfg(target_os = "linux")]
    pub(crate) fn of_scanner(look: &Look, cable: Shared<impl Talks + Send + 'static>) -> Self {
        let part = |seat: Seat| {
            let is_scanner = seat.function == Function::Scanner;
            let far_end = is_scanner.then(|| Box::new(cable.clone()) as Box<dyn FarEnd>);
            Part { seat, far_end, packets: VecDeque::new() }
        };
        let parts = |functions: &Vec<Function>| seats(functions).into_iter().map(part).collect();
        Self::with_parts(look, look.configurations.iter().map(parts).collect())
    }

    /// Largest bulk packet, in bytes. A shorter one ends a transfer.
    pub const fn packet_size(&self) -> usize {
        self.packet
    }

    /// Number of the configuration in use, from 1; 0 is none yet.
    pub const fn configuration(&self) -> u8 {
        self.configuration
    }

    /// Commands it was given on all its ports, and services of its debug bridge.
    pub fn asked(&self) -> Vec<String> {
        self.far_ends().flat_map(|far_end| far_end.asked().iter().cloned()).collect()
    }

    /// Commands among them that do more than read.
    pub fn violations(&self) -> Vec<String> {
        self.far_ends().flat_map(|far_end| far_end.violations().iter().cloned()).collect()
    }

    /// What the host did that the protocol of the debug bridge does not allow.
    pub fn complaints(&self) -> Vec<String> {
        self.far_ends().flat_map(|far_end| far_end.complaints().iter().cloned()).collect()
    }

    /// Whether the phone asks its owner about a computer right now.
    pub fn is_asking(&self) -> bool {
        self.far_ends().any(FarEnd::is_asking)
    }

    /// How often it must be looked at because something may happen to it from elsewhere.
    pub fn glance(&self) -> Option<Duration> {
        self.far_ends().filter_map(FarEnd::glance).min()
    }

    /// Whether a program on the host has a serial port open and raised DTR.
    pub const fn is_terminal_ready(&self) -> bool {
        self.is_terminal_ready
    }

    /// The owner touches "Allow", whatever the persona has it. Says whether there was a question.
    pub fn touch_allow(&mut self, now: Instant) -> bool {
        let mut far_ends = self.parts_mut().iter_mut().filter_map(|part| part.far_end.as_mut());
        far_ends.any(|far_end| far_end.touch_allow(now))
    }

    fn far_ends(&self) -> impl Iterator<Item = &dyn FarEnd> {
        self.configurations.iter().flatten().filter_map(|part| part.far_end.as_deref())
    }

    /// A request on endpoint 0. `data` is what the host sent with it.
    pub fn control(&mut self, setup: Setup, data: &[u8]) -> Control {
        let [high, low] = setup.value.to_be_bytes();
        let answer = match (setup.request_type, setup.request) {
            (0x80, 6) => self.descriptors.get(high, low).map(Control::In),
            (0x80, 0) => Some(Control::In(vec![1, 0])), // status: has power of its own
            (0x81 | 0x82, 0) => Some(Control::In(vec![0, 0])),
            (0x80, 8) => Some(Control::In(vec![self.configuration])),
            (0x00, 9) => self.configure(low),
            // Settings that there is one value of, and features that change nothing here: halted
            // endpoints, remote wake-up, the address.
            (0x81, 10) => self.has_interface(setup.index).then(|| Control::In(vec![0])),
            (0x01, 11) => {
                (self.has_interface(setup.index) && setup.value == 0).then_some(Control::Ok)
            }
            (0x00..=0x02, 1 | 3) | (0x00, 5) => Some(Control::Ok),
            (0x21 | 0xa1, _) if self.is_serial(setup.index) => self.line(setup, data),
            _ => None,
        };
        match answer.unwrap_or(Control::Stall) {
            Control::In(mut bytes) => {
                bytes.truncate(usize::from(setup.length));
                Control::In(bytes)
            }
            answer => answer,
        }
    }

    fn configure(&mut self, number: u8) -> Option<Control> {
        (usize::from(number) <= self.configurations.len()).then(|| {
            self.configuration = number;
            for part in self.parts_mut() {
                part.packets.clear();
                if let Some(far_end) = &mut part.far_end {
                    far_end.restart();
                }
            }
            Control::Ok
        })
    }

    /// What the CDC standard has for a serial line. Makers' own ports understand it too.
    fn line(&mut self, setup: Setup, data: &[u8]) -> Option<Control> {
        match (setup.request_type, setup.request) {
            (0x21, 0x20) => {
                self.line_coding = data.try_into().ok()?;
                Some(Control::Ok)
            }
            (0xa1, 0x21) => Some(Control::In(self.line_coding.to_vec())),
            (0x21, 0x22) => {
                self.is_terminal_ready = setup.value & 1 == 1;
                Some(Control::Ok)
            }
            (0x21, 0x23) => Some(Control::Ok), // break
            _ => None,
        }
    }

    fn has_interface(&self, number: u16) -> bool {
        self.parts().iter().any(|part| {
            let seat = part.seat;
            [seat.interface, seat.data_interface].map(u16::from).contains(&number)
        })
    }

    fn is_serial(&self, interface: u16) -> bool {
        self.parts().iter().any(|part| {
            u16::from(part.seat.interface) == interface
                && !matches!(part.seat.function, Function::Adb | Function::Mtp)
        })
    }

    /// Whether the configuration in use has this endpoint; `endpoint` is without direction bit.
    pub fn has_endpoint(&self, endpoint: u8, to_host: bool) -> bool {
        self.parts().iter().any(|part| {
            part.seat.endpoint == endpoint || (to_host && part.seat.notification == Some(endpoint))
        })
    }

    /// Bytes that came in on a bulk endpoint. On one that it does not have they are lost.
    pub fn out(&mut self, endpoint: u8, bytes: &[u8], now: Instant) {
        let part = self.parts_mut().iter_mut().find(|part| part.seat.endpoint == endpoint);
        if let Some(far_end) = part.and_then(|part| part.far_end.as_mut()) {
            far_end.receive(bytes, now);
        }
    }

    /// The next packet of an endpoint, at most [`UsbDevice::packet_size`] bytes, if there is one.
    pub fn packet(&mut self, endpoint: u8) -> Option<Vec<u8>> {
        let mut parts = self.parts_mut().iter_mut();
        parts.find(|part| part.seat.endpoint == endpoint)?.packets.pop_front()
    }

    /// Makes packets of what is due at `now`, and tells when to come again. It is out as soon as
    /// one of its functions is, and the host has fetched what was said before.
    pub fn next(&mut self, now: Instant) -> Wake {
        let packet = self.packet;
        let mut earliest = None;
        for part in self.parts_mut() {
            match part.pump(now, packet) {
                Wake::Pulled => return Wake::Pulled,
                Wake::At(at) => earliest = [earliest, at].into_iter().flatten().min(),
            }
        }
        Wake::At(earliest)
    }

    fn parts(&self) -> &[Part] {
        let place = usize::from(self.configuration).checked_sub(1);
        place.and_then(|place| self.configurations.get(place)).map_or(&[], Vec::as_slice)
    }

    fn parts_mut(&mut self) -> &mut [Part] {
        let place = usize::from(self.configuration).checked_sub(1);
        match place.and_then(|place| self.configurations.get_mut(place)) {
            Some(parts) => parts,
            None => &mut [],
        }
    }
}
