//! A server of "Build your own server", checked: how far it comes.
//!
//! One run of `ws101 check` proves two things of the answer of a stage: that the stages up to it pass, and that the next
//! one is where it ends.
//!
//! The answers, in every language, serve one client at a time until stage 14, which is about that: the starter calls
//! `serve` in the loop that accepts. So one case runs after the other.

#![allow(dead_code, reason = "each language uses its own part of this")]

use crate::common::peer::{Peer, handshake};
use crate::common::wait_until;
use serde_json::Value;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, park_timeout};
use std::time::Duration;

/// Stages of the exercise.
pub const STAGES: u32 = 14;

/// Servers that are checked at once. Each check waits for most of its time, for answers that a server does not have yet.
const AT_ONCE: usize = 4;

/// The program, in the root of the repository, without what the environment says to it.
pub fn ws101() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    crate::common::program::without_options(&mut command);
    command.current_dir(root());
    command
}

/// The root of the repository: commands of these tests run there, so a server is named by its path from there.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The number of the first of these stages in which a case fails, or `None` when all pass.
///
/// `command` is that of `--run`, and has `{port}` in it. A program that does not start, or that ends, is no result:
/// the test fails with what `check` says of it.
pub fn first_failing_stage(command: &str, stages: RangeInclusive<u32>) -> Option<u32> {
    let stages = format!("{}-{}", stages.start(), stages.end());
    let report = report(command, &["--stage", &stages, "--stop-at-first-stage"]);
    report["first_failing_stage"].as_u64().map(|stage| u32::try_from(stage).expect("a number of a stage"))
}

/// The addresses of the cases that fail when all is asked, or `strict`: what is only a SHOULD as well.
pub fn failures(command: &str, profile: &str) -> Vec<String> {
    let report = report(command, &["--profile", profile]);
    let cases = report["cases"].as_array().expect("a list of cases");
    assert!(cases.len() > 250, "{command}: only {} cases were asked", cases.len());
    let counts = |case: &&Value| match case["status"].as_str() {
        Some("failed") => true,
        // Nothing may hide behind a case that was not run. Only the server's memory cannot be seen everywhere.
        Some("skipped") => case["address"] != "ws/10.4/1" || cfg!(target_os = "linux"),
        Some("not_met") => profile == "strict",
        _ => false,
    };
    cases.iter().filter(counts).map(|case| format!("{}: {}", case["address"], case["came"])).collect()
}

/// Holds that a server passes the stages 1 to `passes`, and that the one behind them is the first that it fails.
pub fn passes_exactly(command: &str, passes: u32) {
    if passes < STAGES {
        let failing = first_failing_stage(command, 1..=passes + 1);
        assert_eq!(failing, Some(passes + 1), "{command} should pass the stages 1 to {passes} and no more");
    } else {
        assert_eq!(failures(command, "full"), [""; 0], "{command} should pass everything");
    }
}

/// What clients send that are gone in the middle of it, in pieces that a server reads one by one. `check` has one mistake in
/// each case, and asks no server of stage 7 what it does with half a header.
const HEADS: [&[&[u8]]; 8] = [
    &[],
    &[b"\r\n\r\n\r\n"],
    &[b"GET / HT", b"TP/1.1\r\nHost"],
    &[b"GET  HTTP/1.1\r\nHost: a\r\n\r\n"],
    &[b"GET / HTTP/1.\r\n:\r\n \r\n\r\n"],
    &[b"\xff\xfe\0\n\n\r\n\r\n"],
    &[&[b'A'; 20_000]],
    &[&[b'A'; 16_384], b"\r\n\r\n"],
];

/// The same behind a handshake.
const FRAMES: [&[&[u8]]; 14] = [
    &[b"\x81"],
    &[b"\x81\x85abcd"],
    &[b"\x81\xfe\x00\x7e\xaa\xbb", &[b'a'; 130]],
    &[b"\x81\xff\x00\x01\x00\x00", &[b'a'; 65_536]],
    &[b"\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00abcd", &[b'a'; 30_000]],
    &[b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xffabcd", b"a"],
    &[b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xffabcd", b"a"],
    &[b"\x81\x82\0\0\0\0\xc3", b"\x28"],
    &[b"\x01\x81\0\0\0\0\xc3", b"\x01\x80abcd"],
    &[b"\x80\x80abcd\x80\x80abcd"],
    &[b"\x88\x81abcd\x62"],
    &[b"\x88\x82abcdef"],
    &[b"\x89\xfe\x00\x7eabcd"],
    &[&[0xff; 3000]],
];

/// A server that is ended when the test is.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Holds that a server goes on when clients leave in the middle of everything, with a FIN and with a reset. What they get is
/// not looked at. Another one on the same port says in a line that it is taken. The command gets a port as its last word.
pub fn outlives_its_clients(mut command: Command) {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    command.current_dir(root()).arg(free.port().to_string()).stdin(Stdio::null());
    let mut server = Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a server"));
    wait_until("it listens", || TcpStream::connect(free).is_ok());
    for (opens, clients) in [(false, &HEADS[..]), (true, &FRAMES[..])] {
        for (pieces, resets) in clients.iter().flat_map(|pieces| [(pieces, false), (pieces, true)]) {
            leave_behind(free, opens, pieces, resets);
            // Asked for as anybody does it: whatever it says to that is an answer of HTTP.
            let answered = std::panic::catch_unwind(|| Peer::get(free, "/").status);
            let ended = server.0.try_wait().expect("a state");
            assert!(
                answered.is_ok() && ended.is_none(),
                "{command:?} answers nobody (ended: {ended:?}) behind {}",
                shown(pieces)
            );
        }
    }
    let another = command.stderr(Stdio::piped()).output().expect("a second server");
    let said = String::from_utf8_lossy(&another.stderr);
    let is_told = said.contains("in use") && said.lines().count() == 1;
    assert!(is_told && !another.status.success(), "{command:?} on a port that is taken: {said}");
}

/// A client that sends these pieces and is gone. A server may have ended the connection before that.
fn leave_behind(server: SocketAddr, opens: bool, pieces: &[&[u8]], resets: bool) {
    let mut client = Peer::connect(server);
    if opens {
        client.send(handshake("/", &[]));
        client.raw_head();
    }
    for piece in pieces {
        let _ = client.try_send(piece);
        // A busy machine may join two of them, and then less is asked in this run.
        park_timeout(Duration::from_millis(10));
    }
    if resets {
        client.reset();
    }
}

fn shown(pieces: &[&[u8]]) -> String {
    pieces.iter().map(|piece| format!("[{}]", piece[..piece.len().min(40)].escape_ascii())).collect()
}

/// Does some work for each item, a few at once, and panics if any of it does.
pub fn for_each<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(items.len()) {
            let worker = || {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item);
                }
            };
            thread::Builder::new().spawn_scoped(scope, worker).expect("a thread");
        }
    });
}

/// What `check --json` says. A check ends by itself, whatever the server does: each answer has its timeout.
fn report(command: &str, options: &[&str]) -> Value {
    let output = ws101().args(["check", "--json", "--run", command]).args(options).output().expect("ws101 runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{command}: {error}\n{errors}"));
    assert_eq!(report["error"], Value::Null, "{command} could not be checked:\n{errors}");
    report
}
