//! When it is time to stop waiting for answers that may come. Nothing in the protocol says how many there will be.

use super::settings::{Settings, Wait};
use std::time::{Duration, Instant};

/// [`Wait::UntilQuiet`]: no message for so long.
const QUIET: Duration = Duration::from_secs(1);

/// And not longer than this, when messages never stop.
const QUIET_AT_MOST: Duration = Duration::from_secs(10);

/// The same while there are fewer answers than questions: a server may have to think.
const NOTHING: Duration = Duration::from_secs(3);

/// How long a message that comes in parts may take.
const MESSAGE_AT_MOST: Duration = Duration::from_secs(300);

/// How long the one message of `-1` is waited for.
const ONE: Duration = Duration::from_secs(10);

/// What has come of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// Fewer than were asked for, as far as that can be known; the last one then.
    TooFew(Instant),
    /// As many, or nothing was asked; the last one then.
    Enough(Instant),
    /// One has begun, and the last of its bytes came then.
    Part(Instant),
    /// Nobody has looked yet at what came last.
    More,
}

/// What is waited for once there is nothing more to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// No message for so long: the first time while there are fewer answers than questions, the second time after that.
    /// But not past the third time in all.
    Quiet(Duration, Duration, Duration),
    /// So long, whatever comes.
    Exactly(Duration),
    /// The end that somebody else makes.
    Endless,
    /// Nothing: answers were seen as they came.
    None,
}

impl Patience {
    /// What the settings ask for. At a prompt a person has ended the input, who sees what has come.
    pub fn of(settings: &Settings, at_prompt: bool) -> Patience {
        match settings.wait {
            Wait::For(time) => Patience::Exactly(time),
            Wait::Forever => Patience::Endless,
            Wait::UntilQuiet if settings.one => Patience::Quiet(ONE, ONE, ONE),
            Wait::UntilQuiet if at_prompt => Patience::None,
            Wait::UntilQuiet if settings.talks_by_itself() => Patience::Endless,
            Wait::UntilQuiet => Patience::Quiet(NOTHING, QUIET, QUIET_AT_MOST),
        }
    }

    /// When to stop, if all was written at `written`. `None`: never.
    pub fn ends(&self, written: Instant, heard: Heard) -> Option<Instant> {
        match *self {
            Patience::Quiet(nothing, quiet, most) => Some(match heard {
                Heard::TooFew(at) => (written + nothing).max(at + quiet).min(written + most),
                Heard::Enough(at) => (at.max(written) + quiet).min(written + most),
                // To stop now would lose it. Its end is not waited for without an end.
                Heard::Part(at) => (at.max(written) + nothing).min(written + MESSAGE_AT_MOST),
                Heard::More => written + most,
            }),
            Patience::Exactly(time) => Some(written + time),
            Patience::Endless => None,
            Patience::None => Some(written),
        }
    }

    /// The time that is told when no message came in it.
    pub fn longest(&self) -> Duration {
        match *self {
            Patience::Quiet(_, _, time) | Patience::Exactly(time) => time,
            Patience::Endless | Patience::None => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_draw_the_wait_out_but_not_for_ever() {
        let (nothing, quiet, most) = (Duration::from_secs(3), Duration::from_secs(1), Duration::from_secs(10));
        let patience = Patience::Quiet(nothing, quiet, most);
        let written = Instant::now();
        let after = |seconds| written + Duration::from_secs(seconds);
        assert_eq!(patience.ends(written, Heard::TooFew(written)), Some(after(3)));
        assert_eq!(patience.ends(written, Heard::TooFew(after(5))), Some(after(6)));
        assert_eq!(patience.ends(written, Heard::Enough(written)), Some(after(1)));
        assert_eq!(patience.ends(written, Heard::Enough(after(5))), Some(after(6)));
        assert_eq!(patience.ends(written, Heard::Enough(after(50))), Some(after(10)));
        assert_eq!(patience.ends(written, Heard::More), Some(after(10)));
        assert_eq!(patience.ends(written, Heard::Part(after(50))), Some(after(53)));
        assert_eq!(patience.ends(written, Heard::Part(after(500))), Some(after(300)));
        assert_eq!(Patience::Exactly(most).ends(written, Heard::Enough(after(50))), Some(after(10)));
        assert_eq!(Patience::Exactly(most).ends(written, Heard::More), Some(after(10)));
        assert_eq!(Patience::None.ends(written, Heard::More), Some(written));
        assert_eq!(Patience::Endless.ends(written, Heard::More), None);
    }
}
