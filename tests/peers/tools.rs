//! Where the peers are. A missing one is a failure with a sentence that says how to get it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program on `PATH`, or the test ends here.
pub fn program(name: &str, install: &str) -> Command {
    let found = on_path(name).unwrap_or_else(|| panic!("`{name}` is not on PATH. To install it: {install}"));
    Command::new(found)
}

/// The first of these programs on `PATH`, or the test ends here.
pub fn first_of(names: &[&str], install: &str) -> PathBuf {
    let found = names.iter().find_map(|name| on_path(name));
    found.unwrap_or_else(|| panic!("none of {names:?} is on PATH. To install one: {install}"))
}

pub fn chromium() -> PathBuf {
    first_of(&["chromium", "chromium-browser", "google-chrome"], "apt-get install chromium")
}

pub fn firefox() -> PathBuf {
    first_of(&["firefox-esr", "firefox"], "apt-get install firefox-esr")
}

/// A script of `tests/peers` run by Node.js with the packages of `target/peers/node`.
pub fn node(script: &str, package: &str) -> Command {
    let modules = installed("node/node_modules");
    installed(&format!("node/node_modules/{package}"));
    let mut command = program("node", "apt-get install nodejs npm");
    command.env("NODE_PATH", modules).arg(scripts().join(script));
    command
}

/// A script of `tests/peers` run by the Python of `target/peers/venv`.
pub fn python(script: &str) -> Command {
    let mut command = Command::new(installed("venv/bin/python"));
    command.arg("-B").arg(scripts().join(script));
    command
}

/// A file that `.ci/peers` puts under `target/peers`, or the test ends here.
pub fn installed(path: &str) -> PathBuf {
    installed_by("bash .ci/peers", path)
}

/// A file that this command puts under `target/peers`, or the test ends here.
pub fn installed_by(command: &str, path: &str) -> PathBuf {
    let file = peers().join(path);
    assert!(file.exists(), "{} is missing. To install it: {command}", file.display());
    file
}

/// A Python 2.7, or the test ends here: Autobahn's testsuite runs on no other.
pub fn python27() -> PathBuf {
    let root = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let home = env::home_dir().map(|home| home.join(".pyenv"));
    let mut found = root.into_iter().chain(home).flat_map(|root| versions(&root)).chain(on_path("python2.7"));
    found
        .find(|python| runs(python))
        .unwrap_or_else(|| panic!("no python2.7 was found on PATH or under pyenv. To install it: pyenv install 2.7.18"))
}

/// Where `.ci/peers` puts what it installs.
pub fn peers() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers");
    env::var_os("WS101_PEERS").map_or(here, PathBuf::from)
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers")
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// The 2.7 interpreters that pyenv has built.
fn versions(pyenv: &Path) -> Vec<PathBuf> {
    let Ok(folders) = pyenv.join("versions").read_dir() else {
        return Vec::new();
    };
    let named_27 = folders.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with("2.7"));
    named_27.map(|entry| entry.path().join("bin/python")).collect()
}

/// pyenv puts a `python2.7` on PATH that only says that no such version is chosen: ask it.
fn runs(python: &Path) -> bool {
    let mut command = Command::new(python);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
