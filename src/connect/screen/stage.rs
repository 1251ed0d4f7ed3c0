//! What waits to be shown above the prompt, and how it gets there in order and whole.
//!
//! Everybody puts; one thread takes and gives it to rustyline, whose own thread makes room above the half-typed line,
//! writes, and draws the line again. Three things about rustyline's printer shape this:
//!
//! - It hands over one text and waits with the second until the first is taken. So a text that it has accepted may not
//!   be on the screen yet: the last two are kept *in doubt*, until [`Stage::settle`] knows better. It gets small pieces:
//!   little is in doubt then, and each that it takes says that a slow terminal is not a dead one.
//! - Between two lines nobody takes anything. So nothing is given to it then: the prompt says when it is
//!   [up](Stage::up) and when it is [down](Stage::down).
//! - It waits as long as a search in the history or the like goes on. So what is put waits in a text of bounded length,
//!   and he who puts more waits for a bounded time, after which his lines are counted and left out.

use super::pieces::{Pieces, time_for};
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many bytes may wait. A screen shows a few thousand.
const MOST: usize = 1 << 20;

/// How long he who puts waits for room.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long Enter waits for the printer, which needs microseconds or itself waits for Enter. One that a busy machine holds up
/// any longer would find no line any more, and write past what rustyline has still to show.
const MOMENT: Duration = Duration::from_millis(100);

/// A step up and a line break, which is a step down: above a prompt, nothing. rustyline puts a line break behind a text
/// that has none.
const NOTHING: &str = "\x1b[A\n";

/// A text for the terminal, waiting for its turn.
#[derive(Default)]
pub struct Stage {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    prompt: Prompt,
    waiting: Pieces,
    left_out: u64,
    /// Accepted by rustyline, and maybe not shown yet: at most two, the older one first.
    in_doubt: Vec<String>,
    printing: bool,
    settling: bool,
    /// How many texts rustyline has accepted.
    accepted: u64,
    /// Nothing is waited for any more.
    is_hastened: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Prompt {
    /// Everything is written directly.
    #[default]
    Absent,
    /// Between two lines, or not begun.
    Down,
    /// Reading a line: what is printed now is shown above it.
    Up,
    /// Reading its last line, or about to see that it may read none.
    Leaving,
    /// Has read its last line. What waits is for whoever closes the stage.
    Left,
}

enum Job {
    Print(String),
    Settle,
}

impl Stage {
    /// From now on what is put waits for a prompt.
    pub fn open(&self) {
        self.change(|state| state.prompt = Prompt::Down);
    }

    /// A line is being read, and drawn by whoever calls this.
    pub fn up(&self) {
        self.change(|state| {
            if state.prompt == Prompt::Down {
                state.prompt = Prompt::Up;
            }
        });
    }

    /// The line is about to end. A print that has begun is waited for, for a moment: what it does depends on whether a
    /// line is being read.
    pub fn down(&self) {
        self.change(|state| {
            if state.prompt == Prompt::Up {
                state.prompt = Prompt::Down;
            }
        });
        let _ = self.wait(Instant::now() + MOMENT, |state| !state.printing);
    }

    /// Takes a text. `false`: there is no prompt, and whoever has it writes it.
    pub fn put(&self, text: &str) -> bool {
        let has_room = |state: &State| state.prompt == Prompt::Absent || state.waiting.len() + text.len() <= MOST;
        // A text that is longer than the room is taken when nothing else waits.
        let fits = |state: &State| has_room(state) || state.waiting.is_empty();
        let (mut state, in_time) = self.wait(Instant::now() + PATIENCE, fits);
        if state.prompt == Prompt::Absent {
            return false;
        }
        if in_time {
            report_left_out(&mut state);
            state.waiting.push(text);
        } else {
            state.left_out += text.lines().count() as u64;
        }
        self.changed.notify_all();
        true
    }

    /// Gives what waits to `print`, until the prompt is gone or `print` fails.
    pub fn run(&self, mut print: impl FnMut(String) -> bool) {
        while let Some(job) = self.next() {
            let (printed, still_in_doubt) = match job {
                // Now that it is accepted, the one before it was taken.
                Job::Print(text) => (print(text), 1),
                // When the second is accepted the first was taken, and what stood before it is on the screen.
                Job::Settle => (print(NOTHING.to_owned()) && print(NOTHING.to_owned()), 0),
            };
            self.change(|state| {
                state.printing = false;
                if printed {
                    state.accepted += 1;
                    let known = state.in_doubt.len().saturating_sub(still_in_doubt);
                    state.in_doubt.drain(..known);
                    state.settling &= still_in_doubt > 0;
                }
            });
            if !printed {
                return;
            }
        }
    }

    /// Waits until all that was put is on the screen, as long as some of it comes there; `false`: nothing more did, for
    /// so long and what a slow terminal needs for what it has been given, or [`Stage::hasten`] was called.
    pub fn settle(&self, patience: Duration) -> bool {
        let calm = |state: &State| match state.prompt {
            Prompt::Absent => true,
            Prompt::Up => state.waiting.is_empty() && !state.printing,
            _ => false,
        };
        let (mut state, is_calm) = self.wait_while_shown(patience, calm);
        if !is_calm || state.in_doubt.is_empty() {
            return is_calm;
        }
        state.settling = true;
        drop(state);
        self.changed.notify_all();
        self.wait_while_shown(patience, |state| !state.settling).1
    }

    /// Ends [`Stage::settle`], now and from now on.
    pub fn hasten(&self) {
        self.change(|state| state.is_hastened = true);
    }

    /// No line is read after the one that is being read; whether there is one. `None`: there is no prompt.
    pub fn leave(&self) -> Option<bool> {
        let mut state = self.state();
        let was_up = state.prompt == Prompt::Up;
        if state.prompt == Prompt::Absent {
            return None;
        }
        state.prompt = Prompt::Leaving;
        drop(state);
        self.changed.notify_all();
        Some(was_up)
    }

    /// Whether another line may be read.
    pub fn may_ask(&self) -> bool {
        self.state().prompt == Prompt::Down
    }

    /// The prompt's thread ends. What it did not show is the answer, unless it was told to leave: then whoever told it
    /// shows that.
    pub fn left(&self) -> String {
        let mut state = self.state();
        if state.prompt == Prompt::Leaving {
            state.prompt = Prompt::Left;
            drop(state);
            self.changed.notify_all();
            return String::new();
        }
        drop(state);
        self.close()
    }

    /// Waits until the prompt has left or there is none; whether that is so.
    pub fn wait_until_gone(&self, patience: Duration) -> bool {
        let gone = |state: &State| matches!(state.prompt, Prompt::Left | Prompt::Absent);
        self.wait(Instant::now() + patience, gone).1
    }

    /// There is no prompt any more. The answer is what was not shown, or is in doubt: it is shown twice rather than never.
    pub fn close(&self) -> String {
        let mut rest = String::new();
        self.change(|state| {
            state.prompt = Prompt::Absent;
            report_left_out(state);
            rest = mem::take(&mut state.in_doubt).concat() + &state.waiting.take();
        });
        rest
    }

    /// The next thing to print; `None` when there is no prompt to print above.
    fn next(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            match state.prompt {
                Prompt::Absent | Prompt::Leaving | Prompt::Left => return None,
                Prompt::Up => {
                    if let Some(text) = state.waiting.pop() {
                        state.in_doubt.push(text.clone());
                        state.printing = true;
                        self.changed.notify_all();
                        return Some(Job::Print(text));
                    }
                    if state.settling {
                        state.printing = true;
                        return Some(Job::Settle);
                    }
                }
                Prompt::Down => {}
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    /// Waits until `ready`; whether it is. The deadline moves on with each text that is accepted.
    fn wait_while_shown(&self, patience: Duration, ready: impl Fn(&State) -> bool) -> (MutexGuard<'_, State>, bool) {
        let mut state = self.state();
        loop {
            let (accepted, needed) = (state.accepted, time_for(state.in_doubt.iter().map(String::len).sum()));
            drop(state);
            let stir = |state: &State| ready(state) || state.is_hastened || state.accepted != accepted;
            state = self.wait(Instant::now() + patience + needed, stir).0;
            let is_ready = ready(&state);
            if is_ready || state.is_hastened || state.accepted == accepted {
                return (state, is_ready);
            }
        }
    }

    /// Waits until `ready`; whether it is, at the deadline.
    fn wait(&self, deadline: Instant, ready: impl Fn(&State) -> bool) -> (MutexGuard<'_, State>, bool) {
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self.changed.wait_timeout_while(self.state(), left, |state| !ready(state));
        let state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let is_ready = ready(&state);
        (state, is_ready)
    }
}

fn report_left_out(state: &mut State) {
    if state.left_out > 0 {
        let count = mem::take(&mut state.left_out);
        state.waiting.push(&format!("({count} lines are not shown: the prompt was busy)\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
    use std::sync::{Arc, mpsc};
    use std::thread::{Builder, JoinHandle};

    const LONG: Duration = Duration::from_secs(20);

    /// What rustyline's printer is: a place for one text, and who asks for the next waits.
    fn printer(stage: &Arc<Stage>) -> (Receiver<String>, JoinHandle<()>) {
        let (to, from): (SyncSender<String>, _) = sync_channel(1);
        let stage = Arc::clone(stage);
        (from, spawn(move || stage.run(|text| to.send(text).is_ok())))
    }

    fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
        Builder::new().spawn(work).expect("a thread starts")
    }

    fn stage() -> Arc<Stage> {
        let stage = Arc::new(Stage::default());
        stage.open();
        stage
    }

    #[test]
    fn without_a_prompt_nothing_is_taken() {
        let stage = Stage::default();
        assert!(!stage.put("a\n") && stage.settle(Duration::ZERO));
        stage.open();
        assert!(stage.put("a\n"));
        assert_eq!(stage.close(), "a\n");
        assert!(!stage.put("b\n"));
    }

    #[test]
    fn nothing_is_printed_between_two_lines() {
        let stage = stage();
        let (from, thread) = printer(&stage);
        assert!(stage.put("a\n") && stage.put("b\n"));
        assert_eq!(from.recv_timeout(Duration::from_millis(50)), Err(mpsc::RecvTimeoutError::Timeout));
        stage.up();
        assert_eq!(from.recv_timeout(LONG).as_deref(), Ok("a\nb\n"), "what waited comes in one piece");
        stage.down();
        assert!(stage.put("c\n"));
        assert_eq!(from.recv_timeout(Duration::from_millis(50)), Err(mpsc::RecvTimeoutError::Timeout));
        stage.up();
        assert_eq!(from.recv_timeout(LONG).as_deref(), Ok("c\n"));
        stage.close();
        thread.join().expect("the printer ends with the prompt");
    }

    #[test]
    fn what_is_settled_is_not_shown_again() {
        let stage = stage();
        let (from, thread) = printer(&stage);
        stage.up();
        stage.put("goodbye\n");
        let screen = spawn(move || from.iter().collect::<String>());
        assert!(stage.settle(LONG));
        stage.leave();
        assert_eq!(stage.close(), "");
        thread.join().expect("the printer ends with the prompt");
        assert_eq!(screen.join().expect("a screen").replace(NOTHING, ""), "goodbye\n");
    }

    /// As while somebody searches the history: nobody takes what the printer was given.
    #[test]
    fn what_a_busy_prompt_does_not_show_is_not_lost() {
        let stage = stage();
        let (from, thread) = printer(&stage);
        stage.up();
        // The first has the place, the printer stands with the second.
        for line in ["a\n", "b\n"] {
            stage.put(line);
            assert!(stage.wait(Instant::now() + LONG, |state| state.waiting.is_empty()).1);
        }
        stage.put("c\n");
        assert!(!stage.settle(Duration::from_millis(50)));
        assert_eq!(stage.leave(), Some(true));
        assert_eq!(stage.close(), "a\nb\nc\n");
        drop(from);
        thread.join().expect("the printer ends with the prompt");
    }

    /// A slow terminal: each piece comes soon enough, all of them do not. All of it comes once.
    #[test]
    fn a_slow_terminal_is_waited_for_while_it_shows_something() {
        let stage = stage();
        let (from, thread) = printer(&stage);
        stage.up();
        let line = "x".repeat(1999) + "\n";
        (0..10).for_each(|_| assert!(stage.put(&line)));
        let screen = spawn(move || {
            let slowly = from.iter().inspect(|_| std::thread::park_timeout(Duration::from_millis(100)));
            slowly.collect::<String>()
        });
        let started = Instant::now();
        assert!(stage.settle(Duration::from_millis(500)));
        assert!(started.elapsed() >= Duration::from_millis(900), "longer than the patience with one of them");
        stage.leave();
        assert_eq!(stage.close(), "");
        thread.join().expect("the printer ends with the prompt");
        assert_eq!(screen.join().expect("a screen").replace(NOTHING, ""), line.repeat(10));
    }

    /// Two pieces at most, however much waits.
    #[test]
    fn little_is_in_doubt() {
        let stage = stage();
        let (_from, _thread) = printer(&stage);
        (0..1000).for_each(|_| assert!(stage.put(&("x".repeat(999) + "\n"))));
        stage.up();
        assert!(stage.wait(Instant::now() + LONG, |state| state.accepted == 1 && state.printing).1);
        assert_eq!(stage.state().in_doubt.concat().len(), 4000);
    }

    #[test]
    fn who_is_in_a_hurry_does_not_wait_for_the_terminal() {
        let stage = stage();
        assert!(stage.put("a\n"));
        let (other, began) = (Arc::clone(&stage), Instant::now());
        let settling = spawn(move || other.settle(LONG));
        stage.hasten();
        assert!(!settling.join().expect("no panic") && began.elapsed() < LONG);
        assert!(!stage.settle(LONG) && began.elapsed() < LONG, "from now on, too");
        assert!(!stage.wait_until_gone(Duration::ZERO));
        stage.close();
        assert!(stage.wait_until_gone(LONG));
    }

    #[test]
    fn after_the_last_line_there_is_no_other() {
        let stage = stage();
        assert!(stage.may_ask());
        stage.up();
        assert_eq!(stage.leave(), Some(true));
        stage.down();
        stage.up();
        assert!(!stage.may_ask());
        assert!(stage.put("late\n") && !stage.wait_until_gone(Duration::from_millis(1)));
        assert_eq!(stage.left(), "", "who told it to leave shows the rest");
        assert!(stage.wait_until_gone(LONG));
        assert_eq!(stage.close(), "late\n");
        assert_eq!(stage.leave(), None);
    }

    #[test]
    fn a_prompt_that_ends_by_itself_shows_the_rest() {
        let stage = stage();
        assert!(stage.put("late\n"));
        assert_eq!(stage.left(), "late\n");
        assert!(!stage.put("direct\n"));
    }

    /// Memory stays bounded, and he who puts does not wait for ever.
    #[test]
    fn more_than_fits_is_counted_and_left_out() {
        let stage = stage();
        let line = "x".repeat(MOST / 2) + "\n";
        assert!(stage.put(&line));
        let started = Instant::now();
        assert!(stage.put(&line) && stage.put("y\n"));
        assert!(started.elapsed() >= PATIENCE && started.elapsed() < PATIENCE * 2);
        let rest = stage.close();
        assert!(rest.starts_with(&line) && rest.len() < MOST);
        assert!(rest.ends_with("(1 lines are not shown: the prompt was busy)\ny\n"));
    }
}
