//! What passed during a case, for a person: heads line by line, frames in a line each, and those that the case is about bit
//! by bit.
//!
//! ```text
//!     > TEXT fin=1 rsv=000 mask=37fa213d len=5 "Hello"
//!       81           1... .... FIN   last frame of the message
//!       ...
//!     < FIN: the server sends no more
//! ```

use crate::check::record::{Entry, FIRST, Passed, Record, Way};
use crate::protocol::header::Header;
use crate::protocol::mask;
use crate::protocol::opcode::Opcode;
use crate::wire::prose::folded;
use crate::wire::secrets::starred;
use crate::wire::{escape, lines};
use tungstenite::protocol::Role;

/// What stands before the mark.
const INDENT: &str = "    ";

/// Behind the mark.
const COLUMN: usize = 6;

/// So many things are shown of a long story, half of them from its beginning.
const SHOWN: usize = 16;

/// So many frames each way are told bit by bit.
const IN_BITS: usize = 2;

/// So many bytes of a payload, and of bytes that are nothing in particular.
const BYTES: usize = 48;

/// A payload that stands beside its facts and in its rows as well.
const SHORT: usize = 16;

/// So many lines of a head.
const HEAD_LINES: usize = 24;

/// The longest line of a head.
const HEAD_LINE: usize = 400;

/// The columns that the words for header fields need beside them.
const WIDE: usize = 110;

/// All of it, or the beginning and the end where it is long.
pub fn told(record: &Record, width: usize) -> String {
    let (first, last) = record.entries();
    let entries: Vec<&Entry> = first.iter().chain(last).collect();
    let scene = Scene {
        is_open: entries.iter().any(|entry| matches!(entry.passed, Passed::Frame(..))),
        links: entries.iter().map(|entry| entry.link).max().unwrap_or_default(),
        width,
    };
    let (begin, end) = match entries.len() + record.left_out {
        0..=SHOWN => (entries.len(), entries.len()),
        _ => (SHOWN / 2, entries.len() - SHOWN / 2),
    };
    let in_bits = in_bits(&entries);
    let tell = |at: usize| scene.entry(entries[at], in_bits.contains(&at));
    let mut text: String = (0..begin).map(tell).collect();
    if begin < end {
        let more = end - begin + record.left_out;
        text.push_str(&format!("{INDENT}= {more} more, which are left out here\n"));
    }
    text.extend((end..entries.len()).map(tell));
    text
}

/// Where the frames stand that the case is about: the last ones sent before the last that came, and those.
fn in_bits(entries: &[&Entry]) -> Vec<usize> {
    let is_frame = |at: &usize| matches!(entries[*at].passed, Passed::Frame(..));
    let came = entries.iter().rposition(|entry| entry.way == Way::Sent).map_or(0, |at| at + 1);
    let sent = entries[..came].iter().rposition(|entry| entry.way == Way::Came).map_or(0, |at| at + 1);
    let first = |from: usize, to: usize| (from..to).filter(is_frame).take(IN_BITS);
    first(sent, came).chain(first(came, entries.len())).collect()
}

/// What matters to each line.
struct Scene {
    /// A WebSocket was opened: its handshake is not the matter.
    is_open: bool,
    links: usize,
    width: usize,
}

impl Scene {
    fn entry(&self, entry: &Entry, in_bits: bool) -> String {
        let (mark, words) = match (&entry.passed, entry.way) {
            (Passed::Head(head), Way::Sent) => (">", self.head(head)),
            (Passed::Head(head), Way::Came) => ("<", self.head(head)),
            (Passed::Frame(header, raw), way) => (mark(way), frame(header, raw, way, in_bits)),
            (Passed::Bytes(bytes, count), way) => (mark(way), dump(bytes, *count)),
            (Passed::Fin, Way::Sent) => (">", vec!["FIN: this end sends no more".to_owned()]),
            (Passed::Fin, Way::Came) => ("<", vec!["FIN: the server sends no more".to_owned()]),
            (Passed::Reset(words), _) => ("<", vec![format!("reset: {}", escape::text(words.as_bytes()))]),
            (Passed::Silence(time), _) => ("=", vec![format!("nothing came for {:.1} s", time.as_secs_f64())]),
            (Passed::Remark(words), _) => ("=", vec![escape::again(words)]),
        };
        let number = if self.links > 1 { format!("[{}] ", entry.link) } else { String::new() };
        let mut text = String::new();
        for (row, line) in words.iter().enumerate() {
            let begin = if row == 0 { format!("{INDENT}{number}{mark} ") } else { " ".repeat(COLUMN + number.len()) };
            text.push_str(&folded(&format!("{begin}{line}"), COLUMN + number.len() + 2, self.width));
        }
        text
    }

    /// A head that only opened the way is told by its first line.
    fn head(&self, head: &[u8]) -> Vec<String> {
        let starred = starred(head);
        let mut told = match self.width >= WIDE {
            true => {
                lines::head(&starred).lines().map(|line| line.strip_prefix("  ").unwrap_or(line).to_owned()).collect()
            }
            false => indented(lines::escape_lines(&starred)),
        };
        let all = told.len();
        told.truncate(if self.is_open { 1 } else { HEAD_LINES });
        told.iter_mut().for_each(shorten);
        match all - told.len() {
            0 if head.len() >= FIRST => told.push("  ... (the head goes on)".to_owned()),
            0 => {}
            _ if self.is_open => told[0].push_str("  ..."),
            more => told.push(format!("  ... {more} more lines")),
        }
        told
    }
}

/// The fields stand a little to the right of the first line. The empty line at the end is left out.
fn indented(lines: Vec<String>) -> Vec<String> {
    let lines = lines.into_iter().filter(|line| !line.is_empty()).enumerate();
    lines.map(|(row, line)| if row == 0 { line } else { format!("  {line}") }).collect()
}

fn shorten(line: &mut String) {
    if let Some((at, _)) = line.char_indices().nth(HEAD_LINE) {
        let more = line[at..].chars().count();
        line.truncate(at);
        line.push_str(&format!(" ... {more} more characters"));
    }
}

fn mark(way: Way) -> &'static str {
    if way == Way::Sent { ">" } else { "<" }
}

fn frame(header: &Header, raw: &[u8], way: Way, in_bits: bool) -> Vec<String> {
    let mut plain = raw.to_vec();
    if let Some(key) = header.mask {
        mask::apply(key, 0, &mut plain);
    }
    // Its bytes stand below: a long payload need not be told twice.
    let is_told_below = in_bits && raw.len() > SHORT && header.opcode != Opcode::Close;
    let line = if is_told_below { lines::facts(header) } else { lines::frame(header, &plain) };
    // The reason of a Close may hold what a terminal must not be given, even when it is printable.
    let line = if header.opcode == Opcode::Close { escape::again(&line) } else { line };
    let mut told = vec![line];
    if in_bits {
        let role = if way == Way::Sent { Role::Client } else { Role::Server };
        told.extend(lines::rows(header, role, false, raw, BYTES));
    }
    told
}

/// Bytes that are no frame and no head, or a part of one.
fn dump(bytes: &[u8], count: usize) -> Vec<String> {
    let word = if count == 1 { "byte" } else { "bytes" };
    let part = &bytes[..bytes.len().min(BYTES)];
    let mut told = vec![format!("{count} {word}")];
    told.extend(lines::hex_dump(part, 0).lines().skip(1).map(|line| line.trim_start().to_owned()));
    if count > part.len() {
        told.push(format!("... {} more", count - part.len()));
    }
    told
}
