//! What is counted under a token: byte for byte what a client wrote to its sockets and read from them.

use crate::common::feed::{post, post_request, quiet, request, wait_for_readers};
use crate::common::peer::{Peer, frame, handshake};
use crate::common::watch::{counted, token, watched};
use crate::common::{serve, wait_until};
use std::net::SocketAddr;

/// Waits until so much is counted: what a client has read may be counted a moment later.
fn expect(addr: SocketAddr, digit: char, requests: u64, connections: u64, bytes: (u64, u64)) {
    let expected = Some([requests, connections, bytes.0, bytes.1]);
    let mut last = None;
    wait_until(&format!("{expected:?} under {digit}"), || {
        let now = counted(addr, &token(digit));
        if now != last {
            eprintln!("under {digit}: {now:?}");
        }
        last = now;
        now == expected
    });
}

/// `GET` of a path with a token.
fn get(path: &str, digit: char) -> String {
    request(&watched(path, &token(digit)), &[])
}

#[test]
fn nothing_is_known_of_a_token_that_nobody_has_used() {
    let server = serve(quiet());
    assert_eq!(counted(server.addr, &token('a')), None);
    let tokens: Vec<String> = (0..16).map(|_| format!("watch={}", token('a'))).collect();
    let all = Peer::get(server.addr, &format!("/connections?{}", tokens.join("&")));
    assert_eq!(all.text(), format!("{{\"watched\":[{}]}}\n", ["null"; 16].join(",")));
    let one_too_many = Peer::get(server.addr, &format!("/connections?{}&{}", tokens.join("&"), tokens[0]));
    assert_eq!(one_too_many.status, "400 Bad Request");
}

#[test]
fn the_counters_stand_in_the_order_in_which_they_are_asked_for() {
    let server = serve(quiet());
    for _ in 0..2 {
        Peer::ask(server.addr, get("/feed/poll", 'a'));
    }
    Peer::ask(server.addr, get("/feed/poll", 'c'));
    let [a, b, c] = ['a', 'b', 'c'].map(|digit| format!("watch={}", token(digit)));
    let response = Peer::get(server.addr, &format!("/connections?{c}&{b}&{a}&{c}"));
    let told: serde_json::Value = serde_json::from_str(response.text()).unwrap();
    let requests: Vec<_> =
        told["watched"].as_array().unwrap().iter().map(|counts| counts["requests"].as_u64()).collect();
    assert_eq!(requests, [Some(1), None, Some(2), Some(1)]);
}

/// Short polls on a connection that serves other requests as well.
#[test]
fn polls_on_a_shared_connection_are_counted_alone() {
    let server = serve(quiet());
    post(server.addr, "an event");
    let mut peer = Peer::connect(server.addr);
    let (mut bytes, mut requests) = ((0, 0), 0);
    for _ in 0..5 {
        for (path, is_counted) in
            [("/feed/poll?after=0", true), ("/healthz", false), ("/feed/poll", true), ("/", false)]
        {
            let target = if is_counted {
                format!("{path}{}watch={}", if path.contains('?') { '&' } else { '?' }, token('a'))
            } else {
                path.to_owned()
            };
            let request = request(&target, &[]);
            peer.send(&request);
            let response = peer.response();
            if is_counted {
                bytes = (bytes.0 + request.len() as u64, bytes.1 + response.len as u64);
                requests += 1;
            }
        }
    }
    expect(server.addr, 'a', requests, 1, bytes);
    // Another connection under the same token.
    let mut other = Peer::connect(server.addr);
    other.send(get("/feed/poll", 'a'));
    other.response();
    expect(server.addr, 'a', requests + 1, 2, (bytes.0 + other.sent, bytes.1 + other.came));
    drop(peer);
}

/// One write, so that one read brings them all: a body, and the requests behind it, belong to nobody else.
#[test]
fn pipelined_requests_are_counted_each_under_its_token() {
    let server = serve(quiet());
    let body = [b'x'; 3000];
    let publish = String::from_utf8(post_request(&body)).unwrap();
    let publish = publish.replace("POST /feed ", &format!("POST {} ", watched("/feed", &token('b'))));
    let requests = [
        ('a', get("/feed/poll", 'a')),
        ('b', publish.clone()),
        ('-', request("/healthz", &[])),
        ('a', get("/feed/poll?after=0", 'a').replace("0?watch", "0&watch")),
        ('b', format!("\r\n{publish}")),
        ('a', get("/feed/poll", 'a').replace("\r\n\r\n", "\r\nContent-Length: 4\r\n\r\nbody")),
        ('-', request("/readyz", &[])),
    ];
    let all: String = requests.iter().map(|(_, request)| request.as_str()).collect();
    for cut in [0, 1, all.len() / 2, all.len() - 1] {
        let server = serve(quiet());
        let mut peer = Peer::connect(server.addr);
        peer.send(&all[..cut]);
        peer.send(&all[cut..]);
        let mut bytes = [(0, 0); 2];
        for (digit, request) in &requests {
            let response = peer.response();
            assert!(response.status.starts_with("20"), "{response:?}");
            if let Some(of) = ['a', 'b'].iter().position(|counted| counted == digit) {
                bytes[of].0 += request.len() as u64;
                bytes[of].1 += response.len as u64;
            }
        }
        expect(server.addr, 'a', 3, 1, bytes[0]);
        expect(server.addr, 'b', 2, 1, bytes[1]);
    }
    drop(server);
}

#[test]
fn a_long_poll_is_counted_when_it_is_answered() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    peer.send(get("/feed/long-poll?after=0&wait=60s", 'a').replace("60s?", "60s&"));
    wait_for_readers(server.addr, 1);
    expect(server.addr, 'a', 1, 1, (peer.sent, 0));
    post(server.addr, "news");
    assert_eq!(peer.response().status, "200 OK");
    expect(server.addr, 'a', 1, 1, (peer.sent, peer.came));
}

#[test]
fn a_stream_is_counted_as_it_passes() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    peer.send(get("/feed/stream?after=0", 'a').replace("0?", "0&"));
    peer.head();
    peer.chunk().unwrap();
    expect(server.addr, 'a', 1, 1, (peer.sent, peer.came));
    for text in ["one", "two"] {
        post(server.addr, text);
        peer.chunk().unwrap();
        expect(server.addr, 'a', 1, 1, (peer.sent, peer.came));
    }
}

#[test]
fn a_body_that_waits_for_100_continue_is_counted_with_it() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    let head = watched("/feed", &token('a'));
    peer.send(format!("POST {head} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"));
    peer.expect(b"HTTP/1.1 100 Continue\r\n\r\n");
    peer.send("Hello");
    assert_eq!(peer.response().status, "200 OK");
    expect(server.addr, 'a', 1, 1, (peer.sent, peer.came));
}

/// From the first byte of the handshake to the last before the end of TCP, with what was glued to the head.
#[test]
fn a_websocket_is_counted_to_the_last_byte() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    let head = handshake(&watched("/feed/ws", &token('a')), &[]);
    peer.send([head.as_bytes(), &frame(0x81, b"one")[..4]].concat());
    peer.expect_101();
    peer.send(&frame(0x81, b"one")[4..]);
    peer.payload(0x81);
    post(server.addr, "two");
    peer.payload(0x81);
    peer.send(frame(0x81, &[b'x'; 4096]));
    peer.payload(0x81);
    expect(server.addr, 'a', 1, 1, (peer.sent, peer.came));
    peer.send(frame(0x88, &1000_u16.to_be_bytes()));
    peer.close();
    peer.send([0; 9]);
    peer.ends();
    let (sent, came) = (peer.sent, peer.came);
    drop(peer);
    expect(server.addr, 'a', 1, 1, (sent, came));
    // The same token for the feed: what is counted is counted together.
    let mut peer = Peer::connect(server.addr);
    peer.send(get("/feed/poll", 'a'));
    peer.response();
    expect(server.addr, 'a', 2, 2, (sent + peer.sent, came + peer.came));
}

#[test]
fn a_refused_handshake_is_counted_with_its_answer() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    peer.send(handshake(&watched("/ws", &token('a')), &[]).replace("Version: 13", "Version: 12"));
    assert_eq!(peer.response().status, "426 Upgrade Required");
    peer.ends();
    expect(server.addr, 'a', 1, 1, (peer.sent, peer.came));
}
