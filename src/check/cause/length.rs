//! Lengths that are not what was sent: which slip turns the one into the other.

use crate::check::hear::Heard;
use crate::check::judge::code_of;
use crate::check::link::End;
use crate::protocol::header::Header;

/// Why the header of an echo announces another length. `begin` is how the frame begins, with what follows as far as it has
/// come; `sent` is the payload.
pub fn of_length(sent: &[u8], begin: &[u8]) -> Option<String> {
    let &[_, second, ref rest @ ..] = begin else { return None };
    let words = match second & 0x7f {
        126 => of_two(sent, rest),
        127 => of_eight(sent, rest),
        short => of_short(sent.len(), usize::from(short)),
    };
    words.or_else(|| of_beginning(sent, begin)).map(str::to_owned)
}

/// The length is right for what came back, and that is only the beginning of what was sent.
fn of_beginning(sent: &[u8], begin: &[u8]) -> Option<&'static str> {
    let (header, len) = Header::decode(begin)?;
    let behind = &begin[len..];
    let is_beginning = header.length < sent.len() as u64 && behind.iter().zip(sent).all(|(came, sent)| came == sent);
    match header.length {
        _ if !is_beginning || behind.is_empty() => None,
        4 => Some(super::FOUR_BYTES),
        126.. => Some("only what one read brought came back: read until all bytes that the length announces are there"),
        _ => None,
    }
}

/// Why a payload of so many bytes is not answered: whether its length was read shows only in what follows it.
pub fn of_unanswered(sent: usize, heard: &Heard) -> Option<&'static str> {
    let fits = match heard {
        Heard::End(end) => !matches!(end, End::TooMuch(_)),
        Heard::Close(payload) => matches!(code_of(payload), Some(1002 | 1007)),
        _ => false,
    };
    match sent {
        _ if !fits => None,
        0..=125 => None,
        126..=4096 => Some(
            "look at how the length is read: 126 says that it stands in the next two bytes, the high one first, and the key \
             comes behind them (s5.2)",
        ),
        4097..=65_535 => Some(
            "look at how the length is read, two bytes without a sign behind 126 (s5.2), and the payload: one read need not \
             bring all of it",
        ),
        _ => Some(
            "look at how the length is read: 127 says that it stands in the next eight bytes, and the key comes behind them \
             (s5.2); and one read need not bring all of the payload",
        ),
    }
}

/// Of a length in two bytes.
fn of_two(sent: &[u8], rest: &[u8]) -> Option<&'static str> {
    let (&two, _) = rest.split_first_chunk::<2>()?;
    let (right, came) = (sent.len(), usize::from(u16::from_be_bytes(two)));
    match () {
        () if right == usize::from(u16::from_le_bytes(two)) => Some(BYTE_ORDER),
        () if sent.starts_with(&two) => {
            Some("126 is no length: it says that the length stands in the next two bytes, and they are missing (s5.2)")
        }
        () if right > 0xffff && came == right & 0xffff => Some(
            "the length is more than two bytes can hold: from 65536 on 127 and eight bytes have to be written (s5.2)",
        ),
        () => of_reading(right, came),
    }
}

/// Of a length in eight bytes.
fn of_eight(sent: &[u8], rest: &[u8]) -> Option<&'static str> {
    let (right, is) = (sent.len() as u64, |number: u64| number == sent.len() as u64);
    let (&four, behind) = rest.split_first_chunk::<4>()?;
    if is(u64::from(u32::from_be_bytes(four))) && behind.iter().zip(sent).all(|(came, sent)| came == sent) {
        return Some("the length is written with four bytes: behind 127 it has eight (s5.2)");
    }
    let (&eight, _) = rest.split_first_chunk::<8>()?;
    match () {
        () if is(u64::from_le_bytes(eight)) => Some(BYTE_ORDER),
        () if sent.starts_with(&eight) => Some(
            "127 is no length: it says that the length stands in the next eight bytes, and they are missing (s5.2)",
        ),
        () => of_reading(right as usize, usize::try_from(u64::from_be_bytes(eight)).ok()?),
    }
}

/// Of a length in seven bits.
fn of_short(right: usize, came: usize) -> Option<&'static str> {
    match () {
        () if right > 125 && came > 0 && came == right & 0x7f => {
            Some("the length is more than seven bits can hold: from 126 on 126 and two bytes have to be written (s5.2)")
        }
        () => of_reading(right, came),
    }
}

/// The length that was written is right for what the server has read, but that is not what was sent.
fn of_reading(right: usize, came: usize) -> Option<&'static str> {
    let signed = i64::from((right as u8).cast_signed()) + (right as i64 & !0xff);
    match () {
        () if right <= 0xffff && came == usize::from((right as u16).swap_bytes()) => Some(BYTE_ORDER),
        () if right > 125 && came as i64 == signed => Some(
            "the second byte of the length is read as a number with a sign, -128 to 127: it is one from 0 to 255 (s5.2)",
        ),
        () if came == 126 => Some("126 is no length: it says that the length stands in the next two bytes (s5.2)"),
        () if came == 127 => Some("127 is no length: it says that the length stands in the next eight bytes (s5.2)"),
        () if right > 0xffff && came == 0 => Some(
            "the length is read from fewer than eight bytes, and the first four are 0 here: behind 127 it has eight (s5.2)",
        ),
        () if right > 0xffff && came == right & 0xffff => {
            Some("of the length only the last two bytes are used: behind 127 it has eight (s5.2)")
        }
        () => None,
    }
}

const BYTE_ORDER: &str = "the bytes of the length are in the wrong order: the most significant one comes first (s5.2)";

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(len: usize, header: &[u8]) -> String {
        let sent: Vec<u8> = (0..len).map(|at| b'a' + (at % 26) as u8).collect();
        of_length(&sent, &[header, &sent[..len.min(100)]].concat()).unwrap_or_default()
    }

    #[test]
    fn each_slip_is_known_by_its_bytes() {
        assert_eq!(cause(256, b"\x81\x7e\x00\x01"), BYTE_ORDER);
        assert_eq!(cause(256, b"\x81\x01"), BYTE_ORDER);
        assert_eq!(cause(65_536, b"\x81\x7f\0\0\x01\0\0\0\0\0"), BYTE_ORDER);
        assert!(cause(256, b"\x81\x7e").starts_with("126 is no length"));
        assert!(cause(256, b"\x81\x7e\x00\x7e").starts_with("126 is no length"));
        assert!(cause(65_536, b"\x81\x7f").starts_with("127 is no length"));
        assert!(cause(70_000, b"\x81\x7f\0\x01\x11\x70").contains("written with four bytes"));
        assert!(cause(70_000, b"\x81\x7e\x11\x70").contains("more than two bytes can hold"));
        assert!(cause(300, b"\x81\x2c").contains("more than seven bits can hold"));
        assert!(cause(65_536, b"\x81\x00").contains("fewer than eight bytes"));
        assert!(cause(511, b"\x81\x7e\x00\xff").contains("with a sign"));
        assert!(cause(65_535, b"\x81\x7e\x03\xf8").contains("one read brought"));
        assert!(cause(256, b"\x81\x04").contains("zip"));
        assert!(cause(70_000, b"\x81\x7f\0\0\0\0\0\x01\x11\x71").is_empty());
    }

    #[test]
    fn what_is_not_answered_may_have_a_length_that_was_not_read() {
        let words = |len, heard: Heard| of_unanswered(len, &heard).unwrap_or_default();
        assert!(words(256, Heard::Close(vec![0x03, 0xef])).contains("next two bytes"));
        assert!(words(65_535, Heard::End(End::Fin)).contains("one read"));
        assert!(words(70_000, Heard::Close(vec![0x03, 0xea])).contains("next eight bytes"));
        assert_eq!(words(125, Heard::End(End::Fin)), "");
        assert_eq!(words(256, Heard::Close(vec![0x03, 0xf1])), "");
    }
}
