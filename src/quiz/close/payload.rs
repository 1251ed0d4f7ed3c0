//! Level 2: the bytes of a Close.

use super::super::answer::Answer;
use super::super::dice::Dice;
use super::super::draft::{Draft, Material};
use super::super::frame::CODES;
use super::super::told::Told;
use super::super::{judge, words};
use crate::protocol::close::Close;
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;
use tungstenite::protocol::Role;

const SECTION: &str = "RFC 6455 s5.5.1";
const BEFORE: &str = "A server sent this frame:";
const TWO_BYTES: &str = "The payload begins with the code: two bytes, the most significant first.";

fn some_code(dice: &mut Dice) -> u16 {
    if dice.coin() { dice.turn_of(&CODES) } else { dice.between(3000, 4999) as u16 }
}

fn frame(payload: Vec<u8>) -> Vec<u8> {
    Handmade::new(Opcode::Close, payload).encode()
}

/// Which code it carries.
pub(super) fn read(dice: &mut Dice) -> Draft {
    let code = some_code(dice);
    let reason = if dice.coin() { words::short(dice) } else { "" };
    let bytes = frame(Close::new(code, reason).encode());
    let [high, low] = code.to_be_bytes();
    let why = format!("{TWO_BYTES} {high:02x} {low:02x} is {high} * 256 + {low} = {code}.");
    Draft::new("Which close code does it carry?", Answer::Number(u64::from(code)))
        .about(BEFORE, Material::Bytes(bytes.clone()))
        .because(why, SECTION)
        .told(Told::Frames(bytes, Role::Server))
}

/// Which reason it carries.
pub(super) fn reason(dice: &mut Dice) -> Draft {
    let (code, reason) = (some_code(dice), words::short(dice));
    let bytes = frame(Close::new(code, reason).encode());
    let ask = format!("Which reason does it give? {}", words::ASCII);
    Draft::new(ask, Answer::Text(reason.to_owned()))
        .about(BEFORE, Material::Bytes(bytes.clone()))
        .because(format!("{TWO_BYTES} What follows it is the reason, in UTF-8."), SECTION)
        .told(Told::Frames(bytes, Role::Server))
}

/// The bytes of a Close.
pub(super) fn write(dice: &mut Dice) -> Draft {
    let code = some_code(dice);
    let bytes = frame(Close::new(code, "").encode());
    let ask = format!("A server sends a Close with the code {code} and no reason. Which bytes are the frame?");
    let why = format!("{TWO_BYTES} {code} is {code:04x} in hex.");
    Draft::new(ask, Answer::Bytes(bytes.clone()))
        .because(why, SECTION)
        .told(Told::Encoded(format!("close {code}"), bytes.clone()))
        .told(Told::Frames(bytes, Role::Server))
}

/// The Close that answers one.
pub(super) fn reply(dice: &mut Dice) -> Draft {
    let code = (dice.below(4) > 0).then(|| some_code(dice));
    let payload = Close { code, ..Close::default() }.encode();
    let asked = Handmade { mask: Some(dice.key()), ..Handmade::new(Opcode::Close, payload.clone()) }.encode();
    let answer = frame(payload);
    let ask = "A server that repeats the code of the Close that it gets, or sends none if there is none, answers it. Which \
               bytes does it send?";
    let why = "An end that gets a Close and has sent none answers with one, and typically repeats the code. A server's frame \
               is not masked.";
    Draft::new(ask, Answer::Bytes(answer.clone()))
        .about("A client sent this frame:", Material::Bytes(asked.clone()))
        .because(why, SECTION)
        .told(Told::Frames(asked, Role::Client))
        .told(Told::Frames(answer, Role::Server))
}

/// Whether such a Close may be sent.
pub(super) fn legal(dice: &mut Dice) -> Draft {
    let code = some_code(dice).to_be_bytes();
    let unsendable = dice.one_of(&[999_u16, 1004, 1005, 1006, 1015, 1016, 2000, 5000]).to_be_bytes();
    let text = words::short(dice).as_bytes();
    let bytes = match dice.below(8) {
        0 => frame(Vec::new()),
        1 => frame(vec![code[0]]),
        2 => frame(unsendable.to_vec()),
        3 => frame([&code, text, b"\xff"].concat()),
        4 => frame([&code, text, "\u{e9}".as_bytes()].concat()),
        5 => Handmade { length: Some(dice.between(126, 130)), ..Handmade::new(Opcode::Close, Vec::new()) }.encode(),
        6 => Handmade { length: Some(dice.between(120, 125)), ..Handmade::new(Opcode::Close, Vec::new()) }.encode(),
        _ => frame([&code, text].concat()),
    };
    let judged = judge::frames(&bytes, Role::Server);
    let fault = judged.first_fault().map(|(_, violation)| violation);
    let (why, section) = match fault {
        Some(fault) => (format!("In decode's words: {}.", fault.why), format!("RFC 6455 {}", fault.section)),
        None => {
            let why = "A Close has no payload, or a code that may be sent with a reason in UTF-8 behind it, 125 bytes in all.";
            (why.to_owned(), SECTION.to_owned())
        }
    };
    let before = "These are the bytes of a Close, or its header alone where the payload is long and right in itself:";
    Draft::new("May a server send it?", Answer::yes(fault.is_none()))
        .about(before, Material::Bytes(bytes.clone()))
        .because(why, section)
        .told(Told::Frames(bytes, Role::Server))
}
