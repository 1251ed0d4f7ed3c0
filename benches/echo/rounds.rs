//! Fair turns. A machine's mood changes from second to second, and with it where
//! the threads lie. So turns are short and many, the servers take them one after
//! the other, and every turn has new connections. (Two servers with the same code,
//! beside a busy compiler, came out up to 22 % apart in 7 rounds of 1.2 s, and up to
//! 4 % in 25 rounds of 0.3 s.)

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::client::Client;
use crate::frames::Exchange;
use crate::server::Server;

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
        let cores = thread::available_parallelism().map_or(0, usize::from);
        writeln!(f, "{cores} cores for servers and client together; {} rounds.", self.rounds)?;
        writeln!(f, "A figure is the median of all rounds; in parentheses, where the middle half of them lies.")?;
        write!(f, "A ratio is the median of the ratios of each round, in which both met the same machine.")
    }
}

/// What one server did in one turn.
#[derive(Clone, Copy)]
pub struct Sample {
    /// Messages echoed, or connections opened and closed.
    pub count: u64,
    pub elapsed: Duration,
    /// None where there is no /proc.
    pub cpu: Option<Duration>,
}

/// One server's turns, all rounds but the first.
pub struct Series {
    pub label: &'static str,
    pub samples: Vec<Sample>,
}

/// Gives each server its turn, `rounds` times and once before to warm up.
pub fn alternate(
    row: &str,
    servers: &[Server],
    rounds: usize,
    measure: impl Fn(&Server) -> Outcome<Sample>,
) -> Outcome<Vec<Series>> {
    let mut all: Vec<Series> =
        servers.iter().map(|server| Series { label: server.label, samples: Vec::new() }).collect();
    for round in 0..=rounds {
        for (server, series) in servers.iter().zip(&mut all) {
            let sample = measure(server).map_err(|error| server.blame(error))?;
            let per_second = sample.count as f64 / sample.elapsed.as_secs_f64();
            eprintln!("{row}: round {round} of {rounds}, {}: {per_second:.0}/s", server.label);
            if round > 0 {
                series.samples.push(sample);
            }
        }
    }
    Ok(all)
}

/// Some connections that each repeat one exchange until the time is up.
pub fn keep_exchanging(server: &Server, connections: usize, exchange: &Exchange, turn: Duration) -> Outcome<Sample> {
    let mut clients = (0..connections).map(|_| server.open()).collect::<Outcome<Vec<Client>>>()?;
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
