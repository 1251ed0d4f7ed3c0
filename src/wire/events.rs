//! The words of the `info` lines: what happened on a connection, the same at both ends.

use super::escape;
use crate::protocol::close::{Close, meaning};
use crate::protocol::rules::Violation;
use crate::protocol::session::Message;
use std::time::Duration;

/// `message text 5 bytes`
pub fn message(message: &Message) -> String {
    let (kind, len) = match message {
        Message::Text(text) => ("text", text.len()),
        Message::Binary(bytes) => ("binary", bytes.len()),
    };
    format!("message {kind} {}", bytes(len as u64))
}

/// `close 1000 normal closure, by the client`: whose Close came first.
pub fn close(close: &Close, by: &str) -> String {
    format!("close {close}, by {by}")
}

/// `close answered by the client: 1000 normal closure`
pub fn close_answered(close: &Close, by: &str) -> String {
    format!("close answered by {by}: {close}")
}

/// `error a frame from a client must be masked (RFC 6455 s5.1): close 1002 protocol error, by this server`
pub fn failed(violation: &Violation, by: &str) -> String {
    let Violation { code, why, section } = violation;
    format!("error {why} (RFC 6455 {section}): close {code} {}, by {by}", meaning(*code))
}

/// The same when our Close was sent before, and none can follow.
pub fn failed_after_close(violation: &Violation) -> String {
    let Violation { why, section, .. } = violation;
    format!("error {why} (RFC 6455 {section}), after our Close")
}

/// `Ping "1"`, `Pong` without a payload.
pub fn control(name: &str, payload: &[u8]) -> String {
    let shown = escape::quoted(payload, payload.len() as u64, payload.len());
    if payload.is_empty() { name.to_owned() } else { format!("{name} {shown}") }
}

/// `Pong after 1.2ms`: the answer to a Ping of ours. `None`: nobody asked.
pub fn pong(after: Option<Duration>) -> String {
    match after {
        Some(after) => format!("Pong after {after:.1?}"),
        // s5.5.3: "A Pong frame MAY be sent unsolicited. [...] A response to an unsolicited Pong frame is not
        // expected."
        None => "a Pong that was not asked for".to_owned(),
    }
}

/// `ended after 2.0s; messages: 1 in, 1 out; bytes: 174 in, 140 out`
pub fn ended(after: Duration, messages: (u64, u64), bytes: (u64, u64)) -> String {
    let ((messages_in, messages_out), (bytes_in, bytes_out)) = (messages, bytes);
    format!(
        "ended after {after:.1?}; messages: {messages_in} in, {messages_out} out; bytes: {bytes_in} in, {bytes_out} out"
    )
}

/// `1 byte`, `5 bytes`
pub fn bytes(count: u64) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_peer_said_is_escaped() {
        assert_eq!(control("Ping", b"a\x1b[2J"), "Ping \"a\\u{1b}[2J\"");
        assert_eq!(control("Pong", b""), "Pong");
        let close_frame = Close::new(4000, "a\u{7}");
        assert_eq!(close(&close_frame, "the client"), "close 4000 an application's own \"a\\u{7}\", by the client");
    }
}
