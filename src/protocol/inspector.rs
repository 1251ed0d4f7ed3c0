//! A byte stream, judged and not stopped.
//!
//! An endpoint fails the connection at the first fault (RFC 6455 s7.1.7). Who looks at bytes to learn from them wants the
//! next fault as well, so the inspector goes on, and takes what is wrong for what it most likely was meant to be:
//!
//! - A frame with a fault in its header is taken as its other bits say. Its payload is unmasked whenever there is a key.
//! - RSV bits mean that an extension may have changed the payload: text is not asked to be UTF-8 then.
//! - A frame with a reserved opcode belongs to no message, and neither does a continuation when there is none to continue.
//! - A new message inside an unfinished one takes its place. The older one never ends.
//! - After a Close only data frames are wrong (s5.5.1); they make messages all the same.
//! - Text that has stopped being UTF-8 is not judged further, up to its message's end.
//!
//! Without a word about who sends, the MASK bit of the first frame decides (s5.1: only a client masks), and all others are
//! held to that. Memory is bounded whatever comes: the first bytes of one payload and of one message, as many as are
//! asked for. Where none are, a legal frame costs no allocation.

use super::close::{self, Close};
use super::header::Header;
use super::mask;
use super::opcode::Opcode;
use super::rules::{self, MAX_CONTROL_PAYLOAD, MessageInProgress, Violation};
use super::splitter::{Piece, Splitter};
use super::truncated;
use super::utf8::Utf8Checker;
use tungstenite::protocol::Role;

pub use super::truncated::PartialHeader;

/// One frame, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Where in the stream its first byte stands.
    pub offset: u64,
    /// What its header says.
    pub header: Header,
    /// How many bytes of its payload have come.
    pub passed: u64,
    /// The first of them as they passed, still masked.
    pub payload: Vec<u8>,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// The message that it completes.
    pub message: Option<Message>,
}

/// A message, put together from its frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where in the stream its first frame stands.
    pub offset: u64,
    /// Text or binary.
    pub opcode: Opcode,
    /// How many frames it has.
    pub frames: u64,
    /// The bytes of their payloads together.
    pub length: u64,
    /// The first of them, unmasked.
    pub payload: Vec<u8>,
}

/// Something wrong with a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The rule that is broken, its section, and the code of the Close it would bring.
    pub violation: Violation,
    /// The byte of the payload that broke it, where one did.
    pub place: Option<Place>,
}

/// Where a byte stands. Text that ends inside a character is wrong right behind its last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// In the payload of its frame.
    pub in_payload: u64,
    /// In the stream.
    pub in_stream: u64,
}

/// What the end of the stream has cut off. None of it is a fault: the bytes may come later.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unfinished {
    /// The first bytes of a header.
    pub header: Option<PartialHeader>,
    /// A frame whose payload is not complete.
    pub frame: Option<Frame>,
    /// A message whose last frame has not begun, or not ended.
    pub message: Option<Message>,
}

/// The eye on one direction of a connection.
#[derive(Debug)]
pub struct Inspector {
    sender: Option<Role>,
    keep: usize,
    /// RSV bits are an extension's business.
    extension: bool,
    splitter: Splitter,
    /// Where the next frame begins.
    offset: u64,
    frame: Option<Frame>,
    message: Option<Gathered>,
    /// The payload of a Close, unmasked; no more of it than is legal.
    close: Vec<u8>,
    closed: bool,
}

/// A message in progress.
#[derive(Debug)]
struct Gathered {
    message: Message,
    /// Only while text is to be judged.
    utf8: Option<Utf8Checker>,
}

impl Frame {
    /// Whether all of its payload has come.
    pub fn is_complete(&self) -> bool {
        self.passed == self.header.length
    }

    /// What was kept of the payload, unmasked.
    pub fn plain(&self) -> Vec<u8> {
        let mut plain = self.payload.clone();
        mask::apply(self.key(), 0, &mut plain);
        plain
    }

    /// A key of zeros changes nothing.
    fn key(&self) -> [u8; 4] {
        self.header.mask.unwrap_or_default()
    }

    fn fault_at(&mut self, violation: Violation, in_payload: u64) {
        let in_stream = self.offset + self.header.encoded_len() as u64 + in_payload;
        self.faults.push(Fault { violation, place: Some(Place { in_payload, in_stream }) });
    }

    fn fault(&mut self, violation: Violation) {
        self.faults.push(Fault { violation, place: None });
    }
}

impl Inspector {
    /// An inspector at byte `offset` of what `sender` sends; `None`: the first frame tells who that is. `keep` is how many
    /// bytes of each payload and each message are kept.
    pub fn new(sender: Option<Role>, offset: u64, keep: usize) -> Inspector {
        Inspector {
            sender,
            keep,
            extension: false,
            splitter: Splitter::default(),
            offset,
            frame: None,
            message: None,
            close: Vec::new(),
            closed: false,
        }
    }

    /// An extension was agreed on, so RSV bits are not judged (s5.2: "unless an extension is negotiated").
    #[must_use]
    pub fn with_extension(mut self) -> Inspector {
        self.extension = true;
        self
    }

    /// Who sends, as was said or seen.
    pub fn sender(&self) -> Option<Role> {
        self.sender
    }

    /// The next whole frame in `rest`, which is moved past it. `None`: all of it is used up.
    pub fn next(&mut self, rest: &mut &[u8]) -> Option<Frame> {
        loop {
            match self.splitter.next(rest)? {
                Piece::Header(header) => self.on_header(header),
                Piece::Payload { bytes, offset, last } => {
                    self.on_payload(bytes, offset);
                    if let Some(frame) = if last { self.on_end() } else { None } {
                        return Some(frame);
                    }
                }
            }
        }
    }

    /// The stream has ended.
    pub fn finish(self) -> Unfinished {
        let bytes = self.splitter.header_in_progress();
        let header = (!bytes.is_empty()).then(|| PartialHeader {
            offset: self.offset,
            bytes: bytes.to_vec(),
            missing: Header::bytes_needed(bytes).saturating_sub(bytes.len()),
            faults: self.partial_faults(bytes),
        });
        // A message that lacks but the rest of its only frame is that frame.
        let is_that_frame = self.frame.as_ref().is_some_and(|frame| frame.header.fin);
        let message = self.message.map(|gathered| gathered.message).filter(|told| told.frames > 0 || !is_that_frame);
        Unfinished { header, frame: self.frame, message }
    }

    fn partial_faults(&self, bytes: &[u8]) -> Vec<Violation> {
        let so_far = self.message.as_ref().map_or(MessageInProgress::default(), Gathered::in_progress);
        let mut found = truncated::judge(bytes, self.sender.map(other), self.extension, &so_far);
        let is_control = bytes.first().is_none_or(|first| Opcode::decode(*first).is_control());
        found.extend((self.closed && !is_control).then(after_close));
        found
    }

    fn on_header(&mut self, header: Header) {
        let guess = if header.mask.is_some() { Role::Client } else { Role::Server };
        let sender = *self.sender.get_or_insert(guess);
        let frame =
            Frame { offset: self.offset, header, passed: 0, payload: Vec::new(), faults: Vec::new(), message: None };
        let frame = self.frame.insert(frame);
        let so_far = self.message.as_ref().map_or(MessageInProgress::default(), Gathered::in_progress);
        let judged = Header { rsv: if self.extension { 0 } else { header.rsv }, ..header };
        let receiver = other(sender);
        // The list of all faults costs more than the answer that there is none.
        if rules::check(&judged, receiver, &so_far, u64::MAX).is_err() {
            rules::all(&judged, receiver, &so_far, u64::MAX).into_iter().for_each(|violation| frame.fault(violation));
        }
        if self.closed && !header.opcode.is_control() {
            frame.fault(after_close());
        }
        if matches!(header.opcode, Opcode::Text | Opcode::Binary) {
            self.message = Some(Gathered::new(header.opcode, self.offset));
        }
        if let Some(gathered) = self.message.as_mut().filter(|_| header.rsv != 0 && is_data(header.opcode)) {
            gathered.utf8 = None;
        }
    }

    fn on_payload(&mut self, bytes: &[u8], offset: u64) {
        let Some(frame) = &mut self.frame else { return };
        frame.passed += bytes.len() as u64;
        keep(&mut frame.payload, bytes, self.keep);
        if frame.header.opcode == Opcode::Close {
            keep_plain(&mut self.close, bytes, MAX_CONTROL_PAYLOAD as usize, frame.key(), offset);
        }
        if let Some(gathered) = self.message.as_mut().filter(|_| is_data(frame.header.opcode)) {
            keep_plain(&mut gathered.message.payload, bytes, self.keep, frame.key(), offset);
            gathered.message.length += bytes.len() as u64;
            gathered.check_text(frame, bytes, offset);
        }
    }

    fn on_end(&mut self) -> Option<Frame> {
        let mut frame = self.frame.take()?;
        self.offset = self.offset.saturating_add(frame.header.encoded_len() as u64).saturating_add(frame.passed);
        if frame.header.opcode == Opcode::Close {
            self.judge_close(&mut frame);
        }
        if is_data(frame.header.opcode)
            && let Some(mut gathered) = self.message.take()
        {
            gathered.message.frames += 1;
            if frame.header.fin {
                gathered.judge_end(&mut frame);
                frame.message = Some(gathered.message);
            } else {
                self.message = Some(gathered);
            }
        }
        Some(frame)
    }

    /// A payload that is too long for a control frame was refused for that, and is not read further.
    fn judge_close(&mut self, frame: &mut Frame) {
        self.closed = true;
        let payload = std::mem::take(&mut self.close);
        if frame.header.length > MAX_CONTROL_PAYLOAD {
            return;
        }
        match Close::decode(&payload) {
            Err(close::Fault::ReasonNotUtf8) => {
                let bad = bad_byte(&payload[2..]);
                frame.fault_at(Violation::of_close(close::Fault::ReasonNotUtf8), 2 + bad as u64);
            }
            Err(fault) => frame.fault(Violation::of_close(fault)),
            Ok(_) => {}
        }
    }
}

impl Gathered {
    fn new(opcode: Opcode, offset: u64) -> Gathered {
        let message = Message { offset, opcode, frames: 0, length: 0, payload: Vec::new() };
        Gathered { message, utf8: (opcode == Opcode::Text).then(Utf8Checker::default) }
    }

    fn in_progress(&self) -> MessageInProgress {
        MessageInProgress { opcode: Some(self.message.opcode), length: self.message.length }
    }

    /// s8.1: a byte stream that is to be UTF-8 and is not fails the connection.
    fn check_text(&mut self, frame: &mut Frame, bytes: &[u8], offset: u64) {
        let Some(utf8) = &mut self.utf8 else { return };
        let key = frame.key();
        if let Err(bad) = utf8.push_masked(key, offset, bytes) {
            self.utf8 = None;
            let place = offset + bad.at as u64;
            let byte = bytes[bad.at] ^ key[(place % 4) as usize];
            frame.fault_at(Violation::bad_byte(byte, place), place);
        }
    }

    /// s5.6: text is UTF-8 as a message; a frame may end inside a character, a message may not.
    fn judge_end(&self, frame: &mut Frame) {
        if self.utf8.is_some_and(|utf8| !utf8.is_complete()) {
            frame.fault_at(Violation::half_a_character(), frame.passed);
        }
    }
}

fn other(end: Role) -> Role {
    if end == Role::Client { Role::Server } else { Role::Client }
}

/// s5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."
fn after_close() -> Violation {
    Violation::protocol("s5.5.1", "a data frame after the Close")
}

/// Whether a frame with this opcode is a part of a message.
fn is_data(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::Continuation | Opcode::Text | Opcode::Binary)
}

/// The first byte that is wrong, or the end of what is not complete.
fn bad_byte(bytes: &[u8]) -> usize {
    Utf8Checker::default().push(bytes).map_or_else(|bad| bad.at, |()| bytes.len())
}

/// Appends of `bytes` what makes `kept` at most `most` long.
fn keep(kept: &mut Vec<u8>, bytes: &[u8], most: usize) {
    let taken = bytes.len().min(most.saturating_sub(kept.len()));
    kept.extend_from_slice(&bytes[..taken]);
}

/// The same, unmasked: `offset` is where in its frame's payload the first of `bytes` stands.
fn keep_plain(kept: &mut Vec<u8>, bytes: &[u8], most: usize, key: [u8; 4], offset: u64) {
    let start = kept.len();
    keep(kept, bytes, most);
    mask::apply(key, offset, &mut kept[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inspect(inspector: Inspector, stream: &[u8]) -> (Vec<Frame>, Unfinished) {
        let (mut inspector, mut rest) = (inspector, stream);
        let frames = std::iter::from_fn(|| inspector.next(&mut rest)).collect();
        (frames, inspector.finish())
    }

    /// A stream, and what is wrong with each of its frames: the close code and the section.
    type Case = (&'static [u8], &'static [&'static [(u16, &'static str)]]);

    /// Each frame's faults.
    fn faults(sender: Role, stream: &[u8]) -> Vec<Vec<(u16, &'static str)>> {
        let (frames, unfinished) = inspect(Inspector::new(Some(sender), 0, 0), stream);
        let all = frames.iter().chain(&unfinished.frame);
        let told = |fault: &Fault| (fault.violation.code, fault.violation.section);
        all.map(|frame| frame.faults.iter().map(told).collect()).collect()
    }

    #[test]
    fn it_goes_on_after_every_fault() {
        let cases: [Case; 11] = [
            (b"\xc1\x01\xff\x81\x01a", &[&[(1002, "s5.2")], &[]]), // RSV: what it carries is no longer asked to be text
            (b"\x03\x00\x83\x00", &[&[(1002, "s5.2")], &[(1002, "s5.2")]]),
            (b"\x81\x81\x00\x00\x00\x00a\x81\x01a", &[&[(1002, "s5.1")], &[]]),
            (b"\x09\x7e\x00\x01a", &[&[(1002, "s5.2"), (1002, "s5.5")]]),
            (b"\x80\x00\x00\x00\x81\x00", &[&[(1002, "s5.4")], &[(1002, "s5.4")], &[]]),
            (b"\x01\x01a\x81\x01b\x80\x01c", &[&[], &[(1002, "s5.4")], &[(1002, "s5.4")]]),
            (
                b"\x88\x01\x03\x88\x02\x03\xed\x89\x00\x80\x00",
                &[&[(1002, "s5.5.1")], &[(1002, "s7.4")], &[], &[(1002, "s5.4"), (1002, "s5.5.1")]],
            ),
            (b"\x88\x03\x03\xe8\xff", &[&[(1007, "s8.1")]]),
            (b"\x01\x02\xce\xba\x89\x00\x80\x02\xff\xff", &[&[], &[], &[(1007, "s8.1")]]),
            (b"\x01\x01\xce\x80\x00", &[&[], &[(1007, "s8.1")]]),
            (b"\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00xx", &[&[(1002, "s5.2")]]),
        ];
        for (stream, expected) in cases {
            assert_eq!(faults(Role::Server, stream), expected, "{stream:02x?}");
        }
    }

    #[test]
    fn messages_are_put_together_across_fragments_and_control_frames() {
        let stream = b"\x01\x83\x01\x01\x01\x01Idm\x89\x80\x00\x00\x00\x00\x80\x82\x02\x02\x02\x02nm";
        let (frames, unfinished) = inspect(Inspector::new(None, 100, 4), stream);
        let message = Message { offset: 100, opcode: Opcode::Text, frames: 2, length: 5, payload: b"Hell".to_vec() };
        assert_eq!(frames.iter().map(|frame| frame.offset).collect::<Vec<_>>(), [100, 109, 115]);
        assert_eq!((frames[0].plain(), &frames[2].message), (b"Hel".to_vec(), &Some(message)));
        assert_eq!(unfinished, Unfinished::default());
        assert!(frames.iter().all(|frame| frame.faults.is_empty() && frame.is_complete()));
    }

    #[test]
    fn a_bad_byte_has_its_place_in_the_payload_and_in_the_stream() {
        let (frames, _) = inspect(Inspector::new(None, 7, 0), b"\x81\x00\x81\x84\x01\x02\x03\x04bc\xfcf\x81\x01\xc3");
        let place = |at: usize| frames[at].faults.iter().find_map(|fault| fault.place);
        assert_eq!(frames[1].faults[1].violation.why, "text is not UTF-8: byte ff at 2 of its frame");
        assert_eq!(place(1), Some(Place { in_payload: 2, in_stream: 7 + 2 + 6 + 2 }));
        assert_eq!(place(2), Some(Place { in_payload: 1, in_stream: 7 + 2 + 10 + 2 + 1 }));
    }

    #[test]
    fn who_sends_is_guessed_once_and_held_to() {
        let mut inspector = Inspector::new(None, 0, 0);
        let mut rest = &b"\x81\x80\x00\x00\x00\x00\x81\x00"[..];
        assert_eq!(inspector.sender(), None);
        let frames: Vec<Frame> = std::iter::from_fn(|| inspector.next(&mut rest)).collect();
        assert_eq!(inspector.sender(), Some(Role::Client));
        assert_eq!((frames[0].faults.len(), frames[1].faults[0].violation.section), (0, "s5.1"));
    }

    #[test]
    fn an_extension_may_use_the_rsv_bits() {
        let (frames, _) = inspect(Inspector::new(None, 0, 0).with_extension(), b"\xc1\x02\xff\xff\x81\x01\xff");
        assert_eq!(frames.iter().map(|frame| frame.faults.len()).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn the_end_says_what_is_missing() {
        let end = |stream: &[u8]| inspect(Inspector::new(None, 0, 9), stream).1;
        let header = |missing, bytes: &[u8]| {
            Some(PartialHeader { offset: 0, bytes: bytes.to_vec(), missing, faults: Vec::new() })
        };
        assert_eq!(end(b"\x81").header, header(1, b"\x81"));
        assert_eq!(end(b"\x81\xfe\x00").header, header(5, b"\x81\xfe\x00"));
        let inside = end(b"\x81\x05He");
        assert_eq!(inside.frame.map(|frame| (frame.passed, frame.payload)), Some((2, b"He".to_vec())));
        assert_eq!((inside.header, inside.message), (None, None));
        let open = end(b"\x01\x03Hel\x80\x02l");
        let message = Message { offset: 0, opcode: Opcode::Text, frames: 1, length: 4, payload: b"Hell".to_vec() };
        assert_eq!((open.frame.map(|frame| frame.offset), open.message), (Some(5), Some(message)));
    }
}
