//! A subscriber that never reads, and what the others notice of it.
//!
//! It asks for everything since the first event, and there is more of that than its socket's buffers hold: so the
//! server's write to it blocks at once, and it is found too slow while the others are measured. By the end of the turn
//! it is cut off.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::audience::Audience;
use crate::common::Outcome;
use crate::common::benchmark::Part;
use crate::common::client::{TIMEOUT, connect, connect_narrow, in_words, upgrade};
use crate::common::process::wait;
use crate::common::report::{self, Goal, show_ratio};
use crate::common::rounds::{Contender, alternate};
use crate::common::server::{Server, Speaks, ws101_command};
use crate::contenders::{Feed, SUBSCRIBERS};
use crate::delays::{Delays, figures};
use crate::plan::Plan;
use crate::rows::delay::INTERVAL;

const ALL_READ: &str = "all read";
const ONE_NEVER_READS: &str = "one never reads";

/// What it never reads: 5 MB. Linux lets a socket hold 4.
const OLD_EVENTS: usize = 1250;
const OLD_SIZE: usize = 4000;

/// WebSockets that have ended, and subscribers that wait for the next event.
const CLOSES: &str = "ws101_closes_total";
const WAITING: &str = "ws101_feed_waiting";

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
    let series = alternate("slow", &mut cases, plan.slow_rounds, |case| {
        let silent = case.never_reads.then(|| never_read(&feed.server)).transpose()?;
        let closes_before = metric(&feed.server, CLOSES)?;
        let delays = feed.audience.publish_at(INTERVAL, plan.slow_turn)?;
        if silent.is_some() {
            expect_cut_off(&feed.server, closes_before)?;
        }
        Ok(Delays::of(&delays))
    })?;
    let figures = figures(&series, &[ALL_READ]);
    let ratio = figures[1].ratio(ONE_NEVER_READS, ALL_READ);
    let goals = vec![Goal::at_most("p99 beside one that never reads, / all read", ratio, 1.5, show_ratio)];
    Ok(Part { table: report::table(&figures), goals })
}

/// With old events, all of them kept. Who takes none of them is too slow after 1 s, and soon after that the write that
/// blocks has used up its time.
fn start() -> Outcome<Feed> {
    let mut command = ws101_command();
    command.args(["--feed-keep", "100000", "--slow-timeout", "1s", "--write-timeout", "1500ms"]);
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
    let stream = connect_narrow(server.address)?;
    upgrade(&stream, "/feed/ws?after=0")?;
    Ok(stream)
}

/// Fails unless it has no place among the subscribers any more, and its connection was ended: by now, or at least soon
/// on a machine that has much else to do.
fn expect_cut_off(server: &Server, closes_before: u64) -> Outcome<()> {
    let deadline = Instant::now() + TIMEOUT;
    let everybody_else = SUBSCRIBERS as u64 + 1;
    while metric(server, WAITING)? != everybody_else || metric(server, CLOSES)? != closes_before + 1 {
        if Instant::now() > deadline {
            return Err("who never read was not cut off".into());
        }
        wait(Duration::from_millis(20));
    }
    Ok(())
}

/// What ws101 has counted under this name, whatever the labels.
fn metric(server: &Server, name: &str) -> Outcome<u64> {
    let metrics = answer(server, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
    let lines = metrics.lines().filter(|line| line.starts_with(name));
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
