//! The section `backends` behind balancers of several kinds, and its watch.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::balancer::{Fate, balance};
use common::grant::{grant, server};
use common::probe::{faults, says, section, settings};
use crossbeam_channel::bounded;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};
use ws101::probe::{self, Fault, Settings, Step};
use ws101::server::{Config, Handle};

fn named(name: &str) -> Handle {
    common::serve(Config { name: Some(name.to_owned()), tick: None, ..Config::default() })
}

fn answer(status: &str, lines: &str) -> Fate {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n{lines}\r\n");
    Fate::Answer(head, Duration::ZERO)
}

#[test]
fn one_server_and_two_in_turn() {
    let (a, b) = (named("A"), named("B"));
    let addrs = [a.addr, b.addr];
    let alone = section("--only backends --connections 6", a.addr);
    assert_eq!((&alone.facts["pattern"], alone.faults.len()), (&"one".into(), 0), "{alone:?}");
    assert!(says(&alone, "all answered by [A]"), "{alone:?}");
    let hop = balance(move |number, _| Fate::To(addrs[number % 2]));
    let turn = section("--only backends --connections 6", hop);
    assert_eq!((&turn.facts["pattern"], turn.faults.len()), (&"in-turn".into(), 0), "{turn:?}");
    assert_eq!(turn.facts["websockets_by_server"], serde_json::json!({ "A": 3, "B": 3 }), "{turn:?}");
    assert_eq!(turn.facts["requests_by_server"], serde_json::json!({ "A": 3, "B": 3 }), "{turn:?}");
}

#[test]
fn a_server_without_a_name_is_told_so() {
    let server = common::serve(Config { tick: None, ..Config::default() });
    let section = section("--only backends --connections 4", server.addr);
    assert!(section.ran && section.faults.is_empty() && says(&section, "--name"), "{section:?}");
}

#[test]
fn a_backend_that_is_dead() {
    let server = named("A");
    let addr = server.addr;
    let hop = balance(move |number, _| match number % 2 {
        0 => Fate::To(addr),
        _ => answer("503 Service Unavailable", ""),
    });
    let section = section("--only backends --connections 6", hop);
    assert_eq!(faults(&section), [Fault::BackendFails], "{section:?}");
    assert!(section.faults[0].says.contains("3 of 6 WebSockets and 3 of 6 requests failed: 503"), "{section:?}");
    assert!(!says(&section, "no WebSocket"), "{section:?}");
}

#[test]
fn nobody_at_all_is_nothing_to_tell() {
    let section = section("--only backends --connections 3", balance(|_, _| answer("502 Bad Gateway", "")));
    assert!(!section.ran && section.faults.is_empty() && section.verdict.contains("502"), "{section:?}");
}

#[test]
fn a_cookie_that_holds_and_one_that_does_not() {
    for (honoured, verdict) in [(true, "sticky by the cookie node"), (false, "2 servers")] {
        let hop = balance(move |number, head| {
            let by_turn = ["A", "B"][number % 2];
            let by_cookie = head.contains("Cookie: node=1").then_some("A").or(head.contains("node=2").then_some("B"));
            let name = by_cookie.filter(|_| honoured).unwrap_or(by_turn);
            let cookie = if name == "A" { 1 } else { 2 };
            answer("200 OK", &format!("X-Served-By: {name}\r\nSet-Cookie: node={cookie}; Path=/; HttpOnly\r\n"))
        });
        let section = section("--only backends --connections 4", hop);
        assert!(section.verdict.contains(verdict), "{section:?}");
        assert_eq!(section.facts["sticky_by_cookie"], honoured, "{section:?}");
        assert!(!format!("{section:?}").contains("node="), "the value of a cookie is a secret: {section:?}");
    }
}

/// An application's cookie, and a balancer that would send all requests to the same server anyway.
#[test]
fn a_cookie_without_which_the_same_server_answers_proves_nothing() {
    let b = named("B");
    let addr = b.addr;
    let hop = balance(move |_, head| match head.contains("Upgrade:") {
        true => Fate::To(addr),
        false => answer("200 OK", "X-Served-By: A\r\nSet-Cookie: session=1\r\n"),
    });
    let section = section("--only backends --connections 4", hop);
    assert!(!section.verdict.contains("sticky by the cookie") && says(&section, "without it"), "{section:?}");
    assert!(section.facts["sticky_by_cookie"].is_null(), "{section:?}");
}

/// A text frame of a client, unmasked. It is short.
fn text(stream: &mut impl Read) -> Option<Vec<u8>> {
    let (mut head, mut payload) = ([0; 6], vec![0; 125]);
    stream.read_exact(&mut head).ok().filter(|()| head[0] == 0x81)?;
    payload.truncate(usize::from(head[1] & 0x7f));
    stream.read_exact(&mut payload).ok()?;
    payload.iter_mut().enumerate().for_each(|(at, byte)| *byte ^= head[2 + at % 4]);
    Some(payload)
}

#[test]
fn a_connection_that_moves() {
    let moving = server(|_, mut stream| {
        grant(&mut stream);
        for number in 0.. {
            let Some(said) = text(&mut stream) else { return };
            let echo = [if number % 4 == 3 { b"[B] " } else { b"[A] " }, said.as_slice()].concat();
            stream.write_all(&common::script::frame(0x81, &echo)).expect("written");
        }
    });
    let section = section("--only backends --connections 1 --timeout 2s", moving);
    assert!(faults(&section).contains(&Fault::ConnectionMoves), "{section:?}");
}

#[test]
fn a_watch_sees_who_leaves_and_ends_when_it_is_told_to() {
    let (a, b) = (named("A"), named("B"));
    let addrs = [a.addr, b.addr];
    let hop = balance(move |number, _| Fate::To(addrs[number % 2]));
    let (stop, stopped) = bounded(1);
    let settings = Settings { stop: stopped, ..settings("--only backends --connections 20 --watch", hop) };
    let (mut lines, mut leaving, mut comes) = (Vec::new(), Some(b), 0);
    let report = probe::run(&settings, &mut |step| {
        let Step::Seen(line) = step else { return };
        lines.push(line.to_owned());
        comes += usize::from(line.ends_with(" comes"));
        if comes == 2 {
            // Ends with a Close 1001 to each of its connections.
            drop(leaving.take());
        }
        if line.contains(" to B ended") || line.contains("B leaves") {
            let _ = stop.try_send(());
        }
    });
    let section = report.expect("a report").sections.pop().expect("a section");
    assert!(section.verdict.contains("watched for"), "{section:?}");
    assert!(lines.iter().any(|line| line.contains("A comes")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("B ended") || line.contains("B leaves")), "{lines:#?}");
    assert_eq!(section.facts["watched"].as_array().map(Vec::len), Some(lines.len()), "{section:?}");
}

/// It would otherwise go on for nobody.
#[test]
fn a_watch_whose_reader_has_gone_away_ends() {
    let server = named("A");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ws101"));
    command.args(["probe", "--only", "backends", "--connections", "2", "--watch", &format!("ws://{}/ws", server.addr)]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program");
    let mut stdout = BufReader::new(child.stdout.take().expect("stdout"));
    let mut line = String::new();
    while !line.contains("watching") {
        line.clear();
        assert_ne!(stdout.read_line(&mut line).expect("a line"), 0, "the watch has begun");
    }
    drop(stdout);
    // The next line that is told, that a connection has ended, finds nobody.
    drop(server);
    common::wait_until("it has ended", || child.try_wait().expect("a state").is_some());
    assert_eq!(child.wait().expect("an end").code(), Some(0));
}

/// A server that answers no more does not keep who says stop waiting.
#[test]
fn a_watch_ends_in_the_middle_of_a_call() {
    let server = named("A");
    let addr = server.addr;
    let (stop, stopped) = bounded(1);
    // The sections make five connections, so the tenth is one of the watch.
    let hop = balance(move |number, _| match number {
        0..9 => Fate::To(addr),
        _ => {
            let _ = stop.try_send(());
            Fate::Answer(String::new(), Duration::from_secs(60))
        }
    });
    let settings = Settings { stop: stopped, ..settings("--only backends --connections 2 --timeout 60s --watch", hop) };
    let since = Instant::now();
    let report = probe::run(&settings, &mut |_| {}).expect("a report");
    assert!(report.sections[0].verdict.contains("watched") && since.elapsed() < Duration::from_secs(40), "{report:?}");
}

/// Ctrl-C ends the watch, not the process: the summary comes, and the status says what was found.
#[cfg(unix)]
#[test]
fn control_c_ends_a_watch_with_its_summary() {
    use rustix::process::{Pid, Signal, kill_process};
    let server = named("A");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ws101"));
    command.args(["probe", "--only", "backends", "--connections", "2", "--watch", &format!("ws://{}/ws", server.addr)]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines().map(|line| line.expect("a line"));
    let pid = Pid::from_child(&child);
    assert!(lines.any(|line| line.ends_with("A comes")), "the watch has begun");
    kill_process(pid, Signal::INT).expect("a signal");
    let rest: Vec<String> = lines.collect();
    assert!(rest.iter().any(|line| line.contains("Summary")), "{rest:#?}");
    assert!(rest.iter().any(|line| line.contains("watched")), "{rest:#?}");
    assert_eq!(child.wait().expect("an end").code(), Some(0));
}
