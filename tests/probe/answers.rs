//! Hops and servers that answer by themselves, or not at all.

use crate::common::grant::{drain, grant, read_head};
use crate::common::probe::{faults, says};
use crate::{handshake, serving};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use ws101::probe::{Fault, Hop};

/// Something that answers each request with these bytes and ends the connection.
fn answering(bytes: &'static str) -> SocketAddr {
    serving(move |mut stream| {
        read_head(&mut stream);
        stream.write_all(bytes.as_bytes()).expect("written");
        stream.shutdown(Shutdown::Write).expect("an end");
        drain(&mut stream);
    })
}

#[test]
fn each_answer_has_one_name() {
    for (answer, fault, words, hop) in [
        (
            "HTTP/1.1 403 Forbidden\r\nserver: envoy\r\ncontent-length: 0\r\n\r\n",
            Fault::UpgradeForbidden,
            "what Envoy says to an upgrade that it does not allow",
            Hop::Envoy,
        ),
        (
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
            Fault::Refused,
            "403 Forbidden, with nothing in it",
            Hop::Unseen,
        ),
        (
            "HTTP/1.1 502 Bad Gateway\r\nServer: nginx/1.22.1\r\nContent-Length: 0\r\n\r\n",
            Fault::NoBackend,
            "502 Bad Gateway",
            Hop::Nginx("nginx/1.22.1".to_owned()),
        ),
        (
            "HTTP/1.1 503 Service Unavailable\r\n\r\n<h1>503</h1>\nNo server is available to handle this request.\n",
            Fault::NoBackend,
            "503",
            Hop::HaProxy,
        ),
        (
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nwho?",
            Fault::Refused,
            "401 Unauthorized: who?",
            Hop::Unseen,
        ),
        ("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n", Fault::Refused, "426", Hop::Unseen),
        (
            "HTTP/1.1 426 Upgrade Required\r\nServer: nginx/1.22.1\r\n\r\nUpgrade Required",
            Fault::NoUpgrade,
            "426 Upgrade Required; this end sent Upgrade and Connection",
            Hop::Nginx("nginx/1.22.1".to_owned()),
        ),
        (
            "HTTP/1.1 426 Upgrade Required\r\nServer: nginx/1.22.1\r\nSec-WebSocket-Version: 8\r\n\r\n",
            Fault::Refused,
            "426 Upgrade Required, with nothing in it",
            Hop::Nginx("nginx/1.22.1".to_owned()),
        ),
        (
            "HTTP/1.1 505 HTTP Version Not Supported\r\nServer: nginx/1.22.1\r\n\r\nHTTP/1.0 is not supported\n",
            Fault::Http10,
            "HTTP/1.0 is not supported; this end asked in HTTP/1.1",
            Hop::Nginx("nginx/1.22.1".to_owned()),
        ),
        (
            "HTTP/1.1 404 Not Found\r\nserver: nginx/1.22.1\r\n\r\n<title>404 Not Found</title>",
            Fault::Refused,
            "404 Not Found",
            Hop::Two(Box::new(Hop::HaProxy), Box::new(Hop::Nginx("nginx/1.22.1".to_owned()))),
        ),
        ("HTTP/1.1 200 OK\r\nServer: cloudflare\r\n\r\n", Fault::Refused, "200", Hop::Other("cloudflare".to_owned())),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", Fault::Bad101, "there is no Upgrade", Hop::Unseen),
        ("SSH-2.0-OpenSSH_9.2\r\n", Fault::Refused, "is no HTTP: it begins with \"SSH-2.0", Hop::Unseen),
        ("\0\0\u{6}\u{4}\0\0\0\0\0\0\u{3}\0\0\0d", Fault::Refused, "looks like HTTP/2", Hop::Unseen),
        ("HTTP/1.1 2", Fault::Refused, "the server ended the connection in the middle", Hop::Unseen),
        ("", Fault::NoBackend, "ended without an answer: a hop that passes bytes on", Hop::Unseen),
    ] {
        let (report, section) = handshake("", answering(answer));
        assert_eq!((faults(&section), report.hop), (vec![fault], hop), "{answer}: {section:?}");
        let said = &section.faults[0].says;
        assert!(said.contains(words), "{answer}: {said}");
        assert!(section.verdict.starts_with("no WebSocket was granted"), "{answer}: {section:?}");
    }
}

#[test]
fn a_refusal_of_another_server_has_a_likely_cause() {
    let (_, section) = handshake("", answering("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
    assert!(says(&section, "likely cause: no WebSocket is served at this path"), "{section:?}");
}

#[test]
fn no_answer_at_all_is_waited_for_as_long_as_is_said() {
    let silent = serving(|mut stream| drain(&mut stream));
    let (_, section) = handshake("--timeout 300ms", silent);
    assert_eq!(faults(&section), [Fault::NoBackend], "{section:?}");
    assert!(section.faults[0].says.contains("no answer came within 0.3 s"), "{section:?}");
    assert!(section.took >= Duration::from_millis(300), "the wait is part of the section: {section:?}");
}

/// A hop that passes bytes on to two servers, one of which is down: the next connection is answered, whatever it says.
#[test]
fn who_is_silent_once_waits_for_no_header() {
    let count = Arc::new(AtomicUsize::new(0));
    let other = serving(move |mut stream| {
        read_head(&mut stream);
        if count.fetch_add(1, Ordering::Relaxed) > 0 {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").expect("written");
            drain(&mut stream);
        }
    });
    let (_, section) = handshake("", other);
    assert_eq!(faults(&section), [Fault::NoBackend], "{section:?}");
}

#[test]
fn a_redirect_says_where_to_and_no_password() {
    let answer = "HTTP/1.1 308 X\r\nLocation: https://u:secret@a.example/ws?inspect=1\r\nContent-Length: 0\r\n\r\n";
    let (report, section) = handshake("", answering(answer));
    assert_eq!(faults(&section), [Fault::Refused], "{section:?}");
    assert!(section.faults[0].says.ends_with("probe wss://****@a.example/ws"), "{section:?}");
    assert!(!format!("{report:?}").contains("secret"), "{report:?}");
}

/// As HAProxy with accept-proxy, and nginx with `listen ... proxy_protocol`.
#[test]
fn somebody_who_waits_for_a_header_of_the_proxy_protocol_is_found_out() {
    let waiting = serving(|mut stream| {
        let mut first = [0; 6];
        stream.read_exact(&mut first).expect("six bytes");
        if &first == b"PROXY " {
            read_head(&mut stream);
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").expect("written");
            drain(&mut stream);
        }
    });
    let (_, section) = handshake("", waiting);
    assert_eq!(faults(&section), [Fault::ProxyProtocolMissing], "{section:?}");
}

#[test]
fn another_server_says_nothing_of_how_the_request_arrived() {
    let other = serving(|mut stream| {
        grant(&mut stream);
        stream.write_all(b"\x81\x05Hello").expect("written");
        drain(&mut stream);
    });
    let (report, section) = handshake("", other);
    assert_eq!((faults(&section), report.hop), (vec![], Hop::Unseen), "{section:?}");
    assert_eq!(report.server, "a WebSocket server that is no ws101");
    assert!(says(&section, "only a ws101 tells it"), "{section:?}");
    assert!(section.verdict.ends_with("how the request arrived can't be seen"), "{section:?}");
}
