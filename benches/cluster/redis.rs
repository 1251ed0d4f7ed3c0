//! A Redis of the benchmark's own.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::Outcome;
use crate::common::client::TIMEOUT;
use crate::common::process::wait;

/// A running Redis. Dropping it ends the process.
pub struct Redis {
    child: Child,
    address: SocketAddr,
}

impl Redis {
    /// On a port of its own, without files. None where there is no redis-server.
    pub fn start() -> Outcome<Option<Redis>> {
        // Free now: somebody else may be faster, and then this Redis ends at once, which is told.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &address.port().to_string()]);
        command.args(["--save", "", "--appendonly", "no"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = match command.spawn() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            spawned => spawned?,
        };
        let mut redis = Redis { child, address };
        redis.wait_until_ready()?;
        Ok(Some(redis))
    }

    /// What `--feed` takes.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn wait_until_ready(&mut self) -> Outcome<()> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            match self.ping() {
                Ok(answer) if &answer == b"+PONG\r\n" => return Ok(()),
                Ok(answer) => return Err(format!("no Redis answers there: {}", answer.escape_ascii()).into()),
                Err(error) if Instant::now() > deadline => return Err(format!("redis-server: {error}").into()),
                Err(_) => {}
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("redis-server ended: {status}").into());
            }
            wait(Duration::from_millis(20));
        }
    }

    fn ping(&self) -> io::Result<[u8; 7]> {
        let mut stream = TcpStream::connect_timeout(&self.address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let mut answer = [0; 7];
        stream.write_all(b"PING\r\n")?;
        stream.read_exact(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}
