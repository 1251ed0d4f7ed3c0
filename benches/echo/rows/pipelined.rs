//! Many small messages on the way at once: what a message costs when the
//! switch between threads is shared by many.

use std::time::Duration;

use crate::Outcome;
use crate::frames::{Exchange, Opcode};
use crate::report::{self, Goal, show_ratio};
use crate::rounds::{Plan, Sample, alternate, keep_exchanging};
use crate::rows::{OTHERS, Part};
use crate::server::Server;

const CONNECTIONS: usize = 16;
const IN_FLIGHT: usize = 32;
const SIZE: usize = 32;

pub fn run(plan: &Plan) -> Outcome<Part> {
    let series = alternate("pipelined", &Server::start_all()?, plan.rounds, |server| turn(server, plan.turn))?;
    let rate = report::rate("message", &series, OTHERS);
    let goals = vec![
        Goal::at_least("pipelined: messages/s, / bare", rate.ratio("ws101", "bare"), 0.80, show_ratio),
        Goal::at_least("pipelined: messages/s, / tungstenite", rate.ratio("ws101", "tungstenite"), 5.0, show_ratio),
    ];
    Ok(Part { table: report::table(&[rate, report::cpu("message", &series, OTHERS)]), goals })
}

pub fn turn(server: &Server, time: Duration) -> Outcome<Sample> {
    let exchange = Exchange::new(server.speaks, Opcode::Text, SIZE, IN_FLIGHT);
    keep_exchanging(server, CONNECTIONS, &exchange, time)
}
