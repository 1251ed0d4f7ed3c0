//! The conversation: whatever comes first of a read, a line, a signal or a moment, is dealt with, then the next.
//!
//! This loop alone touches the session. It never blocks on the network; the two threads of [`super::pump`] do.

use super::clock::{Every, Pings};
use super::command::{self, Typed};
use super::dial::{Dialled, WHO};
use super::ending::{Cut, Ending};
use super::input::Input;
use super::link::Link;
use super::patience::Patience;
use super::pump::Incoming;
use super::settings::Settings;
use super::tell::{Teller, Told};
use crate::protocol::close::Close;
use crate::protocol::session::{Event, Message};
use crate::wire::events;
use crossbeam_channel::{Receiver, RecvError, at, never, select};
use log::info;
use std::io;
use std::time::{Duration, Instant};

/// How long a greeting is waited for, when the first message *after* it is wanted. It follows the 101 at once.
const GREETING: Duration = Duration::from_millis(200);

/// How long the server may take to end TCP after our Close has told it that it broke a rule.
const AFTER_A_FAULT: Duration = Duration::from_secs(1);

/// So many messages of a greeting are kept until it is known whether they are one.
const GREETINGS: usize = 16;

/// Where lines come from.
pub struct Lines {
    /// Lines, and their end.
    pub input: Receiver<Input>,
    /// Ctrl-C and its like.
    pub signals: Receiver<Input>,
    /// Whether a person types them: then a slash begins a command, and a mistake is not the end.
    pub at_prompt: bool,
}

/// Talks to the end.
pub fn run(settings: &Settings, dialled: Dialled, lines: Lines, teller: &Teller) -> Ending {
    let started = Instant::now();
    let (link, glued) = match Link::start(dialled, settings.max_message, settings.write_timeout) {
        Ok(started) => started,
        Err(error) => return Ending::Ours(format!("no thread for this connection: {error}")),
    };
    let mut talk = Talk::new(settings, link, lines, teller, started);
    let events = talk.link.glued(&glued);
    talk.events(events);
    let ending = talk.to_the_end();
    talk.link.ended();
    let words = events::ended(started.elapsed(), talk.messages, talk.link.bytes);
    info!("{WHO} = {words}");
    ending
}

struct Talk<'a> {
    settings: &'a Settings,
    teller: &'a Teller,
    link: Link,
    lines: Lines,
    pings: Pings,
    every: Option<Every>,
    patience: Patience,
    /// With `-1`: until when no line is taken, because a greeting may come.
    greeting_until: Option<Instant>,
    /// Messages that are a greeting if something is sent, and answers if nothing is.
    greetings: Vec<Message>,
    /// Messages in and out.
    messages: (u64, u64),
    heard_at: Instant,
    /// When the last line was read.
    input_ended: Option<Instant>,
    /// When, after that, everything was written.
    all_said: Option<Instant>,
    /// Our Close, when it came first, and when it was sent.
    closing: Option<(Close, Instant)>,
    /// Data is not told any more: the one message has come, or stdout is gone.
    deaf: bool,
    /// Writing has failed, for this reason, then.
    write_error: Option<(String, Instant)>,
    /// What it was, known before TCP has ended, and how long its end is waited for.
    verdict: Option<(Ending, Instant)>,
    over: bool,
}

impl<'a> Talk<'a> {
    fn new(settings: &'a Settings, link: Link, lines: Lines, teller: &'a Teller, now: Instant) -> Talk<'a> {
        let waits_for_greeting = settings.one && !lines.at_prompt;
        Talk {
            settings,
            teller,
            link,
            pings: Pings::new(settings.ping_interval, settings.ping_timeout, now),
            every: settings.every.clone().map(|(interval, template)| Every::new(interval, template, now)),
            patience: Patience::of(settings, lines.at_prompt),
            lines,
            greeting_until: waits_for_greeting.then_some(now + GREETING),
            greetings: Vec::new(),
            messages: (0, 0),
            heard_at: now,
            input_ended: None,
            all_said: None,
            closing: None,
            deaf: false,
            write_error: None,
            verdict: None,
            over: false,
        }
    }

    fn to_the_end(&mut self) -> Ending {
        loop {
            let now = Instant::now();
            self.by_the_clock(now);
            if self.write_error.is_none() {
                self.link.flush(now);
            }
            if self.over
                && let Some((ending, _)) = self.verdict.take()
            {
                return ending;
            }
            self.next(now);
        }
    }

    /// Waits for one thing and deals with it.
    fn next(&mut self, now: Instant) {
        let (no_input, no_reads) = (never(), never());
        let input = if self.takes_input(now) { &self.lines.input } else { &no_input };
        let incoming = if self.link.is_stuffed() { &no_reads } else { &self.link.incoming };
        let due = self.next_due(now).map_or_else(never, at);
        select! {
            recv(incoming) -> incoming => self.incoming(incoming),
            recv(self.link.writer.done) -> result => self.wrote(result),
            recv(input) -> input => self.input(input.unwrap_or(Input::End)),
            recv(self.lines.signals) -> signal => match signal {
                Ok(_) => self.interrupt(),
                Err(RecvError) => self.lines.signals = never(), // nobody can send one any more
            },
            recv(due) -> _ => {}
        }
    }

    // --- what the server does ---

    fn incoming(&mut self, incoming: Result<Incoming, RecvError>) {
        match incoming {
            Ok(Incoming::Bytes(bytes, at)) => {
                self.pings.heard();
                match self.link.receive(&bytes, at) {
                    Ok(events) => self.events(events),
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

    fn events(&mut self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Message(message) => self.message(message),
                Event::Ping(payload) => self.tell(&Told::Ping(&payload)),
                Event::Pong(payload) => {
                    let after = self.pings.pong(&payload, self.link.read_at);
                    info!("{WHO} % {}", events::pong(after));
                    self.tell(&Told::Pong(&payload, after));
                }
                Event::Close(close) => self.server_closed(close),
                Event::Failed(violation) => {
                    info!("{WHO} ! {}", events::failed(&violation, "this client"));
                    self.decide(Ending::Broken(violation), AFTER_A_FAULT.min(self.settings.close_timeout));
                }
            }
        }
    }

    fn message(&mut self, message: Message) {
        info!("{WHO} = {}", events::message(&message));
        self.messages.0 += 1;
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
        if self.settings.one && !self.deaf {
            self.deaf = true;
            self.close(self.settings.close.clone());
        }
        if self.settings.echo {
            self.send(message);
        }
    }

    /// With `-1`: nothing was sent yet, but something may be.
    fn may_be_a_greeting(&self) -> bool {
        self.settings.one && !self.lines.at_prompt && self.messages.1 == 0 && self.input_ended.is_none()
    }

    fn server_closed(&mut self, close: Close) {
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
    fn cut(&mut self, cut: Cut) {
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
    fn decide(&mut self, ending: Ending, wait: Duration) {
        self.verdict.get_or_insert((ending, Instant::now() + wait));
    }

    fn wrote(&mut self, result: Result<io::Result<()>, RecvError>) {
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

    // --- what the person does ---

    fn takes_input(&self, now: Instant) -> bool {
        let greeting_is_over = self.greeting_until.is_none_or(|until| now >= until);
        let has_room = self.lines.at_prompt || !self.link.is_full();
        self.is_open() && self.input_ended.is_none() && greeting_is_over && has_room
    }

    fn is_open(&self) -> bool {
        self.verdict.is_none() && self.closing.is_none() && self.write_error.is_none()
    }

    fn input(&mut self, input: Input) {
        match input {
            Input::Line(line) if self.lines.at_prompt => self.typed(&line),
            Input::Line(line) => match command::message(&line, self.settings.reading) {
                Ok(message) => self.send(message),
                Err(why) => self.give_up(why),
            },
            Input::Interrupt => self.interrupt(),
            Input::End => self.end_of_input(),
            Input::Failed(why) => self.give_up(why),
        }
    }

    fn typed(&mut self, line: &[u8]) {
        match command::typed(&String::from_utf8_lossy(line), self.settings.reading) {
            Ok(Typed::Text(text)) => self.send(Message::Text(text.into())),
            Ok(Typed::Binary(bytes)) => self.send(Message::Binary(bytes.into())),
            Ok(Typed::Ping(payload)) => self.ping(&payload),
            Ok(Typed::Pong(payload)) => {
                self.link.session.pong(&payload);
                self.tell(&Told::PongSent(&payload));
            }
            Ok(Typed::Close(close)) => self.close(close),
            Ok(Typed::Frame(frame)) => {
                self.link.session.send_handmade(&frame);
                self.tell(&Told::FrameSent(&frame));
                if self.link.session.close_sent() && self.closing.is_none() {
                    let close = Close::decode(&frame.payload).unwrap_or_default();
                    self.closing = Some((close, Instant::now()));
                }
            }
            Ok(Typed::Quit) => self.close(self.settings.close.clone()),
            Ok(Typed::Help) => self.tell(&Told::Help(command::HELP)),
            Ok(Typed::Nothing) => {}
            Err(why) => self.tell(&Told::Misread(&why)),
        }
    }

    fn send(&mut self, message: Message) {
        for greeting in std::mem::take(&mut self.greetings) {
            self.tell(&Told::Greeting(&greeting));
        }
        if self.link.session.send(message.clone()) {
            self.messages.1 += 1;
            self.tell(&Told::Sent(&message));
        }
    }

    fn ping(&mut self, payload: &[u8]) {
        if self.link.session.ping(payload) {
            self.pings.sent(payload, Instant::now());
            self.tell(&Told::PingSent(payload));
        }
    }

    fn close(&mut self, close: Close) {
        if self.is_open() {
            info!("{WHO} = {}", events::close(&close, "this client"));
            self.link.session.close(&close);
            self.tell(&Told::CloseSent(&close));
            self.closing = Some((close, Instant::now()));
        }
    }

    fn end_of_input(&mut self) {
        self.input_ended = Some(Instant::now());
        let mut greetings = std::mem::take(&mut self.greetings);
        if !greetings.is_empty() {
            // Nothing was sent, so it was no greeting but the message.
            self.tell(&Told::Received(&greetings.remove(0)));
            self.deaf = true;
            self.close(self.settings.close.clone());
        }
    }

    fn interrupt(&mut self) {
        if self.is_open() {
            self.close(self.settings.close.clone());
        } else {
            self.decide(Ending::Interrupted, Duration::ZERO);
            self.over = true;
        }
    }

    /// This end cannot go on: it says goodbye in order, and fails all the same.
    fn give_up(&mut self, why: String) {
        self.close(self.settings.close.clone());
        self.decide(Ending::Ours(why), self.settings.close_timeout);
    }

    // --- what the clock does ---

    fn next_due(&self, now: Instant) -> Option<Instant> {
        let open = self.is_open() && !self.link.is_full();
        let moments = [
            self.greeting_until.filter(|until| *until > now),
            self.verdict.as_ref().map(|(_, until)| *until),
            self.patience_ends(),
            self.close_is_late(),
            self.write_error.as_ref().map(|(_, since)| *since + self.settings.close_timeout),
            self.pings.gives_up(),
            self.pings.timer.as_ref().map(|timer| timer.due).filter(|_| open),
            self.every.as_ref().map(|every| every.timer.due).filter(|_| open),
        ];
        moments.into_iter().flatten().min()
    }

    fn by_the_clock(&mut self, now: Instant) {
        if self.input_ended.is_some() && self.all_said.is_none() && self.link.is_idle() {
            self.all_said = Some(now);
        }
        if self.is_open() && !self.link.is_full() {
            if let Some(payload) = self.pings.tick(now) {
                self.ping(&payload);
            }
            if let Some(text) = self.every.as_mut().and_then(|every| every.tick(now)) {
                self.say_by_the_clock(&text);
            }
        }
        if self.pings.gives_up().is_some_and(|moment| now >= moment) {
            self.decide(Ending::NoAnswerToPing(self.settings.ping_timeout), Duration::ZERO);
        }
        if self.patience_ends().is_some_and(|moment| now >= moment) {
            self.close(self.settings.close.clone());
            if self.settings.one && !self.deaf {
                self.decide(Ending::NoMessage(self.patience.longest()), self.settings.close_timeout);
            }
        }
        if self.close_is_late().is_some_and(|moment| now >= moment) {
            self.cut(Cut::Nothing(self.settings.close_timeout));
        }
        if let Some((error, since)) = &self.write_error
            && now >= *since + self.settings.close_timeout
        {
            self.cut(Cut::Reset { silence: Duration::ZERO, error: error.clone() });
        }
        if self.verdict.as_ref().is_some_and(|(_, until)| now >= *until) {
            self.link.finish(now);
            self.over = true;
        }
    }

    fn say_by_the_clock(&mut self, text: &str) {
        match command::message(text.as_bytes(), self.settings.reading) {
            Ok(message) => self.send(message),
            Err(why) => self.give_up(why),
        }
    }

    /// When there is nothing more to send and answers have been waited for long enough.
    fn patience_ends(&self) -> Option<Instant> {
        let said = self.all_said.filter(|_| self.is_open())?;
        self.patience.ends(said, self.heard_at)
    }

    /// When the server's Close has been waited for long enough. While bytes are being written, the write timeout watches.
    fn close_is_late(&self) -> Option<Instant> {
        let (_, since) = self.closing.as_ref().filter(|_| self.verdict.is_none() && self.link.is_idle())?;
        Some((*since).max(self.link.written_at) + self.settings.close_timeout)
    }

    fn tell(&mut self, told: &Told<'_>) {
        if self.deaf && matches!(told, Told::Received(_)) {
            return;
        }
        match self.teller.tell(told) {
            Ok(()) => {}
            // Who reads stdout has gone away, as `head` does: it has what it wanted.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.deaf = true;
                self.close(self.settings.close.clone());
            }
            Err(error) => {
                self.deaf = true;
                self.give_up(format!("stdout takes nothing more: {error}"));
            }
        }
    }
}
