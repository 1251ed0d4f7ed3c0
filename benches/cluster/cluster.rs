//! Backends with one feed, subscribers on each of them, and who publishes on the first.

use std::fmt;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::common::Outcome;
use crate::common::client::{connect, expect, upgrade};
use crate::common::process::{Usage, wait};
use crate::common::rounds::Contender;
use crate::common::server::{Server, Speaks, ws101_command};
use crate::delays::Delays;
use crate::listeners::Listeners;
use crate::publisher::Publisher;
use crate::redis::Redis;

/// 100 a second.
const INTERVAL: Duration = Duration::from_millis(10);

/// How long the client looks away from its sockets each time. To be woken for every event would cost more than to read it,
/// and what the client spends the servers cannot have. So a delay may be stated too long by as much as this.
const REST: Duration = Duration::from_millis(1);

/// Subscribers of each of two backends.
const EACH: usize = 500;

pub struct Cluster {
    label: &'static str,
    backends: Vec<Server>,
    redis: Option<Redis>,
    listeners: Listeners,
    /// How many of them are on the first backend.
    near: usize,
    publisher: Publisher,
    /// The number of the last event published.
    last: u64,
}

/// What a turn came to.
pub struct Sample {
    /// Of the deliveries on the backend where the events were published.
    pub near: Delays,
    /// Of those on the other, if there is one.
    pub far: Option<Delays>,
    pub round_trips: Delays,
    /// CPU of backends and Redis together, a second. None where there is no /proc.
    pub cores: Option<f64>,
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.near)?;
        self.far.iter().try_for_each(|far| write!(f, "; on the other: {far}"))
    }
}

/// One backend, with the feed in its memory.
pub fn memory() -> Outcome<Vec<Server>> {
    Ok(vec![backend(&ws101_command())?])
}

/// Two backends, with the feed in this Redis.
pub fn through_redis(label: &'static str, redis: Redis) -> Outcome<Cluster> {
    let start = || backend(ws101_command().args(["--feed", &redis.url()]));
    let cluster = Cluster::start(label, vec![start()?, start()?], EACH)?;
    Ok(Cluster { redis: Some(redis), ..cluster })
}

/// A backend that stands back where the client wants a processor, too: else the client, one thread, has to wait for a turn
/// among all of its threads, and what is measured is that wait.
fn backend(command: &Command) -> Outcome<Server> {
    let variables = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let mut nice = Command::new("nice");
    nice.args(["-n", "5"]).arg(command.get_program()).args(command.get_args()).envs(variables);
    Server::start("ws101", Speaks::WebSocket, &mut nice)
}

impl Cluster {
    /// Opens `each` subscribers on each backend. The feed is new, and this is all that is published on it.
    pub fn start(label: &'static str, backends: Vec<Server>, each: usize) -> Outcome<Self> {
        let streams = backends.iter().flat_map(|backend| (0..each).map(move |_| subscribe(backend)));
        let listeners = Listeners::new(streams.collect::<Outcome<_>>()?, Speaks::WebSocket, 0)?;
        let first = backends.first().ok_or("no backend")?;
        let mut publisher = Publisher::connect(first.address)?;
        listeners.also_wait_for(&mut publisher.stream)?;
        Ok(Cluster { label, backends, redis: None, listeners, near: each, publisher, last: 0 })
    }

    /// Publishes at its pace for so long, and then waits until everybody has everything.
    pub fn turn(&mut self, time: Duration) -> Outcome<Sample> {
        self.listeners.begin(Speaks::WebSocket, self.last);
        self.publisher.round_trips.clear();
        let (start, before) = (Instant::now(), self.cpu());
        let mut due = start;
        while due < start + time {
            while Instant::now() < due {
                self.read(Some(due))?;
            }
            let mut since = Instant::now();
            while self.publisher.is_waiting() {
                // Late, because the last one is: that belongs to its delay.
                since = due;
                self.read(None)?;
            }
            self.last += 1;
            self.listeners.expect(1, since);
            self.publisher.publish(self.last)?;
            due += INTERVAL;
        }
        while self.publisher.is_waiting() || self.listeners.under_way() > 0 {
            self.read(None)?;
        }
        let cpu = before.zip(self.cpu()).map(|(before, after)| after - before);
        let cores = cpu.map(|cpu| cpu.as_secs_f64() / start.elapsed().as_secs_f64());
        self.listeners.finish()?;
        let [near, far] = self.listeners.delays(self.near);
        let far = (!far.is_empty()).then(|| Delays::of(&far));
        Ok(Sample { near: Delays::of(&near), far, round_trips: Delays::of(&self.publisher.round_trips), cores })
    }

    fn read(&mut self, deadline: Option<Instant>) -> Outcome<()> {
        wait(REST);
        if self.listeners.read(deadline)? { self.publisher.read() } else { Ok(()) }
    }

    fn cpu(&self) -> Option<Duration> {
        let pids = self.backends.iter().map(Server::pid).chain(self.redis.as_ref().map(Redis::pid));
        pids.map(|pid| Usage::of(pid).map(|usage| usage.cpu)).sum()
    }
}

impl Contender for Cluster {
    fn label(&self) -> &'static str {
        self.label
    }
}

/// Open, and sure to get every event there will be.
fn subscribe(server: &Server) -> Outcome<std::net::TcpStream> {
    let stream = connect(server.address)?;
    expect("bytes after the head", &upgrade(&stream, "/feed/ws?after=0")?, b"")?;
    Ok(stream)
}
