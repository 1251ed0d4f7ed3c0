//! The pages, held against the program and the tree: what they show is what a reader gets.
//!
//! Three comments, which GitHub does not show, stand before a fence and say what it is:
//!
//! ```text
//! <!-- command: NAME -->                       curl, or printf with nc; `sleep 1` parts the writes
//! <!-- answer: NAME -->                        what that command prints
//! <!-- transcript: NAME at LEVEL OPTIONS -->   what a server with RUST_LOG=LEVEL says of it
//! ```
//!
//! The test takes the bytes out of the command, sends them to the program over TCP, and compares line by line. A line
//! `...` stands for any number of lines, and `[..]` in a line for any part of it. Client ports, durations and dates are not compared.
//!
//! Each check is also given something wrong, or nobody would know that it still sees anything.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

#[allow(dead_code, reason = "what is compared otherwise there")]
#[path = "common/pages/compare.rs"]
mod compare;

#[path = "common/fences.rs"]
mod fences;

#[path = "common/links.rs"]
mod links;

#[path = "common/rfc.rs"]
mod rfc;

use common::PATIENCE;
use common::program::Program;
use compare::{replaced, without_date, without_durations};
use fences::{Fence, fences, fits, matches, words};
use links::{PACKAGES, Page, dead_links, files, is_packed, missing_paths, page};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use ws101::probe::Fault;

/// Every marker there must be. One that is lost would be a transcript that nobody checks.
const MARKERS: [&str; 27] = [
    "README.md command: hello",
    "README.md transcript: hello at trace",
    "README.md command: upgrade",
    "README.md answer: upgrade",
    "docs/curl.md answer: upgrade-by-hand",
    "docs/curl.md answer: hello-in-one",
    "docs/curl.md answer: no-upgrade",
    "docs/curl.md command: bare-lf",
    "docs/curl.md command: hello-in-one",
    "docs/curl.md command: no-upgrade",
    "docs/curl.md command: origin",
    "docs/curl.md command: post",
    "docs/curl.md command: upgrade-by-hand",
    "docs/curl.md command: version-12",
    "docs/curl.md transcript: bare-lf at info",
    "docs/curl.md transcript: hello-in-one at debug",
    "docs/curl.md transcript: no-upgrade at debug",
    "docs/curl.md transcript: origin at info --origin https://example.org",
    "docs/curl.md transcript: post at info",
    "docs/curl.md transcript: upgrade-by-hand at debug",
    "docs/curl.md transcript: version-12 at info",
    "docs/logging.md command: conversation",
    "docs/logging.md command: fragments",
    "docs/logging.md transcript: conversation at debug",
    "docs/logging.md transcript: conversation at info",
    "docs/logging.md transcript: conversation at trace",
    "docs/logging.md transcript: fragments at debug",
];

// --- links and paths ---

#[test]
fn links_lead_somewhere() {
    let offences: Vec<String> = pages().iter().flat_map(dead_links).collect();
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}

/// Another one would be missing in a package, and nobody would know.
#[test]
fn packages_within_this_one_are_known() {
    let manifests = ["docs", "walkthrough"].into_iter().flat_map(|directory| files(directory, "toml"));
    let found: Vec<String> = manifests.filter_map(|path| Some(path.strip_suffix("/Cargo.toml")?.to_owned())).collect();
    assert_eq!(found, if is_packed() { Vec::new() } else { PACKAGES.map(str::to_owned).to_vec() });
}

#[test]
fn paths_exist() {
    let offences: Vec<String> = pages().iter().flat_map(missing_paths).collect();
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}

#[test]
fn dead_links_and_paths_are_seen() {
    let text =
        "# A b\n[x](nowhere.md) [y](#a-c) [z](#a-b) [u](https://a) `src/none.rs`, `../tests/no.rs` and src/lib.rs.";
    let page = Page { path: "README.md".to_owned(), text: text.to_owned() };
    assert_eq!(dead_links(&page), ["README.md: nowhere.md", "README.md: #a-c"]);
    assert_eq!(missing_paths(&page), ["README.md: src/none.rs", "README.md: tests/no.rs"]);
}

fn pages() -> Vec<Page> {
    let in_docs = files("docs", "md");
    assert!(in_docs.len() >= 6, "the pages are not there: {in_docs:?}");
    let in_deploy = files("deploy", "md");
    assert!(in_deploy.len() >= 5, "the pages of the labs are not there: {in_deploy:?}");
    let top = ["README.md".to_owned(), "CHANGELOG.md".to_owned()];
    top.iter().chain(&in_docs).chain(&in_deploy).map(|path| page(path)).collect()
}

// --- cited sections ---

#[test]
fn cited_sections_exist() {
    let sources = files("src", "rs").into_iter().map(|path| page(&path));
    let offences: Vec<String> = sources.chain(pages()).flat_map(|page| unknown_sections(&page)).collect();
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}

#[test]
fn an_unknown_section_is_seen() {
    let text = "s5.2 (s5.9), RFC 6455 s7.5; RFC 9112 s9.6 and s9.7; RFC 9110 s1, RFC 6455 s99.\nws101 10s s3pP s5. RFC 9110\ns7.7";
    let page = Page { path: "a".to_owned(), text: text.to_owned() };
    assert_eq!(unknown_sections(&page), ["a: s5.9", "a: s7.5", "a: s99"]);
}

fn unknown_sections(page: &Page) -> Vec<String> {
    rfc::unknown(&page.text).into_iter().map(|section| format!("{}: {section}", page.path)).collect()
}

// --- the map of the RFC ---

#[test]
fn the_map_has_every_section_that_has_no_sections_of_its_own() {
    let map = page("docs/rfc-map.md").text;
    let sections = rfc::sections();
    let from = sections.iter().position(|section| *section == "1.3").expect("a section");
    let to = sections.iter().position(|section| *section == "11").expect("a section");
    let leaf = |section: &&&str| !sections.iter().any(|other| other.starts_with(&format!("{section}.")));
    let missing = sections[from..to].iter().filter(leaf).filter(|section| !map.contains(&format!("\n| s{section} |")));
    assert_eq!(missing.copied().collect::<Vec<_>>(), Vec::<&str>::new());
}

/// The faults that docs/probe.md explains, with their sections, are those that there are, in their order.
#[test]
fn the_page_of_the_probe_has_every_fault() {
    let page = page("docs/probe.md").text;
    let table = page.split("| fault | section | what it means |").nth(1).expect("the table of faults");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let explained: Vec<String> = rows.map(|row| row.splitn(4, '|').take(3).collect::<Vec<_>>().join("|")).collect();
    let row = |fault: &Fault| format!("| `{}` | {} ", fault.word(), fault.section().word());
    assert_eq!(explained, Fault::ALL.iter().map(row).collect::<Vec<_>>());
}

#[test]
fn the_map_names_what_is_in_the_files() {
    let map = page("docs/rfc-map.md");
    let named = names(&map.text);
    assert!(named.len() > 50, "{} names", named.len());
    let offences: Vec<_> = named.into_iter().filter(|(path, name)| !defines(path, name)).collect();
    assert!(offences.is_empty(), "{offences:#?}");
}

#[test]
fn a_wrong_name_is_seen() {
    let found = names("| s5.2 | x `y` | [a](../src/protocol/rules.rs) `check`, `chuck`; [b](../tests/docs.rs) |");
    let expected = [("src/protocol/rules.rs", "check"), ("src/protocol/rules.rs", "chuck")];
    assert_eq!(found.iter().map(|(path, name)| (path.as_str(), name.as_str())).collect::<Vec<_>>(), expected);
    assert!(defines("src/protocol/rules.rs", "check") && !defines("src/protocol/rules.rs", "chuck"));
}

/// After a link to a source file: the words in backticks, up to the next link or the cell's end.
fn names(map: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in map.lines().filter(|line| line.starts_with('|')).flat_map(|line| line.split("](../").skip(1)) {
        let (path, rest) = part.split_once(')').expect("a whole link");
        let words = rest.split(['|', '[']).next().unwrap_or_default().split('`').skip(1).step_by(2);
        found.extend(words.map(|word| (path.to_owned(), word.to_owned())));
    }
    found
}

fn defines(path: &str, name: &str) -> bool {
    let text = page(path).text;
    let kinds = ["fn", "const", "struct", "enum", "type", "mod"];
    kinds.iter().any(|kind| {
        text.match_indices(&format!("{kind} {name}")).any(|(at, found)| {
            !text[at + found.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
        })
    })
}

// --- what a page takes from elsewhere ---

/// A page that the index does not name is one that nobody finds.
#[test]
fn the_index_names_every_page() {
    let index = page("docs/README.md").text;
    let pages = files("docs", "md").into_iter().filter(|path| path.matches('/').count() == 1);
    let missing: Vec<String> =
        pages.filter(|path| !index.contains(&format!("]({})", &path["docs/".len()..]))).collect();
    assert_eq!(missing, ["docs/README.md"]);
}

#[test]
fn the_manual_has_every_path_in_the_order_of_the_server() {
    let manual = page("docs/cli.md").text;
    let table = manual.split("\n| path | answer |\n").nth(1).expect("the table of paths");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let named: Vec<&str> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    assert_eq!(named, ws101::server::route::PATHS.map(|(path, _)| path));
}

#[test]
fn the_tree_of_the_source_has_every_folder() {
    let architecture = page("docs/architecture.md").text;
    let folders: BTreeSet<String> = files("src", "rs")
        .iter()
        .filter_map(|path| Some(path.split_once('/')?.1.split_once('/')?.0.to_owned()))
        .collect();
    assert!(folders.len() > 10, "{folders:?}");
    let missing: Vec<_> = folders.iter().filter(|name| !architecture.contains(&format!("\n  {name}/  "))).collect();
    assert!(missing.is_empty(), "not in docs/architecture.md: {missing:?}");
}

/// A file that was renamed has its old name in the tree until somebody looks for it.
#[test]
fn the_tree_of_the_source_names_what_is_there() {
    let there: Vec<String> = ["rs", "lua"].iter().flat_map(|ending| files("src", ending)).collect();
    let is_there = |(folder, name): &(String, String)| {
        there.iter().any(|path| path.starts_with(folder) && path.ends_with(&format!("/{name}")))
    };
    let (kept, gone): (Vec<_>, Vec<_>) =
        named_in_the_tree(&page("docs/architecture.md").text).into_iter().partition(is_there);
    assert!(kept.len() > 100 && gone.is_empty(), "{} are there; gone: {gone:?}", kept.len());
    let wrong = "```text\nsrc/\n  main.rs   a\n  wire/     b\n    tap.rs head.rs  c; in frames.rs: d\n```";
    let named = named_in_the_tree(wrong).into_iter();
    assert_eq!(
        named.filter(|name| !is_there(name)).collect::<Vec<_>>(),
        [("src/wire/".to_owned(), "head.rs".to_owned())]
    );
}

/// The files in the tree of the source, each with the folder below `src` that it stands under.
fn named_in_the_tree(page: &str) -> Vec<(String, String)> {
    let tree = page.split("```text\nsrc/\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the tree");
    let mut folder = "src/".to_owned();
    let mut named = Vec::new();
    for line in tree.lines() {
        let word = line.split_whitespace().next().unwrap_or_default();
        // Folders of folders have four blanks before them.
        if line.starts_with("  ") && !line.starts_with("   ") && word.ends_with('/') {
            folder = format!("src/{word}");
        }
        let names = line.split([' ', ',', ';', ':']).filter(|word| word.ends_with(".rs") || word.ends_with(".lua"));
        named.extend(names.map(|name| (folder.clone(), name.to_owned())));
    }
    named
}

/// The page of the figures is written anew after each run of the benchmarks; those of README.md are taken out of it.
#[test]
fn the_figures_of_the_first_page_are_those_of_the_tables() {
    let readme = page("README.md").text;
    let section =
        readme.split("\n## Figures\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the figures");
    let is_figure = |word: &&str| word.contains('.') && word.parse::<f64>().is_ok();
    let quoted: Vec<&str> = section.split(|c: char| c.is_whitespace() || c == '(').filter(is_figure).collect();
    assert!(quoted.len() >= 5, "{quoted:?}");
    let tables = page("docs/performance.md").text;
    let rows: Vec<&str> = tables.lines().filter(|line| line.starts_with("| ws101 |")).collect();
    let measured = |figure: &&str| rows.iter().any(|row| row.split_whitespace().any(|word| word == *figure));
    let stale: Vec<_> = quoted.into_iter().filter(|figure| !measured(figure)).collect();
    assert!(stale.is_empty(), "in no row of ws101 in docs/performance.md: {stale:?}");
}

// --- the first screen ---

#[test]
fn the_first_screen_says_how_to_test() {
    let readme = page("README.md").text;
    let screen: Vec<&str> = readme.lines().take(60).collect();
    let fenced = fences(&screen.join("\n")).into_iter().flat_map(|fence| fence.lines);
    assert!(fenced.into_iter().any(|line| line == "cargo test"));
}

// --- commands, answers, transcripts ---

#[test]
fn every_marker_is_there() {
    let found: BTreeSet<String> = pages().iter().flat_map(markers).collect();
    let wanted: BTreeSet<String> = MARKERS.map(str::to_owned).into();
    let lost: Vec<_> = wanted.difference(&found).collect();
    let new: Vec<_> = found.difference(&wanted).collect();
    assert!(lost.is_empty() && new.is_empty(), "lost: {lost:#?}\nnot in the list: {new:#?}");
}

#[test]
fn no_log_stands_without_a_marker() {
    let is_log = |line: &String| {
        let who = line.split_whitespace().nth(1).unwrap_or_default();
        who.starts_with("ws-") || who == "connect" && line.starts_with(|first: char| first.is_ascii_uppercase())
    };
    // Every fence of an answer is run by tests/walkthrough.rs.
    for page in pages().into_iter().filter(|page| !page.path.starts_with("docs/answers/")) {
        for fence in fences(&page.text).iter().filter(|fence| fence.lines.iter().any(is_log)) {
            // Logs of tests/console.rs, too.
            let kinds = ["transcript: ", "log: ", "console", "terminal"];
            let is_held = kinds.iter().any(|kind| fence.marker.starts_with(kind));
            assert!(is_held, "{}: {:#?}", page.path, fence.lines);
        }
    }
}

#[test]
fn transcripts_are_what_the_program_says() {
    let mut compared = 0;
    for page in pages() {
        let fences = fences(&page.text);
        for fence in &fences {
            let Some(proof) = Proof::of(&fence.marker) else { continue };
            let command = find(&page, &fences, &format!("command: {}", proof.name));
            let (answer, log) = proof.run(&steps(&command.join("\n")));
            compare(&page.path, &fence.marker, &fence.lines, &log);
            if let Some(wanted) = fences.iter().find(|other| other.marker == format!("answer: {}", proof.name)) {
                compare(&page.path, &wanted.marker, &without_curls_own(&wanted.lines), &shown(command, &answer));
            }
            compared += 1;
        }
    }
    assert_eq!(compared, MARKERS.iter().filter(|marker| marker.contains("transcript: ")).count());
}

/// A command without a transcript is only asked for its answer.
#[test]
fn answers_are_what_comes_back() {
    let page = page("README.md");
    let fences = fences(&page.text);
    let command = find(&page, &fences, "command: upgrade");
    let proof = Proof { name: "upgrade".to_owned(), level: "off".to_owned(), options: Vec::new() };
    let (answer, _) = proof.run(&steps(&command.join("\n")));
    let wanted = without_curls_own(find(&page, &fences, "answer: upgrade"));
    compare(&page.path, "answer: upgrade", &wanted, &shown(command, &answer));
}

#[test]
fn a_wrong_transcript_is_seen() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(matches(&lines("a\n...\nd"), &lines("a\nb\nc\nd")));
    assert!(matches(&lines("...\nb\n..."), &lines("a\nb\nc")));
    assert!(!matches(&lines("a\n...\nc"), &lines("a\nb\nc\nd")));
    assert!(!matches(&lines("a\nb"), &lines("a\nb\nc")));
    assert!(fits("a [..] d", "a b c d") && !fits("a [..] d", "a b c") && !fits("a[..]d", "b d"));
    let line = "INFO  ws-1 = open /ws from 127.0.0.1:52144, ended after 1.5ms: 1";
    assert_eq!(comparable(line), "INFO  ws-1 = open /ws from 127.0.0.1:PORT, ended after TIME: 1");
    assert_eq!(comparable("Date: Sat, 21 Nov 2026 12:44:32 GMT"), "Date: DAY");
}

#[test]
fn commands_are_read_as_a_shell_reads_them() {
    let printf = "{ printf 'a\\r\\n'\\\n'\\x81b'; sleep 1\n printf 'c'; } | nc localhost 8080";
    assert_eq!(steps(printf), [b"a\r\n\x81b".to_vec(), b"c".to_vec()]);
    let curl = "curl -i --max-time 3 -H 'A: b c' \\\n    -d xy http://localhost:8080/p";
    let request = "POST /p HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\nA: b c\r\n\
                   Content-Length: 2\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nxy";
    assert_eq!(steps(curl), [request.as_bytes()]);
    assert_eq!(xxd(b"HTTP/1.1 \x00"), ["00000000: 4854 5450 2f31 2e31 2000                 HTTP/1.1 ."]);
}

fn markers(page: &Page) -> Vec<String> {
    let known = |marker: &&str| ["command: ", "answer: ", "transcript: "].iter().any(|kind| marker.starts_with(kind));
    let found = fences(&page.text);
    found.iter().map(|f| f.marker.as_str()).filter(known).map(|marker| format!("{} {marker}", page.path)).collect()
}

fn find<'a>(page: &Page, fences: &'a [Fence], marker: &str) -> &'a Vec<String> {
    let fence = fences.iter().find(|fence| fence.marker == marker);
    &fence.unwrap_or_else(|| panic!("{}: no `{marker}`", page.path)).lines
}

fn compare(page: &str, marker: &str, wanted: &[String], came: &[String]) {
    let wanted: Vec<String> = wanted.iter().map(|line| comparable(line)).collect();
    let comparable: Vec<String> = came.iter().map(|line| comparable(line)).collect();
    assert!(
        matches(&wanted, &comparable),
        "{page}, `{marker}`\n--- the page says:\n{}\n--- the program says:\n{}\n",
        wanted.join("\n"),
        came.join("\n")
    );
}

/// A line without what differs from run to run.
fn comparable(line: &str) -> String {
    let line = replaced(line, "127.0.0.1:", |character| character.is_ascii_digit(), "PORT");
    without_date(&without_durations(&line)).trim_end().to_owned()
}

/// What curl says on its own account, on stderr.
fn without_curls_own(lines: &[String]) -> Vec<String> {
    let said = lines.iter().filter(|line| !line.starts_with("curl: ")).cloned().collect::<Vec<_>>().join("\n");
    said.trim_end().lines().map(str::to_owned).collect()
}

/// The answer as the command's last program shows it.
fn shown(command: &[String], answer: &[u8]) -> Vec<String> {
    if command.last().is_some_and(|line| line.ends_with("| xxd")) {
        return xxd(answer);
    }
    let text = String::from_utf8_lossy(answer).replace("\r\n", "\n");
    text.trim_end().lines().map(str::to_owned).collect()
}

fn xxd(bytes: &[u8]) -> Vec<String> {
    let row = |(number, row): (usize, &[u8])| {
        let pairs = row.chunks(2).map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        let hex = pairs.collect::<Vec<_>>().join(" ");
        let ascii = row.iter().map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' });
        format!("{:08x}: {hex:<39}  {}", number * 16, ascii.collect::<String>())
    };
    bytes.chunks(16).enumerate().map(row).collect()
}

// --- the bytes of a command ---

/// What a command writes, write by write.
fn steps(command: &str) -> Vec<Vec<u8>> {
    let command = command.replace("\\\n", "");
    if command.starts_with("curl ") { vec![request(&command)] } else { command.split("sleep 1").map(printed).collect() }
}

/// What the printfs in a part of a script print.
fn printed(script: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for printf in script.split("printf ").skip(1) {
        let quoted = printf.split('\'').skip(1).step_by(2);
        quoted.for_each(|text| bytes.extend(unescaped(text)));
    }
    assert!(!bytes.is_empty(), "nothing is printed in {script}");
    bytes
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        bytes.extend(before.bytes());
        let (byte, len) = match escape.as_bytes() {
            [b'r', ..] => (b'\r', 1),
            [b'n', ..] => (b'\n', 1),
            [b'x', ..] => (u8::from_str_radix(&escape[1..3], 16).expect("two hex digits"), 3),
            _ => panic!("an unknown escape in {text}"),
        };
        bytes.push(byte);
        rest = &escape[len..];
    }
    bytes.extend(rest.bytes());
    bytes
}

/// The request that curl 7.88.1 makes of its arguments.
fn request(command: &str) -> Vec<u8> {
    let words = words(command);
    let mut words = words.iter().map(String::as_str).skip(1);
    let (mut path, mut fields, mut body) = ("", String::new(), "");
    while let Some(word) = words.next() {
        match word {
            "-H" => fields.push_str(&format!("{}\r\n", words.next().expect("a field"))),
            "-d" => body = words.next().expect("data"),
            "--max-time" => drop(words.next()),
            "-i" | "-iN" => {}
            url => path = url.strip_prefix("http://localhost:8080").unwrap_or_else(|| panic!("an unknown word: {url}")),
        }
    }
    let method = if body.is_empty() { "GET" } else { "POST" };
    if !body.is_empty() {
        let kind = "application/x-www-form-urlencoded";
        fields.push_str(&format!("Content-Length: {}\r\nContent-Type: {kind}\r\n", body.len()));
    }
    let own = "Host: localhost:8080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n";
    format!("{method} {path} HTTP/1.1\r\n{own}{fields}\r\n{body}").into_bytes()
}

// --- the program ---

/// What a transcript's marker asks for.
struct Proof {
    name: String,
    level: String,
    options: Vec<String>,
}

impl Proof {
    fn of(marker: &str) -> Option<Proof> {
        let (name, how) = marker.strip_prefix("transcript: ")?.split_once(" at ").expect("NAME at LEVEL");
        let mut how = how.split_whitespace().map(str::to_owned);
        Some(Proof { name: name.to_owned(), level: how.next().expect("a level"), options: how.collect() })
    }

    /// Starts the program and talks to it. What it answers, and what it logs of the connection.
    fn run(&self, steps: &[Vec<u8>]) -> (Vec<u8>, Vec<String>) {
        let options: Vec<&str> = self.options.iter().map(String::as_str).collect();
        let program = Program::start(&self.level, &options);
        let answer = talk(program.addr, steps);
        let log = if self.level == "off" { Vec::new() } else { log_of_the_first(&program) };
        (answer, log)
    }
}

/// After each write the answer is awaited, as a person would; after the last, the end.
fn talk(addr: SocketAddr, steps: &[Vec<u8>]) -> Vec<u8> {
    let mut stream = TcpStream::connect_timeout(&addr, PATIENCE).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    let mut answer = Vec::new();
    for step in steps {
        stream.write_all(step).expect("the program reads");
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).expect("an answer in time");
        answer.extend_from_slice(&buffer[..count]);
    }
    // The program may have ended the connection before: then there is nothing to shut down.
    let _ = stream.shutdown(Shutdown::Write);
    stream.read_to_end(&mut answer).expect("the end in time");
    answer
}

/// The lines of the first connection, to its last.
fn log_of_the_first(program: &Program) -> Vec<String> {
    program.wait_for(" = ended after ");
    let is_first = |line: &String| line.split_whitespace().nth(1) == Some("ws-1");
    let mut lines: Vec<String> = program.lines().into_iter().skip_while(|line| !is_first(line)).collect();
    let last = lines.iter().position(|line| is_first(line) && line.contains(" = ended after "));
    lines.truncate(last.expect("its last line") + 1);
    lines
}
