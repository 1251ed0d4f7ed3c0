//! What stands around the chapters: the summary, the glossary, what is put right, and the RFCs that are cited.

use super::outline::{Kind, of_kind, outline};
use crate::links::is_left_out;
use crate::rfc::{self, Citation};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What is wrong with the summary, given all pages with their texts.
pub fn summary_faults(summary: &str, pages: &BTreeMap<String, String>) -> Vec<String> {
    let entries: Vec<(&str, &str)> = summary.lines().filter_map(entry).collect();
    let named: Vec<&str> = entries.iter().map(|(_, file)| *file).collect();
    let mut faults = Vec::new();
    for file in pages.keys().filter(|file| named.iter().filter(|name| *name == file).count() != 1) {
        faults.push(format!("{file} is not named once"));
    }
    for (title, file) in &entries {
        let heading = pages.get(*file).and_then(|text| text.lines().next());
        match heading {
            None if is_left_out(&Path::new("walkthrough").join(file)) => {}
            None => faults.push(format!("there is no {file}")),
            Some(heading) if heading != format!("# {title}") => faults.push(format!("{file} is called {heading:?}")),
            Some(_) => {}
        }
    }
    let numbered: Vec<&&str> =
        named.iter().filter(|file| file.starts_with(|first: char| first.is_ascii_digit())).collect();
    if !numbered.is_sorted()
        || numbered.iter().zip(0..).any(|(file, number)| !file.starts_with(&format!("{number:02}-")))
    {
        faults.push(format!("not in the order of their numbers: {numbered:?}"));
    }
    faults
}

/// `- [Frames](08-frames.md)`, the same without the dash, or further in, below another.
fn entry(line: &str) -> Option<(&str, &str)> {
    line.trim_start().trim_start_matches("- ").strip_prefix('[')?.strip_suffix(')')?.split_once("](")
}

/// What is wrong with the glossary: paragraphs of `**term**: what it is ([Frames](08-frames.md))`, in alphabetical order.
pub fn glossary_faults(glossary: &str) -> Vec<String> {
    let prose = of_kind(&outline(glossary), Kind::Prose).join("\n");
    let paragraphs: Vec<&str> = prose.split("\n\n").map(str::trim).filter(|text| text.starts_with("**")).collect();
    let mut faults = Vec::new();
    let mut last = String::new();
    for paragraph in &paragraphs {
        let Some((term, text)) = paragraph.strip_prefix("**").and_then(|rest| rest.split_once("**: ")) else {
            faults.push(format!("no term in {paragraph:?}"));
            continue;
        };
        let leads = text.split("](").skip(1).any(|link| link.starts_with(|first: char| first.is_ascii_digit()));
        faults.extend((!leads).then(|| format!("{term} leads to no chapter")));
        let key = term.to_lowercase().replace('-', " ");
        faults.extend((key <= last).then(|| format!("{term} stands too late")));
        last = key;
    }
    faults.extend((paragraphs.len() < 40).then(|| format!("{} terms", paragraphs.len())));
    faults
}

/// Terms that the glossary sends to the wrong chapter. Who explains a term marks it (`**hop**`), and there is one place for
/// that. A term that nobody marks stands in its chapter all the same, as a word; one with something in brackets behind it
/// is one of several of that name, and each of their chapters may mark it.
pub fn definition_faults(glossary: &str, pages: &BTreeMap<String, String>) -> Vec<String> {
    let chapters: Vec<(&str, String)> = pages
        .iter()
        .filter(|(file, _)| file.starts_with(|first: char| first.is_ascii_digit()))
        .map(|(file, text)| (file.as_str(), of_kind(&outline(text), Kind::Prose).join(" ").to_lowercase()))
        .collect();
    let have = |word: &str| -> Vec<&str> {
        chapters.iter().filter(|(_, text)| text.contains(word)).map(|(file, _)| *file).collect()
    };
    let mut faults = Vec::new();
    for entry in glossary.split("\n\n") {
        let Some((term, text)) = entry.strip_prefix("**").and_then(|rest| rest.split_once("**: ")) else { continue };
        let Some((_, link)) = text.rsplit_once("](") else { continue };
        let chapter = link.split(')').next().unwrap_or_default();
        let (word, is_one_of_several) = term.split_once(" (").map_or((term, false), |(word, _)| (word, true));
        let word = word.to_lowercase();
        let marked = [have(&format!("**{word}**")), have(&format!("**{word}s**"))].concat();
        let is_right = marked.is_empty() || marked == [chapter] || is_one_of_several && marked.contains(&chapter);
        if !is_right {
            faults.push(format!("{term} is marked in {}, and the glossary leads to {chapter}", marked.join(" and ")));
        } else if !have(&word).contains(&chapter) {
            faults.push(format!("{term} is no word of {chapter}"));
        }
    }
    faults
}

/// What is wrong with the table of what is put right: its third column names sections.
pub fn table_faults(page: &str) -> Vec<String> {
    let rows = page.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells = |row: &str| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let mut faults: Vec<String> = Vec::new();
    let mut count = 0;
    for row in rows {
        count += 1;
        let is_cited = cells(row).get(2).is_some_and(|cell| !rfc::citations(cell).is_empty());
        faults.extend((!is_cited).then(|| format!("no section in {row:?}")));
    }
    faults.extend((count < 15).then(|| format!("{count} rows")));
    faults
}

/// Sections of other RFCs than 6455 that are cited and not in the table, or in the table and not cited.
pub fn citation_faults(table: &str, pages: &BTreeMap<String, String>) -> Vec<String> {
    let known: BTreeSet<Citation> = table.lines().filter_map(row).collect();
    let mut faults: Vec<String> =
        table.lines().filter(|line| row(line).is_none()).map(|line| format!("no row: {line:?}")).collect();
    let mut cited = BTreeSet::new();
    for (file, text) in pages {
        let others = rfc::citations(text).into_iter().filter(|citation| citation.rfc != 6455);
        for citation in others {
            let Citation { rfc, section } = &citation;
            let is_known = known.contains(&citation);
            faults.extend((!is_known).then(|| format!("{file}: RFC {rfc} s{section} is not in the table")));
            cited.insert(citation);
        }
        faults.extend(rfc::unknown(text).iter().map(|section| format!("{file}: RFC 6455 has no {section}")));
    }
    let idle = known.difference(&cited);
    faults.extend(idle.map(|Citation { rfc, section }| format!("nobody cites RFC {rfc} s{section}")));
    faults
}

/// `RFC 9110  7.8  Upgrade`.
fn row(line: &str) -> Option<Citation> {
    let mut cells = line.strip_prefix("RFC ")?.splitn(3, "  ");
    let (rfc, section, title) = (cells.next()?.parse().ok()?, cells.next()?.to_owned(), cells.next()?);
    (!title.trim().is_empty()).then_some(Citation { rfc, section })
}
