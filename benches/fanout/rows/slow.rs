//! A subscriber that never reads, and what the others notice of it.
//!
//! It asks for everything since the first event, and there is more of that than its socket's buffers hold: so the
//! server's write to it blocks at once, and its queue fills while the others are measured. Within the turn it must be
//! cut off.

use std::io::{Read, Write};
use std::net::TcpStream;

use socket2::{Domain, Socket, Type};

use crate::audience::Audience;
use crate::common::Outcome;
use crate::common::benchmark::Part;
use crate::common::client::{connect, in_words, prepared, upgrade};
use crate::common::report::{self, Goal, show_ratio};
use crate::common::rounds::{Contender, alternate};
use crate::common::server::{Server, Speaks, ws101_command};
use crate::contenders::{Feed, SUBSCRIBERS};
use crate::plan::Plan;
use crate::rows::delay::{Delays, INTERVAL, figures};

const ALL_READ: &str = "all read";
const ONE_NEVER_READS: &str = "one never reads";

/// What it never reads: 8 MB. Linux lets a socket hold 4.
const OLD_EVENTS: usize = 2000;
const OLD_SIZE: usize = 4000;

/// As little as the system allows.
const RECEIVE_BUFFER: usize = 1;

struct Case {
    label: &'static str,
    never_reads: bool,
}

impl Contender for Case {
    fn label(&self) -> &'static str {
        self.label
    }
}

pub fn run(plan: &Plan) -> Outcome<Part> {
    let mut feed = start()?;
    let mut cases = [Case { label: ALL_READ, never_reads: false }, Case { label: ONE_NEVER_READS, never_reads: true }];
    let series = alternate("slow", &mut cases, plan.paced_rounds, |case| {
        let silent = case.never_reads.then(|| never_read(&feed.server)).transpose()?;
        let before = closes(&feed.server)?;
        let delays = feed.audience.publish_at(INTERVAL, plan.slow_turn)?;
        if silent.is_some() && closes(&feed.server)? != before + 1 {
            return Err("who never read was not cut off".into());
        }
        Ok(Delays::of(&delays))
    })?;
    let figures = figures(&series, &[ALL_READ]);
    let ratio = figures[1].ratio(ONE_NEVER_READS, ALL_READ);
    let goals = vec![Goal::at_most("p99 beside one that never reads, / all read", ratio, 1.5, show_ratio)];
    Ok(Part { table: report::table(&figures), goals })
}

/// With old events, all of them kept. A write may block for less than a turn.
fn start() -> Outcome<Feed> {
    let mut command = ws101_command();
    command.args(["--feed-keep", "100000", "--write-timeout", "1500ms"]);
    let server = Server::start("ws101", Speaks::WebSocket, &mut command)?;
    let body = "*".repeat(OLD_SIZE);
    let post =
        format!("POST /feed HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {OLD_SIZE}\r\n\r\n{body}");
    for _ in 0..OLD_EVENTS {
        answer(&server, &post)?;
    }
    let audience = Audience::open(&server, SUBSCRIBERS, OLD_EVENTS as u64)?;
    Ok(Feed { server, audience })
}

fn never_read(server: &Server) -> Outcome<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.connect(&server.address.into())?;
    let stream = prepared(socket.into())?;
    upgrade(&stream, "/feed/ws?after=0")?;
    Ok(stream)
}

/// How many WebSockets have ended.
fn closes(server: &Server) -> Outcome<u64> {
    let metrics = answer(server, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
    let lines = metrics.lines().filter(|line| line.starts_with("ws101_closes_total"));
    let counts = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    Ok(counts.sum())
}

fn answer(server: &Server, request: &str) -> Outcome<String> {
    let mut stream = connect(server.address)?;
    let mut answer = String::new();
    stream.write_all(request.as_bytes())?;
    stream.read_to_string(&mut answer).map_err(in_words)?;
    if answer.starts_with("HTTP/1.1 200 ") { Ok(answer) } else { Err(format!("refused: {answer}").into()) }
}
