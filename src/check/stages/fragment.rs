//! Stage 10: messages in several frames, with control frames in between.

use super::ping::past_pong;
use crate::check::case::{Case, Level, Stop, Verdict, because, told_as};
use crate::check::hear::Heard;
use crate::check::judge::{self, code_of, refused};
use crate::check::trial::Trial;
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;

const EMPTY: &str = "an empty fragment is taken for something else: it has no bytes and counts as any other (s5.4)";
const ORPHAN: &str = "a continuation is taken although no message is in progress: remember whether one is (s5.4)";
const INTERLEAVED: &str =
    "a new message is begun before FIN 1 has ended the one in progress: until then only opcode 0 goes on (s5.4)";

/// The cases of this stage.
pub const CASES: &[Case] = &[
    Case {
        address: "ws/5.4/1",
        level: Level::Must,
        // s5.4: "Clients and servers MUST support receiving both fragmented and unfragmented messages."
        requirement: "A message in two frames is one message.",
        sends: "a text frame with FIN 0, and a continuation with FIN 1, each with its own masking key",
        expects: "one text message with the payloads of both",
        run: |trial| whole(trial, Opcode::Text, &[7, 9]),
    },
    Case {
        address: "ws/5.4/2",
        level: Level::Must,
        // s5.4: "followed by zero or more frames with the FIN bit clear and the opcode set to 0"
        requirement: "A message in three frames is one message.",
        sends: "a text frame and two continuations, the last with FIN 1",
        expects: "one text message with the three payloads in their order",
        run: |trial| whole(trial, Opcode::Text, &[5, 6, 7]),
    },
    Case {
        address: "ws/5.4/3",
        level: Level::Must,
        // s5.4: "all fragments of a message are of the same type, as set by the first fragment's opcode"
        requirement: "The first frame says whether a message is text or binary.",
        sends: "a binary frame and two continuations",
        expects: "one binary message with the three payloads in their order",
        run: |trial| whole(trial, Opcode::Binary, &[4, 5, 6]),
    },
    Case {
        address: "ws/5.4/4",
        level: Level::Must,
        // s5.4: "A sender MAY create fragments of any size for non-control messages."
        requirement: "The first fragment may be empty.",
        sends: "an empty text frame with FIN 0, and a continuation with 8 bytes",
        expects: "one text message of 8 bytes",
        run: |trial| with_empty(trial, &[0, 8]),
    },
    Case {
        address: "ws/5.4/5",
        level: Level::Must,
        requirement: "A fragment in the middle may be empty, and ends nothing.",
        sends: "a text frame, an empty continuation with FIN 0, and one with FIN 1 and 6 bytes",
        expects: "one text message of 11 bytes",
        run: |trial| with_empty(trial, &[5, 0, 6]),
    },
    Case {
        address: "ws/5.4/6",
        level: Level::Must,
        requirement: "The last fragment may be empty, and ends the message.",
        sends: "a text frame with FIN 0, and an empty continuation with FIN 1",
        expects: "one text message of 8 bytes",
        run: |trial| with_empty(trial, &[8, 0]),
    },
    Case {
        address: "ws/5.4/7",
        level: Level::Must,
        requirement: "A message may be made of empty fragments only.",
        sends: "an empty text frame and two empty continuations",
        expects: "one empty text message",
        run: |trial| with_empty(trial, &[0, 0, 0]),
    },
    Case {
        address: "ws/5.4/8",
        level: Level::Must,
        requirement: "There may be many fragments, of one byte each.",
        sends: "a text message of 300 bytes in 300 frames",
        expects: "one text message of 300 bytes",
        run: |trial| whole(trial, Opcode::Text, &[1; 300]),
    },
    Case {
        address: "ws/5.4/9",
        level: Level::Must,
        requirement: "Fragments have lengths in each of the three forms.",
        sends: "a text message in three frames of 126, 65,536 and 125 bytes",
        expects: "one text message of 65,787 bytes",
        run: of_all_forms,
    },
    Case {
        address: "ws/5.4/10",
        level: Level::Must,
        requirement: "What is left of one message does not get into the next.",
        sends: "a text message in two frames, a text message in one, and a binary message in three, one after the other",
        expects: "three echoes, each with its own opcode and payload",
        run: one_after_the_other,
    },
    Case {
        address: "ws/5.4/11",
        level: Level::Must,
        // s5.4: "An endpoint MUST be capable of handling control frames in the middle of a fragmented message."
        requirement: "A Ping between two fragments is answered, and the message goes on.",
        sends: "a text frame with FIN 0, a Ping, and a continuation with FIN 1 in one write",
        expects: "a Pong and one text message without the payload of the Ping",
        run: |trial| with_control(trial, Opcode::Text, &[Opcode::Ping]),
    },
    Case {
        address: "ws/5.4/12",
        level: Level::Must,
        requirement: "Control frames may stand between all fragments of a message.",
        sends: "a binary message in four frames, and between them a Pong, a Ping and a Pong",
        expects: "a Pong and one binary message without the payloads of the control frames",
        run: |trial| with_control(trial, Opcode::Binary, &[Opcode::Pong, Opcode::Ping, Opcode::Pong]),
    },
    Case {
        address: "ws/5.4/13",
        level: Level::Must,
        requirement: "A Pong between two fragments changes nothing.",
        sends: "a text frame with FIN 0, a Pong, and a continuation with FIN 1 in one write",
        expects: "one text message without the payload of the Pong",
        run: |trial| {
            let mut frames = trial.fragments(Opcode::Text, &[b"before ", b"and behind"]);
            frames.insert(1, trial.frame(Opcode::Pong, "pong"));
            sent_whole(trial, &frames)
        },
    },
    Case {
        address: "ws/5.4/14",
        level: Level::Should,
        // s5.4: "NOTE: If control frames could not be interjected, the latency of a ping, for example, would be very long if
        // behind a large message." s5.5.2: "It SHOULD respond with Pong frame as soon as is practical."
        requirement: "A Ping between two fragments is answered before the message is whole.",
        sends: "a text frame with FIN 0 and a Ping; the last fragment when the Pong is there",
        expects: "the Pong, and then one text message",
        run: |trial| {
            let mut link = trial.open()?;
            let (frames, ping) =
                (trial.fragments(Opcode::Text, &[b"wait ", b"for it"]), trial.frame(Opcode::Ping, "now"));
            link.send_all(&[frames[0].clone(), ping.clone()]);
            let cause = "the Pong waits for the end of the message: answer a Ping where it is read (s5.5.2)";
            link.expect_pong_else(&ping, cause)?;
            link.send(&frames[1]);
            link.expect_whole(&frames)
        },
    },
    Case {
        address: "ws/5.4/15",
        level: Level::Must,
        // s5.4: "A fragmented message consists of a single frame with the FIN bit clear and an opcode other than 0, followed
        // by ..."
        requirement: "A continuation without a message to continue is an error.",
        sends: "a continuation with FIN 1 as the first frame, and behind it a text message",
        expects: "a Close with 1002, or the end of the connection",
        run: |trial| {
            let orphan = trial.frame(Opcode::Continuation, "nothing to continue");
            refused(trial, vec![orphan], &[1002], ORPHAN)
        },
    },
    Case {
        address: "ws/5.4/16",
        level: Level::Must,
        requirement: "A continuation can't begin a message in fragments either.",
        sends: "a continuation with FIN 0, one with FIN 1, and behind them a text message",
        expects: "a Close with 1002, or the end of the connection",
        run: |trial| {
            let frames = trial.fragments(Opcode::Continuation, &[b"nothing ", b"to continue"]);
            refused(trial, frames, &[1002], ORPHAN)
        },
    },
    Case {
        address: "ws/5.4/17",
        level: Level::Must,
        requirement: "A message in one frame can't be continued: it is over.",
        sends: "a text message in one frame, and when it is echoed a continuation with FIN 1 and a text message",
        expects: "the echo of the first, and then a Close with 1002, or the end of the connection",
        run: |trial| {
            let whole = vec![trial.text("it is over")];
            orphan_after(trial, whole)
        },
    },
    Case {
        address: "ws/5.4/18",
        level: Level::Must,
        requirement: "A message in fragments is over with the frame that has FIN 1.",
        sends: "a text message in two frames, and when it is echoed a continuation with FIN 1 and a text message",
        expects: "the echo of the first, and then a Close with 1002, or the end of the connection",
        run: |trial| {
            let whole = trial.fragments(Opcode::Text, &[b"it ", b"is over"]);
            orphan_after(trial, whole)
        },
    },
    Case {
        address: "ws/5.4/19",
        level: Level::Must,
        // s5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another message unless an
        // extension has been negotiated that can interpret the interleaving."
        requirement: "A new message before the end of another one is an error.",
        sends: "a text frame with FIN 0, a text frame with FIN 1, and behind them a text message",
        expects: "a Close with 1002, or the end of the connection",
        run: |trial| interleaved(trial, Opcode::Text, true),
    },
    Case {
        address: "ws/5.4/20",
        level: Level::Must,
        requirement: "A new message in fragments before the end of another one is an error.",
        sends: "a text frame with FIN 0, a text frame with FIN 0, a continuation with FIN 1, and behind them a text message",
        expects: "a Close with 1002, or the end of the connection",
        run: |trial| interleaved(trial, Opcode::Text, false),
    },
    Case {
        address: "ws/5.4/21",
        level: Level::Must,
        requirement: "A message of the other kind before the end of one is an error.",
        sends: "a text frame with FIN 0, a binary frame with FIN 1, and behind them a text message",
        expects: "a Close with 1002, or the end of the connection",
        run: |trial| interleaved(trial, Opcode::Binary, true),
    },
    Case {
        address: "ws/5.4/22",
        level: Level::Must,
        requirement: "An empty first fragment begins a message, which another one must not interrupt.",
        sends: "an empty text frame with FIN 0, a text frame with FIN 1, and behind them a text message",
        expects: "a Close with 1002, or the end of the connection",
        run: |trial| {
            let begun = Handmade { fin: false, ..trial.text("") };
            let new = trial.text("another one");
            refused(trial, vec![begun, new], &[1002], INTERLEAVED)
        },
    },
];

/// Sends a message in fragments of so many letters, all in one write, and expects it back as one.
fn whole(trial: &mut Trial, opcode: Opcode, lens: &[usize]) -> Verdict {
    let frames = of_letters(trial, opcode, lens);
    sent_whole(trial, &frames)
}

/// The same where one of them or more are empty.
fn with_empty(trial: &mut Trial, lens: &[usize]) -> Verdict {
    let mut link = trial.open()?;
    let frames = of_letters(trial, Opcode::Text, lens);
    link.send_all(&frames);
    let heard = link.hear();
    // A wrong opcode has nothing to do with what is empty.
    let is_about_opcodes = match &heard {
        Heard::Wrong(..) => true,
        Heard::Message(came) => came.payload.len() == lens.iter().sum::<usize>(),
        _ => false,
    };
    let verdict = judge::whole(&frames, heard);
    if is_about_opcodes { verdict } else { told_as(verdict, EMPTY) }
}

fn of_letters(trial: &mut Trial, opcode: Opcode, lens: &[usize]) -> Vec<Handmade> {
    let pieces: Vec<String> = lens.iter().map(|len| trial.words(*len)).collect();
    let pieces: Vec<&[u8]> = pieces.iter().map(|piece| piece.as_bytes()).collect();
    trial.fragments(opcode, &pieces)
}

fn sent_whole(trial: &mut Trial, frames: &[Handmade]) -> Verdict {
    let mut link = trial.open()?;
    link.send_all(frames);
    link.expect_whole(frames)
}

fn of_all_forms(trial: &mut Trial) -> Verdict {
    let mut link = trial.open()?;
    let frames = of_letters(trial, Opcode::Text, &[126, 65_536, 125]);
    link.send_all(&frames);
    match link.hear() {
        Heard::Close(payload) if code_of(&payload) == Some(1009) => {
            Err(Stop::Skipped("the server takes no message of that length, and says so with 1009".to_owned()))
        }
        heard => judge::whole(&frames, heard),
    }
}

fn one_after_the_other(trial: &mut Trial) -> Verdict {
    let mut link = trial.open()?;
    let messages = [
        trial.fragments(Opcode::Text, &[b"the first ", b"message"]),
        vec![trial.text("the second")],
        trial.fragments(Opcode::Binary, &[b"and ", b"the ", b"third"]),
    ];
    for frames in &messages {
        link.send_all(frames);
        link.expect_whole(frames)?;
    }
    Ok(())
}

/// A message with these control frames in it, one of them a Ping. Whether its Pong comes before the echo or behind it is
/// another case's matter.
fn with_control(trial: &mut Trial, opcode: Opcode, control: &[Opcode]) -> Verdict {
    let mut link = trial.open()?;
    let data = of_letters(trial, opcode, &vec![6; control.len() + 1]);
    let mut frames = Vec::new();
    for (at, fragment) in data.into_iter().enumerate() {
        frames.push(fragment);
        frames.extend(control.get(at).map(|opcode| trial.frame(*opcode, format!("control {at}"))));
    }
    link.send_all(&frames);
    let Some(ping) = frames.iter().find(|frame| frame.opcode == Opcode::Ping) else { return Ok(()) };
    let mut answered = false;
    judge::whole(&frames, past_pong(&mut link, ping, &mut answered))?;
    let cause = "a Ping between two fragments is lost: look at the opcode before the frame goes to the message (s5.4)";
    if answered { Ok(()) } else { link.expect_pong_else(ping, cause) }
}

/// A continuation when this message is echoed.
fn orphan_after(trial: &mut Trial, message: Vec<Handmade>) -> Verdict {
    let mut link = trial.open()?;
    link.send_all(&message);
    link.expect_whole(&message)?;
    let orphan = trial.frame(Opcode::Continuation, " or is it?");
    link.send_all(&[orphan, trial.text("the server went on")]);
    let cause = "a continuation joins a message that is over: with FIN 1 no message is in progress any more (s5.4)";
    because(link.expect_failed(&[1002]), cause)
}

/// A new message inside of a text message.
fn interleaved(trial: &mut Trial, opcode: Opcode, fin: bool) -> Verdict {
    let begun = Handmade { fin: false, ..trial.text("begun, ") };
    let mut frames = vec![begun, Handmade { fin, ..trial.frame(opcode, "another one, ") }];
    if !fin {
        frames.push(trial.frame(Opcode::Continuation, "and its end"));
    }
    refused(trial, frames, &[1002], INTERLEAVED)
}
