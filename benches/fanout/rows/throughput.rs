//! As many deliveries a second as can be. The publisher waits for the slowest subscriber, so no queue is ever full.
//!
//! With one event under way every delivery wakes a thread and is a write of its own. With many, a thread that wakes
//! finds several, and may write them together.

use crate::audience::UNDER_WAY;
use crate::common::Outcome;
use crate::common::benchmark::Part;
use crate::common::report::{self, Goal, show_ratio};
use crate::common::rounds::alternate;
use crate::common::server::Server;
use crate::contenders::Feed;
use crate::plan::Plan;
use crate::rows::BOTH;

pub fn many(plan: &Plan) -> Outcome<Part> {
    run("throughput", "throughput: deliveries/s, / bare", UNDER_WAY, plan)
}

pub fn one(plan: &Plan) -> Outcome<Part> {
    run("lockstep", "lockstep: deliveries/s, / bare", 1, plan)
}

fn run(name: &str, goal: &'static str, under_way: usize, plan: &Plan) -> Outcome<Part> {
    let mut feeds = [Feed::start(Server::bare()?)?, Feed::start(Server::batched()?)?, Feed::start(Server::ws101()?)?];
    let series = alternate(name, &mut feeds, plan.rounds, |feed| feed.deliver(under_way, plan.turn))?;
    let rate = report::rate("deliveries", &series, BOTH);
    let goals = vec![Goal::at_least(goal, rate.ratio("ws101", "bare"), 0.8, show_ratio)];
    Ok(Part { table: report::table(&[rate, report::cpu("delivery", &series, BOTH)]), goals })
}
