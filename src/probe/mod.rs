//! What stands between a client and its server, and what it does to a WebSocket: one section a question.
//!
//! ```text
//!   probe ──▶ proxy ──▶ proxy ──▶ server
//!         look: one handshake, and how it arrived          (before everything else)
//!         handshake, idle, stream, size, backends, close   (one after the other)
//! ```
//!
//! The server at the other end is best a ws101: it tells how a request arrived, sends no Ping when asked not to, and has
//! a feed. Any other server is probed as far as that goes, and what could not be seen is said.
//!
//! A section never guesses a fault. It names one when it has seen what the fault does, and puts what it saw beside it; what
//! is only worth knowing is a note. [`advice`] has the cure in the words of each proxy.
//!
//! Read [`settings`], [`fault`] (all that can be found), [`head`] and [`diff`] (a request as lines, and what became of them),
//! [`hop`] (which proxy it is), [`link`] (one WebSocket), [`ask`] (one plain request), [`look`] (the first WebSocket), the
//! sections [`handshake`], [`idle`], [`stream`], [`size`], [`backends`], [`close`], then [`report`], what [`secret`] takes
//! out of it, and how it is told: [`text`], [`json`].

pub mod advice;
pub mod ask;
pub mod backends;
pub mod close;
pub mod diff;
pub mod fault;
pub mod handshake;
pub mod head;
pub mod hop;
pub mod idle;
pub mod json;
pub mod link;
pub mod look;
pub mod report;
pub mod secret;
pub mod settings;
pub mod size;
pub mod stream;
pub mod text;

pub use fault::Fault;
pub use hop::Hop;
pub use report::{Found, Report, Section};
pub use settings::{Name, Settings};

use crate::client::Error;
use look::Look;
use secret::Secrets;
use std::time::{Duration, Instant};

/// What happens while it runs.
#[derive(Debug)]
pub enum Step<'a> {
    /// The first handshake is over.
    Looked(&'a Report),
    /// A section goes on.
    Progress(Progress),
    /// A section is over.
    Done(&'a Section, &'a Hop),
    /// It goes on until [`Settings::stop`] says that it is enough.
    Watching,
    /// Something was seen meanwhile: a line that is safe for a terminal.
    Seen(&'a str),
}

/// How far a section is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Which one.
    pub section: Name,
    /// Since it began.
    pub elapsed: Duration,
    /// How long it will take at most; `None`: until it is stopped.
    pub of: Option<Duration>,
    /// What is going on, in a few words.
    pub says: String,
}

/// What a section works with.
pub struct Bench<'a> {
    /// What was asked for.
    pub settings: &'a Settings,
    /// What the first handshake has shown.
    pub look: &'a Look,
    /// When the section began.
    pub since: Instant,
    section: Name,
    observe: &'a mut dyn FnMut(Step<'_>),
}

impl Bench<'_> {
    /// Says how far it is. About ten times a second is often enough.
    pub fn progress(&mut self, of: Option<Duration>, says: &str) {
        let (section, elapsed) = (self.section, self.since.elapsed());
        (self.observe)(Step::Progress(Progress { section, elapsed, of, says: says.to_owned() }));
    }

    /// Says what happens.
    pub fn observe(&mut self, step: Step<'_>) {
        (self.observe)(step);
    }

    /// A section of which nothing has been seen yet.
    pub fn section(&self) -> Section {
        Section::new(self.section)
    }
}

/// After all sections, so that who ends it waits for none of them.
fn watch(settings: &Settings, look: &Look, report: &mut Report, secrets: &Secrets, observe: &mut dyn FnMut(Step<'_>)) {
    let Some(section) = report.sections.iter_mut().find(|section| section.name == Name::Backends) else { return };
    let observe = &mut |step: Step<'_>| match step {
        Step::Seen(line) => {
            let mut line = line.to_owned();
            secrets.hide(&mut line);
            observe(Step::Seen(&line));
        }
        step => observe(step),
    };
    let mut bench = Bench { settings, look, since: Instant::now(), section: Name::Backends, observe };
    backends::watch(&mut bench, section);
    secrets.hide_in(section);
}

/// Probes. The error says why nothing could be reached; everything else is part of the report.
pub fn run(settings: &Settings, observe: &mut dyn FnMut(Step<'_>)) -> Result<Report, Error> {
    let began = Instant::now();
    let look = look::look(settings)?;
    let secrets = Secrets::of(settings);
    let mut report = Report::new(settings, &look);
    secrets.hide(&mut report.server);
    report.hop.name_mut().into_iter().for_each(|name| secrets.hide(name));
    observe(Step::Looked(&report));
    for name in Name::ALL.into_iter().filter(|name| settings.only.is_empty() || settings.only.contains(name)) {
        let since = Instant::now();
        let mut bench = Bench { settings, look: &look, since, section: name, observe };
        let mut section = match name {
            Name::Handshake => handshake::run(&mut bench),
            Name::Idle => idle::run(&mut bench),
            Name::Stream => stream::run(&mut bench),
            Name::Size => size::run(&mut bench),
            Name::Backends => backends::run(&mut bench),
            Name::Close => close::run(&mut bench),
        };
        // The first handshake is part of what it says.
        section.took = if name == Name::Handshake { began.elapsed() } else { since.elapsed() };
        secrets.hide_in(&mut section);
        (bench.observe)(Step::Done(&section, &report.hop));
        report.sections.push(section);
    }
    if settings.watch {
        watch(settings, &look, &mut report, &secrets, observe);
    }
    Ok(report)
}
