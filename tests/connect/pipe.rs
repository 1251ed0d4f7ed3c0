//! Messages in, messages out: `-x`, a pipe, `-1`, `--wait`, `--binary`, `--hex`, `--json`, `--quiet`.

use crate::common::client::{Client, Finished};
use crate::common::script::{self, frame};
use crate::common::serve;
use std::fmt::Write;
use ws101::server::Config;

/// What is told of a conversation that went well.
const TALK: &str = "= open, connected to ADDRESS\n\
                    > Close 1000 normal closure\n\
                    = closed: 1000 normal closure, answered by the server\n";

/// A run against a server that sends everything back.
fn echoed(arguments: &str, input: &[u8]) -> Finished {
    let server = serve(Config::default());
    Client::to(server.addr).args(arguments).feed(input)
}

#[test]
fn a_line_of_a_pipe_is_a_message_and_its_answer_a_line() {
    echoed("", b"Hello\nsecond line\nlast, without its end").expect(
        0,
        "Hello\nsecond line\nlast, without its end\n",
        TALK,
    );
}

/// Nothing waits for the end of the input, in either direction.
#[test]
fn a_line_is_sent_when_it_is_there_and_so_is_its_answer() {
    let server = serve(Config::default());
    let mut running = Client::to(server.addr).start();
    for word in ["one", "two", "three"] {
        running.say(format!("{word}\n"));
        running.wait_for(&format!("{word}\n"));
    }
    running.end_input();
    running.ended().expect(0, "one\ntwo\nthree\n", TALK);
}

#[test]
fn line_ends_of_both_kinds_are_no_part_of_a_message_and_an_empty_line_is_one() {
    echoed("", b"a\r\n\r\n\nb \t\n").expect(0, "a\n\n\nb \t\n", TALK);
}

#[test]
fn nothing_to_say_is_nothing_said() {
    let server = serve(Config::default());
    Client::to(server.addr).run().expect(0, "", TALK);
}

#[test]
fn messages_of_the_command_line_are_sent_in_their_order_and_stdin_is_not_read() {
    let server = serve(Config::default());
    let running = Client::to(server.addr).args("-x one -x").arg("two\nlines").args("-x -3").start();
    // Its input is open all the time, and that does not matter.
    running.ended().expect(0, "one\ntwo\nlines\n-3\n", TALK);
}

#[test]
fn hex_goes_both_ways() {
    let server = serve(Config::default());
    let run = Client::to(server.addr).args("--hex -x 0aff -x").arg("0x00, 0x1b").args("-x").arg("").run();
    run.expect(0, "0a ff\n00 1b\n\n", TALK);
}

#[test]
fn what_is_no_hex_ends_the_run_with_words() {
    let run = echoed("--hex", b"0a\nxyz\n0b\n");
    assert_eq!(run.code, Some(1));
    assert!(run.talk().contains("\n! ") && run.talk().contains("xyz"), "{}", run.talk());
    assert!(run.talk().contains("> Close 1000"), "it ends in order: {}", run.talk());
}

#[test]
fn binary_messages_are_the_bytes_of_the_lines() {
    let run = echoed("--binary", b"\xff\x00\xc3\nabc\n");
    assert_eq!((run.code, run.stdout.as_slice(), run.talk().as_str()), (Some(0), &b"\xff\x00\xc3\nabc\n"[..], TALK));
}

#[test]
fn a_binary_message_that_nobody_asked_for_is_told_and_is_no_data() {
    let (server, script) = script::upgraded(|server| {
        server.send([frame(0x82, b"\x00\xff"), frame(0x82, &[7; 100]), frame(0x81, b"end")].concat());
        server.closes()
    });
    let talk = format!(
        "= open, connected to ADDRESS\n< binary, 2 bytes: 00 ff\n< binary, 100 bytes: {} ...\n\
         > Close 1000 normal closure\n= closed: 1000 normal closure, answered by the server\n",
        ["07"; 64].join(" ")
    );
    Client::to(server).run().expect(0, "end\n", &talk);
    assert_eq!(script.join().unwrap(), "1000");
}

#[test]
fn bytes_that_are_no_text_are_refused_with_what_would_send_them() {
    echoed("", b"good\nbad \xff\nnever\n").expect(
        1,
        "good\n",
        "= open, connected to ADDRESS\n> Close 1000 normal closure\n\
         ! line 2: byte 5 of the line is not UTF-8: --binary sends lines as they are\n",
    );
}

#[test]
fn a_line_longer_than_a_message_may_be_ends_the_run() {
    let long = [b"short\n".as_slice(), &[b'x'; 101], b"\nnever\n"].concat();
    echoed("--max-message 100", &long).expect(
        1,
        "short\n",
        "= open, connected to ADDRESS\n> Close 1000 normal closure\n\
         ! a line of stdin has more than 100 bytes (--max-message)\n",
    );
}

#[test]
fn a_line_as_long_as_a_message_may_be_comes_back() {
    let long = "é".repeat(50_000);
    let run = echoed("--max-message 100000", format!("{long}\r\n").as_bytes());
    assert_eq!((run.code, run.data().trim_end() == long), (Some(0), true));
}

// --- one answer ---

#[test]
fn one_answer_to_one_question() {
    let server = serve(Config::default());
    Client::to(server.addr).args("-1 -x Hello").run().expect(0, "Hello\n", TALK);
}

#[test]
fn a_greeting_is_no_answer() {
    let (server, script) = script::serve(|server| {
        server.upgrade("", &frame(0x81, b"hello :)"));
        let question = server.text();
        server.send(frame(0x81, question.as_bytes()));
        // One more, which nobody wants.
        server.send(frame(0x81, b"too much"));
        server.closes()
    });
    let run = Client::to(server).args("-1 -x Hello").run();
    run.expect(0, "Hello\n", &TALK.replacen("> Close", "< greeting \"hello :)\"\n> Close", 1));
    assert_eq!(script.join().unwrap(), "1000");
}

#[test]
fn when_nothing_is_asked_the_greeting_is_the_answer() {
    for when in ["with the 101", "later"] {
        let (server, script) = script::serve(move |server| {
            let greeting = frame(0x81, b"hello :)");
            match when {
                "later" => {
                    server.upgrade("", b"");
                    server.send(greeting);
                }
                _ => drop(server.upgrade("", &greeting)),
            }
            server.closes()
        });
        Client::to(server).args("-1").run().expect(0, "hello :)\n", TALK);
        assert_eq!(script.join().unwrap(), "1000");
    }
}

/// The message came before anybody could know whether it is a greeting, and then there was no time left to find out.
#[test]
fn the_one_message_of_a_server_that_closes_at_once_is_not_lost() {
    let (server, script) = script::serve(|server| {
        server.upgrade("", &[frame(0x81, b"the time is now"), script::close(1000, "")].concat());
        server.finish();
        server.close()
    });
    Client::to(server).args("-1").run().expect(
        0,
        "the time is now\n",
        "= open, connected to ADDRESS\n= server closed: 1000 normal closure\n",
    );
    assert_eq!(script.join().unwrap(), "1000");
}

#[test]
fn one_answer_that_does_not_come_is_a_failure() {
    let (server, script) = script::upgraded(|server| {
        let asked = server.text();
        (asked, server.closes())
    });
    Client::to(server).args("-1 -w 300ms -x Hello").run().expect(
        1,
        "",
        "= open, connected to ADDRESS\n> Close 1000 normal closure\n! no message came in 300ms; --wait waits longer\n",
    );
    assert_eq!(script.join().unwrap(), ("Hello".to_owned(), "1000".to_owned()));
}

// --- how long answers are waited for ---

#[test]
fn a_wait_of_nothing_closes_behind_the_last_message() {
    let (server, script) = script::upgraded(|server| {
        let asked = server.text();
        let close = server.close();
        // What it says before its Close is still an answer.
        server.send([frame(0x81, b"late"), script::close(1000, "")].concat());
        server.finish();
        (asked, close)
    });
    Client::to(server).args("-w 0 -x Hello").run().expect(0, "late\n", TALK);
    assert_eq!(script.join().unwrap(), ("Hello".to_owned(), "1000".to_owned()));
}

#[test]
fn forever_waits_for_the_server() {
    let (server, script) = script::upgraded(|server| {
        for number in 0..3 {
            // Longer than what is waited for without it, in all.
            std::thread::park_timeout(std::time::Duration::from_millis(500));
            server.send(frame(0x81, format!("{number}").as_bytes()));
        }
        server.send(script::close(1001, "enough"));
        server.finish();
        server.close()
    });
    Client::to(server).args("-w forever").run().expect(
        0,
        "0\n1\n2\n",
        "= open, connected to ADDRESS\n= server closed: 1001 going away \"enough\"\n",
    );
    assert_eq!(script.join().unwrap(), "1001");
}

// --- what else is told, or not ---

#[test]
fn quiet_is_data_and_nothing_else() {
    let server = serve(Config::default());
    Client::to(server.addr).args("-q -1 -x Hello").run().expect(0, "Hello\n", "");
}

#[test]
fn quiet_still_says_what_went_wrong() {
    let (server, script) = script::upgraded(|server| server.send(frame(0x83, b"")));
    let run = Client::to(server).args("--quiet -w forever").run();
    script.join().unwrap();
    run.expect(
        1,
        "",
        "! the server broke the protocol: reserved opcode 3 (RFC 6455 s5.2); it was told so with a Close 1002\n",
    );
}

#[test]
fn echo_sends_everything_back_as_it_came() {
    let (server, script) = script::upgraded(|server| {
        server
            .send([frame(0x81, "é".as_bytes()), frame(0x02, b"\xff"), frame(0x80, b"\x00"), frame(0x81, b"")].concat());
        let back = [server.frame(), server.frame(), server.frame()];
        server.send(script::close(1000, "done"));
        server.finish();
        (back, server.close())
    });
    Client::to(server).args("--echo").run().expect(
        0,
        "é\n\n",
        "= open, connected to ADDRESS\n< binary, 2 bytes: ff 00\n= server closed: 1000 normal closure \"done\"\n",
    );
    let back = [(0x81, "é".as_bytes().to_vec()), (0x82, vec![0xff, 0]), (0x81, Vec::new())];
    assert_eq!(script.join().unwrap(), (back, "1000".to_owned()));
}

/// A client that reads and writes in turns would stop here: neither end reads while it writes.
#[test]
fn two_hundred_thousand_lines_come_back_in_their_order() {
    let mut lines = String::new();
    for number in 0..200_000 {
        writeln!(lines, "line {number}").unwrap();
    }
    let run = echoed("", lines.as_bytes());
    assert_eq!((run.code, run.talk().as_str()), (Some(0), TALK));
    assert!(run.data() == lines, "{} bytes came back of {}", run.stdout.len(), lines.len());
}

#[test]
fn text_in_a_pipe_is_what_the_server_sent_byte_by_byte() {
    let text = "\u{1b}[2J \u{7} three\nlines\r\n";
    let (server, script) = script::upgraded(move |server| {
        server.send(frame(0x81, text.as_bytes()));
        server.closes()
    });
    let run = Client::to(server).args("-1").run();
    assert_eq!((run.code, run.data()), (Some(0), format!("{text}\n")));
    script.join().unwrap();
}
