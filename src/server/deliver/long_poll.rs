//! Long polling: the request is held until there is something to say, or its wait is over. The client asks again at once.
//!
//! Its price: a connection and a thread for as long as the request is held. A client that goes away meanwhile is not
//! noticed before the wait ends, since nothing is read or written: the end of its sending side may as well be that of a
//! client that has said all and still listens.

use super::encoded::Encoded;
use super::short_poll::array_or_nothing;
use crate::feed::log::Backlog;
use crate::feed::reader::{News, Reader};
use crate::protocol::response::Response;
use std::time::{Duration, Instant};

/// Holds the request for `wait`, whatever happens meanwhile: it shows whether every hop on the way holds it, too. A server
/// that stops ends the wait.
pub fn hold(mut reader: Reader<Encoded>, wait: Duration) -> (Response, String) {
    let (has, until) = (reader.has(), Instant::now() + wait);
    while Instant::now() < until && matches!(reader.wait(Some(until)), News::Backlog(_)) {}
    array_or_nothing(&Backlog::default(), has)
}

/// Waits for news, for at most `wait`. A server that stops ends the wait.
pub fn answer(mut reader: Reader<Encoded>, wait: Duration) -> (Response, String) {
    let backlog = match reader.wait(Some(Instant::now() + wait)) {
        News::Backlog(backlog) => backlog,
        News::Nothing | News::Ended | News::TooSlow => Backlog::default(),
    };
    array_or_nothing(&backlog, reader.has())
}
