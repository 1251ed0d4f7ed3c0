//! The fences of a page of Markdown, each with the comment before it, which GitHub does not show; and how what they show is
//! compared with what came. And the words of a command that a page or a help shows.

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

/// All of them, in order.
pub fn fences(text: &str) -> Vec<Fence> {
    let mut found = Vec::new();
    let mut marker = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let comment = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        if let Some(kind) = line.strip_prefix("```") {
            let inside = lines.by_ref().take_while(|line| !line.starts_with("```")).map(str::to_owned).collect();
            found.push(Fence { marker: std::mem::take(&mut marker), kind: kind.to_owned(), lines: inside });
        } else if !line.is_empty() {
            marker = comment.unwrap_or_default().to_owned();
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
