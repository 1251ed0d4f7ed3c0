//! Stage 14: several clients at once.
//!
//! RFC 6455 does not say how many a server serves: one at a time would be legal. Most cases here are the course's own rules.

use crate::check::case::{Case, Failure, Level, Stop, Verdict, told_as};
use crate::check::hear::Heard;
use crate::check::judge::{echoes, no_echo};
use crate::check::link::{Answer, End, Link};
use crate::check::trial::Trial;
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;
use std::time::Duration;

/// A server that serves whoever came first, and then the next.
const ONE_AT_A_TIME: &str = "the server serves one client at a time: give each connection a thread of its own, or a task, or \
                             wait for all of them at once (select, poll, epoll)";

/// Two writers on one socket.
const TORN: &str = "frames are mixed up on their way out: whoever writes to a socket holds a lock until the whole frame is \
                    written, or one thread alone writes";

/// Several workers for one connection.
const OVERTAKEN: &str = "a message is lost, or overtakes another one: what comes on a connection is answered in its order, so one \
                         thread or task answers it";

/// How long a server may leave bytes lying before it is taken to take no more of them: a busy one may only be slow.
const MOMENT: Duration = Duration::from_secs(1);

/// The cases of this stage.
pub const CASES: &[Case] = &[
    Case {
        address: "course/14/1",
        level: Level::Must,
        requirement: "A second client is served while the first says nothing.",
        sends: "an opening handshake, and on another connection an opening handshake and a text message",
        expects: "the echo on the other connection",
        run: |trial| {
            let _silent = trial.open()?;
            served(trial, ONE_AT_A_TIME).map(drop)
        },
    },
    Case {
        address: "course/14/2",
        level: Level::Must,
        requirement: "Each client gets its own echo, and no other.",
        sends: "a text message on each of four connections, before anything is read",
        expects: "on each the echo of its own message",
        run: |trial| each_its_own(trial, 4),
    },
    Case {
        address: "course/14/3",
        level: Level::Must,
        requirement: "A client that connects and sends nothing at all keeps nobody waiting.",
        sends: "nothing on one connection; an opening handshake and a text message on another",
        expects: "the echo on the other connection",
        run: |trial| {
            let _silent = trial.connect()?;
            served(
                trial,
                "the server waits for a request before it accepts the next connection: accept in a loop of its own",
            )
            .map(drop)
        },
    },
    Case {
        address: "course/14/4",
        level: Level::Must,
        requirement: "A client that has sent half of its request keeps nobody waiting.",
        sends: "half of a request on one connection; an opening handshake and a text message on another",
        expects: "the echo on the other connection",
        run: |trial| {
            let head = trial.ask().encode();
            let mut half = trial.connect()?;
            half.send_bytes(&head[..head.len() / 2]);
            served(trial, "the server waits for the rest of a request, and serves nobody until it has come").map(drop)
        },
    },
    Case {
        address: "course/14/5",
        level: Level::Must,
        requirement: "A client that has sent half a frame keeps nobody waiting.",
        sends: "half a frame on one connection; an opening handshake and a text message on another",
        expects: "the echo on the other connection, and on the first when the other half has come",
        run: |trial| {
            let frame = trial.text("in two halves");
            let bytes = frame.encode();
            let mut half = trial.open()?;
            half.send_bytes(&bytes[..9]);
            served(trial, "the server waits for the rest of a frame, and serves nobody until it has come")?;
            half.send_bytes(&bytes[9..]);
            half.expect_echo(&frame)
        },
    },
    Case {
        address: "course/14/6",
        level: Level::Must,
        requirement: "Every connection has a message of its own in progress.",
        sends: "the first fragments of two messages on two connections, and then the last ones",
        expects: "on each the echo of its own message",
        run: |trial| messages_in_progress(trial),
    },
    Case {
        address: "course/14/7",
        level: Level::Must,
        requirement: "When one client leaves, the others stay.",
        sends: "a Close on one of two connections, and a text message on the other",
        expects: "a Close on the first, and the echo on the other",
        run: |trial| {
            let (close, text) = (trial.frame(Opcode::Close, [0x03, 0xe8]), trial.text("still here"));
            let (mut leaves, mut stays) = (trial.open()?, another(trial)?);
            leaves.close_with(&close)?;
            leaves.expect_over()?;
            told_as(stays.echo(&text), "the end of one connection has ended another one: what is shared between them?")
        },
    },
    Case {
        address: "course/14/8",
        level: Level::Must,
        requirement: "When one client breaks the protocol, the others do not notice.",
        sends: "a first fragment on one connection, a Ping of 126 bytes on another, and the last fragment on the first",
        expects: "the end of the other connection, and the echo of the whole message on the first",
        run: |trial| {
            let wrong = trial.bytes(126);
            let wrong = trial.frame(Opcode::Ping, wrong);
            let first = Handmade { fin: false, ..trial.text("not ") };
            let last = trial.frame(Opcode::Continuation, "noticed");
            let (mut right, mut other) = (trial.open()?, another(trial)?);
            right.send(&first);
            other.send(&wrong);
            other.expect_failed(&[1002])?;
            right.send(&last);
            let cause = "an error on one connection has ended another one: catch it where the connection is served";
            told_as(right.expect_message(Opcode::Text, b"not noticed"), cause)
        },
    },
    Case {
        address: "course/14/9",
        level: Level::Must,
        requirement: "A client that sends and never reads keeps nobody waiting.",
        sends: "up to 16 MiB of messages on one connection, without reading; an opening handshake and a text message on another",
        expects: "the echo on the other connection",
        run: |trial| {
            let payload = trial.bytes(32 << 10);
            let frame = trial.frame(Opcode::Binary, payload).encode();
            let mut never_reads = trial.open()?;
            never_reads.pour(&frame, 512, MOMENT);
            served(trial, "a write to a client that does not read waits, and everybody else with it").map(drop)
        },
    },
    Case {
        address: "course/14/10",
        level: Level::Must,
        requirement: "A client that floods the server with Pings and reads no Pong keeps nobody waiting.",
        sends: "up to 60,000 Pings on one connection, without reading; an opening handshake and a text message on another",
        expects: "the echo on the other connection",
        run: |trial| {
            let pings: Vec<u8> = (0..1000)
                .flat_map(|_| {
                    let ping = trial.bytes(125);
                    trial.frame(Opcode::Ping, ping).encode()
                })
                .collect();
            let mut floods = trial.open()?;
            floods.pour(&pings, 60, MOMENT);
            served(trial, "a Pong to a client that does not read waits, and everybody else with it").map(drop)
        },
    },
    Case {
        address: "ws/5.5.3/7",
        level: Level::Must,
        // s5.5.3: "If an endpoint receives a Ping frame and has not yet sent Pong frame(s) in response to previous Ping
        // frame(s), the endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame."
        requirement: "Many Pings at once are answered in their order, if not each of them, and so is what comes behind them.",
        sends: "500 Pings, each with its number, and a text message, in one write",
        expects: "Pongs with numbers that grow, and the echo, or the end of the connection; then a Pong to a last Ping",
        run: |trial| ping_flood(trial),
    },
    Case {
        address: "course/14/11",
        level: Level::Must,
        requirement: "A Pong does not land in the middle of a frame, however much is on its way.",
        sends: "24 messages of 16 KiB with a Ping behind each, without reading in between",
        expects: "24 echoes in their order, and among them Pongs, every frame in one piece",
        run: |trial| {
            let wave = wave(trial, 24, 16 << 10);
            let mut link = trial.open()?;
            link.send_all(&wave);
            wave_comes_back(&mut link, &wave)
        },
    },
    Case {
        address: "course/14/12",
        level: Level::Must,
        requirement: "Eight clients that send at once all get all their echoes, every frame in one piece.",
        sends: "12 messages of 4 KiB with a Ping behind each, on each of eight connections, before anything is read",
        expects: "on each its 12 echoes in their order, and among them Pongs",
        run: |trial| {
            let mut clients = Vec::new();
            for _ in 0..8 {
                clients.push((another(trial)?, wave(trial, 12, 4 << 10)));
            }
            clients.iter_mut().for_each(|(link, wave)| link.send_all(wave));
            clients.iter_mut().try_for_each(|(link, wave)| wave_comes_back(link, wave))
        },
    },
    Case {
        address: "course/14/13",
        level: Level::Must,
        requirement: "Fifty clients can be connected at once.",
        sends: "a text message on each of fifty connections, before anything is read",
        expects: "on each the echo of its own message",
        run: |trial| each_its_own(trial, 50),
    },
    Case {
        address: "course/14/14",
        level: Level::Must,
        requirement: "Connections that come and go leave nothing behind that the next one could stumble over.",
        sends: "a hundred connections, one after the other: some end before a request, some in the middle of one, some behind \
                an opening handshake; then a text message on another",
        expects: "the echo of the text message",
        run: |trial| {
            trial.take_time(10);
            let head = trial.ask().encode();
            for round in 0..100 {
                let mut link = trial.connect()?;
                match round % 3 {
                    0 => {}
                    1 => link.send_bytes(&head[..head.len() / 2]),
                    _ => link = trial.open()?,
                }
                drop(link);
            }
            served(
                trial,
                "the server has run out of something: of threads, of sockets, or of patience with its list of clients",
            )
            .map(drop)
        },
    },
];

/// An open connection while there are others.
fn another(trial: &mut Trial) -> Result<Link, Stop> {
    beside(trial, ONE_AT_A_TIME)
}

/// The same. If nothing answers, this is why; a refusal says itself why.
fn beside(trial: &mut Trial, cause: &str) -> Result<Link, Stop> {
    let ask = trial.ask();
    let mut link = trial.connect()?;
    link.send_head(&ask);
    match link.answer() {
        Answer::Head(head) if head.status == 101 => Ok(link),
        answer => {
            let failure = Failure::new("101 Switching Protocols, while another client is there", answer.words());
            Err(if matches!(answer, Answer::End(_)) { failure.because(cause) } else { failure }.into())
        }
    }
}

/// An open connection on which an echo comes back, while there are others. If none does, this is why.
fn served(trial: &mut Trial, cause: &str) -> Result<Link, Stop> {
    let words = trial.words(12);
    let text = trial.text(&words);
    let mut link = beside(trial, cause)?;
    link.send(&text);
    link.expect_echo_else(&text, cause)?;
    Ok(link)
}

/// So many clients send, and then they read, the last one first.
fn each_its_own(trial: &mut Trial, count: usize) -> Verdict {
    trial.take_time(10);
    let mut clients = Vec::new();
    for number in 1..=count {
        let words = format!("client {number} {}", trial.words(8));
        let link = match number {
            1 | 2 => another(trial)?,
            _ => beside(trial, &no_more_than(number - 1))?,
        };
        clients.push((link, trial.text(&words)));
    }
    clients.iter_mut().for_each(|(link, text)| link.send(text));
    let all: Vec<Vec<u8>> = clients.iter().map(|(_, text)| text.payload.clone()).collect();
    clients.iter_mut().rev().try_for_each(|(link, text)| {
        let heard = link.hear();
        match &heard {
            Heard::Message(came) if came.payload == text.payload => Ok(()),
            Heard::Message(came) if all.contains(&came.payload) => {
                let cause =
                    "that is the message of another client: an echo goes to the connection it came from, and nowhere else";
                Err(no_echo(text, &heard).because(cause).into())
            }
            _ => Err(no_echo(text, &heard).into()),
        }
    })
}

fn no_more_than(clients: usize) -> String {
    format!(
        "{clients} clients are served at once, and no more: is there a pool of threads, or a list, of that size? Or have \
         earlier connections not given their places back when they ended with an error: does this case pass alone?"
    )
}

/// Two messages grow at the same time, on two connections.
fn messages_in_progress(trial: &mut Trial) -> Verdict {
    let cause = "the fragments of all clients are kept in one place: each connection needs a buffer of its own";
    let (mut one, mut two) = (trial.open()?, another(trial)?);
    for (link, words) in [(&mut one, "one "), (&mut two, "two ")] {
        link.send(&Handmade { fin: false, ..trial.text(words) });
        // Its Pong says that the fragment is there: without it, the server might not see the two at the same time.
        link.send(&trial.frame(Opcode::Ping, words));
        link.expect_pong(words.as_bytes())?;
    }
    for (link, whole) in [(&mut one, b"one end"), (&mut two, b"two end")] {
        link.send(&trial.frame(Opcode::Continuation, "end"));
        let (sent, heard) = (Handmade::new(Opcode::Text, whole.to_vec()), link.hear());
        let verdict = echoes(&sent, &heard);
        if matches!(heard, Heard::Message(_)) { told_as(verdict, cause)? } else { verdict? }
    }
    Ok(())
}

/// Messages of so many bytes, with a Ping behind each.
fn wave(trial: &mut Trial, messages: usize, len: usize) -> Vec<Handmade> {
    let mut wave = Vec::new();
    for number in 0..messages {
        let (payload, ping) = (trial.bytes(len), format!("ping {number}"));
        wave.push(trial.frame(Opcode::Binary, payload));
        wave.push(trial.frame(Opcode::Ping, ping));
    }
    wave
}

/// All messages of a wave come back in their order. Its Pings may share a Pong, and a Pong may come sooner than the echo.
fn wave_comes_back(link: &mut Link, wave: &[Handmade]) -> Verdict {
    link.take_time(5);
    for sent in wave.iter().filter(|frame| frame.opcode == Opcode::Binary) {
        let heard = loop {
            match link.hear() {
                Heard::Pong(payload) if wave.iter().any(|frame| frame.payload == payload) => {}
                heard => break heard,
            }
        };
        match &heard {
            Heard::Message(came) if came.payload == sent.payload => {}
            Heard::End(End::Silence(_) | End::Fin | End::Reset(_)) | Heard::Close(_) => {
                return Err(Failure::new("the echo of every message", heard.words()).into());
            }
            Heard::Message(came) if wave.iter().any(|frame| frame.payload == came.payload) => {
                return Err(no_echo(sent, &heard).because(OVERTAKEN).into());
            }
            _ => return Err(no_echo(sent, &heard).because(TORN).into()),
        }
    }
    Ok(())
}

/// Pings with numbers and a message behind them, and when that has come back a last Ping.
fn ping_flood(trial: &mut Trial) -> Verdict {
    let mut frames: Vec<Handmade> = (1..=500).map(|number| trial.frame(Opcode::Ping, number.to_string())).collect();
    let (text, last_ping) = (trial.text("and a message"), trial.frame(Opcode::Ping, "501"));
    frames.push(text.clone());
    let mut link = trial.open()?;
    link.send_all(&frames);
    let (mut pongs, mut last, mut echoed) = (0, 0, false);
    while last < 501 {
        let heard = link.hear();
        let number = match &heard {
            Heard::Pong(payload) => String::from_utf8_lossy(payload).parse().unwrap_or(0),
            Heard::Message(came) if came.payload == text.payload && !echoed => {
                echoed = true;
                link.send(&last_ping);
                continue;
            }
            // s7.3: "Servers MAY close the WebSocket connection whenever desired." Node's ws does with 60 Pongs to send; how
            // many have gone out by then is a matter of chance.
            Heard::Close(_) | Heard::End(End::Fin | End::Reset(_)) => {
                link.note("500 Pings at once end the connection: legal, a guard against floods (s7.3)");
                return Ok(());
            }
            _ => 0,
        };
        if number <= last || number > 501 {
            let expected =
                format!("the Pong to a Ping behind number {last}{}", if echoed { "" } else { ", or the echo" });
            return Err(Failure::new(expected, heard.words()).into());
        }
        (pongs, last) = (pongs + 1, number);
    }
    if pongs < 501 {
        link.note("fewer Pongs than Pings: legal, for one may answer several (s5.5.3)");
    }
    Ok(())
}
