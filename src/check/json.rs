//! A report for a program: one document.

use super::note::Note;
use super::report::{Counts, Outcome, Report, StageReport, Status};
use super::settings::Settings;
use crate::check::record::{Entry, Passed, Record, Way};
use crate::wire::secrets::starred;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

/// The report as it is printed by `--json`.
pub fn document(report: &Report) -> Value {
    let settings = &report.settings;
    let cases = report.stages.iter().flat_map(|stage| stage.outcomes.iter().map(|outcome| case(stage, outcome)));
    json!({
        "url": settings.url.to_string(),
        "profile": settings.profile.word(),
        "seed": settings.seed,
        "passed": report.is_passed(),
        "error": null,
        "first_failing_stage": report.first_failing_stage().map(|stage| stage.stage.number),
        "counts": counts(&report.counts()),
        "seconds": (report.took.as_secs_f64() * 1000.0).round() / 1000.0,
        "stages": report.stages.iter().map(stage).collect::<Vec<_>>(),
        "cases": cases.collect::<Vec<_>>(),
    })
}

/// Nothing could be checked: why.
pub fn of_nothing(settings: &Settings, why: &str) -> Value {
    json!({
        "url": settings.url.to_string(),
        "profile": settings.profile.word(),
        "seed": settings.seed,
        "passed": false,
        "error": why,
        "first_failing_stage": null,
        "counts": counts(&Counts::default()),
        "stages": [],
        "cases": [],
    })
}

fn stage(stage: &StageReport) -> Value {
    json!({
        "stage": stage.stage.number,
        "name": stage.stage.name,
        "goal": stage.stage.goal,
        "counts": counts(&stage.counts()),
    })
}

fn counts(counts: &Counts) -> Value {
    let Counts { passed, failed, following, not_met, skipped, notes } = counts;
    json!({
        "cases": counts.cases(),
        "passed": passed,
        "failed": failed,
        "following": following,
        "not_met": not_met,
        "skipped": skipped,
        "notes": notes,
    })
}

fn case(stage: &StageReport, outcome: &Outcome) -> Value {
    let case = outcome.case;
    let (status, failure, why) = match &outcome.status {
        Status::Passed => ("passed", None, None),
        Status::Failed(failure) => ("failed", Some(failure), None),
        Status::NotMet(failure) => ("not_met", Some(failure), None),
        Status::Skipped(why) => ("skipped", None, Some(why)),
    };
    json!({
        "address": case.address,
        "stage": stage.stage.number,
        "level": case.level.word(),
        "section": case.section(),
        "requirement": case.requirement,
        "sends": case.sends,
        "expects": case.expects,
        "status": status,
        "follows": outcome.follows,
        "notes": outcome.notes.iter().map(Note::to_string).collect::<Vec<_>>(),
        "expected": failure.map(|failure| &failure.expected),
        "came": failure.map(|failure| &failure.came),
        "cause": failure.and_then(|failure| failure.cause.as_ref()),
        "why_skipped": why,
        "printed": outcome.printed,
        "milliseconds": u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX),
        "record": record(&outcome.record),
    })
}

/// What passed: its first entries, and behind those left out the last ones.
fn record(record: &Record) -> Value {
    let (first, last) = record.entries();
    json!({ "entries": first.iter().chain(last).map(entry).collect::<Vec<_>>(), "left_out": record.left_out })
}

fn entry(entry: &Entry) -> Value {
    let mut value = passed(&entry.passed);
    value["connection"] = entry.link.into();
    value["from"] = if entry.way == Way::Sent { "check" } else { "server" }.into();
    value
}

/// `hex` has the first bytes as they passed, but for secrets of a head; `bytes` is how many there were.
fn passed(passed: &Passed) -> Value {
    match passed {
        Passed::Head(head) => json!({ "what": "head", "hex": HEXLOWER.encode(&starred(head)) }),
        Passed::Frame(header, raw) => {
            let mut bytes = Vec::new();
            header.encode(&mut bytes);
            bytes.extend_from_slice(raw);
            let all = header.length.saturating_add(header.encoded_len() as u64);
            json!({ "what": "frame", "hex": HEXLOWER.encode(&bytes), "bytes": all })
        }
        Passed::Bytes(bytes, all) => json!({ "what": "bytes", "hex": HEXLOWER.encode(bytes), "bytes": all }),
        Passed::Fin => json!({ "what": "fin" }),
        Passed::Reset(words) => json!({ "what": "reset", "words": words }),
        Passed::Silence(time) => json!({ "what": "silence", "seconds": (time.as_secs_f64() * 10.0).round() / 10.0 }),
        Passed::Remark(words) => json!({ "what": "remark", "words": words }),
    }
}
