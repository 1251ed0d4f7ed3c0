//! The form of a chapter: what a reader finds in each of them, and what Markdown would show otherwise than it is meant.

use super::outline::{Kind, Section, of_kind, outline, sections, words};
use super::script::{Act, What, script};
use super::unrun::unlabelled;

/// How much prose a chapter has.
const WORDS: std::ops::RangeInclusive<usize> = 1200..=2500;

/// How the charts begin that readers of the walkthrough know.
const CHARTS: [&str; 3] = ["sequenceDiagram", "flowchart", "stateDiagram-v2"];

/// What is wrong with any page of the walkthrough.
pub fn page_faults(page: &str) -> Vec<String> {
    let (acts, mut faults) = script(page);
    faults.extend(outline(page).iter().enumerate().filter_map(|(at, (kind, line))| {
        let text = line.trim_start();
        let is_stray = *kind != Kind::Fenced && (text.starts_with("```") || text.starts_with("~~~"));
        is_stray.then(|| format!("line {}: a fence that is not at the line's begin is run by nobody", at + 1))
    }));
    if outline(page).iter().filter(|(kind, line)| *kind == Kind::Fenced && line.starts_with("```")).count() % 2 != 0 {
        faults.push("a fence has no end".to_owned());
    }
    faults.extend(details_faults(page));
    faults.extend(acts.iter().filter_map(act_fault));
    faults.extend(acts.iter().filter_map(|act| unlinked(page, act)));
    faults.extend(acts.iter().filter_map(|act| unlabelled(page, act)));
    faults.extend((0..acts.len()).filter_map(|at| counts_a_version(&acts, at)));
    faults
}

/// Where the last chapter leads: to what a reader does then.
const AFTER_THE_LAST: [&str; 2] = ["exercises/README.md", "../src/lib.rs"];

/// What is wrong with a chapter beyond that. The last one has no `next`.
pub fn chapter_faults(page: &str, next: Option<&str>) -> Vec<String> {
    let sections = sections(page);
    let (acts, _) = script(page);
    let mut faults = Vec::new();
    let mut hold = |holds: bool, fault: &str| faults.extend((!holds).then(|| fault.to_owned()));
    let count = words(page);
    hold(WORDS.contains(&count), &format!("{count} words of prose"));
    hold(first_paragraph(page).contains('?'), "the first paragraph asks nothing");
    hold(acts.iter().any(|act| matches!(act.what, What::Picture { .. })), "no picture");
    hold(acts.iter().any(|act| matches!(act.what, What::Listing { .. })), "no listing");
    // Exercises have answers to unfold as well.
    let before = page.split("\n## Exercises").next().unwrap_or_default();
    hold(before.contains("\n<details>\n<summary>"), "nothing to predict: no <details> with a <summary>");
    hold(sections.iter().any(|section| section.title == "What to remember"), "nothing to remember");
    let last = sections.iter().rfind(|section| section.level == 2);
    hold(last.is_some_and(|last| last.title == "Next"), "the last section is not Next");
    let leads = |next: &str| last.is_some_and(|last| text(last).contains(&format!("]({next})")));
    match next {
        Some(next) => hold(leads(next), "Next has no link to the next chapter"),
        None => {
            hold(AFTER_THE_LAST.into_iter().all(leads), "the last Next has no link to the exercises and the source")
        }
    }
    faults.extend(exercise_faults(&sections));
    faults
}

/// What is wrong with a page that is one exercise: before anything else it says what its reader wants to know, in this order.
pub fn lab_faults(page: &str, name: &str) -> Vec<String> {
    let lines = page.lines().skip(1);
    let told: Vec<&str> =
        lines.take_while(|line| !line.starts_with('#')).filter(|line| line.starts_with("- ")).collect();
    let wanted = ["- After: ", "- Time: ", "- Needs: ", "- Hand in: ", "- Answers: "];
    let is_told = told.len() == wanted.len() && wanted.iter().zip(&told).all(|(begin, line)| line.starts_with(begin));
    let mut faults = Vec::new();
    let mut hold = |holds: bool, fault: &str| faults.extend((!holds).then(|| fault.to_owned()));
    hold(is_told, "it does not begin with what it comes after, its time, what it needs, what to hand in, the answers");
    let leads = told.last().is_some_and(|line| line.contains(&format!("](../../docs/answers/{name})")));
    hold(leads, "no link to its answers");
    hold(page.contains("\n<details>\n<summary>"), "no hint: no <details> with a <summary>");
    faults
}

fn exercise_faults(sections: &[Section]) -> Vec<String> {
    let Some(at) = sections.iter().position(|section| section.title == "Exercises") else {
        return vec!["no exercises".to_owned()];
    };
    let exercises: Vec<&Section> = sections[at + 1..].iter().take_while(|section| section.level > 2).collect();
    let mut faults = Vec::new();
    if !(2..=3).contains(&exercises.len()) {
        faults.push(format!("{} exercises", exercises.len()));
    }
    let unanswered = exercises.iter().filter(|section| !of_kind(&section.body, Kind::Hidden).contains(&"<details>"));
    faults.extend(unanswered.map(|section| format!("the exercise {:?} has no answer", section.title)));
    faults
}

/// Whether what is to be unfolded is shown as Markdown, and has an end.
fn details_faults(page: &str) -> Vec<String> {
    let lines = outline(page);
    let mut faults = Vec::new();
    let mut open = false;
    for (at, (kind, line)) in lines.iter().enumerate().filter(|(_, (kind, _))| *kind != Kind::Fenced) {
        let next = |further: usize| lines.get(at + further).map_or("", |(_, line)| *line);
        let fault = match line.trim() {
            "<details>" if open => Some("<details> in <details>"),
            "<details>" if !next(1).starts_with("<summary>") || !next(1).ends_with("</summary>") => {
                Some("<details> without a <summary> of one line")
            }
            "<details>" if !next(2).is_empty() => Some("no empty line after the <summary>: it would be shown raw"),
            "</details>" if !open => Some("</details> without its begin"),
            line if *kind == Kind::Prose && line.contains("details>") => Some("<details> not on a line of its own"),
            _ => None,
        };
        match line.trim() {
            "<details>" => open = true,
            "</details>" => open = false,
            _ => {}
        }
        faults.extend(fault.map(|fault| format!("line {}: {fault}", at + 1)));
    }
    if open {
        faults.push("<details> has no end".to_owned());
    }
    faults
}

/// What can be told of a fence without running it.
fn act_fault(act: &Act) -> Option<String> {
    let What::Picture { kind, lines } = &act.what else { return None };
    let first = lines.first().map(String::as_str).unwrap_or_default();
    let is_log = |line: &String| line.split_whitespace().nth(1).is_some_and(|who| who.starts_with("ws-"));
    let is_output = kind == "text" && lines.iter().any(|line| line.starts_with("$ ") || is_log(line));
    let is_unknown = kind == "mermaid" && !CHARTS.iter().any(|chart| first.starts_with(chart));
    let what = if is_output { "a picture that looks like a transcript" } else { "an unknown kind of chart" };
    (is_output || is_unknown).then(|| format!("line {}: {what}", act.at))
}

/// A log that counts the bytes of a request which names curl's version: they are not as many with each curl.
fn counts_a_version(acts: &[Act], at: usize) -> Option<String> {
    let What::Log { lines, .. } = &acts[at].what else { return None };
    let is_figure = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit() && first != '0');
    let is_counted = lines.iter().any(|line| line.split_once("bytes: ").is_some_and(|(_, rest)| is_figure(rest)));
    let commands = acts[..at].iter().rev().find_map(|act| match &act.what {
        What::Console(steps) | What::Folded(steps) => Some(steps.iter().map(|step| step.command.as_str()).collect()),
        What::Window { step, .. } => Some(vec![step.command.as_str()]),
        _ => None,
    });
    let commands: Vec<&str> = commands.unwrap_or_default();
    let mut parts = commands.iter().flat_map(|command| command.split(['|', ';', '&', '(', ')']));
    let is_varying = parts.any(|part| {
        let words: Vec<&str> = part.split_whitespace().collect();
        words.contains(&"curl") && !words.contains(&"-A")
    });
    (is_counted && is_varying)
        .then(|| format!("line {}: bytes that depend on curl's version: `-A me`, or [..]", acts[at].at))
}

/// A listing in whose section nothing leads to its file.
fn unlinked(page: &str, act: &Act) -> Option<String> {
    let What::Listing { file, .. } = &act.what else { return None };
    let found = sections(page);
    let section = found.iter().rfind(|section| section.at < act.at)?;
    let is_linked = text(section).contains(&format!("../{file})"));
    (!is_linked).then(|| format!("line {}: no link to {file} beside its listing", act.at))
}

fn text(section: &Section) -> String {
    of_kind(&section.body, Kind::Prose).join("\n")
}

/// What stands between the heading and the first empty line after it.
fn first_paragraph(page: &str) -> String {
    let lines = outline(page);
    let prose = lines.iter().skip(1).skip_while(|(_, line)| line.is_empty());
    let paragraph = prose.take_while(|(kind, line)| *kind == Kind::Prose && !line.is_empty());
    paragraph.map(|(_, line)| *line).collect::<Vec<_>>().join(" ")
}
