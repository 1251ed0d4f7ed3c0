//! The feed, handed out in four ways. They differ in who asks, how often, and what is held open meanwhile.
//!
//! | path | file | a request ... | a thread ... |
//! |---|---|---|---|
//! | `/feed/poll` | [`short_poll`] | for each look | for as long as the connection is kept |
//! | `/feed/long-poll` | [`long_poll`] | for each piece of news | waits while the request is held |
//! | `/feed/stream` | [`stream`] | for all of them | waits and writes, and does not read |
//! | `/feed/ws`, `/live` | [`socket`] | the opening handshake | reads; a second one, the courier, writes |
//!
//! [`wish`] reads the parameters, [`encoded`] makes the bytes that all share, [`publish`] takes events in.

pub mod encoded;
pub mod long_poll;
pub mod publish;
pub mod short_poll;
pub mod socket;
pub mod stream;
pub mod wish;

use crate::feed::Hub;
use encoded::Encoded;

/// The server's feed.
pub type Feed = Hub<Encoded>;
