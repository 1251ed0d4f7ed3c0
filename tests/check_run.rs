//! `--run`: the program of a student is started, waited for and ended, with all that it has started; and how much memory
//! its processes hold. The programs are those of a shell, and `ws101` itself where somebody has to listen.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

#[path = "check_run/ends.rs"]
mod ends;

use common::program::without_options;
use common::wait_until;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;
use ws101::check::memory::{self, Process};
use ws101::check::student::{Early, Plan, Student, free_port};
use ws101::check::{self, Settings, Status, Step};
use ws101::client::Url;

/// So long for what never comes.
const SHORT: Duration = Duration::from_millis(400);

/// The command of a shell that becomes a server.
const SERVER: &str = concat!("exec ", env!("CARGO_BIN_EXE_ws101"), " serve --listen 127.0.0.1:{port}");

fn start(command: &str) -> Result<(Student, u16), Early> {
    start_within(common::PATIENCE, command)
}

fn start_within(patience: Duration, command: &str) -> Result<(Student, u16), Early> {
    let port = free_port().expect("a port");
    let student = Student::start(&plan(command, "localhost", port))?;
    student.program().wait(patience)?;
    Ok((student, port))
}

fn plan(command: &str, host: &str, port: u16) -> Plan {
    Plan { command: command.replace("{port}", &port.to_string()), host: host.to_owned(), port }
}

fn early(patience: Duration, command: &str) -> String {
    match start_within(patience, command) {
        Ok(_) => panic!("{command} was taken for a server"),
        Err(early) => early.to_string(),
    }
}

/// A process that has ended and that nobody has asked for its status is no more there: a container has often nobody who does.
fn is_there(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let has_ended = stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'));
    test_kill_process(Pid::from_raw(pid as i32).expect("a number")).is_ok() && !has_ended
}

/// A file of the test, whose path can stand in a command.
fn file(name: &str) -> String {
    let path = std::env::temp_dir().join(format!("ws101-check-run-{}-{name}", std::process::id()));
    let _ = fs::remove_file(&path);
    path.to_str().expect("a path in UTF-8").to_owned()
}

#[test]
fn a_server_is_there_when_it_has_been_started_and_gone_when_it_is_dropped() {
    let (student, port) = start(SERVER).expect("a server");
    assert_eq!(student.program().exited(), None);
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("somebody listens");
    let group = student.program().group();
    assert!(is_there(group));
    drop(student);
    assert!(!is_there(group));
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("nobody listens");
}

#[test]
fn the_children_of_children_end_with_it_also_those_that_do_not_want_to() {
    let pids = file("pids");
    // One that ignores the friendly signal, below a shell that has one more in the background.
    let stubborn = format!("sh -c \"trap '' TERM; echo \\$\\$ >> {pids}; while :; do sleep 1; done\"");
    let command = format!("(sleep 1000 & echo $! >> {pids}; {stubborn}) & {SERVER}");
    let (student, _) = start(&command).expect("a server");
    let read = || fs::read_to_string(&pids).unwrap_or_default();
    wait_until("two children are there", || read().lines().count() == 2);
    let children: Vec<u32> = read().lines().map(|line| line.parse().expect("a number")).collect();
    assert!(children.iter().all(|child| is_there(*child)), "{children:?}");
    drop(student);
    assert!(!children.iter().any(|child| is_there(*child)), "{children:?}");
    fs::remove_file(pids).expect("the file is there");
}

#[test]
fn it_is_ended_from_elsewhere_and_twice_is_as_good_as_once() {
    let (student, _) = start(SERVER).expect("a server");
    let (program, group) = (student.program(), student.program().group());
    program.stop();
    program.stop();
    assert!(!is_there(group));
    assert!(student.program().exited().is_some());
}

#[test]
fn a_program_that_ends_at_once_is_told_with_its_last_lines() {
    let said = early(common::PATIENCE, "echo Traceback; printf '\\033[2Jno such module' >&2; exit 3 # {port}");
    assert!(said.starts_with("the program exited with status 3 after "), "{said}");
    let lines: Vec<&str> = said.lines().skip(1).collect();
    assert!(lines.contains(&"    Traceback") && lines.contains(&"    \\u{1b}[2Jno such module"), "{said}");

    let said = early(common::PATIENCE, "no-such-program-anywhere {port}");
    assert!(said.contains("status 127") && said.contains("no-such-program-anywhere"), "{said}");

    let said = early(common::PATIENCE, "kill -SEGV $$ # {port}");
    assert!(said.contains("was ended by signal 11 (SIGSEGV)") && said.contains("it said nothing"), "{said}");

    let said = early(common::PATIENCE, "sleep 1000 & # {port}");
    assert!(said.contains("exited with status 0") && said.contains("foreground"), "{said}");
}

#[test]
fn a_program_that_never_listens_is_given_up_and_ended() {
    let pid = file("pid");
    // Long enough for a shell to start on a busy machine.
    let said = early(5 * SHORT, &format!("echo $$ > {pid}; echo thinking; sleep 1000; : {{port}}"));
    assert!(said.contains("nobody listens on port") && said.ends_with("its last lines:\n    thinking"), "{said}");
    let leader: u32 = fs::read_to_string(&pid).expect("it has run").trim().parse().expect("a number");
    assert!(!is_there(leader));
    fs::remove_file(pid).expect("the file is there");
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_listens_elsewhere_is_told_where() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let other = listener.local_addr().expect("an address").port();
    drop(listener);
    let command = format!("{}; : {{port}}", SERVER.trim_start_matches("exec ").replace("{port}", &other.to_string()));
    // Until it has begun to listen there it would be told that it listens nowhere.
    let listens = || early(SHORT, &command).contains(&format!(": it listens on port {other} instead"));
    wait_until("the port is told", listens);
}

#[test]
fn a_port_that_is_taken_is_told_before_anything_is_started() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mark = file("mark");
    let plan = plan(&format!("touch {mark}; sleep 1000"), "127.0.0.1", port);
    let Err(early) = Student::start(&plan) else { panic!("it was started") };
    assert!(early.to_string().starts_with(&format!("port {port} is taken by another program")), "{early}");
    assert!(fs::metadata(mark).is_err());
}

/// The one that found its port taken ends, a moment after somebody is seen to listen there.
#[test]
fn another_program_that_is_quicker_is_not_taken_for_this_one() {
    let port = free_port().expect("a port");
    let found_taken = file("found-taken");
    let command = format!("while [ ! -e {found_taken} ]; do sleep 0.02; done; echo in use; exit 98");
    let student = Student::start(&plan(&command, "127.0.0.1", port)).expect("it starts");
    let _other = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("nobody was quicker");
    fs::write(&found_taken, "").expect("a file");
    let Err(early) = student.program().wait(common::PATIENCE) else { panic!("it was taken for the other") };
    assert!(early.to_string().contains("status 98") && early.to_string().contains("in use"), "{early}");
    fs::remove_file(found_taken).expect("the file is there");
}

/// A student's server may end when a client comes and goes without a word. That is for a case to find.
#[cfg(target_os = "linux")]
#[test]
fn nobody_connects_before_the_first_case() {
    let (student, port) = start(SERVER).expect("a server");
    let program = student.program();
    let url = Url::parse(&format!("ws://127.0.0.1:{port}/ws")).expect("a URL");
    let settings =
        Settings { program: Some(program.clone()), only: vec!["http/9112/4/1".to_owned()], ..Settings::new(url) };
    assert!(check::run(&settings, &mut |_| {}).expect("a server was there").is_passed());
    let connected = || program.last_lines().into_iter().filter(|line| line.contains(" = connected")).count();
    wait_until("the log has the only connection", || connected() > 0);
    assert_eq!(connected(), 1, "{:?}", program.last_lines());
}

#[test]
fn a_host_that_is_a_name_is_no_place_to_wait_for() {
    let plan = plan("sleep 1000", "example.org", 80);
    let Err(early) = Student::start(&plan) else { panic!("it was started") };
    assert!(matches!(early, Early::Far(_)) && early.to_string().contains("localhost"), "{early}");
}

#[test]
fn what_a_program_says_without_end_does_not_stop_it_and_is_not_kept() {
    let (student, port) = start(&format!("yes & yes >&2 & {SERVER}")).expect("a server");
    wait_until("it has said much", || student.program().last_lines().len() == 20);
    assert!(
        student.program().last_lines().iter().all(|line| line == "y" || line.contains("ws101")),
        "{:?}",
        student.program().last_lines()
    );
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("it serves all the same");
}

#[test]
fn its_end_is_seen_while_a_check_runs() {
    let (student, _) = start(SERVER).expect("a server");
    assert_eq!(student.program().exited(), None);
    kill_process(Pid::from_raw(student.program().group() as i32).expect("a number"), Signal::ABORT).expect("it runs");
    wait_until("its end is seen", || student.program().exited().is_some());
    let exit = student.program().exited().expect("it has ended");
    assert!(exit.to_string().starts_with("was ended by signal 6 (SIGABRT) after "), "{exit}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_memory_of_a_group_is_that_of_all_its_processes() {
    // A server that is not the leader: the shell waits for it.
    let (student, _) = start(&format!("{} & wait", SERVER.trim_start_matches("exec "))).expect("a server");
    let leader = student.program().group();
    let group = memory::resident(&Process::Group(leader)).expect("it runs");
    let shell = fs::read_to_string(format!("/proc/{leader}/status")).expect("the shell runs");
    let shell = shell.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    let shell: u64 = shell.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(group > shell * 1024 + (1 << 20), "{group} bytes, of which the shell has {shell} KiB");
    // From the shell on the server is found as its child, too.
    assert!(memory::resident(&Process::One(leader)).expect("it runs") > shell * 1024 + (1 << 20));
    drop(student);
    assert_eq!(memory::resident(&Process::Group(leader)), None);
    assert_eq!(memory::resident(&Process::One(leader)), None);
}

// --- the command line ---

/// `ws101 check --run`, as if nobody had set anything.
fn check(program: &str, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    without_options(&mut command);
    command.args(["check", "--run", program]).args(more).stdin(Stdio::null());
    command
}

fn output(mut command: Command) -> (Option<i32>, String, String) {
    let output = command.output().expect("ws101 starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_check_starts_the_program_and_ends_it() {
    let pid = file("checked");
    let program = format!("echo $$ > {pid}; {SERVER}");
    let (code, said, told) = output(check(&program, &["--stage", "9", "ws://127.0.0.1:{port}/ws"]));
    assert_eq!(code, Some(0), "{said}\n{told}");
    let leader: u32 = fs::read_to_string(&pid).expect("it has run").trim().parse().expect("a number");
    assert!(!is_there(leader));
    fs::remove_file(pid).expect("the file is there");
}

#[test]
fn a_check_of_a_program_that_never_listened_could_not_run() {
    let (code, said, told) = output(check("echo no such module >&2; exit 3", &[]));
    assert_eq!((code, said.as_str()), (Some(2), ""), "{told}");
    assert!(told.starts_with("ws101: the program exited with status 3 after "), "{told}");
    assert!(told.ends_with("; its last lines:\n    no such module\n"), "{told}");
}

/// A failure is run again with another free port, and by the same program.
#[test]
fn a_failure_is_seen_alone_by_the_same_program() {
    let (code, said, told) = output(check(SERVER, &["--stage", "9", "ws://me:secret@127.0.0.1:{port}/nowhere"]));
    assert_eq!(code, Some(1), "{told}");
    let again = format!("--run '{SERVER}' 'ws://****@127.0.0.1:{{port}}/nowhere'");
    let lines: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(lines.contains(&again), "{said}");
    assert!(!said.contains("secret"), "{said}");
}

#[test]
fn an_interrupt_ends_the_program_and_the_check() {
    let pid = file("interrupted");
    // It never listens, so the check waits.
    let mut run = check(&format!("echo $$ > {pid}; sleep 1000"), &[]);
    let mut run = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("ws101 starts");
    let read = || fs::read_to_string(&pid).unwrap_or_default().trim().parse::<u32>().ok();
    wait_until("the program runs", || read().is_some());
    let leader = read().expect("a number");
    kill_process(Pid::from_raw(run.id() as i32).expect("a number"), Signal::INT).expect("it runs");
    assert_eq!(run.wait().expect("a child").code(), Some(130));
    assert!(!is_there(leader));
    fs::remove_file(pid).expect("the file is there");
}

/// The case after its end fails and says so, and the others are not run.
#[test]
fn a_program_that_ends_in_the_middle_fails_one_case() {
    let (student, port) = start(SERVER).expect("a server");
    let program = student.program();
    let url = Url::parse(&format!("ws://127.0.0.1:{port}/ws")).expect("a URL");
    let stages = vec![9, 10, 11];
    let settings = Settings { program: Some(program.clone()), stages, keep_going: true, ..Settings::new(url) };
    let report = check::run(&settings, &mut |step| {
        if let Step::Stage(stage) = step
            && stage.stage.number == 9
        {
            program.stop();
        }
    });
    let report = report.expect("a server was there");
    let failed: Vec<_> = report.outcomes().filter(|outcome| outcome.is_failed()).collect();
    let [failed] = failed.as_slice() else { panic!("{failed:?}") };
    let Status::Failed(failure) = &failed.status else { panic!("{failed:?}") };
    assert!(failure.came.starts_with("its end: the program "), "{failure:?}");
    assert!(failure.cause.as_ref().is_some_and(|cause| cause.starts_with("an error of one connection") || cause.starts_with("it stops after")), "{failure:?}");
    let stage = &report.first_failing_stage().expect("a failure").stage;
    assert_eq!(stage.number, 10);
    let rest = report.stages.iter().filter(|report| report.stage.number > 10).flat_map(|report| &report.outcomes);
    let mut rest = rest.map(|outcome| &outcome.status).peekable();
    assert!(rest.peek().is_some());
    assert!(rest.all(|status| *status == Status::Skipped("the program has ended in an earlier case".to_owned())));
}

/// The look at the port is a client like any other: a program that it has ended fails the first case.
#[test]
fn a_program_that_is_gone_before_the_first_case_fails_that_one() {
    let (student, port) = start(SERVER).expect("a server");
    let program = student.program();
    program.stop();
    let url = Url::parse(&format!("ws://127.0.0.1:{port}/ws")).expect("a URL");
    let settings = Settings { program: Some(program), stages: vec![9, 10], keep_going: true, ..Settings::new(url) };
    let report = check::run(&settings, &mut |_| {}).expect("a finding");
    let statuses: Vec<_> = report.outcomes().map(|outcome| &outcome.status).collect();
    let [Status::Failed(failure), rest @ ..] = statuses.as_slice() else { panic!("{statuses:?}") };
    assert!(failure.came.contains("a client that connects and says nothing ended it"), "{failure:?}");
    assert!(rest.iter().all(|status| matches!(status, Status::Skipped(_))), "{rest:?}");
}

/// What it prints while a case runs stands beside that case, in every report.
#[test]
fn what_the_program_prints_during_a_case_is_told_with_it() {
    let (program, xml) = (format!("yes '\u{1b}[2J thread 7: IndexError' >&2 & {SERVER}"), file("printed.xml"));
    let options = ["--only", "ws/5.5.2/1", "--junit", &xml, "ws://127.0.0.1:{port}/nowhere"];
    let (code, said, told) = output(check(&program, &options));
    assert_eq!(code, Some(1), "{told}");
    assert!(said.contains("\n  it printed:\n") && said.contains("\n    \\u{1b}[2J thread 7: IndexError\n"), "{said}");
    let written = fs::read_to_string(&xml).expect("the file is there");
    assert!(written.contains("it printed:") && written.contains("thread 7: IndexError"), "{written}");
    fs::remove_file(&xml).expect("the file is there");
    let (_, said, _) = output(check(&program, &[&options[..2], &["--jobs", "2"], &options[4..]].concat()));
    assert!(said.contains("\n  it printed (or in another case that ran beside it):\n"), "{said}");
    let (_, said, _) = output(check(&program, &[&options[..2], &["--json"], &options[4..]].concat()));
    let document: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let printed = document["cases"][0]["printed"].as_array().expect("lines");
    assert!(!printed.is_empty() && printed.len() <= 20, "{printed:?}");
}

/// A list of grades and a CI need a report of this one as well.
#[test]
fn a_program_that_does_not_start_is_in_the_reports_too() {
    let xml = file("absent.xml");
    let (code, said, _) = output(check("echo no such module >&2; exit 3", &["--json", "--junit", &xml]));
    let document: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((code, &document["passed"]), (Some(2), &serde_json::Value::from(false)));
    assert!(document["error"].as_str().is_some_and(|error| error.contains("no such module")), "{said}");
    let written = fs::read_to_string(&xml).expect("the file is there");
    fs::remove_file(&xml).expect("the file is there");
    let written = roxmltree::Document::parse(&written).expect("XML");
    assert_eq!(written.root_element().attribute("errors"), Some("1"));
    let error = written.descendants().find(|node| node.has_tag_name("error")).expect("an error");
    assert!(error.text().is_some_and(|text| text.contains("no such module")), "{error:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_works_while_nobody_is_there_is_told_that_it_does() {
    let only = ["--only", "course/1/1", "ws://127.0.0.1:{port}/ws"];
    let (code, said, told) = output(check(SERVER, &only));
    assert_eq!(code, Some(0), "{said}\n{told}");
    let (code, said, told) = output(check(&format!("while :; do :; done & {SERVER}"), &only));
    assert_eq!(code, Some(1), "{said}\n{told}");
    assert!(said.contains("recv has returned nothing"), "{said}");
    // Beside other cases somebody may be connected.
    let (code, said, told) =
        output(check(&format!("while :; do :; done & {SERVER}"), &[&["--jobs", "2"], &only[..]].concat()));
    assert_eq!(code, Some(0), "{said}\n{told}");
}
