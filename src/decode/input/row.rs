//! One row of a dump behind its offset: bytes, and often the same bytes as ASCII. ASCII can look like hex (`cafe babe`),
//! so where the bytes end is told by the gap before it, and by whether the rest *is* these bytes as ASCII.

use crate::wire::{escape, hex};

/// Why a row can't be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where in the row, from 0.
    pub at: usize,
    /// What is wrong and what would be right.
    pub problem: String,
}

/// How many bytes the halves of a row have, where it has a gap in the middle.
const HALF: usize = 8;

/// Reads the bytes of a row. `colon`: its offset ends with one, as xxd writes it. Then bytes may stand in groups and
/// there is no gap in the middle.
pub fn bytes(text: &[u8], colon: bool) -> Result<Vec<u8>, Fault> {
    let (bytes, ends) = groups(text, colon)?;
    let Some(&(_, end)) = ends.last() else { return Ok(bytes) };
    let rest = &text[end..];
    // `33 30 30` is three bytes, though the third looks like the first two in ASCII: what could be bytes is ASCII only
    // behind a gap.
    let before_column = ends
        .iter()
        .rev()
        .find(|(len, at)| (*at == end || has_gap(&text[*at..])) && is_column(&text[*at..], &bytes[..*len]));
    match before_column {
        Some(&(len, _)) => Ok(bytes[..len].to_vec()),
        None if rest.trim_ascii().is_empty() => Ok(bytes),
        None if rest.starts_with(b"  ") && ends[0].0 == 1 => Ok(bytes),
        None if rest.starts_with(b"  ") => Err(Fault {
            at: end,
            problem: "the text beside the bytes is not what they are in ASCII: is each group turned round? \
                      xxd without -e and without -b, hexdump -C and od -tx1 print bytes in their order"
                .to_owned(),
        }),
        None => Err(not_hex(text, end)),
    }
}

/// Whether this is bytes and, two blanks or a tab behind them, the same bytes as ASCII.
pub fn has_column(text: &[u8], colon: bool) -> bool {
    groups(text, colon).is_ok_and(|(bytes, ends)| {
        ends.iter().any(|(len, end)| has_gap(&text[*end..]) && is_column(&text[*end..], &bytes[..*len]))
    })
}

/// ASCII stands two blanks or a tab behind the bytes.
fn has_gap(rest: &[u8]) -> bool {
    rest.starts_with(b"  ") || rest.starts_with(b"\t")
}

/// How many bytes there are up to the end of a group, and where in the text it ends.
type GroupEnd = (usize, usize);

/// The groups of digits that stand one blank apart: their bytes, and after each group how many bytes there are and where
/// it ends.
fn groups(text: &[u8], colon: bool) -> Result<(Vec<u8>, Vec<GroupEnd>), Fault> {
    let (mut bytes, mut ends) = (Vec::with_capacity(16), Vec::with_capacity(16));
    let mut at = blanks(text);
    let mut width = 0;
    loop {
        let digits = text[at..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let is_word = text.get(at + digits).is_none_or(u8::is_ascii_whitespace);
        width = if width == 0 { digits } else { width };
        if digits == 0 || !is_word || digits > width || digits % 2 == 1 {
            return if ends.is_empty() { Err(not_hex(text, at)) } else { Ok((bytes, ends)) };
        }
        if digits > 2 && !colon {
            return Err(Fault { at, problem: WORDS.to_owned() });
        }
        bytes.extend(text[at..at + digits].chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])));
        at += digits;
        ends.push((bytes.len(), at));
        let gap = blanks(&text[at..]);
        let is_middle = gap == 2 && bytes.len() == HALF && !colon;
        if at + gap >= text.len() || digits < width || gap != 1 && !is_middle {
            return Ok((bytes, ends));
        }
        at += gap;
    }
}

const WORDS: &str = "groups of more than two digits are numbers, not bytes in their order: hexdump -C, od -An -tx1 and xxd \
                     print bytes";

fn not_hex(text: &[u8], from: usize) -> Fault {
    let at = from + blanks(&text[from..]);
    let found = hex::word(&text[at..]);
    Fault { at, problem: format!("`{found}` is no byte in hex: a row is an offset and bytes, as 0000  81 05") }
}

/// Whether `rest` shows `bytes` as ASCII: as it is, in bars (`hexdump -C`) or angles (`od -tx1z`), with a gap in the
/// middle (Wireshark), with dots for blanks (`tcpdump`).
fn is_column(rest: &[u8], bytes: &[u8]) -> bool {
    let shown = escape::ascii(bytes);
    let rest = String::from_utf8_lossy(rest);
    let rest = rest.trim();
    let bare = |open, close| rest.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    let is_shown = |text: &str| is_alike(text.trim(), shown.trim());
    if is_shown(rest) && !rest.is_empty()
        || bare('|', '|').is_some_and(is_shown)
        || bare('>', '<').is_some_and(is_shown)
    {
        return true;
    }
    if shown.contains(' ') && is_alike(rest, &shown.replace(' ', ".")) {
        return true;
    }
    let halves = shown.split_at_checked(HALF).map(|(left, right)| format!("{left} {right}"));
    !rest.is_empty() && halves.is_some_and(|halves| is_alike(rest, halves.trim()))
}

/// The same characters; a byte that can't be printed may be shown as something else than our dot.
fn is_alike(found: &str, shown: &str) -> bool {
    let mut found = found.chars();
    shown.chars().all(|shown| found.next().is_some_and(|found| found == shown || shown == '.' && !found.is_ascii()))
        && found.next().is_none()
}

fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

fn value(digit: u8) -> u8 {
    char::from(digit).to_digit(16).map_or(0, |value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_that_looks_like_hex_is_no_hex() {
        let cafe = [0x63, 0x61, 0x66, 0x65, 0x20, 0x62, 0x61, 0x62, 0x65];
        for (text, colon) in [
            ("  63 61 66 65 20 62 61 62  65                       cafe babe", false),
            ("  63 61 66 65 20 62 61 62  65                       |cafe babe|", false),
            ("  63 61 66 65 20 62 61 62  65                       cafe bab e", false),
            (" 63 61 66 65 20 62 61 62 65                       >cafe babe<", false),
            ("  63 61 66 65 20 62 61 62 65                         cafe babe", false),
            (" 6361 6665 2062 6162 65                   cafe babe", true),
            (" 6361 6665 2062 6162 65  cafe babe", true),
            (" 63 61 66 65 20 62 61 62 65  cafe babe", false),
            (" 63 61 66 65 20 62 61 62 65 cafe babe", false),
            (" 63 61 66 65 20 62 61 62 65", false),
            (" 636166652062616265", true),
        ] {
            assert_eq!(bytes(text.as_bytes(), colon).as_deref(), Ok(&cafe[..]), "{text}");
        }
        // Eight bytes and two blanks: the rest could be the other half.
        assert_eq!(bytes(b"  61 62 20 63 64 20 65 66  ab cd ef", false).as_deref(), Ok(&b"ab cd ef"[..]));
        assert_eq!(bytes(b" 61 62 20 63 64 20 65 66 ab cd ef", false).as_deref(), Ok(&b"ab cd ef\xab\xcd\xef"[..]));
        assert_eq!(bytes("  81 05 20  \u{b7}\u{b7}".as_bytes(), false).as_deref(), Ok(&[0x81, 5, 0x20][..]));
    }

    #[test]
    fn bytes_that_look_like_the_ascii_of_those_before_them_are_bytes() {
        for (text, expected) in [
            ("  33 30 30", &b"300"[..]),
            (" 33 30 30 ", b"300"),
            (" 41 30 61 30", b"A0a0"),
            ("   33 30 20 33 30 20 33 30 30 20 30", b"30 30 300 0"),
            (" 33 30 30  300", b"300"),
        ] {
            assert_eq!(bytes(text.as_bytes(), false).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(bytes(b" 3330 3330", true).as_deref(), Ok(&b"3030"[..]));
    }

    #[test]
    fn what_is_no_row_is_said() {
        assert_eq!(bytes(b"  81 8g 05", false).map_err(|fault| fault.at), Err(5));
        assert_eq!(bytes(b"  81 05 4", false).map_err(|fault| fault.at), Err(8));
        assert_eq!(bytes(b" 8581 fa37", false).map_err(|fault| fault.problem), Err(WORDS.to_owned()));
        let turned = bytes(b" fa378581 9f7f3d21 8858514d 21fa3782  ..7.!=..MQX..7.!", true);
        assert!(turned.is_err_and(|fault| fault.problem.contains("turned round")));
    }
}
