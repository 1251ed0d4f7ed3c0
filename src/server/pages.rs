//! The plain answers: what `GET /`, `/healthz`, `/readyz` and `/metrics` say.

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
