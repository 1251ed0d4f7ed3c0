//! Stage 8: TCP gives bytes and knows no frames. A frame may come in pieces, cut anywhere, and several may come at once.

use crate::check::case::{Case, Level, Stop, Verdict, told_as};
use crate::check::hear::Heard;
use crate::check::judge::{code_of, echoes, no_echo};
use crate::check::link::{Answer, Link};
use crate::check::trial::Trial;
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;
use std::time::Duration;

/// Between two pieces, so that each is read by itself. On a busy machine both may be read at once, and a server that is wrong
/// may pass; one that is right never fails.
const APART: Duration = Duration::from_millis(20);

/// The same for many pieces.
const CLOSE_BY: Duration = Duration::from_millis(5);

/// As long as no computer needs to send the rest of a frame, and a network may.
const LONG_APART: Duration = Duration::from_millis(250);

/// Why a frame that comes in pieces is lost.
const CUT: &str = "a read may end anywhere in a frame: keep what has come, and look again when there is more";

/// Why a frame that comes slowly is lost.
const SLOW: &str = "a frame is not wrong because it comes slowly: give its rest some seconds, a network may need them";

/// Why a frame that comes together with others is lost.
const GLUED: &str =
    "one read may bring several frames: take one after the other, until what is left is not a whole one";

/// The cases of this stage.
// s6.2: "Incoming data MUST be parsed as WebSocket frames as defined in Section 5.2." That is all that the RFC has to say about
// it: what comes is data, and where a read ends is not the protocol's business.
pub const CASES: &[Case] = &[
    Case {
        address: "ws/6.2/2",
        level: Level::Must,
        requirement: "A frame may be cut behind its first byte.",
        sends: "the first byte of a text, and the rest a moment later",
        expects: "the same text",
        run: |trial| cut(trial, 5, &[1], APART),
    },
    Case {
        address: "ws/6.2/3",
        level: Level::Must,
        requirement: "A frame may be cut within its masking key.",
        sends: "a text cut behind two bytes of the key",
        expects: "the same text",
        run: |trial| cut(trial, 5, &[4], APART),
    },
    Case {
        address: "ws/6.2/4",
        level: Level::Must,
        requirement: "A frame may be cut between its header and its payload.",
        sends: "the header of a text, and its payload a moment later",
        expects: "the same text",
        run: |trial| cut(trial, 5, &[6], APART),
    },
    Case {
        address: "ws/6.2/5",
        level: Level::Must,
        requirement: "A frame may be cut within its payload, and the masking key goes on where it has stopped.",
        sends: "a text of 23 bytes, cut behind 5",
        expects: "the same text",
        run: |trial| cut(trial, 23, &[6 + 5], APART),
    },
    Case {
        address: "ws/6.2/6",
        level: Level::Must,
        requirement: "A frame may be cut within a length of two bytes.",
        sends: "a text of 300 bytes, cut between the two bytes of its length",
        expects: "the same text",
        run: |trial| cut(trial, 300, &[3], APART),
    },
    Case {
        address: "ws/6.2/7",
        level: Level::Must,
        requirement: "A frame may be cut within a length of eight bytes.",
        sends: "a text of 65536 bytes, cut behind 1 and behind 7 bytes of its length",
        expects: "the same text",
        run: |trial| cut(trial, 65_536, &[3, 9], APART),
    },
    Case {
        address: "ws/6.2/8",
        level: Level::Must,
        requirement: "A frame may come byte by byte.",
        sends: "a text of 7 bytes in 13 pieces",
        expects: "the same text",
        run: |trial| cut(trial, 7, &(1..13).collect::<Vec<_>>(), CLOSE_BY),
    },
    Case {
        address: "course/8/1",
        level: Level::Must,
        // No RFC says how long. A quarter of a second is a bad mobile network.
        requirement: "The rest of a frame may take its time.",
        sends: "half a text, and the other half 250 ms later",
        expects: "the same text",
        run: |trial| told_as(cut(trial, 20, &[16], LONG_APART), SLOW),
    },
    Case {
        address: "ws/6.2/9",
        level: Level::Must,
        requirement: "Several frames may come at once, and are answered in their order.",
        sends: "three texts in one write",
        expects: "the same three texts",
        run: |trial| glued(trial, &[(Opcode::Text, 5), (Opcode::Text, 6), (Opcode::Text, 7)]),
    },
    Case {
        address: "ws/6.2/10",
        level: Level::Must,
        requirement: "Each of several frames that come at once has its own opcode and its own form of length.",
        sends: "texts and binary data of 0 to 300 bytes in one write",
        expects: "the same messages",
        run: |trial| {
            let (text, binary) = (Opcode::Text, Opcode::Binary);
            glued(trial, &[(text, 300), (binary, 1), (text, 0), (binary, 126), (text, 125), (text, 2)])
        },
    },
    Case {
        address: "ws/6.2/11",
        level: Level::Must,
        requirement: "Many frames may come at once, more than one read brings.",
        sends: "200 texts of 200 bytes in one write",
        expects: "the same 200 texts",
        run: |trial| glued(trial, &[(Opcode::Text, 200); 200]),
    },
    Case {
        address: "ws/6.2/12",
        level: Level::Must,
        requirement: "A whole frame is answered while the next one is still on its way.",
        sends: "a text and the first half of another one in one write, and the rest when the first is answered",
        expects: "the first text before the rest is sent, and then the other one",
        run: |trial| {
            let (mut link, [first, second]) = (trial.open()?, texts(trial));
            behind(&mut link, &first, &second, second.encode().len() / 2)
        },
    },
    Case {
        address: "ws/6.2/13",
        level: Level::Must,
        requirement: "The cut may be at every place of a frame.",
        sends: "a text and the beginning of another one in one write, and the rest when the first is answered: for each \
                length of the beginning",
        expects: "each text",
        run: cut_everywhere,
    },
    Case {
        address: "ws/6.2/14",
        level: Level::Must,
        requirement: "A frame may be longer than any read.",
        sends: "a text of 256 KiB in one frame",
        expects: "the same text",
        run: long,
    },
    Case {
        address: "ws/4.1/1",
        level: Level::May,
        // s4.1: "Once the client's opening handshake has been sent, the client MUST wait for a response from the server
        // before sending any further data." So a server owes nothing here.
        requirement: "Frames that come together with the request are not lost.",
        sends: "a request and a text behind it in one write, which a client must not do",
        expects: "101 and the same text",
        run: with_the_request,
    },
];

/// A text of so many bytes, cut at these places of its frame.
fn cut(trial: &mut Trial, len: usize, cuts: &[usize], apart: Duration) -> Verdict {
    let (mut link, text, key) = (trial.open()?, trial.words(len), trial.soft_key());
    let frame = Handmade { mask: Some(key), ..trial.text(&text) };
    link.send_cut(&frame, cuts, apart);
    expect_long_echo(&mut link, &frame, CUT)
}

/// Messages of these kinds and lengths in one write.
fn glued(trial: &mut Trial, messages: &[(Opcode, usize)]) -> Verdict {
    let mut link = trial.open()?;
    let frame = |(opcode, len): &(Opcode, usize)| {
        let words = trial.words(*len);
        trial.frame(*opcode, words)
    };
    let frames: Vec<Handmade> = messages.iter().map(frame).collect();
    link.send_all(&frames);
    frames.iter().try_for_each(|frame| link.expect_echo_else(frame, GLUED))
}

/// A frame and the first bytes of the next one in one write. That the first is answered shows that both have been read; then
/// the rest comes.
fn behind(link: &mut Link, first: &Handmade, second: &Handmade, cut: usize) -> Verdict {
    let rest = second.encode().split_off(cut);
    let mut begin = [first.encode(), second.encode()].concat();
    begin.truncate(begin.len() - rest.len());
    link.send_bytes(&begin);
    link.expect_echo_else(first, "a frame that is whole is answered, whatever has come behind it")?;
    link.send_bytes(&rest);
    link.expect_echo_else(second, CUT)
}

fn cut_everywhere(trial: &mut Trial) -> Verdict {
    let mut link = trial.open()?;
    let len = texts(trial)[1].encode().len();
    (1..len).try_for_each(|cut| {
        let [first, second] = texts(trial);
        behind(&mut link, &first, &second, cut)
    })
}

/// Two texts under soft keys.
fn texts(trial: &mut Trial) -> [Handmade; 2] {
    [4, 11].map(|len| {
        let (text, key) = (trial.words(len), trial.soft_key());
        Handmade { mask: Some(key), ..trial.text(&text) }
    })
}

/// No longer than the buffers of both ends: a server that sends back what it has while more is coming need not wait for us.
fn long(trial: &mut Trial) -> Verdict {
    let text = trial.words(256 << 10);
    let (mut link, frame) = (trial.open()?, trial.text(&text));
    link.send(&frame);
    expect_long_echo(&mut link, &frame, "a long payload comes in many reads: go on until all of it is there")
}

/// A server may take no message of this length (s10.4), and then the case does not fit it.
fn expect_long_echo(link: &mut Link, sent: &Handmade, cause: &str) -> Verdict {
    match link.hear() {
        Heard::Close(payload) if code_of(&payload) == Some(1009) => {
            let len = sent.payload.len();
            Err(Stop::Skipped(format!(
                "the server takes no message of {len} bytes and says so with 1009: legal (s10.4)"
            )))
        }
        // What is wrong with it shows in its bytes, unless it is right and too short.
        heard @ Heard::Message(_) if !is_beginning(sent, &heard) => echoes(sent, &heard),
        heard => Err(no_echo(sent, &heard).because(cause).into()),
    }
}

fn is_beginning(sent: &Handmade, heard: &Heard) -> bool {
    let Heard::Message(came) = heard else { return false };
    came.payload.len() < sent.payload.len() && sent.payload.starts_with(&came.payload)
}

fn with_the_request(trial: &mut Trial) -> Verdict {
    let (ask, text) = (trial.ask(), trial.text("early"));
    let mut link = trial.connect()?;
    link.send_bytes(&[ask.encode(), text.encode()].concat());
    match link.answer() {
        Answer::Head(head) if head.status == 101 => {}
        answer => {
            link.note(format!("the answer is {}: legal, for a client must wait for the 101 (s4.1)", answer.words()));
            return Ok(());
        }
    }
    // Whether it is lost shows what comes next: this or that.
    let next = trial.text("late");
    link.send(&next);
    if let Heard::Message(came) = link.hear()
        && came.payload == next.payload
    {
        link.note(
            "frames that come together with the request are lost: legal, for a client must wait for the 101 (s4.1)",
        );
    }
    Ok(())
}
