//! Stage 11: text is UTF-8, all of it and nothing else, wherever it is cut.

use super::ping::past_pong;
use crate::check::case::{Case, Level, Verdict, because, told_as};
use crate::check::cause;
use crate::check::hear::Heard;
use crate::check::judge;
use crate::check::link::End;
use crate::check::trial::Trial;
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;
use std::time::Duration;

/// So long between two writes that are to be read apart.
const APART: Duration = Duration::from_millis(20);

/// Bytes that are no UTF-8 in any place.
const NO_TEXT: &[u8] = b"\xff\xfe\x00\x80\xc0\xaf\xed\xa0\x80\xf8";

const VALID: &str = "valid UTF-8 is refused: a code point has one to four bytes, from U+0000 to U+10FFFF (RFC 3629 s3)";
const CUT: &str =
    "a part of a message is decoded by itself: a code point may be cut anywhere, so decode the whole (s5.6)";
const BINARY: &str = "binary is checked or decoded as if it were text: its bytes mean nothing to a server (s5.6)";
const UNCHECKED: &str = "text is not checked: it has to be UTF-8, and what is not ends the connection with 1007 (s8.1)";
const OVERLONG: &str = "the bits are put together, and nobody asks whether fewer bytes would do: C0 and C1 never come, behind E0 \
                        at least A0, behind F0 at least 90 (RFC 3629 s4)";
const SURROGATE: &str =
    "surrogates are let through, as by CESU-8 or \"surrogatepass\": behind ED at most 9F (RFC 3629 s4)";
const BEYOND: &str = "there is nothing above U+10FFFF: behind F4 at most 8F, and F5 to F7 never come (RFC 3629 s4)";
const FIVE: &str = "five and six bytes are of an older UTF-8 (RFC 2279): F8 to FF never come (RFC 3629 s4)";
const BROKEN_OFF: &str =
    "a code point that is broken off is let through: after its first byte count those that have to come";
const OPEN_END: &str =
    "what is open at the end is not looked at: when the message ends, the decoder must be in no code point";
const FIRST_ONLY: &str =
    "a part of the message is not checked: all its bytes go through the decoder, whatever frame they are in";
const LATE: &str = "the check waits for the end: keep the state of the decoder, and check what comes as it comes";

/// The cases of this stage.
pub const CASES: &[Case] = &[
    Case {
        address: "ws/5.6/3",
        level: Level::Must,
        // s5.6: "The "Payload data" is text data encoded as UTF-8."
        requirement: "Text has code points of one to four bytes.",
        sends: "a text message with \"a\u{e9}\u{20ac}\u{1f600}\" in one frame",
        expects: "its echo",
        run: |trial| text_back(trial, &["a\u{e9}\u{20ac}\u{1f600}".as_bytes()], VALID),
    },
    Case {
        address: "ws/5.6/4",
        level: Level::Must,
        requirement: "Text may have noncharacters: they are valid UTF-8.",
        sends: "a text message with U+FDD0, U+FFFE, U+FFFF and U+1FFFE",
        expects: "its echo",
        run: |trial| {
            let cause = "noncharacters are code points like others for UTF-8: only surrogates are left out";
            text_back(trial, &["\u{fdd0}\u{fffe}\u{ffff}\u{1fffe}".as_bytes()], cause)
        },
    },
    Case {
        address: "ws/5.6/5",
        level: Level::Must,
        requirement: "Text may have the first and the last code point of each length.",
        sends: "a text message with U+0001, U+007F, U+0080, U+07FF, U+0800, U+FFFD, U+10000 and U+10FFFF",
        expects: "its echo",
        run: |trial| {
            text_back(trial, &["\u{1}\u{7f}\u{80}\u{7ff}\u{800}\u{fffd}\u{10000}\u{10ffff}".as_bytes()], VALID)
        },
    },
    Case {
        address: "ws/5.6/6",
        level: Level::Must,
        requirement: "Text may have the code points on both sides of the surrogates.",
        sends: "a text message with U+D7FF and U+E000",
        expects: "its echo",
        run: |trial| {
            let cause = "surrogates are U+D800 to U+DFFF, in bytes ED A0 80 to ED BF BF: those beside them are valid";
            text_back(trial, &["\u{d7ff}\u{e000}".as_bytes()], cause)
        },
    },
    Case {
        address: "ws/5.6/7",
        level: Level::Must,
        requirement: "Text may have U+0000, and does not end there.",
        sends: "a text message with a zero byte in it",
        expects: "its echo, whole",
        run: |trial| text_back(trial, &[b"before\0behind"], VALID),
    },
    Case {
        address: "ws/5.6/8",
        level: Level::Must,
        requirement: "U+FEFF at the beginning of a text belongs to it.",
        sends: "a text message that begins with EF BB BF",
        expects: "its echo, with these bytes",
        run: |trial| text_back(trial, &["\u{feff}marked".as_bytes()], VALID),
    },
    Case {
        address: "ws/5.6/9",
        level: Level::Must,
        // s5.6: "Note that a particular text frame might include a partial UTF-8 sequence; however, the whole message MUST
        // contain valid UTF-8."
        requirement: "A code point may begin in one fragment and end in the next.",
        sends: "a text message in two frames, cut in the middle of U+1F600",
        expects: "one text message",
        run: |trial| text_back(trial, &[b"cut \xf0\x9f", b"\x98\x80 here"], CUT),
    },
    Case {
        address: "ws/5.6/10",
        level: Level::Must,
        requirement: "Each byte of a code point may come in a fragment of its own.",
        sends: "U+1F600 in four frames of one byte",
        expects: "one text message",
        run: |trial| text_back(trial, &[b"\xf0", b"\x9f", b"\x98", b"\x80"], CUT),
    },
    Case {
        address: "ws/5.6/11",
        level: Level::Must,
        requirement: "A control frame inside of a code point is no part of the text.",
        sends: "U+20AC in two frames, and between them a Ping with bytes that are no UTF-8",
        expects: "a Pong with the same bytes, and one text message",
        run: |trial| {
            let mut link = trial.open()?;
            let mut frames = trial.fragments(Opcode::Text, &[b"a \xe2\x82", b"\xac sign"]);
            let ping = trial.frame(Opcode::Ping, NO_TEXT);
            frames.insert(1, ping.clone());
            link.send_all(&frames);
            let mut answered = false;
            let heard = past_pong(&mut link, &ping, &mut answered);
            let cause =
                "a Ping in between changes the state of the decoder: only the text goes through it (s5.4, s5.6)";
            let refused = is_refused(&heard).then(|| cause.to_owned());
            told(judge::whole(&frames, heard), refused)?;
            if answered { Ok(()) } else { link.expect_pong_to(&ping) }
        },
    },
    Case {
        address: "ws/5.6/12",
        level: Level::Must,
        requirement: "A code point may be cut between two reads.",
        sends: "a text message in one frame, written in two pieces and cut in the middle of U+1F600",
        expects: "its echo",
        run: |trial| {
            let (mut link, text) = (trial.open()?, trial.text("cut \u{1f600} here"));
            let cut = text.header().encoded_len() + 6;
            link.send_cut(&text, &[cut], APART);
            let heard = link.hear();
            told(judge::echoes(&text, &heard), cause::of_text(&text.payload, &heard, CUT))
        },
    },
    Case {
        address: "ws/5.6/13",
        level: Level::Must,
        // s5.6: "The "Payload data" is arbitrary binary data whose interpretation is solely up to the application layer."
        requirement: "Binary need not be UTF-8.",
        sends: "a binary message with bytes that are no UTF-8",
        expects: "its echo",
        run: |trial| {
            let (mut link, binary) = (trial.open()?, trial.frame(Opcode::Binary, NO_TEXT));
            link.send(&binary);
            let heard = link.hear();
            told(judge::echoes(&binary, &heard), of_binary(&heard))
        },
    },
    Case {
        address: "ws/5.6/14",
        level: Level::Must,
        requirement: "Binary need not be UTF-8 in fragments either.",
        sends: "a binary message in two frames with bytes that are no UTF-8",
        expects: "one binary message",
        run: |trial| {
            let mut link = trial.open()?;
            let (first, last) = NO_TEXT.split_at(5);
            let frames = trial.fragments(Opcode::Binary, &[first, last]);
            link.send_all(&frames);
            let heard = link.hear();
            let cause = of_binary(&heard);
            told(judge::whole(&frames, heard), cause)
        },
    },
    Case {
        address: "ws/8.1/1",
        level: Level::Must,
        // s8.1: "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a
        // valid UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_."
        requirement: "Text with a byte that UTF-8 does not have is refused.",
        sends: "text with FF, on another connection with FE, and behind it a text message",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| refused(trial, &[&[b"bad \xff byte"], &[b"\xfe"]], UNCHECKED),
    },
    Case {
        address: "ws/8.1/2",
        level: Level::Must,
        requirement: "Text with a byte that continues nothing is refused.",
        sends: "text that begins with 80, on another connection one with BF behind a whole code point, and a text message",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| refused(trial, &[&[b"\x80 first"], &[b"\xc3\xa9\xbf"]], UNCHECKED),
    },
    Case {
        address: "ws/8.1/3",
        level: Level::Must,
        // RFC 3629 s3: "Implementations of the decoding algorithm above MUST protect against decoding invalid sequences. For
        // instance, a naive implementation may decode the overlong UTF-8 sequence C0 80 into the character U+0000".
        requirement: "Text with two bytes for what takes one is refused.",
        sends: "text with C0 AF, on another connection with C1 BF, and behind it a text message",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| refused(trial, &[&[b"over\xc0\xaflong"], &[b"over\xc1\xbflong"]], OVERLONG),
    },
    Case {
        address: "ws/8.1/4",
        level: Level::Must,
        requirement: "Text with three bytes for what takes fewer is refused.",
        sends: "text with E0 80 AF, on another connection with E0 9F BF, and behind it a text message",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| refused(trial, &[&[b"over\xe0\x80\xaflong"], &[b"over\xe0\x9f\xbflong"]], OVERLONG),
    },
    Case {
        address: "ws/8.1/5",
        level: Level::Must,
        requirement: "Text with four bytes for what takes fewer is refused.",
        sends: "text with F0 80 80 AF, on another connection with F0 8F BF BF, and behind it a text message",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| refused(trial, &[&[b"over\xf0\x80\x80\xaflong"], &[b"over\xf0\x8f\xbf\xbflong"]], OVERLONG),
    },
    Case {
        address: "ws/8.1/6",
        level: Level::Must,
        // RFC 3629 s3: "The definition of UTF-8 prohibits encoding character numbers between U+D800 and U+DFFF".
        requirement: "Text with a surrogate is refused.",
        sends: "text with ED A0 80, on another connection with ED BF BF, and behind it a text message",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| refused(trial, &[&[b"half \xed\xa0\x80"], &[b"half \xed\xbf\xbf"]], SURROGATE),
    },
    Case {
        address: "ws/8.1/7",
        level: Level::Must,
        requirement: "Text with a pair of surrogates is refused: the code point has four bytes of its own.",
        sends: "text with ED A0 BD ED B8 80, and behind it a text message",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| refused(trial, &[&[b"\xed\xa0\xbd\xed\xb8\x80"]], SURROGATE),
    },
    Case {
        address: "ws/8.1/8",
        level: Level::Must,
        requirement: "Text with more than U+10FFFF is refused.",
        sends: "text with F4 90 80 80, on another connection with F5 80 80 80, and behind it a text message",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| refused(trial, &[&[b"\xf4\x90\x80\x80"], &[b"\xf5\x80\x80\x80"]], BEYOND),
    },
    Case {
        address: "ws/8.1/9",
        level: Level::Must,
        requirement: "Text with five or six bytes for a code point is refused.",
        sends: "text with F8 88 80 80 80, on another connection with FC 84 80 80 80 80, and behind it a text message",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| refused(trial, &[&[b"\xf8\x88\x80\x80\x80"], &[b"\xfc\x84\x80\x80\x80\x80"]], FIVE),
    },
    Case {
        address: "ws/8.1/10",
        level: Level::Must,
        requirement: "Text with a code point that is broken off is refused.",
        sends: "text with E2 82 before a letter, on another connection F0 9F 98 before a letter, and a text message",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| refused(trial, &[&[b"a \xe2\x82 sign"], &[b"a \xf0\x9f\x98 face"]], BROKEN_OFF),
    },
    Case {
        address: "ws/8.1/11",
        level: Level::Must,
        requirement: "Text that ends inside of a code point is refused.",
        sends: "text that ends with E2 82, on another connection with F0 9F 98, and behind it a text message",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| refused(trial, &[&[b"a sign \xe2\x82"], &[b"a face \xf0\x9f\x98"]], OPEN_END),
    },
    Case {
        address: "ws/8.1/12",
        level: Level::Must,
        requirement: "Text that ends inside of a code point is refused, also when its last fragment is empty.",
        sends: "text that ends with E2 82 in a frame with FIN 0, an empty continuation with FIN 1, and a text message",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| refused(trial, &[&[b"a sign \xe2\x82", b""]], OPEN_END),
    },
    Case {
        address: "ws/8.1/13",
        level: Level::Must,
        requirement: "A code point that the next fragment does not go on with is refused.",
        sends: "text that ends with E2 82 in a frame with FIN 0, a continuation that begins with a letter, and a text message",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| refused(trial, &[&[b"a sign \xe2\x82", b"or none"]], FIRST_ONLY),
    },
    Case {
        address: "ws/8.1/14",
        level: Level::Must,
        requirement: "A message in fragments is refused whichever of them is bad.",
        sends: "a bad first fragment and a good one, on another connection a good one and a bad last one, and a text message",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| refused(trial, &[&[b"bad \xff", b"and good"], &[b"good ", b"and \xff bad"]], FIRST_ONLY),
    },
    Case {
        address: "ws/8.1/15",
        level: Level::Must,
        requirement: "A long text is refused for its last byte.",
        sends: "text of 5,000 letters and FF, and behind it a text message",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| {
            let text = [trial.words(5000).as_bytes(), b"\xff"].concat();
            refused(trial, &[&[&text]], FIRST_ONLY)
        },
    },
    Case {
        address: "ws/8.1/16",
        // The RFC names no time. A peer that sends more than it has to for nothing is what makes early better than late.
        level: Level::Should,
        requirement: "Text is refused with the fragment that is bad, and not only with the last one.",
        sends: "a text frame with FIN 0 and FF in it, and a Ping",
        expects: "a Close with 1007, or the end of the connection, and no Pong",
        run: |trial| {
            let mut link = trial.open()?;
            let bad = Handmade { fin: false, ..trial.frame(Opcode::Text, b"bad \xff") };
            link.send_all(&[bad, trial.frame(Opcode::Ping, "the server went on")]);
            because(link.expect_failed(&[1007]), LATE)
        },
    },
    Case {
        address: "ws/8.1/17",
        level: Level::Should,
        requirement: "Text is refused with the byte that is bad, and not only at the end of the frame.",
        sends: "the first 20 bytes of a text frame of 64, with FF among them",
        expects: "a Close with 1007, or the end of the connection",
        run: |trial| {
            let (mut link, rest) = (trial.open()?, trial.words(58));
            let bad = trial.frame(Opcode::Text, [&b"bad \xff "[..], rest.as_bytes()].concat()).encode();
            link.send_bytes(&bad[..20]);
            told_as(link.expect_failed(&[1007]), LATE)
        },
    },
];

/// Sends text in fragments with these payloads, and expects it back as one message. `refused` is why a server may refuse it.
fn text_back(trial: &mut Trial, pieces: &[&[u8]], refused: &str) -> Verdict {
    let mut link = trial.open()?;
    let frames = trial.fragments(Opcode::Text, pieces);
    link.send_all(&frames);
    let heard = link.hear();
    told(judge::whole(&frames, heard.clone()), cause::of_text(&pieces.concat(), &heard, refused))
}

/// Sends each of these texts, in fragments, on a connection of its own with a good one behind, and expects the connection
/// to be failed. `unchanged` is why a server may send it back as it was.
fn refused(trial: &mut Trial, texts: &[&[&[u8]]], unchanged: &str) -> Verdict {
    for pieces in texts {
        let mut link = trial.open()?;
        let mut frames = trial.fragments(Opcode::Text, pieces);
        frames.push(trial.text("the server went on"));
        link.send_all(&frames);
        let heard = link.hear();
        let cause = cause::of_bad_text(&pieces.concat(), &heard, unchanged);
        told(link.failed(&heard, &[1007]), cause)?;
    }
    Ok(())
}

/// Why binary is not taken.
fn of_binary(heard: &Heard) -> Option<String> {
    is_refused(heard).then(|| BINARY.to_owned())
}

fn is_refused(heard: &Heard) -> bool {
    matches!(heard, Heard::Close(_) | Heard::End(End::Fin | End::Reset(_)))
}

/// With this cause instead of another one, if there is one.
fn told(verdict: Verdict, cause: Option<String>) -> Verdict {
    match cause {
        Some(cause) => told_as(verdict, &cause),
        None => verdict,
    }
}
