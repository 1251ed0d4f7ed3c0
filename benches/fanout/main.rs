//! One publisher and 1,000 subscribers: ws101's feed beside a bare fan-out over TCP, in one run.
//!
//! The bare fan-out says what an event for everybody costs with a thread a connection: a place in each one's queue, a
//! thread woken, a write. The same number of bytes goes over its connections.
//!
//! ```text
//! cargo bench --bench fanout                everything
//! cargo bench --bench fanout -- --quick     everything, short and rough
//! cargo bench --bench fanout -- delay       the rows whose name contains the word
//! ```
//!
//! The client is one thread, whatever the number of subscribers: it waits for all sockets at once, and what it spends
//! the server cannot have. It knows every byte that each of them must get, and compares them.
//!
//! Reading order: `bare`, `transcript`, `listeners`, `audience`, `contenders`, `delays`, then the rows. What the echo
//! benchmark uses too is in `common`.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod audience;
mod bare;
#[path = "../common/mod.rs"]
mod common;
mod contenders;
mod delays;
#[allow(dead_code, reason = "nothing else is waited for with them here")]
mod listeners;
mod plan;
mod rows;
mod transcript;

use std::process::ExitCode;

use common::benchmark::{Benchmark, OwnServer};
use plan::Plan;

const SERVERS: &[OwnServer] =
    &[OwnServer { name: "bare", serve: bare::serve }, OwnServer { name: "bare, batched", serve: bare::serve_batched }];

fn main() -> ExitCode {
    Benchmark { name: "fanout", servers: SERVERS, plan: Plan::new, rows: rows::ROWS }.main()
}
