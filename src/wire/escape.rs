//! Bytes from outside, made safe for a terminal. A header may carry `ESC [ 2 J`, which clears the screen, or a line break
//! that forges a line of the log; shown as `\u{1b}[2J` and `\r\n` they can do neither.

/// `bytes` as text: UTF-8 stays readable, control and invisible characters become escapes, bytes that are not UTF-8
/// become `\xff`. Quotes stay as they are.
pub fn text(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' | '\'' => shown.push(character),
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

/// The same in quotes, with quotes inside escaped, and not more than `most` bytes of it: `"Hello"`, `"aaaa" ... of 300`.
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
    fn quotes_and_elision() {
        assert_eq!(quoted(b"say \"hi\"", 8, 64), r#""say \"hi\"""#);
        assert_eq!(quoted(b"aaaaaa", 300, 4), r#""aaaa" ..."#);
        assert_eq!(quoted("aaaé".as_bytes(), 5, 4), r#""aaa" ..."#);
        assert_eq!(quoted(&[0x80; 9], 9, 4).matches("\\x80").count(), 1);
        assert_eq!(ascii(b"a\x00\xffz"), "a..z");
    }
}
