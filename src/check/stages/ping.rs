//! Stage 9: a Ping is answered by a Pong with the same bytes, at once, and a Pong by nothing.

use crate::check::case::{Case, Failure, Level, Stop, Verdict, because, told_as};
use crate::check::cause::PING_BACK;
use crate::check::hear::Heard;
use crate::check::judge::{self, refused};
use crate::check::link::{End, Frame, Link};
use crate::check::trial::Trial;
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;
use crate::wire::lines;

/// The longest payload of a control frame (RFC 6455 s5.5).
const LONGEST: usize = 125;

const TOO_LONG: &str =
    "the length of a control frame is not looked at: with more than 125 bytes it is a protocol error";
const IN_PIECES: &str = "FIN of a control frame is not looked at: with FIN 0 it is a protocol error";

/// The cases of this stage.
pub const CASES: &[Case] = &[
    Case {
        address: "ws/5.5.2/1",
        level: Level::Must,
        // s5.5.2: "Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response, unless it already received
        // a Close frame."
        requirement: "A Ping is answered with a Pong.",
        sends: "a Ping without payload",
        expects: "a Pong without payload",
        run: |trial| {
            let mut link = trial.open()?;
            link.ping(&trial.frame(Opcode::Ping, ""))
        },
    },
    Case {
        address: "ws/5.5.3/1",
        level: Level::Must,
        // s5.5.3: "A Pong frame sent in response to a Ping frame must have identical "Application data" as found in the
        // message body of the Ping frame being replied to."
        requirement: "A Pong has the payload of the Ping that it answers.",
        sends: "a Ping with 5 letters",
        expects: "a Pong with the same 5 letters",
        run: |trial| {
            let (mut link, payload) = (trial.open()?, trial.words(5));
            link.ping(&trial.frame(Opcode::Ping, payload))
        },
    },
    Case {
        address: "ws/5.5.3/2",
        level: Level::Must,
        requirement: "A Pong has the whole payload of the Ping, and the longest is 125 bytes.",
        sends: "a Ping with 125 letters and digits",
        expects: "a Pong with the same 125",
        run: |trial| {
            let (mut link, payload) = (trial.open()?, trial.words(LONGEST));
            link.ping(&trial.frame(Opcode::Ping, payload))
        },
    },
    Case {
        address: "ws/5.5.3/3",
        level: Level::Must,
        requirement: "The payload of a Ping is bytes, and no text.",
        sends: "a Ping with bytes that are no UTF-8, a zero among them",
        expects: "a Pong with the same bytes",
        run: |trial| {
            let mut link = trial.open()?;
            let payload = [&[0xff, 0x00, 0xc3, 0x28][..], &trial.bytes(12), &[0x80, 0x00]].concat();
            let ping = trial.frame(Opcode::Ping, payload);
            link.send(&ping);
            match link.hear() {
                heard @ (Heard::Close(_) | Heard::End(End::Fin | End::Reset(_))) => {
                    let cause =
                        "a payload that is no text ends the connection: it is not decoded, but sent back as bytes";
                    Err(judge::no_pong(&ping, &heard).because(cause).into())
                }
                heard => link.judge_pong(&ping, &heard),
            }
        },
    },
    Case {
        address: "ws/5.5.3/4",
        level: Level::Must,
        requirement: "Each Pong has the payload of its own Ping.",
        sends: "a Ping, and when its Pong has come another one, shorter, with another payload",
        expects: "a Pong to each, with its payload",
        run: |trial| {
            let mut link = trial.open()?;
            let (first, second) = (trial.words(9), trial.words(4));
            link.ping(&trial.frame(Opcode::Ping, first))?;
            let cause = "something of the Ping before is left in the answer: each has a payload of its own";
            because(link.ping(&trial.frame(Opcode::Ping, second)), cause)
        },
    },
    Case {
        address: "ws/5.5.3/5",
        level: Level::Must,
        // s5.5.3: "If an endpoint receives a Ping frame and has not yet sent Pong frame(s) in response to previous Ping
        // frame(s), the endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame."
        requirement: "Of several Pings at once the last one is answered, whether the others are or not.",
        sends: "three Pings with different payloads in one write",
        expects: "a Pong to the last of them",
        run: several_at_once,
    },
    Case {
        address: "ws/5.5.3/6",
        level: Level::Must,
        // s5.5.3: "A Pong frame MAY be sent unsolicited. This serves as a unidirectional heartbeat. A response to an
        // unsolicited Pong frame is not expected."
        requirement: "A Pong that answers no Ping is legal, and the conversation goes on.",
        sends: "a Pong without payload, a Pong with 125 bytes and a text message in one write",
        expects: "the echo of the text message",
        run: stray_pongs,
    },
    Case {
        address: "ws/5.5.2/2",
        level: Level::Must,
        requirement: "A Ping between two messages is answered, and both messages are echoed.",
        sends: "a text message, a Ping and another text message in one write",
        expects: "both echoes in their order, and a Pong before, between or behind them",
        run: between_messages,
    },
    Case {
        address: "ws/5.5.2/3",
        level: Level::Should,
        // s5.5.2: "It SHOULD respond with Pong frame as soon as is practical."
        requirement: "A Ping is answered at once, and not only with the next message.",
        sends: "a Ping and the first half of a frame in one write; the other half when the Pong is there",
        expects: "the Pong, and then the echo",
        run: |trial| {
            let mut link = trial.open()?;
            let (payload, words) = (trial.words(6), trial.words(20));
            let (ping, text) = (trial.frame(Opcode::Ping, payload), trial.text(&words));
            let text_bytes = text.encode();
            let (half, rest) = text_bytes.split_at(text_bytes.len() / 2);
            link.send_bytes(&[&ping.encode(), half].concat());
            let cause = "the Pong waits for the frame behind the Ping: write it as soon as the Ping is read";
            link.expect_pong_else(&ping, cause)?;
            link.send_bytes(rest);
            link.expect_echo(&text)
        },
    },
    Case {
        address: "ws/5.5/1",
        level: Level::Must,
        requirement: "A Pong is a frame of a server's: not masked, with FIN 1 and without reserved bits.",
        sends: "a Ping with 5 letters",
        expects: "a Pong whose header begins 8A 05",
        run: header_of_a_pong,
    },
    Case {
        address: "ws/5.5/2",
        level: Level::Must,
        // s5.5: "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented."
        requirement: "A Ping with more than 125 bytes is an error.",
        sends: "a Ping with 126 bytes, and behind it a text message",
        expects: "a Close with 1002, or the end of the connection",
        run: |trial| {
            let payload = trial.bytes(LONGEST + 1);
            let ping = trial.frame(Opcode::Ping, payload);
            refused(trial, vec![ping], &[1002], TOO_LONG)
        },
    },
    Case {
        address: "ws/5.5/3",
        level: Level::Must,
        requirement: "A Ping whose length takes 64 bits is an error as well.",
        sends: "a Ping with 65,536 bytes, and behind it a text message",
        expects: "a Close with 1002, or the end of the connection",
        run: |trial| {
            let payload = trial.bytes(1 << 16);
            let ping = trial.frame(Opcode::Ping, payload);
            refused(trial, vec![ping], &[1002], TOO_LONG)
        },
    },
    Case {
        address: "ws/5.5/4",
        // The RFC says what may not be sent, and not what to do with it. A long Ping has no right answer; a long Pong needs
        // none, so that whoever passes over it breaks no rule of its own.
        level: Level::Should,
        requirement: "A Pong with more than 125 bytes is an error.",
        sends: "a Pong with 126 bytes, and behind it a text message",
        expects: "a Close with 1002, or the end of the connection",
        run: |trial| {
            let payload = trial.bytes(LONGEST + 1);
            let pong = trial.frame(Opcode::Pong, payload);
            refused(trial, vec![pong], &[1002], TOO_LONG)
        },
    },
    Case {
        address: "ws/5.5/5",
        level: Level::Must,
        requirement: "A Ping in fragments is an error.",
        sends: "a Ping with FIN 0, its continuation, and behind it a text message",
        expects: "a Close with 1002, or the end of the connection",
        run: |trial| {
            let frames = trial.fragments(Opcode::Ping, &[b"pi", b"ng"]);
            refused(trial, frames, &[1002], IN_PIECES)
        },
    },
    Case {
        address: "ws/5.5/6",
        level: Level::Should,
        requirement: "A Pong with FIN 0 is an error.",
        sends: "a Pong with FIN 0, and behind it a text message",
        expects: "a Close with 1002, or the end of the connection",
        run: |trial| {
            let pong = Handmade { fin: false, ..trial.frame(Opcode::Pong, "half") };
            refused(trial, vec![pong], &[1002], IN_PIECES)
        },
    },
];

fn several_at_once(trial: &mut Trial) -> Verdict {
    let mut link = trial.open()?;
    let pings: Vec<Handmade> = (1..=3).map(|number| trial.frame(Opcode::Ping, format!("ping {number}"))).collect();
    link.send_all(&pings);
    // Those that are still open: an answer to a later one stands for those before it.
    let mut open = &pings[..];
    while let Some(last) = open.last() {
        let heard = link.hear();
        if open.len() < pings.len() && matches!(heard, Heard::End(End::Silence(_))) {
            let cause =
                "a Ping is lost when another one waits for its Pong: keep the payload of the last, not of the first";
            return Err(judge::no_pong(last, &heard).because(cause).into());
        }
        let Heard::Pong(payload) = &heard else { return Err(judge::no_pong(last, &heard).into()) };
        let Some(at) = open.iter().position(|ping| &ping.payload == payload) else {
            return Err(judge::no_pong(last, &heard).into());
        };
        if at > 0 {
            link.note("one Pong answers several Pings: legal, if it is for the last one that was read (s5.5.3)");
        }
        open = &open[at + 1..];
    }
    Ok(())
}

fn stray_pongs(trial: &mut Trial) -> Verdict {
    let mut link = trial.open()?;
    let (payload, words) = (trial.bytes(LONGEST), trial.words(8));
    let (empty, full, text) = (trial.frame(Opcode::Pong, ""), trial.frame(Opcode::Pong, payload), trial.text(&words));
    link.send_all(&[empty, full.clone(), text.clone()]);
    // Pongs that answer them are noted: nothing expects them, and nothing forbids them.
    let heard = link.hear();
    let cause = match &heard {
        Heard::Message(came) if came.payload == full.payload || came.payload.is_empty() => {
            "the Pong comes back as a message: opcode A is a control frame, and needs no answer"
        }
        Heard::Close(_) | Heard::End(End::Fin | End::Reset(_)) => {
            "a Pong that nobody asked for is taken for an error: it is a heartbeat"
        }
        _ => return judge::echoes(&text, &heard),
    };
    told_as(judge::echoes(&text, &heard), cause)
}

fn between_messages(trial: &mut Trial) -> Verdict {
    let mut link = trial.open()?;
    let (one, two, three) = (trial.words(7), trial.words(5), trial.words(9));
    let (first, ping, second) = (trial.text(&one), trial.frame(Opcode::Ping, two), trial.text(&three));
    link.send_all(&[first.clone(), ping.clone(), second.clone()]);
    let mut answered = false;
    for text in [&first, &second] {
        let heard = past_pong(&mut link, &ping, &mut answered);
        judge::echoes(text, &heard)?;
    }
    if answered { Ok(()) } else { link.expect_pong_to(&ping) }
}

/// What is heard next but for the Pong to this Ping, which may come before or after a message that was on its way.
pub(super) fn past_pong(link: &mut Link, ping: &Handmade, answered: &mut bool) -> Heard {
    match link.hear() {
        Heard::Pong(payload) if !*answered && payload == ping.payload => {
            *answered = true;
            link.hear()
        }
        heard => heard,
    }
}

fn header_of_a_pong(trial: &mut Trial) -> Verdict {
    let (mut link, payload) = (trial.open()?, trial.words(5));
    let ping = trial.frame(Opcode::Ping, payload);
    link.send(&ping);
    let pong = next_pong(&mut link, &ping)?;
    let cause = match &pong.header {
        header if header.mask.is_some() => {
            "the Pong is masked: a server masks no frame, a control frame neither (s5.1)"
        }
        header if !header.fin => "the Pong has FIN 0: a control frame is whole, so its first byte is 8A",
        header if header.rsv != 0 => "the Pong has reserved bits: only FIN and the opcode stand in its first byte, 8A",
        _ => return Ok(()),
    };
    let came = lines::frame(&pong.header, &pong.payload);
    Err(Failure::new("a Pong that is not masked, with FIN 1 and RSV 0", came).because(cause).into())
}

/// The frame of the Pong, past Pings of the server's own.
fn next_pong(link: &mut Link, ping: &Handmade) -> Result<Frame, Stop> {
    let heard = match link.peek_frame(1).and_then(|_| link.frame()) {
        Ok(frame) if frame.header.opcode == Opcode::Pong => return Ok(frame),
        Ok(frame) => Heard::Wrong(frame, "it is no Pong"),
        Err(end) => Heard::End(end),
    };
    let failure = judge::no_pong(ping, &heard);
    let came_back = link.pinged.as_ref() == Some(&ping.payload);
    Err(if came_back { failure.because(PING_BACK) } else { failure }.into())
}
