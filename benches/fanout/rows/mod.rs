//! What is measured, a file a kind of row.

mod delay;
mod slow;
mod subscribers;
mod throughput;

use crate::common::benchmark::Row;
use crate::plan::Plan;

/// The one every server is set against.
const BARE: &[&str] = &["bare"];

pub const ROWS: &[Row<Plan>] = &[
    Row { name: "throughput", title: "1,000 subscribers, 32 events under way", run: throughput::many },
    Row { name: "lockstep", title: "1,000 subscribers, one event under way", run: throughput::one },
    Row { name: "delay", title: "1,000 subscribers, 50 events a second: delay", run: delay::run },
    Row { name: "slow", title: "The same beside one that never reads", run: slow::run },
    Row { name: "subscribers", title: "1,000 subscribers: threads and RSS each", run: subscribers::run },
];
