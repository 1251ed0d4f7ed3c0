//! Hops between the probe and a real ws101, each of which does one thing to the heads.

use crate::common::grant::read_head;
use crate::common::probe::{faults, says};
use crate::common::{serve, spawn};
use crate::{handshake, serving};
use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use ws101::probe::{Fault, Hop, Section};
use ws101::server::Config;

/// What is done to a head.
type Change = fn(&str) -> String;

/// A hop that does this to each request's head and to each answer's, and passes on what follows.
fn hop(server: SocketAddr, request: Change, answer: Change) -> SocketAddr {
    serving(move |mut client| {
        let mut server = TcpStream::connect(server).expect("the server");
        let head = read_head(&mut client);
        server.write_all(request(&head).as_bytes()).expect("written");
        let (from, to) = (client.try_clone().expect("a handle"), server.try_clone().expect("a handle"));
        let up = spawn("up", move || pass(from, to));
        let head = read_head(&mut server);
        client.write_all(answer(&head).as_bytes()).expect("written");
        pass(server, client);
        up.join().expect("no panic");
    })
}

/// An end on one side is one on the other.
fn pass(mut from: TcpStream, mut to: TcpStream) {
    // Whoever ends a connection is heard on the other side, however it ends.
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

fn as_it_is(head: &str) -> String {
    head.to_owned()
}

fn without(head: &str, name: &str) -> String {
    let lines = head.split_inclusive("\r\n");
    lines.filter(|line| !line.to_lowercase().starts_with(&format!("{name}:"))).collect()
}

fn with(head: &str, field: &str) -> String {
    head.replacen("\r\n\r\n", &format!("\r\n{field}\r\n\r\n"), 1)
}

/// What is found of a hop that does this to requests.
fn through(options: &str, request: Change) -> (Hop, Section) {
    let server = serve(Config::default());
    let (report, section) = handshake(options, hop(server.addr, request, as_it_is));
    (report.hop, section)
}

#[test]
fn nothing_in_between_and_something_that_changes_nothing() {
    let server = serve(Config { name: Some("A".to_owned()), ..Config::default() });
    let (report, section) = handshake("", server.addr);
    assert_eq!((faults(&section), &report.hop), (vec![], &Hop::Nothing), "{section:?}");
    assert!(report.server.ends_with(" named A"), "{}", report.server);
    assert!(section.verdict.ends_with("the request arrived as it was sent"), "{section:?}");
    assert!(says(&section, "which is this end"), "{section:?}");
    let (hop, section) = through("", as_it_is);
    assert_eq!((faults(&section), hop), (vec![], Hop::Bytes), "{section:?}");
}

#[test]
fn each_loss_has_one_name() {
    let own = "-H X-Mine:1 --origin https://a.example";
    let table: [(&str, Change, &[Fault], &str); 11] = [
        (
            "",
            |head| without(&without(head, "upgrade"), "connection").replacen("HTTP/1.1", "HTTP/1.0", 1),
            &[Fault::Http10],
            "as HTTP/1.0, which has no upgrade, without Upgrade and without Connection",
        ),
        ("", |head| head.replacen("HTTP/1.1", "HTTP/1.0", 1), &[Fault::Http10], "no upgrade, with Connection: Upgrade"),
        ("", |head| without(head, "upgrade"), &[Fault::NoUpgrade], "without Upgrade and with Connection: Upgrade"),
        ("", |head| without(head, "connection"), &[Fault::NoUpgrade], "with Upgrade, but without Connection"),
        (
            "",
            |head| head.replace("Connection: Upgrade", "Connection: close"),
            &[Fault::NoUpgrade],
            "with Upgrade, but with Connection: close",
        ),
        ("", |head| without(head, "sec-websocket-key"), &[Fault::FieldLost], "Sec-WebSocket-Key did not arrive"),
        (
            "",
            |head| head.replace("Version: 13", "Version: 8"),
            &[Fault::FieldLost],
            "arrived as Sec-WebSocket-Version: 8",
        ),
        (own, |head| without(head, "origin"), &[Fault::FieldLost], "Origin did not arrive"),
        (own, |head| head.replace("X-Mine: 1", "x-mine: 2"), &[Fault::FieldLost], "X-Mine arrived as x-mine: 2"),
        (own, |head| without(&without(head, "x-mine"), "upgrade"), &[Fault::NoUpgrade, Fault::FieldLost], "X-Mine did"),
        ("", |head| head.replacen("GET /ws", "GET /nowhere", 1), &[Fault::Refused], "HTTP/1.1 404 Not Found"),
    ];
    for (options, change, expected, words) in table {
        let (hop, section) = through(options, change);
        assert_eq!((faults(&section).as_slice(), hop), (expected, Hop::Http), "{words}: {section:?}");
        assert!(section.faults.iter().any(|found| found.says.contains(words)), "{words}: {section:?}");
    }
}

#[test]
fn what_is_only_worth_knowing_is_no_fault() {
    let haproxy: Change = |head| {
        let lower = head.split_inclusive("\r\n").map(|line| match line.split_once(':') {
            Some((name, value)) => format!("{}:{value}", name.to_lowercase()),
            None => line.to_owned(),
        });
        with(&lower.collect::<String>(), "x-forwarded-for: 127.0.0.1")
    };
    let (hop, section) = through("", haproxy);
    assert_eq!((faults(&section), hop), (vec![], Hop::HaProxy), "{section:?}");
    assert!(says(&section, "names have no case"), "{section:?}");
    assert!(says(&section, "a hop wrote x-forwarded-for: 127.0.0.1"), "{section:?}");
    assert!(says(&section, "got a line of its own behind it (203.0.113.9 | 127.0.0.1)"), "{section:?}");
    assert_eq!(section.facts["forged_x_forwarded_for"][1], "127.0.0.1");

    let (_, section) = through("", |head| head.replacen("Host: ", "Host: inner.", 1).replace("/ws?", "//ws?"));
    assert_eq!(faults(&section), [Fault::Refused], "{section:?}");
    assert!(says(&section, "the server sees Host: inner."), "{section:?}");
    assert!(says(&section, "a hop asked for //ws?inspect=1 and not for /ws?inspect=1"), "{section:?}");
}

#[test]
fn what_was_done_to_the_answer_is_told() {
    let server = serve(Config::default());
    let answer: Change = |head| with(head, "Server: odd/1\r\nSet-Cookie: srv=secret\r\nVia: 1.1 edge");
    let (report, section) = handshake("", hop(server.addr, as_it_is, answer));
    assert_eq!((faults(&section), report.hop), (vec![], Hop::Other("odd/1".to_owned())), "{section:?}");
    assert!(says(&section, "Server: odd/1; Via: 1.1 edge"), "{section:?}");
    assert!(says(&section, "a Set-Cookie came with the answer"), "{section:?}");
    assert!(!says(&section, "secret"), "{section:?}");
    let broken: Change = |head| without(head, "sec-websocket-accept");
    let (_, section) = handshake("", hop(server.addr, as_it_is, broken));
    assert_eq!(faults(&section), [Fault::Bad101], "{section:?}");
    assert!(section.faults[0].says.contains("s4.1, 4"), "{section:?}");
}

#[test]
fn a_header_of_the_proxy_protocol_that_nobody_asked_for() {
    let server = serve(Config::default());
    for header in ["PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "\r\n\r\n\0\r\nQUIT\n!\u{11}\0\0"] {
        let server = server.addr;
        let addr = serving(move |client| {
            let mut server = TcpStream::connect(server).expect("the server");
            server.write_all(header.as_bytes()).expect("written");
            let (from, to) = (client.try_clone().expect("a handle"), server.try_clone().expect("a handle"));
            let up = spawn("up", move || pass(from, to));
            pass(server, client);
            up.join().expect("no panic");
        });
        let (_, section) = handshake("", addr);
        assert_eq!(faults(&section), [Fault::ProxyProtocolUnasked], "{header:?}: {section:?}");
    }
}
