//! Level 2: masks, fragments, and the Pong that answers a Ping.

use super::super::answer::Answer;
use super::super::dice::Dice;
use super::super::draft::{Draft, Material};
use super::super::told::Told;
use super::super::{judge, words};
use crate::decode::handmade::fragments as cut_into;
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;
use crate::wire::hex;
use std::num::NonZeroUsize;
use tungstenite::protocol::Role;

const MASKING: &str = "Byte i of the payload is XORed with byte i mod 4 of the masking key; doing it again undoes it.";

/// A client's text, to be unmasked by hand.
pub(super) fn unmask(dice: &mut Dice) -> Draft {
    let frame = Handmade { mask: Some(dice.key()), ..Handmade::new(Opcode::Text, words::short(dice).into()) };
    let bytes = frame.encode();
    let plain = judge::frames(&bytes, Role::Client).frames.first().map_or(Vec::new(), |frame| frame.plain());
    let ask = format!("Which text does it carry? {}", words::ASCII);
    Draft::new(ask, Answer::Text(String::from_utf8_lossy(&plain).into_owned()))
        .about("A client sent this frame:", Material::Bytes(bytes.clone()))
        .because(MASKING, "RFC 6455 s5.3")
        .told(Told::Frames(bytes, Role::Client))
}

/// The same the other way round.
pub(super) fn mask(dice: &mut Dice) -> Draft {
    let (key, word) = (dice.key(), words::short(dice));
    let bytes = Handmade { mask: Some(key), ..Handmade::new(Opcode::Text, word.into()) }.encode();
    let shown = hex::pairs(&key);
    let ask = format!(
        "A client sends the text message `{word}` in one frame with the masking key {shown}. Which bytes are on the wire? {}",
        words::ASCII
    );
    Draft::new(ask, Answer::Bytes(bytes.clone()))
        .because(format!("{MASKING} The key itself stands before the payload, and the MASK bit is 1."), "RFC 6455 s5.3")
        .told(Told::Encoded(format!("text {word} --mask {}", shown.replace(' ', "")), bytes.clone()))
        .told(Told::Frames(bytes, Role::Client))
}

/// A text in two or three frames of a server, at times with a Ping between them.
pub(super) fn fragments(dice: &mut Dice) -> Draft {
    let word = words::long(dice);
    let whole = Handmade::new(Opcode::Text, word.into());
    let size = NonZeroUsize::new(word.len().div_ceil(dice.between(2, 3) as usize));
    let mut frames: Vec<Handmade> = cut_into(whole, size).collect();
    let has_ping = dice.coin();
    if has_ping {
        let ping = Handmade::new(Opcode::Ping, words::short(dice).into());
        frames.insert(dice.between(1, frames.len() as u64 - 1) as usize, ping);
    }
    let bytes: Vec<u8> = frames.iter().flat_map(Handmade::encode).collect();
    let judged = judge::frames(&bytes, Role::Server);
    let text =
        judged.frames.iter().find_map(|frame| frame.message.as_ref()).map_or(Vec::new(), |whole| whole.payload.clone());
    let why = "The payloads of the first frame and of its continuations are one message, up to the frame with FIN.";
    let aside = if has_ping { " A control frame between them is no part of it." } else { "" };
    let ask = format!("Which text does the message carry? {}", words::ASCII);
    Draft::new(ask, Answer::Text(String::from_utf8_lossy(&text).into_owned()))
        .about("A server sent these bytes, frames of which carry one text message:", Material::Bytes(bytes.clone()))
        .because(format!("{why}{aside}"), "RFC 6455 s5.4")
        .told(Told::Frames(bytes, Role::Server))
}

/// How many frames, and how many messages.
pub(super) fn count(dice: &mut Dice) -> Draft {
    let mut frames: Vec<Handmade> = Vec::new();
    for _ in 0..dice.between(1, 2) {
        let opcode = dice.one_of(&[Opcode::Text, Opcode::Binary]);
        let payload: Vec<u8> = words::short(dice).into();
        let size = if dice.coin() { NonZeroUsize::new(payload.len().div_ceil(2)) } else { None };
        frames.extend(cut_into(Handmade::new(opcode, payload), size));
    }
    let control = dice.one_of(&[Opcode::Ping, Opcode::Pong]);
    let at = dice.between(0, frames.len() as u64) as usize;
    frames.insert(at, Handmade::new(control, Vec::new()));
    let bytes: Vec<u8> = frames.iter().flat_map(Handmade::encode).collect();
    let judged = judge::frames(&bytes, Role::Server);
    let answer = vec![Answer::Number(judged.frames.len() as u64), Answer::Number(judged.messages)];
    let why = "Each frame says with its length where the next one begins. A message is a text or binary frame with its \
               continuations, up to the frame with FIN; Ping, Pong and Close are frames and no messages.";
    Draft::new("How many frames are they, and how many messages do they make?", Answer::Parts(answer))
        .about("A server sent these bytes:", Material::Bytes(bytes.clone()))
        .because(why, "RFC 6455 s5.4")
        .told(Told::Frames(bytes, Role::Server))
}

/// What a server has to answer.
pub(super) fn pong(dice: &mut Dice) -> Draft {
    let payload = match dice.below(4) {
        0 => Vec::new(),
        _ => {
            let count = dice.between(1, 4);
            dice.bytes(count)
        }
    };
    let ping = Handmade { mask: Some(dice.key()), ..Handmade::new(Opcode::Ping, payload.clone()) };
    let bytes = ping.encode();
    let pong = Handmade::new(Opcode::Pong, payload).encode();
    let why = "A Pong has the same payload as the Ping that it answers. The server unmasks what the client sent and does not \
               mask what it sends.";
    Draft::new("Which frame does the server answer with?", Answer::Bytes(pong.clone()))
        .about("A client sent this frame:", Material::Bytes(bytes.clone()))
        .because(why, "RFC 6455 s5.5.3")
        .told(Told::Frames(bytes, Role::Client))
        .told(Told::Frames(pong, Role::Server))
}
