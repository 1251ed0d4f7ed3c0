//! Who looks at a connection: the log, through its [tap](super::tap), and a page that watches it, through its
//! [recorder](super::watch). They are shown the same bytes in the same order. With neither, that is two branches.

use super::events;
use super::lines;
use super::tap::Tap;
use super::watch::Recorder;
use crate::protocol::proxy;
use crate::protocol::upgrade::Decision;
use std::net::IpAddr;
use std::time::Duration;

/// The eyes on one connection of this server.
#[derive(Debug, Default)]
pub struct Eyes {
    tap: Option<Box<Tap>>,
    recorder: Option<Box<Recorder>>,
}

impl Eyes {
    /// What the log sees, if it sees something.
    pub fn new(tap: Option<Box<Tap>>) -> Eyes {
        Eyes { tap, recorder: None }
    }

    /// Somebody may watch the request that has come, whose head this is, and what becomes of it.
    pub fn watch(&mut self, mut recorder: Recorder, head: &[u8]) {
        recorder.head(head);
        self.recorder = Some(Box::new(recorder));
    }

    /// Another request begins. Who watched the one before it has seen it.
    pub fn next_request(&mut self) {
        self.recorder = None;
        if let Some(tap) = &mut self.tap {
            tap.next_request();
        }
    }

    /// A header of the PROXY protocol came before the first request.
    pub fn proxy_header(&mut self, header: &proxy::Header) {
        if let Some(tap) = &mut self.tap {
            tap.proxy_header(header);
        }
    }

    /// See [`Tap::request_is`] and [`Tap::head`].
    pub fn unreadable_head(&mut self, client: IpAddr, head: &[u8]) {
        if let Some(tap) = &mut self.tap {
            tap.request_is(None, client);
            tap.head(head);
        }
    }

    /// See [`Tap::request_is`] and [`Tap::head`].
    pub fn head(&mut self, path: &str, client: IpAddr, head: &[u8]) {
        if let Some(tap) = &mut self.tap {
            tap.request_is(Some(path), client);
            tap.head(head);
        }
    }

    /// What came of an opening handshake. Its words need much of a stack, and are made for few: whoever calls this has a
    /// frame without them.
    #[inline(never)]
    pub fn decision(&mut self, decision: &Decision) {
        if let Some(tap) = &mut self.tap {
            tap.state(&lines::decision(decision));
            if let Ok(accepted) = &decision.outcome {
                tap.state(&lines::accept_key(&accepted.key, &accepted.accept));
            }
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.decision(decision);
        }
    }

    /// Bytes that a read brought.
    pub fn read(&mut self, bytes: &[u8]) {
        if let Some(tap) = &mut self.tap {
            tap.read(bytes);
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.read(bytes);
        }
    }

    /// So many bytes of a request's body were taken.
    pub fn count_in(&self, count: usize) {
        if let Some(recorder) = &self.recorder {
            recorder.count_in(count);
        }
    }

    /// So many bytes were written, though perhaps not all that should have been.
    pub fn count_out(&self, count: usize) {
        if let Some(recorder) = &self.recorder {
            recorder.count_out(count);
        }
    }

    /// Bytes that a write took.
    pub fn wrote(&mut self, bytes: &[u8]) {
        if let Some(tap) = &mut self.tap {
            tap.wrote(bytes);
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.wrote(bytes);
        }
    }

    /// See [`Tap::wrote_part`]. What comes in parts is no WebSocket.
    pub fn wrote_part(&mut self, framed: &[u8], part: &[u8]) {
        if let Some(tap) = &mut self.tap {
            tap.wrote_part(framed, part);
        }
    }

    /// The 101 was written: from here on the bytes are frames.
    pub fn upgraded(&mut self) {
        if let Some(tap) = &mut self.tap {
            tap.upgraded();
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.upgraded();
        }
    }

    /// See [`Tap::hush`].
    pub fn hush(&mut self, why: &str) {
        if let Some(tap) = &mut self.tap {
            tap.hush(why);
        }
    }

    /// The log tells nothing of this connection: its tap is not asked again.
    pub fn close_if_muted(&mut self) {
        if self.tap.as_ref().is_some_and(|tap| tap.is_muted()) {
            self.tap = None;
        }
    }

    /// Frames that came in the same read as the head.
    pub fn glued(&mut self, bytes: &[u8]) {
        if let Some(tap) = &mut self.tap {
            tap.glued(bytes);
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.read(bytes);
        }
    }

    /// The session failed: what else comes in is not understood.
    pub fn give_up_on_incoming(&mut self) {
        if let Some(tap) = &mut self.tap {
            tap.give_up_on_incoming();
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.give_up_on_incoming();
        }
    }

    /// A line of the log that whoever watches sees as well.
    pub fn told(&mut self, mark: char, words: &str) {
        if let Some(recorder) = &mut self.recorder {
            recorder.told(mark, words);
        }
    }

    /// The connection has ended: after how long, with how many messages and bytes in and out. Gives the words of it.
    pub fn ended(&mut self, after: Duration, messages: (u64, u64), bytes: (u64, u64)) -> String {
        if let Some(tap) = &mut self.tap {
            tap.ended();
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.ended(after, messages, bytes);
        }
        events::ended(after, messages, bytes)
    }
}
