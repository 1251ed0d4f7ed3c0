//! The life of one connection: request after request, each answered, until one becomes a WebSocket or the end comes.
//!
//! A page of the stack that was touched once stays in memory for as long as the thread lives. So the larger steps are
//! never inlined: one uses the pages of the one before it, and an idle connection keeps two of them and not four.

use super::Server;
use super::buffer::Buffer;
use super::conversation::{self, Opened};
use super::endpoint;
use super::pages;
use super::refuse;
use super::registry::Entry;
use super::route::{Endpoint, Route, route};
use super::socket;
use crate::protocol::body;
use crate::protocol::head::{self, Parsed, Request};
use crate::protocol::refusal::Refusal;
use crate::protocol::response::{Response, phrase};
use crate::protocol::session::Session;
use crate::protocol::upgrade::{self, Accepted, Decision};
use crate::wire::escape;
use crate::wire::lines;
use log::info;
use std::io;
use std::net::Shutdown;
use std::time::{Duration, Instant, SystemTime};
use tungstenite::protocol::Role;

/// How long one of too many connections may take to ask whether the server is healthy.
const TURNED_AWAY_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves a connection to its end. Runs on the connection's own thread.
pub fn run(server: &Server, entry: &Entry) {
    let mut connection = Connection { server, entry, buffer: Buffer::new(), requests: 0 };
    let next = connection.serve_requests();
    let Connection { mut buffer, .. } = connection;
    let ending = match next {
        Next::Upgraded(mut opened) => conversation::run(server, entry, &mut opened, &mut buffer),
        Next::Close => Ending::Linger,
        Next::Request | Next::Gone => Ending::Gone,
    };
    if ending == Ending::Linger {
        linger(server, entry, buffer.room());
    }
    say_goodbye(entry);
}

#[inline(never)]
fn say_goodbye(entry: &Entry) {
    if let Some(tap) = entry.outbound.lock().tap() {
        tap.ended();
    }
    let [messages_in, messages_out, bytes_in, bytes_out] = entry.outbound.traffic.read();
    info!(
        "{} = ended after {:.1?}: {messages_in} messages and {bytes_in} bytes in, {messages_out} and {bytes_out} out",
        entry.who,
        entry.since.elapsed()
    );
}

/// How a connection's last word was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Both sides know that it is over: end TCP cleanly.
    Linger,
    /// The socket is dead already.
    Gone,
}

/// The clean end (RFC 6455 s7.1.1, RFC 9112 s9.6): stop writing, read what still comes until the peer ends, close.
#[inline(never)]
fn linger(server: &Server, entry: &Entry, buffer: &mut [u8]) {
    let outbound = &entry.outbound;
    outbound.shut_down(Shutdown::Write);
    socket::drain(outbound.stream(), buffer, server.config.close_timeout, |bytes| outbound.lock().has_read(bytes));
}

/// What follows a request.
enum Next {
    Request,
    Upgraded(Box<Opened>),
    Close,
    Gone,
}

/// What a request gets, decided from its head alone.
struct Plan {
    /// For the log, both escaped: `GET`, `/healthz`.
    method: String,
    target: String,
    /// Length of the head in bytes; all that has come when it could not be read.
    head_len: usize,
    /// Length of the body, to be read before the answer.
    body_len: u64,
    /// Whether the answer stays without its body.
    to_head: bool,
    keep_alive: bool,
    answer: Answer,
}

enum Answer {
    Plain(Response),
    Refused(Box<(Refusal, Response)>),
    Upgrade(Accepted, Endpoint, Pings),
}

/// Whether the server pings a silent peer. `?ping=off` turns it off, to watch what idle timers on the way do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pings {
    /// As the configuration says.
    AsConfigured,
    /// Never.
    Off,
}

struct Connection<'a> {
    server: &'a Server,
    entry: &'a Entry,
    buffer: Buffer,
    requests: u64,
}

impl Connection<'_> {
    #[inline(never)]
    fn serve_requests(&mut self) -> Next {
        loop {
            match self.serve_one() {
                Next::Request => self.requests += 1,
                next => return next,
            }
        }
    }

    /// Reads one head, whatever parts it comes in, and answers it.
    fn serve_one(&mut self) -> Next {
        let Some(deadline) = self.wait_for_first_byte() else { return Next::Gone };
        loop {
            let plan = match head::parse(self.buffer.filled(), &self.server.config.head) {
                Parsed::Complete(request, head_len) => self.plan(&request, head_len),
                Parsed::Refused(refusal) => self.refused(refusal, None),
                Parsed::NeedMore => match self.read(deadline) {
                    Ok(0) => return Next::Gone,
                    Ok(_) => continue,
                    Err(error) if socket::is_timeout(&error) => self.refused(head_timeout(), None),
                    Err(_) => return Next::Gone,
                },
            };
            return self.carry_out(plan, deadline);
        }
    }

    /// Waits until a request begins, and answers when its head must be complete. The first one must be there soon; for
    /// another the peer has the keep-alive timeout, and nobody is told when it passes.
    fn wait_for_first_byte(&mut self) -> Option<Instant> {
        let config = &self.server.config;
        let head_time = if self.entry.turned_away {
            TURNED_AWAY_TIMEOUT.min(config.handshake_timeout)
        } else {
            config.handshake_timeout
        };
        if let Some(tap) = self.entry.outbound.lock().tap() {
            tap.next_request();
        }
        if self.requests > 0 && self.buffer.filled().is_empty() {
            self.entry.set_waiting(true);
            // A drain that looked a moment ago saw us at work: now it would not come again.
            let brought =
                if self.server.is_draining() { Ok(0) } else { self.read(Instant::now() + config.keep_alive_timeout) };
            self.entry.set_waiting(false);
            if !matches!(brought, Ok(1..)) {
                return None;
            }
        }
        Some(Instant::now() + head_time)
    }

    fn read(&mut self, deadline: Instant) -> io::Result<usize> {
        let count = socket::read_before(self.entry.outbound.stream(), self.buffer.room(), deadline)?;
        self.buffer.add(count);
        let filled = self.buffer.filled();
        self.entry.outbound.lock().has_read(&filled[filled.len() - count..]);
        Ok(count)
    }

    #[inline(never)]
    fn plan(&self, request: &Request<'_>, head_len: usize) -> Plan {
        let head = &self.buffer.filled()[..head_len];
        self.show_head(request, head);
        let (method, target) = (escape::text(request.method.as_bytes()), escape::text(request.target.as_bytes()));
        let to_head = request.method == "HEAD";
        let keep_alive = self.keeps_alive(request);
        match self.answer(request) {
            Ok((answer, body_len)) => Plan { method, target, head_len, body_len, to_head, keep_alive, answer },
            Err(refusal) => {
                let response = refuse::response(&refusal, head, Some(request));
                let body_len = body::length(request, self.server.config.max_body);
                // Who wanted a WebSocket has no other request to send, and some clients wait for the end.
                let keep_alive = keep_alive && body_len.is_ok() && !refusal.show_handshake;
                let (body_len, answer) = (body_len.unwrap_or(0), Answer::Refused(Box::new((refusal, response))));
                Plan { method, target, head_len, body_len, to_head, keep_alive, answer }
            }
        }
    }

    /// The answer and the length of the request's body.
    fn answer(&self, request: &Request<'_>) -> Result<(Answer, u64), Refusal> {
        let route = route(request.method, request.path());
        if let Ok(Route::WebSocket(endpoint)) = route {
            self.check_admission(Route::WebSocket(endpoint))?;
            let accepted = self.decide_upgrade(request)?;
            let pings = if request.parameter("ping") == Some("off") { Pings::Off } else { Pings::AsConfigured };
            return Ok((Answer::Upgrade(accepted, endpoint, pings), 0));
        }
        self.plain_answer(route, request)
    }

    /// Where the request ends is asked before what it wants: nothing can be right in one that has no clear end.
    #[inline(never)]
    fn plain_answer(&self, route: Result<Route, Refusal>, request: &Request<'_>) -> Result<(Answer, u64), Refusal> {
        let body_len = body::length(request, self.server.config.max_body)?;
        let route = route?;
        self.check_admission(route)?;
        // RFC 9110 s10.1.1: 100-continue is the only expectation there is. It is answered by the final status.
        if request.list("expect").any(|wish| !wish.eq_ignore_ascii_case(b"100-continue")) {
            return Err(Refusal::new(417, "expectation", "RFC 9110 s10.1.1", "an expectation other than 100-continue"));
        }
        Ok((Answer::Plain(pages::answer(route, self.server)), body_len))
    }

    /// While the server stops, and for one connection too many, only health is answered.
    fn check_admission(&self, route: Route) -> Result<(), Refusal> {
        let (reason, why) = if self.entry.turned_away {
            ("too-many-connections", "as many connections as this server takes (--max-connections); try again later")
        } else if self.server.is_draining() {
            ("draining", "this server is stopping; try again, or another one")
        } else {
            return Ok(());
        };
        if matches!(route, Route::Health | Route::Ready) {
            return Ok(());
        }
        Err(Refusal::new(503, reason, "RFC 9110 s15.6.4", why).with_field("Retry-After", "1"))
    }

    #[inline(never)]
    fn decide_upgrade(&self, request: &Request<'_>) -> Result<Accepted, Refusal> {
        let decision = upgrade::decide(request, &self.server.config.policy);
        self.show_decision(&decision);
        decision.outcome
    }

    #[inline(never)]
    fn show_decision(&self, decision: &Decision) {
        if let Some(tap) = self.entry.outbound.lock().tap() {
            tap.state(&lines::decision(decision));
            if let Ok(accepted) = &decision.outcome {
                tap.state(&lines::accept_key(accepted));
            }
        }
    }

    fn show_head(&self, request: &Request<'_>, head: &[u8]) {
        if let Some(tap) = self.entry.outbound.lock().tap() {
            tap.path_is(request.path());
            tap.request_head(head);
        }
    }

    #[inline(never)]
    fn refused(&self, refusal: Refusal, request: Option<&Request<'_>>) -> Plan {
        let arrived = self.buffer.filled();
        let most = arrived.len().min(self.server.config.head.max_head);
        if let Some(tap) = self.entry.outbound.lock().tap() {
            tap.request_head(&arrived[..most]);
        }
        let response = refuse::response(&refusal, &arrived[..most], request);
        let answer = Answer::Refused(Box::new((refusal, response)));
        let (method, target) = ("(no readable".to_owned(), "request)".to_owned());
        Plan { method, target, head_len: arrived.len(), body_len: 0, to_head: false, keep_alive: false, answer }
    }

    fn keeps_alive(&self, request: &Request<'_>) -> bool {
        // A client that waits for "100 Continue" and gets the answer instead may send its body or not (RFC 9110
        // s10.1.1): where the next request begins can't be known.
        let waits = request.value("expect").is_some();
        request.wants_keep_alive() && !waits && !self.entry.turned_away && !self.server.is_draining()
    }

    #[inline(never)]
    fn carry_out(&mut self, plan: Plan, deadline: Instant) -> Next {
        self.buffer.consume(plan.head_len);
        let (response, words) = match plan.answer {
            Answer::Upgrade(accepted, endpoint, pings) => {
                return self.upgrade(&plan.target, &accepted, endpoint, pings);
            }
            Answer::Plain(response) => (response, String::new()),
            Answer::Refused(refused) => {
                let (refusal, response) = *refused;
                self.server.metrics.count_refusal(refusal.reason);
                (response, format!(": {} ({})", escape::text(refusal.why.as_bytes()), refusal.section))
            }
        };
        let keep_alive = plan.keep_alive && self.skip_body(plan.body_len, deadline).is_ok();
        self.log_answer(&format!("{} {}", plan.method, plan.target), response.status, &words);
        self.write(response, plan.to_head, keep_alive)
    }

    fn log_answer(&self, asked: &str, status: u16, words: &str) {
        let mark = if status < 400 { '=' } else { '!' };
        info!("{} {mark} {asked} -> {status} {}{words}", self.entry.who, phrase(status));
    }

    #[inline(never)]
    fn write(&self, response: Response, to_head: bool, keep_alive: bool) -> Next {
        let connection = if keep_alive { "keep-alive" } else { "close" };
        let response = response
            .with_field("Date", httpdate::fmt_http_date(SystemTime::now()))
            .with_list_element("Connection", connection);
        match self.entry.outbound.lock().write(&response.encode(to_head), false) {
            Ok(()) if keep_alive => Next::Request,
            Ok(()) => Next::Close,
            Err(error) => self.could_not_write(&error),
        }
    }

    fn could_not_write(&self, error: &io::Error) -> Next {
        info!("{} ! the answer could not be written: {error}", self.entry.who);
        Next::Gone
    }

    /// Reads a body past, so that the next request is found behind it.
    fn skip_body(&mut self, len: u64, deadline: Instant) -> io::Result<()> {
        let mut left = len;
        loop {
            let here = left.min(self.buffer.filled().len() as u64);
            self.buffer.consume(here as usize);
            left -= here;
            if left == 0 {
                return Ok(());
            }
            if self.read(deadline)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    #[inline(never)]
    fn upgrade(&self, target: &str, accepted: &Accepted, endpoint: Endpoint, pings: Pings) -> Next {
        let mut opened = self.open(endpoint, pings);
        let mut half = self.entry.outbound.lock();
        // Asked under the lock: the drain looks at each connection under its lock, after it has begun. So either it
        // finds a WebSocket here, or we find that it has begun.
        if self.server.is_draining() {
            drop(half);
            return self.write(pages::stopping(), false, false);
        }
        if let Err(error) = half.upgrade(&accepted.response().encode(false), opened.session.bytes_to_send()) {
            return self.could_not_write(&error);
        }
        self.server.metrics.count_upgrade();
        self.log_open(target, accepted);
        opened.session.sent();
        Next::Upgraded(opened)
    }

    /// A session, with its greeting ready to be sent if the server has a name.
    #[inline(never)]
    fn open(&self, endpoint: Endpoint, pings: Pings) -> Box<Opened> {
        let config = &self.server.config;
        let session = Session::new(Role::Server, config.max_message);
        let mut opened = Box::new(Opened { session, endpoint, pings });
        if let Some(name) = &config.name {
            opened.session.send(endpoint::greeting(name));
            self.entry.outbound.traffic.count_messages(0, 1);
        }
        opened
    }

    #[inline(never)]
    fn log_open(&self, target: &str, accepted: &Accepted) {
        info!("{} = open {target} from {}{}", self.entry.who, self.entry.peer, extras(accepted));
    }
}

fn extras(accepted: &Accepted) -> String {
    let mut extras = String::new();
    if let Some(subprotocol) = &accepted.subprotocol {
        extras.push_str(&format!(", subprotocol {}", escape::text(subprotocol.as_bytes())));
    }
    if !accepted.declined_extensions.is_empty() {
        let offered = escape::text(accepted.declined_extensions.as_bytes());
        extras.push_str(&format!(", extensions declined: {offered}"));
    }
    extras
}

/// RFC 9110 s15.5.9. An unfinished head is no request, but its sender learns why the connection ends.
fn head_timeout() -> Refusal {
    Refusal::new(408, "head-timeout", "RFC 9110 s15.5.9", "the request head did not come in time (--handshake-timeout)")
}
