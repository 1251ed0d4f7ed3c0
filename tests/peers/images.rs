//! What can be run of the image, of Compose and of the swarm without a container engine: the Dockerfile's own steps in a clean
//! folder, the program that they build in an empty file system, nginx with the two configurations for Docker before backends
//! that DNS finds, and the schemas of both files.

use crate::client::{free_port, wait_for};
use crate::common::peer::{Peer, frame, handshake};
use crate::dns::Dns;
use crate::dockerfile::{Stage, Step, context, copied, dockerfile, words};
use crate::limit::Limit;
use crate::nginx::folder;
use crate::run::{Said, to_end};
use crate::server::Server;
use crate::tools::{first_of, installed, program};
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// How long a build from nothing may take, in seconds.
const BUILD: u64 = 1800;

// --- the Dockerfile ---

/// A stage while it is built: what `/` is in the engine is a folder here.
struct Build {
    root: PathBuf,
    workdir: PathBuf,
    context: PathBuf,
}

#[test]
#[ignore = "needs minutes, musl-gcc and rustup"]
fn the_steps_of_the_dockerfile_build_an_image_that_runs() {
    let (tree, stages) = dockerfile();
    let all = folder("image");
    let [build, image] = &stages[..] else { panic!("a stage to build and one to ship: {stages:?}") };
    let sent = all.join("context");
    fs::create_dir_all(&sent).expect("a folder");
    for name in context(&tree) {
        copy(&tree.join(name), &sent);
    }
    let mut builder = Build { root: all.join("build"), workdir: all.join("build"), context: sent };
    fs::create_dir_all(&builder.root).expect("a folder");
    build.steps.iter().for_each(|step| builder.take(step));
    let root = all.join("image");
    ship(image, &builder.root, &root);
    runs(image, &root);
    fs::remove_dir_all(&all).expect("the folder is removed");
}

impl Build {
    fn take(&mut self, step: &Step) {
        eprintln!("{} {}", step.word, step.rest);
        match step.word.as_str() {
            // The host's own Rust stands for the image's.
            "FROM" | "ARG" => {}
            "WORKDIR" => {
                self.workdir = inside(&self.root, &step.rest);
                fs::create_dir_all(&self.workdir).expect("a folder");
            }
            "COPY" => {
                let (from, to) = copied(&step.rest);
                let to = self.workdir.join(to);
                for name in from {
                    let source = self.context.join(name);
                    // As an engine does it: what is in a folder is copied, and a file goes into a folder or gets a name.
                    if source.is_dir() { copy_all(&source, &to) } else { copy(&source, &to) }
                }
            }
            "RUN" => self.run(&step.rest),
            other => panic!("nobody knows what {other} does to a build"),
        }
    }

    /// The command as it stands, but for three things that only an engine has: what apt installs is looked for instead, a
    /// cache that it mounts is a link to a folder that stays, and a file in its `/` is one in the folder that stands for it.
    fn run(&self, command: &str) {
        if command.starts_with("apt-get update ") {
            assert!(command.ends_with(" musl-tools"), "what else is to be looked for? {command}");
            program("musl-gcc", "apt-get install musl-tools");
            return;
        }
        let (mounts, command): (Vec<&str>, Vec<&str>) =
            command.split_whitespace().partition(|word| word.starts_with("--mount="));
        mounts.iter().for_each(|mount| self.mount(mount));
        let command = command.join(" ").replace(" /ws101", &format!(" {}/ws101", self.root.display()));
        let mut shell = program("sh", "no system is without it");
        shell.arg("-c").arg(&command).current_dir(&self.workdir);
        // What whoever tests says to Cargo is not said in a container.
        for name in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            shell.env_remove(name);
        }
        to_end(&mut shell, b"", BUILD).succeeded();
    }

    /// Cargo's own registry is one that stays already.
    fn mount(&self, mount: &str) {
        let (_, target) = mount.split_once("target=").expect("where it is mounted");
        let target = target.split(',').next().expect("a path");
        if target == "/usr/local/cargo/registry" {
            return;
        }
        let stays = Path::new(env!("CARGO_TARGET_TMPDIR")).join("image-target");
        fs::create_dir_all(&stays).expect("a folder that stays");
        symlink(stays, inside(&self.root, target)).expect("a link to it");
    }
}

/// The path of the image in the folder that stands for its `/`.
fn inside(root: &Path, path: &str) -> PathBuf {
    root.join(path.strip_prefix('/').expect("an absolute path"))
}

fn copy(from: &Path, to: &Path) {
    to_end(Command::new("cp").arg("-r").arg(from).arg(to), b"", 60).succeeded();
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    copy(&from.join("."), to);
}

/// The file system of the image: what is copied out of the build, and nothing else.
fn ship(image: &Stage, build: &Path, root: &Path) {
    for step in image.steps.iter().filter(|step| step.word == "COPY") {
        let (from, to) = copied(&step.rest);
        let [from] = from[..] else { panic!("one file at a time: {step:?}") };
        let built = inside(build, from);
        // The certificates are Debian's, of the image that the build starts from. This machine's are in the same place.
        let from = if built.exists() { built } else { PathBuf::from(from) };
        let to = inside(root, to);
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::copy(&from, &to).unwrap_or_else(|why| panic!("{}: {why}", from.display()));
    }
}

/// A command in the image: its environment and no other, its user and its `/` where this user may give them.
fn contained(image: &Stage, root: &Path, command: &[String], port: u16) -> Command {
    let mut contained = if is_root() {
        let mut chroot = Command::new(first_of(&["chroot", "/usr/sbin/chroot"], "apt-get install coreutils"));
        chroot.arg(format!("--userspec={}", image.only("USER"))).arg(root).arg(&command[0]);
        chroot
    } else {
        Command::new(inside(root, &command[0]))
    };
    // The port alone is another one: that of the image may be taken here.
    let listen = image.env("WS101_LISTEN").replace(image.only("EXPOSE"), &port.to_string());
    contained.args(&command[1..]).env_clear().env("WS101_LISTEN", listen);
    contained
}

fn is_root() -> bool {
    to_end(Command::new("id").arg("-u"), b"", 10).succeeded().text().trim() == "0"
}

fn runs(image: &Stage, root: &Path) {
    let port = free_port();
    let entry = words(image.only("ENTRYPOINT"));
    let binary = fs::read(inside(root, &entry[0])).expect("the program");
    let loader = b"/ld-";
    assert!(
        !binary.windows(loader.len()).any(|part| part == loader),
        "it is linked statically: no loader is named in it"
    );
    let mut server = Running(contained(image, root, &entry, port).stdin(Stdio::null()).spawn().expect("it starts"));
    wait_for(port);
    if is_root() {
        let status = fs::read_to_string(format!("/proc/{}/status", server.0.id())).expect("its status");
        let user = image.only("USER").split(':').next().expect("a user");
        assert!(status.contains(&format!("Uid:\t{user}\t")), "{status}");
    }
    let (_, check) = image.only("HEALTHCHECK").split_once("CMD ").expect("a command");
    let check = || {
        let mut command = contained(image, root, &words(check), port);
        to_end(command.arg(format!("http://127.0.0.1:{port}/healthz")), b"", 30)
    };
    assert!(check().succeeded().text().contains("200 OK"));
    server.signal(image.only("STOPSIGNAL"));
    assert!(server.0.wait().expect("its exit status").success());
    assert_eq!(check().status.code(), Some(1), "nobody is healthy who is not there");
}

/// A program that ends with the test.
struct Running(Child);

impl Running {
    /// Sends it a signal by name.
    fn signal(&self, name: &str) {
        let name = name.trim_start_matches("SIG");
        let _ = Command::new("kill").args(["-s", name, &self.0.id().to_string()]).status();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            // nginx ends its workers, when it is asked to end.
            self.signal("TERM");
            let _ = self.0.wait();
        }
    }
}

// --- nginx, and backends that DNS finds ---

/// nginx with one of the two configurations, as the image runs it, before backends on addresses of this machine's own.
struct Front {
    nginx: Running,
    dns: Dns,
    /// What the backends are called there.
    name: &'static str,
    port: u16,
    _backends: [Server; 3],
    folder: PathBuf,
}

impl Front {
    /// Two backends, `b2` on 127.0.0.2 and `b3` on 127.0.0.3, and a third, `b4`, that no name leads to yet.
    fn start(configuration: &str, name: &'static str) -> Front {
        let folder = folder(configuration);
        let (port, backend) = (free_port(), free_port());
        let backends = [2, 3, 4].map(|last| {
            Server::start(&["--listen", &format!("127.0.0.{last}:{backend}"), "--name", &format!("b{last}")])
        });
        let dns = Dns::start();
        dns.set(name, &[2, 3]);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/docker").join(configuration);
        let text = fs::read_to_string(path).expect("the configuration");
        let changes = [
            ("127.0.0.11", dns.addr.to_string()),
            (":8080", format!(":{backend}")),
            ("listen 8000", format!("listen 127.0.0.1:{port}")),
            ("/tmp/", format!("{}/", folder.display())),
            ("worker_processes auto", "worker_processes 2".to_owned()),
        ];
        let text = changes.iter().fold(text, |text, (from, to)| {
            assert!(text.contains(from), "{configuration} says nothing of {from}");
            text.replace(from, to)
        });
        let file = folder.join("nginx.conf");
        fs::write(&file, text).expect("it is written");
        to_end(nginx(&folder).arg("-t").arg("-c").arg(&file), b"", 30).succeeded();
        let mut command = nginx(&folder);
        command.args(["-g", "daemon off;", "-c"]).arg(&file).stdin(Stdio::null()).stdout(Stdio::null());
        let nginx = Running(command.spawn().expect("nginx starts"));
        wait_for(port);
        Front { nginx, dns, name, port, _backends: backends, folder }
    }

    /// A WebSocket, and the name in its greeting; nothing, where nginx has found nobody yet.
    fn greeted(&self) -> Option<(Peer, String)> {
        let mut peer = Peer::connect(SocketAddr::from(([127, 0, 0, 1], self.port)));
        peer.send(handshake("/ws", &[]));
        if !peer.head().status.starts_with("101") {
            return None;
        }
        let greeting = String::from_utf8(peer.payload(0x81)).expect("text");
        let (name, _) = greeting.strip_prefix('[')?.split_once("] ")?;
        Some((peer, name.to_owned()))
    }

    /// Who greets whoever connects now.
    fn greets(&self) -> Option<String> {
        self.greeted().map(|(_, name)| name)
    }

    /// Connects again and again until these have greeted in a row, in whatever order, and so nobody else.
    fn greet_in_turn(&self, names: &[&str]) {
        let limit = Limit::seconds(30);
        loop {
            let mut heard: Vec<String> = names.iter().filter_map(|_| self.greets()).collect();
            heard.sort_unstable();
            if heard == names {
                return;
            }
            assert!(!limit.left().is_zero(), "{names:?} are there, and {heard:?} greet");
            thread::park_timeout(Duration::from_millis(50));
        }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.nginx.signal("TERM");
        let _ = self.nginx.0.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// One that reads names anew, which Debian's does not.
fn nginx(folder: &Path) -> Command {
    let mut command = Command::new(installed("nginx/nginx"));
    command.arg("-p").arg(folder).args(["-e", "stderr"]);
    command
}

#[test]
#[ignore = "needs an nginx with `resolve`"]
fn compose_scales_behind_nginx() {
    backends_come_and_go("compose.conf", "ws");
}

#[test]
#[ignore = "needs an nginx with `resolve`"]
fn the_swarm_scales_behind_nginx() {
    backends_come_and_go("swarm.conf", "tasks.ws");
}

/// Connecting twice greets from two names; a backend that is added gets its turn, and one that is taken away no more,
/// but keeps who is connected.
fn backends_come_and_go(configuration: &str, name: &'static str) {
    let front = Front::start(configuration, name);
    front.greet_in_turn(&["b2", "b3"]);
    let twice = [front.greets(), front.greets()];
    assert_ne!(twice[0], twice[1], "round robin");
    let (mut stays, name) = front.greeted().expect("a greeting");
    front.dns.set(front.name, &[2, 3, 4]);
    front.greet_in_turn(&["b2", "b3", "b4"]);
    front.dns.set(front.name, &[4]);
    // Three times in a row: nobody else is left.
    front.greet_in_turn(&["b4", "b4", "b4"]);
    stays.send(frame(0x81, b"still here"));
    assert_eq!(stays.payload(0x81), format!("[{name}] still here").into_bytes());
}

// --- schemas ---

fn by_schema(file: &Path) -> Said {
    let mut check = Command::new(installed("venv/bin/check-jsonschema"));
    to_end(check.args(["--builtin-schema", "vendor.compose-spec"]).arg(file), b"", 60)
}

/// As `docker stack deploy` reads it; no engine is asked.
fn by_docker(file: &Path) -> Said {
    let mut docker = program("docker", "apt-get install docker.io");
    to_end(docker.args(["stack", "config", "-c"]).arg(file), b"", 60)
}

/// The file, and the same with a letter too many in the name of a field.
fn right_and_wrong(name: &str, folder: &Path) -> (PathBuf, PathBuf) {
    let right = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    let text = fs::read_to_string(&right).expect("the file");
    assert!(text.contains("stop_grace_period:"), "{name}");
    let wrong = folder.join(name);
    fs::write(&wrong, text.replace("stop_grace_period:", "stop_grace_periods:")).expect("it is written");
    (right, wrong)
}

#[test]
#[ignore = "needs check-jsonschema"]
fn both_files_are_what_the_compose_specification_takes() {
    let folder = folder("compose-schema");
    for name in ["compose.yaml", "swarm.yaml"] {
        let (right, wrong) = right_and_wrong(name, &folder);
        by_schema(&right).succeeded();
        let said = by_schema(&wrong);
        assert!(!said.status.success() && said.all().contains("stop_grace_periods"), "{}", said.all());
    }
    let _ = fs::remove_dir_all(&folder);
}

/// That is why there are two files: the stack reads an older form.
#[test]
#[ignore = "needs docker"]
fn docker_takes_the_swarms_file_and_not_that_of_compose() {
    let folder = folder("stack");
    let (right, wrong) = right_and_wrong("swarm.yaml", &folder);
    assert!(by_docker(&right).succeeded().text().contains("name: ws101-nginx-1"));
    let said = by_docker(&wrong);
    assert!(!said.status.success() && said.all().contains("stop_grace_periods"), "{}", said.all());
    let said = by_docker(&right.with_file_name("compose.yaml"));
    assert!(!said.status.success() && said.all().contains("depends_on"), "{}", said.all());
    let _ = fs::remove_dir_all(&folder);
}
