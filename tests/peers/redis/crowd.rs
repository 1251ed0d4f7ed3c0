//! Many events and many readers on two backends: one feed, in one order, wherever who reads is connected.

use super::readers::{KINDS, Kind, Reader, all_reach, events};
use super::{backend, publish, two_backends};
use crate::common::feed::{Item, item, post_request, wait_for_readers};
use crate::common::peer::{Close, Peer, handshake};
use crate::common::spawn;
use crate::nginx::Nginx;
use crate::redis_server::Redis;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Publishes so many events by `POST` over one connection: the numbers that they were given.
fn publish_many(addr: SocketAddr, name: &str, count: usize) -> Vec<u64> {
    let mut peer = Peer::connect(addr);
    let publish = |number| {
        let text = format!("{name} {number}");
        peer.send(post_request(text.as_bytes()));
        let response = peer.response();
        assert_eq!(response.status, "200 OK", "{}", response.text());
        let event = item(response.text().trim_end());
        assert_eq!(event.text(), text);
        event.reached()
    };
    (0..count).map(publish).collect()
}

/// Publishes so many messages to `/feed/ws`. Who does that is told of all events, and of its own.
fn say_many(addr: SocketAddr, name: &str, count: usize) {
    let mut socket = Reader::new(Kind::Socket, addr, 0);
    (0..count).for_each(|number| socket.publish(&format!("{name} {number}")));
    let is_own = |event: &Item| event.text().starts_with(name);
    socket.wait("all of its own", |told| events(told).iter().filter(|event| is_own(event)).count() == count);
}

/// Half of them by `POST`, half as messages; on both backends at the same time.
#[test]
#[ignore = "needs redis-server"]
fn two_thousand_events_from_both_sides_come_to_all_in_one_order() {
    let redis = Redis::forgetful();
    let (a, b) = (backend(&redis, &["--feed-keep", "3000"]), backend(&redis, &["--feed-keep", "3000"]));
    let readers = Reader::all(&[a.addr, b.addr], 0);
    for number in 1..=200 {
        let to = if number % 2 == 0 { a.addr } else { b.addr };
        assert_eq!(publish(to, &format!("in turn {number}")), number);
    }
    let both = [("a", a.addr), ("b", b.addr)];
    let posting = both.map(|(name, addr)| spawn("posts", move || publish_many(addr, name, 450)));
    let saying = both.map(|(name, addr)| spawn("says", move || say_many(addr, &name.to_uppercase(), 450)));
    let given: BTreeSet<u64> = posting.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect();
    assert_eq!(given.len(), 900, "each number is given once");
    saying.into_iter().for_each(|thread| thread.join().expect("no panic"));

    let all = readers.iter().map(|reader| events(&reader.reaches(2000)));
    let all: Vec<Vec<Item>> = all.collect();
    assert!(all[0].iter().map(Item::reached).eq(1..=2000), "no holes");
    assert!(all.iter().all(|events| *events == all[0]), "the same for all");
    let texts: BTreeSet<&str> = all[0].iter().map(Item::text).collect();
    assert_eq!(texts.len(), 2000, "each text once");
    for late in Reader::all(&[a.addr, b.addr], 0) {
        assert_eq!(events(&late.reaches(2000)), all[0], "the same for who comes late");
    }
}

/// They drop their connections every few events, and nginx gives them to whoever is next. One of the backends is killed
/// in the middle: who was there comes back to the other.
#[test]
#[ignore = "needs redis-server and nginx"]
fn who_comes_back_to_the_other_backend_misses_nothing() {
    let redis = Redis::forgetful();
    let (a, b) = two_backends(&redis);
    let nginx = Nginx::in_turn("redis-in-turn", &[a.addr.port(), b.addr.port()]);
    let front = SocketAddr::from(([127, 0, 0, 1], nginx.port));
    let readers = KINDS.map(|kind| Reader::restless(kind, front, 0, 7));
    let mut last = 0;
    // Not more at a time than a poll may bring: who polls is to come back often, too.
    let mut publish_round = |addr, name| {
        publish_many(addr, name, 9);
        last += 9;
        all_reach(&readers, last);
    };
    (0..7).for_each(|_| publish_round(a.addr, "from A"));
    (0..7).for_each(|_| publish_round(b.addr, "from B"));
    b.killed();
    (0..6).for_each(|_| publish_round(a.addr, "from A alone"));
    for reader in &readers {
        let told = reader.reaches(180);
        assert!(events(&told).iter().map(Item::reached).eq(1..=180), "each once, in order");
        assert!(reader.visits() > 8, "it came back {} times: the test has no teeth", reader.visits());
    }
    assert_eq!(readers[0].events(), readers[1].events());
    assert_eq!(readers[0].events(), readers[2].events());
}

/// What the killed one told of is in the stream: texts, numbers and times.
#[test]
#[ignore = "needs redis-server"]
fn a_backend_that_is_killed_loses_nothing_and_starts_again_with_the_history() {
    let redis = Redis::forgetful();
    let (a, b) = two_backends(&redis);
    let readers = Reader::all(&[b.addr], 0);
    publish_many(a.addr, "before", 30);
    let publishing = spawn("posts", {
        let addr = b.addr;
        move || publish_many(addr, "meanwhile", 200)
    });
    readers[0].reaches(80);
    a.killed();
    publishing.join().expect("no panic");
    let told: Vec<Vec<Item>> = readers.iter().map(|reader| events(&reader.reaches(230))).collect();
    assert!(told[0].iter().map(Item::reached).eq(1..=230) && told.iter().all(|events| *events == told[0]));

    let again = backend(&redis, &["--name", "A"]);
    for reader in Reader::all(&[again.addr], 0) {
        assert_eq!(events(&reader.reaches(230)), told[0], "with the times of the first telling");
    }
    assert_eq!(publish(again.addr, "after"), 231);
    all_reach(&readers, 231);
}

/// It is closed with 1013. Nobody waits for it: not who publishes, not the other readers, on neither side.
#[test]
#[ignore = "needs redis-server"]
fn a_reader_that_is_too_slow_delays_nobody() {
    let redis = Redis::forgetful();
    let options = ["--slow-timeout", "200ms", "--max-event", "64KiB"];
    let (a, b) = (backend(&redis, &options), backend(&redis, &options));
    let mut slow = Peer::connect_narrowly(a.addr);
    slow.send(handshake("/feed/ws?ping=off", &[]));
    slow.expect_101();
    let readers = [a.addr, b.addr].map(|addr| Reader::new(Kind::Socket, addr, 0));
    wait_for_readers(a.addr, 2);
    let large = "x".repeat(48 << 10);
    let is_out = || Peer::get(a.addr, "/metrics").text().contains("ws101_feed_waiting 1\n");
    let (mut last, mut longest) = (0, Duration::ZERO);
    while !is_out() {
        assert!(last < 1000, "it is not left out");
        let start = Instant::now();
        last = publish(b.addr, &large);
        all_reach(&readers, last);
        longest = longest.max(start.elapsed());
    }
    assert!(longest < Duration::from_secs(2), "the slow one holds up the others: {longest:?}");
    while slow.peek() != 0x88 {
        slow.payload(0x81);
    }
    let Close { code, reason } = slow.close();
    assert!(code == 1013 && reason.contains("too slow"), "{code} {reason}");
}
