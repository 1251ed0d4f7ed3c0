//! Frames with one thing wrong, or with nothing wrong that looks as if there were.
//!
//! What is wrong with them is not said here: `decode` says it. Here they only get the words that a choice has.

use super::super::dice::Dice;
use super::super::words;
use crate::protocol::close::Close;
use crate::protocol::frame::Handmade;
use crate::protocol::header::LengthForm;
use crate::protocol::opcode::Opcode;
use tungstenite::protocol::Role;

/// Frames that somebody has sent, or the beginning of one.
#[derive(Debug)]
pub(in super::super) struct Sent {
    pub(in super::super) from: Role,
    pub(in super::super) bytes: Vec<u8>,
    /// Why it may be sent, odd as it looks; empty where something is wrong.
    pub(in super::super) why: &'static str,
}

/// A way to break a rule: its words, and frames that do.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Flaw {
    pub(in super::super) words: &'static str,
    pub(in super::super) draw: fn(&mut Dice) -> Sent,
    pub(in super::super) place: Place,
}

/// Where in a connection frames with a flaw can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Place {
    /// It is one frame, and may stand anywhere between others.
    Anywhere,
    /// It is more than one, or is followed by nothing.
    Alone,
    /// Behind a Close. The receiver has answered that, and discards what comes then (s1.4): no code answers the flaw.
    BehindClose,
}

const fn flaw(words: &'static str, place: Place, draw: fn(&mut Dice) -> Sent) -> Flaw {
    Flaw { words, draw, place }
}

/// The words for frames that break no rule.
pub(super) const NOTHING: &str = "nothing is wrong";

pub(in super::super) static FLAWS: [Flaw; 13] = [
    flaw("a reserved bit is set", Place::Anywhere, reserved_bit),
    flaw("the opcode is reserved", Place::Anywhere, reserved_opcode),
    flaw("a client's frame is not masked", Place::Anywhere, unmasked),
    flaw("a server's frame is masked", Place::Anywhere, masked),
    flaw("a control frame is longer than 125 bytes", Place::Alone, long_control),
    flaw("a control frame is fragmented", Place::Anywhere, cut_control),
    flaw("the length is not in its shortest form", Place::Anywhere, long_form),
    flaw("text is not UTF-8", Place::Anywhere, not_utf8),
    flaw("a close code may not be sent", Place::Alone, close_code),
    flaw("a Close has half a code", Place::Alone, half_a_code),
    flaw("a continuation continues nothing", Place::Anywhere, orphan),
    flaw("a new message begins inside an unfinished one", Place::Alone, interleaved),
    flaw("a message is sent after a Close", Place::BehindClose, after_close),
];

/// Frames with something wrong, for which the code is asked: it is 1002 for all but a few, and these come more often here.
pub(in super::super) fn with_any_code(dice: &mut Dice) -> Sent {
    if dice.below(5) < 2 {
        return not_utf8(dice);
    }
    loop {
        let flaw = dice.one_of(&FLAWS);
        if flaw.place != Place::BehindClose {
            return (flaw.draw)(dice);
        }
    }
}

/// Close codes that a frame must not carry.
const UNSENDABLE: [u16; 9] = [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000];
/// Close codes that it may, common and not.
pub(in super::super) const CODES: [u16; 12] = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 3000, 4999];

/// Frames of one end; what masking that asks for is done here.
pub(super) fn sent(dice: &mut Dice, from: Role, frames: Vec<Handmade>) -> Sent {
    let masked = |frame: Handmade| {
        let mask = if from == Role::Client { Some(dice.key()) } else { None };
        Handmade { mask, ..frame }.encode()
    };
    Sent { from, bytes: frames.into_iter().flat_map(masked).collect(), why: "" }
}

fn either(dice: &mut Dice) -> Role {
    if dice.coin() { Role::Client } else { Role::Server }
}

fn text(dice: &mut Dice) -> Handmade {
    Handmade::new(Opcode::Text, words::short(dice).into())
}

fn control(dice: &mut Dice) -> Handmade {
    let opcode = dice.one_of(&[Opcode::Ping, Opcode::Pong]);
    Handmade::new(opcode, words::short(dice).into())
}

fn data_or_control(dice: &mut Dice) -> Handmade {
    if dice.coin() { text(dice) } else { control(dice) }
}

fn reserved_bit(dice: &mut Dice) -> Sent {
    let rsv = dice.one_of(&[4, 2, 1, 6]);
    let (frame, from) = (Handmade { rsv, ..data_or_control(dice) }, either(dice));
    sent(dice, from, vec![frame])
}

fn reserved_opcode(dice: &mut Dice) -> Sent {
    let bits = dice.one_of(&[3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf]);
    let frame = Handmade { opcode: Opcode::Reserved(bits), ..text(dice) };
    let from = either(dice);
    sent(dice, from, vec![frame])
}

fn unmasked(dice: &mut Dice) -> Sent {
    Sent { from: Role::Client, bytes: data_or_control(dice).encode(), why: "" }
}

fn masked(dice: &mut Dice) -> Sent {
    let frame = data_or_control(dice);
    Sent { from: Role::Server, bytes: Handmade { mask: Some(dice.key()), ..frame }.encode(), why: "" }
}

/// Its header alone: a payload of that length would fill the sheet.
fn long_control(dice: &mut Dice) -> Sent {
    let frame = Handmade { length: Some(dice.between(126, 300)), ..Handmade::new(Opcode::Ping, Vec::new()) };
    let from = either(dice);
    sent(dice, from, vec![frame])
}

fn cut_control(dice: &mut Dice) -> Sent {
    let (frame, from) = (Handmade { fin: false, ..control(dice) }, either(dice));
    sent(dice, from, vec![frame])
}

fn long_form(dice: &mut Dice) -> Sent {
    let form = Some(dice.one_of(&[LengthForm::Extended16, LengthForm::Extended64]));
    let (frame, from) = (Handmade { form, ..text(dice) }, either(dice));
    sent(dice, from, vec![frame])
}

/// A server's, so that it can be seen without unmasking.
fn not_utf8(dice: &mut Dice) -> Sent {
    let bad: &[u8] = dice.one_of(&[b"\xff".as_slice(), b"\xc0\xaf", b"\xed\xa0\x80", b"\x80", b"\xe2\x82"]);
    let payload = [words::short(dice).as_bytes(), bad].concat();
    sent(dice, Role::Server, vec![Handmade::new(Opcode::Text, payload)])
}

fn close_code(dice: &mut Dice) -> Sent {
    let code = dice.one_of(&UNSENDABLE);
    sent(dice, Role::Server, vec![Handmade::new(Opcode::Close, Close::new(code, "").encode())])
}

fn half_a_code(dice: &mut Dice) -> Sent {
    let from = either(dice);
    sent(dice, from, vec![Handmade::new(Opcode::Close, vec![3])])
}

fn orphan(dice: &mut Dice) -> Sent {
    let frame = Handmade { fin: dice.coin(), opcode: Opcode::Continuation, ..text(dice) };
    let from = either(dice);
    sent(dice, from, vec![frame])
}

fn interleaved(dice: &mut Dice) -> Sent {
    let frames = vec![Handmade { fin: false, ..text(dice) }, text(dice)];
    let from = either(dice);
    sent(dice, from, frames)
}

fn after_close(dice: &mut Dice) -> Sent {
    let from = either(dice);
    let frames = vec![close(dice, from), text(dice)];
    sent(dice, from, frames)
}

/// A Close as this end may send it: a few codes are a server's.
fn close(dice: &mut Dice, from: Role) -> Handmade {
    const OF_A_CLIENT: [u16; 8] = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 4999];
    let code = if from == Role::Client { dice.one_of(&OF_A_CLIENT) } else { dice.one_of(&CODES) };
    Handmade::new(Opcode::Close, Close::new(code, "").encode())
}

/// Frames that break no rule.
pub(super) fn legal(dice: &mut Dice) -> Sent {
    const CUT: &[u8] = "\u{20ac}".as_bytes();
    let from = either(dice);
    let part = |fin, opcode, payload: &[u8]| Handmade { fin, ..Handmade::new(opcode, payload.to_vec()) };
    let (frames, why) = match dice.below(9) {
        0 => (vec![Handmade::new(Opcode::Text, Vec::new())], "A message may be empty."),
        1 => return zero_key(dice),
        2 => (
            vec![part(false, Opcode::Text, b"ox"), control(dice), part(true, Opcode::Continuation, b"en")],
            "A control frame may stand between the fragments of a message.",
        ),
        3 => (
            vec![part(false, Opcode::Text, &CUT[..1]), part(true, Opcode::Continuation, &CUT[1..])],
            "A fragment may end inside a character: only the whole message has to be UTF-8.",
        ),
        4 => (
            vec![part(false, Opcode::Binary, b"\xff"), part(true, Opcode::Continuation, b"")],
            "A binary message may hold any bytes, and a fragment may be empty.",
        ),
        5 => {
            (vec![Handmade::new(Opcode::Pong, words::short(dice).into())], "A Pong may come without a Ping before it.")
        }
        6 => (vec![Handmade::new(Opcode::Close, Vec::new())], "A Close needs no payload."),
        7 => (vec![close(dice, from)], "This code is one that a Close may carry."),
        _ => (
            vec![Handmade { length: Some(dice.between(126, 300)), ..Handmade::new(Opcode::Binary, Vec::new()) }],
            "A length from 126 on does not fit into seven bits, so its shortest form has two bytes more.",
        ),
    };
    Sent { why, ..sent(dice, from, frames) }
}

/// A masking key that leaves the payload as it was: no other key was more likely to be drawn.
fn zero_key(dice: &mut Dice) -> Sent {
    let bytes = Handmade { mask: Some([0; 4]), ..text(dice) }.encode();
    Sent { from: Role::Client, bytes, why: "A masking key is any 32 bits, and four zeros are as good as others." }
}
