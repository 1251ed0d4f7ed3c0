//! One feed across two backends: how long an event takes from one to the clients of the other, through a Redis.
//!
//! The same number of subscribers on one backend, with the feed in its memory, says what is the fan-out's share in that:
//! with a thread a connection most of the time goes into waking them.
//!
//! ```text
//! cargo bench --bench cluster                the table
//! cargo bench --bench cluster -- --quick     the same, short and rough
//! ```
//!
//! It needs `redis-server` on PATH (`apt install redis-server`), and starts one of its own, on a port of its own, that
//! writes nothing to disk. Without one it says that it was skipped; where the variable CI is set, it fails.
//!
//! Reading order: `redis`, `publisher`, `cluster`. What the fan-out benchmark uses too is there, and in `common`.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod cluster;
#[allow(dead_code, reason = "this one starts no servers of its own making")]
#[path = "../common/mod.rs"]
mod common;
#[path = "../fanout/delays.rs"]
mod delays;
#[path = "../fanout/listeners.rs"]
mod listeners;
mod publisher;
mod redis;
#[allow(dead_code, reason = "nothing is published over a WebSocket here")]
#[path = "../fanout/transcript.rs"]
mod transcript;

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use cluster::{Cluster, Sample, memory, through_redis};
use common::Outcome;
use common::benchmark::{Benchmark, Part, Row};
use common::report::{self, Figure, Goal, show_hundredths, show_tenths};
use common::rounds::{Series, alternate, preface};
use delays::figures;
use redis::Redis;

const MEMORY: &str = "memory, 500";
const MEMORY_ALL: &str = "memory, 1,000";
const REDIS: &str = "Redis, 500 and 500";
const REDIS_SAME: &str = "Redis, the same backend";
const REDIS_OTHER: &str = "Redis, the other backend";

const TITLE: &str = "100 events a second, 500 subscribers on each of two backends";

fn main() -> ExitCode {
    let rows: &[Row<Plan>] = const { &[Row { name: "cluster", title: TITLE, run }] };
    Benchmark { name: "cluster", servers: &[], plan: Plan::new, rows }.main()
}

struct Plan {
    rounds: usize,
    turn: Duration,
}

impl Plan {
    fn new(quick: bool) -> Plan {
        if quick {
            Plan { rounds: 1, turn: Duration::from_millis(500) }
        } else {
            Plan { rounds: 9, turn: Duration::from_secs(3) }
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&preface(self.rounds))
    }
}

fn run(plan: &Plan) -> Outcome<Part> {
    let Some(redis) = Redis::start()? else {
        let skipped = "skipped: needs redis-server (apt install redis-server)";
        return if std::env::var_os("CI").is_some() {
            Err(skipped.into())
        } else {
            Ok(Part { table: skipped.into(), goals: Vec::new() })
        };
    };
    let mut clusters = [
        Cluster::start(MEMORY, memory()?, 500)?,
        Cluster::start(MEMORY_ALL, memory()?, 1000)?,
        through_redis(REDIS, redis)?,
    ];
    let series = alternate("cluster", &mut clusters, plan.rounds, |cluster| cluster.turn(plan.turn))?;
    Ok(part(series))
}

fn part(series: Vec<Series<Sample>>) -> Part {
    let cores = Figure {
        title: "cores in use".into(),
        servers: series
            .iter()
            .map(|one| (one.label, one.samples.iter().map(|sample| sample.cores).collect()))
            .collect(),
        show: show_hundredths,
        ratios_to: &[],
    };
    let (mut deliveries, mut posts) = (Vec::new(), Vec::new());
    for Series { label, samples } in series {
        let mut parts = (Vec::new(), Vec::new(), Vec::new());
        for Sample { near, far, round_trips, .. } in samples {
            parts.0.push(near);
            parts.1.extend(far);
            parts.2.push(round_trips);
        }
        let (near, far, round_trips) = parts;
        deliveries.push(Series { label: if far.is_empty() { label } else { REDIS_SAME }, samples: near });
        if !far.is_empty() {
            deliveries.push(Series { label: REDIS_OTHER, samples: far });
        }
        posts.push(Series { label, samples: round_trips });
    }
    let (deliveries, [p50, p99, longest]) = (figures(&deliveries, &[]), figures(&posts, &[]));
    let goals =
        vec![Goal::at_most("p99 on the other backend, ms", deliveries[1].median(REDIS_OTHER), 20.0, show_tenths)];
    let table = format!(
        "Published -> delivered:\n\n{}\n`POST /feed` -> its answer:\n\n{}",
        report::table(&deliveries),
        report::table(&[p50, p99, longest, cores])
    );
    Part { table, goals }
}
