//! Bytes in a text of C: an array, `unsigned char pkt1[11] = { 0x81, ... };`, or a string, `"\x81..."`. What stands
//! outside of braces and quotes is passed over, so the digits of names and lengths are no bytes. In a text whose strings
//! have escapes, what is quoted is read by `quoted`; in any other it is hex.
//!
//! Wireshark's "Follow TCP Stream" shown as C arrays names them `peer0_0`, `peer1_0`: two streams, the client's first.

use super::Error;
use super::quoted::Quoted;
use super::streams::{Label, Streams};
use crate::wire::hex;
use tungstenite::protocol::Role;

/// The longest part of a name that counts.
const MAX_NAME: usize = 32;

/// Reads a text of C.
pub struct Array {
    state: State,
    /// Whether strings have escapes.
    escapes: bool,
    line: u64,
    column: u64,
    /// The last name before a brace or a quote, or its beginning.
    name: Vec<u8>,
    is_name_open: bool,
    stream: usize,
}

enum State {
    Outside,
    Slash,
    LineComment,
    Comment { star: bool },
    Inside(hex::Reader),
    String(Quoted),
}

impl Array {
    /// A reader of a text whose strings have escapes, or have none and are hex.
    pub fn new(escapes: bool) -> Array {
        Array { state: State::Outside, escapes, line: 1, column: 0, name: Vec::new(), is_name_open: false, stream: 0 }
    }

    /// Goes on in `text`. How much of it was used, and whose bytes came of it; it stops before an array of another stream.
    pub fn feed(&mut self, text: &[u8], into: &mut Vec<u8>, streams: &mut Streams) -> Result<(usize, usize), Error> {
        let (mut at, before) = (0, into.len());
        while at < text.len() {
            if !matches!(self.state, State::Inside(_) | State::String(_)) {
                at += 1;
                self.outside(text[at - 1]);
                continue;
            }
            let stream = stream(&self.name, streams);
            if stream != self.stream && into.len() > before {
                return Ok((at, self.stream));
            }
            self.stream = stream;
            at += self.inside(&text[at..], into)?;
        }
        Ok((at, self.stream))
    }

    /// Goes on inside of braces or quotes. How much of `text` was used.
    fn inside(&mut self, text: &[u8], into: &mut Vec<u8>) -> Result<usize, Error> {
        if let State::Inside(reader) = &mut self.state {
            let used = reader.feed(text, into)?;
            if reader.is_stopped() {
                (self.line, self.column) = reader.place();
                self.state = State::Outside;
            }
            return Ok(used);
        }
        let mut used = 0;
        while let (State::String(quoted), Some(byte)) = (&self.state, text.get(used)) {
            self.column += 1;
            let next = quoted.step(*byte, into).map_err(|problem| {
                Error::at(self.line, self.column as usize, format!("`{}`: {problem}", hex::word(&text[used..])))
            })?;
            self.state = next.map_or(State::Outside, State::String);
            if *byte == b'\n' {
                (self.line, self.column) = (self.line + 1, 0);
            }
            used += 1;
        }
        Ok(used)
    }

    /// Whose bytes were read last.
    pub fn stream(&self) -> usize {
        self.stream
    }

    /// The end of the text.
    pub fn finish(&mut self, into: &mut Vec<u8>, gave_bytes: bool) -> Result<usize, Error> {
        match &mut self.state {
            State::Inside(reader) => reader.finish(into)?,
            State::String(_) => {
                return Err(Error::at(self.line, self.column as usize + 1, "no quote ends these bytes"));
            }
            _ => {}
        }
        if gave_bytes || !into.is_empty() { Ok(self.stream) } else { Err(Error::NoBytes) }
    }

    fn outside(&mut self, byte: u8) {
        self.column += 1;
        if byte == b'\n' {
            (self.line, self.column) = (self.line + 1, 0);
        }
        self.state = match (&self.state, byte) {
            (State::Slash, b'*') => State::Comment { star: false },
            (State::Slash, b'/') => State::LineComment,
            (State::Comment { star: true }, b'/') | (State::LineComment, b'\n') => State::Outside,
            (State::Comment { .. }, byte) => State::Comment { star: byte == b'*' },
            (State::LineComment, _) => State::LineComment,
            (_, b'/') => State::Slash,
            // #include "a.h"
            (_, b'#') => State::LineComment,
            (_, b'{') => State::Inside(hex::Reader::inside(b'}', self.line, self.column)),
            (_, b'"') if self.escapes => State::String(Quoted::default()),
            (_, b'"') => State::Inside(hex::Reader::inside(b'"', self.line, self.column)),
            _ => State::Outside,
        };
        if matches!(self.state, State::Outside) {
            self.collect(byte);
        }
    }

    fn collect(&mut self, byte: u8) {
        let is_part = byte.is_ascii_alphanumeric() || byte == b'_';
        let starts = byte.is_ascii_alphabetic() && !self.is_name_open;
        if starts {
            self.name.clear();
        }
        self.is_name_open = is_part && (self.is_name_open || starts);
        if self.is_name_open && self.name.len() < MAX_NAME {
            self.name.push(byte);
        }
    }
}

/// The stream of an array with this name. A text without Wireshark's names is one stream of nobody knows whom.
fn stream(name: &[u8], streams: &mut Streams) -> usize {
    let from = match name {
        [b'p', b'e', b'e', b'r', b'0', b'_', ..] => Role::Client,
        [b'p', b'e', b'e', b'r', b'1', b'_', ..] => Role::Server,
        _ => return 0,
    };
    let is_known = |stream: &usize| streams.label(*stream).is_some_and(|label| label.from == Some(from));
    if let Some(stream) = [0, 1].iter().find(|stream| is_known(stream)) {
        return *stream;
    }
    if streams.label(0).is_some_and(|label| label.from.is_some()) {
        return streams.begin(Label { from: Some(from), ..Label::default() });
    }
    streams.is_from(0, from);
    0
}
