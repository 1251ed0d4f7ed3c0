//! What is measured, a file a kind of row.

mod connect;
mod large;
mod memory;
mod ping_pong;
mod pipelined;
mod tap;

use crate::Outcome;
use crate::report::Goal;
use crate::rounds::Plan;

/// Those a row of all three servers is set against.
const OTHERS: &[&str] = &["bare", "tungstenite"];

pub struct Row {
    /// What the command line chooses it by.
    pub name: &'static str,
    pub title: &'static str,
    pub run: fn(&Plan) -> Outcome<Part>,
}

/// A row's part of the report.
pub struct Part {
    pub table: String,
    pub goals: Vec<Goal>,
}

const ROWS: &[Row] = &[
    Row { name: "pipelined", title: "32-byte text messages, 16 connections, 32 in flight", run: pipelined::run },
    Row { name: "ping-pong", title: "32-byte text messages, 64 connections, one in flight", run: ping_pong::run },
    Row { name: "large-text", title: "64 KiB text messages, 4 connections, one in flight", run: large::text },
    Row { name: "large-binary", title: "64 KiB binary messages, 4 connections, one in flight", run: large::binary },
    Row { name: "memory", title: "5,000 connections: RSS each, and CPU while idle", run: memory::run },
    Row { name: "connect", title: "Connect, upgrade, one echo, closing handshake; 8 at a time", run: connect::run },
    Row { name: "tap-pipelined", title: "What the tap costs: ws101, pipelined, by log level", run: tap::pipelined },
    Row { name: "tap-ping-pong", title: "What the tap costs: ws101, ping-pong, by log level", run: tap::ping_pong },
];

pub fn named(part: &str) -> Vec<&'static Row> {
    ROWS.iter().filter(|row| row.name.contains(part)).collect()
}

pub fn names() -> String {
    let names: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
    names.join(", ")
}
