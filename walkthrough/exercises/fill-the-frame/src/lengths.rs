//! 3. Lengths: the header in front of what a server sends.
//!
//! Goal: write the header of a frame, with its length in the only form that is legal.
//! Read: chapter 08, "Three ways to write a length" and "The mask"; RFC 6455 s5.1 and s5.2.
//! Test: `cargo test lengths`
//! Time: 10 minutes. There are hints at the end of this file.

/// The header of a frame from a server: a whole message or a control frame, with `length` bytes of payload to follow.
///
/// The header has 2, 4 or 10 bytes. `opcode` is from 0 to 15, and `length` below 2^63.
pub fn header(opcode: u8, length: u64) -> Vec<u8> {
    todo!("3: write the header of a frame with opcode {opcode} and {length} bytes of payload")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn writes(opcode: u8, length: u64, expected: &[u8], why: &str) {
        let came = header(opcode, length);
        assert!(
            came == expected,
            "{length} bytes of payload, opcode {opcode}: {why}\n  came     {came:02x?}\n  expected {expected:02x?}"
        );
    }

    #[test]
    fn the_examples_of_the_rfc() {
        writes(1, 5, &[0x81, 0x05], "s5.7, an unmasked \"Hello\": FIN and the opcode, then the length");
        writes(2, 256, &[0x82, 0x7e, 0x01, 0x00], "s5.7: 126, then two bytes, the most significant byte first");
        writes(2, 65_536, &[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0], "s5.7: 127, then eight bytes and not four");
    }

    #[test]
    fn seven_bits_up_to_125() {
        writes(1, 0, &[0x81, 0x00], "an empty message has a header like any other");
        writes(1, 125, &[0x81, 0x7d], "s5.2: 125 is the last length that stands in the second byte itself");
        writes(1, 126, &[0x81, 0x7e, 0x00, 0x7e], "s5.2: 126 in the second byte announces two bytes more");
        writes(1, 127, &[0x81, 0x7e, 0x00, 0x7f], "s5.2: 127 in the second byte would announce eight bytes more");
    }

    #[test]
    fn two_bytes_up_to_65535() {
        writes(2, 0x1234, &[0x82, 0x7e, 0x12, 0x34], "s5.2: network byte order, the most significant byte first");
        writes(2, 65_535, &[0x82, 0x7e, 0xff, 0xff], "s5.2: the minimal number of bytes, and 65535 fits into two");
    }

    #[test]
    fn eight_bytes_beyond() {
        let header = [0x82, 0x7f, 0x00, 0x00, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89];
        writes(2, 0x1_2345_6789, &header, "s5.2: eight bytes, the most significant first; a length may be over 4 GiB");
    }

    #[test]
    fn a_server_does_not_mask() {
        for length in [0, 125, 126, 65_536] {
            let header = header(8, length);
            assert_eq!(header[1] & 0x80, 0, "s5.1: a server must not mask, so the MASK bit is 0 in {header:02x?}");
            assert_eq!(header[0], 0x88, "FIN is set, and the opcode is 8, in {header:02x?}");
        }
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
// 1. Three cases, and two borders between them. Chapter 08 has a transcript with a payload on either side of each border.
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
// 2. `u16::to_be_bytes` and `u64::to_be_bytes` give the bytes of a number, the most significant first. "be" is for big
//    endian, which is what the RFC calls network byte order.
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
// 3. `match length { 0..=125 => ..., 126..=0xffff => ..., _ => ... }`. `length as u16` makes the number smaller, and in the
//    second case nothing is lost by it.
