//! Level 2: lengths that do not fit into seven bits, and the headers that have them.

use super::super::answer::Answer;
use super::super::dice::Dice;
use super::super::draft::{Draft, Material};
use super::super::judge;
use super::super::told::Told;
use crate::protocol::frame::Handmade;
use crate::protocol::header::LengthForm;
use crate::protocol::opcode::Opcode;
use tungstenite::protocol::Role;

const SECTION: &str = "RFC 6455 s5.2";

/// A header alone, and who has sent it.
fn header_of(dice: &mut Dice, length: u64) -> (Handmade, Role) {
    let opcode = dice.one_of(&[Opcode::Text, Opcode::Binary]);
    let mask = dice.coin().then(|| dice.key());
    let from = if mask.is_some() { Role::Client } else { Role::Server };
    (Handmade { mask, length: Some(length), ..Handmade::new(opcode, Vec::new()) }, from)
}

/// Lengths around the places where the form changes, and others; none too long to work out on paper.
fn some_length(dice: &mut Dice) -> u64 {
    match dice.below(6) {
        0 => dice.one_of(&[126, 127, 128, 255, 256, 65_535]),
        1 => dice.one_of(&[65_536, 65_537, 70_000, 131_072, 1 << 20]),
        2 => 65_536 * dice.between(1, 15) + dice.below(256),
        3 => 256 * dice.between(1, 250),
        _ => dice.between(126, 4095),
    }
}

/// The length that these first bytes announce.
pub(super) fn extended(dice: &mut Dice) -> Draft {
    let length = some_length(dice);
    let (frame, from) = header_of(dice, length);
    let bytes = frame.encode();
    let judged = judge::frames(&bytes, from);
    let length = judged.frames.first().map_or(length, |frame| frame.header.length);
    let form = frame.header().form;
    let why = format!(
        "The low seven bits of {:02x} are {}, so the length stands in the next {} bytes, the most significant first.",
        bytes[1],
        bytes[1] & 0x7f,
        form.extra_bytes()
    );
    Draft::new("How many bytes long is its payload?", Answer::Number(length))
        .about("This is the header of a frame; the payload follows it:", Material::Bytes(bytes.clone()))
        .because(why, SECTION)
        .told(Told::Frames(bytes, from))
}

/// How long the header is, seen from its first two bytes.
pub(super) fn header(dice: &mut Dice) -> Draft {
    let form = dice.one_of(&[LengthForm::Short, LengthForm::Extended16, LengthForm::Extended64]);
    let length = match form {
        LengthForm::Short => dice.between(0, 125),
        LengthForm::Extended16 => 126,
        LengthForm::Extended64 => 65_536,
    };
    let (frame, from) = header_of(dice, length);
    let bytes = frame.encode()[..2].to_vec();
    let (extra, key) = (form.extra_bytes(), if from == Role::Client { 4 } else { 0 });
    let why = format!(
        "Two bytes, then {extra} of extended length because the low seven bits of {:02x} are {}, then {key} of masking key \
         because the MASK bit is {}.",
        bytes[1],
        bytes[1] & 0x7f,
        bytes[1] >> 7
    );
    Draft::new("How many bytes long is its header, these two included?", Answer::Number((2 + extra + key) as u64))
        .about("A frame begins with these two bytes:", Material::Bytes(bytes.clone()))
        .because(why, SECTION)
        .told(Told::Frames(bytes, from))
}

/// The header of a length.
pub(super) fn write_header(dice: &mut Dice) -> Draft {
    let length = some_length(dice);
    let bytes = Handmade { length: Some(length), ..Handmade::new(Opcode::Binary, Vec::new()) }.encode();
    let extra = LengthForm::minimal(length).extra_bytes();
    let ask = format!("A server sends a binary message of {length} bytes in one frame. Which bytes are its header?");
    let why = format!(
        "{length} does not fit into seven bits. The least form that holds it has {extra} bytes behind the second byte, \
         which is {:02x}; a server sets no MASK bit.",
        bytes[1]
    );
    Draft::new(ask, Answer::Bytes(bytes.clone()))
        .because(why, SECTION)
        .told(Told::Encoded(format!("binary --len {length}"), bytes.clone()))
        .told(Told::Frames(bytes, Role::Server))
}
