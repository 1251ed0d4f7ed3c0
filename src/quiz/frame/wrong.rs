//! Level 3: what is wrong, if anything is.

use super::super::answer::Answer;
use super::super::dice::Dice;
use super::super::draft::{Draft, Material};
use super::super::told::Told;
use super::super::{judge, words};
use super::flaws::{FLAWS, NOTHING, Place, Sent, legal, sent, with_any_code};
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;
use crate::protocol::rules::Violation;
use crate::wire::lines::role;
use tungstenite::protocol::Role;

/// How many sentences there are to choose from, before the last: nothing is wrong.
const CHOICES: usize = 4;

/// Said of a long frame, whose payload would fill the sheet.
const HEADER_ALONE: &str = "; the payload, which is right in itself, is left out";

/// Which rule is broken. One time in four, none.
pub(super) fn what(dice: &mut Dice) -> Draft {
    let mut at: Vec<usize> = (0..FLAWS.len()).collect();
    dice.shuffle(&mut at);
    at.truncate(CHOICES);
    let is_legal = dice.below(4) == 0;
    let right = dice.below(CHOICES as u64) as usize;
    let sent = if is_legal { legal(dice) } else { (FLAWS[at[right]].draw)(dice) };
    let sentences = at.iter().map(|at| FLAWS[*at].words).chain([NOTHING]);
    let answer = Answer::Choice(sentences.map(str::to_owned).collect(), if is_legal { CHOICES } else { right });
    judged(sent, "What is wrong?", |_| answer)
}

/// Whether it may be sent at all.
pub(super) fn may(dice: &mut Dice) -> Draft {
    let sent = if dice.coin() { legal(dice) } else { (dice.one_of(&FLAWS).draw)(dice) };
    let ask = format!("May a {} send that?", role(sent.from));
    judged(sent, &ask, |fault| Answer::yes(fault.is_none()))
}

/// The code with which the other end fails the connection.
pub(super) fn code(dice: &mut Dice) -> Draft {
    let sent = if dice.coin() { legal(dice) } else { with_any_code(dice) };
    let receiver = if sent.from == Role::Client { "server" } else { "client" };
    let ask = format!(
        "If the {receiver} fails the connection because of it, which code does its Close have? Write 0 if nothing is wrong."
    );
    judged(sent, &ask, |fault| Answer::Number(fault.map_or(0, |fault| u64::from(fault.code))))
}

fn judged(sent: Sent, ask: &str, answer: impl FnOnce(Option<&Violation>) -> Answer) -> Draft {
    let Sent { from, bytes, why: aside } = sent;
    let judged = judge::frames(&bytes, from);
    let fault = judged.first_fault().map(|(_, violation)| violation);
    let (why, section) = why(fault, aside);
    let before = format!("{}{}:", first_of(from), if judged.is_cut() { HEADER_ALONE } else { "" });
    Draft::new(ask, answer(fault))
        .about(before, Material::Bytes(bytes.clone()))
        .because(why, section)
        .told(Told::Frames(bytes, from))
}

/// What stands before the bytes: without it, a reserved bit or a continuation could be right.
fn first_of(from: Role) -> String {
    format!("A {} sent these bytes, the first ones behind an opening handshake without extensions", role(from))
}

/// Why nothing is wrong, or what is. `aside`: what else there is to say of frames with nothing wrong.
fn why(fault: Option<&Violation>, aside: &str) -> (String, String) {
    let Some(Violation { code, why, section }) = fault else {
        let why = format!("No rule for frames is broken. {aside}");
        return (why.trim_end().to_owned(), "RFC 6455 s5".to_owned());
    };
    if *section == "s5.5.1" && why.contains("after the Close") {
        let why = format!("In decode's words: {why}. The other end discards it, and answers the Close.");
        return (why, "RFC 6455 s1.4, s5.5.1".to_owned());
    }
    // s5.2: "the minimal number of bytes MUST be used to encode the length" says what a sender must do, and not what becomes
    // of the connection when it does not.
    let aside = if why.contains("minimal form") {
        " The rule binds the sender; what a receiver does then is left to it, and this program fails the connection."
    } else {
        ""
    };
    (format!("In decode's words: {why}. The code for it is {code}.{aside}"), format!("RFC 6455 {section}"))
}

/// Which of several frames is wrong.
pub(super) fn which(dice: &mut Dice) -> Draft {
    let from = if dice.coin() { Role::Client } else { Role::Server };
    let (count, wrong) = (dice.between(2, 3), dice.below(4));
    let mut bytes = Vec::new();
    for number in 1..=count {
        if number == wrong {
            bytes.extend(flawed(dice, from));
        }
        let opcode = dice.one_of(&[Opcode::Text, Opcode::Binary, Opcode::Ping, Opcode::Pong]);
        let frame = Handmade::new(opcode, words::short(dice).into());
        bytes.extend(sent(dice, from, vec![frame]).bytes);
    }
    let judged = judge::frames(&bytes, from);
    let fault = judged.first_fault();
    let (why, section) = why(fault.map(|(_, violation)| violation), "");
    let ask = "Which of the frames is not legal: the first (1), the second (2), and so on? Write 0 if all of them are.";
    Draft::new(ask, Answer::Number(fault.map_or(0, |(number, _)| number)))
        .about(format!("{}, several frames in a row:", first_of(from)), Material::Bytes(bytes.clone()))
        .because(why, section)
        .told(Told::Frames(bytes, from))
}

/// One wrong frame of this end that leaves the others as they are.
fn flawed(dice: &mut Dice, from: Role) -> Vec<u8> {
    loop {
        let flaw = dice.one_of(&FLAWS);
        let sent = (flaw.draw)(dice);
        // A continuation without FIN continues nothing, and begins nothing either: the frames behind it are right.
        if flaw.place == Place::Anywhere && sent.from == from {
            return sent.bytes;
        }
    }
}
