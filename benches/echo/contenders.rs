//! The servers to compare.

use std::path::Path;

use crate::client::Client;
use crate::common::Outcome;
use crate::common::server::{Server, Speaks, ws101_command};

impl Server {
    /// Those with a thread a connection, in the order of the tables.
    pub fn start_threaded() -> Outcome<Vec<Self>> {
        Ok(vec![Self::bare()?, Self::tungstenite()?, Self::ws101()?])
    }

    /// And the one without.
    pub fn start_all() -> Outcome<Vec<Self>> {
        let mut all = Self::start_threaded()?;
        all.push(Self::event_loop()?);
        Ok(all)
    }

    pub fn bare() -> Outcome<Self> {
        Self::start_own("bare", Speaks::Tcp)
    }

    pub fn tungstenite() -> Outcome<Self> {
        Self::start_own("tungstenite", Speaks::WebSocket)
    }

    pub fn event_loop() -> Outcome<Self> {
        Self::start_own("loop", Speaks::Tcp)
    }

    pub fn ws101() -> Outcome<Self> {
        Self::start("ws101", Speaks::WebSocket, &mut ws101_command())
    }

    /// With a log of this level. The label is the level: in that table all are ws101.
    pub fn ws101_logging(level: &'static str, file: &Path) -> Outcome<Self> {
        let mut command = ws101_command();
        Self::start(level, Speaks::WebSocket, command.env("RUST_LOG", level).arg("--log-file").arg(file))
    }

    /// With room to watch all connections of a run: what passed on one is kept for a minute after its end.
    pub fn ws101_watched(label: &'static str) -> Outcome<Self> {
        Self::start(label, Speaks::WebSocket, ws101_command().args(["--max-watched", "20000"]))
    }

    pub fn open(&self) -> Outcome<Client> {
        Client::open(self.address, self.speaks)
    }
}
