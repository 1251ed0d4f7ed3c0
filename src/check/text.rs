//! A report for a person: a line a stage as it ends, and then what a tutor would say: where to begin, what was sent, what
//! came, what should have come, and what in the server does that.

mod again;
mod story;

pub use again::Call;

use super::case::Failure;
use super::choose::chosen;
use super::note::Note;
use super::report::{Counts, Outcome, Report, StageReport, Status};
use crate::wire::prose::{folded, hanging};
use anstyle::{AnsiColor, Style};

/// How wide the report is when nobody says how wide the terminal is.
pub const WIDTH: usize = 100;

/// The longest line of prose, however wide the terminal is: longer ones are hard to read.
const PROSE: usize = 100;

/// So many failures of later stages are told. Who begins with the first has no use for more.
const FOLLOWING: usize = 12;

/// So many failures are told in full. Whoever mends these runs it again.
const IN_FULL: usize = 4;

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// Who tells it, and to whom.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    /// How the run was called, to call it again for one case.
    pub call: &'a Call,
    /// How many columns there are.
    pub width: usize,
}

impl Telling<'_> {
    /// What is checked. Stands above everything.
    pub fn title(&self) -> String {
        let Call { server, settings, .. } = self.call;
        let (profile, seed) = (settings.profile.word(), settings.seed);
        format!("{BOLD}{server}{BOLD:#}  {DIM}profile {profile}, seed {seed}{DIM:#}\n\n")
    }

    /// A stage that is over.
    pub fn stage(&self, stage: &StageReport) -> String {
        let counts = stage.counts();
        let (style, words) = verdict(&counts);
        let mut more = Vec::new();
        if counts.not_met > 0 {
            more.push(format!("{} SHOULD not met", counts.not_met));
        }
        if counts.skipped > 0 && counts.skipped < counts.cases() {
            more.push(format!("{} skipped", counts.skipped));
        }
        if counts.notes > 0 {
            more.push(if counts.notes == 1 { "1 note".to_owned() } else { format!("{} notes", counts.notes) });
        }
        let more = if more.is_empty() { String::new() } else { format!("  {DIM}{}{DIM:#}", more.join(", ")) };
        format!("{:>4}  {:<9} {style}{words}{style:#}{more}\n", stage.stage.number, stage.stage.name)
    }

    /// What was found. Stands below the stages, and its last line is the verdict.
    pub fn ending(&self, report: &Report) -> String {
        let parts = [
            self.finding(report),
            self.following(report),
            self.not_met(report),
            self.notes(report),
            self.skipped(report),
            self.totals(report),
        ];
        parts.concat()
    }

    /// The first failing stage: its failures in full, but those whose cause has been told.
    fn finding(&self, report: &Report) -> String {
        let Some(stage) = report.first_failing_stage() else { return String::new() };
        let (number, name, goal) = (stage.stage.number, stage.stage.name, stage.stage.goal);
        let begin = format!("\n{BOLD}Begin here: stage {number}, {name}.{BOLD:#} ");
        let mut text = hanging(&begin, &format!("A server that has passed it {goal}."), 0, self.prose());
        let mut causes: Vec<&str> = Vec::new();
        let mut in_full = 0;
        for (outcome, failure) in failed(&stage.outcomes) {
            let cause = failure.cause.as_deref();
            let is_new = cause.is_none_or(|cause| !causes.contains(&cause));
            if is_new && in_full < IN_FULL {
                in_full += 1;
                text.push_str(&self.failure(outcome, failure));
            } else {
                text.push_str(&self.short(outcome, failure));
            }
            causes.extend(cause);
        }
        text
    }

    /// A failure as a tutor tells it.
    pub fn failure(&self, outcome: &Outcome, failure: &Failure) -> String {
        let mut text = format!("\n{}", self.heading(outcome, BAD));
        text.push_str(&hanging("  ", outcome.case.requirement, 2, self.prose()));
        text.push_str(&self.field("sends:", outcome.case.sends));
        text.push_str(&story::told(&outcome.record, self.width));
        text.push_str(&self.field("expected:", &failure.expected));
        text.push_str(&self.field("came:", &failure.came));
        text.push_str(&self.printed(&outcome.printed));
        if let Some(cause) = &failure.cause {
            text.push_str(&self.field("likely:", cause));
        }
        text.push_str(&format!("  {DIM}{:<10}{DIM:#}{}\n", "alone:", self.call.alone(outcome.case.address)));
        text
    }

    /// One whose cause has been told already.
    fn short(&self, outcome: &Outcome, failure: &Failure) -> String {
        let mut text = format!("\n{}", self.heading(outcome, BAD));
        text.push_str(&hanging("  ", outcome.case.requirement, 2, self.prose()));
        text.push_str(&self.field("expected:", &failure.expected));
        text.push_str(&self.field("came:", &failure.came));
        text
    }

    fn heading(&self, outcome: &Outcome, style: Style) -> String {
        let (case, level) = (outcome.case, outcome.case.level.word());
        format!("{style}{}{style:#}  {BOLD}{level}{BOLD:#}  {}\n", case.address, case.section())
    }

    /// A name, and what stands for it.
    fn field(&self, name: &str, words: &str) -> String {
        hanging(&format!("  {DIM}{name:<10}{DIM:#}"), words, 12, self.prose())
    }

    /// What the program said, line by line as it did.
    fn printed(&self, lines: &[String]) -> String {
        if lines.is_empty() {
            return String::new();
        }
        let many = self.call.settings.jobs > 1;
        let whose = if many { " (or in another case that ran beside it)" } else { "" };
        let begin = format!("  {DIM}it printed{whose}:{DIM:#}\n");
        lines.iter().fold(begin, |told, line| told + &folded(&format!("    {line}"), 6, self.width))
    }

    /// The failures of later stages, a line each, up to a dozen.
    fn following(&self, report: &Report) -> String {
        let later: Vec<(&Outcome, &str)> =
            report.outcomes().filter_map(|outcome| Some((outcome, outcome.follows?))).collect();
        let Some((_, first)) = later.first() else { return String::new() };
        let mut text = format!("\n{BOLD}Later stages.{BOLD:#} May follow from {first}, so mend that first:\n");
        // One line more takes no more room than saying that there is one.
        let shown = if later.len() <= FOLLOWING + 1 { later.len() } else { FOLLOWING };
        later[..shown].iter().for_each(|(outcome, _)| text.push_str(&self.line(outcome, outcome.case.requirement)));
        if shown < later.len() {
            text.push_str(&format!("  and {} more: --json has all of them\n", later.len() - shown));
        }
        text
    }

    /// A case in a line or two.
    fn line(&self, outcome: &Outcome, words: &str) -> String {
        let address = outcome.case.address;
        hanging(&format!("  {address:<14}  "), words, 18.max(address.len() + 4), self.prose())
    }

    /// What is only a SHOULD.
    fn not_met(&self, report: &Report) -> String {
        let mut text = String::new();
        for outcome in sound(report) {
            let Status::NotMet(failure) = &outcome.status else { continue };
            let section = outcome.case.section();
            text.push_str(
                &self.line(outcome, &format!("{} ({section}) Came: {}", outcome.case.requirement, failure.came)),
            );
        }
        titled("SHOULD, and is not met.", "It counts with --profile strict:", &text)
    }

    /// What is legal and unusual, once, with where it was seen.
    fn notes(&self, report: &Report) -> String {
        let mut seen: Vec<(Note, Vec<&str>)> = Vec::new();
        for (outcome, note) in sound(report).flat_map(|outcome| outcome.notes.iter().map(move |note| (outcome, note))) {
            match seen.iter_mut().find(|(same, _)| same.words == note.words) {
                Some((same, at)) => {
                    same.add(note);
                    at.push(outcome.case.address);
                }
                None => seen.push((note.clone(), vec![outcome.case.address])),
            }
        }
        let line = |(note, at): &(Note, Vec<&str>)| hanging("  ", &format!("{note} [{}]", places(at)), 4, self.prose());
        let text: String = seen.iter().map(line).collect();
        titled("Notes.", "Legal, and not what a client may expect:", &text)
    }

    /// Why cases were not run, a line a stage and reason.
    fn skipped(&self, report: &Report) -> String {
        let (mut text, whole) = (String::new(), self.whole(report));
        for stage in report.stages.iter().filter(|stage| whole_reason(stage).is_none()) {
            let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
            for outcome in &stage.outcomes {
                let Status::Skipped(why) = &outcome.status else { continue };
                match reasons.iter_mut().find(|(words, _)| words == why) {
                    Some((_, at)) => at.push(outcome.case.address),
                    None => reasons.push((why, vec![outcome.case.address])),
                }
            }
            for (why, at) in reasons {
                let begin = format!("  stage {}, {}: ", stage.stage.number, stage.stage.name);
                text.push_str(&hanging(&begin, &format!("{why} [{}]", places(&at)), 4, self.prose()));
            }
        }
        titled("Skipped.", "", &format!("{text}{whole}{}", self.left_out(report)))
    }

    /// The stages of which no case was run, all for one reason: a line a reason.
    fn whole(&self, report: &Report) -> String {
        let mut reasons: Vec<(&str, Vec<u8>)> = Vec::new();
        for (stage, why) in report.stages.iter().filter_map(|stage| Some((stage.stage, whole_reason(stage)?))) {
            match reasons.iter_mut().find(|(words, _)| *words == why) {
                Some((_, stages)) => stages.push(stage.number),
                None => reasons.push((why, vec![stage.number])),
            }
        }
        let line = |(why, stages): &(&str, Vec<u8>)| {
            hanging("  ", &format!("all of {}: {why}", numbered(stages)), 4, self.prose())
        };
        reasons.iter().map(line).collect()
    }

    /// The stages that were not even begun.
    fn left_out(&self, report: &Report) -> String {
        let all = chosen(&report.settings);
        let numbers: Vec<u8> = all.iter().skip(report.stages.len()).map(|(stage, _)| stage.number).collect();
        match numbers.as_slice() {
            [] => String::new(),
            numbers => format!("  left out by --stop-at-first-stage: {}\n", numbered(numbers)),
        }
    }

    /// The numbers, and the verdict.
    fn totals(&self, report: &Report) -> String {
        let counts = report.counts();
        let numbers = [
            (counts.passed, "passed"),
            (counts.failed, "failed"),
            (counts.not_met, "SHOULD not met"),
            (counts.skipped, "skipped"),
        ];
        let numbers = numbers.iter().filter(|(many, word)| *many > 0 || *word == "passed");
        let numbers: Vec<String> = numbers.map(|(many, word)| format!("{many} {word}")).collect();
        let seconds = report.took.as_secs_f64();
        let cases = if counts.cases() == 1 { "1 case".to_owned() } else { format!("{} cases", counts.cases()) };
        let verdict = match report.first_failing_stage() {
            Some(stage) => format!(
                "{BAD}failed{BAD:#}: the first failing stage is {}, {}: begin there",
                stage.stage.number, stage.stage.name
            ),
            None if counts.passed == 0 => format!("{WARN}nothing was seen{WARN:#}: every case was skipped"),
            None => format!("{GOOD}passed{GOOD:#}"),
        };
        format!("\n{cases} in {seconds:.1} s: {}\n{verdict}\n", numbers.join(", "))
    }

    fn prose(&self) -> usize {
        self.width.min(PROSE)
    }
}

/// The outcomes up to the first failing stage. What is behind may be its consequence, also where it is no failure.
fn sound(report: &Report) -> impl Iterator<Item = &Outcome> {
    let first = report.first_failing_stage().map_or(u8::MAX, |stage| stage.stage.number);
    report.stages.iter().filter(move |stage| stage.stage.number <= first).flat_map(|stage| &stage.outcomes)
}

/// The outcomes that have failed.
fn failed(outcomes: &[Outcome]) -> impl Iterator<Item = (&Outcome, &Failure)> {
    outcomes.iter().filter_map(|outcome| match &outcome.status {
        Status::Failed(failure) => Some((outcome, failure)),
        _ => None,
    })
}

/// A stage in a few words.
fn verdict(counts: &Counts) -> (Style, String) {
    let all = counts.cases();
    match counts {
        Counts { failed: 1.., .. } => (BAD, format!("{} of {all}, {} failed", counts.passed, counts.failed)),
        Counts { passed: 0, skipped, .. } if *skipped == all => (DIM, "skipped".to_owned()),
        _ => (GOOD, format!("{} of {all}", counts.passed)),
    }
}

fn titled(title: &str, words: &str, text: &str) -> String {
    let gap = if words.is_empty() { "" } else { " " };
    if text.is_empty() { String::new() } else { format!("\n{BOLD}{title}{BOLD:#}{gap}{words}\n{text}") }
}

/// Stages by their numbers: those that stand in a row by the first and the last.
fn numbered(stages: &[u8]) -> String {
    match stages {
        [only] => format!("stage {only}"),
        [first, .., last] if usize::from(last - first) == stages.len() - 1 => format!("stages {first} to {last}"),
        _ => format!("stages {}", stages.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// Why no case of a stage was run, where all have the same reason.
fn whole_reason(stage: &StageReport) -> Option<&str> {
    let mut reasons = stage.outcomes.iter().map(|outcome| match &outcome.status {
        Status::Skipped(why) => Some(why.as_str()),
        _ => None,
    });
    let first = reasons.next()??;
    reasons.all(|why| why == Some(first)).then_some(first)
}

/// The first few of these addresses.
fn places(at: &[&str]) -> String {
    const MOST: usize = 4;
    match at.len() {
        0..=MOST => at.join(", "),
        all => format!("{} and {} more", at[..MOST - 1].join(", "), all - (MOST - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::case::{Case, Level};
    use crate::check::record::{Passed, Record, Way};
    use crate::check::stages::{STAGES, Stage};
    use crate::check::{Profile, Settings};
    use crate::client::Url;
    use crate::protocol::header::Header;
    use crate::protocol::opcode::Opcode;
    use std::time::Duration;

    const fn case(address: &'static str, level: Level) -> Case {
        Case { address, level, requirement: "It is so.", sends: "this", expects: "that", run: |_| Ok(()) }
    }

    static CASES: [Case; 4] = [
        case("ws/5.3/901", Level::Must),
        case("ws/5.3/902", Level::Must),
        case("ws/5.3/903", Level::Should),
        case("ws/5.3/904", Level::Must),
    ];

    fn outcome(case: &'static Case, status: Status) -> Outcome {
        let (notes, record) = (vec![Note::new("unusual")], Record::default());
        Outcome { case, status, follows: None, notes, record, printed: Vec::new(), took: Duration::ZERO }
    }

    fn failure() -> Failure {
        Failure::new("this", "that").because("the cause")
    }

    fn stage(stage: &'static Stage, statuses: [Status; 4], follows: Option<&'static str>) -> StageReport {
        let outcomes = CASES.iter().zip(statuses).map(|(case, status)| {
            let outcome = outcome(case, status);
            Outcome { follows: follows.filter(|_| outcome.is_failed()), ..outcome }
        });
        StageReport { stage, outcomes: outcomes.collect(), took: Duration::ZERO }
    }

    fn settings() -> Settings {
        let settings = Settings::new(Url::parse("ws://localhost:9001/").expect("a URL"));
        Settings { stages: vec![6, 7, 8], profile: Profile::Full, stop_at_first_stage: true, ..settings }
    }

    fn told(stages: Vec<StageReport>, width: usize) -> String {
        let report = Report { settings: settings(), stages, took: Duration::ZERO };
        let telling = Telling { call: &Call::new(&report.settings), width };
        let stages: String = report.stages.iter().map(|stage| telling.stage(stage)).collect();
        anstream::adapter::strip_str(&format!("{stages}{}", telling.ending(&report))).to_string()
    }

    #[test]
    fn a_cause_is_told_once_and_what_follows_in_a_line() {
        let skipped = || Status::Skipped("no time".to_owned());
        let first = [Status::Failed(failure()), Status::Failed(failure()), Status::NotMet(failure()), skipped()];
        let later = [Status::Passed, Status::Failed(failure()), Status::NotMet(failure()), Status::Passed];
        let stages = vec![stage(&STAGES[5], first, None), stage(&STAGES[6], later, Some("ws/5.3/901"))];
        assert_eq!(
            told(stages, 100),
            "   6  unmask    0 of 4, 2 failed  1 SHOULD not met, 1 skipped, 4 notes\n   \
             7  length    2 of 4, 1 failed  1 SHOULD not met, 4 notes\n\n\
             Begin here: stage 6, unmask. A server that has passed it unmasks what comes, and sends it back.\n\n\
             ws/5.3/901  MUST  RFC 6455 s5.3\n  It is so.\n  sends:    this\n  expected: this\n  came:     that\n  \
             likely:   the cause\n  alone:    ws101 check --only ws/5.3/901 ws://localhost:9001/\n\n\
             ws/5.3/902  MUST  RFC 6455 s5.3\n  It is so.\n  expected: this\n  came:     that\n\n\
             Later stages. May follow from ws/5.3/901, so mend that first:\n  ws/5.3/902      It is so.\n\n\
             SHOULD, and is not met. It counts with --profile strict:\n  \
             ws/5.3/903      It is so. (RFC 6455 s5.3) Came: that\n\n\
             Notes. Legal, and not what a client may expect:\n  \
             unusual [ws/5.3/901, ws/5.3/902, ws/5.3/903, ws/5.3/904]\n\n\
             Skipped.\n  stage 6, unmask: no time [ws/5.3/904]\n  left out by --stop-at-first-stage: stage 8\n\n\
             8 cases in 0.0 s: 2 passed, 3 failed, 2 SHOULD not met, 1 skipped\n\
             failed: the first failing stage is 6, unmask: begin there\n"
        );
    }

    #[test]
    fn nothing_seen_is_not_called_passed() {
        let skipped = || Status::Skipped("no time".to_owned());
        let text = told(vec![stage(&STAGES[5], [skipped(), skipped(), skipped(), skipped()], None)], 100);
        assert!(
            text.starts_with("   6  unmask    skipped\n") || text.starts_with("   6  unmask    skipped  4 notes\n")
        );
        assert!(text.ends_with("nothing was seen: every case was skipped\n"), "{text}");
    }

    #[test]
    fn a_long_story_of_several_connections_is_short_and_safe() {
        let mut record = Record::default();
        let head = b"HTTP/1.1 400 \x1b[2J\r\nSet-Cookie: secret\r\n\r\n".to_vec();
        record.push(1, Way::Came, Passed::Head(head));
        for _ in 0..100 {
            let ping = Header::new(Opcode::Ping, 3);
            record.push(2, Way::Sent, Passed::Frame(ping, b"\x1b[2J"[..3].to_vec()));
        }
        record.push(2, Way::Came, Passed::Bytes(vec![0x1b; 100], 3000));
        record.push(2, Way::Came, Passed::Reset("Connection reset \u{1b}[2J".to_owned()));
        record.push(2, Way::Came, Passed::Silence(Duration::from_millis(1960)));
        let text = story::told(&record, 80);
        assert!(text.lines().count() < 70 && !text.contains('\u{1b}'), "{text}");
        for part in [
            "    [1] < HTTP/1.1 400 \\u{1b}[2J  ...\n",
            "= 88 more, which are left out here\n",
            "    [2] < 3000 bytes\n          0000  1b 1b",
            "... 2952 more\n    [2] < reset: Connection reset \\u{1b}[2J\n    [2] = nothing came for 2.0 s\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}
