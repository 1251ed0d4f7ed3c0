//! What is asked of the feed: parameters, `POST`, and pages of other origins. What is wrong is answered with what would
//! be right.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use common::feed::{
    Follower, Item, Transport, beginning_of_stream, item, items, post, post_request, quiet, request, stays_silent,
};
use common::peer::{Peer, Response, handshake};
use common::{serve, wait_until};
use std::net::SocketAddr;
use std::time::Duration;
use ws101::protocol::upgrade::Policy;
use ws101::server::Config;

const LAST: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// The last request of a connection is answered, and then it ends: nothing before it was left half read.
fn ends_in_order(mut peer: Peer) {
    peer.send(LAST);
    assert_eq!(peer.response().text(), "alive\n");
    peer.ends();
}

/// What the first line of a refusal says, without the status.
fn why(response: &Response) -> &str {
    response.text().lines().next().unwrap().split_once(": ").unwrap().1
}

// Parameters.

#[test]
fn a_number_that_is_none_is_refused_on_all_four() {
    let server = serve(quiet());
    let wrong = [
        ("after=x", "after \"x\" is not the number of an event"),
        ("after=-1", "after \"-1\" is not"),
        ("after=+1", "after \"+1\" is not"),
        ("after=1%20", "after \"1%20\" is not"),
        ("after=", "after \"\" is not"),
        ("after", "after \"\" is not"),
        ("after=0x10", "after \"0x10\" is not"),
        ("after=18446744073709551616", "after \"18446744073709551616\" is not"),
        ("after=99999999999999999999999999", "is not the number of an event"),
        ("after=1&after=1", "after is given more than once"),
        ("after=1&x=2&after=2", "after is given more than once"),
    ];
    for path in ["/feed/poll", "/feed/long-poll", "/feed/stream", "/feed/ws"] {
        for (query, expected) in wrong {
            let target = format!("{path}?{query}");
            let asked = if path == "/feed/ws" { handshake(&target, &[]) } else { request(&target, &[]) };
            let mut peer = Peer::connect(server.addr);
            peer.send(asked);
            let response = peer.response();
            assert_eq!(response.status, "400 Bad Request", "{target}");
            assert!(why(&response).contains(expected), "{target}: {}", response.text());
            let says_right = expected.contains("more than once") || why(&response).contains("right is after=41");
            assert!(says_right, "{target}: {}", response.text());
            peer.ends();
        }
    }
    wait_until("all of them are gone", || server.connections() == 0);
}

#[test]
fn a_last_event_id_that_is_none_is_refused() {
    let server = serve(quiet());
    for value in ["x", "-1", "1, 2", "18446744073709551616", "\u{e9}"] {
        let response = Peer::ask(server.addr, request("/feed/stream?after=1", &[&format!("Last-Event-ID: {value}")]));
        assert_eq!(response.status, "400 Bad Request", "{value}");
        assert!(why(&response).contains("Last-Event-ID") && why(&response).contains("right is"), "{}", response.text());
    }
    let twice = ["Last-Event-ID: 1", "Last-Event-ID: 1"];
    let response = Peer::ask(server.addr, request("/feed/stream", &twice));
    assert!(why(&response).contains("Last-Event-ID"), "{}", response.text());
    assert_eq!(response.status, "400 Bad Request");
}

#[test]
fn a_wait_that_is_none_is_refused() {
    let server = serve(quiet());
    for wait in ["61s", "60001ms", "2m", "abc", "", "-1s", "25", "1s&wait=1s", "99999999999999999999s"] {
        let response = Peer::ask(server.addr, request(&format!("/feed/long-poll?after=0&wait={wait}"), &[]));
        assert_eq!(response.status, "400 Bad Request", "{wait}");
        let says_why = why(&response).contains("wait") && (why(&response).contains("60s") || wait.contains('&'));
        assert!(says_why, "{wait}: {}", response.text());
    }
}

#[test]
fn a_wait_without_events_lasts_although_there_are_some() {
    let server = serve(quiet());
    server.publish("x".to_owned()).unwrap();
    let since = std::time::Instant::now();
    let response = Peer::get(server.addr, "/feed/long-poll?after=0&wait=300ms&events=off");
    assert!(since.elapsed() >= Duration::from_millis(300), "{:?}", since.elapsed());
    assert_eq!((response.status.as_str(), response.field("Feed-Last-Id")), ("204 No Content", "0"));
}

/// Zeros before a number, and what the other parameters are, change nothing.
#[test]
fn what_is_right_may_be_written_in_several_ways() {
    let server = serve(quiet());
    for _ in 1..=3 {
        server.publish("x".to_owned()).unwrap();
    }
    for target in ["/feed/poll?after=2", "/feed/poll?after=002", "/feed/poll?_=1699&after=2&after2=7&bafter=1"] {
        let response = Peer::get(server.addr, target);
        assert_eq!(response.field("Feed-Last-Id"), "3", "{target}");
        assert_eq!(items(response.text())[0].reached(), 3, "{target}");
    }
    for target in ["http://localhost/feed/poll?after=2", "/feed/long-poll?after=2&wait=60s", "/feed/poll?after=2#x"] {
        let response = Peer::get(server.addr, target);
        // RFC 9112 s3.2: a fragment is no part of a target. What is done with it, it is no 500.
        assert!(["200 OK", "400 Bad Request"].contains(&response.status.as_str()), "{target}");
    }
}

#[test]
fn head_is_a_poll_without_its_body() {
    let server = serve(quiet());
    server.publish("Hello".to_owned()).unwrap();
    let mut peer = Peer::connect(server.addr);
    for after in [0, 1] {
        let target = format!("/feed/poll?after={after}");
        peer.send(format!("HEAD {target} HTTP/1.1\r\nHost: a\r\n\r\n{}", request(&target, &[])));
        let (head, get) = (peer.head(), peer.response());
        assert_eq!(head.status, get.status);
        for name in ["Content-Type", "Content-Length", "Feed-Last-Id", "Cache-Control", "Connection"] {
            assert_eq!(head.field(name), get.field(name), "{name}");
        }
        assert_eq!(head.field("Feed-Last-Id"), "1");
    }
    ends_in_order(peer);
}

#[test]
fn a_method_that_is_not_taken_is_told_which_are() {
    let server = serve(quiet());
    let cases = [
        ("GET /feed", "POST"),
        ("HEAD /feed", "POST"),
        ("POST /feed/poll", "GET, HEAD"),
        ("POST /feed/long-poll", "GET"),
        ("HEAD /feed/stream", "GET"),
        ("DELETE /feed/stream", "GET"),
        ("POST /feed/ws", "GET"),
        ("OPTIONS /feed", "POST"),
    ];
    for (asked, allowed) in cases {
        let mut peer = Peer::connect(server.addr);
        peer.send(format!("{asked} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"));
        let response = peer.head();
        assert_eq!((response.status.as_str(), response.field("Allow")), ("405 Method Not Allowed", allowed), "{asked}");
    }
}

#[test]
fn http_1_0_polls_and_closes() {
    let server = serve(quiet());
    server.publish("Hello".to_owned()).unwrap();
    for path in ["/feed/poll?after=0", "/feed/long-poll?after=0"] {
        let mut peer = Peer::connect(server.addr);
        peer.send(format!("GET {path} HTTP/1.0\r\n\r\n"));
        let response = peer.response();
        assert_eq!((items(response.text()).len(), response.field("Connection")), (1, "close"));
        peer.ends();
    }
}

// POST.

/// Whatever it may contain, it comes out of every format as it went in.
#[test]
fn a_text_is_any_text() {
    let server = serve(quiet());
    let mut followers = common::feed::ALL.map(|transport| Follower::new(transport, server.addr, 0));
    let controls: String = (0..0xa0).filter_map(char::from_u32).collect();
    let texts = ["", "\"", "\\", "</script>", "\u{2028}\u{2029}\u{feff}\u{fffe}", "🙂 👩‍👩‍👧 é", "\r\n\r\n", &controls];
    for text in texts {
        let Item::Event { text: answered, .. } = item(&post(server.addr, text)) else { unreachable!() };
        assert_eq!(answered, text);
        for follower in &mut followers {
            assert_eq!(follower.next().text(), text, "{:?}", follower.transport);
        }
    }
}

#[test]
fn the_content_type_of_a_text_is_nobodys_business() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    let types = ["application/x-www-form-urlencoded", "text/plain;charset=iso-8859-1", "application/json", "image/png"];
    for content_type in types {
        let head =
            format!("POST /feed HTTP/1.1\r\nHost: a\r\nContent-Type: {content_type}\r\nContent-Length: 6\r\n\r\n");
        peer.send(format!("{head}a=é&b"));
        let response = peer.response();
        assert_eq!(response.field("Content-Type"), "application/json");
        assert_eq!(item(response.text().trim_end()).text(), "a=é&b", "{content_type}");
    }
    ends_in_order(peer);
}

#[test]
fn an_event_is_answered_with_its_json_and_the_connection_stays() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    for id in 1..=3 {
        peer.send(post_request(b"Hello"));
        let response = peer.response();
        assert_eq!((response.status.as_str(), response.field("Connection")), ("200 OK", "keep-alive"));
        let Item::Event { id: given, at, .. } = item(response.text().trim_end()) else { unreachable!() };
        assert_eq!(given, id);
        assert_eq!(response.text(), format!("{{\"id\":{id},\"at\":{at},\"text\":\"Hello\"}}\n"));
    }
    // Several at once, and a poll behind them.
    let poll = request("/feed/poll?after=3", &[]);
    peer.send([&post_request(b"four")[..], &post_request(b""), poll.as_bytes()].concat());
    assert_eq!(item(peer.response().text().trim_end()).text(), "four");
    assert_eq!(item(peer.response().text().trim_end()).text(), "");
    assert_eq!(items(peer.response().text()).len(), 2);
    ends_in_order(peer);
}

#[test]
fn a_text_may_come_in_small_pieces() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    for byte in post_request("piecemeal é 🙂".as_bytes()) {
        peer.send([byte]);
    }
    assert_eq!(item(peer.response().text().trim_end()).text(), "piecemeal é 🙂");
    let whole = post_request(&"long é ".repeat(500).into_bytes());
    for part in whole.chunks(999) {
        peer.send(part);
    }
    assert_eq!(item(peer.response().text().trim_end()).text(), "long é ".repeat(500));
    ends_in_order(peer);
}

#[test]
fn what_is_no_utf8_is_refused_and_not_published() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    for text in [b"good \xff".as_slice(), b"\xed\xa0\x80", b"cut \xe2\x82", b"\xc0\xaf"] {
        peer.send(post_request(text));
        let response = peer.response();
        assert_eq!(response.status, "400 Bad Request");
        assert!(why(&response).contains("UTF-8"), "{}", response.text());
        assert_eq!(response.field("Connection"), "keep-alive");
    }
    assert_eq!(Peer::get(server.addr, "/feed/poll").field("Feed-Last-Id"), "0");
}

#[test]
fn a_text_may_be_so_long_and_no_longer() {
    let server = serve(Config { max_event: 4096, ..quiet() });
    assert_eq!(item(&post(server.addr, "x".repeat(4096))).text().len(), 4096);
    let mut peer = Peer::connect(server.addr);
    peer.send(post_request(&[b'x'; 4097]));
    let response = peer.response();
    assert_eq!(response.status, "413 Content Too Large");
    assert!(why(&response).contains("4096") && why(&response).contains("--max-event"), "{}", response.text());
    if response.field("Connection") == "keep-alive" {
        ends_in_order(peer);
    } else {
        peer.ends();
    }
    // Far too long to be read at all; it comes all the same, and the answer arrives.
    let mut peer = Peer::connect(server.addr);
    peer.send("POST /feed HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    peer.send([b'x'; 1_000_000]);
    assert_eq!(peer.response().status, "413 Content Too Large");
    peer.ends();
    assert_eq!(Peer::get(server.addr, "/feed/poll").field("Feed-Last-Id"), "1");
}

/// RFC 9110 s10.1.1: who waits for it is told to go on, and the connection stays.
#[test]
fn an_expectation_is_met() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    for wish in ["100-continue", "100-Continue"] {
        peer.send(format!("POST /feed HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: {wish}\r\n\r\n"));
        peer.expect(b"HTTP/1.1 100 Continue\r\n\r\n");
        assert!(stays_silent(&mut peer), "more before the body");
        peer.send("Hello");
        let response = peer.response();
        assert_eq!(item(response.text().trim_end()).text(), "Hello");
        assert_eq!(response.field("Connection"), "keep-alive");
    }
    ends_in_order(peer);
    // HTTP/1.0 knows no 100.
    let mut peer = Peer::connect(server.addr);
    peer.send("POST /feed HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nHello");
    assert_eq!(peer.response().status, "200 OK");
    peer.ends();
}

/// The body came with the head: a 100 may be left out then, but the answer may not.
#[test]
fn an_expectation_of_one_that_does_not_wait() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    peer.send("POST /feed HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nHello");
    let mut head = peer.raw_head();
    if head.starts_with("HTTP/1.1 100 ") {
        head = peer.raw_head();
    }
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
}

/// Who holds the body back is not told to send one that is not wanted.
#[test]
fn an_expectation_is_answered_by_a_refusal() {
    let policy = Policy { origins: vec!["https://example.org".into()], ..Policy::default() };
    let server = serve(Config { max_event: 10, policy, ..quiet() });
    let cases = [
        ("Content-Length: 11\r\nExpect: 100-continue", "413 Content Too Large"),
        ("Content-Length: 5\r\nOrigin: https://evil.example\r\nExpect: 100-continue", "403 Forbidden"),
        ("Transfer-Encoding: chunked\r\nExpect: 100-continue", "411 Length Required"),
        ("Content-Length: 5\r\nExpect: a-miracle", "417 Expectation Failed"),
    ];
    for (lines, status) in cases {
        let mut peer = Peer::connect(server.addr);
        peer.send(format!("POST /feed HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n"));
        let response = peer.response();
        assert_eq!((response.status.as_str(), response.field("Connection")), (status, "close"), "{lines}");
        // It may come or not: nothing after it is taken for a request.
        peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        peer.ends();
    }
}

#[test]
fn a_body_without_a_length_is_not_taken() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    peer.send("POST /feed HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHello\r\n0\r\n\r\n");
    let response = peer.response();
    assert_eq!(response.status, "411 Length Required");
    assert!(why(&response).contains("Content-Length"), "{}", response.text());
    peer.ends();
    // One whose length was forgotten is no empty text, and what follows it no request.
    let mut peer = Peer::connect(server.addr);
    peer.send("POST /feed HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = peer.response();
    assert_eq!((response.status.as_str(), response.field("Connection")), ("411 Length Required", "close"));
    peer.ends();
    assert_eq!(Peer::get(server.addr, "/feed/poll").field("Feed-Last-Id"), "0");
}

#[test]
fn a_body_that_never_comes_is_408() {
    let server = serve(Config { handshake_timeout: Duration::from_millis(200), ..quiet() });
    for (expect, sent) in [("", "Hel"), ("", ""), ("Expect: 100-continue\r\n", "")] {
        let mut peer = Peer::connect(server.addr);
        peer.send(format!("POST /feed HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n{expect}\r\n{sent}"));
        if !expect.is_empty() {
            peer.expect(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        let response = peer.response();
        assert_eq!((response.status.as_str(), response.field("Connection")), ("408 Request Timeout", "close"));
        assert!(why(&response).contains("--handshake-timeout"), "{}", response.text());
        peer.ends();
    }
    assert_eq!(Peer::get(server.addr, "/feed/poll").field("Feed-Last-Id"), "0");
}

/// Half a text is no text.
#[test]
fn a_body_that_ends_too_soon_is_not_published() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    peer.send("POST /feed HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nHel");
    peer.finish();
    let response = peer.response();
    assert_eq!((response.status.as_str(), response.field("Connection")), ("400 Bad Request", "close"));
    assert!(why(&response).contains("Content-Length"), "{}", response.text());
    peer.ends();
    assert_eq!(Peer::get(server.addr, "/feed/poll").field("Feed-Last-Id"), "0");
}

// Pages.

/// Publishing changes something, so it is for those who may open a socket, and the answer is the same.
#[test]
fn a_foreign_page_may_not_publish() {
    let policy = Policy { origins: vec!["https://example.org".into()], ..Policy::default() };
    let server = serve(Config { policy, ..quiet() });
    for origin in ["https://evil.example", "null", "http://example.org", "https://example.org.evil.example", ""] {
        let line = format!("Origin: {origin}");
        let socket = Peer::ask(server.addr, handshake("/feed/ws", &[&line]));
        let head = format!("POST /feed HTTP/1.1\r\nHost: a\r\n{line}\r\nContent-Length: 5\r\n\r\nHello");
        let posted = Peer::ask(server.addr, head);
        assert_eq!((socket.status.as_str(), posted.status.as_str()), ("403 Forbidden", "403 Forbidden"), "{origin}");
        assert_eq!(why(&socket), why(&posted), "{origin}");
        // To read is no change: that is CORS, and the browser's business.
        assert_eq!(Peer::ask(server.addr, request("/feed/poll", &[&line])).status, "204 No Content", "{origin}");
    }
    for line in ["Origin: https://example.org\r\n", "Origin: HTTPS://EXAMPLE.ORG\r\n", ""] {
        let head = format!("POST /feed HTTP/1.1\r\nHost: a\r\n{line}Content-Length: 5\r\n\r\nHello");
        assert_eq!(Peer::ask(server.addr, head).status, "200 OK");
    }
    assert_eq!(Peer::get(server.addr, "/feed/poll").field("Feed-Last-Id"), "3");
}

const CORS: [&str; 5] = [
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Vary",
];

#[test]
fn without_allow_origin_no_page_may_read() {
    let server = serve(quiet());
    server.publish("x".to_owned()).unwrap();
    let origin = "Origin: https://example.org";
    for target in ["/feed/poll?after=0", "/feed/poll", "/feed/long-poll?wait=0s", "/feed/stream", "/feed/poll?after=x"]
    {
        let mut peer = Peer::connect(server.addr);
        peer.send(request(target, &[origin]));
        let head = peer.head();
        assert!(CORS.iter().all(|name| head.field(name).is_empty()), "{target}: {head:?}");
    }
    let response = Peer::ask(server.addr, preflight("/feed", "https://example.org", "POST"));
    assert_eq!((response.status.as_str(), response.field("Allow")), ("405 Method Not Allowed", "POST"));
    assert!(CORS.iter().all(|name| response.field(name).is_empty()), "{response:?}");
}

#[test]
fn an_allowed_page_may_read_and_another_may_not() {
    let allowed = vec!["https://a.example".to_owned(), "http://b.example:8080".to_owned()];
    let server = serve(Config { allow_origin: allowed, ..quiet() });
    server.publish("x".to_owned()).unwrap();
    for (origin, may) in [
        ("https://a.example", true),
        ("http://b.example:8080", true),
        ("http://b.example", false),
        ("https://c.example", false),
        ("null", false),
    ] {
        for (head, path) in heads(server.addr, &format!("Origin: {origin}\r\n")) {
            let told = head.field("Access-Control-Allow-Origin");
            assert_eq!(told, if may { origin } else { "" }, "{path}: {head:?}");
            assert_eq!(
                head.field("Access-Control-Expose-Headers"),
                if may { "Feed-Last-Id, Feed-State" } else { "" },
                "{path}"
            );
            // A cache must know that the next page may get another answer, whatever this one got.
            assert_eq!(head.field("Vary"), "Origin", "{path}");
        }
    }
    for (head, path) in heads(server.addr, "") {
        assert_eq!((head.field("Access-Control-Allow-Origin"), head.field("Vary")), ("", "Origin"), "{path}");
    }
    // Nothing of this is for what is not the feed.
    let health = Peer::ask(server.addr, request("/healthz", &["Origin: https://a.example"]));
    assert_eq!((health.field("Access-Control-Allow-Origin"), health.field("Vary")), ("", ""));
}

#[test]
fn any_page_may_read_when_any_is_allowed() {
    let server = serve(Config { allow_origin: vec!["*".to_owned()], ..quiet() });
    server.publish("x".to_owned()).unwrap();
    for origin in ["Origin: https://a.example\r\n", "Origin: null\r\n", ""] {
        for (head, path) in heads(server.addr, origin) {
            assert_eq!((head.field("Access-Control-Allow-Origin"), head.field("Vary")), ("*", ""), "{path}");
            assert_eq!(head.field("Access-Control-Expose-Headers"), "Feed-Last-Id, Feed-State", "{path}");
        }
    }
}

/// The heads of all kinds of answers that the feed gives.
fn heads(addr: SocketAddr, origin: &str) -> Vec<(Response, String)> {
    let requests = [
        "GET /feed/poll?after=0",
        "GET /feed/poll",
        "HEAD /feed/poll",
        "GET /feed/long-poll?after=0",
        "GET /feed/long-poll?wait=0s",
        "GET /feed/stream",
        "GET /feed/poll?after=x",
        "POST /feed",
        "PUT /feed",
    ];
    let head = |asked: &str| {
        let mut peer = Peer::connect(addr);
        peer.send(format!("{asked} HTTP/1.1\r\nHost: localhost\r\n{origin}Content-Length: 0\r\n\r\n"));
        (peer.head(), asked.to_owned())
    };
    requests.iter().map(|asked| head(asked)).collect()
}

fn preflight(path: &str, origin: &str, method: &str) -> String {
    format!(
        "OPTIONS {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: {method}\r\n\
         Access-Control-Request-Headers: content-type\r\nConnection: close\r\n\r\n"
    )
}

/// The WHATWG's Fetch: a browser asks before it sends what a form could not.
#[test]
fn a_preflight_is_answered() {
    let server = serve(Config { allow_origin: vec!["https://a.example".to_owned()], ..quiet() });
    let granted = Peer::ask(server.addr, preflight("/feed", "https://a.example", "POST"));
    assert_eq!(granted.status, "204 No Content");
    assert_eq!(granted.field("Access-Control-Allow-Origin"), "https://a.example");
    assert_eq!(granted.field("Access-Control-Allow-Methods"), "POST");
    let headers = granted.field("Access-Control-Allow-Headers").to_ascii_lowercase();
    assert!(headers.split(", ").any(|name| name == "content-type"), "{headers}");
    assert!(granted.field("Access-Control-Max-Age").parse::<u32>().is_ok_and(|seconds| seconds > 0));
    assert_eq!((granted.field("Vary"), granted.field("Content-Length")), ("Origin", ""));
    // An EventSource of a polyfill sends the header by hand.
    let poll = Peer::ask(server.addr, preflight("/feed/stream", "https://a.example", "GET"));
    assert!(poll.field("Access-Control-Allow-Headers").to_ascii_lowercase().contains("last-event-id"));
    for (path, origin, method) in [("/feed", "https://b.example", "POST"), ("/feed", "https://a.example", "DELETE")] {
        let refused = Peer::ask(server.addr, preflight(path, origin, method));
        assert_eq!(refused.field("Access-Control-Allow-Methods"), "", "{refused:?}");
    }
    // Nothing was published, and the connection can be used again.
    let mut peer = Peer::connect(server.addr);
    peer.send(preflight("/feed", "https://a.example", "POST").replace("Connection: close\r\n", ""));
    assert_eq!(peer.response().field("Connection"), "keep-alive");
    peer.send(request("/feed/poll", &[]));
    assert_eq!(peer.response().field("Feed-Last-Id"), "0");
    ends_in_order(peer);
}

// A body where none is expected.

/// RFC 9110 s9.3.1: content in a GET has no meaning, but it has an end.
#[test]
fn a_body_with_a_get_is_read_past() {
    let server = serve(quiet());
    server.publish("x".to_owned()).unwrap();
    let mut peer = Peer::connect(server.addr);
    for target in ["/feed/poll?after=0", "/feed/long-poll?after=0", "/feed/long-poll?after=1&wait=10ms"] {
        peer.send(format!("GET {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 27\r\n\r\n"));
        peer.send("GET /metrics HTTP/1.1\r\n\r\n\n\n");
        let response = peer.response();
        assert_eq!((response.field("Feed-Last-Id"), response.field("Connection")), ("1", "keep-alive"), "{target}");
    }
    ends_in_order(peer);
    let mut stream = Peer::connect(server.addr);
    stream.send("GET /feed/stream?after=0 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nHello");
    assert_eq!(stream.head().status, "200 OK");
    stream.expect(&beginning_of_stream(0));
    assert!(stream.chunk().unwrap().starts_with(b"id: 1\n"));
}

#[test]
fn a_follower_with_another_transport_goes_on_where_the_first_was() {
    let server = serve(quiet());
    for id in 1..=12 {
        server.publish(id.to_string()).unwrap();
    }
    let order = [Transport::Stream, Transport::ShortPoll, Transport::Socket, Transport::LongPoll];
    let mut has = 0;
    for transport in order {
        let mut follower = Follower::new(transport, server.addr, has);
        let ids: Vec<u64> = follower.take(3).iter().map(Item::reached).collect();
        assert_eq!(ids, (has + 1..=has + 3).collect::<Vec<_>>());
        has += 3;
    }
}
