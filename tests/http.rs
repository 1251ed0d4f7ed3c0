//! Plain HTTP over a socket: one request after another, whatever parts they come in, and the way to a WebSocket.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use common::peer::{Peer, frame, handshake};
use common::serve;
use std::net::TcpListener;
use std::time::Duration;
use ws101::protocol::upgrade::Policy;
use ws101::server::{self, Config};

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
const LAST: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// The frame of RFC 6455 s5.7, and its echo.
const HELLO: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
const ECHO: &[u8] = b"\x81\x05Hello";

#[test]
fn a_connection_stays_until_somebody_wants_to_close_it() {
    let server = serve(Config::default());
    let mut peer = Peer::connect(server.addr);
    for _ in 0..3 {
        peer.send(HEALTH);
        let response = peer.response();
        assert_eq!((response.status.as_str(), response.text()), ("200 OK", "alive\n"));
        assert_eq!(response.field("Connection"), "keep-alive");
        httpdate::parse_http_date(response.field("Date")).expect("a Date");
    }
    peer.send(LAST);
    assert_eq!(peer.response().field("Connection"), "close");
    peer.ends();
}

#[test]
fn requests_sent_at_once_are_answered_in_order() {
    let server = serve(Config::default());
    let mut peer = Peer::connect(server.addr);
    let all = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n\
               POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nGET / HTT\
               \r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n\
               HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    peer.send(format!("{all}{LAST}"));
    assert_eq!(peer.response().text(), "ready\n");
    assert_eq!(peer.response().status, "405 Method Not Allowed");
    assert_eq!(peer.response().status, "404 Not Found");
    assert_eq!(peer.head().field("Content-Length"), "6");
    assert_eq!(peer.response().text(), "alive\n");
    peer.ends();
}

#[test]
fn requests_then_a_handshake_then_frames_in_one_write() {
    let server = serve(Config::default());
    let mut peer = Peer::connect(server.addr);
    peer.send([HEALTH.as_bytes(), handshake("/ws", &[]).as_bytes(), HELLO, HELLO].concat());
    assert_eq!(peer.response().text(), "alive\n");
    peer.expect_101();
    peer.expect(ECHO);
    peer.expect(ECHO);
    peer.send(HELLO);
    peer.expect(ECHO);
}

/// The rest of a frame whose beginning was glued to the head.
#[test]
fn a_frame_may_be_cut_behind_the_head_too() {
    let server = serve(Config::default());
    for cut in 1..HELLO.len() {
        let mut peer = Peer::connect(server.addr);
        peer.send([handshake("/ws", &[]).as_bytes(), &HELLO[..cut]].concat());
        peer.expect_101();
        peer.send(&HELLO[cut..]);
        peer.expect(ECHO);
    }
}

#[test]
fn the_101_is_that_of_the_rfc() {
    let server = serve(Config::default());
    let mut peer = Peer::connect(server.addr);
    peer.send(handshake("/ws", &[]));
    peer.expect(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    );
}

/// RFC 9112 s9.3.
#[test]
fn http_1_0_closes_unless_it_asks_to_stay() {
    let server = serve(Config::default());
    let mut peer = Peer::connect(server.addr);
    peer.send("GET /healthz HTTP/1.0\r\n\r\n");
    let response = peer.response();
    assert_eq!((response.text(), response.field("Connection")), ("alive\n", "close"));
    peer.ends();

    let mut peer = Peer::connect(server.addr);
    for _ in 0..2 {
        peer.send("GET /healthz HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
        let response = peer.response();
        assert_eq!((response.text(), response.field("Connection")), ("alive\n", "keep-alive"));
    }
}

/// RFC 9110 s9.3.2: the same header fields as with GET, and no content.
#[test]
fn head_is_get_without_the_body() {
    let server = serve(Config::default());
    let mut peer = Peer::connect(server.addr);
    for path in ["/", "/healthz", "/readyz"] {
        peer.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\nHEAD {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let (get, head) = (peer.response(), peer.head());
        assert_eq!(get.status, head.status);
        for name in ["Content-Type", "Content-Length", "Connection"] {
            assert_eq!(get.field(name), head.field(name), "{name} of {path}");
        }
    }
}

#[test]
fn a_body_is_read_past_wherever_it_is_cut() {
    const HEAD: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 27\r\n\r\n";
    // What a server that lost count would take for a request.
    const BODY: &str = "GET /metrics HTTP/1.1\r\n\r\n\n\n";
    let server = serve(Config::default());
    let mut peer = Peer::connect(server.addr);
    for cut in 0..=BODY.len() {
        peer.send(format!("{HEAD}{}", &BODY[..cut]));
        peer.send(&BODY[cut..]);
        let response = peer.response();
        assert_eq!(response.status, "405 Method Not Allowed");
        assert_eq!((response.field("Allow"), response.field("Connection")), ("GET, HEAD", "keep-alive"));
    }
    peer.send(LAST);
    assert_eq!(peer.response().text(), "alive\n");
    peer.ends();
}

#[test]
fn the_largest_body_is_read_past_and_one_byte_more_ends_the_connection() {
    let server = serve(Config { max_body: 200_000, ..Config::default() });
    let mut peer = Peer::connect(server.addr);
    peer.send("GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n");
    peer.send([b'x'; 200_000]);
    assert_eq!(peer.response().text(), "alive\n");
    // Refused at its head, while the body still comes: the answer arrives, and no reset takes it away.
    peer.send("GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 200001\r\n\r\n");
    peer.send([b'x'; 200_001]);
    assert_eq!(peer.response().status, "413 Content Too Large");
    peer.ends();
}

/// RFC 9110 s10.1.1: a final status instead of 100, and then the connection must end, for the body may come or not.
#[test]
fn an_expectation_is_answered_by_the_final_status() {
    let server = serve(Config::default());
    let mut peer = Peer::connect(server.addr);
    peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n");
    let response = peer.response();
    assert_eq!((response.status.as_str(), response.field("Connection")), ("405 Method Not Allowed", "close"));
    peer.send("12345");
    peer.ends();
}

#[test]
fn the_absolute_form_is_a_target_too() {
    let server = serve(Config::default());
    for (target, body) in [("http://a.example/healthz", "alive\n"), ("HTTPS://A.EXAMPLE:80/readyz?x=/", "ready\n")] {
        let response =
            Peer::ask(server.addr, format!("GET {target} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"));
        assert_eq!(response.text(), body);
    }
    let mut peer = Peer::open(server.addr, "http://localhost/ws");
    peer.send(HELLO);
    peer.expect(ECHO);
}

#[test]
fn a_head_and_frames_byte_by_byte() {
    let server = serve(Config::default());
    let mut peer = Peer::connect(server.addr);
    for byte in [b"\r\n", HEALTH.as_bytes(), handshake("/ws", &[]).as_bytes(), HELLO].concat() {
        peer.send([byte]);
    }
    assert_eq!(peer.response().text(), "alive\n");
    peer.expect_101();
    peer.expect(ECHO);
}

#[test]
fn one_that_never_says_anything_is_told_and_let_go() {
    let server = serve(Config { handshake_timeout: Duration::from_millis(200), ..Config::default() });
    let mut peer = Peer::connect(server.addr);
    assert_eq!(peer.response().status, "408 Request Timeout");
    peer.ends();
}

/// Between two requests nothing is owed to anybody: no 408.
#[test]
fn one_that_has_no_more_requests_is_let_go_without_a_word() {
    let server = serve(Config { keep_alive_timeout: Duration::from_millis(200), ..Config::default() });
    let mut peer = Peer::connect(server.addr);
    peer.send(HEALTH);
    assert_eq!(peer.response().field("Connection"), "keep-alive");
    peer.ends();
}

/// A second request has the handshake timeout from its first byte on, as the first one has.
#[test]
fn a_second_head_that_does_not_come_is_told_so() {
    let server = serve(Config { handshake_timeout: Duration::from_millis(200), ..Config::default() });
    let mut peer = Peer::connect(server.addr);
    peer.send(HEALTH);
    assert_eq!(peer.response().text(), "alive\n");
    peer.send("GET /hea");
    assert_eq!(peer.response().status, "408 Request Timeout");
    peer.ends();
}

/// `printf ... | nc -N`: the client has said all and waits for the answer.
#[test]
fn a_client_that_ended_its_half_is_answered() {
    let server = serve(Config::default());
    let mut peer = Peer::connect(server.addr);
    peer.send([HEALTH, HEALTH].concat());
    peer.finish();
    assert_eq!(peer.response().text(), "alive\n");
    assert_eq!(peer.response().text(), "alive\n");
    peer.ends();
}

#[test]
fn the_numbers_add_up() {
    let server = serve(Config { tick: None, ..Config::default() });
    server.publish("an event that nobody waits for".to_owned()).unwrap();
    let refused = "GET /ws HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut peer = Peer::connect(server.addr);
    peer.send(refused);
    let mut bytes_out = peer.response().len;
    peer.ends();
    drop(peer);

    let mut peer = Peer::open(server.addr, "/mymsg");
    peer.send(HELLO); // 11 bytes
    peer.expect(b"\x81\x10Processed: Hello"); // 18 bytes
    peer.send(b"\x89\x80\0\0\0\0"); // 6 bytes
    peer.expect(b"\x8a\0");
    peer.send(b"\x88\x82\0\0\0\0\x03\xe8"); // 8 bytes
    peer.expect(b"\x88\x02\x03\xe8"); // 4 bytes
    peer.ends();
    drop(peer);

    // Open while they are asked for: numbers of the living count too. 101: 129 bytes.
    let mut open = Peer::open(server.addr, "/ws");
    open.send(HELLO);
    open.expect(ECHO); // 7 bytes
    let upgrade = handshake("/ws", &[]).len();
    bytes_out += 129 + 18 + 2 + 4 + 129 + 7;
    let metrics = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let bytes_in = refused.len() + upgrade + "msg".len() + 11 + 6 + 8 + upgrade + 11 + metrics.len();

    // The client of the first two has seen the end of its connections, but their threads may not be done.
    common::wait_until("two of three have ended", || server.connections() == 1);
    let response = Peer::ask(server.addr, metrics);
    assert_eq!(response.field("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    let expected = [
        "ws101_connections_open 2".to_owned(),
        "ws101_connections_total 4".to_owned(),
        "ws101_upgrades_total 2".to_owned(),
        "ws101_messages_total{direction=\"in\"} 2".to_owned(),
        "ws101_messages_total{direction=\"out\"} 2".to_owned(),
        format!("ws101_bytes_total{{direction=\"in\"}} {bytes_in}"),
        format!("ws101_bytes_total{{direction=\"out\"}} {bytes_out}"),
        "ws101_refusals_total{reason=\"no-upgrade\"} 1".to_owned(),
        "ws101_closes_total{by=\"client\",code=\"1000\"} 1".to_owned(),
        "ws101_feed_events_total 1".to_owned(),
        "ws101_feed_waiting 0".to_owned(),
    ];
    // What was written is counted when it is written: the client may have the last echo a moment earlier.
    let earlier = format!("ws101_bytes_total{{direction=\"out\"}} {}", bytes_out - ECHO.len());
    let values = response.text().lines().filter(|line| !line.starts_with('#'));
    let values: Vec<&str> = values.map(|line| if line == earlier { &expected[6] } else { line }).collect();
    assert_eq!(values, expected);
}

/// Prometheus' text format: every value has its HELP and its TYPE above it.
#[test]
fn every_number_says_what_it_is() {
    let server = serve(Config::default());
    let metrics = Peer::get(server.addr, "/metrics");
    let families: Vec<&str> = metrics.text().lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    assert_eq!(families.len(), 9, "{}", metrics.text());
    for line in metrics.text().lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        assert!(families.iter().any(|family| family.split(' ').next() == Some(name)), "{line}");
        assert!(metrics.text().contains(&format!("# HELP {name} ")), "{line}");
    }
}

#[test]
fn the_index_lists_what_there_is() {
    let server = serve(Config::default());
    let index = Peer::get(server.addr, "/");
    assert_eq!(index.field("Content-Type"), "text/plain; charset=utf-8");
    for (path, _) in ws101::server::route::PATHS {
        assert!(index.text().lines().any(|line| line.trim().split(' ').next() == Some(path)), "{}", index.text());
    }
}

#[test]
fn a_named_server_greets_and_puts_its_name_before_text() {
    let server = serve(Config { name: Some("A".into()), ..Config::default() });
    let mut peer = Peer::open(server.addr, "/ws");
    peer.expect(b"\x81\x2b[A] hello :) type a message and press ENTER");
    peer.send(HELLO);
    peer.expect(b"\x81\x09[A] Hello");
    peer.send(frame(0x82, b"\xff\x00"));
    peer.expect(b"\x82\x02\xff\x00");
    // The greeting and the answer to a glued frame stand in this order.
    let mut peer = Peer::connect(server.addr);
    peer.send([handshake("/mymsg", &[]).as_bytes(), HELLO].concat());
    peer.expect_101();
    peer.expect(b"\x81\x2b[A] hello :) type a message and press ENTER");
    peer.expect(b"\x81\x10Processed: Hello");
}

#[test]
fn mymsg_answers_processed() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, "/mymsg?x=1");
    peer.send(HELLO);
    peer.expect(b"\x81\x10Processed: Hello");
    peer.send(frame(0x81, b""));
    peer.expect(b"\x81\x0bProcessed: ");
    peer.send(frame(0x82, b"\xff"));
    peer.expect(b"\x82\x0cProcessed: \xff");
}

#[test]
fn a_subprotocol_is_chosen_from_the_offer_or_none_is() {
    let policy = Policy { subprotocols: vec!["soap".into(), "chat".into()], ..Policy::default() };
    let server = serve(Config { policy, ..Config::default() });
    let offers = [
        (vec!["Sec-WebSocket-Protocol: chat, soap"], "chat"),
        (vec!["Sec-WebSocket-Protocol: wamp", "sec-websocket-protocol: soap"], "soap"),
        (vec!["Sec-WebSocket-Protocol: wamp"], ""),
        (vec!["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"], ""),
    ];
    for (lines, chosen) in offers {
        let mut peer = Peer::connect(server.addr);
        peer.send(handshake("/ws", &lines));
        let response = peer.head();
        assert_eq!(response.status, "101 Switching Protocols");
        assert_eq!(response.field("Sec-WebSocket-Protocol"), chosen, "{lines:?}");
        assert_eq!(response.field("Sec-WebSocket-Extensions"), "");
        peer.send(HELLO);
        peer.expect(ECHO);
    }
}

#[test]
fn an_allowed_origin_and_none_are_let_in() {
    let policy = Policy { origins: vec!["https://example.org".into()], ..Policy::default() };
    let server = serve(Config { policy, ..Config::default() });
    for lines in [vec!["Origin: https://example.org"], vec!["Origin: HTTPS://EXAMPLE.ORG"], vec![]] {
        let mut peer = Peer::connect(server.addr);
        peer.send(handshake("/ws", &lines));
        peer.expect_101();
    }
}

#[test]
fn one_server_on_several_addresses() {
    let listen = vec!["127.0.0.1:0".to_owned(), "127.0.0.1:0".to_owned()];
    let mut server = server::start(Config { listen, ..Config::default() }).unwrap();
    let addrs = server.addrs.clone();
    assert_eq!(addrs.len(), 2);
    for addr in &addrs {
        assert_eq!(Peer::get(*addr, "/healthz").text(), "alive\n");
    }
    server.stop(Duration::ZERO);
    for addr in addrs {
        TcpListener::bind(addr).expect("the port is free again");
    }
}

#[test]
fn ipv6() {
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("SKIPPED: this machine has no [::1]");
        return;
    }
    let listen = vec!["[::1]:0".to_owned(), "127.0.0.1:0".to_owned()];
    let server = server::start(Config { listen, ..Config::default() }).unwrap();
    for addr in &server.addrs {
        let mut peer = Peer::open(*addr, "/ws");
        peer.send(HELLO);
        peer.expect(ECHO);
    }
    let response = Peer::ask(server.addr, "GET /healthz HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: close\r\n\r\n");
    assert_eq!(response.text(), "alive\n");
}

#[test]
fn an_address_in_use_is_an_error_that_names_it() {
    let server = serve(Config::default());
    let listen = vec![server.addr.to_string()];
    let error = server::start(Config { listen, ..Config::default() }).expect_err("in use");
    assert!(error.to_string().starts_with(&format!("cannot listen on {}: ", server.addr)), "{error}");
}
