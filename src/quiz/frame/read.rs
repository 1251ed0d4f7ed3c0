//! Level 1: small frames, one at a time, all of them legal.

use super::super::answer::Answer;
use super::super::dice::Dice;
use super::super::draft::{Draft, Material};
use super::super::told::Told;
use super::super::{judge, words};
use crate::protocol::close::Close;
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;
use tungstenite::protocol::Role;

pub(super) const SENDERS: &[&str] = &["client", "server"];
const KINDS: &[&str] = &["text", "binary", "close", "ping", "pong"];
const SECTION: &str = "RFC 6455 s5.2";

/// A small frame, and who has sent it.
struct Small {
    bytes: Vec<u8>,
    from: Role,
    opcode: Opcode,
    length: u64,
}

impl Small {
    fn draw(dice: &mut Dice) -> Small {
        let opcode = dice.one_of(&[Opcode::Text, Opcode::Binary, Opcode::Close, Opcode::Ping, Opcode::Pong]);
        let payload = match opcode {
            Opcode::Text => words::short(dice).into(),
            Opcode::Close => Close::new(dice.one_of(&[1000, 1001, 1008, 4000]), "").encode(),
            Opcode::Binary => {
                let count = dice.between(1, 8);
                dice.bytes(count)
            }
            _ if dice.coin() => Vec::new(),
            _ => words::short(dice).into(),
        };
        let mask = dice.coin().then(|| dice.key());
        Small::new(&Handmade { mask, ..Handmade::new(opcode, payload) })
    }

    /// What the frame is, as it is decoded.
    fn new(frame: &Handmade) -> Small {
        let from = if frame.mask.is_some() { Role::Client } else { Role::Server };
        let bytes = frame.encode();
        let header = judge::frames(&bytes, from).frames.first().map_or(frame.header(), |frame| frame.header);
        Small { bytes, from, opcode: header.opcode, length: header.length }
    }

    fn kind(&self) -> Answer {
        let name = self.opcode.name();
        Answer::Word(KINDS, KINDS.iter().position(|kind| kind.eq_ignore_ascii_case(name)).unwrap_or(KINDS.len()))
    }

    fn sender(&self) -> Answer {
        Answer::Word(SENDERS, usize::from(self.from == Role::Server))
    }

    fn why_kind(&self) -> String {
        let (first, opcode) = (self.bytes[0], self.opcode.encode());
        let name = self.opcode.name().to_lowercase();
        format!("The low four bits of the first byte are the opcode. {first:02x} ends in {opcode:x}, which is {name}.")
    }

    fn why_length(&self) -> String {
        let (second, length) = (self.bytes[1], self.length);
        let which = format!("The low seven bits of the second byte, {second:02x}, are the length");
        if second < 0x80 {
            format!("{which}: {length}.")
        } else {
            format!("{which}: without the MASK bit it is {:02x}, which is {length}.", second & 0x7f)
        }
    }

    fn why_sender(&self) -> String {
        let second = self.bytes[1];
        let (bit, who) = if self.from == Role::Client { ("1", "a client") } else { ("0", "a server") };
        format!(
            "The top bit of the second byte, {second:02x}, is MASK: it is {bit}. A client masks and a server does not, so {who} sent it."
        )
    }

    fn asked(self, ask: &str, answer: Answer, why: impl Into<String>, section: &str) -> Draft {
        let material = Material::Bytes(self.bytes.clone());
        let draft = Draft::new(ask, answer).about("This is a whole frame:", material).because(why, section);
        draft.told(Told::Frames(self.bytes, self.from))
    }
}

pub(super) fn kind(dice: &mut Dice) -> Draft {
    let small = Small::draw(dice);
    let (kind, why) = (small.kind(), small.why_kind());
    small.asked("What kind of frame is it?", kind, why, SECTION)
}

pub(super) fn length(dice: &mut Dice) -> Draft {
    let small = Small::draw(dice);
    let (length, why) = (Answer::Number(small.length), small.why_length());
    small.asked("How many bytes long is its payload?", length, why, SECTION)
}

pub(super) fn sender(dice: &mut Dice) -> Draft {
    let small = Small::draw(dice);
    let (sender, why) = (small.sender(), small.why_sender());
    small.asked("Who sent it?", sender, why, "RFC 6455 s5.1")
}

pub(super) fn all(dice: &mut Dice) -> Draft {
    let small = Small::draw(dice);
    let answer = Answer::Parts(vec![small.sender(), small.kind(), Answer::Number(small.length)]);
    let why = [small.why_sender(), small.why_kind(), small.why_length()].join(" ");
    small.asked("Who sent it, what kind of frame is it, and how many bytes long is its payload?", answer, why, SECTION)
}

pub(super) fn text(dice: &mut Dice) -> Draft {
    let word = words::short(dice);
    let small = Small::new(&Handmade::new(Opcode::Text, word.into()));
    let why =
        "The payload begins behind the second byte: 7 bits of length, no masking key. It is ASCII, which is UTF-8 too.";
    let ask = format!("Which text does it carry? {}", words::ASCII);
    small.asked(&ask, Answer::Text(word.to_owned()), why, "RFC 6455 s5.6")
}

/// How long the frame is, seen from its first two bytes.
pub(super) fn whole(dice: &mut Dice) -> Draft {
    let (is_masked, length) = (dice.coin(), dice.between(1, 125));
    let opcode = dice.one_of(&[Opcode::Text, Opcode::Binary, Opcode::Ping]);
    let frame =
        Handmade { mask: is_masked.then_some([0; 4]), length: Some(length), ..Handmade::new(opcode, Vec::new()) };
    let bytes = frame.encode()[..2].to_vec();
    let (from, key) = if is_masked { (Role::Client, 4) } else { (Role::Server, 0) };
    let why = if is_masked {
        format!("Two bytes of header, four of masking key because the MASK bit is 1, and {length} of payload.")
    } else {
        format!("Two bytes of header, no masking key because the MASK bit is 0, and {length} of payload.")
    };
    Draft::new("How many bytes long is the whole frame, with its header?", Answer::Number(2 + key + length))
        .about("A frame begins with these two bytes:", Material::Bytes(bytes.clone()))
        .because(why, SECTION)
        .told(Told::Frames(bytes, from))
}

/// The other way round: words become bytes.
pub(super) fn write(dice: &mut Dice) -> Draft {
    let word = words::short(dice);
    let code = dice.one_of(&[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011]);
    let close = Close::new(code, "").encode();
    let (opcode, payload, frame, arguments) = match dice.below(5) {
        0 => (Opcode::Ping, word.into(), format!("a Ping with the payload `{word}`"), format!("ping {word}")),
        1 => (Opcode::Pong, Vec::new(), "a Pong without a payload".to_owned(), "pong".to_owned()),
        2 => (Opcode::Close, close, format!("a Close with the code {code} and no reason"), format!("close {code}")),
        _ => (Opcode::Text, word.into(), format!("the text message `{word}` in one frame"), format!("text {word}")),
    };
    let bytes = Handmade::new(opcode, payload).encode();
    let ask = format!("A server sends {frame}. Which bytes are on the wire?");
    let ask = if frame.contains('`') { format!("{ask} {}", words::ASCII) } else { ask };
    let why =
        "FIN and the opcode are the first byte, the length is the second, with the MASK bit 0; then comes the payload.";
    Draft::new(ask, Answer::Bytes(bytes.clone()))
        .because(why, SECTION)
        .told(Told::Encoded(arguments, bytes.clone()))
        .told(Told::Frames(bytes, Role::Server))
}
