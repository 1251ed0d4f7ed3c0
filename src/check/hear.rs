//! What a server says, message by message: what most cases look at.
//!
//! A server may cut its own messages into fragments (RFC 6455 s5.4) and send a Ping or a Pong whenever it likes (s5.5.2,
//! s5.5.3). So a message is put together here, a Ping of the server's is answered, and either is noted.

use super::link::{End, Frame, Link};
use crate::protocol::close::{Close, Fault};
use crate::protocol::frame::Handmade;
use crate::protocol::header::Header;
use crate::protocol::opcode::Opcode;
use crate::wire::{escape, lines};

/// What is put together of the fragments of one message.
const LONGEST: usize = 8 << 20;

/// How much of a payload is repeated, in bytes.
pub const EXCERPT: usize = 40;

/// Why a Ping with the payload of one that was sent is wrong.
const PING_BACK: &str = "the Ping came back as a Ping";

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A whole message.
    Message(Message),
    /// A Pong with this payload.
    Pong(Vec<u8>),
    /// A Close with this payload.
    Close(Vec<u8>),
    /// A frame that has no place where it stands: which, and why.
    Wrong(Frame, &'static str),
    /// Nothing more.
    End(End),
}

/// A text or binary message, unmasked and put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Text or binary.
    pub opcode: Opcode,
    /// All of it.
    pub payload: Vec<u8>,
    /// The headers of its frames.
    pub frames: Vec<Header>,
}

impl Link {
    /// The next thing that a server says, but its Pings: they are answered.
    pub fn hear(&mut self) -> Heard {
        loop {
            let frame = match self.frame() {
                Ok(frame) => frame,
                Err(end) => return Heard::End(end),
            };
            match (frame.header.opcode, &mut self.message) {
                // Two empty ones may be the same by chance.
                (Opcode::Ping, _) if !frame.payload.is_empty() && self.heartbeat.is_ours(&frame.payload) => {
                    return Heard::Wrong(frame, PING_BACK);
                }
                (Opcode::Ping, _) => self.answer_ping(&frame),
                // Between fragments they are legal, and their place says when the server has answered.
                (Opcode::Pong, _) => match self.heartbeat.of_nobody(&frame.payload) {
                    Some(words) => self.note(words),
                    None => return Heard::Pong(frame.payload),
                },
                (Opcode::Close, _) => return Heard::Close(frame.payload),
                (Opcode::Reserved(_), _) => return Heard::Wrong(frame, "its opcode is reserved (s5.2)"),
                (Opcode::Continuation, None) => return Heard::Wrong(frame, "there is no message to continue (s5.4)"),
                (Opcode::Continuation, Some(message)) => {
                    message.add(frame);
                    if message.payload.len() > LONGEST {
                        let words = format!("a message of more than {} MiB, in fragments", LONGEST >> 20);
                        return Heard::End(self.too_much(words));
                    }
                }
                (Opcode::Text | Opcode::Binary, Some(_)) => {
                    return Heard::Wrong(frame, "a message begins inside of another one (s5.4)");
                }
                (_, none) => *none = Some(Message::begin(frame)),
            }
            if let Some(whole) = self.message.take_if(|message| message.is_whole()) {
                return self.whole(whole);
            }
        }
    }

    /// How the next frame that is no Ping begins: so many bytes of it, as soon as they are there. They are not taken.
    pub fn peek_frame(&mut self, count: usize) -> Result<Vec<u8>, End> {
        loop {
            let begin = self.peek(count)?;
            if Opcode::decode(begin.first().copied().unwrap_or_default()) != Opcode::Ping {
                return Ok(begin);
            }
            let ping = self.frame()?;
            self.answer_ping(&ping);
        }
    }

    fn whole(&self, message: Message) -> Heard {
        if message.frames.len() > 1 {
            self.note("the answer came in fragments: legal, for a sender may cut its messages as it likes (s5.4)");
        }
        Heard::Message(message)
    }

    /// What has the payload of a Ping of ours is not answered: the server's answer to that would look like the Pong.
    fn answer_ping(&mut self, ping: &Frame) {
        self.pinged = Some(ping.payload.clone());
        if self.heartbeat.is_ours(&ping.payload) {
            return;
        }
        // Where Pings were sent it may be one of them that comes back, whatever it looks like.
        if !self.heartbeat.has_asked() {
            self.note("the server sends Pings of its own: legal (s5.5.2)");
        }
        let pong =
            Handmade { mask: Some([0x5a, 0xa5, 0x3c, 0xc3]), ..Handmade::new(Opcode::Pong, ping.payload.clone()) };
        self.send(&pong);
    }
}

impl Message {
    fn begin(frame: Frame) -> Message {
        Message { opcode: frame.header.opcode, payload: frame.payload, frames: vec![frame.header] }
    }

    fn add(&mut self, frame: Frame) {
        self.payload.extend_from_slice(&frame.payload);
        self.frames.push(frame.header);
    }

    fn is_whole(&self) -> bool {
        self.frames.last().is_some_and(|header| header.fin)
    }
}

impl Heard {
    /// In a few words, safe for a terminal.
    pub fn words(&self) -> String {
        match self {
            Heard::Message(message) => message_words(message.opcode, &message.payload),
            Heard::Pong(payload) => format!("a Pong {}", payload_words(Opcode::Pong, payload)),
            Heard::Close(payload) => format!("a Close {}", close_words(payload)),
            Heard::Wrong(frame, why) => format!("{}: {why}", lines::frame(&frame.header, &frame.payload)),
            Heard::End(end) => end.words(),
        }
    }
}

/// `text of 5 bytes "Hello"`.
pub fn message_words(opcode: Opcode, payload: &[u8]) -> String {
    let kind = if opcode == Opcode::Binary { "binary" } else { "text" };
    format!("{kind} {}", payload_words(opcode, payload))
}

/// `of 5 bytes "Hello"`.
pub fn payload_words(opcode: Opcode, payload: &[u8]) -> String {
    let count = payload.len();
    let bytes = if count == 1 { "1 byte" } else { &format!("{count} bytes") };
    match (payload, opcode) {
        ([], _) => "without payload".to_owned(),
        // A Pong has what a Ping had, and that is often text.
        (_, opcode) if opcode == Opcode::Text || opcode == Opcode::Pong && is_printable(payload) => {
            format!("of {bytes} {}", escape::quoted(payload, count as u64, EXCERPT))
        }
        _ => {
            let more = if count > EXCERPT / 2 { " ..." } else { "" };
            format!("of {bytes} [{}{more}]", lines::hex(&payload[..count.min(EXCERPT / 2)]))
        }
    }
}

fn is_printable(payload: &[u8]) -> bool {
    payload.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// `1002 protocol error`, `without a code`.
pub fn close_words(payload: &[u8]) -> String {
    match Close::decode(payload) {
        Ok(Close { code: None, .. }) => "without a code".to_owned(),
        // Its reason may hold what a terminal must not be given, even when it is printable.
        Ok(close) => escape::again(&close.to_string()),
        Err(Fault::HalfACode) => "with a payload of 1 byte, which is half a code".to_owned(),
        Err(Fault::MayNotTravel(code)) => format!("{code}, a code that must not be sent (s7.4)"),
        Err(Fault::ReasonNotUtf8) => {
            format!("with a reason that is no UTF-8 [{}]", lines::hex(&payload[..payload.len().min(EXCERPT / 2)]))
        }
    }
}
