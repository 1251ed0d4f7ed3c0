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

use common::program::Program;
use fences::{Fence, fences, matches};
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// How many commands, and logs, each page has. One whose marker was lost would be one that nobody runs.
const PAGES: [(&str, usize, usize); 4] =
    [("README.md", 2, 0), ("docs/connect.md", 26, 1), ("docs/encode.md", 12, 0), ("docs/feed.md", 39, 4)];

/// Nothing on the pages comes near it.
const PATIENCE: Duration = Duration::from_secs(30);

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
    let output = |command: &str| shell.run(command, None, At::Pipe);
    let wrong = [step("echo a; echo b >&2", &["a", "c"]), step("no-such-curl -i", &["HTTP/1.1 200 OK", "..."])];
    for step in &wrong {
        assert!(fault(&step.wanted, &output(&step.command)).is_some(), "{}", step.command);
    }
    assert_eq!(fault(&["a".to_owned(), "b".to_owned()], &output("echo a; echo b >&2")), None);
    let hasty = Shell::new("hasty", Duration::from_millis(200));
    let late = hasty.run("echo begun; sleep 20; echo done", None, At::Pipe);
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
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let is_seen = |wanted: &str, came: &str| fault(&lines(wanted), &lines(came)).is_some();
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
    let comparable = |line: &str| comparable(&[line.to_owned()]).remove(0);
    for (one, other) in [
        ("DEBUG connect > TEXT mask=37fa213d len=5", "DEBUG connect > TEXT mask=00000000 len=5"),
        ("Sec-WebSocket-Key: aVtzFD59ubOuEACoRiwEwQ==  x", "Sec-WebSocket-Key: 0vXfeqL0CkczN1eDWBTDvg==  x"),
        ("Sec-WebSocket-Accept: vttdPalEr5NzBX+a1jo5/PGKXt4=", "Sec-WebSocket-Accept: AAtdPalEr5NzBX+a1jo5/PGKXt4="),
        ("< Pong \"1\" after 621.5µs", "< Pong \"1\" after 1.2ms"),
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
    assert_eq!(mapped(command, Some(addr)), expected);
    assert_eq!(mapped(command, None), command);
    let printed = ["Host: localhost:40123", "Host: localhost:40123    the server"].map(str::to_owned);
    assert_eq!(as_on_the_page(&printed, addr), ["Host: localhost:8080", "Host: localhost:8080     the server"]);
}

#[test]
#[ignore = "needs bash and script"]
fn a_terminal_is_one_and_finds_this_build() {
    let shell = Shell::new("terminal", PATIENCE);
    let command = "[ -t 1 ] && [ -t 2 ] && echo a terminal; echo >&2 b; ws101 --version; (exit 3); echo $?";
    let version = concat!("ws101 ", env!("CARGO_PKG_VERSION"));
    assert_eq!(shell.run(command, None, At::Terminal), ["a terminal", "b", version, "3"]);
    assert_eq!(shell.run(command, None, At::Pipe), ["b", version, "3"]);
}

#[test]
fn fences_are_cut_into_commands() {
    let text = "<!-- console few: --feed-keep 2 -->\n\n```console\n$ a \\\n    b\nc\n\n$ d\n```\nx\n```text\ny\n```\n\
                <!-- log: info -->\n```text\n```\n";
    let fences = fences(text);
    assert_eq!(steps(&fences[0].lines), [step("a \\\n    b", &["c"]), step("d", &[])]);
    let options = vec!["--feed-keep".to_owned(), "2".to_owned()];
    let few = Marker::Console { name: "few".to_owned(), options, at: At::Pipe };
    assert_eq!(Marker::of(&fences[0]), Some(few));
    assert_eq!((Marker::of(&fences[1]), Marker::of(&fences[2])), (None, Some(Marker::Log { at_debug: false })));
}

#[test]
fn a_log_is_that_of_the_connections_that_began() {
    let log = ["DEBUG ws-1 > a", "    b", "INFO  ws-2 = connected from 127.0.0.1:1", "DEBUG ws-2 > c", "    d"];
    let log = log.map(str::to_owned);
    assert_eq!(of_those_that_began(&log, false), [&log[2][..]]);
    assert_eq!(of_those_that_began(&log, true), [&log[2][..], &log[3], &log[4]]);
}

// --- pages ---

fn page(path: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
    text.unwrap_or_else(|error| panic!("{path}: {error}")).replace("\r\n", "\n")
}

#[derive(Debug, PartialEq, Eq)]
enum Marker {
    Console { name: String, options: Vec<String>, at: At },
    Log { at_debug: bool },
}

/// What a command's output goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Pipe,
    Terminal,
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

/// A command and what it is to print.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    command: String,
    wanted: Vec<String>,
}

fn step(command: &str, wanted: &[&str]) -> Step {
    Step { command: command.to_owned(), wanted: wanted.iter().copied().map(str::to_owned).collect() }
}

fn steps(lines: &[String]) -> Vec<Step> {
    let mut found: Vec<Step> = Vec::new();
    for line in lines {
        match (line.strip_prefix("$ "), found.last_mut()) {
            (Some(command), _) => found.push(step(command, &[])),
            (None, Some(step)) if step.wanted.is_empty() && step.command.ends_with('\\') => {
                step.command.push_str(&format!("\n{line}"));
            }
            (None, Some(step)) => step.wanted.push(line.clone()),
            (None, None) => panic!("no command before {line:?}"),
        }
    }
    found.iter_mut().for_each(|step| trim_end(&mut step.wanted));
    found
}

fn trim_end(lines: &mut Vec<String>) {
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
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
        for Step { command, wanted } in steps(&fence.lines) {
            let came = self.shell.run(&command, Some(server), at);
            self.commands += 1;
            self.faults.extend(fault(&wanted, &came).map(|fault| format!("$ {command}\n{fault}")));
        }
    }

    /// The log may come after the answer, so it is looked at until it is right.
    fn log(&mut self, at_debug: bool, fence: &Fence) {
        let (name, before) = &self.last;
        let deadline = Instant::now() + PATIENCE;
        self.logs += 1;
        loop {
            let server = &self.servers[name];
            let lines = of_those_that_began(&server.lines()[*before..], at_debug);
            let Some(fault) = fault(&fence.lines, &as_on_the_page(&lines, server.addr)) else { return };
            if Instant::now() > deadline {
                return self.faults.push(format!("the log of the server {name:?}\n{fault}"));
            }
            park_timeout(Duration::from_millis(20));
        }
    }
}

/// The lines of connections that began in this part of the log, and those of no connection.
fn of_those_that_began(log: &[String], at_debug: bool) -> Vec<String> {
    let who = |line: &str| line.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let began: Vec<String> =
        log.iter().filter(|line| line.contains(" = connected from ")).map(|line| who(line)).collect();
    let mut is_shown = false;
    let shown = log.iter().filter(|line| {
        // What begins with a blank belongs to the line before it.
        if !line.starts_with(' ') {
            let level_is_right = at_debug || !line.starts_with("DEBUG");
            is_shown = level_is_right && (began.contains(&who(line)) || who(line) == "server");
        }
        is_shown
    });
    shown.cloned().collect()
}

/// Runs commands in a directory of their own.
struct Shell {
    directory: PathBuf,
    patience: Duration,
}

impl Shell {
    fn new(name: &str, patience: Duration) -> Shell {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("console").join(name);
        // What an earlier run has left.
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).expect("a directory");
        Shell { directory, patience }
    }

    /// What a command prints, on stdout and stderr, until bash ends. What it leaves running in the background is not waited
    /// for.
    fn run(&self, command: &str, server: Option<&Program>, at: At) -> Vec<String> {
        let path = self.directory.join("output");
        // Another file each time: something in the background may still write to the last one.
        let _ = fs::remove_file(&path);
        let output = OpenOptions::new().create(true).append(true).open(&path).expect("a file");
        let mut bash = at.bash(&mapped(command, server.map(|server| server.addr)));
        bash.current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a file"))
            .stderr(output)
            .process_group(0);
        bash.env("LC_ALL", "C.UTF-8").env("no_proxy", "*").env("NO_COLOR", "1").env("PATH", path_with_this_build());
        bash.env_remove("RUST_LOG").env_remove("CLICOLOR_FORCE");
        if let Some(server) = server {
            bash.env("WS101", server.pid().to_string());
            bash.env("CURL_HOME", self.curl_home(server.addr));
        }
        let mut child = bash.spawn().expect("bash starts");
        let in_time = self.wait_for(&mut child);
        let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).replace("\r\n", "\n");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        trim_end(&mut lines);
        if !in_time {
            lines.push(format!("(not done after {:?})", self.patience));
        }
        server.map_or(lines.clone(), |server| as_on_the_page(&lines, server.addr))
    }

    /// A directory with a `.curlrc` that leads to this server. It is written once: a curl in the background may be reading it.
    fn curl_home(&self, addr: SocketAddr) -> PathBuf {
        let home = self.directory.join(addr.port().to_string());
        let curlrc = format!("no-progress-meter\nconnect-to = \"localhost:8080:{}:{}\"\n", addr.ip(), addr.port());
        if !home.exists() {
            fs::create_dir(&home).expect("a directory");
            fs::write(home.join(".curlrc"), curlrc).expect("a file");
        }
        home
    }

    /// Waits for the end, and brings it about when it does not come. Whether it came.
    fn wait_for(&self, child: &mut Child) -> bool {
        let deadline = Instant::now() + self.patience;
        while child.try_wait().expect("a child").is_none() {
            if Instant::now() > deadline {
                let group = format!("-{}", child.id());
                let killed = Command::new("kill").args(["-s", "KILL", "--", &group]).status();
                assert!(killed.is_ok_and(|status| status.success()), "bash could not be killed");
                child.wait().expect("its end");
                return false;
            }
            park_timeout(Duration::from_millis(5));
        }
        true
    }
}

impl At {
    /// A shell that runs the command.
    fn bash(self, command: &str) -> Command {
        let mut bash = Command::new(if self == At::Pipe { "bash" } else { "script" });
        match self {
            At::Pipe => bash.args(["-c", command]),
            At::Terminal => bash.env("SHELL", "bash").args(["-q", "-e", "-c", command, "/dev/null"]),
        };
        bash
    }
}

fn path_with_this_build() -> OsString {
    let here = Path::new(env!("CARGO_BIN_EXE_ws101")).parent().expect("a directory").to_owned();
    let others = env::var_os("PATH").unwrap_or_default();
    env::join_paths([here].into_iter().chain(env::split_paths(&others))).expect("a path")
}

/// For programs that read no `.curlrc`.
fn mapped(command: &str, addr: Option<SocketAddr>) -> String {
    let Some(addr) = addr else { return command.to_owned() };
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

// --- comparing ---

/// What is wrong, if something is.
fn fault(wanted: &[String], came: &[String]) -> Option<String> {
    let (wanted, came) = (comparable(wanted), comparable(came));
    let says = |lines: &[String]| lines.join("\n");
    (!matches(&wanted, &came))
        .then(|| format!("--- the page says:\n{}\n--- what happens:\n{}\n", says(&wanted), says(&came)))
}

/// Lines without what differs from run to run.
fn comparable(lines: &[String]) -> Vec<String> {
    let mut connections = Vec::new();
    lines.iter().map(|line| without_times(&renumbered(line, &mut connections))).collect()
}

/// Connections are numbered anew, in the order in which they are named.
fn renumbered(line: &str, connections: &mut Vec<String>) -> String {
    let Some(who) = line.split_whitespace().nth(1).filter(|who| who.starts_with("ws-")) else { return line.to_owned() };
    if !connections.iter().any(|known| known == who) {
        connections.push(who.to_owned());
    }
    let number = connections.iter().position(|known| known == who).expect("a connection that is known");
    line.replacen(who, &format!("ws-#{number}"), 1)
}

fn without_times(line: &str) -> String {
    let line = &without_chance(&without_instants(line));
    let is_number = |character: char| character.is_ascii_digit() || character == '.';
    let line = replaced(line, "127.0.0.1:", is_number, "PORT");
    let line = replaced(&line, "curl/", is_number, "VERSION");
    let line = replaced(&line, " after ", |character| character.is_alphanumeric() || character == '.', "TIME");
    let line = replaced(&line, "\"at\":", is_number, "AT");
    let line = replaced(&line, "\"milliseconds\":", is_number, "TIME");
    let line = replaced(&line, "\"seconds\":", is_number, "TIME");
    match line.split_once("Date: ").and_then(|(before, after)| Some((before, after.split_once("GMT")?.1))) {
        Some((before, after)) => format!("{before}Date: DAY{}", after.trim_end()),
        None => line.trim_end().to_owned(),
    }
}

/// Times as RFC 3339 writes them, to the millisecond.
fn without_instants(line: &str) -> String {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00.000Z";
    let is_one = |bytes: &[u8]| {
        let fits = |(byte, shape): (&u8, &u8)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == shape };
        bytes.iter().zip(SHAPE).all(fits)
    };
    let mut line = line.to_owned();
    while let Some(at) = line.as_bytes().windows(SHAPE.len()).position(is_one) {
        line.replace_range(at..at + SHAPE.len(), "INSTANT");
    }
    line
}

/// What a client draws at random. A key that everybody uses, RFC 6455's sample, was not drawn.
fn without_chance(line: &str) -> String {
    const SAMPLE: [&str; 2] = ["dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="];
    if SAMPLE.iter().any(|sample| line.contains(sample)) {
        return line.to_owned();
    }
    let is_base64 = |character: char| character.is_ascii_alphanumeric() || "+/=".contains(character);
    let line = replaced(line, "Sec-WebSocket-Key: ", is_base64, "KEY");
    let line = replaced(&line, "Sec-WebSocket-Accept: ", is_base64, "ACCEPT");
    // In a log alone: elsewhere the page has chosen it.
    let is_log = line.split_whitespace().nth(1).is_some_and(|who| who == "connect" || who.starts_with("ws-"));
    if is_log { replaced(&line, " mask=", |character| character.is_ascii_hexdigit(), "MASK") } else { line }
}

/// What follows `before`, as long as it goes on, is replaced, wherever it stands.
fn replaced(line: &str, before: &str, goes_on: impl Fn(char) -> bool, by: &str) -> String {
    let mut parts = line.split(before);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(&goes_on);
        text.push_str(before);
        text.push_str(if rest.len() < part.len() { by } else { "" });
        text.push_str(rest);
    }
    text
}
