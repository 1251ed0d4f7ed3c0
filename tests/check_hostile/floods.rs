//! Servers that say too much: no run keeps much of it, and none takes it for an answer.

use super::{all_end, check, drain, flood, head, serving, upgraded, ws};
use crate::common::script::{close, frame};
use std::io::Write;

/// After a right 101 this, and then the other without end.
fn frames(first: Vec<u8>, more: Vec<u8>) -> String {
    ws(upgraded(move |mut stream| {
        if stream.write_all(&first).is_ok() {
            flood(stream, &more);
        }
    }))
}

/// After a request, or at once, this, and then the other without end.
fn heads(first: &'static [u8], more: Vec<u8>) -> String {
    ws(serving(move |mut stream| {
        if head(&mut stream).is_some() && stream.write_all(first).is_ok() {
            flood(stream, &more);
        }
    }))
}

#[test]
fn frames_without_end() {
    let pings = frame(0x89, &[b'x'; 125]).repeat(512);
    let deaf = pings.clone();
    // As many as a Ping each could be answered, and nothing read of the answers.
    let deaf = upgraded(move |mut stream| while stream.write_all(&deaf).is_ok() {});
    all_end(vec![
        ("long frames", frames(Vec::new(), frame(0x82, &vec![b'x'; 1 << 20])), 1),
        ("empty frames", frames(Vec::new(), [0x81, 0x00].repeat(8192)), 1),
        ("pings", frames(Vec::new(), pings), 1),
        ("pings and nothing read", ws(deaf), 1),
        ("pongs", frames(Vec::new(), [0x8a, 0x00].repeat(8192)), 1),
        ("noise", frames(Vec::new(), (0..=255).rev().collect::<Vec<u8>>().repeat(64)), 1),
    ]);
}

#[test]
fn a_message_that_never_ends() {
    let header = [&[0x82, 127], (u64::MAX >> 1).to_be_bytes().as_slice()].concat();
    let long = close(1000, &"x".repeat(60_000));
    let long = upgraded(move |mut stream| {
        if stream.write_all(&long).is_ok() {
            drain(stream);
        }
    });
    all_end(vec![
        ("long fragments", frames(vec![0x01, 0x00], frame(0x00, &vec![b'x'; 64 << 10])), 1),
        ("empty fragments", frames(vec![0x01, 0x00], [0x00, 0x00].repeat(8192)), 1),
        ("a frame of 2^63-1 bytes", frames(header, vec![b'x'; 64 << 10]), 1),
        (
            "a frame that is just short enough",
            frames(vec![0x82, 127, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff], vec![b'x'; 64]),
            1,
        ),
        ("a Close that no control frame may be", ws(long), 1),
    ]);
}

#[test]
fn answers_without_end() {
    let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
    let ten_gigabytes = b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n";
    let refusal = b"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n";
    let noise = serving(|stream| flood(stream, &(0..=255).collect::<Vec<u8>>().repeat(64)));
    all_end(vec![
        ("a body of ten gigabytes", heads(ten_gigabytes, vec![b'x'; 64 << 10]), 1),
        ("a refusal with a body", heads(refusal, chunk), 1),
        ("a head", heads(b"HTTP/1.1 101 Switching Protocols\r\n", b"X-More: of this\r\n".repeat(512)), 1),
        ("a line", heads(b"HTTP/1.1 101 ", vec![b'x'; 64 << 10]), 1),
        ("interim answers", heads(b"", b"HTTP/1.1 102 Processing\r\n\r\n".repeat(512)), 1),
        ("noise", ws(noise), 1),
    ]);
}

/// Without this the limit of a run's memory would hold for one that nobody sees.
#[cfg(target_os = "linux")]
#[test]
fn the_memory_of_a_run_is_seen() {
    let run = check("--timeout 100ms", &ws(serving(drop))).held(1);
    assert!(run.most.is_some_and(|most| most > 1024), "{:?} KiB", run.most);
}
