//! The section `stream` behind hops that keep events, and that cut off what lasts.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::balancer::{Fate, balance};
use common::probe::{faults, says, section};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use ws101::probe::{Fault, Section};
use ws101::server::{Config, Handle};

const SECOND: Duration = Duration::from_secs(1);

const TIMED_OUT: &str = "HTTP/1.1 504 Gateway Time-out\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A server on whose feed nothing happens by itself.
fn quiet(name: &str) -> Handle {
    common::serve(Config { name: Some(name.to_owned()), tick: None, ..Config::default() })
}

/// What the section says when the requests for this path have this fate.
fn when(path: &'static str, fate: fn(SocketAddr) -> Fate) -> Section {
    let server = quiet("A");
    let addr = server.addr;
    let hop = balance(move |_, head| if head.contains(path) { fate(addr) } else { Fate::To(addr) });
    section("--only stream --long-poll 3s", hop)
}

#[test]
fn nothing_is_wrong_without_a_hop_and_between_two_servers() {
    let (a, b) = (quiet("A"), quiet("B"));
    let addrs = [a.addr, b.addr];
    for hop in [a.addr, balance(move |number, _| Fate::To(addrs[number % 2]))] {
        let section = section("--only stream --long-poll 2s", hop);
        assert!(section.ran && section.faults.is_empty(), "{section:?}");
        assert!(section.facts["own_events"].as_u64().unwrap() >= 2, "{section:?}");
        assert!(section.facts["long_poll_seconds"].as_f64().unwrap() >= 1.9, "{section:?}");
    }
}

#[test]
fn a_feed_that_ticks_does_not_end_the_long_poll() {
    let tick = Some(Duration::from_millis(100)..=Duration::from_millis(200));
    let server = common::serve(Config { tick, ..Config::default() });
    let section = section("--only stream --long-poll 2s", server.addr);
    assert!(section.faults.is_empty() && section.notes.is_empty(), "{section:?}");
    assert!(section.facts["other_events"].as_u64().unwrap() > 2, "{section:?}");
}

#[test]
fn a_hop_that_keeps_all_of_the_stream() {
    let section = when("/feed/stream", |server| Fate::Late(server, 60 * SECOND));
    assert_eq!(faults(&section), [Fault::Buffered], "{section:?}");
    assert!(says(&section, "not even a head"), "{section:?}");
}

#[test]
fn a_hop_that_passes_events_on_in_bunches() {
    let section = when("/feed/stream", |server| Fate::Late(server, 2 * SECOND));
    assert_eq!(faults(&section), [Fault::Buffered], "{section:?}");
    assert!(section.facts["own_events"].as_u64().unwrap() >= 2, "{section:?}");
}

#[test]
fn events_of_another_server_accuse_nobody() {
    let (a, b) = (quiet("A"), quiet("B"));
    let (one, other) = (a.addr, b.addr);
    // Streams go to one server and events to the other.
    let hop = balance(move |_, head| Fate::To(if head.contains("/feed/stream") { one } else { other }));
    let section = section("--only stream --long-poll 2s", hop);
    assert!(section.faults.is_empty() && section.verdict.contains("no event is known"), "{section:?}");
}

#[test]
fn a_long_poll_that_is_cut_off() {
    let hops: [fn(SocketAddr) -> Fate; 2] =
        [|server| Fate::Silent(server, SECOND), |_| Fate::Answer(TIMED_OUT.to_owned(), SECOND)];
    for (fate, how) in hops.into_iter().zip(["FIN", "504 Gateway Time-out"]) {
        let section = when("/feed/long-poll", fate);
        assert_eq!(faults(&section), [Fault::LongPollCut], "{section:?}");
        assert!(section.faults[0].says.contains(how), "{section:?}");
        let took = section.facts["long_poll_seconds"].as_f64().unwrap();
        assert!((0.9..2.5).contains(&took), "{section:?}");
    }
}

#[test]
fn a_stream_that_is_cut_off() {
    let server = quiet("A");
    let addr = server.addr;
    let fate = move |head: &str| match head.contains("/feed/stream") {
        // No byte for a second: that is so once enough has been published.
        true => Fate::Silent(addr, SECOND),
        false => Fate::To(addr),
    };
    let section = section("--only stream --long-poll 6s", balance(move |_, head| fate(head)));
    assert_eq!(faults(&section), [Fault::StreamCut], "{section:?}");
}

#[test]
fn a_server_without_a_feed_is_not_looked_at() {
    let hop = balance(|_, _| {
        let answer = "HTTP/1.1 404 Not \u{9b}2JFound\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        Fate::Answer(answer.to_owned(), Duration::ZERO)
    });
    let section = section("--only stream --long-poll 3s", hop);
    assert!(!section.ran && section.faults.is_empty(), "{section:?}");
    assert!(section.verdict.contains("404 Not") && !section.verdict.contains('\u{9b}'), "{section:?}");
}

#[test]
fn a_server_that_knows_websockets_alone_is_not_accused_of_its_ends() {
    let section = section("--only stream --long-poll 3s", balance(|_, _| Fate::Answer(String::new(), SECOND)));
    assert!(!section.ran && section.faults.is_empty(), "{section:?}");
}

#[test]
fn one_server_of_two_that_is_down_cuts_no_long_poll() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let section = when("/feed/long-poll", |server| match ASKED.fetch_add(1, Ordering::Relaxed) {
        0 => Fate::Answer("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".to_owned(), SECOND),
        _ => Fate::To(server),
    });
    assert!(section.ran && section.faults.is_empty(), "{section:?}");
}

#[test]
fn an_event_that_is_too_long_to_read_is_no_cut() {
    let server = quiet("A");
    let addr = server.addr;
    let hop = balance(move |_, head| {
        if !head.contains("/feed/stream") {
            return Fate::To(addr);
        }
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nFeed-Last-Id: 1\r\n\r\ndata: ";
        Fate::Answer(head.to_owned() + &"x".repeat(3 << 20), Duration::ZERO)
    });
    let section = section("--only stream --long-poll 1s", hop);
    assert!(section.faults.is_empty() && says(&section, "could not be read any more"), "{section:?}");
}

#[test]
fn a_server_that_is_no_ws101_is_not_written_to() {
    static POSTS: AtomicUsize = AtomicUsize::new(0);
    let hop = balance(|_, head| {
        POSTS.fetch_add(usize::from(head.starts_with("POST")), Ordering::Relaxed);
        let stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: hello\n\n";
        let is_stream = head.contains("/feed/stream");
        Fate::Answer(if is_stream { stream } else { "HTTP/1.1 404 Not Found\r\n\r\n" }.to_owned(), Duration::ZERO)
    });
    let section = section("--only stream --long-poll 1s", hop);
    assert_eq!((POSTS.load(Ordering::Relaxed), section.ran), (0, true), "{section:?}");
    assert!(section.faults.is_empty() && says(&section, "by its server or by a hop"), "{section:?}");
}
