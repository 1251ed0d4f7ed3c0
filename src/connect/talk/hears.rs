//! What the server does, and what it means.

use super::Talk;
use crate::connect::dial::WHO;
use crate::connect::ending::{Cut, Ending};
use crate::connect::link::Heard;
use crate::connect::pump::Incoming;
use crate::connect::tell::Told;
use crate::protocol::close::Close;
use crate::protocol::rules::Violation;
use crate::protocol::session::{Event, Message};
use crate::wire::events;
use crossbeam_channel::RecvError;
use log::info;
use std::io;
use std::time::{Duration, Instant};

/// How long the server may take to end TCP after our Close has told it that it broke a rule.
const AFTER_A_FAULT: Duration = Duration::from_secs(1);

/// So many messages of a greeting are kept until it is known whether they are one.
const GREETINGS: usize = 16;

impl Talk<'_> {
    pub(super) fn incoming(&mut self, incoming: Result<Incoming, RecvError>) {
        match incoming {
            Ok(Incoming::Bytes(bytes, at)) => {
                self.pings.heard();
                let (events, result) = self.link.receive(&bytes, at);
                self.events(events);
                match result {
                    Ok(()) => self.tls_may_have_ended(at),
                    Err(why) => self.cut(Cut::Tls(why)),
                }
            }
            Ok(Incoming::Fin(at)) => {
                let cut = Cut::Fin { silence: self.link.silence(at), close_notify: self.link.close_notify() };
                self.cut(cut);
            }
            Ok(Incoming::Failed(error, at)) => {
                let silence = self.link.silence(at);
                self.cut(Cut::Reset { silence, error: error.to_string() });
            }
            // The thread has said how it ended before it did.
            Err(RecvError) => self.cut(Cut::Nothing(Duration::ZERO)),
        }
    }

    /// close_notify is an end as FIN is: nothing can follow it, whether TCP goes on or not.
    pub(super) fn tls_may_have_ended(&mut self, at: Instant) {
        if self.link.close_notify() == Some(true) {
            self.cut(Cut::Fin { silence: self.link.silence(at), close_notify: Some(true) });
        }
    }

    /// What one read brought. The session has dealt with all of it: what it answered depends on what was sent before.
    pub(super) fn events(&mut self, events: Vec<Heard>) {
        let may_answer = self.closing.is_none();
        for Heard { event, is_echoed } in events {
            match event {
                Event::Message(message) => self.message(message, is_echoed),
                Event::Ping(payload) => self.tell(&Told::Ping(&payload, may_answer)),
                Event::Pong(payload) => {
                    let after = self.pings.pong(&payload, self.link.read_at);
                    info!("{WHO} % {}", events::pong(after));
                    self.tell(&Told::Pong(&payload, after));
                }
                Event::Close(close) => self.server_closed(close),
                Event::Failed(violation) => self.failed(violation, may_answer),
            }
        }
    }

    fn failed(&mut self, violation: Violation, was_told: bool) {
        let (words, ending) = match was_told {
            true => (events::failed(&violation, "this client"), Ending::Broken(violation)),
            false => (events::failed_after_close(&violation), Ending::BrokenAfterClose(violation)),
        };
        info!("{WHO} ! {words}");
        self.decide(ending, AFTER_A_FAULT.min(self.settings.close_timeout));
    }

    pub(super) fn message(&mut self, message: Message, is_echoed: bool) {
        info!("{WHO} = {}", events::message(&message));
        self.messages.0 += 1;
        self.answers += u64::from(self.messages.1 > 0);
        self.heard_at = self.link.read_at;
        if self.may_be_a_greeting() {
            self.greeting_until = None;
            self.greetings.push(message);
            if self.greetings.len() > GREETINGS {
                let first = self.greetings.remove(0);
                self.tell(&Told::Greeting(&first));
            }
            return;
        }
        self.tell(&Told::Received(&message));
        if self.settings.one && !self.one_came {
            (self.one_came, self.deaf) = (true, true);
            self.close(self.settings.close.clone());
        }
        if is_echoed {
            self.messages.1 += 1;
            self.tell(&Told::Sent(&message));
        }
    }

    /// With `-1`: nothing was sent yet, but something may be.
    pub(super) fn may_be_a_greeting(&self) -> bool {
        let waits_for_line = self.line_until.is_some_and(|until| self.link.read_at < until);
        waits_for_line && self.messages.1 == 0 && self.input_ended.is_none()
    }

    pub(super) fn server_closed(&mut self, close: Close) {
        let ending = match self.closing.take() {
            Some((ours, _)) => {
                info!("{WHO} = {}", events::close_answered(&close, "the server"));
                Ending::WeClosed { ours, answer: close }
            }
            None => {
                info!("{WHO} = {}", events::close(&close, "the server"));
                Ending::ServerClosed(close)
            }
        };
        // s7.1.1: "The client SHOULD wait for the server to close the connection but MAY close the connection at any
        // time".
        self.decide(ending, self.settings.close_timeout);
    }

    /// TCP or TLS has ended. After the closing handshake that is as it should be.
    pub(super) fn cut(&mut self, cut: Cut) {
        if self.verdict.is_none() {
            let ending = match self.closing.take() {
                Some((ours, _)) => Ending::CloseUnanswered { ours, instead: cut },
                None => Ending::Cut(cut),
            };
            self.decide(ending, Duration::ZERO);
        }
        self.over = true;
    }

    /// What it was is known; the end of TCP is waited for so long. The first verdict stands.
    pub(super) fn decide(&mut self, ending: Ending, wait: Duration) {
        self.verdict.get_or_insert((ending, Instant::now() + wait));
        // A server that says one thing and closes is quicker than a greeting is waited for.
        self.greeting_counts();
    }

    pub(super) fn wrote(&mut self, result: Result<io::Result<()>, RecvError>) {
        self.link.wrote(Instant::now());
        match result {
            Ok(Ok(())) => {}
            Err(RecvError) => self.give_up("the thread that writes has ended".to_owned()),
            Ok(Err(error)) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                self.decide(Ending::NotTaken(self.settings.write_timeout), Duration::ZERO);
                self.over = true;
            }
            // A reset. What the server said before it may still wait to be read, and its Close with it: so the reading
            // thread is heard to its end first.
            Ok(Err(error)) => self.write_error = Some((error.to_string(), Instant::now())),
        }
    }
}
