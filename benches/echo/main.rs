//! ws101 beside a bare TCP echo, a plain tungstenite echo and a bare event loop, in one run.
//!
//! The bare echo says what a thread per connection costs before there is any
//! WebSocket; the tungstenite echo says what the usual way of adding it costs.
//! The event loop is the bare echo with one thread for all connections, and no
//! goal: it says what the threads themselves cost.
//! All run as processes of their own, so that the system can tell whose
//! CPU and memory it was, and all meet the same client.
//!
//! A figure alone says little about a program and much about the machine. So
//! the servers take turns, round by round, and every figure has its ratios.
//!
//! ```text
//! cargo bench                 everything
//! cargo bench -- --quick      everything, short and rough
//! cargo bench -- ping-pong    the rows whose name contains the word
//! ```
//!
//! Reading order: `exchange`, `client`, `bare`, `plain` and `event_loop`, `contenders`, `rounds`, `switches`, then the rows.
//! What the fan-out benchmark uses too is in `common`.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod bare;
mod client;
#[path = "../common/mod.rs"]
mod common;
mod contenders;
mod event_loop;
mod exchange;
mod plain;
mod rounds;
mod rows;
mod switches;

use std::process::ExitCode;

use common::Outcome;
use common::accept::until_stdin_ends;
use common::benchmark::{Benchmark, OwnServer};
use rounds::Plan;

const SERVERS: &[OwnServer] = &[
    OwnServer { name: "bare", serve: bare::serve },
    OwnServer { name: "tungstenite", serve: plain::serve },
    OwnServer { name: "loop", serve: serve_loop },
];

fn main() -> ExitCode {
    Benchmark { name: "echo", servers: SERVERS, plan: Plan::new, rows: rows::ROWS }.main()
}

fn serve_loop() -> Outcome<()> {
    until_stdin_ends("loop", "loop", |listener| {
        let Err(error) = event_loop::echo(listener);
        eprintln!("loop: {error}");
    })
}
