//! One stream of bytes: a head or none, then frames.
//!
//! The decoder takes the bytes in whatever parts they come and hands out items, one by one. What it holds is bounded: a
//! head of 16 KiB, and what the inspector keeps of a frame and of a message.

use super::answer::Asked;
use super::head::{self, Begins, Head, Wrong};
pub use super::summary::{KnownBy, Summary};
use super::summary::{is_against, masked};
use crate::protocol::inspector::{Frame, Inspector, Unfinished};
use tungstenite::protocol::Role;

/// After so many frames with faults the bytes are most likely no frames, and are only counted.
const HOPELESS: u64 = 100_000;

/// What a stream is made of.
#[derive(Debug)]
pub enum Item {
    /// A head, whole or given up.
    Head(Head),
    /// A whole frame.
    Frame(Frame),
    /// From here on the bytes are only counted.
    Rest(Rest),
}

impl Item {
    /// How many rules it breaks.
    pub fn faults(&self) -> u64 {
        match self {
            Item::Head(head) => head.faults.len() as u64,
            Item::Frame(frame) => frame.faults.len() as u64,
            Item::Rest(rest) => u64::from(*rest == Rest::Tls),
        }
    }
}

/// Why bytes are only counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// The head before them begins no WebSocket.
    Body,
    /// The head before them never ended.
    NoHead,
    /// They are encrypted.
    Tls,
    /// Too many frames had faults.
    Hopeless,
}

/// How a stream ended.
#[derive(Debug)]
pub struct End {
    /// A head that is not complete.
    pub head: Option<Head>,
    /// Frames that were too few bytes to tell from a head, at the very end of a stream.
    pub items: Vec<Item>,
    /// What the end has cut off.
    pub unfinished: Unfinished,
    /// The counts.
    pub summary: Summary,
}

/// One stream.
#[derive(Debug)]
pub struct Decoder {
    told: Option<Role>,
    keep: usize,
    /// Goes on for ever, however many faults there are.
    patient: bool,
    place: Place,
    /// First bytes that were held back; those before `held_at` are used.
    held: Vec<u8>,
    held_at: usize,
    /// What the last request for a WebSocket asks for.
    asked: Option<Asked>,
    extension: bool,
    of_head: Option<Role>,
    /// What the frames told, when there are no frames any more.
    seen: Option<Role>,
    faulty: u64,
    summary: Summary,
}

#[derive(Debug)]
enum Place {
    /// A head or a frame: it is not known yet. It begins at this byte.
    Start(u64),
    /// Behind a head that has no body: another head begins at this byte, or nothing that can be read.
    Next(u64),
    Head {
        offset: u64,
        sender: Role,
    },
    Frames(Box<Inspector>),
    /// The reason was given to the caller.
    Rest {
        told: bool,
    },
}

impl Decoder {
    /// A decoder of what `told` sends; `None`: that is seen from the bytes. `keep` is how many bytes of a payload are kept.
    /// One that is not `patient` stops looking after 100,000 frames with faults.
    pub fn new(told: Option<Role>, keep: usize, patient: bool) -> Decoder {
        Decoder {
            told,
            keep,
            patient,
            place: Place::Start(0),
            held: Vec::new(),
            held_at: 0,
            asked: None,
            extension: false,
            of_head: None,
            seen: None,
            faulty: 0,
            summary: Summary::new(told),
        }
    }

    /// Who sends, as far as is known by now.
    pub fn sender(&self) -> Option<Role> {
        match &self.place {
            Place::Frames(inspector) => inspector.sender(),
            _ => self.told.or(self.of_head).or(self.seen),
        }
    }

    /// Who sends was learned from elsewhere. It is too late where a frame has told it.
    pub fn learn(&mut self, sender: Role) {
        if !matches!(self.place, Place::Frames(_)) {
            self.told.get_or_insert(sender);
        }
    }

    /// What the last request for a WebSocket asks for.
    pub fn asked(&self) -> Option<&Asked> {
        self.asked.as_ref()
    }

    /// What the request asks for that this answers, where the request is in another stream.
    pub fn answers(&mut self, asked: &Asked) {
        if self.asked.is_none() {
            self.asked = Some(asked.clone());
        }
    }

    /// Whether RSV bits are an extension's.
    pub fn has_extension(&self) -> bool {
        self.extension
    }

    /// The next item of `rest`, which is moved past it. `None`: all of it is used up.
    pub fn next(&mut self, rest: &mut &[u8]) -> Option<Item> {
        let before = rest.len();
        let only_counted = self.summary.rest.is_some();
        let item = self.item(rest);
        let used = (before - rest.len()) as u64;
        self.summary.bytes += used;
        if let Some((_, count)) = self.summary.rest.as_mut().filter(|_| only_counted) {
            *count += used;
        }
        self.count(item.as_ref());
        item
    }

    /// The stream has ended.
    pub fn finish(mut self) -> End {
        let mut items = Vec::new();
        // A few bytes that might have become a head: letters are one, anything else is frames, or the beginning of one.
        let mut may_be_head = false;
        if let Place::Start(offset) | Place::Next(offset) = self.place
            && !self.held.is_empty()
        {
            may_be_head = true;
            match (head::may_begin(&self.held), &self.place) {
                (Some(sender), _) => self.begin_head(offset, sender),
                (None, Place::Next(_)) => self.rest(Rest::Body, self.held.len() as u64),
                (None, _) => self.begin_frames(offset),
            }
            while let Some(item) = self.next(&mut &[][..]) {
                items.push(item);
            }
        }
        let sender = self.sender();
        let known_by = match (self.told, self.of_head) {
            (Some(_), _) => KnownBy::Told,
            (None, Some(_)) => KnownBy::Head,
            (None, None) => KnownBy::Guess,
        };
        let (mut head, mut unfinished) = (None, Unfinished::default());
        match self.place {
            Place::Head { offset, sender } => head = Some(Head::cut_off(offset, self.held, sender)),
            Place::Frames(inspector) => unfinished = inspector.finish(),
            Place::Start(_) | Place::Next(_) | Place::Rest { .. } => {}
        }
        if may_be_head {
            // One `H` is nobody's fault yet.
            unfinished.header.iter_mut().for_each(|header| header.faults.clear());
        }
        let of_frame = unfinished.frame.as_ref().map_or(0, |frame| frame.faults.len() as u64);
        let of_header = unfinished.header.as_ref().map_or(0, |header| header.faults.len() as u64);
        let cut_off_faults = of_frame + of_header;
        let faults = self.summary.faults + cut_off_faults;
        let masked = masked(&unfinished).filter(|_| known_by == KnownBy::Guess);
        let contradicted = self.summary.contradicted || masked.is_some_and(|masked| is_against(sender, masked));
        let summary = Summary { sender, known_by, contradicted, faults, ..self.summary };
        End { head, items, unfinished, summary }
    }

    fn item(&mut self, rest: &mut &[u8]) -> Option<Item> {
        loop {
            match &mut self.place {
                Place::Start(offset) | Place::Next(offset) => {
                    let offset = *offset;
                    self.start(offset, rest)?;
                }
                Place::Head { offset, sender } => {
                    let (offset, sender) = (*offset, *sender);
                    return self.head(offset, sender, rest).map(Item::Head);
                }
                Place::Frames(inspector) => {
                    let frame = held_first(inspector, &self.held, &mut self.held_at, rest)?;
                    return Some(Item::Frame(frame));
                }
                Place::Rest { told: true } => {
                    *rest = &[];
                    return None;
                }
                Place::Rest { told } => {
                    *told = true;
                    return self.summary.rest.map(|(why, _)| Item::Rest(why));
                }
            }
        }
    }

    /// Holds bytes back until they tell what they are. `None`: they do not yet.
    fn start(&mut self, offset: u64, rest: &mut &[u8]) -> Option<()> {
        loop {
            match head::begins(&self.held) {
                Begins::Maybe => {
                    let (byte, after) = rest.split_first()?;
                    self.held.push(*byte);
                    *rest = after;
                }
                Begins::Head(sender) => {
                    self.begin_head(offset, sender);
                    return Some(());
                }
                Begins::Tls => {
                    self.rest(Rest::Tls, self.held.len() as u64);
                    return Some(());
                }
                Begins::Frames if matches!(self.place, Place::Next(_)) => {
                    self.rest(Rest::Body, self.held.len() as u64);
                    return Some(());
                }
                Begins::Frames => {
                    self.begin_frames(offset);
                    return Some(());
                }
            }
        }
    }

    fn begin_head(&mut self, offset: u64, sender: Role) {
        self.of_head = Some(sender);
        self.place = Place::Head { offset, sender };
    }

    fn begin_frames(&mut self, offset: u64) {
        let inspector = Inspector::new(self.told.or(self.of_head), offset, self.keep);
        self.place = Place::Frames(Box::new(if self.extension { inspector.with_extension() } else { inspector }));
    }

    fn rest(&mut self, why: Rest, already: u64) {
        self.summary.rest = Some((why, already));
        self.place = Place::Rest { told: false };
    }

    /// Gathers the lines of a head up to the empty one.
    fn head(&mut self, offset: u64, sender: Role, rest: &mut &[u8]) -> Option<Head> {
        while !head::is_whole(&self.held) {
            if self.held.len() >= head::MAX_HEAD {
                self.rest(Rest::NoHead, 0);
                return Some(Head::endless(offset, std::mem::take(&mut self.held), sender));
            }
            if rest.is_empty() {
                return None;
            }
            let line = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
            let (taken, after) = rest.split_at(line.min(head::MAX_HEAD - self.held.len()));
            self.held.extend_from_slice(taken);
            *rest = after;
        }
        let head = head::judge(offset, std::mem::take(&mut self.held), sender, self.asked.as_ref());
        self.follow(&head);
        Some(head)
    }

    /// What comes behind a head. Behind a request there may be its answer, when both were recorded in one.
    fn follow(&mut self, head: &Head) {
        let end = head.offset + head.bytes.len() as u64;
        self.extension = head.extension;
        self.asked = head.asked.clone().or(self.asked.take());
        match (head.frames_follow, head.sender) {
            (false, _) if head.has_no_body => self.place = Place::Next(end),
            (false, _) => self.rest(Rest::Body, 0),
            (true, Role::Client) => self.place = Place::Start(end),
            (true, Role::Server) => self.begin_frames(end),
        }
    }

    fn count(&mut self, item: Option<&Item>) {
        let Some(item) = item else { return };
        self.summary.faults += item.faults();
        if let Item::Frame(frame) = item {
            self.summary.frames += 1;
            let is_guess = self.told.or(self.of_head).is_none();
            self.summary.contradicted |= is_guess && is_against(self.sender(), frame.header.mask.is_some());
            self.summary.messages += u64::from(frame.message.is_some());
            self.faulty += u64::from(!frame.faults.is_empty());
            if self.faulty >= HOPELESS && !self.patient {
                self.seen = self.sender();
                self.rest(Rest::Hopeless, 0);
            }
        }
    }
}

/// The next frame: of the bytes that were held back, and then of the rest.
fn held_first(inspector: &mut Inspector, held: &[u8], held_at: &mut usize, rest: &mut &[u8]) -> Option<Frame> {
    if *held_at < held.len() {
        let mut part = &held[*held_at..];
        let frame = inspector.next(&mut part);
        *held_at = held.len() - part.len();
        if frame.is_some() {
            return frame;
        }
    }
    inspector.next(rest)
}

/// The words of a fault of TLS.
pub fn tls() -> Wrong {
    Wrong { why: "these bytes are records of TLS, which hide the frames inside".to_owned(), section: "RFC 8446 s5.1" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

    /// Every item and the end, as text that can be compared.
    fn decode(parts: &[&[u8]]) -> (Vec<String>, Summary) {
        let mut decoder = Decoder::new(None, 16, false);
        let mut items = Vec::new();
        for part in parts {
            let mut rest = *part;
            while let Some(item) = decoder.next(&mut rest) {
                items.push(format!("{item:?}"));
            }
            assert!(rest.is_empty());
        }
        let end = decoder.finish();
        items.extend(end.items.iter().map(|item| format!("{item:?}")));
        items.push(format!("{:?} {:?}", end.head, end.unfinished));
        (items, end.summary)
    }

    #[test]
    fn a_stream_cut_anywhere_is_the_same_stream() {
        let plain = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody";
        let streams = [
            [REQUEST, b"\x81\x81abcd\x00\x88\x80abcd\x81"].concat(),
            [REQUEST, b"HTTP/1.1 101 OK\r\nUpgrade: websocket\r\n\r\n\x81\x00"].concat(),
            plain.to_vec(),
            b"\x17\x03\x03\x00\x01\xff".to_vec(),
            b"\x16\x03\x09\x80\x00\x80\x00".to_vec(),
        ];
        for stream in streams {
            let whole = decode(&[&stream]);
            assert_eq!(whole.1.bytes, stream.len() as u64);
            for cut in 0..=stream.len() {
                assert_eq!(decode(&[&stream[..cut], &stream[cut..]]), whole, "cut at {cut}");
            }
        }
    }

    #[test]
    fn the_rest_is_counted_and_not_looked_at() {
        let (items, summary) = decode(&[b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"bo", b"dy"]);
        assert_eq!((items.len(), summary.rest), (3, Some((Rest::Body, 4))));
        let (_, summary) = decode(&[b"\x16\x03\x01\x00", b"\x00"]);
        assert_eq!((summary.rest, summary.faults), (Some((Rest::Tls, 5)), 1));
        let endless = [b"GET / HTTP/1.1\r\nX: ", &[b'a'; 20_000][..]].concat();
        let (_, summary) = decode(&[&endless]);
        let rest = endless.len() - head::MAX_HEAD;
        assert_eq!((summary.rest, summary.bytes), (Some((Rest::NoHead, rest as u64)), endless.len() as u64));
    }

    #[test]
    fn who_is_impatient_gives_up_on_what_is_no_websocket() {
        let zeros = vec![0; 2 * HOPELESS as usize + 10];
        let (_, summary) = decode(&[&zeros]);
        assert_eq!((summary.frames, summary.rest), (HOPELESS, Some((Rest::Hopeless, 10))));
        assert_eq!((summary.sender, summary.known_by), (Some(Role::Server), KnownBy::Guess));
        let mut patient = Decoder::new(None, 0, true);
        let mut rest = &zeros[..];
        while patient.next(&mut rest).is_some() {}
        assert_eq!(patient.finish().summary.frames, HOPELESS + 5);
    }
}
