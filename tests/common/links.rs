//! Pages of Markdown, what they link to, and the files that they name.

#![allow(dead_code, reason = "each test file is a program of its own and uses its own part of this")]

use crate::fences::{Part, parts};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// A page, and its path in the crate.
pub struct Page {
    pub path: String,
    pub text: String,
}

/// The directory of the crate.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Packages for students within this one. cargo packs no package into another, so a published ws101 lacks them, and what
/// leads there leads nowhere. The repository has them.
pub const PACKAGES: [&str; 3] = [
    "docs/answers/build-your-own-server/rust",
    "walkthrough/exercises/build-your-own-server/rust",
    "walkthrough/exercises/fill-the-frame",
];

/// Whether this is what cargo has packed: it keeps the manifest as it was written beside its own.
pub fn is_packed() -> bool {
    root().join("Cargo.toml.orig").exists()
}

/// What the repository has for itself, and Cargo.toml does not name as a part of the package.
const WORKSHOP: &str = ".github";

/// Whether a path, from the directory of the crate, is one that was not packed.
pub fn is_left_out(path: &Path) -> bool {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    is_packed() && PACKAGES.iter().chain(&[WORKSHOP]).any(|left_out| plain.starts_with(left_out))
}

/// Reads one, with the line ends of Unix.
pub fn page(path: &str) -> Page {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    Page { path: path.to_owned(), text: text.replace("\r\n", "\n") }
}

/// The files of a directory and those below it, with this ending, as `docs/cli.md`.
pub fn files(directory: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(directory)).expect("a directory of the crate") {
        let entry = entry.expect("a readable directory");
        let path = format!("{directory}/{}", entry.file_name().to_str().expect("a name in UTF-8"));
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(files(&path, ending));
        } else if Path::new(&path).extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Links that lead nowhere, with the page.
pub fn dead_links(page: &Page) -> Vec<String> {
    let text = unfenced(&page.text).join("\n");
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let local = targets.filter(|target| !target.contains("://"));
    local.filter(|target| !leads_somewhere(page, target)).map(|target| format!("{}: {target}", page.path)).collect()
}

fn leads_somewhere(from: &Page, target: &str) -> bool {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let place = match path {
        "" => PathBuf::from(&from.path),
        path => Path::new(&from.path).parent().unwrap_or(Path::new("")).join(path),
    };
    let file = root().join(&place);
    let has_anchor = || match path {
        "" => anchors(&from.text).contains(anchor),
        _ => fs::read_to_string(&file).is_ok_and(|text| anchors(&text).contains(anchor)),
    };
    is_left_out(&place) || file.exists() && (anchor.is_empty() || has_anchor())
}

/// What GitHub makes of headings: lower case, no punctuation, hyphens for blanks, and a number behind one that was there.
fn anchors(text: &str) -> BTreeSet<String> {
    let kept = |character: &char| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_');
    let mut found = BTreeSet::new();
    for line in unfenced(text).into_iter().filter(|line| line.starts_with('#')) {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        let anchor = heading.chars().filter(kept).collect::<String>().replace(' ', "-");
        let again = (1..).map(|number| format!("{anchor}-{number}")).find(|other| !found.contains(other));
        found.insert(if found.contains(&anchor) { again.unwrap_or_default() } else { anchor });
    }
    found
}

/// The lines that are in no fence.
fn unfenced(text: &str) -> Vec<&str> {
    let line = |(_, part)| match part {
        Part::Line(line) => Some(line),
        // Comments are not seen.
        Part::Comment(_) | Part::Fence { .. } => None,
    };
    parts(text).into_iter().filter_map(line).collect()
}

/// Files of ours that a page names and that are not there.
pub fn missing_paths(page: &Page) -> Vec<String> {
    let in_path = |character: char| character.is_ascii_alphanumeric() || "_./-".contains(character);
    let words = page.text.split(|character: char| !in_path(character));
    let paths = words.map(|word| word.trim_start_matches("../").trim_end_matches('.'));
    let ours = paths.filter(|path| ["src/", "tests/", "docs/", "benches/"].iter().any(|room| path.starts_with(room)));
    ours.filter(|path| !root().join(path).exists()).map(|path| format!("{}: {path}", page.path)).collect()
}
