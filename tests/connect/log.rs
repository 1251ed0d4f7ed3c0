//! `-v`, `-vv`, `-vvv`: the client's side of every byte, in the words of the server's log, without its secrets.

use crate::common::client::{Client, Finished};
use crate::common::serve;
use ws101::server::Config;

/// One question and its answer, told as loudly as these arguments say.
fn told(arguments: &str, rust_log: Option<&str>) -> Finished {
    let server = serve(Config::default());
    let client = Client::to(server.addr).args("-1 -x Hello").args(arguments);
    let client = match rust_log {
        Some(level) => client.env("RUST_LOG", level),
        None => client,
    };
    let run = client.run();
    assert_eq!((run.code, run.data().as_str()), (Some(0), "Hello\n"), "{}", run.talk());
    run
}

/// Whether there are lines of these levels: INFO, DEBUG, TRACE.
fn levels(run: &Finished) -> [bool; 3] {
    ["INFO ", "DEBUG ", "TRACE "].map(|level| run.talk().lines().any(|line| line.starts_with(level)))
}

#[test]
fn each_v_tells_more_and_an_option_wins_over_the_variable() {
    assert_eq!(levels(&told("", None)), [false, false, false]);
    assert_eq!(levels(&told("-v", None)), [true, false, false]);
    assert_eq!(levels(&told("-vv", None)), [true, true, false]);
    assert_eq!(levels(&told("-vvv", None)), [true, true, true]);
    assert_eq!(levels(&told("-vvvv", None)), [true, true, true]);
    assert_eq!(levels(&told("", Some("debug"))), [true, true, false]);
    assert_eq!(levels(&told("-vvv", Some("info"))), [true, true, true]);
    assert_eq!(levels(&told("-v", Some("trace"))), [true, false, false]);
    assert_eq!(levels(&told("-vv", Some("off"))), [true, true, false]);
    assert_eq!(levels(&told("", Some("off"))), [false, false, false]);
}

#[test]
fn the_quiet_log_is_still_the_log() {
    let run = told("-q -v", None);
    assert!(run.talk().lines().all(|line| line.starts_with("INFO ")), "{}", run.talk());
}

/// The whole of it, at `-v`.
#[test]
fn what_happens_in_the_words_of_the_server() {
    let talk = told("-v", None).talk();
    let expected = "INFO  connect = connected to ADDRESS\n\
                    INFO  connect = open /ws at ADDRESS\n\
                    = open, connected to ADDRESS\n\
                    INFO  connect = message text 5 bytes\n\
                    INFO  connect = close 1000 normal closure, by this client\n\
                    > Close 1000 normal closure\n\
                    INFO  connect = close answered by the server: 1000 normal closure\n\
                    INFO  connect = ended after TIME; messages: 1 in, 1 out; bytes: 11 in, 19 out\n\
                    = closed: 1000 normal closure, answered by the server\n";
    assert_eq!(talk, expected);
}

#[test]
fn heads_and_frames_are_there_with_vv_and_bytes_and_bits_with_vvv() {
    let frames = told("-vv", None).talk();
    for line in [
        "DEBUG connect > GET /ws HTTP/1.1",
        "DEBUG connect < HTTP/1.1 101 Switching Protocols",
        "DEBUG connect < TEXT fin=1 rsv=000 mask=none len=5 \"Hello\"",
        "DEBUG connect < CLOSE fin=1 rsv=000 mask=none len=2",
    ] {
        assert!(frames.lines().any(|said| said.starts_with(line)), "{line} is not in\n{frames}");
    }
    let sent = frames.lines().find(|line| line.starts_with("DEBUG connect > TEXT")).unwrap();
    assert!(sent.contains("mask=") && !sent.contains("mask=none") && sent.ends_with("\"Hello\""), "{sent}");

    let bytes = told("-vvv", None).talk();
    for part in [
        "TRACE connect < 7 bytes\n    0000  81 05 48 65 6c 6c 6f                              ..Hello\n",
        "0... .... MASK  a server never masks (s5.1)\n",
        "1... .... MASK  a client always masks (s5.1)\n",
    ] {
        assert!(bytes.contains(part), "{part} is not in\n{bytes}");
    }
}

#[test]
fn secrets_are_stars_in_text_and_in_hex_unless_they_are_asked_for() {
    for shown in [false, true] {
        let server = serve(Config::default());
        let client = Client::to(server.addr).args("-vvv -w 0").arg("-H").arg("Cookie: session=SesameOpen");
        let client = client.arg("-H").arg("Authorization: Bearer SesameOpen").arg("-H").arg("X: plain");
        let run = client.args(if shown { "--show-secrets" } else { "" }).run();
        assert_eq!(run.code, Some(0), "{}", run.talk());
        let talk = run.talk();
        assert_eq!(talk.contains("SesameOpen"), shown, "{talk}");
        assert!(talk.contains("X: plain"), "{talk}");
        // "Sesame" in a dump, wherever a row of it ends: letters and bytes of all rows, put together.
        let rows = || talk.lines().filter(|line| line.starts_with("    0") && line.len() > 58);
        let letters: String = rows().map(|row| &row[58..]).collect();
        let bytes: String = rows().flat_map(|row| row[10..58].chars()).filter(|c| !c.is_whitespace()).collect();
        assert!(letters.contains("X: plain"), "{letters}");
        assert_eq!(letters.contains("SesameOpen"), shown, "{letters}");
        assert_eq!(bytes.contains("536573616d65"), shown, "{bytes}");
    }
}

#[test]
fn a_dump_is_as_long_as_it_is_told_to_be() {
    let long = "x".repeat(1000);
    let rows = |arguments: &str| {
        let server = serve(Config::default());
        let run = Client::to(server.addr).args("-1 -vvv").args(arguments).arg("-x").arg(&long).run();
        run.talk().lines().filter(|line| line.ends_with("  xxxxxxxxxxxxxxxx")).count()
    };
    let (few, usual, all) = (rows("--dump-bytes 32"), rows(""), rows("--dump-bytes 0"));
    assert!(few < usual && usual < all, "{few}, {usual}, {all}");
}

/// A pipe is no terminal.
#[test]
fn no_colours_go_into_a_pipe_unless_they_are_asked_for() {
    let talk = |name: &str| {
        let server = serve(Config::default());
        let run = Client::to(server.addr).args("-1 -vv -x Hello").env(name, "1").run();
        assert_eq!(run.data(), "Hello\n");
        String::from_utf8(run.raw_talk().to_vec()).unwrap()
    };
    assert!(!talk("WS101_NOTHING").contains('\u{1b}'));
    assert!(!talk("NO_COLOR").contains('\u{1b}'));
    assert!(talk("CLICOLOR_FORCE").contains("\u{1b}["));
}
