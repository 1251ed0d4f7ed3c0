//! One feed for two backends, in a real Redis, and what becomes of it when Redis or a backend fails.
//!
//! Each test has a Redis of its own and real processes. Readers on every transport check at each step that what they
//! are told is a chain: no number twice, and none left out in silence.

#[path = "redis/chaos.rs"]
mod chaos;
#[path = "redis/crowd.rs"]
mod crowd;
#[path = "redis/faults.rs"]
mod faults;
#[path = "redis/foreign.rs"]
mod foreign;
#[path = "redis/lag.rs"]
mod lag;
#[path = "redis/leaks.rs"]
mod leaks;
#[path = "redis/loss.rs"]
mod loss;
#[path = "redis/readers.rs"]
mod readers;
#[path = "redis/secrets.rs"]
mod secrets;
#[path = "redis/start.rs"]
mod start;

use crate::common::feed::{Item, item, post_request};
use crate::common::peer::{Peer, Response};
use crate::common::program::Program;
use crate::common::wait_until;
use crate::redis_server::Redis;
use std::net::SocketAddr;

/// A backend with its feed in this Redis, which says only what it is told.
fn backend(redis: &Redis, more: &[&str]) -> Program {
    Program::start("info", &[&["--tick", "off", "--feed", &redis.url()], more].concat())
}

/// Two of them.
fn two_backends(redis: &Redis) -> (Program, Program) {
    (backend(redis, &["--name", "A"]), backend(redis, &["--name", "B"]))
}

/// Publishes by `POST`: the number that the event was given, or the answer that says why it was given none.
fn try_publish(addr: SocketAddr, text: &str) -> Result<u64, Response> {
    let response = Peer::ask(addr, post_request(text.as_bytes()));
    if response.status != "200 OK" {
        return Err(response);
    }
    let json = response.text().trim_end();
    let Item::Event { id, text: told, .. } = item(json) else { panic!("no event: {json}") };
    assert_eq!(told, text);
    Ok(id)
}

/// Publishes, and Redis is there: the number.
fn publish(addr: SocketAddr, text: &str) -> u64 {
    try_publish(addr, text).unwrap_or_else(|answer| panic!("{}: {}", answer.status, answer.text()))
}

/// What publishing is answered with while Redis is away.
fn expect_away(answer: Result<u64, Response>) -> String {
    let answer = answer.expect_err("no number without Redis");
    assert_eq!((answer.status.as_str(), answer.field("Retry-After")), ("503 Service Unavailable", "1"));
    answer.text().to_owned()
}

/// Waits until this backend publishes again.
fn wait_until_back(backend: &Program) {
    wait_until("the backend has its Redis", || is_up(backend));
}

/// Whether a backend says that it has its Redis. Its three words on that agree.
fn is_up(backend: &Program) -> bool {
    Peer::get(backend.addr, "/metrics").text().contains("ws101_feed_source_up 1\n")
}

/// The status of `/readyz`, and what it says.
fn readiness(backend: &Program) -> (String, String) {
    let response = Peer::get(backend.addr, "/readyz");
    (response.status.clone(), response.text().to_owned())
}
