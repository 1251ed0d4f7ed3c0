//! The opening handshake of the client, against servers that are right, wrong, slow, endless or no servers at all.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::tls::{Authority, config, serve_plain, serve_tls};
use common::{PATIENCE, serve};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use tungstenite::handshake::derive_accept_key;
use ws101::client::{Connection, Ending, Error, Offer, Opened, Part, Refusal, Trust, Url, handshake};
use ws101::server::Config;

fn soon() -> Instant {
    Instant::now() + PATIENCE
}

fn url(address: SocketAddr) -> Url {
    Url::parse(&format!("ws://{address}/ws?a=b")).unwrap()
}

/// What a handshake with a server comes to, and the connection after it.
fn ask(address: SocketAddr, offer: &Offer, deadline: Instant) -> (Result<Opened, Error>, Connection) {
    let url = url(address);
    let mut connection = Connection::open(&url, soon()).unwrap();
    let opened = handshake::open(&mut connection, &url, offer, deadline);
    (opened, connection)
}

/// The same with a server that waits for the request and then does `work`.
fn ask_a_server(deadline: Instant, work: impl FnOnce(&mut TcpStream, &str) + Send + 'static) -> Result<Opened, Error> {
    let (address, server) = serve_plain(move |mut stream| {
        let request = read_head(&mut stream);
        work(&mut stream, &request);
    });
    let (opened, connection) = ask(address, &Offer::default(), deadline);
    assert!(connection.close().balances());
    server.join().unwrap();
    opened
}

fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&head));
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// The 101 that a request asks for.
fn good(request: &str) -> String {
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let accept = derive_accept_key(key.as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

/// A refusal that was answered with these bytes, after which the server ends.
fn refused(answer: &'static str) -> Refusal {
    let opened = ask_a_server(soon(), move |stream, _| {
        let _ = stream.write_all(answer.as_bytes());
    });
    match opened {
        Err(Error::Refused(refusal)) => *refusal,
        other => panic!("{other:?}"),
    }
}

/// Reads until the client ends, so that nothing is unread when the socket is closed: that would be a reset.
fn wait_for_the_end(stream: &mut TcpStream) {
    let _ = stream.read_to_end(&mut Vec::new());
}

#[test]
fn a_server_of_this_house_is_opened() {
    let server = serve(Config::default());
    let (opened, connection) = ask(server.addr, &Offer::default(), soon());
    let opened = opened.unwrap();
    assert_eq!((opened.head.status, opened.protocol), (101, None));
    assert_eq!(opened.head.status_line(), "HTTP/1.1 101 Switching Protocols");
    assert_eq!(opened.raw_head.len() as u64, connection.close().down.heads);
}

#[test]
fn what_is_asked_is_what_the_url_and_the_user_say() {
    let (address, server) = serve_plain(|mut stream| {
        let request = read_head(&mut stream);
        let chosen = good(&request).replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: talk\r\n\r\n");
        stream.write_all(chosen.as_bytes()).unwrap();
        request
    });
    let url = Url::parse(&format!("ws://me:se%63ret@{address}/ws?a=b")).unwrap();
    let mut connection = Connection::open(&url, soon()).unwrap();
    let fields = vec![Offer::field("Cookie: a=b").unwrap(), Offer::field("User-Agent:").unwrap()];
    let offer = Offer { protocols: vec!["chat".to_owned(), "talk".to_owned()], fields, ..Offer::default() };
    let opened = handshake::open(&mut connection, &url, &offer, soon()).unwrap();
    assert_eq!(opened.protocol.as_deref(), Some("talk"));
    let request = server.join().unwrap();
    assert!(
        request.starts_with(&format!("GET /ws?a=b HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\n")),
        "{request}"
    );
    let end = "\r\nSec-WebSocket-Protocol: chat, talk\r\nAuthorization: Basic bWU6c2VjcmV0\r\nCookie: a=b\r\n\r\n";
    assert!(request.ends_with(end), "{request}");
}

#[test]
fn it_is_the_same_under_tls() {
    let authority = Authority::new();
    let (address, server) = serve_tls(config(authority.issue(&["localhost"])), |mut stream| {
        let request = read_head(&mut stream);
        stream.write_all(format!("{}\u{1}", good(&request)).as_bytes()).unwrap();
    });
    let url = Url::parse(&format!("wss://localhost:{}", address.port())).unwrap();
    let trust = Trust { roots: Some(vec![authority.root()]), ..Trust::default() };
    let mut connection = Connection::open_with(&url, &trust, soon()).unwrap();
    handshake::open(&mut connection, &url, &Offer::default(), soon()).unwrap();
    assert_eq!(connection.split().unwrap().unread, b"\x01");
    server.join().unwrap();
}

#[test]
fn frames_behind_the_head_stay_for_the_next_layer() {
    let (address, server) = serve_plain(|mut stream| {
        let request = read_head(&mut stream);
        stream.write_all(
            &[b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", good(&request).as_bytes(), b"\x81\x02Hi"].concat(),
        )
    });
    let (opened, mut connection) = ask(address, &Offer::default(), soon());
    assert_eq!(opened.unwrap().head.fields().next(), Some(("Upgrade", &b"websocket"[..])));
    while connection.unread().len() < 4 {
        connection.read(soon()).unwrap();
    }
    assert_eq!(connection.unread(), b"\x81\x02Hi");
    assert_eq!(connection.read(soon()).unwrap(), 0);
    assert_eq!(connection.ending(), Some(Ending::Fin));
    let ledger = connection.close();
    assert_eq!((ledger.down.frames, ledger.up.bodies + ledger.up.frames), (4, 0));
    server.join().unwrap().unwrap();
}

#[test]
fn a_refusal_is_kept_as_it_came() {
    let refusal = refused(
        "HTTP/1.1 404 Not  Found\r\nserver: x\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno \r\n3\r\nway\r\n0\r\n\r\n",
    );
    assert_eq!((refusal.head.status, refusal.head.status_line()), (404, "HTTP/1.1 404 Not  Found"));
    let fields: Vec<(&str, &[u8])> = refusal.head.fields().collect();
    assert_eq!(fields, [("server", &b"x"[..]), ("X-A", b"1"), ("Transfer-Encoding", b"chunked")]);
    assert_eq!((refusal.body.as_slice(), refusal.cut), (&b"no way"[..], None));
    assert!(
        refusal.raw_head.starts_with(b"HTTP/1.1 404 Not  Found\r\nserver: x\r\n")
            && refusal.raw_head.ends_with(b"\r\n\r\n")
    );

    assert_eq!(refused("HTTP/1.0 200 OK\r\n\r\nto the end").body, b"to the end");
    let redirected = refused("HTTP/1.1 301 Moved Permanently\r\nLocation: /ws/\r\nContent-Length: 0\r\n\r\n");
    assert_eq!((redirected.head.value("location"), redirected.cut), (Some(&b"/ws/"[..]), None));
}

#[test]
fn a_refusal_that_is_cut_says_why() {
    let cut = |answer| refused(answer).cut.unwrap();
    assert!(cut("HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nno").contains("before its end"));
    assert!(cut("HTTP/1.1 403 Forbidden\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx").contains("coding"));
    assert!(cut("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n").len() > 10);
    assert_eq!(refused("HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nno").body, b"no");
}

#[test]
fn an_endless_body_is_not_read_to_its_end() {
    let opened = ask_a_server(soon(), |stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 500 Oh\r\n\r\n");
        while stream.write_all(&[b'a'; 4096]).is_ok() {}
    });
    let Err(Error::Refused(refusal)) = opened else { panic!("{opened:?}") };
    assert_eq!((refusal.body.len(), refusal.cut.as_deref()), (16384, Some("it is longer than 16384 bytes")));
}

#[test]
fn a_body_whose_end_does_not_come_ends_with_the_deadline() {
    let opened = ask_a_server(Instant::now() + Duration::from_millis(200), |stream, _| {
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\nyou").unwrap();
        wait_for_the_end(stream);
    });
    let Err(Error::Refused(refusal)) = opened else { panic!("{opened:?}") };
    assert_eq!((refusal.body.as_slice(), refusal.cut.as_deref()), (&b"you"[..], Some("no answer in time")));
}

#[test]
fn a_101_that_is_wrong_is_kept_with_the_rule_it_breaks() {
    let opened = ask_a_server(soon(), |stream, request| {
        let wrong = good(request).replace("Sec-WebSocket-Accept: ", "Sec-WebSocket-Accept: X");
        stream.write_all(wrong.as_bytes()).unwrap();
    });
    let Err(error) = opened else { panic!("{opened:?}") };
    assert!(error.to_string().contains("(RFC 6455 s4.1, 4)"), "{error}");
    let Error::Handshake { section, head, raw_head, .. } = error else { panic!("{error:?}") };
    assert_eq!((section, head.status, raw_head.len()), ("s4.1, 4", 101, head.len));
}

#[test]
fn who_never_answers_is_waited_for_until_the_deadline() {
    let opened = ask_a_server(Instant::now() + Duration::from_millis(50), |stream, _| wait_for_the_end(stream));
    assert!(matches!(opened, Err(Error::TimedOut)), "{opened:?}");
}

#[test]
fn a_head_may_come_byte_by_byte_but_not_for_ever() {
    let opened = ask_a_server(soon(), |stream, request| {
        stream.set_nodelay(true).unwrap();
        for byte in good(request).bytes() {
            stream.write_all(&[byte]).unwrap();
        }
    });
    assert_eq!(opened.unwrap().head.status, 101);

    // Each byte comes well in time, and their sum does not.
    let opened = ask_a_server(Instant::now() + Duration::from_millis(200), |stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nA: ");
        while stream.write_all(b"a").is_ok() {
            std::thread::park_timeout(Duration::from_millis(5));
        }
    });
    assert!(matches!(opened, Err(Error::TimedOut)), "{opened:?}");
}

#[test]
fn an_endless_head_is_refused() {
    for (start, more) in [("HTTP/1.1 200 OK\r\nA: ", "a"), ("HTTP/1.1 200 OK\r\n", "A: b\r\n"), ("", "\r\n")] {
        let opened = ask_a_server(soon(), move |stream, _| {
            let _ = stream.write_all(start.as_bytes());
            while stream.write_all(more.repeat(1000).as_bytes()).is_ok() {}
        });
        assert!(matches!(opened, Err(Error::Malformed(_))), "{start}{more}: {opened:?}");
    }
    // Interim answers without end are bounded by time alone: each is forgotten.
    let opened = ask_a_server(Instant::now() + Duration::from_millis(200), |stream, _| {
        while stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok() {}
    });
    assert!(matches!(opened, Err(Error::TimedOut)), "{opened:?}");
}

#[test]
fn what_is_no_http_is_shown_by_its_first_bytes() {
    for bytes in
        [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"\x15\x03\x01\x00\x02\x02\x46", b"\r\n+OK", b"HTTQ", &[b'x'; 100_000]]
    {
        let opened = ask_a_server(soon(), move |stream, _| {
            let _ = stream.write_all(bytes);
        });
        let Err(Error::NotHttp { first }) = opened else { panic!("{bytes:?}: {opened:?}") };
        assert!(bytes.trim_ascii_start().starts_with(&first) && (1..=64).contains(&first.len()), "{first:?}");
    }
}

#[test]
fn http_that_is_broken_is_told_as_that() {
    let opened = ask_a_server(soon(), |stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nUp grade: websocket\r\n\r\n");
    });
    assert!(matches!(opened, Err(Error::Malformed(_))), "{opened:?}");
}

#[test]
fn an_end_or_a_reset_in_the_middle_is_told() {
    let opened = ask_a_server(soon(), |_, _| {});
    assert!(matches!(&opened, Err(Error::Malformed(why)) if why.contains("without an answer")), "{opened:?}");
    let opened = ask_a_server(soon(), |stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 101 Swit");
    });
    assert!(matches!(opened, Err(Error::Ended)), "{opened:?}");

    let (address, server) = serve_plain(|mut stream| {
        stream.write_all(b"HTTP/1.1 101 Swit").unwrap();
        // What is unread when a socket is closed makes its end a reset.
        assert_eq!(stream.peek(&mut [0]).unwrap(), 1);
    });
    let (opened, connection) = ask(address, &Offer::default(), soon());
    assert!(
        matches!(&opened, Err(Error::Lost(error)) if error.kind() == std::io::ErrorKind::ConnectionReset),
        "{opened:?}"
    );
    assert_eq!(connection.ending(), None);
    server.join().unwrap();
}

#[test]
fn an_offer_that_would_break_the_request_is_not_sent() {
    let (address, server) = serve_plain(|mut stream| stream.read(&mut [0; 64]).unwrap());
    let offer = Offer { origin: Some("a\r\nEvil: b".to_owned()), ..Offer::default() };
    let (opened, connection) = ask(address, &offer, soon());
    assert!(matches!(&opened, Err(Error::Malformed(why)) if why.contains("Origin")), "{opened:?}");
    assert_eq!(connection.close().written, 0);
    assert_eq!(server.join().unwrap(), 0);
}

#[test]
fn a_halved_connection_reads_and_writes() {
    let (address, server) = serve_plain(|mut stream| {
        let mut came = [0; 5];
        stream.read_exact(&mut came).unwrap();
        stream.write_all(&came).unwrap();
    });
    let mut connection = Connection::open(&url(address), soon()).unwrap();
    connection.write(b"He", Part::Frames, soon()).unwrap();
    let mut halves = connection.split().unwrap();
    let (mut bytes, mut plain) = (Vec::new(), Vec::new());
    halves.layer.outgoing(b"llo", &mut bytes);
    halves.writer.write_all(&bytes).unwrap();
    halves.reader.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut came = Vec::new();
    halves.reader.read_to_end(&mut came).unwrap();
    halves.layer.incoming(&came, &mut plain).unwrap();
    assert_eq!(plain, b"Hello");
    server.join().unwrap();
}
