//! Level 3: the answer of a server. May a client take it for a 101, and if not, why?

use super::super::answer::Answer;
use super::super::dice::Dice;
use super::super::draft::{Draft, Material};
use super::super::judge;
use super::super::told::Told;
use super::heads::Lines;
use crate::decode::head::Head;
use tungstenite::handshake::derive_accept_key;

/// How many sentences there are to choose from, before the last: nothing is wrong.
const CHOICES: usize = 4;
const NOTHING: &str = "nothing is wrong";

const FIRST: &str = "HTTP/1.1 101 Switching Protocols";
const ACCEPT: &str = "Sec-WebSocket-Accept";
const PROTOCOL: &str = "Sec-WebSocket-Protocol";
const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

/// A way in which a server's answer can be wrong: its words, and what is done to a right one. The request is given too.
#[derive(Clone, Copy)]
struct Flaw {
    words: &'static str,
    spoil: fn(&mut Dice, &Lines, Lines) -> Lines,
}

static FLAWS: [Flaw; 8] = [
    Flaw { words: "Upgrade is missing", spoil: |_, _, answer| answer.without("Upgrade") },
    Flaw { words: "Upgrade names another protocol", spoil: |_, _, answer| answer.with("Upgrade", "h2c") },
    Flaw { words: "Connection is missing", spoil: |_, _, answer| answer.without("Connection") },
    Flaw {
        words: "Connection lists something else, and not Upgrade",
        spoil: |dice, _, answer| answer.with("Connection", dice.one_of(&["keep-alive", "close"])),
    },
    Flaw { words: "Sec-WebSocket-Accept is missing", spoil: |_, _, answer| answer.without(ACCEPT) },
    Flaw { words: "Sec-WebSocket-Accept has a wrong value", spoil: wrong_accept },
    Flaw {
        words: "a subprotocol was not offered",
        spoil: |dice, _, answer| answer.with(PROTOCOL, other_protocol(dice)),
    },
    Flaw {
        words: "an extension was not offered",
        spoil: |dice, _, answer| answer.and(EXTENSIONS, dice.one_of(&["permessage-deflate", "x-compress", "mux"])),
    },
];

/// What looks like the right value: the key itself, or the hash of the key alone and not of key and GUID.
fn wrong_accept(dice: &mut Dice, request: &Lines, answer: Lines) -> Lines {
    let key = request.value("Sec-WebSocket-Key").to_owned();
    let wrong = if dice.coin() { key } else { derive_accept_key(answer.value(ACCEPT).as_bytes()) };
    answer.with(ACCEPT, &wrong)
}

fn other_protocol(dice: &mut Dice) -> &'static str {
    dice.one_of(&["Chat", "mqtt", "talk"])
}

/// A request that offers a subprotocol and no extension, and a right answer to it.
fn exchange(dice: &mut Dice) -> (Lines, Lines) {
    let request = Lines::request(dice).and(PROTOCOL, "chat, superchat");
    let accept = derive_accept_key(request.value("Sec-WebSocket-Key").as_bytes());
    let upgrade = dice.one_of(&["websocket", "websocket", "WebSocket"]);
    let connection = dice.one_of(&["Upgrade", "upgrade", "keep-alive, Upgrade"]);
    let mut answer = Lines::new(FIRST, &[("Upgrade", upgrade), ("Connection", connection), (ACCEPT, &accept)]);
    match dice.below(3) {
        0 => answer = answer.and(PROTOCOL, "chat"),
        1 => answer = answer.and(PROTOCOL, "superchat"),
        _ => {}
    }
    (request, answer)
}

/// Whether the client may go on, and send frames.
pub(super) fn may_go_on(dice: &mut Dice) -> Draft {
    let (request, answer) = exchange(dice);
    let answer = match dice.below(6) {
        0 | 1 => (dice.one_of(&FLAWS).spoil)(dice, &request, answer),
        2 => Lines { first: dice.one_of(&["HTTP/1.1 200 OK", "HTTP/1.1 403 Forbidden"]).to_string(), ..answer },
        _ => answer,
    };
    judged(&request, &answer, "May the client begin to send frames?", |head| Answer::yes(judge::is_right(head)))
}

/// What of the answer is wrong.
pub(super) fn why_not(dice: &mut Dice) -> Draft {
    let (request, answer) = exchange(dice);
    let mut at: Vec<usize> = (0..FLAWS.len()).collect();
    dice.shuffle(&mut at);
    at.truncate(CHOICES);
    let right = if dice.below(5) == 0 { CHOICES } else { dice.below(CHOICES as u64) as usize };
    let answer = match at.get(right) {
        Some(flaw) => (FLAWS[*flaw].spoil)(dice, &request, answer),
        None => answer,
    };
    let choices = at.iter().map(|at| FLAWS[*at].words).chain([NOTHING]).map(str::to_owned).collect();
    judged(&request, &answer, "What is wrong with the answer?", |_| Answer::Choice(choices, right))
}

/// Which subprotocol is spoken from here on.
pub(super) fn agreed(dice: &mut Dice) -> Draft {
    let (request, answer) = exchange(dice);
    let names = ["chat", "superchat", "none"];
    let right = names.iter().position(|name| *name == answer.value(PROTOCOL)).unwrap_or(2);
    let choices = names.map(str::to_owned).to_vec();
    judged(&request, &answer, "Which subprotocol do the two speak from here on?", |_| Answer::Choice(choices, right))
        .because(
            "It is the one that the 101 names. A server that speaks none of those offered leaves the field out, and the \
             client decides whether it goes on.",
            "RFC 6455 s4.2.2",
        )
}

fn judged(request: &Lines, answer: &Lines, ask: &str, right: impl FnOnce(Option<&Head>) -> Answer) -> Draft {
    let bytes = [request.encode(), answer.encode()].concat();
    let heads = judge::heads(&bytes);
    let head = heads.get(1);
    let (why, section) = match head.and_then(|head| head.faults.first()) {
        Some(fault) => (format!("In decode's words: {}.", fault.why), fault.section),
        None if judge::is_right(head) => {
            ("The answer is all that a client has to ask for.".to_owned(), "RFC 6455 s4.1")
        }
        None => ("Only a 101 begins a WebSocket, whatever fields another status has.".to_owned(), "RFC 6455 s4.1"),
    };
    let accept = derive_accept_key(request.value("Sec-WebSocket-Key").as_bytes());
    let before = format!(
        "A client sent the first head, and a server answered with the second. The {ACCEPT} for this key is {accept}."
    );
    Draft::new(ask, right(head))
        .about(before, Material::Heads(bytes.clone()))
        .because(why, section)
        .told(Told::Heads(bytes))
}
