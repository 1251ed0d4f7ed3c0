//! CORS (WHATWG Fetch): which pages' scripts may *read* answers of the feed. Off unless `--allow-origin` names some.
//!
//! It is the browser that enforces it: the request has reached the server by then, and was answered. A WebSocket has no
//! CORS at all, so there the server itself must look at `Origin` (`--origin`, RFC 6455 s10.2), and it does so for
//! `POST /feed` as well, which changes something.

use super::deliver::{AWAY, LAST_ID};
use super::route::{Route, route};
use crate::protocol::head::Request;
use crate::protocol::response::Response;

/// How long a browser may remember the answer to a preflight, in seconds.
const REMEMBER: &str = "600";

/// The fields that let the script that asks read the answer; none when CORS is off.
pub fn fields(request: &Request<'_>, allowed: &[String]) -> Vec<(&'static str, String)> {
    if allowed.is_empty() {
        return Vec::new();
    }
    let any = allowed.iter().any(|origin| origin == "*");
    let origin = request.value("origin").unwrap_or_default();
    let named = allowed.iter().find(|allowed| origin.eq_ignore_ascii_case(allowed.as_bytes()));
    let mut fields = Vec::new();
    if !any {
        fields.push(("Vary", "Origin".to_owned())); // or a cache would give one page's answer to another
    }
    if any || named.is_some() {
        let who = if any { "*".to_owned() } else { String::from_utf8_lossy(origin).into_owned() };
        fields.push(("Access-Control-Allow-Origin", who));
        fields.push(("Access-Control-Expose-Headers", format!("{LAST_ID}, {}", AWAY.0)));
    }
    fields
}

/// The answer to a preflight: a browser asks before it sends what a form could not. `None`: the request is none, or CORS
/// is off, or the path is not one of the feed's.
pub fn preflight(request: &Request<'_>, allowed: &[String]) -> Option<Response> {
    let wanted = request.value("access-control-request-method")?;
    if allowed.is_empty() || request.method != "OPTIONS" {
        return None;
    }
    let method = std::str::from_utf8(wanted).ok()?;
    let is_feed = |method| matches!(route(method, request.path()), Ok(Route::Feed(_)));
    let methods: Vec<&str> = ["GET", "HEAD", "POST"].into_iter().filter(|method| is_feed(*method)).collect();
    if methods.is_empty() {
        return None;
    }
    let mut response = Response::head_only(204);
    let fields = fields(request, allowed);
    if fields.iter().any(|(name, _)| *name == "Access-Control-Allow-Origin") && methods.contains(&method) {
        response = response
            .with_field("Access-Control-Allow-Methods", methods.join(", "))
            .with_field("Access-Control-Allow-Headers", "Content-Type, Last-Event-ID")
            .with_field("Access-Control-Max-Age", REMEMBER);
    }
    response.fields.extend(fields);
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::head::Field;

    fn request<'a>(method: &'a str, target: &'a str, fields: &[(&'a str, &'a str)]) -> Request<'a> {
        let fields = fields.iter().map(|(name, value)| Field { name, value: value.as_bytes() }).collect();
        Request { method, target, minor_version: 1, fields }
    }

    fn names(allowed: &[&str], origin: &str) -> Vec<String> {
        let allowed: Vec<String> = allowed.iter().map(|origin| (*origin).to_owned()).collect();
        let request = request("GET", "/feed/poll", &[("Origin", origin)]);
        fields(&request, &allowed).into_iter().map(|(name, value)| format!("{name}: {value}")).collect()
    }

    #[test]
    fn only_pages_that_are_named_may_read() {
        const EXPOSE: &str = "Access-Control-Expose-Headers: Feed-Last-Id, Feed-State";
        assert_eq!(names(&[], "https://a"), [""; 0]);
        assert_eq!(names(&["https://a"], "https://b"), ["Vary: Origin"]);
        let granted = ["Vary: Origin", "Access-Control-Allow-Origin: https://a", EXPOSE];
        assert_eq!(names(&["https://b", "https://a"], "https://a"), granted);
        assert_eq!(names(&["*"], "https://a"), ["Access-Control-Allow-Origin: *", EXPOSE]);
    }

    #[test]
    fn a_preflight_says_what_the_path_takes() {
        let allowed = ["https://a".to_owned()];
        let ask = |path, origin, wanted| {
            let fields = [("Origin", origin), ("Access-Control-Request-Method", wanted)];
            preflight(&request("OPTIONS", path, &fields), &allowed)
        };
        let methods = |response: Response| {
            let field = response.fields.into_iter().find(|(name, _)| *name == "Access-Control-Allow-Methods");
            field.map(|(_, value)| value)
        };
        assert_eq!(ask("/feed", "https://a", "POST").map(methods), Some(Some("POST".to_owned())));
        assert_eq!(ask("/feed/poll", "https://a", "GET").map(methods), Some(Some("GET, HEAD".to_owned())));
        assert_eq!(ask("/feed", "https://b", "POST").map(methods), Some(None));
        assert_eq!(ask("/feed", "https://a", "DELETE").map(methods), Some(None));
        assert_eq!(ask("/ws", "https://a", "GET"), None);
        assert_eq!(preflight(&request("OPTIONS", "/feed", &[("Origin", "https://a")]), &allowed), None);
    }
}
