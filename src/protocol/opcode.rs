//! The opcode: four bits that say what a frame carries (RFC 6455 s5.2).
//!
//! A reserved opcode is a value here, not an error: a log must be able to show it. Whether it is *legal* is asked in
//! [`super::rules`].

/// What a frame carries (RFC 6455 s5.2, s11.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opcode {
    /// `0`: the next fragment of the message in progress.
    Continuation,
    /// `1`: a text message, or its first fragment.
    Text,
    /// `2`: a binary message, or its first fragment.
    Binary,
    /// `8`: the closing handshake.
    Close,
    /// `9`: "are you there?"
    Ping,
    /// `A`: "I am."
    Pong,
    /// `3` to `7` and `B` to `F`: kept for the future.
    Reserved(u8),
}

impl Opcode {
    /// Reads the low four bits of a frame's first byte; the high four are ignored.
    pub fn decode(first_byte: u8) -> Opcode {
        match first_byte & 0x0f {
            0x0 => Opcode::Continuation,
            0x1 => Opcode::Text,
            0x2 => Opcode::Binary,
            0x8 => Opcode::Close,
            0x9 => Opcode::Ping,
            0xa => Opcode::Pong,
            other => Opcode::Reserved(other),
        }
    }

    /// The four bits, `0x0` to `0xf`.
    pub fn encode(self) -> u8 {
        match self {
            Opcode::Continuation => 0x0,
            Opcode::Text => 0x1,
            Opcode::Binary => 0x2,
            Opcode::Close => 0x8,
            Opcode::Ping => 0x9,
            Opcode::Pong => 0xa,
            Opcode::Reserved(bits) => bits & 0x0f,
        }
    }

    /// s5.5: "Control frames are identified by opcodes where the most significant bit of the opcode is 1."
    pub fn is_control(self) -> bool {
        self.encode() & 0x8 != 0
    }

    /// The word for it in the log, in capitals: `TEXT`, `PING`, `RESERVED`.
    pub fn name(self) -> &'static str {
        match self {
            Opcode::Continuation => "CONTINUATION",
            Opcode::Text => "TEXT",
            Opcode::Binary => "BINARY",
            Opcode::Close => "CLOSE",
            Opcode::Ping => "PING",
            Opcode::Pong => "PONG",
            Opcode::Reserved(_) => "RESERVED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_survives_the_round_trip() {
        for bits in 0..16 {
            assert_eq!(Opcode::decode(bits).encode(), bits);
        }
    }

    #[test]
    fn the_high_half_of_the_byte_is_not_the_opcode() {
        assert_eq!(Opcode::decode(0x81), Opcode::Text);
        assert_eq!(Opcode::decode(0xf9), Opcode::Ping);
    }

    #[test]
    fn the_top_bit_of_the_opcode_marks_a_control_frame() {
        let control: Vec<u8> = (0..16).filter(|bits| Opcode::decode(*bits).is_control()).collect();
        assert_eq!(control, [0x8, 0x9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf]);
    }
}
