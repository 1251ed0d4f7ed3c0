//! Short polling: the answer is what there is at this moment, often nothing. The client asks again when it likes.
//!
//! Its two prices: an event waits for the next poll, and a poll costs the same whether or not there was an event.

use super::encoded::{Encoded, in_words, json_array};
use super::{Feed, LAST_ID};
use crate::feed::log::Backlog;
use crate::feed::reader::PART;
use crate::protocol::response::Response;

/// What came after `after`, at once. Answers with the words of the log, too.
pub fn answer(feed: &Feed, after: Option<u64>) -> (Response, String) {
    let has = after.unwrap_or_else(|| feed.last());
    let backlog = feed.after(has, PART);
    let reached = backlog.reached().unwrap_or(has);
    array_or_nothing(&backlog, reached)
}

/// 200 and a JSON array, or 204 when there is nothing. Either is true for this moment and this reader only, so no cache
/// may keep it.
pub fn array_or_nothing(backlog: &Backlog<Encoded>, reached: u64) -> (Response, String) {
    let (response, words) = if backlog.is_empty() {
        (Response::head_only(204), String::new())
    } else {
        (Response::new(200, "application/json", json_array(backlog)), format!(": {}", in_words(backlog)))
    };
    (response.with_field("Cache-Control", "no-store").with_field(LAST_ID, reached.to_string()), words)
}
