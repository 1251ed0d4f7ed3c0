//! The prompt on a terminal: lines come in while somebody types, and the end finds a half-typed line.
//!
//! Each test starts this file again, as the program on a pty: [`on_the_terminal`] is that program, and says what the
//! screen and the prompt tell it. What it takes to end is asked of `ws101 connect` itself. Linux alone, where `setsid` gives a program a terminal of its own.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use common::script;
use common::terminal::Terminal;
use crossbeam_channel::{Receiver, bounded};
use rustix::process::Signal;
use std::env;
use std::time::Duration;
use ws101::connect::input::{self, Hurry, Input};
use ws101::connect::prompt;
use ws101::connect::screen::Screen;
use ws101::wire::logger;

/// Set for the program on the terminal.
const ON_A_TERMINAL: &str = "WS101_TEST_ON_A_TERMINAL";

/// `ws101 connect URL` with a stdout that nobody reads: a pipe whose only reader is its writer.
const TO_NOBODY: &str = "d=$(mktemp -d) && mkfifo \"$d/f\" && exec 3<>\"$d/f\" && rm -r \"$d\" && \
                         exec \"$0\" connect -w forever \"$1\" >&3";

/// The same with `--json`, and the pipe is full from the start: not even `open` can be said.
const TO_A_FULL_PIPE: &str = "d=$(mktemp -d) && mkfifo \"$d/f\" && exec 3<>\"$d/f\" && \
                              { dd if=/dev/zero of=\"$d/f\" oflag=nonblock bs=4096 2>/dev/null; rm -r \"$d\"; } && \
                              exec \"$0\" connect --json -w forever \"$1\" >&3";

/// rustyline, before it draws a line again: to the row's start, and all of it away.
const CLEARED: &str = "\r\x1b[K";

fn terminal(variables: &[(&str, &str)]) -> Terminal {
    let this = env::current_exe().expect("a name");
    let variables = [variables, &[(ON_A_TERMINAL, "1")]].concat();
    let arguments = ["--exact", "on_the_terminal", "--ignored", "--nocapture"];
    Terminal::run(this.to_str().expect("a name in UTF-8"), &arguments, &variables)
}

/// The program: repeats what the prompt says. `say N` brings N lines of data, a line of talk and one of the log, and
/// `wait N` does so at the next interrupt, which otherwise ends; a line of one word ends. The end has a goodbye.
#[test]
#[ignore = "the program that the other tests start"]
fn on_the_terminal() {
    if env::var_os(ON_A_TERMINAL).is_none() {
        return;
    }
    let screen = Screen::new(false);
    logger::start_on(screen.log_target(), screen.has_colour(), None, "warn").expect("a logger");
    let (to, from) = bounded(4);
    let (hurry, _told) = Hurry::new();
    input::signals(to.clone(), hurry.clone()).expect("signals");
    let prompt = prompt::start(&screen, to, hurry).expect("a prompt");
    follow(&screen, &from);
    screen.warn("goodbye");
    drop(prompt);
    screen.talk("afterwards");
}

fn follow(screen: &Screen, from: &Receiver<Input>) {
    let mut waiting = None;
    while let Ok(input) = from.recv() {
        screen.talk(&format!("input {input:?}"));
        match input {
            Input::Line(line) => match String::from_utf8(line).expect("what was typed").split_once(' ') {
                Some(("say", number)) => say(screen, number),
                Some(("wait", number)) => waiting = Some(number.to_owned()),
                Some(_) => {}
                None => return,
            },
            Input::Interrupt => match waiting.take() {
                Some(number) => say(screen, &number),
                None => return,
            },
            Input::End | Input::Nothing => {}
            Input::Failed(why) => panic!("{why}"),
        }
    }
}

fn say(screen: &Screen, number: &str) {
    for number in 1..=number.parse().expect("a number") {
        screen.data(format!("data {number}\n").as_bytes()).expect("stdout");
    }
    screen.talk("\x1b[1mtalk\x1b[0m");
    log::warn!("logged");
}

#[test]
fn what_comes_in_is_shown_above_a_line_that_stays() {
    let mut terminal = terminal(&[]);
    terminal.wait_for("> ");
    terminal.press("wait 300\r");
    let ready = terminal.wait_for("input Line").len();
    terminal.press("half a li");
    terminal.wait_for_after(ready, "half a li");
    terminal.signal(Signal::TERM);
    let shown = terminal.wait_for("logged\r\n");
    let numbers: Vec<&str> = shown.split("data ").skip(1).filter_map(|rest| rest.split("\r\n").next()).collect();
    let all: Vec<String> = (1..=300).map(|number: u32| number.to_string()).collect();
    assert_eq!(numbers, all, "each line once, whole, in order");
    assert!(shown.find("data 300").expect("data") < shown.find("talk").expect("talk"), "talk comes after data");
    assert!(shown.contains("\x1b[1mtalk\x1b[0m\r\n") && shown.contains("\x1b[33mWARN"), "colours stay: {shown:?}");
    // The line is drawn again under the last of them, and goes on.
    terminal.wait_for_after(shown.len(), "> half a li");
    terminal.press("ne\r");
    terminal.wait_for("input Line([104, 97, 108, 102, 32, 97, 32, 108, 105, 110, 101])");
    terminal.press("end\r");
    assert!(terminal.wait().success());
}

#[test]
fn colours_that_are_not_wanted_are_left_out() {
    let mut terminal = terminal(&[("NO_COLOR", "1")]);
    terminal.wait_for("> ");
    terminal.press("say 1\r");
    let shown = terminal.wait_for("logged\r\n");
    assert!(shown.contains("talk\r\n") && !shown.contains("\x1b[1m") && !shown.contains("\x1b[33m"), "{shown:?}");
    terminal.press("end\r");
    assert!(terminal.wait().success());
}

#[test]
fn the_end_is_seen_and_the_terminal_is_as_it_was() {
    let mut terminal = terminal(&[]);
    terminal.wait_for("> ");
    assert!(terminal.is_raw());
    terminal.press("end\rhalf a li");
    terminal.wait_for("\r\nafterwards\r\n");
    assert!(terminal.wait().success());
    terminal.assert_as_it_was();
    let all = terminal.wait_for("afterwards\r\n");
    assert_eq!(all.matches("goodbye").count(), 1, "{all:?}");
    assert!(all.contains("goodbye\r\n"), "{all:?}");
    assert!(all.rfind("\x1b[?2004l") > all.rfind("\x1b[?2004h"), "pasting is marked no more: {all:?}");
}

/// A search in the history has the terminal for itself: what comes in meanwhile is shown when it is over, be it by the
/// end of the program.
#[test]
fn the_end_is_seen_in_a_search_too() {
    let mut terminal = terminal(&[]);
    terminal.wait_for("> ");
    terminal.press("say 1\r");
    terminal.wait_for("logged\r\n");
    terminal.press("\x12sa");
    terminal.wait_for("search)`sa'");
    terminal.signal(Signal::TERM);
    terminal.wait_for("\r\nafterwards\r\n");
    assert!(terminal.wait().success());
    terminal.assert_as_it_was();
    let all = terminal.wait_for("afterwards\r\n");
    assert!(all.contains("input Interrupt\r\n") && all.contains("goodbye\r\n"), "{all:?}");
}

#[test]
fn ctrl_c_clears_a_line_and_interrupts_on_an_empty_one() {
    let mut terminal = terminal(&[]);
    terminal.wait_for("> ");
    terminal.press("half a li");
    let typed = terminal.wait_for("half a li").len();
    terminal.press("\x03");
    let cleared = terminal.wait_for_after(typed, "> ");
    assert!(!cleared.contains("input"), "{cleared:?}");
    // Something typed and taken back is an empty line.
    terminal.press("x\x7f");
    terminal.press("\x03");
    terminal.wait_for("input Interrupt\r\n");
    assert!(terminal.wait().success());
}

#[test]
fn after_ctrl_d_there_is_no_prompt_but_an_ear() {
    let mut terminal = terminal(&[]);
    terminal.wait_for("> ");
    terminal.press("\x04");
    let ended = terminal.wait_for("input End\r\n").len();
    terminal.press("too late\r\x03");
    let all = terminal.wait_for_after(ended, "afterwards\r\n");
    assert!(!all[ended..].contains("> ") && !all.contains("input Line"), "{all:?}");
    assert!(terminal.wait().success());
}

#[test]
fn a_terminal_that_can_do_nothing_still_has_lines() {
    let mut terminal = terminal(&[("TERM", "dumb")]);
    terminal.press("say 1\n");
    let shown = terminal.wait_for("logged\r\n");
    assert!(shown.contains("data 1\r\n") && !shown.contains(CLEARED) && !terminal.is_raw(), "{shown:?}");
    terminal.press("end\n");
    terminal.wait_for("\r\nafterwards\r\n");
    assert!(terminal.wait().success());
}

/// `ws101 connect` at its prompt, after a server has sent so much that it stands still before a stdout that nobody reads.
fn stands_still() -> Terminal {
    let (to, stuffed) = bounded(1);
    let (server, _) = script::upgraded(move |server| {
        server.stream.set_write_timeout(Some(Duration::from_millis(300))).expect("a timeout");
        let message = script::frame(0x81, &[b'x'; 10_000]);
        while server.try_send(&message).is_ok() {}
        to.send(()).expect("a test");
        server.rest();
    });
    let (program, url) = (env!("CARGO_BIN_EXE_ws101"), format!("ws://{server}/"));
    let terminal = Terminal::run("sh", &["-c", TO_NOBODY, program, &url], &[]);
    terminal.wait_for("> ");
    stuffed.recv_timeout(common::PATIENCE).expect("a server that has filled everything");
    terminal
}

#[test]
fn ctrl_c_twice_is_the_end_though_nobody_reads_stdout() {
    let mut terminal = stands_still();
    let before = terminal.written();
    terminal.press("\x03");
    terminal.wait_for_after(before, "> ");
    terminal.press("\x03");
    assert_eq!(terminal.wait().code(), Some(1));
    terminal.assert_as_it_was();
    let all = terminal.wait_for("\x1b[?2004l");
    assert!(all.rfind("\x1b[?2004l") > all.rfind("\x1b[?2004h"), "pasting is marked no more: {all:?}");
}

#[test]
fn two_signals_give_the_terminal_back_though_nobody_reads_stdout() {
    let mut terminal = stands_still();
    assert!(terminal.is_raw());
    terminal.signal(Signal::TERM);
    terminal.signal(Signal::HUP);
    assert_eq!(terminal.wait().code(), Some(1));
    terminal.assert_as_it_was();
}

/// A key and a signal are two, as two keys are; with a half-typed line the key only clears it.
#[test]
fn a_key_and_a_signal_are_two_wishes() {
    let mut terminal = stands_still();
    let before = terminal.written();
    terminal.press("half a li");
    terminal.wait_for_after(before, "half a li");
    let before = terminal.written();
    terminal.press("\x03");
    terminal.wait_for_after(before, "> ");
    terminal.signal(Signal::TERM);
    terminal.press("\x03");
    assert_eq!(terminal.wait().code(), Some(1));
    terminal.assert_as_it_was();
}

/// So many messages, and so long after each 4 KiB: some 30 KB/s, while the kernel keeps 64 KB or so.
const MESSAGES: usize = 2000;
const SLOW: Duration = Duration::from_millis(120);

/// `ws101 connect` at its prompt on a slow terminal. The server waits for a Close, or begins by itself, sends more than
/// the terminal shows in six seconds, and then its own Close.
fn slow(waits_for_close: bool) -> Terminal {
    let (server, _) = script::upgraded(move |server| {
        if waits_for_close {
            assert_eq!(server.frame().0, 0x88);
        }
        let messages = (0..MESSAGES).flat_map(|number| script::frame(0x81, format!("{number:0100}.").as_bytes()));
        server.send(messages.collect::<Vec<u8>>());
        server.send(script::close(1000, ""));
        server.rest();
    });
    let terminal = Terminal::run(env!("CARGO_BIN_EXE_ws101"), &["connect", &format!("ws://{server}/")], &[]);
    terminal.pause(SLOW);
    terminal
}

/// Every message once, in order and whole, and then the last line; the terminal as it was.
fn assert_all_was_shown(mut terminal: Terminal) {
    let all = terminal.wait_for("closed: 1000 normal closure");
    assert_eq!(terminal.wait().code(), Some(0));
    terminal.assert_as_it_was();
    let shown: Vec<&str> = all.split("< ").skip(1).filter_map(|rest| rest.split('.').next()).collect();
    let sent: Vec<String> = (0..MESSAGES).map(|number| format!("{number:0100}")).collect();
    assert_eq!(shown.len(), sent.len());
    assert!(shown == sent, "each once, whole, in order");
}

#[test]
fn one_ctrl_c_loses_nothing_on_a_slow_terminal() {
    let mut terminal = slow(true);
    terminal.wait_for("> ");
    terminal.press("\x03");
    assert_all_was_shown(terminal);
}

#[test]
fn one_signal_loses_nothing_on_a_slow_terminal() {
    let terminal = slow(true);
    terminal.wait_for("> ");
    terminal.signal(Signal::TERM);
    assert_all_was_shown(terminal);
}

/// Keys that nobody waits for any more: the conversation is over, and half of it is not shown yet.
#[test]
fn keys_at_the_end_lose_nothing_on_a_slow_terminal() {
    let mut terminal = slow(false);
    terminal.wait_for("00100.");
    terminal.press("\r");
    terminal.press("\x03");
    assert_all_was_shown(terminal);
}

/// The second wish is heard in the middle of that, too.
#[test]
fn ctrl_c_twice_ends_it_in_the_middle_of_the_rest() {
    let mut terminal = slow(false);
    terminal.wait_for("00100.");
    terminal.pause(3 * SLOW);
    terminal.press("\x03");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.wait().code(), Some(1));
    terminal.assert_as_it_was();
}

#[test]
fn two_wishes_end_it_though_it_cannot_say_that_it_is_open() {
    for by_key in [true, false] {
        let (server, _) = script::upgraded(|server| server.rest());
        let (program, url) = (env!("CARGO_BIN_EXE_ws101"), format!("ws://{server}/"));
        let mut terminal = Terminal::run("sh", &["-c", TO_A_FULL_PIPE, program, &url], &[]);
        for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
            terminal.wait_until_caught(signal);
        }
        match by_key {
            // No prompt yet: the terminal makes a signal of it.
            true => terminal.press("\x03"),
            false => terminal.signal(Signal::HUP),
        }
        terminal.signal(Signal::TERM);
        assert_eq!(terminal.wait().code(), Some(1));
        terminal.assert_as_it_was();
    }
}
