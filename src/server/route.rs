//! Which request goes where: method and path in, a route out. Pure.

use crate::protocol::refusal::Refusal;

/// The paths of this server, for its page and for 404.
pub const PATHS: [(&str, &str); 6] = [
    ("/", "this page"),
    ("/ws", "WebSocket: echoes text and binary messages as they came"),
    ("/mymsg", "WebSocket: answers `Processed: ` and the message"),
    ("/healthz", "200 while the process lives"),
    ("/readyz", "200 while it takes new work, 503 while it stops"),
    ("/metrics", "what was counted, for Prometheus"),
];

/// Methods of RFC 9110 s9 and RFC 5789. Another one is not implemented (501), whatever the path.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `GET /`: what there is.
    Index,
    /// The process lives.
    Health,
    /// It takes new work.
    Ready,
    /// Figures.
    Metrics,
    /// A WebSocket that does this with its messages.
    WebSocket(Endpoint),
}

/// What a WebSocket does with its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// `/ws`: sends them back.
    Echo,
    /// `/mymsg`: sends them back with `Processed: ` in front.
    Processed,
}

/// Finds the route of a request.
pub fn route(method: &str, path: &str) -> Result<Route, Refusal> {
    if !METHODS.contains(&method) {
        let why = "a method this server does not know (methods are case-sensitive)";
        return Err(Refusal::new(501, "method-unknown", "RFC 9110 s15.6.2", why));
    }
    let route = match path {
        // An absolute target may have no path: `GET http://host HTTP/1.1`.
        "/" | "" => Route::Index,
        "/healthz" => Route::Health,
        "/readyz" => Route::Ready,
        "/metrics" => Route::Metrics,
        "/ws" => Route::WebSocket(Endpoint::Echo),
        "/mymsg" => Route::WebSocket(Endpoint::Processed),
        _ => return Err(not_found()),
    };
    match (route, method) {
        (_, "GET") => Ok(route),
        (Route::WebSocket(_), _) => Err(method_not_allowed("GET", "RFC 6455 s4.2.1").with_handshake()),
        (_, "HEAD") => Ok(route),
        _ => Err(method_not_allowed("GET, HEAD", "RFC 9110 s15.5.6")),
    }
}

fn not_found() -> Refusal {
    let paths: Vec<&str> = PATHS.iter().map(|(path, _)| *path).collect();
    Refusal::new(404, "not-found", "RFC 9110 s15.5.5", format!("nothing is here; there are {}", paths.join(" ")))
}

fn method_not_allowed(allowed: &'static str, section: &'static str) -> Refusal {
    let why = format!("this path takes {allowed} only");
    Refusal::new(405, "method", section, why).with_field("Allow", allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_that_is_listed_has_a_route() {
        for (path, _) in PATHS {
            assert!(route("GET", path).is_ok(), "{path}");
        }
    }

    #[test]
    fn refusals_say_which() {
        let refused = |method, path| route(method, path).expect_err("refused").status;
        assert_eq!(refused("GET", "/nowhere"), 404);
        assert_eq!(refused("GET", "*"), 404);
        assert_eq!(refused("POST", "/"), 405);
        assert_eq!(refused("HEAD", "/ws"), 405);
        assert_eq!(refused("BREW", "/"), 501);
        assert_eq!(refused("get", "/"), 501);
        assert_eq!(route("HEAD", "/healthz"), Ok(Route::Health));
    }
}
