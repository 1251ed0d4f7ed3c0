//! A class is graded, by the very lines of the instructor's guide, and the guide's tables are held against what they count.
//!
//! ```text
//! <!-- grading: file NAME -->   a fence that a reader saves under this name
//! <!-- grading: hand out -->    the line that packs what students get
//! <!-- grading: unpack -->      the line that makes directories of archives
//! <!-- grading: run -->         the line that grades, typed where the file is
//! <!-- grading: run alone -->   the same for strangers' programs
//! <!-- grading: list -->        what the list of grades is then
//! <!-- grading: points -->      the line that makes points of the list
//! <!-- grading: years -->       the lines that ask next year's servers what this year's were asked
//! <!-- grading: none -->        lines that no test runs, and the page says why
//! <!-- grading: plan 90 -->     before a table of minutes, which are so many together
//! <!-- grading: minutes -->     before the table of minutes a chapter
//! <!-- grading: tools -->       before the table of what chapters need besides
//! ```
//!
//! `BLESS=1 cargo test --test exercises grading -- --include-ignored` writes the list and the minutes of the chapters anew.

use crate::fences::{Fence, Part, fences, parts};
use crate::pages::steps::steps;
use rustix::process::{Pid, test_kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use ws101::broken;

/// The page, from the root of the repository.
const PAGE: &str = "docs/instructor.md";

/// Where the answers in Python are, whose numbers say how many stages they pass.
const ANSWERS: &str = "docs/answers/build-your-own-server/python";

/// So many minutes may an entry of the table be off. A chapter that is edited a little need not be counted anew.
const NEAR: usize = 5;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    fs::read_to_string(root().join(PAGE)).expect("the page")
}

/// The fence with this marker, line by line.
fn lines(marker: &str) -> Vec<String> {
    let marker = format!("grading: {marker}");
    let found: Vec<Fence> = fences(&page()).into_iter().filter(|fence| fence.marker == marker).collect();
    assert_eq!(found.len(), 1, "fences below <!-- {marker} -->");
    found.into_iter().next().expect("one").lines
}

fn text(marker: &str) -> String {
    lines(marker).join("\n") + "\n"
}

// --- a room with a class in it ---

/// A directory of its own, which has the files that the page tells to save.
struct Room(PathBuf);

impl Room {
    fn new(name: &str) -> Room {
        let path = std::env::temp_dir().join(format!("ws101 grading {name} {}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a directory");
        let room = Room(path);
        for file in ["grade", "alone"] {
            room.write(file, text(&format!("file {file}")));
        }
        room
    }

    fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text).expect("it can be written");
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// A submission that is a server in Python, which passes so many stages.
    fn hand_in(&self, name: &str, answer: &str, run: impl AsRef<[u8]>) {
        let server = fs::read_to_string(root().join(ANSWERS).join(answer)).expect("an answer");
        self.write(&format!("submissions/{name}/server.py"), &server);
        self.write(&format!("submissions/{name}/run"), run);
    }

    /// What a teacher types, typed here.
    fn bash(&self, commands: &str) -> Output {
        let program = Path::new(env!("CARGO_BIN_EXE_ws101")).parent().expect("a directory");
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
        let mut bash = Command::new("bash");
        crate::common::program::without_options(&mut bash);
        bash.args(["-c", commands]).env("PATH", path).env_remove("ALONE").current_dir(&self.0).stdin(Stdio::null());
        bash.output().expect("bash runs")
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The class of the page.
fn class(room: &Room) {
    room.hand_in("ada", "14_clients.py", "python3 server.py {port}\n");
    // As a learning platform hands it out, and packed with its directory.
    room.hand_in("bob", "05_send.py", "python3 server.py {port}\n");
    room.bash("mkdir handed-in && cd submissions && python3 -m zipfile -c ../handed-in/bob.zip bob && rm -r bob");
    room.write("submissions/carol/run", "python3 sevrer.py {port}\n");
    room.write("submissions/dora/run", "exec sleep 1000 # {port}\n");
    room.write("submissions/erik/README", "I could not finish it.\n");
    // Saved on Windows, and in another language.
    let line = "\u{feff}sh start.sh {port}\r\n";
    room.hand_in("frida", "03_accept.py", line.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    room.write("submissions/frida/build", "echo 'exec python3 server.py \"$1\"' > start.sh\n");
    room.hand_in("gus", "04_refuse.py", "yes 'so many clients' & exec python3 server.py {port}\n");
    room.hand_in("hana", "02_upgrade.py", "sleep 1000 & echo $! > child; exec python3 server.py {port}\n");
    room.hand_in("ivo", "14_clients.py", "python3 server.py {port} & :\n");
    room.write("submissions/kim/run", "python3 mute.py {port}\n");
    room.write("submissions/kim/mute.py", MUTE);
    room.write("submissions/lea/run", "kill -9 $PPID\n");
    room.hand_in("o'Neil, \"Jo\"", "09_ping.py", "python3 server.py {port}\n");
}

/// A server that keeps every client and tells it nothing.
const MUTE: &str = "\
import socket, sys
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
clients = []
while True: clients.append(listener.accept())
";

/// A process that has ended and that nobody has asked for its status is no more there: a container has often nobody who does.
fn is_there(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let has_ended = stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'));
    let pid = Pid::from_raw(pid.parse().expect("a number")).expect("a process");
    test_kill_process(pid).is_ok() && !has_ended
}

#[test]
#[ignore = "needs bash, python3 and unzip"]
fn a_class_is_graded_by_the_lines_of_the_page() {
    let room = Room::new("class");
    class(&room);
    assert!(room.bash(&text("unpack")).status.success(), "the archives are not unpacked");
    let output = room.bash(&text("run"));
    let (grades, said) = (room.read("grades.csv"), String::from_utf8_lossy(&output.stderr).into_owned());
    if std::env::var_os("BLESS").is_some() {
        return bless(&grades);
    }
    assert_eq!(grades, text("list"), "the list of the page and what came:\n{said}");
    // Nobody is left out, and nobody's failure ends the class.
    assert_eq!(said.lines().filter(|line| line.ends_with(" s")).count(), 12, "{said}");
    for (name, words) in [
        ("carol.log", "can't open file"),
        ("dora.log", "after 10 s nobody listens on port"),
        ("erik.log", "no command stands in the file run"),
        ("erik.log", "README"),
        ("lea.log", "the check was ended before"),
        ("ivo.log", "keep it in the foreground"),
        ("bob.xml", "ws/5.3/1"),
        ("o'Neil, \"Jo\".xml", "<testsuites name=\"ws101 check"),
    ] {
        let report = room.read(&format!("reports/{name}"));
        assert!(report.contains(words), "reports/{name} has no {words:?}:\n{report}");
    }
    room.bash(&text("points"));
    let points = room.read("points.csv");
    let has = |line: &str| points.lines().any(|found| found.starts_with(line));
    let lines =
        ["points,name,stages_passed,", "100,ada,14,", "34,bob,5,", "0,carol,0,", "63,\"o'Neil, \"\"Jo\"\"\",9,"];
    assert!(lines.into_iter().all(has), "{points}");
    let child = room.read("submissions/hana/child");
    assert!(!is_there(child.trim()), "the child of hana's server is still there");
}

/// Writes the list into the page.
fn bless(grades: &str) {
    let (page, begin) = (page(), "<!-- grading: list -->\n```text\n");
    let (before, rest) = page.split_once(begin).expect("the list");
    let (_, after) = rest.split_once("```\n").expect("its end");
    fs::write(root().join(PAGE), format!("{before}{begin}{grades}```\n{after}")).expect("it can be written");
}

#[test]
#[ignore = "needs bash and python3"]
fn one_that_builds_without_end_holds_nobody_up() {
    let room = Room::new("build");
    // The same script, with less patience.
    let script = text("file grade").replace("timeout -k 10s 5m", "timeout -k 1s 1s");
    assert_ne!(script, text("file grade"));
    room.write("grade", script);
    room.hand_in("adam", "03_accept.py", "python3 server.py {port}\n");
    room.write("submissions/adam/build", "echo $$ > pid; trap '' TERM; while :; do sleep 1; done\n");
    // Saved by Notepad, with a mark in front; and somebody has forgotten to unpack an archive.
    room.hand_in("eve", "04_refuse.py", "\u{feff}python3 server.py {port}\r\n");
    room.write("submissions/noah.zip", "PK");
    let output = room.bash(&text("run"));
    let (grades, said) = (room.read("grades.csv"), String::from_utf8_lossy(&output.stderr).into_owned());
    let begins: Vec<&str> = grades.lines().skip(1).map(|line| &line[..line.len().min(10)]).collect();
    assert_eq!(begins, ["adam,3,14,", "eve,4,14,6"], "{said}");
    assert!(said.contains("submissions/noah.zip is no directory, and is not graded"), "{said}");
    assert!(!is_there(room.read("submissions/adam/pid").trim()), "the build is still there");
    // A folder that is not there is no class without students.
    assert!(!room.bash("bash grade nowhere").status.success());
}

#[test]
#[ignore = "needs git, a clone and python3"]
fn what_students_get_has_the_exercises_and_no_answers() {
    let room = Room::new("hand out");
    // In a clone of its own: the archive is written beside what it packs.
    let root = root().display();
    let cloned = room.bash(&format!("git clone -q --no-hardlinks '{root}' clone && cd clone && {}", text("hand out")));
    assert!(cloned.status.success(), "{}", String::from_utf8_lossy(&cloned.stderr));
    let listed = room.bash("python3 -m zipfile -l clone/ws101.zip");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for file in
        ["walkthrough/exercises/build-your-own-server/python/server.py", "docs/quiz.md", "deploy/lab", "Cargo.lock"]
    {
        assert!(listed.lines().any(|line| line.starts_with(&format!("ws101/{file} "))), "{file}");
    }
    assert!(!listed.contains("ws101/docs/answers"), "{listed}");
}

#[test]
#[ignore = "needs bash and python3, and unshare for ordinary users where the system lets them"]
fn strangers_are_kept_to_themselves_by_the_lines_of_the_page() {
    let room = Room::new("alone");
    if !room.bash("bash alone true").status.success() {
        eprintln!("no namespaces for this user: nothing was tried");
        return;
    }
    // One leaves its group, one looks for a way out, and one wants more processes than it may have.
    let sleep = format!("sleep 1000.{}", std::process::id());
    room.hand_in("leaves", "03_accept.py", format!("setsid {sleep} & exec python3 server.py {{port}}\n"));
    room.write("submissions/looks/run", "python3 look.py {port}\n");
    room.write("submissions/looks/look.py", LOOKS);
    // Root may have as many as there are.
    let is_root = rustix::process::getuid().is_root();
    if !is_root {
        room.write("submissions/many/run", "python3 many.py {port}\n");
        room.write("submissions/many/many.py", MANY);
    }
    room.hand_in("zoe", "04_refuse.py", "python3 server.py {port}\n");
    let output = room.bash(&text("run alone"));
    let (grades, said) = (room.read("grades.csv"), String::from_utf8_lossy(&output.stderr).into_owned());
    for line in ["leaves,3,14,", "looks,0,14,0,", "zoe,4,14,"] {
        assert!(grades.lines().any(|found| found.starts_with(line)), "{line}\n{grades}\n{said}");
    }
    let report = |name: &str| room.read(&format!("reports/{name}.log"));
    assert!(report("looks").contains("no way: [Errno 101]"), "{}", report("looks"));
    assert!(is_root || report("many").contains("no more: [Errno 11]"), "{}", report("many"));
    assert_eq!(running(&sleep), [""; 0], "it was left behind");
}

/// A program that wants to reach an address that is nobody's (RFC 5737 s3).
const LOOKS: &str = "\
import socket
try: socket.create_connection(('192.0.2.1', 80), 2)
except OSError as why: print('no way:', why)
";

/// A program that wants three thousand processes.
const MANY: &str = "\
import os, time
try:
    for _ in range(3000):
        if os.fork() == 0: time.sleep(60)
except OSError as why: print('no more:', why, flush=True)
";

/// The processes that were started as this.
fn running(command: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("processes").flatten();
    let lines = processes.filter_map(|process| fs::read_to_string(process.path().join("cmdline")).ok());
    lines.map(|line| line.replace('\0', " ").trim_end().to_owned()).filter(|line| line == command).collect()
}

#[test]
#[ignore = "needs bash and python3"]
fn next_year_asks_what_this_year_asked() {
    let room = Room::new("years");
    room.hand_in("ada", "03_accept.py", "python3 server.py {port}\n");
    let grades = |commands: &str| {
        let output = room.bash(&format!("cd submissions/ada && {commands}"));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let now = grades("ws101 check --points ada --run \"$(head -n 1 run)\"");
    let again = grades(&text("years"));
    assert!(now.starts_with("ada,3,14,"), "{now}");
    assert_eq!(again, now);
    // A case that was not there that year is not asked.
    let fewer = text("years").replace("--list >", "--list | grep -v '^ws/5.3/' >");
    let cases = |line: &str| line.split(',').nth(4).and_then(|cases| cases.parse::<u32>().ok()).expect("a number");
    assert!(cases(&grades(&fewer)) < cases(&now));
}

// --- its tables ---

/// The rows of the table below a marker, cell by cell.
fn table(marker: &str) -> Vec<Vec<String>> {
    let (page, marker) = (page(), format!("grading: {marker}"));
    let parts = parts(&page);
    let is_marker = |part: &Part<'_>| matches!(part, Part::Comment(comment) if *comment == marker);
    let below = parts.into_iter().map(|(_, part)| part).skip_while(|part| !is_marker(part)).skip(1);
    let lines = below.map_while(|part| if let Part::Line(line) = part { Some(line) } else { None });
    let rows = lines.skip_while(|line| line.is_empty()).take_while(|line| line.starts_with('|')).skip(2);
    let cells = |row: &str| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    let rows: Vec<Vec<String>> = rows.map(cells).collect();
    assert!(!rows.is_empty(), "no table below <!-- {marker} -->");
    rows
}

fn number(cell: &str) -> usize {
    cell.parse().unwrap_or_else(|_| panic!("{cell:?} is no number"))
}

#[test]
fn the_points_are_those_of_the_exercise() {
    let exercise = root().join("walkthrough/exercises/build-your-own-server/README.md");
    let exercise = fs::read_to_string(exercise).expect("the exercise");
    let together =
        |text: &str| text.split("together='").nth(1).and_then(|rest| Some(rest.split_once('\'')?.0.to_owned()));
    assert!(together(&page()).is_some());
    assert_eq!(together(&page()), together(&exercise));
}

#[test]
fn a_plan_fills_its_time() {
    for minutes in [90, 240, 6 * 120] {
        let sum: usize = table(&format!("plan {minutes}")).iter().map(|row| number(&row[0])).sum();
        assert_eq!(sum, minutes, "the minutes of the plan");
    }
}

/// Reading, doing, exercises, as the page says they are counted.
fn minutes(chapter: &str) -> [usize; 3] {
    let (mut words, mut commands) = (0, 0);
    for (_, part) in parts(chapter) {
        match part {
            Part::Line(line) => words += line.split_whitespace().count(),
            Part::Fence { lines, .. } => commands += lines.iter().filter(|line| line.starts_with("$ ")).count(),
            Part::Comment(_) => {}
        }
    }
    let lines_with = |begin: &str| chapter.lines().filter(|line| line.starts_with(begin)).count();
    let exercises = (1..10).filter(|number| lines_with(&format!("### {number}. ")) > 0).count();
    [(words + 75) / 150, commands + lines_with("**Predict.**"), 5 * exercises]
}

#[test]
fn the_minutes_of_a_chapter_are_those_of_its_words_and_commands() {
    let chapters = fs::read_dir(root().join("walkthrough")).expect("chapters").flatten();
    let names = chapters.map(|file| file.file_name().into_string().expect("a name"));
    let mut names: Vec<String> = names.filter(|name| name.starts_with(|c: char| c.is_ascii_digit())).collect();
    names.sort();
    let told = table("minutes");
    let counted: Vec<(String, [usize; 3])> = names.iter().map(|name| row(name)).collect();
    if std::env::var_os("BLESS").is_some() {
        return bless_minutes(&counted);
    }
    assert_eq!(told.len(), counted.len(), "rows of the table, and chapters");
    for (told, (link, counted)) in told.iter().zip(counted) {
        assert_eq!(told[0], link);
        let is_near = counted.iter().zip(&told[1..]).all(|(counted, told)| counted.abs_diff(number(told)) <= NEAR);
        assert!(is_near, "{link}: reading, doing and exercises are {counted:?} minutes, and the table says {told:?}");
    }
}

/// The row of a chapter: its number with a link, and its minutes.
fn row(name: &str) -> (String, [usize; 3]) {
    let chapter = fs::read_to_string(root().join("walkthrough").join(name)).expect("a chapter");
    let title = chapter.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a title");
    (format!("{} [{title}](../walkthrough/{name})", &name[..2]), minutes(&chapter))
}

fn bless_minutes(counted: &[(String, [usize; 3])]) {
    let (page, begin) = (page(), "<!-- grading: minutes -->\n\n");
    let (before, rest) = page.split_once(begin).expect("the table");
    let (_, after) = rest.split_once("\n\n").expect("its end");
    let mut table = "| chapter | reading | doing | exercises |\n|---|---:|---:|---:|".to_owned();
    for (link, [reading, doing, exercises]) in counted {
        table += &format!("\n| {link} | {reading} | {doing} | {exercises} |");
    }
    fs::write(root().join(PAGE), format!("{before}{begin}{table}\n\n{after}")).expect("it can be written");
}

#[test]
fn minutes_are_counted_as_the_page_says() {
    let words = "word ".repeat(150);
    let chapter =
        format!("{words}\n```console\n$ one\nout\n$ two\n```\n<!-- file -->\n**Predict.** What?\n### 1. Easy\n");
    assert_eq!(minutes(&chapter), [1, 3, 5]);
}

/// Whether a chapter types this: a program, or a path.
fn types(chapter: &str, tool: &str) -> bool {
    let is_in = |command: &str| match tool.strip_prefix('/') {
        Some(_) => command.contains(tool),
        None => command.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').any(|word| word == tool),
    };
    let fences = fences(chapter).into_iter().filter(|fence| fence.kind == "console");
    fences.flat_map(|fence| steps(&fence.lines)).any(|step| is_in(&step.command))
}

#[test]
fn what_chapters_need_is_what_they_type() {
    let chapters = fs::read_dir(root().join("walkthrough")).expect("chapters").flatten();
    let chapters = chapters.map(|file| (file.file_name().into_string().expect("a name"), file.path()));
    let mut chapters: Vec<(String, PathBuf)> =
        chapters.filter(|(name, _)| name.as_bytes()[0].is_ascii_digit()).collect();
    chapters.sort();
    let texts = chapters.iter().map(|(name, path)| (&name[..2], fs::read_to_string(path).expect("a chapter")));
    let texts: Vec<(&str, String)> = texts.collect();
    for row in table("tools") {
        for tool in row[1].split('`').skip(1).step_by(2).filter(|tool| *tool != "sudo") {
            let typed: Vec<&str> = texts.iter().filter(|(_, text)| types(text, tool)).map(|(name, _)| *name).collect();
            assert_eq!(typed.join(", "), row[0], "the chapters that type {tool}");
        }
    }
}

#[test]
fn the_servers_that_are_named_are_those_of_their_stages() {
    let page = page();
    let (_, below) = page.split_once("| stage | what beginners write |").expect("the table");
    let rows: Vec<&str> = below.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 14, "a row for each stage");
    for (at, row) in rows.into_iter().enumerate() {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(number(cells[0]), at + 1, "{row}");
        for name in cells[2].split(", ").map(|name| name.trim_matches('`')) {
            let bug = broken::find(name).unwrap_or_else(|| panic!("there is no server {name}"));
            assert_eq!(usize::from(bug.stage), at + 1, "the stage of {name}");
        }
    }
}

#[test]
fn every_fence_of_commands_is_run_or_says_that_it_is_not() {
    let offences: Vec<String> = fences(&page())
        .into_iter()
        .filter(|fence| ["sh", "bash"].contains(&fence.kind.as_str()) && fence.marker.is_empty())
        .map(|fence| fence.lines.join("\n"))
        .collect();
    assert!(offences.is_empty(), "fences without a marker:\n{}", offences.join("\n---\n"));
}
