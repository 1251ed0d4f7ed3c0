//! The plain answers: what `GET /`, `/healthz`, `/readyz` and `/metrics` say, and who gives the others.

use super::Server;
use super::connections;
use super::metrics;
use super::route::{Asset, PATHS, Route};
use super::site;
use crate::protocol::head::Request;
use crate::protocol::refusal::Refusal;
use crate::protocol::response::Response;

const TEXT: &str = "text/plain; charset=utf-8";

/// The answer of a route that is not a WebSocket.
pub fn answer(route: Route, server: &Server, request: &Request<'_>) -> Result<Response, Refusal> {
    Ok(match route {
        Route::Ready if server.is_draining() => {
            Response::new(503, TEXT, "stopping: no new work\n").with_field("Retry-After", "1")
        }
        Route::Ready if server.feed.source().is_away() => feed_is_away(server),
        Route::Ready => Response::new(200, TEXT, "ready\n"),
        Route::Health => Response::new(200, TEXT, "alive\n"),
        Route::Metrics => metrics_page(server),
        Route::Connections => connections::answer(server, request)?,
        Route::Asset(asset) => site::file(asset),
        Route::Index if site::is_wanted(request) => site::file(Asset::Document).with_field("Vary", "Accept"),
        Route::Index | Route::Feed(_) | Route::Watch | Route::WebSocket(_) => {
            Response::new(200, TEXT, index()).with_field("Vary", "Accept")
        }
    })
}

/// Another server may still reach the place that the feed is kept in: let clients go there.
fn feed_is_away(server: &Server) -> Response {
    let away = server.feed.source().away();
    let words = away.map(|away| format!(" for {:.1?}: {}", away.began.elapsed(), away.why)).unwrap_or_default();
    Response::new(503, TEXT, format!("not ready: the feed's Redis is away{words}\n")).with_field("Retry-After", "1")
}

/// One connection too many.
pub fn overloaded() -> Response {
    Response::new(503, TEXT, "503 Service Unavailable: as many connections as this server takes. Try again later.\n")
        .with_field("Retry-After", "1")
        .with_field("Connection", "close")
}

/// A stop began while this request was on its way.
pub fn stopping() -> Response {
    Response::new(503, TEXT, "503 Service Unavailable: this server is stopping.\n").with_field("Retry-After", "1")
}

fn metrics_page(server: &Server) -> Response {
    // Under the registry's lock: a connection that ends meanwhile would be counted twice, as open and as ended.
    let text = server.registry.look(|open| server.metrics.text(open.map(|entry| &entry.outbound.traffic)));
    let text = text + &metrics::of_feed(server.feed.last(), server.feed.readers() as u64);
    let source = server.feed.source();
    let text = if source.is_elsewhere() { text + &metrics::of_source(!source.is_away()) } else { text };
    Response::new(200, "text/plain; version=0.0.4; charset=utf-8", text)
}

fn index() -> String {
    let paths: String = PATHS.iter().map(|(path, what)| format!("  {path:<16}{what}\n")).collect();
    format!(
        "ws101: a WebSocket server that shows every byte and says why it is there.\n\n{paths}\n\
         A browser gets a page here instead, which shows the bytes of its own connection. In its console:\n\n  \
         ws = new WebSocket('/ws'); ws.onmessage = e => console.log(e.data); ws.onopen = () => ws.send('Hello')\n\n\
         With RUST_LOG=trace the server's terminal shows each of those bytes.\n"
    )
}
