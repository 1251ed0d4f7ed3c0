//! What a subscriber costs while nothing happens: before the first event, and after some. Every turn is a new process.

use crate::audience::Audience;
use crate::common::Outcome;
use crate::common::benchmark::Part;
use crate::common::process::{reason_to_skip, status};
use crate::common::report::{self, Figure, Goal, show_hundredths, show_tenths};
use crate::common::server::Server;
use crate::contenders::SUBSCRIBERS;
use crate::plan::Plan;
use crate::rows::BARE;
use crate::rows::delay::INTERVAL;

const EVENTS: u32 = 10;

/// One server, started anew for every round.
struct Contender {
    label: &'static str,
    start: fn() -> Outcome<Server>,
    footprints: Vec<Footprint>,
}

/// What was seen of one process, for each of its connections.
struct Footprint {
    threads: f64,
    /// RSS, KiB, before there was any event.
    silent: f64,
    /// RSS, KiB, after events.
    told: f64,
}

pub fn run(plan: &Plan) -> Outcome<Part> {
    if let Some(reason) = reason_to_skip(SUBSCRIBERS) {
        return Ok(Part { table: format!("skipped: {reason}"), goals: Vec::new() });
    }
    let mut contenders = [
        Contender { label: "bare", start: Server::bare, footprints: Vec::new() },
        Contender { label: "ws101", start: Server::ws101, footprints: Vec::new() },
    ];
    for round in 1..=plan.memory_rounds {
        for contender in &mut contenders {
            let label = contender.label;
            let footprint = footprint(&(contender.start)()?).map_err(|error| format!("{label}: {error}"))?;
            eprintln!(
                "subscribers: round {round} of {}, {label}: {:.1} KiB each",
                plan.memory_rounds, footprint.silent
            );
            contender.footprints.push(footprint);
        }
    }
    Ok(part(&contenders))
}

fn footprint(server: &Server) -> Outcome<Footprint> {
    let threads = || status(server.pid(), "Threads").ok_or("its process has ended");
    let (empty, threads_before) = (server.settled()?, threads()?);
    let mut audience = Audience::open(server, SUBSCRIBERS, 0)?;
    let (silent, threads_then) = (server.settled()?, threads()?);
    audience.publish_at(INTERVAL, EVENTS * INTERVAL)?;
    let told = server.settled()?;
    // The publisher has a connection too.
    let each = |before: u64, after: u64| after.saturating_sub(before) as f64 / (SUBSCRIBERS + 1) as f64;
    Ok(Footprint {
        threads: each(threads_before, threads_then),
        silent: each(empty.rss, silent.rss),
        told: each(empty.rss, told.rss),
    })
}

fn part(contenders: &[Contender]) -> Part {
    let figure = |title: &str, show: fn(f64) -> String, of: fn(&Footprint) -> f64| Figure {
        title: title.into(),
        servers: contenders.iter().map(|one| (one.label, Some(one.footprints.iter().map(of).collect()))).collect(),
        show,
        ratios_to: BARE,
    };
    let mut threads = figure("threads", show_hundredths, |footprint| footprint.threads);
    threads.ratios_to = &[];
    let silent = figure("silent, KiB", show_tenths, |footprint| footprint.silent);
    let told = figure("after 10 events, KiB", show_tenths, |footprint| footprint.told);
    let goals = vec![
        Goal::at_most("RSS of a silent subscriber, KiB", silent.median("ws101"), 40.0, show_tenths),
        Goal::at_most("RSS of a subscriber after 10 events, KiB", told.median("ws101"), 40.0, show_tenths),
    ];
    Part { table: report::table(&[threads, silent, told]), goals }
}
