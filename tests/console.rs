//! The commands of the pages, run as a reader would run them: by bash, with curl, against the program.
//!
//! Two comments, which GitHub does not show, stand before a fence and say what it is:
//!
//! ```text
//! <!-- console: OPTIONS -->         a ```console fence: lines that begin with `$ ` are commands, the others their output
//! <!-- console NAME: OPTIONS -->    the same with a server of its own
//! <!-- terminal NAME: OPTIONS -->   the same on a terminal, made by `script`: what is not a pipe may look different there
//! <!-- log: LEVEL -->               what the server said of the connections that the fence before it made
//! ```
//!
//! Fences of a page with the same name, or with none, share a server. It has the options of their first marker; `--tick
//! off` is one of them unless `--tick` stands there. `localhost:8080` is where it listens: curl is told so by a `.curlrc`,
//! so that every byte of a request is what the page says; `localhost 8080` and `ws://localhost:8080` are replaced, and
//! what is printed is turned back. `$WS101` is its process, and `ws101` is this build's program.
//!
//! A line `...` stands for any number of lines, and `[..]` in a line for any part of it. Dates, times (`"at"`, `after`,
//! RFC 3339), ports, curl's version and the numbers of connections are not compared, nor is what a client draws at random:
//! masking keys in a log, `Sec-WebSocket-Key` and what answers it, unless it is the RFC's sample.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

#[path = "common/fences.rs"]
mod fences;

#[path = "common/pages/mod.rs"]
mod pages;

use common::program::Program;
use fences::{Fence, fences};
use pages::compare::{Ports, comparable_line, fault};
use pages::log::{Whose, lines_of};
use pages::shell::{At, Shell};
use pages::steps::{Step, steps};
use pages::{PATIENCE, page};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// How many commands, and logs, each page has. One whose marker was lost would be one that nobody runs.
const PAGES: [(&str, usize, usize); 7] = [
    ("README.md", 2, 0),
    ("docs/connect.md", 26, 1),
    ("docs/encode.md", 12, 0),
    ("docs/feed.md", 39, 4),
    ("docs/instructor.md", 15, 0),
    ("docs/page.md", 6, 0),
    ("docs/quiz.md", 9, 0),
];

#[test]
#[ignore = "needs bash, curl, nc and script"]
fn the_pages_show_what_happens() {
    for tool in ["bash", "curl", "nc", "script"] {
        // nc has no option that only prints something everywhere: it is there when it can be started.
        let found =
            Command::new(tool).arg("-h").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(found.is_ok(), "{tool} is missing");
    }
    for (path, commands, logs) in PAGES {
        let mut run = Run::new(path);
        fences(&page(path)).iter().for_each(|fence| run.fence(fence));
        assert!(run.faults.is_empty(), "{path}\n{}", run.faults.join("\n"));
        assert_eq!((run.commands, run.logs), (commands, logs), "{path}: commands and logs");
    }
}

#[test]
#[ignore = "needs bash"]
fn what_goes_wrong_is_seen() {
    let shell = Shell::new("wrong", PATIENCE);
    let output = |command: &str| shell.run(command, &[], At::Pipe);
    let wrong = "$ echo a; echo b >&2\na\nc\n$ no-such-curl -i\nHTTP/1.1 200 OK\n...";
    for step in steps(&lines(wrong)) {
        assert!(fault(&step.wanted, &output(&step.command), &Ports::Any).is_some(), "{}", step.command);
    }
    assert_eq!(fault(&["a".to_owned(), "b".to_owned()], &output("echo a; echo b >&2"), &Ports::Any), None);
    let hasty = Shell::new("hasty", Duration::from_millis(200));
    let late = hasty.run("echo begun; sleep 20; echo done", &[], At::Pipe);
    assert!(late == ["begun", "(not done after 200ms)"], "{late:?}");
}

#[test]
fn every_command_has_a_marker() {
    for (path, commands, logs) in PAGES {
        let fences = fences(&page(path));
        let unmarked = fences.iter().filter(|fence| fence.kind == "console" && Marker::of(fence).is_none()).count();
        assert_eq!(unmarked, 0, "{path}: fences of commands without a marker");
        let consoles = fences.iter().filter(|fence| matches!(Marker::of(fence), Some(Marker::Console { .. })));
        let found_logs = fences.iter().filter(|fence| matches!(Marker::of(fence), Some(Marker::Log { .. }))).count();
        let found: usize = consoles.map(|fence| steps(&fence.lines).len()).sum();
        assert_eq!((found, found_logs), (commands, logs), "{path}: commands and logs");
    }
}

#[test]
fn a_reader_is_told_how_each_server_is_started() {
    for (path, ..) in PAGES {
        let untold = untold(&page(path));
        assert!(untold.is_empty(), "{path}: options that stand in a comment alone: {untold:?}");
    }
    let told = "`ws101 --tick off --name A`:\n\n<!-- console named: --name A -->\n";
    assert!(untold(told).is_empty());
    assert_eq!(untold(&told.replace("off", "1s")), ["ws101 --tick off --name A"]);
    assert_eq!(untold("<!-- terminal few: --tick 1s -->\n`ws101 --tick 1s`"), ["ws101 --tick 1s"]);
}

/// How servers are started for commands, when the text before them doesn't say it: comments are not shown.
fn untold(text: &str) -> Vec<String> {
    let mut untold = Vec::new();
    let mut shown = String::new();
    for line in text.lines() {
        let comment = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        let marker = comment.map(|marker| Fence { marker: marker.to_owned(), kind: String::new(), lines: Vec::new() });
        match marker.as_ref().and_then(Marker::of) {
            Some(Marker::Console { options, .. }) if !options.is_empty() => {
                let command = [vec!["ws101".to_owned()], with_ticks(&options)].concat().join(" ");
                if !shown.contains(&command) {
                    untold.push(command);
                }
            }
            _ => shown += line,
        }
    }
    untold
}

#[test]
fn a_wrong_transcript_is_seen() {
    let is_seen = |wanted: &str, came: &str| fault(&lines(wanted), &lines(came), &Ports::Any).is_some();
    assert!(!is_seen("a [..] c [..]\n...\nd", "a b c d\nx\ny\nd"));
    assert!(is_seen("a [..] c [..]\n...\nd", "a b d\nx\ny\nd"));
    assert!(is_seen("a", "a\nb") && is_seen("a\nb", "a") && is_seen("a[..]a", "a"));
    assert!(!is_seen("{\"id\":1,\"at\":17,\"text\":\"\"}", "{\"id\":1,\"at\":18,\"text\":\"\"}"));
    assert!(is_seen("{\"id\":1,\"at\":17,\"text\":\"\"}", "{\"id\":2,\"at\":17,\"text\":\"\"}"));
    assert!(!is_seen("Date: Sat, 21 Nov 2026 13:03:07 GMT", "Date: Sun, 22 Nov 2026 13:03:07 GMT"));
    assert!(!is_seen("INFO  ws-4 = a\nINFO  ws-7 = b", "INFO  ws-1 = a\nINFO  ws-2 = b"));
    assert!(is_seen("INFO  ws-4 = a\nINFO  ws-7 = b", "INFO  ws-1 = a\nINFO  ws-1 = b"));
    assert!(!is_seen("User-Agent: curl/7.88.1", "User-Agent: curl/8.14.1"));
}

#[test]
fn what_is_drawn_at_random_is_not_compared_and_nothing_else() {
    let comparable = |line: &str| comparable_line(line, &Ports::Any);
    for (one, other) in [
        ("DEBUG connect > TEXT mask=37fa213d len=5", "DEBUG connect > TEXT mask=00000000 len=5"),
        ("Sec-WebSocket-Key: aVtzFD59ubOuEACoRiwEwQ==  x", "Sec-WebSocket-Key: 0vXfeqL0CkczN1eDWBTDvg==  x"),
        ("Sec-WebSocket-Accept: vttdPalEr5NzBX+a1jo5/PGKXt4=", "Sec-WebSocket-Accept: AAtdPalEr5NzBX+a1jo5/PGKXt4="),
        ("< Pong \"1\" after 621.5µs", "< Pong \"1\" after 1.2ms"),
        ("timed out after 3001 milliseconds with 0", "timed out after 3002 milliseconds with 0"),
        ("8080 after 0 ms: x; ended after 2m", "8080 after 1 ms: x; ended after 3s"),
        ("\"seconds\":1.001,\"milliseconds\":0.5}", "\"seconds\":2,\"milliseconds\":0.77}"),
        ("at 2026-11-21T17:47:28.803Z.", "at 2027-01-01T00:00:00.000Z."),
    ] {
        assert_eq!(comparable(one), comparable(other));
    }
    for (one, other) in [
        ("DEBUG connect > TEXT mask=37fa213d", "DEBUG connect > TEXT mask=none"),
        ("frame mask=37fa213d", "frame mask=00000000"),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: 0vXfeqL0CkczN1eDWBTDvg=="),
        ("after 1.2ms, 5 bytes", "after 1.2ms, 6 bytes"),
        ("x after two bytes", "x after four bytes"),
        ("x after 2 bytes", "x after 4 bytes"),
        ("x after 2sec", "x after 4sec"),
        ("at 2026-11-21T17:47:28Z", "at 2026-11-21T17:47:29Z"),
    ] {
        assert_ne!(comparable(one), comparable(other));
    }
}

#[test]
fn commands_meet_the_server_of_their_page() {
    let addr = SocketAddr::from(([127, 0, 0, 1], 40123));
    let command = "nc localhost 8080; curl localhost:8080; ws101 connect ws://user:pass@localhost:8080/ws";
    let expected = "nc 127.0.0.1 40123; curl localhost:8080; ws101 connect ws://user:pass@localhost:40123/ws";
    assert_eq!(mapped(command, addr), expected);
    let printed = ["Host: localhost:40123", "Host: localhost:40123    the server"].map(str::to_owned);
    assert_eq!(as_on_the_page(&printed, addr), ["Host: localhost:8080", "Host: localhost:8080     the server"]);
}

#[test]
#[ignore = "needs bash and script"]
fn a_terminal_is_one_and_finds_this_build() {
    let shell = Shell::new("terminal", PATIENCE);
    let command = "[ -t 1 ] && [ -t 2 ] && echo a terminal; echo >&2 b; ws101 --version; (exit 3); echo $?";
    let version = concat!("ws101 ", env!("CARGO_PKG_VERSION"));
    assert_eq!(shell.run(command, &[], At::Terminal), ["a terminal", "b", version, "3"]);
    assert_eq!(shell.run(command, &[], At::Pipe), ["b", version, "3"]);
}

#[test]
fn fences_are_cut_into_commands() {
    let text = "<!-- console few: --feed-keep 2 -->\n\n```console\n$ a \\\n    b\nc\n\n$ d\n```\nx\n```text\ny\n```\n\
                <!-- log: info -->\n```text\n```\n";
    let fences = fences(text);
    let step = |command: &str, wanted: &[&str], at| Step {
        command: command.to_owned(),
        wanted: wanted.iter().copied().map(str::to_owned).collect(),
        at,
    };
    assert_eq!(steps(&fences[0].lines), [step("a \\\n    b", &["c"], 2), step("d", &[], 5)]);
    let options = vec!["--feed-keep".to_owned(), "2".to_owned()];
    let few = Marker::Console { name: "few".to_owned(), options, at: At::Pipe };
    assert_eq!(Marker::of(&fences[0]), Some(few));
    assert_eq!((Marker::of(&fences[1]), Marker::of(&fences[2])), (None, Some(Marker::Log { at_debug: false })));
}

#[test]
fn a_log_is_that_of_the_connections_that_began() {
    let log = ["DEBUG ws-1 > a", "    b", "INFO  ws-2 = connected from 127.0.0.1:1", "DEBUG ws-2 > c", "    d"];
    let log = log.map(str::to_owned);
    assert_eq!(lines_of(&log, Whose::Began, "info"), [&log[2][..]]);
    assert_eq!(lines_of(&log, Whose::Began, "debug"), [&log[2][..], &log[3], &log[4]]);
    assert_eq!(lines_of(&log, Whose::All, "debug"), log);
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

// --- pages ---

#[derive(Debug, PartialEq, Eq)]
enum Marker {
    Console { name: String, options: Vec<String>, at: At },
    Log { at_debug: bool },
}

impl Marker {
    fn of(fence: &Fence) -> Option<Marker> {
        let (what, how) = fence.marker.split_once(':')?;
        match (what, how.trim()) {
            ("log", "debug") => Some(Marker::Log { at_debug: true }),
            ("log", "info") => Some(Marker::Log { at_debug: false }),
            _ => {
                let kinds = [("console", At::Pipe), ("terminal", At::Terminal)];
                let (name, at) = kinds.iter().find_map(|(kind, at)| Some((what.strip_prefix(kind)?, *at)))?;
                let options = how.split_whitespace().map(str::to_owned).collect();
                Some(Marker::Console { name: name.trim().to_owned(), options, at })
            }
        }
    }
}

/// The options of a marker with those that go without saying.
fn with_ticks(options: &[String]) -> Vec<String> {
    let quiet: &[&str] = if options.iter().any(|option| option == "--tick") { &[] } else { &["--tick", "off"] };
    quiet.iter().map(|option| (*option).to_owned()).chain(options.iter().cloned()).collect()
}

// --- running them ---

/// A page's run.
struct Run {
    shell: Shell,
    servers: BTreeMap<String, Program>,
    /// Which server the last commands had, and how much it had said before.
    last: (String, usize),
    commands: usize,
    logs: usize,
    faults: Vec<String>,
}

impl Run {
    fn new(path: &str) -> Run {
        let shell = Shell::new(&path.replace('/', "-"), PATIENCE);
        Run { shell, servers: BTreeMap::new(), last: (String::new(), 0), commands: 0, logs: 0, faults: Vec::new() }
    }

    fn fence(&mut self, fence: &Fence) {
        match Marker::of(fence) {
            Some(Marker::Console { name, options, at }) => self.console(&name, &options, at, fence),
            Some(Marker::Log { at_debug }) => self.log(at_debug, fence),
            None => {}
        }
    }

    fn console(&mut self, name: &str, options: &[String], at: At, fence: &Fence) {
        let server = self.servers.entry(name.to_owned()).or_insert_with(|| {
            let options = with_ticks(options);
            let options: Vec<&str> = options.iter().map(String::as_str).collect();
            Program::start("debug", &options)
        });
        self.last = (name.to_owned(), server.lines().len());
        for Step { command, wanted, .. } in steps(&fence.lines) {
            let came = run(&self.shell, &command, server, at);
            self.commands += 1;
            self.faults.extend(fault(&wanted, &came, &Ports::Any).map(|fault| format!("$ {command}\n{fault}")));
        }
    }

    /// The log may come after the answer, so it is looked at until it is right.
    fn log(&mut self, at_debug: bool, fence: &Fence) {
        let (name, before) = &self.last;
        let deadline = Instant::now() + PATIENCE;
        self.logs += 1;
        loop {
            let server = &self.servers[name];
            let level = if at_debug { "trace" } else { "info" };
            let lines = lines_of(&server.lines()[*before..], Whose::Began, level);
            let Some(fault) = fault(&fence.lines, &as_on_the_page(&lines, server.addr), &Ports::Any) else { return };
            if Instant::now() > deadline {
                return self.faults.push(format!("the log of the server {name:?}\n{fault}"));
            }
            park_timeout(Duration::from_millis(20));
        }
    }
}

/// What a command prints that meets this server.
fn run(shell: &Shell, command: &str, server: &Program, at: At) -> Vec<String> {
    let home = shell.curl_home("no-progress-meter", &[("localhost:8080".to_owned(), server.addr)]);
    let variables = [("WS101", server.pid().to_string()), ("CURL_HOME", home.display().to_string())];
    as_on_the_page(&shell.run(&mapped(command, server.addr), &variables, at), server.addr)
}

/// For programs that read no `.curlrc`.
fn mapped(command: &str, addr: SocketAddr) -> String {
    let mapped = command.replace("localhost 8080", &format!("{} {}", addr.ip(), addr.port()));
    let host = format!("localhost:{}", addr.port());
    let before = ["ws://", "wss://", "ws://user:pass@"];
    before
        .iter()
        .fold(mapped, |text, before| text.replace(&format!("{before}localhost:8080"), &format!("{before}{host}")))
}

/// What a program that was given the port of this run says of it.
fn as_on_the_page(lines: &[String], addr: SocketAddr) -> Vec<String> {
    let host = format!("localhost:{}", addr.port());
    // Where a column follows, it stays where it was.
    let (before_a_column, column) = (format!("{host}  "), format!("{:1$}", "localhost:8080", host.len() + 2));
    lines.iter().map(|line| line.replace(&before_a_column, &column).replace(&host, "localhost:8080")).collect()
}
