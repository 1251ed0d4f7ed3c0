//! A whole frame of a server as bytes: header and payload, unmasked (RFC 6455 s5.2). For what is said to many and not by
//! one session: an event on its way to all who follow the feed, the Close of a server that stops.

use super::close::Close;
use super::header::{Header, MAX_LEN};
use super::opcode::Opcode;

/// s5.6: a text message in one frame.
pub fn text(payload: &[u8]) -> Vec<u8> {
    encode(Opcode::Text, payload)
}

/// s5.5.1: a Close.
pub fn close(close: &Close) -> Vec<u8> {
    encode(Opcode::Close, &close.encode())
}

fn encode(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(MAX_LEN + payload.len());
    Header::new(opcode, payload.len() as u64).encode(&mut frame);
    frame.extend_from_slice(payload);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_and_payload() {
        assert_eq!(text(b"Hello"), b"\x81\x05Hello");
        assert_eq!(text(&[b'x'; 126])[..4], *b"\x81\x7e\x00\x7e");
        assert_eq!(close(&Close::new(1001, "bye")), b"\x88\x05\x03\xe9bye");
    }
}
