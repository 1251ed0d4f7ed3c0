//! What is left of a Close, in both directions, and what the client sees when the server dies.
//!
//! Each question has a connection of its own: our Close, with a short reason and with the longest, and its answer; a
//! message that makes the server close; a server that ends TCP without a Close, as one that is killed does.
//!
//! Read `ask`, `judge`.

mod ask;
mod judge;

use super::report::in_seconds;
use super::{Bench, Section};
use ask::{Question, Seen, ask};
use judge::{Judged, judge};
use serde_json::json;
use std::time::Duration;

/// Runs the section.
pub fn run(bench: &mut Bench<'_>) -> Section {
    let mut section = bench.section();
    if !bench.look.is_open() {
        return section.not_run("no WebSocket was opened");
    }
    let is_ws101 = bench.look.is_ws101();
    let questions = Question::ALL.into_iter().filter(|question| is_ws101 || !question.is_for_ws101());
    let mut answers = Vec::new();
    for question in questions {
        bench.progress(None, question.words());
        match ask(bench.settings, question) {
            Ok(seen) => {
                tell(&mut section, question, &seen);
                answers.push((question, seen));
            }
            Err(why) => section.saw(line(question, &format!("could not be asked: {why}"))),
        }
    }
    if answers.is_empty() {
        return section.not_run("no connection could be opened");
    }
    judge_all(&mut section, bench, &answers);
    section
}

fn line(question: Question, says: &str) -> String {
    format!("  {:<32}{says}", question.words())
}

fn tell(section: &mut Section, question: Question, seen: &Seen) {
    let end = match &seen.end {
        Some(end) => format!("{}, after {}", end.brief(), milliseconds(seen.took)),
        None if seen.echoed && question.is_death() => "an echo: this ws101 knows no ?cut".to_owned(),
        None => format!("no end within {:.1} s", seen.took.as_secs_f64()),
    };
    let tcp = match &seen.tcp {
        Some((end, took)) => format!("; {} {} later", end.brief(), milliseconds(*took)),
        None => String::new(),
    };
    section.saw(line(question, &format!("{end}{tcp}")));
    let close = seen.close();
    let facts = json!({
        "end": seen.end.as_ref().map(ToString::to_string),
        "code": close.and_then(|close| close.code),
        "reason": close.map(|close| close.reason.clone()),
        "took_seconds": in_seconds(seen.took),
        "tcp_ended_after_seconds": seen.tcp.as_ref().map(|(_, took)| in_seconds(*took)),
    });
    section.fact(question.key(), facts);
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn judge_all(section: &mut Section, bench: &Bench<'_>, answers: &[(Question, Seen)]) {
    let server = bench.look.inspected.as_ref().map(|inspected| inspected.ws101.as_str());
    for (question, seen) in answers {
        match judge(*question, seen, server) {
            Judged::Well => {}
            // One that is said of both directions is said once.
            Judged::Note(note) if section.notes.contains(&note) => {}
            Judged::Note(note) => section.note(note),
            Judged::Lost(says) => section.fault(super::Fault::CloseLost, says),
        }
    }
    if let Some(note) = answers.iter().find_map(|(_, seen)| judge::stays_open(seen)) {
        section.note(note);
    }
    let deaths = answers.iter().filter(|(question, seen)| question.is_death() && !seen.echoed);
    let mut deaths: Vec<String> = deaths.map(|(_, seen)| judge::words(seen)).collect();
    deaths.dedup();
    section.fact("backend_dies", deaths.clone());
    section.verdict = verdict(section, server.is_some(), answers, &deaths);
}

fn verdict(section: &Section, is_ws101: bool, answers: &[(Question, Seen)], deaths: &[String]) -> String {
    let is_said =
        |asked: &[Question]| answers.iter().any(|(question, seen)| asked.contains(question) && seen.close().is_some());
    let (ours, theirs) = (is_said(&[Question::Ours, Question::Long]), is_said(&[Question::Theirs]));
    let crosses = match (ours, theirs) {
        _ if !section.faults.is_empty() => "a Close does not cross as it was said",
        (true, true) if is_ws101 => "Close codes cross in both directions, and the server's reason arrives",
        (true, true) => "a Close is answered, and text that is no UTF-8 brings one",
        (true, false) => "a Close is answered by a Close",
        (false, true) => "the server says Close, and answers none",
        (false, false) => "no Close was seen",
    };
    match deaths {
        [] => crosses.to_owned(),
        deaths => format!("{crosses}; a backend that dies is seen as {}", deaths.join(" or ")),
    }
}
