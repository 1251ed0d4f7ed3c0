//! How long deliveries took, in three figures.

use std::fmt;
use std::time::Duration;

use crate::common::report::{self, Figure, quantile};
use crate::common::rounds::Series;

/// The delays of all deliveries of a turn, in ms.
pub struct Delays {
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
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
