//! Short polling: the answer is what there is at this moment, often nothing. The client asks again when it likes.
//!
//! Its two prices: an event waits for the next poll, and a poll costs the same whether or not there was an event.

use super::encoded::{Encoded, in_words, json_array};
use super::{Feed, LAST_ID, long_poll};
use crate::feed::log::Backlog;
use crate::feed::reader::{PART, Reader, WhenSlow};
use crate::protocol::response::Response;
use std::sync::Arc;
use std::time::Duration;

/// How long a doubt about a number lasts at most, where many servers share a log.
const DOUBT: Duration = Duration::from_secs(3);

/// What came after `after`, at once. Answers with the words of the log, too.
pub fn answer(feed: &Arc<Feed>, after: Option<u64>) -> (Response, String) {
    let has = after.unwrap_or_else(|| feed.last());
    if has > feed.last() && feed.source().is_elsewhere() {
        // Another server may have handed out an event that is on its way here. While nothing can come, nothing is waited for.
        let wait = if feed.source().is_away() { Duration::ZERO } else { DOUBT };
        return long_poll::answer(Reader::new(feed, after, WhenSlow::ReadsOn), wait);
    }
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
