//! A page of Markdown as its reader sees it, line by line: what is a heading, what is prose, what is inside a fence.

use crate::fences::{Part, parts};

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A line of a fence, its backticks among them.
    Fenced,
    /// A comment, or a line that is an HTML tag.
    Hidden,
    /// A heading of this level.
    Heading(usize),
    /// Anything else, empty lines among it.
    Prose,
}

/// A heading, and the lines below it up to the next of its level or of a higher one.
pub struct Section<'a> {
    pub title: &'a str,
    pub level: usize,
    /// The line of the heading, counted from 0.
    pub at: usize,
    pub body: Vec<(Kind, &'a str)>,
}

/// The lines of a page with what they are.
pub fn outline(page: &str) -> Vec<(Kind, &str)> {
    let mut lines: Vec<(Kind, &str)> = page.lines().map(|line| (Kind::Fenced, line)).collect();
    let outside = parts(page).into_iter().filter(|(_, part)| !matches!(part, Part::Fence { .. }));
    outside.for_each(|(at, _)| lines[at].0 = kind(lines[at].1));
    lines
}

/// What a line is outside of fences.
fn kind(line: &str) -> Kind {
    let text = line.trim();
    match text.find(|character| character != '#') {
        _ if text.starts_with('<') && text.ends_with('>') => Kind::Hidden,
        Some(level @ 1..=6) if line.starts_with('#') && text[level..].starts_with(' ') => Kind::Heading(level),
        _ => Kind::Prose,
    }
}

/// The sections of a page, those inside others too, in order.
pub fn sections(page: &str) -> Vec<Section<'_>> {
    let lines = outline(page);
    let headings = lines.iter().enumerate().filter_map(|(at, (kind, line))| match kind {
        Kind::Heading(level) => Some((at, *level, line.trim_start_matches('#').trim())),
        _ => None,
    });
    let body = |at: usize, level: usize| {
        let ends = |kind: &Kind| matches!(kind, Kind::Heading(other) if *other <= level);
        lines[at + 1..].iter().take_while(|(kind, _)| !ends(kind)).copied().collect()
    };
    headings.map(|(at, level, title)| Section { title, level, at, body: body(at, level) }).collect()
}

/// The lines of a section that are of a kind.
pub fn of_kind<'a>(body: &[(Kind, &'a str)], kind: Kind) -> Vec<&'a str> {
    body.iter().filter(|(other, _)| *other == kind).map(|(_, line)| *line).collect()
}

/// How many words of prose there are: those that have a letter or a digit.
pub fn words(page: &str) -> usize {
    let lines = of_kind(&outline(page), Kind::Prose);
    let words = lines.iter().flat_map(|line| line.split_whitespace());
    words.filter(|word| word.contains(char::is_alphanumeric)).count()
}
