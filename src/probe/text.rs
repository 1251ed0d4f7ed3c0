//! A report for a person: section by section as they end, and a summary for a ticket.

mod columns;

use super::advice::fix;
use super::hop::Hop;
use super::report::{Report, Section};
use crate::wire::prose;
use anstyle::{AnsiColor, Style};

/// How wide the report is when nobody says how wide the terminal is.
pub const WIDTH: usize = 100;

/// The longest line of prose, however wide the terminal is: longer ones are hard to read.
const PROSE: usize = 100;

/// What stands before the lines of a section.
const INDENT: &str = "  ";

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// What is probed. Stands above everything.
pub fn title(report: &Report) -> String {
    let Report { url, address, hop, server, .. } = report;
    format!(
        "{BOLD}{url}{BOLD:#} at {address}\n{INDENT}{DIM}nearest hop:{DIM:#} {}\n{INDENT}{DIM}server:{DIM:#}      {server}\n",
        hop.words()
    )
}

/// One section: its verdict, what was seen, what is worth knowing, what is to be fixed and how.
pub fn section(section: &Section, hop: &Hop, width: usize) -> String {
    let (style, word) = mark(section);
    let name = section.name.word();
    let seconds = section.took.as_secs_f64();
    let mut text = format!("\n{BOLD}{name}{BOLD:#}  {style}{word}{style:#}  {DIM}{seconds:.1} s{DIM:#}\n");
    text.push_str(&wrapped(&section.verdict, "", INDENT, width));
    if !section.heads.is_empty() {
        text.push('\n');
        text.push_str(&columns::table(&section.heads, width));
        text.push('\n');
    }
    for line in &section.evidence {
        let (begin, rest) = row(line);
        match begin.is_empty() {
            true => text.push_str(&wrapped(line, "", INDENT, width)),
            false => text.push_str(&hanging(begin, rest, width)),
        }
    }
    for note in &section.notes {
        text.push_str(&wrapped(note, &format!("{DIM}note:{DIM:#} "), INDENT, width));
    }
    for (at, found) in section.faults.iter().enumerate() {
        // The cure is told once, below the last of its kind.
        let is_last = section.faults[at + 1..].iter().all(|later| later.fault != found.fault);
        if at == 0 || section.faults[at - 1].fault != found.fault {
            text.push('\n');
        }
        text.push_str(&wrapped(&found.says, &format!("{BAD}{}{BAD:#}: ", found.fault.word()), INDENT, width));
        if is_last {
            fix(found.fault, hop).iter().for_each(|line| text.push_str(&wrapped(line, "", "    ", width)));
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

/// The first column of a line of a table, with the blanks behind it, and the rest. Prose has no such column.
fn row(line: &str) -> (&str, &str) {
    let label = line.len() - line.trim_start().len();
    if label < 2 {
        return ("", line);
    }
    let column = line[label..].find("  ").map_or(label, |gap| label + gap);
    let blanks = line[column..].len() - line[column..].trim_start().len();
    line.split_at(column + blanks)
}

/// A line of a table, whose further lines begin where its second column does.
fn hanging(begin: &str, rest: &str, width: usize) -> String {
    let begin = format!("{INDENT}{begin}");
    prose::hanging(&begin, rest, prose::visible(&begin), width)
}

/// A line of prose behind what it begins with, wrapped, with its further lines indented a little more. A line of
/// a configuration, which begins with two blanks, stays as it is.
fn wrapped(line: &str, begin: &str, indent: &str, width: usize) -> String {
    if line.starts_with("  ") {
        return format!("{indent}{line}\n");
    }
    prose::hanging(&format!("{indent}{begin}"), line, INDENT.len() + indent.len(), width.min(PROSE))
}

/// What was found, to be put into a ticket: no colour, no table, every line true by itself.
pub fn summary(report: &Report, width: usize) -> String {
    let Report { url, address, hop, server, sections } = report;
    let mut text = format!("\n{BOLD}Summary, for a ticket{BOLD:#}\n\n");
    let probed = format!("ws101 {} probed {url} at {address}", env!("CARGO_PKG_VERSION"));
    text.push_str(&wrapped(&probed, "", INDENT, width));
    text.push_str(&wrapped(&format!("nearest hop: {}; server: {server}", hop.words()), "", INDENT, width));
    for section in sections {
        let begin = format!("{:<9}  {:<7}  ", section.name.word(), mark(section).1);
        match section.faults.as_slice() {
            [] => text.push_str(&wrapped(&section.verdict, &begin, INDENT, width)),
            faults => {
                for found in faults {
                    let says = format!("{}: {}", found.fault.word(), found.says);
                    text.push_str(&wrapped(&says, &begin, INDENT, width));
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::{Fault, Name};
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn report() -> Report {
        let mut handshake = Section::new(Name::Handshake);
        handshake.verdict = "no WebSocket was granted".to_owned();
        handshake.saw("the answer: HTTP/1.1 426 Upgrade Required");
        handshake.note("a note");
        handshake.fault(Fault::NoUpgrade, "the request arrived without Upgrade");
        let mut idle = Section::new(Name::Idle).not_run("no WebSocket was opened");
        idle.saw("  a  table   keeps its blanks");
        let (url, address) = ("ws://a/ws".to_owned(), "127.0.0.1:80".to_owned());
        let (hop, server) = (Hop::Nginx("nginx/1.22.1".to_owned()), "ws101 0.1.0".to_owned());
        Report { url, address, hop, server, sections: vec![handshake, idle] }
    }

    #[test]
    fn a_section_tells_its_fault_and_the_cure() {
        let report = report();
        let told = plain(&section(&report.sections[0], &report.hop, WIDTH));
        assert!(
            told.starts_with(
                "\nhandshake  to fix  0.0 s\n  no WebSocket was granted\n  the answer: HTTP/1.1 426 Upgrade Required\n  note: a note\n\n  \
                 no-upgrade: the request arrived without Upgrade\n"
            ),
            "{told}"
        );
        assert!(told.contains("\n      proxy_set_header Upgrade $http_upgrade;\n"), "{told}");
        let told = plain(&section(&report.sections[1], &report.hop, WIDTH));
        assert_eq!(told, "\nidle  not run  0.0 s\n  no WebSocket was opened\n    a  table   keeps its blanks\n");
    }

    #[test]
    fn the_summary_tells_each_fault_once() {
        assert_eq!(
            plain(&summary(&report(), WIDTH)),
            format!(
                "\nSummary, for a ticket\n\n  ws101 {} probed ws://a/ws at 127.0.0.1:80\n  nearest hop: nginx/1.22.1; server: \
                 ws101 0.1.0\n  handshake  to fix   no-upgrade: the request arrived without Upgrade\n  idle       not run  \
                 no WebSocket was opened\n",
                env!("CARGO_PKG_VERSION")
            )
        );
    }

    #[test]
    fn a_line_of_a_table_goes_on_in_its_second_column() {
        for (line, told) in [
            ("  label   short", "    label   short\n"),
            (
                "  label   Close 4001 an application's own, after 0.2 ms",
                "    label   Close 4001 an application's own, after\n            0.2 ms\n",
            ),
            ("       16 bytes: back after 0.041 s", "         16 bytes: back after 0.041 s\n"),
            ("  é", "    é\n"),
        ] {
            let (begin, rest) = row(line);
            assert_eq!(hanging(begin, rest, 50), told);
        }
        assert_eq!(row("prose with  blanks"), ("", "prose with  blanks"));
    }

    #[test]
    fn prose_is_wrapped_and_a_long_word_is_not_cut() {
        let long = format!("{} {}", "word ".repeat(30).trim_end(), "x".repeat(120));
        for line in plain(&wrapped(&long, "begin: ", INDENT, 60)).lines().filter(|line| !line.contains("xx")) {
            assert!(line.len() <= 60, "{line}");
        }
        assert_eq!(wrapped("a b", "", "", 0), "a b\n");
    }
}
