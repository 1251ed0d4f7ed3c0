//! Why an upgrade was probably refused, in a sentence that says what to try.

use crate::client::error::Refusal;

/// The sentence. Every status has one; what the answer says in words is often better, and is shown above it.
pub fn of(refusal: &Refusal) -> String {
    let head = &refusal.head;
    let field = |name: &str| head.value(name).map(|value| String::from_utf8_lossy(value).into_owned());
    let body = String::from_utf8_lossy(&refusal.body).to_ascii_lowercase();
    if body.contains("plain http request was sent to https port") {
        return "this port speaks TLS: wss:// instead of ws://".to_owned();
    }
    match head.status {
        200..=299 => "an ordinary page: the path is not one of a WebSocket, or a proxy in between dropped Upgrade".to_owned(),
        301 | 302 | 303 | 307 | 308 => match field("location") {
            Some(location) => format!("a redirect, which is not followed: connect to {} (with ws:// or wss://)", shown(&location)),
            None => "a redirect without a Location".to_owned(),
        },
        401 => "it wants to know who you are: ws://USER:PASSWORD@HOST/ sends Basic, -H 'Authorization: Bearer ...' anything else".to_owned(),
        407 => "a proxy wants to know who you are: -H 'Proxy-Authorization: ...'".to_owned(),
        403 => "mostly the Origin: --origin says from which page the handshake claims to come. Or a token or cookie is \
                missing: -H 'Cookie: ...'. Envoy says 403 where upgrades are not allowed (upgrade_configs)"
            .to_owned(),
        404 => "no WebSocket is served at this path, or a proxy in between has no route to it".to_owned(),
        400 if body.contains("subprotocol") => {
            "the server takes no one without a subprotocol that it knows: --protocol NAME offers one".to_owned()
        }
        400 | 426 => upgrade_not_seen(&field("sec-websocket-version")),
        405 => "the path is one of plain HTTP, and not for GET".to_owned(),
        408 => "the server did not get the whole request in time".to_owned(),
        413 | 414 | 431 => "the request's head is too long: fewer or shorter -H".to_owned(),
        421 => "another server is meant by this Host: check the URL, or -H 'Host: ...'".to_owned(),
        429 => match field("retry-after") {
            Some(time) => format!("too many connections or requests; it asks to wait: Retry-After: {}", shown(&time)),
            None => "too many connections or requests: wait".to_owned(),
        },
        502 | 504 => "a proxy in between found nobody behind it, or got no answer that it understands".to_owned(),
        503 => "the server, or a proxy with nobody behind it, takes no connections now".to_owned(),
        505 => "the server was asked in a version of HTTP that it does not take: by a proxy in between, when that is not \
                HTTP/1.1 (nginx before 1.29.7 says 1.0 without proxy_http_version 1.1)"
            .to_owned(),
        500..=599 => "the server failed; its own log knows why".to_owned(),
        _ => "the server's own reason; its text above may tell".to_owned(),
    }
}

/// 426 and 400. RFC 6455 s4.4: the server names the versions that it speaks.
fn upgrade_not_seen(version: &Option<String>) -> String {
    match version {
        Some(versions) if !versions.split(',').any(|version| version.trim() == "13") => {
            format!("the server speaks other versions of the protocol: {}", shown(versions))
        }
        // Many servers name 13 whatever was wrong.
        _ => "the server did not see a whole upgrade request. If yours was whole, a proxy in between took Upgrade away: it \
              is hop-by-hop (RFC 9110 s7.8), and each proxy must be told to pass it on (nginx: proxy_http_version 1.1, \
              proxy_set_header Upgrade $http_upgrade, proxy_set_header Connection \"upgrade\")"
            .to_owned(),
    }
}

fn shown(text: &str) -> String {
    crate::wire::escape::text(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::response::{Parsed, parse};

    fn refusal(status: u16, fields: &str, body: &str) -> Refusal {
        let raw_head = format!("HTTP/1.1 {status} X\r\n{fields}\r\n").into_bytes();
        let Parsed::Complete(head, _) = parse(&raw_head) else { panic!("{fields}") };
        Refusal { head, raw_head, body: body.as_bytes().to_vec(), cut: None }
    }

    fn cause(status: u16, fields: &str) -> String {
        of(&refusal(status, fields, ""))
    }

    #[test]
    fn every_status_has_one_that_ends_like_no_sentence() {
        for status in 200..1000 {
            let said = cause(status, "");
            assert!(!said.is_empty() && !said.ends_with('.') && !said.contains('\n'), "{status}: {said}");
        }
    }

    #[test]
    fn versions_are_only_to_blame_when_ours_is_not_among_them() {
        for (fields, blamed) in [
            ("Sec-WebSocket-Version: 8\r\n", true),
            ("Sec-WebSocket-Version: 113, 7\r\n", true),
            ("Sec-WebSocket-Version: 8, 13 ,7\r\n", false),
            ("", false),
        ] {
            for status in [400, 426] {
                assert_eq!(cause(status, fields).contains("other versions"), blamed, "{fields}");
                assert_eq!(cause(status, fields).contains("hop-by-hop"), !blamed, "{fields}");
            }
        }
    }

    #[test]
    fn what_the_answer_adds_is_repeated_and_escaped() {
        assert!(cause(308, "LOCATION: https://a/\u{202e}\r\n").contains("connect to https://a/\\u{202e} (with"));
        assert!(cause(307, "").contains("without a Location"));
        assert!(cause(429, "Retry-After: 5\u{9b}\r\n").ends_with("Retry-After: 5\\u{9b}"));
        assert!(cause(426, "Sec-WebSocket-Version: \u{9b}\r\n").ends_with(": \\u{9b}"));
    }

    /// nginx says it with 400, in a page.
    #[test]
    fn a_page_that_speaks_of_tls_wins_over_its_status() {
        let body = "<title>400 The plain HTTP request was sent to HTTPS port</title>";
        assert!(of(&refusal(400, "", body)).contains("wss://"));
        assert!(!of(&refusal(400, "", "")).contains("wss://"));
    }
}
