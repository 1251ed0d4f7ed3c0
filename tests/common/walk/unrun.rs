//! Commands that need what no test has: a container engine, a cluster. They are not run, and the page says so where its
//! reader sees it. What they name is looked up all the same:
//!
//! - the programs, in two short lists,
//! - files of `deploy`: they exist,
//! - `ws101` with options: it takes them,
//! - `-n` namespaces, `-l` labels, `deployment/ws101` and the services of Compose: a manifest of `deploy` has them.

use super::outline::{Kind, outline};
use super::script::{Act, What};
use crate::common::program::without_options;
use crate::fences::words;
use crate::links::{files, root};
use crate::pages::page;
use std::collections::BTreeSet;
use std::process::Command;

/// What no test has.
const NEEDS: [&str; 2] = ["Docker", "a cluster"];

/// Programs without which a command would need none of that, and those that may stand beside them.
const PROGRAMS: [&str; 5] = ["docker", "hey", "istioctl", "kn", "kubectl"];
const BESIDE: [&str; 9] = ["curl", "cut", "grep", "head", "sleep", "sort", "uniq", "websocat", "ws101"];

/// Namespaces that the platforms bring along: what is in them is not ours.
const THEIRS: [&str; 4] = ["istio-system", "knative-serving", "kourier-system", "kube-system"];

/// Kinds of things in a cluster, as `kubectl` takes them in front of a name.
const KINDS: [&str; 6] =
    ["deployment", "horizontalpodautoscaler", "poddisruptionbudget", "secret", "service", "statefulset"];

/// What the reader is to see right above such commands.
fn label(needs: &str) -> String {
    format!("*Needs {needs}. Our test does not run this.*")
}

/// A fence that is not run, and does not say so on the page.
pub fn unlabelled(page: &str, act: &Act) -> Option<String> {
    let What::Unrun { needs, .. } = &act.what else { return None };
    let lines = outline(page);
    let above = lines[..act.at - 1].iter().rev();
    let last = above.filter(|(kind, line)| *kind == Kind::Prose && !line.is_empty()).map(|(_, line)| *line).next();
    let is_known = NEEDS.contains(&needs.as_str());
    let fault = match last == Some(label(needs).as_str()) {
        _ if !is_known => format!("what needs {needs:?}?"),
        false => format!("above it stands no {:?}", label(needs)),
        true => return None,
    };
    Some(format!("line {}: {fault}", act.at))
}

/// What the manifests name.
#[derive(Debug, Default)]
pub struct Manifests {
    /// `deployment/ws101`.
    resources: BTreeSet<String>,
    /// `app=ws101`, and whatever else is written like a label.
    pairs: BTreeSet<String>,
    /// The services of Compose.
    services: BTreeSet<String>,
}

impl Manifests {
    /// Those of `deploy`.
    pub fn all() -> Manifests {
        let texts: Vec<String> = files("deploy", "yaml").iter().map(|path| page(path)).collect();
        Manifests::of(&texts.join("\n---\n"))
    }

    /// Those of a text, with `---` between them.
    pub fn of(text: &str) -> Manifests {
        let mut found = Manifests::default();
        for document in text.split("\n---") {
            let lines: Vec<&str> = document.lines().map(uncommented).collect();
            let kind = lines.iter().find_map(|line| line.strip_prefix("kind: "));
            let name = under(&lines, "metadata").find_map(|line| line.strip_prefix("name: "));
            if let (Some(kind), Some(name)) = (kind, name) {
                found.resources.insert(format!("{}/{name}", kind.to_lowercase()));
            }
            found
                .services
                .extend(under(&lines, "services").filter_map(|line| line.strip_suffix(':')).map(str::to_owned));
            found
                .pairs
                .extend(lines.iter().filter_map(|line| line.trim().split_once(": ")).map(|(k, v)| format!("{k}={v}")));
        }
        found
    }
}

/// A line without what stands behind it.
fn uncommented(line: &str) -> &str {
    line.split(" #").next().unwrap_or_default().trim_end()
}

/// The lines of a mapping at the top, dedented by its two blanks; deeper ones are left out.
fn under<'a>(lines: &'a [&'a str], key: &'a str) -> impl Iterator<Item = &'a str> {
    let inside = lines.iter().skip_while(move |line| **line != format!("{key}:")).skip(1);
    let inside = inside.take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
    inside.filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '))
}

/// What is wrong with the commands of a fence, as far as that can be told.
pub fn faults(commands: &[String], known: &Manifests) -> Vec<String> {
    let parts: Vec<Vec<String>> = commands.iter().flat_map(|command| parts(command)).collect();
    let mut faults: Vec<String> = parts.iter().flat_map(|part| part_faults(part, known)).collect();
    let programs = parts.iter().filter_map(|part| part.first());
    if !programs.clone().any(|program| PROGRAMS.contains(&program.as_str())) {
        faults.push("it could be run: no program needs an engine or a cluster".to_owned());
    }
    let others = programs.filter(|program| !PROGRAMS.iter().chain(&BESIDE).any(|known| known == program));
    faults.extend(others.map(|program| format!("the program {program:?} is not in our lists")));
    faults
}

/// The commands in a line of bash, as their words. An assignment in front of one is left out.
fn parts(command: &str) -> Vec<Vec<String>> {
    let text = command.replace("\\\n", " ").replace([')', '"'], " ");
    let text = text.replace("$(", ";").replace("&&", ";").replace([';', '|'], " ; ");
    let mut found = vec![Vec::new()];
    for word in words(&text) {
        match word.as_str() {
            ";" | "&" => found.push(Vec::new()),
            word => found.last_mut().expect("one is there from the start").push(word.to_owned()),
        }
    }
    let is_assignment =
        |word: &String| word.split_once('=').is_some_and(|(name, _)| name.chars().all(is_of_a_variable));
    let without = |part: Vec<String>| part.into_iter().skip_while(is_assignment).collect();
    found.into_iter().map(without).filter(|part: &Vec<String>| !part.is_empty()).collect()
}

fn is_of_a_variable(character: char) -> bool {
    character.is_ascii_uppercase() || character == '_'
}

fn part_faults(part: &[String], known: &Manifests) -> Vec<String> {
    let mut faults: Vec<String> = part.iter().filter_map(|word| file_fault(word)).collect();
    faults.extend(own_options(part).and_then(option_fault));
    match part.first().map(String::as_str) {
        Some("docker") => faults.extend(part.iter().filter_map(|word| service_fault(word, known))),
        Some("kubectl") => faults.extend(cluster_faults(part, known)),
        _ => {}
    }
    faults
}

fn file_fault(word: &str) -> Option<String> {
    let path = word.rsplit('=').next().unwrap_or_default();
    (path.starts_with("deploy/") && !root().join(path).exists()).then(|| format!("there is no {path}"))
}

/// What a command hands to `ws101`: its own options, or those behind the image, or behind `--`.
fn own_options(part: &[String]) -> Option<&[String]> {
    let is_image = |word: &String| word.starts_with("ws101:") || word.contains("/ws101:");
    match part.first()?.as_str() {
        "ws101" => Some(&part[1..]),
        "docker" if part.get(1).is_some_and(|word| word == "run") => {
            part.iter().position(is_image).map(|at| &part[at + 1..])
        }
        "kubectl" => {
            let rest = &part[part.iter().position(|word| word == "--")? + 1..];
            rest.first().is_some_and(|word| word == "/ws101").then(|| &rest[1..])
        }
        _ => None,
    }
}

/// Asked for its help behind them, it reads them first.
fn option_fault(options: &[String]) -> Option<String> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_ws101"));
    without_options(&mut program);
    let said = program.args(options).arg("--help").output().expect("ws101 starts");
    let why = String::from_utf8_lossy(&said.stderr).lines().next().unwrap_or_default().to_owned();
    (!said.status.success()).then(|| format!("ws101 {}: {why}", options.join(" ")))
}

/// `ws=3`, or `ws101_ws` as a swarm calls it.
fn service_fault(word: &str, known: &Manifests) -> Option<String> {
    let (name, count) = word.split_once('=').unwrap_or((word, ""));
    let service = name.strip_prefix("ws101_");
    let is_count = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    let service = service.or(is_count.then_some(name).filter(|name| !name.starts_with('-')))?;
    (!known.services.contains(service)).then(|| format!("no file has the service {service:?}"))
}

fn cluster_faults(part: &[String], known: &Manifests) -> Vec<String> {
    let behind = |option: &str| part.iter().skip_while(|word| *word != option).nth(1).map(String::as_str);
    let namespace = behind("-n");
    if namespace.is_some_and(|name| THEIRS.contains(&name)) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    let mut hold = |holds: bool, fault: String| faults.extend((!holds).then_some(fault));
    if let Some(name) = namespace {
        hold(known.pairs.contains(&format!("namespace={name}")), format!("no manifest has the namespace {name:?}"));
    }
    if let Some(label) = behind("-l") {
        hold(known.pairs.contains(label), format!("no manifest has the label {label:?}"));
    }
    for word in part.iter().filter(|word| word.split_once('/').is_some_and(|(kind, _)| KINDS.contains(&kind))) {
        hold(known.resources.contains(word), format!("no manifest has {word}"));
    }
    faults
}
