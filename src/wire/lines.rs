//! The words for what passes: hex dumps, a head line by line, a frame in one line, a frame's bits row by row.
//!
//! Every function takes values and gives text; none of them logs. Text of several lines has its first line short (it
//! follows the connection's name and a mark) and the others indented by [`indent`] or by four blanks.

use super::escape;
use super::fields::{self, Field};
use super::purpose;
use crate::protocol::close::Close;
use crate::protocol::header::Header;
use crate::protocol::mask;
use crate::protocol::opcode::Opcode;
use crate::protocol::proxy;
use crate::protocol::upgrade::{Decision, GUID, Step};
use std::fmt::Write;
use tungstenite::protocol::Role;

/// How many bytes of a payload a one-line summary quotes.
pub const SUMMARY_BYTES: usize = 60;

/// How many values of a PROXY header are listed.
const MOST_VALUES: usize = 32;

/// A hex dump, sixteen bytes a line, each line begun with a line break: offset, hex in two halves, ASCII. At most
/// `most` bytes of it, then a line that says how many are left out; `most` 0 shows all.
pub fn hex_dump(bytes: &[u8], most: usize) -> String {
    let part = elide(bytes, most);
    let mut lines = String::new();
    for (row, chunk) in part.chunks(16).enumerate() {
        let (left, right) = chunk.split_at(chunk.len().min(8));
        // 16 bytes are 48 characters with the gap in the middle; a short last row is filled up so that ASCII aligns.
        let hex = format!("{}  {}", hex(left), hex(right));
        push(&mut lines, format_args!("\n    {:04x}  {hex:<48}  {}", row * 16, escape::ascii(chunk)));
    }
    push_left_out(&mut lines, bytes.len() - part.len());
    lines
}

/// `81 85 37`: bytes in hex with blanks between.
pub fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(" ")
}

/// A message head, line by line, each field with what it is for. `head` has its secrets starred already.
pub fn head(head: &[u8]) -> String {
    let text = escape_lines(head);
    let mut lines = text.iter().map(String::as_str).filter(|line| !line.is_empty());
    let mut shown = lines.next().unwrap_or("(nothing)").to_owned();
    for line in lines {
        let name = line.split(':').next().unwrap_or_default();
        push(&mut shown, format_args!("\n    {}", columns(line, purpose::of(name))));
    }
    shown
}

/// `PROXY header, 46 bytes: v1, TCP4 from 203.0.113.9:56324 to 192.0.2.1:443`, and the values behind it, type and length of
/// each. More than `MOST_VALUES` of them are counted.
pub fn proxy_header(header: &proxy::Header) -> String {
    let mut shown = format!("PROXY header, {} bytes: {header}", header.len);
    for (kind, len) in header.tlvs.iter().take(MOST_VALUES) {
        let bytes = bytes_word(*len as u64);
        push(&mut shown, format_args!("\n    type {kind:#04x} {}, {len} {bytes}", proxy::name_of_value(*kind)));
    }
    if header.tlvs.len() > MOST_VALUES {
        push(&mut shown, format_args!("\n    ... {} more values", header.tlvs.len() - MOST_VALUES));
    }
    shown
}

/// A part of a body that is sent piece by piece, with its text line by line, at most `most` bytes of it (0: all).
/// `framed` is its length with the chunk's own bytes, if it is one.
pub fn body_part(framed: usize, part: &[u8], most: usize) -> String {
    let mut shown = match (framed - part.len(), part.len()) {
        (_, 0) => "the last chunk: the body ends here (RFC 9112 s7.1)".to_owned(),
        (0, len) => format!("{len} {} of body", bytes_word(len as u64)),
        (around, len) => {
            let bytes = bytes_word(len as u64);
            format!("a chunk: {len:x} in hex is {len} {bytes} of body, and {around} around them")
        }
    };
    let told = elide(part, most);
    for line in escape_lines(told).iter().filter(|line| !line.is_empty()) {
        push(&mut shown, format_args!("\n    {line}"));
    }
    push_left_out(&mut shown, part.len() - told.len());
    shown
}

/// A head as it arrived, escaped, a line a line: what a refusal shows to the peer. The empty line at its end is left
/// out.
pub fn head_as_it_arrived(head: &[u8]) -> String {
    let lines = escape_lines(head);
    let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    lines[..end].iter().map(|line| format!("    {line}\n")).collect()
}

/// Splits at LF; a CR before it belongs to the line's end and is not shown, any other is.
pub fn escape_lines(head: &[u8]) -> Vec<String> {
    head.split(|byte| *byte == b'\n').map(|line| escape::text(line.strip_suffix(b"\r").unwrap_or(line))).collect()
}

/// The decision on an upgrade, requirement by requirement.
pub fn decision(decision: &Decision) -> String {
    let verdict = if decision.outcome.is_ok() { "granted" } else { "refused" };
    let mut shown = format!("upgrade {verdict}");
    for step in &decision.steps {
        push(&mut shown, format_args!("\n    {}", self::step(step)));
    }
    shown
}

/// One requirement of a handshake: whether it is met, what was found, why it is asked for, and where.
pub fn step(step: &Step) -> String {
    let mark = if step.met { "yes" } else { "NO " };
    format!("{mark} {} ({})", columns(&step.found, step.why), step.section)
}

/// How the accept key comes about (RFC 6455 s4.2.2, 5): four lines of arithmetic.
pub fn accept_key(key: &str, accept: &str) -> String {
    let hash = data_encoding::BASE64.decode(accept.as_bytes()).unwrap_or_default();
    let rows = [
        ("Sec-WebSocket-Key", key.to_owned()),
        ("+ the GUID (RFC 6455 s1.3)", GUID.to_owned()),
        ("SHA-1 of the two, 20 bytes", hex(&hash)),
        ("in base64", accept.to_owned()),
    ];
    rows.iter().fold("accept key".to_owned(), |mut shown, (name, value)| {
        push(&mut shown, format_args!("\n    {name:<28}{value}"));
        shown
    })
}

/// One line a frame: `TEXT fin=1 rsv=000 mask=37fa213d len=5 "Hello"`. `payload` is unmasked, and may be only the first
/// bytes of it.
pub fn frame(header: &Header, payload: &[u8]) -> String {
    format!("{} {}", facts(header), payload_summary(header, payload)).trim_end().to_owned()
}

/// The same without the payload.
pub fn facts(header: &Header) -> String {
    let mask = header.mask.map_or("none".to_owned(), |key| format!("{:08x}", u32::from_be_bytes(key)));
    let facts = format!("fin={} rsv={:03b} mask={mask} len={}", u8::from(header.fin), header.rsv, header.length);
    match header.opcode {
        Opcode::Reserved(bits) => format!("RESERVED({bits:X}) {facts}"),
        opcode => format!("{} {facts}", opcode.name()),
    }
}

/// What a payload is in a few words: text in quotes, the first bytes of anything else, code and reason of a Close.
pub fn payload_summary(header: &Header, payload: &[u8]) -> String {
    match header.opcode {
        Opcode::Close if payload.len() as u64 == header.length => match Close::decode(payload) {
            Ok(close) => close.to_string(),
            Err(_) => format!("[{}]", hex(payload)),
        },
        Opcode::Binary | Opcode::Reserved(_) | Opcode::Close => bytes_summary(header, payload),
        _ if header.length == 0 => String::new(),
        _ => escape::quoted(payload, header.length, SUMMARY_BYTES),
    }
}

fn bytes_summary(header: &Header, payload: &[u8]) -> String {
    let part = &payload[..payload.len().min(16)];
    let more = if part.len() as u64 == header.length { "" } else { " ..." };
    format!("[{}{more}]", hex(part))
}

/// The header's bits and the payload, row by row, of a frame that `sender` has sent. The rows after the first are indented
/// by `indent`. `masked` is the payload as it passed, or its first bytes; `most` elides it further.
pub fn bits(header: &Header, sender: Role, masked: &[u8], most: usize, indent: &str) -> String {
    rows(header, sender, false, masked, most).join(&format!("\n{indent}"))
}

/// The rows of [`bits`]: a field a row. With an extension, RSV bits are its business.
pub fn rows(header: &Header, sender: Role, extension: bool, masked: &[u8], most: usize) -> Vec<String> {
    let mut bytes = Vec::new();
    header.encode(&mut bytes);
    let fields = fields::of_header(header, sender, extension);
    let mut rows: Vec<String> = fields.iter().map(|field| field_row(field, &bytes)).collect();
    rows.extend(payload_rows(header, masked, most));
    rows
}

/// A field of the first two bytes with its bits, any other with its bytes.
fn field_row(field: &Field, header: &[u8]) -> String {
    let Field { name, value, words, .. } = field;
    let (first, last) = ((field.bit / 8) as usize, ((field.bit + field.bits) / 8) as usize);
    match *name {
        "extended length" => format!("{}  {name} {value}", hex(&header[first..last])),
        "masking key" => format!("{}  {name}", hex(&header[first..last])),
        _ => {
            let start = field.bit % 8;
            // As many ones as the field has bits, moved to where it stands in its byte.
            let place = ((1_u8 << field.bits) - 1) << (8 - start - field.bits);
            bit_row(start == 0, header[first], place, &format!("{name:<5} {words}"))
        }
    }
}

/// `81           1... .... FIN ...`: the byte (or `..`, the same byte again), the bits of `field` in it, and words.
fn bit_row(is_first: bool, bits: u8, field: u8, words: &str) -> String {
    let byte = if is_first { format!("{bits:02x}") } else { "..".to_owned() };
    let mut picture = String::new();
    for position in (0..8).rev() {
        let one = if bits >> position & 1 == 1 { '1' } else { '0' };
        picture.push(if field >> position & 1 == 1 { one } else { '.' });
        if position == 4 {
            picture.push(' ');
        }
    }
    format!("{byte:<13}{picture} {words}")
}

fn payload_rows(header: &Header, masked: &[u8], most: usize) -> Vec<String> {
    let part = elide(masked, most);
    let mut rows: Vec<String> = match header.mask {
        Some(key) => {
            part.chunks(8).enumerate().map(|(row, chunk)| masked_row(key, row, chunk, header.opcode)).collect()
        }
        None => part.chunks(16).enumerate().map(|(row, chunk)| plain_row(row, chunk, header.opcode)).collect(),
    };
    let left_out = header.length.saturating_sub(part.len() as u64);
    if left_out > 0 {
        rows.push(format!("... {left_out} more {} of payload", bytes_word(left_out)));
    }
    rows
}

/// Eight bytes as they passed, and the same bytes unmasked. Eight is a multiple of the key's four.
fn masked_row(key: [u8; 4], row: usize, chunk: &[u8], opcode: Opcode) -> String {
    let mut plain = chunk.to_vec();
    mask::apply(key, 0, &mut plain);
    let words = if row == 0 { "payload, unmasked: " } else { "" };
    format!("{} -> {}  {words}{}", hex(chunk), hex(&plain), shown_row(&plain, opcode))
}

fn plain_row(row: usize, chunk: &[u8], opcode: Opcode) -> String {
    let words = if row == 0 { "payload: " } else { "" };
    format!("{}  {words}{}", hex(chunk), shown_row(chunk, opcode))
}

/// Text in quotes, with characters that a row's end cuts shown as bytes; everything else as ASCII with dots.
fn shown_row(plain: &[u8], opcode: Opcode) -> String {
    match opcode {
        Opcode::Text | Opcode::Continuation => escape::quoted(plain, plain.len() as u64, plain.len()),
        _ => escape::ascii(plain),
    }
}

/// Who sends, in JSON.
pub fn role(role: Role) -> &'static str {
    if role == Role::Client { "client" } else { "server" }
}

/// The blanks that put a row under the first one: `TRACE ws-1 < ` is 13 characters wide.
pub fn indent(who: &str) -> String {
    " ".repeat("TRACE ".len() + who.len() + " < ".len())
}

/// Left and right, the right one aligned where the left leaves room. Without a right part: the left alone.
fn columns(left: &str, right: &str) -> String {
    if right.is_empty() { left.to_owned() } else { format!("{left:<52}  {right}") }
}

fn elide(bytes: &[u8], most: usize) -> &[u8] {
    if most == 0 { bytes } else { &bytes[..bytes.len().min(most)] }
}

fn bytes_word(many: u64) -> &'static str {
    if many == 1 { "byte" } else { "bytes" }
}

fn push_left_out(lines: &mut String, left_out: usize) {
    if left_out > 0 {
        push(
            lines,
            format_args!("\n    ... {left_out} more {} (--dump-bytes 0 shows all)", bytes_word(left_out as u64)),
        );
    }
}

fn push(lines: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = lines.write_fmt(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_of_section_5_7_in_full() {
        let bytes = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        let (header, len) = Header::decode(&bytes).expect("a header");
        assert_eq!(hex_dump(&bytes, 0), "\n    0000  81 85 37 fa 21 3d 7f 9f  4d 51 58                 ..7.!=..MQX");
        assert_eq!(frame(&header, b"Hello"), r#"TEXT fin=1 rsv=000 mask=37fa213d len=5 "Hello""#);
        let expected = [
            "81           1... .... FIN   last frame of the message",
            "..           .000 .... RSV   no extension in use",
            "..           .... 0001 opcode text",
            "85           1... .... MASK  a client always masks (s5.1)",
            "..           .000 0101 length 5, so no extended length",
            "37 fa 21 3d  masking key",
            r#"7f 9f 4d 51 58 -> 48 65 6c 6c 6f  payload, unmasked: "Hello""#,
        ];
        assert_eq!(bits(&header, Role::Client, &bytes[len..], 0, ""), expected.join("\n"));
    }

    #[test]
    fn a_long_payload_is_elided_and_says_so() {
        let dump = hex_dump(&[b'a'; 100], 32);
        assert_eq!(dump.lines().count(), 4, "{dump}");
        assert!(dump.ends_with("... 68 more bytes (--dump-bytes 0 shows all)"));
        assert!(hex_dump(&[b'a'; 33], 32).ends_with("... 1 more byte (--dump-bytes 0 shows all)"));
        let one_more = bits(&Header::new(Opcode::Binary, 33), Role::Server, &[7; 32], 32, "");
        assert!(one_more.ends_with("... 1 more byte of payload"), "{one_more}");
        assert_eq!(body_part(1, b"a", 0), "1 byte of body\n    a");
        assert_eq!(body_part(6, b"a", 0), "a chunk: 1 in hex is 1 byte of body, and 5 around them\n    a");
        let header = Header::new(Opcode::Binary, 300);
        assert!(bits(&header, Role::Server, &[7; 64], 32, "").ends_with("... 268 more bytes of payload"));
        assert!(bits(&header, Role::Client, &[], 32, "").contains("01 2c  extended length 300"));
    }

    #[test]
    fn control_frames_say_what_they_carry() {
        let close = Header::new(Opcode::Close, 5);
        assert_eq!(
            frame(&close, b"\x0f\xa0bye"),
            "CLOSE fin=1 rsv=000 mask=none len=5 4000 an application's own \"bye\""
        );
        assert_eq!(frame(&Header::new(Opcode::Close, 1), b"\x03"), "CLOSE fin=1 rsv=000 mask=none len=1 [03]");
        assert_eq!(frame(&Header::new(Opcode::Ping, 0), b""), "PING fin=1 rsv=000 mask=none len=0");
        let odd = Header { rsv: 5, ..Header::new(Opcode::Reserved(0xb), 1) };
        assert_eq!(frame(&odd, b"\x00"), "RESERVED(B) fin=1 rsv=101 mask=none len=1 [00]");
    }

    #[test]
    fn a_head_says_what_its_fields_are_for_and_stays_on_its_lines() {
        let shown = head(b"GET / HTTP/1.1\r\nHost: a\x1b[2J\r\nX: \r\r\n\r\n");
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[0], "GET / HTTP/1.1");
        assert!(lines[1].starts_with("    Host: a\\u{1b}[2J ") && lines[1].ends_with("(RFC 9112 s3.2)"), "{shown}");
        assert_eq!(lines[2], "    X: \\r");
        assert_eq!(lines.len(), 3);
    }
}
