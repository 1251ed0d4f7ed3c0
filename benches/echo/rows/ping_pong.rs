//! One small message at a time: nearly all of it is the switch between threads.
//! CPU is the figure to look at; the rate is the client's as much as the server's.
//! The event loop is the one without that switch.

use std::time::Duration;

use crate::common::Outcome;
use crate::common::benchmark::Part;
use crate::common::frames::TEXT;
use crate::common::report::{self, Goal, show_ratio};
use crate::common::rounds::alternate;
use crate::common::server::{Server, Speaks};
use crate::exchange::Exchange;
use crate::rounds::Plan;
use crate::rows::OTHERS;
use crate::switches::{self, Counted, keep_exchanging};

pub const CONNECTIONS: usize = 64;
const SIZE: usize = 32;

pub fn run(plan: &Plan) -> Outcome<Part> {
    let counted = alternate("ping-pong", &mut Server::start_all()?, plan.rounds, |server| turn(server, plan.turn))?;
    let series = switches::samples(&counted);
    let cpu = report::cpu("message", &series, OTHERS);
    let goals = vec![Goal::at_most("ping-pong: CPU a message, / bare", cpu.ratio("ws101", "bare"), 1.10, show_ratio)];
    let [to_wait, forced] = switches::figures(&counted);
    let figures = [report::rate("messages", &series, OTHERS), cpu, to_wait, forced];
    Ok(Part { table: report::table(&figures), goals })
}

/// Twice as long as other turns, so that a tick of 10 ms is little of the CPU it counts.
pub fn turn(server: &Server, time: Duration) -> Outcome<Counted> {
    keep_exchanging(server, CONNECTIONS, &exchange(server.speaks), 2 * time)
}

pub fn exchange(speaks: Speaks) -> Exchange {
    Exchange::new(speaks, TEXT, SIZE, 1)
}
