//! What people paste, made bytes: hex in any of its forms, or the bytes themselves.
//!
//! Text is hex: UTF-8 without control characters, unless it begins with an HTTP head. Anything else is raw. What form of
//! hex it is, `guess` tells from the first `HEAD` bytes; each form has a reader:
//!
//! - `plain`: bytes with anything between them that is no digit, read by [`crate::wire::hex`];
//! - `array`: a C array or a C string, with the words around it;
//! - `dump`: rows with an offset, as `xxd`, `hexdump -C`, `od -tx1` and Wireshark print them, one stream or the two
//!   directions of a connection; and rows without an offset, with ASCII behind the bytes;
//! - `trace`: our own log at `trace`, a stream for each connection and direction.
//!
//! Whatever comes, memory is bounded: the readers keep a line of at most [`MAX_LINE`] bytes, and plain hex not even that.

mod array;
mod dump;
mod error;
mod guess;
mod lines;
mod packet;
mod row;
mod trace;

pub use error::Error;

use crate::wire::hex;
use array::Array;
use lines::Lines;
use std::io::{ErrorKind, Read};
use tungstenite::protocol::Role;

/// How much of a text is looked at to tell what it is.
pub const HEAD: usize = 8 << 10;
/// The longest line of a dump or a log.
pub const MAX_LINE: usize = 1 << 20;
/// How many streams one text may have.
pub const MAX_STREAMS: usize = 64;
/// How much is read at once, and about how much is given at once.
const PART: usize = 64 << 10;

/// What the input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Text that writes bytes in hex.
    Hex,
    /// The bytes themselves.
    Raw,
}

/// Whose bytes a stream has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label {
    /// The connection, as a log names it; from outside, so escape it. Empty when the text names none.
    pub name: String,
    /// Who sent them, if the text says so.
    pub from: Option<Role>,
}

/// A source of text or bytes, read as bytes.
pub struct Input {
    source: Box<dyn Read>,
    told: Option<Form>,
    layout: Option<Layout>,
    /// What was read and is not used up lies from `start` to `end`.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    labels: Vec<Label>,
    gave_bytes: bool,
}

/// The form of the input, with where in it the reader stands.
enum Layout {
    Raw,
    Plain(hex::Reader),
    Array(Array),
    Lines(Lines),
}

impl Input {
    /// `form`: what the bytes are said to be; `None`: to be guessed.
    pub fn new(source: Box<dyn Read>, form: Option<Form>) -> Input {
        let labels = Vec::new();
        Input {
            source,
            told: form,
            layout: None,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            ended: false,
            labels,
            gave_bytes: false,
        }
    }

    /// Appends the next bytes to `into`; the answer names the stream they belong to, `None` is the end. Blocks in `read`.
    pub fn next(&mut self, into: &mut Vec<u8>) -> Result<Option<usize>, Error> {
        if self.layout.is_none() {
            self.begin()?;
        }
        let before = into.len();
        loop {
            let (used, stream) = self.step(into)?;
            self.start += used;
            if into.len() > before {
                self.look_at_first(&into[before..])?;
                return Ok(Some(stream));
            }
            let is_used_up = self.start == self.end;
            if self.ended && (is_used_up || used == 0) {
                return self.finish(into);
            }
            if !self.ended && (is_used_up || used == 0) {
                self.fill()?;
            }
        }
    }

    /// Whose bytes a stream has. What is known of the first one may change when a second one begins.
    pub fn label(&self, stream: usize) -> Option<&Label> {
        self.labels.get(stream)
    }

    /// What the input was taken for. `None` before the first [`Input::next`].
    pub fn form(&self) -> Option<Form> {
        self.layout.as_ref().map(|layout| if matches!(layout, Layout::Raw) { Form::Raw } else { Form::Hex })
    }

    /// Reads the first bytes and tells what they are.
    fn begin(&mut self) -> Result<(), Error> {
        while self.told != Some(Form::Raw)
            && !self.ended
            && self.end < HEAD
            && guess::may_be_text(&self.buffer[..self.end])
        {
            self.fill()?;
        }
        let layout = guess::layout(&self.buffer[..self.end], self.told)?;
        if !matches!(layout, Layout::Raw) && self.buffer[..self.end].starts_with(guess::BOM) {
            self.start = guess::BOM.len();
        }
        if !matches!(layout, Layout::Lines(_)) {
            self.labels.push(Label::default());
        }
        self.layout = Some(layout);
        Ok(())
    }

    /// Goes on in what is in the buffer. How much of it was used, and whose bytes came of it.
    fn step(&mut self, into: &mut Vec<u8>) -> Result<(usize, usize), Error> {
        let text = &self.buffer[self.start..self.end];
        match &mut self.layout {
            None => Ok((0, 0)),
            Some(Layout::Raw) => {
                into.extend_from_slice(text);
                Ok((text.len(), 0))
            }
            Some(Layout::Plain(reader)) => Ok((reader.feed(text, into)?, 0)),
            Some(Layout::Array(array)) => array.feed(text, into, &mut self.labels),
            Some(Layout::Lines(lines)) => lines.feed(text, self.ended, into, &mut self.labels),
        }
    }

    /// The end of the source.
    fn finish(&mut self, into: &mut Vec<u8>) -> Result<Option<usize>, Error> {
        let before = into.len();
        let stream = match &mut self.layout {
            None | Some(Layout::Raw) => 0,
            Some(Layout::Plain(reader)) => {
                // Once finished it has nothing more to say, however often it is asked.
                reader.finish(into)?;
                0
            }
            Some(Layout::Array(array)) => array.finish(into, self.gave_bytes)?,
            Some(Layout::Lines(lines)) => lines.finish(self.gave_bytes)?,
        };
        self.gave_bytes |= into.len() > before;
        Ok((into.len() > before).then_some(stream))
    }

    /// Whole packets are no frames: somebody copied too much. Who says that it is hex, knows better.
    fn look_at_first(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let is_first = !std::mem::replace(&mut self.gave_bytes, true);
        let is_guessed = self.told.is_none() && !matches!(&self.layout, Some(Layout::Raw));
        let is_log = matches!(&self.layout, Some(Layout::Lines(lines)) if lines.reader_is_log());
        if is_first && is_guessed && !is_log && packet::has_headers(bytes) { Err(Error::Packets) } else { Ok(()) }
    }

    /// Reads more behind what is there. The buffer grows only while a line does not fit into it.
    fn fill(&mut self) -> Result<(), Error> {
        if self.buffer.len() - self.end < PART {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            self.buffer.resize(self.buffer.len().max(self.end + PART), 0);
        }
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(len) => {
                    self.end += len;
                    self.ended = len == 0;
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Io(error)),
            }
        }
    }
}
