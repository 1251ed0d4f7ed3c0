//! How a connection ends: who closed and why, what broke, what was cut off; and what the server is told of it.

use crate::common::client::Client;
use crate::common::script::{self, close, frame};
use crate::common::serve;
use ws101::server::Config;

const OPEN: &str = "= open, connected to ADDRESS\n";

/// A server that sends these bytes behind its 101 and then waits for the client's Close and end. What the client is told
/// to do does not matter: it waits.
#[track_caller]
fn ends(arguments: &str, bytes: &[u8], code: i32, stdout: &str, words: &str, told: &str) {
    let bytes = bytes.to_vec();
    let (server, script) = script::upgraded(move |server| {
        server.send(&bytes);
        let close = server.close();
        server.finish();
        (close, server.rest())
    });
    let run = Client::to(server).args("-w forever").args(arguments).run();
    run.expect(code, stdout, &format!("{OPEN}{words}\n"));
    let (close, rest) = script.join().unwrap();
    assert_eq!((close.as_str(), rest.escape_ascii().to_string().as_str()), (told, ""));
}

/// A server that sends these bytes has broken the protocol, and is told how.
#[track_caller]
fn breaks(bytes: &[u8], why: &str, section: &str, code: u16) {
    let words =
        format!("! the server broke the protocol: {why} (RFC 6455 {section}); it was told so with a Close {code}");
    ends("", bytes, 1, "", &words, &format!("{code} {why} ({section})"));
}

// --- the server closes ---

#[test]
fn the_servers_close_is_told_and_answered_and_is_a_clean_end() {
    for (sent, words, told) in [
        (close(1000, ""), "= server closed: 1000 normal closure", "1000"),
        (close(1001, "restarting"), "= server closed: 1001 going away \"restarting\"", "1001"),
        (close(1011, ""), "= server closed: 1011 internal error", "1011"),
        (close(1013, ""), "= server closed: 1013 try again later", "1013"),
        (close(3000, ""), "= server closed: 3000 a library's own", "3000"),
        (close(4001, "bye"), "= server closed: 4001 an application's own \"bye\"", "4001"),
        (frame(0x88, b""), "= server closed: no code", "-"),
    ] {
        ends("", &sent, 0, "", words, told);
    }
}

#[test]
fn a_close_that_may_not_be_sent_is_a_fault_of_the_server() {
    for (sent, why, section, code) in [
        (close(1005, ""), "close code 1005 must not be sent in a frame", "s7.4", 1002),
        (close(999, "x"), "close code 999 must not be sent in a frame", "s7.4", 1002),
        (frame(0x88, b"\x03"), "a Close of one byte: a code has two", "s5.5.1", 1002),
        (frame(0x88, b"\x03\xe8\xff"), "the reason of a Close is not UTF-8", "s8.1", 1007),
    ] {
        breaks(&sent, why, section, code);
    }
}

#[test]
fn a_reason_cannot_clear_the_screen_or_forge_a_line() {
    ends(
        "",
        &close(4000, "\u{1b}[2J\n= open\u{202e}"),
        0,
        "",
        "= server closed: 4000 an application's own \"\\u{1b}[2J\\n= open\\u{202e}\"",
        "4000",
    );
}

// --- the server breaks the protocol ---

#[test]
fn what_breaks_the_protocol_is_named_with_its_section_and_told_to_the_server() {
    let masked = [&[0x81, 0x81, 1, 2, 3, 4][..], &[b'a' ^ 1]].concat();
    let long_ping = frame(0x89, &[0; 126]);
    for (bytes, why, section, code) in [
        (&masked[..], "a frame from a server must not be masked", "s5.1", 1002),
        (b"\x83\x00", "reserved opcode 3", "s5.2", 1002),
        (b"\x8f\x00", "reserved opcode F", "s5.2", 1002),
        (b"\xc1\x01a", "RSV bits 100 without an extension", "s5.2", 1002),
        (b"\x81\x7e\x00\x01a", "length 1 written with 16 bits, not in its minimal form", "s5.2", 1002),
        (b"\x82\x7f\x80\0\0\0\0\0\0\0", "the top bit of a 64-bit length must be 0", "s5.2", 1002),
        (b"\x09\x00", "a control frame may not be fragmented", "s5.5", 1002),
        (&long_ping, "a control frame of 126 bytes, over 125", "s5.5", 1002),
        (b"\x80\x00", "a continuation, but no message to continue", "s5.4", 1002),
        (b"\x01\x01a\x81\x01b", "a new message inside an unfinished one", "s5.4", 1002),
        (b"\x81\x02a\xff", "text is not UTF-8: byte ff at 1 of its frame", "s8.1", 1007),
        (b"\x01\x01\xc3\x80\x01a", "text is not UTF-8: byte 61 at 0 of its frame", "s8.1", 1007),
    ] {
        breaks(bytes, why, section, code);
    }
}

#[test]
fn a_message_that_is_too_big_is_refused_at_its_header_with_the_option_that_takes_it() {
    let two_frames = [frame(0x01, &[b'x'; 100]), frame(0x80, b"x")].concat();
    for bytes in [&b"\x82\x7f\0\0\x10\0\0\0\0\0"[..], &two_frames] {
        ends(
            "--max-message 100",
            bytes,
            1,
            "",
            "! message over the limit of 100 bytes (RFC 6455 s7.4.1); the server was told so with a Close 1009. \
             --max-message takes more",
            "1009 message over the limit of 100 bytes (s7.4.1)",
        );
    }
}

#[test]
fn what_came_before_the_fault_is_still_data() {
    let bytes = [frame(0x81, b"good"), frame(0x89, b"?"), b"\x83\x00".to_vec()].concat();
    let (server, script) = script::upgraded(move |server| {
        server.send(&bytes);
        let frames = (server.frame(), server.close());
        server.finish();
        frames
    });
    Client::to(server).args("-w forever").run().expect(
        1,
        "good\n",
        "= open, connected to ADDRESS\n< Ping \"?\", answered by a Pong\n\
         ! the server broke the protocol: reserved opcode 3 (RFC 6455 s5.2); it was told so with a Close 1002\n",
    );
    let told = "1002 reserved opcode 3 (s5.2)".to_owned();
    assert_eq!(script.join().unwrap(), ((0x8a, b"?".to_vec()), told));
}

/// s5.5.1: no second Close follows the first, so the server is not told.
#[test]
fn a_fault_after_our_close_is_not_said_to_have_been_told() {
    let (server, script) = script::upgraded(|server| {
        let close = server.close();
        server.send(b"\x83\x00");
        server.finish();
        (close, server.rest())
    });
    Client::to(server).args("-w 0").run().expect(
        1,
        "",
        "= open, connected to ADDRESS\n> Close 1000 normal closure\n\
         ! the server broke the protocol after our Close: reserved opcode 3 (RFC 6455 s5.2)\n",
    );
    assert_eq!(script.join().unwrap(), ("1000".to_owned(), Vec::new()));
}

// --- TCP ends ---

#[test]
fn an_end_without_a_close_is_told_apart_from_a_reset() {
    let (server, script) = script::upgraded(|server| {
        server.finish();
        server.rest()
    });
    Client::to(server).args("-w forever").run().expect(
        1,
        "",
        "= open, connected to ADDRESS\n! server sent FIN without a Close frame after TIME of silence (1006): \
         the server ended or crashed, or a proxy in between gave up\n",
    );
    assert_eq!(script.join().unwrap(), b"");

    let (server, script) = script::upgraded(|server| server.reset());
    Client::to(server).args("-w forever").run().expect(
        1,
        "",
        "= open, connected to ADDRESS\n! reset without a Close frame after TIME of silence (1006): \
         Connection reset by peer (os error 104): the server ended or crashed, or a proxy in between gave up\n",
    );
    script.join().unwrap();
}

#[test]
fn an_end_in_the_middle_of_a_frame_is_an_end_without_a_close() {
    let (server, script) = script::upgraded(|server| {
        server.send([frame(0x81, b"whole"), b"\x81\x05ha".to_vec()].concat());
        server.finish();
        server.rest()
    });
    let run = Client::to(server).args("-w forever").run();
    assert_eq!((run.code, run.data().as_str()), (Some(1), "whole\n"));
    assert!(run.talk().contains("! server sent FIN without a Close frame"), "{}", run.talk());
    script.join().unwrap();
}

// --- this end closes ---

#[test]
fn code_and_reason_are_what_the_option_says() {
    let (server, script) = script::upgraded(|server| server.closes());
    Client::to(server).args("-w 0 --close 4001").arg("so long, é").run().expect(
        0,
        "",
        "= open, connected to ADDRESS\n> Close 4001 an application's own \"so long, é\"\n\
         = closed: 4001 an application's own \"so long, é\", answered by the server\n",
    );
    assert_eq!(script.join().unwrap(), "4001 so long, é");
}

#[test]
fn an_answer_that_differs_is_told() {
    for (answer, words) in [
        (close(1011, "tired"), "1011 internal error \"tired\""),
        (close(1000, "tired"), "1000 normal closure \"tired\""),
        (frame(0x88, b""), "no code"),
    ] {
        let (server, script) = script::upgraded(move |server| {
            let close = server.close();
            server.send(&answer);
            server.finish();
            close
        });
        Client::to(server).args("-w 0").run().expect(
            0,
            "",
            &format!("{OPEN}> Close 1000 normal closure\n= closed: 1000 normal closure; the server answered {words}\n"),
        );
        assert_eq!(script.join().unwrap(), "1000");
    }
}

#[test]
fn a_close_that_is_not_answered_is_not_clean() {
    let unanswered = "! closed: 1000 normal closure; the server did not answer with a Close (RFC 6455 s5.5.1), ";
    for (how, words) in [
        ("silent", "and 200ms have passed (--close-timeout)"),
        ("FIN", "it ended TCP"),
        ("reset", "the connection was reset: Connection reset by peer (os error 104)"),
    ] {
        let (server, script) = script::upgraded(move |server| {
            let close = server.close();
            match how {
                "silent" => drop(server.rest()),
                "FIN" => server.finish(),
                _ => server.reset(),
            }
            close
        });
        let time = if how == "silent" { "200ms" } else { "30s" };
        Client::to(server).args("-w 0 --close-timeout").arg(time).run().expect(
            1,
            "",
            &format!("{OPEN}> Close 1000 normal closure\n{unanswered}{words}\n"),
        );
        assert_eq!(script.join().unwrap(), "1000");
    }
}

#[test]
fn a_server_that_says_close_and_never_ends_is_left_alone_in_time() {
    let (server, script) = script::upgraded(|server| {
        let close = server.close();
        server.send(script::close(1000, ""));
        // Not its end, but the client's.
        (close, server.rest())
    });
    Client::to(server).args("-w 0 --close-timeout 200ms").run().expect(
        0,
        "",
        &format!("{OPEN}> Close 1000 normal closure\n= closed: 1000 normal closure, answered by the server\n"),
    );
    assert_eq!(script.join().unwrap(), ("1000".to_owned(), Vec::new()));
}

#[test]
fn what_comes_after_our_close_is_still_shown() {
    let (server, script) = script::upgraded(|server| {
        let close = server.close();
        server.send([frame(0x81, b"one more thing"), frame(0x89, b"")].concat());
        server.send(script::close(1000, ""));
        server.finish();
        (close, server.rest())
    });
    let run = Client::to(server).args("-w 0").run();
    assert_eq!((run.code, run.data().as_str()), (Some(0), "one more thing\n"));
    // s5.5.1: no Pong follows a Close, and none is said to have.
    assert!(!run.talk().contains("answered by a Pong"), "{}", run.talk());
    assert_eq!(script.join().unwrap(), ("1000".to_owned(), Vec::new()));
}

// --- however the bytes are cut ---

/// Frames in as many writes as they have bytes, and in one with the 101.
#[test]
fn frames_may_be_cut_everywhere_or_come_glued_to_the_101() {
    let large = vec![b'x'; 70_000];
    let frames = [
        frame(0x81, b"Hello"),
        frame(0x01, b"Hel\xc3"),
        frame(0x89, b"ping"),
        frame(0x80, b"\xa9lo"),
        frame(0x82, b"\x00\x01"),
        frame(0x81, &large[..200]),
        close(1000, "end"),
    ];
    let expected = format!("Hello\nHelélo\n00 01\n{}\n", "x".repeat(200));
    let talk = format!("{OPEN}< Ping \"ping\", answered by a Pong\n= server closed: 1000 normal closure \"end\"\n");
    for glued in [true, false] {
        let bytes = frames.concat();
        let (server, script) = script::serve(move |server| {
            if glued {
                server.upgrade("", &bytes);
            } else {
                server.upgrade("", b"");
                for byte in bytes {
                    server.send([byte]);
                }
            }
            let answers = (server.frame(), server.close());
            server.finish();
            answers
        });
        Client::to(server).args("--hex -w forever").run().expect(0, &expected, &talk);
        assert_eq!(script.join().unwrap(), ((0x8a, b"ping".to_vec()), "1000".to_owned()), "glued: {glued}");
    }
}

/// The server says Close and FIN in one breath: its Close is answered all the same.
#[test]
fn a_close_with_a_fin_behind_it_is_answered() {
    for _ in 0..20 {
        let (server, script) = script::serve(|server| {
            server.upgrade("", &close(1001, "bye"));
            server.finish();
            server.close()
        });
        let run = Client::to(server).args("-w forever").run();
        assert_eq!(run.code, Some(0), "{}", run.talk());
        assert_eq!(script.join().unwrap(), "1001");
    }
}

#[test]
fn a_server_that_stops_says_so() {
    let server = serve(Config::default());
    let running = Client::to(server.addr).args("-w forever").start();
    running.wait_for_talk("= open");
    let stop = crate::common::Stop::begin(server, std::time::Duration::from_secs(5));
    let run = running.ended();
    stop.took();
    assert_eq!(run.code, Some(0), "{}", run.talk());
    assert!(run.talk().contains("= server closed: 1001 going away"), "{}", run.talk());
}
