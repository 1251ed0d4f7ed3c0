//! 2. The header: the first 2 to 14 bytes of a frame, taken apart and judged.
//!
//! Goal: read a header from what has arrived, be it too little or too much, and say whether a server may go on with it.
//! Read: chapter 08, "Two bytes, bit by bit" and "Three ways to write a length"; RFC 6455 s5.1, s5.2 and s5.5.
//! Test: `cargo test header`
//! Time: 30 minutes. There are hints at the end of this file.

/// What the header of a frame says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Whether this is the last frame of its message.
    pub fin: bool,
    /// The three bits RSV1, RSV2 and RSV3 as a number from 0 to 7. RSV1 is worth 4.
    pub rsv: u8,
    /// From 0 to 15.
    pub opcode: u8,
    /// The masking key, when the MASK bit is set.
    pub mask: Option<[u8; 4]>,
    /// How many bytes of payload follow the header.
    pub length: u64,
}

/// The header at the beginning of `bytes`, and how many bytes it takes itself.
///
/// `bytes` is what has been read so far and not used yet. It begins where a frame begins, and it may end anywhere: `None`
/// means that the header is not whole yet. That is no error, and the caller reads more.
///
/// What is illegal is read as well; `fault` judges it.
pub fn decode(bytes: &[u8]) -> Option<(Header, usize)> {
    todo!("2: read the header of {bytes:02x?}")
}

/// Why a server must not go on with a frame from a client, when it has agreed to no extension. `None`: it may.
///
/// The text is for the log, so any will do. The opcodes are 0 continuation, 1 text, 2 binary, 8 Close, 9 Ping and 10 Pong.
pub fn fault(header: &Header) -> Option<&'static str> {
    todo!("2: judge {header:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    fn masked(fin: bool, opcode: u8, length: u64) -> Header {
        Header { fin, rsv: 0, opcode, mask: Some(KEY), length }
    }

    /// As `ws101 decode` shows it.
    fn shown(read: &Option<(Header, usize)>) -> String {
        let Some((Header { fin, rsv, opcode, mask, length }, size)) = read else { return "not whole yet".to_owned() };
        let mask = mask.map_or("none".to_owned(), |key| format!("{:08x}", u32::from_be_bytes(key)));
        let fin = u8::from(*fin);
        format!("opcode={opcode} fin={fin} rsv={rsv:03b} mask={mask} len={length}, a header of {size} bytes")
    }

    #[track_caller]
    fn reads(bytes: &[u8], header: Header, size: usize, why: &str) {
        let (came, expected) = (decode(bytes), Some((header, size)));
        let (a, b) = (shown(&came), shown(&expected));
        assert!(came == expected, "{bytes:02x?}: {why}\n  came     {a}\n  expected {b}");
    }

    #[test]
    fn the_examples_of_the_rfc() {
        let hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        reads(&hello, masked(true, 1, 5), 6, "s5.7, a masked \"Hello\": a header of 6 bytes, the key among them");
        let first_part = Header { fin: false, rsv: 0, opcode: 1, mask: None, length: 3 };
        reads(&[0x01, 0x03, 0x48, 0x65, 0x6c], first_part, 2, "s5.7, a first fragment: FIN is the top bit, and 0 here");
    }

    #[test]
    fn three_ways_to_write_a_length() {
        let short = [0x82, 0xfd, 0x37, 0xfa, 0x21, 0x3d];
        reads(&short, masked(true, 2, 125), 6, "s5.2: up to 125 the seven bits are the length");
        let two_bytes = [0x82, 0xfe, 0x01, 0x00, 0x37, 0xfa, 0x21, 0x3d];
        reads(&two_bytes, masked(true, 2, 256), 8, "s5.2: behind 126, two bytes, the most significant byte first");
        let eight_bytes = [0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0x37, 0xfa, 0x21, 0x3d];
        reads(&eight_bytes, masked(true, 2, 65_536), 14, "s5.2: behind 127, eight bytes, the most significant first");
        let huge = [0x82, 0xff, 0x80, 0, 0, 1, 0, 0, 0, 5, 0x37, 0xfa, 0x21, 0x3d];
        let length = (1 << 63) + (1 << 32) + 5;
        reads(&huge, masked(true, 2, length), 14, "s5.2: all eight bytes are the length; `fault` judges its top bit");
    }

    #[test]
    fn a_header_may_be_cut_anywhere() {
        for whole in [
            &[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d][..],
            &[0x82, 0xfe, 0x01, 0x00, 0x37, 0xfa, 0x21, 0x3d],
            &[0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0x37, 0xfa, 0x21, 0x3d],
            &[0x82, 0x7e, 0x01, 0x00],
        ] {
            for end in 0..whole.len() {
                let part = &whole[..end];
                let size = whole.len();
                let came = decode(part);
                assert!(
                    came.is_none(),
                    "{part:02x?} is a part of a header of {size} bytes: wait for more; came {}",
                    shown(&came)
                );
            }
        }
    }

    #[test]
    fn what_follows_is_not_looked_at() {
        let two_frames = [0x89, 0x80, 0x37, 0xfa, 0x21, 0x3d, 0x88, 0x80, 0, 0, 0, 0];
        reads(&two_frames, masked(true, 9, 0), 6, "a read may bring several frames; this asks for the first");
    }

    #[test]
    fn illegal_bits_are_read_as_well() {
        let header = Header { fin: false, rsv: 0b100, opcode: 7, mask: None, length: 69 };
        reads(b"GET / HTTP/1.1", header, 2, "\"GE\" as a header: RSV1 is worth 4, and an opcode has four bits");
    }

    #[test]
    fn what_is_legal_has_no_fault() {
        for opcode in [0, 1, 2, 8, 9, 10] {
            assert_eq!(fault(&masked(true, opcode, 125)), None, "opcode {opcode} with 125 bytes is legal (s5.2, s5.5)");
        }
        for opcode in [0, 1, 2] {
            let header = masked(false, opcode, 1 << 40);
            assert_eq!(fault(&header), None, "s5.4: a data frame may be long, and need not be the last of its message");
        }
    }

    #[track_caller]
    fn is_refused(header: Header, why: &str) {
        assert!(fault(&header).is_some(), "{why}, so there is a fault in {header:?}");
    }

    #[test]
    fn reserved_bits_and_opcodes_are_faults() {
        for rsv in 1..=7 {
            is_refused(Header { rsv, ..masked(true, 1, 5) }, "s5.2: RSV is 0 when no extension was agreed on");
        }
        for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            is_refused(masked(true, opcode, 5), "s5.2: an unknown opcode fails the connection");
        }
    }

    #[test]
    fn a_client_masks() {
        for opcode in [0, 1, 2, 8, 9, 10] {
            is_refused(Header { mask: None, ..masked(true, opcode, 5) }, "s5.1: a client masks every frame");
        }
    }

    #[test]
    fn a_control_frame_is_short_and_whole() {
        for opcode in [8, 9, 10] {
            is_refused(masked(true, opcode, 126), "s5.5: a control frame carries 125 bytes at most");
            is_refused(masked(false, opcode, 5), "s5.5: a control frame is never fragmented, so it has FIN");
        }
    }

    #[test]
    fn the_top_bit_of_a_length_is_zero() {
        is_refused(masked(true, 2, 1 << 63), "s5.2: the most significant bit of the eight bytes must be 0");
        assert_eq!(
            fault(&masked(true, 2, (1 << 63) - 1)),
            None,
            "s5.2 allows 2^63-1; what you can take is another matter"
        );
    }
}

// Hints. Read one, try, and come back for the next.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 1. Draw the first two bytes of the first test as bits, and write the fields below them. `0x81` is `1000 0001`.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 2. `byte & 0x0f` keeps the four low bits of a byte, `byte >> 4 & 0b111` the three above these, and
//    `byte & 0x80 != 0` says whether the top bit is set. In Rust `&` binds tighter than `!=`.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 3. `bytes[1]` panics when there is no such byte. `bytes.get(1)?` returns `None` from your function instead, and so does
//    `bytes.get(2..4)?`. That is all there is to a header that is cut.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 4. First find out where the key begins: at 2, 4 or 10. `u16::from_be_bytes([a, b])` makes a number of two bytes, and
//    `u64::from_be_bytes` one of eight; `bytes.get(2..)?.first_chunk()?` is a reference to an array of the size that is
//    asked for. The header ends where the key ends, or where it would have begun.
