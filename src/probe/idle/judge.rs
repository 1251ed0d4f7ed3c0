//! What the lives say together.
//!
//! A limit on silence ends who is silent and lets live who pings. A limit on life ends all at the same age. A restart
//! ends all at the same moment. Both limits may exist at once: then the silent one is ended first, the others later and
//! all at one age. Ends that have no such pattern are no limit: one connection that was as silent for longer, and lived,
//! is enough to speak against it.

use super::super::link::End;
use super::life::{Life, Outcome};
use super::plan::{Habit, Plan};
use std::time::Duration;

/// Times that are measured differ by less than that for no reason.
const MARGIN: Duration = Duration::from_millis(200);

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Silence is ended.
    pub silence: Option<Limit>,
    /// A silent connection is dead after this time, and nobody had ended it.
    pub forgotten: Option<Duration>,
    /// Every connection is ended at this age.
    pub lifetime: Option<Limit>,
    /// Every connection is ended at this age, as silent as it is old: by silence or by age, nobody can tell.
    pub either: Option<Limit>,
    /// Every connection was ended at this moment of the section.
    pub moment: Option<Duration>,
    /// The longest interval between Pings that kept a connection alive, below what ended the silent one.
    pub keeps: Option<Duration>,
    /// The shortest one that did not.
    pub loses: Option<Duration>,
}

/// When and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// After how long.
    pub after: Duration,
    /// How.
    pub end: End,
}

/// Judges.
pub fn judge(plan: &Plan, lives: &[Life]) -> Findings {
    let silent = lives.iter().find(|life| life.habit == Habit::Silent);
    let Some(silent) = silent else { return Findings::default() };
    if is_forgotten(lives, silent) {
        let (keeps, loses) = intervals(lives, silent);
        return Findings { forgotten: Some(silent.quiet), keeps, loses, ..Findings::default() };
    }
    let Some(end) = ended(silent) else { return Findings::default() };
    // Frames that break a rule are the server's fault, and no clock's.
    if matches!(end, End::Broken(_)) {
        return Findings::default();
    }
    // Who was never nearly as silent as that shows what became of those that were not.
    let lively = |life: &&Life| opened(life) && life.longest_quiet() + slack(silent.quiet) < silent.quiet;
    let lively: Vec<&Life> = lives.iter().filter(lively).collect();
    // Where nobody was lively, those count that were to be.
    let others = || lives.iter().filter(|life| opened(life) && life.habit != Habit::Silent).collect();
    let last = last_of(plan, if lively.is_empty() { others() } else { lively.clone() });
    let mut found = Findings::default();
    match last {
        // Who has a Ping on the way gets a reset for it: the silent one shows best how it was meant.
        Some(Last::Age(last)) if !outlived(last, silent, plan.alike()) => {
            let is_age = lives.iter().any(|life| was_spoken_to(life, silent));
            *(if is_age { &mut found.lifetime } else { &mut found.either }) = Some(limit(last.age, end));
        }
        Some(Last::Age(last)) => found.lifetime = ended(last).map(|end| limit(last.age, end)),
        Some(Last::Moment(moment)) => found.moment = Some(moment),
        None => {}
    }
    // Others that all end, each at a time of its own, may have ended for the same reason as the silent one.
    let is_clear = if lively.is_empty() {
        last.is_none()
    } else {
        last.is_some() || !lively.iter().all(|life| ended(life).is_some())
    };
    let lived_on = |life: &&Life| outlived(life, silent, plan.alike());
    if is_clear && lively.iter().all(lived_on) && is_by_silence(lives, silent, plan.alike()) {
        found.silence = Some(limit(silent.quiet, end));
        (found.keeps, found.loses) = intervals(lives, silent);
    }
    found
}

/// Whether silence explains the end of the silent one: it had never been silent for so long, somebody lived on, and nobody
/// was silent for longer.
fn is_by_silence(lives: &[Life], silent: &Life, alike: Duration) -> bool {
    let bore_more = |life: &Life| {
        let at_most = match life.habit {
            // Whoever pings is not silent, although nobody may answer.
            Habit::Pings(interval) | Habit::Late(interval) if ended(life).is_none() => interval,
            _ => Duration::MAX,
        };
        opened(life) && life.longest_quiet().min(at_most) > silent.quiet + alike
    };
    silent.survived + slack(silent.quiet) < silent.quiet
        && lives.iter().any(|life| opened(life) && outlived(life, silent, alike))
        && !lives.iter().any(bore_more)
}

/// Ended although something had come not long before. Of one that is silent from its beginning to its end nobody can tell
/// whether it was ended for its silence or for its age.
fn was_spoken_to(life: &Life, silent: &Life) -> bool {
    ended(life).is_some() && life.quiet + MARGIN < silent.quiet.max(life.survived)
}

/// Dead without a word, while Pings were answered on another connection to the last.
fn is_forgotten(lives: &[Life], silent: &Life) -> bool {
    let is_answered = |life: &Life| life.outcome == Outcome::Held && life.answered > 0 && life.unanswered == 0;
    matches!(silent.outcome, Outcome::Dead(_)) && lives.iter().any(is_answered)
}

/// How all of some lives ended.
#[derive(Clone, Copy)]
enum Last<'a> {
    /// At one age: that of this one, the oldest.
    Age(&'a Life),
    /// At one moment.
    Moment(Duration),
}

/// `None`: not all of them ended, or each at a time of its own.
fn last_of<'a>(plan: &Plan, lives: Vec<&'a Life>) -> Option<Last<'a>> {
    if lives.iter().any(|life| ended(life).is_none()) {
        return None;
    }
    let last = lives.iter().copied().max_by_key(|life| life.age)?;
    if spread(lives.iter().map(|life| life.age)) <= plan.alike() {
        Some(Last::Age(last))
    } else if spread(lives.iter().map(|life| life.moment())) <= plan.alike() {
        Some(Last::Moment(last.moment()))
    } else {
        None
    }
}

fn limit(after: Duration, end: &End) -> Limit {
    Limit { after, end: end.clone() }
}

/// What a wait may be late by.
fn slack(time: Duration) -> Duration {
    (time / 10).min(MARGIN)
}

fn opened(life: &Life) -> bool {
    !matches!(life.outcome, Outcome::Unopened(_))
}

fn ended(life: &Life) -> Option<&End> {
    match &life.outcome {
        Outcome::Ended(end) => Some(end),
        Outcome::Held | Outcome::Dead(_) | Outcome::Unopened(_) => None,
    }
}

/// Longer than the silent one by its age and by the clock.
fn outlived(life: &Life, silent: &Life, alike: Duration) -> bool {
    life.age > silent.age + alike && life.moment() > silent.moment() + alike
}

fn spread(times: impl Iterator<Item = Duration> + Clone) -> Duration {
    let (first, last) = (times.clone().min(), times.max());
    last.unwrap_or_default() - first.unwrap_or_default()
}

/// Which intervals help against silence: who was ended as silent as the silent one was is no better off, and neither is who
/// had no Pong where others had. Who pings at just that interval lives by luck.
fn intervals(lives: &[Life], silent: &Life) -> (Option<Duration>, Option<Duration>) {
    let is_dead = matches!(silent.outcome, Outcome::Dead(_));
    let lost = |life: &Life| match ended(life) {
        Some(_) => is_dead || life.quiet + slack(silent.quiet) >= silent.quiet,
        None => is_dead && life.unanswered > 0,
    };
    let has_pinged = |life: &&Life| opened(life) && (life.pings > 0 || !is_dead);
    let pinging = lives.iter().filter(has_pinged).filter_map(|life| match life.habit {
        Habit::Pings(interval) => Some((interval, lost(life))),
        Habit::Silent | Habit::Listens | Habit::Late(_) => None,
    });
    let loses = pinging.clone().filter(|(_, lost)| *lost).map(|(interval, _)| interval).min();
    let below = |interval: &Duration| loses.is_none_or(|loses| *interval < loses) && *interval < silent.quiet * 9 / 10;
    let keeps = pinging.filter(|(_, lost)| !lost).map(|(interval, _)| interval).filter(below).max();
    (keeps, loses)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// One that was ended, or held, at an age, after so much silence.
    fn life(habit: Habit, outcome: Outcome, age: f64, quiet: f64) -> Life {
        let opened = if matches!(habit, Habit::Late(_)) { seconds(1.0) } else { Duration::ZERO };
        let (age, quiet) = (seconds(age), seconds(quiet));
        Life { opened, age, quiet, ..Life::unopened(habit, String::new()).with(outcome) }
    }

    impl Life {
        fn with(self, outcome: Outcome) -> Life {
            Life { outcome, ..self }
        }
    }

    fn pings(interval: f64) -> Habit {
        Habit::Pings(seconds(interval))
    }

    fn late() -> Habit {
        Habit::Late(seconds(0.5))
    }

    fn judged(lives: &[Life]) -> Findings {
        judge(&Plan::new(seconds(8.0)), lives)
    }

    fn after(limit: Option<&Limit>) -> Option<f64> {
        limit.map(|limit| limit.after.as_secs_f64())
    }

    const FIN: Outcome = Outcome::Ended(End::Fin);

    #[test]
    fn nothing_ended_is_nothing_found() {
        let lives = [life(Habit::Silent, Outcome::Held, 8.0, 8.0), life(pings(1.0), FIN, 3.0, 0.2)];
        assert_eq!(judged(&lives), Findings::default());
    }

    #[test]
    fn silence_that_is_ended_while_others_live() {
        let found = judged(&[
            life(Habit::Silent, FIN, 2.0, 2.0),
            life(Habit::Listens, FIN, 2.0, 2.0),
            life(pings(0.5), Outcome::Held, 4.0, 0.5),
            life(pings(1.0), Outcome::Held, 4.0, 1.0),
            life(pings(2.0), FIN, 4.0, 1.95),
            life(pings(5.0), FIN, 2.0, 2.0),
            life(late(), Outcome::Held, 4.0, 0.5),
        ]);
        assert_eq!(
            (after(found.silence.as_ref()), after(found.lifetime.as_ref()), found.moment),
            (Some(2.0), None, None)
        );
        assert_eq!((found.keeps, found.loses), (Some(seconds(1.0)), Some(seconds(2.0))));
    }

    #[test]
    fn a_ping_that_came_just_in_time_is_no_advice() {
        let lives = [
            life(Habit::Silent, FIN, 2.001, 2.001),
            life(pings(1.0), Outcome::Held, 6.0, 1.0),
            life(pings(2.0), Outcome::Held, 6.0, 2.0),
        ];
        assert_eq!((judged(&lives).keeps, judged(&lives).loses), (Some(seconds(1.0)), None));
    }

    #[test]
    fn forgotten_is_dead_while_others_are_answered() {
        let answered = |interval, unanswered, outcome| Life {
            pings: 4,
            answered: 4 - unanswered,
            unanswered,
            ..life(pings(interval), outcome, 8.0, interval)
        };
        for dead in [Outcome::Dead(None), Outcome::Dead(Some(String::new()))] {
            let silent = life(Habit::Silent, dead, 8.0, 8.0);
            let (half, one) = (answered(0.5, 0, Outcome::Held), answered(1.0, 0, Outcome::Held));
            for two in [answered(2.0, 1, Outcome::Held), answered(2.0, 0, FIN)] {
                let found = judged(&[silent.clone(), half.clone(), one.clone(), two]);
                assert_eq!((found.forgotten, found.silence), (Some(seconds(8.0)), None));
                assert_eq!((found.keeps, found.loses), (Some(seconds(1.0)), Some(seconds(2.0))));
            }
            // Where nobody has an answer, its absence says nothing.
            assert_eq!(judged(&[silent, answered(0.5, 4, Outcome::Held)]), Findings::default());
        }
    }

    #[test]
    fn all_at_the_same_age() {
        let found = judged(&[
            life(Habit::Silent, FIN, 6.0, 6.0),
            life(pings(0.5), FIN, 6.0, 0.01),
            life(pings(5.0), FIN, 6.1, 1.0),
            life(late(), FIN, 6.0, 0.1),
        ]);
        assert_eq!((found.silence, after(found.lifetime.as_ref()), found.moment), (None, Some(6.1), None));
    }

    #[test]
    fn both_limits_at_once() {
        let found = judged(&[
            life(Habit::Silent, FIN, 2.0, 2.0),
            life(pings(0.5), FIN, 6.0, 0.01),
            life(pings(1.0), FIN, 6.0, 1.0),
            life(pings(2.0), FIN, 2.0, 2.0),
            life(late(), FIN, 6.0, 0.1),
        ]);
        assert_eq!((after(found.silence.as_ref()), after(found.lifetime.as_ref())), (Some(2.0), Some(6.0)));
        assert_eq!((found.keeps, found.loses), (Some(seconds(1.0)), Some(seconds(2.0))));
    }

    #[test]
    fn all_at_the_same_moment_is_no_limit() {
        let lives = [life(Habit::Silent, FIN, 5.0, 5.0), life(pings(0.5), FIN, 5.0, 0.1), life(late(), FIN, 4.0, 0.1)];
        let found = judged(&lives);
        assert_eq!((found.silence, found.lifetime, found.moment), (None, None, Some(seconds(5.0))));
    }

    #[test]
    fn silence_that_somebody_bears_for_longer_is_not_what_ends() {
        let lives = |listener: Life| {
            judged(&[life(Habit::Silent, FIN, 2.0, 2.0), listener, life(pings(0.5), Outcome::Held, 6.0, 0.5)])
        };
        assert_eq!(lives(life(Habit::Listens, Outcome::Held, 6.0, 6.0)), Findings::default());
        assert_eq!(lives(life(Habit::Listens, FIN, 3.0, 3.0)), Findings::default());
        assert!(lives(life(Habit::Listens, FIN, 2.3, 2.3)).silence.is_some());
    }

    #[test]
    fn who_was_spoken_to_all_the_time_was_not_ended_for_silence() {
        let survived = seconds(1.0);
        let silent = |quiet| Life { survived, ..life(Habit::Silent, FIN, 2.0, quiet) };
        let pinging = Life { survived, ..life(pings(0.5), Outcome::Held, 6.0, 0.5) };
        for quiet in [0.1, 0.5, 1.0] {
            assert_eq!(judged(&[silent(quiet), pinging.clone()]), Findings::default());
        }
        // All of them at that age: then it is the age.
        let found = judged(&[silent(0.5), Life { survived, ..life(pings(0.5), FIN, 2.0, 0.5) }]);
        assert_eq!((found.silence, after(found.lifetime.as_ref())), (None, Some(2.0)));
    }

    #[test]
    fn where_nobody_answers_pings_they_are_no_silence_either() {
        let lives = [
            life(Habit::Silent, FIN, 2.0, 2.0),
            life(Habit::Listens, FIN, 2.0, 2.0),
            life(pings(0.5), Outcome::Held, 6.0, 6.0),
        ];
        assert_eq!(after(judged(&lives).silence.as_ref()), Some(2.0));
        // Who was ended after a longer silence had another reason.
        let lives = [life(Habit::Silent, FIN, 2.0, 2.0), life(pings(0.5), FIN, 3.0, 3.0), life(late(), FIN, 5.0, 5.0)];
        assert_eq!(judged(&lives), Findings::default());
    }

    #[test]
    fn silence_alone_is_compared_with_nobody() {
        let refused = Life::unopened(pings(0.5), "503".to_owned());
        assert_eq!(judged(&[life(Habit::Silent, FIN, 2.0, 2.0), refused]), Findings::default());
    }

    #[test]
    fn lives_of_any_length_are_no_limit_on_silence() {
        let lives = [life(Habit::Silent, FIN, 2.0, 2.0), life(pings(0.5), FIN, 3.0, 0.1), life(late(), FIN, 7.0, 0.1)];
        assert_eq!(judged(&lives), Findings::default());
    }

    #[test]
    fn as_silent_as_old_is_neither_the_one_nor_the_other() {
        for (age, quiet) in [(0.1, 0.1), (0.1, 0.0), (2.0, 2.0)] {
            let found = judged(&[life(Habit::Silent, FIN, age, age), life(pings(0.5), FIN, age, quiet)]);
            assert_eq!((found.silence, found.lifetime, after(found.either.as_ref())), (None, None, Some(age)));
        }
    }

    #[test]
    fn a_rule_that_was_broken_is_no_limit() {
        let broken = Outcome::Ended(End::Broken("a reserved opcode".to_owned()));
        let lives = [life(Habit::Silent, broken, 0.1, 0.1), life(pings(0.5), Outcome::Held, 8.0, 0.5)];
        assert_eq!(judged(&lives), Findings::default());
    }

    #[test]
    fn ends_without_a_pattern_find_nothing() {
        let lives = [
            life(Habit::Silent, FIN, 5.0, 5.0),
            life(pings(0.5), FIN, 1.0, 0.1),
            life(late(), Outcome::Held, 8.0, 0.1),
        ];
        assert_eq!(judged(&lives), Findings::default());
    }
}
