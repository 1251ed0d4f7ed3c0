//! Echoes that are not what was sent.

use super::of_no_answer;
use crate::check::hear::{Heard, Message};
use crate::check::judge::code_of;
use crate::protocol::frame::Handmade;
use crate::protocol::mask;

/// So many bytes come in one read, more or less: what is wrong only behind them was brought by another one.
const FIRST_READ: usize = 512;

/// The character that a decoder puts in the place of what it does not understand: U+FFFD.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// A wrong way to take a mask off: what it makes of a masked payload, and what to do about it.
type Slip = (fn(&[u8], [u8; 4]) -> Vec<u8>, &'static str);

/// Those that are known. What came back shows which one it was.
const SLIPS: [Slip; 7] = [
    (|wire, _| wire.to_vec(), "the answer is the masked payload: unmask it, payload[i] ^= key[i mod 4] (s5.3)"),
    (
        |wire, key| unmasked(wire, [key[0]; 4], wire.len()),
        "every byte is unmasked with key[0]: the byte at i belongs to key[i mod 4] (s5.3)",
    ),
    (
        |wire, [a, b, c, d]| unmasked(wire, [d, c, b, a], wire.len()),
        "the key is used backwards: take its four bytes in the order in which they come, and not as a number (s5.3)",
    ),
    (
        |wire, key| unmasked(wire, key, 4),
        "only the first four bytes are unmasked: the key begins again every four bytes, key[i mod 4] (s5.3)",
    ),
    (
        |wire, key| unmasked(wire, key, wire.len() / 4 * 4),
        "the last bytes stay masked: a payload need not be a whole number of keys long (s5.3)",
    ),
    (
        |wire, key| unmasked(wire, key.map(|byte| byte & 0x7f), wire.len()),
        "the key is treated as text: it is four bytes, each from 00 to ff (s5.3)",
    ),
    (
        |wire, key| [&key, wire].concat()[..wire.len()].to_vec(),
        "the key is taken for the beginning of the payload: it stands between length and payload (s5.2)",
    ),
];

/// Why an echo is not what was sent.
pub fn of_echo(sent: &Handmade, heard: &Heard) -> Option<String> {
    let came = match heard {
        Heard::Message(came) => came,
        Heard::Close(payload) if code_of(payload) == Some(1007) && sent.payload.is_ascii() => {
            return Some(
                "the text is UTF-8, so something else was looked at: is it unmasked, and whole, at that point?".into(),
            );
        }
        _ => return of_no_answer(heard),
    };
    let slip = of_slip(sent, &came.payload);
    let words =
        slip.or_else(|| of_content(&sent.payload, came)).or_else(|| of_place(sent, &came.payload)).or_else(|| {
            // As many bytes as were sent, or another key, may be the work of a wrong one.
            let is_other = sent.mask == Some([0; 4]) && came.payload.len() != sent.payload.len();
            is_other.then_some(super::NO_ECHO)
        });
    let words = words.or_else(|| of_reads(&sent.payload, &came.payload));
    words.map(str::to_owned)
}

/// What the content alone shows.
fn of_content(sent: &[u8], came: &Message) -> Option<&'static str> {
    let payload = came.payload.as_slice();
    let words = match () {
        () if payload == sent => "the opcode of the answer is another one: send back the opcode that came",
        () if payload.is_empty() => "the payload is lost: does the length stand where the server looks for it (s5.2)?",
        () if sent.starts_with(payload) && sent[payload.len()] == 0 => {
            "the answer ends before the first 00: the length of a payload is in its header, and no byte ends it (s5.2)"
        }
        () if payload.len() == 4 && sent.starts_with(payload) => super::FOUR_BYTES,
        () if is_encoded_twice(sent, payload) => {
            "the text was encoded twice: it was decoded as Latin-1 and not as UTF-8 (s5.6)"
        }
        () if is_formatted(sent, payload) => {
            "the text was taken for a format, and its %s for a value: write the bytes as they are, as with fmt.Fprint in Go"
        }
        () if !sent.is_empty() && payload.eq_ignore_ascii_case(sent) => {
            "capitals and small letters are changed: a payload goes back as it came"
        }
        () if payload == sent.trim_ascii() => {
            "the white space at the ends is taken away: a payload goes back as it came"
        }
        () if payload.strip_prefix(sent) == Some(b"\0") => {
            "a 00 is added: the zero that ends a string in C is no payload"
        }
        () if payload.strip_prefix(sent).is_some_and(|rest| rest.trim_ascii().is_empty()) => {
            "a line end is added: an echo is the message, and nothing else"
        }
        () if payload.len() > sent.len() && payload.chunks(sent.len().max(1)).all(|part| part == sent) => {
            super::EARLIER
        }
        () if payload.len() > sent.len() && payload.ends_with(sent) => {
            "something is put around the message: an echo is the message, and nothing else; or an earlier message stands before \
             it: begin each with nothing"
        }
        () if contains(payload, sent) => {
            "something is put around the message: an echo is the message, and nothing else"
        }
        () if sent.starts_with(payload) => {
            "only the beginning came back: one read is not one frame, so read until the whole payload is there"
        }
        () if contains(payload, REPLACEMENT) && !contains(sent, REPLACEMENT) => {
            "bytes became U+FFFD: they were decoded as text, and what is not UTF-8 was replaced"
        }
        () => return None,
    };
    Some(words)
}

/// Each byte of what was sent became a character of its own, and those above 7f two bytes.
fn is_encoded_twice(sent: &[u8], came: &[u8]) -> bool {
    let twice: String = sent.iter().map(|byte| char::from(*byte)).collect();
    !sent.is_ascii() && twice.as_bytes() == came
}

/// It is right up to the %s, and not behind it.
fn is_formatted(sent: &[u8], came: &[u8]) -> bool {
    let at = sent.windows(2).position(|pair| pair == b"%s");
    at.is_some_and(|at| first_wrong(sent, came).is_some_and(|wrong| wrong == at || wrong == at + 1))
}

/// Whether these are the bytes that were sent, with their mask.
pub(super) fn is_masked(sent: &Handmade, came: &[u8]) -> bool {
    sent.mask.is_some_and(|key| unmasked(&sent.payload, key, sent.payload.len()) == came)
}

/// A slip with the key.
fn of_slip(sent: &Handmade, came: &[u8]) -> Option<&'static str> {
    let key = sent.mask.filter(|_| came != sent.payload)?;
    let wire = unmasked(&sent.payload, key, sent.payload.len());
    SLIPS.iter().find(|(slip, _)| !came.is_empty() && slip(&wire, key) == came).map(|(_, words)| *words)
}

/// The right bytes with the key in the wrong place: from some byte on, or from the first.
fn of_place(sent: &Handmade, came: &[u8]) -> Option<&'static str> {
    let key = sent.mask.filter(|_| came.len() == sent.payload.len())?;
    let first_wrong = first_wrong(&sent.payload, came)?;
    let wire = unmasked(&sent.payload, key, sent.payload.len());
    let is_turned = |from: usize, by: u64| {
        let mut rest = wire[from..].to_vec();
        mask::apply(key, by, &mut rest);
        rest == came[from..]
    };
    match first_wrong {
        0 if (1..4).any(|by| is_turned(0, by)) => Some(
            "the key does not begin with key[0]: with each frame it begins anew, payload[i] ^= key[i mod 4] (s5.3)",
        ),
        0 => None,
        // A byte may come out right by chance, so the turn may lie before the first byte that is wrong.
        wrong if (1..=wrong).any(|from| is_turned(from, 0)) => Some(
            "in the middle of the payload the key begins anew: count i over the whole frame, not over one read (s5.3)",
        ),
        _ => None,
    }
}

/// The length is right, and so is the beginning.
fn of_reads(sent: &[u8], came: &[u8]) -> Option<&'static str> {
    let first_wrong = first_wrong(sent, came).filter(|_| sent.len() == came.len())?;
    (first_wrong >= FIRST_READ).then_some(
        "the length is right, and so is what one read brings: each further one goes behind what has come, and not over it",
    )
}

/// Which byte is the first that is another one, counted from 0.
pub fn first_wrong(sent: &[u8], came: &[u8]) -> Option<usize> {
    came.iter().zip(sent).position(|(came, sent)| came != sent)
}

/// With this key, as far as this byte.
fn unmasked(wire: &[u8], key: [u8; 4], until: usize) -> Vec<u8> {
    let mut payload = wire.to_vec();
    let until = until.min(payload.len());
    mask::apply(key, 0, &mut payload[..until]);
    payload
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::opcode::Opcode;

    const KEY: [u8; 4] = [0x11, 0xa2, 0x33, 0x04];

    fn cause(sent: &[u8], came: &[u8]) -> String {
        let sent = Handmade { mask: Some(KEY), ..Handmade::new(Opcode::Text, sent.to_vec()) };
        let came = Message { opcode: Opcode::Text, payload: came.to_vec(), frames: Vec::new() };
        of_echo(&sent, &Heard::Message(came)).unwrap_or_default()
    }

    /// A text of eleven bytes as a server sends it back that uses these keys, byte by byte.
    fn unmasked_by(key: impl Fn(usize) -> u8) -> String {
        let sent = b"Hello world";
        let came = sent.iter().enumerate().map(|(at, byte)| byte ^ KEY[at % 4] ^ key(at));
        cause(sent, &came.collect::<Vec<u8>>())
    }

    #[test]
    fn each_slip_with_the_key_is_known() {
        assert!(unmasked_by(|_| 0).starts_with("the answer is the masked payload"));
        assert!(unmasked_by(|_| KEY[0]).contains("with key[0]"));
        assert!(unmasked_by(|at| KEY[3 - at % 4]).contains("backwards"));
        assert!(unmasked_by(|at| if at < 4 { KEY[at] } else { 0 }).contains("only the first four bytes"));
        assert!(unmasked_by(|at| if at < 8 { KEY[at % 4] } else { 0 }).contains("the last bytes stay masked"));
        assert!(unmasked_by(|at| KEY[at % 4] & 0x7f).contains("treated as text"));
        assert!(unmasked_by(|at| KEY[(at + 1) % 4]).contains("does not begin with key[0]"));
        let restarted = |at: usize| if at < 5 { KEY[at % 4] } else { KEY[(at - 5) % 4] };
        assert!(unmasked_by(restarted).contains("in the middle of the payload"));
        assert_eq!(unmasked_by(|at| at as u8), "");
    }

    #[test]
    fn what_was_done_to_the_content_is_known() {
        assert!(cause(b"ab\0cd", b"ab").contains("before the first 00"));
        assert!(cause(b" ab\n", b"ab").contains("white space"));
        assert!(cause(b"abcdefg", b"abcd").contains("zip"));
        assert!(cause("für".as_bytes(), "fÃ¼r".as_bytes()).contains("Latin-1"));
        assert!(cause(b"100 %s", b"100 %!").contains("a format"));
        assert!(cause(b"100 %s sure", b"100 (null) ").contains("a format"));
        assert!(cause(b"Abc", b"ABC").contains("capitals"));
        assert!(cause(b"ab", b"ab\0").contains("a 00 is added"));
        assert!(cause(b"ab", b"ab\r\n").contains("a line end is added"));
        assert!(cause(b"ab", b"echo: ab").contains("put around"));
        assert!(cause(b"ab", b"ab, ab!").contains("put around"));
        assert!(cause(b"Hello", b"HelloHelloHello").starts_with("an earlier message stands before"));
        assert!(cause(b"new", b"onetwonew").contains("or an earlier message stands before"));
        assert!(cause(b"abc", b"ab").contains("only the beginning"));
        assert!(cause(b"a\xff", "a\u{fffd}".as_bytes()).contains("U+FFFD"));
        assert!(cause(b"abc", b"").contains("the payload is lost"));
        assert_eq!(cause(b"abc", b"xyz"), "");
        let (sent, zeros) = ([b'a'; 2000], [0; 1000]);
        assert!(cause(&sent, &[&sent[..1000], &zeros].concat()).contains("goes behind what has come"));
        assert_eq!(cause(&sent[..600], &[&sent[..100], &zeros[..500]].concat()), "");
    }
}
