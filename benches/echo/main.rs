//! ws101 beside a bare TCP echo and a plain tungstenite echo, in one run.
//!
//! The bare echo says what a thread per connection costs before there is any
//! WebSocket; the tungstenite echo says what the usual way of adding it costs.
//! All three run as processes of their own, so that the system can tell whose
//! CPU and memory it was, and all three meet the same client.
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
//! Reading order: `exchange`, `client`, `bare` and `plain`, `contenders`, `rounds`, then the rows. What the fan-out
//! benchmark uses too is in `common`.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod bare;
mod client;
#[path = "../common/mod.rs"]
mod common;
mod contenders;
mod exchange;
mod plain;
mod rounds;
mod rows;

use std::process::ExitCode;

use common::benchmark::{Benchmark, OwnServer};
use rounds::Plan;

const SERVERS: &[OwnServer] =
    &[OwnServer { name: "bare", serve: bare::serve }, OwnServer { name: "tungstenite", serve: plain::serve }];

fn main() -> ExitCode {
    Benchmark { name: "echo", servers: SERVERS, plan: Plan::new, rows: rows::ROWS }.main()
}
