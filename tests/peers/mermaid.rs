//! The diagrams of the pages, drawn by mermaid in headless Chromium: of one that it cannot read, GitHub and the book show
//! nothing but an error or its text.

use crate::fences::fences;
use crate::links::{Page, files, page, root};
use crate::run::to_end;
use crate::tools::{chromium, node};
use serde_json::{Value, json};
use std::{fs, iter};

/// How many diagrams the pages have, so that none is lost unnoticed.
const DIAGRAMS: usize = 17;

#[test]
#[ignore = "needs chromium"]
fn every_diagram_becomes_a_picture() {
    let pages = ["docs", "walkthrough"].iter().flat_map(|directory| files(directory, "md"));
    let pages = iter::once("README.md".to_owned()).chain(pages).map(|path| page(&path));
    let diagrams: Vec<Value> = pages.flat_map(|page| diagrams(&page)).collect();
    assert_eq!(diagrams.len(), DIAGRAMS, "diagrams in the pages");
    let (_, answers) = drawn(&diagrams);
    let bad: Vec<&String> = answers.iter().filter(|answer| !answer.starts_with("ok ")).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(answers.len(), DIAGRAMS);
}

#[test]
#[ignore = "needs chromium"]
fn a_diagram_that_is_none_is_seen() {
    let texts = ["sequenceDiagram\n    A->>B: x", "sequenceDiagram\n    A-B: x", "sequence\n    A->>B: x"];
    let diagrams: Vec<Value> = texts.iter().zip(["a", "b", "c"]).map(|(text, name)| diagram(name, text)).collect();
    let (_, answers) = drawn(&diagrams);
    let begins: Vec<&str> = answers.iter().map(|answer| answer.split(':').next().unwrap_or_default()).collect();
    assert_eq!(begins, ["ok a", "bad b", "bad c"], "{answers:#?}");
}

/// The book asks a public server for mermaid, by its version and its hash. They are those of the one that draws here.
#[test]
#[ignore = "needs chromium"]
fn the_book_asks_for_this_mermaid() {
    let (this, _) = drawn(&[]);
    let script = fs::read_to_string(root().join("walkthrough/extra.js")).expect("the book's script");
    let [_, version, hash] = this.split(' ').collect::<Vec<_>>()[..] else { panic!("{this}") };
    assert!(script.contains(&format!("/npm/mermaid@{version}/dist/mermaid.min.js")), "{this}");
    assert!(script.contains(&format!(" mermaid@{version}\n")), "{this}");
    assert!(script.contains(&format!("/mermaid-{version}.tgz ")), "{this}");
    assert!(script.contains(&format!("'{hash}'")), "{this}");
}

/// Which mermaid it was, and what became of each diagram.
fn drawn(diagrams: &[Value]) -> (String, Vec<String>) {
    node("mermaid.js", "playwright-core");
    let input = Value::from(diagrams).to_string();
    let said = to_end(node("mermaid.js", "mermaid").arg(chromium()), input.as_bytes(), 120).succeeded();
    let mut lines = said.text().lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(!lines.is_empty(), "{}", said.all());
    (lines.remove(0), lines)
}

fn diagrams(Page { path: name, text }: &Page) -> Vec<Value> {
    let pictures: Vec<_> = fences(text).into_iter().filter(|fence| fence.kind == "mermaid").collect();
    let meant =
        text.lines().filter(|line| line.trim_start_matches([' ', '>', '`', '~']).trim_end() == "mermaid").count();
    assert_eq!(pictures.len(), meant, "{name}: a diagram stands in a fence of its own, at the line's beginning");
    let named = pictures.iter().enumerate();
    named.map(|(i, fence)| diagram(&format!("{name}, {}", i + 1), &fence.lines.join("\n"))).collect()
}

fn diagram(name: &str, text: &str) -> Value {
    json!({ "name": name, "text": text })
}
