//! `ws101 connect` as a user meets it: the real binary, its pipes and its exit status, against the real server and against
//! servers that do what no good server does.
//!
//! What it prints is compared whole. Times, addresses and keys are words by then. Everything that is waited for has a
//! deadline.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

#[path = "connect/clock.rs"]
mod clock;
#[path = "connect/ends.rs"]
mod ends;
#[path = "connect/floods.rs"]
mod floods;
#[path = "connect/handshake.rs"]
mod handshake;
#[path = "connect/log.rs"]
mod log;
#[path = "connect/pipe.rs"]
mod pipe;
#[path = "connect/refused.rs"]
mod refused;
#[path = "connect/tls.rs"]
mod tls;
#[path = "connect/waits.rs"]
mod waits;
