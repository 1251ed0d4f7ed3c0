//! The client under TLS: whom it trusts, what it says when it does not, how an end is told from a cut.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::PATIENCE;
use common::tls::{Authority, Identity, Stream, config, config_of, self_signed, serve_plain, serve_tls};
use rcgen::{BasicConstraints, IsCa, date_time_ymd};
use rustls::pki_types::CertificateDer;
use rustls::version::{TLS12, TLS13};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};
use ws101::client::{Connection, Ending, Error, Layer, LayerState, Part, Trust, Url};

/// Names this test program to itself: where to connect to with the system's trust.
const ASK: &str = "WS101_TEST_ASK";

fn soon() -> Instant {
    Instant::now() + PATIENCE
}

fn url(host: &str, address: SocketAddr) -> Url {
    Url::parse(&format!("wss://{host}:{}/ws", address.port())).unwrap()
}

fn trust(root: CertificateDer<'static>) -> Trust {
    Trust { insecure: false, roots: Some(vec![root]) }
}

const ANYONE: Trust = Trust { insecure: true, roots: None };

/// Answers each byte with itself until the client ends, and then says close_notify.
fn echo(mut stream: Stream) -> Option<String> {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        stream.write_all(&buffer[..count]).unwrap();
    }
    let name = stream.conn.server_name().map(str::to_owned);
    stream.conn.send_close_notify();
    let _ = stream.flush();
    name
}

/// Why a client with this trust has no connection to a server with this certificate.
fn failure(identity: Identity, host: &str, trust: &Trust) -> String {
    let (address, server) = serve_tls(config(identity), echo);
    let error = Connection::open_with(&url(host, address), trust, soon()).expect_err("no trust");
    assert!(matches!(error, Error::Tls(_)), "{error}");
    server.join().unwrap();
    error.to_string()
}

/// Why a client has no connection to a server that says this to its first bytes.
fn failure_of_bytes(bytes: &'static [u8]) -> String {
    let (address, server) = serve_plain(move |mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(bytes);
    });
    let error = Connection::open_with(&url("127.0.0.1", address), &ANYONE, soon()).expect_err("no TLS");
    server.join().unwrap();
    assert!(matches!(error, Error::Tls(_)), "{error}");
    error.to_string()
}

#[test]
fn a_trusted_server_is_talked_to_and_every_plain_byte_counted() {
    let authority = Authority::new();
    for (versions, version) in [([&TLS13], "TLSv1.3, "), ([&TLS12], "TLSv1.2, ")] {
        let identity = authority.issue(&["localhost"]);
        let (address, server) = serve_tls(config_of(identity, &versions, None), echo);
        let mut connection =
            Connection::open_with(&url("localhost", address), &trust(authority.root()), soon()).unwrap();
        let facts = connection.tls_facts().unwrap();
        assert!(facts.starts_with(version) && !facts.contains("TLS13_") && !facts.contains(", TLS_"), "{facts}");
        assert_eq!((connection.peer().port(), connection.local().ip()), (address.port(), address.ip()));

        let sent: Vec<u8> = (0..300_000u32).map(|number| number as u8).collect();
        connection.write_message(b"head", b"body", soon()).unwrap();
        let mut came = Vec::new();
        for piece in sent.chunks(50_000) {
            connection.write(piece, Part::Frames, soon()).unwrap();
            while came.len() < 50_000 {
                connection.read(soon()).unwrap();
                came.extend(connection.take(connection.unread().len(), Part::Frames));
            }
            came.drain(..50_000);
        }
        while came.len() < 8 {
            connection.read(soon()).unwrap();
            came.extend(connection.take(connection.unread().len(), Part::Frames));
        }
        assert_eq!(came, sent[sent.len() - 8..], "what was written first came first");
        connection.finish();
        assert_eq!(connection.read(soon()).unwrap(), 0);
        assert_eq!(connection.ending(), Some(Ending::CloseNotify));
        let ledger = connection.close();
        assert_eq!((ledger.written, ledger.read, ledger.balances()), (300_008, 300_008, true));
        assert_eq!(server.join().unwrap().as_deref(), Some("localhost"), "SNI");
    }
}

#[test]
fn an_address_is_not_told_as_a_name_and_needs_a_certificate_for_it() {
    let authority = Authority::new();
    let (address, server) = serve_tls(config(authority.issue(&["127.0.0.1"])), echo);
    let mut connection = Connection::open_with(&url("127.0.0.1", address), &trust(authority.root()), soon()).unwrap();
    connection.finish();
    assert_eq!(connection.read(soon()).unwrap(), 0);
    assert_eq!(server.join().unwrap(), None);

    let said = failure(authority.issue(&["example.org"]), "127.0.0.1", &trust(authority.root()));
    assert!(said.contains("not valid for 127.0.0.1") && said.contains("it is for example.org;"), "{said}");
}

#[test]
fn a_certificate_that_is_not_good_is_refused_with_its_reason() {
    let authority = Authority::new();
    let known = trust(authority.root());
    let good = || authority.issue(&["localhost"]);
    let cases = [
        (good(), trust(Authority::new().root()), "issuer is unknown"),
        (self_signed(&["localhost"], |_| {}), known.clone(), "self-signed"),
        (
            self_signed(&["localhost"], |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
            known.clone(),
            "self-signed",
        ),
        (authority.issue(&["a.example", "10.1.2.3"]), known.clone(), "it is for a.example, 10.1.2.3;"),
        (
            authority.issue_with(&["localhost"], |params| params.not_after = date_time_ymd(2001, 2, 3)),
            known.clone(),
            "expired on Sat, 03 Feb 2001 00:00:00 GMT",
        ),
        (
            authority.issue_with(&["localhost"], |params| params.not_before = date_time_ymd(3001, 2, 3)),
            known.clone(),
            "valid from Tue, 03 Feb 3001 00:00:00 GMT on",
        ),
    ];
    for (identity, trust, expected) in cases {
        let said = failure(identity, "localhost", &trust);
        assert!(said.contains(expected) && said.contains("-k"), "{expected}: {said}");
    }
}

#[test]
fn insecure_takes_any_certificate() {
    let expired = |params: &mut rcgen::CertificateParams| params.not_after = date_time_ymd(2001, 2, 3);
    for versions in [[&TLS13], [&TLS12]] {
        let (address, server) = serve_tls(config_of(self_signed(&["example.org"], expired), &versions, None), echo);
        let mut connection = Connection::open_with(&url("127.0.0.1", address), &ANYONE, soon()).unwrap();
        connection.finish();
        assert_eq!(connection.read(soon()).unwrap(), 0);
        server.join().unwrap();
    }
}

#[test]
fn what_is_no_tls_is_told_as_that() {
    for text in [&b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"[..], b"SSH-2.0-OpenSSH_9.2\r\n"] {
        let said = failure_of_bytes(text);
        assert!(said.contains("ws://"), "{said}");
    }
    let said = failure_of_bytes(b"");
    assert!(said.contains("ended the connection during the handshake"), "{said}");
}

#[test]
fn alerts_are_told_in_words() {
    for (alert, expected) in [
        (&[0x15, 3, 3, 0, 2, 2, 40], "handshake_failure"),
        (&[0x15, 3, 1, 0, 2, 2, 70], "protocol_version"),
        (&[0x15, 3, 3, 0, 2, 2, 112], "unrecognized_name"),
        (&[0x15, 3, 3, 0, 2, 2, 80], "InternalError"),
    ] {
        let said = failure_of_bytes(alert);
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn a_server_that_wants_what_is_not_there_is_told() {
    let authority = Authority::new();
    let mut h2 = config(authority.issue(&["localhost"]));
    h2.alpn_protocols = vec![b"h2".to_vec()];
    let (address, server) = serve_tls(h2, echo);
    let error = Connection::open_with(&url("localhost", address), &trust(authority.root()), soon()).expect_err("h2");
    assert!(error.to_string().contains("HTTP/1.1"), "{error}");
    server.join().unwrap();

    // Under TLS 1.3 the server says so when the client has finished already, under 1.2 before.
    for versions in [[&TLS13], [&TLS12]] {
        let wanting = config_of(authority.issue(&["localhost"]), &versions, Some(&authority));
        let (address, server) = serve_tls(wanting, echo);
        let opened = Connection::open_with(&url("localhost", address), &trust(authority.root()), soon());
        let error = opened.and_then(|mut connection| connection.read(soon())).expect_err("no certificate");
        assert!(error.to_string().contains("certificate of the client"), "{error}");
        server.join().unwrap();
    }
}

#[test]
fn the_handshake_of_tls_has_the_deadline_too() {
    let (address, server) = serve_plain(|mut stream| {
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
    });
    let start = Instant::now();
    let error = Connection::open_with(&url("127.0.0.1", address), &ANYONE, start + Duration::from_millis(100));
    let error = error.expect_err("silence");
    assert!(error.is_timeout() && error.to_string().contains("TLS handshake"), "{error}");
    assert!(start.elapsed() < PATIENCE);
    server.join().unwrap();
}

#[test]
fn an_end_without_close_notify_is_told_from_one_with_it() {
    let authority = Authority::new();
    for (says_it, expected) in [(true, Ending::CloseNotify), (false, Ending::Truncated)] {
        let (address, server) = serve_tls(config(authority.issue(&["localhost"])), move |mut stream| {
            stream.write_all(b"the last").unwrap();
            if says_it {
                stream.conn.send_close_notify();
            }
            stream.flush().unwrap();
        });
        let mut connection =
            Connection::open_with(&url("localhost", address), &trust(authority.root()), soon()).unwrap();
        while connection.read(soon()).unwrap() > 0 {}
        assert_eq!((connection.unread(), connection.ending()), (&b"the last"[..], Some(expected)));
        assert_eq!(connection.read(soon()).unwrap(), 0, "an end stays one");
        server.join().unwrap();
    }
}

#[test]
fn a_record_that_was_changed_on_its_way_ends_it() {
    let authority = Authority::new();
    let (address, server) = serve_tls(config(authority.issue(&["localhost"])), |mut stream| {
        stream.write_all(b"good").unwrap();
        stream.flush().unwrap();
        // A record of application data that no key has made.
        stream.sock.write_all(&[[0x17, 3, 3, 0, 32].as_slice(), &[7; 32]].concat()).unwrap();
        let _ = stream.sock.read(&mut [0; 64]);
    });
    let mut connection = Connection::open_with(&url("localhost", address), &trust(authority.root()), soon()).unwrap();
    let error = loop {
        if let Err(error) = connection.read(soon()) {
            break error;
        }
    };
    assert!(error.to_string().contains("changed on its way"), "{error}");
    assert_eq!(connection.unread(), b"good", "what came before it is good");
    assert!(connection.close().balances());
    server.join().unwrap();
}

/// What a thread that reads and one that writes do with the halves, here in turns.
#[test]
fn the_halves_go_on_where_the_connection_stopped() {
    let authority = Authority::new();
    let (address, server) = serve_tls(config(authority.issue(&["localhost"])), |mut stream| {
        stream.write_all(b"greeting").unwrap();
        // New keys, which TLS 1.3 may take at any time and the client must follow.
        stream.conn.refresh_traffic_keys().unwrap();
        stream.flush().unwrap();
        echo(stream)
    });
    let mut connection = Connection::open_with(&url("localhost", address), &trust(authority.root()), soon()).unwrap();
    connection.read(soon()).unwrap();
    let mut halves = connection.split().unwrap();
    assert_eq!(halves.reader.read_timeout().unwrap(), None);
    halves.reader.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(halves.unread, b"greeting");

    let sent = vec![b'x'; 1 << 20];
    let mut ciphertext = Vec::new();
    halves.layer.outgoing(&sent, &mut ciphertext);
    assert!(ciphertext.len() > sent.len() && ciphertext.len() < sent.len() + (64 << 10), "{}", ciphertext.len());
    let mut writer = halves.writer;
    let writing = common::spawn("writer", move || {
        writer.write_all(&ciphertext).unwrap();
        writer
    });
    let mut plain = Vec::new();
    while plain.len() < sent.len() {
        assert_eq!(next(&mut halves.layer, &mut halves.reader, &mut plain), LayerState::Open);
    }
    assert_eq!(plain, sent);

    let (mut writer, mut last) = (writing.join().unwrap(), Vec::new());
    halves.layer.pending(&mut last);
    halves.layer.close_notify(&mut last);
    let said = last.len();
    halves.layer.outgoing(b"too late", &mut last);
    halves.layer.close_notify(&mut last);
    assert_eq!(last.len(), said, "nothing follows close_notify");
    writer.write_all(&last).unwrap();
    while next(&mut halves.layer, &mut halves.reader, &mut plain) == LayerState::Open {}
    assert_eq!(plain.len(), sent.len());
    server.join().unwrap();
}

fn next(layer: &mut Layer, reader: &mut impl Read, plain: &mut Vec<u8>) -> LayerState {
    let mut buffer = [0; 16 * 1024];
    let count = reader.read(&mut buffer).unwrap();
    assert!(count > 0, "an end without close_notify");
    layer.incoming(&buffer[..count], plain).unwrap()
}

#[test]
fn without_tls_a_layer_is_nothing() {
    let mut layer = Layer::plain();
    let (mut plain, mut out) = (Vec::new(), Vec::new());
    assert_eq!(layer.incoming(b"in", &mut plain).unwrap(), LayerState::Open);
    layer.outgoing(b"out", &mut out);
    layer.close_notify(&mut out);
    layer.pending(&mut out);
    assert_eq!((plain.as_slice(), out.as_slice()), (&b"in"[..], &b"out"[..]));
    assert!(!layer.is_tls() && layer.is_ready() && layer.facts().is_none());
}

#[test]
fn a_url_with_tls_is_never_spoken_to_without() {
    let (address, _server) = serve_plain(|_| {});
    let error = Connection::open(&url("127.0.0.1", address), soon()).expect_err("no TLS");
    assert!(matches!(error, Error::Tls(_)), "{error}");
}

/// The system's trust can be replaced by the environment, which only a process of its own can have set before it began.
#[test]
fn ssl_cert_file_and_ssl_cert_dir_are_trusted() {
    if let Ok(address) = std::env::var(ASK) {
        let mut connection =
            Connection::open_with(&url("localhost", address.parse().unwrap()), &Trust::default(), soon()).unwrap();
        connection.finish();
        assert_eq!(connection.read(soon()).unwrap(), 0);
        return;
    }
    let authority = Authority::new();
    let directory = std::env::temp_dir().join(format!("ws101-roots-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    // In a directory, OpenSSL looks for files whose names are hashes of what is in them, or look so.
    let file = directory.join("01234567.0");
    std::fs::write(&file, authority.pem()).unwrap();
    let ask = |name: &str, value: &std::path::Path| {
        let (address, server) = serve_tls(config(authority.issue(&["localhost"])), echo);
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "ssl_cert_file_and_ssl_cert_dir_are_trusted"]).env(ASK, address.to_string());
        command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR").env(name, value);
        let output = command.output().unwrap();
        server.join().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let results = [ask("SSL_CERT_FILE", &file), ask("SSL_CERT_DIR", &directory), ask("WS101_NOTHING", &file)];
    std::fs::remove_dir_all(&directory).unwrap();
    let [by_file, by_directory, by_neither] = results;
    assert!(by_file.0, "{}", by_file.1);
    assert!(by_directory.0, "{}", by_directory.1);
    assert!(!by_neither.0, "the system trusts what was made a moment ago");
}
