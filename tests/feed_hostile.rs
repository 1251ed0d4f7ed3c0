//! The feed's readers that are slow, rude or many, and its end. None of them delays another, tears a frame, or leaves
//! anything behind.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use common::feed::{
    ALL, Follower, Item, Transport, beginning_of_stream, item, items, post_request, quiet, request, stays_silent,
    wait_for_readers,
};
use common::peer::{Close, Peer, Response, frame, handshake};
use common::program::Program;
use common::{PATIENCE, Stop, serve, spawn, wait_until};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use ws101::server::{Config, Handle};

/// 1001, and its reason.
const GOING_AWAY: &[u8] = b"\x88\x14\x03\xe9server is stopping";
/// A client's answer to it.
const ANSWER: &[u8] = b"\x88\x82\0\0\0\0\x03\xe9";
/// A client's Close, and the answer.
const CLOSE: &[u8] = b"\x88\x82\0\0\0\0\x03\xe8";
const CLOSED: &[u8] = b"\x88\x02\x03\xe8";

// Slow.

/// Large events, and a server that would wait for a slow reader for longer than these tests.
fn patient() -> Config {
    Config { write_timeout: 4 * PATIENCE, slow_timeout: 4 * PATIENCE, max_event: 64 << 10, ..quiet() }
}

/// The same server, but with more than 64 events waiting its patience is short.
fn impatient() -> Config {
    Config { slow_timeout: Duration::from_millis(200), ..patient() }
}

const LARGE: usize = 32 << 10;

/// A reader that takes little from the network, and reads nothing yet.
#[cfg(unix)]
fn narrow(addr: SocketAddr, asked: String) -> Peer {
    let mut peer = Peer::connect_narrowly(addr);
    peer.send(asked);
    let head = peer.head();
    assert!(["200 OK", "101 Switching Protocols"].contains(&head.status.as_str()), "{head:?}");
    peer
}

#[test]
#[cfg(unix)]
fn readers_that_never_read_delay_nobody() {
    const EVENTS: u64 = 150;
    let server = serve(patient());
    let addr = server.addr;
    let stuck = [handshake("/feed/ws?after=0", &[]), handshake("/live", &[]), request("/feed/stream?after=0", &[])]
        .map(|asked| narrow(addr, asked));
    let readers = [(); 4].map(|()| Arc::new(AtomicU64::new(0)));
    let reading: Vec<_> = ALL
        .into_iter()
        .zip(&readers)
        .map(|(transport, has)| {
            let (mut follower, has) = (Follower::new(transport, addr, 0), Arc::clone(has));
            spawn("reader", move || {
                for id in 1..=EVENTS {
                    assert_eq!(follower.next().reached(), id, "{transport:?}");
                    has.store(id, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for id in 1..=EVENTS {
        wait_until("all that read have read", || {
            readers.iter().all(|has| has.load(Ordering::SeqCst) + 30 > id)
                || reading.iter().any(JoinHandle::is_finished)
        });
        server.publish("x".repeat(LARGE)).unwrap();
    }
    reading.into_iter().for_each(|reader| reader.join().expect("nobody is delayed"));
    assert_eq!(Peer::get(addr, "/healthz").text(), "alive\n");
    assert!(server.connections() >= stuck.len(), "they are all still there");
}

/// Publishes until nobody who is slow is waited for any longer: how many events there are then. Each begins with its
/// number.
#[cfg(unix)]
fn publish_until_left_out(server: &Handle) -> u64 {
    let mut last = 0;
    wait_until("the slow ones are left out", || {
        for _ in 0..10 {
            last = server.publish(format!("{} {}", last + 1, "x".repeat(LARGE))).unwrap();
        }
        Peer::get(server.addr, "/metrics").text().contains("ws101_feed_waiting 0\n")
    });
    last
}

/// It was left out, and then it reads again: what was on its way, whole and in order, and a Close that says why. With its
/// last number it goes on from there.
#[test]
#[cfg(unix)]
fn a_socket_that_was_too_slow_is_told_so_after_what_was_on_its_way() {
    let server = serve(impatient());
    let mut slow = narrow(server.addr, handshake("/feed/ws?after=0&ping=off", &[]));
    let mut live = narrow(server.addr, handshake("/live?ping=off", &[]));
    let last = publish_until_left_out(&server);
    let mut has = 0;
    while slow.peek() != 0x88 {
        let payload = slow.payload(0x81);
        has += 1;
        assert_eq!(item(std::str::from_utf8(&payload).expect("a whole frame")).reached(), has);
    }
    let Close { code, reason } = slow.close();
    assert!(code == 1013 && reason.contains("too slow"), "{code} {reason}");
    assert!(has > 0 && has + 64 < last, "{has} of {last} events: the test has no teeth");
    slow.send(b"\x88\x82\0\0\0\0\x03\xf5");
    slow.ends();
    let mut again = Follower::new(Transport::Socket, server.addr, has);
    assert!(again.take((last - has) as usize).iter().map(Item::reached).eq(has + 1..=last));

    let mut count = 0;
    while live.peek() != 0x88 {
        count += 1;
        let text = String::from_utf8(live.payload(0x81)).expect("a whole frame");
        assert!(text.starts_with(&format!("{count} x")) && text.ends_with("x"), "event {count}");
    }
    assert_eq!(live.close().code, 1013);
    let metrics = Peer::get(server.addr, "/metrics");
    assert!(metrics.text().contains("ws101_closes_total{by=\"server\",code=\"1013\"} 2\n"), "{}", metrics.text());
}

/// It reads the Close and does not answer it.
#[test]
#[cfg(unix)]
fn a_socket_that_was_too_slow_and_does_not_answer_is_cut_off() {
    let server = serve(Config { close_timeout: Duration::from_millis(200), ..impatient() });
    let mut slow = narrow(server.addr, handshake("/feed/ws?ping=off", &[]));
    publish_until_left_out(&server);
    while slow.peek() != 0x88 {
        slow.payload(0x81);
    }
    assert_eq!(slow.close().code, 1013);
    wait_until("its threads are gone", || server.connections() == 0);
}

/// Far longer than the server's patience, and never with more than one event behind.
#[test]
fn a_socket_that_keeps_up_is_never_left_out() {
    let server = serve(Config { slow_timeout: Duration::from_millis(5), ..quiet() });
    let mut followers = [(); 2].map(|()| Follower::new(Transport::Socket, server.addr, 0));
    for id in 1..=1000 {
        server.publish(id.to_string()).unwrap();
        for follower in &mut followers {
            assert_eq!(follower.next().reached(), id);
        }
    }
}

/// Slow is who takes nothing: not who was far behind, and not who does not read while there is little to read.
#[test]
#[cfg(unix)]
fn a_socket_that_only_pauses_is_not_left_out() {
    let server = serve(Config { slow_timeout: Duration::from_millis(1), ..patient() });
    // A thousand events at once.
    for id in 1..=1000 {
        server.publish(id.to_string()).unwrap();
    }
    let mut peer = Follower::new(Transport::Socket, server.addr, 0);
    assert!(peer.take(1000).iter().map(Item::reached).eq(1..=1000));
    // 64 large ones, of which nothing is read for longer than the server's patience.
    let mut narrow = Follower::over(Peer::connect_narrowly(server.addr), Transport::Socket, 1000);
    for id in 1001..=1064 {
        server.publish(format!("{id} {}", "x".repeat(LARGE))).unwrap();
    }
    assert!(narrow.take(64).iter().map(Item::reached).eq(1001..=1064));
}

#[test]
#[cfg(target_os = "linux")]
fn readers_that_never_read_end_by_the_write_timeout() {
    let options = ["--tick", "off", "--write-timeout", "500ms", "--max-event", "64KiB"];
    for asked in [handshake("/feed/ws", &[]), handshake("/live", &[]), request("/feed/stream", &[])] {
        let program = Program::start("info", &options);
        let mut stuck = narrow(program.addr, asked);
        let mut publisher = program.connect();
        for _ in 0..300 {
            publisher.send(post_request(&[b'x'; LARGE]));
            assert_eq!(publisher.response().status, "200 OK");
        }
        program.wait_for("ws-1 = ended after ");
        stuck.is_cut_off();
        drop((stuck, publisher));
        wait_until("no thread is left", || program.connection_threads() == 0);
        // The log says what it was: nobody has sent a Close, and the client has done nothing at all.
        let lines: Vec<String> = program.lines().into_iter().filter(|line| line.contains("ws-1 !")).collect();
        assert!(lines.len() == 1 && lines[0].contains("in 500ms (--write-timeout): cut off"), "{lines:#?}");
    }
}

/// The end of one that takes nothing is of the server's making, and is counted so.
#[test]
#[cfg(unix)]
fn sockets_that_never_read_are_counted_as_cut_off_by_the_server() {
    let server = serve(Config { write_timeout: Duration::from_millis(300), max_event: 64 << 10, ..quiet() });
    let stuck = [(); 10].map(|()| narrow(server.addr, handshake("/feed/ws", &[])));
    for _ in 0..150 {
        server.publish("x".repeat(LARGE)).unwrap();
    }
    wait_until("they are gone", || server.connections() == 0);
    drop(stuck);
    let metrics = Peer::get(server.addr, "/metrics");
    let closes: Vec<&str> = metrics.text().lines().filter(|line| line.starts_with("ws101_closes_total")).collect();
    assert_eq!(closes, ["ws101_closes_total{by=\"server\",code=\"1006\"} 10"]);
}

/// Who sips for ever, so that no single write ends by its deadline, is too slow all the same.
#[test]
#[cfg(unix)]
fn a_socket_that_sips_is_let_go() {
    let server = Arc::new(serve(Config { write_timeout: Duration::from_millis(700), max_event: 64 << 10, ..quiet() }));
    let mut slow = narrow(server.addr, handshake("/feed/ws", &[]));
    let publisher = Arc::clone(&server);
    wait_until("the server gives up", || {
        slow.sip(1024);
        publisher.publish("x".repeat(LARGE)).unwrap();
        server.connections() == 0
    });
}

// Rude.

#[test]
fn nothing_follows_a_close_while_events_are_pushed() {
    const ROUNDS: usize = 40;
    let pace = Duration::from_micros(200)..=Duration::from_micros(400);
    let server = serve(Config { tick: Some(pace), ..Config::default() });
    let mut answered = 0;
    for round in 0..ROUNDS {
        let target = ["/feed/ws?after=0", "/feed/ws", "/live"][round % 3];
        let mut peer = Peer::open(server.addr, target);
        // A Close; or a frame that breaks a rule, which this server answers with its own.
        let (last, code) = if round % 2 == 0 { (CLOSE, 1000) } else { (&b"\xff\x80\0\0\0\0"[..], 1002u16) };
        let mut events = 0;
        let found = loop {
            if events == round % 7 {
                peer.send(last);
            }
            let (first, payload) = peer.frame().expect("whole frames");
            if first == 0x88 {
                break u16::from_be_bytes([payload[0], payload[1]]);
            }
            assert!(first == 0x81 && !std::str::from_utf8(&payload).expect("a whole frame").is_empty());
            events += 1;
        };
        peer.ends();
        // On a machine that is busy enough, it may have been too slow for this pace.
        assert!(found == code || found == 1013, "{found}");
        answered += usize::from(found == code);
    }
    assert!(answered > ROUNDS / 2, "only {answered}: the test has no teeth");
    wait_until("all threads are gone", || server.connections() == 0);
}

/// A message behind a Close is no event.
#[test]
fn what_follows_a_clients_close_is_not_published() {
    let server = serve(quiet());
    let mut peer = Peer::open(server.addr, "/feed/ws");
    peer.send([&frame(0x81, b"before"), CLOSE, &frame(0x81, b"after")].concat());
    // The Close may be answered before the event comes back.
    while peer.peek() != 0x88 {
        assert_eq!(item(std::str::from_utf8(&peer.payload(0x81)).unwrap()).text(), "before");
    }
    peer.expect(CLOSED);
    peer.ends();
    let mut binary = Peer::open(server.addr, "/feed/ws");
    binary.send([frame(0x82, b""), frame(0x81, b"after")].concat());
    assert_eq!(binary.close().code, 1003);
    binary.ends();
    assert_eq!(Peer::get(server.addr, "/feed/poll").field("Feed-Last-Id"), "1");
}

#[test]
fn requests_behind_a_long_poll_wait_for_it() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    let first = request("/feed/long-poll?after=0&wait=60s", &[]);
    let rest = format!(
        "{}{}{}",
        request("/healthz", &[]),
        request("/feed/long-poll?after=1&wait=1ms", &[]),
        request("/feed/poll?after=0", &["Connection: close"])
    );
    peer.send(first + &rest);
    assert!(stays_silent(&mut peer), "answered out of order");
    server.publish("Hello".to_owned()).unwrap();
    assert_eq!(items(peer.response().text())[0].text(), "Hello");
    assert_eq!(peer.response().text(), "alive\n");
    assert_eq!(peer.response().status, "204 No Content");
    assert_eq!(items(peer.response().text()).len(), 1);
    peer.ends();
}

/// A handshake behind a long poll, and a frame behind the handshake.
#[test]
fn a_socket_may_follow_a_long_poll_on_its_connection() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    let requests = [request("/feed/long-poll?after=0&wait=60s", &[]), handshake("/feed/ws?after=1", &[])].concat();
    peer.send([requests.as_bytes(), &frame(0x81, b"two")].concat());
    assert!(stays_silent(&mut peer));
    server.publish("one".to_owned()).unwrap();
    assert_eq!(items(peer.response().text())[0].text(), "one");
    peer.expect_101();
    let event = item(std::str::from_utf8(&peer.payload(0x81)).unwrap());
    assert_eq!((event.reached(), event.text()), (2, "two"));
}

/// `printf ... | nc -N`: it has said all, and listens.
#[test]
fn who_has_ended_its_half_is_served_on() {
    let server = serve(Config { ping_interval: Duration::from_millis(100), ..quiet() });
    let ask = |target: &str| {
        let mut peer = Peer::connect(server.addr);
        peer.send(request(target, &[]));
        peer.finish();
        peer
    };
    let mut poll = ask("/feed/poll");
    assert_eq!(poll.response().status, "204 No Content");
    poll.ends();
    let mut long_poll = ask("/feed/long-poll?after=0&wait=60s");
    let mut stream = ask("/feed/stream?after=0");
    assert_eq!(stream.head().status, "200 OK");
    stream.expect(&beginning_of_stream(0));
    assert!(stays_silent(&mut long_poll));
    assert_eq!(stream.chunk().unwrap(), b": still here\n\n");
    server.publish("Hello".to_owned()).unwrap();
    assert_eq!(items(long_poll.response().text())[0].text(), "Hello");
    long_poll.ends();
    while stream.chunk().unwrap() == b": still here\n\n" {}
    assert_eq!(stream.chunk().unwrap(), b": still here\n\n");
    // A WebSocket that ends TCP has ended: there are no half ones.
    let mut socket = Peer::open(server.addr, "/feed/ws?ping=off");
    socket.finish();
    socket.ends();
    drop(socket);
    wait_until("only the stream is left", || server.connections() == 1);
}

#[test]
fn a_reset_at_any_moment_leaves_nothing_behind() {
    let server = serve(quiet());
    let requests = [
        request("/feed/stream", &[]),
        request("/feed/stream?ping=off", &[]),
        request("/feed/long-poll?wait=1s", &[]),
        request("/feed/poll", &[]),
        handshake("/feed/ws", &[]),
        handshake("/live", &[]),
        "POST /feed HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234".to_owned(),
    ];
    for asked in &requests {
        for answered in [false, true] {
            let mut peer = Peer::connect(server.addr);
            peer.send(asked);
            if answered && !asked.contains("long-poll") && !asked.starts_with("POST") {
                peer.head();
            }
            peer.reset();
        }
    }
    // A stream learns of it when it writes.
    wait_until("all of them are gone", || {
        server.publish("x".to_owned()).unwrap();
        server.connections() == 0
    });
}

/// With heartbeats a dead reader is noticed though nothing happens.
#[test]
fn a_stream_finds_out_by_its_heartbeat_that_nobody_reads() {
    let server = serve(Config { ping_interval: Duration::from_millis(50), ..quiet() });
    for reset in [true, false] {
        let mut peer = Peer::connect(server.addr);
        peer.send(request("/feed/stream", &[]));
        peer.head();
        if reset {
            peer.reset();
        } else {
            drop(peer);
        }
    }
    wait_until("both are gone", || server.connections() == 0);
}

/// Whatever it sends, a stream's client is not listened to, and gets its events and an orderly end.
#[test]
fn a_stream_whose_client_talks_on_is_served_to_its_end() {
    let server = serve(quiet());
    let mut peer = Peer::connect(server.addr);
    peer.send(request("/feed/stream?after=0", &[]));
    peer.head();
    peer.send(request("/healthz", &[]).repeat(200));
    peer.send([0xff; 5000]);
    server.publish("Hello".to_owned()).unwrap();
    peer.expect(&beginning_of_stream(0));
    assert!(peer.chunk().unwrap().starts_with(b"id: 1\n"));
    let stop = Stop::begin(server, PATIENCE);
    peer.expect(b"0\r\n\r\n");
    peer.ends();
    drop(peer);
    assert!(stop.took() < PATIENCE);
}

// Many.

#[test]
fn a_feed_socket_takes_two_of_the_threads() {
    let server = serve(Config { max_connections: 2, ..quiet() });
    let first = Peer::open(server.addr, "/ws");
    // One is left: not enough for a socket that is pushed to.
    for target in ["/feed/ws", "/live"] {
        let response = Peer::ask(server.addr, handshake(target, &[]));
        assert_eq!((response.status.as_str(), response.field("Retry-After")), ("503 Service Unavailable", "1"));
        assert!(response.text().contains("--max-connections"), "{}", response.text());
        wait_until("it is gone", || server.connections() == 1);
    }
    // But for all else.
    for target in ["/feed/poll", "/feed/long-poll?wait=0s", "/feed/stream"] {
        let mut peer = Peer::connect(server.addr);
        peer.send(request(target, &[]));
        assert!(peer.head().status.starts_with("20"), "{target}");
        drop(peer);
        wait_until("it is gone", || {
            server.publish("x".to_owned()).unwrap();
            server.connections() == 1
        });
    }
    drop(first);
    wait_until("it is gone", || server.connections() == 0);

    let mut both = Peer::open(server.addr, "/feed/ws");
    let response = Peer::get(server.addr, "/feed/poll");
    assert_eq!(response.status, "503 Service Unavailable");
    assert!(response.text().contains("--max-connections"), "{}", response.text());
    assert_eq!(Peer::get(server.addr, "/healthz").text(), "alive\n");
    server.publish("x".to_owned()).unwrap();
    both.payload(0x81);
    both.send(CLOSE);
    both.expect(CLOSED);
    both.ends();
    drop(both);
    // Both places are free again, and not more than both.
    wait_until("all are gone", || server.connections() == 0);
    let _two = [Peer::open(server.addr, "/ws"), Peer::open(server.addr, "/ws")];
    assert_eq!(Peer::get(server.addr, "/feed/poll").status, "503 Service Unavailable");
}

/// More than there is room for, at the same moment. Each gets an answer, nobody more than there is, and all is free again.
#[test]
fn a_rush_of_feed_sockets_takes_no_more_threads_than_there_are() {
    const ROOM: usize = 20;
    let server = serve(Config { max_connections: ROOM, ..quiet() });
    let addr = server.addr;
    let come = move || {
        let mut peer = Peer::connect(addr);
        peer.send(handshake("/feed/ws", &[]));
        let status = peer.head().status;
        assert!(["101 Switching Protocols", "503 Service Unavailable"].contains(&status.as_str()), "{status}");
        (peer, status.starts_with("101"))
    };
    for _ in 0..5 {
        let rush: Vec<_> = (0..2 * ROOM).map(|_| spawn("client", come)).collect();
        let peers: Vec<(Peer, bool)> = rush.into_iter().map(|client| client.join().expect("an answer")).collect();
        let open = peers.iter().filter(|(_, open)| *open).count();
        assert!(open <= ROOM / 2, "{open} of them have two threads each");
        server.publish("x".to_owned()).unwrap();
        peers.into_iter().filter(|(_, open)| *open).for_each(|(mut peer, _)| drop(peer.payload(0x81)));
        wait_until("all are gone", || server.connections() == 0);
    }
    let all = [(); ROOM / 2].map(|()| Peer::open(addr, "/feed/ws"));
    assert_eq!(server.connections(), all.len());
}

#[test]
fn one_event_answers_a_crowd() {
    const EACH: usize = 100;
    let server = serve(quiet());
    let mut followers: Vec<Follower> =
        ALL.iter().cycle().take(EACH * ALL.len()).map(|way| Follower::new(*way, server.addr, 0)).collect();
    for follower in followers.iter_mut().filter(|follower| follower.transport == Transport::LongPoll) {
        follower.peer.send(request("/feed/long-poll?after=0&wait=60s", &[]));
    }
    for id in 1..=50 {
        server.publish(id.to_string()).unwrap();
    }
    for follower in &mut followers {
        if follower.transport == Transport::LongPoll {
            // What was there when its thread woke up.
            assert_eq!(items(follower.peer.response().text())[0].reached(), 1);
        }
        let ids: Vec<u64> = follower.take(50).iter().map(Item::reached).collect();
        assert!(ids.iter().copied().eq(1..=50), "{:?}: {ids:?}", follower.transport);
    }
}

#[test]
fn with_room_for_one_thread_there_is_no_feed_socket() {
    let server = serve(Config { max_connections: 1, ..quiet() });
    for _ in 0..3 {
        let response = Peer::ask(server.addr, handshake("/feed/ws", &[]));
        assert_eq!(response.status, "503 Service Unavailable");
        wait_until("it is gone", || server.connections() == 0);
        assert_eq!(Peer::get(server.addr, "/feed/poll").status, "204 No Content");
        wait_until("it is gone", || server.connections() == 0);
    }
}

#[cfg(target_os = "linux")]
mod leaks {
    use super::*;

    const ROUNDS: usize = 5;
    const CLIENTS: usize = 4;

    /// Opens so many, each in one of the ways in which clients come and go, and waits until nothing is left of them.
    fn rounds(program: &Program, count: usize, come_and_go: fn(SocketAddr, usize)) {
        let addr = program.addr;
        // Once it has served somebody, all that it opens for itself is open.
        Peer::get(addr, "/healthz");
        wait_until("that connection is gone", || program.connection_threads() == 0);
        let files = program.files();
        for _ in 0..ROUNDS {
            let client = move || (0..count / CLIENTS).for_each(|number| come_and_go(addr, number));
            let clients: Vec<_> = (0..CLIENTS).map(|_| spawn("client", client)).collect();
            clients.into_iter().for_each(|client| client.join().expect("served"));
            wait_until("all threads have ended", || program.connection_threads() == 0);
            wait_until("all files are closed", || program.files() <= files);
        }
    }

    #[test]
    fn long_polls_that_are_abandoned_leave_nothing_behind() {
        let program = Program::start("off", &["--tick", "off"]);
        rounds(&program, 2000, |addr, number| {
            let mut peer = Peer::connect(addr);
            peer.send(request("/feed/long-poll?after=0&wait=1s", &[]));
            match number % 3 {
                0 => peer.reset(),
                1 => peer.finish(),
                _ => {}
            }
        });
    }

    #[test]
    fn sockets_that_are_abandoned_leave_no_courier_behind() {
        let program = Program::start("off", &["--tick", "1ms..3ms"]);
        rounds(&program, 500, |addr, number| {
            let mut peer = Peer::open(addr, if number.is_multiple_of(2) { "/feed/ws?after=0" } else { "/live" });
            match number % 5 {
                0 => peer.reset(),
                1 => {}
                2 => drop(peer.frame()),
                3 => peer.send(CLOSE),
                _ => peer.send(b"\x81\x85\x37\xfa"),
            }
        });
    }

    /// Its thread does not read: it learns of the end when it writes.
    #[test]
    fn streams_that_are_abandoned_leave_nothing_behind() {
        let program = Program::start("off", &["--tick", "20ms"]);
        rounds(&program, 500, |addr, number| {
            let mut peer = Peer::connect(addr);
            peer.send(request("/feed/stream?after=0", &[]));
            match number % 3 {
                0 => peer.reset(),
                1 => drop(peer.head()),
                _ => {}
            }
        });
    }
}

// The end.

#[test]
fn at_the_end_everybody_is_told_in_its_own_way() {
    let server = serve(quiet());
    server.publish("Hello".to_owned()).unwrap();
    let ask = |target: &str| {
        let mut peer = Peer::connect(server.addr);
        peer.send(request(target, &[]));
        peer
    };
    let mut sockets = ["/feed/ws", "/live"].map(|target| Peer::open(server.addr, target));
    let mut long_polls = ["/feed/long-poll?after=1&wait=60s", "/feed/long-poll?wait=60s"].map(ask);
    let mut stream = ask("/feed/stream?after=1");
    stream.head();
    stream.expect(&beginning_of_stream(1));
    wait_for_readers(server.addr, 5);
    // Closes are spread over the first half of it, in the order in which the connections came.
    let grace = Duration::from_secs(10);
    let stop = Stop::begin(server, grace);
    for poll in &mut long_polls {
        let response = poll.response();
        assert_eq!((response.status.as_str(), response.field("Connection")), ("204 No Content", "close"));
        assert_eq!(response.field("Feed-Last-Id"), "1");
        poll.ends();
    }
    stream.expect(b"0\r\n\r\n");
    stream.ends();
    for socket in &mut sockets {
        socket.expect(GOING_AWAY);
        socket.send(ANSWER);
        socket.ends();
    }
    drop((long_polls, stream, sockets));
    assert!(stop.took() < grace, "somebody was cut off");
}

#[test]
fn a_stop_takes_no_events_in_and_begins_nothing() {
    let server = serve(quiet());
    server.publish("before".to_owned()).unwrap();
    let addr = server.addr;
    let mut holds = Peer::open(addr, "/ws");
    // Its body is still on the way when the stop begins.
    let mut posting = Peer::connect(addr);
    posting.send("POST /feed HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nHel");
    let mut half_a_head = Peer::connect(addr);
    half_a_head.send("POST /feed HTTP/1.1\r\nHost: a\r\nContent-Len");
    wait_until("all are there", || server.connections() == 3);
    let stop = Stop::begin(server, PATIENCE);
    holds.expect(GOING_AWAY);
    check_unavailable(&Peer::ask(addr, post_request(b"late")));
    for target in ["/feed/poll", "/feed/long-poll"] {
        check_unavailable(&Peer::ask(addr, request(target, &[])));
    }
    // WHATWG HTML, "Server-sent events": after an end a browser comes back, after a 503 it does not.
    let mut stream = Peer::connect(addr);
    stream.send(request("/feed/stream?after=0", &[]));
    assert_eq!(stream.head().status, "200 OK");
    stream.expect(&beginning_of_stream(0));
    stream.expect(b"0\r\n\r\n");
    stream.ends();
    drop(stream);
    for target in ["/feed/ws", "/live"] {
        check_unavailable(&Peer::ask(addr, handshake(target, &[])));
    }
    half_a_head.send("gth: 5\r\n\r\nHello");
    check_unavailable(&half_a_head.response());
    // What was taken on is answered, one way or the other, and the connection ends.
    posting.send("lo");
    let response = posting.response();
    assert!(["200 OK", "503 Service Unavailable"].contains(&response.status.as_str()), "{response:?}");
    assert_eq!(response.field("Connection"), "close");
    posting.ends();
    holds.send(ANSWER);
    holds.ends();
    drop((holds, posting, half_a_head));
    assert!(stop.took() < PATIENCE);
}

fn check_unavailable(response: &Response) {
    assert_eq!(response.status, "503 Service Unavailable");
    assert_eq!((response.field("Retry-After"), response.field("Connection")), ("1", "close"));
}

/// Readers that take nothing can be told nothing.
#[test]
#[cfg(unix)]
fn readers_that_never_read_are_cut_off_after_the_grace() {
    let server = serve(patient());
    let addr = server.addr;
    let stuck = [handshake("/feed/ws", &[]), handshake("/live", &[]), request("/feed/stream", &[])]
        .map(|asked| narrow(addr, asked));
    for _ in 0..300 {
        server.publish("x".repeat(LARGE)).unwrap();
    }
    let grace = Duration::from_millis(400);
    let took = Stop::begin(server, grace).took();
    assert!(took >= grace && took < PATIENCE, "{took:?}");
    stuck.into_iter().for_each(|mut peer| peer.is_cut_off());
}

/// With events on their way to everybody. Each has them whole and in order, and then its end.
#[test]
#[cfg(unix)]
fn a_signal_under_load_tears_nothing() {
    const READERS: usize = 16;
    // Sockets first: Closes are spread over the first half of the grace, in the order in which the connections came.
    let program = Program::start("info", &["--tick", "4ms..10ms", "--grace", "16s"]);
    let addr = program.addr;
    let (ready, all_ready) = sync_channel(READERS);
    let readers: Vec<_> = (0..READERS)
        .map(|number| {
            let (follower, ready) = (Follower::new(ALL[3 - number * ALL.len() / READERS], addr, 0), ready.clone());
            spawn("reader", move || read_to_the_end(follower, &ready))
        })
        .collect();
    (0..READERS).for_each(|_| all_ready.recv_timeout(PATIENCE).expect("a reader with events"));
    program.signal("TERM");
    readers.into_iter().for_each(|reader| reader.join().expect("nothing torn"));
    let (status, lines) = program.ended();
    assert_eq!(status.code(), Some(0));
    assert!(lines.iter().any(|line| line == "INFO  server = stopped"), "{lines:#?}");
    let trouble = |line: &&String| line.contains("panicked") || line.contains("cut off");
    assert_eq!(lines.iter().find(trouble), None);
}

fn read_to_the_end(mut follower: Follower, ready: &SyncSender<()>) {
    let is_poll = matches!(follower.transport, Transport::ShortPoll | Transport::LongPoll);
    for id in 1.. {
        if id == 30 {
            ready.send(()).expect("somebody waits");
        }
        if is_poll && id >= 30 {
            break; // what a poll is told at the end has a test of its own
        }
        match follower.try_next() {
            Ok(item) => assert_eq!(item.reached(), id),
            Err(error) => {
                let expected =
                    if follower.transport == Transport::Stream { "the last chunk" } else { "server is stopping" };
                assert_eq!(error.to_string(), expected);
                if follower.transport == Transport::Socket {
                    follower.peer.send(ANSWER);
                }
                follower.peer.ends();
                break;
            }
        }
    }
}
