//! Pages that are wrong, each in one thing, and the fault that a run finds: else nobody would know that it still sees any.

use super::bless::{edited, merged};
use super::doors::{Doors, free_port, ports_named};
use super::listing::{Item, checked, is_listed, item};
use super::run::Run;
use super::script::script;
use super::tools;
use crate::common::wait_until;
use crate::pages::compare::{Ports, comparable_line, fault};
use std::env;
use std::fs;
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::time::Duration;

/// How long is waited for what will not come. What should come, beside it, has this time too.
const HURRY: Duration = Duration::from_secs(4);

/// Whether there is a bash to run anything with.
fn is_ready() -> bool {
    let mut missing = tools::missing(&[], true);
    missing.retain(|tool| tool == "bash");
    tools::is_ready("a page that is wrong", &missing)
}

/// What a run finds wrong with a page. `~` stands for a backtick.
fn faults(name: &str, page: &str, within: impl FnOnce(Run) -> Run) -> Vec<String> {
    let page = page.replace('~', "`");
    let (acts, mut faults) = script(&page);
    let mut run = within(Run::new(name, &page));
    run.all(&acts);
    // Its directory goes with it, unless this is wrong.
    faults.append(&mut run.faults);
    faults
}

/// Nothing is wrong. It has all the time there is.
fn assert_right(name: &str, page: &str) {
    assert_eq!(faults(name, page, |run| run), [""; 0]);
}

/// The ports that are compared where a page names none.
fn drawn() -> Ports {
    Ports::AllBut(Vec::new())
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// Exactly one fault, with these words.
fn assert_seen(name: &str, page: &str, part: &str) {
    let found = faults(name, page, |run| run.hurried(HURRY));
    assert!(found.len() == 1 && found[0].contains(part), "{found:#?}");
}

#[test]
fn what_a_command_prints_otherwise_is_seen() {
    if !is_ready() {
        return;
    }
    assert_right("right", "~~~console\n$ echo a; echo b >&2\na\nb\n$ cat\n$ echo x\nx\n~~~\n");
    assert_seen("other", "~~~console\n$ echo a; echo b >&2\na\n~~~\n", "line 3: $ echo a; echo b >&2\n--- the page");
    assert_seen("none", "~~~console\n$ no-such-program\n~~~\n", "no-such-program: command not found");
    assert_seen("error", "~~~console\n$ false\nnot so\n~~~\n", "not so");
    // It ends what it began, whatever it leaves running.
    assert_right("left", "~~~console\n$ sleep 60 & echo a\na\n~~~\n");
}

#[test]
fn what_is_folded_is_compared_as_well() {
    if !is_ready() {
        return;
    }
    let commands = "~~~console\n$ echo a\n$ echo b\n~~~\n\n<details>\n\n<!-- prints -->\n";
    assert_right("folded", &format!("{commands}~~~text\na\nb\n~~~\n"));
    assert_seen("folded", &format!("{commands}~~~text\na\n~~~\n"), "line 10: --- the page says:\na\n");
}

#[test]
fn a_command_prints_on_a_terminal() {
    if !is_ready() {
        return;
    }
    let terminal = "~~~console\n$ test -t 1 && test -t 2 && ! test -t 0 && stty size <&1\n24 80\n~~~\n";
    assert_right("terminal", terminal);
}

#[test]
fn what_a_window_shows_otherwise_is_seen() {
    if !is_ready() {
        return;
    }
    let open = "<!-- window a -->\n~~~console\n$ echo one; cat\none\n~~~\n";
    let typed = "<!-- window a types -->\n~~~text\ntwo\nthree\n~~~\n";
    let shown = "<!-- window a shows -->\n~~~text\ntwo\nthree\n~~~\n";
    let end = "<!-- window a: Ctrl-D -->\n<!-- window a: ends -->\n";
    assert_right("window", &[open, typed, shown, end].concat());
    assert_seen("left-over", &[open, typed].concat(), "has said more:\ntwo\nthree");
    assert_seen("left-over-at-the-end", &[open, typed, end].concat(), "has said more:\ntwo\nthree");
    assert_seen("half", &[open, typed, &shown.replace("two\n", "")].concat(), "--- what happens:\ntwo\nthree");
    assert_right("and-so-on", &[open, typed, &shown.replace("three", "...")].concat());
    assert_seen("no-window", typed, "it is not there");
    assert_seen("ended", &[open, end, typed].concat(), "it is not there");
    assert_seen("at-once", &open.replace("\none\n", "\nother\n"), "--- the page says:\nother");
}

#[test]
fn what_never_comes_is_seen() {
    if !is_ready() {
        return;
    }
    let open = "<!-- window a -->\n~~~console\n$ cat\n~~~\n";
    assert_seen("never", &[open, "<!-- window a shows -->\n~~~text\na\n~~~\n"].concat(), "--- the page says:\na");
    assert_seen("no-end", &[open, "<!-- window a: ends -->\n"].concat(), "it has not ended");
}

#[test]
fn ctrl_c_ends_a_window_and_all_that_runs_in_it() {
    if !is_ready() {
        return;
    }
    let page = "<!-- window a -->\n~~~console\n$ echo begun; sleep 60 | cat\nbegun\n~~~\n\
                <!-- window a: Ctrl-C -->\n<!-- window a: ends -->\n";
    assert_right("ctrl-c", page);
}

#[test]
fn a_line_without_an_end_counts_when_it_stays() {
    if !is_ready() {
        return;
    }
    let page = "<!-- window a -->\n~~~console\n$ printf 'Hel'; printf 'lo'; sleep 60\nHello\n~~~\n";
    assert_right("no-line-end", page);
    assert_seen("more", &page.replace("\nHello", "\nHel"), "--- what happens:\nHello");
}

#[test]
fn what_the_server_says_otherwise_is_seen() {
    if !is_ready() {
        return;
    }
    let start = "<!-- server -->\n~~~console\n$ ws101 --tick off\n~~~\n";
    let ask = "~~~console\n$ exec 3<>/dev/tcp/127.0.0.1/8080; \
               printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3; tail -n 1 <&3\nalive\n~~~\n";
    let log = "<!-- log -->\n~~~text\nINFO  ws-9 = connected from 127.0.0.1:50000\n...\n~~~\n";
    assert_right("log", &[start, ask, log].concat());
    assert_seen("log-other", &[start, ask, &log.replace("...", "INFO  ws-9 = open")].concat(), "the log\n---");
    assert_seen("no-server", log, "there is no server");
    assert_seen("greeting", &start.replace("off\n", "off\nGood morning\n"), "--- the page says:\nGood morning");
    assert_seen("what-server", &start.replace("ws101", "nginx"), "a server is a ws101");
}

#[test]
fn a_wrong_listing_is_seen() {
    let page =
        "<!-- listing: src/protocol/close.rs#may_travel -->\n~~~rust\npub fn may_travel() {\n    // ...\n}\n~~~\n";
    assert_seen("listing", page, "src/protocol/close.rs has this may_travel:\npub fn may_travel(code: u16)");
    assert_seen("no-item", &page.replace("#may_travel", "#may_fly"), "has no may_fly");
}

#[test]
fn lines_of_a_configuration_are_listed_in_a_row() {
    let is_right = |listing: &str| checked("a:\n  b: 1\n\n  # why\n  c: 2\nd: 3\n", "", &lines(listing)).is_ok();
    for right in ["b: 1", "a:\n  b: 1", "b: 1\n\n# why\nc: 2", "b: 1\n# ...\nc: 2", "a:\n# ...\nd: 3", "d: 3"] {
        assert!(is_right(right), "{right}");
    }
    for wrong in ["b", "b: 2", "b: 1\nc: 2", "c: 2\nb: 1", "a:\nb: 1", "  b: 1\nd: 3", "b: 1\n# ...\nd: 3", "d: 3\ne"] {
        assert!(!is_right(wrong), "{wrong}");
    }
    let page = "<!-- listing: deploy/nginx/right.conf -->\n~~~nginx\ndaemon off;\npid nginx.pid;\n~~~\n";
    assert_right("in-a-row", page);
    assert_seen("not-in-a-row", &page.replace("off", "on"), "deploy/nginx/right.conf has no such lines in a row");
}

#[test]
fn items_are_found_and_held() {
    let source = "/// A.\n#[derive(Debug)]\npub struct A {\n    x: u8,\n}\n\n\
                  impl A {\n    /// B.\n    pub(crate) fn b(\n        &self,\n    ) -> u8 {\n        self.x\n    }\n}\n\n\
                  impl B for A {\n    fn c() {}\n}\n\n\
                  const D: u8 = 1;\nconst E: [u8; 1] = [\n    1,\n];\nfn bb() {}\n";
    let of = |name| item(source, name).expect("an item");
    assert_eq!(of("A").before, ["/// A.", "#[derive(Debug)]"]);
    assert_eq!(of("A").lines, ["pub struct A {", "    x: u8,", "}"]);
    let b = Item { before: lines("/// B."), lines: lines("pub(crate) fn b(\n    &self,\n) -> u8 {\n    self.x\n}") };
    assert_eq!(of("A::b"), b);
    assert_eq!((of("A::c").lines, of("D").lines), (lines("fn c() {}"), lines("const D: u8 = 1;")));
    assert_eq!((of("E").lines.len(), of("bb").lines.len(), of("impl B for A").lines.len()), (3, 1, 3));
    assert_eq!((item(source, "B::c"), item(source, "b::A"), item(source, "F")), (None, None, None));
    let listed = ["/// B.\npub(crate) fn b(\n// ...\n    self.x\n}", "pub(crate) fn b(\n    // ...\n}"];
    assert!(listed.iter().all(|text| is_listed(&b, &lines(text))));
    let not = ["self.x\n}", "pub(crate) fn b(\n}", "/// C.\npub(crate) fn b(\n// ...\n}", "pub(crate) fn b(\n// ..."];
    assert!(not[..3].iter().all(|text| !is_listed(&b, &lines(text))));
}

#[test]
fn methods_are_found_where_types_have_parameters() {
    for begins in [
        "impl G<'_>",
        "impl<'a> G<'a>",
        "impl<T: Into<Vec<u8>>> G<T>",
        "impl<F: Fn(&str) -> u8> G<F>",
        "impl<'a, T> B<T> for G<'a, T>",
        "impl B<'_> for G",
        "pub trait G<T>",
    ] {
        let source = format!("{begins} {{\n    fn h() {{}}\n}}\n");
        assert_eq!(item(&source, "G::h").map(|item| item.lines), Some(lines("fn h() {}")), "{begins}");
        assert_eq!((item(&source, "B::h"), item(&source, "T::h")), (None, None), "{begins}");
    }
}

#[test]
fn the_page_gets_what_came_and_keeps_what_fits() {
    if !is_ready() {
        return;
    }
    let came = lines("HTTP/1.1 200 OK\nDate: Sat, 21 Nov 2026 13:03:07 GMT\nA: 1\nB: 2\n\nalive");
    let wanted = "HTTP/1.1 404 Not Found\nDate: Sun, 22 Nov 2026 00:00:00 GMT\n[..]: 1\n...\nalive";
    let better = "HTTP/1.1 200 OK\nDate: Sun, 22 Nov 2026 00:00:00 GMT\n[..]: 1\n...\nalive";
    assert_eq!(merged(&lines(wanted), &came, &drawn()), lines(better));
    assert_eq!(merged(&[], &came, &drawn()), came);
    assert_eq!(merged(&lines("...\nold"), &came, &drawn()), ["..."]);
    let page = "```console\n$ echo a\n$ echo b \\\n  c\nold\n```\n";
    let (acts, _) = script(page);
    let mut run = Run::new("bless", "").hurried(HURRY);
    run.all(&acts);
    let blessed = "```console\n$ echo a\na\n$ echo b \\\n  c\nb c\n```\n";
    assert_eq!(edited(page, &run.edits), blessed);
}

#[test]
fn programs_meet_the_server_of_the_run_and_bytes_stay() {
    let doors = Doors(vec![(8080, 9999)]);
    for (command, expected) in [
        ("nc -C localhost 8080", "nc -C localhost 9999"),
        ("ss -tn 'sport = :8080'", "ss -tn 'sport = :9999'"),
        ("sudo tcpdump -i lo port 8080", "sudo tcpdump -i lo port 9999"),
        ("ws101 connect ws://localhost:8080/ws", "ws101 connect ws://localhost:9999/ws"),
        ("curl localhost:8080 | nc localhost 8080", "curl localhost:8080 | nc localhost 9999"),
        ("printf 'Host: localhost:8080' | nc 127.0.0.1 8080", "printf 'Host: localhost:8080' | nc 127.0.0.1 9999"),
        ("nc localhost 8080 <<X\nHost: localhost:8080", "nc localhost 9999 <<X\nHost: localhost:8080"),
        ("ws101 compare 18080 80800", "ws101 compare 18080 80800"),
        ("kill $(pgrep -ox ws101)", "kill 17"),
    ] {
        assert_eq!(doors.mapped(command, Some(17)), expected);
    }
    for (printed, expected) in [
        ("127.0.0.1:9999 19999 9999x", "127.0.0.1:8080 19999 9999x"),
        ("IP 127.0.0.1.9999 > 127.0.0.1.50000", "IP 127.0.0.1.8080 > 127.0.0.1.50000"),
        ("* Connected to localhost (127.0.0.1) port 9999", "* Connected to localhost (127.0.0.1) port 8080"),
        ("to localhost (127.0.0.1) 9999 port [tcp/*]", "to localhost (127.0.0.1) 8080 port [tcp/*]"),
        (
            "/dev/tcp/127.0.0.1/9999: refused, sport = :9999, *:9999",
            "/dev/tcp/127.0.0.1/8080: refused, sport = :8080, *:8080",
        ),
        // Other figures that happen to be the same.
        ("9999 kB, len 9999, \"bytes\":9999, 12:9999, 1.9999", "9999 kB, len 9999, \"bytes\":9999, 12:9999, 1.9999"),
    ] {
        assert_eq!(doors.as_on_the_page(printed), expected);
    }
}

#[test]
fn a_lab_has_its_ports_both_ways() {
    let doors = Doors(vec![(8080, 9999), (8000, 9991), (8081, 9992), (8082, 9993)]);
    assert_eq!(doors.lab().as_deref(), Some("9991,9992,9993"));
    for (command, expected) in [
        ("ws101 connect ws://localhost:8000/ws", "ws101 connect ws://localhost:9991/ws"),
        ("ss -tn 'dport = :8081 or dport = :8082'", "ss -tn 'dport = :9992 or dport = :9993'"),
        ("printf 'Host: localhost:8000' | nc localhost 8000", "printf 'Host: localhost:8000' | nc localhost 9991"),
        ("fuser 8081/tcp; curl localhost:8082; sleep 8", "fuser 9992/tcp; curl localhost:8082; sleep 8"),
    ] {
        assert_eq!(doors.mapped(command, None), expected);
    }
    let printed = "Host: localhost:9991, 127.0.0.1:9992 9993 127.0.0.1:9993";
    assert_eq!(doors.as_on_the_page(printed), "Host: localhost:8000, 127.0.0.1:8081 9993 127.0.0.1:8082");
    let led: Vec<String> = doors.detours().iter().map(|(from, to)| format!("{from} {to}")).collect();
    assert!(led.contains(&"127.0.0.1:8082 127.0.0.1:9993".to_owned()), "{led:?}");
    let Doors(pairs) = Doors::of("deploy/lab");
    assert_eq!(pairs.iter().map(|(shown, _)| *shown).collect::<Vec<_>>(), [8080, 8000, 8081, 8082]);
    assert!(pairs[1].1 < pairs[0].1 && pairs[0].1 < pairs[2].1 && pairs[2].1 < pairs[3].1, "{pairs:?}");
    assert_eq!(Doors::of("nc -l 127.0.0.1 8081").shown().collect::<Vec<_>>(), [8080]);
}

#[test]
fn redis_has_its_port_both_ways() {
    let doors = Doors(vec![(8080, 9999), (6379, 9990), (8000, 9991), (8081, 9992), (8082, 9993)]);
    assert_eq!((doors.lab().as_deref(), doors.redis()), (Some("9991,9992,9993"), Some(9990)));
    let command = "curl localhost:8080; ws101 --feed redis://localhost:6379";
    assert_eq!(doors.mapped(command, None), "curl localhost:8080; ws101 --feed redis://localhost:9990");
    assert_eq!(doors.as_on_the_page("Redis at 127.0.0.1:9990"), "Redis at 127.0.0.1:6379");
    assert!(Doors::of("redis-server").shown().eq([8080, 6379]) && Doors::of("deploy/lab").redis().is_none());
}

/// In a command `6379` is the port of the run, and what is cut in two stays.
#[test]
fn a_broken_server_has_its_port_both_ways() {
    let page = "<!-- window broken -->\n~~~console\n$ ws101 broken no-pong\nlistening on ws://127.0.0.1:9001/\n~~~\n\
                ~~~console\n$ ws101 connect -1 -x Hello ws://127.0.0.1:9001/ 2>&1 | head -n 2\n\
                = open, connected to 127.0.0.1:9001\nHello\n$ ws101 broken --list | cut -f 1 | head -n 1\nname\n~~~\n\
                <!-- window broken: Ctrl-C -->\n<!-- window broken: ends -->\n";
    assert_right("broken", page);
    assert_seen("broken-other", &page.replace("\nHello", "\nHallo"), "--- the page says:\n");
}

#[test]
#[ignore = "needs redis-cli and redis-server"]
fn redis_runs_on_the_port_of_the_run() {
    if !tools::is_ready("a page with Redis", &tools::missing(&["redis-cli", "redis-server"], true)) {
        return;
    }
    let page = "<!-- window redis -->\n~~~console\n$ redis-server --save ''\n...\n[..] Ready to accept connections[..]\n\
                ~~~\n~~~console\n$ redis-cli ECHO hello; echo $LAB_REDIS\n\"hello\"\n127.0.0.1:6379\n\
                $ redis-cli CONFIG GET port | grep -c 6379; redis-cli CONFIG GET port | grep -c 637''9\n1\n0\n~~~\n\
                <!-- window redis: Ctrl-C -->\n<!-- window redis: ends -->\n\
                ~~~console\n$ redis-cli PING\nCould not connect to Redis at 127.0.0.1:6379: Connection refused\n~~~\n";
    assert_right("redis", page);
    assert_seen("redis-other", &page.replace("\"hello\"", "\"hallo\""), "--- the page says:\n\"hallo\"");
}

#[test]
fn what_a_lab_shows_otherwise_is_seen() {
    if !is_ready() {
        return;
    }
    // What the script is told, printed as it would print it.
    let page = "<!-- window lab -->\n~~~console\n$ : deploy/lab; test -L deploy && test -x \"$WS101\" && \
                IFS=, read -r proxy a b <<<\"$LAB_PORTS\" && echo \"http://localhost:$proxy 127.0.0.1:$b\"; \
                sleep 0.1; echo ready; sleep 60\nhttp://localhost:8000 127.0.0.1:8082\nready\n~~~\n\
                <!-- window lab: Ctrl-C -->\n<!-- window lab: ends -->\n";
    assert_right("lab", page);
    assert_seen("lab-port", &page.replace(":8082\n", ":8081\n"), "what happens:\nhttp://localhost:8000 127.0.0.1:8082");
    assert_seen("lab-never", &page.replace("\nready\n", "\nready\nsteady\n"), "--- the page says:\nhttp://localhost");
}

#[test]
fn a_port_is_free_and_no_number_of_the_page() {
    let all_but_two: String =
        (9101..=9999).filter(|port| ![9371, 9372].contains(port)).map(|port| format!("{port} ")).collect();
    let port = free_port(&all_but_two);
    assert!([9371, 9372].contains(&port), "{port}");
    let page =
        "~~~console\n$ nc -l 127.0.0.1 8081 & curl ws://localhost:8082/9000 'sport = :8080' 127.0.0.1:7x 12:30\n~~~\n";
    assert_eq!(ports_named(&script(&page.replace('~', "`")).0), [7, 8080, 8081, 8082]);
}

/// What its bash has left is ended with the shell, and what an open window runs with the window.
#[test]
fn nobody_is_left_behind() {
    if !is_ready() {
        return;
    }
    for page in [
        "~~~console\n$ sleep 600 & echo $! >pid\n~~~\n",
        "<!-- window a -->\n~~~console\n$ echo $$ >pid; echo a; sleep 600\na\n~~~\n",
    ] {
        let page = page.replace('~', "`");
        let mut run = Run::new("left-behind", &page);
        run.all(&script(&page).0);
        assert!(run.faults.is_empty(), "{:#?}", run.faults);
        let pid = fs::read_to_string(run.directory().join("pid")).expect("its number");
        let directory = run.directory().to_owned();
        drop(run);
        wait_until("it has ended", || !kill("0", pid.trim()));
        assert!(!directory.exists());
    }
}

/// Nor when the test does not come to its end. This one runs itself, with a page that has none.
#[test]
fn an_interrupted_test_leaves_nobody_behind() {
    if !is_ready() {
        return;
    }
    let room = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("interrupted-{}", process::id()));
    fs::create_dir_all(&room).expect("a directory");
    let page = "~~~console\n$ sleep 600 & echo $! >ROOM/one\n~~~\n\
                <!-- window a -->\n~~~console\n$ echo $$ >ROOM/two; sleep 600\n~~~\n<!-- window a: ends -->\n";
    let page = page.replace('~', "`").replace("ROOM", &room.display().to_string());
    fs::write(room.join("page.md"), page).expect("a page");
    let mut test = Command::new(env::current_exe().expect("this program"));
    test.args(["--exact", "any_chapter", "--include-ignored"]).env("CHAPTER", room.join("page.md"));
    let mut test = test.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a test");
    let pids = || ["one", "two"].map(|name| fs::read_to_string(room.join(name)).unwrap_or_default().trim().to_owned());
    wait_until("both run", || pids().iter().all(|pid| !pid.is_empty()));
    assert!(kill("TERM", &test.id().to_string()));
    assert_eq!(test.wait().expect("its end").code(), Some(130));
    for pid in pids() {
        wait_until("it has ended", || !kill("0", &pid));
    }
    fs::remove_dir_all(&room).expect("an end");
}

/// Whether a process was there to be sent a signal.
fn kill(signal: &str, pid: &str) -> bool {
    let status = Command::new("kill").args(["-s", signal, pid]).stderr(Stdio::null()).status();
    status.expect("kill runs").success()
}

/// The log of what was done before may come late: here nobody waits for an answer.
#[test]
fn what_is_said_late_is_not_taken_for_the_next() {
    if !is_ready() {
        return;
    }
    let page = "<!-- server -->\n~~~console\n$ RUST_LOG=debug ws101 --tick off\n~~~\n\
        ~~~console\n$ for n in {1..40}; do exec 3<>/dev/tcp/127.0.0.1/8080; \
        printf 'GET /none HTTP/1.0\\r\\n\\r\\n' >&3; done\n~~~\n\
        ~~~console\n$ exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3; \
        tail -n 1 <&3\nalive\n~~~\n\
        <!-- log at info -->\n~~~text\nINFO  ws-9 = connected from 127.0.0.1:50000\n\
        INFO  ws-9 = GET /healthz -> 200 OK\nINFO  ws-9 = ended [..]\n~~~\n";
    assert_right("late", page);
}

#[test]
fn ports_that_are_drawn_are_not_compared_and_others_are() {
    let ports = Ports::AllBut(vec![8081]);
    let same = |one: &str, other: &str| comparable_line(one, &ports) == comparable_line(other, &ports);
    assert!(same("from 127.0.0.1:50000", "from 127.0.0.1:40000") && same("[::1]:50000 x", "[::1]:40000 x"));
    assert!(same("IP 127.0.0.1.50000 > a", "IP 127.0.0.1.40000 > a") && !same("a:50000", "a:40000"));
    assert!(same("127.0.0.1:10001", "127.0.0.1:50000") && same("127.0.0.1:1024", "127.0.0.1:50000"));
    assert!(!same("127.0.0.1:8080", "127.0.0.1:9000") && !same("127.0.0.1:50000", "127.0.0.1:8080"));
    assert!(!same("127.0.0.1:8081", "127.0.0.1:9000") && !same("127.0.0.1.8081 ", "127.0.0.1.9000 "));
    assert!(same("LISTEN 0   4096  127.0.0.1:8080   0.0.0.0:*", "LISTEN 0 4096 127.0.0.1:8080 0.0.0.0:*"));
    assert!(!same("a  b", "a b") && !same("1  2 3", "1 2 3"));
    assert!(
        fault(&lines("ws-1 a\nINFO ws-1 b\nINFO ws-2 c"), &lines("ws-1 a\nINFO ws-5 b\nINFO ws-7 c"), &ports).is_none()
    );
}

#[test]
fn tools_are_found_in_commands_and_missed() {
    let used = |page: &str| tools::used(&script(&page.replace('~', "`")).0);
    assert_eq!(used("~~~console\n$ (cat a; sleep 1) | nc localhost 8080 | xxd\n~~~\n"), ["nc", "xxd"]);
    assert_eq!(used("~~~console\n$ echo ncx xxd-not; kill $(pgrep -ox ws101)\n~~~\n"), [""; 0]);
    assert_eq!(used("<!-- window a -->\n~~~console\n$ sudo tcpdump -l\n~~~\n"), ["sudo", "tcpdump"]);
    assert_eq!(used("<!-- file: a.sh -->\n~~~bash\nss -tn\n~~~\n"), ["ss"]);
    // This machine may lack more.
    let missing = tools::missing(&["no-such-tool", "sudo"], true).join(" ");
    assert!(missing.contains("no-such-tool") && !missing.contains("sudo"), "{missing}");
    assert_eq!(tools::reason(&[]), None);
    assert_eq!(tools::reason(&["nc"]).as_deref(), Some("needs nc"));
    assert_eq!(tools::reason(&["nc", "ss", "xxd"]).as_deref(), Some("needs nc, ss and xxd"));
}
