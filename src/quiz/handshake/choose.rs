//! Level 2: lists of tokens, case and order, keys, subprotocols, origins.

use super::super::answer::Answer;
use super::super::dice::Dice;
use super::super::draft::{Draft, Material};
use super::super::judge;
use super::super::told::Told;
use super::heads::{Lines, key as base64};
use crate::protocol::upgrade::Policy;

const SUBPROTOCOLS: [&str; 8] =
    ["chat", "Chat", "superchat", "mqtt", "v10.stomp", "v12.stomp", "graphql-ws", "wamp.2.json"];

/// A name and a value that look odd: some are right and some are not.
const ODD: [(&str, &str); 16] = [
    ("connection", "keep-alive, Upgrade"),
    ("Connection", "upgrade"),
    ("Connection", "UPGRADE, Keep-Alive"),
    ("CONNECTION", "Upgrade,keep-alive"),
    ("UPGRADE", "WebSocket"),
    ("Upgrade", "h2c, websocket"),
    ("upgrade", "WEBSOCKET"),
    ("sec-websocket-version", "13"),
    ("Connection", "keep-alive"),
    ("Connection", "Upgraded"),
    ("Connection", "keep-alive Upgrade"),
    ("Upgrade", "websockets"),
    ("Upgrade", "web-socket"),
    ("Upgrade", "h2c"),
    ("Sec-WebSocket-Version", "13, 8"),
    ("Sec-WebSocket-Version", "12"),
];

/// Whether a server takes a request whose fields are written in an odd way.
pub(super) fn tokens(dice: &mut Dice) -> Draft {
    let (name, value) = dice.turn_of(&ODD);
    // A server may look at Origin too, which is not asked about here.
    let request = Lines::request(dice).with(name, value).with_others(dice).without("Origin").shuffled(dice);
    granted(request, "Does a server grant it?")
}

/// Whether a server takes a key.
pub(super) fn key(dice: &mut Dice) -> Draft {
    let right = base64(dice, 16);
    let key = match dice.below(9) {
        0 => base64(dice, 12),
        1 => base64(dice, 15),
        2 => base64(dice, 20),
        3 => right.trim_end_matches('=').to_owned(),
        4 => right.replacen(|one: char| one.is_ascii_alphanumeric(), "-", 1),
        _ => right,
    };
    let request = Lines::request(dice).with("Sec-WebSocket-Key", &key);
    granted(request, "Is its key one that a server may take?")
}

fn granted(request: Lines, ask: &str) -> Draft {
    let bytes = request.encode();
    let said = judge::serve(&bytes, &Policy::default());
    let refusal = judge::refusal(&said);
    let (why, section) = match refusal {
        Some(refusal) => (format!("In the server's words: {}.", refusal.why), refusal.section),
        None => {
            let why = "Names of fields have no case; Upgrade and Connection are lists of tokens without case; the key is \
                       16 bytes in base64, 22 characters and `==`.";
            (why.to_owned(), "RFC 6455 s4.2.1")
        }
    };
    Draft::new(ask, Answer::yes(refusal.is_none()))
        .about("A client sent this head:", Material::Heads(bytes.clone()))
        .because(why, section)
        .told(Told::Heads(bytes))
}

/// Which subprotocol the answer names.
pub(super) fn subprotocol(dice: &mut Dice) -> Draft {
    const NONE: &str = "none of them";
    let mut names = SUBPROTOCOLS.to_vec();
    dice.shuffle(&mut names);
    let (offered, others) = names.split_at(3);
    // Those that the server speaks: of those offered none, one or two, and one or two that were not.
    let mut spoken: Vec<String> = offered[..dice.below(3) as usize].iter().map(|name| (*name).to_owned()).collect();
    spoken.extend(others[..dice.between(1, 2) as usize].iter().map(|name| (*name).to_owned()));
    dice.shuffle(&mut spoken);
    let mut offered = offered.to_vec();
    dice.shuffle(&mut offered);
    let options: String = spoken.iter().map(|name| format!(" --subprotocol {name}")).collect();
    let request = Lines::request(dice).and("Sec-WebSocket-Protocol", &offered.join(", "));
    let bytes = request.encode();
    let ask = format!(
        "The server speaks {}, and takes the first one of the client's list that it speaks. Which one does its 101 name?",
        spoken.join(" and ")
    );
    let said = judge::serve(&bytes, &Policy { subprotocols: spoken, ..Policy::default() });
    let chosen =
        said.as_ref().ok().and_then(|said| said.outcome.as_ref().ok()).and_then(|said| said.subprotocol.clone());
    let right = offered.iter().position(|name| Some(*name) == chosen.as_deref()).unwrap_or(offered.len());
    let choices = offered.iter().copied().chain([NONE]).map(str::to_owned).collect();
    let draft = Draft::new(ask, Answer::Choice(choices, right))
        .about("A client sent this head:", Material::Heads(bytes))
        .because(
            "The client lists what it speaks, what it likes best first. The server names one of these or none; names of \
             subprotocols have case.",
            "RFC 6455 s4.2.2",
        );
    said.iter().fold(draft, |draft, decision| draft.told(Told::log(options.clone(), decision)))
}

/// Whether a page may connect.
pub(super) fn origin(dice: &mut Dice) -> Draft {
    const ALLOWED: &str = "https://example.com";
    let origin = dice.turn_of(&[
        "https://example.com",
        "HTTPS://Example.COM",
        "http://example.com",
        "https://www.example.com",
        "https://example.com:8443",
        "https://example.org",
        "https://example.com.example.net",
        "null",
        "",
    ]);
    let request = Lines::request(dice).with("Host", "example.com");
    let request = if origin.is_empty() { request } else { request.and("Origin", origin) };
    let bytes = request.encode();
    let said = judge::serve(&bytes, &Policy { origins: vec![ALLOWED.to_owned()], ..Policy::default() });
    let refusal = judge::refusal(&said);
    let (why, section) = match refusal {
        Some(refusal) => (format!("In the server's words: {}.", refusal.why), refusal.section),
        None if origin.is_empty() => {
            let why = "A browser always sends Origin. A request without it comes from no page, and the check protects the \
                       users of browsers only.";
            (why.to_owned(), "RFC 6455 s10.2")
        }
        None => ("The origin is the one that is let in: scheme and host have no case.".to_owned(), "RFC 6454 s4"),
    };
    let ask = format!("The server lets in pages of {ALLOWED}: ws101 --origin {ALLOWED}. Does it grant this request?");
    let draft = Draft::new(ask, Answer::yes(refusal.is_none()))
        .about("A client sent this head:", Material::Heads(bytes))
        .because(why, section);
    said.iter().fold(draft, |draft, decision| draft.told(Told::log(format!(" --origin {ALLOWED}"), decision)))
}
