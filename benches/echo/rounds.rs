//! A turn: some new connections that do one thing again and again until the time is up.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::common::Outcome;
use crate::common::rounds::{Sample, preface};
use crate::common::server::Server;
use crate::exchange::Exchange;

/// How many rounds, and how long each server's turn in one is.
pub struct Plan {
    pub rounds: usize,
    pub turn: Duration,
    /// The memory row's own rounds, and how long it watches idle connections.
    pub memory_rounds: usize,
    pub idle: Duration,
}

impl Plan {
    pub fn new(quick: bool) -> Self {
        if quick {
            Self { rounds: 5, turn: Duration::from_millis(150), memory_rounds: 1, idle: Duration::from_secs(1) }
        } else {
            Self { rounds: 25, turn: Duration::from_millis(300), memory_rounds: 3, idle: Duration::from_secs(3) }
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&preface(self.rounds))
    }
}

/// Some connections that each repeat one exchange until the time is up.
pub fn keep_exchanging(server: &Server, connections: usize, exchange: &Exchange, turn: Duration) -> Outcome<Sample> {
    exchange_on(server, &mut open(server, connections)?, exchange, turn)
}

pub fn open(server: &Server, connections: usize) -> Outcome<Vec<Client>> {
    (0..connections).map(|_| server.open()).collect()
}

pub fn exchange_on(server: &Server, clients: &mut [Client], exchange: &Exchange, turn: Duration) -> Outcome<Sample> {
    let until = Instant::now() + turn;
    timed(server, clients.iter_mut().map(|client| move || repeat(client, exchange, until)))
}

fn repeat(client: &mut Client, exchange: &Exchange, until: Instant) -> Outcome<u64> {
    let mut scratch = Vec::new();
    let mut messages = 0;
    while Instant::now() < until {
        client.exchange(exchange, &mut scratch)?;
        messages += exchange.messages;
    }
    Ok(messages)
}

/// Runs the jobs at the same time, a thread each, and adds up what they counted.
pub fn timed<Job>(server: &Server, jobs: impl Iterator<Item = Job>) -> Outcome<Sample>
where
    Job: FnOnce() -> Outcome<u64> + Send,
{
    let before = server.usage();
    let start = Instant::now();
    let count = at_once(jobs)?.into_iter().sum();
    let elapsed = start.elapsed();
    let cpu = before.zip(server.usage()).map(|(before, after)| after.cpu - before.cpu);
    Ok(Sample { count, elapsed, cpu })
}

pub fn at_once<Job, Value>(jobs: impl Iterator<Item = Job>) -> Outcome<Vec<Value>>
where
    Job: FnOnce() -> Outcome<Value> + Send,
    Value: Send,
{
    thread::scope(|scope| {
        let client = || thread::Builder::new().name("client".into());
        let threads = jobs.map(|job| client().spawn_scoped(scope, job)).collect::<Result<Vec<_>, _>>()?;
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a client panicked".into()))).collect()
    })
}
