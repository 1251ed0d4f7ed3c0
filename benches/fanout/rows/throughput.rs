//! As many deliveries a second as can be. The publisher waits for the slowest subscriber, so no queue is ever full.
//!
//! With one event under way every delivery wakes a thread and is a write of its own. With many, a thread that wakes
//! finds several, and may write them together: ws101 does, the bare fan-out does not. So there is one more that does.

use crate::audience::UNDER_WAY;
use crate::common::Outcome;
use crate::common::benchmark::Part;
use crate::common::report::{self, Goal, show_ratio};
use crate::common::rounds::alternate;
use crate::common::server::Server;
use crate::contenders::Feed;
use crate::plan::Plan;
use crate::rows::BARE;

pub fn many(plan: &Plan) -> Outcome<Part> {
    let feeds = [Feed::start(Server::bare()?)?, Feed::start(Server::batched()?)?, Feed::start(Server::ws101()?)?];
    run("throughput", "throughput: deliveries/s, / bare", feeds, UNDER_WAY, &["bare", "bare, batched"], plan)
}

pub fn one(plan: &Plan) -> Outcome<Part> {
    let feeds = [Feed::start(Server::bare()?)?, Feed::start(Server::ws101()?)?];
    run("lockstep", "lockstep: deliveries/s, / bare", feeds, 1, BARE, plan)
}

fn run<const N: usize>(
    name: &str,
    goal: &'static str,
    mut feeds: [Feed; N],
    under_way: usize,
    others: &'static [&'static str],
    plan: &Plan,
) -> Outcome<Part> {
    let series = alternate(name, &mut feeds, plan.rounds, |feed| feed.deliver(under_way, plan.turn))?;
    let rate = report::rate("deliveries", &series, others);
    let goals = vec![Goal::at_least(goal, rate.ratio("ws101", "bare"), 0.8, show_ratio)];
    Ok(Part { table: report::table(&[rate, report::cpu("delivery", &series, others)]), goals })
}
