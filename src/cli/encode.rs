//! The options of `encode`, and what they mean to it.

use crate::decode::handmade::{self, Mask};
use crate::protocol::frame::Handmade;
use crate::protocol::header::LengthForm;
use crate::protocol::opcode::Opcode;
use crate::wire::hex;
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;

/// What stands below the options.
pub const EXAMPLES: &str = "\
Examples:
  ws101 encode text Hello                          81 05 48 65 6c 6c 6f
  ws101 encode text Hello --mask 37fa213d          the same, masked as a client masks it
  ws101 encode text Hello --fragment 3             two frames, a line each
  ws101 encode close 1001 'going away'             a Close with a code and a reason
  ws101 encode ping x --fin 0 --rsv 4              a frame that breaks two rules
  ws101 encode binary - --raw < a.bin | nc ...     bytes of a file, as a frame, to a server
  ws101 encode text Hello | ws101 decode           there and back

Status 0: the frame is on stdout. 2: wrong use. What breaks a rule is made all the same; a note on stderr names the rule.";

/// Options of `encode`.
#[derive(Debug, Clone, Args)]
pub struct Encode {
    /// What the frame is
    #[arg(value_enum)]
    pub kind: Kind,

    /// Text; for binary, hex; for close, a code and a reason. - is what comes on stdin, up to 64 MiB, as it is
    #[arg(value_name = "PAYLOAD")]
    pub words: Vec<String>,

    /// Masking key: eight hex digits, or random, or none (default: none)
    #[arg(long, value_name = "KEY", value_parser = handmade::mask)]
    pub mask: Option<Mask>,

    /// Cut the payload into frames of at most N bytes, a line each
    #[arg(long, value_name = "N", value_parser = handmade::fragment)]
    pub fragment: Option<NonZeroUsize>,

    /// Opcode, if it shall be another than the kind's: a name, or 0 to 15, or 0x0 to 0xf
    #[arg(long, value_name = "OPCODE", value_parser = handmade::opcode)]
    pub op: Option<Opcode>,

    /// FIN, 0 or 1; of fragments, the last one's
    #[arg(long, value_name = "BIT", value_parser = handmade::fin)]
    pub fin: Option<bool>,

    /// RSV bits, 0 to 7: RSV1 is 4, RSV2 is 2, RSV3 is 1; of fragments, the first one's
    #[arg(long, value_name = "BITS", value_parser = handmade::rsv)]
    pub rsv: Option<u8>,

    /// Length to announce, if it shall be another than the payload's
    #[arg(long, value_name = "N", value_parser = handmade::length, conflicts_with = "fragment")]
    pub len: Option<u64>,

    /// Bits to write the length with, 7, 16 or 64 (default: as few as hold it)
    #[arg(long, value_name = "BITS", value_parser = handmade::form)]
    pub form: Option<LengthForm>,

    /// Print the bytes themselves instead of hex
    #[arg(long)]
    pub raw: bool,
}

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// a text message
    Text,
    /// a binary message
    Binary,
    /// a Close
    Close,
    /// a Ping
    Ping,
    /// a Pong
    Pong,
    /// a further fragment of a message
    Continuation,
}

impl Kind {
    fn opcode(self) -> Opcode {
        match self {
            Kind::Text => Opcode::Text,
            Kind::Binary => Opcode::Binary,
            Kind::Close => Opcode::Close,
            Kind::Ping => Opcode::Ping,
            Kind::Pong => Opcode::Pong,
            Kind::Continuation => Opcode::Continuation,
        }
    }
}

impl Encode {
    /// The payload; `stdin` is asked for it where a `-` stands. An error says what would be right.
    pub fn payload(&self, stdin: impl FnOnce() -> Result<Vec<u8>, String>) -> Result<Vec<u8>, String> {
        let (code, words) = match self.words.split_first() {
            Some((code, reason)) if self.kind == Kind::Close && code != "-" => {
                let code = handmade::close_code(code);
                (Some(code.map_err(|error| format!("{error}; a reason stands behind it"))?), reason)
            }
            _ => (None, &self.words[..]),
        };
        let rest = match words {
            [word] if word == "-" => stdin()?,
            words if self.kind == Kind::Binary => hex::parse(&words.join(" "))?,
            words => words.join(" ").into_bytes(),
        };
        Ok(handmade::payload(code, &rest))
    }

    /// The frame that has this payload, before it is cut into fragments and masked.
    pub fn frame(&self, payload: Vec<u8>) -> Handmade {
        Handmade {
            fin: self.fin.unwrap_or(true),
            rsv: self.rsv.unwrap_or(0),
            length: self.len,
            form: self.form,
            ..Handmade::new(self.op.unwrap_or(self.kind.opcode()), payload)
        }
    }
}
