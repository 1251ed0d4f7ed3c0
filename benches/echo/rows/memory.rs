//! What a connection costs while it does nothing: before its first message, and after.
//!
//! Every turn is a new process, because memory that was used once is seldom given
//! back. That also makes a round to warm up needless.

use std::time::Duration;

use crate::client::Client;
use crate::common::Outcome;
use crate::common::benchmark::Part;
use crate::common::frames::TEXT;
use crate::common::process::{self, TICK, Usage};
use crate::common::report::{self, Figure, Goal, Values, show_tenths};
use crate::common::server::Server;
use crate::exchange::Exchange;
use crate::rounds::{Plan, at_once};
use crate::rows::{OTHERS, show_whole};

const CONNECTIONS: usize = 5000;
const CLIENT_THREADS: usize = 4;
const SIZE: usize = 32;

/// One server, started anew for every round.
struct Contender {
    label: &'static str,
    start: fn() -> Outcome<Server>,
    footprints: Vec<Footprint>,
}

impl Contender {
    fn values(&self, of: fn(&Footprint) -> f64) -> Values {
        Some(self.footprints.iter().map(of).collect())
    }
}

/// What was seen of one process.
struct Footprint {
    /// RSS a connection, KiB, upgraded and silent.
    silent: f64,
    /// RSS a connection, KiB, after one echo.
    echoed: f64,
    /// CPU, ms, while all are silent again.
    idle_cpu: f64,
}

pub fn run(plan: &Plan) -> Outcome<Part> {
    if let Some(reason) = process::reason_to_skip(CONNECTIONS) {
        return Ok(Part { table: format!("skipped: {reason}"), goals: Vec::new() });
    }
    let mut contenders = [
        Contender { label: "bare", start: Server::bare, footprints: Vec::new() },
        Contender { label: "tungstenite", start: Server::tungstenite, footprints: Vec::new() },
        Contender { label: "ws101", start: Server::ws101, footprints: Vec::new() },
        Contender { label: "loop", start: Server::event_loop, footprints: Vec::new() },
    ];
    for round in 1..=plan.memory_rounds {
        for contender in &mut contenders {
            let server = (contender.start)()?;
            let footprint = footprint(&server, plan.idle).map_err(|error| format!("{}: {error}", contender.label))?;
            let (label, silent) = (server.label, footprint.silent);
            eprintln!("memory: round {round} of {}, {label}: {silent:.1} KiB each", plan.memory_rounds);
            contender.footprints.push(footprint);
        }
    }
    Ok(part(plan, &contenders))
}

fn part(plan: &Plan, contenders: &[Contender]) -> Part {
    let figure = |title: &str, of: fn(&Footprint) -> f64| Figure {
        title: title.into(),
        servers: contenders.iter().map(|contender| (contender.label, contender.values(of))).collect(),
        show: show_tenths,
        ratios_to: OTHERS,
    };
    let silent = figure("silent, KiB", |footprint| footprint.silent);
    let echoed = figure("after an echo, KiB", |footprint| footprint.echoed);
    let mut idle = figure(&format!("CPU in {:?} of idleness, ms", plan.idle), |footprint| footprint.idle_cpu);
    // Nothing divided by nothing.
    idle.ratios_to = &[];
    idle.show = show_whole;
    let goals = goals(&silent, &echoed, &idle);
    Part { table: report::table(&[silent, echoed, idle]), goals }
}

fn goals(silent: &Figure, echoed: &Figure, idle: &Figure) -> Vec<Goal> {
    // A tick may be charged for what was not quite over before.
    let tick = TICK.as_secs_f64() * 1e3;
    vec![
        Goal::at_most("RSS of a silent connection, KiB", silent.median("ws101"), 16.0, show_tenths),
        Goal::at_most("RSS of a connection after an echo, KiB", echoed.median("ws101"), 21.0, show_tenths),
        Goal::at_most("CPU of 5,000 idle connections, ms", idle.median("ws101"), tick, show_whole),
    ]
}

fn footprint(server: &Server, idle: Duration) -> Outcome<Footprint> {
    let empty = server.settled()?;
    let mut clients = open_all(server)?;
    let silent = server.settled()?;
    echo_once(server, &mut clients)?;
    let echoed = server.settled()?;
    process::wait(idle);
    let later = server.usage_now()?;
    let each = |usage: Usage| usage.rss.saturating_sub(empty.rss) as f64 / CONNECTIONS as f64;
    Ok(Footprint { silent: each(silent), echoed: each(echoed), idle_cpu: (later.cpu - echoed.cpu).as_secs_f64() * 1e3 })
}

fn open_all(server: &Server) -> Outcome<Vec<Client>> {
    let share = || (0..CONNECTIONS / CLIENT_THREADS).map(|_| server.open()).collect::<Outcome<Vec<Client>>>();
    let shares = at_once((0..CLIENT_THREADS).map(|_| share))?;
    Ok(shares.into_iter().flatten().collect())
}

fn echo_once(server: &Server, clients: &mut [Client]) -> Outcome<()> {
    let exchange = Exchange::new(server.speaks, TEXT, SIZE, 1);
    let mut scratch = Vec::new();
    clients.iter_mut().try_for_each(|client| client.exchange(&exchange, &mut scratch))
}
