//! Whether events come when they happen, and whether a request that is held comes to its end.
//!
//! ```text
//!   listening   GET /feed/stream ──────────────────────────────▶ events, to the end of the section
//!   publishing  POST /feed, POST /feed, ...                      until enough has come, or six seconds are over
//!   long_poll   GET /feed/long-poll?wait=30s&events=off ───────▶ 204 after 30 s, or somebody's 504 before
//! ```
//!
//! Behind a balancer there may be several feeds, each with events of its own. So an event counts against a hop only when
//! it is known that the stream's server had it: by the name in `X-Served-By`, or because it came, and late.

mod figures;
mod listening;
mod long_poll;
mod publishing;
mod telling;

use super::{Bench, Section};
use crossbeam_channel::{Receiver, bounded};
use figures::Figures;
use listening::Listener;
use long_poll::Hold;
use publishing::Posted;
use std::io;
use std::thread::{Builder, Scope, scope};
use std::time::{Duration, Instant};

/// How long to publish when nothing comes.
const PUBLISHING: Duration = Duration::from_secs(6);

/// So many of our own events are enough.
const ENOUGH: usize = 5;

/// How long the head of a stream may take whose server is not known.
const HEAD: Duration = Duration::from_secs(2);

/// How often progress is told.
const STEP: Duration = Duration::from_millis(100);

/// What was seen.
struct Seen {
    listener: Listener,
    posted: Vec<Posted>,
    /// How long the last look at the events was after the beginning.
    published_until: Duration,
    hold: Option<(Duration, Hold)>,
}

/// Runs the section.
pub fn run(bench: &mut Bench<'_>) -> Section {
    let section = bench.section();
    match look(bench) {
        Ok(Ok(seen)) => telling::tell(section, bench, &seen),
        Ok(Err(error)) => section.not_run(&format!("there is no stream to listen to: {error}")),
        Err(error) => section.not_run(&format!("no thread could be started: {error}")),
    }
}

/// Listens, publishes and holds a request, all at once.
fn look(bench: &mut Bench<'_>) -> io::Result<Result<Seen, crate::client::Error>> {
    let listener = match Listener::start(bench.settings, bench.since) {
        Ok(listener) => listener,
        Err(error) => return Ok(Err(error)),
    };
    let mut seen = Seen { listener, posted: Vec::new(), published_until: Duration::ZERO, hold: None };
    scope(|scope| {
        let held = hold(scope, bench)?;
        follow(scope, bench, &mut seen)?;
        wait_for_the_hold(bench, &mut seen, &held);
        Ok(Ok(seen))
    })
}

/// The long poll, in a thread of its own.
fn hold<'scope>(scope: &'scope Scope<'scope, '_>, bench: &Bench<'_>) -> io::Result<Receiver<(Duration, Hold)>> {
    let (sender, receiver) = bounded(1);
    let (settings, wait) = (bench.settings.clone(), bench.settings.long_poll.min(long_poll::LONGEST));
    Builder::new().name("long-poll".to_owned()).spawn_scoped(scope, move || {
        // Who does not wait for it any more need not hear it.
        let _ = sender.send(long_poll::run(&settings, wait));
    })?;
    Ok(receiver)
}

/// Listens while another thread publishes, until enough has come. Who is no ws101 is listened to, and not written to: a
/// `POST /feed` may mean anything there.
fn follow<'scope>(scope: &'scope Scope<'scope, '_>, bench: &mut Bench<'_>, seen: &mut Seen) -> io::Result<()> {
    let (to_us, posted) = bounded(publishing::MOST);
    // Dropping this ends the publishing.
    let (_stop, stopped) = bounded(0);
    let (settings, since) = (bench.settings.clone(), bench.since);
    if is_ws101(bench, seen) {
        Builder::new().name("publisher".to_owned()).spawn_scoped(scope, move || {
            publishing::run(&settings, since, &stopped, &to_us);
        })?;
    }
    let until = Instant::now() + PUBLISHING;
    while Instant::now() < until && seen.own() < ENOUGH && !seen.is_over() {
        bench.progress(Some(PUBLISHING), &format!("{} events on the stream", seen.listener.heard.events.len()));
        seen.listener.listen(until.min(Instant::now() + STEP));
        seen.posted.extend(posted.try_iter());
    }
    seen.published_until = bench.since.elapsed();
    Ok(())
}

/// Its handshake says so; where none was granted, the head of the stream does.
fn is_ws101(bench: &Bench<'_>, seen: &mut Seen) -> bool {
    if !bench.look.is_ws101() {
        seen.listener.listen(Instant::now() + HEAD);
    }
    seen.is_of_ws101(bench)
}

/// Listens on until the long poll is answered: a stream may be cut off later.
fn wait_for_the_hold(bench: &mut Bench<'_>, seen: &mut Seen, held: &Receiver<(Duration, Hold)>) {
    let of = bench.settings.long_poll.min(long_poll::LONGEST);
    while seen.hold.is_none() {
        bench.progress(Some(of), "a request is held");
        if seen.listener.heard.end.is_none() {
            seen.listener.listen(Instant::now() + STEP);
            seen.hold = held.try_recv().ok();
        } else {
            seen.hold = held.recv_timeout(STEP).ok();
        }
    }
}

impl Seen {
    /// How many of our own events have come.
    fn own(&self) -> usize {
        let came = |post: &&Posted| self.listener.heard.events.iter().any(|event| event.text == post.text);
        self.posted.iter().filter(came).count()
    }

    /// Whether the server is known to be a ws101, by its handshake or by the head of the stream.
    fn is_of_ws101(&self, bench: &Bench<'_>) -> bool {
        let head = self.listener.heard.head.as_ref();
        bench.look.is_ws101() || head.is_some_and(|(_, head)| telling::is_of_ws101(head))
    }

    /// Whether no event can come: it has ended, or it is no stream.
    fn is_over(&self) -> bool {
        let heard = &self.listener.heard;
        heard.end.is_some() || heard.head.as_ref().is_some_and(|(_, head)| head.status != 200)
    }

    fn figures(&self, server: Option<&str>) -> Figures {
        Figures::of(&self.listener.heard, &self.posted, server, self.published_until)
    }
}
