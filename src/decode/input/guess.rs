//! What the beginning of an input tells: bytes or text, and what form of hex.
//!
//! Text is UTF-8 without control characters but blanks, line breaks and colours. It is hex, unless it begins with an HTTP
//! head; everything else is raw.

use super::array::Array;
use super::dump::{self, Dump, Rows};
use super::lines::{Kind, Lines, without_colour};
use super::literal::{self, Literal};
use super::trace::{self, Trace};
use super::{Error, Form, HEAD, Layout, packet, quoted, row};
use crate::wire::hex;

/// UTF-8's byte order mark, which editors on Windows put in front.
pub const BOM: &[u8] = b"\xef\xbb\xbf";

/// The form of an input that begins with `head`, `told` to be hex or raw or nothing.
pub fn layout(head: &[u8], told: Option<Form>) -> Result<Layout, Error> {
    if told == Some(Form::Raw) {
        return Ok(Layout::Raw);
    }
    if is_utf16(head) {
        return Err(Error::Utf16);
    }
    if told.is_none() && packet::is_capture_file(head) {
        return Err(Error::CaptureFile);
    }
    if told.is_none() && (!may_be_text(head) || is_http(head)) {
        return Ok(Layout::Raw);
    }
    text(&without_colour(head.strip_prefix(BOM).unwrap_or(head)))
}

/// Whether more of the text would change nothing: it is raw, or a log. So a connection or a log that goes on is told as it
/// comes. All other forms need a look ahead.
pub fn is_settled(head: &[u8], told: Option<Form>) -> bool {
    if told == Some(Form::Raw) || told.is_none() && (!may_be_text(head) || is_http(head)) {
        return true;
    }
    let whole = head.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    head[..whole].split(|byte| *byte == b'\n').any(|line| trace::is_record(&without_colour(trimmed(line))))
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether nothing in these first bytes says that they are no text. A character may be cut at their end.
pub fn may_be_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(_) => head,
        Err(error) if error.error_len().is_none() => &head[..error.valid_up_to()],
        Err(_) => return false,
    };
    let is_control = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c) || byte == 0x7f;
    let is_colour = |at: usize| valid[at] == 0x1b && valid.get(at + 1).is_none_or(|next| *next == b'[');
    (0..valid.len()).all(|at| !is_control(valid[at]) || is_colour(at))
}

/// `ff fe` and a character of which only the low byte is used.
fn is_utf16(head: &[u8]) -> bool {
    matches!(head, [0xff, 0xfe, low, 0, ..] if *low != 0)
}

/// A request line or a status line.
fn is_http(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let method = line.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let is_request = method > 0 && line.get(method) == Some(&b' ');
    line.starts_with(b"HTTP/") || is_request && line.windows(6).any(|part| part == b" HTTP/")
}

/// What form of hex a text has. A line that is cut by the end of `head` counts as well: it may be the only one.
fn text(head: &[u8]) -> Result<Layout, Error> {
    let lines = || head.split(|byte| *byte == b'\n').map(trimmed).filter(|line| !line.trim_ascii().is_empty());
    if lines().any(trace::is_record) {
        return Ok(Layout::Lines(Box::new(Lines::new(Kind::Trace(Trace::default())))));
    }
    // Words may stand before the first row, as tcpdump and Wireshark put them there.
    let from_first = || lines().skip_while(|line| !is_first_row(line) && !is_hex(line) && !is_follow(line));
    if let Some(first) = from_first().next().filter(|line| is_first_row(line) || is_follow(line)) {
        if !is_follow(first) && !is_confirmed(first, from_first().nth(1)) {
            let number = head.split(|byte| *byte == b'\n').map(trimmed).take_while(|line| *line != first).count() + 1;
            let problem = format!(
                "`{}` may be bytes or an offset: bytes are set apart as 81 05, and a colon ends an offset",
                hex::word(first.trim_ascii_start())
            );
            return Err(Error::at(number as u64, 1, problem));
        }
        return Ok(Layout::Lines(Box::new(Lines::new(Kind::Dump(Dump::default())))));
    }
    if let Some(rows) = lines().next().and_then(Rows::new) {
        return Ok(Layout::Lines(Box::new(Lines::new(Kind::Rows(rows)))));
    }
    if is_decimal(head) {
        return Err(Error::Decimal);
    }
    if literal::begins(head) {
        return Ok(Layout::Literal(Literal::default()));
    }
    let is_string = head.trim_ascii_start().starts_with(b"\"\\x");
    if is_declaration(head) || is_string {
        return Ok(Layout::Array(Array::new(quoted::has_escape(head))));
    }
    if is_base64(head) {
        return Err(Error::Base64);
    }
    Ok(Layout::Plain(hex::Reader::default()))
}

/// The head of what Wireshark's `follow` prints.
fn is_follow(line: &[u8]) -> bool {
    line.starts_with(b"Follow: ")
}

/// Whether a first row begins with an offset and not with two bytes that stand apart from the others: it is 0 or has a
/// colon, the bytes' ASCII stands behind them, or there is a second row.
fn is_confirmed(first: &[u8], second: Option<&[u8]>) -> bool {
    let Some(offset) = dump::offset(first) else { return false };
    let is_row = |line: &[u8]| line.trim_ascii() == b"*" || dump::offset(line).is_some();
    offset.is_zero() || offset.colon || row::has_column(&first[offset.end..], false) || second.is_some_and(is_row)
}

/// Whether these are decimal numbers, as JavaScript and Python print a list of bytes: `[129, 5, 72]`. Where each has two
/// digits they may be hex, and are read as that. Where only blanks stand between them, one must have three digits, and none
/// begins with 0, or it is hex with a digit too many.
fn is_decimal(head: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(head) else { return false };
    let text = text.trim();
    // A long list ends behind what is looked at.
    let inside = text.split_once('[').map_or(text, |(_, inside)| inside.trim_end_matches(']'));
    let has_commas = inside.contains(',');
    let between = |c: char| if has_commas { c == ',' } else { c.is_whitespace() };
    let numbers: Vec<&str> = inside.split(between).map(str::trim).filter(|number| !number.is_empty()).collect();
    let is_byte = |number: &&str| {
        number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit()) && number.parse::<u8>().is_ok()
    };
    let is_sure = |number: &&str| if has_commas { number.len() != 2 } else { number.len() == 3 };
    let is_hex = !has_commas && numbers.iter().any(|number| number.len() > 1 && number.starts_with('0'));
    numbers.len() > 1 && numbers.iter().all(is_byte) && numbers.iter().any(is_sure) && !is_hex
}

/// Whether this is base64, and no hex: its digits alone, a number of them that can be, and either it ends with `=` or a
/// frame could begin with what its first digits are, which of words is rarely so.
fn is_base64(head: &[u8]) -> bool {
    let text: Vec<u8> = head.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let digits = text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(&text);
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let is_one_word = !head.trim_ascii().iter().any(|byte| matches!(byte, b' ' | b'\t'));
    // A long text ends behind what is looked at.
    let is_whole = text.len().is_multiple_of(4) || head.len() >= HEAD;
    let begins_frame = || {
        let first = text.get(..4).and_then(|first| data_encoding::BASE64.decode(first).ok());
        first.is_some_and(|first| first[0] & 0x70 == 0 && matches!(first[0] & 15, 0..=2 | 8..=10))
    };
    let is_likely = digits.len() < text.len() || begins_frame();
    digits.len() >= 4 && is_one_word && is_whole && digits.iter().all(is_digit) && is_likely && !is_hex(head)
}

/// An offset and then bytes, and not just bytes: it is 0, or ends with a colon, or has a gap behind it.
fn is_first_row(line: &[u8]) -> bool {
    let Some(offset) = dump::offset(line) else { return false };
    let rest = &line[offset.end..];
    let digits = rest.trim_ascii_start().iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let has_gap = rest.starts_with(b"  ") || rest.starts_with(b"\t");
    let is_narrow = digits == 2 || digits > 0 && (offset.colon || offset.digit_count() == 7);
    is_narrow && (offset.is_zero() || offset.colon || has_gap)
}

/// Whether a line can be read as plain hex. It may be cut, or go on in the next one.
fn is_hex(line: &[u8]) -> bool {
    hex::Reader::default().feed(line, &mut Vec::new()).is_ok()
}

/// Whether the text begins with a name and has a brace or a quote: `unsigned char pkt[] = {`. Comments and lines for the
/// preprocessor may stand before.
fn is_declaration(head: &[u8]) -> bool {
    let mut rest = head.trim_ascii_start();
    let past = |rest: &[u8], end: &[u8]| rest.windows(end.len()).position(|part| part == end).map(|at| at + end.len());
    loop {
        let end: &[u8] = match rest {
            [b'/', b'*', ..] => b"*/",
            [b'/', b'/', ..] | [b'#', ..] => b"\n",
            _ => break,
        };
        rest = rest[past(rest, end).unwrap_or(rest.len())..].trim_ascii_start();
    }
    let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let is_name = name > 0 && rest[0].is_ascii_alphabetic() && !rest[..name].iter().all(u8::is_ascii_hexdigit);
    is_name && rest.iter().any(|byte| matches!(byte, b'{' | b'"'))
}
