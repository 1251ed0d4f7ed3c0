//! Figures and goals, as tables that can be pasted into a page.

use super::rounds::{Sample, Series};

/// One thing that was measured of every server.
pub struct Figure {
    pub title: String,
    pub servers: Vec<(&'static str, Values)>,
    pub show: fn(f64) -> String,
    /// Those every server is set against.
    pub ratios_to: &'static [&'static str],
}

/// One value a round. None where there is no /proc to read them from.
pub type Values = Option<Vec<f64>>;

impl Figure {
    pub fn median(&self, server: &str) -> Option<f64> {
        self.values(server).map(|values| quantile(values, 0.5))
    }

    /// The median of each round's ratio, not the ratio of the medians: what slowed
    /// one server's turn slowed the other's next to it.
    pub fn ratio(&self, server: &str, to: &str) -> Option<f64> {
        let pairs = self.values(server)?.iter().zip(self.values(to)?);
        let ratios: Vec<f64> = pairs.map(|(value, to)| value / to).collect();
        Some(quantile(&ratios, 0.5))
    }

    fn values(&self, server: &str) -> Option<&[f64]> {
        let (_, values) = self.servers.iter().find(|(label, _)| *label == server)?;
        values.as_deref()
    }

    /// The figure's own column, then one for each ratio.
    fn titles(&self) -> Vec<String> {
        let ratios = self.ratios_to.iter().map(|to| format!("/ {to}"));
        [self.title.clone()].into_iter().chain(ratios).collect()
    }

    fn cells(&self, server: &str) -> Vec<String> {
        let figure = self.values(server).map(|values| self.show_values(values));
        let ratios = self.ratios_to.iter().map(|to| self.ratio(server, to).map(show_ratio));
        [figure].into_iter().chain(ratios).map(or_skipped).collect()
    }

    fn show_values(&self, values: &[f64]) -> String {
        let [low, median, high] = [0.25, 0.5, 0.75].map(|part| (self.show)(quantile(values, part)));
        format!("{median} ({low} to {high})")
    }
}

/// The value that this part of all values does not exceed. 0.5 is the median, 1 the largest.
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1) as f64;
    sorted.get((last * part).round() as usize).copied().unwrap_or(f64::NAN)
}

/// Things done in a second.
pub fn rate(thing: &str, all: &[Series], ratios_to: &'static [&'static str]) -> Figure {
    let value = |sample: &Sample| Some(sample.count as f64 / sample.elapsed.as_secs_f64());
    let servers = all.iter().map(|series| (series.label, series.samples.iter().map(value).collect()));
    Figure { title: format!("{thing}/s"), servers: servers.collect(), show: show_count, ratios_to }
}

/// The server's CPU for one thing done, in microseconds.
pub fn cpu(thing: &str, all: &[Series], ratios_to: &'static [&'static str]) -> Figure {
    let value = |sample: &Sample| sample.cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / sample.count as f64);
    let servers = all.iter().map(|series| (series.label, series.samples.iter().map(value).collect()));
    Figure { title: format!("CPU a {thing}, us"), servers: servers.collect(), show: show_hundredths, ratios_to }
}

/// A line a server, the figures side by side.
pub fn table(figures: &[Figure]) -> String {
    let servers = figures.first().map(|figure| figure.servers.as_slice()).unwrap_or_default();
    let titles = figures.iter().flat_map(Figure::titles);
    let header = [String::from("server")].into_iter().chain(titles).collect();
    markdown(header, servers.iter().map(|(server, _)| line(server, figures)))
}

fn line(server: &str, figures: &[Figure]) -> Vec<String> {
    let cells = figures.iter().flat_map(|figure| figure.cells(server));
    [server.to_string()].into_iter().chain(cells).collect()
}

/// What ws101 set out to reach.
pub struct Goal {
    what: &'static str,
    wanted: String,
    measured: Option<String>,
    met: bool,
}

impl Goal {
    pub fn at_least(what: &'static str, measured: Option<f64>, limit: f64, show: fn(f64) -> String) -> Self {
        let met = measured.is_some_and(|measured| measured >= limit);
        Self { what, wanted: format!("at least {}", show(limit)), measured: measured.map(show), met }
    }

    pub fn at_most(what: &'static str, measured: Option<f64>, limit: f64, show: fn(f64) -> String) -> Self {
        let met = measured.is_some_and(|measured| measured <= limit);
        Self { what, wanted: format!("at most {}", show(limit)), measured: measured.map(show), met }
    }

    fn cells(&self) -> Vec<String> {
        let verdict = if self.met { "met" } else { "missed" };
        let verdict = self.measured.as_ref().map(|_| verdict.to_string());
        vec![self.what.into(), self.wanted.clone(), or_skipped(self.measured.clone()), or_skipped(verdict)]
    }
}

pub fn goals(goals: &[Goal]) -> String {
    let header = ["ws101", "goal", "measured", "verdict"];
    markdown(header.map(String::from).to_vec(), goals.iter().map(Goal::cells))
}

fn markdown(header: Vec<String>, lines: impl Iterator<Item = Vec<String>>) -> String {
    let rule = header.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { "---:" }.to_string());
    let rule = rule.collect();
    [header, rule].into_iter().chain(lines).map(|cells| format!("| {} |\n", cells.join(" | "))).collect()
}

fn or_skipped(cell: Option<String>) -> String {
    cell.unwrap_or_else(|| "skipped: needs /proc".into())
}

pub fn show_count(value: f64) -> String {
    match value {
        1e6.. => format!("{:.2} M", value / 1e6),
        1e4.. => format!("{:.1} k", value / 1e3),
        _ => format!("{value:.0}"),
    }
}

pub fn show_hundredths(value: f64) -> String {
    format!("{value:.2}")
}

pub fn show_tenths(value: f64) -> String {
    format!("{value:.1}")
}

pub fn show_ratio(value: f64) -> String {
    format!("{value:.2} x")
}
