//! Stage 1: a request is read, however it comes.
//!
//! What a server answers is not looked at here, but that it answers the same, whether the request comes in one piece or in
//! many. The pieces are sent apart in time: what TCP carries is a stream, and where one read ends says nothing.

use crate::check::ask::Ask;
use crate::check::busy::BUSY;
use crate::check::case::{Case, Failure, Level, Stop, Verdict, because, told_as};
use crate::check::link::{Answer, End};
use crate::check::opening::has_status;
use crate::check::trial::Trial;
use crate::wire::escape;
use std::time::Duration;

/// Long enough that two pieces come in two reads.
const APART: Duration = Duration::from_millis(30);

const ONE_READ: &str =
    "one read is not one request: read on, and put together what comes, until the empty line is there";

const EACH_PIECE: &str =
    "each piece is searched for the empty line, \\r\\n\\r\\n, by itself: search everything that has come so far";

const GONE: &str =
    "a read that brings 0 bytes, or an error, ends more than that one connection: catch both where it is served";

/// The cases of this stage.
pub const CASES: &[Case] = &[
    Case {
        address: "http/9112/4/1",
        level: Level::Must,
        requirement: "A request is answered with a head of HTTP/1.",
        sends: "a right opening handshake, in one piece",
        expects: "a status line, fields and an empty line",
        run: |trial| {
            let verdict = trial.usual_status().map(drop);
            // The look at the port, before all cases, has left without a word, and that is enough.
            if verdict.is_err() && trial.is_busy() { told_as(verdict, BUSY) } else { verdict }
        },
    },
    Case {
        address: "http/9112/2.1/1",
        level: Level::Must,
        // RFC 9112 s2.1: "HTTP-message = start-line CRLF *( field-line CRLF ) CRLF [ message-body ]"
        requirement: "Every line of an answer's head ends with CR LF.",
        sends: "a right opening handshake",
        expects: "a head in which every LF has a CR before it",
        run: ends_with_crlf,
    },
    Case {
        address: "http/9112/2.2/1",
        level: Level::Must,
        // RFC 9112 s2.2: "The normal procedure for parsing an HTTP message is to read the start-line into a structure, read each
        // header field line into a hash table by field name until the empty line, and then use the parsed data".
        requirement: "A request is read until its empty line has come, in however many pieces.",
        sends: "an opening handshake, its first and its last 24 bytes one by one",
        expects: "the answer that it gets in one piece",
        run: |trial| {
            let ask = trial.ask();
            let len = ask.encode().len();
            // Not all of it: a server may take hundreds of single bytes for an attack.
            let cuts: Vec<usize> = (1..=24).chain(len - 24..len).collect();
            as_in_one_piece(trial, &ask, &cuts, Duration::from_millis(1))
        },
    },
    Case {
        address: "http/9112/2.2/2",
        level: Level::Must,
        requirement: "The empty line is found where a read ends inside of it.",
        sends: "three opening handshakes: of each, the last one, two or three bytes come later",
        expects: "the answer that it gets in one piece",
        run: |trial| {
            let ask = trial.ask();
            let len = ask.encode().len();
            for late in 1..=3 {
                as_in_one_piece(trial, &ask, &[len - late], APART)?;
            }
            Ok(())
        },
    },
    Case {
        address: "http/9112/2.2/3",
        level: Level::Must,
        requirement: "A request is read whole, where it is longer than one read brings.",
        sends: "an opening handshake with a Cookie of 3,000 bytes",
        expects: "the answer that it gets without",
        run: |trial| {
            let ask = trial.ask();
            let cookie = format!("session={}", trial.words(3000));
            let ask = ask.and("Cookie", &cookie);
            let usual = trial.usual_status()?;
            let mut link = trial.connect()?;
            link.send_head_cut(&ask, &[1024, 2048], APART);
            let answer = link.answer();
            if answer.status() == Some(431) {
                // RFC 9110 s5.4: whoever finds the fields too large says so, and how much is too large is its own affair.
                trial.note("a head with a Cookie of 3,000 bytes is too large for it, and it says so: legal");
                return Ok(());
            }
            in_pieces(&answer, usual)
        },
    },
    Case {
        address: "http/9112/2.2/4",
        level: Level::Must,
        // RFC 9112 s2.2: "A recipient MUST parse an HTTP message as a sequence of octets in an encoding that is a superset of
        // US-ASCII".
        requirement: "A byte that is not ASCII does no harm in the value of a field.",
        sends: "an opening handshake with a field \"X-Name: caf\u{e9}\", in UTF-8",
        expects: "the answer that it gets without",
        run: |trial| {
            let ask = trial.ask().and("X-Name", "caf\u{e9}");
            let cause = "the head is decoded as ASCII: decode it as ISO 8859-1, which has a letter for every byte";
            because(as_in_one_piece(trial, &ask, &[], APART), cause)
        },
    },
    Case {
        address: "http/9112/2.2/5",
        level: Level::Should,
        // RFC 9112 s2.2: "a server that is expecting to receive and parse a request-line SHOULD ignore at least one empty line
        // (CRLF) received prior to the request-line."
        requirement: "An empty line before the request is passed over.",
        sends: "CR LF, and then an opening handshake",
        expects: "the answer that it gets without",
        run: |trial| {
            let usual = trial.usual_status()?;
            let mut ask = trial.ask();
            ask.method.insert_str(0, "\r\n");
            let cause = "the empty line is taken for a request line, or for the end of the head: skip it";
            because(trial.asked(&ask)?.expect_status(usual), cause)
        },
    },
    Case {
        address: "http/9110/5.4/1",
        level: Level::Should,
        // RFC 9110 s5.4: "A server that receives a request header field line, field value, or set of fields larger than it
        // wishes to process MUST respond with an appropriate 4xx (Client Error) status code." How much it wishes is its own
        // affair, so that it wishes for an end is a SHOULD here.
        requirement: "A head that grows and grows is refused.",
        sends: "an opening handshake with 2 MiB of fields",
        expects: "431, another status of 4xx, or the end of the connection",
        run: |trial| {
            let mut ask = trial.ask();
            for number in 0..512 {
                let value = trial.words(4096);
                ask = ask.and(&format!("X-Field-{number}"), &value);
            }
            let cause =
                "nobody counts the bytes of a head: a client that sends without end fills the memory; answer 431";
            trial.refused(&ask, &[431, 400, 413], cause)
        },
    },
    Case {
        address: "course/1/1",
        level: Level::Must,
        requirement: "A client that goes away before its request is whole does the server no harm.",
        sends: "nothing and FIN, half an opening handshake and FIN, half of one and a reset; then a whole one",
        expects: "the usual answer to the whole one; before it, where the process can be seen, one that waits",
        run: |trial| {
            let usual = trial.usual_status()?;
            let ask = trial.ask();
            let half = ask.encode().len() / 2;
            for bytes in [&[][..], &ask.encode()[..half]] {
                let mut link = trial.connect()?;
                link.send_bytes(bytes);
                link.finish();
                // What it says to half a request, if anything, is its own affair.
                link.answer();
            }
            let mut link = trial.connect()?;
            link.send_bytes(&ask.encode()[..half]);
            link.reset();
            if trial.is_busy() {
                let came = "one that works without a pause";
                return Err(Failure::new("a server that waits while nobody is connected", came).because(BUSY).into());
            }
            still_answers(trial, usual, GONE)
        },
    },
    Case {
        address: "course/1/2",
        level: Level::Must,
        requirement: "Bytes that are no request do the server no harm.",
        sends: "bytes that are no text, an empty line and FIN; then an opening handshake",
        expects: "the usual answer to the opening handshake",
        run: |trial| {
            let usual = trial.usual_status()?;
            let noise: Vec<u8> = trial.bytes(200).into_iter().map(|byte| byte | 0x80).collect();
            let mut link = trial.connect()?;
            link.send_bytes(&[&noise[..], b"\r\n\r\n"].concat());
            link.finish();
            link.answer();
            still_answers(
                trial,
                usual,
                "bytes that are no text raise an error, and it ends more than that one connection",
            )
        },
    },
];

/// Sends it cut at these places, and holds the answer against that to the right request in one piece.
fn as_in_one_piece(trial: &mut Trial, ask: &Ask, cuts: &[usize], apart: Duration) -> Verdict {
    let usual = trial.usual_status()?;
    let mut link = trial.connect()?;
    link.send_head_cut(ask, cuts, apart);
    if cuts.is_empty() { link.expect_status(usual) } else { in_pieces(&link.answer(), usual) }
}

/// The answer to a request in pieces. A server that answers a part of one takes it for all; one that goes on waiting has
/// not seen the end.
fn in_pieces(answer: &Answer, usual: u16) -> Verdict {
    let cause = if matches!(answer, Answer::End(End::Silence(_))) { EACH_PIECE } else { ONE_READ };
    told_as(has_status(answer, usual), cause)
}

/// One more request is answered as the first was.
fn still_answers(trial: &mut Trial, usual: u16, cause: &str) -> Verdict {
    let ask = trial.ask();
    let verdict = trial.asked(&ask).and_then(|mut link| link.expect_status(usual));
    told_as(verdict, cause)
}

fn ends_with_crlf(trial: &mut Trial) -> Verdict {
    let ask = trial.ask();
    let mut link = trial.asked(&ask)?;
    let Answer::Head(_) = link.answer() else {
        return Err(Stop::Skipped("there is no head: see http/9112/4/1".to_owned()));
    };
    let head = link.raw_head();
    let bare = (0..head.len()).filter(|at| head[*at] == b'\n' && (*at == 0 || head[at - 1] != b'\r')).count();
    if bare == 0 {
        return Ok(());
    }
    let lines = if bare == 1 { "1 line that ends" } else { &format!("{bare} lines that end") };
    let came = format!("{lines} with LF alone");
    let cause = match value_with_lf(head) {
        Some(name) if bare == 1 => {
            format!("the value of {name} ends with a line end of its own: cut it off (in Python, b64encode puts none)")
        }
        _ => "lines end with \\n: write \\r\\n".to_owned(),
    };
    Err(Failure::new("CR LF at the end of each line", came).because(cause).into())
}

/// The field whose line ends with LF alone, made safe for a terminal.
fn value_with_lf(head: &[u8]) -> Option<String> {
    let mut lines = head.split_inclusive(|byte| *byte == b'\n').skip(1);
    let line = lines.find(|line| line.ends_with(b"\n") && !line.ends_with(b"\r\n"))?;
    let colon = line.iter().position(|byte| *byte == b':')?;
    Some(escape::text(&line[..colon]))
}
