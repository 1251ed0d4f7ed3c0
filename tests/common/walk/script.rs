//! A chapter, read into what is to be done, fence by fence.
//!
//! Comments that GitHub and mdBook do not show stand before a fence, an empty line may be between, and say what it is:
//!
//! ```text
//! <!-- server -->             ```console, one command: stops the chapter's server, starts this one
//! (none)                      ```console: each line that begins with `$ ` is a command, the others are what it prints
//! <!-- prints -->             ```text: what the commands of the fence before print, where a reader is to guess first
//! <!-- window NAME -->        ```console, one command that stays open; below it what it prints at once
//! <!-- window NAME types -->  ```text: these lines are typed into that window
//! <!-- window NAME shows -->  ```text: what it prints next
//! <!-- log -->                ```text: what the server said of it. `<!-- log at info -->`: only down to that level
//! <!-- listing: FILE#ITEM --> ```rust: that item of the source
//! <!-- listing: FILE -->      ```yaml, ```nginx or ```dockerfile: lines that stand in that file, one after the other
//! <!-- not run: needs X -->   ```console: commands that are only looked at, see `unrun.rs`
//! <!-- file: NAME -->         saved under this name
//! <!-- picture -->            ```text: a drawing, nobody's output
//! <!-- your server: NN -->    ```console: commands on a reader's server.py; tests/exercises runs them on the answer NN
//! ```
//!
//! And some stand alone: `<!-- window NAME: Ctrl-C -->`, `<!-- window NAME: Ctrl-D -->`, `<!-- window NAME: ends -->`; and for
//! the terminal of the server `<!-- server: Ctrl-C -->`, `<!-- server: Ctrl-Z -->` and, after it, `<!-- server: fg -->`.
//!
//! A lab of `deploy` is a window: `$ deploy/lab nginx right`, with all it says up to `ready`, which is waited for; then
//! its ports 8000, 8081 and 8082 are those of the run. Ctrl-C ends it. So is `$ ws101 broken any --seed 7`, with
//! `listening on ws://127.0.0.1:9001/`. Files of `deploy`, `walkthrough/exercises` and `docs/answers` are named from the
//! repository's top, in whose place a page has a directory of its own with links to these three.
//!
//! What is shown must say something: a fence of nothing but `...` and `[..]` would fit whatever came. Only below a
//! command a `[..]` may stand alone, where all it prints is a figure.

use crate::fences::{Part, parts};
use crate::pages::steps::{Step, steps, trim_end};
use std::fmt;

/// Something to be done, and the line of the page, counted from 0, on which its first line stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Act {
    pub at: usize,
    pub what: What,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum What {
    Server(Step),
    Console(Vec<Step>),
    /// Commands whose output, of all together, stands further down.
    Folded(Vec<Step>),
    Prints {
        lines: Vec<String>,
    },
    Window {
        name: String,
        step: Step,
    },
    Types {
        name: String,
        lines: Vec<String>,
    },
    Shows {
        name: String,
        lines: Vec<String>,
    },
    Key {
        name: String,
        key: Key,
    },
    /// A signal to the server, as its terminal would send it; but for Ctrl-Z, whose signal the system keeps from those
    /// who have no shell above them: the one that stops them all the same.
    Signal(&'static str),
    Log {
        level: Option<String>,
        lines: Vec<String>,
    },
    /// An item of a file of Rust. Of any other file, where the item has no name, lines in a row.
    Listing {
        file: String,
        item: String,
        lines: Vec<String>,
    },
    /// Commands that need what no test has.
    Unrun {
        needs: String,
        commands: Vec<String>,
    },
    File {
        name: String,
        lines: Vec<String>,
    },
    /// A fence that is only looked at: a drawing, a Mermaid chart.
    Picture {
        kind: String,
        lines: Vec<String>,
    },
}

/// What happens to a window without a line being typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    CtrlC,
    CtrlD,
    /// Nothing: it ends by itself.
    Ends,
}

/// A page's acts in order, and what cannot be understood, with the number of its line.
pub fn script(page: &str) -> (Vec<Act>, Vec<String>) {
    let mut reader = Reader::default();
    for (at, part) in parts(page) {
        match part {
            Part::Fence { kind, lines } => reader.fence(at, kind, lines),
            Part::Comment(text) => reader.comment(at, text),
            Part::Line(line) if line.trim().is_empty() => {}
            Part::Line(line) => reader.text(at, line),
        }
    }
    reader.nothing_waits();
    (reader.acts, reader.faults)
}

#[derive(Default)]
struct Reader {
    acts: Vec<Act>,
    faults: Vec<String>,
    /// A comment that waits for its fence.
    marker: Option<(usize, String)>,
}

impl Reader {
    fn fence(&mut self, at: usize, kind: &str, lines: Vec<String>) {
        let marker = self.marker.take().map(|(_, marker)| marker).unwrap_or_default();
        match what(&marker, kind, lines) {
            Ok(Some(what)) => {
                if matches!(what, What::Prints { .. }) {
                    self.fold(at);
                }
                self.acts.push(Act { at: at + 1, what });
            }
            Ok(None) => {}
            Err(fault) => self.fault(at, &fault),
        }
    }

    /// The commands just before print below what they would print here.
    fn fold(&mut self, at: usize) {
        match self.acts.last_mut().map(|act| &mut act.what) {
            Some(last @ What::Console(_)) => {
                let What::Console(steps) = last else { return };
                let is_told = steps.iter().any(|step| !step.wanted.is_empty());
                *last = What::Folded(std::mem::take(steps));
                if is_told {
                    self.fault(at, "the commands before <!-- prints --> print something already");
                }
            }
            _ => self.fault(at, "no commands just before <!-- prints -->"),
        }
    }

    fn comment(&mut self, at: usize, text: &str) {
        self.nothing_waits();
        match standing(text) {
            Some(what) => self.acts.push(Act { at, what }),
            // Those of the tools that look at prose.
            None if text.starts_with("rumdl-") || text.starts_with("typos") => {}
            None => self.marker = Some((at, text.to_owned())),
        }
    }

    fn text(&mut self, at: usize, line: &str) {
        self.nothing_waits();
        if line.contains("<!--") {
            self.fault(at, "a comment is a line of its own: <!-- what it is -->");
        }
    }

    fn nothing_waits(&mut self) {
        if let Some((at, marker)) = self.marker.take() {
            self.fault(at, &format!("no fence after <!-- {marker} -->"));
        }
    }

    fn fault(&mut self, at: usize, fault: &str) {
        self.faults.push(format!("line {}: {fault}", at + 1));
    }
}

/// A comment that needs no fence.
fn standing(comment: &str) -> Option<What> {
    match comment.strip_prefix("server: ") {
        Some("Ctrl-C") => return Some(What::Signal("INT")),
        Some("Ctrl-Z") => return Some(What::Signal("STOP")),
        Some("fg") => return Some(What::Signal("CONT")),
        _ => {}
    }
    let (name, key) = comment.strip_prefix("window ")?.split_once(": ")?;
    let key = match key.trim() {
        "Ctrl-C" => Key::CtrlC,
        "Ctrl-D" => Key::CtrlD,
        "ends" => Key::Ends,
        _ => return None,
    };
    Some(What::Key { name: name.to_owned(), key })
}

/// What a fence asks for, if anything.
fn what(marker: &str, kind: &str, lines: Vec<String>) -> Result<Option<What>, String> {
    let words: Vec<&str> = marker.split_whitespace().collect();
    if matches!(words[..], ["prints" | "log" | "listing:", ..] | ["window", _, "shows"]) && !says_something(&lines) {
        return Err(format!("what <!-- {marker} --> shows would fit anything"));
    }
    let what = match (words.as_slice(), kind) {
        ([], "console") => What::Console(commands(&lines)?),
        (["prints"], "text") => What::Prints { lines: without_the_end(lines) },
        (["server"], "console") => What::Server(one(&lines)?),
        (["window", name], "console") => What::Window { name: (*name).to_owned(), step: one(&lines)? },
        (["window", name, "types"], "text") => What::Types { name: (*name).to_owned(), lines },
        (["window", name, "shows"], "text") => What::Shows { name: (*name).to_owned(), lines },
        (["log"], "text") => What::Log { level: None, lines },
        (["log", "at", level], "text") => What::Log { level: Some((*level).to_owned()), lines },
        (["listing:", place], "rust") => listing(place, lines)?,
        (["listing:", place], "yaml" | "nginx" | "dockerfile") => {
            What::Listing { file: (*place).to_owned(), item: String::new(), lines }
        }
        (["not", "run:", "needs", needs @ ..], "console") => unrun(needs.join(" "), &lines)?,
        (["file:", name], _) if is_file_name(name) => What::File { name: (*name).to_owned(), lines },
        (["picture"], "text") | ([], "mermaid") => What::Picture { kind: kind.to_owned(), lines },
        (["your", "server:", _], "console") => {
            commands(&lines)?;
            return Ok(None);
        }
        // Told, and not run: a browser's console, a command that installs something, lines of a reader's own program.
        ([], "js" | "sh" | "python") if !lines.iter().any(|line| line.starts_with("$ ")) => return Ok(None),
        ([], _) => return Err(format!("a fence of {kind:?} without a comment that says what it is")),
        _ => return Err(format!("<!-- {marker} --> before a fence of {kind:?} means nothing")),
    };
    Ok(Some(what))
}

fn listing(place: &str, lines: Vec<String>) -> Result<What, String> {
    let (file, item) = place.split_once('#').ok_or_else(|| format!("{place} names no item"))?;
    // `#impl~Display~for~Fault` could not be cut into words otherwise.
    Ok(What::Listing { file: file.to_owned(), item: item.replace('~', " "), lines })
}

fn unrun(needs: String, lines: &[String]) -> Result<What, String> {
    let steps = commands(lines)?;
    match steps.iter().find(|step| !step.wanted.is_empty()) {
        Some(step) => Err(format!("nobody has seen what `{}` prints", step.command)),
        None => Ok(What::Unrun { needs, commands: steps.into_iter().map(|step| step.command).collect() }),
    }
}

fn is_file_name(name: &str) -> bool {
    !name.starts_with('.')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || "._-".contains(character))
}

/// As the output of a command is kept: without empty lines at its end.
fn without_the_end(mut lines: Vec<String>) -> Vec<String> {
    trim_end(&mut lines);
    lines
}

/// Whether there is a word in it that must come.
fn says_something(lines: &[String]) -> bool {
    lines.iter().any(|line| line.replace("[..]", "").contains(char::is_alphanumeric))
}

fn commands(lines: &[String]) -> Result<Vec<Step>, String> {
    let steps = match lines.first() {
        Some(first) if first.starts_with("$ ") => steps(lines),
        first => return Err(format!("no command before {first:?}")),
    };
    let is_empty = |line: &String| line.trim().is_empty() || line == "...";
    match steps.iter().find(|step| !step.wanted.is_empty() && step.wanted.iter().all(is_empty)) {
        Some(step) => Err(format!("what `{}` prints would fit anything", step.command)),
        None => Ok(steps),
    }
}

fn one(lines: &[String]) -> Result<Step, String> {
    let mut steps = commands(lines)?;
    match (steps.pop(), steps.is_empty()) {
        (Some(step), true) => Ok(step),
        _ => Err("more than one command".to_owned()),
    }
}

/// How many of each there are. One whose comment was lost would be one that nobody runs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Commands, those of windows and servers among them.
    pub commands: usize,
    /// Times that lines are typed into a window.
    pub typed: usize,
    /// Times that a window shows something later on.
    pub shown: usize,
    /// Pieces of the server's log.
    pub logs: usize,
    /// Pieces of the source.
    pub listings: usize,
    /// Keys and signals, saved files, and what is printed further down.
    pub others: usize,
    /// Commands that no test runs.
    pub unrun: usize,
}

impl Counts {
    /// In the order of the fields.
    pub const fn new([commands, typed, shown, logs, listings, others, unrun]: [usize; 7]) -> Counts {
        Counts { commands, typed, shown, logs, listings, others, unrun }
    }

    pub fn of(acts: &[Act]) -> Counts {
        let mut counts = Counts::default();
        for act in acts {
            match &act.what {
                What::Server(_) | What::Window { .. } => counts.commands += 1,
                What::Console(steps) | What::Folded(steps) => counts.commands += steps.len(),
                What::Types { .. } => counts.typed += 1,
                What::Shows { .. } => counts.shown += 1,
                What::Log { .. } => counts.logs += 1,
                What::Listing { .. } => counts.listings += 1,
                What::Unrun { commands, .. } => counts.unrun += commands.len(),
                What::Signal(_) | What::Prints { .. } | What::Key { .. } | What::File { .. } => counts.others += 1,
                // One without its comment is a fault.
                What::Picture { .. } => {}
            }
        }
        counts
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { commands, typed, shown, logs, listings, others, unrun } = self;
        write!(f, "[{commands}, {typed}, {shown}, {logs}, {listings}, {others}, {unrun}]")
    }
}
