//! A chapter's server: this build on a port of its own, of four digits as 8080 has, so that columns and lengths stay.
//!
//! It is started as the page says, and with one thing more, in the environment: it pings after an hour of silence,
//! unless the page says when. A Ping after the usual 20 seconds is what a reader sees who stops to read; no page shows
//! one. Here nobody stops, and it would only tell that the machine is busy.

use super::script::{Act, What};
use crate::common::program::{Program, without_options};
use crate::fences::words;
use crate::pages::compare::{Ports, fault};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Names of programs that are told where the server is, and those whose bytes must be what the page says.
const TOLD: [&str; 10] = ["nc", "ws101", "ss", "tcpdump", "openssl", "python3", "lsof", "timeout", "socat", "bash"];
const LITERAL: [&str; 4] = ["curl", "printf", "echo", "cat"];

/// A port that is free, that no other chapter of this run has been given, and that is no number of the page.
pub fn free_port(page: &str) -> u16 {
    static GIVEN: Mutex<Vec<u16>> = Mutex::new(Vec::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_free = |host: &str, port: u16| TcpListener::bind((host, port)).is_ok();
    let may_be = |port: &u16| {
        !port.is_multiple_of(10)
            && !given.contains(port)
            && !page.contains(&port.to_string())
            && is_free("127.0.0.1", *port)
            && is_free("0.0.0.0", *port)
    };
    // Each is tried once, from one drawn on: two runs at a time seldom meet, and none that is free is missed.
    let first = fastrand::u16(0..899);
    let mut ports = (0..899).map(|step| 9101 + (first + step) % 899);
    let port = ports.find(may_be).expect("a free port from 9101 to 9999");
    given.push(port);
    port
}

/// The ports that commands name, and what is typed or saved.
pub fn ports_named(acts: &[Act]) -> Vec<u16> {
    let texts = acts.iter().flat_map(|act| match &act.what {
        What::Console(steps) | What::Folded(steps) => steps.iter().map(|step| step.command.as_str()).collect(),
        What::Server(step) | What::Window { step, .. } => vec![step.command.as_str()],
        What::Types { lines, .. } | What::File { lines, .. } => lines.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    });
    let mut ports: Vec<u16> = texts.flat_map(ports_in).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

fn ports_in(text: &str) -> Vec<u16> {
    let starts = text.char_indices().filter(|(at, _)| is_before_a_port(&text[..*at]));
    starts
        .filter_map(|(at, _)| {
            let digits = text[at..].find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len() - at);
            text[at..at + digits].parse().ok()
        })
        .collect()
}

/// Whether a number that follows is a port: behind an address, the word `port`, or a colon that is no part of JSON or
/// of a time.
fn is_before_a_port(before: &str) -> bool {
    const WHERE: [&str; 9] =
        ["localhost", "127.0.0.1", "127.0.0.1)", "127.0.0.1]", "0.0.0.0", "::1", "::", "*", "port"];
    let Some(place) = before.strip_suffix([':', ' ', '/', '.']) else { return false };
    let is_other = |last: char| last == '"' || last.is_ascii_digit();
    WHERE.iter().any(|word| place.ends_with(word)) || before.ends_with(':') && !place.ends_with(is_other)
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
    for at in numbers(text, port).into_iter().filter(|at| is_before_a_port(&text[..*at])) {
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
    without_options(&mut program);
    program.env("RUST_LOG", "info").env("WS101_LISTEN", format!("127.0.0.1:{port}")).env("WS101_PING_INTERVAL", "1h");
    // In a group of its own, so that it is ended when the test is interrupted.
    program.envs(variables).process_group(0);
    program.args(words[begin + 1..].iter().map(|word| mapped(word, port, None)));
    Ok(Program::run(program))
}

/// What is wrong with what the page says that it says at first.
pub fn greeting_fault(wanted: &[String], program: &Program, port: u16, ports: &Ports) -> Option<String> {
    if wanted.is_empty() {
        return None;
    }
    let mut wanted = wanted.to_vec();
    if wanted.last().is_some_and(|line| line != "...") {
        wanted.push("...".to_owned());
    }
    fault(&wanted, &said(program, 0, port), ports)
}

/// What it has said from a line on.
pub fn said(program: &Program, from: usize, port: u16) -> Vec<String> {
    program.lines().iter().skip(from).map(|line| as_on_the_page(line, port)).collect()
}
