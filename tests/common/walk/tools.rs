//! The programs that a chapter needs and that a machine may lack.

use super::script::{Act, What};
use std::env;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Those that a chapter may use. bash and what comes with every Unix are not among them; curl is, and is always expected.
const KNOWN: [&str; 31] = [
    "bc",
    "caddy",
    "envoy",
    "fuser",
    "haproxy",
    "hexdump",
    "jq",
    "lsof",
    "nc",
    "ncat",
    "nginx",
    "node",
    "openssl",
    "perl",
    "pgrep",
    "pkill",
    "ps",
    "python3",
    "redis-cli",
    "redis-server",
    "script",
    "setsid",
    "socat",
    "ss",
    "strace",
    "sudo",
    "tcpdump",
    "telnet",
    "websocat",
    "wscat",
    "xxd",
];

/// Those that the commands of a chapter name, sorted.
pub fn used(acts: &[Act]) -> Vec<&'static str> {
    let commands: Vec<&str> = acts.iter().flat_map(commands).collect();
    let mut found: Vec<&str> =
        KNOWN.iter().filter(|tool| commands.iter().any(|command| names(command, tool))).copied().collect();
    found.sort_unstable();
    found
}

/// Those that cannot be found. `sudo` is not needed by those who may do everything. Of all that are called `nc`, the
/// chapters have OpenBSD's.
pub fn missing(tools: &[&str], is_root: bool) -> Vec<String> {
    let is_found = |tool: &str| found(tool).is_some();
    let is_there = |tool: &str| match tool {
        "sudo" => is_found(tool) && is_let(),
        "nc" => is_found(tool) && is_openbsds(),
        // `deploy/lab` looks there too: it is not on the PATH of everybody.
        "nginx" | "haproxy" => is_found(tool) || Path::new("/usr/sbin").join(tool).is_file(),
        _ => is_found(tool),
    };
    let is_needed = |tool: &str| !(tool == "sudo" && is_root);
    let wanted = ["bash", "curl"].iter().chain(tools).filter(|tool| is_needed(tool) && !is_there(tool));
    wanted.map(|tool| (*tool).to_owned()).collect()
}

/// Where a program is.
pub fn found(tool: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|directory| directory.join(tool));
    on_path.chain(if tool == "envoy" { envoys() } else { Vec::new() }).find(|file| file.is_file())
}

/// Where `deploy/lab` looks for Envoy, which no distribution brings.
fn envoys() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers");
    let peers = env::var_os("WS101_PEERS").map_or(here, PathBuf::from);
    env::var_os("ENVOY").map(PathBuf::from).into_iter().chain([peers.join("venv/bin/envoy")]).collect()
}

/// Whether `sudo` asks for no password: nobody could type it.
fn is_let() -> bool {
    let mut sudo = Command::new("sudo");
    let status = sudo.args(["-n", "true"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn is_openbsds() -> bool {
    let said = Command::new("nc").arg("-h").stdin(Stdio::null()).output();
    said.is_ok_and(|said| String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).contains("OpenBSD"))
}

/// Whether all is there that something needs. What is not is told on the real stderr: what tests print is shown only
/// when they fail. On a machine that is there for tests, nothing may be missing.
pub fn is_ready(what: &str, missing: &[String]) -> bool {
    let missing = missing.join(", ");
    assert!(missing.is_empty() || env::var_os("CI").is_none(), "{what}: missing: {missing}");
    if !missing.is_empty() {
        let _ = writeln!(stderr(), "{what} was not run: missing: {missing}");
    }
    missing.is_empty()
}

/// How the test of a chapter says why it is not run everywhere.
pub fn reason(tools: &[&str]) -> Option<String> {
    let (last, others) = tools.split_last()?;
    let others = others.join(", ");
    Some(if others.is_empty() { format!("needs {last}") } else { format!("needs {others} and {last}") })
}

fn commands(act: &Act) -> Vec<&str> {
    match &act.what {
        What::File { lines, .. } => lines.iter().map(String::as_str).collect(),
        What::Console(steps) | What::Folded(steps) => steps.iter().map(|step| step.command.as_str()).collect(),
        What::Server(step) | What::Window { step, .. } => vec![&step.command],
        _ => Vec::new(),
    }
}

/// Whether the tool stands where a command does, or as a word after one that starts it.
fn names(command: &str, tool: &str) -> bool {
    let command = command.replace("$(pgrep -ox ws101)", "PID");
    let words = command.split(|character: char| character.is_whitespace() || ";|&(){}`".contains(character));
    // It starts one of the two, and does not say which.
    let is_any = command.contains("deploy/lab any") && ["haproxy", "nginx"].contains(&tool);
    // What stands in quotes is mostly no command; `bash -c 'nc ...'` would be.
    is_any || words.into_iter().any(|word| word == tool)
}
