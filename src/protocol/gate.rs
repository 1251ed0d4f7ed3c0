//! The gate: looks at every frame before tungstenite does, and says how much of what came tungstenite may see.
//!
//! It has three jobs that tungstenite leaves undone. It refuses an illegal frame at its header, not after its payload. It
//! finds bad UTF-8 in a frame that is not complete yet. And it takes Close frames out of the stream, so that the session
//! answers them with a reason and a section, and lets 1014 pass, which tungstenite calls illegal.

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

    /// How many of `bytes` tungstenite may see, and what comes after them.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> (usize, Option<Stop>) {
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
            _ if self.in_text => {
                // A message in one frame in one read is left to tungstenite, which checks it whole.
                let whole = header.fin && header.opcode == Opcode::Text && offset == 0 && last;
                if whole { None } else { self.check_text(&header, bytes, offset) }
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

    /// s8.1: "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a
    /// valid UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_."
    #[inline(never)] // its scratch space shall not lie on the stack of every message
    fn check_text(&mut self, header: &Header, bytes: &[u8], offset: u64) -> Option<Stop> {
        let key = header.mask.unwrap_or_default(); // a key of zeros changes nothing
        let bad = self.utf8.push_masked(key, offset, bytes).err()?;
        let place = offset + bad.at as u64;
        let byte = bytes[bad.at] ^ key[(place % 4) as usize];
        Some(Stop::Violation(Violation::bad_byte(byte, place)))
    }
}
