//! Large messages: unmasking, UTF-8, and how often the bytes are copied.
//! The bare echo, with its 4 KiB buffer, makes 16 reads and writes of each: tungstenite
//! is the one to set this against.

use crate::common::Outcome;
use crate::common::benchmark::Part;
use crate::common::frames::TEXT;
use crate::common::report::{self, Goal, show_ratio};
use crate::common::rounds::alternate;
use crate::common::server::Server;
use crate::exchange::{BINARY, Exchange};
use crate::rounds::{Plan, keep_exchanging};
use crate::rows::{OTHERS, show_whole};

const CONNECTIONS: usize = 4;
const SIZE: usize = 64 * 1024;

pub fn text(plan: &Plan) -> Outcome<Part> {
    run("large-text", "64 KiB text: messages/s, / tungstenite", TEXT, plan)
}

pub fn binary(plan: &Plan) -> Outcome<Part> {
    run("large-binary", "64 KiB binary: messages/s, / tungstenite", BINARY, plan)
}

fn run(name: &str, goal: &'static str, opcode: u8, plan: &Plan) -> Outcome<Part> {
    let series = alternate(name, &mut Server::start_threaded()?, plan.rounds, |server| {
        let exchange = Exchange::new(server.speaks, opcode, SIZE, 1);
        keep_exchanging(server, CONNECTIONS, &exchange, plan.turn)
    })?;
    let rate = report::rate("messages", &series, OTHERS);
    let mut volume = report::rate("messages", &series, &[]);
    volume.title = "MiB/s each way".into();
    volume.show = |rate| show_whole(rate * SIZE as f64 / (1024.0 * 1024.0));
    let goals = vec![Goal::at_least(goal, rate.ratio("ws101", "tungstenite"), 0.9, show_ratio)];
    Ok(Part { table: report::table(&[rate, volume, report::cpu("message", &series, OTHERS)]), goals })
}
