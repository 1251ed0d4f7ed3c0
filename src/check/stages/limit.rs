//! Stage 13: what a server has no meaning for, or no room.

use crate::check::case::{Case, Failure, Level, Stop, Verdict, because, told_as};
use crate::check::cause;
use crate::check::hear::Heard;
use crate::check::link::End;
use crate::check::trial::{Trial, ZERO};
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;

/// More than any server of the checker's acquaintance puts together: their limits lie between 64 KiB and 100 MiB.
const ENDLESS: usize = 128 << 20;

/// Whoever takes less of it, in all the time that there is, is slow: whether there is a limit does not show.
const TELLING: usize = 32 << 20;

/// What a fragment of it holds.
const FRAGMENT: usize = 64 << 10;

/// What is announced to see whether room is made for it.
const ANNOUNCED: u64 = 256 << 20;

/// The cases of this stage.
pub const CASES: &[Case] = &[
    Case {
        address: "ws/5.2/20",
        level: Level::Must,
        // s5.2: "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values. If a nonzero value is
        // received and none of the negotiated extensions defines the meaning of such a nonzero value, the receiving endpoint
        // MUST _Fail the WebSocket Connection_."
        requirement: "RSV1 without an extension that gives it a meaning fails the connection.",
        sends: "a text message with RSV1, and a right one behind it",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| refuses_bits(trial, Opcode::Text, 0b100),
    },
    Case {
        address: "ws/5.2/21",
        level: Level::Must,
        requirement: "RSV2 without an extension that gives it a meaning fails the connection.",
        sends: "a text message with RSV2, and a right one behind it",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| refuses_bits(trial, Opcode::Text, 0b010),
    },
    Case {
        address: "ws/5.2/22",
        level: Level::Must,
        requirement: "RSV3 without an extension that gives it a meaning fails the connection.",
        sends: "a text message with RSV3, and a right one behind it",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| refuses_bits(trial, Opcode::Text, 0b001),
    },
    Case {
        address: "ws/5.2/23",
        level: Level::Must,
        requirement: "Two or three RSV bits at once fail the connection as one does.",
        sends: "a binary message with RSV1 and RSV3, and on another connection one with all three",
        expects: "a Close 1002 to each, or the end of the connection",
        run: |trial| [0b101, 0b111].into_iter().try_for_each(|bits| refuses_bits(trial, Opcode::Binary, bits)),
    },
    Case {
        address: "ws/5.2/24",
        level: Level::Must,
        requirement: "An RSV bit in a Ping fails the connection: control frames have the same first byte.",
        sends: "a Ping with RSV1, and a text message behind it",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| refuses_bits(trial, Opcode::Ping, 0b100),
    },
    Case {
        address: "ws/5.2/25",
        level: Level::Must,
        requirement: "An RSV bit in a Pong fails the connection, although a Pong is answered by nothing.",
        sends: "a Pong with RSV3, and a text message behind it",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| refuses_bits(trial, Opcode::Pong, 0b001),
    },
    Case {
        address: "ws/5.2/26",
        level: Level::Must,
        requirement: "An RSV bit in a first fragment fails the connection.",
        sends: "a first fragment with RSV2, and the last one behind it",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| {
            let bad = Handmade { fin: false, rsv: 0b010, ..trial.text("one ") };
            let last = trial.frame(Opcode::Continuation, "message");
            refuses(trial, vec![bad, last], 0)
        },
    },
    Case {
        address: "ws/5.2/27",
        level: Level::Must,
        requirement: "An RSV bit in a continuation fails the connection.",
        sends: "a right first fragment, and a last one with RSV1",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| {
            let first = Handmade { fin: false, ..trial.text("one ") };
            let bad = Handmade { rsv: 0b100, ..trial.frame(Opcode::Continuation, "message") };
            refuses(trial, vec![first, bad], 1)
        },
    },
    Case {
        address: "ws/5.2/28",
        level: Level::Must,
        // s5.2: "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_."
        requirement: "Opcode 3, the first that is reserved for data, fails the connection.",
        sends: "a frame of opcode 3, and a text message behind it",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| refuses_opcodes(trial, &[0x3]),
    },
    Case {
        address: "ws/5.2/29",
        level: Level::Must,
        requirement: "Opcode 7, the last that is reserved for data, fails the connection.",
        sends: "a frame of opcode 7, and a text message behind it",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| refuses_opcodes(trial, &[0x7]),
    },
    Case {
        address: "ws/5.2/30",
        level: Level::Must,
        requirement: "The opcodes between them, 4 to 6, fail the connection.",
        sends: "a frame of each of the opcodes 4, 5 and 6, on a connection of its own, and a text message behind it",
        expects: "a Close 1002 to each, or the end of the connection",
        run: |trial| refuses_opcodes(trial, &[0x4, 0x5, 0x6]),
    },
    Case {
        address: "ws/5.2/31",
        level: Level::Must,
        requirement: "Opcode B, the first that is reserved for control frames, fails the connection.",
        sends: "a frame of opcode B, and a text message behind it",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| refuses_opcodes(trial, &[0xb]),
    },
    Case {
        address: "ws/5.2/32",
        level: Level::Must,
        requirement: "Opcode F, the last that is reserved for control frames, fails the connection.",
        sends: "a frame of opcode F, and a text message behind it",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| refuses_opcodes(trial, &[0xf]),
    },
    Case {
        address: "ws/5.2/33",
        level: Level::Must,
        requirement: "The opcodes between them, C to E, fail the connection.",
        sends: "a frame of each of the opcodes C, D and E, on a connection of its own, and a text message behind it",
        expects: "a Close 1002 to each, or the end of the connection",
        run: |trial| refuses_opcodes(trial, &[0xc, 0xd, 0xe]),
    },
    Case {
        address: "ws/5.2/34",
        level: Level::Must,
        requirement: "An unknown opcode fails the connection without a payload as well.",
        sends: "a frame of opcode 3 without payload, and a text message behind it",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| {
            let frames = vec![trial.frame(Opcode::Reserved(0x3), ""), trial.text("still here?")];
            refuses(trial, frames, 0)
        },
    },
    Case {
        address: "ws/5.2/35",
        level: Level::Must,
        requirement: "An unknown opcode with FIN=0 does not begin a message.",
        sends: "a frame of opcode 4 with FIN=0, and a continuation with FIN=1 behind it",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| {
            let bad = Handmade { fin: false, ..trial.frame(Opcode::Reserved(0x4), "one ") };
            let last = trial.frame(Opcode::Continuation, "message");
            refuses(trial, vec![bad, last], 0)
        },
    },
    Case {
        address: "ws/5.2/36",
        level: Level::Must,
        // s5.4 lets control frames stand there; what an unknown one means nobody knows.
        requirement: "An unknown control frame between two fragments fails the connection.",
        sends: "a first fragment, a frame of opcode B, and the last fragment",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| {
            let first = Handmade { fin: false, ..trial.text("one ") };
            let bad = trial.frame(Opcode::Reserved(0xb), "?");
            let last = trial.frame(Opcode::Continuation, "message");
            refuses(trial, vec![first, bad, last], 1)
        },
    },
    Case {
        address: "ws/10.4/1",
        level: Level::Must,
        requirement: "Memory is taken for what has come, and not for what is announced.",
        sends: "the header of a frame of 256 MiB, and the first byte of its payload",
        expects: "no more than 128 MiB of memory for it, or the end of the connection",
        run: |trial| {
            let before = trial.memory()?;
            let frame = announced(trial, ANNOUNCED);
            let mut link = trial.open()?;
            link.send(&frame);
            let heard = link.hear();
            let grown = trial.memory()?.saturating_sub(before);
            if grown <= ANNOUNCED / 2 {
                return Ok(());
            }
            let came = format!("{} MiB more in use, and {}", grown >> 20, heard.words());
            let cause = "the server makes room for the whole length before anything has come: refuse it by its header, or let \
                         the buffer grow with what comes";
            Err(Failure::new("no memory for bytes that may never come", came).because(cause).into())
        },
    },
    Case {
        address: "ws/5.2/37",
        level: Level::Must,
        // s5.2: "If 127, the following 8 bytes interpreted as a 64-bit unsigned integer (the most significant bit MUST be 0)
        // are the payload length."
        requirement: "A length of 2^63, its highest bit set, is no length, and is not taken for 0 or for less.",
        sends: "the header of a frame of 2^63 bytes, and a text message behind it",
        expects: "a Close 1002 or 1009, or the end of the connection",
        run: |trial| takes_no_such_length(trial, 1 << 63),
    },
    Case {
        address: "ws/5.2/38",
        level: Level::Must,
        requirement: "A length of 2^64-1 is no length, and nothing is added to it before it is refused.",
        sends: "the header of a frame of 2^64-1 bytes, and a text message behind it",
        expects: "a Close 1002 or 1009, or the end of the connection",
        run: |trial| takes_no_such_length(trial, u64::MAX),
    },
    Case {
        address: "ws/10.4/2",
        level: Level::Must,
        // s10.4: "Implementations that have implementation- and/or platform-specific limitations regarding the frame size or
        // total message size after reassembly from multiple frames MUST protect themselves against exceeding those limits."
        requirement: "A length of 2^63-1, the highest that may be sent, is not cut to what fits, and brings nobody down.",
        sends: "the header of a frame of 2^63-1 bytes, and a text message behind it; then a text message on another connection",
        expects: "no message on the first, and the echo on the other",
        run: |trial| takes_no_such_length(trial, (1 << 63) - 1),
    },
    Case {
        address: "ws/10.4/3",
        level: Level::Must,
        requirement: "A length of 2^32+5 is not cut to its low 32 bits, which are 5.",
        sends: "the header of a frame of 2^32+5 bytes, 5 of them, and a text message behind; then a text message on another connection",
        expects: "no message on the first, and the echo on the other",
        run: |trial| takes_no_such_length(trial, (1 << 32) + 5),
    },
    Case {
        address: "ws/10.4/4",
        level: Level::Should,
        // s10.4: "Such an implementation SHOULD impose a limit on frame sizes and the total message size after reassembly from
        // multiple frames." Its example is "a single big frame (e.g., of size 2**60)".
        requirement: "A frame that nobody has room for is refused by its header, without waiting for its payload.",
        sends: "the header of a frame of 2^60 bytes, and the first byte of its payload",
        expects: "a Close 1009, or the end of the connection",
        run: |trial| refuses_by_header(trial, 1 << 60),
    },
    Case {
        address: "ws/10.4/5",
        level: Level::Should,
        // s10.4: "by sending a long stream of small frames that are a part of a fragmented message".
        requirement: "A message without an end is refused at some size, whatever the size of its fragments.",
        sends: "fragments of 64 KiB without an end, 128 MiB of them",
        expects: "a Close 1009, the end of the connection, or an echo that goes out while the message comes in",
        run: |trial| endless(trial),
    },
];

/// A frame with these RSV bits fails the connection.
fn refuses_bits(trial: &mut Trial, opcode: Opcode, rsv: u8) -> Verdict {
    let frames = vec![Handmade { rsv, ..trial.frame(opcode, "reserved") }, trial.text("still here?")];
    refuses(trial, frames, 0)
}

/// A frame of each of these opcodes, on a connection of its own, fails it.
fn refuses_opcodes(trial: &mut Trial, opcodes: &[u8]) -> Verdict {
    opcodes.iter().try_for_each(|opcode| {
        let frames = vec![trial.frame(Opcode::Reserved(*opcode), "reserved"), trial.text("still here?")];
        refuses(trial, frames, 0)
    })
}

/// Of these frames, sent in one write, the one with this index fails the connection.
fn refuses(trial: &mut Trial, frames: Vec<Handmade>, bad: usize) -> Verdict {
    let mut link = trial.open()?;
    link.send_all(&frames);
    let heard = link.hear();
    let verdict = link.failed(&heard, &[1002]);
    match cause::of_meaningless(&frames[bad], &heard) {
        Some(cause) => because(verdict, &cause),
        None => verdict,
    }
}

/// A frame that announces so many bytes, and brings one.
fn announced(trial: &mut Trial, length: u64) -> Handmade {
    Handmade { length: Some(length), ..trial.frame(Opcode::Binary, "x") }
}

/// Nothing is answered on the connection, and others are served.
///
/// A server without a limit waits for the rest, and need not say that it does. FIN tells it that there is no rest.
fn takes_no_such_length(trial: &mut Trial, length: u64) -> Verdict {
    // Whoever keeps 32 bits of the length finds a whole frame here where those are a small number.
    let low = Some(length as u32 as usize).filter(|low| *low < 126).unwrap_or(0);
    let words = trial.words(low);
    let frames = [Handmade { length: Some(length), ..trial.text(&words) }, trial.text("still here?")];
    let mut link = trial.open()?;
    link.send_all(&frames);
    link.finish();
    let heard = link.hear();
    let verdict = link.failed(&heard, &[1009, 1002]);
    match cause::of_announced(&heard) {
        Some(cause) => because(verdict, &cause)?,
        None => verdict?,
    }
    // A server may serve one client at a time: that is asked in stage 14.
    drop(link);
    let text = trial.text("and others?");
    let served = trial.open().and_then(|mut link| link.echo(&text));
    told_as(served, "a length that is announced on one connection has ended the server")
}

/// A frame that announces too much is refused before it is there.
fn refuses_by_header(trial: &mut Trial, length: u64) -> Verdict {
    let frame = announced(trial, length);
    let mut link = trial.open()?;
    link.send(&frame);
    let cause = "the server waits for the payload: look at the length as soon as the header is there (s10.4)";
    match link.hear() {
        Heard::End(End::Silence(time)) => {
            let expected = "the end of the connection, best with a Close 1009";
            Err(Failure::new(expected, End::Silence(time).words()).because(cause).into())
        }
        heard => link.failed(&heard, &[1009, 1002]),
    }
}

/// A message that does not end is refused, or is echoed as it comes and so takes no room.
fn endless(trial: &mut Trial) -> Verdict {
    // The key that changes nothing: the checker has no time to mask all that.
    let part = |opcode| Handmade { fin: false, mask: Some(ZERO), ..Handmade::new(opcode, vec![0; FRAGMENT]) };
    let before = trial.memory().ok();
    trial.take_time(10);
    let mut link = trial.open()?;
    link.send(&part(Opcode::Binary));
    let taken =
        link.pour_until_answered(&part(Opcode::Continuation).encode(), ENDLESS / FRAGMENT, trial.settings.timeout)
            * FRAGMENT;
    let ping = trial.frame(Opcode::Ping, "still here?");
    link.send(&ping);
    let heard = match link.frame() {
        Ok(frame) if !frame.header.fin => {
            link.note("the echo goes out while the message comes in: legal, and it takes no room");
            return Ok(());
        }
        Ok(frame) if frame.header.opcode == Opcode::Close => Heard::Close(frame.payload),
        Ok(frame) if frame.header.opcode == Opcode::Pong => Heard::Pong(frame.payload),
        Ok(frame) => Heard::Wrong(frame, "the message has no end yet"),
        Err(end) => Heard::End(end),
    };
    if matches!(heard, Heard::Close(_) | Heard::End(End::Fin | End::Reset(_))) {
        return link.failed(&heard, &[1009]);
    }
    if taken < TELLING {
        let words =
            format!("the server took only {} MiB in the time there was, so that no limit can show", taken >> 20);
        return Err(Stop::Skipped(words));
    }
    let memory = before.zip(trial.memory().ok()).map(|(before, now)| now.saturating_sub(before) >> 20);
    let memory = memory.map_or(String::new(), |grown| format!(", and {grown} MiB more in use"));
    let heard = if matches!(heard, Heard::End(_)) { "no answer".to_owned() } else { heard.words() };
    let came = format!("{heard} after {} MiB{memory}", taken >> 20);
    let cause =
        "the fragments are kept without a limit: add up their lengths, and answer 1009 when a message grows too long";
    Err(Failure::new("a Close 1009, or the end of the connection", came).because(cause).into())
}
