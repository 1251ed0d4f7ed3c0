//! A report for a program: one document.

use super::advice::fix;
use super::report::{Found, Report, Section, in_seconds};
use super::settings::Name;
use serde_json::{Value, json};

/// The report as it is printed by `--json`.
pub fn document(report: &Report) -> Value {
    let faults: Vec<&str> = report.faults().map(|found| found.fault.word()).collect();
    let sections: Vec<Value> = report.sections.iter().map(|section| self::section(section, report)).collect();
    json!({
        "url": report.url,
        "address": report.address,
        "proxy": report.hop.words(),
        "server": report.server,
        "faults": faults,
        "sections": sections,
    })
}

fn section(section: &Section, report: &Report) -> Value {
    let found = |found: &Found| json!({ "fault": found.fault.word(), "says": found.says, "fix": fix(found.fault, &report.hop) });
    json!({
        "section": Name::word(section.name),
        "ran": section.ran,
        "seconds": in_seconds(section.took),
        "verdict": section.verdict,
        "faults": section.faults.iter().map(found).collect::<Vec<_>>(),
        "notes": section.notes,
        "evidence": section.evidence,
        "facts": section.facts,
    })
}
