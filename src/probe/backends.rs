//! Who answers: how many servers there are, and where a connection stays.
//!
//! WebSockets are opened one after the other and held, then as many requests are made, each over a connection of its own. A
//! ws101 says its name (`--name`) in `X-Served-By` and to who asks how a request arrived; of other servers only failures
//! can be told.

mod attendance;
mod call;
mod pattern;
mod staying;
mod watch;

pub use watch::watch;

use super::link::Link;
use super::{Bench, Fault, Section, Settings};
use crate::protocol::close::{Close, NORMAL};
use call::{Call, Caller, Outcome};
use pattern::{Letters, Pattern};
use std::time::{Duration, Instant};

/// How long the closing handshakes of all connections may take together.
const GOODBYE: Duration = Duration::from_secs(2);

/// How long calls that fail may take together. Who waits for an answer in vain need not do so a thousand times.
const PATIENCE: Duration = Duration::from_secs(60);

/// The most calls that are shown with a letter each.
const ROW: usize = 60;

/// Runs the section.
pub fn run(bench: &mut Bench<'_>) -> Section {
    let mut section = bench.section();
    let (mut caller, mut held) = (Caller::new(bench.look), Vec::new());
    let sockets = calls(bench, &mut section, "WebSocket", |settings| {
        let (call, link) = caller.socket(settings);
        held.extend(link);
        call
    });
    if sockets.len() < bench.settings.connections {
        // One makes room for the requests, if it is room that is wanting.
        held.pop();
    }
    let requests = calls(bench, &mut section, "request", |settings| caller.request(settings, None));
    if let Some(why) = nothing_answered(&sockets, &requests) {
        return section.not_run(&format!("nobody answers: {why}"));
    }
    let mut letters = Letters::default();
    tell_calls(&mut section, "WebSockets", &sockets, &mut letters);
    tell_calls(&mut section, "requests", &requests, &mut letters);
    letters.legend().into_iter().for_each(|line| section.saw(line));
    section.verdict = tell_pattern(&mut section, bench, &mut caller, &sockets, &requests);
    tell_failures(&mut section, &sockets, &requests);
    if let Some(link) = held.first_mut() {
        staying::look(bench, &mut section, link);
    }
    leave(held);
    section
}

/// As many calls as were asked for, unless it is in vain.
fn calls(
    bench: &mut Bench<'_>,
    section: &mut Section,
    what: &str,
    mut call: impl FnMut(&Settings) -> Call,
) -> Vec<Call> {
    let count = bench.settings.connections;
    let (mut calls, mut wasted) = (Vec::new(), Duration::ZERO);
    for number in 1..=count {
        bench.progress(None, &format!("{what} {number} of {count}"));
        let (since, call) = (Instant::now(), call(bench.settings));
        if let Outcome::Unmade(why) = &call.outcome {
            section.note(format!("{what} {number} of {count} could not be made by this machine: {why}"));
            break;
        }
        wasted += if call.has_failed() { since.elapsed() } else { Duration::ZERO };
        calls.push(call);
        if wasted > PATIENCE && number < count {
            let seconds = wasted.as_secs();
            section
                .note(format!("{what} {number} of {count} was the last: those that failed took {seconds} s together"));
            break;
        }
    }
    calls
}

/// Why there is nothing to tell.
fn nothing_answered(sockets: &[Call], requests: &[Call]) -> Option<String> {
    let mut all = sockets.iter().chain(requests);
    if all.clone().any(|call| matches!(call.outcome, Outcome::Answered(_))) {
        return None;
    }
    all.find_map(|call| call.why()).map(str::to_owned)
}

/// A row with a letter for each, and how many each server got.
fn tell_calls(section: &mut Section, what: &str, calls: &[Call], letters: &mut Letters) {
    let shares = pattern::shares(&pattern::names(calls));
    let (row, words) = (letters.row(calls), letters.words(&shares));
    let shown: String = row.chars().take(ROW).collect();
    let more = if shown.len() < row.len() { "..." } else { "" };
    section.saw(format!("  {what:<10}  {shown}{more}  {words}").trim_end());
    let what = what.to_lowercase();
    let figures: serde_json::Map<_, _> = shares.into_iter().map(|(name, count)| (name, count.into())).collect();
    section.fact(&format!("{what}_by_server"), figures);
    section.fact(&format!("{what}_failed"), calls.iter().filter(|call| call.has_failed()).count());
}

fn tell_pattern(
    section: &mut Section,
    bench: &mut Bench<'_>,
    caller: &mut Caller,
    sockets: &[Call],
    requests: &[Call],
) -> String {
    let (by_socket, by_request) = (pattern::names(sockets), pattern::names(requests));
    let pattern = Pattern::of(&by_socket, &by_request);
    section.fact("pattern", pattern.word());
    let cookie = caller.sticky(bench, sockets, requests);
    if let Some(cookie) = &cookie {
        section.saw(cookie.words());
        section.fact("cookies", cookie.names.clone());
        section.fact("sticky_by_cookie", cookie.holds);
    }
    let by_cookie = cookie.filter(|cookie| cookie.holds == Some(true)).map(|cookie| cookie.names.join(", "));
    match (&pattern, by_cookie) {
        (Pattern::NoNames, _) => {
            section.note(match bench.look.is_ws101() {
                true => "the servers have no names, so they cannot be told apart: start each ws101 with --name",
                false => "only a ws101 that was started with --name says who answers",
            });
            "who answers cannot be told".to_owned()
        }
        (Pattern::One(_), _) | (_, None) => pattern.words(),
        (_, Some(names)) => format!("{}; sticky by the cookie {names}", pattern.words()),
    }
}

fn tell_failures(section: &mut Section, sockets: &[Call], requests: &[Call]) {
    let failed = |calls: &[Call]| calls.iter().filter(|call| call.has_failed()).count();
    let (of_sockets, of_requests) = (failed(sockets), failed(requests));
    if of_sockets + of_requests > 0 {
        let why = sockets.iter().chain(requests).find(|call| call.has_failed()).and_then(Call::why).unwrap_or_default();
        section.verdict.push_str(&format!(
            "; {} of {} failed",
            of_sockets + of_requests,
            sockets.len() + requests.len()
        ));
        section.fault(
            Fault::BackendFails,
            format!(
                "{of_sockets} of {} WebSockets and {of_requests} of {} requests failed: {why}",
                sockets.len(),
                requests.len()
            ),
        );
    }
    let refused = sockets.iter().filter(|call| matches!(call.outcome, Outcome::Refused(_)));
    if let Some(why) = refused.clone().find_map(Call::why) {
        section.note(format!("{} of {} WebSockets were refused: {why}", refused.count(), sockets.len()));
    }
}

/// Ends them all in order, without waiting for each in turn.
fn leave(mut held: Vec<Link>) {
    let (close, deadline) = (Close::new(NORMAL, ""), Instant::now() + GOODBYE);
    // Whatever comes of it: nobody asks any more.
    for link in &mut held {
        let _ = link.websocket.begin_close(&mut link.connection, &close, deadline);
    }
    for link in &mut held {
        let _ = link.websocket.close(&mut link.connection, &close, deadline);
    }
}
