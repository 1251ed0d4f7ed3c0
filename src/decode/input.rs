//! What people paste, made bytes: hex in any of its forms, or the bytes themselves.
//!
//! Text is hex: UTF-8 without control characters, unless it begins with an HTTP head. Anything else is raw. What form of
//! hex it is, `guess` tells from the first `HEAD` bytes; each form has a reader:
//!
//! - `plain`: bytes with anything between them that is no digit, read by [`crate::wire::hex`];
//! - `array`: a C array or a C string, with the words around it, its characters read by `quoted`;
//! - `literal`: bytes as Python prints them;
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
mod literal;
mod packet;
mod quoted;
mod row;
mod streams;
mod trace;

pub use error::Error;
pub use streams::{Label, MAX_STREAMS};

use crate::wire::hex;
use array::Array;
use lines::Lines;
use literal::Literal;
use std::io::{ErrorKind, Read};
use streams::Streams;

/// How much of a text is looked at to tell what it is.
pub const HEAD: usize = 8 << 10;
/// The longest line of a dump or a log.
pub const MAX_LINE: usize = 1 << 20;
/// How many of the first bytes are looked at for the headers of a packet.
const PACKET: usize = 64;
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

/// What an input gives next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Bytes of this stream. Streams are numbered from 0, in the order in which they begin.
    Bytes(usize),
    /// This stream has ended. Its number is not used again.
    Ended(usize),
    /// Nothing more is at hand: the next call waits for the source.
    Waits,
    /// The end.
    End,
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
    streams: Streams,
    /// The first bytes that were given.
    first: Vec<u8>,
    /// Whether anything was given since it waited last.
    gave: bool,
    /// Whether there was anything but blanks.
    has_text: bool,
    /// What was wrong behind the bytes of the last call.
    failed: Option<Error>,
}

/// The form of the input, with where in it the reader stands.
enum Layout {
    Raw,
    Plain(hex::Reader),
    Array(Array),
    Literal(Literal),
    Lines(Box<Lines>),
}

impl Input {
    /// `form`: what the bytes are said to be; `None`: to be guessed.
    pub fn new(source: Box<dyn Read>, form: Option<Form>) -> Input {
        Input {
            source,
            told: form,
            layout: None,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            ended: false,
            streams: Streams::default(),
            first: Vec::new(),
            gave: false,
            has_text: false,
            failed: None,
        }
    }

    /// Appends the next bytes of a stream to `into`, or says what else there is. Blocks in `read`, and says so before. What
    /// stood before an error was given before it.
    pub fn next(&mut self, into: &mut Vec<u8>) -> Result<Event, Error> {
        if self.layout.is_none() {
            self.begin()?;
        }
        let before = into.len();
        loop {
            if let Some(stream) = self.streams.next_ended() {
                self.gave = true;
                return Ok(Event::Ended(stream));
            }
            let (used, stream) = self.step(into)?;
            self.start += used;
            if into.len() > before {
                self.look_at_first(&into[before..])?;
                self.gave = true;
                return Ok(Event::Bytes(stream));
            }
            let is_used_up = self.start == self.end;
            if self.ended && (is_used_up || used == 0) {
                return self.finish(into);
            }
            if !self.ended && (is_used_up || used == 0) {
                if std::mem::take(&mut self.gave) {
                    return Ok(Event::Waits);
                }
                self.fill()?;
            }
        }
    }

    /// Whose bytes a stream has that has not ended. What is known of the first one may change when a second one begins.
    pub fn label(&self, stream: usize) -> Option<&Label> {
        self.streams.label(stream)
    }

    /// How many bytes belong to streams for which there was no room.
    pub fn passed_over(&self) -> u64 {
        self.streams.passed_over()
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
            && !guess::is_settled(&self.buffer[..self.end], self.told)
        {
            self.fill()?;
        }
        let layout = guess::layout(&self.buffer[..self.end], self.told)?;
        if !matches!(layout, Layout::Raw) && self.buffer[..self.end].starts_with(guess::BOM) {
            self.start = guess::BOM.len();
        }
        if !matches!(layout, Layout::Lines(_)) {
            self.streams.begin(Label::default());
        }
        self.layout = Some(layout);
        Ok(())
    }

    /// Goes on in what is in the buffer. How much of it was used, and whose bytes came of it.
    fn step(&mut self, into: &mut Vec<u8>) -> Result<(usize, usize), Error> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let (text, before) = (&self.buffer[self.start..self.end], into.len());
        let of_plain = of_plain(self.told);
        let stepped = match &mut self.layout {
            None => Ok((0, 0)),
            Some(Layout::Raw) => {
                into.extend_from_slice(text);
                Ok((text.len(), 0))
            }
            Some(Layout::Plain(reader)) => reader.feed(text, into).map(|used| (used, 0)).map_err(of_plain),
            Some(Layout::Array(array)) => array.feed(text, into, &mut self.streams),
            Some(Layout::Literal(literal)) => literal.feed(text, into).map(|()| (text.len(), 0)),
            Some(Layout::Lines(lines)) => lines.feed(text, self.ended, into, &mut self.streams),
        };
        match stepped {
            Err(error) if into.len() > before => {
                self.failed = Some(error);
                let stream = if let Some(Layout::Array(array)) = &self.layout { array.stream() } else { 0 };
                Ok((text.len(), stream))
            }
            stepped => stepped,
        }
    }

    /// The end of the source.
    fn finish(&mut self, into: &mut Vec<u8>) -> Result<Event, Error> {
        let (before, gave_bytes) = (into.len(), !self.first.is_empty());
        let of_plain = of_plain(self.told);
        let stream = match &mut self.layout {
            None | Some(Layout::Raw) => 0,
            Some(Layout::Plain(reader)) => {
                // Once finished it has nothing more to say, however often it is asked.
                reader.finish(into).map_err(of_plain)?;
                0
            }
            Some(Layout::Array(array)) => array.finish(into, gave_bytes)?,
            Some(Layout::Literal(literal)) => literal.finish().map(|()| 0)?,
            Some(Layout::Lines(lines)) => lines.finish(gave_bytes)?,
        };
        if into.len() > before {
            self.look_at_first(&into[before..])?;
            return Ok(Event::Bytes(stream));
        }
        if self.has_text && !gave_bytes && self.streams.passed_over() == 0 {
            Err(Error::NoRows)
        } else {
            Ok(Event::End)
        }
    }

    /// Whole packets are no frames: somebody copied too much. Who says that it is hex, knows better.
    fn look_at_first(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let room = PACKET - self.first.len();
        if room == 0 {
            return Ok(());
        }
        self.first.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let is_guessed = self.told.is_none() && !matches!(&self.layout, Some(Layout::Raw));
        let is_log = matches!(&self.layout, Some(Layout::Lines(lines)) if lines.reader_is_log());
        if is_guessed && !is_log && packet::has_headers(&self.first) { Err(Error::Packets) } else { Ok(()) }
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
                    let came = &self.buffer[self.end..self.end + len];
                    self.has_text = self.has_text || came.iter().any(|byte| !byte.is_ascii_whitespace());
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

/// What is wrong with plain hex: where nobody said that it is hex, it may be none.
fn of_plain(told: Option<Form>) -> impl Fn(hex::Fault) -> Error {
    move |fault| if told.is_none() { Error::from(fault).or_raw() } else { Error::from(fault) }
}
