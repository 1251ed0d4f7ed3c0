//! The section `idle` against hops that end connections by one rule each, and against servers that do odd things: each
//! fault is named, and no other.
//!
//! The limits are short, but those of silence and of life are far from each other and from the intervals of the Pings.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::grant::{drain, grant, greet, is_close, read_head, server, until_close};
use common::probe::{faults, says, section};
use common::relay::{Relay, Rules};
use common::serve;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use ws101::probe::{Fault, Section};
use ws101::server::Config;

/// Longer than a test.
const FOR_EVER: Duration = Duration::from_secs(600);

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

/// Says something whenever it has heard nothing for a time, and returns when the client has been silent for so long, or
/// goes.
fn talk(mut stream: TcpStream, every: Duration, says: &[u8], patience: Duration) {
    stream.set_read_timeout(Some(every)).unwrap();
    let (mut heard, mut buffer) = (Instant::now(), [0; 1024]);
    while heard.elapsed() < patience {
        match stream.read(&mut buffer) {
            Ok(0) => return,
            Ok(_) if is_close(&buffer) => return,
            Ok(_) => heard = Instant::now(),
            Err(_) if stream.write_all(says).is_err() => return,
            Err(_) => {}
        }
    }
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
fn silence_after_which_a_connection_is_forgotten() {
    for resets in [true, false] {
        let section =
            through(Rules { silence: Some(tenths(14)), forgets: true, resets, ..Rules::default() }, tenths(30));
        assert_eq!(faults(&section), [Fault::IdleLimit], "{section:?}");
        assert!(section.faults[0].says.contains("nobody was told"), "{section:?}");
        assert_eq!(section.facts["ping_keeps_seconds"], 1.0, "{section:?}");
        assert!(says(&section, if resets { "brought RST" } else { "had no Pong" }), "{section:?}");
    }
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
    let addr = server(|number, mut stream| {
        if number == 0 {
            return greet(&mut stream);
        }
        grant(&mut stream);
        talk(stream, tenths(5), b"\x89\x01p", FOR_EVER);
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
        if number == 0 {
            return greet(&mut stream);
        }
        grant(&mut stream);
        // Never a Pong. Who is silent for a second is told to go.
        talk(stream.try_clone().unwrap(), tenths(10), b"", tenths(10));
        let _ = stream.write_all(b"\x88\x07\x03\xe9\x1b[31m");
        until_close(&mut stream);
    });
    let section = idle(addr, tenths(30));
    assert_eq!(faults(&section), [Fault::IdleLimit], "{section:?}");
    let says_so = &section.faults[0].says;
    assert!(says_so.contains("Close 1001 going away") && !says_so.contains('\u{1b}'), "{section:?}");
    assert!(says(&section, "Pings was answered"), "{section:?}");
}

#[test]
fn whoever_grants_only_one_websocket_is_not_judged() {
    let addr = server(|number, mut stream| {
        if number == 0 {
            return greet(&mut stream);
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
    let addr = server(|number, mut stream| {
        if number == 0 {
            return greet(&mut stream);
        }
        grant(&mut stream);
        let _ = stream.write_all(&[0xff; 64]);
        drain(&mut stream);
    });
    let section = idle(addr, tenths(10));
    assert!(!section.ran && section.faults.is_empty(), "{section:?}");
    assert!(section.verdict.contains("connection broke: RSV bits 111"), "{section:?}");
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

#[test]
fn a_clock_that_counts_only_what_the_client_says_is_no_limit_on_silence() {
    let addr = server(|_, mut stream| {
        grant(&mut stream);
        talk(stream, tenths(2), b"\x81\x02hi", tenths(15));
    });
    let section = idle(addr, tenths(30));
    assert!(!section.ran && section.faults.is_empty(), "{section:?}");
    assert!(section.verdict.contains("after the last byte"), "{section:?}");
}

#[test]
fn who_talks_leaves_no_silence() {
    let addr = server(|_, mut stream| {
        grant(&mut stream);
        talk(stream, tenths(2), b"\x81\x02hi", FOR_EVER);
    });
    let section = idle(addr, tenths(10));
    assert!(section.faults.is_empty(), "{section:?}");
    assert!(section.verdict.contains("never silent for longer than"), "{section:?}");
}

#[test]
fn half_a_frame_a_byte_at_a_time_is_no_silence() {
    let addr = server(|number, mut stream| {
        if number == 0 {
            return greet(&mut stream);
        }
        grant(&mut stream);
        stream.write_all(b"\x82\x7e\xff\xff").unwrap();
        talk(stream, tenths(2), b"x", FOR_EVER);
    });
    let section = idle(addr, tenths(10));
    assert!(section.faults.is_empty(), "{section:?}");
    assert!(section.verdict.contains("never silent for longer than"), "{section:?}");
}

#[test]
fn pings_without_answers_do_not_tell_silence_from_age() {
    let addr = server(|number, mut stream| {
        if number == 0 {
            return greet(&mut stream);
        }
        grant(&mut stream);
        // All that is said is passed over, and all are ended at one age.
        let end = Instant::now() + tenths(12);
        stream.set_read_timeout(Some(tenths(1))).unwrap();
        while Instant::now() < end && stream.read(&mut [0; 1024]).map_or(true, |count| count > 0) {}
    });
    let section = idle(addr, tenths(30));
    assert!(!section.ran && section.faults.is_empty(), "{section:?}");
    assert!(section.verdict.contains("cannot be told") && says(&section, "Pings was answered"), "{section:?}");
}

#[test]
fn who_ends_what_it_has_granted_has_no_clock() {
    let addr = server(|_, mut stream| grant(&mut stream));
    let section = idle(addr, tenths(10));
    assert!(!section.ran && section.faults.is_empty(), "{section:?}");
    assert!(section.verdict.contains("before a Ping was due"), "{section:?}");
}

#[test]
fn a_flood_does_not_keep_pings_from_being_sent() {
    let addr = server(|number, mut stream| {
        if number == 0 {
            return greet(&mut stream);
        }
        grant(&mut stream);
        while stream.write_all(b"\x81\x02hi").is_ok() {}
    });
    let section = idle(addr, tenths(15));
    let pings = |life: &Value| life["habit"] == "pings" && life["pings"].as_u64() > Some(0);
    assert!(section.facts["connections"].as_array().unwrap().iter().any(pings), "{section:?}");
}
