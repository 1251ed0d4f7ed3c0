//! One feed, four transports: the same events, in the same order, each exactly once, however a client comes and goes.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use common::feed::{
    ALL, Follower, Item, Transport, all_stay_silent, beginning_of_stream, item, items, post, quiet, request,
    stays_silent, wait_for_readers,
};
use common::peer::{Close, Peer, frame, handshake};
use common::program::Program;
use common::{PATIENCE, Stop, serve, spawn, wait_until};
use fastrand::Rng;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use ws101::server::{Config, Handle};

// The same from all.

const EVENTS: u64 = 500;

/// How far ahead of the slowest reader the publisher gets. A socket's queue holds 64.
const AHEAD: u64 = 40;

/// What no format may trip over.
const HOSTILE: [&str; 12] = [
    "",
    "\"quoted\" and \\ escaped",
    "two\nlines\r\nand\n\nan empty one",
    "\u{0}\u{1}\u{1b}[31m\u{7f}\u{85}",
    "\u{2028}\u{2029}\u{feff}",
    "emoji 🙂, and one of several 👩‍👩‍👧",
    "data: not a field\n\nid: 7\n\nevent: gap\n\n",
    "</script><!-- ' & -->",
    "{\"id\":1,\"at\":2,\"text\":\"no event\"}",
    "0\r\n\r\n",
    "е́ à ﷽ \u{202e}right to left",
    "\u{d7ff}\u{e000}\u{10ffff}",
];

#[test]
fn four_transports_deliver_the_same_events_though_their_clients_come_and_go() {
    let server = Arc::new(serve(quiet()));
    let readers: Vec<Arc<AtomicU64>> = (0..2 * ALL.len()).map(|_| Arc::default()).collect();
    let reading: Vec<_> = readers
        .iter()
        .zip(ALL.iter().cycle())
        .enumerate()
        .map(|(number, (has, transport))| {
            let (addr, transport, has) = (server.addr, *transport, Arc::clone(has));
            spawn("reader", move || come_and_go(Follower::new(transport, addr, 0), number as u64, &has))
        })
        .collect();
    for id in 1..=EVENTS {
        wait_until("the slowest reader keeps up", || {
            readers.iter().all(|has| has.load(Ordering::SeqCst) + AHEAD >= id)
                || reading.iter().any(|r| r.is_finished())
        });
        assert_eq!(server.publish(text(id)).unwrap(), id);
    }
    let all: Vec<Vec<Item>> = reading.into_iter().map(|reader| reader.join().expect("a reader")).collect();
    for (items, transport) in all.iter().zip(ALL.iter().cycle()) {
        let ids: Vec<u64> = items.iter().map(Item::reached).collect();
        assert_eq!(ids, (1..=EVENTS).collect::<Vec<_>>(), "{transport:?}");
        assert!(items.iter().all(|item| item.text() == text(item.reached())), "{transport:?}");
        assert_eq!(*items, all[0], "{transport:?}");
    }
}

fn text(id: u64) -> String {
    // Some longer than what is read at once.
    let filler = if id.is_multiple_of(50) { 4000 } else { id as usize % 7 };
    format!("{}{}", HOSTILE[id as usize % HOSTILE.len()], "x".repeat(filler))
}

/// Reads all events, and every now and then from a new connection.
fn come_and_go(mut follower: Follower, seed: u64, has: &AtomicU64) -> Vec<Item> {
    let mut random = Rng::with_seed(seed);
    let mut items = Vec::new();
    while follower.has() < EVENTS {
        let stays = random.usize(1..40).min((EVENTS - follower.has()) as usize);
        for _ in 0..stays {
            items.push(follower.next());
            has.store(follower.has(), Ordering::SeqCst);
        }
        follower.come_back();
    }
    items
}

/// Nobody waits for anybody: a socket whose queue is full is closed, and its client comes back.
#[test]
fn a_publisher_that_waits_for_nobody_reaches_everybody() {
    const PUBLISHERS: u64 = 4;
    let server = Arc::new(serve(quiet()));
    let addr = server.addr;
    let reading: Vec<_> = ALL.map(|transport| spawn("reader", move || follow_to(transport, addr, EVENTS))).into();
    let publishing: Vec<_> = (0..PUBLISHERS)
        .map(|number| {
            let server = Arc::clone(&server);
            spawn("publisher", move || {
                (0..EVENTS / PUBLISHERS)
                    .map(|count| server.publish(format!("{number}-{count}")).unwrap())
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let ids: Vec<Vec<u64>> = publishing.into_iter().map(|publisher| publisher.join().unwrap()).collect();
    let given: BTreeSet<u64> = ids.iter().flatten().copied().collect();
    assert_eq!(given, (1..=EVENTS).collect::<BTreeSet<_>>(), "each number once");
    let all: Vec<Vec<Item>> = reading.into_iter().map(|reader| reader.join().expect("a reader")).collect();
    for items in &all {
        assert_eq!(*items, all[0]);
    }
    assert!(all[0].iter().map(Item::reached).eq(1..=EVENTS));
    // Who was told a number finds that event under it.
    for (number, ids) in ids.iter().enumerate() {
        for (count, id) in ids.iter().enumerate() {
            assert_eq!(all[0][*id as usize - 1].text(), format!("{number}-{count}"));
        }
    }
}

/// Reads to an id, and comes back whenever the connection ends before.
fn follow_to(transport: Transport, addr: SocketAddr, last: u64) -> Vec<Item> {
    let mut follower = Follower::new(transport, addr, 0);
    let mut items = Vec::new();
    while follower.has() < last {
        match follower.try_next() {
            Ok(item) => items.push(item),
            Err(_) => follower.come_back(),
        }
    }
    items
}

// Each in its own words.

#[test]
fn a_short_poll_answers_at_once() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    let mut ask = |target: &str| {
        peer.send(request(target, &[]));
        let response = peer.response();
        assert_eq!(response.field("Connection"), "keep-alive", "{target}");
        (response.status.clone(), response.field("Feed-Last-Id").to_owned(), response.text().to_owned())
    };
    let nothing = |last: &str| ("204 No Content".to_owned(), last.to_owned(), String::new());
    assert_eq!(ask("/feed/poll"), nothing("0"));
    assert_eq!(ask("/feed/poll?after=0"), nothing("0"));
    let first = post(server.addr, "Hello");
    let second = post(server.addr, "again");
    let all = ("200 OK".to_owned(), "2".to_owned(), format!("[{first},{second}]\n"));
    assert_eq!(ask("/feed/poll?after=0"), all);
    assert_eq!(ask("/feed/poll?x=1&after=1&y"), (all.0, all.1, format!("[{second}]\n")));
    assert_eq!(ask("/feed/poll?after=2"), nothing("2"));
    // Without a number: where a reader would begin.
    assert_eq!(ask("/feed/poll"), nothing("2"));
}

#[test]
fn many_polls_share_a_connection() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    let mut after = 0;
    for round in 1..=300 {
        if round % 3 == 0 {
            server.publish(text(round)).unwrap();
        }
        peer.send(request(&format!("/feed/poll?after={after}"), &[]));
        let response = peer.response();
        assert_eq!(response.field("Connection"), "keep-alive");
        if round % 3 == 0 {
            let [Item::Event { id, text: found, .. }] = &items(response.text())[..] else { panic!("{response:?}") };
            assert_eq!((*id, found.as_str()), (after + 1, text(round).as_str()));
            after = *id;
        } else {
            assert_eq!(response.status, "204 No Content");
        }
        assert_eq!(response.field("Feed-Last-Id"), after.to_string());
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn an_event_says_when_it_came() {
    let server = serve(quiet());
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let before = now();
    let Item::Event { id, at, text } = item(&post(server.addr, "Hello")) else { unreachable!() };
    assert!((before..=now()).contains(&at), "{before} {at}");
    assert_eq!((id, text.as_str()), (1, "Hello"));
}

/// The answers' heads, byte by byte but for the Date.
#[test]
fn heads_are_these() {
    let server = serve(quiet());
    let head = |request: String| {
        let mut peer = Peer::connect(server.addr);
        peer.send(request);
        peer.raw_head().trim_end().lines().map(|line| line.split("GMT").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let date = &format!("Date: {}", httpdate::fmt_http_date(SystemTime::now()));
    let is_date = |line: &String| line.starts_with("Date: ") && line.len() == date.len() - "GMT".len();
    let check = |request: String, expected: &[&str]| {
        let lines = head(request);
        let others: Vec<&str> = lines.iter().filter(|line| !is_date(line)).map(String::as_str).collect();
        assert_eq!(others, expected);
        assert_eq!(lines.len(), others.len() + 1, "a Date: {lines:?}");
    };
    let stream = [
        "HTTP/1.1 200 OK",
        "Content-Type: text/event-stream",
        "Cache-Control: no-store",
        "X-Accel-Buffering: no",
        "Feed-Last-Id: 0",
        "Transfer-Encoding: chunked",
        "Connection: close",
    ];
    check(request("/feed/stream", &[]), &stream);
    let closed_at_the_end: Vec<&str> = stream.into_iter().filter(|line| !line.contains("chunked")).collect();
    check("GET /feed/stream HTTP/1.0\r\n\r\n".to_owned(), &closed_at_the_end);
    let no_content =
        ["HTTP/1.1 204 No Content", "Cache-Control: no-store", "Feed-Last-Id: 0", "Connection: keep-alive"];
    check(request("/feed/poll", &[]), &no_content);
    check(request("/feed/long-poll?wait=0s", &[]), &no_content);
}

#[test]
fn a_long_poll_is_answered_the_moment_something_comes() {
    let server = serve(quiet());
    let mut peers: Vec<Peer> = (0..3).map(|_| Peer::connect(server.addr)).collect();
    for peer in &mut peers {
        // Far beyond this test's patience.
        peer.send(request("/feed/long-poll?after=0&wait=60s", &[]));
    }
    assert!(all_stay_silent(&mut peers), "answered without an event");
    let json = post(server.addr, "Hello");
    for peer in &mut peers {
        let response = peer.response();
        assert_eq!((response.status.as_str(), response.text()), ("200 OK", format!("[{json}]\n").as_str()));
        assert_eq!(response.field("Content-Type"), "application/json");
        assert_eq!((response.field("Feed-Last-Id"), response.field("Connection")), ("1", "keep-alive"));
        // The next one, on the same connection; what is there already is given at once.
        peer.send(request("/feed/long-poll?after=1&wait=60s", &[]));
    }
    server.publish("again".to_owned()).unwrap();
    for peer in &mut peers {
        assert_eq!(items(peer.response().text())[0].reached(), 2);
        peer.send(request("/feed/long-poll?after=0&wait=60s", &[]));
        assert_eq!(items(peer.response().text()).len(), 2);
    }
}

/// Without a number it waits for what is not there yet.
#[test]
fn a_long_poll_without_a_number_waits_for_the_next_event() {
    let server = serve(quiet());
    server.publish("old".to_owned()).unwrap();
    let mut peer = Peer::connect(server.addr);
    peer.send(request("/feed/long-poll?wait=60s", &[]));
    wait_for_readers(server.addr, 1);
    server.publish("new".to_owned()).unwrap();
    let response = peer.response();
    let [Item::Event { id: 2, text, .. }] = &items(response.text())[..] else { panic!("{response:?}") };
    assert_eq!(text, "new");
}

#[test]
fn a_long_poll_ends_with_its_wait() {
    let server = serve(quiet());
    server.publish("old".to_owned()).unwrap();
    let mut peer = Peer::connect(server.addr);
    for (wait, least) in [("0s", Duration::ZERO), ("300ms", Duration::from_millis(300)), ("0", Duration::ZERO)] {
        let start = std::time::Instant::now();
        peer.send(request(&format!("/feed/long-poll?after=1&wait={wait}"), &[]));
        let response = peer.response();
        assert_eq!(response.status, "204 No Content", "{wait}");
        assert_eq!((response.field("Feed-Last-Id"), response.field("Connection")), ("1", "keep-alive"));
        assert!(start.elapsed() >= least && start.elapsed() < PATIENCE / 2, "{wait}: {:?}", start.elapsed());
    }
}

#[test]
fn a_stream_is_chunks_with_a_record_each() {
    let server = serve(quiet());
    let first = post(server.addr, "Hello");
    let mut peer = Peer::connect(server.addr);
    peer.send(request("/feed/stream?after=0", &[]));
    assert_eq!(peer.head().field("Transfer-Encoding"), "chunked");
    peer.expect(&beginning_of_stream(0));
    let mut expect_record = |id, json: &str| {
        let record = format!("id: {id}\ndata: {json}\n\n");
        peer.expect(format!("{:x}\r\n{record}\r\n", record.len()).as_bytes());
    };
    expect_record(1, &first);
    expect_record(2, &post(server.addr, "two\nlines \u{2028}"));
    assert!(stays_silent(&mut peer));
}

/// RFC 9112 s6.1: no Transfer-Encoding to a client of HTTP/1.0. The end of the connection is the end of the body.
#[test]
fn a_stream_to_http_1_0_ends_with_its_connection() {
    let server = serve(quiet());
    let json = post(server.addr, "Hello");
    let mut peer = Peer::connect(server.addr);
    peer.send("GET /feed/stream?after=0 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    let head = peer.head();
    assert_eq!((head.status.as_str(), head.field("Connection")), ("200 OK", "close"));
    assert_eq!((head.field("Transfer-Encoding"), head.field("Content-Length")), ("", ""));
    peer.expect(format!("retry: 1000\nid: 0\n\nid: 1\ndata: {json}\n\n").as_bytes());
    let json = post(server.addr, "again");
    peer.expect(format!("id: 2\ndata: {json}\n\n").as_bytes());
    let stop = Stop::begin(server, PATIENCE);
    peer.ends();
    drop(peer);
    assert!(stop.took() < PATIENCE);
}

/// As a browser does it: the address stays, the header says what was read last.
#[test]
fn the_last_event_id_counts_before_the_address() {
    let server = serve(quiet());
    for _ in 1..=5 {
        server.publish("x".to_owned()).unwrap();
    }
    let first_of = |target: &str, lines: &[&str]| {
        let mut peer = Peer::connect(server.addr);
        peer.send(request(target, lines));
        assert_eq!(peer.head().status, "200 OK");
        peer.chunk().unwrap();
        String::from_utf8(peer.chunk().unwrap()).unwrap()
    };
    assert!(first_of("/feed/stream?after=1", &["Last-Event-ID: 3"]).starts_with("id: 4\n"));
    assert!(first_of("/feed/stream", &["last-event-id: 4"]).starts_with("id: 5\n"));
    assert!(first_of("/feed/stream?after=4", &["Last-Event-ID: 0"]).starts_with("id: 1\n"));
}

#[test]
fn a_socket_brings_one_text_frame_an_event() {
    let server = serve(Config { name: Some("A".into()), ..quiet() });
    let first = post(server.addr, "Hello");
    // No greeting, though the server has a name.
    let mut peer = Peer::open(server.addr, "/feed/ws?after=0");
    peer.expect(&text_frame(&first));
    let second = post(server.addr, "y".repeat(200));
    peer.expect(&text_frame(&second));
    let mut from_now_on = Peer::open(server.addr, "/feed/ws");
    let third = post(server.addr, "");
    peer.expect(&text_frame(&third));
    from_now_on.expect(&text_frame(&third));
}

fn text_frame(text: &str) -> Vec<u8> {
    let mut bytes = vec![0x81];
    if text.len() < 126 {
        bytes.push(text.len() as u8);
    } else {
        bytes.push(126);
        bytes.extend((text.len() as u16).to_be_bytes());
    }
    bytes.extend(text.as_bytes());
    bytes
}

/// No direct reply: the event is the reply, and everybody has it.
#[test]
fn what_a_socket_sends_reaches_everybody() {
    let server = serve(quiet());
    let mut others: Vec<Follower> = ALL.map(|transport| Follower::new(transport, server.addr, 0)).into();
    let mut sender = Follower::new(Transport::Socket, server.addr, 0);
    let fragments = [frame(0x01, b"in "), frame(0x89, b"ping"), frame(0x00, b""), frame(0x80, b"parts")].concat();
    for (bytes, text) in [(frame(0x81, b"Hello"), "Hello"), (frame(0x81, b""), ""), (fragments, "in parts")] {
        sender.peer.send(&bytes);
        if text == "in parts" {
            sender.peer.expect(b"\x8a\x04ping");
        }
        let event = sender.next();
        assert_eq!(event.text(), text);
        for other in &mut others {
            assert_eq!(other.next(), event, "{:?}", other.transport);
        }
    }
    assert!(stays_silent(&mut sender.peer), "a reply besides the event");
}

/// In one read of the server. Whoever sends so much and reads what comes is not slow.
#[test]
fn a_burst_of_messages_from_one_socket_comes_back_to_it() {
    const BURST: u64 = 300;
    let server = serve(quiet());
    let mut sender = Follower::new(Transport::Socket, server.addr, 0);
    let burst: Vec<u8> = (1..=BURST).flat_map(|number| frame(0x81, number.to_string().as_bytes())).collect();
    sender.peer.send(burst);
    for number in 1..=BURST {
        let event = sender.next();
        assert_eq!((event.reached(), event.text()), (number, number.to_string().as_str()));
    }
}

#[test]
fn a_socket_takes_text_only_and_no_more_than_an_event() {
    let server = serve(Config { max_event: 10, ..quiet() });
    let mut peer = Peer::open(server.addr, "/feed/ws");
    peer.send(frame(0x81, b"0123456789"));
    assert_eq!(item(std::str::from_utf8(&peer.payload(0x81)).unwrap()).text(), "0123456789");
    peer.send(frame(0x82, b"\x01"));
    let Close { code, reason } = peer.close();
    assert!(code == 1003 && reason.contains("text"), "{code} {reason}");
    peer.ends();
    for bytes in [frame(0x81, b"0123456789a"), [frame(0x01, b"01234567"), frame(0x80, b"89a")].concat()] {
        let mut peer = Peer::open(server.addr, "/feed/ws");
        peer.send(bytes);
        let Close { code, reason } = peer.close();
        assert!(code == 1009 && reason.contains("10 bytes"), "{code} {reason}");
        peer.ends();
    }
    // Nothing of that was published.
    let mut poll = Follower::new(Transport::ShortPoll, server.addr, 0);
    assert_eq!(poll.next().text(), "0123456789");
    assert_eq!(Peer::get(server.addr, "/feed/poll").field("Feed-Last-Id"), "1");
}

// What is gone, and what never was.

#[test]
fn what_is_not_kept_is_a_gap_on_all_four() {
    let server = serve(Config { feed_keep: 10, ..quiet() });
    for id in 1..=51 {
        server.publish(id.to_string()).unwrap();
    }
    for transport in ALL {
        let mut follower = Follower::new(transport, server.addr, 0);
        assert_eq!(follower.next(), Item::Gap { from: 1, to: 41 }, "{transport:?}");
        let ids: Vec<u64> = follower.take(10).iter().map(Item::reached).collect();
        assert_eq!(ids, (42..=51).collect::<Vec<_>>(), "{transport:?}");
        // In the middle, and at the edge: 41 is had, so nothing is missing.
        let mut follower = Follower::new(transport, server.addr, 30);
        assert_eq!(follower.next(), Item::Gap { from: 31, to: 41 }, "{transport:?}");
        let mut follower = Follower::new(transport, server.addr, 41);
        assert_eq!(follower.next().reached(), 42, "{transport:?}");
    }
    // The words of each.
    let poll = Peer::get(server.addr, "/feed/poll?after=0");
    assert!(poll.text().starts_with("[{\"gap\":{\"from\":1,\"to\":41}},{\"id\":42,"), "{}", poll.text());
    let mut stream = Peer::connect(server.addr);
    stream.send(request("/feed/stream?after=0", &[]));
    stream.head();
    stream.expect(&beginning_of_stream(0));
    let chunk = String::from_utf8(stream.chunk().unwrap()).unwrap();
    assert!(chunk.starts_with("event: gap\nid: 41\ndata: {\"from\":1,\"to\":41}\n\nid: 42\ndata: {"), "{chunk}");
    let mut socket = Peer::open(server.addr, "/feed/ws?after=0");
    socket.expect(b"\x81\x1a{\"gap\":{\"from\":1,\"to\":41}}");
}

#[test]
fn a_number_from_before_a_restart_is_a_reset_on_all_four() {
    let server = serve(quiet());
    for _ in 0..2 {
        // With nothing in the log yet, and with three events.
        let last = Peer::get(server.addr, "/feed/poll").field("Feed-Last-Id").parse().unwrap();
        for transport in ALL {
            let mut follower = Follower::new(transport, server.addr, 500);
            assert_eq!(follower.next(), Item::Reset { after: 500, last }, "{transport:?}");
            let ids: Vec<u64> = follower.take(last as usize).iter().map(Item::reached).collect();
            assert_eq!(ids, (1..=last).collect::<Vec<_>>(), "{transport:?}");
        }
        let poll = Peer::get(server.addr, "/feed/poll?after=500");
        assert!(
            poll.text().starts_with(&format!("[{{\"reset\":{{\"after\":500,\"last\":{last}}}}}")),
            "{}",
            poll.text()
        );
        let mut stream = Peer::connect(server.addr);
        stream.send(request("/feed/stream", &["Last-Event-ID: 500"]));
        stream.head();
        stream.expect(&beginning_of_stream(500));
        let chunk = String::from_utf8(stream.chunk().unwrap()).unwrap();
        let expected = format!("event: reset\nid: 0\ndata: {{\"after\":500,\"last\":{last}}}\n\n");
        assert!(chunk.starts_with(&expected), "{chunk}");
        for _ in 0..3 {
            server.publish("x".to_owned()).unwrap();
        }
    }
    let mut largest = Follower::new(Transport::ShortPoll, server.addr, u64::MAX);
    assert_eq!(largest.next(), Item::Reset { after: u64::MAX, last: 6 });
}

/// Both at once, in this order: the numbers begin anew, and the first of them are gone already.
#[test]
fn a_reset_may_have_a_gap_behind_it() {
    let server = serve(Config { feed_keep: 3, ..quiet() });
    for _ in 1..=9 {
        server.publish("x".to_owned()).unwrap();
    }
    for transport in ALL {
        let mut follower = Follower::new(transport, server.addr, 500);
        let found = follower.take(3);
        assert_eq!(found[..2], [Item::Reset { after: 500, last: 9 }, Item::Gap { from: 1, to: 6 }], "{transport:?}");
        assert_eq!(found[2].reached(), 7, "{transport:?}");
    }
}

/// While more comes than is kept. What it misses, it is told.
#[test]
#[cfg(unix)]
fn who_is_pushed_to_and_reads_too_slowly_is_told_of_the_gap() {
    const EVENTS: u64 = 200;
    let slow = Config { feed_keep: 10, write_timeout: 4 * PATIENCE, slow_timeout: 4 * PATIENCE, ..quiet() };
    let server = serve(slow);
    let followers = [Transport::Stream, Transport::Socket]
        .map(|transport| Follower::over(Peer::connect_narrowly(server.addr), transport, 0));
    let mut live = Peer::connect_narrowly(server.addr);
    live.send(handshake("/live?ping=off", &[]));
    live.expect_101();
    // Far more than the system keeps between the two ends.
    for id in 1..=EVENTS {
        server.publish(format!("{id} {}", "x".repeat(60 << 10))).unwrap();
    }
    for mut follower in followers {
        let mut missed = 0;
        while follower.has() < EVENTS {
            let has = follower.has();
            match follower.next() {
                Item::Gap { from, to } => {
                    assert_eq!(from, has + 1);
                    missed += to - has;
                }
                item => {
                    assert_eq!(item.reached(), has + 1);
                    assert!(item.text().starts_with(&format!("{} x", has + 1)));
                }
            }
        }
        assert!(missed > 0, "{:?}: nothing was missed: the test has no teeth", follower.transport);
    }
    // Plain texts, so this one is told in words.
    let (mut has, mut missed) = (0, 0);
    while has < EVENTS {
        let text = String::from_utf8(live.payload(0x81)).unwrap();
        if let Some(gone) = text.strip_prefix("(events ").and_then(|rest| rest.strip_suffix(" are gone)")) {
            let (from, to) = gone.split_once(" to ").unwrap();
            assert_eq!(from, (has + 1).to_string());
            (has, missed) = (to.parse().unwrap(), missed + 1);
        } else {
            has += 1;
            assert!(text.starts_with(&format!("{has} x")), "event {has}");
        }
    }
    assert!(missed > 0, "nothing was missed: the test has no teeth");
}

/// More than is handed out at once.
#[test]
fn much_comes_in_parts_and_all_of_it() {
    const EVENTS: u64 = 150;
    let server = serve(quiet());
    for id in 1..=EVENTS {
        server.publish(format!("{id} {}", "x".repeat(4000))).unwrap();
    }
    let poll = Peer::get(server.addr, "/feed/poll?after=0");
    assert!(poll.body.len() < 200_000 && poll.field("Feed-Last-Id") != EVENTS.to_string());
    for transport in ALL {
        let items = Follower::new(transport, server.addr, 0).take(EVENTS as usize);
        assert!(items.iter().map(Item::reached).eq(1..=EVENTS), "{transport:?}");
        assert!(items.iter().all(|item| item.text().starts_with(&format!("{} x", item.reached()))), "{transport:?}");
    }
}

// Silence.

#[test]
fn a_silent_stream_has_a_heartbeat() {
    let server = serve(Config { ping_interval: Duration::from_millis(100), ..quiet() });
    let mut peer = Peer::connect(server.addr);
    peer.send(request("/feed/stream", &[]));
    peer.head();
    peer.expect(&beginning_of_stream(0));
    peer.expect(b"e\r\n: still here\n\n\r\ne\r\n: still here\n\n\r\n");
    server.publish("Hello".to_owned()).unwrap();
    let mut chunk = peer.chunk().unwrap();
    while chunk == b": still here\n\n" {
        chunk = peer.chunk().unwrap();
    }
    assert!(chunk.starts_with(b"id: 1\n"));
    peer.expect(b"e\r\n: still here\n\n\r\n");
    let mut old = Peer::connect(server.addr);
    old.send("GET /feed/stream?after=1 HTTP/1.0\r\n\r\n");
    old.head();
    old.expect(b"retry: 1000\nid: 1\n\n: still here\n\n");
}

#[test]
fn without_pings_a_stream_is_silent() {
    let pinging = serve(Config { ping_interval: Duration::from_millis(50), ..quiet() });
    let never = serve(Config { ping_interval: Duration::ZERO, ..quiet() });
    let mut peers = [(pinging.addr, "/feed/stream?ping=off"), (never.addr, "/feed/stream")].map(|(addr, target)| {
        let mut peer = Peer::connect(addr);
        peer.send(request(target, &[]));
        peer.head();
        peer.expect(&beginning_of_stream(0));
        peer
    });
    assert!(all_stay_silent(&mut peers));
}

#[test]
fn a_silent_socket_is_pinged_and_fed_all_the_same() {
    let interval = Duration::from_millis(100);
    let server = serve(Config { ping_interval: interval, ping_timeout: PATIENCE, ..quiet() });
    let mut peer = Peer::open(server.addr, "/feed/ws");
    peer.expect(b"\x89\x011");
    // The Pong is not here yet, and events come.
    let json = post(server.addr, "Hello");
    peer.expect(&text_frame(&json));
    peer.send(frame(0x8a, b"1"));
    peer.expect(b"\x89\x012");
    let mut silent = Peer::open(server.addr, "/feed/ws?ping=off&after=1");
    assert!(stays_silent(&mut silent));
}

// /live: an echo, and the feed's texts in between.

#[test]
fn live_echoes_and_brings_what_happens() {
    let server = serve(quiet());
    let mut peer = Peer::open(server.addr, "/live");
    peer.send(frame(0x81, b"Hello"));
    peer.expect(b"\x81\x05Hello");
    server.publish("news".to_owned()).unwrap();
    peer.expect(b"\x81\x04news");
    peer.send(frame(0x82, b"\xff"));
    peer.expect(b"\x82\x01\xff");
    // An echo is no event.
    assert_eq!(Peer::get(server.addr, "/feed/poll").field("Feed-Last-Id"), "1");
}

#[test]
fn a_named_live_greets_first() {
    let server = serve(Config { name: Some("A".into()), ..quiet() });
    let mut peer = Peer::open(server.addr, "/live");
    peer.expect(b"\x81\x2b[A] hello :) type a message and press ENTER");
    peer.send(frame(0x81, b"Hello"));
    peer.expect(b"\x81\x09[A] Hello");
    server.publish("news".to_owned()).unwrap();
    peer.expect(b"\x81\x04news");
}

/// It gives no numbers, so nobody can come back to it with one.
#[test]
fn live_begins_with_the_present() {
    let server = serve(quiet());
    server.publish("old".to_owned()).unwrap();
    for target in ["/live", "/live?after=0", "/live?after=500", "/live?after=x"] {
        let mut peer = Peer::open(server.addr, target);
        server.publish("news".to_owned()).unwrap();
        peer.expect(b"\x81\x04news");
    }
}

/// Two threads write to one socket: echoes of all sizes, in fragments and with Pings between them, and events. Every
/// frame is whole, and each of the three is in order.
#[test]
fn echoes_and_events_never_tear_each_other() {
    const MESSAGES: usize = 300;
    let server = Arc::new(serve(quiet()));
    let mut peer = Peer::open(server.addr, "/live");
    let mut writer = peer.writer();
    let echoing = spawn("writer", move || {
        for number in 0..MESSAGES {
            let message = echo_of(number);
            let (first, second) = message.as_bytes().split_at(message.len() / 2);
            writer.send([frame(0x01, first), frame(0x89, number.to_string().as_bytes())].concat());
            writer.send(frame(0x80, second));
        }
    });
    let publisher = Arc::clone(&server);
    let (read, to_publish) = std::sync::mpsc::sync_channel(MESSAGES);
    let publishing = spawn("publisher", move || {
        // As many as fit into its queue, and then one for each that was read.
        for number in 0..MESSAGES {
            if number >= 60 {
                to_publish.recv_timeout(PATIENCE).expect("the reader reads");
            }
            publisher.publish(push_of(number)).unwrap();
        }
    });
    let (mut echoes, mut pushes, mut last_pong) = (0, 0, None);
    while echoes < MESSAGES || pushes < MESSAGES || last_pong != Some(MESSAGES - 1) {
        let (first, payload) = peer.frame().expect("a frame");
        let text = String::from_utf8(payload).expect("whole");
        if first == 0x8a {
            let number: usize = text.parse().expect("a whole Pong");
            assert!(last_pong < Some(number), "{number} after {last_pong:?}");
            last_pong = Some(number);
        } else if text.starts_with("push") {
            assert!(first == 0x81 && text == push_of(pushes), "push {pushes}");
            pushes += 1;
            read.send(()).ok();
        } else {
            assert!(first == 0x81 && text == echo_of(echoes), "echo {echoes}");
            echoes += 1;
        }
    }
    echoing.join().unwrap();
    publishing.join().unwrap();
}

fn echo_of(number: usize) -> String {
    format!("echo {number} {}", "e".repeat([0, 130, 5000, 70_000][number % 4]))
}

fn push_of(number: usize) -> String {
    format!("push {number} {}", "p".repeat([0, 130, 3000][number % 3]))
}

/// Everybody publishes in fragments, with Pongs between them, and everybody reads.
#[test]
fn many_publishers_at_once_tear_nothing() {
    let server = serve(quiet());
    let reached: Arc<[AtomicU64; CLIENTS]> = Arc::default();
    // All are there before the first one speaks.
    let followers = [(); CLIENTS].map(|()| Follower::new(Transport::Socket, server.addr, 0));
    let clients = followers.into_iter().enumerate().map(|(number, follower)| {
        let reached = Arc::clone(&reached);
        spawn("client", move || publish_and_read(follower, number, &reached))
    });
    let clients: Vec<_> = clients.collect();
    let all: Vec<Vec<Item>> = clients.into_iter().map(|client| client.join().expect("nothing torn")).collect();
    assert!(all[0].iter().map(Item::reached).eq(1..=(CLIENTS * EACH) as u64));
    assert!(all.iter().all(|items| *items == all[0]));
}

const CLIENTS: usize = 8;
const EACH: usize = 60;

fn publish_and_read(mut follower: Follower, number: usize, reached: &[AtomicU64; CLIENTS]) -> Vec<Item> {
    let mut all = Vec::new();
    let mut read = |follower: &mut Follower| {
        all.push(follower.next());
        reached[number].store(follower.has(), Ordering::SeqCst);
        all.last().map(|item| item.text().to_owned())
    };
    for count in 0..EACH {
        wait_until("the slowest client keeps up", || {
            reached.iter().all(|has| has.load(Ordering::SeqCst) + AHEAD >= follower.has())
        });
        let text = format!("{number}-{count} {}", "x".repeat([0, 200, 3000][(number + count) % 3]));
        let (first, second) = text.as_bytes().split_at(2);
        for part in [frame(0x01, first), frame(0x8a, b"unasked"), frame(0x80, second)] {
            follower.peer.send(part);
        }
        while read(&mut follower).is_none_or(|found| found != text) {}
    }
    while follower.has() < (CLIENTS * EACH) as u64 {
        read(&mut follower);
    }
    all
}

// Events that come by themselves.

#[test]
fn a_seed_makes_the_texts_repeat() {
    let texts = |seed| {
        let pace = Duration::from_millis(1)..=Duration::from_millis(2);
        let server = serve(Config { tick: Some(pace), seed: Some(seed), ..Config::default() });
        let items = Follower::new(Transport::LongPoll, server.addr, 0).take(60);
        items.iter().map(|item| item.text().to_owned()).collect::<Vec<_>>()
    };
    let first = texts(7);
    assert!(first[0].contains("Kick-off"), "{first:?}");
    assert_eq!(first, texts(7));
    assert_ne!(first, texts(8));
}

#[test]
fn without_a_tick_nothing_happens() {
    let program = Program::start("off", &["--tick", "off"]);
    let mut peers = ["/feed/ws", "/live"].map(|target| program.open(target));
    let mut stream = program.connect();
    stream.send(request("/feed/stream", &[]));
    stream.head();
    stream.expect(&beginning_of_stream(0));
    assert!(all_stay_silent(peers.iter_mut().chain([&mut stream])));
    assert_eq!(Peer::get(program.addr, "/feed/poll").field("Feed-Last-Id"), "0");
}

#[test]
fn events_at_random_moments_reach_all_transports() {
    let program = Program::start("off", &["--tick", "1ms..25ms"]);
    let addr = program.addr;
    let reading: Vec<_> = ALL.map(|transport| spawn("reader", move || follow_to(transport, addr, 30))).into();
    let all: Vec<Vec<Item>> = reading.into_iter().map(|reader| reader.join().expect("a reader")).collect();
    assert!(all.iter().all(|items| *items == all[0]));
    let moments: Vec<u64> = all[0].iter().map(|item| if let Item::Event { at, .. } = item { *at } else { 0 }).collect();
    let pauses: BTreeSet<u64> = moments.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(pauses.len() > 3, "no random moments: {pauses:?}");
}

/// A thousand events a second, beside clients that have other business.
#[test]
fn a_fast_tick_under_load_loses_nothing() {
    let pace = Duration::from_millis(1)..=Duration::from_millis(2);
    let server = Arc::new(serve(Config { tick: Some(pace), ..Config::default() }));
    let addr = server.addr;
    let busy: Vec<_> = (0..3).map(|_| spawn("busy", move || echo_for_a_while(addr))).collect();
    let reading: Vec<_> = ALL.map(|transport| spawn("reader", move || follow_to(transport, addr, 400))).into();
    for reader in reading {
        let ids: Vec<u64> = reader.join().expect("a reader").iter().map(Item::reached).collect();
        assert_eq!(ids[..400], (1..=400).collect::<Vec<_>>());
    }
    busy.into_iter().for_each(|busy| busy.join().expect("echoes"));
}

fn echo_for_a_while(addr: SocketAddr) {
    let mut peer = Peer::open(addr, "/ws");
    for _ in 0..1500 {
        peer.send(frame(0x81, b"Hello"));
        peer.expect(b"\x81\x05Hello");
    }
}

// Numbers.

#[test]
fn pushed_messages_are_counted() {
    let server = serve(quiet());
    let mut feed = Peer::open(server.addr, "/feed/ws?after=9");
    feed.expect(b"\x81\x1e{\"reset\":{\"after\":9,\"last\":0}}");
    let mut live = Peer::open(server.addr, "/live");
    feed.send(frame(0x81, b"one")); // an event for both
    feed.payload(0x81);
    live.expect(b"\x81\x03one");
    live.send(frame(0x81, b"two")); // an echo
    live.expect(b"\x81\x03two");
    server.publish("three".to_owned()).unwrap();
    feed.payload(0x81);
    live.expect(b"\x81\x05three");
    check_counts(&server, &["in\"} 2", "out\"} 6"]);
    for mut peer in [feed, live] {
        peer.send(b"\x88\x82\0\0\0\0\x03\xe8");
        peer.expect(b"\x88\x02\x03\xe8");
        peer.ends();
    }
    wait_until("both have ended", || server.connections() == 0);
    check_counts(&server, &["in\"} 2", "out\"} 6"]);
    let metrics = Peer::get(server.addr, "/metrics");
    assert!(metrics.text().contains("ws101_closes_total{by=\"client\",code=\"1000\"} 2\n"), "{}", metrics.text());
    assert!(metrics.text().contains("ws101_upgrades_total 2\n"), "{}", metrics.text());
}

/// What was written is counted when it is written: the client may have it a moment earlier.
fn check_counts(server: &Handle, ends: &[&str]) {
    wait_until("the messages are counted", || {
        let metrics = Peer::get(server.addr, "/metrics");
        let counted = |end: &&str| metrics.text().contains(&format!("ws101_messages_total{{direction=\"{end}\n"));
        ends.iter().all(counted)
    });
}

#[test]
fn events_and_readers_are_counted() {
    let server = serve(quiet());
    let metrics = || {
        let metrics = Peer::get(server.addr, "/metrics");
        let lines = metrics.text().lines().filter(|line| line.starts_with("ws101_feed_"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(metrics(), ["ws101_feed_events_total 0", "ws101_feed_waiting 0"]);
    post(server.addr, "one");
    server.publish("two".to_owned()).unwrap();
    let readers = ["/feed/ws", "/live"].map(|target| Peer::open(server.addr, target));
    let mut stream = Peer::connect(server.addr);
    stream.send(request("/feed/stream?ping=off", &[]));
    assert_eq!(stream.head().status, "200 OK");
    let mut poll = Peer::connect(server.addr);
    poll.send(request("/feed/long-poll", &[]));
    wait_until("four wait", || metrics() == ["ws101_feed_events_total 2", "ws101_feed_waiting 4"]);
    server.publish("three".to_owned()).unwrap();
    poll.response();
    wait_until("one has its answer", || metrics() == ["ws101_feed_events_total 3", "ws101_feed_waiting 3"]);
    drop((readers, stream));
    // The stream's thread learns of it when it writes.
    wait_until("nobody waits", || {
        server.publish("x".to_owned()).unwrap();
        metrics()[1] == "ws101_feed_waiting 0"
    });
}

#[test]
fn the_index_lists_the_feed() {
    let server = serve(quiet());
    let index = Peer::get(server.addr, "/");
    for path in ["/feed", "/feed/poll", "/feed/long-poll", "/feed/stream", "/feed/ws", "/live"] {
        assert!(index.text().lines().any(|line| line.trim().split(' ').next() == Some(path)), "{}", index.text());
    }
    let mut upgrade = Peer::connect(server.addr);
    upgrade.send(handshake("/feed/poll", &[]));
    assert_ne!(upgrade.response().status, "101 Switching Protocols");
}
