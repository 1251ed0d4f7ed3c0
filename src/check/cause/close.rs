//! Likely causes of a connection that does not end as it should, or that does not end at all.

use super::of_no_answer;
use crate::check::hear::Heard;
use crate::check::judge::code_of;
use crate::check::link::End;
use crate::protocol::close::{Close, Fault};
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;

/// Why a connection goes on that has to be failed.
pub fn of_going_on(heard: &Heard) -> Option<String> {
    of_no_answer(heard)
}

/// Of a connection that ends when an empty Close has come.
pub const EMPTY_CLOSE: &str =
    "a Close may be empty: look at its length before two bytes are read for a code, and answer an empty one (s5.5.1)";

/// Why a Close is not answered with a Close.
pub fn of_no_close(heard: &Heard) -> Option<String> {
    let words = match heard {
        Heard::End(End::Silence(_)) => {
            "the Close is read and not answered: send one back, then end the connection (s5.5.1)"
        }
        Heard::End(End::Fin | End::Reset(_)) => "TCP is ended without a word: send a Close of your own first (s5.5.1)",
        Heard::Message(_) => "the Close is taken for a message, or passed over: look at the opcode, 8, first",
        Heard::Pong(_) => "the Close is taken for a Ping: a Close has opcode 8, a Ping 9",
        _ => return None,
    };
    Some(words.to_owned())
}

/// Why a Close says what it must not say: `sent` is the payload of the one that it answers.
pub fn of_wrong_close(sent: &[u8], came: &[u8]) -> Option<String> {
    let swapped = code_of(sent).map(u16::swap_bytes);
    let words = match code_of(came) {
        _ if came == sent && came.len() > 125 => {
            "the Close is sent back unseen: a control frame has at most 125 bytes, and one of more fails the connection (s5.5)"
        }
        _ if came.len() > 125 => {
            "a control frame has at most 125 bytes, two of which are the code: cut the reason (s5.5)"
        }
        _ if Close::decode(came) == Err(Fault::ReasonNotUtf8) && came != sent => {
            "the reason of the answer is no UTF-8: is it cut within a character? (s5.5.1)"
        }
        _ if came == sent => {
            "the payload is sent back unseen: look at it first, and answer 1002 (1007 for a reason that is no UTF-8)"
        }
        Some(1005) if sent.is_empty() => {
            "1005 says \"there was no code\" to a program, and never travels: answer an empty Close with an empty one (s7.4.1)"
        }
        Some(1006) => {
            "1006 says \"there was no Close\" to a program, and never travels: see where the default code is set (s7.4.1)"
        }
        code if code.is_some() && code == code_of(sent) => {
            "the code is sent back unseen: look at it first, and answer 1002"
        }
        code if code.is_some() && code == swapped => {
            "the two bytes of the code are swapped: it is in network byte order, the high byte first (s5.5.1)"
        }
        _ if came.len() == 1 => "a code is two bytes: write it as 16 bits, the high byte first (s5.5.1)",
        Some(code) if code.to_be_bytes().iter().all(u8::is_ascii_digit) => {
            "the code is written in digits: it is two bytes, 03 e8 for 1000 (s5.5.1)"
        }
        Some(code) if code.to_be_bytes().iter().all(u8::is_ascii_graphic) => {
            "the payload begins with the reason: the two bytes of a code come first (s5.5.1)"
        }
        _ => return None,
    };
    Some(words.to_owned())
}

/// Why TCP is not ended.
pub fn of_no_end(heard: &Heard) -> Option<String> {
    let words = match heard {
        Heard::End(End::Silence(_)) => {
            "the connection stays open: when both have sent a Close the server ends TCP, at once (s5.5.1), lets go of every \
             copy of the socket, and does not wait for the client's FIN before it sends its own"
        }
        Heard::Message(_) => {
            "the loop that reads goes on: leave it when the Close is sent, and answer nothing more (s5.5.1)"
        }
        Heard::Close(_) => "a second Close: whoever has sent one sends no other",
        _ => return None,
    };
    Some(words.to_owned())
}

/// Why a frame that means nothing does not end the connection.
pub fn of_meaningless(bad: &Handmade, heard: &Heard) -> Option<String> {
    let taken = match heard {
        Heard::Message(came) => came.payload == bad.payload,
        Heard::Pong(came) => *came == bad.payload,
        Heard::Wrong(frame, _) => frame.header.opcode == bad.opcode,
        _ => return None,
    };
    let words = match (bad.opcode, taken) {
        _ if bad.rsv != 0 => {
            "RSV1 to RSV3 are not all looked at, or not in every frame: first_byte & 0x70 must be 0 while no extension is negotiated (s5.2)"
        }
        (Opcode::Reserved(_), true) => {
            "any opcode is taken for a message and sent back: only 0, 1, 2, 8, 9 and A mean something (s5.2)"
        }
        (Opcode::Reserved(_), false) => {
            "a frame of an unknown opcode is passed over: the last branch of the match has to fail the connection (s5.2)"
        }
        _ => return None,
    };
    Some(words.to_owned())
}

/// Why a length of more than 2^63 is answered with a message.
pub fn of_announced(heard: &Heard) -> Option<String> {
    let Heard::Message(_) = heard else { return None };
    let words = "the length is kept in too few bits, or has a sign: it is an unsigned 64-bit number, and this one is to be \
                 refused before anything is added to it";
    Some(words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::hear::Message;

    #[test]
    fn a_wrong_close_is_known_by_its_bytes() {
        for (sent, came, words) in [
            (&b""[..], &b"\x03\xed"[..], "1005"),
            (b"", b"\x03\xee", "1006"),
            (b"\x03\xe8", b"\xe8\x03", "swapped"),
            (b"\x03\xed", b"\x03\xed", "sent back unseen"),
            (b"\x00\x00why", b"\x00\x00", "sent back unseen"),
            (b"\x03", b"\x00", "two bytes"),
            (b"\x03\xe8", b"1000", "digits"),
            (b"\x03\xe8", b"bye", "begins with the reason"),
            (&[0x03, 0xe8].repeat(63), &[0x03, 0xe8].repeat(63), "at most 125 bytes"),
            (b"\x03\xe8", &[0x03; 126], "at most 125 bytes"),
        ] {
            let cause = of_wrong_close(sent, came).unwrap_or_default();
            assert!(cause.contains(words), "{sent:?} {came:?}: {cause}");
        }
        assert_eq!(of_wrong_close(b"\x03\xe8", b"\xff\xff"), None);
    }

    #[test]
    fn what_is_done_with_a_meaningless_frame_tells_why() {
        let heard = |payload: &[u8]| {
            Heard::Message(Message { opcode: Opcode::Binary, payload: payload.to_vec(), frames: Vec::new() })
        };
        let unknown = Handmade::new(Opcode::Reserved(3), b"x".to_vec());
        let cause = |bad: &Handmade, heard: &Heard| of_meaningless(bad, heard).unwrap_or_default();
        assert!(cause(&unknown, &heard(b"x")).contains("taken for a message"));
        assert!(cause(&unknown, &heard(b"y")).contains("passed over"));
        let bits = Handmade { rsv: 1, ..Handmade::new(Opcode::Ping, b"x".to_vec()) };
        assert!(cause(&bits, &Heard::Pong(b"x".to_vec())).contains("RSV"));
        assert_eq!(of_meaningless(&unknown, &Heard::End(End::Fin)), None);
    }
}
