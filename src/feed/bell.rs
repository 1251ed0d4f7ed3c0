//! A bell: one waits for it, and others ring it.
//!
//! A channel would do as well. But before its receiver sleeps it offers the processor to others, again and again, and
//! where a thousand wait for the same event each of these offers is taken (docs/performance.md, "lockstep").

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A bell for one who waits. One that rings and one that is to ring are the same: there is news.
#[derive(Debug, Default)]
pub struct Bell {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    rings: bool,
    gone: bool,
    /// Somebody sleeps who was not woken yet: waking is what costs.
    sleeps: bool,
}

/// What a wait ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It rang.
    Ring,
    /// The deadline came first.
    Nothing,
    /// It was taken away and will not ring any more.
    Gone,
}

impl Bell {
    /// Rings. Never waits for who waits.
    pub fn ring(&self) {
        self.change(|state| state.rings = true);
    }

    /// Takes the bell away: what rang before is still heard, and then no wait lasts.
    pub fn take_away(&self) {
        self.change(|state| state.gone = true);
    }

    /// Waits until it rings, until `deadline` at the latest (`None`: there is none).
    pub fn wait(&self, deadline: Option<Instant>) -> Heard {
        let mut state = self.state();
        loop {
            if std::mem::take(&mut state.rings) {
                return Heard::Ring;
            }
            if state.gone {
                return Heard::Gone;
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Heard::Nothing;
            }
            state.sleeps = true;
            state = match left {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
            state.sleeps = false;
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        let sleeps = std::mem::take(&mut state.sleeps);
        // Who is woken wants the lock at once.
        drop(state);
        if sleeps {
            self.changed.notify_one();
        }
    }

    /// The state is whole at every moment at which a thread could panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;
    use std::time::Duration;

    fn soon() -> Option<Instant> {
        Some(Instant::now() + Duration::from_secs(60))
    }

    #[test]
    fn two_rings_that_nobody_heard_are_one() {
        let bell = Bell::default();
        bell.ring();
        bell.ring();
        assert_eq!(bell.wait(soon()), Heard::Ring);
        assert_eq!(bell.wait(Some(Instant::now())), Heard::Nothing);
        assert_eq!(bell.wait(Some(Instant::now() + Duration::from_millis(5))), Heard::Nothing);
    }

    #[test]
    fn what_rang_before_it_went_is_heard() {
        let bell = Bell::default();
        bell.ring();
        bell.take_away();
        assert_eq!([bell.wait(None), bell.wait(None), bell.wait(soon())], [Heard::Ring, Heard::Gone, Heard::Gone]);
    }

    #[test]
    fn no_ring_is_missed() {
        let (bell, back) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
        let (other, answer) = (Arc::clone(&bell), Arc::clone(&back));
        let echo = thread::spawn(move || {
            while other.wait(None) == Heard::Ring {
                answer.ring();
            }
        });
        for _ in 0..2000 {
            bell.ring();
            assert_eq!(back.wait(soon()), Heard::Ring);
        }
        bell.take_away();
        echo.join().expect("no panic");
    }
}
