//! Bytes from outside, made safe for a terminal. A header may carry `ESC [ 2 J`, which clears the screen, or a line break
//! that forges a line of the log; shown as `\u{1b}[2J` and `\r\n` they can do neither.

/// `bytes` as text: UTF-8 stays readable, control and invisible characters become escapes, bytes that are not UTF-8
/// become `\xff`. Quotes stay as they are.
pub fn text(bytes: &[u8]) -> String {
    escaped(bytes, &['"', '\''])
}

/// What a program has printed, as [`text`], but its backslashes stay as they are: a program that prints `b'\r\n'` has made
/// escapes of its own, and whoever wrote it looks for them. Which of the two made one is not told apart.
pub fn printed(bytes: &[u8]) -> String {
    escaped(bytes, &['"', '\'', '\\'])
}

fn escaped(bytes: &[u8], plain: &[char]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                kept if plain.contains(&kept) => shown.push(kept),
                // Knows the control, the invisible and the direction-changing characters of Unicode.
                other => shown.extend(other.escape_debug()),
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

/// Text that says of itself that it is escaped, made sure of. Backslashes stay as they are, or they would be two.
pub fn again(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '"' | '\'' => shown.push(character),
            other => shown.extend(other.escape_debug()),
        }
    }
    shown
}

/// Bytes as [`text`] in quotes, with quotes inside escaped, and not more than `most` bytes of it: `"Hello"`,
/// `"aaaa" ... of 300`.
pub fn quoted(bytes: &[u8], whole_len: u64, most: usize) -> String {
    let mut end = bytes.len().min(most);
    // Not through the middle of a character: that would look like bad UTF-8.
    while end < bytes.len() && end > most.saturating_sub(3) && bytes[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    let part = &bytes[..end];
    let inner = text(part).replace('"', "\\\"");
    if part.len() as u64 == whole_len { format!("\"{inner}\"") } else { format!("\"{inner}\" ...") }
}

/// JSON as it is written, with `\uXXXX` for what [`text`] would escape too: to a program it is the same JSON, and on a
/// terminal it moves nothing. JSON itself asks for that with U+0000 to U+001F alone (RFC 8259 s7), and CSI is also U+009B.
///
/// `written` is a whole text of JSON; outside its strings it is ASCII.
pub fn json(written: &str) -> String {
    let mut shown = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = rest.bytes().position(|byte| !matches!(byte, b'\n' | b' '..=b'~')) {
        let (plain, others) = rest.split_at(at);
        shown.push_str(plain);
        let mut others = others.chars();
        push_in_json(&mut shown, others.next().unwrap_or_default());
        rest = others.as_str();
    }
    shown + rest
}

fn push_in_json(shown: &mut String, character: char) {
    if character.escape_debug().len() == 1 {
        return shown.push(character);
    }
    for unit in character.encode_utf16(&mut [0; 2]) {
        shown.push_str(&format!("\\u{unit:04x}"));
    }
}

/// One column of ASCII beside a hex dump: a dot for what can't be printed.
pub fn ascii(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_the_cursor_survives() {
        assert_eq!(text(b"a\x1b[2J\r\nINFO forged\x00\x7f"), "a\\u{1b}[2J\\r\\nINFO forged\\0\\u{7f}");
        assert_eq!(text("right-to-left \u{202e} and \u{200b}".as_bytes()), "right-to-left \\u{202e} and \\u{200b}");
        assert_eq!(text(b"bad \xff\xfe utf-8 \xc3\xa9"), "bad \\xff\\xfe utf-8 é");
    }

    #[test]
    fn a_backslash_that_was_printed_is_one() {
        assert_eq!(printed(b"b'GET\\r\\n' \x1b[2J \xff"), "b'GET\\r\\n' \\u{1b}[2J \\xff");
        assert_eq!(text(b"\\r"), "\\\\r");
    }

    #[test]
    fn json_stays_the_same_json_and_moves_nothing() {
        let value = serde_json::json!(
            "é \u{1f600} \u{7f}\u{9b}2J\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}\u{e0001}\"\\\n\u{1b}"
        );
        let written = json(&value.to_string());
        assert_eq!(
            written,
            "\"é \u{1f600} \\u007f\\u009b2J\\u202e\\u2066\\u200b\\ufeff\\u2028\\udb40\\udc01\\\"\\\\\\n\\u001b\""
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&written).ok(), Some(value));
        assert_eq!(json("{\n  \"a\": 1\n}"), "{\n  \"a\": 1\n}");
    }

    #[test]
    fn quotes_and_elision() {
        assert_eq!(quoted(b"say \"hi\"", 8, 64), r#""say \"hi\"""#);
        assert_eq!(quoted(b"aaaaaa", 300, 4), r#""aaaa" ..."#);
        assert_eq!(quoted("aaaé".as_bytes(), 5, 4), r#""aaa" ..."#);
        assert_eq!(quoted(&[0x80; 9], 9, 4).matches("\\x80").count(), 1);
        assert_eq!(ascii(b"a\x00\xffz"), "a..z");
    }
}
