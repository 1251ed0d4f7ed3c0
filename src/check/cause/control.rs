//! Likely causes around control frames, fragments and UTF-8.

use super::echo::is_masked;
use super::{PING_BACK, of_no_answer};
use crate::check::hear::{Heard, Message};
use crate::check::link::End;
use crate::protocol::frame::Handmade;
use crate::protocol::mask;
use crate::protocol::opcode::Opcode;

/// U+FFFD, which stands for bytes that a lossy decoder could make nothing of.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// From here on a server that ends the connection minds the number of the fragments.
const MANY: usize = 100;

/// Why something is not the Pong to this Ping.
pub fn of_pong(ping: &Handmade, heard: &Heard) -> Option<String> {
    let words = match heard {
        Heard::Pong(came) => return of_payload(ping, came).map(str::to_owned),
        Heard::Message(came) if came.payload == ping.payload => {
            "the Ping comes back as a message: opcode 9 is a control frame, and its answer has opcode A (s5.5.2)"
        }
        Heard::Message(_) => "a Ping is answered with a frame with opcode A, and with no message (s5.5.3)",
        Heard::Close(_) | Heard::End(End::Fin | End::Reset(_)) => {
            "opcode 9 is taken for an error or for a Close (8): it is a Ping, and wants a Pong (s5.5.2)"
        }
        Heard::End(End::Silence(_)) => {
            "Pings are not answered: for opcode 9 send opcode A with the same payload (s5.5.2)"
        }
        Heard::Wrong(frame, _) if frame.header.opcode == Opcode::Ping => PING_BACK,
        _ => return None,
    };
    Some(words.to_owned())
}

/// Why a Pong has another payload.
fn of_payload(ping: &Handmade, came: &[u8]) -> Option<&'static str> {
    let sent = &ping.payload;
    let words = match () {
        () if came.is_empty() => "the Pong is empty: it has to carry the payload of the Ping (s5.5.3)",
        () if is_masked(ping, came) => "the Pong holds the masked payload: unmask control frames as well (s5.3)",
        () if came.eq_ignore_ascii_case(b"pong") => {
            "the Pong says \"pong\": it has to carry the payload of the Ping (s5.5.3)"
        }
        () if contains(came, REPLACEMENT) && !contains(sent, REPLACEMENT) => {
            "the payload went through a string, and U+FFFD took the place of what is no UTF-8: keep a Ping's payload as bytes"
        }
        () if sent.starts_with(came) => {
            "only the beginning of the payload came back: up to 125 bytes, a zero among them, are all sent back"
        }
        () => return None,
    };
    Some(words)
}

/// Why the message of these fragments does not come back as one. Control frames may be among them.
pub fn of_whole(sent: &[Handmade], heard: &Heard) -> Option<String> {
    let data: Vec<&Handmade> = sent.iter().filter(|frame| !frame.opcode.is_control()).collect();
    let has_control = data.len() < sent.len();
    let words = match heard {
        Heard::Message(came) => of_fragments(&data, sent, came)?,
        Heard::Wrong(frame, _) if frame.header.opcode == Opcode::Continuation => {
            "the answer has the opcode of the last fragment, 0: a message has the opcode of its first one, so keep that (s5.4)"
        }
        Heard::End(End::Silence(_)) if has_control => {
            "the message is lost when a control frame stands in it: answer that, and leave the fragments so far alone (s5.4)"
        }
        Heard::End(End::Silence(_)) => {
            "the message does not end for the server: it ends with the fragment that has FIN 1, opcode 0 or not (s5.4)"
        }
        Heard::Close(_) if data.len() >= MANY => {
            "many fragments are taken for an error: there is no bound to their number, only to the bytes of a message (s5.4)"
        }
        Heard::Close(_) | Heard::End(End::Fin | End::Reset(_))
            if sent.iter().any(|frame| frame.opcode == Opcode::Pong) =>
        {
            "the Pong between the fragments is taken for one of them, or for an error: opcode A is passed over (s5.4, s5.5.3)"
        }
        Heard::Close(_) | Heard::End(End::Fin | End::Reset(_)) if has_control => {
            "the Ping between the fragments is taken for one of them, or for an error: answer it, and go on (s5.4)"
        }
        Heard::Close(_) | Heard::End(End::Fin | End::Reset(_)) => {
            "fragments are taken for an error: a server has to put them together, each at least of 0 bytes (s5.4)"
        }
        _ => return of_no_answer(heard),
    };
    Some(words.to_owned())
}

fn of_fragments(data: &[&Handmade], sent: &[Handmade], came: &Message) -> Option<&'static str> {
    let (first, last) = (data.first()?, data.last()?);
    let join = |frames: &mut dyn Iterator<Item = &Handmade>| {
        frames.flat_map(|frame| frame.payload.clone()).collect::<Vec<u8>>()
    };
    let whole = join(&mut data.iter().copied());
    let words = match () {
        () if came.payload == whole => {
            "the opcode of the answer is another one: a message has the opcode of its first fragment"
        }
        () if came.payload == first.payload => {
            "a fragment comes back by itself: the message goes on until a frame has FIN 1 (s5.4)"
        }
        () if sent.len() > data.len() && came.payload == join(&mut behind_control(sent)) => {
            "what came before the control frame is lost: it leaves the message in progress alone (s5.4)"
        }
        () if came.payload == last.payload => {
            "only the last fragment comes back: put each behind those before it, and do not begin anew (s5.4)"
        }
        () if came.payload == join(&mut sent.iter()) => {
            "the payload of a control frame stands in the message: control frames are no part of it (s5.4)"
        }
        () if came.payload == with_first_key(data) => {
            "the first fragment's masking key is used for all of them: each frame has its own (s5.3)"
        }
        () if came.payload == with_going_index(data) => {
            "the index of the masking key goes on from fragment to fragment: in each frame it begins at 0 (s5.3)"
        }
        () if whole.starts_with(&came.payload) => {
            "the message ends too early: only FIN 1 ends it, and no empty fragment or count (s5.4)"
        }
        () if whole.len() < came.payload.len() && came.payload.ends_with(&whole) => super::EARLIER,
        () => return None,
    };
    Some(words)
}

/// The fragments behind the last control frame.
fn behind_control(sent: &[Handmade]) -> impl Iterator<Item = &Handmade> {
    let from = sent.iter().rposition(|frame| frame.opcode.is_control()).map_or(0, |at| at + 1);
    sent[from..].iter()
}

/// What comes out when all fragments are unmasked with the key of the first.
fn with_first_key(data: &[&Handmade]) -> Vec<u8> {
    let first = data.first().and_then(|frame| frame.mask).unwrap_or_default();
    unmasked(data, |_, own| (first, own))
}

/// What comes out when the index into the key goes on.
fn with_going_index(data: &[&Handmade]) -> Vec<u8> {
    unmasked(data, |before, own| {
        let mut going = own;
        going.rotate_left(before % 4);
        (going, own)
    })
}

/// The payloads, masked with their own keys and unmasked with those that are named, behind so many bytes of the message.
fn unmasked(data: &[&Handmade], keys: impl Fn(usize, [u8; 4]) -> ([u8; 4], [u8; 4])) -> Vec<u8> {
    let mut whole = Vec::new();
    for frame in data {
        let (taken, own) = keys(whole.len(), frame.mask.unwrap_or_default());
        let mut payload = frame.payload.clone();
        mask::apply(own, 0, &mut payload);
        mask::apply(taken, 0, &mut payload);
        whole.extend(payload);
    }
    whole
}

/// Why good text does not come back as it was. `refused` is what to say when it is not taken at all.
pub fn of_text(sent: &[u8], heard: &Heard, refused: &str) -> Option<String> {
    let came = match heard {
        Heard::Message(came) => came.payload.as_slice(),
        Heard::Close(_) | Heard::End(End::Fin | End::Reset(_)) => return Some(refused.to_owned()),
        _ => return None,
    };
    let words = match () {
        () if sent.strip_prefix("\u{feff}".as_bytes()) == Some(came) => {
            "the decoder takes U+FEFF away: keep it (ignoreBOM in JavaScript, utf-8 and not utf-8-sig in Python)"
        }
        () if sent.starts_with(came) && sent.get(came.len()) == Some(&0) => {
            "the text ends at its zero byte: its length stands in the header, so do not take it for a string of C"
        }
        () if contains(came, REPLACEMENT) && !contains(sent, REPLACEMENT) => {
            "parts of the text are decoded by themselves, with U+FFFD for what is cut: decode the whole message (s5.6)"
        }
        () => return None,
    };
    Some(words.to_owned())
}

/// Why text that is no UTF-8 is not refused. `unchanged` is what to say when it comes back as it was.
pub fn of_bad_text(sent: &[u8], heard: &Heard, unchanged: &str) -> Option<String> {
    let Heard::Message(came) = heard else { return None };
    let words = match () {
        () if came.payload == sent => unchanged,
        () if contains(&came.payload, REPLACEMENT) => {
            "the text is decoded with U+FFFD for what is no UTF-8: decode strictly, and close with 1007 (s8.1)"
        }
        () if is_rest(&came.payload, sent) => {
            "bytes that are no UTF-8 are left out: decode strictly, and close with 1007 (s8.1)"
        }
        () => return None,
    };
    Some(words.to_owned())
}

/// Whether this is what is left when some of the bytes are taken away.
fn is_rest(rest: &[u8], bytes: &[u8]) -> bool {
    let mut bytes = bytes.iter();
    rest.iter().all(|byte| bytes.any(|other| other == byte))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(opcode: Opcode, key: [u8; 4], payload: &[u8]) -> Handmade {
        Handmade { mask: Some(key), ..Handmade::new(opcode, payload.to_vec()) }
    }

    fn message(payload: &[u8]) -> Heard {
        Heard::Message(Message { opcode: Opcode::Text, payload: payload.to_vec(), frames: Vec::new() })
    }

    #[test]
    fn a_key_too_few_and_an_index_that_goes_on_are_told_apart() {
        let sent = [
            frame(Opcode::Text, [1, 2, 3, 4], b"abc"),
            frame(Opcode::Ping, [9, 9, 9, 9], b"!"),
            frame(Opcode::Continuation, [5, 6, 7, 8], b"defg"),
        ];
        let cause = |payload: &[u8]| of_whole(&sent, &message(payload)).unwrap_or_default();
        let xored =
            |keys: [u8; 4]| [&b"abc"[..], &[b'd' ^ keys[0], b'e' ^ keys[1], b'f' ^ keys[2], b'g' ^ keys[3]]].concat();
        assert!(cause(&xored([5 ^ 1, 6 ^ 2, 7 ^ 3, 8 ^ 4])).contains("each frame has its own"));
        assert!(cause(&xored([5 ^ 8, 6 ^ 5, 7 ^ 6, 8 ^ 7])).contains("begins at 0"));
        assert!(cause(b"abc").contains("by itself"));
        assert!(cause(b"defg").contains("control frame is lost"));
        assert!(cause(b"abc!defg").contains("no part of it"));
        assert!(cause(b"abcdefgabcdefg").contains("an earlier message"));
        let ended = |sent: &[Handmade]| of_whole(sent, &Heard::End(End::Fin)).unwrap_or_default();
        assert!(ended(&sent).starts_with("the Ping between the fragments"));
        let pong = [sent[0].clone(), frame(Opcode::Pong, [9, 9, 9, 9], b"!"), sent[2].clone()];
        assert!(ended(&pong).starts_with("the Pong between the fragments"));
        assert!(ended(&[sent[0].clone(), sent[2].clone()]).starts_with("fragments are taken for an error"));
        assert_eq!(cause(b"something else"), "");
    }

    #[test]
    fn a_lossy_decoder_is_known_by_its_replacement() {
        let cause = |payload: &[u8]| of_bad_text(b"a\xff", &message(payload), "not checked").unwrap_or_default();
        assert!(cause(b"a\xff").contains("not checked"));
        assert!(cause("a\u{fffd}".as_bytes()).contains("U+FFFD"));
        assert!(cause(b"a").contains("left out"));
        assert_eq!(cause(b"b"), "");
    }
}
