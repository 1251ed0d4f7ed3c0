//! The options of `healthcheck`, and what they mean to it.

use super::values::{duration, server_url};
use crate::client::{Trust, Url};
use clap::Args;
use std::time::Duration;

/// What stands below the options.
pub const EXAMPLES: &str = "\
Examples:
  ws101 healthcheck                                the server of this machine: does it live?
  ws101 healthcheck http://127.0.0.1:8080/readyz   does it take new work?
  ws101 healthcheck -k https://localhost/healthz   through a proxy with a certificate of its own
  ws101 healthcheck --timeout 500ms || echo ill    for a script

Status 0: the answer was 2xx. 1: another answer, or none. 2: wrong use.
The status line goes to stdout, what is wrong to stderr.
Durations: 500ms, 10s, 2m.";

/// Options of `healthcheck`.
#[derive(Debug, Clone, Args)]
pub struct Healthcheck {
    /// What to ask for: its path is asked for as it is written
    // Read in `url`: clap repeats what it cannot read, and there may be a password in it.
    #[arg(value_name = "URL", default_value = "http://127.0.0.1:8080/healthz")]
    pub url: String,

    /// Time for name, TCP, TLS and the answer together
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration)]
    pub timeout: Duration,

    /// Accept any certificate
    #[arg(short = 'k', long)]
    pub insecure: bool,
}

impl Healthcheck {
    /// What is asked for. The error says what would be right.
    pub fn url(&self) -> Result<Url, String> {
        server_url(&self.url).map_err(|error| format!("URL: {error}"))
    }

    /// Which certificates are accepted.
    pub fn trust(&self) -> Trust {
        Trust { insecure: self.insecure, ..Trust::default() }
    }
}
