//! Citations of RFCs: `RFC 9110 s7.8` and `RFC 9110 §7.8`, and `s5.2` or `§5.2` alone, which is RFC 6455.

#![allow(dead_code, reason = "each test file is a program of its own and uses its own part of this")]

use std::collections::BTreeSet;

/// The sections of RFC 6455 with their titles, from its table of contents.
const SECTIONS: &str = include_str!("../data/rfc6455.txt");

/// A section that is named somewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Citation {
    pub rfc: u32,
    pub section: String,
}

/// The sections of RFC 6455, in its order.
pub fn sections() -> Vec<&'static str> {
    SECTIONS.lines().filter_map(|line| line.split_once("  ")).map(|(section, _)| section).collect()
}

/// Those of RFC 6455 that there are not.
pub fn unknown(text: &str) -> Vec<String> {
    let known: BTreeSet<&str> = sections().into_iter().collect();
    let cited = citations(text).into_iter().filter(|citation| citation.rfc == 6455).map(|citation| citation.section);
    cited.filter(|section| !known.contains(section.as_str())).map(|section| format!("s{section}")).collect()
}

/// All that are named, in order.
pub fn citations(text: &str) -> Vec<Citation> {
    // A line may break anywhere, and in a source each line begins with a comment's sign.
    let words = text.lines().map(|line| line.trim_start().trim_start_matches(['/', '!', '>'])).collect::<Vec<_>>();
    let text = words.join(" ");
    let found = places(&text).into_iter();
    let rfc = |at: usize| if text[at..].starts_with('s') { rfc_before(&text[..at]) } else { rfc_at_once(&text[..at]) };
    found.map(|(at, section)| Citation { rfc: rfc(at), section: section.to_owned() }).collect()
}

/// Where `s` or `§` and a section's number stand as a word: `5.2` for `s5.2`.
fn places(text: &str) -> Vec<(usize, &str)> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut found = Vec::new();
    for (at, sign) in text.match_indices(['s', '§']) {
        let rest = &text[at + sign.len()..];
        let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(rest.len());
        let section = rest[..end].trim_end_matches('.');
        let stands_alone = !text[..at].ends_with(is_word) && !rest[end..].starts_with(is_word);
        if stands_alone && section.starts_with(|first: char| first.is_ascii_digit()) {
            found.push((at, section));
        }
    }
    found
}

/// The RFC that stands before a section, or before others that go with it: `RFC 9112 s9.6 and s9.7`.
fn rfc_before(text: &str) -> u32 {
    let text = text.trim_end();
    let word = text.rsplit(' ').next().unwrap_or_default();
    let is_section = word.starts_with('s') && word[1..].starts_with(|first: char| first.is_ascii_digit());
    if matches!(word, "and" | "or" | "to") || is_section {
        return rfc_before(&text[..text.len() - word.len()]);
    }
    rfc_at_once(text)
}

/// The RFC whose number these are the last two words of, or else RFC 6455.
fn rfc_at_once(text: &str) -> u32 {
    let mut words = text.split_whitespace().rev();
    let number = words.next().and_then(|word| word.parse().ok());
    let before = words.next().and_then(|word| word.strip_suffix("RFC"));
    let is_named = before.is_some_and(|before| !before.ends_with(char::is_alphanumeric));
    number.filter(|_| is_named).unwrap_or(6455)
}
