//! Servers that talk to the terminal through the checker.

use super::{check, drain, head, serving, upgraded, ws};
use crate::common::script::{close, frame};
use std::io::Write;
use std::net::SocketAddr;

/// Clears the screen, sets the title, writes backwards, ends a line, ends CDATA, and begins a tag.
const WILD: &str = "\u{1b}[2J\u{1b}]0;mine\u{7}\u{9b}31m\u{202e}\u{85}]]></failure><x y=\"&\">\u{feff}\u{fffe}";

/// What is told of it. Nothing gets through: that is looked at in every run.
fn told(stage: u8, server: SocketAddr) -> String {
    check(&format!("--timeout 100ms --stage {stage}"), &ws(server)).held(1).text()
}

/// It was there, and not left out: or this would prove nothing.
fn is_told(text: &str) {
    assert!(text.contains("mine"), "{text}");
}

/// A server that answers each request with this.
fn answering(answer: String) -> SocketAddr {
    serving(move |mut stream| {
        let _ = head(&mut stream);
        let _ = stream.write_all(answer.as_bytes());
    })
}

#[test]
fn in_a_head_and_in_what_is_none() {
    is_told(&told(1, answering(format!("HTTP/1.1 400 {WILD}\r\nContent-Length: 0\r\n\r\n"))));
    is_told(&told(1, answering(WILD.to_owned())));
    told(1, answering(format!("HTTP/1.1 404 No\r\nServer: {WILD}\r\n{WILD}: x\r\nContent-Length: 0\r\n\r\n")));
}

/// As text, as a Pong, as a Close's reason, with bytes that are no UTF-8 behind it.
#[test]
fn in_frames() {
    let wild = [WILD.as_bytes(), b"\xff\xfe\x80"].concat();
    let reason = close(4000, WILD);
    let all = [frame(0x81, WILD.as_bytes()), frame(0x81, &wild), frame(0x8a, &wild), frame(0x8b, &wild), reason];
    let all = all.map(|said| {
        told(
            5,
            upgraded(move |mut stream| {
                if stream.write_all(&said).is_ok() {
                    drain(stream);
                }
            }),
        )
    });
    is_told(&all.concat());
}
