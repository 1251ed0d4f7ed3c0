//! Fair turns. A machine's mood changes from second to second, and with it where
//! the threads lie. So turns are short and many, and the servers take them one after
//! the other. (Two servers with the same code, beside a busy compiler, came out up to
//! 22 % apart in 7 rounds of 1.2 s, and up to 4 % in 25 rounds of 0.3 s.)

use std::fmt::Display;
use std::thread;
use std::time::Duration;

use super::Outcome;

/// Who takes a turn: a server, or a server under some condition.
pub trait Contender {
    fn label(&self) -> &'static str;
}

/// What one server did in one turn.
#[derive(Clone, Copy)]
pub struct Sample {
    /// Messages echoed, or connections opened and closed, or events delivered.
    pub count: u64,
    pub elapsed: Duration,
    /// None where there is no /proc.
    pub cpu: Option<Duration>,
}

impl Display for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0}/s", self.count as f64 / self.elapsed.as_secs_f64())
    }
}

/// One contender's turns, all rounds but the first.
pub struct Series<S = Sample> {
    pub label: &'static str,
    pub samples: Vec<S>,
}

/// Gives each contender its turn, `rounds` times and once before to warm up.
pub fn alternate<C: Contender, S: Display>(
    row: &str,
    contenders: &mut [C],
    rounds: usize,
    mut measure: impl FnMut(&mut C) -> Outcome<S>,
) -> Outcome<Vec<Series<S>>> {
    let series = |contender: &C| Series { label: contender.label(), samples: Vec::new() };
    let mut all: Vec<Series<S>> = contenders.iter().map(series).collect();
    for round in 0..=rounds {
        for (contender, series) in contenders.iter_mut().zip(&mut all) {
            let label = contender.label();
            let sample = measure(contender).map_err(|error| format!("{label}: {error}"))?;
            eprintln!("{row}: round {round} of {rounds}, {label}: {sample}");
            if round > 0 {
                series.samples.push(sample);
            }
        }
    }
    Ok(all)
}

/// What a reader of the figures must know of every run.
pub fn preface(rounds: usize) -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{cores} cores for servers and client together; {rounds} rounds.\n\
        A figure is the median of all rounds; in parentheses, where the middle half of them lies.\n\
        A ratio is the median of the ratios of each round, in which both met the same machine."
    )
}
