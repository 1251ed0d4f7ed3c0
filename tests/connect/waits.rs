//! How long is waited, for what, and what is not lost meanwhile.

use crate::common::client::Client;
use crate::common::script::{self, close, frame};
use std::thread::park_timeout;
use std::time::Duration;

const OPEN: &str = "= open, connected to ADDRESS\n";

/// Lets a script speak slowly. Nothing depends on how long it takes, but that it is longer than the waits below.
fn pause(milliseconds: u64) {
    park_timeout(Duration::from_millis(milliseconds));
}

#[test]
fn an_answer_is_not_cut_off_while_it_comes() {
    let (server, script) = script::upgraded(|server| {
        server.text();
        // Two seconds, longer than quiet is waited for.
        for byte in frame(0x81, b"a slow answer") {
            server.send([byte]);
            pause(140);
        }
        server.closes()
    });
    let run = Client::to(server).args("-x q").run();
    assert_eq!((run.code, run.data().as_str()), (Some(0), "a slow answer\n"), "{}", run.talk());
    assert_eq!(script.join().unwrap(), "1000");
}

#[test]
fn the_first_answer_may_take_longer_than_the_quiet_after_one() {
    let (server, script) = script::upgraded(|server| {
        server.text();
        pause(1500);
        server.send(frame(0x81, b"thought about it"));
        server.closes()
    });
    let run = Client::to(server).args("-x q").run();
    assert_eq!((run.code, run.data().as_str()), (Some(0), "thought about it\n"), "{}", run.talk());
    script.join().unwrap();
}

#[test]
fn what_the_server_still_has_to_say_after_our_close_is_taken() {
    let (server, script) = script::upgraded(|server| {
        assert_eq!(server.close(), "1000");
        // In all longer than --close-timeout, but never silent for so long.
        for _ in 0..12 {
            server.send(frame(0x81, b"more"));
            pause(100);
        }
        server.send(close(1000, ""));
        server.finish();
        server.rest();
    });
    let run = Client::to(server).args("-w 0 --close-timeout 600ms").run();
    assert_eq!((run.code, run.data()), (Some(0), "more\n".repeat(12)), "{}", run.talk());
    script.join().unwrap();
}

#[test]
fn a_server_that_never_stops_talking_after_our_close_is_left() {
    let (server, script) = script::upgraded(|server| {
        server.close();
        while server.try_send(&frame(0x81, b"more")).is_ok() {
            pause(5);
        }
    });
    let run = Client::to(server).args("-w 0 --close-timeout 100ms").run();
    assert_eq!(run.code, Some(1), "{}", run.talk());
    assert!(run.talk().contains("the server did not answer with a Close"), "{}", run.talk());
    script.join().unwrap();
}

#[test]
fn one_message_that_never_came_is_a_failure_whatever_the_close_says() {
    let (server, script) = script::upgraded(|server| {
        server.text();
        server.send(close(1008, "no"));
        server.finish();
        server.rest();
    });
    let run = Client::to(server).args("-1 -x q").run();
    let last = "= server closed: 1008 policy violation \"no\"; no message had come (-1)\n".replacen('=', "!", 1);
    run.expect(1, "", &format!("{OPEN}{last}"));
    script.join().unwrap();
}

#[test]
fn one_message_is_enough_when_nobody_says_anything() {
    let (server, script) = script::upgraded(|server| {
        server.send(frame(0x81, b"a greeting, or not"));
        server.closes()
    });
    // Its input stays open, as that of a cron job may.
    let running = Client::to(server).args("-1").start();
    running.ended().expect(
        0,
        "a greeting, or not\n",
        &format!("{OPEN}> Close 1000 normal closure\n= closed: 1000 normal closure, answered by the server\n"),
    );
    script.join().unwrap();
}

#[test]
fn a_pong_that_is_late_answers_its_own_ping() {
    let (server, script) = script::upgraded(|server| {
        let pings: Vec<Vec<u8>> = (0..3).map(|_| server.frame().1).collect();
        server.send(frame(0x8a, &pings[1]));
        server.send(frame(0x8a, &pings[0]));
        server.send(close(1000, ""));
        server.finish();
        server.rest();
    });
    let run = Client::to(server).args("--ping-interval 50ms -w forever").run();
    let pongs = "< Pong \"2\" after TIME\n< Pong \"1\", not asked for\n";
    assert!(run.code == Some(0) && run.talk().contains(pongs), "{}", run.talk());
    script.join().unwrap();
}

#[test]
fn quiet_is_about_talk_and_not_about_messages() {
    let (server, script) = script::upgraded(|server| {
        server.text();
        server.send(frame(0x82, b"\x00\x01"));
        server.closes()
    });
    Client::to(server).args("-q -1 -x q").run().expect(0, "", "< binary, 2 bytes: 00 01\n");
    script.join().unwrap();
}

#[test]
fn a_wait_that_was_asked_for_ends_in_the_middle_of_a_flood() {
    let (server, script) = script::upgraded(|server| {
        let mut sent = 0_u64;
        // As fast as it is taken. Our Close is somewhere behind what waits to be read.
        while server.try_send(&frame(0x81, b"on and on")).is_ok() {
            sent += 1;
        }
        sent
    });
    let run = Client::to(server).args("-w 300ms --close-timeout 100ms").run();
    // Nobody answers the Close; that it was sent is what counts.
    assert!(run.code == Some(1) && run.talk().contains("> Close 1000"), "{}", run.talk());
    assert!(script.join().unwrap() > 0);
}

#[test]
fn a_greeting_is_no_answer() {
    let (server, script) = script::upgraded(|server| {
        server.send(frame(0x81, b"welcome"));
        server.text();
        pause(1500);
        server.send(frame(0x81, b"the answer"));
        server.closes()
    });
    let run = Client::to(server).args("-x q").run();
    assert_eq!((run.code, run.data().as_str()), (Some(0), "welcome\nthe answer\n"), "{}", run.talk());
    script.join().unwrap();
}

#[test]
fn a_message_that_crosses_our_close_is_the_one() {
    let (server, script) = script::upgraded(|server| {
        server.text();
        assert_eq!(server.close(), "1000");
        server.send([frame(0x81, b"late"), close(1000, "")].concat());
        server.finish();
        server.rest();
    });
    let run = Client::to(server).args("-1 -x q -w 100ms").run();
    assert_eq!((run.code, run.data().as_str()), (Some(0), "late\n"), "{}", run.talk());
    script.join().unwrap();
}
