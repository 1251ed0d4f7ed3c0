//! The page, who may read what is told, and who is here.

use crate::common::feed::{quiet, request};
use crate::common::peer::{Peer, Response, frame};
use crate::common::watch::{Watching, token, watched};
use crate::common::{serve, wait_until};
use serde_json::{Value, json};
use std::net::SocketAddr;
use ws101::server::Config;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What browsers say when they are to show a document.
const BROWSER: &str = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

const FILES: [(&str, &str); 3] = [
    ("/", "text/html; charset=utf-8"),
    ("/style.css", "text/css; charset=utf-8"),
    ("/app.js", "text/javascript; charset=utf-8"),
];

fn check_file(response: &Response, kind: &str) {
    assert_eq!((response.status.as_str(), response.field("Content-Type")), ("200 OK", kind));
    assert_eq!(response.field("Content-Security-Policy"), POLICY);
    assert_eq!(
        (response.field("X-Content-Type-Options"), response.field("Referrer-Policy")),
        ("nosniff", "no-referrer")
    );
    assert_eq!(response.field("Cache-Control"), "no-cache");
}

#[test]
fn the_page_is_three_files_with_a_policy() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    for (path, kind) in FILES {
        peer.send(request(path, &[BROWSER]));
        let whole = peer.response();
        check_file(&whole, kind);
        peer.send(request(path, &[BROWSER]).replace("GET", "HEAD"));
        let head = peer.head();
        check_file(&head, kind);
        assert_eq!(head.field("Content-Length"), whole.body.len().to_string());
        let refused = Peer::ask(server.addr, format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"));
        assert_eq!((refused.status.as_str(), refused.field("Allow")), ("405 Method Not Allowed", "GET, HEAD"));
    }
    peer.send(request("/", &[BROWSER]));
    let document = peer.response();
    // Nothing in it is run or painted that the policy would forbid.
    let text = document.text().to_lowercase();
    assert!(text.starts_with("<!doctype html>"), "{}", &text[..40]);
    for forbidden in ["<style", " style=", " onclick=", " onload=", "\"javascript:", "src=\"http"] {
        assert!(!text.contains(forbidden), "{forbidden} in the document");
    }
    assert!(text.matches("<script").count() == 1 && text.contains("src=\"app.js\""), "a script of its own");
}

/// Not only a browser asks for `/`, and a cache must know that.
#[test]
fn who_wants_no_page_gets_a_list() {
    let server = serve(quiet());
    let ask = |lines: &[&str]| Peer::ask(server.addr, request("/", lines));
    for lines in [&[][..], &["Accept: */*"], &["Accept: application/json, text/plain"], &["Accept: text/htm"]] {
        let list = ask(lines);
        assert_eq!(list.field("Content-Type"), "text/plain; charset=utf-8");
        assert!(list.text().contains("/watch/TOKEN") && list.text().contains("/connections"), "{}", list.text());
        assert_eq!((list.field("Vary"), list.field("Content-Security-Policy")), ("Accept", ""));
    }
    for line in ["Accept: text/html", "Accept: application/xml, TEXT/HTML;q=0.5"] {
        let page = ask(&[line]);
        assert_eq!((page.field("Content-Type"), page.field("Vary")), (FILES[0].1, "Accept"));
    }
}

/// With `--allow-origin` scripts of other pages may read the feed. They may not read what a page sees of its connection.
#[test]
fn cors_is_for_the_feed_alone() {
    let server = serve(Config { allow_origin: vec!["*".to_owned()], ..quiet() });
    let _peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    let field = |target: &str| {
        let mut peer = Peer::connect(server.addr);
        peer.send(request(target, &[BROWSER, "Origin: https://a.example"]));
        peer.head().field("Access-Control-Allow-Origin").to_owned()
    };
    assert_eq!(field("/feed/poll"), "*");
    for target in ["/", "/app.js", "/style.css", "/connections", "/watch/1", "/connections?watch=1"] {
        assert_eq!(field(target), "", "{target}");
    }
    assert_eq!(field(&format!("/watch/{}", token('a'))), "");
    assert_eq!(field(&watched("/connections", &token('a'))), "");
    let preflight = "Access-Control-Request-Method: GET";
    for target in ["/connections".to_owned(), format!("/watch/{}", token('a'))] {
        let asked = request(&target, &["Origin: https://a.example", preflight]).replace("GET /", "OPTIONS /");
        let refused = Peer::ask(server.addr, asked);
        assert_eq!(refused.status, "405 Method Not Allowed");
        assert_eq!(refused.field("Access-Control-Allow-Origin"), "");
    }
}

fn connections(addr: SocketAddr) -> Value {
    let response = Peer::get(addr, "/connections");
    assert_eq!((response.status.as_str(), response.field("Content-Type")), ("200 OK", "application/json"));
    assert_eq!((response.field("Cache-Control"), response.field("X-Content-Type-Options")), ("no-store", "nosniff"));
    serde_json::from_str(response.text()).unwrap()
}

#[test]
fn who_is_here_the_newest_first() {
    let server = serve(quiet());
    let _silent = Peer::connect(server.addr);
    wait_until("it is accepted", || server.connections() == 1);
    let mut page = Peer::connect(server.addr);
    page.send(request("/healthz", &[]));
    page.response();
    let mut socket = Peer::open(server.addr, &watched("/ws", &token('a')));
    socket.send(frame(0x81, b"Hello"));
    socket.payload(0x81);
    let mut watch = Watching::start(server.addr, &token('a'));
    watch.opening();
    // What is told was counted before.
    watch.frame("client", "TEXT fin=1 rsv=000 mask=37fa213d len=5 \"Hello\"");
    watch.frame("server", "TEXT fin=1 rsv=000 mask=none len=5 \"Hello\"");
    let told = connections(server.addr);
    assert_eq!((&told["open"], &told["left_out"]), (&json!(5), &json!(0)));
    let mut listed = told["connections"].as_array().unwrap().clone();
    for connection in &mut listed {
        let age = connection["age"].take().as_f64().unwrap();
        assert!((0.0..600.0).contains(&age), "{age}");
    }
    let numbers: Vec<u64> = listed.iter().map(|connection| connection["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    let what: Vec<_> =
        listed.iter().map(|connection| (connection["path"].as_str(), &connection["websocket"])).collect();
    let (yes, no) = (&Value::Bool(true), &Value::Bool(false));
    assert_eq!(
        what,
        [
            (Some("/connections"), no),
            (Some("/watch/TOKEN"), no),
            (Some("/ws"), yes),
            (Some("/healthz"), no),
            (None, no)
        ]
    );
    let expected = json!({
        "number": 3, "path": "/ws", "websocket": true, "age": null, "messages_in": 1, "messages_out": 1,
        "bytes_in": socket.sent, "bytes_out": socket.came,
    });
    assert_eq!(listed[2], expected);
    assert_eq!(listed[4]["bytes_in"], 0);
}

/// A class is on one screen; its addresses are not, unless whoever started the server wants that.
#[test]
fn addresses_are_told_when_the_server_is_started_so() {
    let server = serve(Config { show_peers: true, ..quiet() });
    let socket = Peer::open(server.addr, "/ws");
    let told = connections(server.addr);
    let peers: Vec<&Value> =
        told["connections"].as_array().unwrap().iter().map(|connection| &connection["peer"]).collect();
    assert_eq!(peers[1], &json!(socket.addr().to_string()));
    let server = serve(quiet());
    let _socket = Peer::open(server.addr, "/ws");
    assert!(!connections(server.addr).to_string().contains("127.0.0.1"));
}

#[test]
fn of_a_crowd_the_newest_five_hundred_are_listed() {
    let server = serve(quiet());
    let crowd: Vec<Peer> = (0..504).map(|_| Peer::connect(server.addr)).collect();
    wait_until("all are accepted", || server.connections() == crowd.len());
    let told = connections(server.addr);
    assert_eq!((&told["open"], &told["left_out"]), (&json!(505), &json!(5)));
    let listed = told["connections"].as_array().unwrap();
    assert_eq!((listed.len(), &listed[0]["number"], &listed[499]["number"]), (500, &json!(505), &json!(6)));
}
