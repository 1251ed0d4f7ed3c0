//! A chapter's server: this build on a port of its own, of four digits as 8080 has, so that columns and lengths stay.

use crate::common::program::Program;
use crate::fences::words;
use crate::pages::compare::{Ports, fault};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Mutex;

/// Names of programs that are told where the server is, and those whose bytes must be what the page says.
const TOLD: [&str; 10] = ["nc", "ws101", "ss", "tcpdump", "openssl", "python3", "lsof", "timeout", "socat", "bash"];
const LITERAL: [&str; 4] = ["curl", "printf", "echo", "cat"];

/// Numbers that a page may well mean otherwise: of RFCs.
const TAKEN: [u16; 8] = [9110, 9111, 9112, 9113, 9114, 9220, 9293, 9457];

/// A port that is free, and that no other chapter of this run has been given.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<Vec<u16>> = Mutex::new(Vec::new());
    let mut given = GIVEN.lock().expect("no panic");
    loop {
        let port = fastrand::u16(9101..=9999);
        let may_be = !port.is_multiple_of(10) && !TAKEN.contains(&port) && !given.contains(&port);
        if may_be && TcpListener::bind(("127.0.0.1", port)).is_ok() && TcpListener::bind(("0.0.0.0", port)).is_ok() {
            given.push(port);
            return port;
        }
    }
}

/// A command as it is run: with the port of this run, the server's process, and where bytes count, as it was.
pub fn mapped(command: &str, port: u16, pid: Option<u32>) -> String {
    let mut text = String::new();
    let mut last = 0;
    for at in numbers(command, 8080) {
        text.push_str(&command[last..at]);
        let is_literal = ["Host: localhost:", "Host: 127.0.0.1:"].iter().any(|host| command[..at].ends_with(host))
            || is_said_literally(&command[..at]);
        text.push_str(&if is_literal { "8080".to_owned() } else { port.to_string() });
        last = at + 4;
    }
    text.push_str(&command[last..]);
    pid.map_or(text.clone(), |pid| text.replace("$(pgrep -ox ws101)", &pid.to_string()))
}

/// Whether the last program named before is one that would send the port as it stands.
fn is_said_literally(before: &str) -> bool {
    let words = before.split(|character: char| character.is_whitespace() || ";|&(){}'\"`".contains(character));
    let mut known = words.filter(|word| TOLD.contains(word) || LITERAL.contains(word));
    known.next_back().is_some_and(|word| LITERAL.contains(&word))
}

/// What was printed, with 8080 where the port of this run stands.
pub fn as_on_the_page(text: &str, port: u16) -> String {
    let mut found = text.to_owned();
    for at in numbers(text, port) {
        found.replace_range(at..at + 4, "8080");
    }
    // What curl says of being led elsewhere.
    found.replace("Connected to (nil) (127.0.0.1)", "Connected to localhost (127.0.0.1)")
}

/// Where a number of four digits stands that is not part of a longer one.
fn numbers(text: &str, number: u16) -> Vec<usize> {
    let is_alone = |at: &usize| {
        let is_part = |character: char| character.is_ascii_alphanumeric();
        !text[..*at].ends_with(is_part) && !text[at + 4..].starts_with(is_part)
    };
    text.match_indices(&number.to_string()).map(|(at, _)| at).filter(is_alone).collect()
}

/// Starts the server of a command such as `RUST_LOG=debug ws101 --tick off`.
pub fn start(command: &str, port: u16) -> Result<Program, String> {
    let words = words(&command.replace("\\\n", " "));
    let begin = words.iter().position(|word| word == "ws101").ok_or("a server is a ws101")?;
    let variables: Option<Vec<_>> = words[..begin].iter().map(|word| word.split_once('=')).collect();
    let variables = variables.ok_or("before ws101 stand variables alone")?;
    let mut program = Command::new(env!("CARGO_BIN_EXE_ws101"));
    let ours = std::env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("WS101_"));
    for name in ours {
        program.env_remove(name);
    }
    program.env("RUST_LOG", "info").env("WS101_LISTEN", format!("127.0.0.1:{port}")).envs(variables);
    program.args(words[begin + 1..].iter().map(|word| mapped(word, port, None)));
    Ok(Program::run(program))
}

/// What is wrong with what the page says that it says at first.
pub fn greeting_fault(wanted: &[String], program: &Program, port: u16) -> Option<String> {
    if wanted.is_empty() {
        return None;
    }
    let mut wanted = wanted.to_vec();
    if wanted.last().is_some_and(|line| line != "...") {
        wanted.push("...".to_owned());
    }
    fault(&wanted, &said(program, 0, port), Ports::Drawn)
}

/// What it has said from a line on.
pub fn said(program: &Program, from: usize, port: u16) -> Vec<String> {
    program.lines().iter().skip(from).map(|line| as_on_the_page(line, port)).collect()
}
