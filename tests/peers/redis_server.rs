//! A Redis of a test's own, on a port of its own and in a folder of its own, that may be killed, frozen, emptied and set
//! back to what it was. Whatever Redis the machine runs besides, on port 6379, is never spoken to.

// The tests that need all of this run on Linux.
#![cfg_attr(not(target_os = "linux"), allow(dead_code))]

use crate::client::free_port;
use crate::common::wait_until;
use crate::nginx::folder;
use crate::tools::program;
use redis::{Client, Cmd, Connection, FromRedisValue, RedisResult};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The key of the stream that is the feed.
pub const KEY: &str = "ws101:feed";

/// How long a test waits for an answer of Redis.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running `redis-server`. Dropping it ends it and removes its folder.
pub struct Redis {
    child: Child,
    folder: PathBuf,
    options: Vec<String>,
    pub port: u16,
    /// What stands before the host in its address: `user:password@`, or nothing.
    pub credentials: String,
}

impl Redis {
    /// One that has forgotten everything when it is started again.
    pub fn forgetful() -> Redis {
        Redis::start(&["--appendonly", "no"], "")
    }

    /// One that has written to disk whatever it has said yes to.
    pub fn lasting() -> Redis {
        Redis::start(&["--appendonly", "yes", "--appendfsync", "always"], "")
    }

    /// With these options, for who speaks to it with these credentials.
    pub fn start(options: &[&str], credentials: &str) -> Redis {
        let port = free_port();
        let folder = folder(&format!("redis-{port}"));
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        let child = run(port, &folder, &options);
        let mut redis = Redis { child, folder, options, port, credentials: credentials.to_owned() };
        redis.wait_until_it_answers();
        redis
    }

    /// Its address, with the credentials.
    pub fn url(&self) -> String {
        format!("redis://{}127.0.0.1:{}", self.credentials, self.port)
    }

    /// Asks it something, as `redis-cli` would.
    pub fn ask<T: FromRedisValue>(&self, words: &[&[u8]]) -> T {
        let mut command = Cmd::new();
        for word in words {
            command.arg(*word);
        }
        command.query(&mut self.connection().expect("a Redis that answers")).expect("an answer without an error")
    }

    /// The same in words that are separated by blanks.
    pub fn say<T: FromRedisValue>(&self, line: &str) -> T {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        self.ask(&words)
    }

    /// As a machine that loses power.
    pub fn kill(&mut self) {
        self.signal("KILL");
        self.child.wait().expect("its end");
    }

    /// As a service manager ends it.
    pub fn terminate(&mut self) {
        self.signal("TERM");
        self.child.wait().expect("its end");
    }

    /// Starts it again with what it has on disk, on the same port.
    pub fn start_again(&mut self) {
        self.child = run(self.port, &self.folder, &self.options);
        self.wait_until_it_answers();
    }

    /// Puts so much on disk that it will take a while to read it.
    pub fn will_load_slowly(&self) {
        let value = "x".repeat(2000);
        (0..100).for_each(|number| self.say(&format!("SET other:{number} {value}")));
        self.say::<()>("SAVE");
    }

    /// Starts it again, and each key that it reads from disk takes 30 ms. Meanwhile it answers that it is loading.
    pub fn start_again_slowly(&mut self) {
        let slowly = ["--key-load-delay", "30000", "--loading-process-events-interval-bytes", "1024"];
        let options: Vec<String> = self.options.iter().cloned().chain(slowly.map(str::to_owned)).collect();
        self.child = run(self.port, &self.folder, &options);
    }

    /// It stops in the middle of whatever it does. To others that looks like a line that is cut: nothing comes, and
    /// nothing is refused.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// It goes on, and knows nothing of the time in between.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// Keeps a copy of what is on disk.
    pub fn save_a_copy(&self) {
        copy(&self.folder, &self.copy_folder());
    }

    /// Puts the copy in the place of what is on disk. It must not be running.
    pub fn put_the_copy_back(&self) {
        fs::remove_dir_all(&self.folder).expect("its folder is removed");
        copy(&self.copy_folder(), &self.folder);
    }

    fn copy_folder(&self) -> PathBuf {
        self.folder.with_extension("copy")
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success(), "no {name} could be sent to redis-server");
    }

    fn connection(&self) -> RedisResult<Connection> {
        let connection = Client::open(self.url())?.get_connection_with_timeout(PATIENCE)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        Ok(connection)
    }

    fn wait_until_it_answers(&mut self) {
        wait_until("Redis answers", || {
            let ended = self.child.try_wait().expect("a child");
            assert!(ended.is_none(), "redis-server ended: {ended:?}");
            self.connection().and_then(|mut connection| Cmd::ping().exec(&mut connection)).is_ok()
        });
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may have been ended already; SIGKILL ends who is frozen, too.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
        let _ = fs::remove_dir_all(self.copy_folder());
    }
}

fn run(port: u16, folder: &Path, options: &[String]) -> Child {
    let mut command = program("redis-server", "bash .ci/peers");
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--dir"]).arg(folder).args(options);
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("redis-server starts")
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status().expect("cp runs");
    assert!(copied.success(), "{} could not be copied", from.display());
}
