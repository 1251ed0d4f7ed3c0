//! Text that is read line by line: dumps and logs. Lines are cut here, and bytes of two streams are kept apart.

use super::dump::{Dump, Rows};
use super::streams::Streams;
use super::trace::Trace;
use super::{Error, MAX_LINE, PART};
use std::borrow::Cow;

/// A line without its end.
pub struct Line<'a> {
    /// From 1.
    pub number: u64,
    /// As it came, but without colours.
    pub text: &'a [u8],
}

/// What became of a line.
pub enum Step {
    /// It is done; its bytes, if it had any, belong to this stream.
    Done(usize),
    /// There are bytes of this stream, and the line is to be read again.
    Again(usize),
}

/// Reads one form of text.
pub trait LineReader {
    /// Appends a line's bytes.
    fn line(&mut self, line: &Line<'_>, bytes: &mut Vec<u8>, streams: &mut Streams) -> Result<Step, Error>;
    /// The end: `last` is the number of the last line, `gave_bytes` whether there were any bytes.
    fn finish(&mut self, last: u64, gave_bytes: bool) -> Result<(), Error>;
}

/// Which form a text has.
pub enum Kind {
    /// Rows with offsets.
    Dump(Dump),
    /// Rows without, but with ASCII.
    Rows(Rows),
    /// Our own log.
    Trace(Trace),
}

/// Cuts a text into lines and gives them to its reader.
pub struct Lines {
    kind: Kind,
    number: u64,
    scratch: Vec<u8>,
    /// Bytes of another stream than those before them, for the next call.
    held: Option<(usize, Vec<u8>)>,
    /// What was wrong behind the bytes of the last call.
    failed: Option<Error>,
}

impl Lines {
    pub fn new(kind: Kind) -> Lines {
        Lines { kind, number: 0, scratch: Vec::new(), held: None, failed: None }
    }

    pub fn reader_is_log(&self) -> bool {
        matches!(self.kind, Kind::Trace(_))
    }

    /// Reads whole lines of `text`; at the end of the source, its rest as well. How much was used, and whose bytes came.
    pub fn feed(
        &mut self,
        text: &[u8],
        ended: bool,
        into: &mut Vec<u8>,
        streams: &mut Streams,
    ) -> Result<(usize, usize), Error> {
        if let Some((stream, bytes)) = self.held.take() {
            into.extend_from_slice(&bytes);
            return Ok((0, stream));
        }
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let before = into.len();
        let (mut used, mut current) = (0, None);
        while into.len() - before < PART {
            let stream = match self.line(&text[used..], ended, streams) {
                Ok(None) => break,
                Ok(Some((len, stream))) => {
                    used += len;
                    stream
                }
                // What was read before it is given first.
                Err(error) if into.len() > before => {
                    self.failed = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            };
            if self.scratch.is_empty() {
                continue;
            }
            if current.is_some_and(|current| current != stream) {
                self.held = Some((stream, std::mem::take(&mut self.scratch)));
                break;
            }
            current = Some(stream);
            into.append(&mut self.scratch);
        }
        Ok((used, current.unwrap_or(0)))
    }

    /// Reads one line into `scratch`. How much of the text was used, and whose bytes came.
    fn line(&mut self, text: &[u8], ended: bool, streams: &mut Streams) -> Result<Option<(usize, usize)>, Error> {
        let Some((line, len)) = self.cut(text, ended)? else { return Ok(None) };
        self.scratch.clear();
        let plain = without_colour(line);
        let line = Line { number: self.number + 1, text: &plain };
        match self.kind.reader().line(&line, &mut self.scratch, streams)? {
            Step::Again(stream) => Ok(Some((0, stream))),
            Step::Done(stream) => {
                self.number += 1;
                Ok(Some((len, stream)))
            }
        }
    }

    /// The next line without its end, and its length with it.
    fn cut<'a>(&self, text: &'a [u8], ended: bool) -> Result<Option<(&'a [u8], usize)>, Error> {
        let (line, len) = match text.iter().position(|byte| *byte == b'\n') {
            Some(at) => (&text[..at], at + 1),
            None => (text, text.len()),
        };
        if line.len() > MAX_LINE {
            let problem = format!("a line of more than {MAX_LINE} bytes: a row of a dump is short");
            return Err(Error::at(self.number + 1, MAX_LINE + 1, problem));
        }
        let is_whole = len > line.len() || ended && !text.is_empty();
        Ok(is_whole.then(|| (line.strip_suffix(b"\r").unwrap_or(line), len)))
    }

    /// The end of the text.
    pub fn finish(&mut self, gave_bytes: bool) -> Result<usize, Error> {
        self.kind.reader().finish(self.number, gave_bytes).map(|()| 0)
    }
}

impl Kind {
    fn reader(&mut self) -> &mut dyn LineReader {
        match self {
            Kind::Dump(dump) => dump,
            Kind::Rows(rows) => rows,
            Kind::Trace(trace) => trace,
        }
    }
}

/// A line without `ESC [ ... m`: logs and xxd are coloured where somebody asks for it.
pub fn without_colour(line: &[u8]) -> Cow<'_, [u8]> {
    if !line.contains(&0x1b) {
        return Cow::Borrowed(line);
    }
    let mut plain = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.windows(2).position(|start| start == b"\x1b[") {
        plain.extend_from_slice(&rest[..at]);
        let parameters = rest[at + 2..].iter().take_while(|byte| !byte.is_ascii_alphabetic()).count();
        rest = rest.get(at + 2 + parameters + 1..).unwrap_or_default();
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}
