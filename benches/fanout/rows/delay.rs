//! How long an event takes to each subscriber when there are 50 a second.

use std::fmt;
use std::time::Duration;

use crate::common::Outcome;
use crate::common::benchmark::Part;
use crate::common::report::{self, Figure, Goal, quantile, show_tenths};
use crate::common::rounds::{Series, alternate};
use crate::common::server::Server;
use crate::contenders::Feed;
use crate::plan::Plan;
use crate::rows::BARE;

/// 50 a second.
pub const INTERVAL: Duration = Duration::from_millis(20);

/// The delays of all deliveries of a turn, in ms.
pub struct Delays {
    p50: f64,
    p99: f64,
    max: f64,
}

impl Delays {
    pub fn of(delays: &[Duration]) -> Self {
        let ms: Vec<f64> = delays.iter().map(|delay| delay.as_secs_f64() * 1e3).collect();
        Self { p50: quantile(&ms, 0.5), p99: quantile(&ms, 0.99), max: quantile(&ms, 1.0) }
    }
}

impl fmt::Display for Delays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p50 {:.1} ms, p99 {:.1} ms, at most {:.1} ms", self.p50, self.p99, self.max)
    }
}

pub fn run(plan: &Plan) -> Outcome<Part> {
    let mut feeds = [Feed::start(Server::bare()?)?, Feed::start(Server::ws101()?)?];
    let series = alternate("delay", &mut feeds, plan.paced_rounds, |feed| {
        Ok(Delays::of(&feed.audience.publish_at(INTERVAL, plan.paced_turn)?))
    })?;
    let figures = figures(&series, BARE);
    let goals = vec![Goal::at_most("p99 of the delay, ms", figures[1].median("ws101"), 100.0, show_tenths)];
    Ok(Part { table: report::table(&figures), goals })
}

/// p50, p99 and the longest.
pub fn figures(all: &[Series<Delays>], ratios_to: &'static [&'static str]) -> [Figure; 3] {
    let figure = |title: &str, of: fn(&Delays) -> f64| Figure {
        title: title.into(),
        servers: all.iter().map(|series| (series.label, Some(series.samples.iter().map(of).collect()))).collect(),
        show: report::show_hundredths,
        ratios_to,
    };
    [figure("p50, ms", |it| it.p50), figure("p99, ms", |it| it.p99), figure("longest, ms", |it| it.max)]
}
