//! What an answer says that is no 101, in one sentence that is true by itself.

use crate::client::response::Head;
use crate::client::{Refusal, Url};
use crate::wire::escape;
use serde_json::Value;

/// The most that is repeated of anything in it.
const MAX: usize = 160;

/// What the probe adds to the query. A redirect brings it back, and nobody wants to write it again.
const OWN: &str = "inspect=1";

/// The status line, and what stands behind it: where a redirect leads to, what a ws101 gives as its reason, or the beginning
/// of the text.
pub fn says(refusal: &Refusal, url: &Url) -> String {
    let status = status_line(&refusal.head);
    if let Some(location) = location(&refusal.head) {
        return format!("{status}: a redirect, which is not followed: {}", where_to(location, url));
    }
    let text = text(&refusal.body);
    match (text.is_empty(), &refusal.cut) {
        // Many a text says no more than the status does.
        (false, _) if status.ends_with(&text) => status,
        (false, _) => format!("{status}: {text}"),
        (true, None) => format!("{status}, with nothing in it"),
        (true, Some(why)) => format!("{status}; what it says is not known: {why}"),
    }
}

/// The status line, cut. Safe for a terminal.
pub fn status_line(head: &Head) -> String {
    cut(&escape::text(head.status_line().as_bytes()))
}

/// Where a redirect leads to, if this is one.
pub fn location(head: &Head) -> Option<&[u8]> {
    let is_redirect = matches!(head.status, 301 | 302 | 303 | 307 | 308);
    head.value("location").filter(|_| is_redirect)
}

/// The address as one that can be probed: with ws:// or wss://, and without a password.
fn where_to(location: &[u8], url: &Url) -> String {
    let location = String::from_utf8_lossy(location);
    let scheme = if url.tls { "wss" } else { "ws" };
    let absolute = if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{}{location}", url.authority)
    } else {
        location.into_owned()
    };
    match Url::parse(&absolute) {
        Ok(mut there) => {
            there.query = there.query.and_then(|query| without_own(&query));
            cut(&format!("probe {}", escape::text(there.to_string().as_bytes())))
        }
        Err(_) => "its Location is not a URL of a WebSocket".to_owned(),
    }
}

fn without_own(query: &str) -> Option<String> {
    let others: Vec<&str> = query.split('&').filter(|parameter| *parameter != OWN).collect();
    (!others.is_empty()).then(|| others.join("&"))
}

/// What it says, as a ws101 says it in JSON, as a page or as text.
fn text(body: &[u8]) -> String {
    let json: Option<Value> = serde_json::from_slice(body).ok();
    if let Some(why) = json.as_ref().and_then(|json| json["why"].as_str()) {
        return cut(&escape::again(why));
    }
    let line = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).find(|line| !line.is_empty());
    let line = line.unwrap_or_default();
    if line.starts_with(b"<") { cut(&escape::text(page(body).as_bytes())) } else { cut(&escape::text(line)) }
}

/// The title of a page of HTML; without one its text.
fn page(body: &[u8]) -> String {
    let body = String::from_utf8_lossy(body);
    let lower = body.to_ascii_lowercase();
    let title = lower.find("<title>").map(|at| at + "<title>".len());
    let title = title.and_then(|start| lower[start..].find('<').map(|len| &body[start..start + len]));
    let text = match title {
        Some(title) => title.to_owned(),
        // Each piece begins inside of a tag, but for the first.
        None => body
            .split('<')
            .filter_map(|piece| piece.split_once('>'))
            .map(|(_, text)| text)
            .collect::<Vec<_>>()
            .join(" "),
    };
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

fn cut(text: &str) -> String {
    let part: String = text.chars().take(MAX).collect();
    if part.len() < text.len() { format!("{part}…") } else { part }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::response::{Parsed, parse};

    fn said(head: &str, body: &[u8], cut: Option<&str>) -> String {
        let raw_head = format!("HTTP/1.1 {head}\r\n\r\n").into_bytes();
        let Parsed::Complete(head, _) = parse(&raw_head) else { panic!("{head}") };
        let refusal = Refusal { head, raw_head, body: body.to_vec(), cut: cut.map(str::to_owned) };
        says(&refusal, &Url::parse("ws://a:8000/ws").expect("a URL"))
    }

    #[test]
    fn a_redirect_says_what_to_probe() {
        for (location, there) in [
            ("https://example.org/ws?inspect=1", "probe wss://example.org/ws"),
            ("https://u:secret@b/ws?a=1&inspect=1", "probe wss://****@b/ws?a=1"),
            ("/ws/?inspect=1", "probe ws://a:8000/ws/"),
            ("//b/", "probe ws://b/"),
            ("elsewhere", "its Location is not a URL of a WebSocket"),
            ("https://u:secret@/", "its Location is not a URL of a WebSocket"),
        ] {
            let said = said(&format!("301 Moved\r\nLocation: {location}"), b"<html>", None);
            assert_eq!(said, format!("HTTP/1.1 301 Moved: a redirect, which is not followed: {there}"), "{location}");
        }
        assert_eq!(said("302 Found", b"", None), "HTTP/1.1 302 Found, with nothing in it");
    }

    #[test]
    fn the_text_is_told_and_not_the_markup() {
        for (body, text) in [
            (&b"{\"why\":\"no\\u001b[2J\"}"[..], ": no\\u{1b}[2J"),
            (b"\r\n no \xff\r\nsecond", ": no \\xff"),
            (b"<html>\r\n<head><title>400 The plain HTTP</title>", ": 400 The plain HTTP"),
            (b"<html><body><h1>403 Forbidden</h1>\nby rules.\n</body></html>", ": 403 Forbidden by rules."),
            (b"<TITLE>\x1b", ": \\u{1b}"),
            (b"<", ", with nothing in it"),
            (b"<title>403 X</title>", ""),
        ] {
            assert_eq!(said("403 X", body, None), format!("HTTP/1.1 403 X{text}"));
        }
        assert!(said("403 X", &[b'a'; 1000], None).len() < 200);
        assert_eq!(said("403 X", b"", Some("it is cut")), "HTTP/1.1 403 X; what it says is not known: it is cut");
    }
}
