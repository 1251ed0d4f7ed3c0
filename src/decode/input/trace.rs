//! Our own log at `trace`: the dumps of each read and write, kept apart by connection and direction. All other lines are
//! passed over. The names and the marks are those of `docs/logging.md`; a timestamp or another logger's words may stand
//! before them, and colours around them.

use super::lines::{Line, LineReader, Step};
use super::{Error, Label, MAX_STREAMS};
use crate::wire::hex;
use std::borrow::Cow;
use tungstenite::protocol::Role;

/// The longest name of a connection.
const MAX_NAME: usize = 64;
/// How many bytes a row of a dump has.
const ROW: usize = 16;

/// Reads a log.
#[derive(Default)]
pub struct Trace {
    /// The stream of the dump that is being read, how many of its bytes have been read, and how many it has.
    stream: usize,
    read: u64,
    whole: u64,
}

/// A line that begins a record.
struct Record<'a> {
    level: &'a str,
    who: &'a str,
    mark: &'a str,
    rest: &'a str,
}

/// Whether this is a line of our log that begins a record.
pub fn is_record(line: &[u8]) -> bool {
    let line = without_colour(line);
    std::str::from_utf8(&line).is_ok_and(|line| record(line).is_some())
}

impl LineReader for Trace {
    fn line(&mut self, line: &Line<'_>, bytes: &mut Vec<u8>, labels: &mut Vec<Label>) -> Result<Step, Error> {
        let text = without_colour(line.text);
        if self.read < self.whole {
            self.row(line.number, &text, bytes)?;
        } else if let Some((who, mark, len)) = std::str::from_utf8(&text).ok().and_then(title) {
            self.stream = stream(who, mark, labels).map_err(|problem| Error::at(line.number, 1, problem))?;
            (self.read, self.whole) = (0, len);
        } else if is_row(&text) {
            let problem =
                "a row of a dump whose first line is missing: `TRACE ws-1 < 11 bytes` says whose bytes they are";
            return Err(Error::at(line.number, 1, problem));
        }
        Ok(Step::Done(self.stream))
    }

    fn finish(&mut self, _last: u64, gave_bytes: bool) -> Result<(), Error> {
        // A log that ends inside a dump is one that was cut: what is missing, who reads the frames will say.
        if gave_bytes { Ok(()) } else { Err(Error::NoDumps) }
    }
}

impl Trace {
    /// The row that comes next, whatever stands before it.
    fn row(&mut self, number: u64, text: &[u8], bytes: &mut Vec<u8>) -> Result<(), Error> {
        let start = format!("    {:04x}  ", self.read);
        let Some(at) = text.windows(start.len()).position(|part| part == start.as_bytes()) else {
            return Err(Error::at(number, 1, self.missing(text)));
        };
        let len = (self.whole - self.read).min(ROW as u64) as usize;
        let row = at + start.len();
        for place in (0..len).map(|place| row + place * 3 + usize::from(place >= ROW / 2)) {
            let pair = text.get(place..place + 2).and_then(|pair| std::str::from_utf8(pair).ok());
            let byte = pair.filter(|pair| !pair.starts_with('+')).and_then(|pair| u8::from_str_radix(pair, 16).ok());
            let Some(byte) = byte else {
                let found = hex::word(text.get(place..).unwrap_or_default());
                let problem = format!("`{found}` is no byte in hex: this row has {len} of the {} bytes", self.whole);
                return Err(Error::at(number, place + 1, problem));
            };
            bytes.push(byte);
        }
        self.read += len as u64;
        Ok(())
    }

    fn missing(&self, text: &[u8]) -> String {
        let Trace { read, whole, .. } = self;
        let is_elided = String::from_utf8_lossy(text).contains("more bytes (--dump-bytes 0 shows all)");
        if is_elided {
            return format!(
                "the log left out {} of these {whole} bytes: it has all of them when ws101 writes it with --dump-bytes 0",
                whole - read
            );
        }
        format!("row {read:04x} is missing: these are {whole} bytes, and {read} of them are here")
    }
}

/// `TRACE ws-1 < 11 bytes`: whose bytes, the mark, how many.
fn title(line: &str) -> Option<(&str, &str, u64)> {
    let Record { level, who, mark, rest } = record(line).filter(|record| record.level == "TRACE")?;
    let (count, unit) = rest.split_once(' ')?;
    let is_title = level == "TRACE" && matches!(mark, "<" | ">") && matches!(unit, "byte" | "bytes");
    count.parse().ok().filter(|_| is_title).map(|count| (who, mark, count))
}

/// `LEVEL who mark rest`, with a timestamp before it, or as `[TIME LEVEL module] who mark rest`.
fn record(line: &str) -> Option<Record<'_>> {
    // Where each word begins; the level is among the first few.
    let mut rest = line;
    for _ in 0..8 {
        let (word, after) = rest.split_once(' ')?;
        let level = word.trim_matches(['[', ']']);
        // Four blanks begin a line that belongs to the record before it, and what is in it may come from outside.
        if line[..line.len() - rest.len()].contains("    ") {
            return None;
        }
        if matches!(level, "TRACE" | "DEBUG" | "INFO" | "WARN" | "ERROR") {
            let after = after.trim_start();
            // env_logger's own format has the module next.
            let after =
                after.split_once("] ").filter(|(module, _)| !module.contains(' ')).map_or(after, |(_, rest)| rest);
            let mut words = after.splitn(3, ' ');
            let (who, mark, rest) = (words.next()?, words.next()?, words.next().unwrap_or_default());
            let is_mark = matches!(mark, "<" | ">" | "=" | "%" | "!");
            return (is_mark && who.len() <= MAX_NAME).then_some(Record { level, who, mark, rest: rest.trim_end() });
        }
        rest = after.trim_start();
    }
    None
}

/// `    0000  81 85 37`
fn is_row(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"    ") else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let is_pair = |pair: &[u8]| pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit);
    digits >= 4 && rest[digits..].starts_with(b"  ") && rest.get(digits + 2..digits + 4).is_some_and(is_pair)
}

/// The stream of a connection's direction, a new one if it is new. The log is a server's, where `<` came from the client;
/// only the connections of `ws101 connect` are called `connect`, and there it came from the server.
fn stream(who: &str, mark: &str, labels: &mut Vec<Label>) -> Result<usize, String> {
    let is_clients_log = who.starts_with("connect");
    let from = if (mark == "<") != is_clients_log { Role::Client } else { Role::Server };
    let known = labels.iter().position(|label| label.name == who && label.from == Some(from));
    if let Some(stream) = known {
        return Ok(stream);
    }
    if labels.len() == MAX_STREAMS {
        return Err(format!(
            "more than {MAX_STREAMS} streams: a connection has one for each direction, and docs/logging.md shows how to \
             take one connection out of a log"
        ));
    }
    labels.push(Label { name: who.to_owned(), from: Some(from) });
    Ok(labels.len() - 1)
}

/// The line without `ESC [ ... m`.
fn without_colour(line: &[u8]) -> Cow<'_, [u8]> {
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
