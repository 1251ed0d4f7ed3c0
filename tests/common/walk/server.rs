//! A chapter's server: this build on a port of its own.
//!
//! It is started as the page says, and with one thing more, in the environment: it pings after an hour of silence,
//! unless the page says when. A Ping after the usual 20 seconds is what a reader sees who stops to read; no page shows
//! one. Here nobody stops, and it would only tell that the machine is busy.

use super::doors::Doors;
use crate::common::program::{Program, without_options};
use crate::fences::words;
use crate::pages::compare::{Ports, fault};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Starts the server of a command such as `RUST_LOG=debug ws101 --tick off`.
pub fn start(command: &str, doors: &Doors) -> Result<Program, String> {
    let words = words(&command.replace("\\\n", " "));
    let begin = words.iter().position(|word| word == "ws101").ok_or("a server is a ws101")?;
    let variables: Option<Vec<_>> = words[..begin].iter().map(|word| word.split_once('=')).collect();
    let variables = variables.ok_or("before ws101 stand variables alone")?;
    let mut program = Command::new(env!("CARGO_BIN_EXE_ws101"));
    without_options(&mut program);
    program
        .env("RUST_LOG", "info")
        .env("WS101_LISTEN", format!("127.0.0.1:{}", doors.server()))
        .env("WS101_PING_INTERVAL", "1h");
    // In a group of its own, so that it is ended when the test is interrupted.
    program.envs(variables).process_group(0);
    program.args(words[begin + 1..].iter().map(|word| doors.mapped(word, None)));
    Ok(Program::run(program))
}

/// What is wrong with what the page says that it says at first.
pub fn greeting_fault(wanted: &[String], program: &Program, doors: &Doors, ports: &Ports) -> Option<String> {
    if wanted.is_empty() {
        return None;
    }
    let mut wanted = wanted.to_vec();
    if wanted.last().is_some_and(|line| line != "...") {
        wanted.push("...".to_owned());
    }
    fault(&wanted, &said(program, 0, doors), ports)
}

/// What it has said from a line on.
pub fn said(program: &Program, from: usize, doors: &Doors) -> Vec<String> {
    program.lines().iter().skip(from).map(|line| doors.as_on_the_page(line)).collect()
}
