//! Taking an event in: `POST /feed`, with the text as its body.

use super::Feed;
use crate::protocol::refusal::Refusal;
use crate::protocol::response::Response;

/// Publishes the body of a request. Its content type does not count: `curl -d` says that it is a form.
pub fn publish(feed: &Feed, body: Vec<u8>) -> Result<(Response, String), Refusal> {
    let text = String::from_utf8(body).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let why = format!("the text of an event is UTF-8, and byte {} of this body is not", at + 1);
        Refusal::new(400, "not-utf8", "RFC 3629 s3", why)
    })?;
    let published = feed.publish(text);
    let body = [published.encoded.json(), b"\n"].concat();
    let response = Response::new(200, "application/json", body).with_field("Cache-Control", "no-store");
    Ok((response, format!(": event {} published", published.event.id)))
}
