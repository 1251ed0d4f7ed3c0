//! What is told to the person at the screen, and what to the program behind the pipe: received data on stdout, a message
//! a line, everything else on stderr.

use super::cause;
use super::command::Reading;
use super::ending::Ending;
use super::json;
use super::screen::Screen;
use crate::client::error::{Error, Refusal};
use crate::protocol::close::Close;
use crate::protocol::frame::Handmade;
use crate::protocol::session::Message;
use crate::wire::{escape, events, lines};
use anstyle::{AnsiColor, Style};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// How much of a refusal's body is shown.
const BODY_SHOWN: usize = 4 * 1024;

/// How many bytes of a binary message are shown to a person.
const BINARY_SHOWN: usize = 64;

/// Something that happened.
#[derive(Debug)]
pub enum Told<'a> {
    /// TCP, and TLS if the URL wants it, are there, and the upgrade was granted.
    Open {
        /// The server's address.
        address: SocketAddr,
        /// TLS's version and cipher.
        tls: Option<&'a str>,
        /// The subprotocol that the server chose.
        protocol: Option<&'a str>,
    },
    /// A message came.
    Received(&'a Message),
    /// A message came that does not count as an answer.
    Greeting(&'a Message),
    /// A message was sent.
    Sent(&'a Message),
    /// A Ping came; whether its Pong was sent. Nothing is after our Close (s5.5.1).
    Ping(&'a [u8], bool),
    /// A Pong came; after how long, if it answers the last Ping.
    Pong(&'a [u8], Option<Duration>),
    /// A Ping was sent.
    PingSent(&'a [u8]),
    /// A Pong was sent that nobody asked for.
    PongSent(&'a [u8]),
    /// A frame was sent as it was written.
    FrameSent(&'a Handmade),
    /// Our Close was sent, first.
    CloseSent(&'a Close),
    /// A line that was typed is no message and no command.
    Misread(&'a str),
    /// Text of this program's own: the help of the prompt.
    Help(&'a str),
    /// It was never open.
    NotOpened(&'a Error),
    /// It is over.
    Ended(&'a Ending, Duration),
}

/// How data is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// To a person or a pipe.
    Text,
    /// One JSON object an event, on stdout.
    Json,
}

/// Tells.
#[derive(Clone)]
pub struct Teller {
    screen: Screen,
    form: Form,
    reading: Reading,
}

impl Teller {
    /// `reading` is how lines are sent: received binary messages are told in the same way.
    pub fn new(screen: Screen, form: Form, reading: Reading) -> Teller {
        Teller { screen, form, reading }
    }

    /// Tells of an event. An error means that stdout takes nothing more.
    pub fn tell(&self, told: &Told<'_>) -> io::Result<()> {
        if self.form == Form::Json {
            return match json::line(told) {
                Some(line) => self.screen.data(format!("{line}\n").as_bytes()),
                None => {
                    self.say(told);
                    Ok(())
                }
            };
        }
        match told {
            Told::Received(message) => self.data(message),
            _ => {
                self.say(told);
                Ok(())
            }
        }
    }

    fn data(&self, message: &Message) -> io::Result<()> {
        let terminal = self.screen.data_is_terminal();
        match (message, self.reading) {
            (Message::Text(text), _) if terminal => self.screen.data(for_terminal(text.as_bytes()).as_bytes()),
            (Message::Text(text), _) => self.screen.data(&[text.as_bytes(), b"\n"].concat()),
            (Message::Binary(bytes), Reading::Hex) => {
                let mark = if terminal { "< " } else { "" };
                self.screen.data(format!("{mark}{}\n", lines::hex(bytes)).as_bytes())
            }
            (Message::Binary(bytes), Reading::Binary) if !terminal => {
                self.screen.data(&[bytes, b"\n".as_slice()].concat())
            }
            (Message::Binary(_), _) => {
                self.screen.warn(&mark('<', &summary(message)));
                Ok(())
            }
        }
    }

    fn say(&self, told: &Told<'_>) {
        match told {
            Told::Open { address, tls, protocol } => self.screen.talk(&mark('=', &open(*address, *tls, *protocol))),
            // A sent message stands on the prompt's line already, or comes from a pipe or a script that knows it.
            Told::Sent(_) | Told::Received(_) => {}
            Told::Greeting(message) => self.screen.talk(&mark('<', &format!("greeting {}", summary(message)))),
            Told::Ping(payload, answered) => {
                let answer = if *answered { ", answered by a Pong" } else { ", not answered: our Close was sent" };
                self.screen.talk(&mark('<', &format!("{}{answer}", events::control("Ping", payload))))
            }
            Told::Pong(payload, after) => self.screen.talk(&mark('<', &pong(payload, *after))),
            Told::PingSent(payload) => self.screen.talk(&mark('>', &events::control("Ping", payload))),
            Told::PongSent(payload) => self.screen.talk(&mark('>', &events::control("Pong", payload))),
            Told::FrameSent(frame) => self.screen.talk(&mark('>', &lines::frame(&frame.header(), &frame.payload))),
            Told::CloseSent(close) => self.screen.talk(&mark('>', &format!("Close {close}"))),
            Told::Misread(why) => self.screen.warn(&mark('!', why)),
            Told::Help(text) => self.screen.warn(text),
            Told::NotOpened(error) => self.screen.warn(&not_opened(error)),
            Told::Ended(ending, _) if ending.is_clean() => self.screen.talk(&mark('=', &ending.words())),
            Told::Ended(ending, _) => self.screen.warn(&mark('!', &ending.words())),
        }
    }
}

/// A line with its mark, coloured as in the log.
fn mark(mark: char, words: &str) -> String {
    let colour = match mark {
        '<' => AnsiColor::Green,
        '>' => AnsiColor::Blue,
        '!' => AnsiColor::Red,
        _ => return format!("{mark} {words}"),
    };
    let style = Style::new().fg_color(Some(colour.into()));
    format!("{style}{mark}{style:#} {words}")
}

/// Text from outside, a mark before it, its line breaks kept and what follows them indented, everything else escaped.
fn for_terminal(text: &[u8]) -> String {
    let rows: Vec<String> = text.split(|byte| *byte == b'\n').map(escape::text).collect();
    format!("< {}\n", rows.join("\n  "))
}

fn open(address: SocketAddr, tls: Option<&str>, protocol: Option<&str>) -> String {
    let tls = tls.map_or(String::new(), |facts| format!(", {facts}"));
    let protocol = protocol.map_or(String::new(), |name| format!(", subprotocol {}", escape::text(name.as_bytes())));
    format!("open, connected to {address}{tls}{protocol}")
}

fn summary(message: &Message) -> String {
    match message {
        Message::Text(text) => escape::quoted(text.as_bytes(), text.len() as u64, lines::SUMMARY_BYTES),
        Message::Binary(bytes) => {
            let more = if bytes.len() > BINARY_SHOWN { " ..." } else { "" };
            format!(
                "binary, {}: {}{more}",
                events::bytes(bytes.len() as u64),
                lines::hex(&bytes[..bytes.len().min(BINARY_SHOWN)])
            )
        }
    }
}

fn pong(payload: &[u8], after: Option<Duration>) -> String {
    let name = events::control("Pong", payload);
    match after {
        Some(after) => format!("{name} after {after:.1?}"),
        None => format!("{name}, not asked for"),
    }
}

fn not_opened(error: &Error) -> String {
    match error {
        Error::Refused(refusal) => refused(refusal),
        Error::Handshake { raw_head, .. } => format!("{}\n{}", mark('!', &error.to_string()), head_shown(raw_head)),
        _ => mark('!', &error.to_string()),
    }
}

/// Status, fields and body as they came, and what to try.
fn refused(refusal: &Refusal) -> String {
    let mut text = mark('!', &format!("refused: {}", escape::text(refusal.head.status_line().as_bytes())));
    for (name, value) in refusal.head.fields() {
        text.push_str(&format!("\n    {name}: {}", escape::text(value)));
    }
    if !refusal.body.is_empty() {
        let shown = &refusal.body[..refusal.body.len().min(BODY_SHOWN)];
        text.push('\n');
        for line in shown.trim_ascii_end().split(|byte| *byte == b'\n') {
            text.push_str(&format!("\n    {}", escape::text(line.strip_suffix(b"\r").unwrap_or(line))));
        }
        if shown.len() < refusal.body.len() {
            let left_out = refusal.body.len() - shown.len();
            let s = if left_out == 1 { "" } else { "s" };
            text.push_str(&format!("\n    ... {left_out} more byte{s}"));
        }
    }
    if let Some(why) = &refusal.cut {
        text.push_str(&format!("\n  that is not the whole body: {}", escape::text(why.as_bytes())));
    }
    text.push_str(&format!("\n  likely cause: {}", cause::of(refusal)));
    text
}

fn head_shown(raw: &[u8]) -> String {
    lines::head_as_it_arrived(raw).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::response::{Parsed, parse};

    #[test]
    fn lines_of_a_message_stay_lines_on_a_terminal_and_nothing_else_moves_the_cursor() {
        assert_eq!(for_terminal(b"one"), "< one\n");
        assert_eq!(for_terminal(b"one\ntwo\n"), "< one\n  two\n  \n");
        assert_eq!(for_terminal(b"\x1b[2J\rforged\x00\t"), "< \\u{1b}[2J\\rforged\\0\\t\n");
        assert_eq!(for_terminal(b""), "< \n");
    }

    #[test]
    fn a_binary_message_is_shown_in_part() {
        let shown = |bytes: Vec<u8>| summary(&Message::Binary(bytes.into()));
        assert_eq!(shown(vec![0x0a]), "binary, 1 byte: 0a");
        assert!(shown(vec![0; BINARY_SHOWN]).ends_with("00"));
        assert!(shown(vec![0; BINARY_SHOWN + 1]).ends_with(" 00 ..."));
        assert!(shown(vec![0; 1 << 20]).len() < 300);
    }

    #[test]
    fn a_pong_that_answers_says_how_long_it_took() {
        assert_eq!(pong(b"1", Some(Duration::from_micros(1234))), "Pong \"1\" after 1.2ms");
        assert_eq!(pong(b"", None), "Pong, not asked for");
    }

    fn refusal(body: &[u8], cut: Option<&str>) -> Refusal {
        let raw_head = b"HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n".to_vec();
        let Parsed::Complete(head, _) = parse(&raw_head) else { panic!("a head") };
        Refusal { head, raw_head, body: body.to_vec(), cut: cut.map(str::to_owned) }
    }

    /// Without its first and its last line, which carry the mark and the cause.
    fn middle(refusal: &Refusal) -> String {
        let text = refused(refusal);
        assert!(text.contains("refused: HTTP/1.1 404 Not Found\n    A: b\n"), "{text}");
        let (_, rest) = text.split_once("    A: b\n").expect("a field");
        rest.split_once("  likely cause: ").expect("a cause").0.to_owned()
    }

    #[test]
    fn the_body_of_a_refusal_is_shown_below_its_head() {
        assert_eq!(middle(&refusal(b"", None)), "");
        assert_eq!(middle(&refusal(b"a\r\n\x1b\n\n", None)), "\n    a\n    \\u{1b}\n");
        let long = vec![b'x'; BODY_SHOWN + 7];
        assert!(middle(&refusal(&long, None)).ends_with("x\n    ... 7 more bytes\n"));
        let cut = middle(&refusal(b"", Some("it is longer\x1b")));
        assert_eq!(cut, "  that is not the whole body: it is longer\\u{1b}\n");
    }
}
