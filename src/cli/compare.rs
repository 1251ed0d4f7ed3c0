//! The options of `compare`, and what they mean to it.

use super::values::{duration, payload, poll_interval, rate, url};
use crate::client::Url;
use crate::compare::{Rate, Settings};
use clap::Args;
use clap::builder::BoolishValueParser;
use std::time::Duration;

/// What stands below the options.
pub const EXAMPLES: &str = "\
Examples:
  ws101 compare                             a server of its own, once a second
  ws101 compare http://localhost:8080       a server that runs, or its proxy
  ws101 compare --rate 1/s --rate 20/s      one scenario after the other
  ws101 compare --poll-interval 1s,200ms    two clients that poll, side by side
  ws101 compare --json > figures.json       the same for a program

RUST_LOG=debug tells what the server of its own does (default: warn).
Every option has an environment variable: WS101_FOR, WS101_RATE, ...; lists are separated by commas.
Durations: 500ms, 10s, 2m. Sizes: 100, 4KiB. Rates: 20/s, 1/m, 1/h.";

/// Options of `compare`.
#[derive(Debug, Clone, Args)]
pub struct Compare {
    /// A server to measure, as http://localhost:8080; without it: one of its own
    #[arg(value_name = "URL", value_parser = url)]
    pub url: Option<Url>,

    /// Time to publish events for, in each scenario
    #[arg(long = "for", value_name = "TIME", env = "WS101_FOR", default_value = "10s", value_parser = duration)]
    pub time: Duration,

    /// Time between two short polls; repeatable: several clients side by side
    #[arg(long, value_name = "TIME", env = "WS101_POLL_INTERVAL", value_delimiter = ',', default_value = "1s", value_parser = poll_interval)]
    pub poll_interval: Vec<Duration>,

    /// How often an event is published; repeatable: several scenarios, one after the other
    #[arg(long, value_name = "N/UNIT", env = "WS101_RATE", value_delimiter = ',', default_value = "1/s", value_parser = rate)]
    pub rate: Vec<Rate>,

    /// Length of an event's text
    #[arg(long, value_name = "SIZE", env = "WS101_PAYLOAD", default_value = "64", value_parser = payload)]
    pub payload: u64,

    /// Clients of each transport; their figures are added up
    #[arg(long, value_name = "N", env = "WS101_CLIENTS", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub clients: u16,

    /// Print one JSON document instead of tables
    #[arg(long, env = "WS101_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

impl Compare {
    /// What is to be measured.
    pub fn settings(&self) -> Settings {
        Settings {
            url: self.url.clone(),
            time: self.time,
            poll_intervals: self.poll_interval.clone(),
            rates: self.rate.clone(),
            payload: self.payload as usize,
            clients: usize::from(self.clients),
        }
    }
}
