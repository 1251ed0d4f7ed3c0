//! Going on: who leaves, who comes, which connections end, until somebody stops it.

use super::super::link::{End, Heard, Link};
use super::super::report::in_seconds;
use super::super::{Bench, Section, Settings, Step};
use super::attendance::Attendance;
use super::call::{Call, Caller};
use super::leave;
use crossbeam_channel::{RecvTimeoutError, bounded, select};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// How often somebody is asked.
const INTERVAL: Duration = Duration::from_millis(500);

/// How often failures are told, all of that time in one line.
const TELL_FAILURES: Duration = Duration::from_secs(5);

/// How long to read from a connection that has something to say.
const READING: Duration = Duration::from_millis(20);

/// The most lines that are kept for the report. All are shown.
const MOST_KEPT: usize = 200;

/// A call, and its WebSocket if it was granted one.
type Answered = (Call, Option<Link>);

/// A connection that is held.
struct Held {
    link: Link,
    name: String,
    since: Instant,
}

/// What is known of the servers.
struct Watch {
    since: Instant,
    caller: Caller,
    attendance: Attendance,
    held: Vec<Held>,
    failures: Failures,
    /// What has been told.
    told: Vec<String>,
}

/// Calls that failed and were not told yet.
struct Failures {
    failed: u32,
    of: u32,
    why: String,
    told_at: Option<Instant>,
}

/// Watches, and tells each change when it is seen. What was told becomes part of the section.
pub fn watch(bench: &mut Bench<'_>, section: &mut Section) {
    let failures = Failures { failed: 0, of: 0, why: String::new(), told_at: None };
    let (caller, attendance, held) = (Caller::new(bench.look), Attendance::default(), Vec::new());
    let mut watch = Watch { since: Instant::now(), caller, attendance, held, failures, told: Vec::new() };
    bench.observe(Step::Watching);
    watch.tell(bench, "watching: a call every half second, until Ctrl-C");
    while bench.settings.stop.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
        if watch.look(bench).is_none() {
            break;
        }
    }
    let time = watch.since.elapsed();
    section.verdict.push_str(&format!("; watched for {:.0} s", time.as_secs_f64()));
    section.fact("watched_seconds", in_seconds(time));
    section.fact("watched", watch.told);
    leave(watch.held.into_iter().map(|held| held.link).collect());
}

impl Watch {
    /// `None`: it is to stop.
    fn look(&mut self, bench: &mut Bench<'_>) -> Option<()> {
        let has_room = self.held.len() < bench.settings.connections;
        // By chance: a balancer that goes round would otherwise give one server all WebSockets and another all requests.
        if !has_room || fastrand::bool() {
            let (call, _) = self.call(bench, |caller, settings| (caller.request(settings, None), None))?;
            self.count(bench, &call);
        }
        self.look_at_the_held(bench);
        if has_room {
            let (call, link) = self.call(bench, Caller::socket)?;
            self.count(bench, &call);
            let name = call.name().unwrap_or("a server without a name").to_owned();
            self.held.extend(link.map(|link| Held { link, name, since: Instant::now() }));
        }
        self.tell_failures(bench);
        bench.progress(None, &format!("{} connections held", self.held.len()));
        Some(())
    }

    /// A call, in a thread of its own: nobody who says stop waits for an answer that may not come. `None`: it was said, and
    /// the thread ends by its own deadline, for nobody.
    fn call(&mut self, bench: &Bench<'_>, call: fn(&mut Caller, &Settings) -> Answered) -> Option<Answered> {
        let (sender, receiver) = bounded(1);
        let (mut caller, settings) = (self.caller.clone(), bench.settings.clone());
        let work = move || {
            let answered = call(&mut caller, &settings);
            let _ = sender.send((caller, answered));
        };
        if let Err(error) = Builder::new().name("call".to_owned()).spawn(work) {
            return Some((Call::unmade(&error), None));
        }
        select! {
            recv(receiver) -> done => {
                let (caller, answered) = done.ok()?;
                self.caller = caller;
                Some(answered)
            }
            recv(bench.settings.stop) -> _ => None,
        }
    }

    fn count(&mut self, bench: &mut Bench<'_>, call: &Call) {
        self.failures.of += 1;
        if let Some(why) = call.why() {
            self.failures.failed += 1;
            self.failures.why = why.to_owned();
        }
        for change in self.attendance.call(call.name()) {
            self.tell(bench, &change);
        }
    }

    /// Reads from those that have something to say: a Ping is answered by that, and an end is seen.
    fn look_at_the_held(&mut self, bench: &mut Bench<'_>) {
        let mut ended: Vec<(String, End, u32, Duration)> = Vec::new();
        self.held.retain_mut(|held| {
            if !held.link.connection.is_stale() {
                return true;
            }
            let Heard::End(end) = held.link.hear(Instant::now() + READING) else { return true };
            let age = held.since.elapsed();
            match ended.iter_mut().find(|(name, how, ..)| *name == held.name && *how == end) {
                Some((_, _, count, oldest)) => (*count, *oldest) = (*count + 1, age.max(*oldest)),
                None => ended.push((held.name.clone(), end, 1, age)),
            }
            false
        });
        for (name, end, count, age) in ended {
            let whose = if count == 1 { "a connection".to_owned() } else { format!("{count} connections") };
            let oldest = if count == 1 { "" } else { ", the oldest" };
            self.tell(bench, &format!("{whose} to {name} ended{oldest} after {:.1} s: {end}", age.as_secs_f64()));
        }
    }

    fn tell_failures(&mut self, bench: &mut Bench<'_>) {
        let is_time = self.failures.told_at.is_none_or(|told| told.elapsed() >= TELL_FAILURES);
        if !is_time {
            return;
        }
        let Failures { failed, of, why, .. } = &self.failures;
        let line = format!("{failed} of {of} calls failed: {why}");
        if *failed > 0 {
            self.tell(bench, &line);
            self.failures.told_at = Some(Instant::now());
        }
        (self.failures.failed, self.failures.of) = (0, 0);
    }

    fn tell(&mut self, bench: &mut Bench<'_>, what: &str) {
        let line = format!("{:>8.1} s  {what}", self.since.elapsed().as_secs_f64());
        bench.observe(Step::Seen(&line));
        if self.told.len() < MOST_KEPT {
            self.told.push(line.trim_start().to_owned());
        }
    }
}
