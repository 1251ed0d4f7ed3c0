//! Servers that go away, are none, or turn against the checker.

use super::{all_end, check, drain, head, serving, spawn, upgraded, ws};
use crate::common::script::granted;
use crate::common::tls::{config, self_signed, serve_tls};
use socket2::SockRef;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// An address where nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port")
}

fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("a reset at the end");
}

/// A request is answered by this, and by the end.
fn answer(bytes: &'static [u8]) -> String {
    ws(serving(move |mut stream| {
        let _ = head(&mut stream);
        let _ = stream.write_all(bytes);
    }))
}

fn half_a_head(mut stream: TcpStream) {
    let _ = head(&mut stream);
    let _ = stream.write_all(b"HTTP/1.1 101 Swit");
    reset(stream);
}

/// It serves some clients, and then the port is closed.
fn stops_in_the_middle() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = listener.local_addr().expect("an address");
    spawn("server", move || {
        for mut stream in listener.incoming().flatten().take(5) {
            spawn("connection", move || {
                let Some(request) = head(&mut stream) else { return };
                let _ = stream.write_all(granted(&request, "").as_bytes());
                let _ = stream.read(&mut [0; 4096]);
            });
        }
    });
    server
}

#[test]
fn who_goes_away_fails_and_who_was_never_there_is_not_graded() {
    all_end(vec![
        ("nobody", ws(nobody()), 2),
        ("the end at once", ws(serving(drop)), 1),
        ("a reset after the handshake", ws(upgraded(reset)), 1),
        ("a reset in the head", ws(serving(half_a_head)), 1),
        ("the end in the middle", ws(stops_in_the_middle()), 1),
    ]);
}

/// A reset may come before the client has seen that it was connected: then nobody was there.
#[test]
fn a_reset_at_once() {
    let server = serving(reset);
    let run = check("--timeout 100ms", &ws(server));
    let code = run.code.filter(|code| [1, 2].contains(code)).expect("a status of its own");
    run.held(code);
}

#[test]
fn a_101_with_noise_in_it() {
    let head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n";
    let with = |noise: &[u8]| answer([head.as_slice(), noise].concat().leak());
    all_end(vec![
        ("control characters", with(b"Sec-WebSocket-Accept: \0\x01\x7f\r\n\r\n"), 1),
        ("a field without a name", with(b": \r\n\r\n"), 1),
        ("an empty head", with(b"\r\n\r\n\r\n"), 1),
        ("bare line ends", with(b"a\nb\rc\r\n\r\n"), 1),
        ("an alert of TLS", answer(&[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46]), 1),
    ]);
}

/// What it finds there is a port of a client, where nobody listens.
#[test]
fn a_server_that_connects_back() {
    let reached = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reached);
    let server = serving(move |mut stream| {
        let Ok(client) = stream.peer_addr() else { return };
        let back = TcpStream::connect_timeout(&client, Duration::from_secs(1));
        counted.fetch_add(usize::from(back.is_ok()), Ordering::Relaxed);
        let _ = head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\nnoise");
    });
    check("--timeout 100ms", &ws(server)).held(1);
    assert_eq!(reached.load(Ordering::Relaxed), 0);
}

/// wss:// to who speaks no TLS: nothing that could be graded is reached.
#[test]
fn tls_with_who_speaks_none() {
    let noise = serving(|mut stream| {
        let _ = stream.write_all(&[0x16, 0x03, 0x03, 0xff, 0xff, 0x00]);
        drain(stream);
    });
    all_end(vec![
        ("HTTP", format!("wss://{}/", upgraded(drop)), 2),
        ("noise", format!("wss://{noise}/"), 2),
        ("silence", format!("wss://{}/", serving(drain)), 2),
    ]);
}

#[test]
fn tls_with_who_is_not_trusted() {
    let (untrusted, _server) = serve_tls(config(self_signed(&["127.0.0.1"], |_| {})), |mut stream| {
        let _ = stream.read(&mut [0; 64]);
    });
    let run = check("--timeout 20s", &format!("wss://{untrusted}/")).held(2);
    let told = String::from_utf8_lossy(&run.stderr);
    assert!(told.contains("certificate"), "{told}");
}
