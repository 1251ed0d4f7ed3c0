//! The section `close` against hops that take something away from a Close, and against servers that are no ws101.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::grant::{drain, grant, greet, is_close, server};
use common::probe::{faults, says, section};
use common::relay::{Change, Relay, Rules};
use std::io::{Read, Write};
use ws101::probe::{Fault, Section};
use ws101::server::Config;

/// What the section says of a ws101 behind a hop that does this to what the server says.
fn through(change: Change) -> Section {
    let server = common::serve(Config::default());
    let relay = Relay::start(server.addr, Rules { change, ..Rules::default() });
    section("--only close --timeout 2s", relay.addr)
}

#[test]
fn a_hop_that_passes_all_on() {
    let section = through(|bytes| (bytes.to_vec(), false));
    assert!(section.ran && section.faults.is_empty(), "{section:?}");
    assert_eq!(section.facts["our_close"]["code"], 4001, "{section:?}");
    assert_eq!(section.facts["our_close_longest_reason"]["code"], 4001, "{section:?}");
    assert_eq!(section.facts["text_not_utf8"]["code"], 1007, "{section:?}");
    let reason = section.facts["text_not_utf8"]["reason"].as_str().unwrap();
    assert!(reason.contains("byte ff at 0"), "{section:?}");
    assert!(section.facts["our_close"]["tcp_ended_after_seconds"].is_number(), "{section:?}");
    assert!(says(&section, "sees 1006"), "{section:?}");
    let crosses =
        "Close codes cross in both directions, and the server's reason arrives; a backend that dies is seen as FIN";
    assert!(section.verdict.starts_with(crosses), "{section:?}");
}

#[test]
fn a_backend_that_dies_is_told_as_it_is_seen() {
    // One with a name greets, and that is no echo.
    let server = common::serve(Config { name: Some("A".to_owned()), ..Config::default() });
    let section = section("--only close", server.addr);
    assert_eq!(section.facts["server_fin"]["end"], "FIN without a Close (1006)", "{section:?}");
    assert_eq!(section.facts["server_reset"]["end"], "RST without a Close (1006)", "{section:?}");
    assert!(section.faults.is_empty(), "{section:?}");
}

#[test]
fn a_hop_that_swallows_closes_and_ends_tcp() {
    let section = through(|bytes| if is_close(bytes) { (Vec::new(), true) } else { (bytes.to_vec(), false) });
    assert_eq!(faults(&section), [Fault::CloseLost; 3], "{section:?}");
    assert!(section.faults.iter().all(|found| found.says.contains("FIN without a Close")), "{section:?}");
}

#[test]
fn a_hop_that_takes_the_reason_away() {
    let section = through(|bytes| match bytes {
        [0x88, _, high, low, ..] => (vec![0x88, 2, *high, *low], false),
        other => (other.to_vec(), false),
    });
    assert_eq!(faults(&section), [Fault::CloseLost], "{section:?}");
    assert!(section.faults[0].says.contains("Close 1007 invalid payload data arrived"), "{section:?}");
}

#[test]
fn a_hop_that_says_a_close_of_its_own() {
    let section =
        through(|bytes| if is_close(bytes) { (b"\x88\x02\x03\xf3".to_vec(), true) } else { (bytes.to_vec(), false) });
    assert_eq!(faults(&section), [Fault::CloseLost; 3], "{section:?}");
    assert!(section.faults[0].says.contains("answered by Close 1011"), "{section:?}");
}

#[test]
fn another_server_may_answer_as_it_likes() {
    let addr = server(|number, mut stream| {
        if number == 0 {
            return greet(&mut stream);
        }
        grant(&mut stream);
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"\x88\x08\x03\xe8\x1b[31m!");
        // TCP stays open behind one of the Closes.
        if number == 1 {
            drain(&mut stream);
        }
    });
    let section = section("--only close --timeout 2s", addr);
    assert!(section.ran && section.faults.is_empty(), "{section:?}");
    assert!(says(&section, "answered by Close 1000"), "{section:?}");
    assert!(!says(&section, "\u{1b}") && !section.verdict.contains('\u{1b}'), "{section:?}");
    assert!(!section.facts.contains_key("server_fin"), "{section:?}");
    assert!(says(&section, "s7.1.1 asks the server"), "{section:?}");
}

#[test]
fn a_server_that_never_answers_is_left() {
    let addr = server(|_, mut stream| {
        grant(&mut stream);
        drain(&mut stream);
    });
    let section = section("--only close --timeout 300ms", addr);
    assert!(section.ran && section.faults.is_empty(), "{section:?}");
    assert_eq!(section.verdict, "no Close was seen");
    assert!(says(&section, "was not answered"), "{section:?}");
}

#[test]
fn frames_that_break_a_rule_are_no_close() {
    let addr = server(|_, mut stream| {
        grant(&mut stream);
        let _ = stream.write_all(&[0xff; 200]);
        drain(&mut stream);
    });
    let section = section("--only close --timeout 2s", addr);
    assert!(section.faults.is_empty(), "{section:?}");
    assert_eq!(section.verdict, "no Close was seen");
}

#[test]
fn whoever_never_stops_talking_has_not_closed() {
    let addr = server(|_, mut stream| {
        grant(&mut stream);
        while stream.write_all(b"\x81\x02hi").is_ok() {}
    });
    let section = section("--only close --timeout 500ms", addr);
    assert!(section.ran && section.faults.is_empty(), "{section:?}");
    assert!(says(&section, "no end within") && says(&section, "stays open"), "{section:?}");
}

#[test]
fn a_server_that_only_says_close_is_not_said_to_answer_one() {
    let addr = server(|number, mut stream| {
        if number == 0 {
            return greet(&mut stream);
        }
        grant(&mut stream);
        // A Close has a length; text that is no UTF-8 has one byte.
        if stream.read(&mut [0; 1024]).is_ok_and(|count| count == 7) {
            let _ = stream.write_all(b"\x88\x02\x03\xef");
        }
    });
    let section = section("--only close --timeout 2s", addr);
    assert_eq!(section.verdict, "the server says Close, and answers none");
}
