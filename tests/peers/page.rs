//! The page at `/` in headless Chromium and in Firefox: what it shows, what it costs, and whom it does not let in.

use crate::links::root;
use crate::nginx::folder;
use crate::run::{Talk, to_end};
use crate::server::Server;
use crate::tools::{chromium, firefox, installed, node, program};
use std::process::Command;
use std::{env, fs};

/// A feed that does not rest.
const TICKS: [&str; 2] = ["--tick", "50ms..100ms"];
const QUIET: [&str; 2] = ["--tick", "off"];

#[test]
#[ignore = "needs chromium"]
fn hello_is_masked_with_the_key_that_stands_beside_it() {
    case("hello", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn the_accept_key_is_calculated_before_ones_eyes() {
    case("handshake", &["--tick", "off", "--subprotocol", "chat.example"]);
}

#[test]
#[ignore = "needs chromium"]
fn a_subprotocol_that_nobody_speaks_is_told_and_not_tried_again() {
    case("no-subprotocol", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn the_three_forms_of_a_length_are_seen() {
    case("lengths", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn the_slider_stops_where_the_form_of_the_length_changes() {
    case("slider", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn who_closed_and_why_is_said() {
    case("close-4000", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn why_a_field_is_there_is_said() {
    case("strip", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn who_reads_in_the_wire_is_left_alone() {
    case("reading", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn the_step_that_refuses_is_shown() {
    case("refused", &["--tick", "off", "--origin", "https://elsewhere.example"]);
}

#[test]
#[ignore = "needs chromium"]
fn a_server_that_watches_nothing_says_so() {
    case("unwatched", &["--tick", "off", "--max-watched", "0"]);
}

#[test]
#[ignore = "needs chromium"]
fn each_endpoint_does_what_its_line_says() {
    case("endpoints", &TICKS);
}

#[test]
#[ignore = "needs chromium"]
fn a_page_sees_its_own_connection_alone() {
    case("own-alone", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn a_page_comes_back_when_its_server_does() {
    let start = |port| Server::start_on(port, &QUIET);
    let mut server = start(0);
    let port = server.port();
    let mut page = Talk::start(&mut script("restart", &server, &[]), 120);
    page.hear("please stop");
    server.terminate();
    assert!(server.ended().success(), "ws101 ended well");
    for _ in ["after the stop", "after the kill"] {
        page.hear("please start");
        server = start(port);
        page.hear("please kill");
        drop(server);
    }
    page.hear("ok restart");
    assert!(page.finish().success());
}

#[test]
#[ignore = "needs chromium"]
fn what_is_saved_and_copied_can_be_decoded() {
    let folder = folder("page-save");
    let server = Server::start(&QUIET);
    run("save", &server, &[folder.to_str().expect("a path in UTF-8")]);
    let decode = |what: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
        to_end(command.args(["decode", what]), b"", 20).succeeded().text()
    };
    let saved = decode(folder.join("saved.log").to_str().expect("a path in UTF-8"));
    for part in [
        "GET /ws?watch=******************************** HTTP/1.1",
        "HTTP/1.1 101 Switching Protocols",
        "len=300 \"abcdefghijklmnopqrstuvwxyz",
        "BINARY fin=1 rsv=000 mask=none len=3 [00 ff 10]",
        "4 frames, 3 messages, no fault; from the client (told)",
        "4 frames, 3 messages, no fault; from the server (told)",
    ] {
        assert!(saved.contains(part), "no {part} in\n{saved}");
    }
    let copied = decode(&fs::read_to_string(folder.join("copied")).expect("what was copied"));
    assert!(copied.contains("payload, unmasked: \"Hello\""), "{copied}");
    fs::remove_dir_all(folder).expect("the folder is removed");
}

#[test]
#[ignore = "needs chromium"]
fn four_transports_follow_one_feed() {
    case("follow", &TICKS);
}

#[test]
#[ignore = "needs chromium"]
fn the_figures_of_the_page_are_those_of_the_server_and_of_its_log() {
    let server = Server::start(&QUIET);
    let said = run("count", &server, &[]);
    let counted = said.lines().find_map(|line| line.strip_prefix("websocket ")).expect("what the page has counted");
    server.logs(&format!("; bytes: {counted}"));
}

#[test]
#[ignore = "needs chromium"]
fn a_view_out_of_sight_holds_nothing_and_misses_nothing() {
    case("hide", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn what_is_old_leaves_the_first_figures() {
    case("recent", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn a_websocket_is_not_closed_in_its_handshake() {
    case("stop-connecting", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn what_is_not_counted_is_said() {
    case("uncounted", &["--max-watched", "0"]);
}

#[test]
#[ignore = "needs chromium"]
fn a_refused_websocket_says_where_the_reason_is() {
    case("refused-websocket", &["--origin", "http://elsewhere.example"]);
}

#[test]
#[ignore = "needs chromium"]
fn what_was_true_is_not_told_as_if_it_were() {
    let server = Server::start(&QUIET);
    let mut page = Talk::start(&mut script("gone", &server, &[]), 120);
    page.hear("please stop");
    drop(server);
    page.hear("ok gone");
    assert!(page.finish().success());
}

#[test]
#[ignore = "needs chromium"]
fn what_looks_like_code_stays_text() {
    case("markup", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn a_text_turns_its_own_direction_alone() {
    case("direction", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn a_page_of_another_origin_reads_nothing() {
    case("strangers", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn an_unknown_token_shows_nothing() {
    case("unknown-token", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn what_must_not_happen_would_be_seen() {
    case("trouble-is-seen", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn a_walk_through_all_views_meets_no_trouble() {
    case("walk", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn keys_are_enough() {
    case("keys", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn no_page_is_wider_than_its_window() {
    case("widths", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn axe_finds_nothing_serious() {
    installed("node/node_modules/axe-core");
    case("axe", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn who_wants_no_motion_gets_none() {
    case("motion", &QUIET);
}

#[test]
#[ignore = "needs chromium"]
fn ten_thousand_frames_leave_the_page_quick() {
    case("flood", &QUIET);
}

#[test]
#[ignore = "needs firefox"]
fn firefox_shows_the_same() {
    let server = Server::start(&TICKS);
    let mut script = node("page_firefox.js", "puppeteer-core");
    let said = to_end(script.arg(firefox()).arg(server.http("/")), b"", 120).succeeded();
    assert_eq!(said.text().lines().last(), Some("ok firefox"), "{}", said.all());
}

/// The pictures of the documents. `BLESS=1` puts them into `docs/images`; otherwise they are only made.
#[test]
#[ignore = "needs chromium"]
fn pictures_of_the_page_can_be_taken() {
    let folder = folder("page-pictures");
    let server = Server::start(&QUIET);
    let mut script = node("page_pictures.js", "playwright-core");
    to_end(script.arg(chromium()).arg(server.http("/")).arg(&folder), b"", 120).succeeded();
    let images = root().join("docs/images");
    for name in ["page-light.png", "page-dark.png", "page-narrow.png", "page-transports.png"] {
        let picture = folder.join(name);
        let mut fewer_colours = program("pngquant", "apt-get install pngquant");
        fewer_colours.args(["--force", "--strip", "--ext", ".png", "128"]).arg(&picture);
        to_end(&mut fewer_colours, b"", 30).succeeded();
        let size = fs::metadata(&picture).expect("a picture").len();
        assert!((10_000..150_000).contains(&size), "{name} has {size} bytes");
        if env::var_os("BLESS").is_some() {
            fs::create_dir_all(&images).expect("the folder of images");
            fs::copy(&picture, images.join(name)).expect("the picture is put into its place");
        }
        assert!(images.join(name).exists(), "{name} is not in docs/images: BLESS=1 puts it there");
    }
    fs::remove_dir_all(folder).expect("the folder is removed");
}

/// Runs a case against a server of its own that was started with these arguments.
fn case(name: &str, arguments: &[&str]) {
    run(name, &Server::start(arguments), &[]);
}

/// Runs a case to its end and gives what it printed.
fn run(name: &str, server: &Server, parameters: &[&str]) -> String {
    let said = to_end(&mut script(name, server, parameters), b"", 120).succeeded();
    assert_eq!(said.text().lines().last(), Some(format!("ok {name}").as_str()), "{}", said.all());
    said.text()
}

fn script(name: &str, server: &Server, parameters: &[&str]) -> Command {
    let mut script = node("page.js", "playwright-core");
    script.arg(chromium()).arg(name).arg(server.http("/")).args(parameters);
    script
}
