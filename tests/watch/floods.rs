//! More than can be kept, more than can be read, and bytes that mean nothing.

use crate::common::feed::{quiet, request};
use crate::common::peer::{Peer, frame};
use crate::common::watch::{Watching, bytes, missing, token, watched};
use crate::common::{PATIENCE, serve};
use proptest::prelude::*;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use ws101::server::Config;

/// What is kept of a connection, in bytes.
const KEPT: u64 = 256 << 10;

/// Sends a message and reads its echo.
fn echo(peer: &mut Peer, payload: &[u8]) {
    peer.send(frame(0x82, payload));
    assert!(peer.payload(0x82) == payload, "the echo of {} bytes", payload.len());
}

fn of_kind<'a>(records: &'a [Value], kind: &str) -> Vec<&'a Value> {
    records.iter().filter(|record| record["type"] == kind).collect()
}

#[test]
fn what_nobody_has_read_in_time_leaves_a_gap() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    let mut early = Watching::start(server.addr, &token('a'));
    early.opening();
    (0..400).for_each(|_| echo(&mut peer, &[7; 1000]));
    peer.send(frame(0x88, &1000_u16.to_be_bytes()));
    peer.close();
    peer.ends();
    drop(peer);
    // The opening handshake is kept however much follows. The gap begins behind it, and what follows it is whole.
    let mut late = Watching::start(server.addr, &token('a'));
    late.opening();
    let gap = late.expect("gap");
    assert_eq!(gap["from"], 4);
    let records = late.rest();
    let (frames, told) = (of_kind(&records, "frame").len() as u64, of_kind(&records, "told").len() as u64);
    // 400 messages, as many echoes, two Closes, and one line of the log.
    assert_eq!(missing(&gap) + frames + told, 803);
    assert!(frames * 1000 <= KEPT && frames > 100, "{frames}");
    // Who comes back from the middle of the gap is told of the rest of it.
    let line = "Last-Event-ID: 100";
    let resumed = request(&format!("/watch/{}", token('a')), &[line]);
    let mut resumed = Watching::over(Peer::connect(server.addr), &resumed, 100);
    resumed.expect("connection");
    assert_eq!(resumed.expect("gap")["to"], gap["to"]);
    assert_eq!(resumed.rest(), records);
}

/// How many bytes the server has written to the watch.
fn written_to_watch(addr: SocketAddr) -> u64 {
    let told: Value = serde_json::from_str(Peer::get(addr, "/connections").text()).unwrap();
    let of_watch = told["connections"].as_array().unwrap().iter().find(|open| open["path"] == "/watch/TOKEN");
    of_watch.expect("a watch")["bytes_out"].as_u64().unwrap()
}

/// The watch's socket is full, and stays so for longer than the echoes take.
#[test]
#[cfg(unix)]
fn a_watcher_that_does_not_read_holds_nobody_up() {
    let server = serve(Config { write_timeout: 4 * PATIENCE, ..quiet() });
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    let narrow = Peer::connect_narrowly(server.addr);
    let mut watch = Watching::over(narrow, &request(&format!("/watch/{}", token('a')), &[]), 0);
    let (mut written, mut since) = (0, Instant::now());
    let deadline = Instant::now() + PATIENCE;
    let mut messages = 0;
    while since.elapsed() < Duration::from_millis(500) {
        assert!(Instant::now() < deadline, "the watch takes everything");
        (0..20).for_each(|_| echo(&mut peer, &[7; 2000]));
        messages += 20;
        let now = written_to_watch(server.addr);
        if now != written {
            (written, since) = (now, Instant::now());
        }
    }
    // It is stuck in a write. The connection is not.
    for length in [0, 1, 5000, 70_000, 1_000_000, 3] {
        echo(&mut peer, &vec![9; length]);
        messages += 1;
    }
    assert_eq!(written_to_watch(server.addr), written);
    super::shown::close(peer);
    // When it reads at last it is told what it has missed, and the end.
    let records = watch.rest();
    assert!(!of_kind(&records, "gap").is_empty());
    let missed: u64 = of_kind(&records, "gap").into_iter().map(missing).sum();
    let told = (of_kind(&records, "frame").len() + of_kind(&records, "told").len()) as u64;
    assert_eq!(missed + told, 2 * messages + 3);
    assert_eq!(records.last().unwrap()["messages_in"], messages);
}

/// Small frames are told in many more bytes than they have, and large ones drive out all else: both stay within bounds.
#[test]
fn frames_of_all_sizes_are_told_or_counted_as_missing() {
    let server = serve(quiet());
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    let mut watch = Watching::start(server.addr, &token('a'));
    let lengths = [0, 1, 125, 126, 3000, 65_535, 65_536, 200_000];
    for length in lengths.iter().cycle().take(80) {
        echo(&mut peer, &vec![b'x'; *length]);
    }
    peer.send(frame(0x89, b"last").repeat(2000));
    (0..2000).for_each(|_| assert_eq!(peer.payload(0x8a), b"last"));
    super::shown::close(peer);
    watch.opening();
    let records = watch.rest();
    let missed: u64 = of_kind(&records, "gap").into_iter().map(missing).sum();
    assert_eq!(missed + of_kind(&records, "frame").len() as u64, 2 * 80 + 2 * 2000 + 2);
}

/// Frames, broken frames, and no frames at all.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let payload = || proptest::collection::vec(any::<u8>(), 0..200);
    let first =
        prop_oneof![Just(0x81), Just(0x82), Just(0x01), Just(0x80), Just(0x89), Just(0x8a), Just(0x88), any::<u8>()];
    let framed = (first, payload()).prop_map(|(first, payload)| frame(first, &payload));
    let part = prop_oneof![4 => framed, 1 => payload()];
    proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Whatever comes: nobody panics, the watch ends, and what it shows is what passed.
    #[test]
    fn whatever_comes_is_shown_as_it_passed(sent in noise(), glued in 0..40_usize) {
        let server = serve(quiet());
        let mut watch = Watching::start(server.addr, &token('a'));
        let mut peer = Peer::connect(server.addr);
        let head = crate::common::peer::handshake(&watched("/ws", &token('a')), &[]);
        let (with_head, rest) = sent.split_at(glued.min(sent.len()));
        peer.send([head.as_bytes(), with_head].concat());
        peer.expect_101();
        // The server may have closed by now.
        let _ = peer.try_send(rest);
        peer.finish();
        let came = peer.rest();
        drop(peer);
        watch.opening();
        let records = watch.rest();
        let end = records.last().unwrap();
        // A thread that panics says no more than "ended".
        prop_assert!(end["text"].as_str().unwrap().starts_with("ended after "), "{end}");
        for (sender, passed) in [("client", &sent), ("server", &came)] {
            let frames = of_kind(&records, "frame").into_iter().filter(|frame| frame["sender"] == sender);
            let shown: Vec<u8> = frames.flat_map(bytes).collect();
            prop_assert!(passed.starts_with(&shown), "{sender}: {shown:02x?} of {passed:02x?}");
            prop_assert!(sender == "client" || shown.len() == passed.len(), "all that the server sent");
        }
    }
}
