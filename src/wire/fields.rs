//! A frame, field by field, in the order of the wire (RFC 6455 s5.2): what each is called, where its bits stand, its value
//! and what that means. The rows of the log ([`super::lines::rows`]) and the drawings of the page are made of these.

use super::lines::{hex, payload_summary};
use crate::protocol::header::{Header, LengthForm};
use crate::protocol::opcode::Opcode;
use serde::{Serialize, Serializer};
use tungstenite::protocol::Role;

/// One field of a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// What the RFC calls it; the three RSV bits are one.
    pub name: &'static str,
    /// Its first bit, counted from 0 at the frame's begin.
    pub bit: u64,
    /// How many bits it has.
    pub bits: u64,
    /// What they say, short.
    pub value: String,
    /// What that means.
    pub words: String,
    /// Where it is written, in RFC 6455.
    #[serde(serialize_with = "with_its_rfc")]
    pub section: &'static str,
}

/// The fields of a header that `sender` has sent. With an extension, RSV bits are its business.
pub fn of_header(header: &Header, sender: Role, extension: bool) -> Vec<Field> {
    let mut fields = vec![fin(header), rsv(header, extension), opcode(header), mask(header, sender), length(header)];
    let mut bit = 16;
    let extra = header.form.extra_bytes() as u64;
    if extra > 0 {
        let words = format!("the length, in {extra} bytes, the most significant one first");
        let value = header.length.to_string();
        fields.push(Field { name: "extended length", bit, bits: 8 * extra, value, words, section: "s5.2" });
        bit += 8 * extra;
    }
    if let Some(key) = header.mask {
        let words = "byte i of the payload is XORed with byte i mod 4 of the key".to_owned();
        fields.push(Field { name: "masking key", bit, bits: 32, value: hex(&key), words, section: "s5.3" });
    }
    fields
}

/// The payload as a field; `plain` are its first bytes, or all of them, unmasked.
pub fn of_payload(header: &Header, plain: &[u8]) -> Field {
    let (words, section) = match header.opcode {
        Opcode::Continuation => ("a further part of the message that is being sent", "s5.4"),
        Opcode::Text => ("text in UTF-8, or a first part of it", "s5.6"),
        Opcode::Binary => ("bytes that mean what the two ends have agreed on", "s5.6"),
        Opcode::Close => ("why it ends: two bytes of code, and a reason in UTF-8", "s5.5.1"),
        Opcode::Ping => ("any bytes; the Pong brings the same ones back", "s5.5.2"),
        Opcode::Pong => ("the bytes of the Ping that it answers", "s5.5.3"),
        Opcode::Reserved(_) => ("nobody knows what it means", "s5.2"),
    };
    let masked = if header.mask.is_some() { "; masked on the wire (s5.3)" } else { "" };
    Field {
        name: "payload",
        bit: 8 * header.encoded_len() as u64,
        bits: header.length.saturating_mul(8),
        value: payload_summary(header, plain),
        words: format!("{words}{masked}"),
        section,
    }
}

fn fin(header: &Header) -> Field {
    let (words, section) =
        if header.fin { ("last frame of the message", "s5.2") } else { ("more fragments follow (s5.4)", "s5.4") };
    Field { name: "FIN", bit: 0, bits: 1, value: bit(header.fin), words: words.to_owned(), section }
}

fn rsv(header: &Header, extension: bool) -> Field {
    let words = match (header.rsv, extension) {
        (0, false) => "no extension in use",
        (0, true) => "not used by the extension here",
        (_, false) => "set, but no extension is in use (s5.2)",
        (_, true) => "set by an extension, which may have changed the payload (s5.2)",
    };
    let value = format!("{:03b}", header.rsv);
    Field { name: "RSV", bit: 1, bits: 3, value, words: words.to_owned(), section: "s5.2" }
}

fn opcode(header: &Header) -> Field {
    let words = match header.opcode {
        Opcode::Reserved(bits) => format!("reserved ({bits:X}), must not be used (s5.2)"),
        opcode => opcode.name().to_lowercase(),
    };
    let value = format!("{:X}", header.opcode.encode());
    Field { name: "opcode", bit: 4, bits: 4, value, words, section: "s5.2" }
}

fn mask(header: &Header, sender: Role) -> Field {
    let words = match (sender, header.mask) {
        (Role::Client, Some(_)) => "a client always masks (s5.1)",
        (Role::Client, None) => "not set, but a client must mask (s5.1)",
        (Role::Server, None) => "a server never masks (s5.1)",
        (Role::Server, Some(_)) => "set, but a server must not mask (s5.1)",
    };
    let value = bit(header.mask.is_some());
    Field { name: "MASK", bit: 8, bits: 1, value, words: words.to_owned(), section: "s5.1" }
}

fn length(header: &Header) -> Field {
    let (value, words) = match header.form {
        LengthForm::Short => (header.length, ", so no extended length"),
        LengthForm::Extended16 => (126, ": the next 2 bytes have it"),
        LengthForm::Extended64 => (127, ": the next 8 bytes have it"),
    };
    let words = format!("{value}{words}");
    Field { name: "length", bit: 9, bits: 7, value: value.to_string(), words, section: "s5.2" }
}

fn with_its_rfc<S: Serializer>(section: &&'static str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("RFC 6455 {section}"))
}

fn bit(set: bool) -> String {
    u8::from(set).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every bit of a frame belongs to one field, and none to two.
    #[test]
    fn fields_stand_one_behind_the_other() {
        for length in [0, 5, 125, 126, 65_535, 65_536] {
            for mask in [None, Some([1, 2, 3, 4])] {
                let header = Header { mask, ..Header::new(Opcode::Binary, length) };
                let mut fields = of_header(&header, Role::Client, false);
                fields.push(of_payload(&header, b""));
                let end = fields.iter().fold(0, |end, field| {
                    assert_eq!(field.bit, end, "{}", field.name);
                    end + field.bits
                });
                assert_eq!(end, 8 * (header.encoded_len() as u64 + length));
            }
        }
    }
}
