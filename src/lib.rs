//! A blocking, thread-per-connection WebSocket server that shows every byte and says why it is there.
//!
//! The source is the last chapter of its walkthrough. Read it in this order:
//!
//! 1. [`protocol`]: bytes in, values out. The HTTP head, the upgrade, the frame, the session. No sockets, no threads.
//! 2. [`wire`]: what passed, told to a person. The tap, its words, escapes and stars; what a page is told.
//! 3. [`feed`]: a numbered log of events, and who waits for the next one. No HTTP, no WebSocket.
//! 4. [`server`]: sockets and threads. Accept, answer, talk, deliver the feed in four ways, stop.
//! 5. [`client`]: the other end, blocking as well, with every byte counted.
//! 6. [`compare`]: four ways to follow the feed, measured side by side.
//! 7. [`decode`]: bytes alone, told and judged, and frames made by hand.
//! 8. [`quiz`]: questions about all of these, and answers in their words.
//! 9. [`connect`]: the other end for a person: a prompt, a pipe, and who closed and why.
//! 10. [`probe`]: what stands between the two, and what it does to them.
//! 11. [`check`]: any server, asked case by case, graded and told why.
//! 12. [`broken`]: servers that break one rule each, for it to find.
//! 13. [`cli`] and [`command`]: the command line and what it starts.
//!
//! Imports point one way, from the end of this list to its beginning, never back. `tests/architecture.rs` holds that.
//!
//! ```no_run
//! use std::time::Duration;
//! use ws101::server::{self, Config};
//!
//! let mut handle = server::start(Config { listen: vec!["127.0.0.1:0".into()], ..Config::default() })?;
//! println!("ws://{}/ws", handle.addr);
//! handle.stop(Duration::from_secs(10));
//! # Ok::<(), std::io::Error>(())
//! ```

pub mod broken;
pub mod check;
pub mod cli;
pub mod client;
pub mod command;
pub mod compare;
pub mod connect;
pub mod decode;
pub mod feed;
pub mod probe;
pub mod protocol;
pub mod quiz;
pub mod server;
pub mod wire;
