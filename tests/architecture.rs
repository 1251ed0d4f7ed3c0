//! The house rules that a machine can hold: what imports what, what may panic, how long things are.
//!
//! The sources are read as text and not compiled, so a rule that is broken is named by file and line. Comments and
//! literals are blanked out first: what stands in them is not code. Each check is also given a planted offence, or
//! nobody would know that it still sees anything.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The rooms of the house from the inside out, in the order in which lib.rs tells to read them. A room may import those
/// before it; lib.rs and main.rs stand outside and may import all.
const ROOMS: [&str; 14] = [
    "protocol", "wire", "feed", "server", "client", "compare", "decode", "quiz", "connect", "probe", "check", "broken",
    "cli", "command",
];

/// Two rooms that stand side by side: the one that comes later may not import the other all the same. A client that knew
/// its server's code could not be used to find fault with it.
const STRANGERS: [(&str, &str); 6] = [
    ("client", "server"),
    ("decode", "server"),
    ("quiz", "server"),
    ("connect", "server"),
    ("probe", "server"),
    ("check", "server"),
];

/// What is written by hand a second time, so that the first can be held against it: it may import no room.
const ALONE: &str = "broken";

/// What the pure room must not touch: sockets, threads, clocks, the process around it.
const IMPURE: [&str; 13] = [
    "std::env",
    "std::fs",
    "std::io::stderr",
    "std::io::stdin",
    "std::io::stdout",
    "std::net",
    "std::os",
    "std::process",
    "std::sync",
    "std::thread",
    "std::time",
    "tungstenite::connect",
    "tungstenite::stream",
];

/// What it may use all the same: an address is a value, and opens nothing.
const VALUES: [&str; 4] = ["std::net::IpAddr", "std::net::Ipv4Addr", "std::net::Ipv6Addr", "std::net::SocketAddr"];

/// The crates that the pure room may use.
const PURE_CRATES: [&str; 3] = ["httparse", "ppp", "tungstenite"];

const PRINTING: [&str; 11] =
    ["trace", "debug", "info", "warn", "error", "log", "print", "println", "eprint", "eprintln", "dbg"];

const LONGEST_FUNCTION: usize = 60;
const LONGEST_FILE: usize = 450;

#[test]
fn the_protocol_is_pure() {
    hold(|source| impurities(source, &dependencies(&read("Cargo.toml"))));
}

#[test]
fn imports_point_inward() {
    hold(outward_imports);
}

#[test]
fn the_rooms_stand_in_lib_rs_in_this_order() {
    let text = read("src/lib.rs");
    // A line of the list names one room or two: "4. [`cli`] and [`command`]: ...".
    let list =
        text.lines().filter(|line| line.starts_with("//! ") && line[4..].starts_with(|c: char| c.is_ascii_digit()));
    let named: Vec<&str> =
        list.flat_map(|line| line.split("[`").skip(1)).filter_map(|rest| rest.split('`').next()).collect();
    assert_eq!(named, ROOMS);
}

#[test]
fn nothing_panics_on_purpose() {
    hold(panics);
}

#[test]
fn every_file_begins_with_its_rule() {
    hold(missing_module_doc);
}

#[test]
fn functions_and_files_stay_short() {
    hold(long_functions);
    hold(long_file);
}

/// Runs a check over every file under src.
fn hold(check: impl Fn(&Source) -> Vec<String>) {
    let mut files = Vec::new();
    collect(Path::new("src"), &mut files);
    assert!(files.len() > ROOMS.len(), "the sources are not there: {files:?}");
    let offences: Vec<String> = files.iter().flat_map(|path| check(&Source::new(path, &read(path)))).collect();
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}

fn collect(directory: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(root().join(directory)).expect("a directory of the crate") {
        let entry = entry.expect("a readable directory");
        let path = directory.join(entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path.to_str().expect("a name in UTF-8").replace('\\', "/"));
        }
    }
    files.sort();
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One file: as it is, as code alone, and as code without its unit tests. Lines and columns are the same in all three.
struct Source {
    path: String,
    text: String,
    code: String,
    production: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Source {
        let code = code_of(text);
        let production = without_tests(&code);
        Source { path: path.to_owned(), text: text.to_owned(), code, production }
    }

    /// `src/protocol/head.rs` is in `["protocol", "head"]`, `src/protocol/mod.rs` in `["protocol"]`.
    fn module(&self) -> Vec<&str> {
        let inner = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        inner.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main")).collect()
    }

    fn offence(&self, at: usize, what: impl std::fmt::Display) -> String {
        let line = self.text[..at].matches('\n').count() + 1;
        format!("{}:{line}: {what}", self.path)
    }
}

// --- the checks ---

fn impurities(source: &Source, dependencies: &[String]) -> Vec<String> {
    if source.module().first() != Some(&"protocol") {
        return Vec::new();
    }
    let foreign = |path: &str| {
        let first = path.split("::").next().unwrap_or_default();
        dependencies.iter().any(|name| name == first) && !PURE_CRATES.contains(&first)
    };
    let mut offences = Vec::new();
    for (at, path) in resolved_paths(source) {
        let is_value = VALUES.iter().any(|value| is_within(&path, value));
        if foreign(&path) || !is_value && IMPURE.iter().any(|impure| is_within(&path, impure)) {
            offences.push(source.offence(at, format!("{path} in the pure room")));
        }
    }
    for (at, word) in words(&source.production) {
        if PRINTING.contains(&word) && source.production[at + word.len()..].starts_with("!(") {
            offences.push(source.offence(at, format!("{word}! in the pure room")));
        }
    }
    offences
}

fn outward_imports(source: &Source) -> Vec<String> {
    let module = source.module();
    let from = match module.first() {
        None => return Vec::new(),
        Some(room) => match ring(room) {
            Some(ring) => ring,
            None => return vec![source.offence(0, format!("{room} is no room that ROOMS knows"))],
        },
    };
    let mut offences = Vec::new();
    for (at, path) in resolved_paths(source) {
        let Some(room) = path.strip_prefix("crate::").and_then(|inner| inner.split("::").next()) else { continue };
        let is_stranger = STRANGERS.contains(&(module[0], room)) || module[0] == ALONE && room != ALONE;
        if is_stranger || ring(room).is_none_or(|to| to > from) {
            offences.push(source.offence(at, format!("{} must not import {room}", module[0])));
        }
    }
    offences
}

fn ring(room: &str) -> Option<usize> {
    ROOMS.iter().position(|known| *known == room)
}

fn panics(source: &Source) -> Vec<String> {
    let loud = [".unwrap()", ".expect(", ".unwrap_err()", ".expect_err(", "panic!", "todo!", "unimplemented!"];
    let found = loud.iter().flat_map(|word| source.production.match_indices(word));
    found.map(|(at, word)| source.offence(at, format!("{word} outside of tests"))).collect()
}

fn missing_module_doc(source: &Source) -> Vec<String> {
    if source.text.starts_with("//! ") { Vec::new() } else { vec![source.offence(0, "no `//!` on the first line")] }
}

fn long_functions(source: &Source) -> Vec<String> {
    let functions = words(&source.code).filter(|(_, word)| *word == "fn");
    let lengths = functions.filter_map(|(at, _)| {
        let body = source.code[at..item_end(&source.code[at..])? + at].matches('\n').count() + 1;
        (body > LONGEST_FUNCTION).then(|| source.offence(at, format!("a function of {body} lines")))
    });
    lengths.collect()
}

fn long_file(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    if lines <= LONGEST_FILE { Vec::new() } else { vec![format!("{}:{lines}: a file that long", source.path)] }
}

// --- paths ---

/// Every path of the code that is not a test, from its crate on: imports, and paths written out where they are used.
fn resolved_paths(source: &Source) -> Vec<(usize, String)> {
    let imports = imports(&source.production);
    let names: BTreeMap<&str, &str> =
        imports.iter().map(|import| (import.name.as_str(), import.path.as_str())).collect();
    let code = without_imports(&source.production);
    let written_out = inline_paths(&code).map(|(at, path)| {
        let (first, rest) = path.split_once("::").unwrap_or((path, ""));
        (at, names.get(first).map_or(path.to_owned(), |full| format!("{full}::{rest}")))
    });
    let imported = imports.iter().map(|import| (import.at, import.path.clone()));
    imported.chain(written_out).map(|(at, path)| (at, absolute(&path, &source.module()))).collect()
}

/// `super::head::Request` in `protocol::session` is `crate::protocol::head::Request`.
fn absolute(path: &str, module: &[&str]) -> String {
    let mut place = module.to_vec();
    let mut rest = path;
    match path.split("::").next() {
        Some("crate" | "ws101") => place.clear(),
        Some("super") => {
            while let Some(outer) = rest.strip_prefix("super::") {
                place.pop();
                rest = outer;
            }
        }
        Some("self") => {}
        Some("core" | "alloc") => return path.replacen("core", "std", 1).replacen("alloc", "std", 1),
        _ => return path.to_owned(),
    }
    let inner = ["crate::", "ws101::", "self::"].iter().find_map(|start| rest.strip_prefix(start)).unwrap_or(rest);
    let outer = place.iter().flat_map(|part| [*part, "::"]).collect::<String>();
    format!("crate::{outer}{inner}")
}

fn is_within(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

struct Import {
    at: usize,
    path: String,
    /// What it is called in this file.
    name: String,
}

/// `use a::{b, c as d};` is `a::b`, called `b`, and `a::c`, called `d`.
fn imports(code: &str) -> Vec<Import> {
    let statements = words(code).filter(|(at, word)| *word == "use" && code[at + 3..].starts_with(' '));
    let leaves = statements.flat_map(|(at, _)| {
        let tree = code[at + 4..].split(';').next().unwrap_or_default();
        leaves(tree.trim()).into_iter().map(move |leaf| (at, leaf))
    });
    leaves.map(|(at, leaf)| import(at, &leaf)).collect()
}

fn import(at: usize, leaf: &str) -> Import {
    let (path, alias) = leaf.split_once(" as ").map_or((leaf, None), |(path, alias)| (path, Some(alias)));
    let path = path.trim().trim_end_matches("::self").to_owned();
    let last = path.rsplit("::").next().unwrap_or_default();
    let name = alias.unwrap_or(last).trim().to_owned();
    Import { at, path, name }
}

fn leaves(tree: &str) -> Vec<String> {
    let Some((prefix, group)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let group = group.rsplit_once('}').map_or(group, |(inner, _)| inner);
    let branches = split_outside_braces(group).into_iter().filter(|branch| !branch.trim().is_empty());
    branches.flat_map(leaves).map(|leaf| format!("{}{leaf}", prefix.trim())).collect()
}

fn split_outside_braces(group: &str) -> Vec<&str> {
    let mut depth = 0;
    group
        .split(|character| {
            depth += i32::from(character == '{') - i32::from(character == '}');
            character == ',' && depth == 0
        })
        .collect()
}

/// `io::Result` of `fn read() -> io::Result<()>`: words joined by `::`, at least two.
fn inline_paths(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | ':');
    let mut end = 0;
    words(code).filter_map(move |(at, _)| {
        if at < end {
            return None;
        }
        let path = code[at..].split(|character| !is_part(character)).next().unwrap_or_default();
        end = at + path.len();
        let path = path.trim_end_matches(':');
        path.contains("::").then_some((at, path))
    })
}

/// Names and keywords with their places.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    code.split(|character: char| !character.is_alphanumeric() && character != '_').filter_map(move |word| {
        let start = at;
        at += word.len();
        at += code[at..].chars().next().map_or(0, char::len_utf8);
        (!word.is_empty()).then_some((start, word))
    })
}

/// The names of `[dependencies]`, as code writes them.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if let Some((name, _)) = line.split_once('=').filter(|_| inside) {
            names.push(name.trim().replace('-', "_"));
        }
    }
    names
}

// --- text ---

/// The text with comments and literals replaced by blanks, every line where it was.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = not_code(rest);
        let (passed, after) = rest.split_at(skipped.max(first.len_utf8()));
        let start = code.len();
        code.push_str(passed);
        if skipped > 0 {
            blank(&mut code, start, start + skipped);
        }
        rest = after;
    }
    code
}

/// How many bytes at the start of `rest` are a comment or a literal.
fn not_code(rest: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return rest.find("*/").map_or(rest.len(), |end| end + 2);
    }
    let raw = rest.strip_prefix('r').map(|after| after.len() - after.trim_start_matches('#').len());
    if let Some(hashes) = raw.filter(|hashes| rest[1 + hashes..].starts_with('"')) {
        let end = format!("\"{}", "#".repeat(hashes));
        return rest[2 + hashes..].find(&end).map_or(rest.len(), |at| 2 + hashes + at + end.len());
    }
    match rest.as_bytes() {
        [b'"', ..] => closing(rest, '"'),
        [b'\'', b'\\', ..] => closing(rest, '\''),
        // 'a' is a literal, 'a alone a lifetime.
        [b'\'', ..] => match rest.char_indices().nth(2) {
            Some((at, '\'')) => at + 1,
            _ => 0,
        },
        _ => 0,
    }
}

/// The length of a literal that ends with `quote`; a backslash takes the meaning of the next character.
fn closing(literal: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in literal.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    literal.len()
}

/// The code without its `use` statements.
fn without_imports(code: &str) -> String {
    let mut rest = code.to_owned();
    for (at, _) in words(code).filter(|(at, word)| *word == "use" && code[at + 3..].starts_with(' ')) {
        let end = code[at..].find(';').map_or(code.len(), |len| at + len);
        blank(&mut rest, at, end);
    }
    rest
}

/// The code with everything blanked out that stands under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut code = code.to_owned();
    while let Some(start) = code.find(MARK) {
        let end = item_end(&code[start + MARK.len()..]).map_or(code.len(), |len| start + MARK.len() + len);
        blank(&mut code, start, end);
    }
    code
}

/// A byte becomes a blank, so that what follows keeps its place.
fn blank(code: &mut String, start: usize, end: usize) {
    let blanks: String = code[start..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    code.replace_range(start..end, &blanks);
}

/// Where an item ends that begins here: after its block, or at its semicolon. `None`: it has neither.
fn item_end(code: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, character) in code.char_indices() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' => depth -= 1,
            ';' if depth == 0 => return Some(at + 1),
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

mod planted {
    use super::*;

    fn in_protocol(text: &str) -> Vec<String> {
        let dependencies = ["log", "tungstenite", "rand", "socket2"].map(str::to_owned);
        impurities(&Source::new("src/protocol/x.rs", text), &dependencies)
    }

    fn imports_of(path: &str, text: &str) -> usize {
        outward_imports(&Source::new(path, text)).len()
    }

    #[test]
    fn an_impure_line_is_named() {
        let offences = in_protocol("//! Doc.\n\nuse std::net::TcpStream;\n");
        assert_eq!(offences, ["src/protocol/x.rs:3: std::net::TcpStream in the pure room"]);
    }

    #[test]
    fn impurity_is_found_wherever_it_hides() {
        for text in [
            "use std::{fmt, time::Instant};",
            "use std::{\n    fmt,\n    sync::{Arc, Mutex},\n};",
            "fn now() -> u64 { std::time::Instant::now() }",
            "use std as s; fn home() { s::env::var(0) }",
            "use std::io; fn f() { io::stdout() }",
            "use core::time::Duration;",
            "use log::info;",
            "fn f() { info!(1) }",
            "fn f() { println!(1) }",
            "use rand;",
            "fn f() { socket2::Socket::new() }",
            "use tungstenite::connect;",
        ] {
            assert!(!in_protocol(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_pure_passes() {
        for text in [
            "use std::io::{self, Read, Write}; use std::borrow::Cow; fn f() -> io::Result<()> {}",
            "use super::close::{self, Close}; fn f() { close::meaning(1) }",
            "/// [`std::net`] is not used; println!(1)\nconst A: &str = \"std::net::TcpStream\";",
            "#[cfg(test)]\nmod tests {\n    use std::net::TcpStream;\n}",
            "use tungstenite::protocol::Role;",
            "use std::net::{IpAddr, SocketAddr}; fn f() { IpAddr::V4(0) }",
        ] {
            assert_eq!(in_protocol(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn imports_outward_are_found_however_they_are_written() {
        let cases = [
            ("src/protocol/x.rs", "use crate::wire::lines;", 1),
            ("src/protocol/x.rs", "use super::super::wire::lines;", 1),
            ("src/protocol/mod.rs", "use super::server;", 1),
            ("src/protocol/x.rs", "use super::{close, super::cli};", 1),
            ("src/wire/x.rs", "fn f() { crate::server::start() }", 1),
            ("src/server/deep/x.rs", "use crate::cli::Cli;", 1),
            ("src/cli.rs", "use crate::{command, server};", 1),
            ("src/cli.rs", "use crate::*;", 1),
            ("src/attic/x.rs", "", 1),
            ("src/client/x.rs", "use crate::server::socket;", 1),
            ("src/client/deep/x.rs", "fn f() { crate::server::start() }", 1),
            ("src/client/x.rs", "use crate::compare::Rate;", 1),
            ("src/server/x.rs", "use crate::client::Url;", 1),
            ("src/client/x.rs", "use crate::protocol::session; use crate::wire::escape;", 0),
            ("src/compare/x.rs", "use crate::{client::Url, server::Config};", 0),
            ("src/wire/x.rs", "use crate::protocol::head; use super::lines; use std::io;", 0),
            ("src/server/deep/x.rs", "use super::super::connection; use crate::wire::tap;", 0),
            ("src/command/x.rs", "use crate::{cli, protocol, server, wire};", 0),
            ("src/main.rs", "use ws101::command;", 0),
        ];
        for (path, text, expected) in cases {
            assert_eq!(imports_of(path, text), expected, "{path}: {text}");
        }
    }

    #[test]
    fn what_may_panic_is_found_outside_of_tests_only() {
        let text = "fn f() { a.unwrap_or(b); x\n.unwrap() }\n#[cfg(test)]\nmod t { fn g() { y.unwrap(); } }\nfn h() { todo!() }";
        let offences = panics(&Source::new("src/x.rs", text));
        assert_eq!(offences, ["src/x.rs:2: .unwrap() outside of tests", "src/x.rs:5: todo! outside of tests"]);
    }

    #[test]
    fn a_file_without_its_rule_is_found() {
        assert_eq!(missing_module_doc(&Source::new("src/x.rs", "use std::io;\n")).len(), 1);
        assert_eq!(missing_module_doc(&Source::new("src/x.rs", "//! Doc.\n")).len(), 0);
    }

    #[test]
    fn long_things_are_measured() {
        let function =
            |lines: usize| format!("//! Doc.\nfn f(a: [u8; 4]) {{\n{}}}\n", "    g(\"}\");\n".repeat(lines - 2));
        let found = |lines| long_functions(&Source::new("src/x.rs", &function(lines)));
        assert_eq!(found(LONGEST_FUNCTION), [""; 0]);
        assert_eq!(found(LONGEST_FUNCTION + 1), ["src/x.rs:2: a function of 61 lines"]);
        assert_eq!(long_file(&Source::new("src/x.rs", &"\n".repeat(LONGEST_FILE))).len(), 0);
        assert_eq!(long_file(&Source::new("src/x.rs", &"\n".repeat(LONGEST_FILE + 1))).len(), 1);
    }

    #[test]
    fn literals_and_comments_are_not_code() {
        let text = "a(\"\\\"{\", b'{', '\\'', r#\"\"{\"#, &'a str) /* { */ // {\n{é\n";
        let code = code_of(text);
        assert_eq!(code.matches('{').count(), 1);
        assert_eq!(code.find('\n'), text.find('\n'));
        assert!(code.contains("&'a str"));
    }

    #[test]
    fn dependencies_of_every_table_are_known() {
        let manifest =
            "[package]\nname = \"x\"\n[dependencies]\na-b = \"1\"\n[target.'cfg(unix)'.dependencies]\nc = \"1\"\n";
        assert_eq!(dependencies(manifest), ["a_b", "c"]);
    }
}
