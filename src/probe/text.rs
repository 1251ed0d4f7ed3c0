//! A report for a person: section by section as they end, and a summary for a ticket.

use super::advice::fix;
use super::hop::Hop;
use super::report::{Report, Section};
use anstyle::{AnsiColor, Style};

/// The longest line of prose.
const WIDTH: usize = 96;

/// What stands before the lines of a section.
const INDENT: &str = "  ";

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// What is probed. Stands above everything.
pub fn title(report: &Report) -> String {
    format!(
        "{BOLD}{}{BOLD:#} at {}\n  nearest hop: {}\n  server: {}\n",
        report.url,
        report.address,
        report.hop.words(),
        report.server
    )
}

/// One section: its verdict, what was seen, what is worth knowing, what is to be fixed and how.
pub fn section(section: &Section, hop: &Hop) -> String {
    let (style, word) = mark(section);
    let mut text = format!(
        "\n{BOLD}{}{BOLD:#}  {style}{word}{style:#}: {}  {DIM}({:.1} s){DIM:#}\n",
        section.name.word(),
        section.verdict,
        section.took.as_secs_f64()
    );
    section.evidence.iter().for_each(|line| text.push_str(&lines(line)));
    section.notes.iter().for_each(|note| text.push_str(&lines(&format!("note: {note}"))));
    for found in &section.faults {
        text.push_str(&format!("{INDENT}{BAD}{}{BAD:#}: {}\n", found.fault.word(), found.says));
        for line in fix(found.fault, hop) {
            text.push_str(&lines(&line));
        }
    }
    text
}

fn mark(section: &Section) -> (Style, &'static str) {
    match (section.ran, section.faults.is_empty()) {
        (_, false) => (BAD, "to fix"),
        (true, true) => (GOOD, "well"),
        (false, true) => (DIM, "not run"),
    }
}

/// One line of prose wrapped, or one of a table as it is.
fn lines(line: &str) -> String {
    if line.starts_with("  ") {
        return format!("{INDENT}{line}\n");
    }
    let mut text = String::new();
    let mut len = 0;
    for word in line.split(' ') {
        let needed = word.chars().count();
        if len > 0 && len + 1 + needed > WIDTH {
            text.push_str(&format!("\n{INDENT}  "));
            len = 2;
        } else if len > 0 {
            text.push(' ');
            len += 1;
        } else {
            text.push_str(INDENT);
        }
        text.push_str(word);
        len += needed;
    }
    text.push('\n');
    text
}

/// What was found, to be put into a ticket: no colour, no table, every line true by itself.
pub fn summary(report: &Report) -> String {
    let mut text = format!(
        "\nSummary, for a ticket\n\n  ws101 {} probed {} at {}; nearest hop: {}; server: {}.\n",
        env!("CARGO_PKG_VERSION"),
        report.url,
        report.address,
        report.hop.words(),
        report.server
    );
    for section in &report.sections {
        text.push_str(&format!("  {:<9}  {}: {}.\n", section.name.word(), mark(section).1, section.verdict));
        for found in &section.faults {
            text.push_str(&format!("  {:<9}    {}: {}.\n", "", found.fault.word(), found.says));
        }
    }
    text
}
