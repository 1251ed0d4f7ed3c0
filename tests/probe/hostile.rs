//! Servers that would like to write on the terminal of who probes them.

use crate::common::grant::{drain, grant, read_head};
use crate::{handshake, serving};
use std::io::Write;
use ws101::probe::{Report, Section, json, text};

/// What a person and a program get to read. Colours are the report's own, and are taken away.
fn shown(report: &Report, section: &Section) -> String {
    let told = [text::title(report), text::section(section, &report.hop, 100), text::summary(report, 100)].concat();
    let told = anstream::adapter::strip_str(&told).to_string();
    // Text that was not ours and held an escape would lose it here too: so its other parts are looked for.
    format!("{told}{:#}", json::document(report))
}

/// Escapes, a character that turns the direction of text, and one that is CSI in a single byte.
const EVIL: &str = "\\u001b[2J\\u202e\\u009b2J";

#[test]
fn what_a_server_tells_of_the_request_is_escaped() {
    let lying = serving(|mut stream| {
        grant(&mut stream);
        let lines =
            format!("[\"GET {EVIL} HTTP/1.0\", \"Server{EVIL}: {EVIL}\", \"Host: {EVIL}\", \"Via: 1.1 {EVIL}\"]");
        let told = format!(
            "{{\"ws101\":\"{EVIL}\",\"name\":\"{EVIL}\",\"peer\":\"{EVIL}\",\"client\":\"{EVIL}\",\"proxy_protocol\":\"{EVIL}\",\
             \"request_as_it_arrived\":{lines}}}"
        );
        let len = u16::try_from(told.len()).expect("a short one").to_be_bytes();
        stream.write_all(&[&[0x81, 126, len[0], len[1]], told.as_bytes()].concat()).expect("written");
        drain(&mut stream);
    });
    let (report, section) = handshake("", lying);
    let shown = shown(&report, &section);
    assert!(shown.contains("\\u{1b}[2J\\u{202e}"), "{shown}");
    for evil in ['\u{1b}', '\u{202e}', '\u{9b}'] {
        assert!(!shown.contains(evil), "{shown}");
    }
}

#[test]
fn what_a_server_refuses_with_is_escaped() {
    let rude = serving(|mut stream| {
        read_head(&mut stream);
        let answer = "HTTP/1.1 404 No\u{202e}\r\nServer: nginx\u{202e}\r\nVia: 1.1 \u{202e}\r\nContent-Length: 7\r\n\r\n\u{1b}[2J\u{202e}";
        stream.write_all(answer.as_bytes()).expect("written");
        drain(&mut stream);
    });
    let (report, section) = handshake("", rude);
    let shown = shown(&report, &section);
    assert!(shown.contains("\\u{1b}[2J\\u{202e}"), "{shown}");
    assert!(!shown.contains('\u{202e}') && !shown.contains('\u{1b}'), "{shown}");
}

/// A server may hold a mirror to its client. What the mirror shows is put into a ticket.
#[test]
fn what_a_server_repeats_of_the_users_secrets_is_starred() {
    let mirror = serving(|mut stream| {
        let head = read_head(&mut stream);
        let token = head.lines().find(|line| line.starts_with("Authorization")).unwrap_or_default();
        let answer = format!("HTTP/1.1 401 {token}\r\nServer: {token}\r\nVia: 1.1 {token}\r\n\r\nnobody knows {token}");
        stream.write_all(answer.as_bytes()).expect("written");
    });
    let (report, section) = handshake("-H Authorization:hush-hush", mirror);
    let shown = shown(&report, &section);
    assert!(shown.contains("nobody knows Authorization: *********"), "{shown}");
    assert!(!shown.contains("hush"), "{shown}");
}

/// A million lines, a line of a megabyte: the probe takes what it needs and ends.
#[test]
fn a_server_that_tells_too_much_is_cut_short() {
    let flooding = serving(|mut stream| {
        grant(&mut stream);
        let long = "x".repeat(100_000);
        let lines = format!("\"{long}\"{}", ",\"A: 1\"".repeat(20_000));
        let told = format!(
            "{{\"ws101\":\"{long}\",\"name\":\"{long}\",\"peer\":\"a\",\"client\":\"{long}\",\"request_as_it_arrived\":[{lines}]}}"
        );
        let len = (told.len() as u64).to_be_bytes();
        stream.write_all(&[&[0x81, 127], &len[..], told.as_bytes()].concat()).expect("written");
        drain(&mut stream);
    });
    let (report, section) = handshake("", flooding);
    let told = text::title(&report) + &text::section(&section, &report.hop, 100) + &text::summary(&report, 100);
    let told = anstream::adapter::strip_str(&told).to_string();
    assert!(told.lines().count() < 400, "{}", told.lines().count());
    assert!(told.lines().all(|line| line.chars().count() < 600), "{told}");
}
