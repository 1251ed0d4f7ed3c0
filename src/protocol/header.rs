//! The frame header: two to fourteen bytes in front of every payload (RFC 6455 s5.2).
//!
//! ```text
//!  0 1 2 3 4 5 6 7   8 9 ...
//! +-+-+-+-+-------+ +-+-------------+----------------------+------------------+
//! |F|R|R|R| opcode| |M| length 7bit | extended length      | masking key      |
//! |I|S|S|S|  (4)  | |A| 0..=125,    | 16 bits when 126,    | 4 bytes when     |
//! |N|V|V|V|       | |S| 126 or 127  | 64 bits when 127     | MASK is set      |
//! | |1|2|3|       | |K|             |                      |                  |
//! +-+-+-+-+-------+ +-+-------------+----------------------+------------------+
//! ```
//!
//! Decoding is tolerant on purpose: reserved bits and opcodes, a length written longer than needed, a length with its
//! top bit set are all values to show. [`super::rules`] says which of them end a connection.

use super::opcode::Opcode;

/// The longest header there is: 2 bytes, 8 of extended length, 4 of masking key.
pub const MAX_LEN: usize = 14;

/// How the payload length was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LengthForm {
    /// In the seven bits of the second byte: 0 to 125.
    Short,
    /// The seven bits say 126, two bytes follow.
    Extended16,
    /// The seven bits say 127, eight bytes follow.
    Extended64,
}

impl LengthForm {
    /// s5.2: "the minimal number of bytes MUST be used to encode the length".
    pub fn minimal(length: u64) -> LengthForm {
        match length {
            0..=125 => LengthForm::Short,
            126..=0xffff => LengthForm::Extended16,
            _ => LengthForm::Extended64,
        }
    }

    /// How many bytes of extended length follow the first two bytes: 0, 2 or 8.
    pub fn extra_bytes(self) -> usize {
        match self {
            LengthForm::Short => 0,
            LengthForm::Extended16 => 2,
            LengthForm::Extended64 => 8,
        }
    }

    /// In how many bits the length is written: 7, 16 or 64.
    pub fn bits(self) -> u8 {
        match self {
            LengthForm::Short => 7,
            LengthForm::Extended16 => 16,
            LengthForm::Extended64 => 64,
        }
    }

    fn decode(second_byte: u8) -> LengthForm {
        match second_byte & 0x7f {
            126 => LengthForm::Extended16,
            127 => LengthForm::Extended64,
            _ => LengthForm::Short,
        }
    }
}

/// One frame's header, with everything its bytes say: [`Header::encode`] gives those bytes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The last frame of its message.
    pub fin: bool,
    /// RSV1, RSV2, RSV3 as a number from 0 to 7; RSV1 is worth 4. Only an extension may set them.
    pub rsv: u8,
    /// What the payload is.
    pub opcode: Opcode,
    /// The masking key, when the MASK bit is set.
    pub mask: Option<[u8; 4]>,
    /// The payload's length in bytes.
    pub length: u64,
    /// How that length is written.
    pub form: LengthForm,
}

impl Header {
    /// The header of a whole, unmasked message or control frame with the length in its minimal form.
    pub fn new(opcode: Opcode, length: u64) -> Header {
        Header { fin: true, rsv: 0, opcode, mask: None, length, form: LengthForm::minimal(length) }
    }

    /// Reads a header from the start of `bytes`. `None`: more bytes are needed, which is no error. The second value is
    /// the header's own length, where the payload begins.
    pub fn decode(bytes: &[u8]) -> Option<(Header, usize)> {
        let (&first, &second) = (bytes.first()?, bytes.get(1)?);
        let form = LengthForm::decode(second);
        let mask_at = 2 + form.extra_bytes();
        let extended = bytes.get(2..mask_at)?;
        // s5.2: "multibyte length quantities are expressed in network byte order", the most significant byte first.
        let length = match form {
            LengthForm::Short => u64::from(second & 0x7f),
            _ => extended.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
        };
        let masked = second & 0x80 != 0;
        let end = if masked { mask_at + 4 } else { mask_at };
        let mask = match bytes.get(mask_at..end)? {
            [a, b, c, d] => Some([*a, *b, *c, *d]),
            _ => None,
        };
        let header = Header {
            fin: first & 0x80 != 0,
            rsv: first >> 4 & 0b111,
            opcode: Opcode::decode(first),
            mask,
            length,
            form,
        };
        Some((header, end))
    }

    /// Appends the header's bytes to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let fin = if self.fin { 0x80 } else { 0 };
        let mask = if self.mask.is_some() { 0x80 } else { 0 };
        out.push(fin | (self.rsv & 0b111) << 4 | self.opcode.encode());
        match self.form {
            LengthForm::Short => out.push(mask | self.length as u8 & 0x7f),
            LengthForm::Extended16 => {
                out.push(mask | 126);
                out.extend_from_slice(&(self.length as u16).to_be_bytes());
            }
            LengthForm::Extended64 => {
                out.push(mask | 127);
                out.extend_from_slice(&self.length.to_be_bytes());
            }
        }
        out.extend_from_slice(self.mask.as_ref().map_or(&[], |key| &key[..]));
    }

    /// How many bytes [`Header::encode`] writes: 2 to 14.
    pub fn encoded_len(&self) -> usize {
        2 + self.form.extra_bytes() + if self.mask.is_some() { 4 } else { 0 }
    }

    /// How many bytes the header that starts with `bytes` needs at least. One byte says nothing about the length, so
    /// the answer is 2 until the second byte is there.
    pub fn bytes_needed(bytes: &[u8]) -> usize {
        match bytes.get(1) {
            None => 2,
            Some(second) => 2 + LengthForm::decode(*second).extra_bytes() + if second & 0x80 != 0 { 4 } else { 0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(header: &Header) -> Vec<u8> {
        let mut bytes = Vec::new();
        header.encode(&mut bytes);
        bytes
    }

    /// The length boundaries of s5.2, each with the first byte that its form adds.
    #[test]
    fn lengths_take_their_minimal_form() {
        let cases: [(u64, &[u8]); 7] = [
            (0, &[0x82, 0x00]),
            (125, &[0x82, 0x7d]),
            (126, &[0x82, 0x7e, 0x00, 0x7e]),
            (127, &[0x82, 0x7e, 0x00, 0x7f]),
            (65535, &[0x82, 0x7e, 0xff, 0xff]),
            (65536, &[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]),
            (u64::MAX >> 1, &[0x82, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ];
        for (length, bytes) in cases {
            let header = Header::new(Opcode::Binary, length);
            assert_eq!(encoded(&header), bytes);
            assert_eq!(Header::decode(bytes), Some((header, bytes.len())));
        }
    }

    #[test]
    fn what_is_illegal_is_still_decoded_and_encoded_as_it_was() {
        let odd: [&[u8]; 3] = [
            &[0xf3, 0x00],                            // all RSV bits, opcode 3
            &[0x81, 0xfe, 0x00, 0x05, 1, 2, 3, 4],    // five written with sixteen bits
            &[0x09, 0x7f, 0xff, 0, 0, 0, 0, 0, 0, 0], // a fragmented ping of 2^63 bytes and more
        ];
        for bytes in odd {
            let (header, len) = Header::decode(bytes).expect("a whole header");
            assert_eq!((encoded(&header).as_slice(), len), (bytes, bytes.len()));
        }
    }

    #[test]
    fn a_header_cut_anywhere_asks_for_more() {
        let whole = [0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 9, 8, 7, 6];
        for cut in 0..whole.len() {
            assert_eq!(Header::decode(&whole[..cut]), None);
            let needed = Header::bytes_needed(&whole[..cut]);
            assert!(needed > cut && needed <= whole.len());
        }
        assert!(Header::decode(&whole).is_some());
    }
}
