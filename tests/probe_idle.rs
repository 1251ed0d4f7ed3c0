//! The section `idle` against hops that end connections by one rule each, and against servers that do odd things: each
//! fault is named, and no other.
//!
//! The limits are short, but those of silence and of life are far from each other and from the intervals of the Pings.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::grant::{drain, grant, read_head, server};
use common::probe::{faults, says, section};
use common::relay::{Relay, Rules};
use common::serve;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::Duration;
use ws101::probe::{Fault, Section};
use ws101::server::Config;

fn tenths(tenths: u64) -> Duration {
    Duration::from_millis(100 * tenths)
}

/// The section, for silence that is held so long.
fn idle(server: SocketAddr, idle: Duration) -> Section {
    section(&format!("--only idle --idle {}ms", idle.as_millis()), server)
}

/// The same through a hop in front of a ws101.
fn through(rules: Rules, time: Duration) -> Section {
    let server = serve(Config::default());
    let relay = Relay::start(server.addr, rules);
    idle(relay.addr, time)
}

fn seconds(section: &Section, limit: &str) -> f64 {
    section.facts[limit]["after_seconds"].as_f64().unwrap_or_else(|| panic!("{limit} in {section:?}"))
}

#[test]
fn a_limit_on_silence() {
    let section = through(Rules { silence: Some(tenths(15)), ..Rules::default() }, tenths(50));
    assert_eq!(faults(&section), [Fault::IdleLimit], "{section:?}");
    assert!((1.4..2.5).contains(&seconds(&section, "idle_limit")), "{section:?}");
    assert!(section.facts["ping_keeps_seconds"].as_f64().is_some_and(|interval| interval <= 1.0), "{section:?}");
    assert_eq!(section.facts["ping_loses_seconds"], 2.0, "{section:?}");
    assert!(section.faults[0].says.contains("FIN without a Close"), "{section:?}");
    assert!(says(&section, "Who: a hop"), "{section:?}");
}

#[test]
fn a_limit_on_life() {
    let section = through(Rules { lifetime: Some(tenths(25)), resets: true, ..Rules::default() }, tenths(50));
    assert_eq!(faults(&section), [Fault::LifetimeLimit], "{section:?}");
    assert!((2.4..3.5).contains(&seconds(&section, "lifetime_limit")), "{section:?}");
    assert!(section.faults[0].says.contains("RST without a Close"), "{section:?}");
}

#[test]
fn both_limits() {
    let rules = Rules { silence: Some(tenths(15)), lifetime: Some(tenths(35)), ..Rules::default() };
    let section = through(rules, tenths(60));
    assert_eq!(faults(&section), [Fault::IdleLimit, Fault::LifetimeLimit], "{section:?}");
    assert!(seconds(&section, "idle_limit") < 2.5 && seconds(&section, "lifetime_limit") > 3.0, "{section:?}");
}

#[test]
fn no_limit() {
    let section = through(Rules::default(), tenths(30));
    assert!(section.ran && section.faults.is_empty(), "{section:?}");
    assert!(section.verdict.starts_with("held 3.") && section.verdict.contains("without a word"), "{section:?}");
}

#[test]
fn a_restart_is_no_limit() {
    let section = through(Rules { restart: Some(tenths(30)), ..Rules::default() }, tenths(80));
    assert!(!section.ran && section.faults.is_empty(), "{section:?}");
    assert!(section.verdict.contains("restart"), "{section:?}");
}

#[test]
fn a_server_that_pings_leaves_no_silence() {
    let addr = server(|_, mut stream| {
        grant(&mut stream);
        stream.set_read_timeout(Some(tenths(5))).unwrap();
        let mut buffer = [0; 1024];
        // The Pong comes at once, so every read that brings nothing is half a second of silence.
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => return,
                Ok(_) => {}
                Err(_) if stream.write_all(b"\x89\x01p").is_err() => return,
                Err(_) => {}
            }
        }
    });
    let section = idle(addr, tenths(30));
    assert!(section.faults.is_empty(), "{section:?}");
    assert!(section.verdict.contains("never silent for longer than"), "{section:?}");
    let every = section.facts["server_pings_every_seconds"].as_f64().unwrap();
    assert!((0.4..1.5).contains(&every), "{section:?}");
}

#[test]
fn a_close_is_told_with_its_code_and_a_missing_pong_is_told() {
    let addr = server(|number, mut stream| {
        grant(&mut stream);
        if number == 0 {
            return drain(&mut stream);
        }
        // Never a Pong. Who is silent for a second is told to go.
        stream.set_read_timeout(Some(tenths(10))).unwrap();
        let mut buffer = [0; 1024];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => return,
                Ok(_) => {}
                Err(_) => {
                    let _ = stream.write_all(b"\x88\x07\x03\xe9\x1b[31m");
                    return drain(&mut stream);
                }
            }
        }
    });
    let section = idle(addr, tenths(40));
    assert_eq!(faults(&section), [Fault::IdleLimit], "{section:?}");
    let says_so = &section.faults[0].says;
    assert!(says_so.contains("Close 1001 going away") && !says_so.contains('\u{1b}'), "{section:?}");
    assert!(says(&section, "no Pong for their last Pings"), "{section:?}");
}

#[test]
fn whoever_grants_only_one_websocket_is_not_judged() {
    let addr = server(|number, mut stream| {
        if number == 0 {
            grant(&mut stream);
            return drain(&mut stream);
        }
        read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nfull").unwrap();
    });
    let section = idle(addr, tenths(10));
    assert!(!section.ran && section.faults.is_empty(), "{section:?}");
    assert!(section.verdict.contains("503"), "{section:?}");
}

#[test]
fn bytes_that_are_no_frames_end_a_connection_and_nothing_else() {
    let addr = server(|_, mut stream| {
        grant(&mut stream);
        let _ = stream.write_all(&[0xff; 64]);
        drain(&mut stream);
    });
    let section = idle(addr, tenths(10));
    assert!(!section.ran && section.faults.is_empty(), "{section:?}");
    assert!(section.verdict.contains("broke a rule: RSV bits 111"), "{section:?}");
}

#[test]
fn nothing_is_held_where_nothing_was_opened() {
    let addr = server(|_, mut stream| {
        read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let section = idle(addr, tenths(10));
    assert!(!section.ran && section.faults.is_empty(), "{section:?}");
    assert_eq!(section.verdict, "no WebSocket was opened");
}
