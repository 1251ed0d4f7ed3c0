//! One scenario: a marker, all clients connected, then publishing, then the last events.

use super::figures::{Column, Kind, Round};
use super::follower::{Transport, follow};
use super::long_poll::LongPoll;
use super::plan::{PATIENCE, Plan, Times};
use super::publisher::{Publications, Publisher};
use super::scenario::Rate;
use super::short_poll::ShortPoll;
use super::socket::Socket;
use super::stream::Stream;
use super::tally::Tally;
use super::{Failure, Progress, Settings};
use crate::client::{Error, Url};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{Builder, Scope, ScopedJoinHandle, scope};
use std::time::{Duration, Instant};

/// How often progress is told.
const TELL: Duration = Duration::from_millis(100);

/// From the last client's being connected to the first slot.
const BREATH: Duration = Duration::from_millis(50);

/// The stack of a client's thread, so that thousands of them fit into any address space.
const STACK: usize = 512 * 1024;

/// Measures one scenario.
pub fn run(settings: &Settings, url: &Url, rate: Rate, observe: &mut dyn FnMut(Progress)) -> Result<Round, Failure> {
    let token = format!("{:08x}", fastrand::u32(..));
    let mut publisher = Publisher::new(url, &token, settings.payload);
    let marker = publisher.publish(usize::MAX);
    let marker = marker.map_err(|error| Failure::of(url, &format!("POST {}", url.below("/feed")), &error))?;
    let planned = rate.events_in(settings.time);
    let plan = Plan {
        url: url.clone(),
        token: token.clone(),
        after: marker.id,
        planned,
        goal: OnceLock::new(),
        given_up: AtomicBool::new(false),
        published: AtomicU64::new(0),
        received: AtomicU64::new(0),
    };
    let (publications, tallies) = all_at_once(settings, &plan, &mut publisher, planned, observe)?;
    if let Some(error) = &publications.failed {
        return Err(Failure::of(url, "publishing ended early", error));
    }
    let lengths: Vec<usize> = publications.confirmed().map(|published| published.json_len).collect();
    Ok(Round {
        rate,
        time: settings.time,
        planned,
        published: lengths.len() as u64,
        refused: publications.failures,
        event_bytes: lengths.iter().sum::<usize>() as f64 / lengths.len().max(1) as f64,
        columns: columns(settings, &tallies, &publications),
    })
}

fn kinds(settings: &Settings) -> Vec<Kind> {
    let polls = settings.poll_intervals.iter().map(|interval| Kind::ShortPoll(*interval));
    polls.chain([Kind::LongPoll, Kind::Stream, Kind::WebSocket]).collect()
}

fn transport(kind: Kind) -> Box<dyn Transport> {
    match kind {
        Kind::ShortPoll(interval) => Box::new(ShortPoll::new(interval)),
        Kind::LongPoll => Box::<LongPoll>::default(),
        Kind::Stream => Box::<Stream>::default(),
        Kind::WebSocket => Box::<Socket>::default(),
    }
}

/// The clients come in the order in which they were started: those of the first kind first.
fn columns(settings: &Settings, tallies: &[Tally<'_>], publications: &Publications) -> Vec<Column> {
    let groups = kinds(settings).into_iter().zip(tallies.chunks(settings.clients));
    groups.map(|(kind, tallies)| Column::of(kind, tallies, publications)).collect()
}

/// What a thread of a client has to say.
enum News {
    Connected,
    Failed(Kind, Error),
}

/// Starts a thread a client, lets them connect, publishes, and waits for their end.
fn all_at_once<'p>(
    settings: &Settings,
    plan: &'p Plan,
    publisher: &mut Publisher<'_>,
    planned: u64,
    observe: &mut dyn FnMut(Progress),
) -> Result<(Publications, Vec<Tally<'p>>), Failure> {
    let kinds: Vec<Kind> = kinds(settings).into_iter().flat_map(|kind| vec![kind; settings.clients]).collect();
    scope(|scope| {
        // Dropped with this closure, whatever ends it: who waits for the start then knows that there is none.
        let (tell, news) = bounded(kinds.len());
        let (start, started) = bounded(kinds.len());
        let mut clients = Vec::new();
        for kind in &kinds {
            let client = Client { kind: *kind, plan, tell: tell.clone(), started: started.clone() };
            clients.push(client.spawn(scope).map_err(no_thread)?);
        }
        all_connected(plan, &news, kinds.len())?;
        let times = times(settings);
        for _ in &kinds {
            // There is room for all.
            let _ = start.send(times);
        }
        let (done, ended) = bounded::<()>(0);
        let publishing = Builder::new().name("publisher".to_owned()).spawn_scoped(scope, move || {
            let _done = done; // its end is the sign
            publisher.publish_all(plan, &times, planned)
        });
        let publishing = publishing.map_err(no_thread)?;
        watch(plan, &times, &ended, &clients, observe);
        let publications = publishing.join().map_err(|_| Failure::new("the publisher panicked"))?;
        let tallies = clients.into_iter().map(|client| client.join().ok().flatten()).collect::<Option<Vec<_>>>();
        Ok((publications, tallies.ok_or_else(|| Failure::new("a client panicked"))?))
    })
}

fn no_thread(error: io::Error) -> Failure {
    Failure::new(format!("no thread for a client: {error}; fewer --clients need fewer"))
}

fn times(settings: &Settings) -> Times {
    let begin = Instant::now() + BREATH;
    let end = begin + settings.time;
    let slowest = settings.poll_intervals.iter().max().copied().unwrap_or_default();
    Times { begin, end, latest: end + slowest + Duration::from_secs(1) }
}

/// Waits until every client is where the feed will be heard.
fn all_connected(plan: &Plan, news: &Receiver<News>, clients: usize) -> Result<(), Failure> {
    // Each of its steps has a deadline of its own; this one is for the sum of them.
    let deadline = Instant::now() + 4 * PATIENCE;
    for _ in 0..clients {
        match news.recv_deadline(deadline) {
            Ok(News::Connected) => {}
            Ok(News::Failed(kind, error)) => return Err(Failure::of(&plan.url, &kind.label(), &error)),
            Err(_) => return Err(Failure::new("the clients did not get connected in time")),
        }
    }
    Ok(())
}

/// Tells how far it is until all clients have ended.
fn watch<T>(
    plan: &Plan,
    times: &Times,
    publishing: &Receiver<()>,
    clients: &[ScopedJoinHandle<'_, T>],
    observe: &mut dyn FnMut(Progress),
) {
    let tell = |observe: &mut dyn FnMut(Progress)| {
        observe(Progress {
            scenario: 0,
            elapsed: Instant::now().saturating_duration_since(times.begin),
            published: plan.published.load(Ordering::Relaxed),
            received: plan.received.load(Ordering::Relaxed),
            waiting: plan.goal.get().is_some(),
        });
    };
    while publishing.recv_timeout(TELL) == Err(RecvTimeoutError::Timeout) {
        tell(observe);
    }
    while !clients.iter().all(ScopedJoinHandle::is_finished) {
        tell(observe);
        super::plan::wait_until(Instant::now() + TELL / 10);
    }
    tell(observe);
}

/// One client, before it has a thread.
struct Client<'p> {
    kind: Kind,
    plan: &'p Plan,
    tell: Sender<News>,
    started: Receiver<Times>,
}

impl<'p> Client<'p> {
    fn spawn<'s>(self, scope: &'s Scope<'s, '_>) -> io::Result<ScopedJoinHandle<'s, Option<Tally<'p>>>>
    where
        'p: 's,
    {
        let thread = Builder::new().name(self.kind.name().to_owned()).stack_size(STACK);
        thread.spawn_scoped(scope, move || self.run())
    }

    /// `None`: it did not come to anything, and has said so.
    fn run(self) -> Option<Tally<'p>> {
        let mut transport = transport(self.kind);
        let mut tally = Tally::new(self.plan);
        let opened = transport.open(&mut tally, Instant::now() + PATIENCE);
        let news = match opened {
            Ok(()) => News::Connected,
            Err(error) => News::Failed(self.kind, error),
        };
        // There is room for one of each client; nobody listens when another one has failed.
        let _ = self.tell.send(news);
        match self.started.recv() {
            Ok(times) => follow(transport.as_mut(), &mut tally, &times),
            Err(_) => transport.abandon(&mut tally),
        }
        Some(tally)
    }
}
