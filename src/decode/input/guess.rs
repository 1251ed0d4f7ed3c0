//! What the beginning of an input tells: bytes or text, and what form of hex.
//!
//! Text is UTF-8 without control characters but blanks, line breaks and colours. It is hex, unless it begins with an HTTP
//! head; everything else is raw.

use super::array::Array;
use super::dump::{self, Dump, Rows};
use super::lines::{Kind, Lines};
use super::trace::{self, Trace};
use super::{Error, Form, Layout, packet};
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
    Ok(text(head.strip_prefix(BOM).unwrap_or(head)))
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
fn text(head: &[u8]) -> Layout {
    let lines = || {
        let lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        lines.filter(|line| !line.trim_ascii().is_empty())
    };
    if lines().any(trace::is_record) {
        return Layout::Lines(Lines::new(Kind::Trace(Trace::default())));
    }
    // Words may stand before the first row, as tcpdump and Wireshark put them there.
    let first = lines().find(|line| is_first_row(line) || is_hex(line) || line.starts_with(b"Follow: "));
    if first.is_some_and(|line| is_first_row(line) || line.starts_with(b"Follow: ")) {
        return Layout::Lines(Lines::new(Kind::Dump(Dump::default())));
    }
    if let Some(rows) = lines().next().and_then(Rows::new) {
        return Layout::Lines(Lines::new(Kind::Rows(rows)));
    }
    if is_declaration(head) { Layout::Array(Array::default()) } else { Layout::Plain(hex::Reader::default()) }
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
