//! The ports that a chapter names, and those that its run has instead: of four digits too, so that columns and lengths
//! stay.
//!
//! `localhost:8080` is the chapter's server. A chapter that runs `deploy/lab` has three more: 8000 is the proxy, 8081 and
//! 8082 are the backends. The script is told of theirs in `LAB_PORTS`. And 6379 is Redis, of which the script is told in
//! `LAB_REDIS`. And 9001 is where `ws101 broken` listens, unless it is told otherwise.

use super::script::{Act, What};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Mutex, PoisonError};

/// Names of programs that are told where the server is, and those whose bytes must be what the page says.
const TOLD: [&str; 13] = [
    "nc",
    "ws101",
    "ss",
    "tcpdump",
    "openssl",
    "python3",
    "lsof",
    "fuser",
    "timeout",
    "socat",
    "bash",
    "redis-cli",
    "redis-server",
];
const LITERAL: [&str; 4] = ["curl", "printf", "echo", "cat"];

/// The server's port on a page, those of a lab, which are the proxy and two backends, that of Redis, and that of `ws101
/// broken`.
const SERVER: u16 = 8080;
const LAB: [u16; 3] = [8000, 8081, 8082];
const REDIS: u16 = 6379;
const BROKEN: u16 = 9001;

/// How a page runs a lab, Redis, and a broken server.
const SCRIPT: &str = "deploy/lab";
const ENGINE: &str = "redis-server";
const WRONG: &str = "ws101 broken";

/// Each port of a page with that of the run. The first is the server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doors(pub Vec<(u16, u16)>);

impl Doors {
    /// Free ones for a page, in the order of those that it names: what is sorted there stays sorted.
    pub fn of(page: &str) -> Doors {
        let lab = if page.contains(SCRIPT) { &LAB[..] } else { &[] };
        let redis = page.contains(ENGINE).then_some(&REDIS);
        let broken = page.contains(WRONG).then_some(&BROKEN);
        let mut shown: Vec<u16> = [SERVER].iter().chain(lab).chain(redis).chain(broken).copied().collect();
        let mut run: Vec<u16> = shown.iter().map(|_| free_port(page)).collect();
        shown.sort_unstable();
        run.sort_unstable();
        let mut pairs: Vec<(u16, u16)> = shown.into_iter().zip(run).collect();
        pairs.sort_by_key(|(shown, _)| *shown != SERVER);
        Doors(pairs)
    }

    /// The port of the chapter's server, in the run.
    pub fn server(&self) -> u16 {
        self.0[0].1
    }

    /// Those of the lab, as its script wants them.
    pub fn lab(&self) -> Option<String> {
        let of_it = self.0.iter().filter(|(shown, _)| LAB.contains(shown));
        let ports: Vec<String> = of_it.map(|(_, run)| run.to_string()).collect();
        (!ports.is_empty()).then(|| ports.join(","))
    }

    /// That of Redis.
    pub fn redis(&self) -> Option<u16> {
        self.run(REDIS)
    }

    /// That of a broken server.
    pub fn broken(&self) -> Option<u16> {
        self.run(BROKEN)
    }

    fn run(&self, port: u16) -> Option<u16> {
        self.0.iter().find(|(shown, _)| *shown == port).map(|(_, run)| *run)
    }

    /// As the page has them.
    pub fn shown(&self) -> impl Iterator<Item = u16> {
        self.0.iter().map(|(shown, _)| *shown)
    }

    /// From which host and port curl is led where.
    pub fn detours(&self) -> Vec<(String, SocketAddr)> {
        let hosts = |(shown, run): &(u16, u16)| {
            let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, *run));
            ["localhost", "127.0.0.1"].map(|host| (format!("{host}:{shown}"), addr))
        };
        self.0.iter().flat_map(hosts).collect()
    }

    /// A command as it is run: with the ports of this run, the server's process, and where bytes count, as it was.
    pub fn mapped(&self, command: &str, pid: Option<u32>) -> String {
        let text = self.0.iter().fold(command.to_owned(), |text, (shown, run)| mapped(&text, *shown, *run));
        pid.map_or(text.clone(), |pid| text.replace("$(pgrep -ox ws101)", &pid.to_string()))
    }

    /// What was printed, with the ports of the page where those of this run stand.
    pub fn as_on_the_page(&self, text: &str) -> String {
        let mut found = text.to_owned();
        for (shown, run) in &self.0 {
            for at in numbers(&found, *run).into_iter().filter(|at| is_before_a_port(&found[..*at])).collect::<Vec<_>>()
            {
                found.replace_range(at..at + 4, &shown.to_string());
            }
        }
        // What curl says of being led elsewhere.
        found.replace("Connected to (nil) (127.0.0.1)", "Connected to localhost (127.0.0.1)")
    }
}

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

/// A command with one port in place of another.
fn mapped(command: &str, shown: u16, run: u16) -> String {
    let mut text = String::new();
    let mut last = 0;
    for at in numbers(command, shown) {
        text.push_str(&command[last..at]);
        let hosts = ["Host: localhost:", "Host: 127.0.0.1:"];
        let is_literal = hosts.iter().any(|host| command[..at].ends_with(host)) || is_said_literally(&command[..at]);
        text.push_str(&if is_literal { shown } else { run }.to_string());
        last = at + 4;
    }
    text + &command[last..]
}

/// Whether the last program named before is one that would send the port as it stands.
fn is_said_literally(before: &str) -> bool {
    let words = before.split(|character: char| character.is_whitespace() || ";|&(){}'\"`".contains(character));
    let mut known = words.filter(|word| TOLD.contains(word) || LITERAL.contains(word));
    known.next_back().is_some_and(|word| LITERAL.contains(&word))
}

/// Where a number of four digits stands that is not part of a longer one.
fn numbers(text: &str, number: u16) -> Vec<usize> {
    let is_alone = |at: &usize| {
        let is_part = |character: char| character.is_ascii_alphanumeric();
        !text[..*at].ends_with(is_part) && !text[at + 4..].starts_with(is_part)
    };
    text.match_indices(&number.to_string()).map(|(at, _)| at).filter(is_alone).collect()
}
