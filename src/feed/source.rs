//! Where the log comes from, as its readers see it: from this process, which is always there, or from another place,
//! which may be out of reach for a while.

use super::event::Notice;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What is known of the place that the log is kept in.
#[derive(Debug)]
pub struct Source {
    /// Whether the log is kept elsewhere.
    is_elsewhere: bool,
    state: Mutex<State>,
    /// The same as in `state`, for who looks at every turn.
    is_away: AtomicBool,
    /// How often it was made sure that the log here has all that there is.
    checks: AtomicU64,
    /// Whether a reader waits for the next check.
    in_doubt: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    away: Option<Away>,
    /// How long it was out of reach the last time, in milliseconds.
    last_absence: u64,
}

/// Since when the place can't be reached, and why.
#[derive(Debug, Clone)]
pub struct Away {
    /// When it was noticed.
    pub began: Instant,
    /// The same in milliseconds since 1970 (UTC).
    pub since: u64,
    /// What went wrong, escaped for a terminal.
    pub why: String,
}

impl Source {
    /// The log is in this process.
    pub fn here() -> Source {
        Source::new(false)
    }

    /// The log is elsewhere. Until it was made sure twice that all of it is here, a number beyond the log's end may be right:
    /// its event may be on the way.
    pub fn elsewhere() -> Source {
        Source::new(true)
    }

    fn new(is_elsewhere: bool) -> Source {
        Source {
            is_elsewhere,
            state: Mutex::default(),
            is_away: AtomicBool::new(false),
            checks: AtomicU64::new(0),
            in_doubt: AtomicBool::new(false),
        }
    }

    /// Whether the log is kept elsewhere.
    pub fn is_elsewhere(&self) -> bool {
        self.is_elsewhere
    }

    /// Whether it can't be reached at this moment.
    pub fn is_away(&self) -> bool {
        self.is_away.load(Ordering::Acquire)
    }

    /// Since when it can't be reached, and why.
    pub fn away(&self) -> Option<Away> {
        self.state().away.clone()
    }

    /// What a reader is to be told that was told that it is away (or not).
    pub(super) fn notice(&self, told_away: bool) -> Option<Notice> {
        if self.is_away() == told_away {
            return None;
        }
        let state = self.state();
        match &state.away {
            Some(away) => (!told_away).then_some(Notice::Away { since: away.since }),
            None => told_away.then_some(Notice::Back { away: state.last_absence }),
        }
    }

    /// It can't be reached. Whether that is new. If not, the reason may be another by now, and that counts.
    pub(super) fn leave(&self, away: Away) -> bool {
        let mut state = self.state();
        let is_new = state.away.is_none();
        let why = away.why.clone();
        state.away.get_or_insert(away).why = why;
        self.is_away.store(true, Ordering::Release);
        is_new
    }

    /// It can be reached. For how long it could not, if it could not.
    pub(super) fn come_back(&self) -> Option<Away> {
        let mut state = self.state();
        let away = state.away.take()?;
        state.last_absence = u64::try_from(away.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.is_away.store(false, Ordering::Release);
        Some(away)
    }

    /// It was made sure that the log here has all that there is. Whether somebody waits for that.
    pub(super) fn checked(&self) -> bool {
        self.checks.fetch_add(1, Ordering::AcqRel);
        self.in_doubt.swap(false, Ordering::AcqRel)
    }

    /// The check after which a number beyond the log's end is known to be of another log: not the next one, which may
    /// have begun, but the one after.
    pub(super) fn sure_at(&self) -> u64 {
        if self.is_elsewhere { self.checks.load(Ordering::Acquire) + 2 } else { 0 }
    }

    /// Whether that check is over. If not, whoever waits is woken after the next one.
    pub(super) fn is_sure(&self, sure_at: u64) -> bool {
        let is_over = || self.checks.load(Ordering::Acquire) >= sure_at;
        is_over() || {
            self.in_doubt.store(true, Ordering::Release);
            is_over() // it may have come to its end in between, and rung for nobody
        }
    }

    // The state is whole at every moment at which a thread could panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away(since: u64) -> Away {
        Away { began: Instant::now(), since, why: "gone".to_owned() }
    }

    #[test]
    fn who_was_told_is_told_what_has_changed() {
        let source = Source::elsewhere();
        assert_eq!(source.notice(false), None);
        assert!(source.leave(away(7)) && !source.leave(away(8)), "the first moment counts");
        assert_eq!((source.notice(false), source.notice(true)), (Some(Notice::Away { since: 7 }), None));
        source.leave(Away { why: "it loads".to_owned(), ..away(9) });
        assert_eq!(
            source.away().map(|away| (away.since, away.why)),
            Some((7, "it loads".to_owned())),
            "the newest reason"
        );
        assert_eq!(source.come_back().map(|away| away.since), Some(7));
        assert!(source.come_back().is_none());
        assert!(matches!((source.notice(false), source.notice(true)), (None, Some(Notice::Back { .. }))));
    }

    #[test]
    fn a_doubt_is_over_after_two_checks() {
        let source = Source::elsewhere();
        let sure_at = source.sure_at();
        assert!(!source.is_sure(sure_at) && source.checked(), "somebody waits");
        assert!(!source.is_sure(sure_at) && source.checked());
        assert!(source.is_sure(sure_at) && !source.checked());
        assert!(Source::here().is_sure(Source::here().sure_at()));
    }
}
