//! The largest message that passes, and whether fragments stay fragments.
//!
//! A binary message goes there and comes back as an echo, then one of twice its size, and so on. What fails is tried once
//! more over a new connection: one may have ended for a reason of its own, as a limit of its lifetime.

mod fragments;
mod rising;

use super::link::{End, Link};
use super::{Bench, Fault, Section};
use crate::client::WebSocket;
use crate::protocol::close::TOO_BIG;
use rising::Outcome;

/// The smallest message that is tried.
const FIRST: u64 = 1024;

/// What an endpoint may put in front of an echo.
const PREFIX: u64 = 1024;

/// What a Close 1009 means.
const SAID_BY_A_READER: &str = "Close 1009 is said by who reads messages: the server, or a hop that takes them apart; \
                                how much a ws101 takes is its --max-message";

/// How many of the largest messages that passed are shown.
const SHOWN: usize = 4;

/// Runs the section.
pub fn run(bench: &mut Bench<'_>) -> Section {
    let mut section = bench.section();
    let mut link = match open(bench) {
        Ok(link) => link,
        Err(why) => return section.not_run(&why),
    };
    let first = FIRST.min(bench.settings.max);
    match rising::attempt(bench, &mut link, first) {
        Outcome::Passed => {}
        Outcome::Ended(end) => {
            return section.not_run(&format!("a message of {} was answered with {end}", amount(first)));
        }
        Outcome::Late(_) => {
            return section.not_run("the server does not send messages back: name a WebSocket that echoes");
        }
    }
    let rise = rising::rise(bench, link, first);
    tell(&mut section, &rise, bench.settings.max);
    fragments::look(bench, &mut section);
    section
}

/// A WebSocket that takes an echo of the largest message.
fn open(bench: &Bench<'_>) -> Result<Link, String> {
    let mut link = Link::open(bench.settings, &[]).map_err(|error| format!("no WebSocket: {}", error.with_stars()))?;
    link.websocket = WebSocket::after_handshake(bench.settings.max.saturating_add(PREFIX));
    Ok(link)
}

/// Largest and smallest of what passed and what did not.
fn tell(section: &mut Section, rise: &rising::Rise, max: u64) {
    section.fact("largest_bytes", rise.good);
    for (size, took) in &rise.passed[rise.passed.len().saturating_sub(SHOWN)..] {
        section.saw(format!("  {:>12} bytes: back after {:.3} s", size, took.as_secs_f64()));
    }
    rise.strays.iter().for_each(|stray| section.note(stray.clone()));
    let (good, Some((bad, outcome))) = (amount(rise.good), &rise.failed) else {
        section.verdict = if rise.good == max {
            format!("messages of up to {} pass, the largest that was tried", amount(max))
        } else {
            format!("messages of up to {} pass; larger ones could not be tried", amount(rise.good))
        };
        return;
    };
    let how = how(outcome);
    section.saw(format!("  {bad:>12} bytes: {how}"));
    section.fact("failed_bytes", *bad);
    section.fact("failed_how", how.clone());
    let bad = amount(*bad);
    section.verdict = format!("a message of {good} passes, one of {bad} does not: {how}");
    match outcome {
        Outcome::Ended(End::Close(close)) if close.code == Some(TOO_BIG) => section.note(SAID_BY_A_READER),
        _ => section
            .fault(Fault::SizeLimit, format!("a message of {good} passes and one of {bad} does not, twice: {how}")),
    }
}

fn how(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed => "it passed".to_owned(),
        Outcome::Ended(end) => end.to_string(),
        Outcome::Late(waited) => format!("no echo in {:.0} s", waited.as_secs_f64()),
    }
}

/// A size in the largest unit in which it is a whole number, as the options take it.
fn amount(size: u64) -> String {
    match size {
        _ if size >= 1 << 20 && size.is_multiple_of(1 << 20) => format!("{} MiB", size >> 20),
        _ if size >= 1 << 10 && size.is_multiple_of(1 << 10) => format!("{} KiB", size >> 10),
        _ => format!("{size} bytes"),
    }
}
