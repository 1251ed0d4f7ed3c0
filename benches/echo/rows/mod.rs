//! What is measured, a file a kind of row.

mod connect;
mod large;
mod memory;
mod ping_pong;
mod pipelined;
mod tap;
mod watch;

use crate::common::benchmark::Row;
use crate::rounds::Plan;

/// Those every server is set against.
const OTHERS: &[&str] = &["bare", "tungstenite"];

pub const ROWS: &[Row<Plan>] = &[
    Row { name: "pipelined", title: "32-byte text messages, 16 connections, 32 in flight", run: pipelined::run },
    Row { name: "ping-pong", title: "32-byte text messages, 64 connections, one in flight", run: ping_pong::run },
    Row { name: "large-text", title: "64 KiB text messages, 4 connections, one in flight", run: large::text },
    Row { name: "large-binary", title: "64 KiB binary messages, 4 connections, one in flight", run: large::binary },
    Row { name: "memory", title: "5,000 connections: RSS each, and CPU while idle", run: memory::run },
    Row { name: "connect", title: "Connect, upgrade, one echo, closing handshake; 8 at a time", run: connect::run },
    Row { name: "tap-pipelined", title: "What the tap costs: ws101, pipelined, by log level", run: tap::pipelined },
    Row { name: "tap-ping-pong", title: "What the tap costs: ws101, ping-pong, by log level", run: tap::ping_pong },
    Row { name: "watch-pipelined", title: "What being watched costs: ws101, pipelined", run: watch::pipelined },
    Row { name: "watch-ping-pong", title: "What being watched costs: ws101, ping-pong", run: watch::ping_pong },
];

fn show_whole(value: f64) -> String {
    format!("{value:.0}")
}
