//! Bytes as Python prints them: `b'\x81\x05Hello'`. What can be printed stands for itself, the rest is escaped; a list of
//! several is one stream.

use super::Error;
use crate::wire::hex;

/// Reads literals.
pub struct Literal {
    state: State,
    line: u64,
    column: u64,
}

#[derive(Clone, Copy)]
enum State {
    Outside,
    /// Behind the `b`.
    Prefix,
    /// Inside of these quotes.
    Inside(u8),
    Escape(u8),
    /// Behind `\x`, with the first digit if it has come.
    Hex(u8, Option<u8>),
}

impl Default for Literal {
    fn default() -> Literal {
        Literal { state: State::Outside, line: 1, column: 0 }
    }
}

/// Whether a text begins with such a literal, or with a list of them.
pub fn begins(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let text = text.strip_prefix(b"[").or(text.strip_prefix(b"(")).unwrap_or(text).trim_ascii_start();
    matches!(text, [b'b' | b'B', b'\'' | b'"', ..])
}

impl Literal {
    /// Appends the bytes that `text` goes on with.
    pub fn feed(&mut self, text: &[u8], into: &mut Vec<u8>) -> Result<(), Error> {
        for (at, byte) in text.iter().enumerate() {
            self.column += 1;
            self.state = self.step(*byte, into).map_err(|problem| {
                let found = hex::word(&text[at..]);
                Error::at(self.line, self.column as usize, format!("`{found}`: {problem}"))
            })?;
            if *byte == b'\n' {
                (self.line, self.column) = (self.line + 1, 0);
            }
        }
        Ok(())
    }

    /// The end of the text.
    pub fn finish(&mut self) -> Result<(), Error> {
        match std::mem::replace(&mut self.state, State::Outside) {
            State::Outside => Ok(()),
            _ => Err(Error::at(self.line, self.column as usize + 1, "no quote ends these bytes")),
        }
    }

    fn step(&mut self, byte: u8, into: &mut Vec<u8>) -> Result<State, &'static str> {
        Ok(match (self.state, byte) {
            (State::Outside, b'b' | b'B') => State::Prefix,
            (State::Outside, b'[' | b']' | b'(' | b')' | b',') => State::Outside,
            (State::Outside, _) if byte.is_ascii_whitespace() => State::Outside,
            (State::Outside, _) => return Err("between bytes of Python stands a comma, as b'\\x81', b'\\x05'"),
            (State::Prefix, b'\'' | b'"') => State::Inside(byte),
            (State::Prefix, _) => return Err("a quote stands behind the b, as b'\\x81'"),
            (State::Inside(quote), b'\\') => State::Escape(quote),
            (State::Inside(quote), _) if byte == quote => State::Outside,
            (State::Inside(_), b'\r' | b'\n') => return Err("a line ends inside of quotes"),
            (State::Inside(quote), b' '..=b'~' | b'\t') => {
                into.push(byte);
                State::Inside(quote)
            }
            (State::Inside(_), _) => return Err("bytes that are no ASCII are written as \\x81"),
            (State::Escape(quote), b'x') => State::Hex(quote, None),
            (State::Escape(quote), _) => {
                into.push(escaped(byte).ok_or("an escape is \\x81, \\n, \\r, \\t, \\\\ or a quote")?);
                State::Inside(quote)
            }
            (State::Hex(quote, high), _) => {
                let digit = char::from(byte).to_digit(16).ok_or("behind \\x stand two hex digits, as \\x81")? as u8;
                match high {
                    None => State::Hex(quote, Some(digit)),
                    Some(high) => {
                        into.push(high << 4 | digit);
                        State::Inside(quote)
                    }
                }
            }
        })
    }
}

/// What Python escapes with a letter of its own, and quotes.
fn escaped(byte: u8) -> Option<u8> {
    match byte {
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        b'\\' | b'\'' | b'"' => Some(byte),
        _ => None,
    }
}
