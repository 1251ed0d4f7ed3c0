//! The files of `deploy` that no program here can run, held against each other and against the server: a port, a path or a
//! time that stands in two places is the same in both. tests/peers/images.rs does what it can of them for real.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "common/dockerfile.rs"]
mod dockerfile;

use clap::CommandFactory;
use dockerfile::{context, copied, dockerfile, stages, words};
use std::fs;
use std::path::Path;
use std::time::Duration;
use ws101::cli::Cli;

fn deploy(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

// --- the Dockerfile ---

#[test]
fn instructions_are_read_with_their_lines_joined() {
    let text = "# a\nFROM a AS b\n\nRUN one \\\n    && two\n# c\nFROM scratch\nUSER 1:1\n";
    let found = stages(text);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].only("RUN"), found[1].only("USER")), ("one && two", "1:1"));
    assert_eq!(copied("--from=a /x /y z"), (vec!["/x", "/y"], "z"));
}

/// Cargo reads the manifest before it builds: what it names must be there, benchmarks too.
#[test]
fn what_is_copied_is_sent_and_is_all_that_the_manifest_names() {
    let (root, stages) = dockerfile();
    let sent = context(&root);
    let copies = stages[0].steps.iter().filter(|step| step.word == "COPY");
    let mut wanted: Vec<&str> = copies.flat_map(|step| copied(&step.rest).0).collect();
    wanted.sort_unstable();
    let mut sent: Vec<&str> = sent.iter().map(String::as_str).collect();
    sent.sort_unstable();
    assert_eq!(sent, wanted, ".dockerignore lets in what the Dockerfile copies, and no more");
    for name in wanted {
        assert!(root.join(name).exists(), "{name} is copied and is not there");
    }
}

#[test]
fn the_image_holds_what_it_starts_and_runs_it_as_nobody() {
    let (_, stages) = dockerfile();
    let image = stages.last().unwrap();
    assert_eq!(image.only("FROM"), "scratch");
    let entry = words(image.only("ENTRYPOINT"));
    let (_, check) = image.only("HEALTHCHECK").split_once("CMD ").expect("a command");
    let check = words(check);
    let copies: Vec<&str> =
        image.steps.iter().filter(|step| step.word == "COPY").map(|step| copied(&step.rest).1).collect();
    assert!(copies.contains(&entry[0].as_str()) && check[0] == entry[0], "{copies:?}, {entry:?}, {check:?}");
    assert_eq!(check[1..], ["healthcheck"]);
    let ids: Vec<u32> = image.only("USER").split(':').map(|id| id.parse().expect("a number, not a name")).collect();
    assert!(ids.len() == 2 && ids.iter().all(|id| *id > 0), "{ids:?}");
}

/// The health check asks where the server listens unless it is told otherwise.
#[test]
fn one_port_is_listened_on_exposed_and_checked() {
    let (_, stages) = dockerfile();
    let image = stages.last().unwrap();
    let port = image.only("EXPOSE");
    assert_eq!(image.env("WS101_LISTEN"), format!("0.0.0.0:{port}"));
    assert_eq!(default_of(Some("healthcheck"), "url"), format!("http://127.0.0.1:{port}/healthz"));
    for name in ["compose", "swarm"] {
        assert!(deploy(&format!("docker/{name}.conf")).contains(&format!("ws:{port} resolve ")), "{name}");
    }
}

/// BuildKit names the platform that it builds for, unless a default names another one: then all would share one cache.
#[test]
fn each_platform_has_a_cache_of_its_own() {
    let (_, stages) = dockerfile();
    let build = &stages[0];
    assert_eq!(build.only("ARG"), "TARGETPLATFORM");
    let caches = build.steps.iter().filter(|step| step.rest.contains("target=/src/target"));
    assert_eq!(caches.filter(|step| step.rest.contains("id=ws101-$TARGETPLATFORM ")).count(), 1);
}

/// What an option is when nobody says it.
fn default_of(subcommand: Option<&str>, id: &str) -> String {
    let command = Cli::command();
    let command = subcommand.map_or(&command, |name| command.find_subcommand(name).expect("a subcommand"));
    let option = command.get_arguments().find(|option| option.get_id() == id).expect("an option");
    option.get_default_values()[0].to_str().unwrap().to_owned()
}

// --- Compose and the swarm ---

/// What stands behind `key:` on the only line that begins so, without the comment.
fn value<'a>(yaml: &'a str, key: &str) -> &'a str {
    let mut found = yaml.lines().filter_map(|line| line.trim().strip_prefix(key)?.strip_prefix(": "));
    let value = found.next().unwrap_or_else(|| panic!("no {key}"));
    assert_eq!(found.next(), None, "a second {key}");
    value.split(" #").next().unwrap().trim()
}

fn time(text: &str) -> Duration {
    humantime::parse_duration(text).unwrap_or_else(|why| panic!("{text}: {why}"))
}

/// Whoever is killed in the middle of a drain ends without a Close frame.
#[test]
fn the_engine_waits_longer_than_the_drain() {
    for name in ["compose.yaml", "swarm.yaml"] {
        let text = deploy(name);
        let (grace, engine) = (time(value(&text, "WS101_GRACE")), time(value(&text, "stop_grace_period")));
        assert!(engine > grace, "{name}: {engine:?} to stop, and {grace:?} to drain");
    }
}

/// A connection takes a file and up to two threads, and a thread counts as a process.
#[test]
fn the_limits_hold_as_many_connections_as_the_server_takes() {
    let most: u32 = default_of(None, "max_connections").parse().unwrap();
    for name in ["compose.yaml", "swarm.yaml"] {
        let text = deploy(name);
        let (_, ws) = text.split_once("\n  ws:\n").expect("the service ws");
        let (ws, _) = ws.split_once("\n  redis:\n").expect("the service redis");
        let limit = |key| value(ws, key).parse::<u32>().unwrap();
        assert!(limit("pids") > 2 * most && limit("nofile") > most, "{name}");
    }
}

/// The two files for nginx differ in the name that Docker's DNS knows the backends by, and in what they say of it.
#[test]
fn nginx_is_told_the_same_in_compose_and_in_the_swarm() {
    let rules = |name: &str| -> Vec<String> {
        let text = deploy(&format!("docker/{name}.conf"));
        let lines = text.lines().map(|line| line.split('#').next().unwrap().trim_end().to_owned());
        lines.filter(|line| !line.is_empty()).collect()
    };
    let (compose, swarm) = (rules("compose"), rules("swarm"));
    let apart: Vec<_> = compose.iter().zip(&swarm).filter(|(one, other)| one != other).collect();
    assert_eq!(compose.len(), swarm.len());
    let [(one, other)] = apart[..] else { panic!("{apart:?}") };
    assert_eq!(
        (one.trim(), other.trim()),
        ("server ws:8080 resolve max_fails=0;", "server tasks.ws:8080 resolve max_fails=0;")
    );
}

/// The port that is published is the one that nginx listens on, and both files run the same nginx and the same Redis.
#[test]
fn the_published_port_is_nginxs() {
    let (compose, swarm) = (deploy("compose.yaml"), deploy("swarm.yaml"));
    assert!(deploy("docker/compose.conf").contains("    listen 8000;\n"));
    assert!(compose.contains("      - \"8000:8000\"\n"));
    assert_eq!((value(&swarm, "- target"), value(&swarm, "published")), ("8000", "8000"));
    for image in [
        "    image: nginx:1.28",
        "    image: redis:7",
        "    command: [redis-server, --appendonly, \"yes\", --save, \"\"]",
    ] {
        assert!(compose.contains(image) && swarm.contains(image), "{image}");
    }
}
