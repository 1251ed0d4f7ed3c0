//! Short lives: a thread, an opening handshake, one message, a closing handshake.
//! The bare echo has one round trip where a WebSocket has three.

use std::time::Instant;

use crate::common::Outcome;
use crate::common::benchmark::Part;
use crate::common::frames::TEXT;
use crate::common::report::{self, Goal, show_ratio};
use crate::common::rounds::alternate;
use crate::common::server::Server;
use crate::exchange::Exchange;
use crate::rounds::{Plan, timed};
use crate::rows::OTHERS;

const AT_A_TIME: usize = 8;
const SIZE: usize = 32;

pub fn run(plan: &Plan) -> Outcome<Part> {
    let series = alternate("connect", &mut Server::start_all()?, plan.rounds, |server| {
        let server: &Server = server;
        let until = Instant::now() + plan.turn;
        timed(server, (0..AT_A_TIME).map(|_| move || live_and_die(server, until)))
    })?;
    let rate = report::rate("connections", &series, OTHERS);
    let goals = vec![Goal::at_least("connect: connections/s, / bare", rate.ratio("ws101", "bare"), 0.8, show_ratio)];
    Ok(Part { table: report::table(&[rate, report::cpu("connection", &series, OTHERS)]), goals })
}

fn live_and_die(server: &Server, until: Instant) -> Outcome<u64> {
    let exchange = Exchange::new(server.speaks, TEXT, SIZE, 1);
    let mut scratch = Vec::new();
    let mut connections = 0;
    while Instant::now() < until {
        let mut client = server.open()?;
        client.exchange(&exchange, &mut scratch)?;
        client.close()?;
        connections += 1;
    }
    Ok(connections)
}
