//! Servers that do not answer, or so slowly that it is the same.

use super::{all_end, drain, head, serving, upgraded, ws};
use crate::common::PATIENCE;
use crate::common::script::{frame, granted};
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::park_timeout;
use std::time::Duration;

/// These bytes, one in a second, until the client has gone.
fn drip(mut stream: TcpStream, bytes: &[u8]) {
    for byte in bytes {
        if stream.write_all(&[*byte]).is_err() {
            return;
        }
        park_timeout(Duration::from_secs(1));
    }
}

/// The head of a 101, one byte in a second.
fn drip_head(mut stream: TcpStream) {
    if let Some(request) = head(&mut stream) {
        drip(stream, granted(&request, "").as_bytes());
    }
}

/// What is written to it stays in buffers, and then nowhere.
fn hold(stream: TcpStream) {
    park_timeout(PATIENCE);
    drop(stream);
}

/// A frame that is begun and never ends.
fn half(begin: &'static [u8]) -> SocketAddr {
    upgraded(move |mut stream| {
        if stream.write_all(begin).is_ok() {
            drain(stream);
        }
    })
}

#[test]
fn who_says_nothing_is_not_waited_for() {
    // The system takes connections until its queue is full, and nobody takes them from there.
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port");
    let queue = nobody.local_addr().expect("an address");
    all_end(vec![
        ("never an answer", ws(serving(drain)), 1),
        ("nobody who accepts", ws(queue), 1),
        ("a head of one byte a second", ws(serving(drip_head)), 1),
        ("never a frame", ws(upgraded(drain)), 1),
        ("never a frame and nothing read", ws(upgraded(hold)), 1),
        ("a frame of one byte a second", ws(upgraded(|stream| drip(stream, &frame(0x81, &[b'x'; 125])))), 1),
        ("a first byte", ws(half(&[0x81])), 1),
        ("half a length", ws(half(&[0x81, 0x7e, 0x01])), 1),
        ("half a payload", ws(half(&[0x81, 0x05, b'H'])), 1),
    ]);
}
