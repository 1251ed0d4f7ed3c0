//! The section `size` against limits of a server and of a hop.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::balancer::{Fate, balance};
use common::grant::{drain, grant, server};
use common::probe::{faults, says, section};
use ws101::probe::Fault;
use ws101::server::Config;

const KIB: u64 = 1024;

#[test]
fn all_sizes_pass_and_fragments_stay_fragments() {
    let server = common::serve(Config::default());
    let section = section("--only size --max 300KiB", server.addr);
    assert!(section.ran && section.faults.is_empty() && section.notes.is_empty(), "{section:?}");
    assert_eq!(section.facts["largest_bytes"], 300 * KIB, "{section:?}");
    assert_eq!(section.facts["fragments_arrived"], 3, "{section:?}");
}

#[test]
fn a_largest_message_that_is_small_limits_nothing_else() {
    let server = common::serve(Config::default());
    let section = section("--only size --max 100", server.addr);
    assert_eq!(
        (&section.facts["largest_bytes"], &section.facts["fragments_arrived"]),
        (&100.into(), &3.into()),
        "{section:?}"
    );
}

#[test]
fn the_limit_of_the_server_is_no_fault() {
    let server = common::serve(Config { max_message: 100 * KIB, ..Config::default() });
    let section = section("--only size --max 4MiB", server.addr);
    assert!(section.faults.is_empty() && says(&section, "--max-message"), "{section:?}");
    // Three halvings between 64 and 128 KiB.
    assert_eq!(section.facts["largest_bytes"], 96 * KIB, "{section:?}");
    assert_eq!(section.facts["failed_bytes"], 104 * KIB, "{section:?}");
    assert!(section.facts["failed_how"].as_str().unwrap().contains("Close 1009"), "{section:?}");
}

#[test]
fn a_hop_that_ends_what_is_too_large_is_found_and_one_accident_is_not() {
    let server = common::serve(Config::default());
    let addr = server.addr;
    // What is counted is all of a connection: 256 KiB fail as the last of many messages, and pass over a new connection.
    let hop = balance(move |_, _| Fate::Most(addr, 300 * KIB as usize));
    let section = section("--only size --max 4MiB", hop);
    assert_eq!(faults(&section), [Fault::SizeLimit], "{section:?}");
    assert!(says(&section, "256 KiB passed the second time"), "{section:?}");
    let largest = section.facts["largest_bytes"].as_u64().unwrap();
    assert!((256 * KIB..300 * KIB).contains(&largest), "{section:?}");
}

#[test]
fn a_server_that_does_not_echo_is_not_accused() {
    let silent = server(|_, mut stream| {
        grant(&mut stream);
        drain(&mut stream);
    });
    let section = section("--only size --timeout 1s", silent);
    assert!(!section.ran && section.faults.is_empty(), "{section:?}");
    assert!(section.verdict.contains("echoes"), "{section:?}");
}
