//! Which request goes where: method and path in, a route out. Pure.

use crate::protocol::refusal::Refusal;

/// The paths of this server, for its page and for 404.
pub const PATHS: [(&str, &str); 14] = [
    ("/", "this list; for a browser the page that shows each byte"),
    ("/ws", "WebSocket: echoes text and binary messages as they came"),
    ("/mymsg", "WebSocket: answers `Processed: ` and the message"),
    ("/live", "WebSocket: echoes, and says in between what happens on the feed"),
    ("/feed/poll", "the feed's events after number N, at once (?after=N)"),
    ("/feed/long-poll", "the same, held until there is one (?after=N&wait=25s)"),
    ("/feed/stream", "all of them as they come, for a browser's EventSource"),
    ("/feed/ws", "WebSocket: the same; a text message publishes"),
    ("/feed", "POST: publishes the body as an event"),
    ("/healthz", "200 while the process lives"),
    ("/readyz", "200 while it takes new work, 503 while it stops or its feed's Redis is away"),
    ("/metrics", "what was counted, for Prometheus"),
    ("/connections", "who is connected, as JSON"),
    ("/watch/TOKEN", "what passes on the WebSocket opened with ?watch=TOKEN"),
];

/// Methods of RFC 9110 s9 and RFC 5789. Another one is not implemented (501), whatever the path.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `GET /`: the page, or what there is in words.
    Index,
    /// What the page needs.
    Asset(Asset),
    /// The process lives.
    Health,
    /// It takes new work.
    Ready,
    /// Figures.
    Metrics,
    /// Who is here.
    Connections,
    /// What passes on another connection.
    Watch,
    /// Something of the feed.
    Feed(Transport),
    /// A WebSocket that does this with its messages.
    WebSocket(Endpoint),
}

/// A file of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asset {
    /// `/`, for a browser.
    Document,
    /// `/style.css`.
    Style,
    /// `/app.js`.
    Script,
}

/// What a request does with the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// `POST /feed`: adds an event.
    Publish,
    /// `/feed/poll`: asks for what there is.
    ShortPoll,
    /// `/feed/long-poll`: waits for what comes.
    LongPoll,
    /// `/feed/stream`: gets all that comes.
    Stream,
}

/// What a WebSocket does with its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// `/ws`: sends them back.
    Echo,
    /// `/mymsg`: sends them back with `Processed: ` in front.
    Processed,
    /// `/live`: sends them back, and in between the text of every event.
    Live,
    /// `/feed/ws`: makes events of them, and sends every event.
    Feed,
}

impl Endpoint {
    /// Whether events are pushed to it, by a second thread.
    pub fn is_pushed(self) -> bool {
        matches!(self, Endpoint::Live | Endpoint::Feed)
    }
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
        "/style.css" => Route::Asset(Asset::Style),
        "/app.js" => Route::Asset(Asset::Script),
        "/healthz" => Route::Health,
        "/readyz" => Route::Ready,
        "/metrics" => Route::Metrics,
        "/connections" => Route::Connections,
        _ if path.starts_with("/watch/") => Route::Watch,
        "/ws" => Route::WebSocket(Endpoint::Echo),
        "/mymsg" => Route::WebSocket(Endpoint::Processed),
        "/live" => Route::WebSocket(Endpoint::Live),
        "/feed/ws" => Route::WebSocket(Endpoint::Feed),
        "/feed" => Route::Feed(Transport::Publish),
        "/feed/poll" => Route::Feed(Transport::ShortPoll),
        "/feed/long-poll" => Route::Feed(Transport::LongPoll),
        "/feed/stream" => Route::Feed(Transport::Stream),
        _ => return Err(not_found()),
    };
    if route.methods().split(", ").any(|allowed| allowed == method) {
        return Ok(route);
    }
    Err(match route {
        Route::WebSocket(_) => method_not_allowed("GET", "RFC 6455 s4.2.1").with_handshake(),
        _ => method_not_allowed(route.methods(), "RFC 9110 s15.5.6"),
    })
}

impl Route {
    /// What it takes, as `Allow` says it.
    fn methods(self) -> &'static str {
        match self {
            Route::Feed(Transport::Publish) => "POST",
            // Who asks for the head of a response that waits would wait for nothing.
            Route::WebSocket(_) | Route::Watch | Route::Feed(Transport::LongPoll | Transport::Stream) => "GET",
            Route::Index
            | Route::Asset(_)
            | Route::Health
            | Route::Ready
            | Route::Metrics
            | Route::Connections
            | Route::Feed(Transport::ShortPoll) => "GET, HEAD",
        }
    }
}

/// The path of a request as it is listed, if it is.
pub fn listed(path: &str) -> Option<&'static str> {
    let wanted = if path.starts_with("/watch/") { "/watch/TOKEN" } else { path };
    PATHS.iter().map(|(listed, _)| *listed).find(|listed| *listed == wanted)
}

/// Whether a path is one of those at which the feed speaks HTTP.
pub fn is_feed(path: &str) -> bool {
    ["GET", "POST"].iter().any(|method| matches!(route(method, path), Ok(Route::Feed(_))))
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
            assert!(route("GET", path).or(route("POST", path)).is_ok(), "{path}");
        }
    }

    #[test]
    fn refusals_say_which() {
        let refused = |method, path| route(method, path).expect_err("refused").status;
        assert_eq!(refused("GET", "/nowhere"), 404);
        assert_eq!(refused("GET", "*"), 404);
        assert_eq!(refused("POST", "/"), 405);
        assert_eq!(refused("HEAD", "/ws"), 405);
        assert_eq!(refused("GET", "/feed"), 405);
        assert_eq!(refused("HEAD", "/feed/stream"), 405);
        assert_eq!(refused("BREW", "/"), 501);
        assert_eq!(refused("get", "/"), 501);
        assert_eq!(route("HEAD", "/healthz"), Ok(Route::Health));
    }
}
