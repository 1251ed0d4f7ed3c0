//! The gate: looks at every frame before tungstenite does, and says how much of what came tungstenite may see.
//!
//! It has three jobs that tungstenite leaves undone. It refuses an illegal frame at its header, not after its payload. It
//! finds bad UTF-8 in a frame that is not complete yet. And it takes Close frames out of the stream, so that the session
//! answers them with a reason and a section, and lets 1014 pass, which tungstenite calls illegal.
//!
//! A text in one frame in one read it leaves to tungstenite, so that right text is checked once. When tungstenite refuses
//! one, the gate looks at it after all, to say which byte is wrong: the words do not depend on how the bytes came.

use super::header::Header;
use super::mask;
use super::opcode::Opcode;
use super::rules::{self, MessageInProgress, Violation};
use super::splitter::{Piece, Splitter};
use super::utf8::Utf8Checker;
use tungstenite::protocol::Role;

/// What ends a session, found by the gate.
pub(super) enum Stop {
    Violation(Violation),
    /// A Close frame is complete; its payload, unmasked.
    Close(Vec<u8>),
}

/// What a scan has found.
#[derive(Default)]
pub(super) struct Scan<'a> {
    /// The bytes that tungstenite may see.
    pub(super) good: &'a [u8],
    /// What comes after them.
    pub(super) stop: Option<Stop>,
    /// Where in a frame the stream stood before them.
    before: Splitter,
}

/// Looks at every frame before tungstenite does.
pub(super) struct Gate {
    role: Role,
    max_message: u64,
    splitter: Splitter,
    message: MessageInProgress,
    /// The frame whose payload is passing.
    frame: Option<Header>,
    /// Whether the payload passing belongs to a text message.
    in_text: bool,
    utf8: Utf8Checker,
    close_payload: Vec<u8>,
    /// The longest payload announced or passing in the bytes scanned last.
    pub(super) largest_of_this_scan: u64,
}

impl Gate {
    /// A gate at the start of a stream that `role` receives.
    pub(super) fn new(role: Role, max_message: u64) -> Gate {
        Gate {
            role,
            max_message,
            splitter: Splitter::default(),
            message: MessageInProgress::default(),
            frame: None,
            in_text: false,
            utf8: Utf8Checker::default(),
            close_payload: Vec::new(),
            largest_of_this_scan: 0,
        }
    }

    /// How much of `bytes` tungstenite may see, and what comes after that.
    pub(super) fn scan<'a>(&mut self, bytes: &'a [u8]) -> Scan<'a> {
        let before = self.splitter.clone();
        let (good, stop) = self.pass(bytes);
        Scan { good: &bytes[..good], stop, before }
    }

    fn pass(&mut self, bytes: &[u8]) -> (usize, Option<Stop>) {
        self.largest_of_this_scan = self.frame.map_or(0, |frame| frame.length);
        let mut rest = bytes;
        let mut good = if self.in_close() { 0 } else { bytes.len() };
        loop {
            let start = bytes.len() - rest.len();
            let stop = match self.splitter.next(&mut rest) {
                None => return (good, None),
                Some(Piece::Header(header)) => {
                    if header.opcode == Opcode::Close {
                        good = start;
                    }
                    self.on_header(header)
                }
                Some(Piece::Payload { bytes, offset, last }) => self.on_payload(bytes, offset, last),
            };
            if let Some(stop) = stop {
                return (good.min(start), Some(stop));
            }
        }
    }

    fn in_close(&self) -> bool {
        self.frame.is_some_and(|frame| frame.opcode == Opcode::Close)
    }

    /// Whether no message has begun that is not complete.
    pub(super) fn between_messages(&self) -> bool {
        self.splitter.between_frames() && self.message.opcode.is_none()
    }

    fn on_header(&mut self, header: Header) -> Option<Stop> {
        if let Err(violation) = rules::check(&header, self.role, &self.message, self.max_message) {
            return Some(Stop::Violation(violation));
        }
        if matches!(header.opcode, Opcode::Text | Opcode::Binary) {
            self.in_text = header.opcode == Opcode::Text;
            self.utf8 = Utf8Checker::default();
        }
        self.largest_of_this_scan = self.largest_of_this_scan.max(header.length);
        self.message.advance(&header);
        self.frame = Some(header);
        None
    }

    fn on_payload(&mut self, bytes: &[u8], offset: u64, last: bool) -> Option<Stop> {
        let header = if last { self.frame.take() } else { self.frame }?;
        match header.opcode {
            Opcode::Close => self.on_close_payload(&header, bytes, offset, last),
            Opcode::Ping | Opcode::Pong => None,
            // Left to tungstenite.
            _ if self.in_text && !is_whole_text(&header, offset, last) => {
                text_fault(&mut self.utf8, &header, bytes, offset, last).map(Stop::Violation)
            }
            _ => None,
        }
    }

    fn on_close_payload(&mut self, header: &Header, bytes: &[u8], offset: u64, last: bool) -> Option<Stop> {
        let start = self.close_payload.len();
        self.close_payload.extend_from_slice(bytes);
        if let Some(key) = header.mask {
            mask::apply(key, offset, &mut self.close_payload[start..]);
        }
        last.then(|| Stop::Close(std::mem::take(&mut self.close_payload)))
    }
}

impl Scan<'_> {
    /// What is wrong with the text that tungstenite has refused: with the first one of those left to it that is wrong.
    #[cold]
    pub(super) fn refused_text(&self) -> Option<Violation> {
        let (mut splitter, mut rest) = (self.before.clone(), self.good);
        let mut frame = splitter.frame_in_progress().map(|(header, _)| header);
        while let Some(piece) = splitter.next(&mut rest) {
            match (piece, frame) {
                (Piece::Header(header), _) => frame = Some(header),
                (Piece::Payload { bytes, offset, last }, Some(header)) if is_whole_text(&header, offset, last) => {
                    let fault = text_fault(&mut Utf8Checker::default(), &header, bytes, offset, last);
                    if fault.is_some() {
                        return fault;
                    }
                }
                (Piece::Payload { .. }, _) => {}
            }
        }
        None
    }
}

/// Whether a payload that came in one part is all of a text message.
fn is_whole_text(header: &Header, offset: u64, last: bool) -> bool {
    header.fin && header.opcode == Opcode::Text && offset == 0 && last
}

/// s8.1: "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a valid
/// UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_." Here a part of it ends, or with `last` a frame.
#[inline(never)] // its scratch space shall not lie on the stack of every message
fn text_fault(utf8: &mut Utf8Checker, header: &Header, bytes: &[u8], offset: u64, last: bool) -> Option<Violation> {
    let key = header.mask.unwrap_or_default(); // a key of zeros changes nothing
    if let Err(bad) = utf8.push_masked(key, offset, bytes) {
        let place = offset + bad.at as u64;
        let byte = bytes[bad.at] ^ key[(place % 4) as usize];
        return Some(Violation::bad_byte(byte, place));
    }
    (header.fin && last && !utf8.is_complete()).then(Violation::half_a_character)
}
