//! `ws101 check` against servers that people use: which of them breaks a MUST, and which legal oddity of theirs is told.
//!
//! Each is an echo server as its library's documentation has it, with its default options. What is wrong with one stands
//! here by address, and with its bytes in docs/check.md; any other failure is a fault of the case that fails.

use crate::run::{Said, Talk, to_end};
use crate::server::Server;
use crate::tools::{installed, node, python};
use serde_json::Value;
use std::collections::BTreeMap;
use std::env;
use std::iter;
use std::process::{Child, Command, Stdio};
use std::thread::available_parallelism;

/// A run has to end well before, however busy the machine is.
const PATIENCE: u64 = 120;

// What they have in common: each reads a length that is longer than it need be, and all but gorilla let any page in.
const LONG_LENGTH: &str = "a length that is longer than it need be is read all the same: legal";
const ANY_ORIGIN: &str = "pages of any origin are accepted";
const NO_CLOSE: &str = "the connection is ended without a Close: legal";
const IN_PIECES: &str = "fragments: legal, for a sender may cut its messages as it likes";

#[test]
#[ignore = "needs node"]
fn node_ws() {
    let grade = grade(&mut node("check_node_ws.js", "ws"));
    grade.breaks(&["ws/4.2.1/19"]).notes(LONG_LENGTH).notes(ANY_ORIGIN).notes("a guard against floods");
}

#[test]
#[ignore = "needs python3 websockets"]
fn websockets_asyncio() {
    websockets("check_websockets_asyncio.py");
}

#[test]
#[ignore = "needs python3 websockets"]
fn websockets_sync() {
    websockets("check_websockets_sync.py");
}

/// Both servers share the code that reads and writes the protocol.
fn websockets(script: &str) {
    let grade = grade(&mut python(script));
    grade.breaks(&["ws/4.4/1"]).notes(LONG_LENGTH).notes(ANY_ORIGIN);
    grade.notes("the connection is ended without an answer");
}

#[test]
#[ignore = "needs gorilla/websocket"]
fn gorilla() {
    let unread: Vec<String> = (1..=15).map(|number| format!("ws/8.1/{number}")).collect();
    let unread = unread.iter().map(String::as_str);
    let broken: Vec<&str> = iter::once("ws/4.2.1/19").chain(unread).collect();
    let grade = grade(&mut built("gorilla"));
    grade.breaks(&broken).notes(LONG_LENGTH).notes("1014 with 1002");
}

/// Its documentation leaves it to the application whether a text is UTF-8. One that looks passes.
#[test]
#[ignore = "needs gorilla/websocket"]
fn gorilla_that_looks_at_its_text() {
    grade(built("gorilla").args(["0", "utf8"])).breaks(&["ws/4.2.1/19"]).notes(LONG_LENGTH);
}

#[test]
#[ignore = "needs libwebsockets"]
fn libwebsockets() {
    let head = ["http/9110/5.5/1", "ws/4.2.1/15", "ws/4.2.1/17", "ws/4.2.1/19", "ws/4.2.2/8", "ws/4.4/1", "ws/4.2.2/9"];
    let masks = ["ws/4.2.1/20", "ws/5.1/2", "ws/5.1/3", "ws/5.1/4", "ws/5.1/5", "ws/5.1/6"];
    let pings_and_close = ["ws/5.5.3/5", "ws/5.5.1/7"];
    let grade = grade(&mut built("libwebsockets"));
    grade.breaks(&[&head[..], &masks, &pings_and_close].concat()).notes(LONG_LENGTH).notes(ANY_ORIGIN);
    grade.notes(IN_PIECES).notes("an offer of subprotocols that does not suit it is refused: legal");
}

#[test]
#[ignore = "needs tokio-tungstenite"]
fn tokio_tungstenite() {
    let grade = grade(&mut built("tokio_tungstenite"));
    grade.breaks(&["ws/4.2.1/15"]).notes(LONG_LENGTH).notes(ANY_ORIGIN);
    grade.notes(NO_CLOSE).notes("a key as RFC 6455 s4.1 prints it is refused: legal");
}

#[test]
#[ignore = "needs fastwebsockets"]
fn fastwebsockets() {
    let head = ["ws/4.2.1/17", "ws/4.2.1/18", "ws/4.2.1/19", "ws/4.4/1"];
    let masks = ["ws/5.1/2", "ws/5.1/3", "ws/5.1/4", "ws/5.1/5", "ws/5.1/6"];
    let messages = ["ws/5.4/20", "ws/8.1/12", "ws/5.5/7"];
    let grade = grade(&mut built("fastwebsockets"));
    grade.breaks(&[&head[..], &masks, &messages].concat()).notes(LONG_LENGTH).notes(ANY_ORIGIN).notes(NO_CLOSE);
}

/// A grade that depends on how busy the machine is would be none. `.ci/full` asks for fifty runs.
#[test]
#[ignore = "needs a minute"]
fn a_busy_machine_changes_no_verdict() {
    let runs: usize = env::var("WS101_CHECK_RUNS").map_or(3, |text| text.parse().expect("a number"));
    let server = Server::start(&["--tick", "off"]);
    let _busy = Busy::everywhere();
    let first = check(&server.ws("/ws")).verdicts();
    for run in 2..=runs {
        assert_eq!(check(&server.ws("/ws")).verdicts(), first, "run {run} of {runs}");
    }
}

/// A server that `.ci/peers` has built.
fn built(name: &str) -> Command {
    Command::new(installed(&format!("check/{name}")))
}

/// Starts a server, which says `ready PORT`, and has it checked.
fn grade(server: &mut Command) -> Grade {
    let mut server = Talk::start(server, 2 * PATIENCE);
    let line = server.hear("ready ");
    let port = line.trim_start_matches("ready ");
    check(&format!("ws://127.0.0.1:{port}/"))
}

fn check(url: &str) -> Grade {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    Grade::new(to_end(command.args(["check", "--json", "--seed", "7", url]), b"", PATIENCE))
}

/// What a run has said.
struct Grade {
    cases: Vec<Value>,
    said: Said,
}

impl Grade {
    fn new(said: Said) -> Grade {
        let report: Value = serde_json::from_slice(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.all()));
        let cases = report["cases"].as_array().unwrap_or_else(|| panic!("no cases: {}", said.all())).clone();
        assert!(cases.len() >= 140, "{} cases", cases.len());
        Grade { cases, said }
    }

    /// The address of each case with its status.
    fn verdicts(&self) -> BTreeMap<String, String> {
        self.cases.iter().map(|case| (text(&case["address"]), text(&case["status"]))).collect()
    }

    /// Asserts that exactly these cases failed.
    fn breaks(&self, addresses: &[&str]) -> &Grade {
        let failed = self.cases.iter().filter(|case| case["status"] == "failed");
        let failed: Vec<String> = failed.map(|case| text(&case["address"])).collect();
        assert_eq!(failed, addresses, "{}", self.said.all());
        assert_eq!(self.said.status.code(), Some(i32::from(!addresses.is_empty())), "{}", self.said.all());
        self
    }

    /// Asserts that this legal oddity is told, in these words or more.
    fn notes(&self, words: &str) -> &Grade {
        let mut notes = self.cases.iter().flat_map(|case| case["notes"].as_array().into_iter().flatten());
        let is_told = notes.any(|note| note.as_str().is_some_and(|note| note.contains(words)));
        assert!(is_told, "no note says {words:?}: {}", self.said.all());
        self
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text and not {value}")).to_owned()
}

/// Programs that do nothing, as fast as they can, on every processor. Dropping it ends them.
struct Busy(Vec<Child>);

impl Busy {
    fn everywhere() -> Busy {
        let processors = available_parallelism().map_or(2, usize::from);
        let mut loops = Command::new("nice");
        loops.args(["sh", "-c", "while :; do :; done"]).stdin(Stdio::null());
        Busy((0..processors).map(|_| loops.spawn().expect("nice and sh run")).collect())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
