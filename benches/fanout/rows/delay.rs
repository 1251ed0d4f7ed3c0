//! How long an event takes to each subscriber when there are 50 a second.

use std::time::Duration;

use crate::common::Outcome;
use crate::common::benchmark::Part;
use crate::common::report::{self, Goal, show_tenths};
use crate::common::rounds::alternate;
use crate::common::server::Server;
use crate::contenders::Feed;
use crate::delays::{Delays, figures};
use crate::plan::Plan;
use crate::rows::BARE;

/// 50 a second.
pub const INTERVAL: Duration = Duration::from_millis(20);

pub fn run(plan: &Plan) -> Outcome<Part> {
    let mut feeds = [Feed::start(Server::bare()?)?, Feed::start(Server::ws101()?)?];
    let series = alternate("delay", &mut feeds, plan.paced_rounds, |feed| {
        Ok(Delays::of(&feed.audience.publish_at(INTERVAL, plan.paced_turn)?))
    })?;
    let figures = figures(&series, BARE);
    let goals = vec![Goal::at_most("p99 of the delay, ms", figures[1].median("ws101"), 100.0, show_tenths)];
    Ok(Part { table: report::table(&figures), goals })
}
