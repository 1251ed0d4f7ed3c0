//! The HTTP head before the frames: is there one, where does it end, and is it a right opening handshake (RFC 6455 s4)?
//!
//! A request is judged as our server would judge it, with any origin and no subprotocol of its own. How an answer is
//! judged, [`super::answer`] says.
//!
//! A head that asks for no WebSocket breaks nothing: what follows it is a body.

use super::answer::{Asked, answer};
use crate::protocol::head::{self, Limits, Request};
use crate::protocol::upgrade::{self, Accepted, Policy, Step};
use tungstenite::protocol::Role;

/// The longest head that is waited for.
pub const MAX_HEAD: usize = 16 * 1024;

const LIMITS: Limits = Limits { max_head: MAX_HEAD, max_fields: 100 };

/// The longest method that is taken for one. The registry's longest, UPDATEREDIRECTREF, has 17 letters.
const LONGEST_METHOD: usize = 17;

/// What the first bytes of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// A request or an answer, as the role says who sends it.
    Head(Role),
    /// The record layer of TLS: everything inside is encrypted.
    Tls,
    /// Anything else.
    Frames,
    /// More bytes are needed to tell.
    Maybe,
}

/// A head, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Where in the stream it begins.
    pub offset: u64,
    /// All of it, or as much as was waited for.
    pub bytes: Vec<u8>,
    /// A request is a client's, an answer a server's.
    pub sender: Role,
    /// Whether the empty line at its end is there.
    pub whole: bool,
    /// Whether it asks for a WebSocket, or says that one begins.
    pub is_handshake: bool,
    /// The requirements of a handshake, one by one.
    pub steps: Vec<Step>,
    /// What is wrong.
    pub faults: Vec<Wrong>,
    /// Of a right request: what its key has to become.
    pub accepted: Option<Accepted>,
    /// Of a request for a WebSocket: what it asks for.
    pub asked: Option<Asked>,
    /// Whether it is an answer that was held to the request before it.
    pub is_compared: bool,
    /// Whether frames follow; else all that follows is a body, or another head.
    pub frames_follow: bool,
    /// Whether it can have no body, so that another head may follow.
    pub has_no_body: bool,
    /// Whether an extension is offered or agreed on, so that RSV bits may be its own.
    pub extension: bool,
}

/// A rule that a head breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// In words. Safe to show: what is quoted is escaped.
    pub why: String,
    /// The document and section: `RFC 6455 s4.1`.
    pub section: &'static str,
}

/// Tells a head from frames. Capital letters and a blank would be a frame with RSV bits and an opcode that nobody uses.
pub fn begins(bytes: &[u8]) -> Begins {
    const ANSWER: &[u8] = b"HTTP/";
    const TYPES_OF_TLS: std::ops::RangeInclusive<u8> = 0x14..=0x17;
    match bytes {
        [] => return Begins::Maybe,
        [kind] if TYPES_OF_TLS.contains(kind) => return Begins::Maybe,
        [kind, 3] if TYPES_OF_TLS.contains(kind) => return Begins::Maybe,
        // RFC 8446 s5.1: the type of the record, then a version that begins with 3.
        [kind, 3, 0..=4, ..] if TYPES_OF_TLS.contains(kind) => return Begins::Tls,
        _ if bytes.starts_with(ANSWER) => return Begins::Head(Role::Server),
        _ if ANSWER.starts_with(bytes) => return Begins::Maybe,
        _ => {}
    }
    match bytes.iter().position(|byte| !byte.is_ascii_uppercase()) {
        None if bytes.len() <= LONGEST_METHOD => Begins::Maybe,
        Some(3..=LONGEST_METHOD) if bytes.contains(&b' ') => Begins::Head(Role::Client),
        _ => Begins::Frames,
    }
}

/// Who has sent what may be the beginning of a head, when no more bytes come. One byte alone is taken for a frame's.
pub fn may_begin(bytes: &[u8]) -> Option<Role> {
    let letters = bytes.len() >= 2 && bytes.iter().all(u8::is_ascii_uppercase);
    letters.then_some(if b"HTTP/".starts_with(bytes) { Role::Server } else { Role::Client })
}

/// Whether the empty line has come that ends a head. Lines may end in LF alone; that is wrong, and said later.
pub fn is_whole(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\n\r\n") || bytes.ends_with(b"\n\n")
}

/// Judges a whole head. `asked` is what the request before an answer has asked for.
pub fn judge(offset: u64, bytes: Vec<u8>, sender: Role, asked: Option<&Asked>) -> Head {
    let blank = Head::unread(offset, Vec::new(), sender);
    let judged = match sender {
        Role::Client => request(&bytes, blank),
        Role::Server => answer(&bytes, blank, asked),
    };
    Head { bytes, whole: true, ..judged }
}

impl Head {
    /// A head of which nothing is known yet.
    fn unread(offset: u64, bytes: Vec<u8>, sender: Role) -> Head {
        Head {
            offset,
            bytes,
            sender,
            whole: false,
            is_handshake: false,
            steps: Vec::new(),
            faults: Vec::new(),
            accepted: None,
            asked: None,
            is_compared: false,
            frames_follow: false,
            has_no_body: false,
            extension: false,
        }
    }

    /// A head that the end of the stream has cut off.
    pub fn cut_off(offset: u64, bytes: Vec<u8>, sender: Role) -> Head {
        Head::unread(offset, bytes, sender)
    }

    /// A head that has not ended in [`MAX_HEAD`] bytes.
    pub fn endless(offset: u64, bytes: Vec<u8>, sender: Role) -> Head {
        let mut head = Head::unread(offset, bytes, sender);
        // RFC 9112 s2.1: a message is a start line, field lines, and "an empty line [...] indicating the end of the header
        // section".
        head.wrong(format!("no empty line ends this head in its first {MAX_HEAD} bytes"), "RFC 9112 s2.1");
        head
    }

    /// Takes note of a rule that is broken.
    pub(super) fn wrong(&mut self, why: impl Into<String>, section: &'static str) {
        self.faults.push(Wrong { why: why.into(), section });
    }
}

fn request(bytes: &[u8], mut judged: Head) -> Head {
    match head::parse(bytes, &LIMITS) {
        head::Parsed::Complete(request, _) => handshake(&request, judged),
        head::Parsed::Refused(refusal) => {
            judged.is_handshake = says(bytes, "upgrade", "websocket");
            judged.frames_follow = judged.is_handshake;
            judged.wrong(refusal.why, refusal.section);
            judged
        }
        head::Parsed::NeedMore => {
            judged.wrong("this is no request", "RFC 9112 s3");
            judged
        }
    }
}

fn handshake(request: &Request<'_>, mut judged: Head) -> Head {
    if let Err(refusal) = head::check_host(request) {
        judged.wrong(refusal.why, refusal.section);
    }
    // RFC 9112 s6.3: "If this is a request message and none of the above are true, then the message body length is zero".
    let has_body =
        request.values("content-length").any(|length| length != b"0") || request.value("transfer-encoding").is_some();
    judged.has_no_body = !has_body;
    let upgrade = request.has_token("upgrade", "websocket");
    // A key alone was meant for a WebSocket as well: something on the way may have taken Upgrade out.
    judged.is_handshake = upgrade || request.value("sec-websocket-key").is_some();
    if !judged.is_handshake {
        return judged;
    }
    judged.frames_follow = upgrade && !has_body;
    judged.extension = request.value("sec-websocket-extensions").is_some();
    let decision = upgrade::decide(request, &Policy::default());
    // The refusal has better words than its step, and is that of the first step not met.
    let mut refusal = decision.outcome.as_ref().err().map(|refusal| refusal.why.clone());
    for step in decision.steps.iter().filter(|step| !step.met) {
        judged.wrong(refusal.take().unwrap_or_else(|| step.found.clone()), step.section);
    }
    judged.accepted = decision.outcome.ok();
    judged.asked = Some(Asked::of(request, judged.accepted.as_ref()));
    judged.steps = decision.steps.into_iter().map(only_offered).collect();
    judged
}

/// Our server declines all extensions; the one that these bytes were for may not have.
fn only_offered(step: Step) -> Step {
    match step.met && step.found.starts_with("Sec-WebSocket-Extensions") {
        true => Step { why: "extensions offered; where the answer takes one, RSV bits are its business", ..step },
        false => step,
    }
}

/// Whether a head that could not be read has a line of this name with this word.
fn says(bytes: &[u8], name: &str, word: &str) -> bool {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .any(|(left, right)| left.trim() == name && right.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_told_from_frames_by_their_first_bytes() {
        let (client, server) = (Begins::Head(Role::Client), Begins::Head(Role::Server));
        let cases: [(&[u8], Begins); 14] = [
            (b"", Begins::Maybe),
            (b"H", Begins::Maybe),
            (b"HTTP", Begins::Maybe),
            (b"HTTP/", server),
            (b"HEAD", Begins::Maybe),
            (b"HEAD ", client),
            (b"GET ", client),
            (b"GETx", Begins::Frames),
            (b"GE ", Begins::Frames),
            (b"ABCDEFGHIJKLMNOPQR", Begins::Frames),
            (b"\x81", Begins::Frames),
            (b"\x16\x03", Begins::Maybe),
            (b"\x16\x03\x01", Begins::Tls),
            (b"\x16\x05", Begins::Frames),
        ];
        for (bytes, expected) in cases {
            assert_eq!(begins(bytes), expected, "{bytes:02x?}");
        }
        assert_eq!(
            (may_begin(b"H"), may_begin(b"HT"), may_begin(b"GE")),
            (None, Some(Role::Server), Some(Role::Client))
        );
        assert_eq!(may_begin(b"\x16\x03"), None);
    }

    #[test]
    fn a_key_alone_was_meant_for_a_websocket_and_no_frames_follow() {
        let text = b"GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        let head = judge(0, text.to_vec(), Role::Client, None);
        assert!(head.is_handshake && !head.frames_follow && head.accepted.is_none());
        assert!(head.faults[0].why.contains("Upgrade"), "{:?}", head.faults);
    }
}
