//! A page of Markdown, cut into its fences and the lines outside of them; and how what a fence shows is compared with
//! what came. And the words of a command that a page or a help shows.

#![allow(dead_code, reason = "each test file is a program of its own and uses its own part of this")]

/// What stands between two lines of backticks.
pub struct Fence {
    /// What the comment before it says, or nothing.
    pub marker: String,
    /// What stands behind its backticks.
    pub kind: String,
    /// Its lines.
    pub lines: Vec<String>,
}

/// A piece of a page: a fence, or a line outside of all.
pub enum Part<'a> {
    Fence {
        kind: &'a str,
        lines: Vec<String>,
    },
    /// What a comment says that has a line of its own.
    Comment(&'a str),
    /// Any other line, be it empty.
    Line(&'a str),
}

/// A page in pieces, each with the number of its first line, counted from 0.
pub fn parts(text: &str) -> Vec<(usize, Part<'_>)> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let comment = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        let part = match (line.strip_prefix("```"), comment) {
            (Some(kind), _) => {
                let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| !line.starts_with("```"));
                Part::Fence { kind, lines: inside.map(str::to_owned).collect() }
            }
            (None, Some(comment)) => Part::Comment(comment),
            (None, None) => Part::Line(line),
        };
        found.push((at, part));
    }
    found
}

/// All fences, in order.
pub fn fences(text: &str) -> Vec<Fence> {
    let mut found = Vec::new();
    let mut marker = String::new();
    for (_, part) in parts(text) {
        match part {
            Part::Fence { kind, lines } => {
                found.push(Fence { marker: std::mem::take(&mut marker), kind: kind.to_owned(), lines });
            }
            Part::Comment(comment) => comment.clone_into(&mut marker),
            Part::Line(line) if line.trim().is_empty() => {}
            Part::Line(_) => marker.clear(),
        }
    }
    found
}

/// Whether these lines came: `...` stands for any number of them.
pub fn matches(wanted: &[String], came: &[String]) -> bool {
    match wanted.split_first() {
        None => came.is_empty(),
        Some((line, rest)) if line == "..." => (0..=came.len()).any(|skipped| matches(rest, &came[skipped..])),
        Some((line, rest)) => came.first().is_some_and(|first| fits(line, first)) && matches(rest, &came[1..]),
    }
}

/// Whether this line came: `[..]` stands for any part of it.
pub fn fits(wanted: &str, came: &str) -> bool {
    let Some((start, rest)) = wanted.split_once("[..]") else { return wanted == came };
    let Some(left) = came.strip_prefix(start) else { return false };
    (0..=left.len()).filter(|at| left.is_char_boundary(*at)).any(|at| fits(rest, &left[at..]))
}

/// Words as a shell makes them, with single quotes and no other.
pub fn words(command: &str) -> Vec<String> {
    let parts = command.split('\'').enumerate();
    let split = |(number, part): (usize, &str)| match number % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    };
    parts.flat_map(split).collect()
}
