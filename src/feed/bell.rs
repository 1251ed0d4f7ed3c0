//! A bell: one sleeps beside it, and others ring it.
//!
//! Ringing wakes nobody. Where a thousand sleep, to wake them all at once would put a thousand threads before everything
//! else that has to run, such as the answer to who published. So whoever rings is told that somebody sleeps, and
//! [`Turns`] wakes them one after the other: each, as soon as it is awake, wakes the next.
//!
//! A channel could ring, too. But before its receiver sleeps it offers the processor to others, again and again
//! (docs/performance.md, "lockstep").

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
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
    /// Who waits sleeps, and was not woken yet.
    sleeps: bool,
    /// It is among those that are to be woken.
    queued: bool,
    /// It was woken in its turn, and has to wake the next.
    has_turn: bool,
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
    /// Takes the bell away: what rang before is still heard, and then no wait lasts.
    pub fn take_away(&self) {
        let mut state = self.state();
        state.gone = true;
        state.sleeps = false;
        drop(state);
        self.changed.notify_one();
    }

    /// Waits until it rings, until `deadline` at the latest (`None`: there is none). Wakes the next one, if it was woken in
    /// its turn, before anything else: what it does then may take long.
    pub fn wait(&self, turns: &Turns, deadline: Option<Instant>) -> Heard {
        let mut state = self.state();
        let heard = loop {
            if std::mem::take(&mut state.rings) {
                break Heard::Ring;
            }
            if state.gone {
                break Heard::Gone;
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                break Heard::Nothing;
            }
            state.sleeps = true;
            state = match left {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
            state.sleeps = false;
        };
        let had_turn = std::mem::take(&mut state.has_turn);
        drop(state);
        if had_turn {
            turns.wake_next();
        }
        heard
    }

    /// Rings. Whether somebody has to be woken who is not to be woken already.
    fn ring(&self) -> bool {
        let mut state = self.state();
        state.rings = true;
        state.sleeps && !std::mem::replace(&mut state.queued, true)
    }

    /// Wakes who sleeps, whose turn it is then. `false`: nobody does any more, or it was awake in between and has heard it.
    fn wake(&self) -> bool {
        let mut state = self.state();
        state.queued = false;
        // Without a ring it would sleep on, and keep the turn.
        if !state.sleeps || !state.rings {
            return false;
        }
        (state.sleeps, state.has_turn) = (false, true);
        // Who is woken wants the lock at once.
        drop(state);
        self.changed.notify_one();
        true
    }

    /// The state is whole at every moment at which a thread could panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes those whose bells ring: as many at a time as there are processors.
#[derive(Debug)]
pub struct Turns {
    most: usize,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    bells: VecDeque<Arc<Bell>>,
    /// How many were woken and have not woken the next yet.
    awake: usize,
}

impl Default for Turns {
    fn default() -> Turns {
        Turns { most: thread::available_parallelism().map_or(1, usize::from), queue: Mutex::default() }
    }
}

impl Turns {
    /// Rings all of these. Never waits for anybody.
    pub fn ring<'a>(&self, bells: impl Iterator<Item = &'a Arc<Bell>>) {
        let mut queue = self.queue();
        queue.bells.extend(bells.filter(|bell| bell.ring()).cloned());
        let more = (self.most - queue.awake).min(queue.bells.len());
        queue.awake += more;
        drop(queue);
        (0..more).for_each(|_| self.wake_next());
    }

    /// One that was woken is awake: the next one's turn.
    fn wake_next(&self) {
        loop {
            let mut queue = self.queue();
            let Some(next) = queue.bells.pop_front() else {
                queue.awake -= 1;
                return;
            };
            drop(queue);
            if next.wake() {
                return;
            }
        }
    }

    /// The queue is whole at every moment at which a thread could panic.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::bounded;
    use std::thread::Builder;
    use std::time::Duration;

    fn soon() -> Option<Instant> {
        Some(Instant::now() + Duration::from_secs(60))
    }

    fn ring(turns: &Turns, bell: &Arc<Bell>) {
        turns.ring([bell].into_iter());
    }

    #[test]
    fn two_rings_that_nobody_heard_are_one() {
        let (turns, bell) = (Turns::default(), Arc::new(Bell::default()));
        ring(&turns, &bell);
        ring(&turns, &bell);
        assert_eq!(bell.wait(&turns, soon()), Heard::Ring);
        assert_eq!(bell.wait(&turns, Some(Instant::now())), Heard::Nothing);
        assert_eq!(bell.wait(&turns, Some(Instant::now() + Duration::from_millis(5))), Heard::Nothing);
    }

    #[test]
    fn what_rang_before_it_went_is_heard() {
        let (turns, bell) = (Turns::default(), Arc::new(Bell::default()));
        ring(&turns, &bell);
        bell.take_away();
        let heard = [(); 3].map(|()| bell.wait(&turns, soon()));
        assert_eq!(heard, [Heard::Ring, Heard::Gone, Heard::Gone]);
    }

    /// Some wait for no longer than a moment, some are taken away: no turn is lost with them.
    #[test]
    fn everybody_is_woken_again_and_again() {
        const COUNT: usize = 20;
        let turns = Arc::new(Turns::default());
        let bells: Vec<_> = (0..COUNT).map(|_| Arc::new(Bell::default())).collect();
        let (heard, hears) = bounded(COUNT);
        let start = |(number, bell): (usize, &Arc<Bell>)| {
            let (turns, bell, heard) = (Arc::clone(&turns), Arc::clone(bell), heard.clone());
            let moment = Duration::from_micros(if number % 3 == 0 { 50 } else { 60_000_000 });
            let listen = move || {
                loop {
                    match bell.wait(&turns, Some(Instant::now() + moment)) {
                        Heard::Ring => heard.send(()).expect("somebody counts"),
                        Heard::Nothing => {}
                        Heard::Gone => return,
                    }
                }
            };
            Builder::new().spawn(listen).expect("a thread")
        };
        let threads: Vec<_> = bells.iter().enumerate().map(start).collect();
        for gone in 0..COUNT {
            for _ in 0..15 {
                turns.ring(bells.iter());
                for _ in gone..COUNT {
                    hears.recv_timeout(Duration::from_secs(60)).expect("everybody hears it");
                }
            }
            bells[gone].take_away();
        }
        threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
        assert_eq!(turns.queue().awake, 0);
    }
}
