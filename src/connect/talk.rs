//! The conversation: whatever comes first of a read, a line, a signal or a moment, is dealt with, then the next.
//!
//! What the server does stands in `talk/hears.rs`, what the person does in `talk/says.rs`; here is the loop, and the clock.
//! This loop alone touches the session. It never blocks on the network; the two threads of [`super::pump`] do.

mod hears;
mod says;

use super::clock::{Every, Pings};
use super::command;
use super::dial::{Dialled, WHO};
use super::ending::{Cut, Ending};
use super::input::Input;
use super::link::Link;
use super::patience::{Heard, Patience};
use super::settings::Settings;
use super::tell::{Teller, Told};
use crate::protocol::close::Close;
use crate::protocol::session::Message;
use crate::wire::events;
use crossbeam_channel::{Receiver, RecvError, at, never, select};
use log::info;
use std::io;
use std::time::{Duration, Instant};

/// How long a greeting is waited for, when the first message *after* it is wanted. It follows the 101 at once.
const GREETING: Duration = Duration::from_millis(200);

/// How long our half of the closing handshake may take to be written, when the server has ended already.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long a line is waited for before a greeting is taken for the message.
const LINE: Duration = Duration::from_secs(1);

/// While the server goes on sending after our Close, its own is waited for so many times as long.
const FLOWING: u32 = 10;

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
    let (link, glued) = match Link::start(dialled, settings) {
        Ok(started) => started,
        Err(error) => return Ending::Ours(format!("no thread for this connection: {error}")),
    };
    let mut talk = Talk::new(settings, link, lines, teller, started);
    let events = talk.link.glued(&glued);
    talk.events(events);
    // With the 101, too.
    talk.tls_may_have_ended(started);
    let ending = talk.until_the_end();
    talk.say_the_rest();
    talk.link.ended();
    let words = events::ended(started.elapsed(), talk.messages, talk.link.bytes);
    info!("{WHO} = {words}");
    if talk.one_came || !settings.one || !ending.is_clean() {
        return ending;
    }
    if talk.has_waited { Ending::NoMessage(talk.patience.longest()) } else { Ending::WithoutMessage(Box::new(ending)) }
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
    /// With `-1`: until when what comes may be a greeting, because a line may be sent.
    line_until: Option<Instant>,
    /// Messages that are a greeting if something is sent, and answers if nothing is.
    greetings: Vec<Message>,
    /// Lines of a pipe.
    lines_read: u64,
    /// Messages in and out.
    messages: (u64, u64),
    heard_at: Instant,
    /// When the last line was read.
    input_ended: Option<Instant>,
    /// How many bytes had to be written then.
    last_word: Option<u64>,
    /// When they were.
    all_said: Option<Instant>,
    /// Messages that came after the first one was sent.
    answers: u64,
    /// When something was last told. It may have had to wait for whoever reads stdout.
    told_at: Instant,
    /// No answer was waited for any longer.
    has_waited: bool,
    /// Our Close, when it came first, and when it was sent.
    closing: Option<(Close, Instant)>,
    /// With `-1`: the one message was told.
    one_came: bool,
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
            line_until: waits_for_greeting.then_some(now + LINE),
            greetings: Vec::new(),
            lines_read: 0,
            messages: (0, 0),
            heard_at: now,
            input_ended: None,
            last_word: None,
            all_said: None,
            answers: 0,
            told_at: now,
            has_waited: false,
            closing: None,
            one_came: false,
            deaf: false,
            write_error: None,
            verdict: None,
            over: false,
        }
    }

    fn until_the_end(&mut self) -> Ending {
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

    /// The server's Close may come with its FIN, and then our answer still waits to be written.
    fn say_the_rest(&mut self) {
        let deadline = Instant::now() + LAST_WORDS.min(self.settings.close_timeout);
        while self.link.session.ended() && self.write_error.is_none() {
            self.link.finish(Instant::now());
            if self.link.is_idle() {
                return;
            }
            match self.link.writer.done.recv_deadline(deadline) {
                Ok(result) => self.wrote(Ok(result)),
                Err(_) => return,
            }
        }
    }

    /// Waits for one thing and deals with it.
    fn next(&mut self, now: Instant) {
        let (no_input, no_reads) = (never(), never());
        let input = if self.takes_input(now) { &self.lines.input } else { &no_input };
        // Once it is closing nothing is answered any more, and what it was must be heard.
        let is_stuffed = self.is_open() && self.link.is_stuffed();
        let incoming = if is_stuffed { &no_reads } else { &self.link.incoming };
        let due = self.next_due(now).map_or_else(never, at);
        select! {
            recv(incoming) -> incoming => self.incoming(incoming),
            recv(self.link.writer.done) -> result => self.wrote(result),
            recv(input) -> input => match input {
                Ok(input) => self.input(input),
                Err(RecvError) => {
                    self.lines.input = never(); // nobody can type any more
                    self.input(Input::End);
                }
            },
            recv(self.lines.signals) -> signal => match signal {
                Ok(_) => self.interrupt(),
                Err(RecvError) => self.lines.signals = never(), // nobody can send one any more
            },
            recv(due) -> _ => {}
        }
    }

    fn next_due(&self, now: Instant) -> Option<Instant> {
        let open = self.is_open() && !self.link.is_full();
        let moments = [
            self.greeting_until.filter(|until| *until > now),
            self.line_until.filter(|_| !self.greetings.is_empty() && self.is_open()),
            self.verdict.as_ref().map(|(_, until)| *until),
            self.patience_ends(),
            self.close_is_late(),
            self.write_error.as_ref().map(|(_, since)| *since + self.settings.close_timeout),
            self.dead_at(),
            self.pings.timer.as_ref().map(|timer| timer.due).filter(|_| self.can_ping()),
            self.every.as_ref().map(|every| every.timer.due).filter(|_| open),
        ];
        moments.into_iter().flatten().min()
    }

    fn by_the_clock(&mut self, now: Instant) {
        self.see_what_is_said(now);
        if self.can_ping()
            && let Some(payload) = self.pings.tick(now)
        {
            self.ping(&payload);
        }
        if self.is_open()
            && !self.link.is_full()
            && let Some(text) = self.every.as_mut().and_then(|every| every.tick(now))
        {
            self.say_by_the_clock(&text);
        }
        if self.is_open() && self.line_until.is_some_and(|moment| now >= moment) && self.greeting_counts() {
            self.close(self.settings.close.clone());
        }
        if self.dead_at().is_some_and(|moment| now >= moment) {
            self.decide(Ending::NoAnswerToPing(self.settings.ping_timeout), Duration::ZERO);
        }
        if self.patience_ends().is_some_and(|moment| now >= moment) {
            self.has_waited = true;
            self.close(self.settings.close.clone());
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

    /// After the end of the input: whether all that came before it is written. Echoes and Pongs may never cease.
    fn see_what_is_said(&mut self, now: Instant) {
        if self.input_ended.is_none() || self.all_said.is_some() || self.write_error.is_some() {
            return;
        }
        if self.last_word.is_none() {
            self.link.flush(now);
            self.last_word = Some(self.link.queued());
        }
        if self.last_word.is_some_and(|last| self.link.written() >= last) {
            self.all_said = Some(now);
        }
    }

    fn say_by_the_clock(&mut self, text: &str) {
        match command::message(text.as_bytes(), self.settings.reading) {
            Ok(message) => self.send(message),
            Err(why) => self.give_up(why),
        }
    }

    /// A Ping behind other bytes would wait for these, and its Pong with it: then the write timeout watches.
    fn can_ping(&self) -> bool {
        self.is_open() && self.link.is_idle()
    }

    /// When the silence after a Ping has lasted too long, unless it is over anyway.
    fn dead_at(&self) -> Option<Instant> {
        self.pings.gives_up().filter(|_| self.verdict.is_none() && !self.link.has_more_to_hear())
    }

    /// When there is nothing more to send and answers have been waited for long enough.
    fn patience_ends(&self) -> Option<Instant> {
        let said = self.all_said.filter(|_| self.is_open())?;
        let heard = if self.link.has_more_to_hear() {
            Heard::More
        } else if self.link.session.is_inside_message() {
            Heard::Part(self.link.read_at)
        } else if self.answers < self.messages.1 {
            Heard::TooFew(self.heard_at)
        } else {
            Heard::Enough(self.heard_at)
        };
        self.patience.ends(said, heard)
    }

    /// When the server's Close has been waited for long enough: in silence, or while it goes on sending what it had to
    /// say. While bytes are being written, the write timeout watches.
    fn close_is_late(&self) -> Option<Instant> {
        let (_, since) = self.closing.as_ref().filter(|_| self.verdict.is_none() && self.link.is_idle())?;
        let since = (*since).max(self.link.written_at);
        let (timeout, latest) = (self.settings.close_timeout, since + self.settings.close_timeout * FLOWING);
        if self.link.has_more_to_hear() {
            return Some(latest);
        }
        // The server is not silent while whoever reads stdout is slow.
        Some((since.max(self.link.read_at).max(self.told_at) + timeout).min(latest))
    }

    fn tell(&mut self, told: &Told<'_>) {
        if self.deaf && matches!(told, Told::Received(_)) {
            return;
        }
        let result = self.teller.tell(told);
        self.told_at = Instant::now();
        match result {
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
