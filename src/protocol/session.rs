//! A WebSocket after its opening handshake, as a value: bytes in, events and bytes out. No socket.
//!
//! ```text
//!            receive(bytes)                           next_event()
//!   peer ───────────────────▶ gate ──▶ tungstenite ───────────────▶ you
//!        ◀─────────────────── bytes_to_send() ◀──── send, ping, close
//! ```
//!
//! tungstenite unmasks, joins fragments, answers Pings, masks what a client sends; it reads from and writes to memory
//! here. The gate before it keeps back what tungstenite must not see.
//!
//! After a violation or a Close nothing more is read: the session has [ended](Session::ended), which is a state and not
//! an error. Everything that came before it in the same bytes is still answered, in order.
//!
//! Left out on purpose: extensions. The opening handshake declines them all.

use super::close::{self, Close};
use super::frame::Handmade;
use super::gate::{Gate, Scan, Stop};
use super::header::Header;
use super::opcode::Opcode;
use super::rules::{self, Violation};
use std::io::{self, Read, Write};
use tungstenite::protocol::frame::{CloseFrame, Frame, FrameHeader};
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Bytes, Utf8Bytes};

/// tungstenite's own buffers. It reads from memory here, so small ones cost no speed and save most of the memory of an
/// idle connection (its default is 128 KiB).
const TUNGSTENITE_BUFFER: usize = 1024;

/// Buffers larger than this are given back as soon as the message that needed them is done.
const KEEP_AT_MOST: u64 = 64 * 1024;

/// Buffers larger than this are given back when smaller messages follow.
const KEEP_USUALLY: u64 = 4 * 1024;

/// A whole message, whatever number of frames it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Opcode 1. Always valid UTF-8.
    Text(Utf8Bytes),
    /// Opcode 2. Any bytes.
    Binary(Bytes),
}

impl Message {
    /// The payload's bytes.
    pub fn payload(&self) -> &[u8] {
        match self {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(bytes) => bytes,
        }
    }
}

/// What the received bytes meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message is complete.
    Message(Message),
    /// A Ping; its Pong is already queued, unless our Close was sent before (s5.5.2, s5.5.3).
    Ping(Bytes),
    /// A Pong, asked for or not.
    Pong(Bytes),
    /// The peer's Close. If it was the first of the two, the reply is already queued (s5.5.1).
    Close(Close),
    /// The peer broke a rule; a Close that says so is already queued (s7.1.7).
    Failed(Violation),
}

/// One end of a WebSocket, in memory.
pub struct Session {
    role: Role,
    max_message: u64,
    tungstenite: WebSocketContext,
    gate: Gate,
    outgoing: Vec<u8>,
    state: State,
    /// The longest frame since the buffers were last small.
    largest: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Our Close is sent, the peer's has not come.
    Closing,
    Ended,
}

impl Session {
    /// An open session. `max_message` is the largest message it takes, in bytes, over all fragments.
    pub fn new(role: Role, max_message: u64) -> Session {
        Session {
            role,
            max_message,
            tungstenite: fresh_context(role, max_message),
            gate: Gate::new(role, max_message),
            outgoing: Vec::new(),
            state: State::Open,
            largest: 0,
        }
    }

    /// Takes what one read brought. Ask the answer for its events until there are none.
    pub fn receive<'a>(&'a mut self, bytes: &'a [u8]) -> Received<'a> {
        if self.state == State::Ended {
            return Received { session: self, input: &[], scan: Scan::default() };
        }
        let scan = self.gate.scan(bytes);
        Received { session: self, input: scan.good, scan }
    }

    /// Queues a message. After a Close nothing is queued, and the answer is `false` (s5.5.1: "The application MUST NOT
    /// send any more data frames after sending a Close frame").
    pub fn send(&mut self, message: Message) -> bool {
        match message {
            Message::Text(text) => self.send_frame(Opcode::Text, text.into()),
            Message::Binary(bytes) => self.send_frame(Opcode::Binary, bytes),
        }
    }

    /// Queues a Ping. A payload over 125 bytes is cut (s5.5).
    pub fn ping(&mut self, payload: &[u8]) -> bool {
        let len = payload.len().min(rules::MAX_CONTROL_PAYLOAD as usize);
        self.send_frame(Opcode::Ping, Bytes::copy_from_slice(&payload[..len]))
    }

    /// Queues a Pong that nobody asked for (s5.5.3 allows it). A payload over 125 bytes is cut.
    pub fn pong(&mut self, payload: &[u8]) -> bool {
        let len = payload.len().min(rules::MAX_CONTROL_PAYLOAD as usize);
        self.send_frame(Opcode::Pong, Bytes::copy_from_slice(&payload[..len]))
    }

    /// Queues bytes as they are, legal or not, to show what the peer does with them. A whole Close among them counts as
    /// ours: one that announces more bytes than it has is none before they have come, and one without FIN is a beginning.
    pub fn send_handmade(&mut self, frame: &Handmade) {
        let bytes = frame.encode();
        self.outgoing.extend_from_slice(&bytes);
        // Read back: a form that cannot hold the length says another.
        let is_whole = Header::decode(&bytes).is_some_and(|(said, _)| said.length <= frame.payload.len() as u64);
        if frame.opcode == Opcode::Close && frame.fin && is_whole && self.state == State::Open {
            self.state = State::Closing;
        }
    }

    /// Queues a Close and waits for the peer's (s7.1.2). A second call does nothing.
    pub fn close(&mut self, close: &Close) {
        if self.state == State::Open {
            self.queue_close(close);
            self.state = State::Closing;
        }
    }

    /// What is to be written to the peer now. Call [`Session::sent`] when it is.
    pub fn bytes_to_send(&self) -> &[u8] {
        &self.outgoing
    }

    /// Forgets [`Session::bytes_to_send`], and gives back a buffer that grew for a large message.
    pub fn sent(&mut self) {
        self.outgoing.clear();
        if self.outgoing.capacity() as u64 > KEEP_AT_MOST + super::header::MAX_LEN as u64 {
            self.outgoing = Vec::new();
        }
    }

    /// Whether our Close is queued or sent: no frame may follow it.
    pub fn close_sent(&self) -> bool {
        self.state != State::Open
    }

    /// Whether the bytes so far end inside a frame or between two fragments.
    pub fn is_inside_message(&self) -> bool {
        !self.gate.between_messages()
    }

    /// Whether all is said: both Closes, or one that fails the connection.
    pub fn ended(&self) -> bool {
        self.state == State::Ended
    }

    fn send_frame(&mut self, opcode: Opcode, payload: Bytes) -> bool {
        if self.state != State::Open {
            return false;
        }
        match self.role {
            // A server's frame is a header and the payload as it is, so it is written here and copied once.
            Role::Server => {
                Header::new(opcode, payload.len() as u64).encode(&mut self.outgoing);
                self.outgoing.extend_from_slice(&payload);
                true
            }
            Role::Client => self.send_masked(opcode, payload),
        }
    }

    /// s5.3: the masking key "needs to be unpredictable". tungstenite draws it and masks the payload.
    fn send_masked(&mut self, opcode: Opcode, payload: Bytes) -> bool {
        self.largest = self.largest.max(payload.len() as u64);
        let header = FrameHeader { opcode: opcode.encode().into(), ..FrameHeader::default() };
        let frame = Frame::from_payload(header, payload);
        let mut pipe = Pipe { input: &[], output: &mut self.outgoing };
        // The pipe takes everything, and the state above is the only other reason tungstenite has to say no.
        let written = self.tungstenite.write(&mut pipe, tungstenite::Message::Frame(frame));
        written.and_then(|()| self.tungstenite.flush(&mut pipe)).is_ok()
    }

    fn queue_close(&mut self, close: &Close) {
        // A reason that somebody else made may be too long for a control frame: Close::new cuts it.
        let frame = close.code.map(|code| {
            let Close { reason, .. } = Close::new(code, &close.reason);
            CloseFrame { code: code.into(), reason: reason.into() }
        });
        let mut pipe = Pipe { input: &[], output: &mut self.outgoing };
        // tungstenite never sees the peer's Close, so it has not closed by itself and this cannot fail.
        let _ = self.tungstenite.close(&mut pipe, frame);
    }

    fn fail(&mut self, violation: Violation) -> Event {
        if self.state == State::Open {
            self.queue_close(&violation.close());
        }
        self.state = State::Ended;
        Event::Failed(violation)
    }

    /// s5.5.1: "If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST send
    /// a Close frame in response. (When sending a Close frame in response, the endpoint typically echos the status code
    /// it received.)" A code is echoed without the reason, an empty Close by an empty one.
    fn answer_close(&mut self, payload: &[u8]) -> Event {
        let close = match Close::decode(payload) {
            Ok(close) => close,
            Err(fault) => return self.fail(Violation::of_close(fault)),
        };
        if self.state == State::Open {
            self.queue_close(&Close { code: close.code, reason: String::new() });
        }
        self.state = State::Ended;
        Event::Close(close)
    }

    /// tungstenite offers no way to shrink its buffers, but between messages there is nothing in them: a fresh one
    /// takes its place.
    fn give_back_large_buffers(&mut self) {
        let limit = if self.gate.largest_of_this_scan > KEEP_USUALLY { KEEP_AT_MOST } else { KEEP_USUALLY };
        if self.largest > limit && self.state == State::Open && self.gate.between_messages() {
            self.tungstenite = fresh_context(self.role, self.max_message);
            self.largest = 0;
        }
    }
}

/// What one read brought, event by event. Answers go through it, so that they stand in the order of the questions.
pub struct Received<'a> {
    session: &'a mut Session,
    /// What tungstenite has not read yet of the bytes that it may see.
    input: &'a [u8],
    /// All of those, and what ends the session after them.
    scan: Scan<'a>,
}

impl Received<'_> {
    /// The next event, or `None` when all that came is used up.
    pub fn next_event(&mut self) -> Option<Event> {
        if self.session.state == State::Ended {
            return None;
        }
        if let Some(event) = self.next_of_tungstenite() {
            return Some(event);
        }
        match self.scan.stop.take() {
            Some(Stop::Violation(violation)) => Some(self.session.fail(violation)),
            Some(Stop::Close(payload)) => Some(self.session.answer_close(&payload)),
            None => {
                self.session.give_back_large_buffers();
                None
            }
        }
    }

    /// The session, to answer the event just got.
    pub fn session(&mut self) -> &mut Session {
        self.session
    }

    fn next_of_tungstenite(&mut self) -> Option<Event> {
        let session = &mut *self.session;
        session.largest = session.largest.max(session.gate.largest_of_this_scan);
        loop {
            let mut pipe = Pipe { input: self.input, output: &mut session.outgoing };
            let read = session.tungstenite.read(&mut pipe);
            self.input = pipe.input;
            let event = match read {
                Ok(tungstenite::Message::Text(text)) => Event::Message(Message::Text(text)),
                Ok(tungstenite::Message::Binary(bytes)) => Event::Message(Message::Binary(bytes)),
                Ok(tungstenite::Message::Ping(payload)) => {
                    // Its Pong leaves now, so that what is said about the Ping comes after it.
                    let _ = session.tungstenite.flush(&mut pipe);
                    Event::Ping(payload)
                }
                Ok(tungstenite::Message::Pong(payload)) => Event::Pong(payload),
                // The gate keeps Close frames; raw frames are never handed out by `read`.
                Ok(tungstenite::Message::Close(_) | tungstenite::Message::Frame(_)) => continue,
                Err(tungstenite::Error::Io(_)) => return None, // the pipe is empty: more is needed
                // tungstenite must not be read again after an error, and is not: `fail` ends the session.
                Err(error) => session.fail(violation_of(error, &self.scan)),
            };
            return Some(event);
        }
    }
}

/// What tungstenite reads from and writes to: the bytes of one read, and the session's outgoing bytes.
struct Pipe<'i, 'o> {
    input: &'i [u8],
    output: &'o mut Vec<u8>,
}

impl Read for Pipe<'_, '_> {
    /// An empty pipe "would block"; an answer of 0 would mean that the peer has closed the connection.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.input.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.input.read(buffer)
    }
}

impl Write for Pipe<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn fresh_context(role: Role, max_message: u64) -> WebSocketContext {
    // Control frames do not count against the limit, but tungstenite would count them.
    let limit = usize::try_from(max_message.max(rules::MAX_CONTROL_PAYLOAD)).ok();
    let config = WebSocketConfig::default()
        .read_buffer_size(TUNGSTENITE_BUFFER)
        .write_buffer_size(TUNGSTENITE_BUFFER)
        .max_frame_size(limit)
        .max_message_size(limit);
    WebSocketContext::new(role, Some(config))
}

/// The gate lets tungstenite see only legal frames, so what is left to it is text that arrived whole.
fn violation_of(error: tungstenite::Error, scan: &Scan<'_>) -> Violation {
    match error {
        // It says that a text is wrong, and not where.
        tungstenite::Error::Utf8(_) => scan.refused_text().unwrap_or_else(|| Violation::not_utf8("text is not UTF-8")),
        other => Violation { code: close::PROTOCOL_ERROR, why: other.to_string(), section: "s7.1.7" },
    }
}
