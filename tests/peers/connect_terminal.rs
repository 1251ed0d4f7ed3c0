//! `ws101 connect` at a terminal, as a person has it: a prompt that nothing tears, and a terminal that is left as it was.

use crate::connect_node::Node;
use crate::terminal::{Terminal, last};

#[test]
#[ignore = "needs tmux and node"]
fn a_half_typed_line_stays_whole_while_messages_arrive() {
    let mut node = Node::start();
    let terminal = Terminal::connect("half", &[&node.at("/busy")]);
    terminal.shows("< news 3");
    terminal.type_in("half a li");
    // News come above it, and it is still there. A picture taken while it is drawn anew may lack it.
    let screen = terminal.until("line below the news", |screen| last(screen) == "> half a li");
    let so_far = news(&screen);
    terminal.until("more news above it", |screen| last(screen) == "> half a li" && news(screen) >= so_far + 5);
    terminal.type_in("ne");
    terminal.until("whole line", |screen| last(screen) == "> half a line");
    terminal.press("Enter");
    assert_eq!(node.program.hear("text "), "text \"half a line\"");
    terminal.press("Up");
    terminal.until("line of the history", |screen| last(screen) == "> half a line");
    terminal.press("Enter");
    assert_eq!(node.program.hear("text "), "text \"half a line\"");
    terminal.until("new prompt", |screen| last(screen) == ">");
    terminal.press("C-c");
    node.program.hear("closed 1000");
    let screen = terminal.ends(0);
    assert!(screen.contains("= closed: 1000 normal closure, answered by the server"), "{screen}");
    nothing_is_torn(&screen);
}

/// The number of the last news.
fn news(screen: &str) -> usize {
    let last = screen.lines().rev().find_map(|line| line.strip_prefix("< news "));
    last.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Every line is one that was said, whole, and the news are all there, in order.
fn nothing_is_torn(screen: &str) {
    let mut count = 0;
    for line in screen.lines() {
        if let Some(number) = line.strip_prefix("< news ") {
            count += 1;
            assert_eq!(number, count.to_string(), "{screen}");
        } else {
            let known =
                ["= open, connected", ">", "> half a line", "> Close 1000", "= closed", "status 0", "same modes"];
            assert!(known.iter().any(|known| line.starts_with(known)), "{line:?} in\n{screen}");
        }
    }
    assert_eq!(screen.matches("> half a line").count(), 2, "{screen}");
}

#[test]
#[ignore = "needs tmux and node"]
fn commands_do_what_they_say() {
    let mut node = Node::start();
    let terminal = Terminal::connect("commands", &[&node.at("/echo")]);
    terminal.enter("/ping are you there");
    node.program.hear("ping are you there");
    terminal.shows("> Ping \"are you there\"");
    terminal.shows("< Pong \"are you there\" after ");
    terminal.enter("/pong unasked");
    node.program.hear("pong unasked");
    terminal.enter("/binary 0a ff");
    node.program.hear("binary 0aff");
    terminal.shows("< binary, 2 bytes: 0a ff");
    terminal.enter("/help");
    terminal.shows("/frame KEY=VALUE... TEXT");
    terminal.enter("/nonsense");
    terminal.shows("! /nonsense is no command");
    terminal.enter("//nonsense");
    terminal.shows("< /nonsense");
    terminal.enter("/close 4001 bye");
    node.program.hear("closed 4001 bye");
    terminal.shows("= closed: 4001 an application's own \"bye\", answered by the server");
    terminal.ends(0);
}

#[test]
#[ignore = "needs tmux and node"]
fn an_illegal_frame_shows_what_the_server_does() {
    let mut node = Node::start();
    let terminal = Terminal::connect("illegal", &[&node.at("/echo")]);
    terminal.enter("/frame op=ping fin=0 x");
    node.program.hear("error WS_ERR_EXPECTED_FIN");
    terminal.shows("> PING fin=0 rsv=000");
    terminal.shows("= server closed: 1002 protocol error");
    terminal.ends(0);
}

#[test]
#[ignore = "needs tmux and node"]
fn the_end_of_the_input_closes() {
    let mut node = Node::start();
    let terminal = Terminal::connect("end", &[&node.at("/echo")]);
    terminal.enter("Hello");
    terminal.shows("< Hello");
    terminal.until("prompt", |screen| last(screen) == ">");
    terminal.press("C-d");
    node.program.hear("closed 1000");
    terminal.shows("= closed: 1000");
    terminal.ends(0);
}

/// Ctrl-C throws a half-typed line away, then closes, then does not wait for an answer.
#[test]
#[ignore = "needs tmux and node"]
fn ctrl_c_means_more_each_time() {
    let node = Node::start();
    let terminal = Terminal::connect("interrupt", &["--close-timeout", "1m", &node.at("/deaf")]);
    terminal.until("prompt", |screen| last(screen) == ">");
    terminal.type_in("half");
    terminal.until("half a line", |screen| last(screen) == "> half");
    terminal.press("C-c");
    terminal.until("new prompt", |screen| last(screen) == ">" && screen.contains("> half\n"));
    terminal.press("C-c");
    terminal.until("prompt below the Close", |screen| screen.contains("> Close 1000") && last(screen) == ">");
    terminal.enter("late");
    terminal.shows("! not sent: the connection is closing");
    terminal.until("prompt", |screen| last(screen) == ">");
    terminal.press("C-c");
    terminal.shows("! ended by a signal");
    terminal.ends(1);
}

#[test]
#[ignore = "needs tmux and node"]
fn a_server_that_closes_is_told_below_a_half_typed_line() {
    let mut node = Node::start();
    let terminal = Terminal::connect("closes", &[&node.at("/quiet")]);
    terminal.until("prompt", |screen| last(screen) == ">");
    terminal.type_in("half");
    terminal.until("half a line", |screen| last(screen) == "> half");
    node.program.say("restarting");
    node.program.hear("closed 1001");
    let screen = terminal.ends(0);
    assert!(screen.contains("\n> half\n= server closed: 1001 going away \"restarting\"\nstatus 0\n"), "{screen}");
}

#[test]
#[ignore = "needs tmux and node"]
fn a_server_that_dies_is_told_and_the_terminal_is_given_back() {
    let node = Node::start();
    let terminal = Terminal::connect("dies", &[&node.at("/reset")]);
    terminal.shows("< last words");
    terminal.shows("! reset without a Close frame");
    terminal.ends(1);
}

#[test]
#[ignore = "needs tmux and node"]
fn text_from_outside_does_nothing_to_the_terminal() {
    let mut node = Node::start();
    let terminal = Terminal::connect("awkward", &[&node.at("/awkward")]);
    terminal.enter("clear");
    terminal.shows("< a\\u{1b}[2J\\u{1b}[Hb\\r\\u{7}");
    terminal.enter("lines");
    let screen = terminal.shows("  three");
    assert!(screen.contains("\n< one\n  two\n  three\n"), "{screen}");
    terminal.enter("long");
    terminal.until("long line", |screen| screen.matches('x').count() >= 1000);
    terminal.enter("the end");
    node.program.hear("closed 4002");
    let screen = terminal.ends(0);
    assert!(screen.starts_with("= open, connected to "), "nothing was cleared:\n{screen}");
    assert!(screen.contains(&format!("\n< {}\n", "x".repeat(1000))), "{screen}");
}

#[test]
#[ignore = "needs tmux and node"]
fn a_file_gets_what_came_and_nothing_of_the_prompt() {
    let node = Node::start();
    let terminal = Terminal::connect_to_file("file", &[&node.at("/echo")]);
    for line in ["Hello", "κόσμε"] {
        terminal.enter(line);
    }
    terminal.until("prompt", |screen| last(screen) == ">");
    terminal.press("C-d");
    let screen = terminal.ends(0);
    assert!(screen.contains("= open") && screen.contains("> Hello") && !screen.contains("< Hello"), "{screen}");
    assert_eq!(terminal.out(), "Hello\nκόσμε\n");
}

#[test]
#[ignore = "needs tmux and node"]
fn the_log_stands_above_the_prompt() {
    let node = Node::start();
    let terminal = Terminal::connect("log", &["-vvv", &node.at("/echo")]);
    terminal.enter("Hello");
    let screen = terminal.until("answer", |screen| screen.contains("\n< Hello\n") && last(screen) == ">");
    for line in ["TRACE connect > 11 bytes", "DEBUG connect > TEXT fin=1", "TRACE connect < 7 bytes", "\n> Hello\n"] {
        assert!(screen.contains(line), "{line}\n{screen}");
    }
    terminal.press("C-d");
    terminal.shows("INFO  connect = ended after");
    terminal.ends(0);
}
