//! One connection of a case: bytes out, and heads, frames, messages or an end in. Whatever passes goes into the record.
//!
//! Nothing here fails a case. A server may have gone when something is written to it; what it said before it went is read
//! next, and the case decides.

mod heads;
mod heartbeat;
mod pour;
mod reset;

use self::heartbeat::Heartbeat;
use super::ask::Ask;
use super::hear::Message;
use super::note::{self, Note};
use super::record::{self, FIRST, PAYLOAD, Passed, Way};
use super::trial::{Shared, pause};
use crate::client::error::Error;
use crate::client::ledger::Part;
use crate::client::response::{Head, Parsed, parse};
use crate::client::socket::{Connection, Ending};
use crate::protocol::frame::Handmade;
use crate::protocol::header::Header;
use crate::protocol::mask;
use crate::protocol::opcode::Opcode;
use crate::wire::escape;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The longest frame that is read from a server, and the most that is read from it at once.
const LONGEST: u64 = 8 << 20;

/// The most frames that are read on one connection: a server that floods shall not keep the checker busy.
const MOST_FRAMES: usize = 20_000;

/// The most bytes that are read on one connection.
const MOST_BYTES: usize = 64 << 20;

/// A connection.
pub struct Link {
    number: usize,
    connection: Connection,
    shared: Rc<RefCell<Shared>>,
    timeout: Duration,
    deadline: Instant,
    frames: usize,
    bytes: usize,
    end: Option<End>,
    /// The last head that came.
    head: Vec<u8>,
    /// The end is in the record.
    told: bool,
    /// The server has said all that it owes: an answer that opens no WebSocket, or a Close.
    is_done: bool,
    /// The fragments so far of the message that is coming.
    pub(super) message: Option<Message>,
    /// The payload of the last Ping of the server's.
    pub(super) pinged: Option<Vec<u8>>,
    /// Which Pings were sent, and which Pongs.
    pub(super) heartbeat: Heartbeat,
}

/// What answers a request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A head of HTTP. Interim ones (1xx, but for 101) are passed over.
    Head(Head),
    /// Something that is no head of HTTP/1: why not.
    NotHttp(String),
    /// The beginning of a head, and then this.
    Cut(End),
    /// No head.
    End(End),
}

/// How what comes has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// TCP's FIN (under TLS close_notify).
    Fin,
    /// A reset, in the system's words.
    Reset(String),
    /// Nothing came in time. More may come.
    Silence(Duration),
    /// More than is read, a frame that is longer than is read, or for longer than a case may take: in words.
    TooMuch(String),
}

/// A frame of the server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its header.
    pub header: Header,
    /// Its payload, unmasked if it was masked.
    pub payload: Vec<u8>,
}

impl Link {
    pub(super) fn new(
        number: usize,
        connection: Connection,
        shared: Rc<RefCell<Shared>>,
        timeout: Duration,
        deadline: Instant,
    ) -> Link {
        Link {
            number,
            connection,
            shared,
            timeout,
            deadline,
            frames: 0,
            bytes: 0,
            end: None,
            head: Vec::new(),
            told: false,
            is_done: false,
            message: None,
            pinged: None,
            heartbeat: Heartbeat::default(),
        }
    }

    /// Something legal that a reader would not expect.
    pub fn note(&self, words: impl Into<String>) {
        note::add(&mut self.shared.borrow_mut().notes, Note::new(words));
    }

    /// The same of one of several things, as of a close code.
    pub fn note_of(&self, words: &str, of: impl Into<String>) {
        note::add(&mut self.shared.borrow_mut().notes, Note::of(words, of));
    }

    /// More time for a case with more to do: so many times the timeout from now on.
    pub fn take_time(&mut self, timeouts: u32) {
        self.deadline = Instant::now() + self.timeout * timeouts;
    }

    /// How long an answer is waited for.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    fn tell(&self, way: Way, passed: Passed) {
        self.shared.borrow_mut().record.push(self.number, way, passed);
    }

    fn next_deadline(&self) -> Instant {
        (Instant::now() + self.timeout).min(self.deadline)
    }

    // --- out ---

    /// A request.
    pub fn send_head(&mut self, ask: &Ask) {
        let bytes = ask.encode();
        self.tell(Way::Sent, Passed::Head(record::first(&bytes, FIRST)));
        self.write(&bytes, Part::Head);
    }

    /// A frame.
    pub fn send(&mut self, frame: &Handmade) {
        self.send_all(std::slice::from_ref(frame));
    }

    /// Several frames in one write.
    pub fn send_all(&mut self, frames: &[Handmade]) {
        let mut bytes = Vec::new();
        for frame in frames {
            let encoded = frame.encode();
            self.heartbeat.sent(frame);
            self.tell_frame(Way::Sent, frame.header(), &encoded[frame.header().encoded_len()..]);
            bytes.extend(encoded);
        }
        if frames.len() > 1 {
            self.tell(Way::Sent, Passed::Remark(format!("these {} frames in one write", frames.len())));
        }
        self.write(&bytes, Part::Frames);
    }

    /// Bytes that are told as bytes.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.heartbeat.sent_bytes();
        self.tell(Way::Sent, Passed::Bytes(record::first(bytes, FIRST), bytes.len()));
        self.write(bytes, Part::Frames);
    }

    /// A request in pieces, each a write of its own, cut at these places, with a pause between them.
    pub fn send_head_cut(&mut self, ask: &Ask, cuts: &[usize], apart: Duration) {
        let bytes = ask.encode();
        self.tell(Way::Sent, Passed::Head(record::first(&bytes, FIRST)));
        self.write_cut(&bytes, Part::Head, cuts, apart);
    }

    /// A frame in pieces, each a write of its own, cut at these places, with a pause between them.
    pub fn send_cut(&mut self, frame: &Handmade, cuts: &[usize], apart: Duration) {
        let bytes = frame.encode();
        self.heartbeat.sent(frame);
        self.tell_frame(Way::Sent, frame.header(), &bytes[frame.header().encoded_len()..]);
        self.write_cut(&bytes, Part::Frames, cuts, apart);
    }

    fn write_cut(&mut self, bytes: &[u8], part: Part, cuts: &[usize], apart: Duration) {
        self.tell(Way::Sent, Passed::Remark(format!("in {} pieces, {} ms apart", cuts.len() + 1, apart.as_millis())));
        let mut from = 0;
        for cut in cuts.iter().copied().chain([bytes.len()]) {
            if !self.write(&bytes[from..cut], part) {
                return;
            }
            from = cut;
            if cut < bytes.len() {
                pause(apart);
            }
        }
    }

    /// Sends no more, but still reads.
    pub fn finish(&mut self) {
        self.tell(Way::Sent, Passed::Fin);
        self.connection.finish();
    }

    /// Writes. A server that has gone does not take it: what it said before is what counts, so that is no failure here.
    /// The answer is whether it was taken.
    fn write(&mut self, bytes: &[u8], part: Part) -> bool {
        let deadline = self.next_deadline();
        self.shared.borrow_mut().sent += bytes.len();
        let written = self.connection.write(bytes, part, deadline);
        if let Err(error) = &written {
            self.tell(Way::Sent, Passed::Remark(format!("not all of it was taken: {error}")));
            self.shared.borrow_mut().is_cut |= !self.is_done;
        }
        written.is_ok()
    }

    fn tell_frame(&self, way: Way, header: Header, raw: &[u8]) {
        self.tell(way, Passed::Frame(header, record::first(raw, PAYLOAD)));
    }

    // --- in ---

    /// The head that answers.
    pub fn answer(&mut self) -> Answer {
        loop {
            match parse(self.connection.unread()) {
                Parsed::Complete(head, len) => {
                    let raw = self.connection.take(len, Part::Head);
                    self.tell(Way::Came, Passed::Head(record::first(&raw, FIRST)));
                    if head.status >= 200 || head.status == 101 {
                        self.head = raw;
                        self.is_done = head.status != 101;
                        return Answer::Head(head);
                    }
                    self.bytes += len;
                }
                Parsed::Refused(why) => {
                    self.tell_unread();
                    return Answer::NotHttp(heads::refusal(&why, self.connection.unread()));
                }
                Parsed::NeedMore => {
                    if let Some(end) = self.read() {
                        let is_cut = !self.connection.unread().is_empty();
                        let end = self.tell_end(end);
                        return if is_cut { Answer::Cut(end) } else { Answer::End(end) };
                    }
                }
            }
        }
    }

    /// The head that has answered, as it came.
    pub fn raw_head(&self) -> &[u8] {
        &self.head
    }

    /// The next frame, or what came instead of one.
    pub fn frame(&mut self) -> Result<Frame, End> {
        loop {
            let unread = self.connection.unread();
            if let Some((header, len)) = Header::decode(unread) {
                if header.length > LONGEST {
                    return Err(self.too_long(header));
                }
                let whole = len + header.length as usize;
                if unread.len() >= whole {
                    return self.take_frame(header, len, whole);
                }
            }
            if let Some(end) = self.read() {
                return Err(self.tell_end(end));
            }
        }
    }

    /// The first so many bytes of what comes next, as soon as they are there. They are not taken.
    pub fn peek(&mut self, count: usize) -> Result<Vec<u8>, End> {
        while self.connection.unread().len() < count {
            if let Some(end) = self.read() {
                return Err(self.tell_end(end));
            }
        }
        Ok(self.connection.unread()[..count].to_vec())
    }

    /// What has come and was not taken.
    pub fn unread(&self) -> &[u8] {
        self.connection.unread()
    }

    /// What has come, be it frames or not, until nothing more comes or so many bytes are there.
    pub fn bytes(&mut self, most: usize) -> (Vec<u8>, Option<End>) {
        let mut end = None;
        while end.is_none() && self.connection.unread().len() < most {
            end = self.read();
        }
        let taken = self.connection.take(most, Part::Frames);
        if !taken.is_empty() {
            self.tell(Way::Came, Passed::Bytes(record::first(&taken, FIRST), taken.len()));
        }
        (taken, end.map(|end| self.tell_end(end)))
    }

    fn take_frame(&mut self, header: Header, len: usize, whole: usize) -> Result<Frame, End> {
        let mut payload = self.connection.take(whole, Part::Frames).split_off(len);
        self.frames += 1;
        self.is_done |= header.opcode == Opcode::Close;
        self.tell_frame(Way::Came, header, &payload);
        if self.frames > MOST_FRAMES {
            return Err(self.too_much(format!("more than {MOST_FRAMES} frames on one connection")));
        }
        if let Some(key) = header.mask {
            mask::apply(key, 0, &mut payload);
        }
        Ok(Frame { header, payload })
    }

    fn too_long(&mut self, header: Header) -> End {
        let raw = self.connection.unread().to_vec();
        self.tell_frame(Way::Came, header, &raw[header.encoded_len().min(raw.len())..]);
        self.too_much(format!("a frame that announces {} bytes", header.length))
    }

    pub(super) fn too_much(&mut self, words: String) -> End {
        let end = End::TooMuch(words);
        self.end = Some(end.clone());
        self.tell_end(end)
    }

    /// Reads once. `None`: something came.
    fn read(&mut self) -> Option<End> {
        self.read_until(self.next_deadline())
    }

    fn read_until(&mut self, deadline: Instant) -> Option<End> {
        if self.end.is_some() {
            return self.end.clone();
        }
        let since = Instant::now();
        let end = match self.connection.read(deadline) {
            Ok(0) => End::Fin,
            Ok(count) => {
                self.bytes += count;
                if self.bytes <= MOST_BYTES {
                    return None;
                }
                End::TooMuch(format!("more than {} MiB on one connection", MOST_BYTES >> 20))
            }
            // However slowly something comes: it is no silence of a whole timeout.
            Err(error) if error.is_timeout() && Instant::now() >= self.deadline => {
                End::TooMuch("nothing more in the time that a case may take".to_owned())
            }
            Err(error) if error.is_timeout() => return Some(End::Silence(since.elapsed())),
            Err(Error::Lost(error)) => End::Reset(error.to_string()),
            Err(error) => End::Reset(error.with_stars().to_string()),
        };
        self.end = Some(end.clone());
        Some(end)
    }

    /// Puts the end into the record, behind what came and is no whole head or frame.
    fn tell_end(&mut self, end: End) -> End {
        if self.told {
            return end;
        }
        self.tell_unread();
        match &end {
            // More may come, and then it is told again.
            End::Silence(time) => return self.tell_silence(*time),
            End::Fin => self.tell(Way::Came, Passed::Fin),
            End::Reset(words) => self.tell(Way::Came, Passed::Reset(words.clone())),
            End::TooMuch(words) => self.tell(Way::Came, Passed::Remark(words.clone())),
        }
        if self.connection.ending() == Some(Ending::Truncated) {
            self.note("TLS was ended without close_notify: whoever reads cannot tell that from a cut (RFC 8446 s6.1)");
        }
        self.shared.borrow_mut().is_cut |= !self.is_done && matches!(end, End::Fin | End::Reset(_));
        self.told = true;
        end
    }

    fn tell_silence(&self, time: Duration) -> End {
        self.tell(Way::Came, Passed::Silence(time));
        End::Silence(time)
    }

    /// Puts what has come and was not taken into the record, when a case ends before it is whole.
    pub fn tell_rest(&mut self) {
        let unread = self.connection.unread();
        let is_whole = Header::decode(unread).is_some_and(|(header, len)| (unread.len() - len) as u64 >= header.length);
        if is_whole {
            // Nothing is waited for, and whatever it is is told.
            let _ = self.frame();
        }
        self.tell_unread();
    }

    /// What came and is no whole head or frame.
    fn tell_unread(&self) {
        let rest = self.connection.unread();
        if !rest.is_empty() {
            self.tell(Way::Came, Passed::Bytes(record::first(rest, FIRST), rest.len()));
        }
    }
}

impl End {
    /// In a few words, safe for a terminal.
    pub fn words(&self) -> String {
        match self {
            End::Fin => "the end of the connection (FIN)".to_owned(),
            End::Reset(words) => format!("a reset of the connection ({})", escape::text(words.as_bytes())),
            End::Silence(time) => format!("nothing for {:.1} s", time.as_secs_f64()),
            End::TooMuch(words) => words.clone(),
        }
    }
}

/// A data frame or not: what a text or binary message is made of.
pub fn is_data(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::Text | Opcode::Binary | Opcode::Continuation)
}
