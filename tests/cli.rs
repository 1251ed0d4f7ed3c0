//! The program as a person meets it: its help, what it says to wrong use, its environment variables, its colours.
//!
//! Each test runs the real binary. Everything that is waited for has a deadline, and a child never outlives its test.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/fences.rs"]
mod fences;

use fences::words;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// Longer than any of this takes on the slowest machine.
const DEADLINE: Duration = Duration::from_secs(20);

/// Any free port of this machine.
const ANYWHERE: [&str; 2] = ["--listen", "127.0.0.1:0"];

// --- running it ---

/// The program, as if nobody had set anything.
fn ws101(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("WS101_") || name_text.starts_with("CLICOLOR") || name_text.starts_with("RUST_LOG") {
            command.env_remove(&name);
        }
    }
    command.env_remove("NO_COLOR").args(arguments).envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Ends a child that would go on.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A run that ended by itself.
#[derive(Debug)]
struct Finished {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn run(arguments: &[&str]) -> Finished {
    run_with(arguments, &[])
}

fn run_with(arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
    let mut child = Running(ws101(arguments, environment).spawn().unwrap());
    let stdout = read_to_end(child.0.stdout.take().unwrap());
    let stderr = read_to_end(child.0.stderr.take().unwrap());
    let ended = |output: Receiver<String>| {
        output.recv_timeout(DEADLINE).unwrap_or_else(|_| panic!("ws101 {} goes on", arguments.join(" ")))
    };
    let (stdout, stderr) = (ended(stdout), ended(stderr));
    Finished { code: child.0.wait().unwrap().code(), stdout, stderr }
}

fn read_to_end(mut output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = sync_channel(1);
    let read = move || {
        let mut bytes = Vec::new();
        let _ = output.read_to_end(&mut bytes);
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    };
    Builder::new().spawn(read).unwrap();
    receiver
}

/// A server that has said where it listens.
struct Serving {
    _child: Running,
    lines: Receiver<String>,
    /// `127.0.0.1:40123`
    address: String,
    first_line: String,
}

fn serve(arguments: &[&str]) -> Serving {
    serve_with(arguments, &[])
}

fn serve_with(arguments: &[&str], environment: &[(&str, &str)]) -> Serving {
    let mut child = Running(ws101(arguments, environment).spawn().unwrap());
    let lines = lines_of(child.0.stderr.take().unwrap());
    let first_line = wait_for(&lines, "serves http://");
    let address = first_line.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next());
    // Colour that was asked for ends behind the address.
    let address = address.expect("an address").split(ESCAPE).next().unwrap_or_default().to_owned();
    Serving { _child: child, lines, address, first_line }
}

/// The lines of an output as they come.
fn lines_of(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = sync_channel(10_000);
    let read = move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return; // nobody listens any more
            }
        }
    };
    Builder::new().spawn(read).unwrap();
    lines
}

/// The next line that has these words; those before it are dropped.
fn wait_for(lines: &Receiver<String>, words: &str) -> String {
    lines_until(lines, words).pop().unwrap_or_default()
}

fn lines_until(lines: &Receiver<String>, words: &str) -> Vec<String> {
    let end = Instant::now() + DEADLINE;
    let mut seen = Vec::new();
    loop {
        let line = lines.recv_timeout(end.saturating_duration_since(Instant::now()));
        let Ok(line) = line else { panic!("no line with {words:?} in\n{}", seen.join("\n")) };
        let found = line.contains(words);
        seen.push(line);
        if found {
            return seen;
        }
    }
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

fn get(address: &str, path: &str) -> String {
    let mut stream = connect(address);
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Opens a WebSocket and reads until these bytes have come, or the end.
fn open_until(address: &str, more_fields: &str, words: &str) -> String {
    let mut stream = connect(address);
    let head = format!(
        "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more_fields}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 1024];
    while !String::from_utf8_lossy(&answer).contains(words) {
        let count = stream.read(&mut buffer).unwrap();
        if count == 0 {
            break;
        }
        answer.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

// --- help ---

/// The long options of a help text: `--listen`, at the beginning of their lines.
fn options(help: &str) -> BTreeSet<String> {
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    lines.flat_map(flags).collect()
}

/// Every `--word` of a text.
fn flags(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '-');
    let is_flag =
        |word: &&str| word.strip_prefix("--").is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
    words.filter(is_flag).map(str::to_owned)
}

fn help() -> String {
    help_of(&[])
}

fn help_of(command: &[&str]) -> String {
    let help = run(&[command, &["--help"]].concat());
    assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
    help.stdout
}

/// The commands that have options of their own; without a word it is those of `serve`.
const COMMANDS: [&[&str]; 10] = [
    &[],
    &["broken"],
    &["check"],
    &["compare"],
    &["connect"],
    &["decode"],
    &["encode"],
    &["healthcheck"],
    &["probe"],
    &["quiz"],
];

/// Those whose options belong to one run and have no environment variables.
const WITHOUT_VARIABLES: [&[&str]; 8] =
    [&["broken"], &["check"], &["connect"], &["decode"], &["encode"], &["healthcheck"], &["probe"], &["quiz"]];

#[test]
fn help_shows_every_option_and_examples_to_copy() {
    let all = options_but_version(&help());
    assert!(all.contains("--listen"), "{all:?}");
    for arguments in [&["--help"][..], &["-h"], &["serve", "--help"], &["serve", "-h"], &["help", "serve"]] {
        let help = run(arguments);
        assert_eq!(help.code, Some(0), "{arguments:?}");
        assert!(help.stdout.contains("Examples:\n  ws101 "), "{arguments:?}");
        assert!(help.stdout.contains("RUST_LOG=trace ws101"), "{arguments:?}");
        assert_eq!(options_but_version(&help.stdout), all, "{arguments:?}");
    }
}

/// A subcommand has no version of its own.
fn options_but_version(help: &str) -> BTreeSet<String> {
    let mut options = options(help);
    options.remove("--version");
    options
}

#[test]
fn the_examples_of_the_help_are_accepted() {
    let help = COMMANDS.map(help_of).join("\n");
    let names = COMMANDS.iter().filter_map(|command| command.first());
    let starts: Vec<String> = names.map(|name| format!("ws101 {name} ")).chain(["ws101 --".to_owned()]).collect();
    let begins = |line: &&str| starts.iter().any(|start| line.contains(start));
    // A second line of usage begins with blanks as well.
    let is_usage = |line: &&str| line.contains("[OPTIONS]");
    let examples = help.lines().filter(|line| line.starts_with("  ") && !is_usage(line)).filter(begins);
    let examples: Vec<&str> = examples.filter_map(|line| line.split("ws101 ").nth(1)).collect();
    assert!(examples.len() >= 15, "{help}");
    for example in examples {
        // Between the example and its explanation stand at least two blanks. --help wins over all that is right.
        let command = example.split("  ").next().unwrap_or_default();
        let command = command.split(['|', '>', '<']).next().unwrap_or_default().trim();
        let words = words(command);
        let arguments = words.iter().map(String::as_str).chain(["--help"]);
        let run = run(&arguments.collect::<Vec<_>>());
        assert_eq!(run.code, Some(0), "{example}: {}", run.stderr);
    }
}

#[test]
fn the_help_of_connect_says_what_its_status_means_and_where_things_go() {
    let help = help_of(&["connect"]);
    for part in ["Status 0: closed cleanly", "1: anything else", "2: wrong use", "stdout", "stderr", "RUST_LOG"] {
        assert!(help.contains(part), "{part}: {help}");
    }
}

fn has_variable(flag: &&String) -> bool {
    !matches!(flag.as_str(), "--help" | "--version")
}

/// `--ping-interval` is `WS101_PING_INTERVAL`.
fn variable(flag: &str) -> String {
    format!("WS101_{}", flag.trim_start_matches('-').replace('-', "_").to_uppercase())
}

#[test]
fn every_option_has_its_environment_variable() {
    for command in COMMANDS {
        let help = help_of(command);
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for flag in options(&help).iter().filter(has_variable) {
            // After the `=` stands what the variable has, unless that may be a password.
            let variable = variable(flag);
            let is_shown =
                [format!("[env: {variable}=]"), format!("[env: {variable}]")].iter().any(|s| words.contains(s));
            assert_eq!(is_shown, !WITHOUT_VARIABLES.contains(&command), "{variable}");
        }
    }
}

#[test]
fn the_manual_and_the_help_name_the_same_options() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md");
    let manual = std::fs::read_to_string(path).expect("docs/cli.md, the manual of the command line");
    let mut all = BTreeSet::new();
    for command in COMMANDS {
        let mut options = options(&help_of(command));
        all.append(&mut options.clone());
        // It stands once, for all of them.
        let _ = command.is_empty() || options.remove("--help");
        let documented: BTreeSet<String> = lines_about_ws101(&part_about(&manual, command)).flat_map(flags).collect();
        let missing: Vec<_> = options.difference(&documented).collect();
        assert!(missing.is_empty(), "not in the part of docs/cli.md about {command:?}: {missing:?}");
    }
    let documented: BTreeSet<String> = lines_about_ws101(&manual).flat_map(flags).collect();
    let invented: Vec<_> = documented.difference(&all).collect();
    assert!(invented.is_empty(), "only in docs/cli.md: {invented:?}");
    let with_variables = COMMANDS.iter().filter(|command| !WITHOUT_VARIABLES.contains(command));
    let with_variables: BTreeSet<String> = with_variables.flat_map(|command| options(&help_of(command))).collect();
    for variable in with_variables.iter().filter(has_variable).map(|flag| variable(flag)) {
        assert!(manual.contains(&variable), "{variable} is not in docs/cli.md");
    }
}

/// What an option is when nobody says it stands in the second column of its row.
#[test]
fn the_manual_and_the_help_have_the_same_defaults() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md");
    let manual = std::fs::read_to_string(path).expect("docs/cli.md, the manual of the command line");
    let mut compared = 0;
    for command in COMMANDS {
        let part = part_about(&manual, command);
        for (flag, default) in defaults(&help_of(command)) {
            let row = part.lines().find(|line| line.starts_with(&format!("| `{flag} ")));
            let column = row.and_then(|row| row.split('|').nth(2)).unwrap_or_default();
            assert!(column.contains(&format!("`{default}`")), "{command:?} {flag}, {default}: {row:?}");
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared} defaults");
}

/// Options and their defaults: `--grace` and `10s`.
fn defaults(help: &str) -> Vec<(String, String)> {
    let mut options: Vec<String> = Vec::new();
    for line in help.lines().map(str::trim_start) {
        if line.starts_with('-') {
            options.push(String::new());
        }
        // What an option means goes on in the lines below it.
        if let Some(option) = options.last_mut() {
            option.push_str(line);
            option.push(' ');
        }
    }
    let default = |option: &String| {
        let words = option.split("[default: ").nth(1)?.split(']').next()?;
        Some((flags(option).next()?, words.to_owned()))
    };
    options.iter().filter_map(default).collect()
}

/// The section of a command; of the server, all that is in no such section.
fn part_about(manual: &str, command: &[&str]) -> String {
    let sections = manual.split("\n## ");
    let is_about = |section: &&str| match command.first() {
        Some(name) => section.lines().next() == Some(&format!("ws101 {name}")),
        None => !section.starts_with("ws101 "),
    };
    sections.filter(is_about).collect::<Vec<_>>().join("\n## ")
}

/// Prose, tables, and in code blocks the lines that run ws101: other programs have options of their own.
fn lines_about_ws101(manual: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    manual.lines().filter(move |line| {
        in_code ^= line.starts_with("```");
        !in_code || line.contains("ws101 ")
    })
}

#[test]
fn version_is_that_of_the_crate() {
    for flag in ["--version", "-V"] {
        let run = run(&[flag]);
        assert_eq!(run.code, Some(0));
        assert_eq!(run.stdout, concat!("ws101 ", env!("CARGO_PKG_VERSION"), "\n"));
    }
}

// --- wrong use ---

/// Exit code 2, nothing on stdout, and a hint on stderr at what would be right.
#[test]
fn wrong_use_ends_with_2_and_a_hint() {
    let cases: [(&[&str], &str); 19] = [
        (&["--ping-interval", "10"], "500ms, 10s, 2m"),
        (&["--handshake-timeout", "0"], "more than 0"),
        (&["--grace", "soon"], "500ms, 10s, 2m"),
        (&["--write-timeout", "2years"], "longer than a year"),
        (&["--max-message", "lots"], "64KiB, 16MiB"),
        (&["--max-message", "2000GiB"], "1GiB"),
        (&["--max-body", "1.5MiB"], "64KiB, 16MiB"),
        (&["--max-head", "10"], "from 64 bytes to 16MiB"),
        (&["--max-connections", "0"], "1.."),
        (&["--listen", "8080"], "HOST:PORT"),
        (&["--listen", "localhost"], "HOST:PORT"),
        (&["--listen", "127.0.0.1:65536"], "HOST:PORT"),
        (&["--origin", "example.org"], "https://example.org"),
        (&["--origin", "https://example.org/page"], "without a path"),
        (&["--subprotocol", "a b"], "token"),
        (&["--trace-path", "ws"], "begins with /"),
        (&["--lisen", "127.0.0.1:0"], "--listen"),
        (&["--frobnicate"], "--help"),
        (&["dance"], "--help"),
    ];
    for (arguments, hint) in cases {
        for serve in [&[][..], &["serve"]] {
            let run = run(&[serve, arguments].concat());
            assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{arguments:?}");
            assert!(run.stderr.contains(arguments[0]) && run.stderr.contains(hint), "{arguments:?}: {}", run.stderr);
        }
    }
}

/// The same of `connect`. Nothing is connected to: nobody could be there.
#[test]
fn wrong_use_of_connect_ends_with_2_and_a_hint() {
    const NOWHERE: &str = "ws://127.0.0.1:1/";
    let cases: [(&[&str], &str); 34] = [
        (&[], "<URL>"),
        (&["localhost:8080"], "ws://HOST:PORT"),
        (&["ftp://example.org/"], "ws://HOST:PORT"),
        (&["ws://127.0.0.1:0/"], "listening"),
        (&["ws://127.0.0.1:99999/"], "65535"),
        (&["ws://a/#top"], "RFC 6455 s3"),
        (&[NOWHERE, "ws://127.0.0.1:2/"], "unexpected argument"),
        (&[NOWHERE, "-H", "Cookie"], "'Name: value'"),
        (&[NOWHERE, "-H", "a b: c"], "'Name: value'"),
        (&[NOWHERE, "-H", "a: b\r\nc: d"], "control characters"),
        (&[NOWHERE, "--origin", "example.org"], "https://example.org"),
        (&[NOWHERE, "--protocol", "a b"], "token"),
        (&[NOWHERE, "--protocol", "a,b,a"], "offered twice"),
        (&[NOWHERE, "--wait", "soon"], "forever"),
        (&[NOWHERE, "--connect-timeout", "0"], "more than 0"),
        (&[NOWHERE, "--ping-timeout", "0"], "more than 0"),
        (&[NOWHERE, "--ping-interval", "10"], "500ms, 10s, 2m"),
        (&[NOWHERE, "--binary", "--hex"], "cannot be used with"),
        (&[NOWHERE, "--hex", "-x", "0a", "-x", "0x"], "--execute"),
        (&[NOWHERE, "--every", "1s"], "2 values"),
        (&[NOWHERE, "--every", "0", "x"], "--every: must be more than 0"),
        (&[NOWHERE, "--every", "1s", "a", "--every", "2s", "b"], "--every is given once"),
        (&[NOWHERE, "--hex", "--every", "1s", "zz"], "--every: "),
        (&[NOWHERE, "--close", "4000", "a", "--close", "4001", "b"], "--close is given once"),
        (&[NOWHERE, "--every", "1s", "{date}"], "{time} and {count}"),
        (&[NOWHERE, "--close", "1000"], "2 values"),
        (&["--close", "4001", NOWHERE], "--close takes two values and has taken the URL for REASON"),
        (&["--every", "1s", NOWHERE], "--every takes two values and has taken the URL for TEXT"),
        (&[NOWHERE, "--close", "1006", ""], "1000 to 1003, 1007 to 1014 and 3000 to 4999"),
        (&[NOWHERE, "--close", "bye", ""], "a close code is a number"),
        (&[NOWHERE, "--max-message", "lots"], "64KiB, 16MiB"),
        (&[NOWHERE, "--dump-bytes", "-1"], "--dump-bytes"),
        (&[NOWHERE, "--frobnicate"], "--help"),
        (&[NOWHERE, "--exec", "a"], "--execute"),
    ];
    for (arguments, hint) in cases {
        let run = run(&[&["connect"], arguments].concat());
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(hint) && run.stderr.contains("--help"), "{arguments:?}: {}", run.stderr);
    }
    let secret = self::run(&["connect", NOWHERE, "-H", "Authorization Bearer opensesame"]);
    assert!(secret.code == Some(2) && !secret.stderr.contains("opensesame"), "{}", secret.stderr);
    let long = "x".repeat(124);
    let too_long = run(&["connect", NOWHERE, "--close", "1000", &long]);
    assert_eq!(too_long.code, Some(2));
    assert!(too_long.stderr.contains("at most 123 bytes (RFC 6455 s5.5), not 124"), "{}", too_long.stderr);
}

#[test]
fn a_wrong_environment_variable_is_wrong_use_too() {
    let run = run_with(&[], &[("WS101_PING_INTERVAL", "10")]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("--ping-interval") && run.stderr.contains("500ms, 10s, 2m"), "{}", run.stderr);
}

// --- what it cannot do ---

#[test]
fn a_port_that_is_taken_is_named_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let run = run(&["--listen", &address]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains(&address) && run.stderr.contains("ws101 --listen 127.0.0.1:"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
}

#[test]
fn an_address_of_another_machine_is_named_with_a_way_out() {
    // RFC 5737 keeps it for documentation: no machine has it.
    let run = run(&["--listen", "192.0.2.1:8080"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("192.0.2.1:8080") && run.stderr.contains("--listen 0.0.0.0"), "{}", run.stderr);
}

#[test]
fn a_log_file_that_cannot_be_written_is_named() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/no such directory/ws101.log");
    let run = run(&[&ANYWHERE[..], &["--log-file", path]].concat());
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("no such directory/ws101.log"), "{}", run.stderr);
}

// --- what it is told to do ---

#[test]
fn without_a_word_it_serves() {
    let (short, long) = (serve(&ANYWHERE), serve(&[&["serve"], &ANYWHERE[..]].concat()));
    for server in [&short, &long] {
        assert!(get(&server.address, "/healthz").starts_with("HTTP/1.1 200 OK\r\n"));
    }
    let without_address = |server: &Serving| server.first_line.replace(&server.address, "");
    assert_eq!(without_address(&short), without_address(&long));
}

#[test]
fn the_banner_shows_what_to_try_with_the_right_address() {
    let server = serve(&ANYWHERE);
    let banner = lines_until(&server.lines, "RUST_LOG=trace").join("\n");
    for line in [format!("http://{}/ws", server.address), format!("wscat -c ws://{}/ws", server.address)] {
        assert!(banner.contains(&line), "{banner}");
    }
}

#[test]
fn localhost_and_every_address_are_reachable_under_the_name_that_is_printed() {
    for listen in ["localhost:0", "0.0.0.0:0"] {
        let server = serve(&["--listen", listen]);
        assert!(get(&server.address, "/readyz").starts_with("HTTP/1.1 200 OK\r\n"), "{listen}: {}", server.address);
    }
}

#[test]
fn several_addresses_are_all_served_and_printed() {
    for (arguments, environment) in [
        (&["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"][..], &[][..]),
        (&["--listen", "127.0.0.1:0,127.0.0.1:0"], &[]),
        (&[], &[("WS101_LISTEN", "127.0.0.1:0,127.0.0.1:0")]),
    ] {
        let server = serve_with(arguments, environment);
        let second = wait_for(&server.lines, "and http://");
        let second = second.split("http://").nth(1).unwrap().trim();
        assert_ne!(second, server.address);
        assert!(get(second, "/healthz").starts_with("HTTP/1.1 200 OK\r\n"));
    }
}

#[test]
fn a_name_greets_and_the_flag_wins_over_the_environment() {
    for (arguments, environment, name) in [
        (&["--name", "A"][..], &[][..], "A"),
        (&[], &[("WS101_NAME", "B")], "B"),
        (&["--name", "A"], &[("WS101_NAME", "B")], "A"),
        (&["serve", "--name", "A"], &[("WS101_NAME", "B")], "A"),
    ] {
        let environment = [environment, &[("WS101_LISTEN", "127.0.0.1:0")]].concat();
        let server = serve_with(arguments, &environment);
        let greeting = format!("[{name}] hello");
        assert!(open_until(&server.address, "", "hello").contains(&greeting), "{arguments:?} {environment:?}");
    }
}

#[test]
fn the_name_host_is_the_hosts_name() {
    let server = serve(&[&ANYWHERE[..], &["--name", "host"]].concat());
    let host = gethostname::gethostname().to_string_lossy().into_owned();
    assert!(open_until(&server.address, "", "hello").contains(&format!("[{host}] hello")));
}

#[test]
fn an_origin_of_the_environment_is_asked_for() {
    let origins = "https://example.org,https://example.com";
    let server = serve_with(&ANYWHERE, &[("WS101_ORIGIN", origins)]);
    for (origin, status) in [("https://example.com", "101"), ("https://example.net", "403")] {
        let answer = open_until(&server.address, &format!("Origin: {origin}\r\n"), "\r\n\r\n");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{origin}: {answer}");
    }
}

/// A switch has no value on the command line; in the environment it has one.
#[test]
fn a_switch_of_the_environment_is_on_or_off() {
    for (value, stars) in [("true", false), ("false", true)] {
        let environment = [("WS101_SHOW_SECRETS", value), ("RUST_LOG", "debug")];
        let server = serve_with(&ANYWHERE, &environment);
        let mut stream = connect(&server.address);
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nCookie: biscuit\r\n\r\n").unwrap();
        let shown = wait_for(&server.lines, "Cookie");
        assert_eq!(shown.contains("*******"), stars, "WS101_SHOW_SECRETS={value}: {shown}");
        assert_eq!(shown.contains("biscuit"), !stars, "WS101_SHOW_SECRETS={value}: {shown}");
    }
}

// --- colours ---

const ESCAPE: char = '\u{1b}';

/// All that a server prints about one request whose bytes would clear a terminal.
fn lines_of_a_request(environment: &[(&str, &str)]) -> String {
    let server = serve_with(&ANYWHERE, environment);
    let mut stream = connect(&server.address);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX: \x9b2J\r\nConnection: close\r\n\r\n\x1b[2J").unwrap();
    // The server waits for the client's end, so this ends first.
    stream.read_to_end(&mut Vec::new()).unwrap();
    drop(stream);
    let lines = lines_until(&server.lines, "= ended");
    format!("{}\n{}", server.first_line, lines.join("\n"))
}

/// Nothing of this run is a terminal, so the first case is a pipe; colour that is asked for shows that the others could
/// fail.
#[test]
fn pipes_and_no_color_get_no_escapes() {
    for (environment, coloured) in [
        (&[][..], false),
        (&[("NO_COLOR", "1")], false),
        (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
        (&[("CLICOLOR_FORCE", "1")], true),
    ] {
        let environment = [environment, &[("RUST_LOG", "trace")]].concat();
        let lines = lines_of_a_request(&environment);
        assert_eq!(lines.contains(ESCAPE), coloured, "{environment:?}\n{lines:?}");
        assert!(!lines.contains("\u{1b}[2J"), "{lines:?}");
        let (help, wrong) = (run_with(&["--help"], &environment), run_with(&["--nonsense"], &environment));
        assert_eq!(help.stdout.contains(ESCAPE), coloured, "{environment:?}");
        assert_eq!(wrong.stderr.contains(ESCAPE), coloured, "{environment:?}");
    }
}
