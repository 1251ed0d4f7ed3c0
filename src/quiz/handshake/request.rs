//! Level 1: is this a request for a WebSocket, what is missing, and which status comes back?

use super::super::answer::Answer;
use super::super::dice::Dice;
use super::super::draft::{Draft, Material};
use super::super::judge;
use super::super::told::Told;
use super::heads::{Lines, NEEDED, key};
use crate::protocol::upgrade::Policy;

const STATUS: &[&str] = &["101", "400", "405", "426"];
const SECTION: &str = "RFC 6455 s4.2.1";

/// A request with something wrong.
fn spoilt(dice: &mut Dice) -> Lines {
    let request = Lines::request(dice);
    let with_first = |first: String| Lines { first, ..request.clone() };
    match dice.below(8) {
        0 => with_first(request.first.replacen("GET", "POST", 1)),
        1 => with_first(request.first.replacen("HTTP/1.1", "HTTP/1.0", 1)),
        2 => request.with("Sec-WebSocket-Version", dice.one_of(&["7", "8", "12", "14"])),
        3 => {
            let short = key(dice, 12);
            request.with("Sec-WebSocket-Key", &short)
        }
        _ => request.without(dice.one_of(&NEEDED)),
    }
}

/// Whether it is right.
pub(super) fn right(dice: &mut Dice) -> Draft {
    let request = match dice.below(5) {
        0 => ["Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key"]
            .into_iter()
            .fold(Lines::request(dice), |request, name| request.without(name)),
        1 | 2 => spoilt(dice),
        _ => Lines::request(dice),
    };
    let bytes = request.with_others(dice).encode();
    let heads = judge::heads(&bytes);
    let head = heads.first();
    let (why, section) = match head.and_then(|head| head.faults.first()) {
        Some(fault) => (format!("In decode's words: {}.", fault.why), fault.section),
        None if judge::is_right(head) => {
            ("A GET of HTTP/1.1 with all five fields that are needed.".to_owned(), SECTION)
        }
        None => ("It is a request of HTTP like any other, and asks for no WebSocket.".to_owned(), SECTION),
    };
    Draft::new("Is it a right opening handshake?", Answer::yes(judge::is_right(head)))
        .about("A client sent this head:", Material::Heads(bytes.clone()))
        .because(why, section)
        .told(Told::Heads(bytes))
}

/// Which field is missing.
pub(super) fn missing(dice: &mut Dice) -> Draft {
    let name = dice.one_of(&NEEDED);
    let bytes = Lines::request(dice).without(name).with_others(dice).encode();
    let why =
        format!("An opening handshake has five fields that are needed: {}. Here {name} is missing.", NEEDED.join(", "));
    Draft::new("It should be an opening handshake. Which field is missing?", Answer::Text(name.to_owned()))
        .about("A client sent this head:", Material::Heads(bytes.clone()))
        .because(why, SECTION)
        .told(Told::Heads(bytes))
}

/// Why it is this status and no other.
fn meaning(status: u16) -> &'static str {
    match status {
        400 => "400: the request lacks something or has it wrong.",
        405 => "405: another method is wanted.",
        426 => "426: not like this, but in another protocol or version.",
        _ => "",
    }
}

/// Which status our server answers with.
pub(super) fn status(dice: &mut Dice) -> Draft {
    let request = if dice.below(4) == 0 { Lines::request(dice) } else { spoilt(dice) };
    let bytes = request.with_others(dice).encode();
    let said = judge::serve(&bytes, &Policy::default());
    let refusal = judge::refusal(&said);
    let status = refusal.map_or(101, |refusal| refusal.status).to_string();
    let at = STATUS.iter().position(|known| *known == status).unwrap_or(STATUS.len());
    let (why, section) = match refusal {
        Some(refusal) => {
            (format!("In the server's words: {}. {}", refusal.why, meaning(refusal.status)), refusal.section)
        }
        None => ("Every requirement is met.".to_owned(), "RFC 6455 s4.2.2"),
    };
    Draft::new("Which status does ws101 answer with, where it speaks WebSocket?", Answer::Word(STATUS, at))
        .about("A client sent this head:", Material::Heads(bytes.clone()))
        .because(why, section)
        .told(Told::Heads(bytes))
}
