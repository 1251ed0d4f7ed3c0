//! What a typed line asks for: text to send, or a command that begins with a slash.

use crate::client::random::masking_key;
use crate::decode::handmade;
use crate::protocol::close::{self, Close};
use crate::protocol::frame::Handmade;
use crate::protocol::rules::MAX_CONTROL_PAYLOAD;
use crate::protocol::session::Message;
use crate::wire::{escape, hex};
use std::str;

/// What a typed line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// Send a text message.
    Text(String),
    /// Send a binary message.
    Binary(Vec<u8>),
    /// Send a Ping with this payload, at most 125 bytes.
    Ping(Vec<u8>),
    /// Send a Pong that nobody asked for, at most 125 bytes.
    Pong(Vec<u8>),
    /// Begin the closing handshake. The Close is a legal one.
    Close(Close),
    /// Send this frame as it is, legal or not.
    Frame(Handmade),
    /// Leave.
    Quit,
    /// Show [`HELP`].
    Help,
    /// An empty line: nothing.
    Nothing,
}

/// How a line without a slash is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// As a text message.
    Text,
    /// Its bytes as a binary message.
    Binary,
    /// Its hex digits as a binary message.
    Hex,
}

/// What `/help` prints.
pub const HELP: &str = "\
A line is a message. What begins with / is a command, and //text sends /text.
  /ping [TEXT]            a Ping; the answer is a Pong with the same text
  /pong [TEXT]            a Pong that nobody asked for
  /binary 0a ff           a binary message
  /close [CODE [REASON]]  the closing handshake; without a code: 1000
  /frame KEY=VALUE... TEXT
                          any frame, legal or not: fin=0 rsv=4 op=text len=9
                          mask=37fa213d form=16 code=1002 hex=0aff, then text
  /help                   this
  /quit                   close with 1000 and leave (Ctrl-D too)
";

/// The commands, as Tab completes them.
pub const COMMANDS: [&str; 7] = ["/ping", "/pong", "/binary", "/close", "/frame", "/help", "/quit"];

/// A line typed at the prompt. `//x` sends `/x`. An error says what would be right.
pub fn typed(line: &str, reading: Reading) -> Result<Typed, String> {
    match line.strip_prefix('/') {
        None if line.is_empty() => Ok(Typed::Nothing),
        None => plain(line, reading),
        // The second slash is a part of the message.
        Some(rest) if rest.starts_with('/') => plain(rest, reading),
        Some(_) => command(line),
    }
}

/// A line of a pipe, or an argument: never a command, a message whatever it begins with. Bytes that are no UTF-8 are an
/// error where text is wanted.
pub fn message(line: &[u8], reading: Reading) -> Result<Message, String> {
    if reading == Reading::Binary {
        return Ok(Message::Binary(line.to_vec().into()));
    }
    let text = str::from_utf8(line).map_err(|error| {
        format!("byte {} of the line is not UTF-8: --binary sends lines as they are", error.valid_up_to() + 1)
    })?;
    match reading {
        Reading::Hex => Ok(Message::Binary(hex::parse(text)?.into())),
        _ => Ok(Message::Text(text.into())),
    }
}

fn plain(text: &str, reading: Reading) -> Result<Typed, String> {
    match reading {
        Reading::Text => Ok(Typed::Text(text.to_owned())),
        Reading::Binary => Ok(Typed::Binary(text.as_bytes().to_vec())),
        Reading::Hex => hex::parse(text).map(Typed::Binary),
    }
}

fn command(line: &str) -> Result<Typed, String> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match word {
        "/ping" => control_payload(word, rest).map(Typed::Ping),
        "/pong" => control_payload(word, rest).map(Typed::Pong),
        "/binary" => hex::parse(rest).map(Typed::Binary),
        "/close" => closing(rest.trim()).map(Typed::Close),
        "/frame" => handmade_frame(rest).map(Typed::Frame),
        "/help" | "/quit" if !rest.trim().is_empty() => Err(format!("{word} stands alone")),
        "/help" => Ok(Typed::Help),
        "/quit" => Ok(Typed::Quit),
        _ => Err(unknown(word)),
    }
}

/// s5.5: "All control frames MUST have a payload length of 125 bytes or less".
fn control_payload(word: &str, text: &str) -> Result<Vec<u8>, String> {
    if text.len() as u64 > MAX_CONTROL_PAYLOAD {
        let op = &word[1..];
        return Err(format!(
            "{} bytes are too many: a control frame has at most {MAX_CONTROL_PAYLOAD} (s5.5); \
             /frame op={op} sends them all the same",
            text.len()
        ));
    }
    Ok(text.as_bytes().to_vec())
}

/// `CODE REASON`, either of them left out.
fn closing(text: &str) -> Result<Close, String> {
    if text.is_empty() {
        return Ok(Close::new(close::NORMAL, ""));
    }
    let (code, reason) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let wrong = |_| format!("{} is no close code: /close 1000 done", escape::text(code.as_bytes()));
    let code: u16 = code.parse().map_err(wrong)?;
    if !close::may_travel(code) {
        return Err(format!(
            "{code} may not be sent (s7.4: {}); /frame op=close code={code} sends it all the same",
            close::meaning(code)
        ));
    }
    let reason = reason.trim_start();
    if reason.len() > close::MAX_REASON {
        return Err(format!(
            "the reason has {} bytes, and {} have room beside the code (s5.5)",
            reason.len(),
            close::MAX_REASON
        ));
    }
    Ok(Close::new(code, reason))
}

/// A frame as its words say, masked with a key of its own unless they say otherwise.
fn handmade_frame(words: &str) -> Result<Handmade, String> {
    let key = masking_key()?;
    handmade::parse(words, || key)
}

fn unknown(word: &str) -> String {
    let near = COMMANDS.iter().find(|known| known.starts_with(word) && word.len() > 1 || distance(known, word) <= 2);
    let advice = near.map_or("/help lists them".to_owned(), |known| format!("{known} is one"));
    let shown = escape::text(word.as_bytes());
    format!("{shown} is no command: {advice}, and /{shown} sends it as text")
}

/// How many characters must be changed, added or taken away to make one word the other (Levenshtein). A word so long that
/// it can't be meant is not compared.
fn distance(known: &str, word: &str) -> usize {
    let word: Vec<char> = word.chars().take(known.len() + 3).collect();
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for (above, letter) in known.chars().enumerate() {
        let mut corner = row[0];
        row[0] = above + 1;
        for at in 0..word.len() {
            let replaced = corner + usize::from(word[at] != letter);
            corner = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(row[at + 1] + 1);
        }
    }
    row[word.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str) -> Typed {
        typed(line, Reading::Text).expect(line)
    }

    fn wrong(line: &str) -> String {
        typed(line, Reading::Text).expect_err(line)
    }

    #[test]
    fn a_line_is_a_message_unless_it_begins_with_a_slash() {
        assert_eq!(text("Hello /quit"), Typed::Text("Hello /quit".to_owned()));
        assert_eq!(text(" /quit"), Typed::Text(" /quit".to_owned()));
        assert_eq!(text("//quit"), Typed::Text("/quit".to_owned()));
        assert_eq!(text("//"), Typed::Text("/".to_owned()));
        assert_eq!(text("///"), Typed::Text("//".to_owned()));
        assert_eq!(text(""), Typed::Nothing);
        assert_eq!(text("/quit"), Typed::Quit);
        assert_eq!(text("/help"), Typed::Help);
    }

    #[test]
    fn what_a_plain_line_is_can_be_chosen() {
        assert_eq!(typed("é", Reading::Binary), Ok(Typed::Binary(vec![0xc3, 0xa9])));
        assert_eq!(typed("0a ff", Reading::Hex), Ok(Typed::Binary(vec![0x0a, 0xff])));
        assert_eq!(typed("/quit", Reading::Hex), Ok(Typed::Quit));
        assert!(typed("Hello", Reading::Hex).is_err());
    }

    #[test]
    fn commands_take_their_arguments() {
        assert_eq!(text("/ping"), Typed::Ping(Vec::new()));
        assert_eq!(text("/ping are you  there "), Typed::Ping(b"are you  there ".to_vec()));
        assert_eq!(text("/pong\tx"), Typed::Pong(b"x".to_vec()));
        assert_eq!(text("/binary 0a ff"), Typed::Binary(vec![0x0a, 0xff]));
        assert_eq!(text("/binary"), Typed::Binary(Vec::new()));
        assert_eq!(text("/close"), Typed::Close(Close::new(1000, "")));
        assert_eq!(text("/close 4000"), Typed::Close(Close::new(4000, "")));
        assert_eq!(text("/close 4000  some reason "), Typed::Close(Close::new(4000, "some reason")));
    }

    #[test]
    fn control_frames_stay_legal() {
        assert_eq!(text(&format!("/ping {}", "x".repeat(125))), Typed::Ping(vec![b'x'; 125]));
        assert!(wrong(&format!("/pong {}", "x".repeat(126))).contains("/frame op=pong"));
        let most = "x".repeat(123);
        assert_eq!(text(&format!("/close 1000 {most}")), Typed::Close(Close::new(1000, &most)));
        assert!(wrong(&format!("/close 1000 {}", "é".repeat(62))).contains("124 bytes"));
    }

    #[test]
    fn close_codes_that_may_not_travel_are_refused_with_the_way_round() {
        for code in ["1004", "1005", "1006", "1015", "999", "2000", "5000"] {
            let why = wrong(&format!("/close {code}"));
            assert!(why.contains("s7.4") && why.contains(&format!("/frame op=close code={code}")), "{why}");
        }
        for word in ["bye", "65536", "-1", "1000,bye"] {
            assert!(wrong(&format!("/close {word}")).contains("no close code"), "{word}");
        }
    }

    #[test]
    fn an_unknown_command_is_not_sent_but_explained() {
        assert!(wrong("/pnig").contains("/ping is one"));
        assert!(wrong("/exit").contains("/quit is one"));
        assert!(wrong("/cl 1000").contains("/close is one"));
        let why = wrong("/feed/stream now");
        assert!(why.contains("/help lists them") && why.contains("//feed/stream sends it as text"), "{why}");
        assert!(wrong("/").contains("/help lists them"));
        assert!(wrong("/\u{1b}[2J").starts_with("/\\u{1b}[2J is no command"));
        assert!(wrong("/quit now").contains("stands alone"));
        assert!(wrong(&format!("/{}", "é".repeat(100_000))).contains("/help lists them"));
    }

    #[test]
    fn a_frame_is_made_by_hand_with_a_key_that_is_drawn() {
        let Typed::Frame(frame) = text("/frame fin=0 op=binary Hello") else { panic!("no frame") };
        assert!(!frame.fin && frame.payload == b"Hello");
        let keys: Vec<_> = (0..3).map(|_| text("/frame Hello")).collect();
        assert!(keys[0] != keys[1] || keys[1] != keys[2], "the same key each time: {keys:?}");
        let Typed::Frame(frame) = text("/frame mask=none Hello") else { panic!("no frame") };
        assert_eq!(frame.mask, None);
        assert!(typed("/frame op=nothing", Reading::Text).is_err());
    }

    #[test]
    fn a_line_of_a_pipe_is_a_message_whatever_it_begins_with() {
        assert_eq!(message(b"/quit", Reading::Text), Ok(Message::Text("/quit".into())));
        assert_eq!(message(b"", Reading::Text), Ok(Message::Text("".into())));
        assert_eq!(message(b"a\xff", Reading::Binary), Ok(Message::Binary(vec![b'a', 0xff].into())));
        assert_eq!(message(b"0aff", Reading::Hex), Ok(Message::Binary(vec![0x0a, 0xff].into())));
        assert!(message(b"a\xff", Reading::Text).expect_err("bytes").contains("byte 2 of the line is not UTF-8"));
        assert!(message(b"xyz", Reading::Hex).is_err());
    }

    #[test]
    fn help_knows_every_command() {
        assert!(COMMANDS.iter().all(|command| HELP.contains(command)));
        assert!(HELP.lines().all(|line| line.len() <= 80), "a terminal has 80 columns");
    }
}
