//! Stage 7: lengths in one byte, in two and in eight, read and written, at each boundary. Each message is one frame.

use crate::check::case::{Case, Failure, Level, Stop, Verdict, told_as};
use crate::check::cause;
use crate::check::hear::Heard;
use crate::check::judge::{code_of, echoes, no_echo};
use crate::check::link::{End, Link};
use crate::check::trial::Trial;
use crate::protocol::frame::Handmade;
use crate::protocol::header::{Header, LengthForm};
use crate::protocol::opcode::Opcode;
use crate::wire::lines;

/// Longer than any other message of this stage.
const LONG: usize = 70_000;

/// The cases of this stage.
pub const CASES: &[Case] = &[
    Case {
        address: "ws/5.2/5",
        level: Level::Must,
        // s5.2: "if 0-125, that is the payload length".
        requirement: "A payload may be empty.",
        sends: "a text of 0 bytes",
        expects: "a text of 0 bytes",
        run: |trial| comes_back(trial, 0),
    },
    Case {
        address: "ws/5.2/6",
        level: Level::Must,
        requirement: "A length of 1 is in the second byte of the header.",
        sends: "a text of 1 byte",
        expects: "the same text",
        run: |trial| comes_back(trial, 1),
    },
    Case {
        address: "ws/5.2/7",
        level: Level::Must,
        requirement: "A length of 125 is in the second byte of the header.",
        sends: "a text of 125 bytes",
        expects: "the same text",
        run: |trial| comes_back(trial, 125),
    },
    Case {
        address: "ws/5.2/8",
        level: Level::Must,
        // s5.2: "Multibyte length quantities are expressed in network byte order." s5.7 has this length as an example.
        requirement: "Of the two bytes of a length the first one counts 256 times as much.",
        sends: "a text of 256 bytes, with the length 7e 01 00",
        expects: "the same text",
        run: |trial| comes_back(trial, 256),
    },
    Case {
        address: "ws/5.2/9",
        level: Level::Must,
        // s5.2: "the following 2 bytes interpreted as a 16-bit unsigned integer are the payload length".
        requirement: "The bytes of a length have no sign.",
        sends: "a text of 511 bytes, with the length 7e 01 ff",
        expects: "the same text",
        run: |trial| comes_back(trial, 511),
    },
    Case {
        address: "ws/5.2/10",
        level: Level::Must,
        // s5.2: "If 126, the following 2 bytes interpreted as a 16-bit unsigned integer are the payload length."
        requirement: "126 stands for a length in two bytes, also when the length is 126.",
        sends: "a text of 126 bytes, with the length 7e 00 7e",
        expects: "the same text",
        run: |trial| comes_back(trial, 126),
    },
    Case {
        address: "ws/5.2/11",
        level: Level::Must,
        requirement: "127 is not used as a length.",
        sends: "a text of 127 bytes, with the length 7e 00 7f",
        expects: "the same text",
        run: |trial| comes_back(trial, 127),
    },
    Case {
        address: "ws/5.2/12",
        level: Level::Must,
        requirement: "A length in two bytes has no sign.",
        sends: "a text of 32768 bytes, with the length 7e 80 00",
        expects: "the same text",
        run: |trial| comes_back(trial, 32_768),
    },
    Case {
        address: "ws/5.2/13",
        level: Level::Must,
        requirement: "Two bytes hold a length of 65535.",
        sends: "a text of 65535 bytes, with the length 7e ff ff",
        expects: "the same text",
        run: |trial| comes_back(trial, 65_535),
    },
    Case {
        address: "ws/5.2/14",
        level: Level::Must,
        // s5.2: "If 127, the following 8 bytes interpreted as a 64-bit unsigned integer [...] are the payload length."
        requirement: "127 stands for a length in eight bytes.",
        sends: "a text of 65536 bytes, with the length 7f 00 00 00 00 00 01 00 00",
        expects: "the same text",
        run: |trial| comes_back(trial, 65_536),
    },
    Case {
        address: "ws/5.2/15",
        level: Level::Must,
        requirement: "All eight bytes of a length count.",
        sends: "a text of 70000 bytes, with the length 7f 00 00 00 00 00 01 11 70",
        expects: "the same text",
        run: |trial| comes_back(trial, LONG),
    },
    Case {
        address: "ws/5.2/16",
        level: Level::Must,
        requirement: "The length of binary data is written as that of text.",
        sends: "binary data of 300 bytes, with the length 7e 01 2c",
        expects: "the same data",
        run: |trial| {
            let data = trial.words(300);
            let frame = trial.frame(Opcode::Binary, data);
            sent_and_measured(trial, &frame).map(drop)
        },
    },
    Case {
        address: "ws/5.2/17",
        level: Level::Must,
        // s5.2: "Note that in all cases, the minimal number of bytes MUST be used to encode the length".
        requirement: "A length up to 125 is written in one byte.",
        sends: "a text of 125 bytes",
        expects: "an answer with a length in one byte",
        run: |trial| is_minimal(trial, 125),
    },
    Case {
        address: "ws/5.2/18",
        level: Level::Must,
        requirement: "A length of 126 is written in two bytes.",
        sends: "a text of 126 bytes",
        expects: "an answer with the length 7e 00 7e",
        run: |trial| is_minimal(trial, 126),
    },
    Case {
        address: "ws/5.2/19",
        level: Level::Must,
        requirement: "A length of 65535 is written in two bytes.",
        sends: "a text of 65535 bytes",
        expects: "an answer with the length 7e ff ff",
        run: |trial| is_minimal(trial, 65_535),
    },
    Case {
        address: "ws/10.7/1",
        level: Level::Must,
        // s5.2 binds who sends. Who reads validates (s10.7: "Incoming data MUST always be validated"), and "MAY drop the TCP
        // connection". Whoever goes on has to read what stands there.
        requirement: "A length in two bytes that fits in one is refused, or read as it stands there.",
        sends: "a text of 5 bytes with the length 7e 00 05, and another text behind it",
        expects: "the end of the connection, or both texts",
        run: |trial| longer_form(trial, 5, LengthForm::Extended16),
    },
    Case {
        address: "ws/10.7/2",
        level: Level::Must,
        requirement: "A length in eight bytes that fits in two is refused, or read as it stands there.",
        sends: "a text of 300 bytes with the length 7f 00 00 00 00 00 00 01 2c, and another text behind it",
        expects: "the end of the connection, or both texts",
        run: |trial| longer_form(trial, 300, LengthForm::Extended64),
    },
];

fn comes_back(trial: &mut Trial, len: usize) -> Verdict {
    let (text, key) = (trial.words(len), trial.soft_key());
    let frame = Handmade { mask: Some(key), ..trial.text(&text) };
    sent_and_measured(trial, &frame).map(drop)
}

/// Sends the frame and expects it back. The headers of the answer; there are several when it comes in fragments.
fn sent_and_measured(trial: &mut Trial, frame: &Handmade) -> Result<Vec<Header>, Stop> {
    let mut link = trial.open()?;
    link.send(frame);
    measure(&mut link, frame)?;
    let heard = link.hear();
    if matches!(&heard, Heard::Close(payload) if code_of(payload) == Some(1009)) {
        return Err(limited(trial, frame.payload.len()));
    }
    echoes_at_length(frame, &heard)?;
    Ok(if let Heard::Message(came) = heard { came.frames } else { Vec::new() })
}

/// Looks at the length as soon as it is there: the payload that a wrong one announces may never come.
fn measure(link: &mut Link, sent: &Handmade) -> Verdict {
    let begin = link.peek_frame(2).map_err(|end| no_answer(sent, end))?;
    let extended = match begin[1] & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let is_whole_message = begin[0] & 0x80 != 0 && !Opcode::decode(begin[0]).is_control();
    if !is_whole_message || begin[1] & 0x80 != 0 {
        return Ok(()); // a fragment, a Close: it has a length of its own
    }
    let begin = link.peek(2 + extended).map_err(|end| no_answer(sent, end))?;
    let right = sent.payload.len() as u64;
    match Header::decode(&begin) {
        Some((header, _)) if header.length != right => {
            let came = format!("a header with the length {}: {}", header.length, lines::hex(&begin));
            let cause = cause::of_length(&sent.payload, link.unread());
            link.tell_rest();
            Err(Failure { cause, ..Failure::new(format!("a header with the length {right}"), came) }.into())
        }
        _ => Ok(()),
    }
}

fn no_answer(sent: &Handmade, end: End) -> Stop {
    let heard = Heard::End(end);
    let failure = no_echo(sent, &heard);
    match cause::of_unanswered(sent.payload.len(), &heard) {
        Some(words) => failure.because(words),
        None => failure,
    }
    .into()
}

/// This is that message. If it is no message at all, suspect the length first.
fn echoes_at_length(sent: &Handmade, heard: &Heard) -> Verdict {
    let verdict = echoes(sent, heard);
    match cause::of_unanswered(sent.payload.len(), heard) {
        Some(words) => told_as(verdict, words),
        None => verdict,
    }
}

/// A Close 1009 is legal: s10.4 leaves it to a server how much it takes. But if a longer message is taken, this one was not
/// too long.
fn limited(trial: &mut Trial, len: usize) -> Stop {
    let text = trial.words(LONG);
    let longer = trial.text(&text);
    let echo = if len < LONG { trial.open().and_then(|mut link| link.echo(&longer)) } else { Ok(()) };
    if len < LONG && echo.is_ok() {
        let failure = Failure::new("the same message", format!("a Close 1009, although {LONG} bytes are not too many"));
        return failure.because("the length is read as a number with a sign, or its bytes in the wrong order").into();
    }
    Stop::Skipped(format!("the server takes no message of {len} bytes and says so with 1009: legal (s10.4)"))
}

fn is_minimal(trial: &mut Trial, len: usize) -> Verdict {
    let text = trial.words(len);
    let frame = trial.text(&text);
    for header in sent_and_measured(trial, &frame)? {
        let right = LengthForm::minimal(header.length);
        if header.form != right {
            let form = |form: LengthForm| format!("the length {} in {} bits", header.length, form.bits());
            let cause = "up to 125 the length is written in seven bits, up to 65535 in 16, and only then in 64: is there \
                         a < where <= is right?";
            return Err(Failure::new(form(right), form(header.form)).because(cause).into());
        }
    }
    Ok(())
}

fn longer_form(trial: &mut Trial, len: usize, form: LengthForm) -> Verdict {
    let (mut link, text, key) = (trial.open()?, trial.words(len), trial.soft_key());
    let long = Handmade { mask: Some(key), form: Some(form), ..trial.text(&text) };
    link.send(&long);
    match link.hear() {
        Heard::Close(_) | Heard::End(End::Fin | End::Reset(_)) => return Ok(()),
        heard @ Heard::Message(_) if echoes(&long, &heard).is_err() => {
            let cause =
                "how many bytes a length takes is said by 126 and 127 in the second byte, and not by its value (s5.2)";
            return Err(Failure { cause: Some(cause.to_owned()), ..no_echo(&long, &heard) }.into());
        }
        heard => echoes(&long, &heard)?,
    }
    link.note("a length that is longer than it need be is read all the same: legal, for s5.2 binds who sends");
    link.echo(&trial.text("next"))
}
