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
//! A missed goal is a result; only something broken, a wrong echo say, is a failure.
//!
//! Reading order: `frames`, `client`, `accept`, `bare` and `plain`, `server`, `process`,
//! `rounds`, then the rows, then `report`.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod accept;
mod arguments;
mod bare;
mod client;
mod frames;
mod plain;
mod process;
mod report;
mod rounds;
mod rows;
mod server;

use std::process::ExitCode;

use arguments::{Arguments, Echo};
use clap::Parser;
use report::Goal;
use rounds::Plan;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Outcome<T> = Result<T, Failure>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.be {
        Some(Echo::Bare) => bare::serve(),
        Some(Echo::Tungstenite) => plain::serve(),
        None => measure(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("echo benchmark: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Outcome<()> {
    let chosen = rows::named(&arguments.row);
    if chosen.is_empty() {
        return Err(format!("no row's name contains {:?}; there are: {}", arguments.row, rows::names()).into());
    }
    process::raise_descriptor_limit();
    let plan = Plan::new(arguments.quick);
    println!("{plan}");
    let mut goals: Vec<Goal> = Vec::new();
    for row in chosen {
        let part = (row.run)(&plan).map_err(|error| format!("{}: {error}", row.name))?;
        println!("\n### {}\n\n{}", row.title, part.table.trim_end());
        goals.extend(part.goals);
    }
    if !goals.is_empty() {
        println!("\n### Goals\n\n{}", report::goals(&goals).trim_end());
    }
    Ok(())
}
