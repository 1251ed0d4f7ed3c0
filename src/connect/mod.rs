//! The other end of a WebSocket, for a person, a pipe or a script: what `ws101 connect` does.
//!
//! ```text
//!   prompt ┐                                       ┌▶ stdout: what came
//!   pipe   ├─▶ input ─▶ talk ─▶ tell ─▶ screen ────┤
//!   -x     ┘            ▲  │                       └▶ stderr: everything else
//!                       │  ▼
//!                       link ◀──▶ pump: a thread that reads, one that writes
//! ```
//!
//! [`dial`] opens the connection with the blocking [`crate::client`]. From then on [`talk`] alone decides; it waits for
//! many things at once, so reading and writing have a thread each ([`pump`]). [`ending`] says who closed and why,
//! [`cause`] why an upgrade was probably refused.
//!
//! Left out on purpose: reconnecting, extensions, redirects, proxies that are asked by name. It shows one connection.

pub mod cause;
pub mod clock;
pub mod command;
pub mod dial;
pub mod ending;
pub mod input;
mod json;
pub mod link;
pub mod patience;
pub mod prompt;
pub mod pump;
pub mod screen;
pub mod settings;
pub mod talk;
pub mod tell;
pub mod template;
