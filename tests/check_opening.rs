//! `check` and the opening handshake: answers that are legal pass, and a cause is the one that the answer shows.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use tungstenite::handshake::derive_accept_key;
use ws101::broken;
use ws101::check::{self, Settings, Status};
use ws101::client::Url;

const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// A server that reads a head, answers it, and reads on until the client has gone.
fn answering(answer: impl Fn(&str) -> String + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    common::spawn("server", move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            common::spawn("connection", move || serve(stream, &answer));
        }
    });
    addr
}

fn serve(mut stream: TcpStream, answer: &impl Fn(&str) -> String) {
    stream.set_read_timeout(Some(common::PATIENCE)).unwrap();
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    // A client that has gone has heard enough.
    let _ = stream.write_all(answer(&String::from_utf8_lossy(&head)).as_bytes());
    while matches!(stream.read(&mut byte), Ok(1)) {}
}

fn switching(head: &str) -> String {
    let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap_or_default();
    let accept = derive_accept_key(key.as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

/// What came of one case.
fn status(address: &str, server: SocketAddr) -> Status {
    let url = Url::parse(&format!("ws://{server}/")).expect("a URL");
    let settings = Settings { only: vec![address.to_owned()], timeout: common::PATIENCE, ..Settings::new(url) };
    let report = check::run(&settings, &mut |_| {}).expect("a report");
    let outcome = report.outcomes().next().expect("a case");
    outcome.status.clone()
}

fn cause(status: Status) -> String {
    match status {
        Status::Failed(failure) => failure.cause.unwrap_or_default(),
        status => panic!("{status:?}"),
    }
}

#[test]
fn an_upgrade_that_is_ignored_in_http_1_0_leaves_a_page() {
    let server = answering(|head| if head.contains(" HTTP/1.1\r\n") { switching(head) } else { PAGE.to_owned() });
    assert_eq!(status("ws/4.2.1/19", server), Status::Passed);
}

#[test]
fn fields_that_are_too_large_for_a_server_may_be_refused_as_such() {
    let server = answering(|head| match head.len() {
        0..2000 => switching(head),
        _ => "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n\r\n".to_owned(),
    });
    assert_eq!(status("http/9112/2.2/3", server), Status::Passed);
}

#[test]
fn a_page_for_a_list_of_tokens_shows_that_the_list_is_not_read() {
    let server = answering(|head| match head.contains("\r\nConnection: Upgrade\r\n") {
        true => switching(head),
        false => PAGE.to_owned(),
    });
    let cause = cause(status("ws/4.2.1/1", server));
    assert!(cause.contains("Connection is a list"), "{cause}");
}

#[test]
fn a_key_with_odd_bits_may_be_refused_and_must_not_be_answered_with_a_page() {
    let is_odd = |head: &str| head.contains("PEC==");
    let refusal = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    let refuses = answering(move |head| if is_odd(head) { refusal.to_owned() } else { switching(head) });
    assert_eq!(status("ws/4.2.2/7", refuses), Status::Passed);
    let pages = answering(move |head| if is_odd(head) { PAGE.to_owned() } else { switching(head) });
    assert!(matches!(status("ws/4.2.2/7", pages), Status::Failed(_)));
}

#[test]
fn values_that_are_not_trimmed_are_told_as_that_whatever_the_case_is_about() {
    let server = answering(|head| match head.contains(": ") {
        true => PAGE.to_owned(),
        false => switching(&head.replace(':', ": ")),
    });
    for address in ["ws/4.2.2/1", "ws/4.2.1/1"] {
        let cause = cause(status(address, server));
        assert!(cause.contains("only when no blank stands behind the colons"), "{address}: {cause}");
    }
    let none = answering(|_| PAGE.to_owned());
    let cause = cause(status("ws/4.2.1/1", none));
    assert!(cause.contains("nothing unusual"), "{cause}");
}

#[test]
fn a_line_that_is_no_field_is_shown() {
    let server = answering(|_| "HTTP/1.1 101 Switching Protocols\r\nUpgrade websocket\u{1b}\r\n\r\n".to_owned());
    let Status::Failed(failure) = status("http/9112/4/1", server) else { panic!("it has to fail") };
    assert!(failure.came.contains("'Upgrade websocket\\u{1b}'"), "{}", failure.came);
}

#[test]
fn a_value_with_a_line_end_of_its_own_is_named() {
    let server = answering(|head| switching(head).replacen("=\r\n", "=\n\r\n", 1));
    let cause = cause(status("http/9112/2.1/1", server));
    assert!(cause.contains("the value of Sec-WebSocket-Accept"), "{cause}");
}

#[test]
fn who_waits_for_an_empty_line_that_was_cut_and_who_does_not_wait_are_told_apart() {
    for (name, address, words) in [
        ("one-recv", "http/9112/2.2/1", "one read is not one request"),
        ("blank-line-per-piece", "http/9112/2.2/2", "each piece is searched"),
    ] {
        let server = broken::start(broken::find(name).expect(name), "127.0.0.1:0").expect("a server");
        let url = Url::parse(&format!("ws://{}/", server.addr)).expect("a URL");
        let settings = Settings { only: vec![address.to_owned()], ..Settings::new(url) };
        let report = check::run(&settings, &mut |_| {}).expect("a report");
        let cause = cause(report.outcomes().next().expect("a case").status.clone());
        assert!(cause.contains(words), "{name}: {cause}");
    }
}
