//! Our own log at `trace`: the dumps of each read and write, kept apart by connection and direction. All other lines are
//! passed over. The names and the marks are those of `docs/logging.md`; a timestamp or another logger's words may stand
//! before them, and colours around them.

use super::Error;
use super::lines::{Line, LineReader, Step};
use super::streams::{Label, Streams};
use crate::wire::hex;
use tungstenite::protocol::Role;

/// The longest name of a connection.
const MAX_NAME: usize = 64;
/// How many bytes a row of a dump has.
const ROW: usize = 16;

/// Reads a log.
#[derive(Default)]
pub struct Trace {
    /// The stream of the dump that is being read, `None` if there was no room for it; how many of its bytes have been
    /// read, and how many it has.
    stream: Option<usize>,
    read: u64,
    whole: u64,
    /// Whether the last record was no dump: the lines below it are its own.
    in_record: bool,
    /// Whether a record was one of those that stand between dumps.
    has_trace: bool,
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
    std::str::from_utf8(line).is_ok_and(|line| record(line).is_some())
}

impl LineReader for Trace {
    fn line(&mut self, line: &Line<'_>, bytes: &mut Vec<u8>, streams: &mut Streams) -> Result<Step, Error> {
        if self.read < self.whole {
            self.row(line.number, line.text, bytes)?;
            if self.stream.is_none() {
                streams.pass_over(bytes.len());
                bytes.clear();
            }
        } else if let Some(record) = std::str::from_utf8(line.text).ok().and_then(record) {
            self.record(&record, streams);
        } else if is_row(line.text) && !self.in_record {
            // Below any other record such a line is no dump: a field of a head that somebody has named `0000  81` is one.
            let problem =
                "a row of a dump whose first line is missing: `TRACE ws-1 < 11 bytes` says whose bytes they are";
            return Err(Error::at(line.number, 1, problem));
        }
        Ok(Step::Done(self.stream.unwrap_or_default()))
    }

    fn finish(&mut self, _last: u64, gave_bytes: bool) -> Result<(), Error> {
        // A log that ends inside a dump is one that was cut: what is missing, who reads the frames will say.
        match (gave_bytes, self.has_trace) {
            (true, _) => Ok(()),
            (false, true) => Err(Error::NoDumpRows),
            (false, false) => Err(Error::NoDumps),
        }
    }
}

impl Trace {
    /// A dump begins, or a connection does, or ends; all other records have no bytes.
    fn record(&mut self, record: &Record<'_>, streams: &mut Streams) {
        self.in_record = true;
        self.has_trace |= record.level == "TRACE";
        if let Some(len) = dump_len(record) {
            self.stream = streams.named(label(record));
            (self.read, self.whole, self.in_record) = (0, len, false);
        } else if record.mark == "=" && ["connected ", "ended "].iter().any(|word| record.rest.starts_with(word)) {
            // A log may go on with another run of the program, whose connections have the same names.
            streams.end(record.who);
        }
    }

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
        let text = String::from_utf8_lossy(text);
        let is_elided =
            ["byte", "bytes"].iter().any(|unit| text.contains(&format!("more {unit} (--dump-bytes 0 shows all)")));
        if is_elided {
            return format!(
                "the log left out {} of these {whole} bytes: it has all of them when ws101 writes it with --dump-bytes 0",
                whole - read
            );
        }
        format!("row {read:04x} is missing: these are {whole} bytes, and {read} of them are here")
    }
}

/// How many bytes the dump has that a record begins: `TRACE ws-1 < 11 bytes`.
fn dump_len(record: &Record<'_>) -> Option<u64> {
    let (count, unit) = record.rest.split_once(' ')?;
    let is_title = record.level == "TRACE" && matches!(record.mark, "<" | ">") && matches!(unit, "byte" | "bytes");
    count.parse().ok().filter(|_| is_title)
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

/// A connection's direction. The log is a server's, where `<` came from the client; only the connections of
/// `ws101 connect` are called `connect`, and there it came from the server.
fn label(record: &Record<'_>) -> Label {
    let is_clients_log = record.who.starts_with("connect");
    let from = if (record.mark == "<") != is_clients_log { Role::Client } else { Role::Server };
    Label { name: record.who.to_owned(), from: Some(from) }
}
