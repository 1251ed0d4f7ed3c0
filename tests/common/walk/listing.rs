//! A piece of the source on a page, held against the source.
//!
//! An item is found by its name, as `unmask` or `Session::receive`, and goes from its line to the one that closes it. The
//! source is what rustfmt makes of it: what begins at an indent ends at that indent.
//!
//! Of a file that is not Rust, a configuration say, a page shows lines that stand there one after the other.

/// What an item can be.
const KINDS: [&str; 9] = ["fn", "struct", "enum", "const", "static", "type", "trait", "mod", "macro_rules!"];

/// An item of a source, dedented: its attributes and doc comment, and itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    pub before: Vec<String>,
    pub lines: Vec<String>,
}

/// The item of this name: `unmask`, `Session::receive`, `impl Session`.
pub fn item(source: &str, name: &str) -> Option<Item> {
    let lines: Vec<&str> = source.lines().collect();
    let (from, to) = match name.split_once("::") {
        None => range(&lines, 0..lines.len(), |line| is_item(line, name))?,
        Some((kind, method)) => blocks(&lines, kind)
            .into_iter()
            .find_map(|(from, to)| range(&lines, from + 1..to, |line| is_item(line, method)))?,
    };
    let above = lines[..from].iter().rev().take_while(|line| is_above(line)).count();
    let indent = lines[from].len() - lines[from].trim_start().len();
    let dedented = |line: &&str| line.get(indent..).unwrap_or_default().to_owned();
    Some(Item {
        before: lines[from - above..from].iter().map(dedented).collect(),
        lines: lines[from..=to].iter().map(dedented).collect(),
    })
}

/// The lines of an item that should be listed instead, if it is not listed as it is. Lines in a row have no name, and
/// which others were meant nobody can tell.
pub fn checked(source: &str, name: &str, listing: &[String]) -> Result<Option<Vec<String>>, String> {
    if name.is_empty() {
        return if has_in_a_row(source, listing) { Ok(None) } else { Err("has no such lines in a row".to_owned()) };
    }
    let item = item(source, name).ok_or_else(|| format!("has no {name}"))?;
    Ok((!is_listed(&item, listing)).then_some(item.lines))
}

/// Whether a listing is that item. A line that is just `// ...` stands for any number of lines.
pub fn is_listed(item: &Item, listing: &[String]) -> bool {
    let starts = (0..item.before.len()).filter(|at| Some(&item.before[*at]) == listing.first());
    starts.map(|at| &item.before[at..]).chain([&[][..]]).any(|before| {
        let lines: Vec<&str> = before.iter().chain(&item.lines).map(String::as_str).collect();
        matches(listing, &lines)
    })
}

/// Whether these lines stand there, at whatever indent. A line that is just `# ...` stands for any number of lines.
fn has_in_a_row(source: &str, listing: &[String]) -> bool {
    let lines: Vec<&str> = source.lines().collect();
    (0..lines.len()).any(|from| {
        let margin = &lines[from][..lines[from].len() - lines[from].trim_start().len()];
        // An empty line has no margin to lose.
        let block: Vec<&str> = lines[from..]
            .iter()
            .map_while(|line| if line.is_empty() { Some("") } else { line.strip_prefix(margin) })
            .collect();
        begins_with(&block, listing)
    })
}

fn begins_with(lines: &[&str], wanted: &[String]) -> bool {
    match wanted.split_first() {
        None => true,
        Some((line, rest)) if line.trim() == "# ..." => {
            (0..=lines.len()).any(|skipped| begins_with(&lines[skipped..], rest))
        }
        Some((line, rest)) => lines.first() == Some(&line.as_str()) && begins_with(&lines[1..], rest),
    }
}

fn matches(wanted: &[String], came: &[&str]) -> bool {
    match wanted.split_first() {
        None => came.is_empty(),
        Some((line, rest)) if line.trim() == "// ..." => {
            (0..=came.len()).any(|skipped| matches(rest, &came[skipped..]))
        }
        Some((line, rest)) => came.first() == Some(&line.as_str()) && matches(rest, &came[1..]),
    }
}

/// From the first line that is one to the line that closes it.
fn range(lines: &[&str], within: std::ops::Range<usize>, is_one: impl Fn(&str) -> bool) -> Option<(usize, usize)> {
    let from = within.clone().find(|at| is_one(lines[*at]))?;
    let indent = |line: &str| line.len() - line.trim_start().len();
    let closes = |at: &usize| {
        let line = lines[*at];
        indent(line) == indent(lines[from]) && (line.ends_with('}') || line.ends_with(';'))
    };
    (from..within.end).find(closes).map(|to| (from, to))
}

/// The implementations of a type, and the type itself where it is a trait.
fn blocks(lines: &[&str], kind: &str) -> Vec<(usize, usize)> {
    let begins = |line: &str| {
        let of_it = |rest: &str| is_word(rest.rsplit(" for ").next().unwrap_or_default().trim_start(), kind);
        line.strip_prefix("impl").is_some_and(|rest| of_it(past_parameters(rest)))
            || line.strip_prefix("pub trait ").is_some_and(|rest| is_word(rest, kind))
    };
    let starts = (0..lines.len()).filter(|at| begins(lines[*at]));
    starts.filter_map(|at| range(lines, at..lines.len(), |_| true)).collect()
}

/// What follows the `<'a, T: Fn() -> U>` of an `impl`, if it has any. Those of the type stand behind its name.
fn past_parameters(rest: &str) -> &str {
    let mut depth = 0;
    for (at, sign) in rest.char_indices() {
        match sign {
            '<' => depth += 1,
            '>' if !rest[..at].ends_with('-') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return if at == 0 { rest } else { &rest[at + 1..] };
        }
    }
    rest
}

/// Whether the line begins the item of this name.
fn is_item(line: &str, name: &str) -> bool {
    let line = line.trim_start();
    if name.starts_with("impl ") {
        return is_word(line, name);
    }
    let kinds =
        KINDS.iter().filter_map(|kind| line.find(&format!("{kind} ")).map(|at| (at, &line[at + kind.len() + 1..])));
    kinds.into_iter().any(|(at, rest)| is_visibility(&line[..at]) && is_word(rest, name))
}

/// `pub(crate) const unsafe` and the like, or nothing.
fn is_visibility(before: &str) -> bool {
    let words = ["pub", "pub(crate)", "pub(super)", "const", "async", "default"];
    before.split_whitespace().all(|word| words.contains(&word))
}

fn is_word(text: &str, word: &str) -> bool {
    let rest = text.strip_prefix(word);
    rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
}

fn is_above(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("///") || line.starts_with("#[")
}
