//! Events that come by themselves, at random moments: a thread that publishes and waits.

use super::publisher::Publisher;
use super::report::MatchReport;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use fastrand::Rng;
use std::io;
use std::ops::RangeInclusive;
use std::thread::Builder;
use std::time::Duration;

/// The shortest and the longest time between two events.
pub type Pace = RangeInclusive<Duration>;

/// How long a ticker that is dropped is waited for. Its thread may be waiting for a feed that is kept elsewhere.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// A running ticker. Dropping it stops it.
#[derive(Debug)]
pub struct Ticker {
    /// Nothing is ever sent: its end is the sign.
    stop: Option<Sender<()>>,
    /// Ends with the thread.
    ended: Receiver<()>,
}

impl Ticker {
    /// Starts publishing. An empty pace, or one without any time in it, is refused. The same `seed` gives the same texts after the same times.
    pub fn start<E: Send + Sync + 'static>(
        publisher: Publisher<E>,
        pace: Pace,
        seed: Option<u64>,
    ) -> io::Result<Ticker> {
        if pace.is_empty() || pace.start().is_zero() {
            let why = format!("{pace:?} is no pace: the shorter time first, and more than none");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let (stop, stopped) = bounded(0);
        let (alive, ended) = bounded(0);
        let mut random = seed.map_or_else(Rng::new, Rng::with_seed);
        let mut report = MatchReport::new(random.fork());
        Builder::new().name("ticker".to_owned()).spawn(move || {
            let _alive: Sender<()> = alive;
            while stopped.recv_timeout(draw(&mut random, &pace)) == Err(RecvTimeoutError::Timeout) {
                // One that can't be published is left out: who follows the feed is told that it can't be reached.
                let _ = publisher.publish(report.next_line());
            }
        })?;
        Ok(Ticker { stop: Some(stop), ended })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        // Its end, or that of the time.
        let _ = self.ended.recv_timeout(LAST_WAIT);
    }
}

/// A time within the pace, all equally likely.
fn draw(random: &mut Rng, pace: &Pace) -> Duration {
    let nanoseconds = |duration: &Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(random.u64(nanoseconds(pace.start())..=nanoseconds(pace.end())))
}

#[cfg(test)]
mod tests {
    use super::super::hub::Hub;
    use super::super::reader::{News, Reader, WhenSlow};
    use super::super::source::Source;
    use super::*;
    use std::sync::Arc;
    use std::time::Instant;

    #[test]
    fn times_stay_within_the_pace_and_a_seed_repeats_them() {
        let pace = Duration::from_millis(5)..=Duration::from_millis(9);
        let times = |seed| {
            let mut random = Rng::with_seed(seed);
            (0..50).map(|_| draw(&mut random, &pace)).collect::<Vec<_>>()
        };
        assert!(times(1).iter().all(|time| pace.contains(time)));
        assert_eq!(times(1), times(1));
        assert_ne!(times(1), times(2));
    }

    #[test]
    fn it_publishes_until_it_is_dropped() {
        let hub: Arc<Hub<()>> = Arc::new(Hub::new(10, Source::here(), |_| ()));
        let pace = Duration::from_millis(1)..=Duration::from_millis(1);
        let ticker = Ticker::start(Publisher::Here(Arc::clone(&hub)), pace, Some(7)).expect("a thread");
        let mut reader = Reader::new(&hub, Some(0), WhenSlow::ReadsOn);
        let News::Backlog(_) = reader.wait(Some(Instant::now() + Duration::from_secs(30))) else { panic!("no event") };
        drop(ticker);
        let last = hub.last();
        let moment = Some(Instant::now() + Duration::from_millis(20));
        assert!(matches!(Reader::new(&hub, None, WhenSlow::ReadsOn).wait(moment), News::Nothing));
        assert_eq!(hub.last(), last);
    }
}
