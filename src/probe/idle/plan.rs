//! Which connections there are, and how long each of them is held.

use std::time::Duration;

/// Intervals between Pings that are worth trying, in milliseconds: those that people set, and half a second for limits
/// of one or two.
const INTERVALS: [u64; 15] = [
    500, 1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000, 45_000, 60_000, 90_000, 120_000, 240_000, 480_000,
];

/// What a connection does while it is open. All of them answer the server's Pings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Nothing, and it asks the server not to ping.
    Silent,
    /// Nothing, and the server pings as it likes.
    Listens,
    /// It pings, and asks the server not to.
    Pings(Duration),
    /// It pings, too, and is opened later than the others.
    Late(Duration),
}

/// All connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What those do that are opened at once.
    pub habits: Vec<Habit>,
    /// What the one does that is opened later.
    pub late: Habit,
    /// How much later.
    pub stagger: Duration,
    idle: Duration,
}

impl Plan {
    /// For a silence that is held so long.
    pub fn new(idle: Duration) -> Plan {
        let mut intervals: Vec<Duration> =
            INTERVALS.into_iter().map(Duration::from_millis).filter(|interval| *interval < idle).collect();
        if intervals.is_empty() {
            intervals.push(idle / 2);
        }
        let mut habits = vec![Habit::Silent, Habit::Listens];
        habits.extend(intervals.iter().copied().map(Habit::Pings));
        let late = Habit::Late(intervals[0]);
        Plan { habits, late, stagger: (idle / 10).clamp(Duration::from_secs(1), Duration::from_secs(5)), idle }
    }

    /// Ages or moments that differ by less are the same.
    pub fn alike(&self) -> Duration {
        self.stagger / 2
    }

    /// The age at which a connection that was not ended is let go. Once the silent one was ended, the others live twice as
    /// long again: by then each interval below that silence has shown what it is good for, and a limit on life that is not
    /// far above it has shown itself.
    pub fn hold(&self, silence_ended: Option<Duration>) -> Duration {
        let Some(after) = silence_ended else { return self.idle };
        // Silence that was ended near the end of the time: a moment longer, to see whether the others are ended too.
        let at_least = after + self.stagger.max(after / 10);
        at_least.max(self.idle.min(after * 3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn intervals(idle: Duration) -> Vec<u128> {
        let interval = |habit| if let Habit::Pings(interval) = habit { Some(interval.as_millis()) } else { None };
        Plan::new(idle).habits.into_iter().filter_map(interval).collect()
    }

    #[test]
    fn there_is_an_interval_below_every_limit() {
        assert_eq!(intervals(seconds(4)), [500, 1000, 2000]);
        assert_eq!(intervals(seconds(120)).last(), Some(&90_000));
        assert_eq!(intervals(Duration::from_millis(200)), [100]);
        assert_eq!(Plan::new(seconds(86_400)).habits.len(), INTERVALS.len() + 2);
    }

    #[test]
    fn what_is_known_is_not_waited_for() {
        let plan = Plan::new(seconds(120));
        for (ended, hold) in
            [(None, 120), (Some(2), 7), (Some(20), 60), (Some(60), 120), (Some(100), 120), (Some(118), 129)]
        {
            let whole = plan.hold(ended.map(seconds)).as_secs();
            assert_eq!(whole, hold, "{ended:?}");
        }
    }
}
