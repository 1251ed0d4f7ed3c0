//! The life of one connection: request after request, each answered, until one becomes a WebSocket or the end comes.
//!
//! A page of the stack that was touched once stays in memory for as long as the thread lives. So the larger steps are
//! never inlined: one uses the pages of the one before it, and an idle connection keeps two of them and not four.

mod feed_request;
mod proxy_header;

use super::Server;
use super::buffer::Buffer;
use super::conversation::{self, Opened};
use super::deliver::websocket;
use super::ending::{Ending, linger, say_goodbye};
use super::endpoint;
use super::inspect::inspected;
use super::pages;
use super::plan::{self, Answer, Limits, Opening, Page, Plan, Planner};
use super::refuse;
use super::registry::{Doing, Entry, Place};
use super::route::Endpoint;
use super::socket;
use crate::protocol::head::{self, Parsed};
use crate::protocol::refusal::Refusal;
use crate::protocol::response::{Response, phrase};
use crate::protocol::session::{Message, Session};
use crate::protocol::upgrade::Accepted;
use feed_request::Asked;
use log::info;
use std::io;
use std::time::{Duration, Instant, SystemTime};
use tungstenite::protocol::Role;

/// How long one of too many connections may take to ask whether the server is healthy.
const TURNED_AWAY_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves a connection to its end. Runs on the connection's own thread.
pub fn run(place: &Place) {
    let (server, entry) = (&*place.server, &*place.entry);
    let mut connection =
        Connection { place, server, entry, buffer: Buffer::new(), requests: 0, lacks_proxy_header: false };
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

/// What follows a request.
enum Next {
    Request,
    Upgraded(Box<Opened>),
    Close,
    Gone,
}

struct Connection<'a> {
    place: &'a Place,
    server: &'a Server,
    entry: &'a Entry,
    buffer: Buffer,
    requests: u64,
    /// It should have begun with a header of the PROXY protocol, and did not.
    lacks_proxy_header: bool,
}

impl<'a> Connection<'a> {
    #[inline(never)]
    fn serve_requests(&mut self) -> Next {
        self.entry.outbound.lock().eyes().next_request();
        if self.server.config.proxy_protocol
            && let Some(next) = self.read_proxy_header()
        {
            return next;
        }
        loop {
            match self.serve_one() {
                Next::Request => self.requests += 1,
                next => return next,
            }
            self.entry.outbound.lock().eyes().next_request();
        }
    }

    /// Reads one head, whatever parts it comes in, and answers it.
    fn serve_one(&mut self) -> Next {
        let Some(deadline) = self.wait_for_first_byte() else { return Next::Gone };
        loop {
            let planner = self.planner();
            let arrived = self.buffer.filled();
            let plan = match head::parse(arrived, &self.server.config.head) {
                Parsed::Complete(request, head_len) => planner.plan(&request, &arrived[..head_len]),
                Parsed::Refused(refusal) => planner.unreadable(refusal, arrived),
                Parsed::NeedMore => match self.read(deadline) {
                    Ok(0) => return Next::Gone,
                    Ok(_) => continue,
                    Err(error) if socket::is_timeout(&error) => {
                        planner.unreadable(plan::head_timeout(), self.buffer.filled())
                    }
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
        let head_time = self.head_time();
        let start = Instant::now();
        let is_first = self.requests == 0;
        let deadline = start + if is_first { head_time } else { config.keep_alive_timeout };
        while self.nothing_has_come() {
            self.buffer.give_back();
            match self.read_while_waiting(deadline) {
                Ok(1..) => {}
                // The first request is late: it gets a 408.
                Err(error) if is_first && socket::is_timeout(&error) => return Some(start),
                _ => return None,
            }
        }
        Some(if is_first { deadline } else { Instant::now() + head_time })
    }

    fn planner(&self) -> Planner<'a> {
        Planner { server: self.server, entry: self.entry, lacks_proxy_header: self.lacks_proxy_header }
    }

    /// How long a head may take.
    fn head_time(&self) -> Duration {
        if self.entry.turned_away { TURNED_AWAY_TIMEOUT } else { self.server.config.handshake_timeout }
    }

    /// RFC 9112 s2.2: empty lines before a request line are passed over.
    fn nothing_has_come(&mut self) -> bool {
        let empty_lines = self.buffer.filled().chunks(2).take_while(|two| *two == b"\r\n").count();
        let nothing_else = self.buffer.filled().len() == 2 * empty_lines;
        // Two of them may be the beginning of a PROXY header, which gets an answer of its own.
        if nothing_else && empty_lines > 2 {
            self.buffer.consume(2 * empty_lines);
        }
        nothing_else
    }

    /// Reads while a drain may end the connection, since nothing has been asked.
    fn read_while_waiting(&mut self, deadline: Instant) -> io::Result<usize> {
        self.entry.set_waiting(true);
        // A drain that looked a moment ago saw us at work: now it would not come again.
        let brought = if self.server.is_draining() && self.requests > 0 { Ok(0) } else { self.read(deadline) };
        self.entry.set_waiting(false);
        brought
    }

    fn read(&mut self, deadline: Instant) -> io::Result<usize> {
        let count = socket::read_before(self.entry.outbound.stream(), self.buffer.room(), deadline)?;
        self.buffer.add(count);
        let filled = self.buffer.filled();
        self.entry.outbound.lock().has_read(&filled[filled.len() - count..]);
        Ok(count)
    }

    #[inline(never)]
    fn carry_out(&mut self, plan: Plan, deadline: Instant) -> Next {
        self.buffer.consume(plan.head_len);
        let Plan { method, target, limits, .. } = plan;
        match plan.answer {
            Answer::Upgrade(accepted, opening) => self.upgrade(&target, &accepted, opening),
            Answer::Feed(request) => {
                self.deliver(&Asked { words: format!("{method} {target}"), request, limits }, deadline)
            }
            Answer::Watch(wanted) => self.watch(&format!("{method} {target}"), wanted),
            Answer::Page(page) => self.answer_page(&format!("{method} {target}"), *page, limits, deadline),
        }
    }

    #[inline(never)]
    fn answer_page(&mut self, asked: &str, page: Page, limits: Limits, deadline: Instant) -> Next {
        let Page { mut response, refusal } = page;
        let Limits { body_len, to_head, mut keep_alive } = limits;
        let mut words = refusal.as_ref().map_or(String::new(), refused_with);
        // Without another request to come nobody needs to know where this one ends.
        let body = if keep_alive { self.read_body(body_len, deadline, |_| ()) } else { Ok(()) };
        match (body, refusal) {
            (Ok(()), Some(refusal)) => self.server.metrics.count_refusal(refusal.reason),
            (Ok(()), None) => {}
            (Err(error), _) => {
                let Some(refusal) = plan::no_body(&error) else { return Next::Gone };
                (response, words) = self.refused(&refusal, b"");
                keep_alive = false;
            }
        }
        self.log_answer(asked, response.status, &words);
        self.write(response, to_head, keep_alive)
    }

    /// A refusal that came up after the head was dealt with. It shows the head, if that was kept.
    fn refused(&self, refusal: &Refusal, head: &[u8]) -> (Response, String) {
        self.server.metrics.count_refusal(refusal.reason);
        let words = refused_with(refusal);
        let parsed = head::parse(head, &self.server.config.head);
        let request = if let Parsed::Complete(request, _) = &parsed { Some(request) } else { None };
        let response = refuse::response(refusal, head, request, || inspected(self.server, self.entry, head));
        (response, words)
    }

    fn log_answer(&self, asked: &str, status: u16, words: &str) {
        let mark = if status < 400 { '=' } else { '!' };
        // Without a proxy the first line of the connection has said it.
        let from =
            if self.server.config.believes_proxies() { format!(" from {}", self.client()) } else { String::new() };
        info!("{} {mark} {asked}{from} -> {status} {}{words}", self.entry.who, phrase(status));
    }

    #[inline(never)]
    fn write(&self, mut response: Response, to_head: bool, keep_alive: bool) -> Next {
        let connection = if keep_alive { "keep-alive" } else { "close" };
        response.fields.extend(self.server.served_by());
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

    /// Reads a body, so that the next request is found behind it. `part` is shown what came of it.
    fn read_body(&mut self, len: u64, deadline: Instant, mut part: impl FnMut(&[u8])) -> io::Result<()> {
        let mut left = len;
        loop {
            let here = left.min(self.buffer.filled().len() as u64);
            part(&self.buffer.filled()[..here as usize]);
            self.entry.outbound.lock().eyes().count_in(here as usize);
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
    fn upgrade(&self, target: &str, accepted: &Accepted, opening: Opening) -> Next {
        let mut opened = self.open(&opening);
        let mut half = self.entry.outbound.lock();
        // Asked under the lock: the drain looks at each connection under its lock, after it has begun. So either it
        // finds a WebSocket here, or we find that it has begun.
        if self.server.is_draining() {
            drop(half);
            self.server.metrics.count_refusal("draining");
            self.log_answer(&format!("GET {target}"), 503, ": this server is stopping");
            return self.write(pages::stopping(), false, false);
        }
        if opening.endpoint.is_pushed() {
            // It waits for the lock that is held here, and so for the 101.
            match websocket::start_courier(self.place, opening.endpoint, opening.after) {
                Ok(courier) => opened.courier = Some(courier),
                Err(refusal) => {
                    drop(half);
                    return self.refuse_upgrade(target, &refusal);
                }
            }
        }
        let mut granted = accepted.response();
        granted.fields.extend(self.server.served_by());
        if let Err(error) = half.upgrade(&granted.encode(false), opened.session.bytes_to_send()) {
            drop(half); // the courier ends when it sees that there was no 101
            return self.could_not_write(&error);
        }
        self.server.metrics.count_upgrade();
        self.entry.does(Doing { websocket: true, ..self.entry.doing() });
        self.log_open(target, accepted);
        opened.session.sent();
        Next::Upgraded(opened)
    }

    /// A session, with what the client asked to be told first, and a greeting if the server has a name, ready to be sent.
    #[inline(never)]
    fn open(&self, opening: &Opening) -> Box<Opened> {
        let config = &self.server.config;
        let Opening { endpoint, pings, cut, .. } = *opening;
        let is_feed = endpoint == Endpoint::Feed;
        // What is longer could not become an event.
        let max_message = if is_feed { config.max_message.min(config.max_event) } else { config.max_message };
        let session = Session::new(Role::Server, max_message);
        let mut opened = Box::new(Opened { session, endpoint, pings, cut, courier: None });
        if let Some(inspected) = &opening.inspected {
            opened.session.send(Message::Text(inspected.json().into()));
            self.entry.outbound.traffic.count_messages(0, 1);
        }
        // On the feed every message is an event.
        if let Some(name) = config.name.as_ref().filter(|_| !is_feed) {
            opened.session.send(endpoint::greeting(name));
            self.entry.outbound.traffic.count_messages(0, 1);
        }
        opened
    }

    #[inline(never)]
    fn refuse_upgrade(&self, target: &str, refusal: &Refusal) -> Next {
        let (response, words) = self.refused(refusal, b"");
        self.log_answer(&format!("GET {target}"), response.status, &words);
        self.write(response, false, false)
    }

    #[inline(never)]
    fn log_open(&self, target: &str, accepted: &Accepted) {
        info!("{} = open {target} from {}{}", self.entry.who, self.client(), extras(accepted));
    }

    /// Who asks, in words.
    fn client(&self) -> String {
        self.entry.client().words(self.entry.peer)
    }
}

/// How a refusal is told in the log.
fn refused_with(refusal: &Refusal) -> String {
    format!(": {} ({})", refusal.why, refusal.section)
}

fn extras(accepted: &Accepted) -> String {
    let mut extras = String::new();
    if let Some(subprotocol) = &accepted.subprotocol {
        extras.push_str(&format!(", subprotocol {subprotocol}"));
    }
    if !accepted.declined_extensions.is_empty() {
        extras.push_str(&format!(", extensions declined: {}", accepted.declined_extensions));
    }
    extras
}
