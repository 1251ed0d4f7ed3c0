//! What a header field is for, in a few words and with its section: the right-hand column of a head in the log.

/// The purpose of a field, by its name in any case. Empty for a field that has no part in the story.
pub fn of(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    PURPOSES.iter().find(|(field, _)| *field == name).map_or("", |(_, purpose)| purpose)
}

const PURPOSES: [(&str, &str); 47] = [
    ("host", "the server that is meant (RFC 9112 s3.2)"),
    ("upgrade", "the protocol to change to (RFC 9110 s7.8)"),
    ("connection", "fields and wishes for this hop only (RFC 9110 s7.6.1)"),
    ("sec-websocket-key", "16 random bytes; their hash comes back (RFC 6455 s4.1)"),
    ("sec-websocket-accept", "the proof: hash of key and GUID (RFC 6455 s4.2.2)"),
    ("sec-websocket-version", "13 is the only one (RFC 6455 s4.1)"),
    ("sec-websocket-protocol", "subprotocols: offered, or the one chosen (RFC 6455 s1.9)"),
    ("sec-websocket-extensions", "extensions: offered, or those in use (RFC 6455 s9)"),
    ("origin", "the page whose script asks (RFC 6454 s7)"),
    ("user-agent", "the program that asks (RFC 9110 s10.1.5)"),
    ("accept", "media types it can read (RFC 9110 s12.5.1)"),
    ("accept-encoding", "codings it can undo (RFC 9110 s12.5.3)"),
    ("accept-language", "languages its user reads (RFC 9110 s12.5.4)"),
    ("authorization", "who asks: a secret (RFC 9110 s11.6.2)"),
    ("proxy-authorization", "who asks, for a proxy: a secret (RFC 9110 s11.7.2)"),
    ("cookie", "state of an earlier visit: a secret (RFC 6265 s4.2)"),
    ("set-cookie", "state to be sent back: a secret (RFC 6265 s4.1)"),
    ("cache-control", "what caches may do (RFC 9111 s5.2)"),
    ("pragma", "the same for HTTP/1.0 (RFC 9111 s5.4)"),
    ("content-length", "bytes of body that follow (RFC 9110 s8.6)"),
    ("content-type", "what the body is (RFC 9110 s8.3)"),
    ("transfer-encoding", "how the body is framed (RFC 9112 s6.1)"),
    ("keep-alive", "wishes of HTTP/1.0 times (RFC 2068 s19.7.1)"),
    ("expect", "asks before it sends a body (RFC 9110 s10.1.1)"),
    ("date", "when this was written (RFC 9110 s6.6.1)"),
    ("allow", "methods that would do (RFC 9110 s10.2.1)"),
    ("retry-after", "when to come again (RFC 9110 s10.2.3)"),
    ("via", "a proxy passed it on (RFC 9110 s7.6.3)"),
    ("forwarded", "what proxies saw (RFC 7239 s4)"),
    ("x-forwarded-for", "addresses that proxies saw; only the last can be trusted"),
    ("x-forwarded-proto", "http or https, as a proxy saw it"),
    ("x-forwarded-host", "the Host that a proxy got"),
    ("x-real-ip", "an address that a proxy saw"),
    ("x-request-id", "a name that a proxy gave this request"),
    ("x-served-by", "the server that answers, where several could"),
    ("x-accel-buffering", "asks nginx to pass the body on as it comes"),
    ("last-event-id", "the last event a stream's reader has (WHATWG HTML 9.2)"),
    ("feed-last-id", "what to say as after= the next time"),
    ("vary", "fields that the answer depends on (RFC 9110 s12.5.5)"),
    ("access-control-request-method", "what a script wants to send (WHATWG Fetch)"),
    ("access-control-request-headers", "fields it wants to send (WHATWG Fetch)"),
    ("access-control-allow-origin", "whose scripts may read this (WHATWG Fetch)"),
    ("access-control-allow-methods", "what scripts may send (WHATWG Fetch)"),
    ("access-control-allow-headers", "fields scripts may send (WHATWG Fetch)"),
    ("access-control-expose-headers", "fields scripts may read (WHATWG Fetch)"),
    ("access-control-max-age", "seconds to remember these answers (WHATWG Fetch)"),
    ("referer", "the page that leads here (RFC 9110 s10.1.3)"),
];

#[cfg(test)]
mod tests {
    #[test]
    fn names_have_no_case() {
        assert_eq!(super::of("SEC-WebSocket-Key"), super::of("sec-websocket-key"));
        assert!(super::of("Host").contains("RFC 9112"));
        assert_eq!(super::of("X-Unknown"), "");
    }
}
