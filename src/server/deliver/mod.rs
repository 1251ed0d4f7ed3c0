//! The feed, handed out in four ways. They differ in who asks, how often, and what is held open meanwhile.
//!
//! | path | file | a request ... | a thread ... |
//! |---|---|---|---|
//! | `/feed/poll` | [`short_poll`] | for each look | for as long as the connection is kept |
//! | `/feed/long-poll` | [`long_poll`] | for each piece of news | waits while the request is held |
//! | `/feed/stream` | [`stream`] | for all of them | waits and writes, and does not read |
//! | `/feed/ws`, `/live` | [`websocket`] | the opening handshake | reads; a second one, the courier, writes |
//!
//! [`request`] reads the parameters, [`encoded`] makes the bytes that all share, [`publish`] takes events in.

pub mod encoded;
pub mod long_poll;
pub mod publish;
pub mod request;
pub mod short_poll;
pub mod stream;
pub mod websocket;

use crate::feed::Hub;
use encoded::Encoded;

/// Where the client of a poll or a stream learns which number it has reached, in case that no event came: what to say as
/// `after` the next time.
pub const LAST_ID: &str = "Feed-Last-Id";

/// In what the feed answers while the place that it is kept in can't be reached.
pub const AWAY: (&str, &str) = ("Feed-State", "away");

/// The server's feed.
pub type Feed = Hub<Encoded>;
