//! Bytes in hex, as people type and paste them: `0a ff`, `0aff`, `0x0a, 0xff`, `0a:ff`, `\x0a\xff`.
//!
//! [`parse`] takes a line. [`Reader`] is the same grammar for text of any length, which comes in parts: it keeps a few
//! bytes, and goes past comments, quotes, brackets and continued lines, so that the body of a C array or of a C string
//! can be given to it as it is.

use super::escape;
use std::fmt;

/// Reads one line. An error names what was found and where, counted from 1, and says what would be right.
pub fn parse(text: &str) -> Result<Vec<u8>, String> {
    let mut reader = Reader::default();
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let read = reader.feed(text.as_bytes(), &mut bytes).and_then(|_| reader.finish(&mut bytes));
    read.map(|()| bytes).map_err(|fault| format!("{fault}, at character {}", fault.column))
}

/// `81 85 37`: what [`parse`] reads, for any number of bytes.
pub fn pairs(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        let digits = [byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)]));
        text.extend(digits);
        text.push(' ');
    }
    text.pop();
    text
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// What can't be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: u64,
    /// The byte in its line, from 1.
    pub column: u64,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a text that should be hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A digit without its second half: this one.
    OddDigit(char),
    /// These characters, escaped, are no hex digits and nothing that may stand between them.
    NotHex(String),
    /// `0x` or `\x`, and no digit.
    NoDigit,
    /// More than two digits behind `\x`.
    ThirdDigit(char),
    /// A number without `0x` in a C array: it would be decimal.
    Decimal,
    /// `/*` and no `*/`.
    OpenComment,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::OddDigit(digit) => write!(f, "`{digit}` is half a byte: each byte is two hex digits, as 0a"),
            Problem::NotHex(found) => write!(f, "`{found}` is no hex: bytes are written as 0a ff, 0x0a or \\x0a"),
            Problem::NoDigit => write!(f, "no hex digit behind the x: a byte is written as 0x0a or \\x0a"),
            Problem::ThirdDigit(digit) => {
                write!(f, "`{digit}` is a third digit behind \\x: each byte is written as \\x0a")
            }
            Problem::Decimal => write!(f, "a decimal number in an array: bytes are written as 0x0a"),
            Problem::OpenComment => write!(f, "a comment begins with /* and does not end: */ is missing"),
        }
    }
}

// What a byte of text is. Below 16 it is a hex digit, by its value.
const BLANK: u8 = 16;
const LINE_END: u8 = 17;
const X: u8 = 18;
const BACKSLASH: u8 = 19;
const SLASH: u8 = 20;
const HASH: u8 = 21;
const BRACKET: u8 = 22;
const ANGLE: u8 = 23;
const NO_BREAK: u8 = 24;
const OTHER: u8 = 25;

const CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'a'..=b'f' => digit - b'a' + 10,
            digit @ b'A'..=b'F' => digit - b'A' + 10,
            b' ' | b'\t' | b'\r' | 0x0c | b',' | b':' | b';' | b'-' => BLANK,
            b'\n' => LINE_END,
            b'x' | b'X' => X,
            b'\\' => BACKSLASH,
            b'/' => SLASH,
            b'#' => HASH,
            b'"' | b'\'' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'>' => BRACKET,
            // Node shows a buffer as <Buffer 81 05>.
            b'<' => ANGLE,
            // U+00A0, a blank that came along from a web page, is C2 A0 in UTF-8.
            0xc2 => NO_BREAK,
            _ => OTHER,
        };
        byte += 1;
    }
    classes
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prefix {
    None,
    Zero,
    Backslash,
}

/// Where in the grammar a text stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Between,
    /// In a number: its prefix, how many digits it has so far (3: three or more), a half byte that waits for its other
    /// half.
    Number(Prefix, u8, Option<u8>),
    Backslash,
    Slash,
    Block,
    BlockStar,
    LineComment,
    Angle,
    NoBreak,
}

/// Reads hex that comes in parts.
#[derive(Debug, Clone)]
pub struct Reader {
    state: State,
    line: u64,
    column: u64,
    stop: Option<u8>,
    stopped: bool,
    numbers_need_prefix: bool,
}

impl Default for Reader {
    fn default() -> Reader {
        Reader { state: State::Between, line: 1, column: 0, stop: None, stopped: false, numbers_need_prefix: false }
    }
}

impl Reader {
    /// A reader of what stands between the braces of a C array, or between quotes: it stops behind `stop`. `line` and
    /// `column` say how many lines and how many bytes of the last one came before it. In braces a number without `0x` is
    /// decimal, so it is refused.
    pub fn inside(stop: u8, line: u64, column: u64) -> Reader {
        let numbers_need_prefix = stop == b'}';
        Reader { line, column, stop: Some(stop), numbers_need_prefix, ..Reader::default() }
    }

    /// Whether the byte to stop at was read.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The line and the column of the last byte that was read, from 1; column 0 before the first of a line.
    pub fn place(&self) -> (u64, u64) {
        (self.line, self.column)
    }

    /// Appends the bytes that `text` goes on with. The answer says how much of it was read: all, or up to and with the
    /// byte to stop at.
    pub fn feed(&mut self, text: &[u8], bytes: &mut Vec<u8>) -> Result<usize, Fault> {
        let mut at = 0;
        while at < text.len() {
            at += self.pairs(&text[at..], bytes);
            let Some(&byte) = text.get(at) else { break };
            at += 1;
            self.column += 1;
            if self.step(byte, bytes).map_err(|problem| self.fault(problem, &text[at - 1..]))? {
                self.stopped = true;
                break;
            }
        }
        Ok(at)
    }

    /// The end of the text.
    pub fn finish(&mut self, bytes: &mut Vec<u8>) -> Result<(), Fault> {
        self.column += 1;
        match self.state {
            State::Block | State::BlockStar => Err(self.fault(Problem::OpenComment, b"")),
            State::Slash | State::NoBreak => Err(self.fault(Problem::NotHex(String::new()), b"")),
            // As the end of a line: it ends a number, and a line that was to be continued.
            _ => self.step(b'\n', bytes).map(|_| ()).map_err(|problem| self.fault(problem, b"")),
        }
    }

    /// The fast path: whole bytes without a prefix, a blank or none between two.
    fn pairs(&mut self, text: &[u8], bytes: &mut Vec<u8>) -> usize {
        let starts = matches!(self.state, State::Between | State::Number(Prefix::None, _, None));
        if !starts || self.numbers_need_prefix {
            return 0;
        }
        let mut at = 0;
        while let Some(&[high, low]) = text.get(at..at + 2) {
            let (high, low) = (CLASS[usize::from(high)], CLASS[usize::from(low)]);
            if high | low > 15 {
                break;
            }
            bytes.push(high << 4 | low);
            at += 2;
            self.state = State::Number(Prefix::None, 3, None);
            if text.get(at) == Some(&b' ') {
                at += 1;
                self.state = State::Between;
            }
        }
        self.column += at as u64;
        at
    }

    /// One byte of text. `true`: it was the one to stop at.
    fn step(&mut self, byte: u8, bytes: &mut Vec<u8>) -> Result<bool, Problem> {
        let class = CLASS[usize::from(byte)];
        if class == LINE_END && self.state != State::LineComment {
            self.end_number(bytes)?;
        }
        match (self.state, class) {
            (State::Block, _) if byte != b'*' => {}
            (State::Block | State::BlockStar, _) if byte == b'*' => self.state = State::BlockStar,
            (State::BlockStar, SLASH) => self.state = State::Between,
            (State::BlockStar, _) => self.state = State::Block,
            (State::LineComment, class) if class != LINE_END => {}
            (State::Slash, _) if byte == b'*' => self.state = State::Block,
            (State::Slash, SLASH) => self.state = State::LineComment,
            (State::NoBreak, _) if byte == 0xa0 => self.state = State::Between,
            (State::Slash | State::NoBreak, _) => return Err(Problem::NotHex(String::new())),
            (State::Backslash, X) => self.state = State::Number(Prefix::Backslash, 0, None),
            (State::Backslash, class) if class != BLANK && class != LINE_END => {
                return Err(Problem::NotHex(String::new()));
            }
            // A backslash at the end of a line: the next one continues it.
            (State::Backslash, BLANK) => {}
            (State::Angle, class) if class != BLANK && class != LINE_END => {}
            (State::Number(Prefix::None, 1, Some(0)), X) => self.state = State::Number(Prefix::Zero, 0, None),
            (State::Number(prefix, digits, high), 0..=15) => self.digit(prefix, digits, high, byte, bytes)?,
            (_, 0..=15) => self.digit(Prefix::None, 0, None, byte, bytes)?,
            (_, class) => {
                let next = between(class).ok_or(Problem::NotHex(String::new()))?;
                self.end_number(bytes)?;
                self.state = next;
            }
        }
        if class == LINE_END {
            (self.line, self.column) = (self.line + 1, 0);
        }
        let is_text = matches!(self.state, State::Between);
        Ok(is_text && class == BRACKET && self.stop == Some(byte))
    }

    fn digit(
        &mut self,
        prefix: Prefix,
        digits: u8,
        high: Option<u8>,
        byte: u8,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Problem> {
        if prefix == Prefix::Backslash && digits == 2 {
            return Err(Problem::ThirdDigit(char::from(byte)));
        }
        if self.numbers_need_prefix && prefix == Prefix::None && (digits > 0 || byte != b'0') {
            return Err(Problem::Decimal);
        }
        let value = CLASS[usize::from(byte)];
        let rest = match high {
            Some(high) => {
                bytes.push(high << 4 | value);
                None
            }
            None => Some(value),
        };
        self.state = State::Number(prefix, (digits + 1).min(3), rest);
        Ok(())
    }

    /// A number ends. One digit behind a prefix is a byte as well, as C reads it.
    fn end_number(&mut self, bytes: &mut Vec<u8>) -> Result<(), Problem> {
        let State::Number(prefix, digits, high) = self.state else { return Ok(()) };
        match (prefix, digits, high) {
            (Prefix::None, _, None) | (Prefix::Zero | Prefix::Backslash, 1.., None) => {}
            (Prefix::Zero | Prefix::Backslash, 0, _) => return Err(Problem::NoDigit),
            (Prefix::Zero | Prefix::Backslash, 1, Some(value)) => bytes.push(value),
            _ if self.numbers_need_prefix && prefix == Prefix::None => return Err(Problem::Decimal),
            (_, _, Some(value)) => {
                return Err(Problem::OddDigit(char::from_digit(u32::from(value), 16).unwrap_or('0')));
            }
        }
        self.state = State::Between;
        Ok(())
    }

    /// A fault at the byte that was read last, which `rest` begins with; an odd digit stands before it.
    fn fault(&self, problem: Problem, rest: &[u8]) -> Fault {
        let problem = match problem {
            Problem::NotHex(_) => Problem::NotHex(word(rest)),
            other => other,
        };
        let back = u64::from(matches!(problem, Problem::OddDigit(_)));
        Fault { line: self.line, column: self.column.saturating_sub(back), problem }
    }
}

/// What a byte that is no digit begins.
fn between(class: u8) -> Option<State> {
    match class {
        BLANK | LINE_END | BRACKET => Some(State::Between),
        BACKSLASH => Some(State::Backslash),
        SLASH => Some(State::Slash),
        HASH => Some(State::LineComment),
        ANGLE => Some(State::Angle),
        NO_BREAK => Some(State::NoBreak),
        _ => None,
    }
}

/// The word that `text` begins with, short and escaped.
pub fn word(text: &[u8]) -> String {
    const MOST: usize = 24;
    let len = text.iter().skip(1).position(|byte| byte.is_ascii_whitespace()).map_or(text.len(), |at| at + 1);
    let mut end = len.min(MOST);
    // Not through the middle of a character.
    while end > 1 && end < text.len() && text[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    escape::text(&text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_write_two_bytes() {
        for text in [
            "0a ff",
            "0aff",
            "0AFF",
            "0x0a, 0xff",
            "0X0A 0XFF",
            "0x0aff",
            "0a:ff",
            "0a-ff",
            r"\x0a\xff",
            r#""\x0a" "\xff""#,
            "0xa,0xff",
            "{ 0x0a, /* ten */ 0xff };",
            "0a ff # a comment",
            "0a // a comment\nff",
            "\"\\x0a\" \\\n\"\\xff\"",
            "<Buffer 0a ff>",
            "0a\u{a0}ff",
            "  0a\r\n\tff\r\n",
        ] {
            assert_eq!(parse(text), Ok(vec![0x0a, 0xff]), "{text}");
        }
        assert_eq!(parse(""), Ok(vec![]));
    }

    #[test]
    fn what_is_no_hex_is_named_with_its_place() {
        for (text, words) in [
            ("0a f", "`f` is half a byte: each byte is two hex digits, as 0a, at character 4"),
            ("0a f 0b", "`f` is half a byte: each byte is two hex digits, as 0a, at character 4"),
            ("0aff0", "`0` is half a byte: each byte is two hex digits, as 0a, at character 5"),
            ("0x0a1", "`1` is half a byte: each byte is two hex digits, as 0a, at character 5"),
            ("0a Hello there", "`Hello` is no hex: bytes are written as 0a ff, 0x0a or \\x0a, at character 4"),
            ("0ag", "`g` is no hex: bytes are written as 0a ff, 0x0a or \\x0a, at character 3"),
            ("0a \u{1b}[2J", "`\\u{1b}[2J` is no hex: bytes are written as 0a ff, 0x0a or \\x0a, at character 4"),
            ("é", "`é` is no hex: bytes are written as 0a ff, 0x0a or \\x0a, at character 1"),
            ("0x, 0a", "no hex digit behind the x: a byte is written as 0x0a or \\x0a, at character 3"),
            (r"\x0abc", "`b` is a third digit behind \\x: each byte is written as \\x0a, at character 5"),
            (r"\n", "`n` is no hex: bytes are written as 0a ff, 0x0a or \\x0a, at character 2"),
            ("0a /* b", "a comment begins with /* and does not end: */ is missing, at character 8"),
        ] {
            assert_eq!(parse(text), Err(words.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn where_the_text_is_cut_makes_no_difference() {
        let text = b"\"\\x81\" \\\r\n 0x85, 37fa /* 21 */ 2:1 <Buffer 3d> // 7f\n 9f # 4d\n51\xc2\xa058";
        let whole = |text: &[u8]| {
            let mut reader = Reader::default();
            let mut bytes = Vec::new();
            let read = reader.feed(text, &mut bytes).and_then(|_| reader.finish(&mut bytes));
            (read, bytes)
        };
        let expected = whole(text);
        for cut in 0..text.len() {
            let mut reader = Reader::default();
            let mut bytes = Vec::new();
            let (left, right) = text.split_at(cut);
            let read = reader.feed(left, &mut bytes).and_then(|_| reader.feed(right, &mut bytes));
            assert_eq!((read.and_then(|_| reader.finish(&mut bytes)), bytes), expected, "cut at {cut}");
        }
        let Err(fault) = expected.0 else { panic!("2:1 is no byte") };
        assert_eq!((fault.line, fault.column, fault.problem), (2, 22, Problem::OddDigit('2')));
    }

    #[test]
    fn inside_of_braces_it_stops_at_their_end() {
        let mut bytes = Vec::new();
        let mut reader = Reader::inside(b'}', 3, 10);
        assert_eq!(reader.feed(b" 0x81 /* } */, 0x5 }; 0x07", &mut bytes), Ok(20));
        assert_eq!((bytes, reader.place()), (vec![0x81, 5], (3, 30)));
        for decimal in [&b"129, 5}"[..], b"0x81, 5}", b"05}", b"0, 0x81}"] {
            let fault = Reader::inside(b'}', 1, 0).feed(decimal, &mut Vec::new()).map_err(|fault| fault.problem);
            assert_eq!(fault, Err(Problem::Decimal));
        }
    }
}
