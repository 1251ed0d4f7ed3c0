//! Text that is read line by line: dumps and logs. Lines are cut here, and bytes of two streams are kept apart.

use super::dump::{Dump, Rows};
use super::trace::Trace;
use super::{Error, Label, MAX_LINE, PART};

/// A line without its end.
pub struct Line<'a> {
    /// From 1.
    pub number: u64,
    /// As it came.
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
    fn line(&mut self, line: &Line<'_>, bytes: &mut Vec<u8>, labels: &mut Vec<Label>) -> Result<Step, Error>;
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
}

impl Lines {
    pub fn new(kind: Kind) -> Lines {
        Lines { kind, number: 0, scratch: Vec::new(), held: None }
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
        labels: &mut Vec<Label>,
    ) -> Result<(usize, usize), Error> {
        if let Some((stream, bytes)) = self.held.take() {
            into.extend_from_slice(&bytes);
            return Ok((0, stream));
        }
        let before = into.len();
        let (mut used, mut current) = (0, None);
        while into.len() - before < PART {
            let Some((line, len)) = self.cut(&text[used..], ended)? else { break };
            self.scratch.clear();
            let line = Line { number: self.number + 1, text: line };
            let stream = match self.kind.reader().line(&line, &mut self.scratch, labels)? {
                Step::Again(stream) => stream,
                Step::Done(stream) => {
                    self.number += 1;
                    used += len;
                    stream
                }
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
