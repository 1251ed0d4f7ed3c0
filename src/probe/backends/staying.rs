//! Whether one connection stays with one server: the name in its echoes says so.

use super::super::link::Link;
use super::super::{Bench, Fault, Section};
use crate::protocol::session::Message;
use crate::wire::escape;
use std::time::Instant;

/// How many messages are sent.
const MESSAGES: usize = 10;

/// The most that is shown of what stands before an echo.
const MOST_SHOWN: usize = 40;

/// Sends messages over one connection and compares who echoes them.
pub fn look(bench: &mut Bench<'_>, section: &mut Section, link: &mut Link) {
    bench.progress(None, "messages over one connection");
    let mut before: Vec<Vec<u8>> = Vec::new();
    for number in 1..=MESSAGES {
        match echo(bench, link, &format!("ws101 probe {number}")) {
            Ok(words) => before.push(words),
            Err(why) => return section.note(format!("message {number} over one connection: {why}")),
        }
    }
    judge(section, &before);
}

/// What stands before the echo of a text: `[A] `, for a ws101 with a name.
fn echo(bench: &Bench<'_>, link: &mut Link, text: &str) -> Result<Vec<u8>, String> {
    let deadline = Instant::now() + bench.settings.timeout;
    let message = Message::Text(text.into());
    link.websocket.send(&mut link.connection, message, deadline).map_err(|error| error.to_string())?;
    let before = |message: &Message| message.payload().strip_suffix(text.as_bytes()).map(<[u8]>::to_vec);
    link.find(deadline, before).map_err(|end| end.map_or("no echo came".to_owned(), |end| end.to_string()))
}

fn judge(section: &mut Section, before: &[Vec<u8>]) {
    let words = |words: &[u8]| escape::text(words.trim_ascii()).chars().take(MOST_SHOWN).collect::<String>();
    let Some(first) = before.first() else { return };
    section.fact("messages_over_one_connection", before.len());
    match before.iter().find(|other| *other != first) {
        Some(other) => section.fault(
            Fault::ConnectionMoves,
            format!("messages of one connection were answered by \"{}\" and by \"{}\"", words(first), words(other)),
        ),
        None if first.is_empty() => {}
        None => section.saw(format!("{} messages over one connection: all answered by {}", before.len(), words(first))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::settings::Name;
    use super::*;

    fn judged(before: &[&str]) -> Section {
        let mut section = Section::new(Name::Backends);
        judge(&mut section, &before.iter().map(|words| words.as_bytes().to_vec()).collect::<Vec<_>>());
        section
    }

    #[test]
    fn two_names_on_one_connection_are_a_fault() {
        let moves = judged(&["[A] ", "[A] ", "[\u{1b}B] "]);
        assert_eq!(moves.faults[0].fault, Fault::ConnectionMoves);
        assert!(moves.faults[0].says.ends_with("by \"[A]\" and by \"[\\u{1b}B]\""), "{:?}", moves.faults);
        let stays = judged(&["[A] ", "[A] "]);
        assert!(stays.faults.is_empty() && stays.evidence[0].contains("2 messages"), "{stays:?}");
        assert!(judged(&["", ""]).evidence.is_empty());
    }
}
