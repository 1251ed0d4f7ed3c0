//! One line of CSV a server, for a list of grades.
//!
//! ```text
//! name,stages_passed,stages,cases_passed,cases,first_failed,listen,upgrade,accept,...
//! ada,5,14,61,152,ws/5.3/1,1,1,1,1,1,0,0,...
//! ```

use super::choose::chosen;
use super::report::{Report, StageReport, Status};
use super::settings::Settings;
use super::stages::STAGES;

/// Stands in the place of an address when there was no server to check.
const DID_NOT_RUN: &str = "did not run";

/// The names of the columns.
pub fn header() -> String {
    let columns = ["name", "stages_passed", "stages", "cases_passed", "cases", "first_failed"];
    let columns: Vec<&str> = columns.into_iter().chain(STAGES.iter().map(|stage| stage.name)).collect();
    format!("{}\n", columns.join(","))
}

/// A server that was checked.
pub fn line(name: &str, report: &Report) -> String {
    let failed = report.outcomes().find(|outcome| outcome.is_failed());
    let first = failed.map_or("", |outcome| outcome.case.address);
    row(name, &report.settings, &report.stages, report.counts().passed, first)
}

/// One that could not be checked: its program ended, or nobody listened.
pub fn line_of_nothing(name: &str, settings: &Settings) -> String {
    row(name, settings, &[], 0, DID_NOT_RUN)
}

fn row(name: &str, settings: &Settings, stages: &[StageReport], passed: usize, first: &str) -> String {
    let chosen = chosen(settings);
    let has_passed = |number: u8| stages.iter().any(|stage| stage.stage.number == number && has_passed(stage));
    let in_a_row = chosen.iter().take_while(|(stage, _)| has_passed(stage.number)).count();
    let cases: usize = chosen.iter().map(|(_, cases)| cases.len()).sum();
    let mut columns: Vec<String> = [in_a_row, chosen.len(), passed, cases].map(|number| number.to_string()).to_vec();
    columns.insert(0, field(name));
    columns.push(first.to_owned());
    columns.extend(STAGES.iter().map(|stage| {
        // A stage that was not asked for is no 0.
        let is_chosen = chosen.iter().any(|(chosen, _)| chosen.number == stage.number);
        if is_chosen { u8::from(has_passed(stage.number)).to_string() } else { String::new() }
    }));
    format!("{}\n", columns.join(","))
}

/// Nothing has failed, and something was seen to be right.
fn has_passed(stage: &StageReport) -> bool {
    !stage.is_failed() && stage.outcomes.iter().any(|outcome| !matches!(outcome.status, Status::Skipped(_)))
}

/// A field as RFC 4180 s2 has it.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
