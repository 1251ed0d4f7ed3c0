//! The options of `probe`, and what they mean to it.

use super::handshake::Handshake;
use super::values::{duration, section, server_url, size};
use crate::probe::{Name, Settings};
use clap::Args;
use std::time::Duration;

/// What stands below the options.
pub const EXAMPLES: &str = "\
Examples:
  ws101 probe ws://localhost:8080/ws                       all sections, some three minutes
  ws101 probe --only handshake wss://example.org/ws        one handshake, and how it arrived
  ws101 probe --only idle --idle 10m wss://example.org/ws  what ends a silent connection, and when
  ws101 probe --only backends --watch ws://localhost/ws    which servers answer, until Ctrl-C
  ws101 probe --json ws://localhost/ws > report.json       the same for a program

Sections: handshake, idle, stream, size, backends, close.
The report goes to stdout, progress to stderr.
Status 0: all well. 1: something to fix. 2: could not run, or wrong use.
RUST_LOG=debug tells heads and frames of its WebSockets (default: warn).
Durations: 500ms, 10s, 2m. Sizes: 100, 64KiB, 16MiB.";

/// Options of `probe`.
#[derive(Debug, Clone, Args)]
pub struct Probe {
    /// A WebSocket that echoes, best of a ws101 behind the proxy: ws://localhost:8080/ws
    // Read in `settings`: clap repeats what it cannot read, and there may be a password in it.
    #[arg(value_name = "URL")]
    pub url: Option<String>,

    /// Section to run; repeatable, or a list with commas. Default: all
    #[arg(long, value_name = "SECTION", value_delimiter = ',', value_parser = section)]
    pub only: Vec<Name>,

    /// Time to hold silent connections for
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = duration)]
    pub idle: Duration,

    /// Time to hold a long poll for
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub long_poll: Duration,

    /// Largest message to try
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    pub max: u64,

    /// WebSockets, and requests, to see who answers
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub connections: u16,

    /// Go on asking who answers, until Ctrl-C, and tell who leaves and who comes
    #[arg(long)]
    pub watch: bool,

    /// What the handshake says, and to whom.
    #[command(flatten)]
    pub handshake: Handshake,

    /// Time for name, TCP, TLS and opening handshake together, and for each answer
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub timeout: Duration,

    /// Print one JSON document instead of text
    #[arg(long)]
    pub json: bool,
}

impl Probe {
    /// What is to be done. The error says which option cannot be read, and what would be right.
    pub fn settings(&self) -> Result<Settings, String> {
        let options = self.clone();
        let text = options.url.as_deref().ok_or("<URL> is missing: where to, as ws://localhost:8080/ws")?;
        let url = server_url(text).map_err(|error| format!("URL: {error}"))?;
        let (offer, trust) = (self.handshake.offer()?, self.handshake.trust());
        if self.watch && !self.runs(Name::Backends) {
            return Err("--watch goes on with the section backends, which --only leaves out".to_owned());
        }
        Ok(Settings {
            url,
            trust,
            offer,
            only: options.only,
            idle: options.idle,
            long_poll: options.long_poll,
            max: options.max,
            connections: usize::from(options.connections),
            watch: options.watch,
            stop: crossbeam_channel::never(),
            timeout: options.timeout,
        })
    }

    fn runs(&self, name: Name) -> bool {
        self.only.is_empty() || self.only.contains(&name)
    }
}
