//! The head of an answer in words, and which line of it is not one of HTTP/1: the parser says what is wrong, and not where.

use super::Answer;
use crate::wire::escape;

/// How much of the line is repeated.
const EXCERPT: usize = 100;

impl Answer {
    /// In a few words, safe for a terminal.
    pub fn words(&self) -> String {
        match self {
            Answer::Head(head) => escape::text(head.status_line().as_bytes()),
            Answer::NotHttp(why) => escape::text(why.as_bytes()),
            Answer::Cut(end) => format!("a head without its end, and then {}", end.words()),
            Answer::End(end) => format!("no answer, but {}", end.words()),
        }
    }

    /// The status, if there is one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Answer::Head(head) => Some(head.status),
            _ => None,
        }
    }
}

/// What is wrong, and the line in which it is.
pub fn refusal(why: &str, head: &[u8]) -> String {
    match wrong_line(head) {
        Some(line) => {
            let more = if line.len() > EXCERPT { "..." } else { "" };
            format!("{why}, in the line '{}{more}'", String::from_utf8_lossy(&line[..line.len().min(EXCERPT)]))
        }
        None => why.to_owned(),
    }
}

/// The status line if it is none, or the first field that has no name and colon.
fn wrong_line(head: &[u8]) -> Option<&[u8]> {
    let lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut lines = lines.skip_while(|line| line.is_empty());
    let status = lines.next()?;
    if !status.starts_with(b"HTTP/1.") {
        return Some(status);
    }
    lines.take_while(|line| !line.is_empty()).find(|line| !has_name(line))
}

/// RFC 9110 s5.1: the name of a field is a token, and the colon follows at once.
fn has_name(line: &[u8]) -> bool {
    let name = line.iter().position(|byte| *byte == b':').map_or(&[][..], |colon| &line[..colon]);
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wrong_line_is_named() {
        for (head, line) in [
            ("HTTP/1.1 101 X\r\nUpgrade websocket\r\nA: b\r\n\r\n", "Upgrade websocket"),
            ("HTTP/1.1 101 X\r\nA: b\r\n  Upgrade: websocket\r\n", "  Upgrade: websocket"),
            ("Hello\r\n", "Hello"),
            ("HTTP/1.1 101 X\nA : b\n\n", "A : b"),
        ] {
            assert_eq!(refusal("wrong", head.as_bytes()), format!("wrong, in the line '{line}'"));
        }
        assert_eq!(refusal("wrong", b"HTTP/1.1 1a1 X\r\nA: b\r\n\r\n"), "wrong");
        assert!(refusal("wrong", &[b'a'; 200]).len() < 150);
    }
}
