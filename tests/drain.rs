//! The end of a server: everybody is told, nobody loses an answer, and it does come to an end.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use common::peer::{Peer, Response, frame, handshake};
use common::{PATIENCE, Stop, serve, spawn};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use ws101::server::Config;

const HELLO: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
const ECHO: &[u8] = b"\x81\x05Hello";

/// 1001, and its reason.
const GOING_AWAY: &[u8] = b"\x88\x14\x03\xe9server is stopping";
/// A client's answer to it.
const ANSWER: &[u8] = b"\x88\x82\0\0\0\0\x03\xe9";

#[test]
fn everybody_gets_a_close_and_the_server_ends_when_all_have_answered() {
    let server = serve(Config::default());
    let addr = server.addr;
    let mut peers: Vec<Peer> = (0..5).map(|_| Peer::open(addr, "/ws")).collect();
    let stop = Stop::begin(server, Duration::from_secs(5));
    for peer in &mut peers {
        peer.expect(GOING_AWAY);
        peer.send(ANSWER);
        peer.ends();
    }
    drop(peers);
    let took = stop.took();
    // They are told one after the other, over the first half of the grace.
    assert!(took < PATIENCE, "{took:?}");
    TcpStream::connect_timeout(&addr, PATIENCE).expect_err("nobody listens any more");
}

#[test]
fn with_nobody_there_the_end_is_at_once() {
    let mut server = serve(Config::default());
    let grace = 4 * PATIENCE;
    let start = Instant::now();
    server.stop(grace);
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    server.stop(grace);
    assert_eq!(server.connections(), 0);
}

#[test]
fn meanwhile_readyz_says_503_and_everything_new_is_refused() {
    let server = serve(Config::default());
    let addr = server.addr;
    let mut slow = Peer::open(addr, "/ws");
    let stop = Stop::begin(server, PATIENCE);
    slow.expect(GOING_AWAY);

    let ready = Peer::get(addr, "/readyz");
    assert_eq!(ready.text(), "stopping: no new work\n");
    check_unavailable(&ready);
    check_unavailable(&Peer::ask(addr, handshake("/ws", &[])));
    check_unavailable(&Peer::get(addr, "/"));
    check_unavailable(&Peer::get(addr, "/metrics"));
    // The process lives, and says so; but even this is its last answer on a connection.
    let health = Peer::ask(addr, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((health.status.as_str(), health.field("Connection")), ("200 OK", "close"));

    slow.send(ANSWER);
    slow.ends();
    drop(slow);
    assert!(stop.took() < PATIENCE);
}

fn check_unavailable(response: &Response) {
    assert_eq!(response.status, "503 Service Unavailable");
    assert_eq!((response.field("Retry-After"), response.field("Connection")), ("1", "close"));
}

/// A browser opens one more than it needs, to have it at hand.
#[test]
fn connections_that_have_never_asked_anything_end_without_a_word() {
    let server = serve(Config { handshake_timeout: 4 * PATIENCE, ..Config::default() });
    let mut peer = Peer::connect(server.addr);
    common::wait_until("it is accepted", || server.connections() == 1);
    let stop = Stop::begin(server, PATIENCE);
    peer.ends();
    assert!(stop.took() < PATIENCE);
}

#[test]
fn connections_between_two_requests_end_without_a_word() {
    let server = serve(Config::default());
    let mut peer = Peer::connect(server.addr);
    peer.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(peer.response().field("Connection"), "keep-alive");
    let stop = Stop::begin(server, PATIENCE);
    peer.ends();
    assert!(stop.took() < PATIENCE);
}

#[test]
fn a_request_that_has_begun_is_answered() {
    let server = serve(Config { handshake_timeout: PATIENCE, ..Config::default() });
    let addr = server.addr;
    let mut slow = Peer::open(addr, "/ws");
    let mut peer = Peer::connect(addr);
    peer.send("GET /readyz HTTP/1.1\r\nHo");
    let stop = Stop::begin(server, PATIENCE);
    slow.expect(GOING_AWAY);
    peer.send("st: a\r\n\r\n");
    check_unavailable(&peer.response());
    peer.ends();
    slow.send(ANSWER);
    drop((slow, peer));
    assert!(stop.took() < PATIENCE);
}

#[test]
fn an_upgrade_that_has_begun_is_refused() {
    let server = serve(Config { handshake_timeout: PATIENCE, ..Config::default() });
    let addr = server.addr;
    let mut slow = Peer::open(addr, "/ws");
    let mut peer = Peer::connect(addr);
    let request = handshake("/ws", &[]);
    let (first, second) = request.split_at(60);
    peer.send(first);
    let stop = Stop::begin(server, PATIENCE);
    slow.expect(GOING_AWAY);
    peer.send(second);
    check_unavailable(&peer.response());
    peer.ends();
    drop((slow, peer));
    assert!(stop.took() < PATIENCE);
}

#[test]
fn who_never_answers_is_cut_off_after_the_grace() {
    let server = serve(Config::default());
    let mut silent = Peer::open(server.addr, "/ws");
    let mut half = Peer::connect(server.addr);
    half.send("GET / HT");
    let grace = Duration::from_millis(500);
    let stop = Stop::begin(server, grace);
    silent.is_cut_off();
    half.is_cut_off();
    let took = stop.took();
    assert!(took >= grace && took < PATIENCE, "{took:?}");
}

/// Its thread is in the middle of a write, and a Close in the middle of a frame would be no Close.
#[test]
#[cfg(unix)]
fn who_does_not_read_is_cut_off_after_the_grace() {
    let server = serve(Config { write_timeout: 4 * PATIENCE, ..Config::default() });
    let mut stuffed = Peer::connect_narrowly(server.addr);
    stuffed.send(handshake("/ws", &[]));
    stuffed.expect_101();
    let mut writer = stuffed.writer();
    let message = frame(0x82, &vec![7; 12 << 20]);
    let writing = spawn("writer", move || writer.try_send(&message));
    assert_eq!(stuffed.peek(), 0x82);
    let grace = Duration::from_millis(300);
    let took = Stop::begin(server, grace).took();
    assert!(took >= grace && took < PATIENCE, "{took:?}");
    writing.join().unwrap().ok();
}

#[test]
fn without_grace_the_end_is_at_once() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, "/ws");
    assert!(Stop::begin(server, Duration::ZERO).took() < PATIENCE);
    peer.is_cut_off();
}

/// s1.4: "After both sending and receiving a Close message" the connection is closed; data that crosses the server's
/// Close on its way is read and not answered.
#[test]
fn messages_that_cross_the_close_are_not_answered() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, "/ws");
    let stop = Stop::begin(server, PATIENCE);
    peer.expect(GOING_AWAY);
    peer.send([HELLO, b"\x89\x80\0\0\0\0", HELLO, ANSWER, HELLO].concat());
    peer.ends();
    drop(peer);
    assert!(stop.took() < PATIENCE);
}

#[test]
fn a_violation_after_the_close_ends_the_connection_without_a_second_one() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, "/ws");
    let stop = Stop::begin(server, PATIENCE);
    peer.expect(GOING_AWAY);
    peer.send(b"\xff\x80\0\0\0\0");
    peer.ends();
    drop(peer);
    assert!(stop.took() < PATIENCE);
}

#[test]
fn a_client_that_closes_first_is_answered_in_order() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, "/ws");
    peer.send([HELLO, b"\x88\x82\0\0\0\0\x03\xe8"].concat());
    peer.expect(ECHO);
    peer.expect(b"\x88\x02\x03\xe8");
    let stop = Stop::begin(server, PATIENCE);
    peer.ends();
    drop(peer);
    assert!(stop.took() < PATIENCE);
}

#[cfg(unix)]
mod signals {
    use super::*;
    use common::program::Program;
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::{SyncSender, sync_channel};

    #[test]
    fn a_signal_ends_the_program_in_order() {
        for signal in ["TERM", "INT", "HUP"] {
            let program = Program::start("info", &[]);
            let mut peer = program.open("/ws");
            program.signal(signal);
            peer.expect(GOING_AWAY);
            peer.send(ANSWER);
            peer.ends();
            drop(peer);
            let (status, lines) = program.ended();
            assert_eq!(status.code(), Some(0), "SIG{signal}");
            for line in [
                "INFO  server = stopping; connections: 1, grace: 10s",
                "INFO  ws-1 = close 1001 going away, by this server: it stops",
                "INFO  ws-1 = close answered by the client: 1001 going away",
                "INFO  server = stopped",
            ] {
                assert!(lines.iter().any(|found| found == line), "{line} in {lines:#?}");
            }
        }
    }

    /// After the Close nothing is sent, and nothing is said to be sent.
    #[test]
    fn the_log_tells_of_no_ping_after_the_close() {
        let program = Program::start("debug", &["--ping-interval", "100ms", "--ping-timeout", "1h"]);
        let mut silent = program.open("/ws");
        while silent.peek() == 0x89 {
            let number = silent.payload(0x89);
            if number == b"1" {
                program.signal("TERM");
            }
            silent.send(frame(0x8a, &number));
        }
        silent.expect(GOING_AWAY);
        // Silent for longer than the interval.
        assert!(!silent.hears_within(Duration::from_millis(400)), "something after the Close");
        silent.send(ANSWER);
        silent.ends();
        drop(silent);
        let (_, lines) = program.ended();
        let close = lines.iter().position(|line| line.starts_with("DEBUG ws-1 > CLOSE")).expect("a Close");
        let later = lines[close..].iter().filter(|line| line.contains("Ping")).count();
        assert_eq!(later, 0, "{lines:#?}");
    }

    #[test]
    fn a_second_signal_ends_it_at_once() {
        let program = Program::start("info", &["--grace", "1h"]);
        let mut silent = program.open("/ws");
        program.signal("TERM");
        silent.expect(GOING_AWAY);
        program.signal("INT");
        let (status, lines) = program.ended();
        assert_eq!(status.code(), Some(1));
        assert!(!lines.contains(&"INFO  server = stopped".to_owned()), "{lines:#?}");
        silent.is_cut_off();
    }

    #[test]
    fn a_client_that_never_answers_does_not_make_the_end_a_failure() {
        let program = Program::start("info", &["--grace", "300ms"]);
        let mut silent = program.open("/ws");
        program.signal("TERM");
        silent.is_cut_off();
        let (status, lines) = program.ended();
        assert_eq!(status.code(), Some(0));
        assert!(lines.contains(&"INFO  server ! the grace is over; connections cut off: 1".to_owned()), "{lines:#?}");
    }

    /// Clients that talk all the time. Each has the echoes of its messages 1 to k, whole and in order, then the Close,
    /// then the end; and k is the number of messages that the log says were taken in before that Close.
    #[test]
    fn under_load_nothing_is_torn_or_lost_or_follows_the_close() {
        const CLIENTS: usize = 8;
        let program = Program::start("info", &["--grace", "8s"]);
        let (busy, all_busy) = sync_channel(CLIENTS);
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (peer, busy) = (program.open("/ws"), busy.clone());
                spawn("client", move || talk(peer, number, &busy))
            })
            .collect();
        (0..CLIENTS).for_each(|_| all_busy.recv_timeout(PATIENCE).expect("a busy client"));
        program.signal("TERM");
        let echoes: Vec<usize> = clients.into_iter().map(|client| client.join().expect("no fault found")).collect();

        let (status, lines) = program.ended();
        assert_eq!(status.code(), Some(0));
        assert!(!lines.iter().any(|line| line.contains("panicked")), "{lines:#?}");
        let taken_in = messages_before_the_close(&lines);
        let echoes: BTreeMap<String, usize> =
            (1..).zip(echoes).map(|(number, echoes)| (format!("ws-{number}"), echoes)).collect();
        assert_eq!(taken_in, echoes);
    }

    /// Talks until the Close comes; how many echoes came before it.
    fn talk(mut peer: Peer, number: usize, busy: &SyncSender<()>) -> usize {
        let closed = Arc::new(AtomicBool::new(false));
        let (mut writer, heard) = (peer.writer(), Arc::clone(&closed));
        let writing = spawn("writer", move || {
            let mut count = 0;
            while !heard.load(Ordering::SeqCst) {
                count += 1;
                writer.send(frame(0x81, message(number, count).as_bytes()));
            }
            writer.send(ANSWER);
        });
        let mut echoes = 0;
        while peer.peek() != 0x88 {
            echoes += 1;
            assert!(peer.payload(0x81) == message(number, echoes).as_bytes(), "echo {echoes} is torn or out of order");
            if echoes == 50 {
                busy.send(()).expect("somebody waits");
            }
        }
        peer.expect(GOING_AWAY);
        closed.store(true, Ordering::SeqCst);
        peer.ends();
        writing.join().expect("the server reads to the end");
        echoes
    }

    /// Of all sizes: shorter and longer than the server's buffers.
    fn message(client: usize, number: usize) -> String {
        let length = [0, 40, 1100, 9000, 70_000][(client + number) % 5];
        format!("{number} {}", "x".repeat(length))
    }

    fn messages_before_the_close(lines: &[String]) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        let mut closed = Vec::new();
        for line in lines {
            let mut words = line.split_whitespace().skip(1);
            let (Some(who), Some("="), Some(word)) = (words.next(), words.next(), words.next()) else { continue };
            match word {
                "close" => closed.push(who),
                "message" if !closed.contains(&who) => *counts.entry(who.to_owned()).or_default() += 1,
                _ => {}
            }
        }
        counts
    }
}
