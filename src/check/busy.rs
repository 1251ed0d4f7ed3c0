//! Whether a server works without end though nobody wants anything of it. Most often a read has returned nothing, which is
//! the end of a connection, and the loop around it asks again and again.
//!
//! Linux tells it in `/proc`; elsewhere nobody does. How much of a processor a program gets depends on what else runs on the
//! machine, so its share says little. That it never once waits says much.

use super::memory::{self, Process};
use std::fs;
use std::time::{Duration, Instant};

/// What most likely keeps a server at work for nobody.
pub const BUSY: &str =
    "recv has returned nothing, which is the end of the connection, and nobody looked: leave the loop then";

/// So much work in one go is no tidying up behind the last client.
const MUCH: Duration = Duration::from_millis(500);

/// How long the system may take to give it so much.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it is left alone between two looks.
const APART: Duration = Duration::from_millis(20);

/// Linux tells every program of ticks of this length, whatever it counts in itself.
const TICK: Duration = Duration::from_millis(10);

/// Whether it has never waited until much was done. One that waits is seen at once; `pause` waits.
pub fn is_busy(whose: &Process, pause: impl Fn(Duration)) -> bool {
    let (began, before) = (Instant::now(), worked(whose));
    while is_running(whose) && began.elapsed() < PATIENCE {
        if worked(whose).saturating_sub(before) >= MUCH {
            return true;
        }
        pause(APART);
    }
    false
}

/// Whether all of its threads wait for something at this moment. `None` where there is none to be seen.
pub(super) fn rests(whose: &Process) -> Option<bool> {
    let states = states(whose);
    // D waits as well, but for a disk: it is in the middle of something.
    (!states.is_empty()).then(|| !states.iter().any(|state| matches!(state, b'R' | b'D')))
}

/// Whether any thread runs, or would if it were its turn.
fn is_running(whose: &Process) -> bool {
    states(whose).contains(&b'R')
}

/// What each thread does, in a letter.
fn states(whose: &Process) -> Vec<u8> {
    let tasks = memory::processes(whose).into_iter().flat_map(|pid| fs::read_dir(format!("/proc/{pid}/task")));
    let stats = tasks.flatten().flatten().filter_map(|task| fs::read(task.path().join("stat")).ok());
    stats.filter_map(|stat| fields(&stat)?.first()?.bytes().next()).collect()
}

/// The time of all processors that it has had so far.
fn worked(whose: &Process) -> Duration {
    let stats = memory::processes(whose).into_iter().filter_map(|pid| fs::read(format!("/proc/{pid}/stat")).ok());
    stats.filter_map(|stat| ticks(&fields(&stat)?)).map(|ticks| TICK * ticks).sum()
}

/// The eleventh and the twelfth behind the state: in the program itself, and in the system for it.
fn ticks(fields: &[&str]) -> Option<u32> {
    let (own, system): (u32, u32) = (fields.get(11)?.parse().ok()?, fields.get(12)?.parse().ok()?);
    own.checked_add(system)
}

/// What stands behind the name, which may have anything in it: the state first.
fn fields(stat: &[u8]) -> Option<Vec<&str>> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    Some(std::str::from_utf8(&stat[end + 1..]).ok()?.split_ascii_whitespace().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_that_of_the_program_and_of_the_system_for_it() {
        let stat = b"17 (a) R 1) S 4 5 5 0 -1 4194304 9 8 7 6 120 34 5 6 20 0 1 0";
        let fields = fields(stat).expect("a name and fields");
        assert_eq!((fields.first(), ticks(&fields)), (Some(&"S"), Some(154)));
        assert_eq!(ticks(&fields[..12]), None);
    }
}
