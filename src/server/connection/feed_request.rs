//! A request to the feed, carried out: its body is read, its transport answers. And one to watch, which gets a stream as
//! well.

use super::super::deliver::request::FeedRequest;
use super::super::deliver::{AWAY, long_poll, publish, short_poll, stream};
use super::super::plan::{self, Limits};
use super::super::route::Transport;
use super::super::socket;
use super::super::watching::{self, Wanted};
use super::{Connection, Next};
use crate::feed::reader::{Reader, WhenSlow};
use crate::protocol::response::{CONTINUE, Response};
use log::info;
use std::io;
use std::time::Instant;

/// A request to the feed, and what is to be known of it once its head is gone.
pub struct Asked {
    /// Method and target, escaped for the log.
    pub words: String,
    /// What is wanted.
    pub request: Box<FeedRequest>,
    /// Where it and its answer end.
    pub limits: Limits,
}

impl Connection<'_> {
    #[inline(never)]
    pub(super) fn deliver(&mut self, asked: &Asked, deadline: Instant) -> Next {
        let feed = &self.server.feed;
        let request = &*asked.request;
        match request.transport {
            Transport::Publish => self.publish(asked, deadline),
            Transport::Stream => self.stream(asked),
            Transport::ShortPoll => match self.body_read_past(asked, deadline) {
                Ok(()) => self.answer(asked, short_poll::answer(feed, request.after), true),
                Err(error) => self.no_body(asked, &error),
            },
            Transport::LongPoll => match self.body_read_past(asked, deadline) {
                Ok(()) => {
                    let reader = Reader::new(feed, request.after, WhenSlow::ReadsOn);
                    if (reader.has_all() || !request.events) && !request.wait.is_zero() {
                        info!("{} = {} held for at most {:?}", self.entry.who, asked.words, request.wait);
                    }
                    let answer = if request.events { long_poll::answer } else { long_poll::hold };
                    self.answer(asked, answer(reader, request.wait), true)
                }
                Err(error) => self.no_body(asked, &error),
            },
        }
    }

    /// Writes an answer that came with its words for the log. `goes_on`: another request may follow, if one was wanted.
    fn answer(&self, asked: &Asked, (mut response, words): (Response, String), goes_on: bool) -> Next {
        self.log_answer(&asked.words, response.status, &words);
        response.fields.extend(asked.request.cors.iter().cloned());
        if self.server.feed.source().is_away() {
            response = response.with_field(AWAY.0, AWAY.1);
        }
        // A stop may have begun while the request was held.
        let keep_alive = goes_on && asked.limits.keep_alive && !self.server.is_draining();
        self.write(response, asked.limits.to_head, keep_alive)
    }

    fn publish(&mut self, asked: &Asked, deadline: Instant) -> Next {
        // RFC 9110 s10.1.1: it "MAY omit sending a 100 (Continue) response if it has already received some or all of the
        // content".
        if asked.request.expects_continue
            && self.buffer.filled().is_empty()
            && asked.limits.body_len > 0
            && let Err(error) = self.entry.outbound.lock().write(CONTINUE, false)
        {
            return self.could_not_write(&error);
        }
        let mut body = Vec::new();
        match self.read_body(asked.limits.body_len, deadline, |part| body.extend_from_slice(part)) {
            Ok(()) => {
                let published = publish::publish(&self.server.publisher, body);
                let answer = published.unwrap_or_else(|refusal| self.refused(&refusal, &asked.request.head));
                self.answer(asked, answer, true)
            }
            Err(error) => self.no_body(asked, &error),
        }
    }

    /// A body that nobody asked for is read past, if another request may follow it.
    fn body_read_past(&mut self, asked: &Asked, deadline: Instant) -> io::Result<()> {
        if asked.limits.keep_alive { self.read_body(asked.limits.body_len, deadline, |_| ()) } else { Ok(()) }
    }

    /// The body did not come, or not all of it.
    fn no_body(&self, asked: &Asked, error: &io::Error) -> Next {
        match plan::no_body(error) {
            Some(refusal) => self.answer(asked, self.refused(&refusal, &asked.request.head), false),
            None => Next::Gone,
        }
    }

    fn stream(&self, asked: &Asked) -> Next {
        self.log_answer(&asked.words, 200, ": a stream");
        self.streamed(stream::run(self.server, self.entry, &asked.request), "this server stops")
    }

    /// Tells what passes on another connection. It is told in the log that somebody watches, and not which token it was.
    #[inline(never)]
    pub(super) fn watch(&self, asked: &str, wanted: Wanted) -> Next {
        self.log_answer(asked, 200, ": a stream of what passes on the connection with this token");
        self.streamed(watching::run(self.server, self.entry, wanted), "there is nothing more to tell")
    }

    /// How a stream came to its end; `why` it did if all was written.
    fn streamed(&self, result: io::Result<()>, why: &str) -> Next {
        let who = &self.entry.who;
        match result {
            Ok(()) => {
                info!("{who} = the stream ends: {why}");
                Next::Close
            }
            Err(error) if socket::is_timeout(&error) => {
                let timeout = self.server.config.write_timeout;
                info!("{who} ! the stream was not taken in {timeout:?} (--write-timeout): cut off");
                Next::Gone
            }
            Err(_) if self.entry.was_cut_off() => {
                info!("{who} ! the stream was cut off: this server stops");
                Next::Gone
            }
            Err(error) => {
                info!("{who} = the stream ends: its reader is gone ({error})");
                Next::Gone
            }
        }
    }
}
