//! Stage 12: the closing handshake. A Close for a Close, with nothing in it that must not travel, and then the end of TCP.

mod ways;

use self::ways::{
    closes, closes_for, ends_after_close, ends_after_failure, ends_cleanly, fails_close, fails_with, not_accepted,
    others_are_served, over_after, refuses, weighs, wrong,
};
use crate::check::case::{Case, Failure, Level};
use crate::check::hear::Heard;
use crate::check::judge::close_payload;
use crate::check::link::End;
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;
use std::time::Duration;

/// The cases of this stage.
pub const CASES: &[Case] = &[
    Case {
        address: "ws/5.5.1/1",
        level: Level::Must,
        // s5.5.1: "If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST send a
        // Close frame in response."
        requirement: "A Close is answered with a Close.",
        sends: "a Close with the code 1000",
        expects: "a Close, whatever it says",
        run: |trial| {
            let close = trial.frame(Opcode::Close, close_payload(1000, b""));
            trial.open()?.close_with(&close).map(drop)
        },
    },
    Case {
        address: "ws/5.5.1/2",
        level: Level::Must,
        // s5.5.1: "the first two bytes of the body MUST be a 2-byte unsigned integer (in network byte order) representing a
        // status code with value /code/ defined in Section 7.4"
        requirement: "The code in a Close is two bytes in network byte order, and one that may be sent.",
        sends: "a Close with the code 1000",
        expects: "a Close without a code, or with one that may be sent, as 03 e8 for 1000",
        run: |trial| closes(trial, &[1000]),
    },
    Case {
        address: "ws/5.5.1/3",
        level: Level::Must,
        requirement: "A Close without payload is answered with a Close.",
        sends: "a Close without payload",
        expects: "a Close, best without payload as well",
        run: |trial| {
            let close = trial.frame(Opcode::Close, "");
            trial.open()?.close_with(&close).map(drop)
        },
    },
    Case {
        address: "ws/7.4.1/1",
        level: Level::Must,
        // s7.4.1: "1005 is a reserved value and MUST NOT be set as a status code in a Close control frame by an endpoint."
        requirement: "A Close without a code is not answered with 1005, nor with 1006: they are words for a program.",
        sends: "a Close without payload",
        expects: "a Close without payload, or with a code that may be sent",
        run: |trial| {
            let close = trial.frame(Opcode::Close, "");
            trial.open()?.close_rightly(&close)
        },
    },
    Case {
        address: "ws/5.5.1/4",
        level: Level::Must,
        // s5.5.1: "After both sending and receiving a Close message, an endpoint considers the WebSocket connection closed and
        // MUST close the underlying TCP connection. The server MUST close the underlying TCP connection immediately".
        requirement: "When both have sent a Close, the server ends the TCP connection at once.",
        sends: "a Close with the code 1000",
        expects: "a Close, and behind it the end of the connection",
        run: ends_after_close,
    },
    Case {
        address: "ws/7.1.1/1",
        level: Level::Should,
        // s7.1.1: "An endpoint SHOULD use a method that cleanly closes the TCP connection".
        requirement: "The server ends TCP with FIN and not with a reset, which may take what is on its way with it.",
        sends: "a Close with the code 1000",
        expects: "a Close, and behind it FIN",
        run: |trial| ends_cleanly(trial, &[]),
    },
    Case {
        address: "ws/7.1.1/2",
        level: Level::Should,
        // s7.1.1: "discarding any trailing bytes that may have been received". A socket that is closed with bytes unread
        // resets its connection (RFC 9293 s3.6.1, RFC 1122 s4.2.2.13), so they have to be read first.
        requirement: "Bytes behind a Close are read and thrown away, and TCP is ended with FIN all the same.",
        sends: "a Close and 48 KiB behind it, in one write, and more when the server's Close has come",
        expects: "a Close, and behind it FIN",
        run: |trial| {
            let trailing: Vec<Handmade> = (0..48)
                .map(|_| {
                    let text = trial.words(1024);
                    trial.text(&text)
                })
                .collect();
            ends_cleanly(trial, &trailing)
        },
    },
    Case {
        address: "ws/5.5.1/5",
        level: Level::Must,
        // s5.5.1: "Following the 2-byte integer, the body MAY contain UTF-8-encoded data with value /reason/".
        requirement: "A Close with a reason is a Close like any other.",
        sends: "a Close with the code 1000 and the reason \"bye\"",
        expects: "a Close, with a reason or without",
        run: |trial| closes_for(trial, 1000, "bye"),
    },
    Case {
        address: "ws/5.5.1/6",
        level: Level::Must,
        requirement: "A reason of 123 bytes fills a control frame, and no answer is longer.",
        sends: "a Close with the code 1000 and a reason of 123 bytes",
        expects: "a Close of at most 125 bytes",
        run: |trial| {
            let reason = trial.words(123);
            closes_for(trial, 1000, &reason)
        },
    },
    Case {
        address: "ws/7.1.6/1",
        level: Level::Must,
        // s7.1.6: "a status code indicating a reason for closure, followed by UTF-8-encoded data".
        requirement: "A reason is UTF-8, with characters of any length, and stays UTF-8 in the answer.",
        sends: "a Close with the code 1000 and a reason of 123 bytes in characters of one to four",
        expects: "a Close, its reason in UTF-8 if it has one",
        run: |trial| closes_for(trial, 1000, &("\u{e9}\u{20ac}\u{1f600}x".repeat(12) + "end")),
    },
    Case {
        address: "ws/7.1.6/2",
        level: Level::Must,
        // s8.1: "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a
        // valid UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_."
        requirement: "A reason that is no UTF-8 fails the connection, and is not sent back.",
        sends: "a Close with the code 1000 and the reason [ce ba e1 bd 28]",
        expects: "a Close 1007 or 1002, or the end of the connection",
        run: |trial| {
            let close = trial.frame(Opcode::Close, close_payload(1000, b"\xce\xba\xe1\xbd\x28"));
            fails_close(trial, &[close], &[1007, 1002])
        },
    },
    Case {
        address: "ws/5.5.1/7",
        level: Level::Must,
        requirement: "A Close with a payload of 1 byte, half a code, is no right Close, and is not sent back.",
        sends: "a Close with the payload [03]",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| {
            let close = trial.frame(Opcode::Close, [3]);
            trial.open()?.close_wrongly(&close, &[1002])
        },
    },
    Case {
        address: "ws/5.5/7",
        level: Level::Must,
        // s5.5: "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented."
        requirement: "A Close of more than 125 bytes fails the connection, and is not sent back.",
        sends: "a Close with the code 1000 and a reason of 124 bytes",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| {
            let reason = trial.words(124);
            let close = trial.frame(Opcode::Close, close_payload(1000, reason.as_bytes()));
            not_accepted(trial, close)
        },
    },
    Case {
        address: "ws/5.5/8",
        level: Level::Must,
        requirement: "A Close must not be the first fragment of anything.",
        sends: "a Close with FIN=0",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| {
            let close = trial.frame(Opcode::Close, close_payload(1000, b""));
            not_accepted(trial, Handmade { fin: false, ..close })
        },
    },
    Case {
        address: "ws/5.5.1/8",
        level: Level::Must,
        // s5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."
        requirement: "After its Close the server sends no more messages.",
        sends: "a Close and a text message behind it, in one write",
        expects: "a Close, and behind it the end of the connection",
        run: |trial| {
            let close = trial.frame(Opcode::Close, close_payload(1000, b""));
            let text = trial.text("too late");
            over_after(trial, &[close, text])
        },
    },
    Case {
        address: "ws/5.5.1/9",
        level: Level::Must,
        // s5.4: "Control frames (see Section 5.5) MAY be injected in the middle of a fragmented message."
        requirement: "A Close is answered in the middle of a message, without waiting for its end.",
        sends: "the first fragment of a message, and a Close",
        expects: "a Close, and behind it the end of the connection",
        run: |trial| {
            let first = Handmade { fin: false, ..trial.text("half a ") };
            let close = trial.frame(Opcode::Close, close_payload(1001, b""));
            over_after(trial, &[first, close])
        },
    },
    Case {
        address: "ws/5.5.1/10",
        level: Level::Must,
        requirement: "A message that ends behind a Close is not answered behind it.",
        sends: "the first fragment of a message, a Close, and the last fragment, in one write",
        expects: "a Close, and behind it the end of the connection",
        run: |trial| {
            let first = Handmade { fin: false, ..trial.text("half a ") };
            let close = trial.frame(Opcode::Close, close_payload(1000, b""));
            let last = trial.frame(Opcode::Continuation, "message");
            over_after(trial, &[first, close, last])
        },
    },
    Case {
        address: "ws/7.4.1/2",
        level: Level::Must,
        requirement: "Every code that RFC 6455 defines for the wire is answered with a Close.",
        sends: "a Close with each of 1001, 1002, 1003, 1007, 1008, 1009, 1010 and 1011, on a connection of its own",
        expects: "a Close to each, best with the same code",
        run: |trial| closes(trial, &[1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011]),
    },
    Case {
        address: "ws/7.4.2/1",
        level: Level::Must,
        // s7.4.2: "Status codes in the range 3000-3999 are reserved for use by libraries, frameworks, and applications."
        requirement: "The codes of libraries, 3000 to 3999, are answered with a Close.",
        sends: "a Close 3000, and on another connection a Close 3999",
        expects: "a Close to each, best with the same code",
        run: |trial| closes(trial, &[3000, 3999]),
    },
    Case {
        address: "ws/7.4.2/2",
        level: Level::Must,
        // s7.4.2: "Status codes in the range 4000-4999 are reserved for private use".
        requirement: "The codes of applications, 4000 to 4999, are answered with a Close.",
        sends: "a Close 4000, and on another connection a Close 4999",
        expects: "a Close to each, best with the same code",
        run: |trial| closes(trial, &[4000, 4999]),
    },
    Case {
        address: "ws/7.4.2/3",
        level: Level::May,
        // Registered with IANA after the RFC: a server that is older does not know them.
        requirement: "The codes 1012 to 1014, which are younger than RFC 6455, may be sent as well.",
        sends: "a Close with each of 1012, 1013 and 1014, on a connection of its own",
        expects: "a Close to each, best with the same code",
        run: |trial| closes(trial, &[1012, 1013, 1014]),
    },
    Case {
        address: "ws/7.4.1/3",
        level: Level::Must,
        requirement: "1005 in a Close is a mistake of the sender's, and is not sent back.",
        sends: "a Close with the code 1005",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| refuses(trial, 1005),
    },
    Case {
        address: "ws/7.4.1/4",
        level: Level::Must,
        requirement: "1006 in a Close is a mistake of the sender's, and is not sent back.",
        sends: "a Close with the code 1006",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| refuses(trial, 1006),
    },
    Case {
        address: "ws/7.4.1/5",
        level: Level::Must,
        requirement: "1015 in a Close is a mistake of the sender's, and is not sent back.",
        sends: "a Close with the code 1015",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| refuses(trial, 1015),
    },
    Case {
        address: "ws/7.4.2/4",
        level: Level::Must,
        // s5.5.1 wants a code "defined in Section 7.4", and s7.4.2: "Status codes in the range 0-999 are not used."
        requirement: "A code below 1000 is not used, and not sent back.",
        sends: "a Close with the code 0",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| refuses(trial, 0),
    },
    Case {
        address: "ws/7.4.2/5",
        level: Level::Must,
        requirement: "The last code below 1000 is not used either, and not sent back.",
        sends: "a Close with the code 999",
        expects: "a Close 1002, or the end of the connection",
        run: |trial| refuses(trial, 999),
    },
    Case {
        address: "ws/7.4.2/6",
        level: Level::May,
        // s7.4.2 keeps 1000 to 2999 "for definition by this protocol, its future revisions, and extensions": a server may
        // know more of them than the checker.
        requirement: "A code that is kept for the future, and has no meaning yet, is not worth sending back.",
        sends: "a Close with each of 1004, 1016 and 2999, on a connection of its own",
        expects: "a Close 1002 to each, or the end of the connection",
        run: |trial| weighs(trial, &[1004, 1016, 2999]),
    },
    Case {
        address: "ws/7.4.2/7",
        level: Level::May,
        // s7.4.2 ends at 4999 and says nothing of what lies above.
        requirement: "A code above 4999 lies outside of all ranges, and is not worth sending back.",
        sends: "a Close 5000, and on another connection a Close 65535",
        expects: "a Close 1002 to each, or the end of the connection",
        run: |trial| weighs(trial, &[5000, 65535]),
    },
    Case {
        address: "ws/7.1.7/1",
        level: Level::Must,
        // s7.1.7: "An endpoint MUST NOT continue to attempt to process data (including a responding Close frame) from the
        // remote endpoint after being instructed to _Fail the WebSocket Connection_."
        requirement: "A server that has failed a connection answers nothing more on it.",
        sends: "a continuation without a message, and three text messages behind it, in one write",
        expects: "a Close 1002 or none, and behind it no message",
        run: |trial| {
            // Without payload, so that who goes on finds the next frame where it begins.
            let bad = trial.frame(Opcode::Continuation, "");
            let frames = [bad, trial.text("one"), trial.text("two"), trial.text("three")];
            let mut link = trial.open()?;
            link.send_all(&frames);
            link.expect_failed(&[1002])?;
            // A server that waits for a Close in turn is slow, and answers nothing all the same.
            match link.hear() {
                Heard::End(_) | Heard::Close(_) => Ok(()),
                heard => Err(Failure::new("no message behind the Close", heard.words())
                    .because("the loop that reads goes on after an error: leave it when the Close is sent (s7.1.7)")
                    .into()),
            }
        },
    },
    Case {
        address: "ws/7.1.7/2",
        level: Level::Must,
        // s7.1.7: "the server MUST _Close the WebSocket Connection_".
        requirement: "A server that has failed a connection ends TCP, at the latest when its Close is answered.",
        sends: "a Ping of 126 bytes, and a Close in answer to the server's",
        expects: "the end of the connection",
        run: |trial| {
            let (wrong, close) = (wrong(trial), trial.frame(Opcode::Close, close_payload(1002, b"")));
            let mut link = trial.open()?;
            link.send(&wrong);
            link.expect_failed(&[1002])?;
            link.send(&close);
            link.expect_over().map(drop)
        },
    },
    Case {
        address: "ws/7.1.7/3",
        level: Level::Should,
        // s7.1.7: "the endpoint SHOULD send a Close frame with an appropriate status code (Section 7.4) before proceeding to
        // _Close the WebSocket Connection_."
        requirement: "A broken rule is told with the code 1002, protocol error.",
        sends: "a Ping of 126 bytes",
        expects: "a Close 1002",
        run: |trial| {
            let wrong = wrong(trial);
            fails_with(trial, &wrong, 1002)
        },
    },
    Case {
        address: "ws/7.1.7/4",
        level: Level::Should,
        requirement: "Text that is no UTF-8 is told with the code 1007, invalid payload data.",
        sends: "a text message with the payload [ff]",
        expects: "a Close 1007",
        run: |trial| {
            let bad = trial.frame(Opcode::Text, *b"\xff");
            fails_with(trial, &bad, 1007)
        },
    },
    Case {
        address: "ws/7.1.1/3",
        level: Level::Should,
        // s7.1.1: "when a server is instructed to _Close the WebSocket Connection_ it SHOULD initiate a TCP Close immediately".
        requirement: "A server that has failed a connection ends TCP at once, and does not wait for a Close.",
        sends: "a Ping of 126 bytes",
        expects: "a Close 1002 or none, and behind it the end of the connection",
        run: ends_after_failure,
    },
    Case {
        address: "course/12/1",
        level: Level::Must,
        requirement: "A client that sends FIN without a Close has gone, and the server lets go of its socket.",
        sends: "a text message, and FIN",
        expects: "the echo, and behind it the end of the connection, with a Close or without",
        run: |trial| {
            let text = trial.text("goodbye");
            let mut link = trial.open()?;
            link.echo(&text)?;
            link.finish();
            match link.hear() {
                Heard::Close(_) => link.expect_over().map(drop),
                Heard::End(End::Fin | End::Reset(_)) => Ok(()),
                heard => Err(Failure::new("the end of the connection", heard.words())
                    .because("a read of 0 bytes says that the client has gone: leave the loop, and close every copy of the socket")
                    .into()),
            }
        },
    },
    Case {
        address: "course/12/2",
        level: Level::Must,
        requirement: "A client that vanishes in the middle of a frame takes nobody with it.",
        sends: "half a frame, and FIN; then a text message on another connection",
        expects: "the echo of the text message",
        run: |trial| {
            let half = trial.text("this is not the whole frame").encode();
            let mut link = trial.open()?;
            link.send_bytes(&half[..12]);
            drop(link);
            others_are_served(trial)
        },
    },
    Case {
        address: "course/12/3",
        level: Level::Must,
        requirement: "A client that vanishes before it has read its echoes takes nobody with it.",
        sends: "2 MiB of messages of which no echo is read, and the end; then a text message on another connection",
        expects: "the echo of the text message",
        run: |trial| {
            let bulk = trial.bytes(16 * 1024);
            let frame = trial.frame(Opcode::Binary, bulk).encode();
            let mut link = trial.open()?;
            link.pour(&frame, 128, Duration::from_millis(250));
            drop(link);
            others_are_served(trial)
        },
    },
];
