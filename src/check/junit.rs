//! A report as JUnit's XML, which CI systems read: a suite a stage, a test a case.

use super::note::Note;
use super::report::{Outcome, Report, StageReport, Status};
use super::text::Telling;
use std::time::Duration;

/// The report. A failure's text is what the text report says of it.
pub fn document(report: &Report, telling: &Telling<'_>) -> String {
    let counts = report.counts();
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let name = escaped(&format!("ws101 check {}", telling.call.server));
    let (tests, failures, skipped, time) = (counts.cases(), counts.failed, counts.skipped, seconds(report.took));
    xml.push_str(&format!(
        "<testsuites name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" \
         time=\"{time}\">\n"
    ));
    report.stages.iter().for_each(|stage| xml.push_str(&suite(stage, telling)));
    xml.push_str("</testsuites>\n");
    xml
}

/// Nothing could be checked: one error, and why.
pub fn of_nothing(server: &str, why: &str) -> String {
    let (name, first) = (escaped(&format!("ws101 check {server}")), escaped(why.lines().next().unwrap_or_default()));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"{name}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n  \
         <testsuite name=\"00 start\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n    \
         <testcase classname=\"start\" name=\"There is a server to check.\">\n      \
         <error message=\"{first}\">{}</error>\n    </testcase>\n  </testsuite>\n</testsuites>\n",
        escaped_text(why)
    )
}

fn suite(stage: &StageReport, telling: &Telling<'_>) -> String {
    let (counts, time) = (stage.counts(), seconds(stage.took));
    let (number, name) = (stage.stage.number, stage.stage.name);
    let cases: String = stage.outcomes.iter().map(|outcome| case(stage.stage.name, outcome, telling)).collect();
    format!(
        "  <testsuite name=\"{number:02} {name}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" \
         time=\"{time}\">\n{cases}  </testsuite>\n",
        counts.cases(),
        counts.failed,
        counts.skipped
    )
}

fn case(stage: &str, outcome: &Outcome, telling: &Telling<'_>) -> String {
    let name = escaped(&format!("{} {}", outcome.case.address, outcome.case.requirement));
    let time = seconds(outcome.took);
    format!(
        "    <testcase classname=\"{stage}\" name=\"{name}\" time=\"{time}\">\n{}    </testcase>\n",
        inside(outcome, telling)
    )
}

fn inside(outcome: &Outcome, telling: &Telling<'_>) -> String {
    let mut said: Vec<String> = outcome.notes.iter().map(Note::to_string).collect();
    let mut xml = match &outcome.status {
        Status::Passed => String::new(),
        Status::Skipped(why) => format!("      <skipped message=\"{}\"/>\n", escaped(why)),
        Status::Failed(failure) => {
            let follows = outcome.follows.map(|first| format!("may follow from {first}\n")).unwrap_or_default();
            let told = telling.failure(outcome, failure);
            let text = escaped_text(&format!("{follows}{}", anstream::adapter::strip_str(&told)));
            let (came, level) = (escaped(&failure.came), outcome.case.level.word());
            format!("      <failure message=\"came: {came}\" type=\"{level}\">{text}</failure>\n")
        }
        Status::NotMet(failure) => {
            said.push(format!("a SHOULD that is not met: expected {}; came: {}", failure.expected, failure.came));
            String::new()
        }
    };
    if !said.is_empty() {
        xml.push_str(&format!("      <system-out>{}</system-out>\n", escaped_text(&said.join("\n"))));
    }
    xml
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// Text between tags. What XML can't hold at all (section 2.2 of XML 1.0), written in whatever way, becomes U+FFFD.
fn escaped_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            // Only needed behind `]]`.
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => shown.push(character),
            _ => shown.push('\u{fffd}'),
        }
    }
    shown
}

/// The value of an attribute: a line break in it would be read as a blank (section 3.3.3).
fn escaped(text: &str) -> String {
    escaped_text(text).replace('\n', "&#10;").replace('\t', "&#9;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> (String, String) {
        let xml = format!("<a b=\"{}\">{}</a>", escaped(text), escaped_text(text));
        let document = roxmltree::Document::parse(&xml).expect(&xml);
        let root = document.root_element();
        (root.attribute("b").unwrap_or_default().to_owned(), root.text().unwrap_or_default().to_owned())
    }

    #[test]
    fn what_xml_cannot_hold_is_replaced_and_the_rest_is_read_as_it_was() {
        let text = "<a> & \"b\" 'c' ]]> é \u{1f600}\ta\nb";
        assert_eq!(read(text), (text.to_owned(), text.to_owned()));
        let replaced = "\u{fffd}[2J\u{fffd}\u{fffd}";
        assert_eq!(read("\u{1b}[2J\0\u{ffff}"), (replaced.to_owned(), replaced.to_owned()));
    }

    proptest! {
        #[test]
        fn whatever_is_said_is_valid_xml(text in any::<String>()) {
            let (attribute, inner) = read(&text);
            prop_assert_eq!(attribute.chars().count(), text.chars().count());
            prop_assert_eq!(inner.chars().count(), text.chars().count());
        }
    }
}
