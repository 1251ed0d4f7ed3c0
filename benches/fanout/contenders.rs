//! The servers to compare, each with its audience.

use std::time::Duration;

use crate::audience::Audience;
use crate::common::Outcome;
use crate::common::rounds::{Contender, Sample};
use crate::common::server::{Server, Speaks, ws101_command};

pub const SUBSCRIBERS: usize = 1000;

impl Server {
    pub fn bare() -> Outcome<Self> {
        Self::start_own("bare", Speaks::Tcp)
    }

    pub fn batched() -> Outcome<Self> {
        Self::start_own("bare, batched", Speaks::Tcp)
    }

    pub fn ws101() -> Outcome<Self> {
        Self::start("ws101", Speaks::WebSocket, &mut ws101_command())
    }
}

/// A server that all subscribers are connected to.
pub struct Feed {
    pub server: Server,
    pub audience: Audience,
}

impl Feed {
    pub fn start(server: Server) -> Outcome<Self> {
        let audience = Audience::open(&server, SUBSCRIBERS, 0)?;
        Ok(Self { server, audience })
    }

    /// As many deliveries as can be, with at most `window` events under way.
    pub fn deliver(&mut self, window: usize, time: Duration) -> Outcome<Sample> {
        let before = self.server.usage();
        let (events, elapsed) = self.audience.keep_publishing(window, time)?;
        let cpu = before.zip(self.server.usage()).map(|(before, after)| after.cpu - before.cpu);
        Ok(Sample { count: events * SUBSCRIBERS as u64, elapsed, cpu })
    }
}

impl Contender for Feed {
    fn label(&self) -> &'static str {
        self.server.label
    }
}
