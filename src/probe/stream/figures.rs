//! What the times of a stream amount to. Values in, values out.

use super::listening::Heard;
use super::publishing::Posted;
use std::time::Duration;

/// An event that comes so much later than it happened was kept by somebody. A busy machine is faster.
pub const LATE: Duration = Duration::from_secs(1);

/// What is later than that, and not because the way is long, was waited with.
const DAWDLING: Duration = Duration::from_millis(100);

/// From so many late or lost events on it is no accident.
const NO_ACCIDENT: usize = 2;

/// One in so many, too: a way that stalls once delays a few of many.
const ONE_IN: usize = 4;

/// The delays of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// From the writing of our POST to the arrival of its event, by our clock. In order of size.
    pub own: Vec<Duration>,
    /// How many of them came late, counted from the answer to their POST: it may have taken long itself.
    pub late: usize,
    /// How long our POSTs took: the way there and back, and what a connection costs. In order of size.
    pub posts: Vec<Duration>,
    /// What events of others took longer than the fastest of them. The clocks of both ends need not agree for that.
    pub others: Vec<Duration>,
    /// Ours of which is known that the stream's server took them in good time, and that never came.
    pub lost: usize,
}

/// Whether events come when they happen.
#[derive(Debug, PartialEq, Eq)]
pub enum Flow {
    /// They do.
    InTime,
    /// Somebody collects them.
    Kept,
    /// No event is known to have happened on the stream's server.
    Unknown,
}

impl Figures {
    /// Works them out. `server`: who serves the stream, if it is known; `until`: when the last look was, since the section
    /// began.
    pub fn of(heard: &Heard, posted: &[Posted], server: Option<&str>, until: Duration) -> Figures {
        let mut figures = Figures::default();
        for post in posted {
            let came = heard.events.iter().find(|event| event.text == post.text);
            let taken = matches!(&post.by, Ok(Some(by)) if Some(by.as_str()) == server);
            let in_time = post.sent + post.took + LATE;
            match came {
                Some(event) => {
                    figures.own.push(event.after.saturating_sub(post.sent));
                    figures.late += usize::from(event.after > in_time);
                }
                None => figures.lost += usize::from(taken && in_time < until),
            }
        }
        figures.own.sort();
        figures.posts = posted.iter().map(|post| post.took).collect();
        figures.posts.sort();
        let is_ours = |text: &str| posted.iter().any(|post| post.text == text);
        let others = heard.events.iter().filter(|event| !is_ours(&event.text));
        let took = others.map(|event| event.after.as_millis() as i128 - i128::from(event.at));
        let took: Vec<i128> = took.collect();
        let fastest = took.iter().min().copied().unwrap_or_default();
        let more = |took: &i128| Duration::from_millis(u64::try_from(took - fastest).unwrap_or(u64::MAX));
        // An event that happened while we listened can't be later than that: such a clock says nothing.
        let longest = heard.events.iter().map(|event| event.after).max().unwrap_or_default();
        figures.others = took.iter().map(more).filter(|more| *more <= longest).collect();
        figures
    }

    /// How much later than it might events come, each time, although nobody collects them.
    pub fn dawdling(&self) -> Option<Duration> {
        let (own, post) = (self.own.get(self.own.len() / 2)?, self.posts.get(self.posts.len() / 2)?);
        (*own > DAWDLING && *own > *post * 3 && *own <= LATE).then_some(*own)
    }

    /// What they say.
    pub fn flow(&self) -> Flow {
        let came = self.own.len() + self.others.len();
        let late = self.late + self.others.iter().filter(|delay| **delay > LATE).count();
        let is_no_accident = late + self.lost >= NO_ACCIDENT && (late + self.lost) * ONE_IN >= came;
        if is_no_accident || (self.own.len() == 1 && late == 1 && came == 1) {
            Flow::Kept
        } else if self.own.is_empty() && self.others.len() < NO_ACCIDENT {
            Flow::Unknown
        } else {
            Flow::InTime
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::listening::Arrival;
    use super::*;

    fn milliseconds(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn heard(events: &[(u64, u64, &str)]) -> Heard {
        let event =
            |&(after, at, text): &(u64, u64, &str)| Arrival { after: milliseconds(after), at, text: text.into() };
        Heard { events: events.iter().map(event).collect(), ..Heard::default() }
    }

    fn posted(events: &[(u64, &str, &str)]) -> Vec<Posted> {
        let post = |&(sent, text, by): &(u64, &str, &str)| Posted {
            text: text.into(),
            sent: milliseconds(sent),
            took: milliseconds(3),
            by: Ok(Some(by.into())),
        };
        events.iter().map(post).collect()
    }

    #[test]
    fn events_in_time_are_told_from_events_that_were_kept() {
        let posts = posted(&[(300, "1", "A"), (600, "2", "B"), (900, "3", "A"), (1200, "4", "B"), (1500, "5", "A")]);
        let flow = |heard: &Heard| Figures::of(heard, &posts, Some("A"), milliseconds(6000)).flow();
        assert_eq!(flow(&heard(&[(302, 9_000, "1"), (903, 9_600, "3"), (1502, 10_200, "5")])), Flow::InTime);
        assert_eq!(flow(&heard(&[(5900, 9_000, "1"), (5900, 9_600, "3"), (5900, 10_200, "5")])), Flow::Kept);
        // Taken by the stream's server, and never seen.
        assert_eq!(flow(&heard(&[])), Flow::Kept);
        // One that is lost may be one that was published before the stream was there.
        assert_eq!(flow(&heard(&[(903, 9_600, "3"), (1502, 10_200, "5")])), Flow::InTime);
    }

    #[test]
    fn a_publisher_that_is_answered_late_accuses_no_stream() {
        let mut posts = posted(&[(300, "1", "A"), (2600, "2", "A"), (4900, "3", "A")]);
        posts.iter_mut().for_each(|post| post.took = milliseconds(2000));
        let events = heard(&[(2300, 1, "1"), (4600, 2301, "2"), (6900, 4601, "3")]);
        let figures = Figures::of(&events, &posts, Some("A"), milliseconds(7000));
        assert_eq!((figures.late, figures.flow()), (0, Flow::InTime));
    }

    #[test]
    fn a_way_that_stalls_once_and_a_clock_that_is_nonsense_accuse_nobody() {
        let figures = |events: &[(u64, u64, &str)]| Figures::of(&heard(events), &[], None, milliseconds(9000));
        let mut events: Vec<(u64, u64, &str)> =
            (1..20).map(|number| (number * 400, 7_000_000 + number * 400, "tick")).collect();
        events.extend([(6000, 7_004_100, "late"), (6000, 7_004_500, "late")]);
        assert_eq!(figures(&events).flow(), Flow::InTime);
        let figures = figures(&[(10, u64::MAX, "a"), (20, 0, "b"), (30, 5, "c")]);
        assert_eq!((figures.others.len(), figures.flow()), (1, Flow::Unknown));
    }

    #[test]
    fn who_waits_a_moment_each_time_dawdles() {
        let posts = posted(&[(300, "1", "A"), (600, "2", "A"), (900, "3", "A")]);
        let dawdling = |heard: &Heard| Figures::of(heard, &posts, Some("A"), milliseconds(2000)).dawdling();
        assert_eq!(dawdling(&heard(&[(508, 1, "1"), (807, 301, "2"), (1108, 601, "3")])), Some(milliseconds(208)));
        // One of several, and what is short.
        assert_eq!(dawdling(&heard(&[(302, 1, "1"), (807, 301, "2"), (902, 601, "3")])), None);
    }

    #[test]
    fn nobody_is_accused_without_an_event() {
        let posts = posted(&[(300, "1", "B"), (600, "2", "B")]);
        for server in [Some("A"), None] {
            let figures = Figures::of(&heard(&[]), &posts, server, milliseconds(6000));
            assert_eq!((figures.lost, figures.flow()), (0, Flow::Unknown));
        }
    }

    #[test]
    fn a_bunch_of_events_of_others_is_one_although_the_clocks_differ() {
        let figures = |events: &[(u64, u64, &str)]| Figures::of(&heard(events), &[], None, milliseconds(9000));
        let bunch = figures(&[(5000, 7_001_000, "a"), (5000, 7_003_000, "b"), (5000, 7_004_500, "c")]);
        assert_eq!(bunch.others, [milliseconds(3500), milliseconds(1500), milliseconds(0)]);
        assert_eq!(bunch.flow(), Flow::Kept);
        assert_eq!(figures(&[(1000, 7_001_000, "a"), (3010, 7_003_000, "b")]).flow(), Flow::InTime);
        assert_eq!(figures(&[(1000, 7_001_000, "a")]).flow(), Flow::Unknown);
    }
}
