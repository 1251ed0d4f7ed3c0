//! A benchmark from its command line to its exit code: be one of the servers, or run the rows that were asked for.
//!
//! A missed goal is a result; only something broken, a wrong echo say, is a failure.

use std::fmt::Display;
use std::process::ExitCode;

use clap::Parser;

use super::Outcome;
use super::arguments::Arguments;
use super::process;
use super::report::{self, Goal};

/// The rows of all benchmarks. `cargo bench -- WORD` gives the word to each of them, so one that has no such row must
/// know whether another has.
const ROWS: [&str; 18] = [
    "pipelined",
    "ping-pong",
    "large-text",
    "large-binary",
    "memory",
    "connect",
    "tap-pipelined",
    "tap-ping-pong",
    "watch-pipelined",
    "watch-ping-pong",
    "throughput",
    "lockstep",
    "delay",
    "slow",
    "subscribers",
    "decode-raw",
    "decode-hex",
    "cluster",
];

pub struct Benchmark<Plan: 'static> {
    pub name: &'static str,
    /// What it can be for itself to measure.
    pub servers: &'static [OwnServer],
    /// How long and how often, for a quick run or a full one.
    pub plan: fn(bool) -> Plan,
    pub rows: &'static [Row<Plan>],
}

pub struct OwnServer {
    pub name: &'static str,
    pub serve: fn() -> Outcome<()>,
}

pub struct Row<Plan> {
    /// What the command line chooses it by.
    pub name: &'static str,
    pub title: &'static str,
    pub run: fn(&Plan) -> Outcome<Part>,
}

/// A row's part of the report.
pub struct Part {
    pub table: String,
    pub goals: Vec<Goal>,
}

impl<Plan: Display> Benchmark<Plan> {
    pub fn main(&self) -> ExitCode {
        let arguments = Arguments::parse();
        let outcome = match &arguments.be {
            Some(server) => self.serve(server),
            None => self.measure(&arguments),
        };
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{} benchmark: {error}", self.name);
                ExitCode::FAILURE
            }
        }
    }

    fn serve(&self, server: &str) -> Outcome<()> {
        let found = self.servers.iter().find(|own| own.name == server);
        (found.ok_or_else(|| format!("there is no server {server:?}"))?.serve)()
    }

    fn measure(&self, arguments: &Arguments) -> Outcome<()> {
        let chosen = self.rows_named(&arguments.row)?;
        if chosen.is_empty() {
            return Ok(()); // another benchmark has it
        }
        process::raise_descriptor_limit();
        let plan = (self.plan)(arguments.quick);
        println!("{}: {plan}", self.name);
        let mut goals: Vec<Goal> = Vec::new();
        for row in chosen {
            let part = (row.run)(&plan).map_err(|error| format!("{}: {error}", row.name))?;
            println!("\n### {}\n\n{}", row.title, part.table.trim_end());
            goals.extend(part.goals);
        }
        if !goals.is_empty() {
            println!("\n### Goals\n\n{}", report::goals(&goals));
        }
        Ok(())
    }

    fn rows_named(&self, part: &str) -> Outcome<Vec<&'static Row<Plan>>> {
        if let Some(unlisted) = self.rows.iter().find(|row| !ROWS.contains(&row.name)) {
            return Err(format!("the list of all rows lacks {:?}", unlisted.name).into());
        }
        if !ROWS.iter().any(|name| name.contains(part)) {
            return Err(format!("no row's name contains {part:?}; there are: {}", ROWS.join(", ")).into());
        }
        Ok(self.rows.iter().filter(|row| row.name.contains(part)).collect())
    }
}
