//! Pages that are wrong, each in one thing, and the fault that a run finds: else nobody would know that it still sees any.

use super::bless::{edited, merged};
use super::listing::{Item, is_listed, item};
use super::run::Run;
use super::script::script;
use super::server::{as_on_the_page, mapped};
use super::tools;
use crate::pages::compare::{Ports, comparable_line, fault};
use std::io::{Write, stderr};
use std::time::Duration;

/// Whether there is a bash to run anything with.
fn is_ready() -> bool {
    let missing = tools::missing(&[], true);
    if missing.iter().any(|tool| tool == "bash") {
        let _ = writeln!(stderr(), "not tried: bash is missing");
        return false;
    }
    true
}

/// What is wrong with a page, in a run that does not wait long. `~` stands for a backtick.
fn faults(name: &str, page: &str) -> Vec<String> {
    let (acts, mut faults) = script(&page.replace('~', "`"));
    let mut run = Run::new(name).hurried(Duration::from_secs(2));
    run.all(&acts);
    faults.extend(run.faults);
    faults
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// Exactly one fault, with these words.
fn assert_seen(name: &str, page: &str, part: &str) {
    let found = faults(name, page);
    assert!(found.len() == 1 && found[0].contains(part), "{found:#?}");
}

#[test]
fn what_a_command_prints_otherwise_is_seen() {
    if !is_ready() {
        return;
    }
    assert_eq!(faults("right", "~~~console\n$ echo a; echo b >&2\na\nb\n$ cat\n$ echo x\nx\n~~~\n"), [""; 0]);
    assert_seen("other", "~~~console\n$ echo a; echo b >&2\na\n~~~\n", "line 3: $ echo a; echo b >&2\n--- the page");
    assert_seen("none", "~~~console\n$ no-such-program\n~~~\n", "no-such-program: command not found");
    assert_seen("error", "~~~console\n$ false\nnot so\n~~~\n", "not so");
    // It ends what it began, whatever it leaves running.
    assert_eq!(faults("left", "~~~console\n$ sleep 60 & echo a\na\n~~~\n"), [""; 0]);
}

#[test]
fn what_is_folded_is_compared_as_well() {
    if !is_ready() {
        return;
    }
    let commands = "~~~console\n$ echo a\n$ echo b\n~~~\n\n<details>\n\n<!-- prints -->\n";
    assert_eq!(faults("folded", &format!("{commands}~~~text\na\nb\n~~~\n")), [""; 0]);
    assert_seen("folded", &format!("{commands}~~~text\na\n~~~\n"), "line 10: --- the page says:\na\n");
}

#[test]
fn a_command_prints_on_a_terminal() {
    if !is_ready() {
        return;
    }
    let terminal = "~~~console\n$ test -t 1 && test -t 2 && ! test -t 0 && stty size <&1\n24 80\n~~~\n";
    assert_eq!(faults("terminal", terminal), [""; 0]);
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
    assert_eq!(faults("window", &[open, typed, shown, end].concat()), [""; 0]);
    assert_seen("left-over", &[open, typed].concat(), "has said more:\ntwo\nthree");
    assert_seen("left-over-at-the-end", &[open, typed, end].concat(), "has said more:\ntwo\nthree");
    assert_seen("half", &[open, typed, &shown.replace("two\n", "")].concat(), "--- what happens:\ntwo\nthree");
    assert_eq!(faults("and-so-on", &[open, typed, &shown.replace("three", "...")].concat()), [""; 0]);
    assert_seen("never", &[open, shown].concat(), "--- the page says:\ntwo");
    assert_seen("no-window", typed, "it is not there");
    assert_seen("no-end", &[open, "<!-- window a: ends -->\n"].concat(), "it has not ended");
    assert_seen("ended", &[open, end, typed].concat(), "it is not there");
    assert_seen("at-once", &open.replace("\none\n", "\nother\n"), "--- the page says:\nother");
}

#[test]
fn ctrl_c_ends_a_window_and_all_that_runs_in_it() {
    if !is_ready() {
        return;
    }
    let page = "<!-- window a -->\n~~~console\n$ echo begun; sleep 60 | cat\nbegun\n~~~\n\
                <!-- window a: Ctrl-C -->\n<!-- window a: ends -->\n";
    assert_eq!(faults("ctrl-c", page), [""; 0]);
}

#[test]
fn a_line_without_an_end_counts_when_it_stays() {
    if !is_ready() {
        return;
    }
    let page = "<!-- window a -->\n~~~console\n$ printf 'Hel'; sleep 0.1; printf 'lo'; sleep 60\nHello\n~~~\n";
    assert_eq!(faults("no-line-end", page), [""; 0]);
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
    assert_eq!(faults("log", &[start, ask, log].concat()), [""; 0]);
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
    assert_eq!(merged(&lines(wanted), &came), lines(better));
    assert_eq!(merged(&[], &came), came);
    assert_eq!(merged(&lines("...\nold"), &came), ["..."]);
    let (acts, _) = script("```console\n$ echo a\n$ echo b \\\n  c\nold\n```\n");
    let mut run = Run::new("bless").hurried(Duration::from_secs(2));
    run.all(&acts);
    let blessed = "```console\n$ echo a\na\n$ echo b \\\n  c\nb c\n```\n";
    assert_eq!(edited("```console\n$ echo a\n$ echo b \\\n  c\nold\n```\n", &run.edits), blessed);
}

#[test]
fn programs_meet_the_server_of_the_run_and_bytes_stay() {
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
        assert_eq!(mapped(command, 9999, Some(17)), expected);
    }
    assert_eq!(as_on_the_page("127.0.0.1:9999 19999 9999x", 9999), "127.0.0.1:8080 19999 9999x");
}

#[test]
fn ports_that_are_drawn_are_not_compared_and_others_are() {
    let same = |one: &str, other: &str| comparable_line(one, Ports::Drawn) == comparable_line(other, Ports::Drawn);
    assert!(same("from 127.0.0.1:50000", "from 127.0.0.1:40000") && same("[::1]:50000 x", "[::1]:40000 x"));
    assert!(same("IP 127.0.0.1.50000 > a", "IP 127.0.0.1.40000 > a") && !same("a:50000", "a:40000"));
    assert!(!same("127.0.0.1:8080", "127.0.0.1:9000") && !same("127.0.0.1:50000", "127.0.0.1:8080"));
    assert!(same("LISTEN 0   4096  127.0.0.1:8080   0.0.0.0:*", "LISTEN 0 4096 127.0.0.1:8080 0.0.0.0:*"));
    assert!(!same("a  b", "a b") && !same("1  2 3", "1 2 3"));
    assert!(
        fault(&lines("ws-1 a\nINFO ws-1 b\nINFO ws-2 c"), &lines("ws-1 a\nINFO ws-5 b\nINFO ws-7 c"), Ports::Drawn)
            .is_none()
    );
}

#[test]
fn tools_are_found_in_commands_and_missed() {
    let used = |page: &str| tools::used(&script(&page.replace('~', "`")).0);
    assert_eq!(used("~~~console\n$ (cat a; sleep 1) | nc localhost 8080 | xxd\n~~~\n"), ["nc", "xxd"]);
    assert_eq!(used("~~~console\n$ echo ncx xxd-not; kill $(pgrep -ox ws101)\n~~~\n"), [""; 0]);
    assert_eq!(used("<!-- window a -->\n~~~console\n$ sudo tcpdump -l\n~~~\n"), ["sudo", "tcpdump"]);
    assert_eq!(used("<!-- file: a.sh -->\n~~~bash\nss -tn\n~~~\n"), ["ss"]);
    assert_eq!(tools::missing(&["no-such-tool", "sudo"], true), ["no-such-tool"]);
    assert_eq!(tools::reason(&[]), None);
    assert_eq!(tools::reason(&["nc"]).as_deref(), Some("needs nc"));
    assert_eq!(tools::reason(&["nc", "ss", "xxd"]).as_deref(), Some("needs nc, ss and xxd"));
}
