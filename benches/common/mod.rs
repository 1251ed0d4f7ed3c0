//! What the benchmarks share: servers as processes of their own, fair turns, tables and goals.
//!
//! Reading order: `accept`, `server`, `process`, `frames`, `client`, `rounds`, `report`, `arguments`, `benchmark`.

pub mod accept;
pub mod arguments;
pub mod benchmark;
pub mod client;
pub mod frames;
pub mod process;
pub mod report;
pub mod rounds;
pub mod server;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;
pub type Outcome<T> = Result<T, Failure>;
