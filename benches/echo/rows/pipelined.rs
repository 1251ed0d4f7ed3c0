//! Many small messages on the way at once: what a message costs when the
//! switch between threads is shared by many.

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

pub const CONNECTIONS: usize = 16;
const IN_FLIGHT: usize = 32;
const SIZE: usize = 32;

pub fn run(plan: &Plan) -> Outcome<Part> {
    let counted = alternate("pipelined", &mut Server::start_all()?, plan.rounds, |server| turn(server, plan.turn))?;
    let series = switches::samples(&counted);
    let rate = report::rate("messages", &series, OTHERS);
    let goals = vec![
        Goal::at_least("pipelined: messages/s, / bare", rate.ratio("ws101", "bare"), 0.80, show_ratio),
        Goal::at_least("pipelined: messages/s, / tungstenite", rate.ratio("ws101", "tungstenite"), 5.0, show_ratio),
    ];
    let [to_wait, forced] = switches::figures(&counted);
    let figures = [rate, report::cpu("message", &series, OTHERS), to_wait, forced];
    Ok(Part { table: report::table(&figures), goals })
}

pub fn turn(server: &Server, time: Duration) -> Outcome<Counted> {
    keep_exchanging(server, CONNECTIONS, &exchange(server.speaks), time)
}

pub fn exchange(speaks: Speaks) -> Exchange {
    Exchange::new(speaks, TEXT, SIZE, IN_FLIGHT)
}
