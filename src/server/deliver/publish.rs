//! Taking an event in: `POST /feed`, with the text as its body.

use super::encoded::Encoded;
use crate::feed::Publisher;
use crate::protocol::refusal::Refusal;
use crate::protocol::response::Response;

/// Publishes the body of a request. Its content type does not count: `curl -d` says that it is a form.
pub fn publish(publisher: &Publisher<Encoded>, body: Vec<u8>) -> Result<(Response, String), Refusal> {
    let text = String::from_utf8(body).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let why = format!("the text of an event is UTF-8, and byte {} of this body is not", at + 1);
        Refusal::new(400, "not-utf8", "RFC 3629 s3", why)
    })?;
    let event = publisher.publish(text).map_err(unavailable)?;
    let body = event.json() + "\n";
    let response = Response::new(200, "application/json", body).with_field("Cache-Control", "no-store");
    Ok((response, format!(": event {} published", event.id)))
}

/// RFC 9110 s15.6.4: "currently unable to handle the request due to a temporary overload or scheduled maintenance, which
/// will likely be alleviated after some delay".
fn unavailable(why: String) -> Refusal {
    Refusal::new(503, "feed-away", "RFC 9110 s15.6.4", why + "; try again later").with_field("Retry-After", "1")
}
