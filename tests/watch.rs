//! A page that watches its own connection, over real sockets: what it is told, to the letter; what it is not told; and that
//! nobody who watches, badly or at length, is a burden to the connection.
//!
//! Nothing here sleeps. Everything that is waited for has a deadline.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

#[path = "watch/counted.rs"]
mod counted;
#[path = "watch/ends.rs"]
mod ends;
#[path = "watch/floods.rs"]
mod floods;
#[path = "watch/page.rs"]
mod page;
#[path = "watch/refused.rs"]
mod refused;
#[path = "watch/secrets.rs"]
mod secrets;
#[path = "watch/shown.rs"]
mod shown;
#[path = "watch/tokens.rs"]
mod tokens;
