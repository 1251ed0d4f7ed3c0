//! Who knows a token is told, and nobody else; and how many can be known.

use super::shown::close;
use crate::common::feed::request;
use crate::common::peer::{Peer, Response, frame, handshake};
use crate::common::serve;
use crate::common::watch::{Watching, counted, token, watched};
use std::net::SocketAddr;
use ws101::server::Config;

const HELLO: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
const ECHO: &[u8] = b"\x81\x05Hello";

fn echoes(peer: &mut Peer) {
    peer.send(HELLO);
    peer.expect(ECHO);
}

/// Everything that has no 32 lower-case hex digits.
fn malformed() -> Vec<String> {
    let a = token('a');
    vec![
        String::new(),
        a[..31].to_owned(),
        format!("{a}0"),
        a.to_uppercase(),
        token('g'),
        format!("{}%61", &a[..29]),
        format!("%61{}", &a[1..]),
        format!("{}/", &a[..31]),
        format!("{}\u{e9}", &a[..30]),
        "*".repeat(32),
    ]
}

#[test]
fn a_malformed_token_is_refused_wherever_it_stands() {
    let server = serve(Config::default());
    for wrong in malformed() {
        for request in [
            request(&format!("/watch/{wrong}"), &[]),
            request(&format!("/connections?watch={}&watch={wrong}", token('b')), &[]),
            request(&format!("/feed/poll?after=0&watch={wrong}"), &[]),
            handshake(&format!("/ws?watch={wrong}"), &[]),
            format!("POST /feed?watch={wrong} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"),
        ] {
            let response = Peer::ask(server.addr, &request);
            assert_eq!(response.status, "400 Bad Request", "{request}");
        }
    }
    let response = Peer::ask(server.addr, handshake("/ws?watch=1", &["Accept: application/json"]));
    let told: serde_json::Value = serde_json::from_str(response.text()).unwrap();
    assert_eq!((&told["reason"], &told["section"]), (&"watch-token".into(), &"RFC 9110 s15.5.1".into()));
}

/// A page that shows one connection under the token of another would teach something wrong.
#[test]
fn a_token_is_for_one_websocket() {
    let server = serve(Config::default());
    let target = watched("/ws", &token('a'));
    let mut first = Peer::open(server.addr, &target);
    let again = |accept: &str| Peer::ask(server.addr, handshake(&target, &[accept]));
    let response = again("Accept: application/json");
    assert_eq!((response.status.as_str(), response.field("Connection")), ("409 Conflict", "close"));
    let told: serde_json::Value = serde_json::from_str(response.text()).unwrap();
    assert_eq!(told["reason"], "watch-token-used");
    assert!(again("Accept: */*").text().contains("each connection takes a new one"));
    // The first one goes on, watched, and nothing of the others is among its records.
    echoes(&mut first);
    close(first);
    assert_eq!(again("Accept: */*").status, "409 Conflict");
    let mut watch = Watching::start(server.addr, &token('a'));
    watch.opening();
    let frames = watch.rest().iter().filter(|record| record["type"] == "frame").count();
    assert_eq!(frames, 4);
}

#[test]
fn who_has_another_token_sees_nothing() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    let mut unwatched = Peer::open(server.addr, "/ws");
    let mut stranger = Watching::start(server.addr, &token('b'));
    for peer in [&mut peer, &mut unwatched] {
        echoes(peer);
    }
    // The first that the stranger is told is what carries the stranger's own token.
    let mut own = Peer::open(server.addr, &watched("/mymsg", &token('b')));
    own.send(frame(0x89, b"mine"));
    own.expect(b"\x8a\x04mine");
    assert_eq!(stranger.opening()["path"], "/mymsg");
    stranger.frame("client", "PING fin=1 rsv=000 mask=37fa213d len=4 \"mine\"");
    let neighbour = format!("{}b", &token('a')[1..]);
    assert_eq!(counted(server.addr, &neighbour), None);
}

fn no_room(addr: SocketAddr, token: &str) {
    let why = Watching::start(addr, token).last("none")["why"].as_str().unwrap().to_owned();
    assert!(why.contains("--max-watched"), "{why}");
}

#[test]
fn one_too_many_is_served_and_not_watched() {
    let server = serve(Config { max_watched: 1, ..Config::default() });
    let mut first = Peer::open(server.addr, &watched("/ws", &token('a')));
    let mut second = Peer::open(server.addr, &watched("/ws", &token('b')));
    for peer in [&mut first, &mut second] {
        echoes(peer);
    }
    no_room(server.addr, &token('b'));
    assert_eq!(counted(server.addr, &token('b')), None);
    let mut watch = Watching::start(server.addr, &token('a'));
    watch.opening();
    // Requests that would be counted are answered without.
    assert_eq!(Peer::get(server.addr, &watched("/feed/poll", &token('c'))).status, "204 No Content");
    assert_eq!(counted(server.addr, &token('c')), None);
    // The token of one that has no room may be used again: nothing is known of it.
    echoes(&mut Peer::open(server.addr, &watched("/ws", &token('b'))));
}

#[test]
fn without_room_for_any_nobody_is_watched() {
    let server = serve(Config { max_watched: 0, ..Config::default() });
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    echoes(&mut peer);
    no_room(server.addr, &token('a'));
    assert_eq!(counted(server.addr, &token('a')), None);
}

/// Two pages, one of them gone in the middle.
#[test]
fn as_many_as_want_watch_one_connection() {
    let server = serve(Config::default());
    let mut watches: Vec<Watching> = (0..4).map(|_| Watching::start(server.addr, &token('a'))).collect();
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    echoes(&mut peer);
    watches.pop().unwrap().peer.reset();
    drop(watches.pop());
    echoes(&mut peer);
    close(peer);
    let records: Vec<_> = watches.iter_mut().map(Watching::rest).collect();
    assert_eq!(records[0].iter().filter(|record| record["type"] == "frame").count(), 6);
    assert_eq!(records[0], records[1]);
}

/// The watched connection's thread wakes each of them.
#[test]
fn sixteen_may_watch_and_the_next_is_told_so() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    echoes(&mut peer);
    let mut watches: Vec<Watching> = (0..16).map(|_| Watching::start(server.addr, &token('a'))).collect();
    watches.iter_mut().for_each(|watch| assert_eq!(watch.next()["type"], "connection"));
    let last = Watching::start(server.addr, &token('a')).rest();
    assert!(last.len() == 1 && last[0]["why"].as_str().is_some_and(|why| why.starts_with("16 watch")), "{last:?}");
    close(peer);
    assert!(watches.iter_mut().all(|watch| watch.rest().last().is_some_and(|end| end["type"] == "end")));
}

/// RFC 9110 s9.3.2: there is no head of what waits.
#[test]
fn a_watch_is_asked_for_with_get() {
    let server = serve(Config::default());
    for method in ["HEAD", "POST", "OPTIONS"] {
        let mut peer = Peer::connect(server.addr);
        peer.send(request(&format!("/watch/{}", token('a')), &[]).replace("GET", method));
        let response: Response = peer.head();
        assert_eq!((response.status.as_str(), response.field("Allow")), ("405 Method Not Allowed", "GET"));
    }
    assert_eq!(Peer::get(server.addr, "/watch").status, "404 Not Found");
    // A handshake is no watch, and a watch does not become one.
    let response = Peer::ask(server.addr, handshake("/watch/1", &[]));
    assert_eq!(response.status, "400 Bad Request");
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    peer.send(frame(0x81, request(&format!("/watch/{}", token('a')), &[]).as_bytes()));
    peer.payload(0x81);
}
