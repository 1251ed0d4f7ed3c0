//! The questions: what is said on a connection, and what comes then.

use super::super::link::{End, Heard, Link};
use super::super::settings::Settings;
use crate::client::random::masking_key;
use crate::protocol::close::{Close, MAX_REASON};
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;
use crate::protocol::session::{Event, Message};
use std::time::{Duration, Instant};

/// How long the server has for ending TCP after both Closes.
const TCP_END: Duration = Duration::from_secs(2);

/// The code of our own Close: one for private use (s7.4.2), which nobody says by accident.
pub const OURS: u16 = 4001;

/// Our words.
const SAID: &str = "ws101 probe";

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// How our Close is answered.
    Ours,
    /// How it is answered when its reason is as long as can be.
    Long,
    /// What comes of a Close that the server says first.
    Theirs,
    /// What a server looks like that ends TCP and says nothing.
    Fin,
    /// What one looks like that resets it.
    Reset,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The end; `None`: none came in time.
    pub end: Option<End>,
    /// How long it took.
    pub took: Duration,
    /// How TCP was ended after a Close, and how long that took; `None`: not in time, or there was no Close.
    pub tcp: Option<(End, Duration)>,
    /// An echo came before it.
    pub echoed: bool,
}

impl Question {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Question; 5] = [Question::Ours, Question::Long, Question::Theirs, Question::Fin, Question::Reset];

    /// Whether only a ws101 can do what is asked for.
    pub fn is_for_ws101(self) -> bool {
        self.is_death()
    }

    /// Whether the server is asked to die for this client.
    pub fn is_death(self) -> bool {
        matches!(self, Question::Fin | Question::Reset)
    }

    /// For a person.
    pub fn words(self) -> &'static str {
        match self {
            Question::Ours => "our Close 4001",
            Question::Long => "our Close 4001, longest reason",
            Question::Theirs => "text that is no UTF-8",
            Question::Fin => "server ends TCP, no Close",
            Question::Reset => "server resets TCP, no Close",
        }
    }

    /// For a program.
    pub fn key(self) -> &'static str {
        match self {
            Question::Ours => "our_close",
            Question::Long => "our_close_longest_reason",
            Question::Theirs => "text_not_utf8",
            Question::Fin => "server_fin",
            Question::Reset => "server_reset",
        }
    }
}

impl Seen {
    /// The Close, if it was one.
    pub fn close(&self) -> Option<&Close> {
        match &self.end {
            Some(End::Close(close)) => Some(close),
            _ => None,
        }
    }
}

/// A text with a byte that UTF-8 never has: the receiver must fail the connection (s8.1).
pub const NOT_UTF8: [u8; 1] = [0xff];

/// Asks one, on a connection of its own. The error says why it could not be asked.
pub fn ask(settings: &Settings, question: Question) -> Result<Seen, String> {
    let parameters: &[&str] = match question {
        Question::Ours | Question::Long | Question::Theirs => &["ping=off"],
        Question::Fin => &["ping=off", "cut=fin"],
        Question::Reset => &["ping=off", "cut=reset"],
    };
    let mut link = Link::open_patiently(settings, parameters)?;
    let begun = Instant::now();
    let deadline = begun + settings.timeout;
    let Link { connection, websocket, .. } = &mut link;
    let said = match question {
        Question::Ours => websocket.begin_close(connection, &Close::new(OURS, SAID), deadline),
        Question::Long => websocket.begin_close(connection, &Close::new(OURS, &longest_reason()), deadline),
        Question::Theirs => {
            let mask = Some(masking_key()?);
            let frame = Handmade { mask, ..Handmade::new(Opcode::Text, NOT_UTF8.to_vec()) };
            websocket.send_handmade(connection, &frame, deadline)
        }
        Question::Fin | Question::Reset => websocket.send(connection, Message::Text(SAID.into()), deadline),
    };
    said.map_err(|error| error.to_string())?;
    let seen = end_of(&mut link, question, begun, deadline);
    // Whoever answers is left in peace. From the others there is nothing to wait for any more.
    if seen.end.is_none() && seen.echoed {
        link.leave();
    }
    Ok(seen)
}

/// As many bytes as a control frame has room for (s5.5), the last three of them one character: whoever cuts it, or counts
/// characters, spoils it, and the receiver answers 1007.
fn longest_reason() -> String {
    format!("{}\u{20ac}", "x".repeat(MAX_REASON - '\u{20ac}'.len_utf8()))
}

/// Waits for the end. A server that was to die and echoes instead does not know how.
fn end_of(link: &mut Link, question: Question, begun: Instant, deadline: Instant) -> Seen {
    let mut echoed = false;
    let end = loop {
        if echoed && question.is_death() {
            break None;
        }
        match link.hear(deadline) {
            Heard::Events(events) => echoed |= events.iter().any(is_echo),
            Heard::Nothing => break None,
            Heard::End(end) => break Some(end),
        }
    };
    let took = begun.elapsed();
    let tcp = if matches!(end, Some(End::Close(_))) { end_of_tcp(link) } else { None };
    Seen { end, took, tcp, echoed }
}

/// A server with a name puts that before it, and it greets, which is no echo.
fn is_echo(event: &Event) -> bool {
    matches!(event, Event::Message(message) if message.payload().ends_with(SAID.as_bytes()))
}

fn end_of_tcp(link: &mut Link) -> Option<(End, Duration)> {
    let begun = Instant::now();
    loop {
        match link.hear(begun + TCP_END) {
            Heard::End(end) => return Some((end, begun.elapsed())),
            Heard::Nothing => return None,
            Heard::Events(_) => {} // after its Close nothing that it says counts
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_reason_fills_its_frame_and_ends_in_one_character() {
        let close = Close::new(OURS, &longest_reason());
        assert_eq!(close.encode().len(), 125);
        assert!(close.reason.ends_with('€'));
        assert!(std::str::from_utf8(&close.encode()[2..124]).is_err());
    }
}
