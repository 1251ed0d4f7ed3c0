//! The findings in words, and as figures.

use super::super::fault::Fault;
use super::super::link::End;
use super::super::report::{Section, in_seconds};
use super::judge::{Findings, Limit, judge};
use super::life::{Life, Outcome};
use super::plan::{Habit, Plan};
use serde_json::{Value, json};
use std::time::Duration;

/// What a server says so early, it says of its own accord.
const GREETING: Duration = Duration::from_millis(100);

/// Fills in the section.
pub fn tell(mut section: Section, plan: &Plan, lives: &[Life], is_ws101: bool) -> Section {
    let Some(silent) = lives.iter().find(|life| life.habit == Habit::Silent) else { return section };
    let found = judge(plan, lives);
    section.evidence = table(plan, lives);
    facts(&mut section, lives, silent, &found);
    if let Outcome::Unopened(why) = &silent.outcome {
        return section.not_run(&format!("the silent connection could not be opened: {why}"));
    }
    unanswered(&mut section, lives, &found);
    limits(&mut section, &found, lives, is_ws101);
    match verdict(&found, silent, lives) {
        Ok(verdict) => section.verdict = verdict,
        Err(why) => return section.not_run(&why),
    }
    section
}

/// The faults, and what was seen that proves them.
fn limits(section: &mut Section, found: &Findings, lives: &[Life], is_ws101: bool) {
    if let Some(after) = found.forgotten {
        section
            .saw("Who: a NAT, a firewall or a load balancer that has forgotten the connection and told neither end.");
        section.saw(help(found, after));
        let says = format!("a connection that was silent for {} is dead, and nobody was told", precise(after));
        section.fault(Fault::IdleLimit, says);
    }
    if let Some(Limit { after, end }) = &found.silence {
        section.saw(who(end, is_ws101));
        section.saw(help(found, *after));
        section.evidence.extend(help_of_server(lives, *after));
        section.fault(Fault::IdleLimit, format!("a silent connection is ended after {}: {end}", precise(*after)));
    }
    if let Some(Limit { after, end }) = &found.lifetime {
        if found.silence.is_none() {
            section.saw(who(end, is_ws101));
        }
        let pinged = lives.iter().any(|life| life.pings > 0);
        let which = if pinged { "whether it pings or not" } else { "silent or not" };
        let says = format!("every connection is ended {} after its opening, {which}: {end}", precise(*after));
        section.fault(Fault::LifetimeLimit, says);
    }
}

/// What is so. The error says why that is not known.
fn verdict(found: &Findings, silent: &Life, lives: &[Life]) -> Result<String, String> {
    let silence = found.silence.as_ref().map(|limit| precise(limit.after));
    let lifetime = found.lifetime.as_ref().map(|limit| precise(limit.after));
    if let Some(after) = found.forgotten {
        let keeps = found.keeps.map_or(String::new(), |keeps| format!("; a Ping every {} keeps it", plain(keeps)));
        return Ok(format!("silence of at most {} kills a connection without a word{keeps}", precise(after)));
    }
    match (silence, lifetime, found.moment) {
        (Some(silence), Some(lifetime), _) => {
            Ok(format!("silence of {silence} ends a connection, and none lives longer than {lifetime}"))
        }
        (Some(silence), None, _) => match found.keeps {
            Some(keeps) => {
                Ok(format!("silence of {silence} ends a connection; a Ping every {} keeps it", plain(keeps)))
            }
            None => Ok(format!("silence of {silence} ends a connection")),
        },
        (None, Some(lifetime), _) => Ok(format!("no connection lives longer than {lifetime}, whatever it does")),
        (None, None, Some(moment)) => Err(format!(
            "all connections, young and old, were ended {} after the first was opened: that is a restart and no limit",
            precise(moment)
        )),
        (None, None, None) => match &found.either {
            Some(limit) => Err(either(limit, lives)),
            None => held(silent, lives),
        },
    }
}

/// All were ended at one age, and nothing had come on any of them.
fn either(limit: &Limit, lives: &[Life]) -> String {
    let Limit { after, end } = limit;
    let why = match lives.iter().any(|life| life.pings > 0) {
        true => "and no Ping was answered: whether for their silence or for their age cannot be told",
        false => "before a Ping was due: whoever refuses what was granted does that, and its log may say why",
    };
    format!("all connections were ended {} after their opening ({}), {why}", precise(*after), end.brief())
}

/// Nothing was found: because all is well, or because nothing can be said.
fn held(silent: &Life, lives: &[Life]) -> Result<String, String> {
    if let Outcome::Ended(End::Broken(why)) = &silent.outcome {
        return Err(format!("the silent connection broke: {why}"));
    }
    if let Outcome::Ended(end) = &silent.outcome {
        let ages = lives.iter().filter(|life| life.habit != Habit::Silent).map(|life| life.age);
        let (first, last) = (ages.clone().min().unwrap_or_default(), ages.max().unwrap_or_default());
        return Err(format!(
            "the silent connection was ended at {} ({}), {} after the last byte, the others lived for {} to {}: \
             no limit on silence or age has that pattern",
            precise(silent.age),
            end.brief(),
            precise(silent.quiet),
            precise(first),
            precise(last)
        ));
    }
    let ended = lives.iter().filter(|life| matches!(life.outcome, Outcome::Ended(_))).count();
    let others = if ended == 0 { String::new() } else { format!("; {ended} of {} others were ended", lives.len() - 1) };
    let silence = precise(silent.longest_quiet());
    // A greeting comes with the opening.
    if silent.longest_quiet() + GREETING >= silent.age {
        return Ok(format!("held {silence} without a word; no limit below that{others}"));
    }
    let what = if silent.server_pings.is_some() { "Pings" } else { "bytes" };
    Ok(format!("held {}, but never silent for longer than {silence}: {what} came{others}", precise(silent.age)))
}

/// Who can have ended it.
fn who(end: &End, is_ws101: bool) -> String {
    match (end, is_ws101) {
        (End::Close(_), true) => {
            "Who: somebody who speaks WebSocket. Asked not to ping, this server ends no silent connection; \
             when it stops it says Close 1001, and a hop that reloads may say that, too."
        }
        (End::Close(_), false) => {
            "Who: somebody who speaks WebSocket: a hop, or the server: one that waits for a login or a heartbeat in words \
             of its own ends who says neither."
        }
        (_, true) => "Who: a hop. A ws101 ends no connection without a Close.",
        (_, false) => {
            "Who: a hop, or the server: one that waits for a login or a heartbeat in words of its own ends who says neither."
        }
    }
    .to_owned()
}

fn help(found: &Findings, after: Duration) -> String {
    match (found.keeps, found.loses) {
        (Some(keeps), Some(loses)) => {
            format!("A Ping every {} keeps it alive, every {} does not.", plain(keeps), plain(loses))
        }
        (Some(keeps), None) => format!("A Ping every {} keeps it alive.", plain(keeps)),
        (None, _) => {
            format!("No Ping came often enough within {} to tell whether one would keep it alive.", precise(after))
        }
    }
}

/// Whether the server's own Pings keep a connection from being as silent as that.
fn help_of_server(lives: &[Life], after: Duration) -> Option<String> {
    let listener = lives.iter().find(|life| life.habit == Habit::Listens)?;
    match (listener.server_interval(), &listener.outcome) {
        (Some(interval), _) if listener.longest_quiet() < after => {
            Some(format!("The server's own Pings, every {}, keep it alive as well.", precise(interval)))
        }
        (_, Outcome::Ended(_)) => Some("The server's own Pings come too late for that, or not at all.".to_owned()),
        _ => None,
    }
}

/// Where nothing was ended, a Pong is missing because somebody took it away or never sent it. Before a limit it is missing
/// because somebody had stopped to listen.
fn unanswered(section: &mut Section, lives: &[Life], found: &Findings) {
    let pings: u64 = lives.iter().map(|life| life.pings).sum();
    if pings > 0 && lives.iter().all(|life| life.answered == 0) {
        return section.note(format!("not one of {pings} Pings was answered (RFC 6455 s5.5.2 asks for a Pong)"));
    }
    let (held, ended): (Vec<&Life>, Vec<&Life>) =
        lives.iter().filter(|life| life.unanswered > 0).partition(|life| life.outcome == Outcome::Held);
    if !held.is_empty() {
        let count = held.len();
        section.note(format!(
            "{count} of the connections got no Pong for their last Pings (RFC 6455 s5.5.2 asks for one)"
        ));
    }
    if !ended.is_empty() && (found.silence.is_some() || found.lifetime.is_some()) {
        section.note(
            "a Ping shortly before an end had no Pong: a hop had given the connection up already and ended TCP later, \
             as Envoy does (`delayed_close_timeout`, 1 s); the limit that is set there is so much lower",
        );
    }
}

/// A line for each, and one for neighbours with the same fate.
fn table(plan: &Plan, lives: &[Life]) -> Vec<String> {
    let fates: Vec<(&Life, String)> = lives.iter().map(|life| (life, fate(life))).collect();
    let same = |a: &(&Life, String), b: &(&Life, String)| pings(a.0) && pings(b.0) && a.1 == b.1;
    let line = |group: &[(&Life, String)]| {
        let (Some((first, fate)), Some((last, _))) = (group.first(), group.last()) else { return String::new() };
        let habits = match (first.habit, last.habit) {
            (Habit::Pings(first), Habit::Pings(last)) if first < last => {
                format!("Ping every {} to {}", plain(first), plain(last))
            }
            (habit, _) => self::habit(habit, plan),
        };
        format!("  {habits:<28} {fate}")
    };
    fates.chunk_by(same).map(line).collect()
}

fn pings(life: &Life) -> bool {
    matches!(life.habit, Habit::Pings(_))
}

fn habit(habit: Habit, plan: &Plan) -> String {
    match habit {
        Habit::Silent => "silent".to_owned(),
        Habit::Listens => "server may ping".to_owned(),
        Habit::Pings(interval) => format!("Ping every {}", plain(interval)),
        Habit::Late(interval) => format!("Ping every {}, {} later", plain(interval), plain(plan.stagger)),
    }
}

fn fate(life: &Life) -> String {
    let mut fate = match &life.outcome {
        Outcome::Unopened(why) => format!("not opened: {why}"),
        Outcome::Held => format!("held {}", precise(life.age)),
        Outcome::Dead(Some(_)) => format!("held {}, then a Ping brought RST", precise(life.age)),
        Outcome::Dead(None) => format!("held {}, then a Ping had no Pong", precise(life.age)),
        Outcome::Ended(end) => format!("ended at {} by {}", precise(life.age), end.brief()),
    };
    // A greeting comes with the opening.
    if life.quiet + GREETING < life.age && matches!(life.outcome, Outcome::Ended(_)) {
        fate.push_str(&format!(", {} after the last byte", precise(life.quiet)));
    }
    if let (Some(interval), Some((_, _, count))) = (life.server_interval(), life.server_pings) {
        match count {
            1 => fate.push_str(&format!("; 1 Ping of the server, at {}", precise(interval))),
            _ => fate.push_str(&format!("; {count} Pings of the server, every {}", precise(interval))),
        }
    }
    match life.unanswered {
        0 => {}
        1 => fate.push_str("; 1 Ping unanswered"),
        count => fate.push_str(&format!("; {count} Pings unanswered")),
    }
    fate
}

fn facts(section: &mut Section, lives: &[Life], silent: &Life, found: &Findings) {
    let limit = |limit: &Option<Limit>| match limit {
        Some(Limit { after, end }) => json!({ "after_seconds": in_seconds(*after), "end": end.to_string() }),
        None => Value::Null,
    };
    let interval = |interval: Option<Duration>| interval.map_or(Value::Null, |interval| json!(in_seconds(interval)));
    let listener = lives.iter().find(|life| life.habit == Habit::Listens);
    section.fact("held_seconds", in_seconds(silent.age));
    section.fact("idle_limit", limit(&found.silence));
    section.fact("forgotten_within_seconds", interval(found.forgotten));
    section.fact("lifetime_limit", limit(&found.lifetime));
    section.fact("ping_keeps_seconds", interval(found.keeps));
    section.fact("ping_loses_seconds", interval(found.loses));
    section.fact("server_pings_every_seconds", interval(listener.and_then(Life::server_interval)));
    section.fact("connections", lives.iter().map(figures).collect::<Vec<_>>());
}

fn figures(life: &Life) -> Value {
    let (habit, every) = match life.habit {
        Habit::Silent => ("silent", None),
        Habit::Listens => ("listens", None),
        Habit::Pings(interval) => ("pings", Some(in_seconds(interval))),
        Habit::Late(interval) => ("late", Some(in_seconds(interval))),
    };
    let end = match &life.outcome {
        Outcome::Unopened(why) => json!(why),
        Outcome::Ended(end) => json!(end.to_string()),
        Outcome::Dead(Some(_)) => json!("a last Ping brought RST"),
        Outcome::Dead(None) => json!("a last Ping had no Pong"),
        Outcome::Held => Value::Null,
    };
    let (age, quiet) = (in_seconds(life.age), in_seconds(life.quiet));
    json!({ "habit": habit, "every_seconds": every, "age_seconds": age, "quiet_seconds": quiet, "end": end,
        "pings": life.pings, "unanswered": life.unanswered })
}

/// What was measured.
fn precise(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// What was chosen: `0.5 s`, `45 s`.
fn plain(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}
