//! Level 3: what happens, and what each end sees of it.

use super::super::answer::Answer;
use super::super::dice::Dice;
use super::super::draft::{Draft, Material};
use super::super::frame::{Sent, with_any_code};
use super::super::judge;
use super::super::told::Told;
use crate::protocol::header::Header;
use crate::protocol::opcode::Opcode;
use crate::protocol::rules::{self, MessageInProgress};
use crate::wire::lines::role;
use tungstenite::protocol::Role;

/// Something that happens, and the code that belongs to it. It is so by rule: the section is where.
#[derive(Clone, Copy)]
struct Situation {
    story: &'static str,
    ask: &'static str,
    code: u64,
    why: &'static str,
    section: &'static str,
}

const SENT: &str = "Which code belongs in the Close?";
const AT_SERVER: &str = "Which code does the server's library report?";
const AT_CLIENT: &str = "Which code does the client's library report?";
const AT_BOTH: &str = "Which code do the libraries at both ends report?";

/// What ends with a Close that says why.
const CLOSED: [Situation; 11] = [
    Situation {
        story: "A client has all that it came for, and ends the connection in order.",
        ask: SENT,
        code: 1000,
        why: "The purpose for which the connection was opened is fulfilled: normal closure.",
        section: "RFC 6455 s7.4.1",
    },
    Situation {
        story: "A reader leaves a page; the browser closes the WebSocket that a script of the page has opened.",
        ask: SENT,
        code: 1001,
        why: "An endpoint goes away, as a browser that leaves the page does.",
        section: "RFC 6455 s7.4.1",
    },
    Situation {
        story: "An operator stops a server for good; it says goodbye to each client.",
        ask: SENT,
        code: 1001,
        why: "An endpoint goes away, as a server that goes down does.",
        section: "RFC 6455 s7.4.1",
    },
    Situation {
        story: "A server of a chat understands text alone, and gets a binary message that breaks no rule of the protocol.",
        ask: SENT,
        code: 1003,
        why: "A type of data that the endpoint cannot accept: unsupported data.",
        section: "RFC 6455 s7.4.1",
    },
    Situation {
        story: "A server gets a text message whose bytes are Latin-1: `caf` and then e9.",
        ask: SENT,
        code: 1007,
        why: "The data is not what the type of its message promises: e9 at the end begins a character of UTF-8 that never ends.",
        section: "RFC 6455 s8.1",
    },
    Situation {
        story: "A client writes ten times more messages a second than the chat's house rules allow. No other code fits, and the \
                server does not want to say more.",
        ask: SENT,
        code: 1008,
        why: "A message that breaks the endpoint's policy. It is the code to take when no other fits.",
        section: "RFC 6455 s7.4.1",
    },
    Situation {
        story: "A client cannot work without an extension that it has offered, and the server's 101 has not named it.",
        ask: SENT,
        code: 1010,
        why: "Only a client sends this one: a server would have refused the handshake instead.",
        section: "RFC 6455 s7.4.1",
    },
    Situation {
        story: "The database behind a server fails, and the server cannot do what a client has asked for.",
        ask: SENT,
        code: 1011,
        why: "An unexpected condition keeps the server from fulfilling the request: internal error.",
        section: "RFC 6455 s7.4.1",
    },
    Situation {
        story: "A client sends a frame without a mask.",
        ask: SENT,
        code: 1002,
        why: "A server that gets it must close the connection, and may send the code for a protocol error.",
        section: "RFC 6455 s5.1",
    },
    Situation {
        story: "A server sends a frame with a mask.",
        ask: SENT,
        code: 1002,
        why: "A client that gets it must close the connection, and may send the code for a protocol error.",
        section: "RFC 6455 s5.1",
    },
    Situation {
        story: "A client sends a Ping with a payload of 126 bytes.",
        ask: SENT,
        code: 1002,
        why: "The payload of a control frame has 125 bytes at the most; more is a protocol error.",
        section: "RFC 6455 s5.5",
    },
];

/// What ends without one, so that a program has to be told by its library.
const UNSAID: [Situation; 7] = [
    Situation {
        story: "A script calls `socket.close()` without a code, so that the browser's Close has no payload.",
        ask: AT_SERVER,
        code: 1005,
        why: "There was a Close, and no code in it: no status received. 1005 is only reported, never sent.",
        section: "RFC 6455 s7.1.5",
    },
    Situation {
        story: "A server answers a Close that has no payload with another that has none. The client's library has a code to \
                report in any case.",
        ask: AT_CLIENT,
        code: 1005,
        why: "There was a Close, and no code in it: no status received. 1005 is only reported, never sent.",
        section: "RFC 6455 s7.1.5",
    },
    Situation {
        story: "A server's process is killed with SIGKILL. The system ends its TCP connections.",
        ask: AT_CLIENT,
        code: 1006,
        why: "TCP ended, and no Close came before: abnormal closure. 1006 is only reported, never sent.",
        section: "RFC 6455 s7.1.5",
    },
    Situation {
        story: "A proxy on the way ends TCP after 60 seconds in which nobody has said anything.",
        ask: AT_BOTH,
        code: 1006,
        why: "TCP ended, and no Close came before: abnormal closure. A proxy that passes bytes on sends no Close of its own.",
        section: "RFC 6455 s7.1.5",
    },
    Situation {
        story: "A laptop's cable is pulled. After a Ping that nobody answers the server gives the connection up; a minute later \
                the laptop's program notices as well.",
        ask: AT_BOTH,
        code: 1006,
        why: "No Close came: abnormal closure. 1006 is only reported, never sent.",
        section: "RFC 6455 s7.1.5",
    },
    Situation {
        story: "A client gets a TCP reset in the middle of a frame.",
        ask: AT_CLIENT,
        code: 1006,
        why: "TCP ended, and no Close came before: abnormal closure. 1006 is only reported, never sent.",
        section: "RFC 6455 s7.1.5",
    },
    Situation {
        story: "A client connects to a wss:// address whose certificate has expired. Its library has a code of its own for \
                that, and not the one for any abnormal closure.",
        ask: AT_CLIENT,
        code: 1015,
        why: "The TLS handshake failed. 1015 is only reported, never sent. (A browser's script is told 1006: it is not to learn \
              more.)",
        section: "RFC 6455 s7.4.1",
    },
];

/// Which code.
pub(super) fn situation(dice: &mut Dice) -> Draft {
    let Situation { story, ask, code, why, section } = dice.turn_of(&[CLOSED.as_slice(), &UNSAID].concat());
    Draft::new(format!("{story} {ask}"), Answer::Number(code)).because(why, section)
}

const ENDS: &[&str] = &["client", "server", "either"];

/// A question about the two ends, the place of the answer in [`ENDS`], why, and where that stands.
type Who = (&'static str, usize, &'static str, &'static str);

const WHO: [Who; 9] = [
    ("Who may send the first Close?", 2, "Either peer can begin the closing handshake.", "RFC 6455 s1.4"),
    (
        "Both have sent a Close and have got one. Who is to end TCP first?",
        1,
        "The server, at once. So TIME_WAIT stays with the server, where it does not keep anybody from connecting again.",
        "RFC 6455 s7.1.1",
    ),
    (
        "The client has sent the first Close, and the server's has come. Who is to end TCP first?",
        1,
        "The server does, whoever has begun: the client waits for it, and ends TCP itself only if it takes too long.",
        "RFC 6455 s7.1.1",
    ),
    (
        "After a closing handshake in order, which end keeps TCP in TIME_WAIT?",
        1,
        "TIME_WAIT is at the one that ends TCP first, which is the server.",
        "RFC 6455 s7.1.1",
    ),
    (
        "Whose Close is masked?",
        0,
        "A Close is a frame like any other: a client masks it and a server does not.",
        "RFC 6455 s5.1",
    ),
    (
        "Who may send a Ping while the connection is open?",
        2,
        "Either end may send a Ping at any time, once the connection is open and until it is closed.",
        "RFC 6455 s5.5.2",
    ),
    (
        "Who may send 1010, that an extension was expected?",
        0,
        "A server does not need it: it can fail the opening handshake instead.",
        "RFC 6455 s7.4.1",
    ),
    (
        "Who may send 1001, that it goes away?",
        2,
        "A server that goes down does, and a browser that leaves the page.",
        "RFC 6455 s7.4.1",
    ),
    (
        "Who has to answer a Close that it gets, if it has sent none?",
        2,
        "An endpoint that gets a Close and has sent none must send one.",
        "RFC 6455 s5.5.1",
    ),
];

/// Which end.
pub(super) fn who(dice: &mut Dice) -> Draft {
    let (ask, end, why, section) = dice.turn_of(&WHO);
    Draft::new(ask, Answer::Word(ENDS, end)).because(why, section)
}

/// Whether a message is too big: its fragments are counted together.
pub(super) fn limit(dice: &mut Dice) -> Draft {
    const KIB: u64 = 1024;
    let limit = KIB * dice.one_of(&[16, 64, 256, 1024]);
    let parts = dice.between(1, 3);
    // Together they are a little below the limit, at it, or above it.
    let whole = match dice.below(4) {
        0 => limit,
        1 => limit / 4 * 3,
        2 => limit + KIB,
        _ => limit * 2,
    };
    let lengths: Vec<u64> =
        (0..parts).map(|part| whole / KIB / parts + u64::from(part < whole / KIB % parts)).collect();
    let mut message = MessageInProgress::default();
    let mut refused = None;
    for (part, length) in (1..).zip(&lengths) {
        let opcode = if part == 1 { Opcode::Binary } else { Opcode::Continuation };
        let header = Header { fin: part == parts, mask: Some([0; 4]), ..Header::new(opcode, length * KIB) };
        refused = refused.or_else(|| rules::check(&header, Role::Server, &message, limit).err());
        message.advance(&header);
    }
    let sizes: Vec<String> = lengths.iter().map(|length| format!("{length} KiB")).collect();
    let story = match &sizes[..] {
        [before @ .., last] if !before.is_empty() => {
            format!("a binary message in {parts} fragments of {} and {last}", before.join(", "))
        }
        sizes => format!("a binary message of {} in one frame", sizes.concat()),
    };
    let ask = format!(
        "A server takes messages of up to {} KiB, and a client sends {story}. Which code does the server's Close have? Write 0 \
         if it takes the message.",
        limit / KIB
    );
    let total = lengths.iter().sum::<u64>();
    let counted =
        if parts == 1 { "The message is" } else { "The limit is for the message, whose fragments are together" };
    let why = match &refused {
        Some(violation) => format!("{counted} {total} KiB: {}, which is {} KiB.", violation.why, limit / KIB),
        None => format!("{counted} {total} KiB, which is not more than the limit."),
    };
    let section = refused.as_ref().map_or("s10.4", |violation| violation.section);
    Draft::new(ask, Answer::Number(refused.as_ref().map_or(0, |violation| u64::from(violation.code))))
        .because(why, format!("RFC 6455 {section}"))
}

/// The code for frames that break a rule.
pub(super) fn fault(dice: &mut Dice) -> Draft {
    let Sent { from, bytes, .. } = with_any_code(dice);
    let judged = judge::frames(&bytes, from);
    let fault = judged.first_fault().map(|(_, violation)| violation);
    let (why, section) = fault.map_or((String::new(), "s7.4.1"), |fault| (fault.why.clone(), fault.section));
    let other = if from == Role::Client { "server" } else { "client" };
    let aside = if judged.is_cut() { "; the payload of a long one is left out" } else { "" };
    let before =
        format!("A {} sent this, the first frames behind an opening handshake without extensions{aside}:", role(from));
    let code = fault.map_or(0, |fault| u64::from(fault.code));
    Draft::new(format!("The {other} fails the connection. Which code does its Close have?"), Answer::Number(code))
        .about(before, Material::Bytes(bytes.clone()))
        .because(format!("In decode's words: {why}."), format!("RFC 6455 {section}"))
        .told(Told::Frames(bytes, from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::close::may_travel;

    #[test]
    fn what_is_sent_may_be_sent_and_what_is_only_reported_may_not() {
        assert!(CLOSED.iter().all(|situation| may_travel(situation.code as u16)));
        assert!(UNSAID.iter().all(|situation| !may_travel(situation.code as u16)));
    }

    /// A story that named its code would answer itself; one without a section would be somebody's opinion.
    #[test]
    fn no_story_tells_its_end() {
        for Situation { story, ask, code, why, section } in CLOSED.iter().chain(&UNSAID) {
            assert!(!story.contains(&code.to_string()) && story.ends_with('.') && ask.ends_with('?'), "{story}");
            assert!(why.len() > 20 && section.starts_with("RFC 6455 s"), "{story}");
        }
        assert!(WHO.iter().all(|(ask, end, ..)| ask.ends_with('?') && *end < ENDS.len()));
    }
}
