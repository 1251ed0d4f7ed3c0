//! How often a server's threads were taken off the processor: because they had to wait, or because another went first.
//!
//! One count without the other would mislead. A thread a connection waits after each message; a loop that is never out
//! of work does not, but whom it wakes, on as few processors as here, may take its place.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::time::Duration;

use crate::common::Outcome;
use crate::common::process::status;
use crate::common::report::{Figure, show_hundredths};
use crate::common::rounds::{Sample, Series};
use crate::common::server::Server;
use crate::exchange::Exchange;
use crate::rounds::{exchange_on, open};

/// A turn, and the switches in it.
pub struct Counted {
    sample: Sample,
    /// None where there is no /proc.
    switches: Option<Switches>,
}

#[derive(Clone, Copy, Default)]
struct Switches {
    voluntary: u64,
    forced: u64,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sample.fmt(f)
    }
}

/// As `rounds::keep_exchanging`. The count is made while the connections are open: a thread that has ended is in no list.
pub fn keep_exchanging(server: &Server, connections: usize, exchange: &Exchange, turn: Duration) -> Outcome<Counted> {
    let mut clients = open(server, connections)?;
    let before = of_threads(server.pid());
    let sample = exchange_on(server, &mut clients, exchange, turn)?;
    let switches = before.zip(of_threads(server.pid())).map(|(before, after)| since(&before, &after));
    Ok(Counted { sample, switches })
}

/// The turns alone, for the figures that all rows have.
pub fn samples(all: &[Series<Counted>]) -> Vec<Series> {
    let samples = |series: &Series<Counted>| series.samples.iter().map(|counted| counted.sample).collect();
    all.iter().map(|series| Series { label: series.label, samples: samples(series) }).collect()
}

/// Of all threads together, for one message.
pub fn figures(all: &[Series<Counted>]) -> [Figure; 2] {
    [
        figure("switches a message, to wait", all, |switches| switches.voluntary),
        figure("forced", all, |switches| switches.forced),
    ]
}

fn figure(title: &str, all: &[Series<Counted>], of: fn(Switches) -> u64) -> Figure {
    let value = |counted: &Counted| Some(of(counted.switches?) as f64 / counted.sample.count as f64);
    let servers = all.iter().map(|series| (series.label, series.samples.iter().map(value).collect()));
    // No ratios: some have next to none.
    Figure { title: title.into(), servers: servers.collect(), show: show_hundredths, ratios_to: &[] }
}

/// Each thread's counts so far. proc(5): /proc/TID is there for every thread, though only processes are listed.
fn of_threads(pid: u32) -> Option<HashMap<u32, Switches>> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let threads = threads.filter_map(|thread| thread.ok()?.file_name().to_str()?.parse().ok());
    // One that ends meanwhile has no file any more.
    Some(threads.filter_map(|thread| Some((thread, of_thread(thread)?))).collect())
}

fn of_thread(thread: u32) -> Option<Switches> {
    let voluntary = status(thread, "voluntary_ctxt_switches")?;
    Some(Switches { voluntary, forced: status(thread, "nonvoluntary_ctxt_switches")? })
}

/// Thread by thread, so that one of an earlier turn that ends in this one takes nothing away.
fn since(before: &HashMap<u32, Switches>, after: &HashMap<u32, Switches>) -> Switches {
    let mut sum = Switches::default();
    for (thread, now) in after {
        let then = before.get(thread).copied().unwrap_or_default();
        sum.voluntary += now.voluntary.saturating_sub(then.voluntary);
        sum.forced += now.forced.saturating_sub(then.forced);
    }
    sum
}
