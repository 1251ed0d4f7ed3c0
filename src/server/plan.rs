//! What a request gets: decided from its head alone, before anything is written.

use super::Server;
use super::conversation::Cut;
use super::cors;
use super::deliver::request::{FeedRequest, after, only, read, wrong};
use super::inspect::inspected;
use super::pages;
use super::refuse;
use super::registry::{Doing, Entry};
use super::route::{Endpoint, Route, Transport, is_feed, listed, route};
use super::socket;
use super::watching::{self, Wanted};
use crate::protocol::body;
use crate::protocol::forwarded::{self, LastHop};
use crate::protocol::head::{self, Request};
use crate::protocol::proxy;
use crate::protocol::refusal::Refusal;
use crate::protocol::response::Response;
use crate::protocol::upgrade::{self, Accepted};
use crate::wire::escape;
use crate::wire::inspected::Inspected;
use crate::wire::lines::SUMMARY_BYTES;
use crate::wire::secrets::starred_target;
use std::io;

/// What a request gets, decided from its head alone.
pub struct Plan {
    /// The method, escaped for the log.
    pub method: String,
    /// The target, escaped for the log.
    pub target: String,
    /// Length of the head in bytes; all that has come when it could not be read.
    pub head_len: usize,
    /// Where it ends.
    pub limits: Limits,
    /// What it gets.
    pub answer: Answer,
}

/// Where a request and its answer end.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Length of the request's body, to be read before the answer.
    pub body_len: u64,
    /// Whether the answer stays without its body.
    pub to_head: bool,
    /// Whether another request may follow.
    pub keep_alive: bool,
}

/// What a request gets.
pub enum Answer {
    /// A page, or a refusal.
    Page(Box<Page>),
    /// Something of the feed.
    Feed(Box<FeedRequest>),
    /// What passes on another connection.
    Watch(Wanted),
    /// A WebSocket.
    Upgrade(Accepted, Opening),
}

/// An answer that is ready to be written.
pub struct Page {
    /// How it is said.
    pub response: Response,
    /// What is refused, if something is.
    pub refusal: Option<Refusal>,
}

/// What a WebSocket that is granted is to be.
#[derive(Debug, Clone)]
pub struct Opening {
    /// What it does with messages.
    pub endpoint: Endpoint,
    /// Whether a silent peer is pinged.
    pub pings: Pings,
    /// Where events are pushed to it: the last one it has. `None`: those from now on.
    pub after: Option<u64>,
    /// What is said first: how the request arrived (`?inspect=1`).
    pub inspected: Option<Box<Inspected>>,
    /// Whether its TCP connection is to end at the first message, and how (`?cut=`).
    pub cut: Option<Cut>,
}

/// Whether the server pings a silent peer. `?ping=off` turns it off, to watch what idle timers on the way do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pings {
    /// As the configuration says.
    AsConfigured,
    /// Never.
    Off,
}

/// Who decides: the server's configuration, and what is known of the connection.
#[derive(Clone, Copy)]
pub struct Planner<'a> {
    /// The server.
    pub server: &'a Server,
    /// The connection.
    pub entry: &'a Entry,
    /// It should have begun with a header of the PROXY protocol, and did not.
    pub lacks_proxy_header: bool,
}

impl Planner<'_> {
    /// The plan for a head that was read.
    #[inline(never)]
    pub fn plan(&self, request: &Request<'_>, head: &[u8]) -> Plan {
        let head_len = head.len();
        self.see(request, head);
        let target = starred_target(&escape::text(request.target.as_bytes()));
        let method = escape::text(request.method.as_bytes());
        let to_head = request.method == "HEAD";
        let mut answer = self.answer(request, head).map_err(|refusal| self.refuse(refusal, request, head));
        // Who publishes has the body read, whatever was expected before it was sent.
        let mut reads_body = false;
        if let Ok((Answer::Feed(asked), _)) = &mut answer
            && asked.transport == Transport::Publish
        {
            asked.head = head.to_vec();
            reads_body = true;
        }
        let keep_alive = self.keeps_alive(request, reads_body);
        match answer {
            Ok((answer, body_len)) => {
                Plan { method, target, head_len, limits: Limits { body_len, to_head, keep_alive }, answer }
            }
            Err((refusal, response)) => {
                let body_len = body::length(request, self.server.config.max_body, "--max-body");
                // Who wanted a WebSocket has no other request to send, and some clients wait for the end.
                let wanted_websocket = refusal.show_handshake || request.has_token("upgrade", "websocket");
                // And whose request was malformed, or had a body without a length, may send more that is no request.
                let may_go_on = !wanted_websocket && !matches!(refusal.status, 400 | 411);
                let keep_alive = keep_alive && body_len.is_ok() && may_go_on;
                let limits = Limits { body_len: body_len.unwrap_or(0), to_head, keep_alive };
                let answer = Answer::Page(Box::new(Page { response, refusal: Some(refusal) }));
                Plan { method, target, head_len, limits, answer }
            }
        }
    }

    /// Whom it comes from, and what the log has to say of it before it is answered.
    #[inline(never)]
    fn see(&self, request: &Request<'_>, head: &[u8]) {
        // Who comes without the header that the proxy writes did not come by way of the proxy.
        let believed = self.server.config.behind_proxy && !self.lacks_proxy_header;
        let hop = believed.then(|| forwarded::last_hop(request));
        self.entry.client().asks(hop);
        let client = self.entry.client().address(self.entry.peer);
        let mut half = self.entry.outbound.lock();
        half.eyes().head(request.path(), client, head);
        if let Some(LastHop::Unreadable(bytes)) = hop {
            let shown = escape::quoted(bytes, bytes.len() as u64, SUMMARY_BYTES);
            half.tell(
                &self.entry.who,
                '!',
                &format!("X-Forwarded-For ends with {shown}, no address: it is passed over"),
            );
        }
    }

    #[inline(never)]
    fn refuse(&self, refusal: Refusal, request: &Request<'_>, head: &[u8]) -> (Refusal, Response) {
        let mut response = refuse::response(&refusal, head, Some(request), || inspected(self.server, self.entry, head));
        if is_feed(request.path()) {
            // A page that may read the answers may read why there is none.
            response.fields.extend(cors::fields(request, &self.server.config.allow_origin));
        }
        (refusal, response)
    }

    /// The answer and the length of the request's body.
    fn answer(&self, request: &Request<'_>, head: &[u8]) -> Result<(Answer, u64), Refusal> {
        if self.lacks_proxy_header {
            return Err(proxy::missing());
        }
        head::check_host(request)?;
        let route = route(request.method, request.path());
        self.entry.does(Doing { path: listed(request.path()), websocket: false });
        if let Some(token) = request.parameter("watch")
            && let Ok(Route::WebSocket(_) | Route::Feed(_)) = route
        {
            self.let_watch(token, request, matches!(route, Ok(Route::WebSocket(_))), head)?;
        }
        if let Ok(Route::WebSocket(endpoint)) = route {
            self.check_admission(&route)?;
            // Before the decision is shown: it says "granted".
            let opening = self.opening(endpoint, request, head).map_err(Refusal::with_handshake)?;
            return Ok((Answer::Upgrade(self.decide_upgrade(request)?, opening), 0));
        }
        self.plain_answer(route, request)
    }

    /// What the parameters ask of a WebSocket.
    #[inline(never)]
    fn opening(&self, endpoint: Endpoint, request: &Request<'_>, head: &[u8]) -> Result<Opening, Refusal> {
        let after = self.check_push(endpoint, request)?;
        let pings = if request.parameter("ping") == Some("off") { Pings::Off } else { Pings::AsConfigured };
        let inspected = wants_inspection(request)?.then(|| Box::new(inspected(self.server, self.entry, head)));
        Ok(Opening { endpoint, pings, after, inspected, cut: cut(request)? })
    }

    /// Where the request ends is asked before what it wants: nothing can be right in one that has no clear end.
    #[inline(never)]
    fn plain_answer(&self, route: Result<Route, Refusal>, request: &Request<'_>) -> Result<(Answer, u64), Refusal> {
        let body_len = self.body_len(&route, request)?;
        self.check_admission(&route)?;
        if let Some(response) = cors::preflight(request, &self.server.config.allow_origin) {
            return Ok((page(response), body_len));
        }
        let route = route?;
        // RFC 9110 s10.1.1: 100-continue is the only expectation there is. It is answered by the final status.
        if request.list("expect").any(|wish| !wish.eq_ignore_ascii_case(b"100-continue")) {
            return Err(Refusal::new(417, "expectation", "RFC 9110 s10.1.1", "an expectation other than 100-continue"));
        }
        match route {
            Route::Feed(transport) => Ok((Answer::Feed(self.feed_request(transport, request)?), body_len)),
            Route::Watch => Ok((Answer::Watch(watching::read(request)?), body_len)),
            _ => Ok((page(pages::answer(route, self.server, request)?), body_len)),
        }
    }

    /// From here on who knows the token may watch, or see what is counted.
    #[inline(never)]
    fn let_watch(&self, token: &str, request: &Request<'_>, websocket: bool, head: &[u8]) -> Result<(), Refusal> {
        let path = websocket.then(|| request.path());
        let token = watching::token(token).map_err(|refusal| match path {
            Some(_) => refusal.with_handshake(),
            None => refusal,
        })?;
        let recorder = watching::recorder(self.server, self.entry, token, path)?;
        if let Some(recorder) = recorder {
            self.entry.outbound.lock().eyes().watch(recorder, head);
        }
        Ok(())
    }

    /// What is wanted of the feed. Publishing changes something, so the page that asks for it must be let in, as on the
    /// socket.
    fn feed_request(&self, transport: Transport, request: &Request<'_>) -> Result<Box<FeedRequest>, Refusal> {
        if transport == Transport::Publish {
            self.server.config.policy.check(request)?;
            if request.value("content-length").is_none() {
                return Err(no_length());
            }
        }
        let mut asked = read(transport, request)?;
        asked.cors = cors::fields(request, &self.server.config.allow_origin);
        Ok(Box::new(asked))
    }

    /// How long the body is. One that is to become an event has a limit of its own.
    fn body_len(&self, route: &Result<Route, Refusal>, request: &Request<'_>) -> Result<u64, Refusal> {
        let config = &self.server.config;
        match route {
            Ok(Route::Feed(Transport::Publish)) => body::length(request, config.max_event, "--max-event"),
            _ => body::length(request, config.max_body, "--max-body"),
        }
    }

    /// While the server stops, and for one connection too many, only health is answered.
    fn check_admission(&self, route: &Result<Route, Refusal>) -> Result<(), Refusal> {
        let (reason, why) = if self.entry.turned_away {
            ("too-many-connections", "as many connections as this server takes (--max-connections); try again later")
        } else if self.server.is_draining() {
            ("draining", "this server is stopping; try again, or another one")
        } else {
            return Ok(());
        };
        if matches!(route, Ok(Route::Health | Route::Ready)) {
            return Ok(());
        }
        // A stream that ends makes a browser come again, and a 503 would not (WHATWG HTML, "Server-sent events").
        if reason == "draining" && matches!(route, Ok(Route::Feed(Transport::Stream))) {
            return Ok(());
        }
        Err(Refusal::new(503, reason, "RFC 9110 s15.6.4", why).with_field("Retry-After", "1"))
    }

    /// Where events are pushed there must be a second thread to do it. Answers from which event on.
    fn check_push(&self, endpoint: Endpoint, request: &Request<'_>) -> Result<Option<u64>, Refusal> {
        let (busy, _) = self.server.registry.busy_and_turned_away();
        if endpoint.is_pushed() && busy >= self.server.config.max_connections {
            return Err(no_second_thread());
        }
        // `/live` tells texts without numbers, so nobody can know which one was the last.
        if endpoint == Endpoint::Feed { after(request) } else { Ok(None) }
    }

    #[inline(never)]
    fn decide_upgrade(&self, request: &Request<'_>) -> Result<Accepted, Refusal> {
        let decision = upgrade::decide(request, &self.server.config.policy);
        self.entry.outbound.lock().eyes().decision(&decision);
        decision.outcome
    }

    /// The plan for bytes that are no readable head, or did not become one in time.
    #[inline(never)]
    pub fn unreadable(&self, refusal: Refusal, arrived: &[u8]) -> Plan {
        let head = &arrived[..end_of_head(arrived).min(self.server.config.head.max_head)];
        self.entry.client().asks(None);
        let client = self.entry.client().address(self.entry.peer);
        self.entry.outbound.lock().eyes().unreadable_head(client, head);
        let response = refuse::response(&refusal, head, None, || inspected(self.server, self.entry, head));
        let answer = Answer::Page(Box::new(Page { response, refusal: Some(refusal) }));
        let (method, target) = ("(no readable".to_owned(), "request)".to_owned());
        let limits = Limits { body_len: 0, to_head: false, keep_alive: false };
        Plan { method, target, head_len: arrived.len(), limits, answer }
    }

    fn keeps_alive(&self, request: &Request<'_>, reads_body: bool) -> bool {
        // A client that waits for "100 Continue" and gets the answer instead may send its body or not (RFC 9110
        // s10.1.1): where the next request begins can't be known.
        let waits = request.value("expect").is_some() && !reads_body;
        request.wants_keep_alive() && !waits && !self.entry.turned_away && !self.server.is_draining()
    }
}

fn wants_inspection(request: &Request<'_>) -> Result<bool, Refusal> {
    match only(request, "inspect")? {
        None => Ok(false),
        Some("1") => Ok(true),
        Some(other) => {
            let shown = other.as_bytes().escape_ascii();
            Err(wrong(format!("inspect=\"{shown}\" is nothing known; right is inspect=1, or no inspect")))
        }
    }
}

fn cut(request: &Request<'_>) -> Result<Option<Cut>, Refusal> {
    match only(request, "cut")? {
        None => Ok(None),
        Some("fin") => Ok(Some(Cut::Fin)),
        Some("reset") => Ok(Some(Cut::Reset)),
        Some(other) => {
            let shown = other.as_bytes().escape_ascii();
            Err(wrong(format!("cut=\"{shown}\" is no way to end TCP; right are cut=fin and cut=reset")))
        }
    }
}

fn page(response: Response) -> Answer {
    Answer::Page(Box::new(Page { response, refusal: None }))
}

/// What stands behind the empty line is somebody's body, or another request, and is not shown as part of this one. Empty
/// lines may come before it, too.
fn end_of_head(arrived: &[u8]) -> usize {
    let start = arrived.iter().position(|byte| !b"\r\n".contains(byte)).unwrap_or(0);
    let empty_line = arrived[start..].windows(4).position(|four| four == b"\r\n\r\n");
    empty_line.map_or(arrived.len(), |at| start + at + 4)
}

/// RFC 9110 s15.5.12. Without this a body whose length was forgotten would be an event without text.
fn no_length() -> Refusal {
    let why = "a POST without Content-Length: the body is the text of the event, and may be empty (Content-Length: 0)";
    Refusal::new(411, "length-required", "RFC 9110 s15.5.12", why)
}

/// A connection that events are pushed to takes two threads, and there is only one left.
pub fn no_second_thread() -> Refusal {
    let why = "events are pushed by a second thread, and there is none left (--max-connections); try again later";
    Refusal::new(503, "too-many-connections", "RFC 9110 s15.6.4", why).with_field("Retry-After", "1")
}

/// Why the body of a request could not be read to its end. `None`: the connection is gone, and nobody is left to be told.
pub fn no_body(error: &io::Error) -> Option<Refusal> {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        let why = "the request ended before its body did: Content-Length says how many bytes there are";
        return Some(Refusal::new(400, "body-cut-off", "RFC 9112 s8", why));
    }
    let why = "the request's body did not come in time (--handshake-timeout), or not all of it";
    socket::is_timeout(error).then(|| Refusal::new(408, "body-timeout", "RFC 9110 s15.5.9", why))
}

/// RFC 9110 s15.5.9. An unfinished head is no request, but its sender learns why the connection ends.
pub fn head_timeout() -> Refusal {
    Refusal::new(408, "head-timeout", "RFC 9110 s15.5.9", "the request head did not come in time (--handshake-timeout)")
}
