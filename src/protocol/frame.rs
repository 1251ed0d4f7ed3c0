//! A whole frame as bytes (RFC 6455 s5.2), made outside a session.
//!
//! [`text`] and [`close`] are a server's, unmasked: an event on its way to all who follow the feed, the Close of a server
//! that stops. A [`Handmade`] frame says whatever it is told to say, legal or not: it shows what the other end does.

use super::close::Close;
use super::header::{Header, LengthForm, MAX_LEN};
use super::mask;
use super::opcode::Opcode;

/// s5.6: a text message in one frame.
pub fn text(payload: &[u8]) -> Vec<u8> {
    encode(Opcode::Text, payload)
}

/// s5.5.1: a Close.
pub fn close(close: &Close) -> Vec<u8> {
    encode(Opcode::Close, &close.encode())
}

/// A frame of which every part can be chosen. Nothing is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handmade {
    /// The last frame of its message.
    pub fin: bool,
    /// RSV1, RSV2, RSV3 as a number from 0 to 7; RSV1 is worth 4.
    pub rsv: u8,
    /// What the payload is said to be.
    pub opcode: Opcode,
    /// The masking key; `None`: not masked.
    pub mask: Option<[u8; 4]>,
    /// The length to announce, when it shall not be the payload's own.
    pub length: Option<u64>,
    /// How to write the length, when not in its minimal form. Who asks for a form that cannot hold it gets its low bits.
    pub form: Option<LengthForm>,
    /// The payload before masking.
    pub payload: Vec<u8>,
}

impl Handmade {
    /// A frame that is a whole message or a control frame, unmasked, with the length it has.
    pub fn new(opcode: Opcode, payload: Vec<u8>) -> Handmade {
        Handmade { fin: true, rsv: 0, opcode, mask: None, length: None, form: None, payload }
    }

    /// What its header says.
    pub fn header(&self) -> Header {
        let length = self.length.unwrap_or(self.payload.len() as u64);
        let form = self.form.unwrap_or(LengthForm::minimal(length));
        Header { fin: self.fin, rsv: self.rsv, opcode: self.opcode, mask: self.mask, length, form }
    }

    /// Header and payload.
    pub fn encode(&self) -> Vec<u8> {
        let mut frame = Vec::with_capacity(MAX_LEN + self.payload.len());
        self.header().encode(&mut frame);
        let start = frame.len();
        frame.extend_from_slice(&self.payload);
        if let Some(key) = self.mask {
            mask::apply(key, 0, &mut frame[start..]);
        }
        frame
    }
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

    #[test]
    fn a_handmade_frame_says_what_it_is_told_to_say() {
        let hello = Handmade { mask: Some([0x37, 0xfa, 0x21, 0x3d]), ..Handmade::new(Opcode::Text, b"Hello".to_vec()) };
        assert_eq!(hello.encode(), [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
        let odd = Handmade {
            fin: false,
            rsv: 4,
            length: Some(9),
            form: Some(LengthForm::Extended16),
            ..Handmade::new(Opcode::Reserved(0xb), b"a".to_vec())
        };
        assert_eq!(odd.encode(), [0x4b, 0x7e, 0x00, 0x09, b'a']);
    }
}
