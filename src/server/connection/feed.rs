//! A request to the feed, carried out: its body is read, its transport answers.

use super::super::deliver::wish::Wish;
use super::super::deliver::{long_poll, publish, short_poll, stream};
use super::super::plan;
use super::super::route::Transport;
use super::super::socket;
use super::{Connection, Next};
use crate::feed::reader::Reader;
use crate::protocol::response::CONTINUE;
use log::info;
use std::io;
use std::time::Instant;

/// A request to the feed, and what is to be known of it once its head is gone.
pub struct Asked {
    /// Method and target, escaped for the log.
    pub words: String,
    /// What is wanted.
    pub wish: Box<Wish>,
    /// Length of its body.
    pub body_len: u64,
    /// Whether the answer stays without its body.
    pub to_head: bool,
    /// Whether another request may follow.
    pub keep_alive: bool,
}

impl Connection<'_> {
    #[inline(never)]
    pub(super) fn deliver(&mut self, asked: &Asked, deadline: Instant) -> Next {
        if asked.wish.transport == Transport::Stream {
            return self.stream(asked);
        }
        let (mut keep_alive, feed) = (asked.keep_alive, &self.server.feed);
        let (mut response, words) = match (self.body_of(asked, deadline), asked.wish.transport) {
            (Err(_), _) => {
                keep_alive = false;
                self.refused(&plan::body_timeout())
            }
            (Ok(body), Transport::Publish) => {
                publish::publish(feed, body).unwrap_or_else(|refusal| self.refused(&refusal))
            }
            (Ok(_), Transport::LongPoll) => {
                info!("{} = {} held for at most {:?}", self.entry.who, asked.words, asked.wish.wait);
                long_poll::answer(Reader::new(feed, asked.wish.after), asked.wish.wait)
            }
            (Ok(_), Transport::ShortPoll | Transport::Stream) => short_poll::answer(feed, asked.wish.after),
        };
        self.log_answer(&asked.words, response.status, &words);
        response.fields.extend(asked.wish.cors.iter().cloned());
        // A stop may have begun while the request was held.
        self.write(response, asked.to_head, keep_alive && !self.server.is_draining())
    }

    /// The body of a request that publishes. That of another is read past if a request may follow it.
    fn body_of(&mut self, asked: &Asked, deadline: Instant) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        let publishes = asked.wish.transport == Transport::Publish;
        // RFC 9110 s10.1.1: it "MAY omit sending a 100 (Continue) response if it has already received some or all of the
        // content".
        if publishes && asked.wish.expects_continue && self.buffer.filled().is_empty() && asked.body_len > 0 {
            self.entry.outbound.lock().write(CONTINUE, false)?;
        }
        if publishes || asked.keep_alive {
            self.read_body(asked.body_len, deadline, |part| {
                body.extend_from_slice(if publishes { part } else { b"" })
            })?;
        }
        Ok(body)
    }

    fn stream(&self, asked: &Asked) -> Next {
        let who = &self.entry.who;
        self.log_answer(&asked.words, 200, ": a stream");
        match stream::run(self.server, self.entry, &asked.wish) {
            Ok(()) => Next::Close,
            Err(error) if socket::is_timeout(&error) => {
                let timeout = self.server.config.write_timeout;
                info!("{who} ! the stream was not taken in {timeout:?} (--write-timeout): cut off");
                Next::Gone
            }
            Err(error) => {
                info!("{who} = the stream ends: its reader is gone ({error})");
                Next::Gone
            }
        }
    }
}
