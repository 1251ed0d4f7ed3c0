//! How long a silent connection lives, who ends it and how, and which Ping keeps it alive.
//!
//! Several connections are opened at once and live side by side: one says nothing at all, one listens to the Pings of the
//! server, the others ping, each at an interval of its own. When the silent one is ended and those that ping live on, it
//! was the silence. When all are ended at the same age, it was the age. The last one is opened a little later than the
//! others: ended at the same moment is not ended at the same age, and somebody has only restarted something.
//!
//! Read `plan`, `life` (one connection), `judge`, `tell`.

mod judge;
mod life;
mod plan;
mod tell;

use super::{Bench, Section};
use life::{Life, Outcome, Shared};
use plan::{Habit, Plan};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, Builder, Scope};
use std::time::Duration;

/// How often progress is told.
const TICK: Duration = Duration::from_millis(100);

/// Runs the section.
pub fn run(bench: &mut Bench<'_>) -> Section {
    let section = bench.section();
    if !bench.look.is_open() {
        return section.not_run("no WebSocket was opened");
    }
    let plan = Plan::new(bench.settings.idle);
    let lives = watch(bench, &plan);
    tell::tell(section, &plan, &lives, bench.look.is_ws101())
}

/// All lives, from their openings to their ends, in the order of the plan.
fn watch(bench: &mut Bench<'_>, plan: &Plan) -> Vec<Life> {
    let shared = Shared::new(bench.settings, bench.since, plan.hold(None));
    let (over, lives_over) = sync_channel(plan.habits.len() + 1);
    let mut lives: Vec<Life> = Vec::new();
    thread::scope(|scope| {
        for habit in &plan.habits {
            begin(scope, &shared, *habit, over.clone());
        }
        let mut late = Some(over);
        loop {
            if bench.since.elapsed() >= plan.stagger
                && let Some(over) = late.take()
            {
                begin(scope, &shared, plan.late, over);
            }
            match lives_over.recv_timeout(TICK) {
                Ok(life) => lives.push(life),
                Err(RecvTimeoutError::Timeout) => {}
                // Each thread drops its own sender when it is done.
                Err(RecvTimeoutError::Disconnected) => break,
            }
            shared.hold_for(hold(plan, &lives));
            let most = plan.hold(silence_ended(&lives)) + plan.stagger;
            bench.progress(Some(most), &says(bench, plan, &lives));
        }
    });
    lives.sort_by_key(|life| plan.habits.iter().position(|habit| *habit == life.habit).unwrap_or(usize::MAX));
    lives
}

/// Starts the thread of one connection.
fn begin<'scope>(scope: &'scope Scope<'scope, '_>, shared: &'scope Shared<'_>, habit: Habit, over: SyncSender<Life>) {
    let other = over.clone();
    let work = move || {
        // There is room for each of them, and who takes them waits for all.
        let _ = over.send(life::live(shared, habit));
    };
    if let Err(error) = Builder::new().name("idle".to_owned()).spawn_scoped(scope, work) {
        let _ = other.send(Life::unopened(habit, format!("no thread for it: {error}")));
    }
}

/// The age at which connections are let go. When nobody ended the silent one, there is nothing to compare the others with.
fn hold(plan: &Plan, lives: &[Life]) -> Duration {
    match (silence_ended(lives), silent(lives)) {
        (None, Some(_)) => Duration::ZERO,
        (ended, _) => plan.hold(ended),
    }
}

/// The silent one, when it is over.
fn silent(lives: &[Life]) -> Option<&Life> {
    lives.iter().find(|life| life.habit == Habit::Silent)
}

/// The age at which the silent one was ended, if it was.
fn silence_ended(lives: &[Life]) -> Option<Duration> {
    silent(lives).filter(|life| matches!(life.outcome, Outcome::Ended(_))).map(|life| life.age)
}

fn says(bench: &Bench<'_>, plan: &Plan, lives: &[Life]) -> String {
    let pings = |habit: &Habit| matches!(habit, Habit::Pings(_));
    let over = lives.iter().filter(|life| pings(&life.habit)).count();
    let live = plan.habits.iter().filter(|habit| pings(habit)).count() - over;
    match silence_ended(lives) {
        Some(after) => format!("silent: ended after {:.1} s; {live} that ping live", after.as_secs_f64()),
        None => format!("silent: {:.0} s; {live} that ping live", bench.since.elapsed().as_secs_f64()),
    }
}
