//! Writes into a page what really came, where it is not what the page says.

use crate::fences::fits;
use crate::pages::compare::{Ports, comparable_line};

/// Lines of a page that are to be others.
#[derive(Debug)]
pub struct Edit {
    /// The first of them, counted from 0.
    pub at: usize,
    /// How many they are.
    pub count: usize,
    /// What is to stand there.
    pub lines: Vec<String>,
}

/// The page with the edits done.
pub fn edited(page: &str, edits: &[Edit]) -> String {
    let mut lines: Vec<String> = page.lines().map(str::to_owned).collect();
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| std::cmp::Reverse(edit.at));
    for edit in sorted {
        lines.splice(edit.at..edit.at + edit.count, edit.lines.iter().cloned());
    }
    lines.join("\n") + "\n"
}

/// What came, but with the lines of the page that fit, which may have `[..]` in them, and with its `...` where both of
/// its neighbours are still there.
pub fn merged(wanted: &[String], came: &[String], ports: &Ports) -> Vec<String> {
    let (mut lines, mut from, mut skipping) = (Vec::new(), 0, false);
    let pairs = pairs(wanted, came, ports);
    for (number, line) in wanted.iter().enumerate() {
        if line == "..." {
            skipping = true;
        } else if let Some((_, at)) = pairs.iter().find(|(wanted, _)| *wanted == number) {
            fill(&mut lines, &came[from..*at], skipping);
            lines.push(line.clone());
            (from, skipping) = (at + 1, false);
        }
    }
    fill(&mut lines, &came[from..], skipping);
    lines
}

fn fill(lines: &mut Vec<String>, came: &[String], skipping: bool) {
    match skipping {
        true => lines.push("...".to_owned()),
        false => lines.extend_from_slice(came),
    }
}

/// Lines of the page and lines that came that belong together: as many as can be, in order.
fn pairs(wanted: &[String], came: &[String], ports: &Ports) -> Vec<(usize, usize)> {
    let without = |lines: &[String]| lines.iter().map(|line| comparable_line(line, ports)).collect::<Vec<_>>();
    let (wanted, came) = (without(wanted), without(came));
    let fit = |w: usize, c: usize| wanted[w] != "..." && fits(&wanted[w], &came[c]);
    // How many pairs there can be from here to both ends.
    let mut best = vec![vec![0_usize; came.len() + 1]; wanted.len() + 1];
    for w in (0..wanted.len()).rev() {
        for c in (0..came.len()).rev() {
            let here = if fit(w, c) { best[w + 1][c + 1] + 1 } else { 0 };
            best[w][c] = here.max(best[w + 1][c]).max(best[w][c + 1]);
        }
    }
    let (mut pairs, mut w, mut c) = (Vec::new(), 0, 0);
    while w < wanted.len() && c < came.len() {
        if fit(w, c) && best[w][c] == best[w + 1][c + 1] + 1 {
            pairs.push((w, c));
            (w, c) = (w + 1, c + 1);
        } else if best[w][c] == best[w + 1][c] {
            w += 1;
        } else {
            c += 1;
        }
    }
    pairs
}
