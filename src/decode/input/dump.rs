//! Rows with an offset: `xxd`, `hexdump -C`, `od -tx1`, Wireshark. The offsets are checked, so that no row can be
//! missing; a `*` stands for rows as the one before it, up to the next offset.
//!
//! Wireshark's "Follow TCP Stream" shows both directions of a connection, the server's half indented, each with offsets
//! of its own. So rows with another indent are another stream when they begin again at 0, or, in a piece of such a text,
//! when they do not go on from the rows before them.

use super::lines::{Line, LineReader, Step};
use super::row;
use super::streams::{Label, Streams};
use super::{Error, PART};
use crate::wire::hex;
use tungstenite::protocol::Role;

/// How many bytes a `*` may stand for.
const MOST_REPEATED: u64 = 1 << 30;

/// Offsets are hex, octal (`od`) or decimal (`xxd -d`, `od -Ad`); which one, the second row tells where the form of the
/// first leaves it open.
const BASES: [(u32, &str); 3] = [(16, "hex"), (8, "octal"), (10, "decimal")];
/// How many digits Wireshark's "Follow TCP Stream" has.
const DIGITS_OF_FOLLOW: usize = 8;
/// How many digits the offsets of `od` have; behind the first megabytes they have more, and none of them is a 0 in front.
const DIGITS_OF_OD: usize = 7;

/// Reads rows with offsets.
#[derive(Default)]
pub struct Dump {
    /// Whether indented rows are the server's and the others the client's.
    two_sided: bool,
    /// Whether rows of one stream have different indents, as when the first of them was copied without its own.
    mixed: bool,
    /// Whether rows are bytes alone, without offsets: what Wireshark shows as "Raw".
    raw: bool,
    /// Whether the first row was indented: that is stream 0.
    first_indented: Option<bool>,
    blocks: [Block; 2],
    /// The stream of the last row.
    stream: usize,
    /// What is left of the rows that a `*` stands for.
    repeat: u64,
}

/// How far one stream's rows have come.
#[derive(Default)]
struct Block {
    /// The next offset, if it is written in the base at this place of [`BASES`].
    next: [Option<u64>; 3],
    row: Vec<u8>,
    star: bool,
    begun: bool,
}

/// What a row begins with.
pub struct Offset<'a> {
    digits: &'a str,
    /// Whether a colon ends it.
    pub colon: bool,
    /// Where the rest begins.
    pub end: usize,
}

impl Offset<'_> {
    pub fn digit_count(&self) -> usize {
        self.digits.len()
    }

    pub fn is_zero(&self) -> bool {
        self.digits.bytes().all(|digit| digit == b'0')
    }

    /// What it says in each of [`BASES`], if a tool that counts so would have written it like this. `20` is 32 in hex and 16
    /// in octal: a base too many, and a missing row looks like none.
    fn values(&self, rest: &[u8]) -> [Option<u64>; 3] {
        let value = |at: usize| u64::from_str_radix(self.digits, BASES[at].0).ok();
        let len = self.digits.len();
        let is_od = len == DIGITS_OF_OD || len > DIGITS_OF_OD && !self.digits.starts_with('0');
        // hexdump -C has eight digits, and bars around the ASCII.
        let has_bars = len > DIGITS_OF_OD && rest.trim_ascii_end().ends_with(b"|");
        match (self.colon, is_od && !has_bars) {
            (true, _) => [value(0), None, value(2)],
            (false, true) => [value(0), value(1), value(2)],
            (false, false) => [value(0), None, None],
        }
    }
}

/// The offset at the start of a line: four to sixteen digits, maybe indented, with `0x` or a colon.
pub fn offset(line: &[u8]) -> Option<Offset<'_>> {
    let indent = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let start = if line[indent..].starts_with(b"0x") { indent + 2 } else { indent };
    let len = line[start..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let colon = line.get(start + len) == Some(&b':');
    let end = start + len + usize::from(colon);
    let is_alone = line.get(end).is_none_or(|byte| matches!(byte, b' ' | b'\t'));
    let digits = std::str::from_utf8(&line[start..start + len]).ok()?;
    ((4..=16).contains(&len) && is_alone).then_some(Offset { digits, colon, end })
}

impl LineReader for Dump {
    fn line(&mut self, line: &Line<'_>, bytes: &mut Vec<u8>, streams: &mut Streams) -> Result<Step, Error> {
        if self.repeat > 0 {
            self.give_repeated(bytes);
            return Ok(Step::Again(self.stream));
        }
        let text = line.text.trim_ascii();
        if text.starts_with(b"Follow: ") {
            (self.two_sided, self.raw) = (true, text.ends_with(b",raw"));
        } else if text == b"*" {
            self.blocks[self.stream].star = true;
        } else if let Some(offset) = offset(line.text).filter(|_| !self.raw) {
            self.stream = self.stream_of(line.text, Some(&offset), streams);
            return self.row(line, &offset, bytes);
        } else if self.raw && !text.is_empty() && !is_title(text) {
            self.stream = self.stream_of(line.text, None, streams);
            *bytes =
                hex::parse(&String::from_utf8_lossy(text)).map_err(|problem| Error::at(line.number, 1, problem))?;
        } else if !text.is_empty() && self.first_indented.is_some() && !is_title(text) {
            let problem = format!("`{}` is no row of this dump: a row is an offset and bytes", hex::word(text));
            return Err(Error::at(line.number, 1, problem));
        }
        Ok(Step::Done(self.stream))
    }

    fn finish(&mut self, last: u64, _gave_bytes: bool) -> Result<(), Error> {
        if self.blocks.iter().any(|block| block.star) {
            let problem = "`*` stands for rows like the one before it, and the offset behind them is missing";
            return Err(Error::at(last, 1, problem));
        }
        Ok(())
    }
}

/// The lines around a stream that Wireshark shows.
fn is_title(text: &[u8]) -> bool {
    ["===", "Follow: ", "Filter: ", "Node "].iter().any(|title| text.starts_with(title.as_bytes()))
}

impl Dump {
    /// The stream of a row with this offset; rows of "Raw" have none.
    fn stream_of(&mut self, line: &[u8], offset: Option<&Offset<'_>>, streams: &mut Streams) -> usize {
        let indented = line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
        let first = *self.first_indented.get_or_insert(indented);
        let is_other = indented != first;
        let begins = offset.is_none_or(|offset| offset.is_zero() || self.is_other_side(offset, line));
        self.two_sided |= is_other && begins && self.blocks[0].begun;
        self.mixed |= is_other && !self.two_sided;
        if streams.label(0).is_none() {
            streams.begin(Label::default());
        }
        if self.two_sided {
            streams.is_from(0, side(first));
        }
        if self.two_sided && is_other && streams.label(1).is_none() {
            streams.begin(Label { from: Some(side(indented)), ..Label::default() });
        }
        usize::from(self.two_sided && is_other)
    }

    /// Whether a row with another indent than the first, in the form of "Follow TCP Stream", does not go on from the rows
    /// before it. Where such a row has gone on, another that does not is one behind a missing row.
    fn is_other_side(&self, offset: &Offset<'_>, line: &[u8]) -> bool {
        let block = &self.blocks[0];
        let goes_on = block.star || block.matching(offset.values(&line[offset.end..])).iter().any(Option::is_some);
        offset.digit_count() == DIGITS_OF_FOLLOW && !offset.colon && !self.mixed && !goes_on
    }

    fn row(&mut self, line: &Line<'_>, offset: &Offset<'_>, bytes: &mut Vec<u8>) -> Result<Step, Error> {
        let block = &mut self.blocks[self.stream];
        let rest = &line.text[offset.end..];
        let column = offset.end - offset.digits.len() - usize::from(offset.colon) + 1;
        self.repeat = block.arrive(offset, rest).map_err(|problem| Error::at(line.number, column, problem))?;
        if self.repeat > MOST_REPEATED {
            let problem = format!("`*` stands for {} bytes here: at most {MOST_REPEATED} are put in", self.repeat);
            return Err(Error::at(line.number, column, problem));
        }
        if self.repeat > 0 {
            self.give_repeated(bytes);
            return Ok(Step::Again(self.stream));
        }
        if !rest.trim_ascii().is_empty() {
            *bytes = row::bytes(rest, offset.colon)
                .map_err(|fault| Error::at(line.number, offset.end + fault.at + 1, fault.problem))?;
            block.advance(bytes);
        }
        Ok(Step::Done(self.stream))
    }

    fn give_repeated(&mut self, bytes: &mut Vec<u8>) {
        let row = &self.blocks[self.stream].row;
        let rows = (self.repeat / row.len() as u64).min((PART / row.len()).max(1) as u64);
        (0..rows).for_each(|_| bytes.extend_from_slice(row));
        self.repeat -= rows * row.len() as u64;
    }
}

/// Wireshark indents what came back from the server.
fn side(indented: bool) -> Role {
    if indented { Role::Server } else { Role::Client }
}

impl Block {
    /// A row is this offset and `rest`. How many bytes a `*` before it stands for.
    fn arrive(&mut self, offset: &Offset<'_>, rest: &[u8]) -> Result<u64, String> {
        let values = offset.values(rest);
        let digits = offset.digits;
        if !std::mem::replace(&mut self.begun, true) {
            self.next = values;
            return Ok(0);
        }
        if std::mem::replace(&mut self.star, false) {
            return self.arrive_behind_star(values);
        }
        let matching = self.matching(values);
        if matching.iter().any(Option::is_some) {
            self.next = matching;
        } else if values[0] == Some(0) {
            self.next = values; // another dump, behind the first
        } else {
            return Err(self.gap(digits));
        }
        Ok(0)
    }

    /// The next offset in each base in which this is it.
    fn matching(&self, values: [Option<u64>; 3]) -> [Option<u64>; 3] {
        std::array::from_fn(|at| self.next[at].filter(|next| Some(*next) == values[at]))
    }

    fn arrive_behind_star(&mut self, values: [Option<u64>; 3]) -> Result<u64, String> {
        // What may be od's is in octal, if it was not told otherwise.
        let order = if values[1].is_some() { [1, 2, 0] } else { [0, 2, 1] };
        for at in order {
            let repeated = values[at].zip(self.next[at]).and_then(|(value, next)| value.checked_sub(next));
            if let Some(repeated) = repeated.filter(|_| !self.row.is_empty())
                && repeated.is_multiple_of(self.row.len() as u64)
            {
                self.next = [None; 3];
                self.next[at] = values[at];
                return Ok(repeated);
            }
        }
        Err("`*` stands for rows like the one before it, and no number of them ends at this offset".to_owned())
    }

    fn gap(&self, digits: &str) -> String {
        let (next, width) = (self.next, digits.len());
        let written = [
            next[0].map(|next| format!("{next:0width$x}")),
            next[1].map(|next| format!("{next:0width$o}")),
            next[2].map(|next| format!("{next:0width$}")),
        ];
        // Small numbers look alike in all bases.
        let mut expected: Vec<(String, Vec<&str>)> = Vec::new();
        for (offset, (_, base)) in written.into_iter().zip(BASES).filter_map(|(offset, base)| Some((offset?, base))) {
            match expected.iter_mut().find(|(known, _)| *known == offset) {
                Some((_, bases)) => bases.push(base),
                None => expected.push((offset, vec![base])),
            }
        }
        let expected: Vec<String> =
            expected.iter().map(|(offset, bases)| format!("{offset} ({})", alternatives(bases))).collect();
        let expected = alternatives(&expected);
        format!(
            "the offset is {digits} where {expected} comes next: rows are missing, or have more bytes than they show"
        )
    }

    fn advance(&mut self, bytes: &[u8]) {
        self.next = self.next.map(|next| next.and_then(|next| next.checked_add(bytes.len() as u64)));
        self.row.clear();
        self.row.extend_from_slice(bytes);
    }
}

/// `a`, `a or b`, `a, b or c`.
fn alternatives<T: AsRef<str>>(all: &[T]) -> String {
    let all: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
    match all.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => all.concat(),
    }
}

/// Reads rows without an offset, with ASCII behind the bytes.
pub struct Rows {
    /// Whether bytes stand in groups of more than one.
    grouped: bool,
}

impl Rows {
    /// `None`: `first` is no such row.
    pub fn new(first: &[u8]) -> Option<Rows> {
        [false, true].into_iter().find(|grouped| row::has_column(first, *grouped)).map(|grouped| Rows { grouped })
    }
}

impl LineReader for Rows {
    fn line(&mut self, line: &Line<'_>, bytes: &mut Vec<u8>, streams: &mut Streams) -> Result<Step, Error> {
        if streams.label(0).is_none() {
            streams.begin(Label::default());
        }
        if !line.text.trim_ascii().is_empty() {
            *bytes = row::bytes(line.text, self.grouped)
                .map_err(|fault| Error::at(line.number, fault.at + 1, fault.problem))?;
        }
        Ok(Step::Done(0))
    }

    fn finish(&mut self, _last: u64, _gave_bytes: bool) -> Result<(), Error> {
        Ok(())
    }
}
