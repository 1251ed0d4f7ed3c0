//! How a watch ends: with its connection, with the server, or because there is nothing to watch.

use super::shown::close;
use crate::common::peer::{Peer, frame};
use crate::common::watch::{Watching, token, watched};
use crate::common::{PATIENCE, Stop, serve, wait_until};
use std::time::{Duration, Instant};
use ws101::server::Config;

/// 1001, and its reason.
const GOING_AWAY: &[u8] = b"\x88\x14\x03\xe9server is stopping";

/// The one test that waits as long as a page does.
#[test]
fn without_a_connection_it_ends_after_five_seconds() {
    let server = serve(Config::default());
    let start = Instant::now();
    let why = Watching::start(server.addr, &token('a')).last("none")["why"].as_str().unwrap().to_owned();
    let took = start.elapsed();
    assert!((Duration::from_secs(5)..PATIENCE).contains(&took), "{took:?}");
    assert!(why.starts_with("no connection with this token is here") && why.contains("another backend"), "{why}");
}

#[test]
fn a_watch_of_a_server_that_stops_lasts_to_the_end_of_its_connection() {
    let server = serve(Config::default());
    let addr = server.addr;
    let mut peer = Peer::open(addr, &watched("/ws", &token('a')));
    let mut watch = Watching::start(addr, &token('a'));
    watch.opening();
    let stop = Stop::begin(server, PATIENCE);
    peer.expect(GOING_AWAY);
    watch.frame("server", "CLOSE fin=1 rsv=000 mask=none len=20 1001 going away \"server is stopping\"");
    watch.told("=", "close 1001 going away, by this server: it stops");
    // Longer than it takes a watch to see that the server stops.
    assert!(
        !watch.peer.hears_within(Duration::from_millis(1500)),
        "the end of the watch before that of its connection"
    );
    peer.send(frame(0x88, &1001_u16.to_be_bytes()));
    peer.ends();
    drop(peer);
    watch.frame("client", "CLOSE fin=1 rsv=000 mask=37fa213d len=2 1001 going away");
    watch.told("=", "close answered by the client: 1001 going away");
    watch.last("end");
    drop(watch);
    assert!(stop.took() < PATIENCE);
}

#[test]
fn a_watch_that_waits_ends_when_the_server_stops() {
    let server = serve(Config::default());
    let mut watch = Watching::start(server.addr, &token('a'));
    let stop = Stop::begin(server, PATIENCE);
    // Not even `none`: the browser comes again, and another server may know more.
    assert!(watch.rest().is_empty());
    watch.peer.ends();
    drop(watch);
    assert!(stop.took() < PATIENCE);
}

/// Who answers no Close holds a server up for the grace and no longer.
#[test]
fn a_grace_that_is_over_ends_connection_and_watch() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    let mut watch = Watching::start(server.addr, &token('a'));
    watch.opening();
    let took = Stop::begin(server, Duration::from_millis(300)).took();
    assert!(took < PATIENCE, "{took:?}");
    peer.is_cut_off();
    watch.peer.is_cut_off();
}

/// A reader that is gone, or has only finished sending, is noticed.
#[test]
fn a_watcher_that_leaves_is_let_go_and_one_that_says_no_more_is_not() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    let mut half_open = Watching::start(server.addr, &token('a'));
    let gone = Watching::start(server.addr, &token('a'));
    half_open.opening();
    half_open.peer.finish();
    drop(gone);
    wait_until("two are left", || server.connections() == 2);
    peer.send(frame(0x89, b""));
    peer.expect(b"\x8a\x00");
    half_open.frame("client", "PING fin=1 rsv=000 mask=37fa213d len=0");
    half_open.frame("server", "PONG fin=1 rsv=000 mask=none len=0");
    close(peer);
    assert_eq!(half_open.rest().last().unwrap()["type"], "end");
}
