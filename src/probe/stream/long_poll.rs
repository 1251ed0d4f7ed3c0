//! A request that is held, and how its hold ended.

use super::super::ask::{Asked, beside, status};
use super::super::settings::Settings;
use crate::client::Error;
use std::time::{Duration, Instant};

/// A ws101 holds no request longer.
pub const LONGEST: Duration = Duration::from_secs(60);

/// What an answer may come before its time: clocks are not that exact, and machines are busy.
const EARLY: Duration = Duration::from_millis(500);

/// What ends a request sooner is no limit of time: there is nobody to ask, or it is not understood.
const AT_ONCE: Duration = Duration::from_millis(500);

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// The server answered when the time was over.
    Held,
    /// It was answered before its time, in words: with 200 when the server does not know that it is to wait.
    Early(String),
    /// Somebody ended it. In words: a status, FIN, RST.
    Cut(String),
    /// There was no answer at all, long after its time.
    Silent,
    /// It could not be tried. Why.
    Not(String),
}

/// Asks for an answer after `wait`, and tells how long it was waited for. A hop may say 502 and 503 after a while because it
/// has tried in vain to reach a server that is down; then the request is made once more.
pub fn run(settings: &Settings, wait: Duration) -> (Duration, Hold) {
    let first = once(settings, wait);
    let is_nobody = |how: &str| how.starts_with("502") || how.starts_with("503");
    match &first.1 {
        Hold::Cut(how) if is_nobody(how) => once(settings, wait),
        _ => first,
    }
}

fn once(settings: &Settings, wait: Duration) -> (Duration, Hold) {
    // As on a feed on which nothing happens: a ticking one would answer early.
    let parameters = format!("wait={}ms&events=off", wait.as_millis());
    let url = beside(&settings.url, "/feed/long-poll", &parameters);
    let since = Instant::now();
    let mut asked = match Asked::start(settings, &url, None, None) {
        Ok(asked) => asked,
        Err(error) => return (since.elapsed(), Hold::Not(error.to_string())),
    };
    let deadline = since + wait + settings.timeout;
    let answer = asked.exchange.answer(&mut asked.connection, deadline);
    let took = since.elapsed();
    let hold = match answer {
        Ok(answer) => judge(took, wait, answer.head.status, &status(&answer.head)),
        Err(error) if error.is_timeout() => Hold::Silent,
        Err(Error::Ended) => ended(took, "FIN, without an answer".to_owned()),
        Err(Error::Lost(error)) => ended(took, format!("RST, without an answer ({error})")),
        Err(error) => Hold::Not(error.to_string()),
    };
    (took, hold)
}

/// What an end means that comes instead of an answer.
fn ended(took: Duration, how: String) -> Hold {
    if took > AT_ONCE { Hold::Cut(how) } else { Hold::Not(how) }
}

/// What an answer means, by the moment at which it came.
fn judge(took: Duration, wait: Duration, status: u16, words: &str) -> Hold {
    match status {
        204 if took + EARLY >= wait => Hold::Held,
        200 | 204 => Hold::Early(words.to_owned()),
        408 | 500..=599 if took > AT_ONCE => Hold::Cut(words.to_owned()),
        _ => Hold::Not(format!("the answer was {words}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_of_an_answer_says_what_it_means() {
        let judged = |took: f64, status| judge(Duration::from_secs_f64(took), Duration::from_secs(5), status, "words");
        let words = || "words".to_owned();
        for (took, status, hold) in [
            (5.0, 204, Hold::Held),
            (4.8, 204, Hold::Held),
            (2.0, 204, Hold::Early(words())),
            (0.1, 200, Hold::Early(words())),
            (2.0, 504, Hold::Cut(words())),
            (2.0, 408, Hold::Cut(words())),
        ] {
            assert_eq!(judged(took, status), hold, "{status} after {took}");
        }
        for (took, status) in [(0.0, 404), (0.0, 503), (3.0, 404)] {
            assert!(matches!(judged(took, status), Hold::Not(_)), "{status} after {took}");
        }
    }
}
