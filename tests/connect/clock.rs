//! What happens by the clock or from outside: `--every`, Pings, signals; and every event as JSON.

use crate::common::PATIENCE;
use crate::common::client::Client;
use crate::common::script::{self, close, frame};
use serde_json::{Value, json};
use std::sync::mpsc::sync_channel;

const OPEN: &str = "= open, connected to ADDRESS\n";

#[test]
fn a_text_on_a_timer_counts_and_tells_the_time() {
    let (server, script) = script::upgraded(|server| {
        let texts = [server.text(), server.text(), server.text()];
        server.send(close(1000, ""));
        server.finish();
        server.rest();
        texts
    });
    let run = Client::to(server).args("--every 20ms").arg("{count} at {time} {{").run();
    assert_eq!(run.code, Some(0), "{}", run.talk());
    for (number, text) in script.join().unwrap().iter().enumerate() {
        let (count, rest) = text.split_once(" at ").unwrap();
        assert_eq!(count, (number + 1).to_string());
        let time = rest.strip_suffix(" {").unwrap();
        // 2026-01-02T03:04:05.678Z
        assert!(time.len() == 24 && time.ends_with('Z') && time.as_bytes()[19] == b'.', "{time}");
    }
}

#[test]
fn a_template_that_cannot_be_filled_is_wrong_use() {
    let run = Client::with(&["--every", "1s", "{date}", "ws://127.0.0.1:1/"]).run();
    run.expect(
        2,
        "",
        "error: --every: {date} is not known: known are {time} and {count}, and {{ is a brace that is sent\n\n\
         For more information, try '--help'.\n",
    );
}

// --- Pings ---

#[test]
fn pings_and_pongs_are_told_by_name_with_the_time_they_took() {
    let (server, script) = script::upgraded(|server| {
        let (first, payload) = server.frame();
        server.send(frame(0x8a, &payload));
        // s5.5.3: "A Pong frame MAY be sent unsolicited."
        server.send(frame(0x8a, b"heart\x1b"));
        server.send(frame(0x89, b"there?"));
        let pong = server.frame();
        server.send(close(1000, ""));
        server.finish();
        server.rest();
        (first, payload, pong)
    });
    // One Ping is enough, and on a machine that has no time there may be a second one behind it.
    let run = Client::to(server).args("--ping-interval 2s -w forever").run();
    run.expect(
        0,
        "",
        &format!(
            "{OPEN}> Ping \"1\"\n< Pong \"1\" after TIME\n< Pong \"heart\\u{{1b}}\", not asked for\n\
             < Ping \"there?\", answered by a Pong\n= server closed: 1000 normal closure\n"
        ),
    );
    assert_eq!(script.join().unwrap(), (0x89, b"1".to_vec(), (0x8a, b"there?".to_vec())));
}

#[test]
fn a_server_that_is_silent_after_a_ping_is_dead() {
    let (server, script) = script::upgraded(|server| server.rest());
    let run = Client::to(server).args("--ping-interval 50ms --ping-timeout 300ms -w forever").run();
    assert_eq!((run.code, run.data().as_str()), (Some(1), ""));
    assert!(run.talk().starts_with(&format!("{OPEN}> Ping \"1\"\n> Ping \"2\"\n")), "{}", run.talk());
    let last = "! nothing came in 300ms after a Ping (--ping-timeout): the connection is dead (1006)\n";
    assert!(run.talk().ends_with(last), "{}", run.talk());
    script.join().unwrap();
}

#[test]
fn a_server_that_does_not_answer_pings_but_talks_is_alive() {
    let (server, script) = script::upgraded(|server| {
        let mut pings = 0;
        // Ten times the time in which silence would be the end, in the pace of the client's own Pings.
        while pings < 30 {
            let (first, _) = server.frame();
            assert_eq!(first, 0x89);
            pings += 1;
            server.send(frame(0x81, b"x"));
        }
        server.send(close(1000, ""));
        server.finish();
        server.rest();
    });
    let run = Client::to(server).args("-q --ping-interval 20ms --ping-timeout 10s -w forever").run();
    run.expect(0, &"x\n".repeat(30), "");
    script.join().unwrap();
}

// --- signals ---

#[cfg(unix)]
#[test]
fn one_signal_closes_in_order() {
    for signal in ["INT", "TERM", "HUP"] {
        let (server, script) = script::upgraded(|server| server.closes());
        let running = Client::to(server).args("-w forever").arg("--close").args("4002").arg("stopped").start();
        running.wait_for_talk("= open");
        running.signal(signal);
        running.ended().expect(
            0,
            "",
            &format!(
                "{OPEN}> Close 4002 an application's own \"stopped\"\n\
                 = closed: 4002 an application's own \"stopped\", answered by the server\n"
            ),
        );
        assert_eq!(script.join().unwrap(), "4002 stopped", "SIG{signal}");
    }
}

#[cfg(unix)]
#[test]
fn a_second_signal_does_not_wait() {
    let (says, came) = sync_channel(1);
    let (server, script) = script::upgraded(move |server| {
        says.send(server.close()).unwrap();
        server.rest()
    });
    let running = Client::to(server).args("-w forever --close-timeout 1h").start();
    running.wait_for_talk("= open");
    running.signal("INT");
    assert_eq!(came.recv_timeout(PATIENCE).unwrap(), "1000");
    running.signal("INT");
    running.ended().expect(
        1,
        "",
        &format!("{OPEN}> Close 1000 normal closure\n! ended by a signal, without waiting for the server's Close\n"),
    );
    assert_eq!(script.join().unwrap(), b"");
}

/// Nothing is open yet, so there is nothing to close in order.
#[cfg(unix)]
#[test]
fn a_signal_while_it_connects_ends_it_at_once() {
    let (says, came) = sync_channel(1);
    let (server, script) = script::serve(move |server| {
        server.request();
        says.send(()).unwrap();
        server.rest()
    });
    let running = Client::to(server).args("--connect-timeout 1h").start();
    came.recv_timeout(PATIENCE).unwrap();
    // SIGINT may be ignored, by who was started in the background of a script, and stays so until it is open.
    running.signal("TERM");
    let run = running.ended();
    assert_eq!((run.code, run.data().as_str(), run.talk().as_str()), (None, "", ""));
    assert_eq!(script.join().unwrap(), b"");
}

// --- JSON ---

/// The lines of stdout, each an object, without their times.
fn events(data: &str) -> Vec<Value> {
    let event = |line: &str| {
        let mut event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let object = event.as_object_mut().unwrap();
        let time = object.remove("time").unwrap();
        assert!(time.as_str().unwrap().ends_with('Z'), "{line}");
        for measured in ["seconds", "milliseconds"] {
            if let Some(value) = object.get_mut(measured).filter(|value| value.is_number()) {
                assert!(value.as_f64().unwrap() >= 0.0, "{line}");
                *value = json!("TIME");
            }
        }
        event
    };
    data.lines().map(event).collect()
}

#[test]
fn every_event_is_a_line_of_json_and_stderr_is_silent() {
    let (server, script) = script::upgraded(|server| {
        let asked = server.text();
        server.send([frame(0x81, b"two\nlines \x1b"), frame(0x82, b"\x00\xff"), frame(0x89, b"\xff")].concat());
        server.frame();
        let (_, ping) = server.frame();
        server.send([frame(0x8a, &ping), frame(0x8a, b""), close(1001, "over")].concat());
        server.finish();
        server.rest();
        asked
    });
    let run = Client::to(server).args("--json --ping-interval 2s -w forever -x Hello").run();
    assert_eq!((run.code, run.talk().as_str()), (Some(0), ""));
    let expected = [
        json!({ "event": "open", "address": server.to_string(), "tls": null, "protocol": null }),
        json!({ "event": "sent", "kind": "text", "bytes": 5, "text": "Hello" }),
        json!({ "event": "message", "kind": "text", "bytes": 11, "text": "two\nlines \u{1b}" }),
        json!({ "event": "message", "kind": "binary", "bytes": 2, "hex": "00ff" }),
        json!({ "event": "ping", "bytes": 1, "hex": "ff", "text": null, "answered": true }),
        json!({ "event": "ping_sent", "bytes": 1, "hex": "31", "text": "1" }),
        json!({ "event": "pong", "bytes": 1, "hex": "31", "text": "1", "milliseconds": "TIME" }),
        json!({ "event": "pong", "bytes": 0, "hex": "", "text": "", "milliseconds": null }),
        json!({
            "event": "end", "clean": true, "by": "server", "code": 1001, "reason": "over", "seconds": "TIME",
            "why": "server closed: 1001 going away \"over\"",
        }),
    ];
    assert_eq!(events(&run.data()), expected);
    assert_eq!(script.join().unwrap(), "Hello");
}

#[test]
fn a_close_of_ours_and_a_greeting_are_events_too() {
    let (server, script) = script::serve(|server| {
        server.upgrade("", &frame(0x81, b"hello"));
        let asked = server.text();
        server.send(frame(0x81, asked.as_bytes()));
        server.closes()
    });
    let run = Client::to(server).args("--json -1 -x Hi").run();
    script.join().unwrap();
    let names: Vec<Value> = events(&run.data()).iter().map(|event| event["event"].clone()).collect();
    assert_eq!(names, ["open", "greeting", "sent", "message", "close_sent", "end"]);
    let last = events(&run.data()).pop().unwrap();
    assert_eq!((&last["clean"], &last["by"], &last["code"]), (&json!(true), &json!("client"), &json!(1000)));
}

#[test]
fn a_failure_is_the_last_line_of_json() {
    let (server, script) = script::upgraded(|server| server.finish());
    let run = Client::to(server).args("--json -w forever").run();
    script.join().unwrap();
    let last = events(&run.data()).pop().unwrap();
    assert_eq!((run.code, &last["event"], &last["clean"]), (Some(1), &json!("end"), &json!(false)));
    assert_eq!((&last["code"], &last["by"], &last["reason"]), (&json!(1006), &Value::Null, &Value::Null));

    let run = Client::with(&["--json", "ws://127.0.0.1:1/"]).run();
    let failed = json!({ "event": "failed", "why": "no connection to 127.0.0.1:1: refused: nothing listens there" });
    assert_eq!((run.code, run.talk().as_str(), events(&run.data())), (Some(1), "", vec![failed]));
}

#[test]
fn a_101_that_is_wrong_is_told_as_json_with_its_rule_and_its_head() {
    let (server, script) = script::answer("HTTP/1.1 101 Sw\r\nUpgrade: h2c\r\nX: \u{9b}2J\r\n\r\n");
    let run = Client::to(server).args("--json").run();
    script.join().unwrap();
    let data = run.data();
    assert!(data.is_ascii(), "{data:?}");
    let failed = json!({
        "event": "failed",
        "why": "the 101 is not one for a WebSocket: Upgrade is \"h2c\" and does not say websocket (RFC 6455 s4.1, 2)",
        "section": "s4.1, 2",
        "status": 101,
        "status_line": "HTTP/1.1 101 Sw",
        "fields": [["Upgrade", "h2c"], ["X", "\u{9b}2J"]],
    });
    assert_eq!((run.code, events(&data)), (Some(1), vec![failed]));
}

/// What would move the cursor of a terminal is written in another way, into a pipe too, and means the same.
#[test]
fn json_holds_no_character_that_a_terminal_obeys() {
    let text = "\u{9b}2J\u{202e}\u{200b}\u{7f}\u{1b}";
    let (server, script) = script::upgraded(move |server| {
        server.send(frame(0x81, text.as_bytes()));
        server.send(script::close(1000, text));
        server.close();
        server.finish();
        server.rest();
    });
    let run = Client::to(server).args("--json -w forever").run();
    script.join().unwrap();
    assert!(run.data().is_ascii(), "{:?}", run.data());
    let events = events(&run.data());
    assert_eq!((&events[1]["text"], &events[2]["reason"]), (&json!(text), &json!(text)));
}
