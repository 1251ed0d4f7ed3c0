//! How long a request's body is (RFC 9112 s6). Two readers that disagree about this can be played against each other
//! (request smuggling), so whatever is not plain is refused.
//!
//! Left out on purpose: chunked bodies. No route of this server needs one, so it asks for a length (411).

use super::head::Request;
use super::refusal::Refusal;

/// The length of the body in bytes, 0 when there is none. `limit` is the longest that is read, and `flag` what sets it.
pub fn length(request: &Request<'_>, limit: u64, flag: &str) -> Result<u64, Refusal> {
    if request.value("transfer-encoding").is_some() {
        return Err(transfer_encoding(request));
    }
    // Not `Request::list`: an empty element is no length, and is not passed over.
    let elements = request.values("content-length").flat_map(|value| value.split(|byte| *byte == b','));
    let mut lengths = elements.map(|element| decimal(element.trim_ascii()));
    let Some(first) = lengths.next() else { return Ok(0) };
    let Some(first) = first else { return Err(invalid("Content-Length is not a decimal number, or empty")) };
    // RFC 9112 s6.3: a list of identical lengths may be taken for one; different ones are an unrecoverable error.
    if lengths.any(|other| other != Some(first)) {
        return Err(invalid("two Content-Lengths that differ"));
    }
    if first > limit {
        let why = format!("a body of {first} bytes, over the limit of {limit} ({flag})");
        return Err(Refusal::new(413, "body-too-long", "RFC 9110 s15.5.14", why));
    }
    Ok(first)
}

fn transfer_encoding(request: &Request<'_>) -> Refusal {
    // RFC 9112 s6.3: Content-Length beside Transfer-Encoding "ought to be handled as an error".
    if request.value("content-length").is_some() {
        return invalid("Content-Length together with Transfer-Encoding: which one counts?");
    }
    // RFC 9112 s6.1: "A server or client that receives an HTTP/1.0 message containing a Transfer-Encoding header field
    // MUST treat the message as if the framing is faulty".
    if request.minor_version == 0 {
        return invalid("Transfer-Encoding in an HTTP/1.0 request");
    }
    let is_chunked = |coding: &&[u8]| coding.eq_ignore_ascii_case(b"chunked");
    let codings: Vec<&[u8]> = request.list("transfer-encoding").collect();
    // RFC 9112 s6.3: "If a Transfer-Encoding header field is present in a request and the chunked transfer coding is not
    // the final encoding, the message body length cannot be determined reliably; the server MUST respond with the 400
    // (Bad Request) status code".
    if !codings.last().is_some_and(is_chunked) {
        return invalid("Transfer-Encoding does not end in chunked");
    }
    if codings.len() == 1 {
        let why = "a chunked body: this server wants its length first (Content-Length)";
        return Refusal::new(411, "length-required", "RFC 9110 s15.5.12", why);
    }
    // RFC 9112 s6.1: "A server that receives a request message with a transfer coding it does not understand SHOULD
    // respond with 501 (Not Implemented)."
    Refusal::new(501, "transfer-coding", "RFC 9112 s6.1", "a Transfer-Encoding other than chunked")
}

/// RFC 9110 s8.6: `Content-Length = 1*DIGIT`, so no sign and no blanks. What does not fit into 64 bits counts as the
/// largest number, which is over every limit.
fn decimal(digits: &[u8]) -> Option<u64> {
    let all_digits = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse().ok();
    all_digits.then(|| number(digits).unwrap_or(u64::MAX))
}

fn invalid(why: &str) -> Refusal {
    Refusal::new(400, "body-length", "RFC 9112 s6.3", why)
}

#[cfg(test)]
mod tests {
    use super::super::head::Field;
    use super::*;

    fn verdict(minor_version: u8, fields: &[(&'static str, &'static str)]) -> Result<u64, u16> {
        let fields = fields.iter().map(|(name, value)| Field { name, value: value.as_bytes() }).collect();
        let request = Request { method: "POST", target: "/", minor_version, fields };
        length(&request, 100, "--max-body").map_err(|refusal| refusal.status)
    }

    #[test]
    fn every_way_to_write_a_length() {
        const LENGTH: &str = "Content-Length";
        const CODING: &str = "Transfer-Encoding";
        assert_eq!(verdict(1, &[]), Ok(0));
        assert_eq!(verdict(1, &[(LENGTH, "5")]), Ok(5));
        assert_eq!(verdict(1, &[(LENGTH, "5, 5")]), Ok(5));
        assert_eq!(verdict(1, &[(LENGTH, "5"), (LENGTH, "6")]), Err(400));
        assert_eq!(verdict(1, &[(LENGTH, "5, 6")]), Err(400));
        assert_eq!(verdict(1, &[(LENGTH, "+5")]), Err(400));
        assert_eq!(verdict(1, &[(LENGTH, "")]), Err(400));
        assert_eq!(verdict(1, &[(LENGTH, "5x")]), Err(400));
        assert_eq!(verdict(1, &[(LENGTH, "101")]), Err(413));
        assert_eq!(verdict(1, &[(LENGTH, "99999999999999999999999")]), Err(413));
        assert_eq!(verdict(1, &[(CODING, "chunked")]), Err(411));
        assert_eq!(verdict(1, &[(CODING, "chunked"), (LENGTH, "5")]), Err(400));
        assert_eq!(verdict(1, &[(CODING, "gzip, chunked")]), Err(501));
        assert_eq!(verdict(1, &[(CODING, "chunked, chunked")]), Err(501));
        assert_eq!(verdict(1, &[(CODING, "gzip")]), Err(400));
        assert_eq!(verdict(1, &[(CODING, "chunked, gzip")]), Err(400));
        assert_eq!(verdict(0, &[(CODING, "chunked")]), Err(400));
    }
}
